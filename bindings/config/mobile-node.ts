/** The configuration of a mobile node: every field once, and what the fields must be together. */
import * as v from "valibot";
import { address } from "./address-field.ts";
import { daemonEntries, interfaceName, LIFETIME_MAX, LIFETIME_MIN } from "./daemon.ts";
import { checkReach, homeAgentEntries, keepaliveEntry, reachEntries } from "./dual-stack-reach.ts";
import { type About, duration, flag, integer, list, table, word } from "./field.ts";
import type { Report } from "./problem.ts";
import type { Good } from "./read-table.ts";
import { checkRouteOptimisation, routeOptimisationSchema } from "./route-optimisation.ts";
import { checkHomeAddress, reportDuplicates, reportUniqueLocal } from "./rules.ts";
import { securityEntries, type SecurityAssociation, type WithoutSecurity } from "./security.ts";

/** INITIAL_BINDACK_TIMEOUT and MAX_BINDACK_TIMEOUT of RFC 6275 §12. */
const INITIAL_BINDING_ACK_TIMEOUT = "1s";
const MAX_BINDING_ACK_TIMEOUT = "32s";
const HOLD_DOWN_MIN = "0ms";
const HOLD_DOWN_MAX = "1h";
/** Bits of the prefix of a home address (RFC 4291 §2.5.1). */
const HOME_PREFIX_LENGTH = 64;
/** What RFC 2526 §2 leaves to a prefix: behind it stand seven bits of anycast identifier. */
const HOME_PREFIX_LENGTH_MAX = 120;

function bindingAckTimeout(about: About) {
  return duration(INITIAL_BINDING_ACK_TIMEOUT, MAX_BINDING_ACK_TIMEOUT, about);
}

export const mobileNodeSchema = v.object({
  role: word(["mobile-node"], { about: "What this file configures.", example: "mobile-node" }),
  homeAddress: address({
    about: "The address that stays the same wherever the node is.",
    source: "RFC 6275 §4.1, §4.6",
    example: "2001:db8:100::17",
  }),
  ...homeAgentEntries,
  homePrefixLength: v.optional(integer(1, HOME_PREFIX_LENGTH_MAX, {
    about: "How many bits of the home address are the home prefix: by it the node knows its home link, and " +
      "asks for home agents.",
    source: "RFC 6275 §11.4.1, §11.5.5",
  }), HOME_PREFIX_LENGTH),
  identity: securityEntries.identity,
  authentication: securityEntries.authentication,
  spi: securityEntries.spi,
  key: securityEntries.key,
  keyFile: securityEntries.keyFile,
  replayProtection: securityEntries.replayProtection,
  ...reachEntries,
  tunnel: daemonEntries.tunnel,
  uplinks: list(interfaceName("An interface.", "wlan0"), {
    about: "The interfaces that care-of addresses come from, the preferred one first.",
    source: "RFC 6275 §11.5.4",
    example: ["wlan0", "wwan0"],
  }),
  holdDownMs: v.optional(duration(HOLD_DOWN_MIN, HOLD_DOWN_MAX, {
    about: "How long a preferred uplink must have been usable before the node returns to it, so that a link " +
      "that comes and goes does not move the traffic each time. A lost uplink is replaced at once.",
    source: "RFC 6275 §11.5.4",
  }), "2s"),
  lifetimeMs: v.optional(duration(LIFETIME_MIN, LIFETIME_MAX, {
    about: "How long a binding is asked for; the home agent may grant less.",
    source: "RFC 6275 §6.1.7, §11.7.1",
  }), "10m"),
  optimistic: v.optional(flag({
    about: "Use a care-of address before duplicate address detection has finished: a handover is about a " +
      "second shorter, and wrong only where another host has the same address.",
    source: "RFC 6275 §11.5.3",
  }), true),
  initialBindingAckTimeoutFirstRegistrationMs: v.optional(bindingAckTimeout({
    about: "How long the first binding update waits for its acknowledgement: the home agent may need the " +
      "time for duplicate address detection (InitialBindackTimeoutFirstReg).",
    source: "RFC 6275 §11.8, §13",
  }), "1500ms"),
  initialBindingAckTimeoutMs: v.optional(bindingAckTimeout({
    about: "How long any other binding update waits before it is sent again (INITIAL_BINDACK_TIMEOUT); the " +
      "wait doubles each time.",
    source: "RFC 6275 §11.8, §12",
  }), INITIAL_BINDING_ACK_TIMEOUT),
  maxBindingAckTimeoutMs: v.optional(bindingAckTimeout({
    about: "Where the doubling ends (MAX_BINDACK_TIMEOUT).",
    source: "RFC 6275 §11.8, §12",
  }), MAX_BINDING_ACK_TIMEOUT),
  correspondent: v.optional(flag({
    about: "Let other mobile nodes bind routes to this one: it is their correspondent node.",
    source: "RFC 6275 §8.2, §9",
  }), true),
  stateFile: daemonEntries.stateFile,
  control: daemonEntries.control,
  logLevel: daemonEntries.logLevel,
  keepalive: keepaliveEntry,
  routeOptimisation: v.optional(table(routeOptimisationSchema, {
    about: "With which peers packets take the direct way, and not the one through the home agent.",
    source: "RFC 6275 §11.6, §11.7.2",
  }), {}),
});

type Fields = v.InferOutput<typeof mobileNodeSchema>;

/** A checked mobile node file, with defaults filled in. Addresses are canonical text (RFC 5952). */
export interface MobileNodeConfig extends WithoutSecurity<Fields> {
  /** undefined: binding messages are not authenticated. */
  readonly association: SecurityAssociation | undefined;
}

/** What the fields must be together; the ones that are not good by themselves are left out. */
export function checkMobileNode(fields: Good<typeof mobileNodeSchema>, report: Report): void {
  const { homeAddress, homeAgent, uplinks, tunnel } = fields;
  if (homeAddress !== undefined) {
    checkHomeAddress("home_address", homeAddress, fields.homePrefixLength, homeAgent, report);
  }
  if (homeAgent?.includes(":")) reportUniqueLocal("home_agent", homeAgent, report);
  const names = (uplinks ?? []).map((value, index) => ({ field: `uplinks[${index}]`, value }));
  reportDuplicates(names, "every uplink is named once", report);
  for (const { field, value } of names) {
    if (value === tunnel) report.problem(field, "is the tunnel device", "must be another interface");
  }
  checkReach(fields, report);
  checkTimeouts(fields, report);
  checkRouteOptimisation(fields.routeOptimisation ?? {}, report);
}

function checkTimeouts(fields: Good<typeof mobileNodeSchema>, report: Report): void {
  const { maxBindingAckTimeoutMs: maximum = Infinity } = fields;
  const initial = {
    initial_binding_ack_timeout_first_registration: fields.initialBindingAckTimeoutFirstRegistrationMs,
    initial_binding_ack_timeout: fields.initialBindingAckTimeoutMs,
  };
  for (const [field, timeoutMs] of Object.entries(initial)) {
    if (timeoutMs === undefined || timeoutMs <= maximum) continue;
    report.problem(field, `is ${timeoutMs} ms`, `must be at most max_binding_ack_timeout, ${maximum} ms`);
  }
}
