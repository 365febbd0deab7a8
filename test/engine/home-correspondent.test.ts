/** A home agent's own packets to and from its mobile nodes (RFC 6275 §10.4.2, §9.3). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { readBindings } from "../../bindings/status.ts";
import { bind } from "./advertising.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, homeAgent, type Node, TUNNEL } from "./harness.ts";
import { bindingUpdate } from "./messages.ts";
import { addresses, codec, echo } from "./network.ts";

const ipv6 = (source: string, destination: string): LayerInput =>
  ({ name: "ipv6", fields: { source, destination, hopLimit: 64 } });
const HOME_ADDRESS_OPTION: LayerInput =
  { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] };
const ROUTING: LayerInput = { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS, segmentsLeft: 1 } };
const ECHO: LayerInput[] = [
  { name: "echo-request", fields: { identifier: 1, sequence: 2 } }, { name: "payload", fields: { data: new Uint8Array(8) } },
];
const names = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);
const udp = (bytes: number, source = HOME_AGENT): Uint8Array => codec.encode([
  ipv6(source, HOME_ADDRESS), { name: "udp", fields: { sourcePort: 1, destinationPort: 2 } },
  { name: "payload", fields: { data: new Uint8Array(bytes - 48) } },
]);

function bound(): Node {
  const node = homeAgent();
  bind(node);
  return node;
}

/** An error of a router about a packet of the home agent. */
function error(layer: LayerInput, about: Uint8Array): Uint8Array {
  return codec.encode([ipv6("2001:db8:a::1", HOME_AGENT), layer, { name: "payload", fields: { data: about } }]);
}

describe("a home agent's own packet", () => {
  it("has a type 2 routing header, and is in no tunnel (6275-9.3.2-1, 6275-9.3.2-2)", () => {
    const node = bound();
    const packet = codec.encode([ipv6(HOME_AGENT, HOME_ADDRESS), ...ECHO]);
    node.receive(TUNNEL, packet);
    const [sent, ...more] = node.take();
    expect(more).toEqual([]);
    expect(sent.packet).toEqual(codec.encode([ipv6(HOME_AGENT, CAREOF), ROUTING, ...ECHO]));
    expect(readBindings(node.engine)).toMatchObject([{ packetsOut: 1 }]);
  });

  it("goes through the tunnel when it would be too large with the header, and when it is somebody else's", () => {
    const node = bound();
    node.receive(TUNNEL, udp(1460));
    expect(names(node.take()[0].packet).slice(0, 2)).toEqual(["ipv6", "routing-type2"]);
    node.receive(TUNNEL, udp(1280, CORRESPONDENT));
    expect(names(node.take()[0].packet).slice(0, 2)).toEqual(["ipv6", "ipv6"]);
    node.receive(TUNNEL, udp(1480));
    expect(names(node.take()[0].packet)[1]).toBe("packet-too-big");
  });

  it("to a node without binding is unreachable", () => {
    const node = homeAgent();
    node.receive(TUNNEL, udp(100));
    expect(node.refused(Reason.NoBinding)).toBe(1);
  });

  it("is found in errors: the path is noted, the host is told of what it sent (RFC 6275 §9.3.4)", () => {
    const node = bound();
    node.receive(TUNNEL, udp(1400));
    const [{ packet }] = node.take();
    node.receive(ACCESS, error({ name: "packet-too-big", fields: { mtu: 1000 } }, packet.slice(0, 200)));
    expect(node.refused(Reason.PathMtuImplausible)).toBe(1);
    node.receive(ACCESS, error({ name: "packet-too-big", fields: { mtu: 1300 } }, packet.slice(0, 200)));
    expect(node.events.filter(({ name }) => name === "PathMtu")).toHaveLength(1);
    node.receive(ACCESS, error({ name: "destination-unreachable", fields: { code: 3 } }, packet.slice(0, 200)));
    const [told, ...more] = node.take();
    expect(more).toEqual([]);
    expect(told.device).toBe(TUNNEL);
    expect(names(told.packet)[1]).toBe("destination-unreachable");
    expect(told.packet.subarray(48 + 8, 48 + 40)).toEqual(udp(1400).subarray(8, 40));
    node.receive(TUNNEL, udp(1400));
    expect(names(node.take()[0].packet)[1]).toBe("packet-too-big"); // the tunnel says how large it may be
  });

  it("is not found where the care-of address is another one", () => {
    const node = bound();
    const about = codec.encode([ipv6(HOME_AGENT, "2001:db8:b::17"), ROUTING, ...ECHO]);
    node.receive(ACCESS, error({ name: "packet-too-big", fields: { mtu: 1300 } }, about));
    expect(node.refused(Reason.IcmpNotOurs)).toBe(1);
  });
});

describe("a packet with a Home Address option for a home agent", () => {
  it("is the host's, from the home address (6275-9.3.1-6, 6275-9.3.1-7)", () => {
    const node = bound();
    node.receive(ACCESS, codec.encode([ipv6(CAREOF, HOME_AGENT), HOME_ADDRESS_OPTION, ...ECHO]));
    expect(node.take()).toEqual([{ device: TUNNEL, packet: codec.encode([ipv6(HOME_ADDRESS, HOME_AGENT), ...ECHO]) }]);
    expect(readBindings(node.engine)).toMatchObject([{ packetsIn: 1 }]);
  });

  it("is refused from where nobody is bound", () => {
    const node = bound();
    node.receive(ACCESS, codec.encode([ipv6("2001:db8:b::17", HOME_AGENT), HOME_ADDRESS_OPTION, ...ECHO]));
    expect(names(node.take()[0].packet)).toEqual(["ipv6", "binding-error"]);
    expect(node.refused(Reason.HomeAddressWithoutBinding)).toBe(1);
  });
});

describe("an acknowledgement to the home address", () => {
  it("has no routing header, even if the Binding Update had a Home Address option (6275-9.5.4-11)", () => {
    const node = homeAgent();
    node.receive(ACCESS, bindingUpdate({ home: HOME_ADDRESS, source: HOME_ADDRESS, sequence: 7, lifetimeS: 0 }));
    const [{ packet }] = node.take();
    expect(names(packet)).toEqual(["ipv6", "binding-acknowledgement"]);
    expect(addresses(packet)).toEqual([HOME_AGENT, HOME_ADDRESS]);
  });
});
