/** The configuration of a home agent: every field once, and what the fields must be together. */
import * as v from "valibot";
import { contains, overlaps, parseAddress, parsePrefix } from "../address.ts";
import { address, prefix } from "./address-field.ts";
import { daemonEntries, LIFETIME_MAX, LIFETIME_MIN } from "./daemon.ts";
import { checkService, natEntry, nodeIpv4Entry, serviceEntries } from "./dual-stack-service.ts";
import { duration, integer, list, table, tables, word } from "./field.ts";
import { checkHomeLink, homeLinkSchema } from "./home-link.ts";
import {
  checkMobilePrefixAdvertisements, mobilePrefixAdvertisementsSchema,
} from "./mobile-prefix-advertisements.ts";
import type { Report } from "./problem.ts";
import type { Good } from "./read-table.ts";
import { checkHomeAddress, reportDuplicates, reportUniqueLocal, type Valued } from "./rules.ts";
import { securityEntries, type SecurityAssociation, type WithoutSecurity } from "./security.ts";

const nodeSchema = v.object({
  identity: securityEntries.identity,
  homeAddresses: list(address({ about: "An address." }), {
    about: "The home addresses that this node, and no other, may bind.",
    source: "RFC 6275 §10.3.1, §15.3",
    example: ["2001:db8:100::17"],
  }),
  ipv4HomeAddress: nodeIpv4Entry,
  authentication: securityEntries.authentication,
  spi: securityEntries.spi,
  key: securityEntries.key,
  keyFile: securityEntries.keyFile,
  replayProtection: securityEntries.replayProtection,
  maxLifetimeMs: v.optional(duration(LIFETIME_MIN, LIFETIME_MAX, {
    about: "The longest binding this node gets, instead of the home agent's max_lifetime.",
    example: "10m",
  })),
});

export const homeAgentSchema = v.object({
  role: word(["home-agent"], { about: "What this file configures.", example: "home-agent" }),
  address: address({
    about: "The address at which mobile nodes reach this home agent.",
    source: "RFC 6275 §10.1",
    example: "2001:db8:100::1",
  }),
  homePrefixes: list(prefix({ about: "A prefix." }), {
    about: "The prefixes of the home link; every home address must be in one of them.",
    source: "RFC 6275 §10.3.1",
    example: ["2001:db8:100::/64"],
  }),
  ...serviceEntries,
  tunnel: daemonEntries.tunnel,
  maxLifetimeMs: v.optional(duration(LIFETIME_MIN, LIFETIME_MAX, {
    about: "The longest binding that is granted; a longer one that a node asks for is shortened to it.",
    source: "RFC 6275 §10.3.1",
  }), "1h"),
  refreshAdviceMs: v.optional(duration(LIFETIME_MIN, LIFETIME_MAX, {
    about: "After how long nodes are advised to refresh a binding: less than max_lifetime, and only " +
      "without a state_file. Without it there is no advice.",
    source: "RFC 6275 §6.2.4, §10.3.1",
    example: "30m",
  })),
  maxBindings: v.optional(integer(1, 1_000_000, { about: "How many bindings are kept at most." }), 10_000),
  maxNodes: v.optional(integer(1, 1_000_000, { about: "How many nodes may be known at most." }), 10_000),
  // 4285-5.1-1: the default is 7 seconds.
  replayWindowMs: v.optional(duration("1ms", "1h", {
    about: "How far the clock of a mobile node may be from this host's, with replay_protection = " +
      "\"timestamp\". It should be more than 3 seconds.",
    source: "RFC 4285 §5.1, §6",
  }), "7s"),
  stateFile: daemonEntries.stateFile,
  control: daemonEntries.control,
  logLevel: daemonEntries.logLevel,
  nat: natEntry,
  homeLink: v.optional(table(homeLinkSchema, {
    about: "The home link, and what is advertised of its prefixes.",
    source: "RFC 6275 §7, §8.4",
  }), {}),
  mobilePrefixAdvertisements: v.optional(table(mobilePrefixAdvertisementsSchema, {
    about: "When nodes that are away learn what happens to the prefixes of the home link.",
    source: "RFC 6275 §10.6",
  }), {}),
  nodes: v.optional(tables(nodeSchema, { about: "A mobile node that may use this home agent." }), []),
});

type NodeFields = v.InferOutput<typeof nodeSchema>;
type Fields = v.InferOutput<typeof homeAgentSchema>;

/** A mobile node that the home agent serves. Addresses are canonical text (RFC 5952). */
export interface HomeAgentNodeConfig extends WithoutSecurity<NodeFields> {
  /** undefined: binding messages of this node are not authenticated. */
  readonly association: SecurityAssociation | undefined;
}

/** A checked home agent file, with defaults filled in. */
export interface HomeAgentConfig extends Omit<Fields, "nodes"> {
  readonly nodes: readonly HomeAgentNodeConfig[];
}

/** RFC 4285 §5.1 and §6: a smaller clock tolerance is unwise. */
const REPLAY_WINDOW_WISE_MS = 3_000;

