import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { formatAddress, parseAddress } from "../../bindings/address.ts";
import { setLink } from "../../bindings/commands.ts";
import { valueOf } from "../../bindings/codec.ts";
import { readUpdates } from "../../bindings/status.ts";
import { acknowledge, collect, identifierOf, prefixAdvertisement, takeMessages, type Prefix, type SentMessage } from "./home-side.ts";
import { ACCESS, CORRESPONDENT, HOME_ADDRESS, SECURITY, type Node, TUNNEL, homeAgent, mobileNode } from "./harness.ts";
import { addresses, arrive, echo, exchange } from "./network.ts";

const SOLICITATION = "mobile-prefix-solicitation";
const UPDATE = "binding-update";
const [OLD, NEW] = ["2001:db8:100::", "2001:db8:300::"];
/** Formed in the new prefix with the interface identifier of the first home address. */
const FURTHER = "2001:db8:300::17";

const homes = (mobile: Node) => readUpdates(mobile.engine).map(({ homeAddress, state }) => `${homeAddress} ${state}`);
const events = (mobile: Node, name: string) => mobile.events.filter((each) => each.name === name).map(({ fields }) => fields);
const onTunnel = (mobile: Node) => mobile.network.filter((line) => new RegExp(`^[+-]${TUNNEL} `).test(line))
  .map((line) => line[0] + formatAddress(Buffer.from(line.slice(3), "hex")));
const lifetimeS = (update: SentMessage) => (valueOf(update.message, "lifetime") as number) * 4;

/** Registered with its first home address, and asked for its prefixes. */
function asking(settings = {}): [Node, number] {
  const mobile = mobileNode(settings);
  arrive(mobile);
  mobile.receive(ACCESS, acknowledge(takeMessages(mobile, UPDATE)[0], { status: 1 }));
  return [mobile, identifierOf(takeMessages(mobile, SOLICITATION)[0])];
}

/** One that has heard of these prefixes; what that made it send is still to be taken. */
function renumbered(...prefixes: Prefix[]): Node {
  const [mobile, identifier] = asking();
  mobile.receive(ACCESS, prefixAdvertisement({ identifier, prefixes }));
  return mobile;
}

/** Has the home agent ask for a solicitation and answers it. */
function advertise(mobile: Node, ...prefixes: Prefix[]): void {
  mobile.advance(4000);
  mobile.take();
  mobile.receive(ACCESS, prefixAdvertisement({ identifier: 0, prefixes: [] }));
  const [solicitation] = takeMessages(mobile, SOLICITATION);
  mobile.receive(ACCESS, prefixAdvertisement({ identifier: identifierOf(solicitation), home: solicitation.home, prefixes }));
}

/** Has both home addresses registered. */
function both(old: Partial<Prefix> = {}): Node {
  const mobile = renumbered({ prefix: OLD, ...old }, { prefix: NEW });
  for (const update of takeMessages(mobile, UPDATE)) mobile.receive(ACCESS, acknowledge(update));
  for (const update of collect(mobile, UPDATE, 1000)) mobile.receive(ACCESS, acknowledge(update));
  expect(homes(mobile)).toEqual([`${HOME_ADDRESS} Registered`, `${FURTHER} Registered`]);
  return mobile;
}

