/** What strangers send to end, divert or begin a route optimisation: nothing changes, and each refusal is counted. */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { readPeers } from "../../bindings/status.ts";
import { Correspondent, type Message, World, homeAddressOption, ipv6, routeDirectly, routed } from "./hand-made-correspondent.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, TUNNEL } from "./harness.ts";
import { addresses, codec, echo } from "./network.ts";

const STRANGER = "2001:db8:666::6";
const OTHER_CAREOF = "2001:db8:b::17";

/** Gives the mobile node packets that must change nothing and be refused for `reason`, once each. */
function refuses(world: World, reason: Reason, packets: Uint8Array[]): void {
  const { engine } = world.mobile;
  const state = () => readPeers(engine).map(({ tunnelledIn, optimisedIn, nextAttemptMs, ...rest }) => rest);
  for (const packet of packets) {
    const before = state();
    const count = world.mobile.refused(reason);
    world.mobile.take();
    world.mobile.receive(ACCESS, packet);
    expect(state()).toEqual(before);
    expect(world.mobile.refused(reason), Reason[reason]).toBe(count + 1);
    expect(world.mobile.take()).toEqual([]);
  }
}

/** As the home agent tunnels it. */
const tunnelled = (inner: Uint8Array): Uint8Array =>
  codec.encode([{ name: "ipv6", fields: { source: HOME_AGENT, destination: CAREOF, nextHeader: 41 } }, { name: "payload", fields: { data: inner } }]);

const last = (world: World, type: Message["type"]): Message => world.peer.got.findLast((message) => message.type === type)!;

/** A world in which the tests are out and not answered. */
function testing(): World {
  const world = new World();
  world.peer.silent = new Set(["HoTI", "CoTI"]);
  world.talk();
  return world;
}

/** One in which the Binding Update is out. */
function binding(): World {
  const world = new World();
  world.peer.silent = new Set(["BU"]);
  world.talk();
  return world;
}

function optimised(): World {
  const world = new World();
  world.optimise();
  return world;
}