/** What the fields must be together; the ones that are not good by themselves are left out. */
export function checkHomeAgent(fields: Good<typeof homeAgentSchema>, report: Report): void {
  const nodes = (fields.nodes ?? []) as Good<typeof nodeSchema>[];
  checkPrefixes(fields.homePrefixes ?? [], report);
  checkHomeAddresses(nodes, fields, report);
  reportDuplicates(valued(nodes, "identity"), "every node needs its own", report);
  // The home agent finds the association of a message by its index (RFC 4285 §3.1).
  reportDuplicates(valued(nodes, "spi"), "every node needs its own", report);
  checkRefreshAdvice(fields, nodes, report);
  checkLimits(fields, nodes, report);
  checkService(fields, nodes, report);
  checkHomeLink(fields.homeLink ?? {}, fields, report);
  checkMobilePrefixAdvertisements(fields.mobilePrefixAdvertisements ?? {}, report);
  if (fields.address !== undefined) reportUniqueLocal("address", fields.address, report);
}

/**
 * Who holds a key is taken for its node, so no two nodes may have the same (RFC 6275 §5.1; 6275-5.1-5). That keys are
 * random and reach their nodes safely is up to people.
 */
export function checkKeys(nodes: readonly HomeAgentNodeConfig[], report: Report): void {
  const first = new Map<string, number>();
  nodes.forEach(({ identity, association }, at) => {
    if (association === undefined) return;
    const octets = association.key.bytes().join();
    const earlier = first.get(octets);
    if (earlier === undefined) {
      first.set(octets, at);
      return;
    }
    const { line } = report.placeOf(keyField(earlier, report));
    const message = `is the key of ${nodes[earlier].identity} (line ${line}) and of ${identity}`;
    report.problem(keyField(at, report), message, "every node needs a random key of its own (RFC 6275 §5.1)");
  });
}

/** The field that gives node number `at` its key. */
function keyField(at: number, report: Report): string {
  const field = `node[${at}].key`;
  return report.document.places.has(field) ? field : `${field}_file`;
}

function checkPrefixes(prefixes: string[], report: Report): void {
  const parsed = prefixes.map(parsePrefix);
  parsed.forEach((prefix, index) => {
    const other = parsed.findIndex((earlier, at) => at < index && overlaps(earlier, prefix));
    if (other < 0) return;
    report.problem(`home_prefixes[${index}]`, `overlaps home_prefixes[${other}]`, "must be separate");
  });
}

function checkHomeAddresses(
  nodes: Good<typeof nodeSchema>[], fields: Good<typeof homeAgentSchema>, report: Report,
): void {
  const all = nodes.flatMap((node, at) => (node.homeAddresses ?? []).map((value, index) => {
    return { field: `node[${at}].home_addresses[${index}]`, value };
  }));
  reportDuplicates(all, "every home address has one owner", report);
  const prefixes = fields.homePrefixes?.map(parsePrefix);
  for (const { field, value } of all) {
    const bytes = parseAddress(value);
    const home = prefixes?.find((prefix) => contains(prefix, bytes));
    if (prefixes && !home) {
      // Every binding update for it would be refused: not home subnet (RFC 6275 §10.3.1).
      report.problem(field, `is "${value}", outside of the home prefixes`, "must be in one of home_prefixes");
    } else {
      checkHomeAddress(field, value, home?.lengthBits, fields.address, report);
    }
  }
}

function checkRefreshAdvice(
  fields: Good<typeof homeAgentSchema>, nodes: Good<typeof nodeSchema>[], report: Report,
): void {
  const { refreshAdviceMs, maxLifetimeMs = Infinity, stateFile } = fields;
  if (refreshAdviceMs === undefined) return;
  if (stateFile !== undefined) {
    // 6275-10.3.1-29: a binding that survives a restart needs no refresh.
    report.problem("refresh_advice", "is set beside state_file", "must be absent then (RFC 6275 §10.3.1)");
  }
  // 6275-10.3.1-31
  if (refreshAdviceMs >= maxLifetimeMs) {
    report.problem("refresh_advice", "is not less than max_lifetime", "must be less (RFC 6275 §10.3.1)");
  }
  nodes.forEach(({ maxLifetimeMs = Infinity }, at) => {
    const field = `node[${at}].max_lifetime`;
    if (refreshAdviceMs < maxLifetimeMs) return;
    report.problem(field, "is not more than refresh_advice", "must be more (RFC 6275 §10.3.1)");
  });
}

function checkLimits(
  fields: Good<typeof homeAgentSchema>, nodes: Good<typeof nodeSchema>[], report: Report,
): void {
  const { maxNodes = Infinity, replayWindowMs = Infinity } = fields;
  if (nodes.length > maxNodes) {
    report.problem("max_nodes", `is ${maxNodes}`, `must be at least ${nodes.length}, the number of nodes`);
  }
  if (replayWindowMs <= REPLAY_WINDOW_WISE_MS) {
    // 4285-5.1-2, 4285-6-5
    report.warning("replay_window", `is ${replayWindowMs} ms`, "should be more than 3 seconds (RFC 4285 §6)");
  }
}

function valued(nodes: Good<typeof nodeSchema>[], name: "identity" | "spi"): Valued[] {
  return nodes.flatMap((node, at) => {
    const value = node[name];
    return value === undefined ? [] : [{ field: `node[${at}].${name}`, value }];
  });
}
