/**
 * What the host is to do after this call, and room for the packets that the core makes.
 *
 * Both are emptied when the host makes its next call. A host whose input would need more room than
 * is left drains first: `hasRoom` is asked before each packet and each timer.
 */
import {
  DEVICE_ANY, EVENT_BYTES, EVENT_CODE, EVENT_DEVICE, EVENT_FIRST, EVENT_SECOND, EVENT_TIME, EVENT_VALUE, EVENT_VALUE2,
  EVENT_VALUE3, Event, HEADROOM, ORDER_BYTES, ORDER_DEVICE, ORDER_KIND, ORDER_LENGTH, ORDER_POINTER, ORDER_VALUE, Order,
} from "../abi/contract";
import { Reason } from "../abi/reasons";
import { copyAddress } from "../wire/bytes";
import * as clock from "./clock";
import * as counters from "./counters";

/** Orders of one call. */
const CAPACITY: u32 = 1024;
/** Orders that one packet or one timer can cause: the fragments of the largest packet, and some. */
const ORDERS_AT_ONCE: u32 = 128;
/** Octets that one packet can cause beyond twice its own: headers of its fragments, messages. */
const OCTETS_AT_ONCE: u32 = 24576;

let records: usize = 0;
let count: u32 = 0;
let room: usize = 0;
let roomBytes: usize = 0;
let used: usize = 0;
let largestPacket: usize = 0;

/** `outputBytes` is raised to what one packet of `slotBytes` can need. */
export function start(outputBytes: u32, slotBytes: u32): void {
  largestPacket = slotBytes;
  roomBytes = max<usize>(outputBytes, 2 * (<usize>slotBytes + OCTETS_AT_ONCE));
  records = heap.alloc(<usize>CAPACITY * ORDER_BYTES);
  room = heap.alloc(roomBytes);
}

/** Forgets the orders of the last call: the host has carried them out. */
export function reset(): void {
  count = 0;
  used = 0;
}

/** True while one more packet or timer can be handled, whatever it causes. */
export function hasRoom(): bool {
  return count + ORDERS_AT_ONCE <= CAPACITY && used + 2 * largestPacket + OCTETS_AT_ONCE <= roomBytes;
}

export function length(): u32 {
  return count;
}

export function pointer(): usize {
  return records;
}

/** Room for a packet of `bytes` with HEADROOM in front; 0 (counted) when there is none. */
export function allocate(bytes: u32): usize {
  const wanted = (<usize>HEADROOM + bytes + 15) & ~15;
  if (used + wanted > roomBytes) {
    counters.refuse(Reason.OutputFull);
    return 0;
  }
  const p = room + used + HEADROOM;
  used += wanted;
  return p;
}

/** Gives back what of `bytes` of room at `packet` is not needed, if nothing was allocated since. */
export function trim(packet: usize, bytes: u32, needed: u32): void {
  const end = (packet - room + bytes + 15) & ~15;
  if (end == used) used = (packet - room + needed + 15) & ~15;
}

function add(kind: Order, device: u32, pointer: usize, length: u32, value: u32): void {
  if (count == CAPACITY) {
    counters.refuse(Reason.OutputFull);
    return;
  }
  const p = records + <usize>count * ORDER_BYTES;
  count++;
  store<u16>(p, <u16>kind, ORDER_KIND);
  store<u16>(p, <u16>device, ORDER_DEVICE);
  store<u32>(p, <u32>pointer, ORDER_POINTER);
  store<u32>(p, length, ORDER_LENGTH);
  store<u32>(p, value, ORDER_VALUE);
}

/** Send the packet at `packet`, in an input slot or in allocated room. */
export function transmit(device: u32, packet: usize, length: u32): void {
  add(Order.Transmit, device, packet, length, 0);
}

/** Send `length` octets at `payload`, behind a DATAGRAM_* record, by UDP. */
export function sendDatagrams(device: u32, payload: usize, length: u32): void {
  add(Order.SendDatagrams, device, payload, length, 0);
}

/** Send the ARP message at `message` on link `device`, to all or to whom it is for. */
export function sendArp(device: u32, message: usize, length: u32, toAll: bool): void {
  add(Order.SendArp, device, message, length, toAll ? 1 : 0);
}

/** A record of state that the host keeps for a restart; `record` is copied. */
export function keep(record: usize, length: u32): void {
  const copy = allocate(length);
  if (copy == 0) return;
  memory.copy(copy, record, length);
  add(Order.Keep, DEVICE_ANY, copy, length, 0);
}

/** An order about an address (16 octets, copied). */
export function address(kind: Order, device: u32, address: usize, value: u32): void {
  const copy = allocate(16);
  if (copy == 0) return;
  copyAddress(copy, address);
  add(kind, device, copy, 16, value);
}

/** Says that `address` on link `device` has the link-layer address of `linkBytes` octets at `linkAddress`. */
export function neighbour(device: u32, address: usize, linkAddress: usize, linkBytes: u32): void {
  const copy = allocate(16 + linkBytes);
  if (copy == 0) return;
  copyAddress(copy, address);
  memory.copy(copy + 16, linkAddress, linkBytes);
  add(Order.AddNeighbour, device, copy, 16 + linkBytes, 0);
}

/** An order about a device that is either so or not: UseTunnel, HearGroups. */
export function toggle(kind: Order, device: u32, on: bool): void {
  add(kind, device, 0, 0, on ? 1 : 0);
}

/** The tunnel device takes packets of up to `octets`. */
export function tunnelMtu(device: u32, octets: u32): void {
  add(Order.TunnelMtu, device, 0, 0, octets);
}

/** Tells people. `first` and `second` are addresses, 0 for none. */
export function event(
  code: Event, device: u32, first: usize, second: usize, value: u32, value2: u32 = 0, value3: u32 = 0,
): void {
  const p = allocate(EVENT_BYTES);
  if (p == 0) return;
  memory.fill(p, 0, EVENT_BYTES);
  store<u16>(p, <u16>code, EVENT_CODE);
  store<u16>(p, <u16>device, EVENT_DEVICE);
  store<u32>(p, value, EVENT_VALUE);
  store<f64>(p, clock.now(), EVENT_TIME);
  if (first) copyAddress(p + EVENT_FIRST, first);
  if (second) copyAddress(p + EVENT_SECOND, second);
  store<u32>(p, value2, EVENT_VALUE2);
  store<u32>(p, value3, EVENT_VALUE3);
  add(Order.Event, device, p, EVENT_BYTES, 0);
}
