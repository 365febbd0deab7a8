/** Packets by the direct way and through the tunnel (RFC 6275 §11.3.1, §11.3.3). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LayerInput } from "../../bindings/codec.ts";
import { setLink } from "../../bindings/commands.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { Correspondent, World, ipv6, routeDirectly } from "./hand-made-correspondent.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, TUNNEL, hex } from "./harness.ts";
import { addresses, arrive, codec, echo } from "./network.ts";


function optimised(): World {
  const world = new World();
  world.optimise();
  return world;
}

/** What a packet of the host becomes. */
function out(world: World, packet: Uint8Array): { device: number; packet: Uint8Array }[] {
  world.mobile.receive(TUNNEL, packet);
  return world.mobile.take();
}

const isDirect = (packet: Uint8Array) => addresses(packet)[1] === CORRESPONDENT;
const isTunnelled = (packet: Uint8Array) => addresses(packet)[1] === HOME_AGENT && packet[6] === 41;

/** Takes a Destination Options header with nothing but the Home Address option out again, by hand. */
function restored(packet: Uint8Array, at = 40): Uint8Array {
  expect([packet[at + 1], hex(packet.slice(at + 2, at + 8))]).toEqual([2, "01020000c910"]);
  const plain = new Uint8Array([...packet.subarray(0, at), ...packet.subarray(at + 24)]);
  plain.set(packet.subarray(at + 8, at + 24), 8);
  for (let named = 6, header = 40; ; named = header, header += (packet[header + 1] + 1) * 8) {
    if (header === at) { plain[named] = packet[at]; break; }
  }
  new DataView(plain.buffer).setUint16(4, plain.length - 40);
  return plain;
}

