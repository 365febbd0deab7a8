/**
 * Parse, checksum and encapsulate packets of 1,400 octets, against plain JavaScript.
 *
 * The core verifies a checksum where it is the receiver, and encapsulates what it forwards, so each
 * operation is two packets of 1,400 octets in one batch: an ICMPv6 message to the home agent, of
 * which headers are walked and the checksum over 1,360 octets is verified, and a packet from the
 * tunnel device, of which the binding is found and the outer header written. The peer does both.
 */
import { row, type Benchmark, type Context, type Report } from "./benchmark.ts";
import { ACCESS, HOME_AGENT, HomeAgent, TUNNEL, careofAddress, homeAddress } from "./home-agent.ts";
import { fill, toHomeAgent, toMobileNode } from "./packets.ts";
import { BigIntMap, StringMap, TypedTable, type BindingMap } from "./peers/binding-maps.ts";
import { CHECKSUMS, FASTEST_CHECKSUM, fold, type Checksum } from "./peers/checksum.ts";
import { Forwarder } from "./peers/forwarder.ts";
import { compare, fastest, ratio, type Effort, type Figure } from "./rounds.ts";

export const BATCH = 64;
const OCTETS = 1400;
const HEADER_BYTES = 40;
const PROMISED = 3.5;

/** The core with a batch in its slots: first the packets to verify, then those to encapsulate. */
export function loadedHomeAgent(module: WebAssembly.Module, octets = OCTETS): HomeAgent {
  const homeAgent = new HomeAgent(module, { nodes: BATCH, bindings: BATCH, slots: 2 * BATCH });
  fill(homeAgent.engine, ACCESS, batch((index) => toHomeAgent(index, octets)));
  fill(homeAgent.engine, TUNNEL, batch((index) => toMobileNode(index, octets)), BATCH);
  return homeAgent;
}

/** A peer with the same batch. */
export function loadedForwarder(map: BindingMap, checksum: Checksum, octets = OCTETS): Forwarder {
  const forwarder = new Forwarder(2 * BATCH, 2048, BATCH, HOME_AGENT, map, checksum);
  for (let index = 0; index < BATCH; index++) {
    forwarder.bind(index, homeAddress(index), careofAddress(index), Infinity);
    forwarder.fill(index, toHomeAgent(index, octets));
    forwarder.fill(BATCH + index, toMobileNode(index, octets));
  }
  return forwarder;
}

function batch(packet: (index: number) => Uint8Array): Uint8Array[] {
  return Array.from({ length: BATCH }, (_, index) => packet(index));
}

/**
 * All peers have the fastest checksum, and there are no more of them: a call that meets many kinds of
 * Map or checksum is one that V8 no longer inlines, and a peer must not suffer from its neighbours.
 */
export function peers(): { name: string; forwarder: Forwarder; isPlain: boolean }[] {
  return [new StringMap(), new BigIntMap(), new TypedTable(BATCH)].map((map) => ({
    name: `JavaScript: ${map.name}`, forwarder: loadedForwarder(map, FASTEST_CHECKSUM),
    isPlain: !(map instanceof TypedTable),
  }));
}

/** The checksums alone, over the octets of the same packets. */
function compareChecksums(effort: Effort): Figure[] {
  const forwarder = loadedForwarder(new StringMap(), FASTEST_CHECKSUM);
  return compare(CHECKSUMS.map(({ name, sum, swap }) => ({
    name: `JavaScript: checksum alone, ${name}`, operations: BATCH,
    run: () => {
      for (let slot = 0; slot < BATCH; slot++) {
        const message = forwarder.slotPointer(slot) + HEADER_BYTES;
        folded ^= fold(sum(forwarder.memory, message, OCTETS - HEADER_BYTES), swap);
      }
    },
  })), effort);
}
/** A result that nobody reads might be left out. */
let folded = 0;

function run({ module, effort, progress }: Context): Report {
  progress("parse, checksum and encapsulate");
  const homeAgent = loadedHomeAgent(module);
  const all = peers();
  const [core, ...figures] = compare([
    { name: "mext", operations: BATCH, run: () => homeAgent.engine.processSlots(homeAgent.now, 2 * BATCH) },
    ...all.map(({ name, forwarder }) => ({
      name, operations: BATCH,
      run: () => {
        forwarder.outputCount = 0;
        forwarder.receiveAll(0, BATCH);
        forwarder.sendAll(homeAgent.now, BATCH, 2 * BATCH);
      },
    })),
  ], effort);
  const checksums = compareChecksums(effort);
  const best = fastest(figures.filter((_, index) => all[index].isPlain));
  const note = (figure: Figure) => (figure === best ? "the faster Map" : undefined);
  const plain = `${best.name.replace("JavaScript: ", "")}, checksum ${FASTEST_CHECKSUM.name}`;
  return {
    name: "encapsulate",
    title: `Parse, checksum and encapsulate ${OCTETS} octets`,
    text: `One operation verifies the checksum of one packet of ${OCTETS} octets and encapsulates another (the core does not
verify what it only forwards), in batches of 64 of each, drained by the bindings. The peers do the same on the same
octets in typed arrays without allocating, with the fastest checksum that we could write (below, for one packet).
The promise is against the faster Map; the hash table is the core's own design written in JavaScript.`,
    per: "two packets",
    rows: [
      row(core),
      ...figures.map((figure) => row(figure, ratio(figure, core), note(figure))),
      ...checksums.map((figure) => row(figure)),
    ],
    promised: [{
      what: `Parse, checksum and encapsulate ${OCTETS} octets against plain JavaScript (${plain})`,
      value: ratio(best, core).value, bound: PROMISED, sense: "at least", unit: "times",
    }],
  };
}

export const encapsulate: Benchmark = { name: "encapsulate", run };
