/** Mobile Prefix Advertisements (RFC 6275 §10.6, §6.7, §6.8). */
import { describe, expect, it } from "vitest";
import { DEVICE_ANY } from "../../core-as/abi/contract.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { type HomePrefix, PREFIX_DELIVERY_DEFAULTS, removeNode, setHomeAgent, setPrefixDelivery } from "../../bindings/commands.ts";
import { Refusal } from "../../bindings/engine.ts";
import {
  ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT, bind, layersOf, prefixSolicitation as solicitation, taken,
} from "./advertising.ts";
import { Node, homeAgent } from "./harness.ts";
import { addresses, codec } from "./network.ts";

const MPA = "mobile-prefix-advertisement";
const DAY = 86_400_000;
const PREFIXES: HomePrefix[] = [{ address: parseAddress("2001:db8:100::"), length: 64, validMs: 10 * DAY, preferredMs: 5 * DAY }];

/** A home agent with the node of the harness bound at CAREOF for an hour. */
function agentWithBinding(homePrefixes = PREFIXES, lifetimeS = 3600): Node {
  const node = homeAgent({ homePrefixes });
  bind(node, { lifetimeS });
  return node;
}

function serve(node: Node, ...homePrefixes: HomePrefix[]): void {
  setHomeAgent(node.engine, {
    address: parseAddress(HOME_AGENT), homePrefixes, maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
  }, node.now);
}

/** The moments, in ms from now, at which prefixes are advertised within a time; the binding is renewed meanwhile. */
function moments(node: Node, ms: number, renewEveryMs = 0): number[] {
  const start = node.now;
  const before = node.events.length;
  let sequence = 200 + Math.floor(node.now / 1000) % 10_000;
  if (renewEveryMs === 0) node.advance(ms);
  else for (; node.now < start + ms; node.advance(Math.min(renewEveryMs, start + ms - node.now))) bind(node, { sequence: (sequence += 1) & 0xffff, lifetimeS: 3600 });
  return node.events.slice(before).filter(({ name }) => name === "PrefixesAdvertised").map(({ atMs }) => atMs - start);
}

const gaps = (times: number[]) => times.slice(1).map((time, index) => Math.round((time - times[index]) / 1000));

