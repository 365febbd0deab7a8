/**
 * One call of the host: a batch of packets, a tick, or a command. Each call begins with the time
 * and an empty list of orders; the host drains the list before the next one (the driving law).
 */
import {
  COMMAND_BYTES, DeviceKind, INPUT_BYTES, INPUT_DEVICE, INPUT_KIND, INPUT_LENGTH, Input, MAX_DEVICES, REPLY_BYTES, Refusal, Role,
  HEADROOM, START_MAX_BINDINGS, START_MAX_NODES, START_OUTPUT_BYTES, START_REASSEMBLIES, START_ROLE, START_SLOTS,
  START_SLOT_BYTES,
} from "../abi/contract";
import { Reason } from "../abi/reasons";
import * as ip4 from "../wire/ip4";
import * as ip6 from "../wire/ip6";
import * as coalescing from "../encap/coalescing";
import * as fragmentation from "../encap/fragmentation";
import * as reassembly from "../encap/reassembly";
import * as segmentation from "../encap/segmentation";
import * as correspondentCache from "../protocol/correspondent-cache";
import * as homeLink from "../protocol/home-link";
import * as bindingReview from "../protocol/binding-review";
import * as homeDelivery from "../protocol/home-delivery";
import * as homeRegistration from "../protocol/home-registration";
import * as lifetimes from "../protocol/binding-lifetime";
import * as proxyArp from "../protocol/proxy-arp";
import * as proxyNeighbour from "../protocol/proxy-neighbour";
import * as multicastForwarding from "../protocol/multicast-forwarding";
import * as random from "../protocol/crypto/random";
import { TimerKind } from "../protocol/timers";
import * as bindings from "../tables/bindings";
import * as clock from "../tables/clock";
import * as counters from "../tables/counters";
import * as devices from "../tables/devices";
import * as nodes from "../tables/nodes";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as timers from "../tables/timers";
import * as commands from "./commands";
import * as datagrams from "./datagrams";
import * as homeServices from "./home-services";
import * as inbound from "./inbound";
import * as mobileServices from "./mobile-services";
import * as node from "./node";
import * as outbound from "./outbound";

/** Home addresses that a mobile node can have at once. */
const UPDATES: u32 = 64;
/** Timers beyond one a binding: those of uplinks and registrations. */
const OTHER_TIMERS: u32 = 5 * <u32>MAX_DEVICES + 3 * UPDATES;
const MAX_SLOTS: u32 = 4096;
const MAX_SLOT_BYTES: u32 = 65575;
const MIN_SLOT_BYTES: u32 = 1500;

export const commandBuffer = memory.data(4096, 16); // COMMAND_BYTES

let slots: u32 = 0;
let slotBytes: u32 = 0;
let stride: usize = 0;
let inputs: usize = 0;
let descriptors: usize = 0;

/** Starts the instance with the START_* record in the command buffer. */
export function start(now: f64): Refusal {
  if (node.started()) return Refusal.WrongMoment;
  if (!random.isSeeded()) return Refusal.NoEntropy;
  const role = load<u32>(commandBuffer, START_ROLE);
  slots = load<u32>(commandBuffer, START_SLOTS);
  slotBytes = load<u32>(commandBuffer, START_SLOT_BYTES);
  const maxBindings = load<u32>(commandBuffer, START_MAX_BINDINGS);
  const maxNodes = load<u32>(commandBuffer, START_MAX_NODES);
  const reassemblies = load<u32>(commandBuffer, START_REASSEMBLIES);
  if (
    role > <u32>Role.CorrespondentNode || slots == 0 || slots > MAX_SLOTS || slotBytes < MIN_SLOT_BYTES ||
    slotBytes > MAX_SLOT_BYTES
  ) {
    return Refusal.OutOfRange;
  }
  if (maxBindings > MAX_RECORDS || maxNodes > MAX_RECORDS || reassemblies > MAX_SLOTS) return Refusal.OutOfRange;

  stride = (<usize>HEADROOM + slotBytes + 15) & ~15;
  inputs = heap.alloc(stride * slots);
  descriptors = heap.alloc(<usize>INPUT_BYTES * slots);
  clock.start(now);
  orders.start(load<u32>(commandBuffer, START_OUTPUT_BYTES), slotBytes);
  const homeTimers = role == Role.HomeAgent ? homeServices.timerCount(maxBindings, maxNodes) : 0;
  // A mobile node has bindings of others, and peers of its own.
  timers.start((role == Role.MobileNode ? 2 : 1) * maxBindings + OTHER_TIMERS + homeTimers, now);
  reassembly.start(reassemblies, slotBytes);
  fragmentation.start(random.next64());
  if (role == Role.HomeAgent) {
    bindings.start(maxBindings, random.next64(), random.next64());
    nodes.start(maxNodes, random.next64(), random.next64());
    homeServices.start(maxBindings, maxNodes, slotBytes);
  } else if (role == Role.CorrespondentNode) {
    bindings.start(maxBindings, random.next64(), random.next64());
  } else if (role == Role.MobileNode) {
    bindings.start(maxBindings, random.next64(), random.next64()); // of those that it is a correspondent node for
    mobileServices.start(UPDATES, maxBindings);
  }
  node.start(role);
  return Refusal.None;
}

/** Bindings or nodes that fit into the linear memory of one instance. */
const MAX_RECORDS: u32 = 8000000;

export function inputPointer(): usize {
  return inputs;
}

export function inputStride(): usize {
  return stride;
}

export function inputDescriptors(): usize {
  return descriptors;
}

/** Begins a call. */
function begin(now: f64): void {
  orders.reset();
  clock.advance(now);
}

/**
 * Handles the packets in slots `first` to `first + count − 1`, in their order. Returns how many: when
 * it is fewer, the host drains the orders and calls again for the rest.
 */
