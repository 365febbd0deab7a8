/** The configuration of a correspondent node: a host that mobile nodes may bind direct routes to. */
import * as v from "valibot";
import { address } from "./address-field.ts";
import { daemonEntries } from "./daemon.ts";
import { duration, flag, integer, list, word } from "./field.ts";
import type { Report } from "./problem.ts";
import type { Good } from "./read-table.ts";
import { RETURN_ROUTABILITY_LIFETIME_MAX } from "./route-optimisation.ts";
import { reportDuplicates } from "./rules.ts";

/** MAX_OWN_ADDRESSES of the core's contract. */
const ADDRESSES_MAX = 16;

export const correspondentSchema = v.object({
  role: word(["correspondent"], { about: "What this file configures.", example: "correspondent" }),
  addresses: list(address({ about: "An address." }), {
    about: "The addresses of this host that mobile nodes talk to; the first one is the source of new " +
      "sessions with mobile nodes.",
    source: "RFC 6275 §8.2",
    example: ["2001:db8:200::1"],
  }),
  enabled: v.optional(flag({
    about: "Let mobile nodes bind routes. With false every attempt is refused, so that nodes know at once.",
    source: "RFC 6275 §8.2, §9.5.1",
  }), true),
  maxLifetimeMs: v.optional(duration("4s", RETURN_ROUTABILITY_LIFETIME_MAX, {
    about: "The longest binding that is granted; a longer one that a node asks for is shortened to it.",
    source: "RFC 6275 §9.5.1, §12",
  }), RETURN_ROUTABILITY_LIFETIME_MAX),
  testsPerSecond: v.optional(integer(1, 1_000_000, {
    about: "How many Home and Care-of Test Init messages are answered in a second, so that strangers cannot " +
      "use up this host's time.",
    source: "RFC 6275 §9.4, §15.4.5",
  }), 1000),
  maxBindings: v.optional(integer(1, 1_000_000, { about: "How many bindings are kept at most." }), 10_000),
  tunnel: daemonEntries.tunnel,
  control: daemonEntries.control,
  logLevel: daemonEntries.logLevel,
});

/** A checked correspondent file, with defaults filled in. Addresses are canonical text (RFC 5952). */
export type CorrespondentConfig = v.InferOutput<typeof correspondentSchema>;

/** What the fields must be together; the ones that are not good by themselves are left out. */
export function checkCorrespondent(
  { addresses = [] }: Good<typeof correspondentSchema>, report: Report,
): void {
  const all = addresses.map((value, index) => ({ field: `addresses[${index}]`, value }));
  reportDuplicates(all, "every address is named once", report);
  if (addresses.length <= ADDRESSES_MAX) return;
  const first = `addresses[${ADDRESSES_MAX}]`;
  report.problem(first, "is one address too many", `at most ${ADDRESSES_MAX} are possible`);
}
