/** Groups of mobile nodes that are away, and packets to them (RFC 6275 §10.4.2, §10.4.3; RFC 2710, RFC 3810). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { formatAddress, parseAddress } from "../../bindings/address.ts";
import { removeNode } from "../../bindings/commands.ts";
import { readGroups } from "../../bindings/status.ts";
import { withChecksum } from "../wire/reference.ts";
import { concat } from "../internals/load-wire.ts";
import {
  ACCESS, CAREOF, HOME, HOME_ADDRESS, HOME_AGENT, LINK_LOCAL, bind, homeLinkAgent, layersOf, listenerPacket, tunnelled,
} from "./advertising.ts";
import { type Node, TUNNEL, homeAgent } from "./harness.ts";
import { addresses, echo } from "./network.ts";

const GROUP = "ff0e::1234";
const OTHER_GROUP = "ff3e::8000:1";
const SENDER = "2001:db8:100:0:5::1";
const REPORTS = "ff02::16";

/** Messages of version 1: report 131, done 132, query 130. */
const version1 = (type: number, group: string) => concat(Uint8Array.of(type, 0, 0, 0, 0, 0, 0, 0), parseAddress(group));

type Record = [type: number, group: string, sources?: number, auxiliaryWords?: number];

/** A report of version 2. */
function version2(...records: Record[]): Uint8Array {
  return concat(Uint8Array.of(143, 0, 0, 0, 0, 0, records.length >> 8, records.length & 255), ...records.map(
    ([type, group, sources = 0, auxiliary = 0]) => concat(
      Uint8Array.of(type, auxiliary, 0, sources), parseAddress(group), new Uint8Array(16 * sources), new Uint8Array(4 * auxiliary),
    ),
  ));
}

function report(node: Node, message: Uint8Array, { home = HOME_ADDRESS, careof = CAREOF, to = REPORTS, hopLimit = 1 } = {}): void {
  node.receive(ACCESS, tunnelled(listenerPacket(home, to, message, hopLimit), careof));
}

const groups = (node: Node) => readGroups(node.engine).map(({ group }) => group);
const joins = (node: Node) => node.events.filter(({ name }) => name === "GroupMembership").map(({ fields }) => fields);

function agent(make: () => Node = homeAgent): Node {
  const node = make();
  bind(node, { lifetimeS: 3600 });
  askedFirst(node);
  return node;
}

/** Lets duplicate address detection, the announcements on a real home link, and the query after a registration pass. */
function askedFirst(node: Node): void {
  node.advance(4001);
  node.take();
}

/** A home agent with `count` nodes without keys, ::10 and so on, each bound at an address of its own. */
function agentWith(count: number): Node {
  const nodes = Array.from({ length: count }, (_, id) => ({ id, homeAddresses: [parseAddress(home(id))], security: { authentication: "none" as const } }));
  const node = homeAgent({ nodes, budgets: { maxNodes: 2000, maxBindings: 2000 } });
  nodes.forEach(({ id }) => bind(node, { home: home(id), careof: careof(id), key: null, identity: null, timestamp: null, lifetimeS: 3600 }));
  askedFirst(node);
  return node;
}
const home = (id: number) => `2001:db8:100::${(id + 16).toString(16)}`;
const careof = (id: number) => `2001:db8:a::${(id + 16).toString(16)}`;

