/** The home link of a home agent: where it is, and what router advertisements say of it. */
import * as v from "valibot";
import { contains, parseAddress, parsePrefix } from "../address.ts";
import { address, prefix } from "./address-field.ts";
import { interfaceName } from "./daemon.ts";
import { duration, fileKey, flag, integer, tables } from "./field.ts";
import type { Report } from "./problem.ts";
import type { Good } from "./read-table.ts";
import { reportDuplicates } from "./rules.ts";

/** Prefix Information options have lifetimes of 32 bits, and all ones mean for ever (RFC 4861 §4.6.2). */
const PREFIX_LIFETIME_MAX = "4294967294s";

const prefixSchema = v.object({
  prefix: prefix({ about: "One of home_prefixes.", example: "2001:db8:100::/64" }),
  validLifetimeMs: v.optional(duration("0s", PREFIX_LIFETIME_MAX, {
    about: "How long addresses with this prefix are valid, counted from the start of the daemon. Without it: " +
      "for ever.",
    source: "RFC 4861 §4.6.2, RFC 6275 §10.6",
    example: "30h",
  })),
  preferredLifetimeMs: v.optional(duration("0s", PREFIX_LIFETIME_MAX, {
    about: "How long they are preferred for new sessions: at most valid_lifetime. Without it: as valid_lifetime.",
    source: "RFC 4861 §4.6.2, RFC 6275 §10.6",
    example: "7h",
  })),
  routerAddress: v.optional(address({
    about: "The home agent's own address with this prefix, advertised as a whole. Without it: address, where " +
      "that has this prefix.",
    source: "RFC 6275 §7.2",
    example: "2001:db8:100::1",
  })),
});

export const homeLinkSchema = v.object({
  interface: v.optional(interfaceName(
    "The interface of the home link: the home agent speaks for nodes that are away, and lets them return. " +
      "Without it the home link is a virtual one: the home prefixes are routed to this host, and no node is " +
      "ever at home.",
    "eth1",
  )),
  advertise: v.optional(flag({
    about: "Send router advertisements on the home link; no other program on this host may send them there.",
    source: "RFC 6275 §7, §8.4",
  }), true),
  preference: v.optional(integer(0, 65_535, {
    about: "Among the home agents of the link, mobile nodes take the one with the largest number.",
    source: "RFC 6275 §7.4, §10.5",
  }), 0),
  routerLifetimeMs: v.optional(duration("0s", "9000s", {
    about: "How long hosts of the home link may use this host as their default router; 0s: not at all.",
    source: "RFC 4861 §6.2.1",
  }), "30m"),
  lifetimeMs: v.optional(duration("1s", "65535s", {
    about: "How long other home agents may list this one. Without it: as router_lifetime.",
    source: "RFC 6275 §7.4",
    example: "30m",
  })),
  // 6275-7.5-7: without these two, the intervals of RFC 4861.
  minIntervalMs: v.optional(duration("30ms", "1350s", {
    about: "The shortest time between two advertisements: at most three quarters of max_interval. Without " +
      "it: a third of max_interval, or these three quarters where that is below 9s.",
    source: "RFC 4861 §6.2.1, RFC 6275 §7.5",
    example: "198s",
  })),
  maxIntervalMs: v.optional(duration("70ms", "1800s", {
    about: "The longest time between two advertisements. A returning node is faster where it is short.",
    source: "RFC 4861 §6.2.1, RFC 6275 §7.5",
  }), "10m"),
  minDelayMs: v.optional(duration("30ms", "3s", {
    about: "The shortest time between two advertisements that answer solicitations (MinDelayBetweenRAs).",
    source: "RFC 6275 §7.5, §13",
  }), "3s"),
  intervalOption: v.optional(flag({
    about: "Say in each advertisement when the next one comes at the latest.",
    source: "RFC 6275 §7.3",
  }), true),
  unsolicited: v.optional(flag({
    about: "Advertise without being asked.",
    source: "RFC 6275 §8.4",
  }), true),
  prefixes: v.optional(tables(prefixSchema, {
    about: "What is said of one of home_prefixes, in router advertisements and in Mobile Prefix Advertisements.",
    source: "RFC 6275 §7.2, §10.6",
  }), []),
});

