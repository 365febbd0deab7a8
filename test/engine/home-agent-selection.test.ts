import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { setLink, shutdown } from "../../bindings/commands.ts";
import { valueOf } from "../../bindings/codec.ts";
import { readHomeAgents, readUpdates } from "../../bindings/status.ts";
import { acknowledge, collect, discoveryReply, identifierOf, takeMessages, type Reply, type SentMessage } from "./home-side.ts";
import { ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT, type Node, homeAgent, mobileNode } from "./harness.ts";
import { addresses, arrive, codec, echo, exchange, TUNNEL } from "./network.ts";

const REQUEST = "home-agent-address-discovery-request";
const UPDATE = "binding-update";
const ANYCAST = "2001:db8:100:0:fdff:ffff:ffff:fffe";
const [FIRST, SECOND, THIRD] = ["2001:db8:100::a1", "2001:db8:100::a2", "2001:db8:100::a3"];

/** A mobile node that knows no home agent. */
const seeker = (settings = {}) => mobileNode({ homeAgent: new Uint8Array(16), ...settings });
const status = (mobile: Node) => readUpdates(mobile.engine)[0];
const chosen = (mobile: Node) => mobile.events.filter(({ name }) => name === "HomeAgentChosen").map(({ fields }) => fields.homeAgent);
const lifetime = (update: SentMessage) => valueOf(update.message, "lifetime") as number;

/** Has arrived, and its request is answered with this list; returns the first Binding Update. */
function discover(mobile: Node, list: string[], reply: Partial<Reply> = {}): SentMessage {
  arrive(mobile);
  const [request] = takeMessages(mobile, REQUEST);
  mobile.receive(ACCESS, discoveryReply({ identifier: identifierOf(request), addresses: list, ...reply }));
  return takeMessages(mobile, UPDATE)[0];
}

function register(mobile: Node, list: string[]): void {
  mobile.receive(ACCESS, acknowledge(discover(mobile, list)));
  expect(status(mobile)).toMatchObject({ state: "Registered", peer: list[0] });
}

