/**
 * The IPv4 home address of a mobile node (RFC 5555 §2.3.1, §2.5, §4.4.2): static or given by the home agent, bound
 * together with the home address that is configured.
 *
 *   wanted → option 29 of each Binding Update → option 30 of its acknowledgement ─┬─ status below 128: it is ours
 *                                                                                └─ else, or no option: there is none
 *
 * A dynamic one is kept while the node tries to renew its binding, and asked for again: connections may survive.
 */
import { DEVICE_ANY, DeviceKind, Event, Order } from "../abi/contract";
import { IPV4_REJECTED_MIN, MobilityOptionType } from "../abi/codes";
import { RegistrationEvent } from "../abi/states";
import { copyAddress, isUnspecified, sameAddress } from "../wire/bytes";
import * as arp from "../wire/arp";
import * as ipv4Options from "../wire/ipv4-options";
import { ipv4, isAny, isUnicast, map } from "../wire/mapped";
import * as paths from "../select/paths";
import * as uplinks from "../select/uplinks";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as received from "./mobility-message";
import * as reach from "./reach";
import * as registration from "./registration";

/** Prefix length of an IPv4 home address on the tunnel device, as an IPv4-mapped address. */
const HOST_BITS: u32 = 128;
/** Status of one that was not answered. */
export const NOT_ANSWERED: u32 = 0xff;

const given = memory.data(16, 16);

/** True when the Binding Updates of an entry ask for an IPv4 home address (5555-4.4.2-2, 5555-4.4.2-6). */
export function isWanted(update: Update): bool {
  return !isUnspecified(reach.wantedIpv4Home()) && update.ipv4Unsupported == 0 && registration.isPrimary(update.record);
}

/** Pointer to the four octets that are asked for (5555-4.4.2-3, 5555-4.4.2-7, 5555-4.4.2-8). */
export function asked(update: Update): usize {
  const wanted = reach.wantedIpv4Home();
  return ipv4(isAny(wanted) && !isUnspecified(updates.leased(update)) ? updates.leased(update) : wanted);
}

/** The home agent has accepted the Binding Update; its acknowledgement is in hand. */
export function acknowledged(update: Update): void {
  if (update.askedForIpv4 == 0) return;
  const option = received.option(MobilityOptionType.Ipv4AddressAcknowledgement);
  if (option == 0) {
    // 5555-2.3.1-4, 5555-4.4.2-13; that it may be asked for again (5555-4.4.2-14) is for another home agent
    update.ipv4Unsupported = 1;
    refused(update, NOT_ANSWERED);
    return;
  }
  const status = ipv4Options.status(option);
  map(given, ipv4Options.address(option));
  const wanted = reach.wantedIpv4Home();
  const isRight = (isAny(wanted) ? isUnicast(given) : sameAddress(given, wanted)) && !isOnPath(update);
  if (status >= <u32>IPV4_REJECTED_MIN || !isRight) {
    refused(update, status); // 5555-4.4.2-15, 5555-4.4.2-16: it is asked for again with the next Binding Update
    return;
  }
  take(update, status, isAny(wanted));
}

/**
 * True when what is given is already an end of the tunnel: private addresses are used at many places. The tunnel would
 * lead into itself.
 */
function isOnPath(update: Update): bool {
  return sameAddress(given, uplinks.at(update.device).ipv4()) || sameAddress(given, paths.homeAgentIpv4Address());
}

function take(update: Update, status: u32, isDynamic: bool): void {
  const isNews = !sameAddress(updates.ipv4Home(update), given) || update.ipv4Status != status;
  if (!sameAddress(updates.ipv4Home(update), given)) unconfigure(update);
  copyAddress(updates.ipv4Home(update), given);
  update.ipv4Status = status;
  if (isDynamic) {
    copyAddress(updates.leased(update), given);
    if (update.ipv4Configured == 0) {
      update.ipv4Configured = 1;
      orders.address(Order.AddAddress, devices.first(DeviceKind.Tunnel), given, HOST_BITS);
    }
  }
  if (isNews) tell(update);
}

/** There is none. One that was leased is another's by now, or nobody's: the next time any will do. */
function refused(update: Update, status: u32): void {
  const isNews = !isUnspecified(updates.ipv4Home(update)) || update.ipv4Status != status;
  drop(update);
  update.ipv4Status = status;
  if (isNews) tell(update);
}

/** The home address or its home agent is no longer ours, or the node stops: so is what goes with it. */
export function drop(update: Update): void {
  unconfigure(update);
  memory.fill(updates.ipv4Home(update), 0, 16);
  memory.fill(updates.leased(update), 0, 16);
  update.ipv4Status = NOT_ANSWERED;
}

/** Another home agent is asked: what the former one gave does not count there. */
export function agentChanged(update: Update): void {
  drop(update);
  update.ipv4Unsupported = 0;
}

function unconfigure(update: Update): void {
  if (update.ipv4Configured == 0) return;
  update.ipv4Configured = 0;
  orders.address(Order.RemoveAddress, devices.first(DeviceKind.Tunnel), updates.ipv4Home(update), HOST_BITS);
}

/** At home, the link hears where the address is now: its home agent has answered for it (RFC 5555 §4.5; RFC 826). */
export function announce(update: Update): void {
  const device = devices.at(update.device);
  if (isUnspecified(updates.ipv4Home(update)) || device.linkAddressBytes != arp.LINK_ADDRESS_BYTES) return;
  const message = orders.allocate(arp.LENGTH_BYTES);
  if (message == 0) return;
  arp.buildAnnouncement(message, device.linkAddressPointer(), ipv4(updates.ipv4Home(update)));
  orders.sendArp(update.device, message, arp.LENGTH_BYTES, true);
}

function tell(update: Update): void {
  orders.event(
    Event.Ipv4HomeAddress, DEVICE_ANY, updates.home(update), updates.ipv4Home(update), update.ipv4Status,
  );
}

/** People want another one now. */
export function wantedChanged(): void {
  const update = registration.primary();
  drop(update);
  update.ipv4Unsupported = 0;
  registration.happen(update.record, RegistrationEvent.RefreshDue);
}
