/**
 * Fragments of IPv4 packets (RFC 791 §3.2): of an inner packet that may be fragmented and does not fit its tunnel,
 * and of tunnel packets with an inner IPv6 packet of up to 1,280 octets, which is promised to pass.
 *
 *   ┌──────┬─────────┬───────────────────────────┐
 *   │ IPv4 │ options │ payload                   │
 *   └──────┴─────────┴───────────────────────────┘
 *   ┌──────┬─────────┬───────┐  ┌──────┬────────┬───────┐
 *   │ IPv4 │ options │ 8 n   │  │ IPv4 │ copied │ rest  │
 *   └──────┴─────────┴───────┘  └──────┴────────┴───────┘
 */
import { get8, set8 } from "../wire/bytes";
import * as ip4 from "../wire/ip4";
import * as orders from "../tables/orders";

const END_OF_OPTIONS: u32 = 0;
const NO_OPERATION: u32 = 1;
/** In the type of an option that every fragment has (RFC 791 §3.1). */
const COPIED: u32 = 0x80;

/** Octets of payload in each fragment but the last, when none is to be larger than `mtu` (68 or more). */
export function chunkBytes(packet: usize, mtu: u32): u32 {
  return (mtu - ip4.headerBytes(packet)) & ~7;
}

/** Octets of the fragment that was made last. */
export function lengthBytes(): u32 {
  return madeBytes;
}
let madeBytes: u32 = 0;

/**
 * Makes the fragment of the packet at `packet`, which has passed `ip4.check`, whose payload begins at `at` of the
 * packet's own, with up to `chunk` octets. It has HEADROOM before it; 0: there is no room.
 */
export function make(packet: usize, at: u32, chunk: u32): usize {
  const header = ip4.headerBytes(packet);
  const octets = min(chunk, ip4.totalLength(packet) - header - at);
  const out = orders.allocate(header + octets);
  if (out == 0) return 0;
  memory.copy(out, packet, header);
  if (at != 0) keepCopiedOptions(out, packet, header);
  const own = ip4.headerBytes(out);
  memory.copy(out + own, packet + header + at, octets);
  madeBytes = own + octets;
  const isLast = header + at + octets == ip4.totalLength(packet);
  // What is a fragment already is one of a larger packet.
  const more = !isLast || ip4.moreFragments(packet);
  ip4.setFragment(out, madeBytes, ip4.fragmentOffsetBytes(packet) + at, more);
  return out;
}

/** Sends the packet at `packet` on `device` in fragments of at most `mtu` octets. */
export function send(device: u32, packet: usize, mtu: u32): void {
  const chunk = chunkBytes(packet, mtu);
  const payload = ip4.totalLength(packet) - ip4.headerBytes(packet);
  for (let at: u32 = 0; at < payload; at += chunk) {
    const out = make(packet, at, chunk);
    if (out == 0) return;
    orders.transmit(device, out, madeBytes);
  }
}

/** Writes the header of a later fragment: of the options of `packet`, those that are copied. */
function keepCopiedOptions(out: usize, packet: usize, header: u32): void {
  let kept = <u32>ip4.LENGTH_BYTES;
  let at = <u32>ip4.LENGTH_BYTES;
  while (at < header) {
    const type = get8(packet + at);
    if (type == END_OF_OPTIONS) break;
    const octets = type == NO_OPERATION || at + 1 == header ? 1 : get8(packet + at + 1);
    if (octets == 0 || at + octets > header) break; // malformed: the rest is nobody's
    if ((type & COPIED) != 0) {
      memory.copy(out + kept, packet + at, octets);
      kept += octets;
    }
    at += octets;
  }
  while ((kept & 3) != 0) set8(out + kept++, END_OF_OPTIONS);
  ip4.setHeaderBytes(out, kept);
}
