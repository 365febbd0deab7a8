/**
 * The core against the Rust peer (benches/peer-rust), in whatever runtime this is: nothing here is of Node. Both
 * keep the packets in their own linear memory, get them by the same calls from JavaScript, and have what they want to
 * send drained by JavaScript.
 */
import { ACCESS, HOME_AGENT, HomeAgent, TUNNEL, careofAddress, homeAddress, shuffled } from "./home-agent.ts";
import { addressesOf, findEach, findInBatches, lookupRoom } from "./lookup.ts";
import { fill, fromMobileNode, toHomeAgent, toMobileNode } from "./packets.ts";
import type { Memory } from "./peers/checksum.ts";
import { RustPeer, type Glue } from "./peers/rust-peer.ts";
import { compare, type Contestant, type Effort, type Figure } from "./rounds.ts";

export const BATCH = 64;
const LOOKUPS = 64 * BATCH;
const DESTINATION = 24;
const SLOT_BYTES = 2048;

export interface Racers {
  core: WebAssembly.Module;
  peer: WebAssembly.Module;
  glue: Glue;
}

export interface Job {
  effort: Effort;
  /** In the comparisons of lookups. */
  bindings: number;
}

export interface Comparison {
  /** What one operation is: "packet", "lookup". */
  name: string;
  core: Figure;
  peer: Figure;
}

/** What is sent: counted by both, and kept by neither. */
export class Sent {
  packets = 0;
  octets = 0;
  readonly count = (_pointer: number, length: number): void => {
    this.packets++;
    this.octets += length;
  };
}

/** Both with a batch of packets of nodes 0 to 63 in their slots. */
export interface Pair {
  homeAgent: HomeAgent;
  peer: RustPeer;
  sent: Sent;
}

export type Way = "encapsulate" | "decapsulate" | "verify";

const WAYS: Record<Way, { device: number; packet: (index: number, octets: number) => Uint8Array }> = {
  encapsulate: { device: TUNNEL, packet: toMobileNode },
  decapsulate: { device: ACCESS, packet: fromMobileNode },
  verify: { device: ACCESS, packet: toHomeAgent },
};

export function loadedPair({ core, peer, glue }: Racers, way: Way, octets: number, bindings = BATCH): Pair {
  const { device, packet } = WAYS[way];
  const packets = Array.from({ length: BATCH }, (_, index) => packet(index, octets));
  const homeAgent = new HomeAgent(core, { nodes: bindings, bindings });
  fill(homeAgent.engine, device, packets);
  const rust = new RustPeer(glue, peer, { slots: BATCH, slotBytes: SLOT_BYTES, bindings }, HOME_AGENT);
  for (let node = 0; node < bindings; node++) rust.bind(homeAddress(node), careofAddress(node), Infinity);
  packets.forEach((octetsOfPacket, slot) => rust.fill(slot, octetsOfPacket));
  return { homeAgent, peer: rust, sent: new Sent() };
}

/** One call to each for the first `count` packets. */
export function runCore({ homeAgent }: Pair, count: number): void {
  homeAgent.engine.processSlots(homeAgent.now, count);
}

export function runPeer({ homeAgent, peer, sent }: Pair, way: Way, count: number): void {
  if (way === "encapsulate") peer.send(homeAgent.now, 0, count, sent.count);
  else peer.receive(homeAgent.now, 0, count, sent.count);
}

function comparePackets(name: string, racers: Racers, way: Way, octets: number, atOnce: number, effort: Effort): Comparison {
  const pair = loadedPair(racers, way, octets);
  const [core, peer] = compare([
    { name: "mext", operations: BATCH, run: repeated(BATCH / atOnce, () => runCore(pair, atOnce)) },
    { name: "Rust", operations: BATCH, run: repeated(BATCH / atOnce, () => runPeer(pair, way, atOnce)) },
  ], effort);
  pair.peer.free();
  return { name, core, peer };
}

function repeated(times: number, call: () => void): () => void {
  return times === 1 ? call : () => {
    for (let time = 0; time < times; time++) call();
  };
}

/** Finds `count` addresses in the peer, BATCH at a time; the sum of the numbers of the bindings. */
export function findInPeerBatches(peer: RustPeer, addresses: Memory, first: number, count: number): number {
  const words = peer.memoryWords;
  const to = peer.addressesPointer >> 2;
  let sum = 0;
  for (let at = first; at < first + count; at += BATCH) {
    for (let word = 0; word < BATCH * 4; word++) words[to + word] = addresses.words[at * 4 + word];
    peer.rust.find_many(BATCH);
    const found = peer.rust.records() >> 2;
    for (let word = 0; word < BATCH; word++) sum += words[found + word];
  }
  return sum;
}

