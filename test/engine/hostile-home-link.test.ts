/** Hostile input for a home agent on a real home link: neighbours, and what it serves there. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import { setDevice } from "../../bindings/commands.ts";
import { readBindings, readGroups, readHomeAgents } from "../../bindings/status.ts";
import * as advertising from "./advertising.ts";
import { ACCESS, EPOCH, TUNNEL, hex } from "./harness.ts";
import { HOME, advertisement, linkedHomeAgent, solicitation } from "./home-link.ts";
import { type Happening, apply, changed, checkSane, effort, happeningOf, ipv6, seeds, timeout } from "./hostile.ts";
import { bindingUpdate, ntp } from "./messages.ts";
import { CAREOF, HOME_ADDRESS, HOME_AGENT, codec, echo } from "./network.ts";

/** What neighbours say, and bindings that come and go. */
const neighbourSeeds: Uint8Array[] = [
  solicitation(), solicitation(HOME_ADDRESS, { source: "::" }), solicitation(HOME_ADDRESS, { destination: HOME_ADDRESS }), advertisement(),
  solicitation("fe80::17", { source: "::" }), advertisement("fe80::17"), echo("fe80::99", "fe80::17"),
  bindingUpdate({ flags: { linkLocalAddressCompatibility: true } }), bindingUpdate(), bindingUpdate({ sequence: 101, timestamp: ntp(EPOCH + 1500) }),
  bindingUpdate({ sequence: 102, timestamp: ntp(EPOCH + 1600), source: HOME_ADDRESS, home: null }),
  bindingUpdate({ sequence: 90, timestamp: ntp(EPOCH + 1700), source: HOME_ADDRESS, home: null }),
];

/** No commands, which may configure another home link. */
const neighbourly: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("packet" as const), device: fc.constantFrom(TUNNEL, ACCESS, HOME, HOME), packet: changed(neighbourSeeds) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.oneof(fc.nat(1200), fc.nat(3_000_000)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("link" as const), up: fc.boolean() }) },
);

/** Router Advertisements of others, discovery, prefix solicitations, groups. */
const serviceSeeds: Uint8Array[] = [
  advertising.advertisement(), advertising.advertisement({ preference: 5, addresses: ["2001:db8:100::2", "2001:db8:101::2"] }),
  advertising.advertisement({ lifetime: 0 }), advertising.solicitation(), advertising.solicitation({ source: "fe80::5" }),
  advertising.discoveryRequest(), advertising.discoveryRequest({ destination: HOME_AGENT }), advertising.prefixSolicitation(),
  advertising.listenerReport("ff0e::1234"), echo("2001:db8:200::5", "ff0e::1234"), echo("2001:db8:200::5", "ff02::1"),
  codec.encode([ipv6(CAREOF, HOME_AGENT), ipv6(HOME_ADDRESS, "ff0e::1234"), { name: "echo-request" }]),
];

describe("whatever comes in, a home agent on a real home link", () => {
  it("has a route for each of its bindings, and for nothing else", () => {
    const route = `to ${TUNNEL} ${hex(parseAddress(HOME_ADDRESS))}/128`;
    let bindingsSeen = 0;
    fc.assert(fc.property(fc.array(neighbourly, { maxLength: 40 }), (events) => {
      const agent = linkedHomeAgent({ budgets: { maxBindings: 4, maxNodes: 4 } });
      const routes = () => agent.network.filter((line) => line === `+${route}`).length - agent.network.filter((line) => line === `-${route}`).length;
      for (const event of events) {
        apply(agent, event);
        checkSane(agent);
      }
      agent.advance(2000); // detection, reviews
      const bound = readBindings(agent.engine).map(({ homeAddress }) => homeAddress);
      for (const home of bound) expect(home).toBe(HOME_ADDRESS);
      expect(routes()).toBe(bound.length);
      bindingsSeen += bound.length;
      agent.advance(1e9);
      expect(readBindings(agent.engine)).toEqual([]);
      expect(routes()).toBe(0);
      agent.take();
      agent.advance(1e9);
      expect(agent.take()).toEqual([]);
    }), effort);
    expect(bindingsSeen).toBeGreaterThan(0);
  }, timeout);

  it("neither traps nor lists more than it may, forgets it all, and advertises afterwards", () => {
    const happening = happeningOf([...seeds, ...serviceSeeds], [TUNNEL, ACCESS, HOME, 7]);
    fc.assert(fc.property(fc.array(happening, { maxLength: 40 }), (events) => {
      const agent = advertising.homeLinkAgent({ budgets: { maxBindings: 4, maxNodes: 4 } });
      advertising.bind(agent, { lifetimeS: 3600 });
      agent.advance(1000); // detection
      for (const event of events) {
        apply(agent, event);
        checkSane(agent);
      }
      expect(readHomeAgents(agent.engine).filter(({ current }) => !current).length).toBeLessThanOrEqual(32 * 8);
      for (const { homeAddress } of readGroups(agent.engine)) expect(homeAddress).toBe(HOME_ADDRESS);
      agent.now += 1e9;
      agent.engine.tick(agent.now);
      agent.take();
      expect(readHomeAgents(agent.engine).filter(({ current }) => !current)).toEqual([]);
      expect(readGroups(agent.engine)).toEqual([]);
      setDevice(agent.engine, { index: HOME, kind: "access", mtu: 1500, up: true }, agent.now);
      advertising.configureLink(agent);
      agent.receive(HOME, advertising.solicitation());
      agent.advance(4000);
      expect(agent.take().some(({ device }) => device === HOME)).toBe(true);
    }), effort);
  }, timeout);
});
