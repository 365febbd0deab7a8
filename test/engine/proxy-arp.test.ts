import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { removeNode, setLink } from "../../bindings/commands.ts";
import { CAREOF, type Node, TUNNEL, ACCESS, HOME_ADDRESS } from "./harness.ts";
import { HOME, OUR_LINK_ADDRESS, THEIR_LINK_ADDRESS, linkedHomeAgent } from "./home-link.ts";
import { askByIpv6, dualStackAgent, giveIpv4, ipv4HomeAddress, serveDualStack } from "./messages-ipv4.ts";

const MOBILE = "192.0.2.40";
const NEIGHBOUR = "192.0.2.77";
/** Of MOBILE, as the harness writes it. */
const ROUTE = "00000000000000000000ffffc0000228/128";

const octets = (text: string) => Uint8Array.from(text.split("."), Number);

interface ArpOptions { operation?: number; sender?: string; target?: string; hardware?: Uint8Array }

/** An ARP message of a neighbour, padded as Ethernet does. */
function arp({ operation = 1, sender = NEIGHBOUR, target = MOBILE, hardware = THEIR_LINK_ADDRESS }: ArpOptions = {}): Uint8Array {
  return Uint8Array.of(0, 1, 8, 0, 6, 4, 0, operation, ...hardware, ...octets(sender), 0, 0, 0, 0, 0, 0, ...octets(target), ...new Uint8Array(18));
}

const ANNOUNCEMENT = arp({ sender: MOBILE, hardware: OUR_LINK_ADDRESS }).subarray(0, 28);

/** A home agent with a real home link, whose node has MOBILE as IPv4 home address. */
function agentOnLink(): Node {
  const agent = linkedHomeAgent();
  serveDualStack(agent);
  giveIpv4(agent, HOME_ADDRESS, MOBILE);
  return agent;
}

/** The node registers from away; what the link heard meanwhile. */
function register(agent: Node): Node["arp"] {
  agent.arp = [];
  agent.network = [];
  askByIpv6(agent, { source: CAREOF, extra: [ipv4HomeAddress()] });
  agent.advance(1000);
  return agent.arp.splice(0);
}

/** Gives the home agent an ARP message from its home link; returns its answers. */
function hear(agent: Node, options: ArpOptions = {}, device = HOME): Node["arp"] {
  agent.arp = [];
  agent.engine.receiveArp(agent.now, device, arp(options));
  return agent.arp.splice(0);
}

describe("an IPv4 home address on a real home link", () => {
  it("is announced, and routed into the tunnel, when its node has registered (5555-4.5-12, RFC 5227 §2.3)", () => {
    const agent = agentOnLink();
    expect(register(agent)).toEqual([{ device: HOME, message: ANNOUNCEMENT, toAll: true }]);
    expect(agent.network).toContain(`+to ${TUNNEL} ${ROUTE}`);
    agent.advance(10_000);
    expect(agent.arp).toEqual([1, 2].map(() => ({ device: HOME, message: ANNOUNCEMENT, toAll: true })));
    // A refresh says nothing new.
    expect(register(agent)).toEqual([]);
  });

  it("is found at the home agent by those who ask (RFC 826)", () => {
    const agent = agentOnLink();
    expect(hear(agent)).toEqual([]);
    register(agent);
    expect(hear(agent)).toEqual([{
      device: HOME, toAll: false,
      message: Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 2, ...OUR_LINK_ADDRESS, ...octets(MOBILE), ...THEIR_LINK_ADDRESS, ...octets(NEIGHBOUR)),
    }]);
    const refused = agent.refused(Reason.NotForUs);
    expect(hear(agent, { target: "192.0.2.41" })).toEqual([]);
    expect(hear(agent, { operation: 2 })).toEqual([]);
    expect(hear(agent, {}, ACCESS)).toEqual([]);
    expect(agent.refused(Reason.NotForUs)).toBe(refused + 3);
  });

  it("is not defended against the node itself: probes and announcements are not answered", () => {
    const agent = agentOnLink();
    register(agent);
    expect(hear(agent, { sender: "0.0.0.0" })).toEqual([]);
    expect(hear(agent, { sender: MOBILE })).toEqual([]);
    expect(hear(agent, { hardware: OUR_LINK_ADDRESS })).toEqual([]);
    expect(agent.refused(Reason.OwnNeighbourMessage)).toBe(1);
  });

  it.each<[string, (agent: Node) => void]>([
    ["ends its binding", (agent) => askByIpv6(agent, { lifetimeS: 0 })],
    ["no longer asks for the address", (agent) => askByIpv6(agent)],
    ["is away no longer in time", (agent) => agent.advance(600_001)],
    ["may not register any more", (agent) => removeNode(agent.engine, 0, agent.now)],
    ["has another one now", (agent) => giveIpv4(agent, HOME_ADDRESS, "192.0.2.41")],
  ])("is its own again when the node %s", (_title, end) => {
    const agent = agentOnLink();
    register(agent);
    agent.network = [];
    end(agent);
    expect(agent.network).toContain(`-to ${TUNNEL} ${ROUTE}`);
    agent.advance(10_000);
    expect(hear(agent)).toEqual([]);
  });

  it("is announced again when the link comes up", () => {
    const agent = agentOnLink();
    register(agent);
    agent.advance(10_000);
    agent.arp = [];
    setLink(agent.engine, HOME, false, agent.now);
    setLink(agent.engine, HOME, true, agent.now);
    agent.advance(10);
    expect(agent.arp).toEqual([{ device: HOME, message: ANNOUNCEMENT, toAll: true }]);
  });

  it.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["too little", arp().subarray(0, 27)],
    ["another protocol", Uint8Array.from(arp(), (octet, at) => (at === 2 ? 0x86 : octet))],
    ["another hardware", Uint8Array.from(arp(), (octet, at) => (at === 1 ? 6 : octet))],
    ["addresses of other sizes", Uint8Array.from(arp(), (octet, at) => (at === 4 ? 8 : octet))],
  ])("is not asked about by %s", (_title, message) => {
    const agent = agentOnLink();
    register(agent);
    agent.engine.receiveArp(agent.now, HOME, message);
    expect(agent.refused(Reason.ArpMalformed)).toBe(1);
    expect(agent.arp).toEqual([]);
  });
});

describe("an IPv4 home address on a virtual home link", () => {
  it("needs neither ARP nor routes", () => {
    const agent = dualStackAgent();
    agent.network = [];
    askByIpv6(agent, { extra: [ipv4HomeAddress()] });
    agent.advance(10_000);
    agent.engine.receiveArp(agent.now, ACCESS, arp());
    expect([agent.arp, agent.network]).toEqual([[], []]);
  });
});