describe("a new home prefix (6275-8.5-13)", () => {
  it("gives a further home address with the same interface identifier, which is registered, too (6275-11.7.1-20)", () => {
    const mobile = renumbered({ prefix: OLD }, { prefix: NEW });
    expect(events(mobile, "HomeAddressFormed")).toEqual([{ homeAddress: FURTHER, before: HOME_ADDRESS }]);
    const updates = takeMessages(mobile, UPDATE);
    expect(updates.map(({ home, destination }) => [home, destination])).toEqual([[FURTHER, readUpdates(mobile.engine)[0].peer]]);
    expect(homes(mobile)).toEqual([`${HOME_ADDRESS} Registered`, `${FURTHER} Registering`]);
  });

  it("gives the host its address once the home agent has accepted it: it is a new one (6275-11.7.1-21)", () => {
    const mobile = renumbered({ prefix: OLD }, { prefix: NEW });
    const [update] = takeMessages(mobile, UPDATE);
    expect(onTunnel(mobile)).toEqual([]);
    mobile.receive(ACCESS, acknowledge(update));
    expect(onTunnel(mobile)).toEqual([`+${FURTHER}`]);
    // A refresh makes no new address.
    collect(mobile, UPDATE, 1_000_000, { stepMs: 1000, accept: true });
    expect(homes(mobile)).toEqual([`${HOME_ADDRESS} Registered`, `${FURTHER} Registered`]);
    expect(onTunnel(mobile)).toEqual([`+${FURTHER}`]);
  });

  it("carries packets of both home addresses", () => {
    const mobile = both();
    mobile.take();
    mobile.receive(TUNNEL, echo(FURTHER, CORRESPONDENT));
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
    expect(mobile.take().map(({ packet }) => addresses(packet.subarray(40))[0])).toEqual([FURTHER, HOME_ADDRESS]);
  });

  it.each<[string, Prefix]>([
    ["not autonomous", { prefix: NEW, autonomous: false }], ["deprecated already", { prefix: NEW, preferred: 0 }],
    ["not 64 bits long", { prefix: NEW, length: 63 }], ["no longer valid", { prefix: NEW, valid: 0 }],
    ["the one that we have", { prefix: OLD }],
  ])("that is %s gives none", (_, prefix) => {
    const mobile = renumbered(prefix);
    expect(readUpdates(mobile.engine)).toHaveLength(1);
    expect(events(mobile, "HomeAddressFormed")).toEqual([]);
  });

  it("gives no more than the table of prefixes holds, however often others are advertised", () => {
    const [mobile, identifier] = asking();
    let id = identifier;
    for (let round = 0; round < 8; round++) {
      const prefixes = Array.from({ length: 16 }, (_, n) => ({ prefix: `2001:db8:${(0x400 + round * 16 + n).toString(16)}::` }));
      mobile.receive(ACCESS, prefixAdvertisement({ identifier: id, prefixes }));
      mobile.take();
      mobile.advance(4000);
      mobile.receive(ACCESS, prefixAdvertisement({ identifier: 0, prefixes: [] }));
      const [solicitation] = takeMessages(mobile, SOLICITATION);
      if (!solicitation) break;
      id = identifierOf(solicitation);
    }
    expect(readUpdates(mobile.engine).length).toBeLessThanOrEqual(17);
  });

  it.each([129, 132, 133, 134])("whose address the home agent refuses with status %i is left alone, and the first stays registered (6275-11.7.1-22, 6275-11.7.1-23)", (status) => {
    const mobile = renumbered({ prefix: OLD }, { prefix: NEW });
    mobile.receive(ACCESS, acknowledge(takeMessages(mobile, UPDATE)[0], { status }));
    expect(events(mobile, "HomeAddressEnded")).toEqual([{ homeAddress: FURTHER }]);
    expect(homes(mobile)).toEqual([`${HOME_ADDRESS} Registered`]);
    advertise(mobile, { prefix: OLD }, { prefix: NEW });
    expect(homes(mobile)).toEqual([`${HOME_ADDRESS} Registered`]);
    setLink(mobile.engine, ACCESS, false, mobile.now);
    arrive(mobile, "2001:db8:b::");
    expect(takeMessages(mobile, UPDATE).map(({ home }) => home)).toEqual([HOME_ADDRESS]);
  });

  it("has its own back-off, as the solicitation has (6275-11.8-6)", () => {
    const mobile = renumbered({ prefix: OLD }, { prefix: NEW });
    mobile.advance(5000);
    mobile.take();
    mobile.receive(ACCESS, prefixAdvertisement({ identifier: 0, prefixes: [] }));
    const start = mobile.now;
    const times = (messages: SentMessage[]) => messages.map(({ atMs }) => atMs - start);
    const other = renumbered({ prefix: OLD }, { prefix: NEW });
    other.advance(5000);
    other.take();
    other.receive(ACCESS, prefixAdvertisement({ identifier: 0, prefixes: [] }));
    expect(times(collect(mobile, SOLICITATION, 10_000))).toEqual([0, 3000, 9000]);
    expect(times(collect(other, UPDATE, 10_000))).toEqual([5500]); // 10.5 s after its first one
  });

  it("whose address is refused for want of resources is tried again", () => {
    const mobile = renumbered({ prefix: OLD }, { prefix: NEW });
    mobile.receive(ACCESS, acknowledge(takeMessages(mobile, UPDATE)[0], { status: 130 }));
    expect(homes(mobile)).toEqual([`${HOME_ADDRESS} Registered`, `${FURTHER} Refused`]);
    expect(collect(mobile, UPDATE, 61_000).map(({ home }) => home)).toContain(FURTHER);
  });
});