describe("home agent address discovery (6275-8.5-14, 6275-11.4.1-1)", () => {
  it("asks the Home-Agents anycast address from the care-of address, with zero in Reserved (6275-6.5-1)", () => {
    const mobile = seeker();
    arrive(mobile);
    const sent = mobile.sent.length;
    const requests = takeMessages(mobile, REQUEST);
    expect(requests).toHaveLength(1);
    expect(sent).toBeGreaterThan(0);
    expect(addresses(requests[0].packet)).toEqual([CAREOF, ANYCAST]);
    expect(requests[0].layers.map(({ name }) => name)).toEqual(["ipv6", REQUEST]);
    expect(requests[0].layers.some(({ problem }) => problem)).toBe(false);
    expect(valueOf(requests[0].message, "reserved")).toBe(0);
    expect(valueOf(requests[0].message, "code")).toBe(0);
  });

  it.each([
    [64, "2001:db8:100:0:fdff:ffff:ffff:fffe"], [48, "2001:db8:100:ffff:ffff:ffff:ffff:fffe"], [96, "2001:db8:100::ffff:fffe"],
    [120, "2001:db8:100::fe"], [121, "2001:db8:100::7e"], [1, "7fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"],
  ])("of a home prefix of %i bits that is %s (RFC 2526)", (homePrefixLength, anycast) => {
    const mobile = seeker({ homePrefixLength });
    arrive(mobile);
    expect(takeMessages(mobile, REQUEST)[0].destination).toBe(anycast);
  });

  it.each([0, 122, 128, 4000])("refuses a home prefix of %i bits", (homePrefixLength) => {
    expect(() => seeker({ homePrefixLength })).toThrow();
  });

  it("sends neither Binding Update nor tunnel packet while it knows no home agent, and takes none from ::", () => {
    const mobile = seeker();
    arrive(mobile);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, "2001:db8:200::5"));
    expect(mobile.refused(Reason.NoPath)).toBe(1);
    expect(takeMessages(mobile, UPDATE)).toEqual([]);
    const inner = [{ name: "ipv6", fields: { source: "2001:db8:200::5", destination: HOME_ADDRESS, hopLimit: 9 } }, { name: "echo-request" }];
    mobile.receive(ACCESS, codec.encode([{ name: "ipv6", fields: { source: "::", destination: CAREOF, hopLimit: 9 } }, ...inner]));
    expect(mobile.refused(Reason.TunnelNotFromHomeAgent)).toBe(1);
  });

  it("repeats the same request four times, each after twice the time, then pauses (6275-11.4.1-11, 6275-11.4.1-12, 6275-11.4.1-13)", () => {
    const mobile = seeker();
    arrive(mobile);
    const requests = collect(mobile, REQUEST, 155_000);
    expect(requests.map(({ atMs }) => atMs - 1000)).toEqual([0, 3000, 9000, 21_000, 45_000, 153_000]);
    const identifiers = requests.map(identifierOf);
    expect(new Set(identifiers.slice(0, 5)).size).toBe(1);
    expect(identifiers[5]).not.toBe(identifiers[0]);
  });

  it("chooses identifiers at random", () => {
    const identifiers = [1, 2, 3, 4, 5].map((seed) => {
      const mobile = seeker({ seed });
      arrive(mobile);
      return identifierOf(takeMessages(mobile, REQUEST)[0]);
    });
    expect(new Set(identifiers).size).toBe(5);
  });

  it("asks again at once from a new care-of address, and an answer to the old one is none", () => {
    const mobile = seeker();
    arrive(mobile);
    const [old] = takeMessages(mobile, REQUEST);
    setLink(mobile.engine, ACCESS, false, mobile.now);
    mobile.advance(100);
    arrive(mobile, "2001:db8:b::");
    const [request] = takeMessages(mobile, REQUEST);
    expect(request.source).toBe("2001:db8:b::17");
    mobile.receive(ACCESS, discoveryReply({ identifier: identifierOf(old), addresses: [FIRST], destination: request.source }));
    expect(mobile.refused(Reason.DiscoveryReplyUnexpected)).toBe(1);
    expect(readHomeAgents(mobile.engine)).toEqual([]);
  });

  it("ends with the link, and without a word when the node is shut down", () => {
    const mobile = seeker();
    arrive(mobile);
    setLink(mobile.engine, ACCESS, false, mobile.now);
    mobile.take();
    expect(collect(mobile, REQUEST, 200_000, { stepMs: 1000 })).toEqual([]);
    const other = seeker();
    arrive(other);
    shutdown(other.engine, other.now);
    expect(status(other).state).toBe("Stopped");
    other.take();
    expect(collect(other, REQUEST, 200_000, { stepMs: 1000 })).toEqual([]);
  });
});

