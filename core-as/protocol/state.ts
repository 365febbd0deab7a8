/**
 * What outlives a restart: bindings, leases, last timestamps and the binding update list, as records that
 * the host keeps and gives back. Times are Unix times; keys are not in them.
 *
 * A record goes to the host before the acknowledgement that promises it.
 */
import * as abi from "../abi/contract";
import { copyAddress } from "../wire/bytes";
import * as bindings from "../tables/bindings";
import * as clock from "../tables/clock";
import * as leases from "../tables/ipv4-leases";
import * as nodes from "../tables/nodes";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";

const record = memory.data(160, 8); // the longest of them

/** Orders the host to keep a binding; one whose expiry is 0 as gone. */
export function keepBinding(binding: u32): void {
  orders.keep(record, writeBinding(record, binding));
}

/** Orders the host to keep a node's last timestamp. */
export function keepNode(node: u32): void {
  orders.keep(record, writeNode(record, node));
}

/** Orders the host to keep an entry of the binding update list. */
export function keepUpdate(update: u32): void {
  orders.keep(record, writeUpdate(record, update));
}

function begin(p: usize, kind: abi.State, length: u32): u32 {
  memory.fill(p, 0, length);
  store<u16>(p, <u16>kind, abi.STATE_KIND);
  store<u16>(p, <u16>length, abi.STATE_LENGTH);
  return length;
}

/** Writes the record of a binding at `p`; returns its octets. */
export function writeBinding(p: usize, number: u32): u32 {
  const binding = bindings.at(number);
  const length = begin(p, abi.State.Binding, abi.STATE_BINDING_BYTES);
  copyAddress(p + abi.STATE_BINDING_HOME_ADDRESS, bindings.homeAddress(binding));
  copyAddress(p + abi.STATE_BINDING_CAREOF_ADDRESS, bindings.careofAddress(binding));
  store<f64>(p, binding.expiresMs == 0 ? 0 : clock.toUnix(binding.expiresMs), abi.STATE_BINDING_EXPIRES);
  store<f64>(p, clock.toUnix(binding.sinceMs), abi.STATE_BINDING_SINCE);
  store<u32>(p, <u32>Math.ceil(max<f64>(0, binding.expiresMs - clock.now()) / 1000), abi.STATE_BINDING_LIFETIME);
  store<u16>(p, <u16>binding.identifier, abi.STATE_BINDING_BID);
  store<u16>(p, binding.sequence, abi.STATE_BINDING_SEQUENCE);
  store<u16>(p, <u16>binding.flags, abi.STATE_BINDING_FLAGS);
  store<u16>(p, binding.port, abi.STATE_BINDING_PORT);
  if (binding.companion != NONE) {
    copyAddress(p + abi.STATE_BINDING_IPV4_HOME_ADDRESS, bindings.homeAddress(bindings.at(binding.companion)));
  }
  store<u32>(p, binding.natHeldS, abi.STATE_BINDING_NAT_HELD);
  store<u32>(p, binding.natLostS, abi.STATE_BINDING_NAT_LOST);
  store<u32>(p, binding.encapsulation(), abi.STATE_BINDING_ENCAPSULATION);
  store<u32>(p, binding.isBehindNat ? 1 : 0, abi.STATE_BINDING_NAT);
  return length;
}

/** Orders the host to keep a lease; one that ends before all time as given back. */
export function keepLease(lease: u32): void {
  orders.keep(record, writeLease(record, lease));
}

/** Writes the record of a lease at `p`; returns its octets. */
export function writeLease(p: usize, number: u32): u32 {
  const lease = leases.at(number);
  const length = begin(p, abi.State.Lease, abi.STATE_LEASE_BYTES);
  copyAddress(p + abi.STATE_LEASE_HOME_ADDRESS, lease.home());
  copyAddress(p + abi.STATE_LEASE_ADDRESS, lease.address());
  store<f64>(p, lease.expiresMs == -Infinity ? 0 : clock.toUnix(lease.expiresMs), abi.STATE_LEASE_EXPIRES);
  return length;
}

/** Writes the record of a node at `p`; returns its octets. */
export function writeNode(p: usize, number: u32): u32 {
  const length = begin(p, abi.State.Node, abi.STATE_NODE_BYTES);
  const home = nodes.firstHome(number);
  if (home != NONE) copyAddress(p + abi.STATE_NODE_HOME_ADDRESS, nodes.homeAddressOf(home));
  store<u64>(p, nodes.at(number).timestamp, abi.STATE_NODE_TIMESTAMP);
  return length;
}

/** Writes the record of an entry of the binding update list at `p`; returns its octets. */
export function writeUpdate(p: usize, number: u32): u32 {
  const update = updates.at(number);
  const length = begin(p, abi.State.Update, abi.STATE_UPDATE_BYTES);
  copyAddress(p + abi.STATE_UPDATE_HOME_ADDRESS, updates.home(update));
  copyAddress(p + abi.STATE_UPDATE_PEER, updates.peerOf(update));
  copyAddress(p + abi.STATE_UPDATE_CAREOF_ADDRESS, updates.careof(update));
  store<f64>(p, update.expiresMs == 0 ? 0 : clock.toUnix(update.expiresMs), abi.STATE_UPDATE_EXPIRES);
  store<f64>(p, update.clockAddedMs, abi.STATE_UPDATE_CLOCK_OFFSET);
  store<u64>(p, update.acceptedTimestamp, abi.STATE_UPDATE_TIMESTAMP);
  store<u16>(p, update.sequence, abi.STATE_UPDATE_SEQUENCE);
  store<u16>(p, <u16>update.encapsulation, abi.STATE_UPDATE_ENCAPSULATION);
  copyAddress(p + abi.STATE_UPDATE_IPV4_HOME_ADDRESS, updates.leased(update));
  return length;
}
