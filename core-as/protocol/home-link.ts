/**
 * What a home agent serves: its address, the home links, and the bounds that people set. The home link
 * is a virtual one: the home prefix is routed to the home agent, and there is nobody else on the link.
 */
import {
  HOME_AGENT_ADDRESS, HOME_AGENT_MAX_LIFETIME, HOME_AGENT_PREFIXES, HOME_AGENT_PREFIX_COUNT, HOME_AGENT_REFRESH_ADVICE,
  HOME_AGENT_REPLAY_WINDOW, HOME_PREFIX_BYTES, MAX_HOME_PREFIXES, Refusal,
} from "../abi/contract";
import { LIFETIME_UNIT_MS } from "../abi/codes";
import { copyAddress, isUnicastRoutable, samePrefix } from "../wire/bytes";

const self = memory.data(16, 16);
const prefixes = memory.data(320, 8); // MAX_HOME_PREFIXES × HOME_PREFIX_BYTES
let prefixCount: u32 = 0;
let maxLifetimeMs: f64 = 0;
let refreshAdviceMs: f64 = 0;
let replayWindowMs: f64 = 0;

/** Takes what this home agent serves. */
export function configure(record: usize, length: u32): Refusal {
  const count = load<u32>(record, HOME_AGENT_PREFIX_COUNT);
  if (count == 0 || count > <u32>MAX_HOME_PREFIXES) return Refusal.OutOfRange;
  if (length < <u32>HOME_AGENT_PREFIXES + count * <u32>HOME_PREFIX_BYTES) return Refusal.ShortRecord;
  if (!isUnicastRoutable(record + HOME_AGENT_ADDRESS)) return Refusal.OutOfRange;
  const lifetime = load<f64>(record, HOME_AGENT_MAX_LIFETIME);
  const advice = load<f64>(record, HOME_AGENT_REFRESH_ADVICE);
  const window = load<f64>(record, HOME_AGENT_REPLAY_WINDOW);
  if (!(lifetime >= LIFETIME_UNIT_MS) || !(advice >= 0) || !(window > 0)) return Refusal.OutOfRange;
  for (let index: u32 = 0; index < count; index++) {
    if (load<u32>(record + HOME_AGENT_PREFIXES + <usize>index * HOME_PREFIX_BYTES, 16) > 128) {
      return Refusal.OutOfRange;
    }
  }
  copyAddress(self, record + HOME_AGENT_ADDRESS);
  maxLifetimeMs = lifetime;
  refreshAdviceMs = advice;
  replayWindowMs = window;
  prefixCount = count;
  memory.copy(prefixes, record + HOME_AGENT_PREFIXES, <usize>count * HOME_PREFIX_BYTES);
  return Refusal.None;
}

export function isConfigured(): bool {
  return prefixCount != 0;
}

/** The longest lifetime that is granted. */
export function longestLifetimeMs(): f64 {
  return maxLifetimeMs;
}

/** Pointer to the home agent's address. */
export function address(): usize {
  return self;
}

/** True when `address` is on a home link that is served here (6275-10.3.1-6). */
export function isOnHomeLink(address: usize): bool {
  for (let index: u32 = 0; index < prefixCount; index++) {
    const prefix = prefixes + <usize>index * HOME_PREFIX_BYTES;
    if (samePrefix(prefix, address, load<u32>(prefix, 16))) return true;
  }
  return false;
}

/** How often nodes are advised to refresh, 0: not (RFC 6275 §6.2.4). */
export function adviceMs(): f64 {
  return refreshAdviceMs;
}

/** How far a node's clock may be from ours (RFC 4285 §5.1). */
export function replayToleranceMs(): f64 {
  return replayWindowMs;
}
