/** What a person should look at when the home agent does not take a mobile node's Binding Updates. */
import { statusText } from "../../bindings/describe-names.ts";
import type { RefusalCount, UpdateStatus } from "../../bindings/status.ts";
import type { DaemonEvent } from "./daemon.ts";

/** From this transmission of a Binding Update on a person should look. */
export const UNANSWERED = 3;

/** States in which a Binding Update waits for its answer. */
const WAITING: ReadonlySet<UpdateStatus["state"]> = new Set([
  "Registering", "Updating", "Deregistering", "Removing",
]);

/** Reasons to refuse an answer that mean: it is not signed as we would sign it. */
const NOT_AUTHENTIC: ReadonlySet<RefusalCount["reason"]> = new Set([
  "AuthenticationFailed", "AuthenticationMissing", "AuthenticationRefusalDoubted",
]);

/** Of a Binding Acknowledgement (RFC 4285 §6). */
const AUTHENTICATION_FAILED = 146;
const SAME_ON_BOTH_SIDES = "are identity, spi and key the same on both sides?";

export class RegistrationWatch {
  /** By home address, since when Binding Updates wait, and how often the last one was sent. */
  readonly #waiting = new Map<string, { sinceMs: number; transmission: number }>();

  observe({ name, atMs, fields }: Pick<DaemonEvent, "name" | "atMs" | "fields">): void {
    const home = String(fields.homeAddress);
    if (name === "BindingAcknowledged") this.#waiting.delete(home);
    if (name !== "BindingUpdateSent") return;
    const { sinceMs } = this.#waiting.get(home) ?? { sinceMs: atMs };
    this.#waiting.set(home, { sinceMs, transmission: Number(fields.transmission) });
  }

  /** What is wrong now; `nowMs` is monotonic, as the times of the events are. */
  warnings(updates: readonly UpdateStatus[], refusals: readonly RefusalCount[], nowMs: number): string[] {
    return updates.flatMap((update) => {
      if (update.state === "Refused" && update.lastStatus !== undefined) return refusedText(update.lastStatus);
      const waiting = this.#waiting.get(update.homeAddress);
      if (!WAITING.has(update.state) || waiting === undefined || waiting.transmission < UNANSWERED) return [];
      const seconds = Math.round((nowMs - waiting.sinceMs) / 1000);
      const isForged = refusals.some(({ reason, packets }) => packets > 0 && NOT_AUTHENTIC.has(reason));
      return isForged
        ? `no authentic answer of the home agent for ${seconds} s: ${SAME_ON_BOTH_SIDES}`
        : `the home agent has not answered for ${seconds} s: is it reachable, are identity, spi, key and clock right?`;
    });
  }
}

/** What is said of a refusal by a Binding Acknowledgement with this status. */
export function refusedText(status: number): string {
  const remedy = status === AUTHENTICATION_FAILED ? `: ${SAME_ON_BOTH_SIDES}` : "";
  return `the home agent refuses: ${status} (${statusText(status)})${remedy}`;
}