describe("a reply", () => {
  it("is stored, and its first home agent asked (6275-11.4.1-2, 6275-11.4.1-5, 6275-11.4.1-6, 6275-6.6-1)", () => {
    const mobile = seeker();
    const update = discover(mobile, [FIRST, SECOND]);
    expect(update.destination).toBe(FIRST);
    expect(readHomeAgents(mobile.engine).map(({ address, current }) => [address, current])).toEqual([[FIRST, true], [SECOND, false]]);
    expect(chosen(mobile)).toEqual([FIRST]);
    mobile.receive(ACCESS, acknowledge(update));
    expect(status(mobile)).toMatchObject({ state: "Registered", peer: FIRST });
    // Discovery has ended.
    expect(collect(mobile, REQUEST, 200_000, { stepMs: 1000 })).toEqual([]);
  });

  it("may have something in Reserved (6275-6.6-1)", () => {
    const mobile = seeker();
    arrive(mobile);
    const [request] = takeMessages(mobile, REQUEST);
    mobile.receive(ACCESS, codec.encode([
      { name: "ipv6", fields: { source: FIRST, destination: CAREOF, hopLimit: 64 } },
      { name: "home-agent-address-discovery-reply", fields: { identifier: identifierOf(request), reserved: 0xffff, address: [FIRST] } },
    ]));
    expect(takeMessages(mobile, UPDATE)[0].destination).toBe(FIRST);
  });

  it("has room for 77 home agents, the most that fit the least MTU", () => {
    const many = Array.from({ length: 77 }, (_, index) => `2001:db8:100::b:${(index + 1).toString(16)}`);
    const mobile = seeker();
    expect(discover(mobile, many).destination).toBe(many[0]);
    expect(readHomeAgents(mobile.engine).map(({ address }) => address)).toEqual(many);
  });

  const own = (n: number) => Array.from({ length: n }, () => FIRST);
  it.each<[string, (identifier: number) => Reply, Reason]>([
    ["another identifier", (identifier) => ({ identifier: identifier ^ 1, addresses: [FIRST] }), Reason.DiscoveryReplyUnexpected],
    ["no address", (identifier) => ({ identifier, addresses: [] }), Reason.DiscoveryReplyAddresses],
    ["too many addresses", (identifier) => ({ identifier, addresses: own(78) }), Reason.DiscoveryReplyAddresses],
    ["a group among them (6275-11.4.1-2)", (identifier) => ({ identifier, addresses: [FIRST, "ff02::1"] }), Reason.DiscoveryReplyAddresses],
    ["the unspecified address among them", (identifier) => ({ identifier, addresses: ["::", FIRST] }), Reason.DiscoveryReplyAddresses],
    ["a link-local address among them", (identifier) => ({ identifier, addresses: ["fe80::1"] }), Reason.DiscoveryReplyAddresses],
    ["our own home address among them", (identifier) => ({ identifier, addresses: [HOME_ADDRESS] }), Reason.DiscoveryReplyAddresses],
    ["another code", (identifier) => ({ identifier, addresses: [FIRST], code: 1 }), Reason.Icmpv6Code],
  ])("with %s changes nothing and is counted", (_, reply, reason) => {
    const mobile = seeker();
    arrive(mobile);
    const identifier = identifierOf(takeMessages(mobile, REQUEST)[0]);
    const wakeup = mobile.engine.nextWakeupMs();
    mobile.receive(ACCESS, discoveryReply(reply(identifier)));
    expect(mobile.refused(reason)).toBe(1);
    expect(readHomeAgents(mobile.engine)).toEqual([]);
    expect(status(mobile).peer).toBe("::");
    expect(mobile.take()).toEqual([]);
    expect(mobile.engine.nextWakeupMs()).toBe(wakeup);
    // The true one still counts.
    mobile.receive(ACCESS, discoveryReply({ identifier, addresses: [SECOND] }));
    expect(takeMessages(mobile, UPDATE)[0].destination).toBe(SECOND);
  });

  it("counts once: a replay, and one that nobody asked for, change nothing", () => {
    const mobile = seeker();
    arrive(mobile);
    const identifier = identifierOf(takeMessages(mobile, REQUEST)[0]);
    mobile.receive(ACCESS, discoveryReply({ identifier, addresses: [FIRST] }));
    mobile.receive(ACCESS, discoveryReply({ identifier, addresses: [SECOND] }));
    expect(mobile.refused(Reason.DiscoveryReplyUnexpected)).toBe(1);
    expect(status(mobile).peer).toBe(FIRST);
    const configured = mobileNode();
    arrive(configured);
    for (const each of [0, 1, 0xffff]) configured.receive(ACCESS, discoveryReply({ identifier: each, addresses: [SECOND] }));
    expect(configured.refused(Reason.DiscoveryReplyUnexpected)).toBe(3);
    expect(status(configured).peer).toBe(HOME_AGENT);
  });

  it("with a wrong checksum, or cut short, is nothing", () => {
    const mobile = seeker();
    arrive(mobile);
    const packet = discoveryReply({ identifier: identifierOf(takeMessages(mobile, REQUEST)[0]), addresses: [FIRST] });
    packet[42] ^= 1;
    mobile.receive(ACCESS, packet);
    expect(mobile.refused(Reason.Icmpv6Checksum)).toBe(1);
    mobile.receive(ACCESS, packet.slice(0, 50));
    expect(mobile.refused(Reason.Ipv6Truncated)).toBe(1);
    expect(readHomeAgents(mobile.engine)).toEqual([]);
  });
});