/** Finds `count` addresses in the peer, one call each. */
export function findEachInPeer(peer: RustPeer, addresses: Memory, first: number, count: number): number {
  const words = peer.memoryWords;
  const to = peer.addressesPointer >> 2;
  let sum = 0;
  for (let from = first * 4; from < (first + count) * 4; from += 4) {
    words[to] = addresses.words[from];
    words[to + 1] = addresses.words[from + 1];
    words[to + 2] = addresses.words[from + 2];
    words[to + 3] = addresses.words[from + 3];
    sum += peer.rust.find();
  }
  return sum;
}

/** A number that goes round below `count` in steps. */
function walk(count: number, step: number): () => number {
  let next = -step;
  return () => (next = next + 2 * step > count ? 0 : next + step);
}

function compareLookups(racers: Racers, { effort, bindings }: Job): Comparison[] {
  const pair = loadedPair(racers, "encapsulate", 64, bindings);
  const { homeAgent, peer } = pair;
  const addresses = addressesOf(shuffled(bindings));
  const room = lookupRoom(homeAgent);
  const many = Math.min(LOOKUPS, Math.floor(bindings / BATCH) * BATCH);
  let sum = 0;
  const lookups = (name: string, find: (first: number) => number): Contestant => {
    const next = walk(bindings, many);
    return { name, operations: many, run: () => { sum += find(next()); } };
  };
  const batches = compare([
    lookups("mext", (first) => findInBatches(homeAgent, room, addresses, first, many)),
    lookups("Rust", (first) => findInPeerBatches(peer, addresses, first, many)),
  ], effort);
  const single = compare([
    lookups("mext", (first) => findEach(homeAgent, room.addresses, addresses, first, many)),
    lookups("Rust", (first) => findEachInPeer(peer, addresses, first, many)),
  ], effort);
  if (!Number.isFinite(sum)) throw new Error("a lookup found no number");
  const paths = comparePaths(pair, addresses, bindings, effort);
  peer.free();
  const among = `among ${bindings.toLocaleString("en")}`;
  return [
    { name: `lookup ${among}, 64 a call`, core: batches[0], peer: batches[1] },
    { name: `lookup ${among}, one a call`, core: single[0], peer: single[1] },
    { name: `encapsulate 64 octets to random nodes ${among}, 64 a call`, core: paths[0], peer: paths[1] },
  ];
}

/** Each packet to another node: its destination is written into the slot first. */
function comparePaths(pair: Pair, addresses: Memory, bindings: number, effort: Effort): Figure[] {
  const { homeAgent, peer } = pair;
  const path = (name: string, words: () => Uint32Array, places: number[], forward: () => void): Contestant => {
    const next = walk(bindings, BATCH);
    return {
      name, operations: BATCH,
      run: () => {
        const to = words();
        let from = next() * 4;
        for (const place of places) for (let word = 0; word < 4; word++) to[place + word] = addresses.words[from++];
        forward();
      },
    };
  };
  const places = (pointer: (slot: number) => number) => Array.from({ length: BATCH }, (_, slot) => (pointer(slot) + DESTINATION) >> 2);
  const coreWords = new Uint32Array(homeAgent.engine.exports.memory.buffer);
  return compare([
    path("mext", () => coreWords, places((slot) => homeAgent.engine.slotPointer(slot)), () => runCore(pair, BATCH)),
    path("Rust", () => peer.memoryWords, places((slot) => peer.slotPointer(slot)), () => runPeer(pair, "encapsulate", BATCH)),
  ], effort);
}

/** All comparisons, the small ones first. */
export function race(racers: Racers, job: Job): Comparison[] {
  const { effort } = job;
  return [
    comparePackets("encapsulate 64 octets, one a call", racers, "encapsulate", 64, 1, effort),
    comparePackets("encapsulate 64 octets, 64 a call", racers, "encapsulate", 64, BATCH, effort),
    comparePackets("encapsulate 1400 octets, 64 a call", racers, "encapsulate", 1400, BATCH, effort),
    comparePackets("decapsulate 64 octets, one a call", racers, "decapsulate", 64, 1, effort),
    comparePackets("decapsulate 64 octets, 64 a call", racers, "decapsulate", 64, BATCH, effort),
    comparePackets("verify an ICMPv6 checksum, 1400 octets, 64 a call", racers, "verify", 1400, BATCH, effort),
    ...compareLookups(racers, job),
  ];
}

