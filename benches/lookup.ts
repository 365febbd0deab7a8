/** One binding found among a million, against the Maps of JavaScript. */
import type { CoreExports } from "../bindings/engine.ts";
import { HOME_AGENT, HomeAgent, TUNNEL, careofAddress, homeAddress, shuffled } from "./home-agent.ts";
import { row, type Benchmark, type Context, type Report } from "./benchmark.ts";
import { fill, toMobileNode } from "./packets.ts";
import { BigIntMap, TypedTable, type BindingMap } from "./peers/binding-maps.ts";
import { FASTEST_CHECKSUM, memoryOf, type Memory } from "./peers/checksum.ts";
import { Forwarder } from "./peers/forwarder.ts";
import { compare, ratio, type Contestant, type Effort, type Figure } from "./rounds.ts";

const BATCH = 64;
/** Lookups of one `run`. */
const AT_ONCE = 128 * BATCH;
const PROMISED = 6;
const DESTINATION = 24;

/** The home addresses of `order`, 16 octets each. */
export function addressesOf(order: Uint32Array): Memory {
  const addresses = memoryOf(new ArrayBuffer(order.length * 16));
  order.forEach((node, index) => addresses.bytes.set(homeAddress(node), index * 16));
  return addresses;
}

/**
 * Fills a Map or table of JavaScript with the bindings of the first `count` nodes, in the order in which
 * the core was given them: not that of the lookups, in which a Map would find its entries side by side.
 */
export function filled<M extends BindingMap>(map: M, count: number): M {
  const addresses = addressesOf(Uint32Array.from({ length: count }, (_, node) => node));
  for (let node = 0; node < count; node++) map.set(addresses, node * 16, node);
  return map;
}

/** Goes round through the addresses, `step` of them a call. */
class Walk {
  private next = 0;
  constructor(private readonly count: number) {}
  take(step: number): number {
    if (this.next + step > this.count) this.next = 0;
    const first = this.next;
    this.next += step;
    return first;
  }
}

/** Pointers to room in the core's memory for a batch of addresses and of record numbers. */
export interface Room {
  addresses: number;
  records: number;
}

/** An export that the hosts do not use: their lookups are in the packet path. */
interface BatchExports {
  findBindings(addresses: number, count: number, records: number): void;
}

/** Finds `count` addresses in the core, BATCH at a time; the sum of the record numbers. */
export function findInBatches(
  homeAgent: HomeAgent, room: Room, addresses: Memory, first: number, count: number,
): number {
  const exports = homeAgent.engine.exports as CoreExports & BatchExports;
  const words = new Uint32Array(exports.memory.buffer);
  let sum = 0;
  for (let at = first; at < first + count; at += BATCH) {
    const to = room.addresses >> 2;
    const from = at * 4;
    for (let word = 0; word < BATCH * 4; word++) words[to + word] = addresses.words[from + word];
    exports.findBindings(room.addresses, BATCH, room.records);
    for (let word = 0; word < BATCH; word++) sum += words[(room.records >> 2) + word];
  }
  return sum;
}

/** Finds `count` addresses in the core, one call each. */
export function findEach(
  homeAgent: HomeAgent, pointer: number, addresses: Memory, first: number, count: number,
): number {
  const { exports } = homeAgent.engine;
  const words = new Uint32Array(exports.memory.buffer);
  const to = pointer >> 2;
  let sum = 0;
  for (let from = first * 4; from < (first + count) * 4; from += 4) {
    words[to] = addresses.words[from];
    words[to + 1] = addresses.words[from + 1];
    words[to + 2] = addresses.words[from + 2];
    words[to + 3] = addresses.words[from + 3];
    sum += exports.findBinding(pointer, 0);
  }
  return sum;
}

export function findInMap(map: BindingMap, addresses: Memory, first: number, count: number): number {
  let sum = 0;
  for (let at = first * 16; at < (first + count) * 16; at += 16) sum += map.find(addresses, at);
  return sum;
}

export function lookupRoom(homeAgent: HomeAgent): Room {
  const { exports } = homeAgent.engine;
  return { addresses: exports.hostAlloc(BATCH * 16), records: exports.hostAlloc(BATCH * 4) };
}

/** What the lookups of a comparison share: the same bindings everywhere, found in the same order. */
interface Stage {
  count: number;
  homeAgent: HomeAgent;
  /** In the order of the lookups. */
  addresses: Memory;
  bigInts: BigIntMap;
}

function stageOf(module: WebAssembly.Module, count: number): Stage {
  const addresses = addressesOf(shuffled(count));
  const homeAgent = new HomeAgent(module, { nodes: count, bindings: count });
  return { count, homeAgent, addresses, bigInts: filled(new BigIntMap(), count) };
}