describe("an old home prefix", () => {
  it("that is deprecated keeps its address and its binding, beside the new one", () => {
    const mobile = both({ preferred: 0, valid: 5000 });
    expect(onTunnel(mobile)).toEqual([`+${FURTHER}`]);
    expect(events(mobile, "HomeAddressEnded")).toEqual([]);
    const updates = collect(mobile, UPDATE, 600_000, { stepMs: 500, accept: true });
    expect(new Set(updates.map(({ home }) => home))).toEqual(new Set([HOME_ADDRESS, FURTHER]));
  });

  it("that becomes invalid takes its home address with it: no binding, no address, no packet (6275-11.4.2-6)", () => {
    const mobile = both({ preferred: 500, valid: 1000 });
    collect(mobile, UPDATE, 990_000, { stepMs: 500, accept: true });
    expect(homes(mobile)).toHaveLength(2);
    collect(mobile, UPDATE, 20_000, { stepMs: 500, accept: true });
    expect(homes(mobile)).toEqual([`${FURTHER} Registered`]);
    expect(events(mobile, "HomeAddressEnded")).toEqual([{ homeAddress: HOME_ADDRESS }]);
    expect(onTunnel(mobile)).toEqual([`+${FURTHER}`, `-${HOME_ADDRESS}`]);
    mobile.take();
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
    expect(mobile.refused(Reason.InnerSourceNotHome)).toBe(1);
    // The one that is left is registered on, and asks for the prefixes.
    expect(collect(mobile, UPDATE, 600_000, { stepMs: 500, accept: true }).map(({ home }) => home)).toContain(FURTHER);
    const [solicitation] = collect(mobile, SOLICITATION, 33_000, { stepMs: 500, accept: true });
    expect(solicitation.home).toBe(FURTHER);
    mobile.receive(ACCESS, prefixAdvertisement({ identifier: identifierOf(solicitation), home: FURTHER, prefixes: [{ prefix: "2001:db8:500::" }] }));
    expect(homes(mobile)).toEqual([`2001:db8:500::17 Registering`, `${FURTHER} Registered`]);
  });

  it("is never outlasted by a Binding Update (6275-11.7.1-11)", () => {
    const mobile = both({ preferred: 500, valid: 1000 });
    const start = mobile.now;
    for (const update of collect(mobile, UPDATE, 995_000, { stepMs: 500, accept: true })) {
      if (update.home === HOME_ADDRESS) expect(update.atMs - start + lifetimeS(update) * 1000).toBeLessThanOrEqual(1_004_000);
    }
  });

  it("that becomes invalid at once ends at once", () => {
    const mobile = both();
    advertise(mobile, { prefix: OLD, valid: 0 }, { prefix: NEW });
    // The one that is left is the primary one now, and registered anew for the correspondents' sake.
    expect(homes(mobile)).toEqual([`${FURTHER} Updating`]);
    expect(onTunnel(mobile).at(-1)).toBe(`-${HOME_ADDRESS}`);
    mobile.receive(ACCESS, acknowledge(takeMessages(mobile, UPDATE).at(-1)!));
    expect(homes(mobile)).toEqual([`${FURTHER} Registered`]);
  });

  it("that gets a shorter lifetime shortens the binding at the home agent (RFC 6275 §11.4.2)", () => {
    const mobile = both();
    mobile.take();
    advertise(mobile, { prefix: OLD, valid: 120 }, { prefix: NEW });
    const updates = takeMessages(mobile, UPDATE);
    expect(updates.map((each) => [each.home, lifetimeS(each)])).toEqual([[HOME_ADDRESS, 120]]);
  });

  it.each([0, 20])("the last one, valid for %i s more: no advertisement ends it, since anybody may forge one; the home agent is asked", (valid) => {
    const [mobile, identifier] = asking();
    mobile.receive(ACCESS, prefixAdvertisement({ identifier, prefixes: [{ prefix: OLD, valid }] }));
    const updates = collect(mobile, UPDATE, 30_000, { stepMs: 500, accept: true });
    expect(updates.length).toBeGreaterThan(0);
    expect(lifetimeS(updates.at(-1)!)).toBe(600);
    expect(homes(mobile)).toEqual([`${HOME_ADDRESS} Registered`]);
    expect(events(mobile, "HomeAddressEnded")).toEqual([]);
    expect(onTunnel(mobile)).toEqual([]);
  });

  it("the last one: the home agent refuses to bind it, and is asked again later", () => {
    const [mobile, identifier] = asking();
    mobile.receive(ACCESS, prefixAdvertisement({ identifier, prefixes: [{ prefix: OLD, valid: 0 }] }));
    mobile.receive(ACCESS, acknowledge(takeMessages(mobile, UPDATE)[0], { status: 132 }));
    expect(homes(mobile)).toEqual([`${HOME_ADDRESS} Refused`]);
    expect(collect(mobile, UPDATE, 59_000, { stepMs: 500, accept: true })).toEqual([]);
    expect(collect(mobile, UPDATE, 2000, { stepMs: 500, accept: true })).toHaveLength(1);
    expect(homes(mobile)).toEqual([`${HOME_ADDRESS} Registered`]);
  });
});

