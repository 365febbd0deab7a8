/**
 * How a mobile node may reach its home agent (RFC 5555 §2.1, §4.4.1), as people have set it or as the name of the
 * home agent says. Without a word of it, by IPv6 alone.
 */
import {
  HOME_AGENT_FOUND_ADDRESS, HOME_AGENT_FOUND_IPV4, REACH_FLAGS, REACH_HOME_AGENT_IPV4, REACH_IPV4_HOME_ADDRESS,
  REACH_KEEPALIVE_CEILING, REACH_KEEPALIVE_FLOOR, REACH_RETRY, ReachFlag, Refusal,
} from "../abi/contract";
import { NAT_KEEPALIVE_TIMEOUT_MS, NO_REFRESH } from "../abi/codes";
import { copyAddress, isUnicastRoutable, isUnspecified, sameAddress } from "../wire/bytes";
import { isAny, isUnicast } from "../wire/mapped";
import * as updates from "../tables/updates";
import * as paths from "../select/paths";
import * as ways from "../select/ways";
import * as homeAgentSelection from "./home-agent-selection";
import * as ipv4Home from "./ipv4-home";
import * as movement from "./movement";
import * as pathChoice from "./path-choice";
import * as registration from "./registration";

const FAMILIES: u32 = <u32>ReachFlag.Ipv6 | <u32>ReachFlag.UdpIpv6 | <u32>ReachFlag.Ipv4;
const KNOWN_FLAGS: u32 = FAMILIES | <u32>ReachFlag.ForceUdp | <u32>ReachFlag.ProbesOnly;
const SECOND_MS: f64 = 1000;

/** The IPv4 home address that is wanted, IPv4-mapped: ::ffff:0.0.0.0 any, unspecified none. */
const wanted = memory.data(16, 16);
let floorMs: f64 = 15000;
let ceilingMs: f64 = <f64>NAT_KEEPALIVE_TIMEOUT_MS;
let retry: f64 = 30000;

/** Takes the REACH_* record. */
export function configure(record: usize): Refusal {
  const agent = record + REACH_HOME_AGENT_IPV4;
  const home = record + REACH_IPV4_HOME_ADDRESS;
  const least = load<f64>(record, REACH_KEEPALIVE_FLOOR);
  const most = load<f64>(record, REACH_KEEPALIVE_CEILING);
  const again = load<f64>(record, REACH_RETRY);
  const flags = load<u32>(record, REACH_FLAGS);
  if (!isUnspecified(agent) && !isUnicast(agent)) return Refusal.OutOfRange;
  if (!isUnspecified(home) && !isAny(home) && !isUnicast(home)) return Refusal.OutOfRange;
  if (!(least > 0) || !(most >= least) || !(most < Infinity)) return Refusal.OutOfRange;
  if (!(again > 0) || !(again < Infinity)) return Refusal.OutOfRange;
  if ((flags & ~KNOWN_FLAGS) != 0 || (flags & FAMILIES) == 0) return Refusal.OutOfRange;
  floorMs = least;
  ceilingMs = most;
  retry = again;
  // What the name of the home agent has told stays, where people say nothing else.
  if (!isUnspecified(agent)) useIpv4(agent);
  ways.configure(flags);
  const isOther = !sameAddress(wanted, home);
  copyAddress(wanted, home);
  if (!registration.isConfigured()) return Refusal.None;
  if (isOther) ipv4Home.wantedChanged();
  movement.reselect();
  return Refusal.None;
}

/** Takes the HOME_AGENT_FOUND_* record: the addresses of the home agent's name. */
export function found(record: usize): Refusal {
  const address = record + HOME_AGENT_FOUND_ADDRESS;
  const ipv4 = record + HOME_AGENT_FOUND_IPV4;
  if (!registration.isConfigured()) return Refusal.WrongMoment;
  if (!isUnspecified(address) && !isUnicastRoutable(address)) return Refusal.OutOfRange;
  if (!isUnspecified(ipv4) && !isUnicast(ipv4)) return Refusal.OutOfRange;
  const isOther = !isUnspecified(address) && !sameAddress(address, updates.peerOf(registration.primary()));
  // A name that has lost an address tells nothing of the home agent, which may still be there.
  if (!isUnspecified(ipv4)) useIpv4(ipv4);
  ways.agentChanged();
  if (isOther) homeAgentSelection.named(address);
  movement.reselect();
  return Refusal.None;
}

/** The home agent has another IPv4 address: what was found out over IPv4 was about the former one. */
function useIpv4(address: usize): void {
  if (sameAddress(address, paths.homeAgentIpv4Address())) return;
  const isFirst = isUnspecified(paths.homeAgentIpv4Address());
  paths.setHomeAgentIpv4(address);
  if (!isFirst) pathChoice.agentMoved();
}

/** The longest silence that people have set, ms. */
export function keepaliveCeilingMs(): f64 {
  return ceilingMs;
}

/** Until a better way is tried again, at first. */
export function retryMs(): f64 {
  return retry;
}

/** Pointer to the IPv4 home address that is wanted: ::ffff:0.0.0.0 for any, unspecified for none. */
export function wantedIpv4Home(): usize {
  return wanted;
}

/**
 * Silence after which a NAT is refreshed, ms, where the home agent advises `refreshS` (5555-4.3-1): within what people
 * have set; 0: no need.
 */
export function keepaliveMs(refreshS: u32): f64 {
  if (refreshS == <u32>NO_REFRESH) return 0;
  const adviceMs = refreshS == 0 ? <f64>NAT_KEEPALIVE_TIMEOUT_MS : <f64>refreshS * SECOND_MS;
  return max(floorMs, min(ceilingMs, adviceMs));
}
