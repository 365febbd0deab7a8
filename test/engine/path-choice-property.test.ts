/** The path choice in networks that change at random: what must hold whatever happens. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DualNetwork, PRIVATE_IPV4, PUBLIC_IPV4 } from "./dual-stack.ts";

/** Time in which a way that works must be found: a refresh of the short lifetime, all attempts, a hopeless round. */
const FOUND_MS = 90_000;

type Step =
  | { what: "link"; up: boolean }
  | { what: "ipv6"; prefix: string | undefined }
  | { what: "ipv4"; address: string | undefined }
  | { what: "pass"; kind: "ipv6" | "ipv4" | "mobility" | "udp6" | "udp4"; passes: boolean }
  | { what: "nat"; mappingMs: number | undefined }
  | { what: "wait"; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ what: fc.constant("link" as const), up: fc.constantFrom(true, true, false) }),
  fc.record({ what: fc.constant("ipv6" as const), prefix: fc.constantFrom("2001:db8:a::", "2001:db8:b::", "2001:db8:c::", undefined) }),
  fc.record({ what: fc.constant("ipv4" as const), address: fc.constantFrom(PUBLIC_IPV4, "198.51.100.18", PRIVATE_IPV4, undefined) }),
  fc.record({
    what: fc.constant("pass" as const), kind: fc.constantFrom("ipv6" as const, "ipv4" as const, "mobility" as const, "udp6" as const, "udp4" as const),
    passes: fc.constantFrom(true, true, false),
  }),
  fc.record({ what: fc.constant("nat" as const), mappingMs: fc.constantFrom(undefined, 30_000, Infinity) }),
  fc.record({ what: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
);

const run = fc.record({
  steps: fc.array(step, { minLength: 3, maxLength: 14 }), udpIpv6: fc.boolean(), tunnel4: fc.boolean(), tunnel6: fc.boolean(), probes: fc.boolean(),
});

/** Carries out the steps, then gives both families a last chance to be there. */
function play({ steps, udpIpv6, tunnel4, tunnel6, probes }: typeof run extends fc.Arbitrary<infer Run> ? Run : never) {
  const network = new DualNetwork({ reach: { udpIpv6, retryMs: 10_000 }, mobile: { lifetimeMs: 40_000 }, serve: { probes, firstRefreshMs: 20_000, refreshMs: 20_000 } });
  // Without probes nobody can tell that only messages pass.
  Object.assign(network.passes, probes ? { tunnel4, tunnel6 } : {});
  let [isUp, prefix, address] = [false, undefined as string | undefined, undefined as string | undefined];
  const link = (up: boolean) => {
    if (up && !isUp) network.linkUp();
    if (!up && isUp) network.linkDown();
    if (!up) prefix = address = undefined;
    isUp = up;
  };
  link(true);
  for (const each of steps) {
    switch (each.what) {
      case "link": link(each.up); break;
      case "ipv6":
        if (!isUp) break;
        prefix = each.prefix;
        if (prefix) network.ipv6(prefix);
        else {
          network.ipv6("2001:db8:a::", undefined, { lifetime: 0, valid: 0, preferred: 0 });
          network.noRouter();
        }
        break;
      case "ipv4":
        if (!isUp) break;
        address = each.address;
        network.ipv4(address);
        break;
      case "pass": network.passes[each.kind] = each.passes; break;
      case "nat":
        if (each.mappingMs === undefined) network.nat = undefined;
        else network.useNat(each.mappingMs);
        break;
      case "wait": network.advance(each.ms); break;
    }
    network.pump();
  }
  return network;
}

/** True when some way lets messages and tunnels pass now. */
function works(network: DualNetwork, udpIpv6: boolean): boolean {
  const { passes, uplink } = network;
  const hasIpv6 = uplink.careofAddress !== "::" && passes.ipv6;
  const hasIpv4 = uplink.ipv4Address !== undefined && passes.ipv4;
  return (hasIpv6 && passes.mobility && passes.tunnel6) || (hasIpv6 && passes.udp6 && udpIpv6) || (hasIpv4 && passes.udp4);
}

const careofs = (network: DualNetwork) => network.mobile.events.filter(({ name }) => name === "BindingUpdateSent").map(({ fields }) => `${fields.careofAddress}`);

describe("whatever networks do", () => {
  it("a way that works is found, and kept", () => {
    fc.assert(fc.property(run, (each) => {
      const network = play(each);
      if (!works(network, each.udpIpv6)) return;
      network.advance(FOUND_MS);
      if (!works(network, each.udpIpv6)) return; // a router that was silent is gone
      expect(network.update.state).toMatch(/Registered|Updating/);
      network.carries(); // a NAT may have to be told
      network.advance(3000);
      expect(network.carries()).toBe(true);
      // A better one may still be found, once; nothing that works is left for less.
      network.advance(200_000);
      const from = careofs(network).length;
      const used = network.update;
      network.advance(400_000);
      const changes = careofs(network).slice(from).filter((careof, index, all) => careof !== (index === 0 ? used.careofAddress : all[index - 1]));
      expect(changes.length).toBeLessThanOrEqual(1);
      expect(network.carries()).toBe(true);
    }), { numRuns: 150, seed: 5555 });
  }, 120_000);

  it("there is a reason for every way that is not used, at any time", () => {
    fc.assert(fc.property(run, (each) => {
      for (let count = 1; count <= each.steps.length; count++) {
        const network = play({ ...each, steps: each.steps.slice(0, count) });
        const { uplink, update } = network;
        const isUsed = update.device !== undefined;
        for (const [name, obstacle] of Object.entries(uplink.paths)) {
          if (isUsed && name !== uplink.encapsulation) expect(obstacle, `${name} instead of ${uplink.encapsulation}`).not.toBe("None");
          if (isUsed && name === uplink.encapsulation) expect(obstacle).toBe("None");
        }
        if (isUsed && update.encapsulation !== "Ipv6") expect(update.obstacle).not.toBe("None");
        if (isUsed && update.encapsulation === "Ipv6") expect(update.obstacle).toBe("None");
      }
    }), { numRuns: 60, seed: 5555 });
  }, 120_000);
});
