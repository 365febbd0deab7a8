/**
 * The second entry of a binding, for the IPv4 home address (RFC 5555 §2.3, §4.5; 5555-2.3.2.1-4, 5555-2.3.2.2-2):
 *
 *   home address ──► entry ◄─ companion ─► entry ◄── IPv4 home address
 *                      │                     │
 *                      └── one care-of address, one port, one lifetime ──► (5555-2.3.2.1-5, 5555-2.3.2.2-3)
 *
 * The entry of the home address has the timer, the sequence number and what is known of NATs; the other follows it.
 */
import { copyAddress, sameAddress } from "../wire/bytes";
import * as bindings from "../tables/bindings";
import { NONE } from "../tables/slab";
import * as proxyNeighbour from "./proxy-neighbour";

/** Pointer to the IPv4 home address that goes with the binding `record`, IPv4-mapped; 0: there is none. */
export function addressOf(record: u32): usize {
  const companion = bindings.at(record).companion;
  return companion == NONE ? 0 : bindings.homeAddress(bindings.at(companion));
}

/**
 * Gives the binding `record` the entry of an IPv4-mapped address, and takes away that of another one; `follow` puts it
 * in force. False when the budget of bindings is used up.
 */
export function bind(record: u32, address: usize): bool {
  const binding = bindings.at(record);
  if (binding.companion != NONE) {
    if (sameAddress(addressOf(record), address)) return true;
    unbind(record);
  }
  let entry = bindings.find(address, 0);
  if (entry == NONE) {
    entry = bindings.insert(address, 0);
    if (entry == NONE) return false;
  } else {
    // Another home address of the node had it: while the home link is renumbered it has two.
    const former = bindings.at(entry).companion;
    if (former != NONE) bindings.at(former).companion = NONE;
  }
  bindings.at(entry).companion = record;
  binding.companion = entry;
  return true;
}

/** Takes the entry of the IPv4 home address away, if there is one; its traffic stays with the binding. */
export function unbind(record: u32): void {
  const binding = bindings.at(record);
  const number = binding.companion;
  if (number == NONE) return;
  const entry = bindings.at(number);
  proxyNeighbour.stop(number);
  binding.packetsIn += entry.packetsIn;
  binding.packetsOut += entry.packetsOut;
  binding.bytesIn += entry.bytesIn;
  binding.bytesOut += entry.bytesOut;
  binding.packetsAtRenewal += entry.packetsAtRenewal;
  binding.companion = NONE;
  entry.expiresMs = 0;
  bindings.remove(number);
}

/** The binding has another path or another lifetime: so has its entry of the IPv4 home address. */
export function follow(record: u32): void {
  const binding = bindings.at(record);
  if (binding.companion == NONE) return;
  const entry = bindings.at(binding.companion);
  const isNew = entry.expiresMs == 0;
  copyAddress(bindings.careofAddress(entry), bindings.careofAddress(binding));
  entry.port = binding.port;
  entry.pathMtu = binding.pathMtu;
  entry.pathMtuSinceS = binding.pathMtuSinceS;
  entry.expiresMs = binding.expiresMs;
  entry.sinceMs = binding.sinceMs;
  entry.node = binding.node;
  entry.flags = binding.flags;
  entry.sequence = binding.sequence;
  if (isNew && binding.expiresMs != 0) proxyNeighbour.begin(binding.companion);
}

/** True when packets of either family were carried since the last Binding Update. */
export function isActive(record: u32): bool {
  const binding = bindings.at(record);
  return binding.isActive() || (binding.companion != NONE && bindings.at(binding.companion).isActive());
}

/** A Binding Update came: what was carried so far was before it. */
export function renewed(record: u32): void {
  const binding = bindings.at(record);
  binding.packetsAtRenewal = binding.packets();
  if (binding.companion == NONE) return;
  const entry = bindings.at(binding.companion);
  entry.packetsAtRenewal = entry.packets();
}
