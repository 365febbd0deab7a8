/**
 * Memory for what crosses the boundary: arguments that the host has written here, and results that it has yet to
 * read. It is part of the core's memory, got by `hostAlloc`, which takes nothing back: so there is one piece, used
 * anew by every call, and replaced by a larger one when a call needs more.
 *
 *   host: cabi_realloc … (arguments) → the function: allocate … (results) → host reads them → post: all is free
 *
 * Lists and records lie as the component model's canonical ABI wants them: natural alignment, a list is its pointer
 * and its length. So an @unmanaged class with the same fields in the same order has the same offsets, if
 * the discriminant of an option or variant is declared as wide as what follows it is aligned.
 */
import { hostAlloc } from "./core";

const FIRST_BYTES: u32 = 1 << 16;
/** No result needs a stricter alignment. */
const ALIGNMENT: usize = 8;

let piece: usize = 0;
let end: usize = 0;
let next: usize = 0;

/** So many octets until the end of the call, aligned to 8. */
export function allocate(bytes: usize): usize {
  let at = (next + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  if (piece === 0 || bytes > end - min(at, end)) {
    // What was given in this call stays valid: the old piece is not used again.
    const size = max<usize>(max<usize>((end - piece) * 2, FIRST_BYTES), bytes + ALIGNMENT);
    piece = hostAlloc(<u32>size);
    end = piece + size;
    at = (piece + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  }
  next = at + bytes;
  return at;
}

/** What the host calls to make room for arguments; also to make a piece larger that it has got. */
export function cabi_realloc(old: usize, oldBytes: usize, _alignment: usize, bytes: usize): usize {
  if (old !== 0 && bytes <= oldBytes) return old;
  const at = allocate(bytes);
  if (old !== 0) memory.copy(at, old, oldBytes);
  return at;
}

/** The host has read the results: everything of this call is free. */
export function release(): void {
  next = piece;
}

/** A list or a text, as it lies in records. */
@unmanaged
export class List {
  pointer: usize;
  length: u32;
}

/** An option of a list or a text. */
@unmanaged
export class OptionalList {
  present: u32;
  pointer: usize;
  length: u32;
}

/** An option that is there? Only the first octet of its discriminant is defined. */
// @ts-ignore: decorators
@inline
export function isPresent(discriminant: u64): bool {
  return (discriminant & 0xff) !== 0;
}

/** Octets in a piece of their own. */
export function copied(pointer: usize, length: u32): usize {
  const at = allocate(length);
  memory.copy(at, pointer, length);
  return at;
}