describe("test messages (6275-11.6.2-1, 6275-11.6.2-2, 6275-11.6.2-5, 6275-11.6.2-6)", () => {
  it("with a wrong cookie", () => {
    const world = testing();
    refuses(world, Reason.TestCookieMismatch, [
      tunnelled(world.peer.test(last(world, "HoTI"), { cookie: last(world, "HoTI").cookie! ^ 1n })),
      world.peer.test(last(world, "CoTI"), { cookie: last(world, "CoTI").cookie! + 1n }),
      // The other test's cookie.
      tunnelled(world.peer.test(last(world, "HoTI"), { cookie: last(world, "CoTI").cookie! })),
    ]);
  });

  it("with the cookie of an earlier transmission: reordered", () => {
    const world = testing();
    const [home, careof] = world.peer.got;
    world.pass(1100);
    refuses(world, Reason.TestCookieMismatch, [tunnelled(world.peer.test(home)), world.peer.test(careof)]);
  });

  it("from another source", () => {
    const world = testing();
    refuses(world, Reason.TestNotInProgress, [
      tunnelled(world.peer.test(last(world, "HoTI"), { source: STRANGER })), world.peer.test(last(world, "CoTI"), { source: STRANGER }),
    ]);
  });

  it("with a Home Address option that names the correspondent", () => {
    const world = testing();
    const before = [homeAddressOption(CORRESPONDENT)];
    refuses(world, Reason.TestWithHomeAddress, [
      tunnelled(world.peer.test(last(world, "HoTI"), { source: STRANGER, before })), world.peer.test(last(world, "CoTI"), { source: STRANGER, before }),
    ]);
  });

  it("a Home Test that did not come through the tunnel to the home address", () => {
    const world = testing();
    refuses(world, Reason.HomeTestNotTunnelled, [
      world.peer.test(last(world, "HoTI"), { destination: CAREOF }),
      world.peer.test(last(world, "HoTI"), { destination: CAREOF, before: [routed(HOME_ADDRESS)] }),
    ]);
    refuses(world, Reason.NotForUs, [world.peer.test(last(world, "HoTI"))]);
    refuses(world, Reason.TunnelNotFromHomeAgent, [
      codec.encode([{ name: "ipv6", fields: { source: STRANGER, destination: CAREOF, nextHeader: 41 } }, { name: "payload", fields: { data: world.peer.test(last(world, "HoTI")) } }]),
    ]);
  });

  it("a Care-of Test to another address than the one tested", () => {
    const world = testing();
    refuses(world, Reason.CareofTestElsewhere, [
      tunnelled(world.peer.test(last(world, "CoTI"), { destination: HOME_ADDRESS })),
      world.peer.test(last(world, "CoTI"), { before: [routed(HOME_ADDRESS)] }),
    ]);
  });

  it("a second time, when the token is there already: replayed", () => {
    const world = new World();
    world.peer.silent = new Set(["HoTI", "BU"]);
    world.talk();
    refuses(world, Reason.TestNotInProgress, [world.peer.test(last(world, "CoTI"))]);
    world.pass(1100);
    world.peer.silent = new Set(["BU"]);
    world.pass(2100);
    refuses(world, Reason.TestNotInProgress, [tunnelled(world.peer.test(last(world, "HoTI")))]);
  });

  it("before new tests have gone out, after a loss: replayed", () => {
    const world = optimised();
    world.mobile.receive(ACCESS, codec.encode([ipv6(CORRESPONDENT, CAREOF), { name: "binding-error", fields: { status: 1, homeAddress: HOME_ADDRESS } }]));
    expect(world.status()).toMatchObject({ state: "Testing" });
    refuses(world, Reason.TestNotInProgress, [tunnelled(world.peer.test(world.peer.got[0])), world.peer.test(world.peer.got[1])]);
  });

  it("after the registration: the binding and its key stay", () => {
    const world = optimised();
    refuses(world, Reason.TestNotInProgress, [tunnelled(world.peer.test(world.peer.got[0])), world.peer.test(world.peer.got[1])]);
  });

  it("the real answers still work afterwards", () => {
    const world = testing();
    refuses(world, Reason.TestCookieMismatch, [world.peer.test(last(world, "CoTI"), { cookie: 0n })]);
    world.fromPeer(world.peer.test(last(world, "HoTI")));
    world.peer.silent.clear();
    world.fromPeer(world.peer.test(last(world, "CoTI")));
    world.run();
    expect(world.status()).toMatchObject({ state: "Optimised" });
  });
});

