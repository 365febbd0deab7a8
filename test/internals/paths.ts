/**
 * The core, with hands on the tables that say which path packets take: so the packet path can be tried with every
 * encapsulation, whoever fills those tables.
 */
import * as paths from "../../core-as/select/paths";
import * as uplinks from "../../core-as/select/uplinks";
import * as bindings from "../../core-as/tables/bindings";
import { NONE } from "../../core-as/tables/slab";
import * as updates from "../../core-as/tables/updates";
import { copyAddress } from "../../core-as/wire/bytes";

export * from "../../core-as/index";

/** 32 octets in which a test gives addresses. */
const addresses = memory.data(32, 16);
export function addressPointer(): usize {
  return addresses;
}

/** The binding of the first address has the second one and `port` as its other end. */
export function moveBinding(port: u32, pathMtu: u32): void {
  const binding = bindings.at(bindings.find(addresses, 0));
  copyAddress(bindings.careofAddress(binding), addresses + 16);
  binding.port = <u16>port;
  binding.pathMtu = <u16>pathMtu;
}

/** With the binding of the first address goes the IPv4 home address that is the second one. */
export function addIpv4HomeAddress(): void {
  const record = bindings.find(addresses, 0);
  const companion = bindings.insert(addresses + 16, 0);
  const binding = bindings.at(record);
  const other = bindings.at(companion);
  copyAddress(bindings.careofAddress(other), bindings.careofAddress(binding));
  other.port = binding.port;
  other.pathMtu = binding.pathMtu;
  other.pathMtuSinceS = binding.pathMtuSinceS;
  other.expiresMs = binding.expiresMs;
  other.node = binding.node;
  other.companion = record;
  binding.companion = companion;
}

/** The first uplink has the first address; the home agent the second one. */
export function setIpv4Ends(device: u32): void {
  copyAddress(uplinks.at(device).ipv4(), addresses);
  paths.setHomeAgentIpv4(addresses + 16);
}

/** The home registration takes another encapsulation, with the first address as care-of address. */
export function moveUpdate(encapsulation: u32, pathMtu: u32): void {
  const update = updates.at(updates.next(0));
  copyAddress(updates.careof(update), addresses);
  update.encapsulation = encapsulation;
  update.pathMtu = <u16>pathMtu;
}

/** The mobile node has the first address as its IPv4 home address. */
export function setIpv4Home(): void {
  const record = updates.next(0);
  if (record != NONE) copyAddress(updates.ipv4Home(updates.at(record)), addresses);
}
