/**
 * Reading and writing of packets as the host calls them. A packet to be read, and the octets of the
 * fields of one to be written, go to the scratch buffer; records are in the dissection buffer, and a
 * packet that was written is in the assembly buffer. The buffers are made at first use, so that an
 * engine that never decodes has none.
 */
import { MAX_RECORDS, RECORD_BYTES, SCRATCH_BYTES } from "../abi/fields";
import * as assembler from "./assemble";
import * as dissector from "./dissect";

let scratch: usize = 0;
let dissection: usize = 0;
let assembly: usize = 0;

function prepare(): void {
  if (scratch != 0) return;
  scratch = heap.alloc(SCRATCH_BYTES);
  dissection = heap.alloc(MAX_RECORDS * RECORD_BYTES);
  assembly = heap.alloc(SCRATCH_BYTES);
}

/** Pointer to the SCRATCH_BYTES octets of the scratch buffer. */
export function scratchPointer(): usize {
  prepare();
  return scratch;
}

/** Pointer to MAX_RECORDS records (RECORD_* of `abi/fields`). */
export function dissectionPointer(): usize {
  prepare();
  return dissection;
}

/** Pointer to the packet that `assemble` has written. */
export function assemblyPointer(): usize {
  prepare();
  return assembly;
}

/** Takes the packet in the scratch buffer apart; `linkType` is a LinkType. Returns the number of records. */
export function dissect(lengthBytes: u32, linkType: u32): u32 {
  prepare();
  return dissector.dissect(scratch, min(lengthBytes, <u32>SCRATCH_BYTES), linkType, dissection);
}

/**
 * Writes a packet from `recordBytes` octets of records. Returns its length in octets, or
 * -(index of the record × 16 + AssemblyRefusal).
 */
export function assemble(recordBytes: u32): i32 {
  prepare();
  const count = min(recordBytes, <u32>(MAX_RECORDS * RECORD_BYTES)) / RECORD_BYTES;
  return assembler.assemble(dissection, count, scratch, assembly);
}
