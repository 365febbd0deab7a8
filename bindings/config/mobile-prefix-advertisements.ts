/** How a home agent tells nodes that are away what happens to the home prefixes. */
import * as v from "valibot";
import { duration, flag } from "./field.ts";
import type { Report } from "./problem.ts";
import type { Good } from "./read-table.ts";

export const mobilePrefixAdvertisementsSchema = v.object({
  enabled: v.optional(flag({
    about: "Send Mobile Prefix Advertisements to nodes that are away from home.",
    source: "RFC 6275 §8.4, §10.6",
  }), true),
  // 6275-13-1
  minIntervalMs: v.optional(duration("1s", "24h", {
    about: "The shortest time between two that were not asked for (MinMobPfxAdvInterval).",
    source: "RFC 6275 §10.6.2, §13",
  }), "10m"),
  maxIntervalMs: v.optional(duration("1s", "720h", {
    about: "After how long a node is told even when nothing has changed (MaxMobPfxAdvInterval).",
    source: "RFC 6275 §10.6.2, §13",
  }), "24h"),
});

/** Mobile Prefix Advertisements in a checked home agent file. */
export type MobilePrefixAdvertisementsConfig = v.InferOutput<typeof mobilePrefixAdvertisementsSchema>;

/** What the intervals must be together. */
export function checkMobilePrefixAdvertisements(
  { minIntervalMs = 0, maxIntervalMs = Infinity }: Good<typeof mobilePrefixAdvertisementsSchema>, report: Report,
): void {
  if (minIntervalMs <= maxIntervalMs) return;
  const expected = `must be at most max_interval, ${maxIntervalMs} ms`;
  report.problem("mobile_prefix_advertisements.min_interval", `is ${minIntervalMs} ms`, expected);
}
