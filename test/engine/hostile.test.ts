import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import { setLink, shutdown } from "../../bindings/commands.ts";
import { readBindings, readHomeAgents, readPeers, readUpdates } from "../../bindings/status.ts";
import { ACCESS, CORRESPONDENT, TUNNEL, homeAgent, mobileNode } from "./harness.ts";
import { ask, bindingUpdate as correspondentUpdate, correspondentNode, homeAddressOption, testInit } from "./correspondent-peer.ts";
import { World } from "./hand-made-correspondent.ts";
import { returningNode } from "./home-side-link.ts";
import { acknowledge, discoveryReply, identifierOf, prefixAdvertisement, takeMessages } from "./home-side.ts";
import { apply, checkSane, effort, happeningOf, ipv6, seconds, seeds, timeout } from "./hostile.ts";
import { CAREOF, HOME_ADDRESS, HOME_AGENT, arrive, codec, echo, register, routerAdvertisement } from "./network.ts";

/** What a correspondent node acts on: its secrets are those of a node with the same seed, so that some are genuine. */
const correspondentSeeds = ((): Uint8Array[] => {
  const twin = correspondentNode();
  const homeToken = ask(twin, "home", HOME_ADDRESS);
  const careofToken = ask(twin, "careof", CAREOF);
  const updates = [1, 2, 40000].map((sequence) => correspondentUpdate({ homeToken, careofToken, sequence }));
  const routed = codec.encode([ipv6(CORRESPONDENT, CAREOF), { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } }, { name: "echo-request" }]);
  const about = (layer: { name: string; fields: Record<string, number> }) =>
    codec.encode([ipv6("2001:db8:ff::1", CORRESPONDENT), layer, { name: "payload", fields: { data: routed } }]);
  return [
    ...updates, ...updates, correspondentUpdate({ homeToken, lifetimeS: 0, sequence: 3 }), correspondentUpdate({ homeToken, data: new Uint8Array(12) }),
    testInit("home", HOME_ADDRESS), testInit("careof", CAREOF), testInit("home", CAREOF, { home: HOME_ADDRESS }),
    codec.encode([ipv6(CAREOF, CORRESPONDENT), homeAddressOption(HOME_ADDRESS), { name: "echo-request" }]),
    codec.encode([ipv6(CAREOF, CORRESPONDENT), homeAddressOption(HOME_ADDRESS), { name: "fragment", fields: { moreFragments: true, nextHeader: 17 } }, { name: "payload", fields: { data: new Uint8Array(64) } }]),
    echo(CORRESPONDENT, HOME_ADDRESS), echo(CORRESPONDENT, HOME_ADDRESS, 1450), routed,
    codec.encode([ipv6(CORRESPONDENT, HOME_ADDRESS), { name: "hop-by-hop", options: [] }, { name: "destination-options", options: [] }, { name: "udp" }]),
    about({ name: "packet-too-big", fields: { mtu: 1300 } }), about({ name: "destination-unreachable", fields: { code: 3 } }), about({ name: "parameter-problem", fields: { pointer: 42 } }),
  ];
})();

const happening = happeningOf(seeds);

/** What a correspondent and those who only look like one may send to a mobile node with bindings at correspondents. */
function peerSeeds(world: World): Uint8Array[] {
  const [homeTest, careofTest, update] = world.peer.got;
  const error = (name: string, fields: Record<string, number>, quoted: Uint8Array) =>
    codec.encode([ipv6("2001:db8:200::5", CAREOF), { name, fields }, { name: "payload", fields: { data: quoted } }]);
  return [
    world.peer.test(careofTest), codec.encode([ipv6(HOME_AGENT, CAREOF), { name: "payload", fields: { data: world.peer.test(homeTest) } }]),
    world.peer.acknowledgement(update), world.peer.acknowledgement(update, { status: 135 }), world.peer.send(), world.peer.send(1300),
    codec.encode([ipv6("2001:db8:200::5", CAREOF), { name: "binding-error", fields: { status: 1, homeAddress: HOME_ADDRESS } }]),
    codec.encode([ipv6("2001:db8:200::5", CAREOF), { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } }, { name: "binding-refresh-request" }]),
    error("parameter-problem", { code: 1, pointer: 6 }, careofTest.packet), error("parameter-problem", { code: 1, pointer: 46 }, update.packet),
    error("packet-too-big", { mtu: 1300 }, world.sent.findLast(({ packet }) => packet[6] === 60)!.packet),
    error("destination-unreachable", { code: 3 }, world.sent.findLast(({ packet }) => packet[6] === 60)!.packet),
    echo(HOME_ADDRESS, "2001:db8:200::5"), echo(HOME_ADDRESS, "2001:db8:200::5", 1452),
  ];
}