describe("a node joins", () => {
  it.each<[string, Uint8Array, string]>([
    ["a report of version 1", version1(131, GROUP), GROUP],
    ["version 2: any source", version2([4, GROUP]), REPORTS],
    ["version 2: any source, as it is", version2([2, GROUP, 3]), REPORTS],
    ["version 2: some sources", version2([3, GROUP, 2]), REPORTS],
    ["version 2: some sources, as it is", version2([1, GROUP, 1]), REPORTS],
    ["version 2: more sources", version2([5, GROUP, 1]), REPORTS],
    ["version 2: among others, with auxiliary data", version2([4, "ff02::1:ff00:17"], [6, "ff0e::9", 1, 2], [4, GROUP, 0, 3]), REPORTS],
  ])("by %s (6275-8.4-14, 6275-10.4.3-1)", (_, message, to) => {
    const node = agent();
    report(node, message, { to });
    expect(readGroups(node.engine)).toEqual([{ homeAddress: HOME_ADDRESS, group: GROUP, remainingMs: 260_000 }]);
    expect(joins(node)).toEqual([{ homeAddress: HOME_ADDRESS, group: GROUP, joined: true }]);
    expect(node.take()).toEqual([]); // it is for the home agent and goes no further
  });

  it("from a link-local address: the tunnel tells whose it is (RFC 6275 §10.4.3)", () => {
    const node = agentWith(3);
    report(node, version2([4, GROUP]), { home: "fe80::17", careof: careof(1) });
    expect(readGroups(node.engine)).toMatchObject([{ homeAddress: home(1), group: GROUP }]);
    report(node, version2([4, GROUP]), { home: "fe80::17", careof: "2001:db8:a::99" });
    expect(node.refused(Reason.TunnelSourceNotBound)).toBe(1);
    // Two nodes at one care-of address: it could be either.
    bind(node, { home: home(2), careof: careof(0), key: null, identity: null, timestamp: null, sequence: 101 });
    report(node, version2([4, OTHER_GROUP]), { home: "fe80::17", careof: careof(0) });
    expect(node.refused(Reason.TunnelSourceNotBound)).toBe(2);
    for (let count = 0; count < 40; count++) report(node, version2([4, OTHER_GROUP]), { home: "fe80::17", careof: careof(1) });
    expect(node.refused(Reason.TunnelSourceNotBound)).toBeGreaterThan(10); // searches have a limit
  });

  it("and stays for 260 s after its last report", () => {
    const node = agent();
    report(node, version2([4, GROUP]));
    node.advance(200_000);
    report(node, version2([2, GROUP]));
    node.advance(259_000);
    expect(groups(node)).toEqual([GROUP]);
    node.advance(1001);
    expect(groups(node)).toEqual([]);
    expect(joins(node).map(({ joined }) => joined)).toEqual([true, false]);
  });

  it.each<[string, Uint8Array, string]>([
    ["a Done of version 1", version1(132, GROUP), "ff02::2"],
    ["version 2: no source", version2([3, GROUP]), REPORTS],
    ["version 2: no source, as it is", version2([1, GROUP]), REPORTS],
  ])("and leaves by %s", (_, message, to) => {
    const node = agent();
    report(node, version2([4, GROUP], [4, OTHER_GROUP]));
    report(node, message, { to });
    expect(groups(node)).toEqual([OTHER_GROUP]);
    report(node, message, { to }); // again: nothing happens
    expect(joins(node).map(({ joined }) => joined)).toEqual([true, true, false]);
  });

  it("and does not leave by blocking a source", () => {
    const node = agent();
    report(node, version2([4, GROUP]));
    report(node, version2([6, GROUP, 2]));
    expect(groups(node)).toEqual([GROUP]);
  });

  it.each(["ff01::1", "ff02::1:3", "ff05::2", "ff08::2"])("and is not noted for %s, which no tunnel carries", (group) => {
    const node = agent();
    report(node, version2([4, group]));
    expect(groups(node)).toEqual([]);
    expect(node.engine.counters().slice(1).reduce((sum, count) => sum + count, 0)).toBe(0);
  });

  it("no more groups than there is room for", () => {
    const node = agentWith(3);
    for (let index = 0; index < 40; index++) report(node, version2([4, `ff0e::${index + 1}`]), { home: home(0), careof: careof(0) });
    expect(groups(node)).toHaveLength(32);
    expect(node.refused(Reason.MembershipBudgetExhausted)).toBe(8);
    report(node, version2([4, "ff0e::99"]), { home: home(1), careof: careof(1) }); // others still may
    expect(groups(node)).toHaveLength(33);
    report(node, version2([3, "ff0e::1"]), { home: home(0), careof: careof(0) });
    report(node, version2([4, "ff0e::99"]), { home: home(0), careof: careof(0) });
    expect(groups(node)).toHaveLength(33);
  });
});

