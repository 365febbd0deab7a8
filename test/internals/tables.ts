/**
 * What the tests of core-as/tables and core-as/protocol/crypto call. Compiled for the tests only.
 */
import { Slab, newSlab } from "../../core-as/tables/slab";
import { AddressIndex, newIndex } from "../../core-as/tables/index";

/** Memory for a test's own bytes; it is never given back. */
export function allocate(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function slabNew(recordBytes: u32, capacity: u32): Slab {
  return newSlab(recordBytes, capacity);
}
export function slabTake(slab: Slab): u32 {
  return slab.take();
}
export function slabGive(slab: Slab, record: u32): bool {
  return slab.give(record);
}
export function slabAt(slab: Slab, record: u32): usize {
  return slab.at(record);
}
export function slabIsTaken(slab: Slab, record: u32): bool {
  return slab.isTaken(record);
}
export function slabNext(slab: Slab, cursor: u32): u32 {
  return slab.next(cursor);
}
export function slabUsed(slab: Slab): u32 {
  return slab.used;
}
export function slabPeak(slab: Slab): u32 {
  return slab.peak;
}

export function indexNew(slab: Slab, address: usize, extra: usize, high: u64, low: u64): AddressIndex {
  return newIndex(slab, address, extra, high, low);
}
export function indexFind(index: AddressIndex, address: usize, extra: u32): u32 {
  return index.find(address, extra);
}
export function indexInsert(index: AddressIndex, record: u32): bool {
  return index.insert(record);
}
export function indexRemove(index: AddressIndex, record: u32): bool {
  return index.remove(record);
}
export function indexUsed(index: AddressIndex): u32 {
  return index.used;
}

export {
  start as timersStart,
  set as timersSet,
  move as timersMove,
  cancel as timersCancel,
  deadlineMs as timersDeadlineMs,
  advance as timersAdvance,
  popExpired as timersPopExpired,
  expiredKind as timersExpiredKind,
  expiredOwner as timersExpiredOwner,
  nextWakeupMs as timersNextWakeupMs,
  count as timersCount,
} from "../../core-as/tables/timers";

export {
  reset as sha1Reset,
  update as sha1Update,
  finish as sha1Finish,
} from "../../core-as/protocol/crypto/sha1";

export {
  prepare as hmacPrepare,
  begin as hmacBegin,
  update as hmacUpdate,
  finish as hmacFinish,
  sameBytes,
} from "../../core-as/protocol/crypto/hmac-sha1";

export {
  isSeeded as randomIsSeeded,
  feed as randomFeed,
  fill as randomFill,
  next32 as randomNext32,
  next64 as randomNext64,
  nextBelow as randomNextBelow,
  nextUnit as randomNextUnit,
  chacha20Block,
} from "../../core-as/protocol/crypto/random";
