/** Route optimisation of a mobile node: with whom, from when on, for how long. */
import * as v from "valibot";
import { prefix } from "./address-field.ts";
import { duration, integer, tables, word } from "./field.ts";
import type { Report } from "./problem.ts";
import type { Good } from "./read-table.ts";
import { reportDuplicates } from "./rules.ts";

/** MAX_RR_BINDING_LIFETIME of RFC 6275 §12: a binding by return routability lasts no longer. */
export const RETURN_ROUTABILITY_LIFETIME_MAX = "420s";

/** MAX_ROUTE_RULES of the core's contract. */
const RULES_MAX = 64;

const POLICIES = ["never", "automatic", "always"] as const;

const ruleSchema = v.object({
  prefix: prefix({
    about: "The peers that the rule is for; of several rules for a peer the one with the longest prefix counts.",
    example: "2001:db8:200::/48",
  }),
  policy: word(POLICIES, { about: "As policy above, for these peers.", example: "never" }),
});

/** 6275-8.5-15; by default it is enabled (6275-8.5-16). */
export const routeOptimisationSchema = v.object({
  policy: v.optional(word(POLICIES, {
    about: "With whom no rule is for: \"automatic\" once there is traffic, \"always\" from the first packet " +
      "on; with \"never\" all packets go through the home agent, and peers do not learn where this node is.",
    source: "RFC 6275 §11.3.1, §11.7.2",
  }), "automatic"),
  afterPackets: v.optional(integer(1, 1_000_000, {
    about: "How many packets to or from one peer within 10 seconds are traffic, with \"automatic\".",
  }), 5),
  lifetimeMs: v.optional(duration("4s", RETURN_ROUTABILITY_LIFETIME_MAX, {
    about: "How long a binding at a peer is asked for; it is renewed while there is traffic.",
    source: "RFC 6275 §11.7.2, §12",
  }), RETURN_ROUTABILITY_LIFETIME_MAX),
  retryMs: v.optional(duration("1s", "24h", {
    about: "After how long a peer that does not take part is asked again.",
    source: "RFC 6275 §11.6.1",
  }), "1m"),
  rules: v.optional(tables(ruleSchema, { about: "A policy for some peers.", shown: false }), []),
});

/** Route optimisation in a checked mobile node file. */
export type RouteOptimisationConfig = v.InferOutput<typeof routeOptimisationSchema>;

/** What the rules must be together. */
export function checkRouteOptimisation(
  { rules = [] }: Good<typeof routeOptimisationSchema>, report: Report,
): void {
  const prefixes = (rules as Good<typeof ruleSchema>[]).flatMap(({ prefix }, at) => (
    prefix === undefined ? [] : [{ field: `route_optimisation.rule[${at}].prefix`, value: prefix }]
  ));
  reportDuplicates(prefixes, "every prefix has one rule", report);
  if (rules.length <= RULES_MAX) return;
  const first = `route_optimisation.rule[${RULES_MAX}]`;
  report.problem(first, "is one rule too many", `at most ${RULES_MAX} are possible`);
}
