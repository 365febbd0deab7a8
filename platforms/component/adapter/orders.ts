/** The core's orders as the list of variants that the host gets. */
import {
  DATAGRAM_ADDRESS, DATAGRAM_BYTES, DATAGRAM_FRAGMENTS, DATAGRAM_PORT, DATAGRAM_SEGMENT_BYTES, DATAGRAM_TRAFFIC_CLASS,
  DEVICE_ANY, EVENT_BYTES, EVENT_CODE, EVENT_DEVICE, EVENT_FIRST, EVENT_SECOND, EVENT_TIME, EVENT_VALUE, EVENT_VALUE2,
  EVENT_VALUE3, Event, ORDER_BYTES, ORDER_DEVICE, ORDER_KIND, ORDER_LENGTH, ORDER_POINTER, ORDER_VALUE, Order,
} from "../../../core-as/abi/contract";
import { giveAddress, giveOptionalAddress, isIpv4 } from "./addresses";
import { orderCount, ordersPointer } from "./core";
import { allocate, copied } from "./memory";

/** The variant: its case, and what belongs to it 8 octets behind. */
const CASE_CONTENT: u32 = 8;
const GIVEN_EVENT_BYTES: u32 = 80;
/** An event is the largest case. */
export const GIVEN_ORDER_BYTES: u32 = CASE_CONTENT + GIVEN_EVENT_BYTES;

/** The orders of this call of the host, which may be several calls of the core. */
let list: usize = 0;
let count: u32 = 0;
let room: u32 = 0;

export function beginOrders(): void {
  list = 0;
  count = 0;
  room = 0;
}

/**
 * Takes the orders of the last call of the core. With `isLast` the octets stay where they are, valid until the next
 * call of the core; else they are copied, since that call is near.
 */
export function takeOrders(isLast: bool): void {
  const more = orderCount();
  makeRoom(count + more);
  let from = ordersPointer();
  for (let end = from + more * ORDER_BYTES; from < end; from += ORDER_BYTES) {
    const kind = load<u16>(from, ORDER_KIND);
    if (kind === Order.None) continue;
    giveOrder(list + count * GIVEN_ORDER_BYTES, <Order>kind, from, isLast);
    count++;
  }
}

/** Writes the list's pointer and length. */
export function giveOrders(to: usize): void {
  store<usize>(to, list);
  store<u32>(to, count, 4);
}

function makeRoom(orders: u32): void {
  if (orders <= room && list !== 0) return;
  room = max<u32>(orders, room * 2);
  const larger = allocate(room * GIVEN_ORDER_BYTES);
  memory.copy(larger, list, count * GIVEN_ORDER_BYTES);
  list = larger;
}

function giveOrder(to: usize, kind: Order, order: usize, inPlace: bool): void {
  const device = <u32>load<u16>(order, ORDER_DEVICE);
  const length = load<u32>(order, ORDER_LENGTH);
  const value = load<u32>(order, ORDER_VALUE);
  let pointer = load<usize>(order, ORDER_POINTER);
  store<u8>(to, <u8>(kind - 1));
  const at = to + CASE_CONTENT;
  switch (kind) {
    case Order.Transmit:
      giveDevice(at, device);
      giveOctets(at + 8, inPlace ? pointer : copied(pointer, length), length);
      break;
    case Order.Event:
      giveEvent(at, inPlace ? pointer : copied(pointer, EVENT_BYTES));
      break;
    case Order.Keep:
      giveOctets(at, inPlace ? pointer : copied(pointer, length), length);
      break;
    case Order.AddAddress:
    case Order.RemoveAddress:
    case Order.AddRoute:
    case Order.RemoveRoute:
      if (!inPlace) pointer = copied(pointer, 16);
      store<u32>(at, device);
      giveAddress(at + 4, pointer);
      // ::ffff:0:0/96 is where IPv4 lies: an embedder counts the bits of an IPv4 address
      store<u32>(at, isIpv4(pointer) && value >= 96 ? value - 96 : value, 12);
      break;
    case Order.AddDefaultRoute:
    case Order.RemoveDefaultRoute:
      store<u32>(at, device);
      giveAddress(at + 4, inPlace ? pointer : copied(pointer, 16));
      break;
    case Order.TunnelMtu:
      store<u32>(at, value);
      break;
    case Order.AddNeighbour:
      if (!inPlace) pointer = copied(pointer, length);
      store<u32>(at, device);
      giveAddress(at + 4, pointer);
      giveOctets(at + 12, pointer + 16, length - 16);
      break;
    case Order.UseTunnel:
    case Order.HearGroups:
      store<u32>(at, device);
      store<u8>(at, value === 1 ? 1 : 0, 4);
      break;
    case Order.SendDatagrams: {
      const record = inPlace ? pointer - DATAGRAM_BYTES : copied(pointer - DATAGRAM_BYTES, DATAGRAM_BYTES + length);
      giveDevice(at, device);
      giveAddress(at + 8, record + DATAGRAM_ADDRESS);
      store<u16>(at, load<u16>(record, DATAGRAM_PORT), 16);
      store<u16>(at, load<u16>(record, DATAGRAM_SEGMENT_BYTES), 18);
      store<u8>(at, load<u8>(record, DATAGRAM_TRAFFIC_CLASS), 20);
      giveOctets(at + 24, record + DATAGRAM_BYTES, length);
      store<u8>(at, load<u8>(record, DATAGRAM_FRAGMENTS) !== 0 ? 1 : 0, 32);
      break;
    }
    case Order.SendArp:
      store<u32>(at, device);
      giveOctets(at + 4, inPlace ? pointer : copied(pointer, length), length);
      store<u8>(at, value === 1 ? 1 : 0, 12);
      break;
  }
}

function giveOctets(to: usize, pointer: usize, length: u32): void {
  store<usize>(to, pointer);
  store<u32>(to, length, 4);
}

/** An option: which device, or the host's own routing. */
function giveDevice(to: usize, device: u32): void {
  store<u32>(to, device === DEVICE_ANY ? 0 : 1);
  store<u32>(to, device, 4);
}

/**
 * The record of an event in the canonical ABI:
 *
 *   0 kind   4 device   16 at-ms   24 first   36 second   48 value   52 value2   56 value3   64 clock-ahead-ms
 */
function giveEvent(to: usize, event: usize): void {
  const code = load<u16>(event, EVENT_CODE);
  store<u8>(to, <u8>(code - 1));
  giveDevice(to + 4, load<u16>(event, EVENT_DEVICE));
  store<f64>(to, load<f64>(event, EVENT_TIME), 16);
  giveOptionalAddress(to + 24, event + EVENT_FIRST);
  store<u32>(to, load<u32>(event, EVENT_VALUE), 48);
  store<u32>(to, load<u32>(event, EVENT_VALUE2), 52);
  store<u32>(to, load<u32>(event, EVENT_VALUE3), 56);
  if (code === Event.ProbeAnswered) {
    const aheadMs = load<f64>(event, EVENT_SECOND);
    store<u32>(to, 0, 36);
    store<u64>(to, isNaN(aheadMs) ? 0 : 1, 64);
    store<f64>(to, aheadMs, 72);
  } else {
    giveOptionalAddress(to + 36, event + EVENT_SECOND);
    store<u64>(to, 0, 64);
  }
}