describe("Binding Acknowledgements (6275-11.7.3-1, 6275-11.7.3-4)", () => {
  it("without Binding Authorization Data (6275-11.7.3-2)", () => {
    const world = binding();
    refuses(world, Reason.AcknowledgementNotAuthorized, [
      world.peer.acknowledgement(last(world, "BU"), { signed: false }),
      world.peer.acknowledgement(last(world, "BU"), { signed: false, status: 129 }),
      // 6275-11.7.3-10: status 135 as well.
      world.peer.acknowledgement(last(world, "BU"), { signed: false, status: 135, sequence: 9 }),
    ]);
  });

  it("with data of another key (6275-11.7.3-2, 6275-11.7.3-10)", () => {
    const world = binding();
    const kbm = new Uint8Array(20);
    refuses(world, Reason.AcknowledgementForged, [
      world.peer.acknowledgement(last(world, "BU"), { kbm }),
      world.peer.acknowledgement(last(world, "BU"), { kbm, status: 128 }),
      world.peer.acknowledgement(last(world, "BU"), { kbm, status: 135, sequence: 9 }),
      // Signed for another lifetime than it says.
      (() => {
        const packet = world.peer.acknowledgement(last(world, "BU"), { lifetimeS: 40 });
        packet[packet.length - 21] ^= 1; // the Lifetime, and the checksum that stays right with it
        return rechecksummed(packet);
      })(),
    ]);
  });

  it("whose authorization data are not the last option, or have padding behind them (6275-11.7.3-3)", () => {
    const world = binding();
    const data: LayerInput = { name: "binding-authorization-data", fields: { authenticator: new Uint8Array(12) } };
    const others: LayerInput[] = [
      { name: "pad-n", fields: { data: new Uint8Array(6) } }, { name: "nonce-indices", fields: { homeNonceIndex: 1, careofNonceIndex: 1 } },
    ];
    refuses(world, Reason.BindingAuthorizationDataNotLast, others.map((behind) => codec.encode([ipv6(CORRESPONDENT, CAREOF), routed(HOME_ADDRESS), {
      name: "binding-acknowledgement", fields: { sequence: last(world, "BU").sequence!, lifetime: 100 }, options: [data, behind],
    }])));
  });

  it("of another sequence number", () => {
    const world = binding();
    const update = last(world, "BU");
    refuses(world, Reason.AcknowledgementUnexpected, [
      world.peer.acknowledgement(update, { sequence: (update.sequence! + 1) & 0xffff }),
      world.peer.acknowledgement(update, { sequence: (update.sequence! - 1) & 0xffff, status: 138, signed: false }),
    ]);
  });

  it("without or with another routing header, or to another care-of address", () => {
    const world = binding();
    refuses(world, Reason.AcknowledgementRoutingHeader, [world.peer.acknowledgement(last(world, "BU"), { routedTo: null })]);
    refuses(world, Reason.RoutingHeaderNotOurs, [world.peer.acknowledgement(last(world, "BU"), { routedTo: STRANGER })]);
  });

  it("when no update is out: replayed", () => {
    const world = binding();
    const answer = world.peer.acknowledgement(last(world, "BU"));
    world.mobile.receive(ACCESS, answer);
    expect(world.status()).toMatchObject({ state: "Optimised" });
    refuses(world, Reason.AcknowledgementUnexpected, [answer, world.peer.acknowledgement(last(world, "BU"), { status: 128 })]);
  });

  it("of a node that is no peer", () => {
    const world = binding();
    refuses(world, Reason.NotFromHomeAgent, [world.peer.acknowledgement(last(world, "BU"), { source: STRANGER })]);
  });
});

const bindingError = (status: number, { source = CORRESPONDENT, destination = CAREOF, home = HOME_ADDRESS } = {}): Uint8Array =>
  codec.encode([ipv6(source, destination), { name: "binding-error", fields: { status, homeAddress: home } }]);

describe("Binding Errors (RFC 6275 §11.3.6)", () => {
  it("of a node without an entry are ignored, and make none (6275-11.3.6-1)", () => {
    const world = optimised();
    refuses(world, Reason.BindingErrorUnexpected, [bindingError(1, { source: STRANGER }), bindingError(2, { source: STRANGER })]);
  });

  it("that do not fit what was sent", () => {
    const world = optimised();
    refuses(world, Reason.BindingErrorUnexpected, [
      bindingError(1, { home: STRANGER }), bindingError(3), tunnelled(bindingError(1, { destination: HOME_ADDRESS })),
    ]);
    refuses(testing(), Reason.BindingErrorUnexpected, [bindingError(1)]);
  });

  it("status 1 is doubted while packets come by the direct way (6275-11.3.6-3)", () => {
    const world = optimised();
    world.mobile.receive(ACCESS, world.peer.send());
    refuses(world, Reason.BindingErrorDoubted, [bindingError(1)]);
  });

  it("status 1 with an option that nobody knows is one all the same (6275-6.1.9-2, 6275-11.3.6-5)", () => {
    const world = optimised();
    world.mobile.receive(ACCESS, codec.encode([ipv6(CORRESPONDENT, CAREOF), {
      name: "binding-error", fields: { status: 1, homeAddress: HOME_ADDRESS }, options: [{ name: "mobility-option-200", fields: { data: new Uint8Array(6) } }],
    }]));
    world.pass(6000);
    expect(world.mobile.events.filter(({ name }) => name === "BindingError")).toHaveLength(1);
    expect(world.status()).toMatchObject({ state: "Optimised", obstacle: "None" });
  });

  it("status 1 without progress ends the binding: the tunnel, then new tests, not too often (6275-11.3.6-4)", () => {
    const world = optimised();
    world.peer.bindings.clear();
    world.mobile.receive(ACCESS, bindingError(1));
    expect(world.status()).toMatchObject({ state: "Testing", obstacle: "Lost", optimised: false, remainingMs: 0 });
    world.sent = [];
    world.talk();
    expect(world.sent.map(({ tunnelled }) => tunnelled)).toEqual([true]);
    world.pass(6000);
    expect(world.status()).toMatchObject({ state: "Optimised", obstacle: "None" });
    // Forged again and again: no more than a few messages.
    world.peer.got.length = 0;
    for (let each = 0; each < 100; each++) {
      world.mobile.receive(ACCESS, bindingError(1));
      world.pass(100, 100);
    }
    expect(world.peer.got.length).toBeLessThanOrEqual(9);
  });

  it("status 2 ends the attempt while the first answer is awaited, and is ignored otherwise (6275-11.3.6-6, 6275-11.3.6-7)", () => {
    const world = testing();
    world.mobile.receive(ACCESS, bindingError(2, { home: "::" }));
    expect(world.status()).toMatchObject({ state: "Refused", obstacle: "NotSupported" });
    refuses(optimised(), Reason.BindingErrorUnexpected, [bindingError(2)]);
    refuses(binding(), Reason.BindingErrorUnexpected, [bindingError(2)]); // it has answered the tests
  });
});

