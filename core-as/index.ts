/**
 * mext.wasm: what the host may call. The contract is abi/contract.ts; the way of a packet begins in
 * flow/inbound.ts and flow/outbound.ts.
 */
import { ABI_VERSION, ENTROPY_BYTES } from "./abi/contract";
import { Machine } from "./abi/states";
import * as engine from "./flow/engine";
import * as queries from "./flow/queries";
import * as random from "./protocol/crypto/random";
import * as peerTable from "./protocol/peer-table";
import * as registrationTable from "./protocol/registration-table";
import * as uplinkTable from "./protocol/uplink-table";
import * as wayTable from "./protocol/way-table";
import * as bindings from "./tables/bindings";
import * as counters from "./tables/counters";
import * as orders from "./tables/orders";

const entropy = memory.data(64, 16); // ENTROPY_BYTES

export function abiVersion(): i32 {
  return ABI_VERSION;
}

/** Where command records and the START_* record go. */
export function commandPointer(): usize {
  return engine.commandBuffer;
}

/** Where ENTROPY_BYTES octets of entropy go before `feedEntropy`. */
export function entropyPointer(): usize {
  return entropy;
}

/** Adds entropy; the first 32 octets must come before `start`. They are wiped from the buffer. */
export function feedEntropy(lengthBytes: u32): void {
  const length = min(lengthBytes, <u32>ENTROPY_BYTES);
  random.feed(entropy, length);
  memory.fill(entropy, 0, length);
}

/** Starts the instance; returns a Refusal. */
export function start(now: f64): i32 {
  return engine.start(now);
}

/** Carries out the Command whose record is in the command buffer; returns a Refusal. */
export function command(code: u32, lengthBytes: u32, now: f64): i32 {
  return engine.command(code, lengthBytes, now);
}

/** First slot; a packet's octets begin HEADROOM behind the start of its slot. */
export function inputPointer(): usize {
  return engine.inputPointer();
}

/** Octets from one slot to the next. */
export function inputStride(): usize {
  return engine.inputStride();
}

/** INPUT_* descriptors, one a slot. */
export function inputDescriptors(): usize {
  return engine.inputDescriptors();
}

/** Handles the packets in `count` slots from `first` on; returns how many it took. */
export function process(now: f64, first: u32, count: u32): u32 {
  return engine.process(now, first, count);
}

/** Lets timers run; returns 1 when it wants to be called again at once. */
export function tick(now: f64): u32 {
  return engine.tick(now);
}

/** Orders of the last call. */
export function orderCount(): u32 {
  return orders.length();
}

/** ORDER_* records. */
export function ordersPointer(): usize {
  return orders.pointer();
}

/** When `tick` is wanted next, monotonic ms; Infinity: not at all. */
export function nextWakeupMs(): f64 {
  return engine.nextWakeupMs();
}

/** Writes records of a Query to the reply buffer, from `cursor` on; returns their octets. */
export function query(kind: u32, cursor: u32): u32 {
  return queries.query(kind, cursor, engine.replyBuffer());
}

/** Where the last `query` or `exportState` goes on; 0: it was complete. */
export function queryCursor(): u32 {
  return queries.cursor();
}

export function replyPointer(): usize {
  return engine.replyBuffer();
}

/** Packets refused: f64, indexed by Reason. */
export function countersPointer(): usize {
  return counters.pointer();
}

/** Writes state records to the reply buffer, from `cursor` on; returns their octets. */
export function exportState(cursor: u32): u32 {
  return queries.exportState(cursor, engine.replyBuffer());
}

/** Takes state records from the reply buffer; returns how many octets it understood. */
export function importState(lengthBytes: u32, now: f64): u32 {
  engine.beginImport(now);
  return queries.importState(engine.replyBuffer(), lengthBytes);
}

/** The record number of a binding, −1: there is none. */
export function findBinding(addressPointer: usize, bid: u32): i32 {
  return bindings.find(addressPointer, bid);
}

/**
 * The record numbers of `count` bindings (at most 64): reads addresses of 16 octets from `addresses`
 * on, writes an i32 each to `records`, −1: there is none.
 */
export function findBindings(addresses: usize, count: u32, records: usize): void {
  bindings.findMany(addresses, min<u32>(count, 64), records);
}

/** Memory for the host's own records (iovecs, message headers); it is never given back. */
export function hostAlloc(lengthBytes: u32): usize {
  return heap.alloc(lengthBytes);
}

/** The table of a Machine: for each state and event two octets, next state and action. */
export function stateTable(machine: u32): usize {
  switch (machine) {
    case Machine.Uplink:
      return uplinkTable.table().cells;
    case Machine.Peer:
      return peerTable.table().cells;
    case Machine.Way:
      return wayTable.table().cells;
    default:
      return registrationTable.table().cells;
  }
}

export { assemble, assemblyPointer, dissect, dissectionPointer, scratchPointer } from "./wire/codec-exports";
