/** A home agent's own host talks to the nodes that it serves: it is a correspondent node to them (RFC 6275 §9.3.1, §9.3.2). */
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import { addNode, setDevice, setHomeAgent, setWallClock } from "../../bindings/commands.ts";
import { Engine, Role } from "../../bindings/engine.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import {
  ACCESS, CAREOF, EPOCH, HOME_ADDRESS, HOME_AGENT, module, Node, SECURITY, TUNNEL, homeAgent,
} from "./harness.ts";
import { bindingUpdate } from "./messages.ts";
import { addresses, codec, echo } from "./network.ts";

const STRANGER = "2001:db8:bad::1";

function bound(): Node {
  const agent = homeAgent();
  agent.receive(ACCESS, bindingUpdate());
  agent.take();
  return agent;
}

const withHomeAddress = (source: string, upper: { name: string; fields?: Record<string, number> }) => codec.encode([
  { name: "ipv6", fields: { source, destination: HOME_AGENT, hopLimit: 60 } },
  { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] }, upper,
]);

describe("a packet of a bound node with a Home Address option", () => {
  it.each(["echo-request", "echo-reply", "udp", "tcp"])("%s goes to the host as if it came from the home address (6275-9.3.1-6, 6275-9.3.1-7)", (name) => {
    const agent = bound();
    agent.receive(ACCESS, withHomeAddress(CAREOF, { name }));
    const [{ device, packet }, ...rest] = agent.take();
    expect(rest).toEqual([]);
    expect(device).toBe(TUNNEL);
    expect(addresses(packet)).toEqual([HOME_ADDRESS, HOME_AGENT]);
    expect(codec.dissect(packet).map((layer) => layer.name)).toEqual(["ipv6", name]);
    expect(codec.dissect(packet).some(({ problem }) => problem)).toBe(false);
  });

  it("goes nowhere where the host has no tunnel device, and is counted", () => {
    const [orders, nowMs] = [new Node(Role.HomeAgent), 1000];
    const engine = new Engine(module, Role.HomeAgent, orders, new Uint8Array(64).fill(7), nowMs);
    setWallClock(engine, EPOCH + nowMs, nowMs);
    setDevice(engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, nowMs);
    setHomeAgent(engine, {
      address: parseAddress(HOME_AGENT), homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 64 }],
      maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
    }, nowMs);
    addNode(engine, { id: 0, homeAddresses: [parseAddress(HOME_ADDRESS)], security: SECURITY }, nowMs);
    engine.receive(nowMs, ACCESS, bindingUpdate());
    expect(orders.take()).toHaveLength(1);
    engine.receive(nowMs, ACCESS, withHomeAddress(CAREOF, { name: "udp" }));
    expect(orders.take()).toEqual([]);
    expect(engine.counters()[Reason.UnknownDevice]).toBe(1);
  });

  it("from another address than the bound one is refused, and told so (6275-9.3.1-4, 6275-9.3.1-5)", () => {
    const agent = bound();
    agent.receive(ACCESS, withHomeAddress(STRANGER, { name: "echo-request" }));
    expect(agent.refused(Reason.HomeAddressWithoutBinding)).toBe(1);
    expect(agent.take().map(({ device, packet }) => [device, codec.dissect(packet).at(-1)!.name])).not.toContainEqual([TUNNEL, "echo-request"]);
  });
});

describe("a packet of the host to a bound node", () => {
  it("takes a type 2 routing header and no tunnel (6275-9.3.2-1, 6275-9.3.2-2)", () => {
    const agent = bound();
    agent.receive(TUNNEL, echo(HOME_AGENT, HOME_ADDRESS));
    const [{ packet }] = agent.take();
    expect(addresses(packet)).toEqual([HOME_AGENT, CAREOF]);
    expect(codec.dissect(packet).map(({ name }) => name)).toEqual(["ipv6", "routing-type2", "echo-request", "payload"]);
  });

  it("goes through the tunnel where the routing header does not fit, and from others always", () => {
    const agent = bound();
    agent.receive(TUNNEL, echo(HOME_AGENT, HOME_ADDRESS, 1400));
    agent.receive(TUNNEL, echo(STRANGER, HOME_ADDRESS));
    const sent = agent.take().map(({ packet }) => codec.dissect(packet).map(({ name }) => name).join(" "));
    expect(sent).toEqual(["ipv6 routing-type2 echo-request payload", "ipv6 ipv6 echo-request payload"]);
    agent.receive(TUNNEL, echo(HOME_AGENT, HOME_ADDRESS, 1430));
    expect(agent.refused(Reason.PacketTooBig)).toBe(1);
  });
});
