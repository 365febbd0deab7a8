/** Tells now and then which packets were refused: a line for each reason, not for each packet. */
import type { RefusalCount } from "../../bindings/status.ts";

const EVERY_MS = 60_000;
/** What every host sees all the time. */
const ORDINARY: ReadonlySet<RefusalCount["reason"]> = new Set([
  "None",
  "NotForUs",
  "MessageNotForThisRole",
  "LinkLocalNotTunnelled",
  "MulticastNotTunnelled",
]);

export class RefusalReport {
  readonly #report: (refusals: RefusalCount[]) => void;
  readonly #told = new Map<string, number>();
  #dueMs = 0;

  constructor(report: (refusals: RefusalCount[]) => void) {
    this.#report = report;
  }

  /** Compares the counters with those of the last report; `packets` of a report is the difference. */
  look(refusals: readonly RefusalCount[], nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    const news = refusals
      .filter(({ reason }) => !ORDINARY.has(reason))
      .map((refusal) => ({ ...refusal, packets: this.#newOf(refusal) }))
      .filter(({ packets }) => packets > 0);
    for (const { reason, packets } of refusals) this.#told.set(reason, packets);
    if (news.length === 0) return;
    this.#dueMs = nowMs + EVERY_MS;
    this.#report(news);
  }

  /** A core that was replaced counts from 0 again. */
  #newOf({ reason, packets }: RefusalCount): number {
    const told = this.#told.get(reason) ?? 0;
    return packets < told ? packets : packets - told;
  }
}