describe("packets to a correspondent with a binding", () => {
  it("go directly with a Home Address option (6275-8.5-2, 6275-11.3.1-4, 6275-11.3.1-9, 6275-11.3.1-10, 6275-11.3.1-11, 6275-6.3-5)", () => {
    const world = optimised();
    const packet = echo(HOME_ADDRESS, CORRESPONDENT, 100);
    const [sent, ...others] = out(world, packet);
    expect(others).toEqual([]);
    expect([sent.device, addresses(sent.packet)]).toEqual([ACCESS, [CAREOF, CORRESPONDENT]]);
    expect(restored(sent.packet)).toEqual(packet); // the payload and its checksum over the home address as they were
    expect(world.status()).toMatchObject({ optimisedOut: 1, tunnelledOut: 1 });
  });

  it("behind Hop-by-Hop options, before a Fragment header (6275-6.3-5)", () => {
    const world = optimised();
    const hopByHop = codec.encode([ipv6(HOME_ADDRESS, CORRESPONDENT), { name: "hop-by-hop", options: [{ name: "router-alert", fields: { value: 0 } }] }, { name: "udp" }]);
    expect(restored(out(world, hopByHop)[0].packet, 48)).toEqual(hopByHop);
    const fragment = codec.encode([ipv6(HOME_ADDRESS, CORRESPONDENT), { name: "fragment", fields: { nextHeader: 17, moreFragments: true, identification: 5 } }, { name: "payload", fields: { data: new Uint8Array(64) } }]);
    const sent = out(world, fragment)[0].packet;
    expect([sent[6], sent[40]]).toEqual([60, 44]);
    expect(restored(sent)).toEqual(fragment);
  });

  it.each([[50, "ESP"], [51, "AH"]])("before protocol %i, %s (6275-11.3.2-2)", (protocol) => {
    const world = optimised();
    const octets = Uint8Array.of(protocol === 51 ? 59 : 0, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, ...new Array(12).fill(0x5a));
    const packet = codec.encode([{ name: "ipv6", fields: { source: HOME_ADDRESS, destination: CORRESPONDENT, nextHeader: protocol } }, { name: "payload", fields: { data: octets } }]);
    const sent = out(world, packet)[0].packet;
    expect([sent[6], sent[40]]).toEqual([60, protocol]);
    expect(restored(sent)).toEqual(packet);
  });

  it("without one go through the tunnel (6275-11.3.1-5, 6275-11.3.1-2, 6275-11.3.1-3)", () => {
    const world = new World({ afterPackets: 100 });
    const sent = out(world, echo(HOME_ADDRESS, CORRESPONDENT));
    expect(sent.map(({ packet }) => isTunnelled(packet))).toEqual([true]);
  });

  it("go through the tunnel when the lifetime has ended (6275-6.1.7-6)", () => {
    const world = optimised();
    world.mobile.now += 420_000; // no timer has run
    const sent = out(world, echo(HOME_ADDRESS, CORRESPONDENT));
    expect(sent.filter(({ packet }) => isDirect(packet))).toEqual([]);
  });

  it.each([
    ["Neighbour Discovery (6275-11.3.1-8)", codec.encode([ipv6(HOME_ADDRESS, CORRESPONDENT), { name: "neighbour-solicitation", fields: { target: CORRESPONDENT } }])],
    ["a mobility message", codec.encode([ipv6(HOME_ADDRESS, CORRESPONDENT), { name: "binding-refresh-request" }])],
    ["a mobility message behind options", codec.encode([ipv6(HOME_ADDRESS, CORRESPONDENT), { name: "destination-options" }, { name: "binding-refresh-request" }])],
    ["a packet with a routing header", codec.encode([ipv6(HOME_ADDRESS, CORRESPONDENT), { name: "routing-0", fields: { segmentsLeft: 0 } }, { name: "udp" }])],
    ["a packet whose headers are cut off", codec.encode([{ name: "ipv6", fields: { source: HOME_ADDRESS, destination: CORRESPONDENT, nextHeader: 0 } }, { name: "payload", fields: { data: Uint8Array.of(58, 9, 0, 0) } }])],
  ])("never for %s", (_, packet) => {
    const sent = out(optimised(), packet);
    expect(sent.map(({ packet: each }) => isTunnelled(each))).toEqual([true]);
  });

  it("never for link-local peers, groups, and the home agent (6275-11.3.1-7)", () => {
    const world = new World();
    for (const destination of ["fe80::5", "ff02::5", "ff0e::5", HOME_AGENT]) out(world, echo(HOME_ADDRESS, destination));
    world.run();
    expect(world.status(HOME_AGENT)).toBeUndefined();
    expect(world.mobile.engine.exports.query(5, 0)).toBe(0);
  });

  it("that are too big: the host is told what fits; what must fit goes through the tunnel", () => {
    const world = optimised();
    const [tooBig] = out(world, echo(HOME_ADDRESS, CORRESPONDENT, 1429)); // 1477 octets + 24
    expect([tooBig.device, tooBig.packet[40], new DataView(tooBig.packet.buffer).getUint32(44)]).toEqual([TUNNEL, 2, 1476]);
    expect(world.mobile.refused(Reason.PacketTooBig)).toBe(1);
    expect(out(world, echo(HOME_ADDRESS, CORRESPONDENT, 1428)).map(({ packet }) => packet.length)).toEqual([1500]);
    const [sent] = out(world, echo(HOME_ADDRESS, CORRESPONDENT, 1232));
    world.mobile.receive(ACCESS, codec.encode([ipv6("2001:db8:ff::1", CAREOF), { name: "packet-too-big", fields: { mtu: 1280 } }, { name: "payload", fields: { data: sent.packet.subarray(0, 1200) } }]));
    expect(world.status()!.pathMtu).toBe(1280);
    world.mobile.take();
    expect(out(world, echo(HOME_ADDRESS, CORRESPONDENT, 1232)).every(({ packet }) => isTunnelled(packet))).toBe(true);
    expect(out(world, echo(HOME_ADDRESS, CORRESPONDENT, 1208)).map(({ packet }) => [isDirect(packet), packet.length])).toEqual([[true, 1280]]);
    const [least] = out(world, echo(HOME_ADDRESS, CORRESPONDENT, 1233));
    expect([least.device, new DataView(least.packet.buffer).getUint32(44)]).toEqual([TUNNEL, 1280]);
    // What was learnt grows old.
    world.mobile.now += 300_000;
    world.talk();
  });
});

