/** With which correspondents a mobile node optimises: what people have configured (RFC 6275 §11.7.2). */
import {
  MAX_ROUTE_RULES, ROUTE_OPTIMISATION_AFTER_PACKETS, ROUTE_OPTIMISATION_LIFETIME, ROUTE_OPTIMISATION_POLICY,
  ROUTE_OPTIMISATION_RETRY, ROUTE_OPTIMISATION_RULES, ROUTE_OPTIMISATION_RULE_COUNT, ROUTE_RULE_BYTES,
  ROUTE_RULE_LENGTH, ROUTE_RULE_POLICY, ROUTE_RULE_PREFIX, Refusal, RoutePolicy,
} from "../abi/contract";
import { LIFETIME_UNIT_MS, MAX_RR_BINDING_LIFETIME_MS } from "../abi/codes";
import { samePrefix } from "../wire/bytes";

let policy: u32 = RoutePolicy.Never;
let packets: u32 = 0;
let lifetime: f64 = 0;
let retry: f64 = 0;
let ruleCount: u32 = 0;
const rules = memory.data(1536, 8); // MAX_ROUTE_RULES × ROUTE_RULE_BYTES

/** Takes a ROUTE_OPTIMISATION_* record of `length` octets in place of the former one. */
export function configure(record: usize, length: u32): Refusal {
  const count = load<u32>(record, ROUTE_OPTIMISATION_RULE_COUNT);
  if (count > <u32>MAX_ROUTE_RULES) return Refusal.OutOfRange;
  if (length < <u32>ROUTE_OPTIMISATION_RULES + count * ROUTE_RULE_BYTES) return Refusal.ShortRecord;
  const lifetimeMs = load<f64>(record, ROUTE_OPTIMISATION_LIFETIME);
  const retryMs = load<f64>(record, ROUTE_OPTIMISATION_RETRY);
  if (
    load<u32>(record, ROUTE_OPTIMISATION_POLICY) > <u32>RoutePolicy.Always ||
    load<u32>(record, ROUTE_OPTIMISATION_AFTER_PACKETS) == 0 || !(retryMs > 0) || !(lifetimeMs >= LIFETIME_UNIT_MS) ||
    lifetimeMs > MAX_RR_BINDING_LIFETIME_MS // 6275-5.2.6-1
  ) {
    return Refusal.OutOfRange;
  }
  const given = record + ROUTE_OPTIMISATION_RULES;
  for (let index: u32 = 0; index < count; index++) {
    const rule = given + <usize>index * ROUTE_RULE_BYTES;
    if (load<u32>(rule, ROUTE_RULE_LENGTH) > 128 || load<u32>(rule, ROUTE_RULE_POLICY) > <u32>RoutePolicy.Always) {
      return Refusal.OutOfRange;
    }
  }
  policy = load<u32>(record, ROUTE_OPTIMISATION_POLICY);
  packets = load<u32>(record, ROUTE_OPTIMISATION_AFTER_PACKETS);
  lifetime = lifetimeMs;
  retry = retryMs;
  ruleCount = count;
  memory.copy(rules, given, <usize>count * ROUTE_RULE_BYTES);
  return Refusal.None;
}

/** False when no peer can have an optimised route. */
export function isWanted(): bool {
  return policy != RoutePolicy.Never || ruleCount != 0;
}

/** So many packets with `peer` are traffic that deserves an optimised route; 0: it never gets one (6275-11.7.2-6). */
export function afterPackets(peer: usize): u32 {
  switch (policyFor(peer)) {
    case RoutePolicy.Never:
      return 0;
    case RoutePolicy.Automatic:
      return packets;
    default:
      return 1;
  }
}

/** The rule with the longest prefix wins. */
function policyFor(peer: usize): u32 {
  let found = policy;
  let longest: i32 = -1;
  for (let index: u32 = 0; index < ruleCount; index++) {
    const rule = rules + <usize>index * ROUTE_RULE_BYTES;
    const bits = load<u32>(rule, ROUTE_RULE_LENGTH);
    if (<i32>bits <= longest || !samePrefix(rule + ROUTE_RULE_PREFIX, peer, bits)) continue;
    longest = <i32>bits;
    found = load<u32>(rule, ROUTE_RULE_POLICY);
  }
  return found;
}

/** Lifetime to ask for, ms. */
export function lifetimeMs(): f64 {
  return lifetime;
}

/** Until a peer that does not take part is asked again, ms. */
export function retryMs(): f64 {
  return retry;
}