describe("the next home agent", () => {
  it("is asked when one refuses, in the order of the list, and never sooner than after the first timeout (6275-11.4.1-3, 6275-11.4.1-4, 6275-11.4.1-5)", () => {
    const mobile = seeker();
    const update = discover(mobile, [FIRST, SECOND, THIRD]);
    mobile.advance(100);
    mobile.receive(ACCESS, acknowledge(update, { status: 133 }));
    const [next] = collect(mobile, UPDATE, 1500);
    expect([next.destination, next.atMs - update.atMs]).toEqual([SECOND, 1500]);
    mobile.advance(700);
    mobile.receive(ACCESS, acknowledge(next, { status: 130 }));
    const [last] = collect(mobile, UPDATE, 1500);
    expect(last.destination).toBe(THIRD);
    expect(last.atMs - next.atMs).toBeGreaterThanOrEqual(1500);
    mobile.receive(ACCESS, acknowledge(last));
    expect(status(mobile)).toMatchObject({ state: "Registered", peer: THIRD });
    expect(chosen(mobile)).toEqual([FIRST, SECOND, THIRD]);
    // Nothing of it goes on.
    expect(collect(mobile, UPDATE, 60_000, { stepMs: 100 })).toEqual([]);
  });

  it("waits for a longer first timeout where one is configured (6275-11.4.1-4)", () => {
    const mobile = seeker({ firstRegistrationTimeoutMs: 4000 });
    const update = discover(mobile, [FIRST, SECOND]);
    mobile.receive(ACCESS, acknowledge(update, { status: 129 }));
    expect(collect(mobile, UPDATE, 5000).map(({ atMs }) => atMs - update.atMs)).toEqual([4000]);
  });

  it("is asked when one is silent until the longest timeout; the silent one is told that nothing is bound there (6275-11.7.1-14, 6275-11.7.1-12)", () => {
    const mobile = seeker();
    arrive(mobile);
    mobile.receive(ACCESS, discoveryReply({ identifier: identifierOf(takeMessages(mobile, REQUEST)[0]), addresses: [FIRST, SECOND] }));
    const updates = collect(mobile, UPDATE, 47_000).map((each) => [each.destination, each.atMs - 1000, lifetime(each) > 0]);
    expect(updates).toEqual([
      [FIRST, 0, true], [FIRST, 1500, true], [FIRST, 4500, true], [FIRST, 10_500, true], [FIRST, 22_500, true],
      [FIRST, 46_500, false], [SECOND, 46_500, true],
    ]);
    expect(status(mobile)).toMatchObject({ state: "Registering", peer: SECOND });
  });

  it("comes after the one that holds the registration, which is always asked first (6275-11.4.1-8, 6275-11.4.1-9)", () => {
    const mobile = seeker();
    register(mobile, [FIRST, SECOND]);
    setLink(mobile.engine, ACCESS, false, mobile.now);
    arrive(mobile, "2001:db8:b::");
    const updates = collect(mobile, UPDATE, 32_000, { prefix: "2001:db8:b::" });
    expect(updates.slice(0, 5).map(({ destination, source }) => [destination, source])).toEqual(Array(5).fill([FIRST, "2001:db8:b::17"]));
    // It has the binding of the last network still: it is told that it ends before another one is asked.
    expect(updates.slice(5).map((each) => [each.destination, lifetime(each) > 0])).toEqual([[FIRST, false], [SECOND, true]]);
    mobile.receive(ACCESS, acknowledge(updates.at(-1)!));
    expect(status(mobile)).toMatchObject({ state: "Registered", peer: SECOND });
  });

  it("is there for a refresh that is refused, too (6275-11.4.1-9)", () => {
    const mobile = seeker();
    register(mobile, [FIRST, SECOND]);
    mobile.advance(status(mobile).nextRefreshMs + 1);
    const [refresh] = takeMessages(mobile, UPDATE);
    mobile.receive(ACCESS, acknowledge(refresh, { status: 130 }));
    const updates = collect(mobile, UPDATE, 2000);
    expect(updates.map((each) => [each.destination, lifetime(each) > 0])).toEqual([[FIRST, false], [SECOND, true]]);
  });

  it("is none after a failed authentication (4285-5.3-2)", () => {
    const mobile = seeker();
    let update = discover(mobile, [FIRST, SECOND]);
    for (let each = 0; each < 3; each++) {
      mobile.receive(ACCESS, acknowledge(update, { status: 146 }));
      update = collect(mobile, UPDATE, 7000)[0] ?? update;
    }
    expect(status(mobile)).toMatchObject({ state: "Refused", peer: FIRST });
    expect(collect(mobile, UPDATE, 600_000, { stepMs: 1000 })).toEqual([]);
  });
});