describe("what is no report", () => {
  it.each<[string, Uint8Array, Reason]>([
    ["a hop limit of another kind", listenerPacket(HOME_ADDRESS, REPORTS, version2([4, GROUP]), 2), Reason.ListenerHopLimit],
    ["a record that is cut off", listenerPacket(HOME_ADDRESS, REPORTS, version2([4, GROUP]).slice(0, -1)), Reason.ListenerReportMalformed],
    ["sources that are cut off", listenerPacket(HOME_ADDRESS, REPORTS, version2([3, GROUP, 2]).slice(0, -1)), Reason.ListenerReportMalformed],
    ["fewer records than it says", listenerPacket(HOME_ADDRESS, REPORTS, version2([4, GROUP]).map((octet, at) => (at === 7 ? 2 : octet))), Reason.ListenerReportMalformed],
    ["an address that is no group", listenerPacket(HOME_ADDRESS, REPORTS, version2([4, GROUP], [4, SENDER])), Reason.ListenerReportMalformed],
    ["no address", listenerPacket(HOME_ADDRESS, GROUP, version1(131, GROUP).slice(0, -1)), Reason.ListenerReportMalformed],
    ["version 1 of no group", listenerPacket(HOME_ADDRESS, "ff02::2", version1(132, SENDER)), Reason.ListenerReportMalformed],
    ["a query", listenerPacket(HOME_ADDRESS, "ff02::1", version1(130, "::")), Reason.MessageNotForThisRole],
    ["a wrong checksum", listenerPacket(HOME_ADDRESS, REPORTS, version2([4, GROUP])).map((octet, at) => (at === 55 ? octet ^ 1 : octet)), Reason.Icmpv6Checksum],
    ["a broken header", listenerPacket(HOME_ADDRESS, REPORTS, version2([4, GROUP])).map((octet, at) => (at === 41 ? 9 : octet)), Reason.ExtensionTruncated],
    ["a packet to nobody near", echo("fe80::17", GROUP), Reason.LinkLocalNotTunnelled],
  ])("%s", (_, inner, reason) => {
    const node = agent();
    node.receive(ACCESS, tunnelled(inner));
    expect(node.refused(reason)).toBe(1);
    expect(groups(node)).toEqual([]);
    expect(node.take()).toEqual([]);
  });

  it("one of a node that is not bound there", () => {
    const node = agent();
    report(node, version2([4, GROUP]), { careof: "2001:db8:b::17" });
    report(node, version2([4, GROUP]), { home: "2001:db8:100::99" });
    expect(node.refused(Reason.TunnelSourceNotBound)).toBe(2);
    expect(groups(node)).toEqual([]);
  });
});

describe("the home agent asks", () => {
  it.each<[string, () => Node, string]>([
    ["a virtual", homeAgent, "fe80::1"], ["a real", () => homeLinkAgent({ link: { advertise: false } }), LINK_LOCAL],
  ])("every 125 s through the tunnel, from %s home link (6275-10.4.3-1)", (_, make, source) => {
    const node = agent(make);
    report(node, version2([4, GROUP], [4, OTHER_GROUP]));
    node.advance(124_000);
    expect(node.take()).toEqual([]);
    node.advance(1001);
    const [{ packet }, ...more] = node.take();
    expect(more).toEqual([]);
    expect(addresses(packet)).toEqual([HOME_AGENT, CAREOF]);
    const inner = packet.subarray(40);
    expect(addresses(inner)).toEqual([source, "ff02::1"]);
    expect([inner[6], inner[7]]).toEqual([0, 1]); // Hop-by-Hop options, hop limit
    expect([...inner.subarray(40, 48)]).toEqual([58, 0, 5, 2, 0, 0, 1, 0]); // Router Alert
    const message = inner.subarray(48);
    expect(message).toEqual(withChecksum(parseAddress(source), parseAddress("ff02::1"), message, 58, 2));
    expect([...message]).toEqual([130, 0, message[2], message[3], 0x27, 0x10, 0, 0, ...new Uint8Array(16), 2, 125, 0, 0]);
    report(node, version2([2, GROUP]));
    node.advance(125_000);
    expect(node.take()).toHaveLength(1);
    node.advance(20_000); // OTHER_GROUP was not reported again
    expect(groups(node)).toEqual([GROUP]);
  });

  it("after each registration, so that the node knows that it may report (RFC 6275 §11.3.4), and then not again", () => {
    const node = homeAgent();
    for (const sequence of [100, 101]) {
      bind(node, { sequence, lifetimeS: 3600 });
      node.advance(1001);
      const [{ packet }, ...more] = node.take();
      expect(more).toEqual([]);
      expect(packet[40 + 48]).toBe(130);
      expect(addresses(packet)).toEqual([HOME_AGENT, CAREOF]);
    }
    node.advance(1_000_000);
    expect(node.take()).toEqual([]);
    bind(node, { sequence: 102, lifetimeS: 3600 });
    removeNode(node.engine, 0, node.now);
    node.advance(1001);
    expect(node.take()).toEqual([]);
  });

  it("nobody who has left all groups, or has no binding", () => {
    const node = agent();
    report(node, version2([4, GROUP]));
    report(node, version2([3, GROUP]));
    node.advance(300_000);
    expect(node.take()).toEqual([]);
    report(node, version2([4, GROUP]));
    removeNode(node.engine, 0, node.now);
    node.advance(300_000);
    expect(node.take()).toEqual([]);
    expect(groups(node)).toEqual([]);
  });
});

