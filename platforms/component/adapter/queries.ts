/** Tables of the core as the lists of records of engine.wit. */
import * as abi from "../../../core-as/abi/contract";
import { REASON_COUNT } from "../../../core-as/abi/reasons";
import { reasonCase } from "../../../build/component/names";
import { giveAddress, giveOptionalAddress } from "./addresses";
import { countersPointer } from "./core";
import { gathered, gatheredBytes, gatherQuery } from "./gather";
import { allocate } from "./memory";

const BINDING_SIZE: u32 = 104;
const UPDATE_SIZE: u32 = 136;
const UPLINK_SIZE: u32 = 56;
const REFUSED_SIZE: u32 = 16;
/** NODE_ID of a binding by return routability. */
const NO_NODE: u32 = 0xffffffff;

/** Gives a list with room for `count` records; returns where they lie. */
function list(to: usize, count: u32, size: u32): usize {
  const at = allocate(count * size);
  store<usize>(to, at);
  store<u32>(to, count, 4);
  return at;
}

/** Four f64 counts as u64. */
function giveTraffic(to: usize, from: usize): void {
  for (let index: usize = 0; index < 4; index++) store<u64>(to + index * 8, <u64>load<f64>(from + index * 8));
}

/** An option of a time that is negative when there is none. */
function giveOptionalMs(to: usize, ms: f64): void {
  store<u64>(to, ms < 0 ? 0 : 1);
  store<f64>(to, ms, 8);
}

/**
 *   0 home-address    8 careof-address   16 node        24 remaining-ms   32 age-ms   40 traffic       72 sequence
 *  74 binding-flags  76 path-mtu         78 encapsulation   80 port       84 nat      88 ipv4-home-address
 */
export function giveBindings(to: usize): void {
  gatherQuery(abi.Query.Bindings);
  const count = gatheredBytes / abi.BINDING_BYTES;
  let at = list(to, count, BINDING_SIZE);
  for (let index: u32 = 0; index < count; index++, at += BINDING_SIZE) {
    const from = gathered + index * abi.BINDING_BYTES;
    const node = load<u32>(from, abi.BINDING_NODE);
    const port = load<u16>(from, abi.BINDING_PORT);
    giveAddress(at, from + abi.BINDING_HOME_ADDRESS);
    giveAddress(at + 8, from + abi.BINDING_CAREOF_ADDRESS);
    store<u32>(at, node === NO_NODE ? 0 : 1, 16);
    store<u32>(at, node, 20);
    store<f64>(at, load<f64>(from, abi.BINDING_REMAINING), 24);
    store<f64>(at, load<f64>(from, abi.BINDING_AGE), 32);
    giveTraffic(at + 40, from + abi.BINDING_PACKETS_IN);
    store<u16>(at, load<u16>(from, abi.BINDING_SEQUENCE), 72);
    store<u16>(at, load<u16>(from, abi.BINDING_FLAGS), 74);
    store<u16>(at, load<u16>(from, abi.BINDING_PATH_MTU), 76);
    store<u8>(at, load<u8>(from, abi.BINDING_ENCAPSULATION), 78);
    store<u16>(at, port !== 0 ? 1 : 0, 80);
    store<u16>(at, port, 82);
    store<u8>(at, load<u8>(from, abi.BINDING_NAT) === 1 ? 1 : 0, 84);
    giveOptionalAddress(at + 88, from + abi.BINDING_IPV4_HOME_ADDRESS);
  }
}

/**
 *   0 home-address    8 careof-address   20 peer      28 state       32 remaining-ms   40 next-refresh-ms
 *  56 round-trip-ms  72 traffic         104 sequence  106 path-mtu  108 last-status   112 device
 * 120 encapsulation 124 ipv4-home-address
 */
export function giveUpdates(to: usize): void {
  gatherQuery(abi.Query.Updates);
  const count = gatheredBytes / abi.UPDATE_BYTES;
  let at = list(to, count, UPDATE_SIZE);
  for (let index: u32 = 0; index < count; index++, at += UPDATE_SIZE) {
    const from = gathered + index * abi.UPDATE_BYTES;
    const status = load<u16>(from, abi.UPDATE_LAST_STATUS);
    const device = load<u16>(from, abi.UPDATE_DEVICE);
    giveAddress(at, from + abi.UPDATE_HOME_ADDRESS);
    giveOptionalAddress(at + 8, from + abi.UPDATE_CAREOF_ADDRESS);
    giveAddress(at + 20, from + abi.UPDATE_PEER);
    store<u8>(at, <u8>load<u32>(from, abi.UPDATE_STATE), 28);
    store<f64>(at, load<f64>(from, abi.UPDATE_REMAINING), 32);
    giveOptionalMs(at + 40, load<f64>(from, abi.UPDATE_NEXT_REFRESH));
    giveOptionalMs(at + 56, load<f64>(from, abi.UPDATE_ROUND_TRIP));
    giveTraffic(at + 72, from + abi.UPDATE_PACKETS_IN);
    store<u16>(at, load<u16>(from, abi.UPDATE_SEQUENCE), 104);
    store<u16>(at, load<u16>(from, abi.UPDATE_PATH_MTU), 106);
    store<u16>(at, status === 0xffff ? 0 : 1, 108);
    store<u16>(at, status, 110);
    store<u32>(at, device === abi.DEVICE_ANY ? 0 : 1, 112);
    store<u32>(at, device, 116);
    store<u8>(at, load<u8>(from, abi.UPDATE_ENCAPSULATION), 120);
    giveOptionalAddress(at + 124, from + abi.UPDATE_IPV4_HOME_ADDRESS);
  }
}

/**
 *   0 device   4 state   8 careof-address   20 router   32 preference   36 selected   40 ipv4-address
 *  52 encapsulation
 */
export function giveUplinks(to: usize): void {
  gatherQuery(abi.Query.Uplinks);
  const count = gatheredBytes / abi.UPLINK_BYTES;
  let at = list(to, count, UPLINK_SIZE);
  for (let index: u32 = 0; index < count; index++, at += UPLINK_SIZE) {
    const from = gathered + index * abi.UPLINK_BYTES;
    store<u32>(at, load<u32>(from, abi.UPLINK_DEVICE));
    store<u8>(at, <u8>load<u32>(from, abi.UPLINK_STATE), 4);
    giveOptionalAddress(at + 8, from + abi.UPLINK_CAREOF_ADDRESS);
    giveOptionalAddress(at + 20, from + abi.UPLINK_ROUTER);
    store<u32>(at, load<u32>(from, abi.UPLINK_PREFERENCE), 32);
    store<u8>(at, load<u32>(from, abi.UPLINK_SELECTED) === 1 ? 1 : 0, 36);
    giveOptionalAddress(at + 40, from + abi.UPLINK_IPV4_ADDRESS);
    store<u8>(at, <u8>load<u32>(from, abi.UPLINK_ENCAPSULATION), 52);
  }
}

/** Reasons with packets: 0 reason, 8 packets. */
export function giveRefusals(to: usize): void {
  const counters = countersPointer();
  let at = list(to, REASON_COUNT, REFUSED_SIZE);
  let count: u32 = 0;
  for (let reason: u32 = 0; reason < <u32>REASON_COUNT; reason++) {
    const packets = load<f64>(counters + reason * sizeof<f64>());
    const named = reasonCase(reason);
    if (packets === 0 || named < 0) continue;
    store<u8>(at, <u8>named);
    store<u64>(at, <u64>packets, 8);
    at += REFUSED_SIZE;
    count++;
  }
  store<u32>(to, count, 4);
}