/** Lookups and nothing else. */
function compareLookups({ count, homeAgent, addresses, bigInts }: Stage, effort: Effort): Figure[] {
  const room = lookupRoom(homeAgent);
  const table = filled(new TypedTable(count), count);
  let sum = 0;
  const lookups = (name: string, find: (first: number, many: number) => number): Contestant => {
    const walk = new Walk(count);
    return { name, operations: AT_ONCE, run: () => { sum += find(walk.take(AT_ONCE), AT_ONCE); } };
  };
  const figures = compare([
    lookups("mext: findBindings, 64 at a time",
      (first, many) => findInBatches(homeAgent, room, addresses, first, many)),
    lookups("mext: findBinding, one call each",
      (first, many) => findEach(homeAgent, room.addresses, addresses, first, many)),
    lookups("JavaScript: Map keyed by BigInt", (first, many) => findInMap(bigInts, addresses, first, many)),
    lookups("JavaScript: hash table in typed arrays", (first, many) => findInMap(table, addresses, first, many)),
  ], effort);
  if (!Number.isFinite(sum)) throw new Error("a lookup found no number");
  return figures;
}

/** The whole packet path, each packet to another node: its destination is written into the slot first. */
function comparePaths({ count, homeAgent, addresses, bigInts }: Stage, effort: Effort): Figure[] {
  const { engine } = homeAgent;
  const forwarder = new Forwarder(BATCH, 2048, count, HOME_AGENT, bigInts, FASTEST_CHECKSUM);
  for (let binding = 0; binding < count; binding++) forwarder.setPath(binding, careofAddress(binding), Infinity);
  const packets = Array.from({ length: BATCH }, (_, slot) => toMobileNode(slot, 64));
  fill(engine, TUNNEL, packets);
  packets.forEach((packet, slot) => forwarder.fill(slot, packet));

  const path = (
    name: string, words: Uint32Array, slotPointer: (slot: number) => number, forward: () => void,
  ): Contestant => {
    const walk = new Walk(count);
    const destinations = packets.map((_, slot) => (slotPointer(slot) + DESTINATION) >> 2);
    return {
      name, operations: BATCH,
      run: () => {
        let from = walk.take(BATCH) * 4;
        for (const to of destinations) {
          for (let word = 0; word < 4; word++) words[to + word] = addresses.words[from++];
        }
        forward();
      },
    };
  };
  return compare([
    path("mext: 64-octet packets to random nodes, all of the packet path",
      new Uint32Array(engine.exports.memory.buffer), (slot) => engine.slotPointer(slot),
      () => engine.processSlots(homeAgent.now, BATCH)),
    path("JavaScript: the same packets, Map keyed by BigInt",
      forwarder.memory.words, (slot) => forwarder.slotPointer(slot),
      () => {
        forwarder.outputCount = 0;
        forwarder.sendAll(homeAgent.now, 0, BATCH);
      }),
  ], effort);
}

function run({ module, effort, quick, progress }: Context): Report {
  const count = quick ? 50_000 : 1_000_000;
  const bindings = `${count.toLocaleString("en")} bindings`;
  progress(`lookup: ${bindings}`);
  const stage = stageOf(module, count);
  progress("lookup: alone");
  const [batches, each, map, table] = compareLookups(stage, effort);
  progress("lookup: in the packet path");
  const [corePath, plainPath] = comparePaths(stage, effort);
  return {
    name: "lookup",
    title: `A binding among ${count.toLocaleString("en")}`,
    text: `Every lookup begins with the 16 octets of an address, in random order. A single lookup waits for memory two or
three times, one after the other; the packet path and findBindings let the lookups of a batch wait together. So
the core is at its best where it matters, in a batch, and the promise is for that; one call each is shown as well.`,
    per: "lookup or packet",
    rows: [
      row(batches),
      row(each, ratio(each, batches)),
      row(map, ratio(map, batches), `${ratio(map, each).value.toFixed(2)} times one call each`),
      row(table, ratio(table, batches)),
      row(corePath),
      row(plainPath, ratio(plainPath, corePath), "ratio to the row above"),
    ],
    promised: [
      {
        what: `Lookup among ${bindings}, in batches, against a Map keyed by BigInt`,
        value: ratio(map, batches).value, bound: PROMISED, sense: "at least", unit: "times",
      },
      {
        what: `Packet path with ${bindings}, against the same in plain JavaScript`,
        value: ratio(plainPath, corePath).value, bound: PROMISED, sense: "at least", unit: "times",
      },
    ],
  };
}

export const lookup: Benchmark = { name: "lookup", run };
