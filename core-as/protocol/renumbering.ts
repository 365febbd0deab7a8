/**
 * Home addresses come and go with the home prefixes (RFC 6275 §11.4.3, RFC 4862 §5.5): renumbering of the
 * home network while the mobile node is away.
 *
 *   new prefix ──► further home address ──► registered: the host has it (preferred)
 *                                              old prefix: deprecated ──► invalid: the host loses its address
 *
 * The last home address does not end by an advertisement, which nothing but its identifier protects: whoever can
 * read or guess that could stop the node for good. The home agent is asked for it instead, and its answer, which is
 * authenticated, decides: it refuses to bind an address whose prefix has ended (RFC 6275 §10.3.1).
 *
 * A further home address has the interface identifier of the first one. The host gets it when the home agent
 * has accepted it, since only then nobody else on the home link has it.
 */
import { DEVICE_ANY, DeviceKind, Event, MAX_HOME_PREFIXES, Order } from "../abi/contract";
import { BindingAcknowledgementStatus as Status } from "../abi/codes";
import { RegistrationEvent } from "../abi/states";
import { INTERFACE_PREFIX_BITS } from "../wire/addresses";
import { sameAddress, samePrefix } from "../wire/bytes";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as homePrefixes from "./home-prefixes";
import { HomePrefix } from "./home-prefixes";
import * as solicitation from "./mobile-prefix-solicitation";
import * as peerAttachment from "./peer-attachment";
import * as registration from "./registration";

/** Prefix length of a home address on the tunnel device. */
const HOST_BITS: u32 = 128;

const formed = memory.data(16, 16);

/** True when a home address of ours is in the prefix. */
export function isInUse(prefix: usize, bits: u32): bool {
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    if (samePrefix(updates.home(updates.at(record)), prefix, bits)) return true;
  }
  return false;
}

/** Home addresses follow what is known of the prefixes now: new ones are formed before old ones end. */
export function follow(): void {
  for (let index: u32 = 0; index < <u32>MAX_HOME_PREFIXES; index++) {
    const prefix = homePrefixes.at(index);
    if (isFormable(prefix) && !isInUse(prefix.address(), prefix.bits)) form(prefix);
  }
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    const update = updates.at(record);
    if (homePrefixes.validMs(updates.home(update)) > 0) continue;
    if (isOnly(update)) askFor(update);
    else end(update);
  }
}

/** RFC 4862 §5.5.3; one whose address the home agent refused is left alone (6275-11.7.1-22). */
function isFormable(prefix: HomePrefix): bool {
  return prefix.bits == INTERFACE_PREFIX_BITS && prefix.autonomous != 0 && prefix.refused == 0 && prefix.isPreferred();
}

/** A further home address, which is registered as the first one is (6275-11.7.1-20). */
function form(prefix: HomePrefix): void {
  const first = registration.primary();
  store<u64>(formed, load<u64>(prefix.address()));
  store<u64>(formed, load<u64>(updates.home(first), 8), 8);
  if (registration.addHome(formed, updates.peerOf(first)) == NONE) return;
  orders.event(Event.HomeAddressFormed, DEVICE_ANY, formed, updates.home(first), 0);
}

/** The home agent has bound a home address of which it had no binding: it is new (6275-11.7.1-21). */
export function bound(update: Update): void {
  if (isFirst(update)) return; // the host has it from its configuration
  orders.address(Order.AddAddress, devices.first(DeviceKind.Tunnel), updates.home(update), HOST_BITS);
}

/**
 * The home agent refused a home address. A further one that is somebody else's, or that it does not serve, is
 * given up, and the others stay registered (6275-11.7.1-22, 6275-11.7.1-23).
 */
export function refused(update: Update, status: u32): void {
  switch (status) {
    case Status.NotHomeSubnet:
    case Status.NotHomeAgentForThisMobileNode:
    case Status.DuplicateAddressDetectionFailed:
    case Status.AdministrativelyProhibited: {
      const prefix = homePrefixes.find(updates.home(update));
      if (changetype<usize>(prefix)) prefix.refused = 1;
      end(update);
    }
  }
}

/** Home address and home agent of an entry that was kept: of a further home address of an earlier life. */
export function revive(home: usize, agent: usize): u32 {
  const first = registration.primary();
  // Formed by us, for this home agent; anything else is of another configuration.
  if (load<u64>(home, 8) != load<u64>(updates.home(first), 8)) return NONE;
  if (updates.hasPeer(first) && !sameAddress(agent, updates.peerOf(first))) return NONE;
  const record = registration.addHome(home, agent);
  if (record == NONE) return NONE;
  orders.event(Event.HomeAddressFormed, DEVICE_ANY, home, updates.home(first), 0);
  bound(updates.at(record));
  solicitation.want(); // how long its prefix is valid is not kept
  return record;
}

/**
 * The valid lifetime of a prefix became shorter: bindings that would outlast it, at the home agent and at
 * correspondent nodes, are made anew with the lifetime that is left (6275-11.4.2-7).
 */
export function shortened(prefix: HomePrefix): void {
  if (!prefix.isValid()) return; // `follow` ends them
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    const update = updates.at(record);
    if (!samePrefix(updates.home(update), prefix.address(), prefix.bits)) continue;
    if (update.expiresMs > prefix.validUntilMs) registration.happen(record, RegistrationEvent.RefreshDue);
    if (isFirst(update)) peerAttachment.homeShortened(prefix.validUntilMs);
  }
}

/** True when there is no other home address. */
function isOnly(update: Update): bool {
  return updates.next(0) == update.record && updates.next(update.record + 1) == NONE;
}

/** Nothing is known of the prefix any more but what the home agent says to the next Binding Update. */
function askFor(update: Update): void {
  homePrefixes.forget(updates.home(update));
  registration.happen(update.record, RegistrationEvent.RefreshDue);
}

/** A home address ends, of which there are others: nobody may use it any more. */
function end(update: Update): void {
  const home = updates.home(update);
  orders.address(Order.RemoveAddress, devices.first(DeviceKind.Tunnel), home, HOST_BITS);
  orders.event(Event.HomeAddressEnded, DEVICE_ANY, home, 0, 0);
  const wasFirst = isFirst(update);
  registration.removeHome(update.record);
  if (!wasFirst) return;
  peerAttachment.homeReplaced();
  registration.happen(registration.primary().record, RegistrationEvent.RefreshDue);
}

function isFirst(update: Update): bool {
  return update.record == registration.primary().record;
}