export function process(now: f64, first: u32, count: u32): u32 {
  begin(now);
  if (!node.started() || first >= slots) return count;
  const last = min(first + count, slots);
  multicastForwarding.resume();
  let slot = first;
  if (segmentation.isUnfinished()) {
    if (slot == unfinishedSlot) counters.refuse(outbound.resume(deviceOf(slot++)));
    else segmentation.abandon(); // the host has given up the rest of that batch
  }
  let foreseen = slot;
  while (slot < last && orders.hasRoom() && !segmentation.isUnfinished()) {
    if (slot == foreseen) foreseen = foresee(slot, last);
    receive(slot++);
  }
  if (segmentation.isUnfinished()) unfinishedSlot = --slot; // its rest comes with the next call
  coalescing.flush();
  return slot == last ? count : slot - first;
}

let unfinishedSlot: u32 = 0;

function deviceOf(slot: u32): u32 {
  return load<u32>(descriptors + <usize>slot * INPUT_BYTES, INPUT_DEVICE);
}

/** Packets whose bindings are brought near at once: as many as stay in the first cache. */
const FORESEE_AT_ONCE: u32 = 64;
const tags = memory.data(256, 16); // u32 each

/** Brings near the bindings of the next packets; returns the first slot that is not among them. */
function foresee(first: u32, last: u32): u32 {
  if (node.role() != Role.HomeAgent || !bindings.areMany()) return last;
  const end = min(last, first + FORESEE_AT_ONCE);
  for (let slot = first; slot < end; slot++) {
    const packet = inputs + <usize>slot * stride + HEADROOM;
    // Unchecked octets will do: a wrong guess costs nothing but time.
    const home = devices.is(deviceOf(slot), DeviceKind.Tunnel)
      ? ip6.destination(packet)
      : ip6.source(packet + outerBytes(load<u32>(descriptors + <usize>slot * INPUT_BYTES, INPUT_KIND), packet));
    store<u32>(tags + (<usize>(slot - first) << 2), bindings.tag(home));
  }
  bindings.foresee(tags, end - first);
  return end;
}

function outerBytes(kind: u32, packet: usize): usize {
  if (kind != Input.Packet) return 0;
  return ip6.version(packet) == 4 ? ip4.LENGTH_BYTES : ip6.LENGTH_BYTES;
}

function receive(slot: u32): void {
  const descriptor = descriptors + <usize>slot * INPUT_BYTES;
  const length = load<u32>(descriptor, INPUT_LENGTH);
  const device = load<u32>(descriptor, INPUT_DEVICE);
  const packet = inputs + <usize>slot * stride + HEADROOM;
  if (length > slotBytes) counters.refuse(Reason.PacketTooLarge);
  else if (devices.is(device, DeviceKind.Access)) {
    counters.refuse(fromLink(device, load<u32>(descriptor, INPUT_KIND), packet, length));
  } else if (devices.is(device, DeviceKind.Tunnel)) counters.refuse(outbound.receive(device, packet, length));
  else counters.refuse(Reason.UnknownDevice);
}

function fromLink(device: u32, kind: u32, packet: usize, length: u32): Reason {
  switch (kind) {
    case Input.Packet:
      return inbound.receive(device, packet, length);
    case Input.Datagrams:
      return datagrams.receive(device, packet, length);
    default:
      return proxyArp.receive(device, packet, length);
  }
}

/** Lets the timers run that are due. Returns 1 when there are more: the host drains and calls again. */
export function tick(now: f64): u32 {
  begin(now);
  if (!node.started()) return 0;
  timers.advance(clock.now());
  let hasRoom = orders.hasRoom();
  while (hasRoom && timers.popExpired() != NONE) {
    onTimer(timers.expiredKind(), timers.expiredOwner());
    hasRoom = orders.hasRoom();
  }
  coalescing.flush();
  return hasRoom ? 0 : 1;
}

function onTimer(kind: u32, owner: u32): void {
  switch (kind) {
    case TimerKind.Binding:
      if (node.role() == Role.HomeAgent) lifetimes.onTimer(owner, homeLink.address());
      else correspondentCache.onTimer(owner);
      break;
    case TimerKind.Detection:
      homeRegistration.onDetectionTimer(owner);
      break;
    case TimerKind.Announcement:
      proxyNeighbour.onTimer();
      break;
    case TimerKind.Delivery:
      homeDelivery.onTimer(owner);
      break;
    case TimerKind.Review:
      bindingReview.onTimer();
      break;
    case TimerKind.HomeAgent:
    case TimerKind.RouterAdvertisement:
    case TimerKind.PrefixDelivery:
    case TimerKind.Membership:
    case TimerKind.ListenerQuery:
    case TimerKind.MulticastCopies:
      homeServices.onTimer(kind, owner);
      break;
    default:
      mobileServices.onTimer(kind, owner);
      break;
  }
}

/** Carries out the command in the command buffer. */
export function command(code: u32, length: u32, now: f64): Refusal {
  begin(now);
  if (!node.started()) return Refusal.WrongMoment;
  if (length > <u32>COMMAND_BYTES) return Refusal.OutOfRange;
  const refusal = commands.execute(code, commandBuffer, length);
  coalescing.flush();
  return refusal;
}

/** Begins a call that imports state. */
export function beginImport(now: f64): void {
  begin(now);
}

/** Buffer for answers, made at first use: a node that nobody asks does without. */
export function replyBuffer(): usize {
  if (reply == 0) reply = heap.alloc(REPLY_BYTES);
  return reply;
}
let reply: usize = 0;

export function nextWakeupMs(): f64 {
  return node.started() ? timers.nextWakeupMs() : Infinity;
}
