/** The IPv4 home addresses that people give to home addresses for good, or do not give them at all (Command.NodeIpv4). */
import { NODE_IPV4_ADDRESS, NODE_IPV4_HOME_ADDRESS, Refusal } from "../abi/contract";
import { UNSPECIFIED } from "../wire/addresses";
import { isUnspecified, sameAddress } from "../wire/bytes";
import { isAny, isUnicast } from "../wire/mapped";
import * as leases from "../tables/ipv4-leases";
import { LeaseKind } from "../tables/ipv4-leases";
import * as pools from "../tables/ipv4-pools";
import * as nodes from "../tables/nodes";
import { NONE } from "../tables/slab";
import * as ipv4HomeAddress from "./ipv4-home-address";

/** Takes a NODE_IPV4_* record; given again, it replaces the former (5555-4.5-3, 5555-5-1). */
export function configure(record: usize): Refusal {
  const home = record + NODE_IPV4_HOME_ADDRESS;
  const address = record + NODE_IPV4_ADDRESS;
  if (nodes.findHome(home) == NONE) return Refusal.NotFound;
  const existing = leases.find(home);
  if (isAny(address)) { // of the pools, which is what a home address has that was given none
    if (existing != NONE && leases.at(existing).kind != LeaseKind.Leased) end(existing);
    return Refusal.None;
  }
  const kind = isUnspecified(address) ? LeaseKind.Refused : LeaseKind.Static;
  if (kind == LeaseKind.Static) {
    if (!isUnicast(address) || pools.isOwn(address)) return Refusal.OutOfRange;
    const holder = leases.findAddress(address);
    if (holder != NONE && holder != existing) {
      if (leases.at(holder).kind == LeaseKind.Static) return Refusal.AlreadyPresent;
      ipv4HomeAddress.release(holder); // a person's word counts more than a lease
    }
  }
  return replace(home, address, kind);
}

function replace(home: usize, address: usize, kind: LeaseKind): Refusal {
  const existing = leases.find(home);
  if (existing != NONE) {
    const lease = leases.at(existing);
    if (lease.kind == kind && sameAddress(lease.address(), address)) return Refusal.None;
    if (kind == LeaseKind.Static && sameAddress(lease.address(), address)) {
      // The node keeps what it has leased so far, and its binding with it.
      ipv4HomeAddress.forget(existing);
    } else {
      end(existing);
    }
  }
  const value = kind == LeaseKind.Static ? address : UNSPECIFIED;
  let entry = leases.insert(home, value, kind, Infinity);
  if (entry == NONE && ipv4HomeAddress.makeRoom()) entry = leases.insert(home, value, kind, Infinity);
  return entry == NONE ? Refusal.BudgetExhausted : Refusal.None;
}

/** A node goes: what its home addresses had is free. */
export function removeNode(node: u32): void {
  for (let home = nodes.firstHome(node); home != NONE; home = nodes.nextHome(home)) {
    const entry = leases.find(nodes.homeAddressOf(home));
    if (entry != NONE) end(entry);
  }
}

function end(entry: u32): void {
  if (leases.at(entry).kind == LeaseKind.Leased) {
    ipv4HomeAddress.release(entry);
    return;
  }
  if (!isUnspecified(leases.at(entry).address())) ipv4HomeAddress.unbindAddress(leases.at(entry).address());
  leases.remove(entry);
}