describe("whatever comes in", () => {
  it("a mobile node with bindings at correspondents neither traps nor loses them to strangers for long", () => {
    const change = fc.record({ seed: fc.nat(13), changes: fc.array(fc.tuple(fc.nat(140), fc.nat(255)), { maxLength: 5 }), cut: fc.option(fc.nat(160), { nil: undefined, freq: 4 }), ms: fc.nat(4000) });
    fc.assert(fc.property(fc.array(change, { maxLength: 40 }), (events) => {
      const world = new World();
      world.optimise();
      world.talk();
      const seedsHere = peerSeeds(world);
      for (const { seed, changes, cut, ms } of events) {
        const packet = seedsHere[seed].slice(0, cut);
        for (const [at, value] of changes) if (at < packet.length) packet[at] = value;
        world.mobile.receive(seed < 12 ? ACCESS : TUNNEL, packet);
        checkSane(world.mobile);
        world.pass(ms, 1000);
      }
      for (let each = 0; each < 40 && !world.status()?.optimised; each++) {
        world.pass(2000, 500);
        world.talk();
      }
      expect(world.status()).toMatchObject({ optimised: true, careofAddress: CAREOF });
      expect(readPeers(world.mobile.engine).length).toBeLessThanOrEqual(64);
    }), seconds > 0 ? effort : { numRuns: 150 });
  }, timeout);

  it("a home agent neither traps nor binds what was not signed", () => {
    fc.assert(fc.property(fc.array(happening, { maxLength: 40 }), (events) => {
      const agent = homeAgent({ budgets: { maxBindings: 4, maxNodes: 4 } });
      for (const event of events) {
        apply(agent, event);
        checkSane(agent);
      }
      for (const binding of readBindings(agent.engine)) {
        expect(binding.homeAddress).toBe(HOME_ADDRESS);
        expect(binding.careofAddress).toBe(CAREOF); // the only one that a signed seed names
      }
      agent.now += 1e9;
      agent.engine.tick(agent.now);
      expect(readBindings(agent.engine)).toEqual([]);
    }), effort);
  }, timeout);

  it("a correspondent node neither traps nor binds what was not signed, and forgets it all", () => {
    let bound = 0;
    fc.assert(fc.property(fc.array(happeningOf(correspondentSeeds), { maxLength: 40 }), (events) => {
      const node = correspondentNode({ budgets: { maxBindings: 4 } });
      node.receive(ACCESS, testInit("home", HOME_ADDRESS)); // from now on the secrets are there
      for (const event of events) {
        apply(node, event);
        checkSane(node);
        for (const binding of readBindings(node.engine)) {
          expect([binding.homeAddress, binding.careofAddress]).toEqual([HOME_ADDRESS, CAREOF]); // the only ones that a signed seed names
          bound++;
        }
      }
      node.now += 1e9;
      node.engine.tick(node.now);
      expect(readBindings(node.engine)).toEqual([]);
      node.now += 1e9;
      node.engine.tick(node.now);
      expect(node.engine.nextWakeupMs()).toBe(Infinity);
    }), effort);
    expect(bound).toBeGreaterThan(0);
  }, timeout);

  it("a mobile node neither traps nor believes it, and works afterwards", () => {
    fc.assert(fc.property(fc.array(happening, { maxLength: 40 }), (events) => {
      const mobile = returningNode();
      for (const event of events) {
        apply(mobile, event);
        checkSane(mobile);
      }
      // Nothing unsigned makes it think that it is registered; a home link it must believe (RFC 6275 §11.5.2).
      expect(["Idle", "Registering", "Refused", "Returning", "Removing", "Checking", "AtHome"]).toContain(readUpdates(mobile.engine)[0].state);
      const agent = homeAgent();
      setLink(mobile.engine, ACCESS, false, mobile.now);
      mobile.now += 10_000;
      mobile.engine.tick(mobile.now);
      agent.now = mobile.now;
      agent.engine.tick(agent.now);
      mobile.take();
      register(mobile, agent);
      for (let tries = 0; tries < 40 && readUpdates(mobile.engine)[0].state !== "Registered"; tries++) {
        mobile.receive(ACCESS, routerAdvertisement());
        mobile.advance(2000);
        agent.advance(2000);
        for (const { packet, device } of mobile.take()) if (device === ACCESS) agent.receive(ACCESS, packet);
        for (const { packet } of agent.take()) mobile.receive(ACCESS, packet);
      }
      expect(readUpdates(mobile.engine)[0].state).toBe("Registered");
      shutdown(mobile.engine, mobile.now);
    }), effort);
  }, timeout);

  // Answers to the node's own questions, so with the right identifier and the right checksum, but with anything in them.
  const address = fc.oneof(
    fc.constantFrom("::", "::1", "ff02::1", "fe80::1", HOME_ADDRESS, HOME_AGENT, "2001:db8:100::2", "2001:db8:300::"),
    fc.ipV6().filter((each) => !each.includes(".")),
  );
  const lifetime = fc.oneof(fc.nat(100), fc.nat(0xffffffff), fc.constant(0xffffffff));

  it("a mobile node takes a list of home agents whole or not at all, and none that can't be one", () => {
    fc.assert(fc.property(fc.array(address, { maxLength: 90 }), fc.nat(200_000), (addresses, ms) => {
      const mobile = mobileNode({ homeAgent: new Uint8Array(16) });
      arrive(mobile);
      const identifier = identifierOf(takeMessages(mobile, "home-agent-address-discovery-request")[0]);
      mobile.receive(ACCESS, discoveryReply({ identifier, addresses }));
      const list = readHomeAgents(mobile.engine);
      expect([0, addresses.length]).toContain(list.length);
      expect(list.length).toBeLessThanOrEqual(77);
      for (const each of list) expect(each.address).not.toMatch(/^(::1?|ff[0-9a-f]{2}:.*|fe80:.*)$/);
      if (list.length > 0) expect(readUpdates(mobile.engine)[0].peer).toBe(list[0].address);
      mobile.advance(ms);
      checkSane(mobile);
    }), { numRuns: 300 });
  }, timeout);

  it("a mobile node keeps its head whatever prefixes its home agent has", () => {
    const prefix = fc.record({ prefix: address, length: fc.oneof(fc.constant(64), fc.nat(255)), valid: lifetime, preferred: lifetime, autonomous: fc.boolean() });
    fc.assert(fc.property(fc.array(fc.array(prefix, { maxLength: 20 }), { maxLength: 5 }), fc.nat(4_000_000), (rounds, ms) => {
      const mobile = returningNode();
      arrive(mobile);
      mobile.receive(ACCESS, acknowledge(takeMessages(mobile, "binding-update")[0], { status: 1 }));
      for (const prefixes of rounds) {
        const [solicitation] = takeMessages(mobile, "mobile-prefix-solicitation");
        if (!solicitation) break;
        mobile.receive(ACCESS, prefixAdvertisement({ identifier: identifierOf(solicitation), home: solicitation.home, prefixes }));
        checkSane(mobile);
        mobile.advance(3000);
        mobile.receive(ACCESS, prefixAdvertisement({ identifier: 0, home: readUpdates(mobile.engine)[0].homeAddress, prefixes: [] }));
      }
      const homes = readUpdates(mobile.engine).map(({ homeAddress }) => homeAddress);
      expect(homes.length).toBeGreaterThan(0);
      expect(homes.length).toBeLessThanOrEqual(17);
      expect(new Set(homes).size).toBe(homes.length);
      for (const octets of homes.map(parseAddress)) {
        expect([...octets.subarray(8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0x17]); // the interface identifier of the first
        expect([0, 0xff]).not.toContain(octets[0]);
        expect(octets[0] === 0xfe && octets[1] >= 0x80 && octets[1] < 0xc0).toBe(false);
      }
      mobile.advance(ms);
      checkSane(mobile);
      shutdown(mobile.engine, mobile.now);
    }), { numRuns: 300 });
  }, timeout);
});
