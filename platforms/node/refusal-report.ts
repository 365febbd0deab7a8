/** Tells now and then which packets were refused since the last time: a line for each reason, not for each packet. */
import type { RefusalCount } from "../../bindings/status.ts";

const EVERY_MS = 60_000;
/** What every host sees all the time. */
const ORDINARY: ReadonlySet<RefusalCount["reason"]> = new Set(["None", "NotForUs", "MessageNotForThisRole", "LinkLocalNotTunnelled", "MulticastNotTunnelled"]);

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
      // a core that was replaced counts from 0 again
      .map((refusal) => ({ ...refusal, packets: refusal.packets - Math.min(refusal.packets, this.#told.get(refusal.reason) ?? 0) }))
      .filter(({ packets }) => packets > 0);
    for (const { reason, packets } of refusals) this.#told.set(reason, packets);
    if (news.length === 0) return;
    this.#dueMs = nowMs + EVERY_MS;
    this.#report(news);
  }
}
