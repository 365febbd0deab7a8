/**
 * Measures what a network allows, by probes to the home agent:
 *
 *   1. each way that there is, at the same time           does a packet come back?
 *   2. the data path of plain IPv6                        do tunnelled packets pass as well?
 *   3. UDP over IPv4: NAT or not, and its kind
 *   4. the path MTU of each way that passes;
 *      meanwhile sockets are silent, to see how long the NAT remembers them
 */
import { askAgain, type Answer, type Prober } from "./prober.ts";
import { measureLifetime, silences } from "./nat-lifetime.ts";
import { measureNat } from "./nat.ts";
import { measurePathMtu } from "./path-mtu.ts";
import { type LifetimeResult, type NatResult, type Way, type WayResult, WAYS } from "./report.ts";

const TIMEOUT_MS = 700;
const TRIES = 3;
/** Sockets 0 to 3 are compared with each other, 4 and 5 test filtering; the others may be silent. */
const SPARE_SOCKET = 4;
export const FIRST_SILENT_SOCKET = 6;

export interface MeasureOptions {
  /** Of the interface, octets. */
  readonly linkMtu: number;
  /** The longest silence of the test of the NAT's memory, s; 0: no test. */
  readonly silenceS: number;
  /** In how many steps. */
  readonly silenceSteps: number;
  /** Ways that the configuration lets a mobile node use. */
  readonly allowed: readonly Way[];
  /** For people who wait. */
  readonly progress: (text: string) => void;
}

export interface Measurement {
  readonly ways: readonly WayResult[];
  /** Whether tunnelled packets pass by plain IPv6 as Mobility Headers do; undefined: not tried. */
  readonly ipv6Tunnelled?: boolean;
  readonly nat?: NatResult;
  readonly lifetime?: LifetimeResult;
  readonly clockAheadMs?: number;
}

export async function measure(prober: Prober, options: MeasureOptions): Promise<Measurement> {
  const { allowed, linkMtu, progress } = options;
  progress("asking the home agent by every way");
  const answers = new Map<Way, Answer>();
  const results = await Promise.all(WAYS.map((way) => tryWay(prober, way, allowed, answers))); // 1
  const tunnelled = answers.has("Ipv6") // 2
    ? (await askAgain(prober, { way: "Ipv6", tunnelled: true }, TIMEOUT_MS, TRIES)) !== undefined
    : undefined;
  const byUdp = answers.get("UdpIpv4"); // of IPv6 only the first socket has an address
  if (byUdp) progress("looking for a NAT");
  const nat = byUdp && (await measureNat(prober, "UdpIpv4", byUdp, SPARE_SOCKET)); // 3
  const [mtus, lifetime] = await Promise.all([ // 4
    measureMtus(prober, linkMtu, answers, progress),
    byUdp && options.silenceS > 0 ? lifetimeOf(prober, options) : undefined,
  ]);
  return {
    ways: results.map((result) => {
      const pathMtu = mtus.get(result.way);
      return { ...result, linkMtu, ...(pathMtu !== undefined && { pathMtu }) };
    }),
    ...(tunnelled !== undefined && { ipv6Tunnelled: tunnelled }),
    ...(nat && { nat }),
    ...(lifetime && { lifetime }),
    ...clockOf([...answers.values()]),
  };
}

async function tryWay(
  prober: Prober, way: Way, allowed: readonly Way[], answers: Map<Way, Answer>,
): Promise<WayResult> {
  const common = { way, allowed: allowed.includes(way) };
  const obstacle = prober.obstacle(way);
  if (obstacle !== undefined) return { ...common, ...obstacle };
  const answer = await askAgain(prober, { way }, TIMEOUT_MS, TRIES);
  if (answer === undefined) return { ...common, passage: "blocked" };
  answers.set(way, answer);
  const { roundTripMs, seenAddress, seenPort } = answer;
  const seen = { ...(seenAddress && { seenAddress }), ...(seenPort !== 0 && { seenPort }) };
  return { ...common, passage: "passes", roundTripMs, ...seen };
}

async function measureMtus(
  prober: Prober, linkMtu: number, answers: ReadonlyMap<Way, Answer>, progress: (text: string) => void,
): Promise<Map<Way, number>> {
  if (answers.size > 0) progress("measuring path MTUs");
  const measured = await Promise.all([...answers].map(async ([way, answer]) =>
    [way, await measurePathMtu(prober, way, linkMtu, answer)] as const));
  return new Map(measured.flatMap(([way, mtu]) => (mtu === undefined ? [] : [[way, mtu]])));
}

function lifetimeOf(
  prober: Prober, { silenceS, silenceSteps, progress }: MeasureOptions,
): Promise<LifetimeResult | undefined> {
  const room = Math.max(1, Math.min(silenceSteps, prober.sockets - FIRST_SILENT_SOCKET));
  const all = silences(silenceS, room);
  progress(`silent for up to ${silenceS} s, to see how long the way back stays open`);
  return measureLifetime(prober, "UdpIpv4", all, all.map((_, index) => FIRST_SILENT_SOCKET + index), (silence, held) =>
    progress(`${held ? "still open" : "closed"} after ${silence} s of silence`));
}

/** The answer that was fastest tells the clock best. */
function clockOf(answers: readonly Answer[]): { clockAheadMs?: number } {
  const [best] = answers.filter(({ clockAheadMs }) => clockAheadMs !== undefined)
    .sort((a, b) => a.roundTripMs - b.roundTripMs);
  return best === undefined ? {} : { clockAheadMs: best.clockAheadMs };
}