describe("a packet to a group", () => {
  it("goes once to the care-of address of each member, and to nobody else (6275-10.4.2-7, 6275-8.4-15)", () => {
    const node = agentWith(4);
    for (const id of [0, 2]) report(node, version2([4, GROUP]), { home: home(id), careof: careof(id) });
    report(node, version2([4, OTHER_GROUP]), { home: home(3), careof: careof(3) });
    node.take();
    const packet = echo(SENDER, GROUP);
    node.receive(TUNNEL, packet);
    const sent = node.take();
    expect(sent.map((each) => addresses(each.packet)[1]).sort()).toEqual([careof(0), careof(2)]);
    for (const each of sent) {
      expect(addresses(each.packet)[0]).toBe(HOME_AGENT);
      expect(Buffer.from(each.packet.subarray(40))).toEqual(Buffer.from(packet));
    }
  });

  it("follows a node that moves, and waits while it is not bound", () => {
    const node = agent();
    report(node, version2([4, GROUP]));
    node.advance(10); // the timestamp must be a later one
    bind(node, { careof: "2001:db8:b::17", sequence: 101, lifetimeS: 20 });
    node.receive(TUNNEL, echo(SENDER, GROUP));
    expect(node.take().map(({ packet }) => addresses(packet)[1])).toEqual(["2001:db8:b::17"]);
    node.advance(21_000);
    node.take();
    node.receive(TUNNEL, echo(SENDER, GROUP));
    expect(node.take()).toEqual([]);
  });

  it("on a real home link has its hop limit lowered by the router that this is", () => {
    const node = agent(() => homeLinkAgent({ link: { advertise: false } }));
    report(node, version2([4, GROUP]));
    node.receive(HOME, echo(SENDER, GROUP, 56, 7));
    const [{ packet }] = node.take();
    expect(addresses(packet)).toEqual([HOME_AGENT, CAREOF]);
    expect(packet[40 + 7]).toBe(6);
    node.receive(HOME, echo(SENDER, GROUP, 56, 1));
    expect(node.refused(Reason.MulticastHopLimit)).toBe(1);
    node.receive(HOME, echo("fe80::50", GROUP));
    expect(node.refused(Reason.LinkLocalNotTunnelled)).toBe(1);
    expect(node.take()).toEqual([]);
  });

  it.each([
    ["ff02::1:3", "of the link, is discarded in silence (6275-10.4.2-4, 6275-10.4.2-5)"], ["ff01::5", "of an interface"],
    ["ff05::5", "of a site (6275-10.4.2-6)"], ["ff08::5", "of an organisation (6275-10.4.2-6)"],
  ])("%s, %s: not tunnelled", (group) => {
    for (const [make, device] of [[homeAgent, TUNNEL], [() => homeLinkAgent({ link: { advertise: false } }), HOME]] as const) {
      const node = agent(make);
      report(node, version2([4, group], [4, GROUP]));
      node.receive(device, echo(SENDER, group));
      expect(node.take()).toEqual([]);
    }
    const node = agent();
    node.receive(TUNNEL, echo(SENDER, group));
    expect(node.refused(Reason.MulticastNotTunnelled)).toBe(1);
  });

  it("that nobody has joined is counted", () => {
    const node = agent();
    node.receive(TUNNEL, echo(SENDER, GROUP));
    expect(node.refused(Reason.NoListeners)).toBe(1);
    expect(node.take()).toEqual([]);
  });

  it("too large for the tunnel is answered as other packets are", () => {
    const node = agent();
    report(node, version2([4, GROUP]));
    node.receive(TUNNEL, echo(SENDER, GROUP, 1450));
    expect(node.refused(Reason.PacketTooBig)).toBe(1);
    const [{ packet, device }] = node.take();
    expect(device).toBe(TUNNEL);
    expect(layersOf(packet)["packet-too-big"].mtu).toBe(1460);
  });

  describe("with more members than there is room for output", () => {
    const COUNT = 300;
    function crowd(): Node {
      const node = agentWith(COUNT);
      for (let id = 0; id < COUNT; id++) report(node, version2([4, GROUP]), { home: home(id), careof: careof(id) });
      node.take();
      return node;
    }
    const destinations = (node: Node) => node.take().map(({ packet }) => addresses(packet)[1]);

    it("reaches each of them once, call after call (6275-10.4.2-7)", () => {
      const node = crowd();
      node.receive(TUNNEL, echo(SENDER, GROUP, 1000));
      const first = destinations(node);
      expect(first.length).toBeGreaterThan(10);
      expect(first.length).toBeLessThan(COUNT);
      node.advance(1);
      const all = [...first, ...destinations(node)];
      expect(new Set(all).size).toBe(COUNT);
      expect(all).toHaveLength(COUNT);
      expect(node.refused(Reason.OutputFull)).toBe(0);
    });

    it("lets the next packets wait, and loses none", () => {
      const node = crowd();
      for (let count = 0; count < 3; count++) node.receive(TUNNEL, echo(SENDER, GROUP, 1000));
      node.advance(1);
      expect(destinations(node)).toHaveLength(3 * COUNT);
      expect(node.refused(Reason.OutputFull)).toBe(0);
    });

    it("goes on when members leave meanwhile", () => {
      const node = crowd();
      node.receive(TUNNEL, echo(SENDER, GROUP, 1000));
      const served = new Set(destinations(node));
      for (let id = 0; id < COUNT; id++) {
        if (!served.has(careof(id))) node.engine.command(6, 4, node.now, (view) => view.setUint32(0, id, true)); // RemoveNode
      }
      node.advance(1);
      expect(node.refused(Reason.OutputFull)).toBe(0);
      const later = crowd();
      later.receive(TUNNEL, echo(SENDER, GROUP, 1000));
      later.advance(300_000); // all memberships end as well
      expect(groups(later)).toEqual([]);
      later.receive(TUNNEL, echo(SENDER, GROUP, 1000));
      expect(later.refused(Reason.NoListeners)).toBe(1);
    });
  });
});

