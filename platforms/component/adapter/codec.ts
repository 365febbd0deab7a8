/** The resource `codec` of codec.wit: the core's flat records (core-as/abi/fields.ts) as lists of layers, and back. */
import { dissect, dissectionPointer, newCodec, scratchPointer } from "./core";
import {
  FieldKind, LinkType, RECORD_BIT_LENGTH, RECORD_BIT_OFFSET, RECORD_BYTES, RECORD_DEPTH, RECORD_FIELD_KIND, RECORD_ID,
  RECORD_KIND, RECORD_OCTETS, RECORD_VALUE, RecordKind, SCRATCH_BYTES,
} from "../../../core-as/abi/fields";
import { MORE_LAYER, reasonCase } from "../../../build/component/names";
import { allocate } from "./memory";
import { giveFieldName, giveLayerName, prepareNames } from "./names";

/** A codec has no state. */
const CODEC: u32 = 1;
/** 0 name, 8 depth, 12 offset, 16 length, 20 fields, 28 checksum, 32 problem. */
const LAYER_SIZE: u32 = 44;
/** 0 name, 8 value, 24 bit-offset, 28 bit-length. */
const FIELD_SIZE: u32 = 32;
/** Depths of layers are below it. */
const MAX_DEPTHS: u32 = 256;

/** The cases of `value`. */
export enum Value { Number, Flag, Octets, Address }

export function codecConstructor(): u32 {
  prepareNames();
  return newCodec(CODEC);
}

function linkTypeOf(kind: u32): u32 {
  switch (kind) {
    case 0: return LinkType.BsdNull;
    case 1: return LinkType.Ethernet;
    case 3: return LinkType.BsdLoop;
    case 4: return LinkType.LinuxCooked;
    case 5: return LinkType.Ipv4;
    case 6: return LinkType.Ipv6;
    case 7: return LinkType.LinuxCooked2;
    default: return LinkType.Raw;
  }
}

export function codecDissect(_self: u32, packet: usize, packetBytes: u32, linkType: u32): usize {
  const length = min<u32>(packetBytes, SCRATCH_BYTES);
  memory.copy(scratchPointer(), packet, length);
  const records = dissectionPointer();
  const end = records + dissect(length, linkTypeOf(linkType)) * RECORD_BYTES;
  const isCut = length < packetBytes;
  const result = allocate(8);

  // Fields may come behind the options of their layer: first all layers with the number of their fields.
  let count: u32 = isCut ? 1 : 0;
  for (let at = records; at < end; at += RECORD_BYTES) if (isLayer(at)) count++;
  const layers = allocate(count * LAYER_SIZE);
  const path = allocate(MAX_DEPTHS * 4);
  let layer = layers - LAYER_SIZE;
  for (let at = records; at < end; at += RECORD_BYTES) {
    const depth = <u32>load<u8>(at, RECORD_DEPTH);
    if (isLayer(at)) {
      layer += LAYER_SIZE;
      giveLayer(layer, at);
      store<usize>(path + (depth << 2), layer);
    } else if (load<u8>(at, RECORD_KIND) === RecordKind.Field) {
      const own = load<usize>(path + (depth << 2));
      store<u32>(own, load<u32>(own, 24) + 1, 24);
    } else giveFinding(load<usize>(path + (depth << 2)), at);
  }
  if (isCut) giveMore(layer += LAYER_SIZE, length);

  for (let at = layers; at < layers + count * LAYER_SIZE; at += LAYER_SIZE) {
    store<usize>(at, allocate(load<u32>(at, 24) * FIELD_SIZE), 20);
    store<u32>(at, 0, 24);
  }
  layer = layers - LAYER_SIZE;
  for (let at = records; at < end; at += RECORD_BYTES) {
    const depth = <u32>load<u8>(at, RECORD_DEPTH);
    if (isLayer(at)) store<usize>(path + (depth << 2), layer += LAYER_SIZE);
    else if (load<u8>(at, RECORD_KIND) === RecordKind.Field) {
      const own = load<usize>(path + (depth << 2));
      const filled = load<u32>(own, 24);
      giveField(load<usize>(own, 20) + filled * FIELD_SIZE, at, packet);
      store<u32>(own, filled + 1, 24);
    }
  }
  store<usize>(result, layers);
  store<u32>(result, count, 4);
  return result;
}

function isLayer(record: usize): bool {
  const kind = load<u8>(record, RECORD_KIND);
  return kind === RecordKind.Layer || kind === RecordKind.More;
}

function giveLayer(to: usize, record: usize): void {
  const bitOffset = load<u32>(record, RECORD_BIT_OFFSET);
  if (load<u8>(record, RECORD_KIND) === RecordKind.More) return giveMore(to, bitOffset >> 3);
  memory.fill(to, 0, LAYER_SIZE);
  giveLayerName(to, load<u16>(record, RECORD_ID));
  store<u8>(to, load<u8>(record, RECORD_DEPTH), 8);
  store<u32>(to, bitOffset >> 3, 12);
  store<u32>(to, load<u32>(record, RECORD_BIT_LENGTH) >> 3, 16);
}

/** There is more than was read. */
function giveMore(to: usize, offset: u32): void {
  memory.fill(to, 0, LAYER_SIZE);
  giveLayerName(to, MORE_LAYER);
  store<u32>(to, offset, 12);
}

/** A checksum or a problem; of several problems the first counts. */
function giveFinding(layer: usize, record: usize): void {
  const id = <u32>load<u16>(record, RECORD_ID);
  if (load<u8>(record, RECORD_KIND) === RecordKind.Checksum) {
    store<u8>(layer, 1, 28);
    store<u8>(layer, <u8>(id - 1), 29);
  } else if (load<u32>(layer, 32) === 0) {
    store<u32>(layer, 1, 32);
    store<u8>(layer, <u8>reasonCase(id), 36);
    store<u32>(layer, load<u32>(record, RECORD_BIT_OFFSET) >> 3, 40);
  }
}

function giveField(to: usize, record: usize, packet: usize): void {
  const bitOffset = load<u32>(record, RECORD_BIT_OFFSET);
  const bitLength = load<u32>(record, RECORD_BIT_LENGTH);
  const kind = <FieldKind>load<u16>(record, RECORD_FIELD_KIND);
  giveFieldName(to, load<u16>(record, RECORD_ID));
  if (load<u16>(record, RECORD_OCTETS) !== 0) {
    const octets = ((bitOffset + bitLength) >> 3) - (bitOffset >> 3);
    const isAddress = (kind === FieldKind.Address || kind === FieldKind.AddressList || kind === FieldKind.AnyAddress)
      && (octets === 4 || octets === 16);
    giveOctets(to + 8, isAddress ? Value.Address : Value.Octets, packet + (bitOffset >> 3), octets);
  } else if (kind === FieldKind.Ipv4Address) {
    giveOctets(to + 8, Value.Address, packet + (bitOffset >> 3), 4);
  } else if (kind === FieldKind.Flag) {
    store<u8>(to, Value.Flag, 8);
    store<u64>(to, load<u64>(record, RECORD_VALUE) !== 0 ? 1 : 0, 16);
  } else {
    store<u8>(to, Value.Number, 8);
    store<u64>(to, load<u64>(record, RECORD_VALUE), 16);
  }
  store<u32>(to, bitOffset, 24);
  store<u32>(to, bitLength, 28);
}

/** A value: 0 its case, 8 what belongs to it. */
function giveOctets(to: usize, kind: Value, pointer: usize, length: u32): void {
  store<u8>(to, <u8>kind);
  store<usize>(to, pointer, 8);
  store<u32>(to, length, 12);
}
