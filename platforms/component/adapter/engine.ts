/** The resource `engine` of engine.wit: each function is lifted by the name that the build gives it. */
import {
  DATAGRAM_ADDRESS, DATAGRAM_BYTES, DATAGRAM_FRAGMENTS, DATAGRAM_PORT, DATAGRAM_SEGMENT_BYTES, DATAGRAM_TRAFFIC_CLASS,
  COMMAND_BYTES, ENTROPY_BYTES, HEADROOM, INPUT_BYTES, INPUT_DEVICE, INPUT_KIND, INPUT_LENGTH, Input, REPLY_BYTES,
  Refusal, START_BYTES, START_MAX_BINDINGS, START_MAX_NODES, START_OUTPUT_BYTES, START_REASSEMBLIES, START_ROLE,
  START_SLOTS, START_SLOT_BYTES, STATE_HEAD_BYTES, STATE_LENGTH,
} from "../../../core-as/abi/contract";
import { writeAddress } from "./addresses";
import { OwnRefusal } from "./command-record";
import { carryOutCommand } from "./commands";
import * as core from "./core";
import { gathered, gatheredBytes, gatherQuery, gatherState } from "./gather";
import { allocate } from "./memory";
import { beginOrders, giveOrders, takeOrders } from "./orders";
import { giveBindings, giveRefusals, giveUpdates, giveUplinks } from "./queries";

/** The one engine's representation; the core's state is that of the instance. */
const ENGINE: u32 = 1;
/** 0 device, 4 case of the payload, 8 what belongs to it. */
const GIVEN_INPUT_BYTES: u32 = 32;

let started = false;
let slots: u32 = 0;
let slotBytes: u32 = 0;

/** A result: 0 its case, 4 the handle or the refusal. */
export function engineStart(
  role: u32, now: f64, entropy: usize, entropyBytes: u32,
  inputSlots: u32, inputSlotBytes: u32, outputBytes: u32, maxBindings: u32, maxNodes: u32, reassemblies: u32,
): usize {
  const result = allocate(8);
  if (started) return refused(result, OwnRefusal.EngineExists);
  engineFeedEntropy(ENGINE, entropy, entropyBytes);
  const record = core.commandPointer();
  memory.fill(record, 0, START_BYTES);
  store<u32>(record, role + 1, START_ROLE); // Role.Codec has no engine
  store<u32>(record, inputSlots, START_SLOTS);
  store<u32>(record, inputSlotBytes, START_SLOT_BYTES);
  store<u32>(record, outputBytes, START_OUTPUT_BYTES);
  store<u32>(record, maxBindings, START_MAX_BINDINGS);
  store<u32>(record, maxNodes, START_MAX_NODES);
  store<u32>(record, reassemblies, START_REASSEMBLIES);
  const refusal = core.start(now);
  if (refusal !== Refusal.None) return refused(result, refusal);
  started = true;
  slots = inputSlots;
  slotBytes = inputSlotBytes;
  store<u32>(result, 0);
  store<u32>(result, core.newEngine(ENGINE), 4);
  return result;
}

export function engineFeedEntropy(_self: u32, entropy: usize, bytes: u32): void {
  for (let at: u32 = 0; at < bytes; at += ENTROPY_BYTES) {
    const part = min<u32>(bytes - at, ENTROPY_BYTES);
    memory.copy(core.entropyPointer(), entropy + at, part);
    core.feedEntropy(part);
  }
}

/** Too many parameters for the stack: they are a tuple of self, now and the variant. */
export function engineCommand(parameters: usize): usize {
  return answered(carryOutCommand(load<u8>(parameters, 16), parameters + 24, load<f64>(parameters, 8)));
}

export function engineRawCommand(_self: u32, now: f64, code: u32, record: usize, bytes: u32): usize {
  if (bytes > <u32>COMMAND_BYTES) return answered(OwnRefusal.TooLong);
  memory.copy(core.commandPointer(), record, bytes);
  return answered(core.command(code, bytes, now));
}

export function engineProcess(_self: u32, now: f64, inputs: usize, count: u32): usize {
  beginOrders();
  for (let done: u32 = 0; done < count; ) {
    const batch = min<u32>(count - done, slots);
    for (let slot: u32 = 0; slot < batch; slot++) fillSlot(slot, inputs + (done + slot) * GIVEN_INPUT_BYTES);
    done += batch;
    for (let first: u32 = 0; first < batch; ) {
      first += core.process(now, first, batch - first);
      takeOrders(first === batch && done === count);
    }
  }
  return orders();
}

