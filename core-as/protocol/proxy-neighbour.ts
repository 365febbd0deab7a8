/**
 * Interception on a real home link (RFC 6275 §10.4.1; 6275-8.4-2, 6275-10.3.1-34, 6275-10.4.1-1): while a binding
 * lives, the home agent is the neighbour at its home address. Packets that neighbours send there come to
 * us, and the host routes them into the tunnel device. On a virtual home link there is nothing to do: the
 * whole prefix comes to us. An IPv4 home address is intercepted in the same way, by ARP (RFC 5555 §4.5).
 */
import { DEVICE_ANY, DeviceKind, Order } from "../abi/contract";
import { NeighbourOptionType } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { ALL_NODES } from "../wire/addresses";
import { copyAddress, isUnspecified, sameAddress } from "../wire/bytes";
import * as ip6 from "../wire/ip6";
import { isMapped } from "../wire/mapped";
import * as neighbour from "../wire/neighbour";
import { NeighbourFlag } from "../wire/neighbour";
import * as neighbourOptions from "../wire/neighbour-options";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE, allocateZeroed } from "../tables/slab";
import * as defendedAddress from "./defended-address";
import * as homeLink from "./home-link";
import * as discovery from "./neighbour-discovery";
import * as proxyArp from "./proxy-arp";
import { TimerKind, restart } from "./timers";

/** RFC 4861 §10 */
const MAX_NEIGHBOR_ADVERTISEMENT: u32 = 3;
/** Bits of a route to one address. */
const HOST_BITS: u32 = 128;

/** Begins to intercept for a binding, and says so on the link; called again, it says so again. */
export function begin(record: u32): void {
  if (homeLink.isVirtual()) return;
  const binding = bindings.at(record);
  if (!isIntercepted(record)) {
    setIntercepted(record, true);
    route(Order.AddRoute, binding);
  }
  announce(binding);
  repeatLater(bindings.homeAddress(binding), MAX_NEIGHBOR_ADVERTISEMENT - 1); // 6275-10.4.1-11
}

/** Ends it: neighbours will find the node itself, or nobody (6275-10.3.2-11). */
export function stop(record: u32): void {
  if (!isIntercepted(record)) return;
  setIntercepted(record, false);
  route(Order.RemoveRoute, bindings.at(record));
}

/** One octet a binding: 1 while its home address is intercepted. None while the home link is a virtual one. */
let intercepted: usize = 0;

/** Room for them. */
export function start(): void {
  if (intercepted == 0) intercepted = allocateZeroed(bindings.capacity());
}

export function isIntercepted(record: u32): bool {
  return intercepted != 0 && load<u8>(intercepted + record) != 0;
}

function setIntercepted(record: u32, value: bool): void {
  store<u8>(intercepted + record, value ? 1 : 0);
}

function route(order: Order, binding: Binding): void {
  const tunnel = devices.first(DeviceKind.Tunnel);
  if (tunnel != DEVICE_ANY) orders.address(order, tunnel, bindings.homeAddress(binding), HOST_BITS);
}

/**
 * Tells all nodes on the link (6275-10.4.1-2, 6275-10.4.1-3). R and S are clear and O is set, the target
 * is the mobile node's address, the link-layer address ours (6275-10.4.1-4 to -10: 6275-10.4.1-5,
 * 6275-10.4.1-6, 6275-10.4.1-7, 6275-10.4.1-8, 6275-10.4.1-9, 6275-10.4.1-10).
 */
function announce(binding: Binding): void {
  if (isMapped(bindings.homeAddress(binding))) {
    proxyArp.announce(bindings.homeAddress(binding));
    return;
  }
  advertise(NeighbourFlag.Override, bindings.homeAddress(binding), ALL_NODES);
  if (!defendedAddress.hasLinkLocal(binding)) return;
  const linkLocal = defendedAddress.linkLocalOf(bindings.homeAddress(binding));
  if (linkLocal != 0) advertise(NeighbourFlag.Override, linkLocal, ALL_NODES);
}

function advertise(flags: u32, target: usize, to: usize): void {
  discovery.advertise(homeLink.device(), flags, target, homeLink.linkLocal(), to);
}

// ---- what neighbours ask --------------------------------------------------------------------

/** True for a message that this node sent itself and that its link brought back. */
export function isOurOwn(packet: usize, message: usize, length: u32, optionType: NeighbourOptionType): bool {
  if (sameAddress(ip6.source(packet), homeLink.linkLocal())) return true;
  const option = neighbourOptions.find(message + neighbour.OPTIONS, message + length, optionType);
  const link = devices.at(homeLink.device());
  if (option == 0 || link.linkAddressBytes == 0) return false;
  const bytes = link.linkAddressBytes;
  return neighbourOptions.lengthBytes(option) >= bytes + 2 &&
    memory.compare(neighbourOptions.linkLayerAddress(option), link.linkAddressPointer(), bytes) == 0;
}

/**
 * Answers a valid Neighbour Solicitation for an address of the binding `record` (6275-10.4.1-12 to -15:
 * 6275-10.4.1-12, 6275-10.4.1-14, 6275-10.4.1-15). Who asks from the unspecified address wants the address
 * for itself, or is the node that returns home and looks for us (RFC 6275 §11.5.5): all nodes hear the
 * answer. It overrides nothing, so that the node itself comes first once it is back (RFC 4861 §7.2.8).
 */
export function answer(packet: usize, target: usize): void {
  const asks = ip6.source(packet);
  if (isUnspecified(asks)) advertise(0, target, ALL_NODES);
  else advertise(NeighbourFlag.Solicited, target, asks);
}

/** The binding in force for which `address` is intercepted (6275-10.4.1-13), or NONE. */
export function interceptedBy(address: usize): u32 {
  const record = defendedAddress.holder(address);
  return record != NONE && bindings.isInForce(record) ? record : NONE;
}

// ---- repetition -----------------------------------------------------------------------------

/** Home addresses that are announced again, the next one first. One that finds no room is announced once. */
const QUEUE: u32 = 256;
const HOME: usize = 0;
const DUE: usize = HOME + 16;
const TIMES: usize = DUE + 8;
const ENTRY_BYTES: usize = TIMES + 8;
const queue = memory.data(8192, 16); // QUEUE × ENTRY_BYTES
let head: u32 = 0;
let waiting: u32 = 0;
let timer: u32 = NONE;

function repeatLater(homeAddress: usize, times: u32): void {
  if (times == 0 || waiting == QUEUE) return;
  const entry = queue + <usize>((head + waiting++) & (QUEUE - 1)) * ENTRY_BYTES;
  copyAddress(entry + HOME, homeAddress);
  store<f64>(entry, clock.now() + neighbour.RETRANS_TIMER_MS, DUE);
  store<u32>(entry, times, TIMES);
  if (waiting == 1) timer = restart(timer, TimerKind.Announcement, 0, neighbour.RETRANS_TIMER_MS);
}

/** The first of the queue is due, and perhaps some behind it, one at a call. */
export function onTimer(): void {
  timer = NONE;
  const entry = queue + <usize>head * ENTRY_BYTES;
  const times = load<u32>(entry, TIMES);
  head = (head + 1) & (QUEUE - 1);
  waiting--;
  const record = interceptedBy(entry + HOME);
  if (record != NONE) {
    announce(bindings.at(record));
    repeatLater(entry + HOME, times - 1);
  }
  if (waiting == 0) return;
  const next = load<f64>(queue + <usize>head * ENTRY_BYTES, DUE);
  timer = restart(timer, TimerKind.Announcement, 0, max<f64>(0, next - clock.now()));
}
