import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { addNode, removeNode, setLink } from "../../bindings/commands.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, CAREOF, EPOCH, HOME_ADDRESS, HOME_AGENT, type Node, SECURITY, hex, homeAgent } from "./harness.ts";
import {
  HOME, LINK_LOCAL, MOBILE_LINK_LOCAL, NEIGHBOUR, OUR_LINK_ADDRESS, THEIR_LINK_ADDRESS, advertisement, attach, describePacket, group, linkedHomeAgent,
  registerAway, solicitation, words,
} from "./home-link.ts";
import { bindingUpdate, ntp } from "./messages.ts";
import { codec, echo } from "./network.ts";

const at = (ms: number) => ntp(EPOCH + ms);
const OURS = hex(OUR_LINK_ADDRESS);
const THEIRS = hex(THEIR_LINK_ADDRESS);
const L = { linkLocalAddressCompatibility: true };
const PROBE = `2 :: > ${group()} NS ${HOME_ADDRESS}`;
const ROUTE = `0 ${hex(parseAddress(HOME_ADDRESS))}/128`;
const OPEN = { authentication: "none" as const };

/** A node that need not authenticate. */
const open = (id: number, ...homes: string[]) => ({ id, homeAddresses: homes.map((home) => parseAddress(home)), security: OPEN });
const unsigned = { key: null, identity: null, timestamp: null };

const said = (agent: Node, name: string) => agent.events.filter((event) => event.name === name).map(({ fields }) => fields);

describe("a home agent on a real home link", () => {
  it("tells the whole life of a binding (golden)", () => {
    const agent = linkedHomeAgent();
    const story: string[] = [];
    const note = (what: string) => story.push(what, ...words(agent).map((line) => `  ${line}`), ...agent.network.splice(0).map((line) => `  order ${line}`));
    note("the link is configured");
    agent.receive(ACCESS, bindingUpdate({ flags: L }));
    note("a Binding Update with the L bit");
    agent.advance(999);
    note("0.999 s later");
    agent.advance(1);
    note("1 s");
    agent.advance(10_000);
    note("11 s");
    agent.receive(HOME, solicitation());
    note("a neighbour asks for the home address");
    agent.receive(HOME, solicitation(HOME_ADDRESS, { source: "::" }));
    note("somebody wants the home address");
    agent.receive(ACCESS, bindingUpdate({ sequence: 101, source: "2001:db8:b::17", timestamp: at(12_100), flags: L }));
    note("the node moves");
    agent.receive(HOME, bindingUpdate({ source: HOME_ADDRESS, home: null, sequence: 102, timestamp: at(12_200) }));
    note("the node is back home");
    agent.receive(HOME, solicitation());
    note("a neighbour asks for the home address");
    agent.advance(60_000);
    note("a minute later");
    expect(story).toEqual([
      "the link is configured",
      "  order +groups 2",
      "a Binding Update with the L bit",
      "  2 :: > ff02::1:ff00:17 NS 2001:db8:100::17",
      "  2 :: > ff02::1:ff00:17 NS fe80::17",
      "0.999 s later",
      "1 s",
      `  2 fe80::1:1 > ff02::1 NA 2001:db8:100::17 O ${OURS}`,
      `  2 fe80::1:1 > ff02::1 NA fe80::17 O ${OURS}`,
      "  1 2001:db8:100::1 > 2001:db8:a::17 BA 0 seq 100",
      `  order +to ${ROUTE}`,
      "11 s",
      `  2 fe80::1:1 > ff02::1 NA 2001:db8:100::17 O ${OURS}`,
      `  2 fe80::1:1 > ff02::1 NA fe80::17 O ${OURS}`,
      "  65535 2001:db8:100::1 > 2001:db8:a::17 multicast-listener-query",
      `  2 fe80::1:1 > ff02::1 NA 2001:db8:100::17 O ${OURS}`,
      `  2 fe80::1:1 > ff02::1 NA fe80::17 O ${OURS}`,
      "a neighbour asks for the home address",
      `  2 fe80::1:1 > 2001:db8:100::77 NA 2001:db8:100::17 S ${OURS}`,
      "somebody wants the home address",
      `  2 fe80::1:1 > ff02::1 NA 2001:db8:100::17 - ${OURS}`,
      "the node moves",
      "  1 2001:db8:100::1 > 2001:db8:b::17 BA 0 seq 101",
      "the node is back home",
      "  2 2001:db8:100::1 > 2001:db8:100::17 BA 0 seq 102",
      `  order -to ${ROUTE}`,
      "a neighbour asks for the home address",
      "a minute later",
    ]);
  });
});

