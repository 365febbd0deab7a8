/**
 * Routing policy rules (RTM_*RULE), which the kernel reads in the order of their priority before it
 * looks into any table.
 *
 *   fib_rule_hdr, 12 bytes:  0 family  1 to length  2 from length  3 traffic class
 *                            4 table   7 action     8 flags (32 bits)
 */

import { familyOf, type PrefixBytes, prefixBytes, prefixText, unspecified } from "./address-text.ts";
import { AF_INET, AF_INET6 } from "./constants.ts";
import {
  decodeAttributes, type NetlinkMessage, NetlinkRequest, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL,
  number32,
} from "./netlink-codec.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";

const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const RTM_GETRULE = 34;

const RULE_HEADER_BYTES = 12;
const TO_LENGTH = 1;
const FROM_LENGTH = 2;
const TABLE = 4;
const ACTION = 7;
const FLAGS = 8;

const FIB_RULE_INVERT = 0x2;

const FRA_DST = 1;
const FRA_SRC = 2;
const FRA_PRIORITY = 6;
const FRA_FWMARK = 10;
const FRA_TABLE = 15;
const FRA_IP_PROTO = 22;

const ACTIONS = { lookup: 1, blackhole: 6, unreachable: 7, prohibit: 8 } as const;
export type RuleAction = keyof typeof ACTIONS;

export interface Rule {
  /** Smaller is read earlier; the kernel's own are 0 (local table) and 32766 (main table). */
  readonly priority: number;
  /** Of a rule that names no prefix; default: IPv6. */
  readonly family?: "ipv4" | "ipv6";
  /** For packets to this prefix. */
  readonly to?: string;
  /** For packets from this prefix. */
  readonly from?: string;
  /** For this protocol. The kernel compares with the last of the chain, behind all extension headers. */
  readonly protocol?: number;
  readonly mark?: number;
  /** For packets to which all the above does not apply: "not from all fwmark 7". */
  readonly inverted?: boolean;
  readonly action: RuleAction;
  /** For "lookup". */
  readonly table?: number;
}

/** Adds a rule; throws SystemError EEXIST when there is one like it. */
export function addRule(netlink: NetlinkSocket, rule: Rule): void {
  netlink.request(ruleRequest(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule), `add rule ${ruleText(rule)}`);
}

/** Removes the first rule that has all that is given; throws SystemError ENOENT when there is none. */
export function removeRule(netlink: NetlinkSocket, rule: Rule): void {
  const hint = "there is no such rule (any more)";
  netlink.request(ruleRequest(RTM_DELRULE, 0, rule), `remove rule ${ruleText(rule)}`, hint);
}

/** The rules of a family (IPv6 if not said otherwise), in the order they are read. */
export function listRules(netlink: NetlinkSocket, family: number = AF_INET6): Rule[] {
  const fixed = Buffer.alloc(RULE_HEADER_BYTES);
  fixed.writeUInt8(family, 0);
  return netlink.dump(new NetlinkRequest(RTM_GETRULE, NLM_F_DUMP, fixed), "list rules").map(decodeRule);
}

/** A rule as people know it from `ip -6 rule`. */
export function ruleText(rule: Rule): string {
  const parts = [`priority ${rule.priority}`, `${rule.inverted ? "not " : ""}from ${rule.from ?? "all"}`];
  if (rule.to !== undefined) parts.push(`to ${rule.to}`);
  if (rule.protocol !== undefined) parts.push(`ipproto ${rule.protocol}`);
  if (rule.mark !== undefined) parts.push(`fwmark ${rule.mark}`);
  parts.push(rule.action === "lookup" ? `lookup ${rule.table}` : rule.action);
  return parts.join(" ");
}

function ruleRequest(type: number, flags: number, rule: Rule): NetlinkRequest {
  const to = rule.to === undefined ? undefined : prefixBytes(rule.to);
  const from = rule.from === undefined ? undefined : prefixBytes(rule.from);
  const any: PrefixBytes | undefined = to ?? from;
  const fixed = Buffer.alloc(RULE_HEADER_BYTES);
  const family = rule.family === "ipv4" ? AF_INET : AF_INET6;
  fixed.writeUInt8(any === undefined ? family : familyOf(any.address), 0);
  fixed.writeUInt8(to?.lengthBits ?? 0, TO_LENGTH);
  fixed.writeUInt8(from?.lengthBits ?? 0, FROM_LENGTH);
  fixed.writeUInt8(rule.table !== undefined && rule.table < 256 ? rule.table : 0, TABLE);
  fixed.writeUInt8(ACTIONS[rule.action], ACTION);
  fixed.writeUInt32LE(rule.inverted ? FIB_RULE_INVERT : 0, FLAGS);
  const request = new NetlinkRequest(type, NLM_F_ACK | flags, fixed);
  if (to !== undefined) request.attribute(FRA_DST, to.address);
  if (from !== undefined) request.attribute(FRA_SRC, from.address);
  return request
    .attribute32(FRA_PRIORITY, rule.priority)
    .attribute32(FRA_FWMARK, rule.mark)
    .attribute32(FRA_TABLE, rule.table)
    .attribute8(FRA_IP_PROTO, rule.protocol);
}

function decodeRule(message: NetlinkMessage): Rule {
  const payload = message.payload;
  const attributes = decodeAttributes(payload, RULE_HEADER_BYTES);
  const prefix = (type: number, lengthOffset: number): string | undefined => {
    const lengthBits = payload.readUInt8(lengthOffset);
    if (lengthBits === 0) return undefined;
    return prefixText(attributes.get(type) ?? unspecified(payload[0]), lengthBits);
  };
  const actionNumber = payload.readUInt8(ACTION);
  const action = (Object.keys(ACTIONS) as RuleAction[]).find((name) => ACTIONS[name] === actionNumber);
  const table = number32(attributes.get(FRA_TABLE)) ?? payload.readUInt8(TABLE);
  return {
    priority: number32(attributes.get(FRA_PRIORITY)) ?? 0,
    to: prefix(FRA_DST, TO_LENGTH),
    from: prefix(FRA_SRC, FROM_LENGTH),
    protocol: attributes.get(FRA_IP_PROTO)?.readUInt8(0),
    mark: number32(attributes.get(FRA_FWMARK)),
    inverted: (payload.readUInt32LE(FLAGS) & FIB_RULE_INVERT) !== 0 || undefined,
    // the kernel has more actions (goto, nop), which we neither make nor need
    action: action ?? "lookup",
    table: action === "lookup" ? table : undefined,
  };
}