describe("packets from a correspondent by the direct way (RFC 6275 §11.3.3)", () => {
  it("lose their routing header and reach the host as sent to the home address (6275-8.5-4, 6275-6.4-1, 6275-6.4.1-5)", () => {
    const world = optimised();
    const packet = echo(CORRESPONDENT, HOME_ADDRESS, 200);
    world.mobile.receive(ACCESS, routeDirectly(packet, CAREOF));
    expect(world.mobile.take()).toEqual([{ device: TUNNEL, packet }]);
    expect(world.status()).toMatchObject({ optimisedIn: 1, tunnelledIn: 0 });
  });

  it("fragments as well: the host puts them together", () => {
    const world = optimised();
    for (const fields of [{ moreFragments: true, offset: 0 }, { moreFragments: false, offset: 8 }]) {
      const fragment = codec.encode([ipv6(CORRESPONDENT, HOME_ADDRESS), { name: "fragment", fields: { nextHeader: 17, identification: 9, moreFragments: fields.moreFragments } }, { name: "payload", fields: { data: new Uint8Array(64).fill(fields.offset) } }]);
      new DataView(fragment.buffer).setUint16(42, (fields.offset << 3) | (fields.moreFragments ? 1 : 0));
      world.mobile.receive(ACCESS, routeDirectly(fragment, CAREOF));
      expect(world.mobile.take()).toEqual([{ device: TUNNEL, packet: fragment }]);
    }
    expect(world.status()!.optimisedIn).toBe(2);
  });

  it("a mobility message in fragments is no packet for the host", () => {
    const world = optimised();
    const fragment = codec.encode([ipv6(CORRESPONDENT, HOME_ADDRESS), { name: "fragment", fields: { nextHeader: 135, identification: 9, moreFragments: true } }, { name: "payload", fields: { data: new Uint8Array(64) } }]);
    world.mobile.receive(ACCESS, routeDirectly(fragment, CAREOF));
    expect(world.mobile.take()).toEqual([]);
    expect(world.mobile.refused(Reason.FragmentMalformed)).toBe(1);
  });

  it("of one whose binding this node has forgotten: after a restart nothing is lost", () => {
    const world = new World();
    const packet = echo(CORRESPONDENT, HOME_ADDRESS);
    world.mobile.receive(ACCESS, routeDirectly(packet, CAREOF));
    expect(world.mobile.take()[0]).toEqual({ device: TUNNEL, packet });
  });

  it("to the former care-of address, while its uplink has it (RFC 6275 §11.5.4)", () => {
    const world = new World({}, [new Correspondent()], { uplinks: 2, register: false });
    arrive(world.mobile, "2001:db8:b::", ACCESS + 1);
    world.reachable.add("2001:db8:b::117");
    world.run();
    world.talk();
    const former = world.status()!.careofAddress;
    expect(world.status()).toMatchObject({ state: "Optimised" });
    const packet = echo(CORRESPONDENT, HOME_ADDRESS);
    arrive(world.mobile);
    world.pass(5000);
    expect(world.status()).toMatchObject({ state: "Optimised", careofAddress: CAREOF });
    expect(former).not.toBe(CAREOF);
    world.mobile.take();
    world.mobile.receive(ACCESS + 1, routeDirectly(packet, former));
    expect(world.mobile.take()).toEqual([{ device: TUNNEL, packet }]);
    setLink(world.mobile.engine, ACCESS + 1, false, world.mobile.now);
    world.mobile.take();
    world.mobile.receive(ACCESS + 1, routeDirectly(packet, former));
    expect(world.mobile.take()).toEqual([]);
  });
});

