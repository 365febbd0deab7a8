/**
 * What a home agent finds out about the NAT in front of a mobile node: whether there is one (RFC 5555 §4.2), and how
 * long its mapping lives without packets. The mobile node is told in every acknowledgement how long it may be silent:
 *
 *   another network       nothing is known          the first advice
 *   a silence survived    held = silence            1.5 × held, until a silence was not survived
 *   another port after    lost = silence            the larger one of held and lost / 2
 *
 * A silence counts as survived only when nothing was sent to the mobile node meanwhile: many NATs let that refresh the
 * mapping as well (RFC 4787 §4.3).
 */
import { DEVICE_ANY, Encapsulation, Event, ServedFlag } from "../abi/contract";
import { BindingUpdateFlag } from "../abi/codes";
import { sameAddress } from "../wire/bytes";
import { isMapped } from "../wire/mapped";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import { ReceivedUpdate } from "./received-update";
import * as served from "./served";

/** No NAT forgets so soon: who has another port after such a silence has it for another reason. */
const LEAST_LOST_S: u32 = 10;
const MAX_S: f64 = 65535;

/**
 * Says how packets to the sender of `update` go, if it is accepted, and what its acknowledgement says in any case. By
 * UDP over IPv6, our extension, firewalls are what keepalives are for, and UDP is always used.
 */
export function detect(update: ReceivedUpdate): void {
  if (!update.isByUdp()) return;
  const isIpv4 = update.way().isIpv4();
  update.usesUdp = !isIpv4 || update.hasNat || served.has(ServedFlag.ForceUdp) || // 5555-4.5-15, 5555-3.2.2-3
    (update.hasFlag(BindingUpdateFlag.ForceUdpEncapsulation) && served.has(ServedFlag.MayForceUdp));
  update.refreshS = needsKeepalives(update) ? served.firstRefreshS() : 0;
}

/**
 * True when `update` asks for UDP where it is not to be used (5555-4.5-6): by IPv6 without UDP there is no port for it,
 * and by IPv4 without a NAT the home agent may not want it.
 */
export function isForcedInVain(update: ReceivedUpdate): bool {
  return update.hasFlag(BindingUpdateFlag.ForceUdpEncapsulation) && !update.usesUdp && !update.isRemoval();
}

function needsKeepalives(update: ReceivedUpdate): bool {
  return update.hasNat || !update.way().isIpv4();
}

/** Takes what `update`, which was accepted, says about the NAT, before its binding gets another care-of address. */
export function registered(record: u32, update: ReceivedUpdate, isNew: bool): void {
  const binding = bindings.at(record);
  const way = update.way();
  const port = <u16>(update.usesUdp ? way.port : 0); // 5555-2.3.2.2-4, 5555-2.3.2.2-5
  const wasKnown = !isNew && needsThem(binding);
  const portBefore = binding.port;
  const claimed = fold(update.claimedCareof);
  const isSameNetwork = wasKnown && update.usesUdp && sameAddress(bindings.careofAddress(binding), update.careof()) &&
    (binding.claimedCareof == claimed || binding.claimedCareof == 0);
  binding.port = port;
  binding.isBehindNat = update.hasNat;
  binding.claimedCareof = claimed;
  if (!isSameNetwork) forget(binding);
  else if (port == portBefore) heard(binding);
  else portChanged(binding, update);
  note(binding);
  update.refreshS = update.isByUdp() && needsKeepalives(update) ? advice(binding) : 0;
}

/** An address in 16 bits: enough to see that it is another one. */
function fold(address: u32): u16 {
  return <u16>(address ^ (address >> 16));
}

/** True for a binding whose node is to keep a NAT or a firewall open. */
function needsThem(binding: Binding): bool {
  return binding.isBehindNat || binding.encapsulation() == <u32>Encapsulation.UdpIpv6;
}

/** After how much silence the node of a binding is to say something, s; 0: no need. */
export function refreshS(binding: Binding): u32 {
  return needsThem(binding) ? advice(binding) : 0;
}

/** Nothing is known of the NAT, or there is none. */
function forget(binding: Binding): void {
  binding.natHeldS = 0;
  binding.natLostS = 0;
}

/** A packet of the mobile node came by the mapping that its binding has. Either entry of it may be given. */
export function heard(entry: Binding): void {
  const binding = isMapped(bindings.homeAddress(entry)) && entry.companion != NONE
    ? bindings.at(entry.companion)
    : entry;
  if (!needsThem(binding)) {
    binding.lastUsedMs = clock.now();
    return;
  }
  const silenceS = silence(binding);
  if (silenceS > binding.natHeldS && sentTo(binding) == binding.packetsOutWhenHeard) survived(binding, silenceS);
  note(binding);
}

/** Whole seconds since the mobile node was heard; 0 as well when that is not known. */
function silence(binding: Binding): u32 {
  return binding.lastUsedMs == 0 ? 0 : <u32>min(MAX_S, (clock.now() - binding.lastUsedMs) / 1000);
}

function note(binding: Binding): void {
  binding.lastUsedMs = clock.now();
  binding.packetsOutWhenHeard = sentTo(binding);
}

/** Packets to the mobile node, modulo 2^16. */
function sentTo(binding: Binding): u16 {
  const companion = binding.companion;
  const other = companion == NONE ? 0 : bindings.at(companion).packetsOut;
  return <u16><u64>(binding.packetsOut + other);
}

function survived(binding: Binding, silenceS: u32): void {
  binding.natHeldS = <u16>silenceS;
  if (binding.natLostS <= binding.natHeldS) binding.natLostS = 0; // the NAT has changed
}

function portChanged(binding: Binding, update: ReceivedUpdate): void {
  const silenceS = silence(binding);
  // Where longer silences were survived, the NAT is another one; after a short one, the mobile node has begun anew.
  if (silenceS > binding.natHeldS && silenceS >= LEAST_LOST_S) binding.natLostS = <u16>silenceS;
  else if (silenceS >= LEAST_LOST_S) forget(binding);
  orders.event(
    Event.MappingChanged, DEVICE_ANY, update.home(), update.careof(), binding.port, silenceS, advice(binding),
  );
}

/** What the mobile node is told: within what people have set, and below a silence that was not survived. */
function advice(binding: Binding): u16 {
  const firstS = served.firstRefreshS();
  const longestS = served.longestRefreshS();
  if (firstS == longestS) return <u16>longestS; // nothing is learnt
  const heldS = <u32>binding.natHeldS;
  const lostS = <u32>binding.natLostS;
  const advisedS = lostS == 0 ? max(firstS, heldS + heldS / 2) : max(heldS, lostS / 2);
  return <u16>min(advisedS, longestS);
}

/** Takes what was kept of a binding: the silence since then is not known. */
export function restore(binding: Binding, natHeldS: u32, natLostS: u32): void {
  binding.natHeldS = <u16>min<u32>(natHeldS, <u32>MAX_S);
  binding.natLostS = <u16>min<u32>(natLostS, <u32>MAX_S);
  binding.lastUsedMs = 0;
}