describe("Binding Refresh Requests (RFC 6275 §11.7.4)", () => {
  const request = (source: string) => tunnelled(codec.encode([ipv6(source, HOME_ADDRESS), { name: "binding-refresh-request" }]));

  it("of strangers, of peers without a binding, to the care-of address, and too soon", () => {
    refuses(optimised(), Reason.NotFromHomeAgent, [request(STRANGER)]);
    refuses(testing(), Reason.RefreshNotFromPeer, [request(CORRESPONDENT)]);
    refuses(optimised(), Reason.RefreshNotFromPeer, [codec.encode([ipv6(CORRESPONDENT, CAREOF), { name: "binding-refresh-request" }])]);
    refuses(optimised(), Reason.RefreshTooEarly, [request(CORRESPONDENT)]);
  });
});

const icmp = (name: string, fields: Record<string, number>, quoted: Uint8Array, destination = CAREOF, source = "2001:db8:ff::1"): Uint8Array =>
  codec.encode([ipv6(source, destination), { name, fields }, { name: "payload", fields: { data: quoted.subarray(0, 1200) } }]);
const unsupported = { code: 1, pointer: 6 };

describe("ICMPv6 errors about tests and Binding Updates (RFC 6275 §11.3.5)", () => {
  it.each(["HoTI", "CoTI", "BU"] as const)("code 1 about the %s: the peer does not know the protocol (6275-8.5-6, 6275-11.3.5-1, 6275-11.6.2-10)", (type) => {
    const world = type === "BU" ? binding() : testing();
    const error = type === "HoTI"
      ? tunnelled(icmp("parameter-problem", unsupported, last(world, type).packet, HOME_ADDRESS, CORRESPONDENT))
      : icmp("parameter-problem", unsupported, last(world, type).packet, CAREOF, CORRESPONDENT);
    world.mobile.receive(ACCESS, error);
    expect(world.status()).toMatchObject({ state: "Refused", obstacle: "NotSupported", optimised: false });
    expect(world.mobile.events.at(-1)!.name).toBe("PeerState");
    expect(world.mobile.events.some(({ name }) => name === "PeerUnreachable")).toBe(true);
    // 6275-11.3.5-2: asked again later.
    world.peer.silent.clear();
    world.pass(61_000, 1000);
    world.talk();
    expect(world.status()).toMatchObject({ state: "Optimised" });
  });

  it("that quote what was not sent, or is answered", () => {
    const world = testing();
    const wrongCookie = (packet: Uint8Array) => packet.map((octet, at) => (at === packet.length - 1 ? octet ^ 1 : octet));
    refuses(world, Reason.PeerErrorDoubted, [
      icmp("parameter-problem", unsupported, wrongCookie(last(world, "CoTI").packet)),
      tunnelled(icmp("parameter-problem", unsupported, wrongCookie(last(world, "HoTI").packet), HOME_ADDRESS)),
      icmp("parameter-problem", unsupported, last(world, "CoTI").packet.subarray(0, 50)),
    ]);
    const later = optimised();
    refuses(later, Reason.PeerErrorDoubted, later.peer.got.map(({ packet, type }) => type === "HoTI"
      ? tunnelled(icmp("parameter-problem", unsupported, packet, HOME_ADDRESS)) : icmp("parameter-problem", unsupported, packet)));
    const update = binding();
    refuses(update, Reason.PeerErrorDoubted, [icmp("parameter-problem", unsupported, wrongCookie(last(update, "BU").packet))]);
  });

  it("make no entry (6275-11.3.5-3)", () => {
    const world = new World();
    const stranger = new Correspondent(STRANGER);
    const quoted = codec.encode([ipv6(CAREOF, STRANGER), { name: "careof-test-init", fields: { careofInitCookie: 1n } }]);
    refuses(world, Reason.IcmpNotOurs, [icmp("parameter-problem", unsupported, quoted)]);
    expect(readPeers(world.mobile.engine)).toEqual([]);
    expect(stranger.got).toEqual([]);
  });

  it("make no entry, though they are for the host (6275-11.3.5-3)", () => {
    const world = new World();
    const error = icmp("destination-unreachable", { code: 3 }, echo(HOME_ADDRESS, STRANGER), HOME_ADDRESS, STRANGER);
    const direct = codec.encode([
      ipv6(STRANGER, CAREOF), { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } }, { name: "time-exceeded" },
      { name: "payload", fields: { data: echo(HOME_ADDRESS, STRANGER) } },
    ]);
    for (let count = 0; count < 10; count++) {
      for (const packet of [tunnelled(error), direct]) {
        world.mobile.receive(ACCESS, packet);
        expect(world.mobile.take().map(({ device }) => device)).toEqual([TUNNEL]);
      }
    }
    expect(readPeers(world.mobile.engine)).toEqual([]);
  });

  it("an unreachable peer is told to people and asked again", () => {
    const world = testing();
    world.mobile.receive(ACCESS, icmp("destination-unreachable", { code: 0 }, last(world, "CoTI").packet));
    expect(world.status()).toMatchObject({ state: "Testing" });
    expect(world.mobile.events.at(-1)).toMatchObject({ name: "PeerUnreachable", fields: { peer: CORRESPONDENT, type: 1 } });
  });
});