/** The home link of a checked home agent file. Addresses and prefixes are canonical text. */
export type HomeLinkConfig = v.InferOutput<typeof homeLinkSchema>;

/** What the home link must be together with the rest of the file. */
export function checkHomeLink(
  link: Good<typeof homeLinkSchema>,
  { address, homePrefixes, tunnel }: { address?: string; homePrefixes?: string[]; tunnel?: string },
  report: Report,
): void {
  if (link.interface === undefined) reportUnused(report);
  else if (link.interface === tunnel) {
    report.problem("home_link.interface", "is the tunnel device", "must be another interface");
  } else if (address !== undefined && homePrefixes !== undefined) {
    const isThere = homePrefixes.some((text) => contains(parsePrefix(text), parseAddress(address)));
    if (!isThere) {
      const expected = "must be in one of home_prefixes when home_link has an interface";
      report.problem("address", `is "${address}", outside of the home prefixes`, expected);
    }
  }
  checkIntervals(link, report);
  checkPrefixes((link.prefixes ?? []) as Good<typeof prefixSchema>[], homePrefixes, report);
}

/** Advertising needs a link: what a person sets has an effect, or is warned of. */
function reportUnused(report: Report): void {
  for (const [property, field] of Object.entries(homeLinkSchema.entries)) {
    const path = `home_link.${fileKey(property, field)}`;
    if (property === "prefixes" || !report.document.keyPlaces.has(path)) continue;
    report.warning(path, "is set for a virtual home link", "has no effect without home_link.interface");
  }
}

function checkIntervals(link: Good<typeof homeLinkSchema>, report: Report): void {
  const { minIntervalMs, maxIntervalMs = Infinity, routerLifetimeMs } = link;
  if (minIntervalMs !== undefined && minIntervalMs > maxIntervalMs * 0.75) {
    const expected = `must be at most ${maxIntervalMs * 0.75} ms, three quarters of max_interval (RFC 4861 §6.2.1)`;
    report.problem("home_link.min_interval", `is ${minIntervalMs} ms`, expected);
  }
  if (routerLifetimeMs && maxIntervalMs !== Infinity && routerLifetimeMs < maxIntervalMs) {
    const expected = `must be 0s or at least max_interval, ${maxIntervalMs} ms (RFC 4861 §6.2.1)`;
    report.problem("home_link.router_lifetime", `is ${routerLifetimeMs} ms`, expected);
  }
}

function checkPrefixes(
  prefixes: Good<typeof prefixSchema>[], homePrefixes: string[] | undefined, report: Report,
): void {
  const named = prefixes.flatMap(({ prefix }, at) => (
    prefix === undefined ? [] : [{ field: `home_link.prefix[${at}].prefix`, value: prefix }]
  ));
  reportDuplicates(named, "every prefix is described once", report);
  for (const { field, value } of named) {
    if (homePrefixes === undefined || homePrefixes.includes(value)) continue;
    report.problem(field, `is "${value}"`, "must be one of home_prefixes");
  }
  prefixes.forEach(({ prefix, routerAddress, validLifetimeMs = Infinity, preferredLifetimeMs }, at) => {
    const path = `home_link.prefix[${at}]`;
    if (preferredLifetimeMs !== undefined && preferredLifetimeMs > validLifetimeMs) {
      const expected = "must be at most as long (RFC 4861 §4.6.2)";
      report.problem(`${path}.preferred_lifetime`, "is more than valid_lifetime", expected);
    }
    if (routerAddress === undefined || prefix === undefined) return;
    if (contains(parsePrefix(prefix), parseAddress(routerAddress))) return;
    report.problem(`${path}.router_address`, `is "${routerAddress}"`, `must have the prefix ${prefix}`);
  });
}
