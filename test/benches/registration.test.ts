import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ACCESS, HomeAgent, LONGEST_LIFETIME_MS, key } from "../../benches/home-agent.ts";
import { authenticated, bindingUpdate } from "../../benches/binding-update.ts";
import { fill } from "../../benches/packets.ts";
import { HmacAlone, Registrations, memoryPerRecord } from "../../benches/registration.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { Query } from "../../bindings/engine.ts";
import { BINDING_BYTES } from "../../core-as/abi/contract.ts";
import { module } from "./core.ts";

function countBindings(homeAgent: HomeAgent): number {
  let count = 0;
  homeAgent.engine.query(Query.Bindings, BINDING_BYTES, () => count++);
  return count;
}

describe("the registrations that are measured", () => {
  it.each(["shared-key", "none"] as const)("are all accepted, round after round: authentication %s", (authentication) => {
    const registrations = new Registrations(module, 100, authentication, 256);
    for (let round = 0; round < 5; round++) {
      registrations.prepare();
      expect(countBindings(registrations.homeAgent)).toBe(100);
      const before = registrations.homeAgent.orders.packets;
      registrations.run();
      expect(registrations.homeAgent.orders.packets - before).toBe(256); // one acknowledgement each
      expect(countBindings(registrations.homeAgent)).toBe(100 + 64);
    }
    expect(Array.from(registrations.homeAgent.engine.counters()).slice(1).every((count) => count === 0)).toBe(true);
  });

  it("have an authenticator that the core verifies", () => {
    const homeAgent = new HomeAgent(module, { nodes: 1, bindings: 0, authentication: "shared-key" });
    const update = bindingUpdate({ node: 0, sequence: 1, lifetimeMs: LONGEST_LIFETIME_MS, now: homeAgent.now, authentication: "shared-key" });
    const other = bindingUpdate({ node: 0, sequence: 1, lifetimeMs: LONGEST_LIFETIME_MS - 4000, now: homeAgent.now, authentication: "shared-key" });
    other.set(update.subarray(-12), other.length - 12); // the authenticator of another message
    const view = new DataView(other.buffer);
    view.setUint16(68, 0);
    view.setUint16(68, checksumOf(other));
    fill(homeAgent.engine, ACCESS, [other]);
    homeAgent.engine.processSlots(homeAgent.now, 1);
    expect(homeAgent.engine.counters()[Reason.AuthenticationFailed]).toBe(1);
    expect(countBindings(homeAgent)).toBe(0);
    fill(homeAgent.engine, ACCESS, [update]);
    homeAgent.engine.processSlots(homeAgent.now, 1);
    expect(countBindings(homeAgent)).toBe(1);
  });

  it("ask as much of node:crypto as of the core: one HMAC to verify, one to sign, over as many octets", () => {
    const hmac = new HmacAlone(16);
    hmac.run();
    expect(hmac.verified).toBe(16);
    const homeAgent = new HomeAgent(module, { nodes: 1, bindings: 0, authentication: "shared-key" });
    let acknowledgement = new Uint8Array(0);
    homeAgent.orders.transmit = (_device, pointer, length) => void (acknowledgement = homeAgent.engine.memory.slice(pointer, pointer + length));
    const update = bindingUpdate({ node: 0, sequence: 1, lifetimeMs: LONGEST_LIFETIME_MS, now: homeAgent.now, authentication: "shared-key" });
    fill(homeAgent.engine, ACCESS, [update]);
    homeAgent.engine.processSlots(homeAgent.now, 1);
    // IPv6 and type 2 routing header, then the message: its last 12 octets are the authenticator.
    const message = acknowledgement.slice(64);
    message[4] = message[5] = 0;
    const octets = Buffer.concat([update.subarray(8, 24), update.subarray(48, 64), message.subarray(0, -12)]);
    expect(octets).toHaveLength(authenticated(update).length);
    const expected = createHmac("sha1", key(0)).update(octets).digest().subarray(0, 12);
    expect(Buffer.from(acknowledgement.subarray(-12)).equals(expected)).toBe(true);
  });
});

describe("the memory that is measured", () => {
  it("is what the records, the index and the timers need, at a budget that fills its index", () => {
    // 2^16 × 2/3 records: as full as an index gets.
    const { binding, node } = memoryPerRecord(module, 43_690);
    expect(binding).toBeGreaterThan(100);
    expect(binding).toBeLessThan(200);
    expect(node).toBeGreaterThan(100);
  });
});

/** The checksum of the Mobility Header of a Binding Update from packets.ts, whose field is zero. */
function checksumOf(packet: Uint8Array): number {
  const summed = Buffer.concat([packet.subarray(48, 64), packet.subarray(24, 40), packet.subarray(64), Buffer.from([0, packet.length - 64, 0, 135])]);
  let sum = 0;
  for (let at = 0; at < summed.length; at += 2) sum += summed.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