describe("ICMPv6 errors about packets by the direct way (RFC 6275 §11.3.5)", () => {
  /** An optimised world, and a packet of it as the wire has it. */
  function talking(octets = 56): [World, Uint8Array] {
    const world = optimised();
    world.talk(octets);
    return [world, world.sent.at(-1)!.packet];
  }

  it("code 2 about the Home Address option is noted and discarded (6275-11.3.5-5)", () => {
    const [world, packet] = talking();
    world.mobile.take();
    world.mobile.receive(ACCESS, icmp("parameter-problem", { code: 2, pointer: 46 }, packet));
    expect(world.mobile.refused(Reason.HomeAddressOptionRefused)).toBe(1);
    expect(world.mobile.events.at(-1)).toMatchObject({ name: "PeerUnreachable", fields: { peer: CORRESPONDENT, type: 4, code: 2, meaning: "parameter problem: unrecognized option" } });
    expect(world.status()).toMatchObject({ state: "Optimised", optimised: true });
  });

  it("unreachable: the tunnel, and the host hears of it as of its own packet", () => {
    const [world, packet] = talking();
    world.mobile.receive(ACCESS, icmp("destination-unreachable", { code: 3 }, packet));
    const told = world.mobile.take().find(({ device }) => device === TUNNEL)!.packet;
    expect(told.subarray(48, 48 + 104)).toEqual(echo(HOME_ADDRESS, CORRESPONDENT));
    expect(world.status()).toMatchObject({ state: "Testing", obstacle: "Lost", optimised: false });
  });

  it("unreachable, but packets keep coming: doubted", () => {
    const [world, packet] = talking();
    world.mobile.receive(ACCESS, world.peer.send());
    world.mobile.take();
    const before = world.status();
    world.mobile.receive(ACCESS, icmp("destination-unreachable", { code: 3 }, packet));
    expect(world.mobile.refused(Reason.PeerErrorDoubted)).toBe(1);
    expect(world.status()).toEqual(before);
  });

  it("that do not quote a packet of ours", () => {
    const [world, packet] = talking();
    const other = (from: number, octets: Uint8Array) => { const copy = packet.slice(); copy.set(octets, from); return copy; };
    refuses(world, Reason.PeerErrorDoubted, [
      icmp("destination-unreachable", { code: 3 }, other(8, new Uint8Array(16).fill(0x22))),
      icmp("destination-unreachable", { code: 3 }, other(48, new Uint8Array(16).fill(0x22))),
      icmp("parameter-problem", { code: 0, pointer: 4 }, packet),
    ]);
    refuses(world, Reason.IcmpNotOurs, [icmp("destination-unreachable", { code: 3 }, packet.subarray(0, 44)), icmp("time-exceeded", { code: 0 }, packet)]);
  });

  it("Packet Too Big: the direct way becomes narrower, never below 1,280, never wider", () => {
    const [world, packet] = talking(1400);
    refuses(world, Reason.PathMtuImplausible, [icmp("packet-too-big", { mtu: 1279 }, packet), icmp("packet-too-big", { mtu: 1501 }, packet)]);
    world.mobile.receive(ACCESS, icmp("packet-too-big", { mtu: 1400 }, packet));
    const told = world.mobile.take().find(({ device }) => device === TUNNEL)!.packet;
    expect([told[40], new DataView(told.buffer).getUint32(44)]).toEqual([2, 1376]);
    expect(world.status()!.pathMtu).toBe(1400);
  });
});