describe("all in vain", () => {
  it("home agents are discovered anew, at most once a minute (6275-11.4.1-10)", () => {
    const mobile = seeker();
    let update = discover(mobile, [FIRST, SECOND]);
    mobile.receive(ACCESS, acknowledge(update, { status: 130 }));
    [update] = collect(mobile, UPDATE, 1500);
    mobile.receive(ACCESS, acknowledge(update, { status: 130 }));
    const [request] = collect(mobile, REQUEST, 60_000);
    expect(request.atMs - 1000).toBe(60_000);
    mobile.receive(ACCESS, discoveryReply({ identifier: identifierOf(request), addresses: [THIRD] }));
    expect(takeMessages(mobile, UPDATE).at(-1)!.destination).toBe(THIRD);
    expect(readHomeAgents(mobile.engine).map(({ address }) => address)).toEqual([THIRD]);
  });

  it("a single home agent goes on being asked at the slowest rate (6275-11.7.1-15)", () => {
    const mobile = seeker();
    arrive(mobile);
    mobile.receive(ACCESS, discoveryReply({ identifier: identifierOf(takeMessages(mobile, REQUEST)[0]), addresses: [FIRST] }));
    const updates = collect(mobile, UPDATE, 180_000);
    expect(updates.map(({ atMs }) => atMs - 1000)).toEqual([0, 1500, 4500, 10_500, 22_500, 46_500, 78_500, 110_500, 142_500, 174_500]);
    expect(updates.every((each) => each.destination === FIRST && lifetime(each) > 0)).toBe(true);
  });

  it("a configured home agent goes on being asked, and none is discovered", () => {
    const mobile = mobileNode();
    arrive(mobile);
    const destinations = new Set<string>();
    for (let each = 0; each < 60; each++) {
      mobile.advance(10_000);
      for (const { packet } of mobile.take()) destinations.add(addresses(packet)[1]);
    }
    expect(destinations.has(HOME_AGENT)).toBe(true);
    expect(destinations.has(ANYCAST)).toBe(false);
    expect(readHomeAgents(mobile.engine)).toEqual([]);
  });
});

describe("a home address that is somebody else's (6275-11.7.1-22)", () => {
  it("is not tried again: not later, not elsewhere, not with another home agent", () => {
    const mobile = seeker();
    const update = discover(mobile, [FIRST, SECOND]);
    mobile.receive(ACCESS, acknowledge(update, { status: 134 }));
    expect(status(mobile).state).toBe("Duplicate");
    expect(collect(mobile, UPDATE, 300_000, { stepMs: 500 })).toEqual([]);
    setLink(mobile.engine, ACCESS, false, mobile.now);
    arrive(mobile, "2001:db8:b::");
    expect(collect(mobile, UPDATE, 300_000, { stepMs: 500, prefix: "2001:db8:b::" })).toEqual([]);
    expect(status(mobile)).toMatchObject({ state: "Duplicate", lastStatus: 134 });
  });
});

describe("with the core's own home agent", () => {
  it("registers there once it is discovered, as a router of the home prefix (6275-6.1.7-1)", () => {
    const agent = homeAgent();
    const mobile = seeker();
    arrive(mobile);
    mobile.receive(ACCESS, discoveryReply({ identifier: identifierOf(takeMessages(mobile, REQUEST)[0]), addresses: [HOME_AGENT] }));
    exchange(mobile, agent);
    expect(status(mobile)).toMatchObject({ state: "Registered", peer: HOME_AGENT });
  });

  it("is asked first after a restart, while the kept registration lives (6275-11.4.1-8)", () => {
    const before = seeker();
    register(before, [SECOND, FIRST]);
    const after = seeker({ seed: 9 });
    after.engine.importState(before.kept.at(-1)!, after.now);
    arrive(after);
    const updates = takeMessages(after, UPDATE);
    expect(updates.map(({ destination }) => destination)).toEqual([SECOND]);
  });
});

