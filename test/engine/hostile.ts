/** Searches with hostile input: packets a small change away from valid ones, time, links and commands. */
import fc from "fast-check";
import { expect } from "vitest";
import { Command } from "../../bindings/engine.ts";
import { setLink } from "../../bindings/commands.ts";
import { ACCESS, type Node, TUNNEL } from "./harness.ts";
import { readIpv4 } from "./ipv4-packets.ts";
import { homeAdvertisement, proxyAdvertisement } from "./home-side-link.ts";
import { discoveryReply, prefixAdvertisement } from "./home-side.ts";
import { bindingUpdate } from "./messages.ts";
import { CAREOF, HOME_ADDRESS, HOME_AGENT, codec, echo, routerAdvertisement } from "./network.ts";

// MEXT_FUZZ_SECONDS: how long each of the searches goes on; else a fixed number of runs.
export const seconds = Number(process.env.MEXT_FUZZ_SECONDS ?? 0);
export const effort = seconds > 0 ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: seconds * 1000 } : { numRuns: 1500 };
export const timeout = 60_000 + seconds * 2000;

export const ipv6 = (source: string, destination: string) => ({ name: "ipv6", fields: { source, destination, hopLimit: 255 } });

/** Valid packets of every kind that an engine acts on: what is hostile is a small change away from them. */
export const seeds: Uint8Array[] = [
  bindingUpdate(), bindingUpdate({ lifetimeS: 0, sequence: 101 }), bindingUpdate({ key: null, identity: null, timestamp: null }),
  routerAdvertisement(), routerAdvertisement("2001:db8:b::", { interval: 100, mtu: 1400 }),
  echo("2001:db8:200::5", HOME_ADDRESS), echo(HOME_ADDRESS, "2001:db8:200::5", 1400), echo("2001:db8:200::5", HOME_ADDRESS, 1500),
  codec.encode([ipv6(HOME_AGENT, CAREOF), ipv6("2001:db8:200::5", HOME_ADDRESS), { name: "echo-request" }]),
  codec.encode([ipv6(CAREOF, HOME_AGENT), ipv6(HOME_ADDRESS, "2001:db8:200::5"), { name: "echo-request" }]),
  codec.encode([ipv6(HOME_AGENT, CAREOF), { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } }, { name: "binding-acknowledgement", fields: { status: 0, lifetime: 10 } }]),
  codec.encode([ipv6(HOME_AGENT, CAREOF), { name: "binding-error", fields: { status: 1, homeAddress: HOME_ADDRESS } }]),
  codec.encode([ipv6(HOME_AGENT, CAREOF), ipv6(HOME_AGENT, HOME_ADDRESS), { name: "binding-refresh-request" }]),
  codec.encode([ipv6(HOME_AGENT, CAREOF), { name: "fragment", fields: { moreFragments: true, identification: 1, nextHeader: 41 } }, { name: "payload", fields: { data: new Uint8Array(64) } }]),
  homeAdvertisement(), homeAdvertisement({ agent: false }), homeAdvertisement({ valid: 0 }), proxyAdvertisement(),
  codec.encode([ipv6("::", "ff02::1:ff00:17"), { name: "neighbour-solicitation", fields: { target: HOME_ADDRESS } }]),
  codec.encode([ipv6(HOME_AGENT, HOME_ADDRESS), { name: "binding-acknowledgement", fields: { status: 0, lifetime: 0 } }]),
  // A multicast listener query in the tunnel, and a report out of the stack.
  Uint8Array.from([...codec.encode([ipv6(HOME_AGENT, CAREOF), ipv6("fe80::1", "ff02::1")]).slice(0, 80), 58, 0, 5, 2, 0, 0, 1, 0, 130, 0, ...new Uint8Array(26)]),
  Uint8Array.from([0x60, 0, 0, 0, 0, 36, 0, 1, 0xfe, 0x80, ...new Uint8Array(14), 0xff, 2, ...new Uint8Array(13), 0x16, 58, 0, 5, 2, 0, 0, 1, 0, 143, 0, ...new Uint8Array(26)]),
  discoveryReply({ identifier: 1, addresses: [HOME_AGENT, "2001:db8:100::2"] }),
  prefixAdvertisement({ identifier: 1, prefixes: [{ prefix: "2001:db8:300::" }, { prefix: "2001:db8:100::", valid: 0 }] }),
  codec.encode([ipv6("fe80::9", "ff02::1"), { name: "neighbour-advertisement", fields: { target: CAREOF } }]),
  codec.encode([ipv6("2001:db8:ff::1", HOME_AGENT), { name: "packet-too-big", fields: { mtu: 1300 } }, { name: "payload", fields: { data: codec.encode([ipv6(HOME_AGENT, CAREOF), ipv6("2001:db8:200::5", HOME_ADDRESS), { name: "echo-request" }]) } }]),
];

/** The largest number of a command. */
const LAST_COMMAND = Math.max(...Object.values(Command).filter((code) => typeof code === "number"));

function checkPacket(packet: Uint8Array): void {
  if (packet[0] >> 4 === 4) readIpv4(packet); // throws for what is none
  else expect([packet[0] >> 4, packet.length]).toEqual([6, 40 + ((packet[4] << 8) | packet[5])]);
}

/** One of these packets with some octets changed, perhaps cut; now and then noise. */
export const changed = (packets: Uint8Array[]) => fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...packets), fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }), fc.option(fc.nat(160), { nil: undefined, freq: 4 })) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((octets) => [octets, [], undefined] as const) },
).map(([seed, changes, length]) => {
  const packet = (seed as Uint8Array).slice(0, length ?? undefined);
  for (const [at, value] of changes as [number, number][]) if (at < packet.length) packet[at] = value;
  return packet;
});

/** One thing that happens to an engine; packets come in on any of these devices. */
export const happeningOf = (packets: Uint8Array[], devices: number[] = [TUNNEL, ACCESS, 7]) => fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("packet" as const), device: fc.constantFrom(...devices), packet: changed(packets) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.oneof(fc.nat(3000), fc.nat(3_000_000), fc.constant(1e12)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("link" as const), up: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("command" as const), code: fc.nat(LAST_COMMAND), length: fc.nat(600), octets: fc.uint8Array({ maxLength: 64 }) }) },
);

export type Happening = ReturnType<typeof happeningOf> extends fc.Arbitrary<infer T> ? T : never;

export function apply(node: Node, event: Happening): void {
  switch (event.kind) {
    case "packet": node.receive(event.device, event.packet); break;
    case "time": node.now += event.ms; node.engine.tick(node.now); break;
    case "link": setLink(node.engine, ACCESS, event.up, node.now); break;
    case "command":
      node.engine.memory.set(event.octets, node.engine.exports.commandPointer());
      if (event.code !== Command.Shutdown) node.engine.exports.command(event.code, event.length, node.now);
      break;
  }
}

/** Whatever is sent is an IPv6 packet or an IPv4 one of the length that it says, and time goes on. */
export function checkSane(node: Node): void {
  for (const { packet, device } of node.take()) {
    expect([0, 1, 2, 3, 7, 0xffff].includes(device) || device < 32).toBe(true);
    checkPacket(packet);
  }
  for (const { payload, port } of node.datagrams) {
    expect(port).toBeGreaterThan(0);
    checkPacket(payload);
  }
  node.datagrams = [];
  expect(Number.isNaN(node.engine.nextWakeupMs())).toBe(false);
}
