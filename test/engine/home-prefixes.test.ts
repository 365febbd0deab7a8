import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { setLink } from "../../bindings/commands.ts";
import { valueOf } from "../../bindings/codec.ts";
import { readUpdates } from "../../bindings/status.ts";
import { acknowledge, collect, identifierOf, prefixAdvertisement, takeMessages, type Advertisement, type SentMessage } from "./home-side.ts";
import { ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT, type Node, mobileNode } from "./harness.ts";
import { addresses, arrive, codec, routerAdvertisement } from "./network.ts";

const SOLICITATION = "mobile-prefix-solicitation";
const UPDATE = "binding-update";
const HOME_PREFIX = "2001:db8:100::";

const status = (mobile: Node) => readUpdates(mobile.engine)[0];
const heard = (mobile: Node) => mobile.events.filter(({ name }) => name === "HomePrefix").map(({ fields }) => fields);

/** A mobile node whose home agent accepted its registration with this status. */
function registered(bindingStatus = 0, settings = {}): Node {
  const mobile = mobileNode(settings);
  arrive(mobile);
  mobile.receive(ACCESS, acknowledge(takeMessages(mobile, UPDATE)[0], { status: bindingStatus }));
  expect(status(mobile).state).toBe("Registered");
  return mobile;
}

/** One that was told to ask for its prefixes, and its solicitation. */
function asking(): [Node, SentMessage] {
  const mobile = registered(1);
  return [mobile, takeMessages(mobile, SOLICITATION)[0]];
}

/** One that knows these prefixes. */
function knowing(...prefixes: Advertisement["prefixes"]): Node {
  const [mobile, solicitation] = asking();
  mobile.receive(ACCESS, prefixAdvertisement({ identifier: identifierOf(solicitation), prefixes }));
  return mobile;
}

describe("a Mobile Prefix Solicitation", () => {
  it("goes from the care-of address to the home agent, with the home address in an option (6275-6.7-1, 6275-6.7-3, 6275-11.4.2-2, 6275-11.7.3-11)", () => {
    const [, solicitation] = asking();
    expect(addresses(solicitation.packet)).toEqual([CAREOF, HOME_AGENT]);
    expect(solicitation.layers.map(({ name }) => name)).toEqual(["ipv6", "destination-options", SOLICITATION]);
    expect(solicitation.layers.some(({ problem }) => problem)).toBe(false); // so its checksum is right, too
    expect(solicitation.home).toBe(HOME_ADDRESS);
    expect([valueOf(solicitation.message, "code"), valueOf(solicitation.message, "reserved")]).toEqual([0, 0]);
    expect(solicitation.message.options).toEqual([]);
  });

  it("is not sent where the home agent does not ask for it", () => {
    expect(takeMessages(registered(0), SOLICITATION)).toEqual([]);
  });

  it("has a random identifier (6275-11.4.2-4)", () => {
    const identifiers = [1, 2, 3, 4, 5].map((seed) => identifierOf(takeMessages(registered(1, { seed }), SOLICITATION)[0]));
    expect(new Set(identifiers).size).toBe(5);
  });

  it("is repeated after 3 s, then ever slower down to one in 32 s, until it is answered (6275-11.8-1, 6275-11.8-3, 6275-11.8-4, 6275-11.8-5)", () => {
    const [mobile, first] = asking();
    const again = collect(mobile, SOLICITATION, 160_000);
    expect(again.map(({ atMs }) => atMs - first.atMs)).toEqual([3000, 9000, 21_000, 45_000, 77_000, 109_000, 141_000]);
    expect(new Set(again.map(identifierOf))).toEqual(new Set([identifierOf(first)]));
    mobile.receive(ACCESS, prefixAdvertisement({ identifier: identifierOf(first), prefixes: [] }));
    expect(collect(mobile, SOLICITATION, 120_000, { stepMs: 100 })).toEqual([]);
  });

  it("waits for the registration of a new care-of address, and goes out from there", () => {
    const [mobile] = asking();
    setLink(mobile.engine, ACCESS, false, mobile.now);
    expect(collect(mobile, SOLICITATION, 20_000, { stepMs: 100 })).toEqual([]);
    arrive(mobile, "2001:db8:b::");
    const [update] = takeMessages(mobile, UPDATE);
    expect(collect(mobile, SOLICITATION, 500, { prefix: "2001:db8:b::" })).toEqual([]);
    mobile.receive(ACCESS, acknowledge(update));
    expect(takeMessages(mobile, SOLICITATION).map(({ source }) => source)).toEqual(["2001:db8:b::17"]);
  });

  it("is sent before the prefix of the home address is deprecated, and before it becomes invalid (6275-11.4.2-1)", () => {
    const mobile = knowing({ prefix: HOME_PREFIX, valid: 1200, preferred: 400 });
    const start = mobile.now;
    const [solicitation] = collect(mobile, SOLICITATION, 301_000, { stepMs: 100, accept: true });
    expect(solicitation.atMs - start).toBe(300_000);
    // Nothing new, and the address is deprecated: asked again at three quarters of what is left.
    mobile.receive(ACCESS, prefixAdvertisement({ identifier: identifierOf(solicitation), prefixes: [{ prefix: HOME_PREFIX, valid: 800, preferred: 0 }] }));
    const heardAt = mobile.now;
    const [last] = collect(mobile, SOLICITATION, 601_000, { stepMs: 100, accept: true });
    expect(last.atMs - heardAt).toBe(600_000);
  });

  it("is not needed for a prefix that lasts for ever, nor for one without a home address of ours", () => {
    const mobile = knowing(
      { prefix: HOME_PREFIX, valid: 0xffffffff, preferred: 0xffffffff }, { prefix: "2001:db8:300::", valid: 600, autonomous: false },
    );
    mobile.take();
    expect(collect(mobile, SOLICITATION, 1_500_000, { stepMs: 1000, accept: true })).toEqual([]);
    expect(status(mobile).state).toBe("Registered");
  });
});

