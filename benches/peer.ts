/** The core against an implementation of the same packet path in Rust, in every runtime that is here. */
import { row, type Benchmark, type Context, type Report } from "./benchmark.ts";
import { NOT_BUILT, peerFolder } from "./peers/rust-build.ts";
import type { Comparison } from "./race.ts";
import { RUNTIMES } from "./race-runtimes.ts";
import { ratio } from "./rounds.ts";

const NAME = "peer";
const BINDINGS = 100_000;
const QUICK_BINDINGS = 10_000;

const TEXT = `The peer is benches/peer-rust: etherparse, smoltcp's wire layer and the HashMap of the standard library with foldhash,
built by wasm-pack with opt-level 3, LTO and SIMD; its checksum is ours, several times as fast as etherparse's. Both keep packets in their own linear memory, write outer headers
into the room before them, check the source of a tunnel, carry congestion marks over, count per packet and per
binding, and are called and drained by JavaScript in the same way; their packets are the same octet for octet
(test/peer). The core does more for each packet: it asks for role and device, for the encapsulation of the path among four
and for the age of its MTU, follows offloads, keeps the way back for answers, and writes orders with devices. The peer
does more where wasm-bindgen borrows its object in each call. The core's hash is keyed with secrets against chosen
addresses and its keys stand in the records, so that a single lookup waits for memory once more than in the HashMap; for
a batch it brings buckets and records near beforehand, which the peer does not. One a call is packet 0 again and again,
with its binding in the cache. A ratio is to the row above: over 1, the core is faster.`;

function rowsOf({ name, core, peer }: Comparison): Report["rows"] {
  return [
    { ...row(core), name: `${name}: mext` },
    { ...row(peer, ratio(peer, core)), name: `${name}: Rust` },
  ];
}

async function run({ coreBytes, effort, quick, progress }: Context): Promise<Report[]> {
  if (!peerFolder) throw new Error(NOT_BUILT);
  const reports: Report[] = [];
  for (const runtime of RUNTIMES) {
    const missing = await runtime.missing();
    if (missing) {
      progress(`${NAME}: ${runtime.name} is left out: ${missing} is not here`);
      continue;
    }
    progress(`${NAME}: ${runtime.name}`);
    const job = { effort, bindings: quick ? QUICK_BINDINGS : BINDINGS };
    const { version, comparisons } = await runtime.run({ core: coreBytes, peer: peerFolder }, job);
    reports.push({
      name: NAME, title: titleOf(runtime.name), text: reports.length === 0 ? TEXT : `${runtime.name} ${version}, as above.`,
      per: "packet or lookup", rows: comparisons.flatMap(rowsOf), promised: [],
    });
  }
  return reports;
}

function titleOf(runtime: string): string {
  return `The core and Rust, in ${runtime}`;
}

export const peer: Benchmark = {
  name: NAME,
  run,
  missing: () => (peerFolder ? undefined : NOT_BUILT),
  titles: RUNTIMES.map(({ name }) => titleOf(name)),
};