describe("a solicitation is answered at once", () => {
  it("to its source, with the home address in a type 2 routing header and its identifier (6275-6.8-2, 6275-6.8-8, 6275-10.6.3-1, 6275-10.6.3-2, 6275-10.6.3-3, 6275-10.6.3-4, 6275-8.4-11)", () => {
    const node = agentWithBinding();
    node.receive(ACCESS, solicitation());
    const [{ packet, device }, ...more] = node.take();
    expect(more).toEqual([]);
    expect(device).toBe(ACCESS);
    expect(addresses(packet)).toEqual([HOME_AGENT, CAREOF]);
    const layers = layersOf(packet);
    expect(layers["routing-type2"]).toMatchObject({ homeAddress: HOME_ADDRESS, segmentsLeft: 1 });
    // 6275-6.8-4, 6275-6.8-10: reserved, M and O are zero.
    expect(layers[MPA]).toMatchObject({ identifier: 0x4321, code: 0, managedAddressConfiguration: false, otherConfiguration: false, reserved: 0 });
    expect(codec.dissect(packet).find(({ name }) => name === MPA)?.checksum).toBe("good");
    expect(Object.values(layers).every(({ problem }) => problem === undefined)).toBe(true);
    expect(node.events.at(-1)).toMatchObject({ name: "PrefixesAdvertised", fields: { homeAddress: HOME_ADDRESS, transmission: 1, solicited: true } });
  });

  it("with all prefixes in options of Neighbour Discovery, as RFC 6275 §7.2 changes them (6275-6.8-5, 6275-6.8-7)", () => {
    const node = agentWithBinding([...PREFIXES, { address: parseAddress("2001:db8:101::1"), length: 64, routerAddress: true, onLink: false }]);
    node.receive(ACCESS, solicitation());
    expect(taken(node, MPA)[0][MPA].options).toMatchObject([
      { name: "prefix-information", prefix: HOME_AGENT, prefixLength: 64, routerAddress: true, onLink: true, autonomous: true, validLifetime: 10 * 86_400, preferredLifetime: 5 * 86_400 },
      { name: "prefix-information", prefix: "2001:db8:101::1", routerAddress: true, onLink: false, validLifetime: 0xffffffff },
    ]);
  });

  it("whatever its reserved field and options say (6275-6.7-3, 6275-6.7-4, 6275-6.7-5)", () => {
    const node = agentWithBinding();
    const packet = codec.encode([
      { name: "ipv6", fields: { source: CAREOF, destination: HOME_AGENT, hopLimit: 64 } },
      { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] },
      { name: "mobile-prefix-solicitation", fields: { identifier: 1, reserved: 0xffff }, options: [{ name: "neighbour-option-253", fields: { data: new Uint8Array(6) } }] },
    ]);
    node.receive(ACCESS, packet);
    expect(taken(node, MPA)).toHaveLength(1);
  });

  it("but not twice in a second (6275-6.8-9)", () => {
    const node = agentWithBinding();
    node.receive(ACCESS, solicitation());
    node.advance(999);
    node.receive(ACCESS, solicitation());
    expect(taken(node, MPA)).toHaveLength(1);
    expect(node.refused(Reason.PrefixSolicitationTooSoon)).toBe(1);
    node.advance(2);
    node.receive(ACCESS, solicitation());
    expect(taken(node, MPA)).toHaveLength(1);
  });

  it.each([
    ["without a Home Address option (6275-6.7-1)", { home: null }, Reason.PrefixSolicitationWithoutHomeAddress],
    ["from another care-of address", { source: "2001:db8:b::17" }, Reason.HomeAddressWithoutBinding],
    ["about a home address without a binding", { home: "2001:db8:100::99" }, Reason.HomeAddressWithoutBinding],
    ["with another code", { code: 1 }, Reason.Icmpv6Code],
  ])("but not one %s", (_, options, reason) => {
    const node = agentWithBinding();
    node.receive(ACCESS, solicitation(options));
    expect(taken(node, MPA)).toEqual([]);
    expect(node.refused(reason)).toBe(1);
  });

  it("nor one that is damaged", () => {
    const node = agentWithBinding();
    const damaged = solicitation();
    damaged[damaged.length - 3] ^= 1;
    node.receive(ACCESS, damaged);
    expect(node.refused(Reason.Icmpv6Checksum)).toBe(1);
    node.receive(ACCESS, codec.encode([
      { name: "ipv6", fields: { source: CAREOF, destination: HOME_AGENT, hopLimit: 64 } },
      { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] },
      { name: "mobile-prefix-solicitation" }, { name: "payload", fields: { data: new Uint8Array(8) } },
    ]));
    expect(node.refused(Reason.NeighbourOptionLength)).toBe(1);
    expect(taken(node, MPA)).toEqual([]);
  });

  it("and never where it is switched off (6275-8.4-12)", () => {
    const node = homeAgent({ homePrefixes: PREFIXES });
    setPrefixDelivery(node.engine, { ...PREFIX_DELIVERY_DEFAULTS, enabled: false }, node.now);
    bind(node, { lifetimeS: 3600 });
    node.receive(ACCESS, solicitation());
    expect(node.refused(Reason.PrefixAdvertisementsOff)).toBe(1);
    serve(node, { ...PREFIXES[0], validMs: DAY, preferredMs: DAY });
    expect(moments(node, 2 * DAY, 1_800_000)).toEqual([]);
  });
});

