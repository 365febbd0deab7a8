/** A home agent as a correspondent node of its mobile nodes (RFC 6275 §10.4.2). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { bind } from "./advertising.ts";
import { ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT, homeAgent, type Node, TUNNEL } from "./harness.ts";
import { bindingUpdate } from "./messages.ts";
import { addresses, codec } from "./network.ts";

const ipv6 = (source: string, destination: string): LayerInput =>
  ({ name: "ipv6", fields: { source, destination, hopLimit: 64 } });
const ROUTING: LayerInput = { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS, segmentsLeft: 1 } };
const UDP: LayerInput[] = [
  { name: "udp", fields: { sourcePort: 1, destinationPort: 2 } },
  { name: "payload", fields: { data: new Uint8Array(99) } },
];
const names = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);

function bound(): Node {
  const node = homeAgent();
  bind(node);
  return node;
}

/** An error of a router about a packet that the home agent has sent by the direct way. */
function error(
  name: string, fields: Record<string, number>, source = HOME_AGENT, careof = CAREOF,
): Uint8Array {
  const about = { name: "payload", fields: { data: codec.encode([ipv6(source, careof), ROUTING, ...UDP]) } };
  return codec.encode([ipv6("2001:db8:a::1", HOME_AGENT), { name, fields }, about]);
}

describe("an error about a home agent's own packet (RFC 6275 §9.3.4)", () => {
  it("makes the path narrower, in reason", () => {
    const node = bound();
    for (const mtu of [1000, 9000]) node.receive(ACCESS, error("packet-too-big", { mtu }));
    expect(node.refused(Reason.PathMtuImplausible)).toBe(2);
    node.receive(ACCESS, error("packet-too-big", { mtu: 1300 }));
    const heard = node.events.filter(({ name }) => name === "PathMtu");
    expect(heard.map(({ fields }) => fields)).toEqual([{ peer: CAREOF, octets: 1300 }]);
    expect(node.take()).toEqual([]);
  });

  it("is told to the host, about the packet as the host knows it", () => {
    const node = bound();
    node.receive(ACCESS, error("destination-unreachable", { code: 3 }));
    const [{ packet, device }, ...more] = node.take();
    expect(more).toEqual([]);
    expect(device).toBe(TUNNEL);
    expect(names(packet)[1]).toBe("destination-unreachable");
    expect(packet.subarray(48)).toEqual(codec.encode([ipv6(HOME_AGENT, HOME_ADDRESS), ...UDP]));
  });

  it.each([
    ["of another address", "2001:db8:200::5", CAREOF],
    ["to another care-of address", HOME_AGENT, "2001:db8:b::17"],
  ])("is nothing to us when the packet is one %s", (_, source, careof) => {
    const node = bound();
    node.receive(ACCESS, error("packet-too-big", { mtu: 1300 }, source, careof));
    expect(node.refused(Reason.IcmpNotOurs)).toBe(1);
    expect(node.events.filter(({ name }) => name === "PathMtu")).toEqual([]);
  });
});

describe("an acknowledgement to the home address", () => {
  it("has no routing header, even if the Binding Update had a Home Address option (6275-9.5.4-11)", () => {
    const node = homeAgent();
    const fromHome = { home: HOME_ADDRESS, source: HOME_ADDRESS, lifetimeS: 0 };
    node.receive(ACCESS, bindingUpdate(fromHome));
    const [{ packet }] = node.take();
    expect(names(packet)).toEqual(["ipv6", "binding-acknowledgement"]);
    expect(addresses(packet)).toEqual([HOME_AGENT, HOME_ADDRESS]);
  });
});
