/**
 * The core against an implementation in Rust that shares nothing with it (benches/peer-rust): the same packets, the
 * same verdicts, the same octets.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { HOME_AGENT, careofAddress, homeAddress } from "../../benches/home-agent.ts";
import { Verdict } from "../../benches/peers/rust-verdicts.ts";
import { fromHex, SHARED, toHex } from "../internals/load-codec.ts";
import { capturedPackets } from "./captured.ts";
import { DIFFERENCES, FOLLOWED_NO_FURTHER, JUDGED, NEVER_HERE } from "./meaning.ts";
import { BOUND, fromNetwork, toTunnel } from "./packets.ts";
import { Core, type Direction, isPeerCurrent, loadPeer, type Peer, peerFolder } from "./subjects.ts";

/** Packets that a core is given one after another: its reassembly has room for so many. */
const AT_ONCE = 8;
const RUNS = 500;
/** For the census of verdicts, from one seed, so that it says the same each time. */
const CENSUS = 24_000;

const DIRECTIONS = [["in", "from the network", fromNetwork], ["out", "from the tunnel device", toTunnel]] as const;

let peer: Peer;

/** What the two say of a packet where they do not agree; undefined: they do. */
function disagreement(core: Core, direction: Direction, packet: Uint8Array): string | undefined {
  const ours = core.take(direction, packet);
  const theirs = peer.take(direction, packet);
  const [reason = Reason.None, ...more] = ours.reasons;
  const counted = ours.reasons.map((each) => Reason[each]).join(", ") || "taken";
  const words = `${toHex(packet)}: ${counted} by the core, ${Verdict[theirs.verdict]} by the peer`;
  if (more.length > 0) return words;
  const mayFollow = FOLLOWED_NO_FURTHER[theirs.verdict];
  if (mayFollow) return mayFollow(reason) ? undefined : words;
  if (theirs.verdict !== Verdict.Accepted) return JUDGED[theirs.verdict] === reason ? undefined : words;
  if (reason !== Reason.None) return words;
  const [here, there] = [ours.packets, theirs.packets].map((packets) => packets.map(toHex).join(" "));
  return here === there ? undefined : `${words}\n  core ${here}\n  peer ${there}`;
}

/** `disagreement`, but for what is known and right. */
function surprise(core: Core, direction: Direction, packet: Uint8Array): string | undefined {
  const found = disagreement(core, direction, packet);
  if (found === undefined) return undefined;
  const { verdict } = peer.take(direction, packet);
  return DIFFERENCES.some((difference) => difference.applies(packet, verdict)) ? undefined : found;
}

describe.skipIf(!peerFolder)("the core and the Rust peer (needs wasm-pack)", () => {
  beforeAll(async () => {
    peer = await loadPeer();
  });

  it("the peer is built of these sources", () => {
    expect(isPeerCurrent(), "npm run build:peer").toBe(true);
  });

  it("have numbers for verdicts that mean the same in both languages", () => {
    const rust = readFileSync(new URL("../../benches/peer-rust/src/verdict.rs", import.meta.url), "utf8");
    const names = [...rust.matchAll(/^ {4}(\w+)(?: = 0)?,$/gm)].map((match) => match[1]);
    expect(names).toEqual(Object.values(Verdict).filter((value) => typeof value === "string"));
    for (const verdict of names.map((_, index) => index as Verdict)) {
      const isOfOneKind = [verdict === Verdict.Accepted, verdict in JUDGED, verdict in FOLLOWED_NO_FURTHER].filter(Boolean).length;
      expect(isOfOneKind, Verdict[verdict]).toBe(1);
    }
  });

  it.each(DIRECTIONS)("agree on generated packets: %s, %s", (direction, _, packets) => {
    fc.assert(fc.property(fc.array(packets, { minLength: 1, maxLength: AT_ONCE }), (batch) => {
      const core = new Core();
      for (const packet of batch) {
        const found = surprise(core, direction, packet);
        if (found !== undefined) throw new Error(found);
      }
    }), { numRuns: RUNS });
  });

  it("meet every verdict on such packets, so that their agreement says something", () => {
    const met = new Set<Verdict>();
    for (const [direction, , packets] of DIRECTIONS) {
      for (const packet of fc.sample(packets, { seed: 7, numRuns: CENSUS })) met.add(peer.take(direction, packet).verdict);
    }
    const all = Object.values(Verdict).filter((value): value is Verdict => typeof value === "number");
    expect(all.filter((verdict) => !met.has(verdict)).map((verdict) => Verdict[verdict]))
      .toEqual(NEVER_HERE.map((verdict) => Verdict[verdict]));
  });

  it.each(DIFFERENCES.map((difference) => [difference.name, difference] as const))("differ where both may: %s", (_, { examples, applies }) => {
    for (const { direction, hex } of examples) {
      const packet = fromHex(hex);
      expect(disagreement(new Core(), direction, packet), hex).toBeDefined();
      expect(applies(packet, peer.take(direction, packet).verdict)).toBe(true);
    }
  });

  it("find the same bindings", () => {
    const core = new Core();
    const addresses = fc.oneof(fc.nat(2 * BOUND).map(homeAddress), fc.nat(2 * BOUND).map((node) => careofAddress(node)),
      fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.constant(HOME_AGENT));
    fc.assert(fc.property(addresses, fc.nat(15), fc.nat(255), fc.boolean(), (address, at, value, isChanged) => {
      const wanted = address.slice();
      if (isChanged) wanted[at] = value;
      expect(peer.find(wanted)).toBe(core.findBinding(wanted));
    }), { numRuns: 2000 });
    for (let node = 0; node < BOUND; node++) expect(peer.find(homeAddress(node))).toBe(core.findBinding(homeAddress(node)));
  });

  /** Packets of others, as if they had come to the home agent from node 0, or went through its tunnel device to it. */
  function agreeOnForeign(packets: Uint8Array[]): void {
    let core = new Core();
    for (const [index, packet] of packets.entries()) {
      if (index % 4 === 0) core = new Core(); // fragments must not meet, nor fill its room
      const toUs = packet.slice();
      toUs.set(careofAddress(0), 8);
      toUs.set(HOME_AGENT, 24);
      const toNode = packet.slice();
      toNode.set(homeAddress(0), 24);
      for (const [direction, octets] of [["in", packet], ["in", toUs], ["out", packet], ["out", toNode]] as const) {
        expect(surprise(core, direction, octets)).toBeUndefined();
      }
    }
  }

  it.skipIf(!SHARED)("agree on captured packets (needs MEXT_SHARED)", () => {
    const packets = capturedPackets(join(SHARED!, "captures"));
    expect(packets.length).toBeGreaterThan(20);
    agreeOnForeign(packets);
  });

  it.skipIf(!SHARED)("agree on packets of independent encoders (needs MEXT_SHARED)", () => {
    for (const file of ["directed.jsonl", "random-A.jsonl"]) {
      const path = join(SHARED!, "vectors", file);
      expect(existsSync(path), path).toBe(true);
      agreeOnForeign(readFileSync(path, "utf8").trim().split("\n").map((line) => fromHex(/"hex": "([0-9a-f]+)"/.exec(line)![1])));
    }
  });
});
