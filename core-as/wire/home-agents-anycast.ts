/**
 * The Mobile IPv6 Home-Agents anycast address of a subnet (RFC 2526 §2 and §3, RFC 6275 §6.5): the subnet
 * prefix, then ones, of which the last seven bits are the anycast identifier 0x7e. An interface identifier of
 * 64 bits has its universal/local bit clear: fdff:ffff:ffff:fffe.
 */
import { get64, set64 } from "./bytes";

const INTERFACE_IDENTIFIER: u64 = 0xfdfffffffffffffe;
/** All ones, the last seven bits 0x7e. */
const LOW_ONES: u64 = 0xfffffffffffffffe;

/** Writes to `p` the anycast address of the subnet whose prefix are the first `bits` (1 to 120) of `prefix`. */
export function build(p: usize, prefix: usize, bits: u32): void {
  const high = get64(prefix);
  if (bits <= 64) {
    set64(p, bits == 64 ? high : high | (u64.MAX_VALUE >> <u64>bits));
    set64(p + 8, bits == 64 ? INTERFACE_IDENTIFIER : LOW_ONES);
    return;
  }
  const host = u64.MAX_VALUE >> <u64>(bits - 64);
  set64(p, high);
  set64(p + 8, (get64(prefix + 8) & ~host) | (LOW_ONES & host));
}