describe("whatever happens", () => {
  const happening = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("send" as const), peer: fc.nat(2), octets: fc.nat(1452) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("hear" as const), peer: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.oneof(fc.nat(2000), fc.nat(500_000)) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("move" as const), to: fc.constantFrom("2001:db8:a::", "2001:db8:b::") }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("policy" as const), policy: fc.constantFrom("never" as const, "automatic" as const, "always" as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("mood" as const), peer: fc.nat(2), silent: fc.subarray(["HoTI", "CoTI", "BU"] as const), statuses: fc.array(fc.constantFrom(129, 135, 136, 137, 138), { maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("reboot" as const), peer: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("error" as const), peer: fc.nat(2), what: fc.nat(3) }) },
  );

  it("a packet given to the tunnel device is sent exactly once, directly or through the tunnel, or refused for its size or for want of an uplink", () => {
    fc.assert(fc.property(fc.array(happening, { maxLength: 40 }), (events) => {
      const peers = [5, 6, 7].map((last) => new Correspondent(`2001:db8:200::${last}`));
      const world = new World({ afterPackets: 2, retryMs: 5000 }, peers);
      for (const event of events) {
        switch (event.kind) {
          case "send": {
            const packet = echo(HOME_ADDRESS, peers[event.peer].address, event.octets);
            world.mobile.take();
            const refused = () => world.mobile.refused(Reason.PacketTooBig) + world.mobile.refused(Reason.NoPath);
            const before = refused();
            world.mobile.receive(TUNNEL, packet);
            const { sent } = world.mobile;
            const direct = sent.filter(({ device, packet: each }) => device === ACCESS && each[6] === 60 && each[40] === 58);
            const tunnelled = sent.filter(({ device, packet: each }) => device === ACCESS && each[6] === 41 && each[46] === 58);
            const fragments = sent.filter(({ packet: each }) => each[6] === 44);
            const told = refused() - before;
            const whole = fragments.length === 0 ? 0 : 1;
            expect(direct.length + tunnelled.length + whole + told).toBe(1);
            if (direct.length === 1) {
              expect(restored(direct[0].packet)).toEqual(packet);
              // A peer that is not lying has the binding that the packet claims.
              const binding = peers[event.peer].bindings.get(HOME_ADDRESS);
              if (binding) expect(addresses(direct[0].packet)[0]).toBe(binding.careof);
            }
            if (tunnelled.length === 1) expect(tunnelled[0].packet.slice(40)).toEqual(packet);
            world.run();
            break;
          }
          case "hear":
            world.delivered = [];
            world.fromPeer(peers[event.peer].send());
            world.run();
            break;
          case "time": world.pass(event.ms, 500); break;
          case "move": world.move(event.to); break;
          case "policy": world.configure({ policy: event.policy, afterPackets: 2, retryMs: 5000 }); world.run(); break;
          case "mood":
            peers[event.peer].silent = new Set(event.silent);
            peers[event.peer].statuses = [...event.statuses];
            break;
          case "reboot": peers[event.peer].bindings.clear(); break;
          case "error": {
            const quoted = world.sent.findLast(({ packet }) => addresses(packet)[1] === peers[event.peer].address)?.packet;
            const from = peers[event.peer].address;
            if (event.what === 0) world.mobile.receive(ACCESS, codec.encode([ipv6(from, CAREOF), { name: "binding-error", fields: { status: 1, homeAddress: HOME_ADDRESS } }]));
            else if (quoted) {
              const errors: LayerInput[] = [
                { name: "parameter-problem", fields: { code: 1, pointer: 6 } }, { name: "destination-unreachable", fields: { code: 3 } },
                { name: "packet-too-big", fields: { mtu: 1300 } },
              ];
              world.mobile.receive(ACCESS, codec.encode([ipv6(from, addresses(quoted)[0]), errors[event.what - 1], { name: "payload", fields: { data: quoted.subarray(0, 1200) } }]));
            }
            world.run();
            break;
          }
        }
      }
      // Whatever it was: given time and an uplink, it works.
      peers.forEach((peer) => { peer.silent.clear(); peer.statuses = []; });
      world.configure({ policy: "always", retryMs: 5000 });
      world.run();
      world.move("2001:db8:a::");
      for (let each = 0; each < 60 && !peers.every((peer) => world.status(peer.address)?.optimised); each++) {
        peers.forEach((peer) => world.talk(56, peer.address));
        world.pass(2000);
      }
      for (const peer of peers) expect(world.status(peer.address), JSON.stringify(world.status(peer.address))).toMatchObject({ optimised: true });
    }), { numRuns: 60 });
  });
});
