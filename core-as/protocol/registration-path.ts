/**
 * The path of a home registration: the care-of address and the way that select/ways has chosen for the uplink, and
 * what the home agent says about NATs on it (RFC 5555 §4.2, §4.4.2).
 */
import { DEVICE_ANY, Encapsulation, Event } from "../abi/contract";
import { MobilityOptionType, NO_REFRESH } from "../abi/codes";
import { NatFinding, RegistrationEvent, RegistrationState, WayEvent } from "../abi/states";
import { copyAddress, sameAddress } from "../wire/bytes";
import * as ipv4Options from "../wire/ipv4-options";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as uplinks from "../select/uplinks";
import * as ways from "../select/ways";
import * as homecoming from "./homecoming";
import * as keepalive from "./keepalive";
import * as received from "./mobility-message";
import * as pathChoice from "./path-choice";
import * as pathWatch from "./path-watch";
import * as reach from "./reach";
import * as registration from "./registration";
import * as wayMachine from "./way-machine";

/** The selected uplink, and so perhaps the care-of address, is `device` now (DEVICE_ANY: none). */
export function careofChanged(device: u32): void {
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    follow(updates.at(record), device);
  }
}

/** Registers what the uplink `device` has now, where that is news. */
export function follow(update: Update, device: u32): void {
  if (!ways.mayRegister()) return;
  const isDoubted = clock.now() < update.homeDoubtedUntilMs;
  const home = isDoubted ? DEVICE_ANY : uplinks.homeLinkOf(update.record);
  if (home != update.homeDevice) homecoming.linkChanged(update, home);
  if (home != DEVICE_ANY) return;
  const way = device == DEVICE_ANY ? NONE : ways.choiceOf(device).way;
  if (way == NONE) {
    if (!updates.hasCareof(update)) return;
    memory.fill(updates.careof(update), 0, 16);
    update.device = DEVICE_ANY;
    keepalive.stopFor(update);
    registration.happen(update.record, RegistrationEvent.CareofLost);
    return;
  }
  const careof = ways.address(device, way);
  if (update.device == device && update.way == way && sameAddress(updates.careof(update), careof)) {
    // The same path; its link may have become narrower.
    if (uplinks.at(device).mtu < <u32>update.pathMtu) registration.setPathMtu(update, uplinks.at(device).mtu);
    return;
  }
  take(update, device, way, careof);
  registration.happen(update.record, RegistrationEvent.CareofSelected); // 6275-11.5.4-3, 6275-11.7.1-1
}

function take(update: Update, device: u32, way: u32, careof: usize): void {
  const isSameUplink = update.device == device;
  const before = update.encapsulation;
  copyAddress(updates.careof(update), careof);
  update.device = device;
  update.way = way;
  update.encapsulation = ways.firstEncapsulation(device, way);
  update.nat = NatFinding.Unknown;
  keepalive.stopFor(update);
  if (registration.isPrimary(update.record)) pathWatch.begin();
  // Another path: what was learnt of the former one is void (RFC 8201 §4).
  registration.setPathMtu(update, uplinks.at(device).mtu);
  update.inUse = 0;
  update.corrections = 0;
  if (isSameUplink && before != update.encapsulation) pathChoice.tell(update, before);
}

/** On the home link everything is native (RFC 5555 §4.4.4). */
export function takeHome(update: Update): void {
  update.way = Encapsulation.Ipv6;
  update.encapsulation = Encapsulation.Ipv6;
  update.nat = NatFinding.Unknown;
  keepalive.stopFor(update);
}

// ---- what an acknowledgement says -----------------------------------------------------------

/**
 * An authentic acknowledgement of the last Binding Update is in hand: the way works. With `isAccepted` the home agent
 * says whether what is tunnelled needs UDP (5555-4.4.2-11, 5555-4.4.2-12).
 */
export function acknowledged(update: Update, isAccepted: bool): void {
  if (update.homeDevice != DEVICE_ANY) return;
  if (isAccepted && update.way != Encapsulation.Ipv6) takeNatDetection(update);
  else if (isAccepted) keepalive.startPlain(update);
  pathChoice.answered(update);
}

function takeNatDetection(update: Update): void {
  const option = received.option(MobilityOptionType.NatDetection);
  const isForced = option != 0 && ipv4Options.isForced(option);
  const refreshS: u32 = option != 0 ? ipv4Options.refreshS(option) : <u32>NO_REFRESH;
  const choice = ways.choiceOf(update.device);
  // Over IPv6 keepalives are advised for the sake of firewalls: they say nothing of NATs.
  const hint = update.way == <u32>Encapsulation.UdpIpv4 ? NatFinding.Nat : NatFinding.Unknown;
  const nat = refreshS == <u32>NO_REFRESH ? NatFinding.None : hint;
  const keepaliveMs = reach.keepaliveMs(refreshS);
  const isNews = nat != update.nat || keepaliveMs != update.keepaliveMs;
  update.nat = nat;
  choice.nat = nat;
  choice.forced = isForced ? 1 : 0;
  const usesUdp = isForced || nat == NatFinding.Nat;
  if (update.way == <u32>Encapsulation.UdpIpv4) {
    setEncapsulation(update, usesUdp ? Encapsulation.UdpIpv4 : Encapsulation.Ipv4);
    if (!usesUdp) wayMachine.happen(update.device, Encapsulation.Ipv4, WayEvent.Answered);
  } else {
    setEncapsulation(update, usesUdp ? Encapsulation.UdpIpv6 : Encapsulation.Ipv6);
  }
  if (keepaliveMs == 0) keepalive.startPlain(update);
  else keepalive.start(update, keepaliveMs);
  if (isNews && registration.isPrimary(update.record)) {
    const value: u32 = nat == NatFinding.Nat ? 1 : 0;
    orders.event(Event.NatDetected, update.device, 0, 0, value, <u32>(keepaliveMs / 1000));
  }
}

function setEncapsulation(update: Update, encapsulation: u32): void {
  const before = update.encapsulation;
  if (before == encapsulation) return;
  update.encapsulation = encapsulation;
  update.inUse = 0;
  registration.setPathMtu(update, update.pathMtu); // other headers leave other room
  pathChoice.tell(update, before);
}

// ---- wishes of the path choice --------------------------------------------------------------

/** Registers anew by the way in use of an uplink, at once: flag F is another one, or the home agent is elsewhere. */
export function renew(device: u32): void {
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    const update = updates.at(record);
    if (update.device != device || update.homeDevice != DEVICE_ANY) continue;
    update.encapsulation = ways.firstEncapsulation(device, update.way);
    registration.setPathMtu(update, update.pathMtu);
    registration.happen(
      record, update.state == RegistrationState.Registered ? RegistrationEvent.RefreshDue : RegistrationEvent.CareofSelected,
    );
  }
}

/** A way that was thought to fail works: Binding Updates that wait for their back-off go now. */
export function hurry(device: u32): void {
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    const update = updates.at(record);
    if (update.device != device || update.homeDevice != DEVICE_ANY || !registration.isAwaited(update)) continue;
    registration.happen(record, RegistrationEvent.CareofSelected);
  }
}
