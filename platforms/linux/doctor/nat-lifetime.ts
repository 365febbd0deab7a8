/**
 * How long a NAT or firewall keeps a way back open. Every socket opens its mapping by a probe and is silent then,
 * each for another time; after that another socket asks the home agent to answer to the silent one's port:
 *
 *   silent socket    probe ─▶ NAT ─▶ home agent               …silence…        ◀─ NAT ◀─ answer, or not
 *   first socket                                              probe: answer there ─▶
 *
 * Nothing goes out from the silent socket in between, and each is used once: an answer may refresh the mapping.
 * All of them are silent at the same time, so the test lasts as long as the longest silence that is needed. A mapping
 * that has carried one packet each way is what is measured; some NATs keep those longer that have carried more.
 */
import { setMaxListeners } from "node:events";
import { askAgain, type Prober } from "./prober.ts";
import type { LifetimeResult, Way } from "./report.ts";

const TIMEOUT_MS = 1000;
const TRIES = 2;
/** When so many silences in a row were too long, longer ones need not be waited for. */
const ENOUGH = 2;
/** The shortest silence that is worth knowing of, s. */
const SHORTEST_S = 5;

/** Silences to try, s: from the shortest to the longest, each by the same factor longer. */
export function silences(longestS: number, count: number): number[] {
  const shortest = Math.min(SHORTEST_S, longestS);
  const factor = count > 1 ? (longestS / shortest) ** (1 / (count - 1)) : 1;
  const all = Array.from({ length: count }, (_, index) => Math.round(shortest * factor ** index));
  all[count - 1] = longestS;
  return [...new Set(all)];
}

/**
 * @param sockets that have sent nothing yet: one for each silence
 * @param report is told after each silence, in their order
 */
export async function measureLifetime(
  prober: Prober, way: Way, silencesS: readonly number[], sockets: readonly number[],
  report: (silenceS: number, held: boolean) => void = () => {},
): Promise<LifetimeResult | undefined> {
  const giveUp = new AbortController();
  setMaxListeners(0, giveUp.signal); // one for each silence
  let lostInARow = 0;
  const held = await Promise.all(silencesS.map(async (silenceS, index) => {
    const opened = await askAgain(prober, { way, socket: sockets[index] }, TIMEOUT_MS, TRIES);
    if (opened === undefined) return undefined;
    await prober.sleep(silenceS * 1000, giveUp.signal);
    if (giveUp.signal.aborted) return undefined;
    const answer = await askAgain(prober, { way, answerPort: opened.seenPort }, TIMEOUT_MS, TRIES);
    report(silenceS, answer !== undefined);
    lostInARow = answer === undefined ? lostInARow + 1 : 0;
    if (lostInARow === ENOUGH) giveUp.abort();
    return answer !== undefined;
  }));
  const tried = silencesS.filter((_, index) => held[index] !== undefined);
  if (tried.length === 0) return undefined;
  const lost = silencesS.filter((_, index) => held[index] === false);
  const lostS = lost.length === 0 ? undefined : Math.min(...lost);
  const before = silencesS.filter((silenceS, index) => held[index] === true && silenceS < (lostS ?? Infinity));
  return { heldS: Math.max(0, ...before), triedS: Math.max(...tried), ...(lostS !== undefined && { lostS }) };
}