describe("duplicate address detection (RFC 6275 §10.3.1)", () => {
  it("comes before the first acknowledgement, and nothing is carried meanwhile (6275-10.3.1-14)", () => {
    const agent = linkedHomeAgent();
    agent.receive(ACCESS, bindingUpdate());
    expect(words(agent)).toEqual([PROBE]);
    expect(readBindings(agent.engine)).toEqual([]);
    expect(agent.engine.exportState().length).toBe(32); // the node's timestamp alone
    agent.receive(0, echo("2001:db8:200::5", HOME_ADDRESS));
    expect(agent.refused(Reason.NoBinding)).toBe(1);
    agent.take();
    agent.advance(1000);
    expect(readBindings(agent.engine)).toMatchObject([{ careofAddress: CAREOF, remainingMs: 600_000 }]);
    expect(words(agent).at(-1)).toContain("BA 0");
  });

  it("is not done for a binding that exists, nor on a virtual link (6275-10.3.1-14)", () => {
    const agent = linkedHomeAgent();
    registerAway(agent);
    agent.advance(5000);
    agent.take();
    agent.receive(ACCESS, bindingUpdate({ sequence: 101, timestamp: at(1100) }));
    expect(words(agent)).toEqual([`1 ${HOME_AGENT} > ${CAREOF} BA 0 seq 101`]);
    const virtual = homeAgent();
    virtual.receive(ACCESS, bindingUpdate());
    expect(words(virtual)).toEqual([`1 ${HOME_AGENT} > ${CAREOF} BA 0 seq 100`]);
    expect(virtual.network).toEqual([]);
  });

  const objections: [name: string, flags: Record<string, boolean>, packet: () => Uint8Array, fails: boolean, reason?: Reason][] = [
    ["an advertisement for the home address", {}, () => advertisement(), true],
    ["an advertisement for the link-local address with the L bit", L, () => advertisement(MOBILE_LINK_LOCAL), true],
    ["another node's detection of the home address", {}, () => solicitation(HOME_ADDRESS, { source: "::" }), true],
    ["another node's detection of the link-local address with the L bit", L, () => solicitation(MOBILE_LINK_LOCAL, { source: "::" }), true],
    ["an advertisement for the link-local address without the L bit", {}, () => advertisement(MOBILE_LINK_LOCAL), false, Reason.NotForUs],
    ["an advertisement for another address", {}, () => advertisement(NEIGHBOUR), false, Reason.NotForUs],
    ["somebody who looks for the home address", {}, () => solicitation(), false],
    ["our own advertisement, brought back by the link", {}, () => advertisement(HOME_ADDRESS, { linkAddress: OUR_LINK_ADDRESS }), false, Reason.OwnNeighbourMessage],
    ["our own solicitation, brought back by the link", {}, () => solicitation(HOME_ADDRESS, { source: LINK_LOCAL }), false, Reason.OwnNeighbourMessage],
    ["an advertisement that a router forwarded", {}, () => advertisement(HOME_ADDRESS, { hopLimit: 254 }), false, Reason.NeighbourHopLimit],
    ["a multicast advertisement that says it was solicited", {}, () => advertisement(HOME_ADDRESS, { solicited: true }), false, Reason.NeighbourSolicitedMulticast],
    ["a detection to a wrong group", {}, () => solicitation(HOME_ADDRESS, { source: "::", destination: "ff02::1" }), false, Reason.NeighbourUnspecifiedSource],
    ["a solicitation that a router forwarded", {}, () => solicitation(HOME_ADDRESS, { source: "::", hopLimit: 64 }), false, Reason.NeighbourHopLimit],
  ];
  it.each(objections)("%s (6275-10.3.1-15)", (_, flags, packet, fails, reason) => {
    const agent = linkedHomeAgent();
    agent.receive(ACCESS, bindingUpdate({ flags }));
    agent.take();
    agent.advance(500);
    agent.receive(HOME, packet());
    if (reason) expect(agent.refused(reason)).toBe(1);
    expect(words(agent)).toEqual(fails ? [`1 ${HOME_AGENT} > ${CAREOF} BA 134 seq 100`] : []);
    expect(agent.refused(Reason.HomeAddressDuplicate)).toBe(fails ? 1 : 0);
    expect(said(agent, "HomeAddressDuplicate")).toEqual(fails ? [{ homeAddress: HOME_ADDRESS }] : []);
    agent.advance(500);
    expect(readBindings(agent.engine)).toHaveLength(fails ? 0 : 1);
    expect(agent.network.includes(`+to ${ROUTE}`)).toBe(!fails);
    expect(words(agent).filter((line) => line.includes(" BA "))).toHaveLength(fails ? 0 : 1);
  });

  it("heard on another link it means nothing", () => {
    const agent = linkedHomeAgent();
    agent.receive(ACCESS, bindingUpdate());
    agent.receive(ACCESS, advertisement());
    agent.receive(ACCESS, solicitation(HOME_ADDRESS, { source: "::" }));
    agent.receive(ACCESS, advertisement(HOME_ADDRESS, { destination: HOME_AGENT }));
    expect(agent.refused(Reason.NotForUs)).toBe(2);
    expect(agent.refused(Reason.MessageNotForThisRole)).toBe(1);
    agent.advance(1000);
    expect(readBindings(agent.engine)).toHaveLength(1);
  });

  it("after a failure the node may try again, with any sequence number", () => {
    const agent = linkedHomeAgent();
    agent.receive(ACCESS, bindingUpdate());
    agent.receive(HOME, advertisement());
    agent.take();
    expect(registerAway(agent, { sequence: 7, timestamp: at(1100) })).toMatchObject({ status: 0, sequence: 7, signed: true });
  });

  it("a link-local address that another node's binding has is a duplicate at once (6275-10.3.1-15)", () => {
    const homePrefixes = ["2001:db8:100::", "2001:db8:101::"].map((prefix) => ({ address: parseAddress(prefix), length: 64 }));
    const agent = linkedHomeAgent({ homePrefixes, nodes: [open(0, HOME_ADDRESS), open(1, "2001:db8:101::17")], budgets: { maxNodes: 2 } });
    registerAway(agent, { ...unsigned, flags: L });
    const other = { ...unsigned, home: "2001:db8:101::17", source: "2001:db8:b::17" };
    expect(registerAway(agent, { ...other, flags: L }, 0)!.status).toBe(134);
    expect(agent.refused(Reason.HomeAddressDuplicate)).toBe(1);
    expect(registerAway(agent, other)!.status).toBe(0);
  });

  it("a link-local address cannot be made in a prefix that has not 64 bits: 129", () => {
    const agent = linkedHomeAgent({ homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 56 }] });
    expect(registerAway(agent, { flags: L }, 0)!.status).toBe(129);
    expect(agent.refused(Reason.LinkLocalNotDerivable)).toBe(1);
    expect(registerAway(agent, { sequence: 101, timestamp: at(1100) })!.status).toBe(0);
  });
});