describe("changes are told (6275-10.3.1-36)", () => {
  it.each<[string, HomePrefix[]]>([
    ["other flags (6275-10.6.2-1)", [{ ...PREFIXES[0], autonomous: false }]],
    ["another valid lifetime", [{ ...PREFIXES[0], validMs: 20 * DAY }]],
    ["another preferred lifetime", [{ ...PREFIXES[0], preferredMs: 6 * DAY }]],
    ["a further prefix (6275-10.6.2-2)", [...PREFIXES, { address: parseAddress("2001:db8:101::"), length: 64 }]],
    ["a further prefix that changes (6275-10.6.2-3)", [...PREFIXES, { address: parseAddress("2001:db8:101::"), length: 64, validMs: DAY, preferredMs: DAY }]],
  ])("%s: at a random moment between the intervals, to the care-of address by the host's routes (6275-6.8-1, 6275-10.6.3-6)", (_, changed) => {
    const node = agentWithBinding();
    setPrefixDelivery(node.engine, { enabled: true, minIntervalMs: 60_000, maxIntervalMs: 300_000 }, node.now);
    serve(node, ...changed);
    const [first] = moments(node, 300_001);
    expect(first).toBeGreaterThanOrEqual(60_000);
    expect(node.sent.every(({ device }) => device === DEVICE_ANY)).toBe(true);
    const sent = taken(node, MPA)[0];
    expect(sent.ipv6.destination).toBe(CAREOF);
    expect(sent[MPA].options).toHaveLength(changed.length);
  });

  it("but not what only time has changed", () => {
    const node = agentWithBinding();
    setPrefixDelivery(node.engine, { enabled: true, minIntervalMs: 60_000, maxIntervalMs: 300_000 }, node.now);
    node.advance(1000);
    serve(node, { ...PREFIXES[0], validMs: 10 * DAY - 1000, preferredMs: 5 * DAY - 1000 });
    expect(moments(node, 500_000)).toEqual([]);
  });

  it("with a lifetime of zero for a prefix that is withdrawn", () => {
    const old = { address: parseAddress("2001:db8:101::"), length: 64, validMs: DAY, preferredMs: DAY };
    const node = agentWithBinding([...PREFIXES, old]);
    serve(node, PREFIXES[0]);
    node.receive(ACCESS, solicitation());
    expect(taken(node, MPA)[0][MPA].options).toMatchObject([{ prefix: HOME_AGENT }, { prefix: "2001:db8:101::", validLifetime: 0, preferredLifetime: 0 }]);
  });

  it("three times more, after 3, 6 and 12 s, to a node that is silent (6275-10.6.2-5, 6275-10.6.2-6)", () => {
    const node = agentWithBinding();
    serve(node, { ...PREFIXES[0], validMs: DAY, preferredMs: 601_000 });
    const times = moments(node, 700_000);
    expect(gaps(times)).toEqual([3, 6, 12]);
    const sent = taken(node, MPA);
    expect(new Set(sent.map((layers) => layers[MPA].identifier)).size).toBe(1);
    expect(node.events.filter(({ name }) => name === "PrefixesAdvertised").map(({ fields }) => [fields.transmission, fields.solicited]))
      .toEqual([[1, false], [2, false], [3, false], [4, false]]);
  });

  it("until a solicitation acknowledges them (6275-10.6.2-5)", () => {
    const node = agentWithBinding();
    serve(node, { ...PREFIXES[0], validMs: DAY, preferredMs: 601_000 });
    const [first] = moments(node, 601_500);
    expect(first).toBeGreaterThan(0);
    node.advance(1000);
    node.take();
    node.receive(ACCESS, solicitation());
    expect(taken(node, MPA)).toHaveLength(1);
    expect(moments(node, 600_000)).toEqual([]);
  });

  it("no more when the binding has ended, and again with the next registration (6275-10.6.2-7, 6275-10.6.2-8)", () => {
    const node = agentWithBinding(PREFIXES, 604);
    serve(node, { ...PREFIXES[0], validMs: DAY, preferredMs: 601_000 });
    expect(moments(node, 5_000_000)).toHaveLength(2); // at 600 s and 3 s later; at 604 s the binding ends
    bind(node, { sequence: 101, lifetimeS: 600 });
    expect(gaps(moments(node, 100_000))).toEqual([3, 6, 12]);
  });

  it("again, after all was tried, when the node registers again (6275-10.6.2-8)", () => {
    const node = agentWithBinding();
    serve(node, { ...PREFIXES[0], validMs: DAY, preferredMs: 601_000 });
    expect(moments(node, 700_000)).toHaveLength(4);
    bind(node, { sequence: 101, lifetimeS: 3600 });
    expect(gaps(moments(node, 100_000))).toEqual([3, 6, 12]);
  });

  it("in one advertisement with what was not acknowledged yet (6275-10.6.2-9)", () => {
    const node = agentWithBinding();
    serve(node, { ...PREFIXES[0], validMs: DAY, preferredMs: 601_000 });
    node.advance(601_500); // the first is out
    node.take();
    serve(node, { ...PREFIXES[0], validMs: DAY, preferredMs: 1000 }, { address: parseAddress("2001:db8:101::"), length: 64 });
    const times = moments(node, 100_000);
    expect(gaps(times)).toEqual([3, 6, 12]); // the new one, in place of the retransmission
    expect(times[0]).toBeLessThanOrEqual(3000);
    for (const sent of taken(node, MPA)) expect(sent[MPA].options).toHaveLength(2);
  });

  it("to all nodes, at moments of their own", () => {
    const nodes = Array.from({ length: 20 }, (_, id) => ({ id, homeAddresses: [parseAddress(`2001:db8:100::${id + 10}`)], security: { authentication: "none" as const } }));
    const node = homeAgent({ homePrefixes: PREFIXES, nodes });
    nodes.forEach(({ id }) => bind(node, { home: `2001:db8:100::${id + 10}`, careof: `2001:db8:a::${id + 10}`, key: null, identity: null, timestamp: null, lifetimeS: 3600 }));
    setPrefixDelivery(node.engine, { enabled: true, minIntervalMs: 60_000, maxIntervalMs: 300_000 }, node.now);
    serve(node, { ...PREFIXES[0], validMs: DAY, preferredMs: DAY });
    expect(new Set(moments(node, 301_000).map((ms) => Math.round(ms / 1000))).size).toBeGreaterThan(20);
    expect(new Set(taken(node, MPA).map(({ ipv6 }) => ipv6.destination)).size).toBe(20);
  });
});

