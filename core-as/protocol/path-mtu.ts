/**
 * What errors and the host say of the MTU of a path (RFC 8201 §4, RFC 1191 §3). An error makes a path narrower, or
 * says nothing new: that it has become wider is found out by forgetting.
 */
import { DEVICE_ANY, Event, PATH_MTU_DEVICE, PATH_MTU_OCTETS, PATH_MTU_REMOTE, Refusal } from "../abi/contract";
import { LEAST_IPV4_MTU, MINIMUM_MTU } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isUnspecified, sameAddress } from "../wire/bytes";
import * as paths from "../select/paths";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import * as counters from "../tables/counters";
import * as orders from "../tables/orders";
import { isIpv4 } from "../tables/path";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as lifetimes from "./binding-lifetime";
import * as registration from "./registration";

/** True when a path of IPv6 that is known to take `known` octets may take `reported`. */
export function isNarrower(reported: u32, known: u32): bool {
  return reported >= <u32>MINIMUM_MTU && reported <= known;
}

function isNarrowerBy(encapsulation: u32, reported: u32, known: u32): bool {
  return isIpv4(encapsulation) ? reported >= <u32>LEAST_IPV4_MTU && reported <= known : isNarrower(reported, known);
}

/** The path to the care-of address of a binding takes `mtu` octets, says an error; returns what refuses that. */
export function narrowBinding(binding: Binding, mtu: u32): Reason {
  if (!isNarrowerBy(binding.encapsulation(), mtu, binding.pathMtu)) return Reason.PathMtuImplausible;
  lifetimes.setPathMtu(binding, mtu);
  orders.event(Event.PathMtu, DEVICE_ANY, bindings.careofAddress(binding), 0, mtu);
  return Reason.None;
}

/** The same of the path to a home agent. */
export function narrowUpdate(update: Update, mtu: u32): Reason {
  if (!isNarrowerBy(update.encapsulation, mtu, update.pathMtu)) return Reason.PathMtuImplausible;
  const agent = isIpv4(update.encapsulation) ? paths.homeAgentIpv4Address() : updates.peerOf(update);
  orders.event(Event.PathMtu, update.device, agent, 0, mtu);
  registration.setPathMtu(update, mtu);
  return Reason.None;
}

// ---- what the host has learnt ---------------------------------------------------------------

/** Looking through all bindings takes its time, and strangers can make the host ask for it. */
const searches = new TokenBucket(20, 20);

/** Takes the PATH_MTU_* record at `record`: errors about datagrams come to the host's socket, and not here. */
export function learn(record: usize): Refusal {
  const mtu = load<u32>(record, PATH_MTU_OCTETS);
  const remote = record + PATH_MTU_REMOTE;
  const device = load<u32>(record, PATH_MTU_DEVICE);
  if (mtu < <u32>LEAST_IPV4_MTU || isUnspecified(remote)) return Refusal.OutOfRange;
  if (registration.isConfigured()) learnToHomeAgent(remote, device, mtu);
  else if (searches.take()) learnToCareof(remote, mtu);
  else counters.refuse(Reason.ErrorRateLimited);
  return Refusal.None;
}

/** A NAT may have several mobile nodes behind one address. */
function learnToCareof(remote: usize, mtu: u32): void {
  for (let record = bindings.next(0); record != NONE; record = bindings.next(record + 1)) {
    const binding = bindings.at(record);
    if (!sameAddress(bindings.careofAddress(binding), remote) || <u32>binding.pathMtu == mtu) continue;
    counters.refuse(narrowBinding(binding, mtu));
  }
}

function learnToHomeAgent(remote: usize, device: u32, mtu: u32): void {
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    const update = updates.at(record);
    const agent = isIpv4(update.encapsulation) ? paths.homeAgentIpv4Address() : updates.peerOf(update);
    if (!sameAddress(agent, remote) || <u32>update.pathMtu == mtu) continue;
    if (device == DEVICE_ANY || device == update.device) counters.refuse(narrowUpdate(update, mtu));
  }
}