export function engineTick(_self: u32, now: f64): usize {
  beginOrders();
  let more: bool;
  do {
    more = core.tick(now) !== 0;
    takeOrders(!more);
  } while (more);
  return orders();
}

/** An option: 0 its case, 8 the time. */
export function engineNextWakeupMs(_self: u32): usize {
  const result = allocate(16);
  const atMs = core.nextWakeupMs();
  store<u64>(result, atMs === Infinity ? 0 : 1);
  store<f64>(result, atMs, 8);
  return result;
}

export function engineBindings(_self: u32): usize {
  const result = allocate(8);
  giveBindings(result);
  return result;
}

export function engineUpdates(_self: u32): usize {
  const result = allocate(8);
  giveUpdates(result);
  return result;
}

export function engineUplinks(_self: u32): usize {
  const result = allocate(8);
  giveUplinks(result);
  return result;
}

export function engineRefusals(_self: u32): usize {
  const result = allocate(8);
  giveRefusals(result);
  return result;
}

export function engineRawQuery(_self: u32, table: u32): usize {
  gatherQuery(table + 1);
  return octets();
}

export function engineExportState(_self: u32): usize {
  gatherState();
  return octets();
}

/** A tuple: 0 the octets understood, 4 the orders. The core takes whole records, as many as its buffer holds. */
export function engineImportState(_self: u32, now: f64, records: usize, bytes: u32): usize {
  const result = allocate(12);
  beginOrders();
  let at: u32 = 0;
  while (at < bytes) {
    const part = wholeRecords(records + at, bytes - at);
    if (part === 0) break;
    memory.copy(core.replyPointer(), records + at, part);
    const taken = core.importState(part, now);
    takeOrders(false);
    if (taken === 0) break;
    at += taken;
  }
  store<u32>(result, at);
  giveOrders(result + 4);
  return result;
}

/** The octets of whole records that lie here, up to the size of the buffer; 0: not even one. */
function wholeRecords(records: usize, bytes: u32): u32 {
  let end: u32 = 0;
  while (end + 4 <= bytes) {
    const length = <u32>load<u16>(records + end, STATE_LENGTH);
    if (length < <u32>STATE_HEAD_BYTES || end + length > bytes || end + length > <u32>REPLY_BYTES) break;
    end += length;
  }
  return end;
}

/** Puts an input of the host into a slot of the core. */
function fillSlot(slot: u32, input: usize): void {
  const packet = core.inputPointer() + <usize>slot * core.inputStride() + HEADROOM;
  const kind = <u32>load<u8>(input, 4);
  const isDatagrams = kind === Input.Datagrams;
  const content = input + 8;
  const octets = isDatagrams ? content + 16 : content;
  const length = load<u32>(octets, 4);
  memory.copy(packet, load<usize>(octets), min<u32>(length, slotBytes)); // the core refuses one that is larger
  if (isDatagrams) describeDatagrams(packet - DATAGRAM_BYTES, content);
  const descriptor = core.inputDescriptors() + slot * INPUT_BYTES;
  store<u32>(descriptor, length, INPUT_LENGTH);
  store<u32>(descriptor, load<u32>(input), INPUT_DEVICE);
  store<u32>(descriptor, kind, INPUT_KIND);
}

/** 0 address, 8 port, 10 segment-bytes, 12 traffic-class. An address of another length is as none: refused. */
function describeDatagrams(record: usize, from: usize): void {
  memory.fill(record, 0, DATAGRAM_BYTES);
  writeAddress(record + DATAGRAM_ADDRESS, load<usize>(from), load<u32>(from, 4));
  store<u16>(record, load<u16>(from, 8), DATAGRAM_PORT);
  store<u16>(record, load<u16>(from, 10), DATAGRAM_SEGMENT_BYTES);
  store<u8>(record, load<u8>(from, 12), DATAGRAM_TRAFFIC_CLASS);
  store<u8>(record, 0, DATAGRAM_FRAGMENTS);
}

function orders(): usize {
  const result = allocate(8);
  giveOrders(result);
  return result;
}

function octets(): usize {
  const result = allocate(8);
  store<usize>(result, gathered);
  store<u32>(result, gatheredBytes, 4);
  return result;
}

/** A result of the last command: 0 its case, 4 the orders or the refusal. */
function answered(refusal: i32): usize {
  const result = allocate(12);
  if (refusal !== Refusal.None) return refused(result, refusal);
  beginOrders();
  takeOrders(true);
  store<u32>(result, 0);
  giveOrders(result + 4);
  return result;
}

function refused(result: usize, refusal: i32): usize {
  store<u32>(result, 1);
  store<u32>(result, refusal - 1, 4);
  return result;
}