describe("while the detection runs", () => {
  const begun = (options = {}) => {
    const agent = linkedHomeAgent(options);
    agent.receive(ACCESS, bindingUpdate());
    agent.take();
    agent.advance(600);
    return agent;
  };

  it("the same Binding Update again is not answered twice", () => {
    const agent = begun();
    agent.receive(ACCESS, bindingUpdate());
    expect(agent.refused(Reason.UpdateBeingChecked)).toBe(1);
    expect(words(agent)).toEqual([]);
    agent.advance(400);
    expect(words(agent).filter((line) => line.includes(" BA "))).toEqual([`1 ${HOME_AGENT} > ${CAREOF} BA 0 seq 100`]);
  });

  it("a newer one takes its place and is answered alone, without more delay", () => {
    const agent = begun();
    agent.receive(ACCESS, bindingUpdate({ sequence: 101, source: "2001:db8:b::17", timestamp: at(1600) }));
    expect(words(agent)).toEqual([]);
    agent.advance(400);
    expect(words(agent).filter((line) => line.includes(" BA "))).toEqual([`1 ${HOME_AGENT} > 2001:db8:b::17 BA 0 seq 101`]);
    expect(readBindings(agent.engine)).toMatchObject([{ careofAddress: "2001:db8:b::17", sequence: 101 }]);
  });

  it("one that adds the L bit has its link-local address checked for a whole second", () => {
    const agent = begun();
    agent.receive(ACCESS, bindingUpdate({ sequence: 101, timestamp: at(1600), flags: L }));
    expect(words(agent)).toEqual([`2 :: > ${group()} NS ${MOBILE_LINK_LOCAL}`]);
    agent.advance(999);
    expect(words(agent)).toEqual([]);
    agent.advance(1);
    expect(words(agent).at(-1)).toContain("BA 0 seq 101");
  });

  it("an older one is told the newest number (6275-9.5.1-12)", () => {
    const agent = linkedHomeAgent({ nodes: [open(0, HOME_ADDRESS)] });
    agent.receive(ACCESS, bindingUpdate({ ...unsigned, sequence: 50 }));
    agent.take();
    agent.receive(ACCESS, bindingUpdate({ ...unsigned, sequence: 49 }));
    expect(words(agent)).toEqual([`1 ${HOME_AGENT} > ${CAREOF} BA 135 seq 50`]);
    agent.advance(1000);
    expect(words(agent).at(-1)).toContain("BA 0 seq 50");
  });

  it("the node may take it back", () => {
    const agent = begun();
    agent.receive(ACCESS, bindingUpdate({ sequence: 101, lifetimeS: 0, timestamp: at(1600) }));
    expect(words(agent)).toEqual([`1 ${HOME_AGENT} > ${CAREOF} BA 0 seq 101`]);
    agent.advance(20_000);
    expect(words(agent)).toEqual([]);
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("a node that is removed gets no answer", () => {
    const agent = begun();
    removeNode(agent.engine, 0, agent.now);
    agent.advance(5000);
    agent.receive(HOME, advertisement());
    expect(words(agent)).toEqual([]);
    expect(said(agent, "BindingEnded")).toEqual([]);
    addNode(agent.engine, { id: 0, homeAddresses: [parseAddress(HOME_ADDRESS)], security: SECURITY }, agent.now);
    expect(registerAway(agent, { timestamp: at(6700) })!.status).toBe(0);
  });

  it("forged ones do not replace it", () => {
    const agent = begun();
    agent.receive(ACCESS, bindingUpdate({ sequence: 101, source: "2001:db8:bad::1", timestamp: at(1600), key: new TextEncoder().encode("fedcba9876543210") }));
    agent.take();
    agent.advance(400);
    expect(words(agent).filter((line) => line.includes(" BA "))).toEqual([`1 ${HOME_AGENT} > ${CAREOF} BA 0 seq 100`]);
  });

  it("who waits counts against the budget of bindings (6275-9.5.2-6)", () => {
    const nodes = [1, 2, 3].map((id) => open(id - 1, `2001:db8:100::${id}7`));
    const agent = linkedHomeAgent({ nodes, budgets: { maxBindings: 2, maxNodes: 3 } });
    const ask = (id: number, sequence = 1) => agent.receive(ACCESS, bindingUpdate({ ...unsigned, sequence, home: `2001:db8:100::${id}7`, source: `2001:db8:a::${id}` }));
    [1, 2, 3].forEach((id) => ask(id));
    expect(words(agent).filter((line) => line.includes(" BA "))).toEqual([`1 ${HOME_AGENT} > 2001:db8:a::3 BA 130 seq 1`]);
    agent.receive(HOME, advertisement("2001:db8:100::17"));
    agent.take();
    ask(3, 2);
    agent.advance(1000);
    expect(words(agent).filter((line) => line.includes(" BA ")).map((line) => line.slice(-10))).toEqual(["BA 0 seq 1", "BA 0 seq 2"]);
  });
});

describe("interception (RFC 6275 §10.4.1)", () => {
  const away = (flags: Record<string, boolean> = {}) => {
    const agent = linkedHomeAgent();
    registerAway(agent, { flags });
    agent.advance(5000);
    agent.take();
    return agent;
  };

  it("is announced to all nodes, R and S clear, O set, with our link-layer address, three times (6275-8.4-2, 6275-10.3.1-34, 6275-10.4.1-1, 6275-10.4.1-2, 6275-10.4.1-4, 6275-10.4.1-5, 6275-10.4.1-6, 6275-10.4.1-7, 6275-10.4.1-8, 6275-10.4.1-9, 6275-10.4.1-10, 6275-10.4.1-11)", () => {
    const agent = linkedHomeAgent();
    agent.receive(ACCESS, bindingUpdate());
    agent.advance(10_000);
    const sent = agent.take().filter((each) => describePacket(each).includes(" NA "));
    expect(sent.map(describePacket)).toEqual(Array(3).fill(`2 ${LINK_LOCAL} > ff02::1 NA ${HOME_ADDRESS} O ${OURS}`));
    expect(sent[0].packet[7]).toBe(255);
    expect(codec.dissect(sent[0].packet).at(-1)!.checksum).toBe("good");
  });

  it("with the L bit for the link-local address as well (6275-10.4.1-3), also when the bit comes later", () => {
    const agent = away();
    agent.receive(ACCESS, bindingUpdate({ sequence: 101, timestamp: at(1600), flags: L }));
    expect(words(agent)).toContain(`2 ${LINK_LOCAL} > ff02::1 NA ${MOBILE_LINK_LOCAL} O ${OURS}`);
    agent.receive(HOME, solicitation(MOBILE_LINK_LOCAL));
    expect(words(agent)).toEqual([`2 ${LINK_LOCAL} > ${NEIGHBOUR} NA ${MOBILE_LINK_LOCAL} S ${OURS}`]);
  });

  const questions: [name: string, flags: Record<string, boolean>, packet: () => Uint8Array, answer: string[], reason?: Reason][] = [
    ["a neighbour looks for the home address", {}, () => solicitation(), [`2 ${LINK_LOCAL} > ${NEIGHBOUR} NA ${HOME_ADDRESS} S ${OURS}`]],
    ["asks whether it is still there", {}, () => solicitation(HOME_ADDRESS, { destination: HOME_ADDRESS }), [`2 ${LINK_LOCAL} > ${NEIGHBOUR} NA ${HOME_ADDRESS} S ${OURS}`]],
    ["wants it for itself, or is the node that returns", {}, () => solicitation(HOME_ADDRESS, { source: "::" }), [`2 ${LINK_LOCAL} > ff02::1 NA ${HOME_ADDRESS} - ${OURS}`]],
    ["wants the link-local address", L, () => solicitation(MOBILE_LINK_LOCAL, { source: "::" }), [`2 ${LINK_LOCAL} > ff02::1 NA ${MOBILE_LINK_LOCAL} - ${OURS}`]],
    ["looks for the link-local address without the L bit", {}, () => solicitation(MOBILE_LINK_LOCAL), [], Reason.NotForUs],
    ["looks for somebody else", {}, () => solicitation(NEIGHBOUR), [], Reason.NotForUs],
    ["is our own host, which looks for the node", {}, () => solicitation(HOME_ADDRESS, { source: HOME_AGENT, linkAddress: OUR_LINK_ADDRESS }), [], Reason.OwnNeighbourMessage],
    ["is behind a router", {}, () => solicitation(HOME_ADDRESS, { hopLimit: 254 }), [], Reason.NeighbourHopLimit],
    ["is behind a router and asks whether it is still there", {}, () => solicitation(HOME_ADDRESS, { hopLimit: 254, destination: HOME_ADDRESS }), [], Reason.NeighbourHopLimit],
    ["has a checksum that is wrong", {}, () => Object.assign(solicitation(), { 42: 0 }), [], Reason.Icmpv6Checksum],
    ["sends a packet to the home address, which the host routes", {}, () => echo(NEIGHBOUR, HOME_ADDRESS), [], Reason.NotForUs],
  ];
  it.each(questions)("who %s (6275-10.4.1-12, 6275-10.4.1-13, 6275-10.4.1-14, 6275-10.4.1-15)", (_, flags, packet, answer, reason) => {
    const agent = away(flags);
    agent.receive(HOME, packet());
    expect(words(agent)).toEqual(answer);
    if (reason) expect(agent.refused(reason)).toBe(1);
    expect(readBindings(agent.engine)).toHaveLength(1);
  });

  it("what comes to the link-local address is not tunnelled but answered (6275-10.4.2-2, 6275-10.4.2-3)", () => {
    const agent = away(L);
    agent.receive(HOME, echo("fe80::99", MOBILE_LINK_LOCAL));
    expect(agent.refused(Reason.LinkLocalNotTunnelled)).toBe(1);
    const [{ device, packet }] = agent.take();
    expect([device, packet[40], packet[41]]).toEqual([HOME, 1, 3]);
    agent.receive(HOME, echo("ff02::1", MOBILE_LINK_LOCAL));
    expect(agent.take()).toEqual([]);
  });

  it("messages other than Neighbour Discovery to groups and link-local addresses are not ours", () => {
    const agent = away();
    agent.receive(HOME, bindingUpdate({ destination: LINK_LOCAL, sequence: 101, timestamp: at(1700) }));
    agent.receive(HOME, bindingUpdate({ destination: "ff02::1", sequence: 101, timestamp: at(1700) }));
    expect(agent.refused(Reason.NotForUs)).toBe(2);
    expect(readBindings(agent.engine)[0].sequence).toBe(100);
  });

  it.each([
    ["expires", (agent: Node) => agent.advance(600_000), "expired"],
    ["its node is removed", (agent: Node) => removeNode(agent.engine, 0, agent.now), "node removed"],
    ["is deregistered from away", (agent: Node) => agent.receive(ACCESS, bindingUpdate({ sequence: 101, lifetimeS: 0, timestamp: at(1700) })), "deregistered"],
  ])("ends when the binding %s (6275-10.3.2-11)", (_, end, why) => {
    const agent = away();
    end(agent);
    expect(said(agent, "BindingEnded")).toMatchObject([{ why }]);
    expect(agent.network).toContain(`-to ${ROUTE}`);
    agent.take();
    agent.receive(HOME, solicitation());
    expect(words(agent)).toEqual([]);
    expect(agent.refused(Reason.NotForUs)).toBe(1);
  });

  it("is announced anew when the home link comes up again", () => {
    const agent = away();
    setLink(agent.engine, HOME, false, agent.now);
    setLink(agent.engine, HOME, true, agent.now);
    agent.advance(0);
    expect(words(agent)).toEqual([`2 ${LINK_LOCAL} > ff02::1 NA ${HOME_ADDRESS} O ${OURS}`]);
    expect(agent.network.filter((line) => line === `+to ${ROUTE}`)).toHaveLength(1);
  });

  it("moves to another link when the home link does", () => {
    const agent = away();
    attach(agent, 3);
    agent.advance(0);
    expect(words(agent)).toEqual([`3 ${LINK_LOCAL} > ff02::1 NA ${HOME_ADDRESS} O ${OURS}`]);
    expect(agent.network.slice(-2)).toEqual(["-groups 2", "+groups 3"]);
    agent.receive(HOME, solicitation());
    expect(words(agent)).toEqual([]);
  });

  it("hundreds of bindings at once are all announced, most of them three times", () => {
    const count = 300;
    const homes = Array.from({ length: count }, (_, id) => `2001:db8:100::1:${(id + 1).toString(16)}`);
    const agent = linkedHomeAgent({ nodes: homes.map((home, id) => open(id, home)), budgets: { maxBindings: count, maxNodes: count } });
    for (const home of homes) agent.receive(ACCESS, bindingUpdate({ ...unsigned, home, source: home.replace("100", "a") }));
    agent.take();
    agent.advance(10_000);
    const told = new Map<string, number>();
    for (const line of words(agent)) if (line.includes(" NA ")) told.set(line, (told.get(line) ?? 0) + 1);
    expect(told.size).toBe(count);
    expect([...told.values()].filter((times) => times === 3).length).toBe(256);
    expect(agent.refused(Reason.OutputFull)).toBe(0);
  });
});

describe("back home (RFC 6275 §10.3.2)", () => {
  const away = () => {
    const agent = linkedHomeAgent();
    registerAway(agent);
    agent.advance(5000);
    agent.take();
    agent.network = [];
    return agent;
  };
  const home = { source: HOME_ADDRESS, home: null };

  it("the route ends before the acknowledgement, which goes out on the home link without routing header (6275-10.3.2-2, 6275-10.3.2-4, 6275-10.3.2-9, 6275-10.3.2-11, 6275-9.5.4-11)", () => {
    const agent = away();
    const order: string[] = [];
    agent.removeRoute = () => { order.push("route"); };
    agent.transmit = (device) => { order.push(`transmit ${device}`); };
    agent.receive(HOME, bindingUpdate({ ...home, sequence: 101, timestamp: at(1700) }));
    expect(order).toEqual(["route", "transmit 2"]);
  });

  it("a delayed Binding Update from away does not bring the binding back: 135 for ten seconds (6275-10.3.2-10)", () => {
    const agent = linkedHomeAgent({ nodes: [open(0, HOME_ADDRESS)] });
    registerAway(agent, { ...unsigned, sequence: 10 });
    agent.receive(HOME, bindingUpdate({ ...unsigned, ...home, sequence: 12 }));
    agent.advance(5000);
    agent.take();
    expect(registerAway(agent, { ...unsigned, sequence: 11 }, 0)).toMatchObject({ status: 135, sequence: 12 });
    agent.advance(4000);
    expect(registerAway(agent, { ...unsigned, sequence: 11 }, 0)).toMatchObject({ status: 135, sequence: 12 });
    expect(readBindings(agent.engine)).toEqual([]);
    agent.advance(1001);
    expect(registerAway(agent, { ...unsigned, sequence: 11 })).toMatchObject({ status: 0 }); // forgotten (6275-9.5.1-3)
  });

  it("whoever leaves again within these seconds registers as ever, after a detection (6275-10.3.1-14)", () => {
    const agent = away();
    agent.receive(HOME, bindingUpdate({ ...home, sequence: 101, timestamp: at(1700) }));
    agent.take();
    agent.receive(ACCESS, bindingUpdate({ sequence: 102, timestamp: at(1800) }));
    expect(words(agent)).toEqual([PROBE]);
    agent.advance(1000);
    expect(words(agent).at(-1)).toContain("BA 0 seq 102");
    agent.advance(20_000);
    expect(readBindings(agent.engine)).toHaveLength(1);
  });

  it("a second deregistration, because the answer was lost, finds no binding: 133 (6275-10.3.2-3)", () => {
    const agent = away();
    agent.receive(HOME, bindingUpdate({ ...home, sequence: 101, timestamp: at(1700) }));
    agent.take();
    agent.receive(HOME, bindingUpdate({ ...home, sequence: 102, timestamp: at(1800) }));
    expect(words(agent)).toEqual([`2 ${HOME_AGENT} > ${HOME_ADDRESS} BA 133 seq 102`]);
  });

  it("a refusal goes to the link-layer address of the node, which is solicited (6275-10.3.2-9)", () => {
    const agent = away();
    agent.receive(HOME, bindingUpdate({ ...home, sequence: 100, timestamp: at(1700) }));
    expect(words(agent)).toEqual([`2 ${LINK_LOCAL} > ${group()} NS ${HOME_ADDRESS}`]);
    agent.receive(HOME, solicitation(HOME_ADDRESS, { source: LINK_LOCAL, linkAddress: OUR_LINK_ADDRESS })); // brought back by the link
    expect(words(agent)).toEqual([]);
    agent.receive(HOME, advertisement(HOME_ADDRESS, { source: HOME_ADDRESS, destination: LINK_LOCAL, solicited: true }));
    expect(words(agent)).toEqual([`2 ${HOME_AGENT} > ${HOME_ADDRESS} BA 135 seq 100`]);
    expect(agent.network).toEqual([`neighbour 2 ${hex(parseAddress(HOME_ADDRESS))} ${THEIRS}`]);
    agent.advance(5000);
    expect(words(agent)).toEqual([]);
    expect(readBindings(agent.engine)).toHaveLength(1);
  });

  it("a node that does not answer is solicited three times, and then forgotten", () => {
    const agent = away();
    for (let index = 0; index < 18; index++) agent.receive(HOME, bindingUpdate({ ...home, sequence: 90 - index, timestamp: at(1700 + index) }));
    expect(agent.refused(Reason.NodeNotOnHomeLink)).toBe(2); // sixteen wait at once
    agent.take();
    agent.advance(2000);
    expect(words(agent)).toHaveLength(2 * 16);
    agent.advance(5000);
    expect(words(agent)).toEqual([]);
    expect(agent.refused(Reason.NodeNotOnHomeLink)).toBe(18);
    agent.receive(HOME, advertisement());
    expect(words(agent)).toEqual([]);
  });
});