describe("without a change", () => {
  it("a node that was told nothing for MaxMobPfxAdvInterval is told (RFC 6275 §10.6.2; 6275-13-1)", () => {
    const node = agentWithBinding();
    const first = moments(node, DAY + 1, 1_800_000);
    expect(first.length).toBeGreaterThanOrEqual(4);
    expect(first[0]).toBeGreaterThanOrEqual(600_000);
  });

  it("not one whose binding ended, or that may no longer register", () => {
    const node = agentWithBinding();
    expect(moments(node, 2 * DAY)).toEqual([]);
    bind(node, { sequence: 200, lifetimeS: 3600 });
    removeNode(node.engine, 0, node.now);
    serve(node, { ...PREFIXES[0], validMs: DAY, preferredMs: DAY });
    expect(moments(node, 2 * DAY)).toEqual([]);
  });
});

it.each([
  ["a least interval below a second", { minIntervalMs: 999 }],
  ["a largest one below it", { maxIntervalMs: 599_999 }],
  ["one without end", { maxIntervalMs: Infinity }],
  ["what is no number", { minIntervalMs: Number.NaN }],
])("%s is refused", (_, settings) => {
  const node = homeAgent();
  expect(() => setPrefixDelivery(node.engine, { ...PREFIX_DELIVERY_DEFAULTS, ...settings }, node.now)).toThrow(Refusal[Refusal.OutOfRange]);
  expect(() => setPrefixDelivery(new Node(2).engine, PREFIX_DELIVERY_DEFAULTS, 1000)).toThrow(Refusal[Refusal.WrongRole]);
});