describe("a restart", () => {
  it("keeps a further home address that was registered, and asks for the prefixes again", () => {
    const before = both();
    const after = mobileNode({ seed: 5 });
    for (const record of before.kept) after.engine.importState(record, after.now);
    expect(homes(after)).toEqual([`${HOME_ADDRESS} Idle`, `${FURTHER} Idle`]);
    expect(onTunnel(after)).toEqual([`+${FURTHER}`]);
    arrive(after);
    const sent = collect(after, SOLICITATION, 2000, { accept: true });
    expect(sent).toHaveLength(1);
    expect(homes(after)).toEqual([`${HOME_ADDRESS} Registered`, `${FURTHER} Registered`]);
  });

  it("revives no address that has ended, and none of another configuration", () => {
    const before = both();
    advertise(before, { prefix: NEW, valid: 0 }, { prefix: OLD });
    expect(homes(before)).toEqual([`${HOME_ADDRESS} Registered`]);
    const after = mobileNode({ seed: 5 });
    for (const record of before.kept.slice(-1)) after.engine.importState(record, after.now);
    const other = mobileNode({ seed: 6, homeAddress: parseAddress("2001:db8:100::99") });
    for (const record of both().kept) other.engine.importState(record, other.now);
    expect([after, other].map((each) => readUpdates(each.engine).length)).toEqual([1, 1]);
  });
});

describe("with the core's own home agent", () => {
  // Many times: timestamps of the same millisecond differ in random bits, and must rise all the same (4285-6-8).
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])("both home addresses are bound (%i)", (seed) => {
    const agent = homeAgent({
      homePrefixes: [{ address: parseAddress(OLD), length: 64 }, { address: parseAddress(NEW), length: 64 }],
      nodes: [{ id: 0, homeAddresses: [parseAddress(HOME_ADDRESS), parseAddress(FURTHER)], security: SECURITY }],
    });
    const mobile = mobileNode({ seed });
    arrive(mobile);
    exchange(mobile, agent);
    mobile.receive(ACCESS, prefixAdvertisement({ identifier: 0, prefixes: [] }));
    const [solicitation] = takeMessages(mobile, SOLICITATION);
    mobile.receive(ACCESS, prefixAdvertisement({ identifier: identifierOf(solicitation), prefixes: [{ prefix: OLD }, { prefix: NEW }] }));
    exchange(mobile, agent);
    expect(homes(mobile)).toEqual([`${HOME_ADDRESS} Registered`, `${FURTHER} Registered`]);
  });
});