describe("a node's own packet to a group", () => {
  it("goes on to the home link, and to the other members (6275-8.4-4)", () => {
    const node = agentWith(3);
    for (const id of [0, 1]) report(node, version2([4, GROUP]), { home: home(id), careof: careof(id) });
    node.take();
    const inner = echo(home(0), GROUP);
    node.receive(ACCESS, tunnelled(inner, careof(0)));
    const sent = node.take();
    expect(sent.map(({ device, packet }) => [device, addresses(packet)[1]])).toEqual([[TUNNEL, GROUP], [0xffff, careof(1)]]);
    expect(Buffer.from(sent[0].packet)).toEqual(Buffer.from(inner));
  });

  it("goes to a real home link with a lower hop limit", () => {
    const node = agent(() => homeLinkAgent({ link: { advertise: false } }));
    node.receive(ACCESS, tunnelled(echo(HOME_ADDRESS, GROUP, 56, 7)));
    const [{ device, packet }] = node.take();
    expect(device).toBe(HOME);
    expect(formatAddress(packet.subarray(24, 40))).toBe(GROUP);
    expect(packet[7]).toBe(6);
    node.receive(ACCESS, tunnelled(echo(HOME_ADDRESS, GROUP, 56, 1)));
    expect(node.refused(Reason.MulticastHopLimit)).toBe(1);
  });

  it("not to groups below global scope", () => {
    const node = agent();
    node.receive(ACCESS, tunnelled(echo(HOME_ADDRESS, "ff02::fb")));
    node.receive(ACCESS, tunnelled(echo(HOME_ADDRESS, "ff05::2")));
    expect(node.refused(Reason.MulticastNotTunnelled)).toBe(2);
    expect(node.take()).toEqual([]);
  });
});