describe("packets that only look like a correspondent's", () => {
  it("with a routing header that names another address, or to an address that is none of ours", () => {
    const world = optimised();
    refuses(world, Reason.RoutingHeaderNotOurs, [routeDirectly(echo(CORRESPONDENT, STRANGER), CAREOF)]);
    refuses(world, Reason.NotForUs, [routeDirectly(echo(CORRESPONDENT, HOME_ADDRESS), OTHER_CAREOF)]);
  });

  it("with a routing header that names an address of a smaller scope (6275-6.4-3)", () => {
    refuses(optimised(), Reason.RoutingType2NotRoutable, [routeDirectly(echo(CORRESPONDENT, "fe80::17"), CAREOF)]);
  });

  it("with a Home Address option and no binding of it", () => {
    const world = optimised();
    const packet = codec.encode([ipv6(STRANGER, CAREOF), routed(HOME_ADDRESS), homeAddressOption(CORRESPONDENT), { name: "echo-request" }]);
    world.mobile.receive(ACCESS, packet);
    expect(world.mobile.refused(Reason.HomeAddressWithoutBinding)).toBe(1);
    expect(world.mobile.take().filter(({ device }) => device === TUNNEL)).toEqual([]);
    expect(addresses(packet)[1]).toBe(CAREOF);
  });
});

/** The packet with the checksum of its mobility message computed anew. */
function rechecksummed(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  const at = 64;
  copy.fill(0, at + 4, at + 6);
  const pseudo = new Uint8Array(40 + copy.length - at);
  pseudo.set(copy.subarray(8, 24));
  pseudo.set(copy.subarray(48, 64), 16); // the home address of the routing header
  new DataView(pseudo.buffer).setUint32(32, copy.length - at);
  pseudo[39] = 135;
  pseudo.set(copy.subarray(at), 40);
  let sum = 0;
  for (let each = 0; each < pseudo.length; each += 2) sum += (pseudo[each] << 8) | (pseudo[each + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  new DataView(copy.buffer).setUint16(at + 4, ~sum & 0xffff);
  return copy;
}
