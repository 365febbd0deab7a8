/**
 * Returning home (RFC 6275 §11.5.5; 6275-8.5-7): what a mobile node does on its home link, for each home
 * address of its own.
 *
 *   home prefix on-link ─┬─ a binding may live → where is the home agent? → Binding Update, lifetime zero,
 *                        │                       from the home address → acknowledged ─┐
 *                        └─ all have expired → duplicate address detection ────────────┴→ at home
 *
 * The home address is configured on the link by the host, which then answers for it with its own neighbour
 * discovery (6275-11.5.5-11, 6275-11.5.5-12).
 */
import { DEVICE_ANY, DeviceKind, Event, Order } from "../abi/contract";
import { NeighbourOptionType } from "../abi/codes";
import { RegistrationAction, RegistrationEvent, RegistrationState } from "../abi/states";
import { copyAddress, set64 } from "../wire/bytes";
import * as neighbour from "../wire/neighbour";
import * as options from "../wire/neighbour-options";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as uplinks from "../select/uplinks";
import * as homeLinkDetection from "./home-link-detection";
import * as ipv4Home from "./ipv4-home";
import * as movement from "./movement";
import * as discovery from "./neighbour-discovery";
import * as registration from "./registration";
import * as registrationPath from "./registration-path";

/** MAX_MULTICAST_SOLICIT of RFC 4861 §10. */
const MAX_SOLICITATIONS: u32 = 3;
/** MAX_NEIGHBOR_ADVERTISEMENT of RFC 4861 §10. */
const MAX_ADVERTISEMENTS: u32 = 3;

/** Unanswered Binding Updates on the home link, after which it is not believed to be one: 15 s. */
const MAX_REMOVALS: u32 = 4;
/** For how long then, at first; doubled each time until a return succeeds. */
const DOUBT_MS: f64 = 60000;
const MAX_DOUBT_MS: f64 = 3600000;

/** Largest link-layer address that is kept, octets. */
const MAX_LINK_BYTES: u32 = 8;

/** False while the host is told that nothing from home addresses goes through the tunnel. */
let usesTunnel: bool = true;

/** Carries out the actions of the registration's table that belong to the home link. */
export function act(update: Update, action: u32): void {
  switch (action) {
    case RegistrationAction.SeekAgent:
      registration.stopTimer(update);
      seekAgent(update);
      break;
    case RegistrationAction.CheckAddress:
      registration.stopTimer(update);
      checkAddress(update);
      break;
    case RegistrationAction.Settle:
      registration.stopTimer(update);
      registration.end(update);
      settle(update);
      break;
    case RegistrationAction.Announce:
      announce(update);
      break;
  }
}

/** The home link of an entry is `device` now, DEVICE_ANY: it is away. */
export function linkChanged(update: Update, device: u32): void {
  if (update.homeDevice != DEVICE_ANY) leave(update);
  update.homeDevice = device;
  if (device == DEVICE_ANY) return;
  orders.event(Event.HomeReached, device, updates.home(update), uplinks.at(device).router().address(), 0);
  // Where the home agent was silent before, what it never acknowledged does not count: the check of the address
  // finds it out, should it be there after all.
  const mayLive = clock.now() < (update.homeDoubtMs == 0 ? update.mayLiveUntilMs : update.expiresMs);
  registration.happen(
    update.record, mayLive ? RegistrationEvent.HomeReached : RegistrationEvent.HomeReachedUnbound,
  );
  proceed(update);
}

/** Away again: the home address is the tunnel's. */
function leave(update: Update): void {
  const device = update.homeDevice;
  update.homeDevice = DEVICE_ANY;
  orders.event(Event.HomeLeft, device, updates.home(update), 0, 0);
  registration.happen(update.record, RegistrationEvent.HomeLeft);
  update.agentLinkBytes = 0;
  memory.fill(updates.careof(update), 0, 16);
  update.device = DEVICE_ANY;
  if (update.onHomeLink == 0) return;
  orders.address(
    Order.RemoveAddress, device, updates.home(update), homeLinkDetection.homePrefixLength(),
  );
  update.onHomeLink = 0;
  chooseTunnel();
}

// ---- where is the home agent ----------------------------------------------------------------

/** Asks who defends the home address; not where the answer is known already or there is nothing to know. */
function seekAgent(update: Update): void {
  update.attempts = 0;
  if (!isAgentKnown(update)) solicit(update);
}

function solicit(update: Update): void {
  update.attempts++;
  discovery.probeAddress(update.homeDevice, updates.home(update));
  registration.setTimer(update, neighbour.RETRANS_TIMER_MS);
}

/** Nobody has answered: asks again. False when that was tried often enough. */
export function askAgain(update: Update): bool {
  if (update.state != RegistrationState.Returning || update.attempts >= MAX_SOLICITATIONS) return false;
  solicit(update);
  return true;
}

/**
 * The home agent does not answer on what looks like the home link. Anybody can advertise the home prefix: the node
 * goes back to the care-of address that it has there, and does not believe in that link for a while.
 */
export function givesUp(update: Update): bool {
  if (update.state != RegistrationState.Removing || update.transmissions < MAX_REMOVALS) return false;
  update.homeDoubtMs = update.homeDoubtMs == 0 ? DOUBT_MS : min(MAX_DOUBT_MS, 2 * update.homeDoubtMs);
  update.homeDoubtedUntilMs = clock.now() + update.homeDoubtMs;
  movement.reselect();
  return true;
}

