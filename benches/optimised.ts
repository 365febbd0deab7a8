/**
 * Packets by the direct way (RFC 6275 §9.3, §11.3) against the same through the tunnel of the home agent.
 *
 * The direct way changes a packet in place, so each batch is made anew before it runs. That takes time, too:
 * it is a contestant of its own, and its time is subtracted round by round.
 */
import type { Engine } from "../bindings/engine.ts";
import { rate, row, type Benchmark, type Context, type Report } from "./benchmark.ts";
import { ACCESS, type Counting, TUNNEL, homeAddress } from "./home-agent.ts";
import { CorrespondentNode, OptimisedMobileNode, correspondentAddress } from "./peer-nodes.ts";
import { DIRECT_BYTES, directFromCorrespondent, directFromMobileNode } from "./peer-packets.ts";
import { echoRequest, fill, toMobileNode } from "./packets.ts";
import { compare, difference, ratio, type Contestant } from "./rounds.ts";
import { DIRECTIONS, loaded } from "./tunnel.ts";

export const BATCH = 64;
export const SIZES = [64, 512, 1400];
const TUNNEL_BYTES = 40;
/** What the direct way may change lies in the first 64 octets: IPv6 header and what is inserted or removed. */
const CHANGED_WORDS = 64 / 4;

/** A node with a batch in its slots. */
export class DirectWay {
  private readonly words: Int32Array;
  /** What the changed octets of each packet were. */
  private readonly saved: Int32Array;
  private readonly slots: Int32Array;

  constructor(
    readonly node: { engine: Engine; orders: Counting; now: number }, device: number, readonly packets: Uint8Array[],
  ) {
    const { engine } = node;
    fill(engine, device, packets);
    this.words = new Int32Array(engine.memory.buffer);
    this.slots = Int32Array.from(packets, (_, slot) => engine.slotPointer(slot) / 4);
    this.saved = new Int32Array(packets.length * CHANGED_WORDS);
    this.slots.forEach((at, slot) => this.saved.set(this.words.subarray(at, at + CHANGED_WORDS), slot * CHANGED_WORDS));
  }

  /** Makes the batch what it was: 64 octets of each packet. */
  restore(): void {
    const { words, saved, slots } = this;
    for (let slot = 0, from = 0; slot < slots.length; slot++) {
      const at = slots[slot];
      for (let word = 0; word < CHANGED_WORDS; word++) words[at + word] = saved[from++];
    }
  }

  process(): void {
    this.node.engine.processSlots(this.node.now, this.packets.length);
  }
}

const batch = (packet: (index: number) => Uint8Array) => Array.from({ length: BATCH }, (_, index) => packet(index));

function boundCorrespondent(module: WebAssembly.Module): CorrespondentNode {
  const correspondent = new CorrespondentNode(module, BATCH);
  correspondent.bind(BATCH);
  return correspondent;
}

/** Packets to and from 64 mobile nodes at a correspondent node, and to and from 64 correspondents at a mobile node. */
export const WAYS = [
  {
    name: "correspondent: type 2 routing header inserted",
    load: (module: WebAssembly.Module, octets: number) =>
      new DirectWay(boundCorrespondent(module), TUNNEL, batch((index) => toMobileNode(index, octets))),
  },
  {
    name: "mobile node: type 2 routing header removed, binding checked",
    load: (module: WebAssembly.Module, octets: number) => new DirectWay(
      new OptimisedMobileNode(module, BATCH), ACCESS,
      batch((index) => directFromCorrespondent(correspondentAddress(index), octets, index)),
    ),
  },
  {
    name: "mobile node: Home Address option inserted",
    load: (module: WebAssembly.Module, octets: number) => new DirectWay(
      new OptimisedMobileNode(module, BATCH), TUNNEL,
      batch((index) => echoRequest(homeAddress(0), correspondentAddress(index), octets, index)),
    ),
  },
  {
    name: "correspondent: Home Address option removed, binding checked",
    load: (module: WebAssembly.Module, octets: number) =>
      new DirectWay(boundCorrespondent(module), ACCESS, batch((index) => directFromMobileNode(index, octets))),
  },
];

function run({ module, effort, progress }: Context): Report {
  progress("optimised routes: exchanges");
  const tunnelled: Contestant[] = DIRECTIONS.flatMap(({ name, device, packet }) => SIZES.map((octets) => {
    const { engine, now } = loaded(module, device, (index) => packet(index, octets));
    return { name: `home agent: ${name}, ${octets} octets`, operations: BATCH, run: () => engine.processSlots(now, BATCH) };
  }));
  const ways = WAYS.flatMap(({ name, load }) => SIZES.map((octets) => (
    { name: `${name}, ${octets} octets`, way: load(module, octets) }
  )));
  const direct: Contestant[] = ways.flatMap(({ name, way }) => [
    { name, operations: BATCH, run: () => { way.restore(); way.process(); } },
    { name: "restore alone", operations: BATCH, run: () => way.restore() },
  ]);
  progress("optimised routes: rounds");
  const figures = compare([...tunnelled, ...direct], effort);
  for (const { name, way } of ways) {
    const refused = way.node.engine.counters().reduce((sum, count, reason) => (reason === 0 ? sum : sum + count), 0);
    if (refused > 0) throw new Error(`${name}: ${refused} packets were refused: there is nothing to measure`);
  }

  const homeAgent = figures.slice(0, tunnelled.length);
  const pairs = ways.map((_, index) => figures.slice(tunnelled.length + 2 * index, tunnelled.length + 2 * index + 2));
  const net = pairs.map(([whole, restore]) => difference(whole, restore));
  const restoreNs = pairs.map(([, restore]) => restore.ns);
  return {
    name: "optimised",
    title: "Packets by the direct way",
    text: `Batches of 64 as for the tunnel, at a correspondent node to which 64 mobile nodes are bound, and at a mobile node
that has optimised routes to 64 correspondents; every binding was made by return routability. Octets are those of
the packet as the hosts know it. Insertion and removal change the packet in place, so its first 64 octets are
written anew before each run: that alone took ${Math.min(...restoreNs).toFixed(1)} to ${Math.max(...restoreNs).toFixed(1)} ns a packet, was measured in the same rounds, and is
subtracted round by round; so these rows are noisier than those of the home agent, from which nothing is subtracted. Ratios are to
its encapsulation. A packet by the direct way passes one node at each end and no home agent.`,
    per: "packet",
    rows: [
      ...homeAgent.map((figure, index) => row(figure, index === 0 ? undefined : ratio(figure, homeAgent[0]), rate(figure.ns, "packets"))),
      ...net.map((figure) => row(figure, ratio(figure, homeAgent[0]), rate(figure.ns, "packets"))),
      { name: "Octets that the tunnel adds to a packet", note: `${TUNNEL_BYTES} octets` },
      { name: "Octets that the direct way adds to a packet", note: `${DIRECT_BYTES} octets` },
    ],
    promised: [],
  };
}

export const optimised: Benchmark = { name: "optimised", run };
