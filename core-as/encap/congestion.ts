/**
 * Explicit Congestion Notification through tunnels of every encapsulation (RFC 6040; 5555-4.1.1-2): on the way in
 * the field is copied and the DSCP with it (normal mode, §4.1; 5555-4.1.1-1), on the way out the two are merged.
 */

/** The ECN field of a traffic class or type of service (RFC 3168 §5). */
const ECN_MASK: u32 = 3;
const NOT_CAPABLE: u32 = 0;
const CAPABLE_1: u32 = 1;
const CAPABLE_0: u32 = 2;
const EXPERIENCED: u32 = 3;

/** No traffic class: the packet is lost. */
export const LOST: u32 = 256;

/**
 * The traffic class that the inner packet has after a tunnel whose outer header came with `outer` (RFC 6040 §4.2).
 * LOST: routers have marked it, and its sender cannot be told otherwise.
 */
export function merge(outer: u32, inner: u32): u32 {
  const outerEcn = outer & ECN_MASK;
  const innerEcn = inner & ECN_MASK;
  if (outerEcn == EXPERIENCED && innerEcn != EXPERIENCED) {
    return innerEcn == NOT_CAPABLE ? LOST : inner | EXPERIENCED;
  }
  return outerEcn == CAPABLE_1 && innerEcn == CAPABLE_0 ? (inner & ~ECN_MASK) | CAPABLE_1 : inner;
}