describe("a Mobile Prefix Advertisement", () => {
  it("that answers tells the prefixes and their lifetimes (6275-8.5-13, 6275-11.4.3-1, 6275-11.4.3-8)", () => {
    const mobile = knowing({ prefix: `${HOME_PREFIX}1`, valid: 7200, preferred: 3600, router: true }, { prefix: "2001:db8:300::", valid: 0xffffffff, autonomous: false });
    expect(heard(mobile)).toEqual([
      { prefix: HOME_PREFIX, length: 64, validS: 7200, preferredS: 3600 },
      { prefix: "2001:db8:300::", length: 64, validS: 0xffffffff, preferredS: 0xffffffff },
    ]);
  });

  it("counts also with unknown options, with M and O, and with something in Reserved (6275-6.8-4, 6275-6.8-5, 6275-6.8-6, 6275-11.4.3-8)", () => {
    const [mobile, solicitation] = asking();
    const packet = codec.encode([
      { name: "ipv6", fields: { source: HOME_AGENT, destination: CAREOF, hopLimit: 64 } },
      { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } },
      {
        name: "mobile-prefix-advertisement",
        fields: { identifier: identifierOf(solicitation), managedAddressConfiguration: true, otherConfiguration: true, reserved: 0x3fff },
        options: [
          { name: "mtu", fields: { mtu: 1400 } },
          { name: "prefix-information", fields: { prefix: HOME_PREFIX, prefixLength: 64, autonomous: true, validLifetime: 60_000, preferredLifetime: 60_000 } },
        ],
      },
    ]);
    mobile.receive(ACCESS, packet);
    expect(heard(mobile)).toHaveLength(1);
  });

  it("leaves out what RFC 4862 §5.5.3 ignores", () => {
    const mobile = knowing(
      { prefix: "fe80::", valid: 600 }, { prefix: "ff02::", valid: 600 }, { prefix: "::", valid: 600 }, { prefix: "2001:db8:300::", valid: 600, preferred: 601 },
      { prefix: "2001:db8:300::", length: 0, valid: 600 }, { prefix: "2001:db8:300::", length: 129, valid: 600 },
    );
    expect(heard(mobile)).toEqual([]);
    expect(readUpdates(mobile.engine)).toHaveLength(1);
  });

  const one = [{ prefix: "2001:db8:300::", valid: 600 }];
  it.each<[string, (identifier: number) => Advertisement, Reason]>([
    ["from another than the home agent (6275-11.4.3-1)", (identifier) => ({ identifier, prefixes: one, source: "2001:db8:100::2" }), Reason.PrefixAdvertisementNotFromHomeAgent],
    ["without a type 2 routing header (6275-11.4.3-4)", (identifier) => ({ identifier, prefixes: one, home: null }), Reason.PrefixAdvertisementRoutingHeader],
    ["with somebody else's home address", (identifier) => ({ identifier, prefixes: one, home: "2001:db8:100::99" }), Reason.RoutingHeaderNotOurs],
    ["with more prefixes than a home link has", (identifier) => ({ identifier, prefixes: Array.from({ length: 17 }, (_, n) => ({ prefix: `2001:db8:30${n.toString(16)}::` })) }), Reason.HomePrefixesTooMany],
    ["with another identifier (6275-11.4.3-5)", (identifier) => ({ identifier: identifier ^ 0x8000, prefixes: one }), Reason.PrefixAdvertisementUnsolicited],
  ])("%s changes nothing and is counted (6275-11.4.3-7)", (_, advertisement, reason) => {
    const [mobile, solicitation] = asking();
    mobile.receive(ACCESS, prefixAdvertisement(advertisement(identifierOf(solicitation))));
    expect(mobile.refused(reason)).toBe(1);
    expect(heard(mobile)).toEqual([]);
    expect(mobile.take()).toEqual([]); // not even an ICMP error
    mobile.receive(ACCESS, prefixAdvertisement({ identifier: identifierOf(solicitation), prefixes: [] }));
    expect(collect(mobile, SOLICITATION, 40_000, { stepMs: 100 })).toEqual([]); // that one did count
  });

  it("that is damaged changes nothing", () => {
    const [mobile, solicitation] = asking();
    const whole = prefixAdvertisement({ identifier: identifierOf(solicitation), prefixes: one });
    const damaged = whole.slice();
    damaged[damaged.length - 1] ^= 1;
    mobile.receive(ACCESS, damaged);
    expect(mobile.refused(Reason.Icmpv6Checksum)).toBe(1);
    expect(heard(mobile)).toEqual([]);
  });

  it("with an option of length zero, or another code, changes nothing", () => {
    const [mobile, solicitation] = asking();
    const layers = (code: number, data: number[]) => codec.encode([
      { name: "ipv6", fields: { source: HOME_AGENT, destination: CAREOF, hopLimit: 64 } },
      { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } },
      { name: "mobile-prefix-advertisement", fields: { code, identifier: identifierOf(solicitation) } },
      { name: "payload", fields: { data: Uint8Array.from(data) } },
    ]);
    mobile.receive(ACCESS, layers(0, [3, 0, 0, 0, 0, 0, 0, 0]));
    expect(mobile.refused(Reason.NeighbourOptionLength)).toBe(1);
    mobile.receive(ACCESS, layers(1, []));
    expect(mobile.refused(Reason.Icmpv6Code)).toBe(1);
    expect(heard(mobile)).toEqual([]);
  });

  it("counts once: a replay is unsolicited (6275-11.4.3-5)", () => {
    const [mobile, solicitation] = asking();
    const packet = prefixAdvertisement({ identifier: identifierOf(solicitation), prefixes: [{ prefix: HOME_PREFIX, valid: 600 }] });
    mobile.receive(ACCESS, packet);
    mobile.receive(ACCESS, packet);
    expect(heard(mobile)).toHaveLength(1);
    expect(mobile.refused(Reason.PrefixAdvertisementUnsolicited)).toBe(1);
  });

  it("that comes unasked is discarded, and the home agent asked (6275-11.4.3-5, 6275-11.4.3-6), once in 3 s however many come", () => {
    const mobile = registered(0);
    const sent: SentMessage[] = [];
    for (let each = 0; each < 100; each++) {
      mobile.receive(ACCESS, prefixAdvertisement({ identifier: each, prefixes: one }));
      const asked = takeMessages(mobile, SOLICITATION);
      for (const solicitation of asked) {
        mobile.receive(ACCESS, prefixAdvertisement({ identifier: identifierOf(solicitation), prefixes: [] }));
      }
      sent.push(...asked);
      mobile.advance(100);
    }
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.length).toBeLessThanOrEqual(4);
    expect(heard(mobile)).toEqual([]);
    expect(mobile.refused(Reason.PrefixAdvertisementUnsolicited)).toBe(100);
  });

  it("is not taken before a home agent is known (6275-11.4.3-3)", () => {
    const mobile = mobileNode({ homeAgent: new Uint8Array(16) });
    arrive(mobile);
    mobile.receive(ACCESS, prefixAdvertisement({ identifier: 0, prefixes: one }));
    mobile.receive(ACCESS, prefixAdvertisement({ identifier: 0, prefixes: one, source: "::" }));
    expect(mobile.refused(Reason.PrefixAdvertisementNotFromHomeAgent)).toBe(2);
    expect(takeMessages(mobile, SOLICITATION)).toEqual([]);
  });

  it("from the stored home agent asks for nothing before the registration, and everything after it (6275-11.4.3-2)", () => {
    const mobile = mobileNode();
    arrive(mobile);
    const [update] = takeMessages(mobile, UPDATE);
    mobile.receive(ACCESS, prefixAdvertisement({ identifier: 7, prefixes: one }));
    expect(mobile.refused(Reason.PrefixAdvertisementUnsolicited)).toBe(1);
    expect(takeMessages(mobile, SOLICITATION)).toEqual([]);
    mobile.receive(ACCESS, acknowledge(update));
    expect(takeMessages(mobile, SOLICITATION)).toHaveLength(1);
  });

  it("is not for a home agent", async () => {
    const { homeAgent } = await import("./harness.ts");
    const agent = homeAgent();
    agent.receive(ACCESS, prefixAdvertisement({ identifier: 0, prefixes: one, destination: HOME_AGENT, home: null }));
    expect(agent.refused(Reason.MessageNotForThisRole)).toBe(1);
  });
});