/** `option` on link `device` has the link-layer address of the home agent of entry `record`. */
export function agentFound(record: u32, device: u32, option: usize): void {
  learn(updates.at(record), device, option);
  proceed(updates.at(record));
}

function learn(update: Update, device: u32, option: usize): void {
  const octets = devices.at(device).linkAddressBytes;
  if (octets == 0 || octets > MAX_LINK_BYTES || octets + 2 > options.lengthBytes(option)) return;
  memory.copy(updates.agentLinkAddress(update), options.linkLayerAddress(option), octets);
  update.agentLinkBytes = octets;
  update.agentDevice = device;
}

/** Goes on to the Binding Update once it is known where it has to go. */
function proceed(update: Update): void {
  if (update.state == RegistrationState.Returning && isAgentKnown(update)) {
    registration.happen(update.record, RegistrationEvent.AgentFound);
  }
}

function isAgentKnown(update: Update): bool {
  if (devices.at(update.homeDevice).linkAddressBytes == 0) return true;
  return update.agentLinkBytes != 0 && update.agentDevice == update.homeDevice;
}

/** A Neighbour Advertisement on link `device`: perhaps that of the home agent for our home address. */
export function heardAdvertisement(device: u32, message: usize, length: u32): void {
  const record = updates.find(neighbour.target(message));
  if (record == NONE || updates.at(record).homeDevice != device) return;
  const option = options.find(
    message + neighbour.OPTIONS, message + length, NeighbourOptionType.TargetLinkLayerAddress,
  );
  if (option != 0 && isAsking(updates.at(record).state)) learn(updates.at(record), device, option);
  objected(device, neighbour.target(message));
}

function isAsking(state: u32): bool {
  return state == RegistrationState.Returning || state == RegistrationState.Checking;
}

/** Somebody on link `device` has the address or wants it (RFC 4862 §5.4.3, §5.4.4). */
export function objected(device: u32, target: usize): void {
  const record = updates.find(target);
  if (record == NONE || updates.at(record).homeDevice != device) return;
  registration.happen(record, RegistrationEvent.Objected);
  proceed(updates.at(record));
}

// ---- the home address on the home link ------------------------------------------------------

/** The Binding Update is about to leave: it comes from the home address, to where the home agent is. */
export function prepare(update: Update): void {
  copyAddress(updates.careof(update), updates.home(update));
  registrationPath.takeHome(update);
  update.device = update.homeDevice;
  if (update.agentLinkBytes != 0 && update.agentDevice == update.homeDevice && update.onHomeLink == 0) {
    orders.neighbour( // 6275-11.5.5-8
      update.homeDevice, updates.peerOf(update), updates.agentLinkAddress(update), update.agentLinkBytes,
    );
  }
}

/**
 * The Binding Update has left, or nobody holds a binding: from now on the home address is used on the
 * link, without a check where a binding may live (6275-11.5.5-2, 6275-11.5.5-9).
 */
export function configureAddress(update: Update): void {
  copyAddress(updates.careof(update), updates.home(update));
  registrationPath.takeHome(update);
  update.device = update.homeDevice;
  if (update.onHomeLink != 0) return;
  update.onHomeLink = 1;
  orders.address(Order.AddAddress, update.homeDevice, updates.home(update), homeLinkDetection.homePrefixLength());
}

/** No binding lives any more, or all have expired: is the home address still ours? (6275-11.5.5-10) */
function checkAddress(update: Update): void {
  discovery.probeAddress(update.homeDevice, updates.home(update));
  registration.setTimer(update, neighbour.RETRANS_TIMER_MS);
}

/** At home: the link hears it (6275-11.5.5-13), and what comes from the home address takes the link. */
function settle(update: Update): void {
  update.homeDoubtMs = 0;
  configureAddress(update);
  chooseTunnel();
  update.attempts = 0;
  announce(update);
}

/** Tells the link, again a few times since it may not hear (6275-11.5.5-18). */
function announce(update: Update): void {
  discovery.claimAddress(update.device, updates.home(update));
  claimLinkLocal(update.device);
  ipv4Home.announce(update);
  update.attempts++;
  if (update.attempts < MAX_ADVERTISEMENTS) registration.setTimer(update, neighbour.RETRANS_TIMER_MS);
}

/** The link-local address of the interface identifier that the host gave (6275-11.5.5-15). */
function claimLinkLocal(device: u32): void {
  const interfaceId = devices.at(device).interfaceId;
  if (interfaceId == 0) return;
  set64(linkLocal, 0xfe80000000000000);
  store<u64>(linkLocal, interfaceId, 8);
  discovery.claimAddress(device, linkLocal);
}
const linkLocal = memory.data(16, 16);

/** The tunnel is used while there is a home address that is not at home. */
function chooseTunnel(): void {
  let wanted = false;
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    if (updates.at(record).state != RegistrationState.AtHome) wanted = true;
  }
  if (wanted == usesTunnel) return;
  usesTunnel = wanted;
  orders.toggle(Order.UseTunnel, devices.first(DeviceKind.Tunnel), wanted);
}