describe("lifetimes", () => {
  const lifetimeS = (update: SentMessage) => (valueOf(update.message, "lifetime") as number) * 4;

  it("of Binding Updates end with the home prefix (6275-11.7.1-11)", () => {
    const mobile = knowing({ prefix: HOME_PREFIX, valid: 300 });
    mobile.take();
    setLink(mobile.engine, ACCESS, false, mobile.now);
    arrive(mobile, "2001:db8:b::");
    expect(lifetimeS(takeMessages(mobile, UPDATE)[0])).toBe(300);
  });

  it("that a prefix lost are lost to the registration at once (6275-11.4.2-6)", () => {
    const mobile = knowing({ prefix: HOME_PREFIX, valid: 300 });
    const [update] = takeMessages(mobile, UPDATE); // 600 s were registered
    expect(lifetimeS(update)).toBe(300);
    mobile.receive(ACCESS, acknowledge(update));
    expect(status(mobile).remainingMs).toBeLessThanOrEqual(300_000);
  });

  it("that a prefix gained change nothing", () => {
    const mobile = knowing({ prefix: HOME_PREFIX, valid: 86_400 });
    expect(takeMessages(mobile, UPDATE)).toEqual([]);
  });
});

it("router advertisements of visited networks are no home prefixes", () => {
  const mobile = registered(0);
  mobile.receive(ACCESS, routerAdvertisement());
  expect(heard(mobile)).toEqual([]);
});
