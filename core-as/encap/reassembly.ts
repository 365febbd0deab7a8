/**
 * Reassembly of packets addressed to this node (RFC 8200 §4.5).
 *
 * A fixed number of buffers, each with the packet as it will be and one bit for every eight octets
 * that have come:
 *
 *   ┌──────────────────────┬──────────────────────────┬──────────┐
 *   │ IPv6 and other       │ fragmentable part, as    │ bit map  │
 *   │ unfragmentable parts │ far as it has come       │          │
 *   └──────────────────────┴──────────────────────────┴──────────┘
 *
 * A packet with overlapping fragments is thrown away; an exact copy of a fragment that is there
 * already is not an overlap but a duplicate, and is ignored.
 */
import { Reason } from "../abi/reasons";
import { sameAddress } from "../wire/bytes";
import * as extension from "../wire/extension";
import * as fragment from "../wire/fragment";
import * as ip6 from "../wire/ip6";
import * as clock from "../tables/clock";
import * as counters from "../tables/counters";
import * as orders from "../tables/orders";

/** RFC 8200 §4.5: a packet that is not complete after this is given up. */
const TIMEOUT_MS: f64 = 60000;
const MAX_UNFRAGMENTABLE_BYTES: u32 = 512;
/** An IPv6 packet is not larger (RFC 8200 §4.5). */
const MAX_PACKET_BYTES: u32 = 65575;

@unmanaged
class Assembly {
  /** 0: free. */
  deadlineMs: f64;
  identification: u32;
  /** Octets of the unfragmentable part with the IPv6 header; 0 until the first fragment is here. */
  headBytes: u32;
  /** Octets of the fragmentable part; 0 until the last fragment is here. */
  totalBytes: u32;
  /** Octets of it that are here, counting up to whole units of eight. */
  unitsHere: u32;
  /** 1: a fragment came with congestion marked (RFC 3168 §5.3). */
  congested: u32;
}

const RECORD: usize = 64;
// Within a record, behind the 28 octets of Assembly: source and destination.
const SOURCE: usize = 32;
const DESTINATION: usize = SOURCE + 16;

let count: u32 = 0;
let records: usize = 0;
let buffers: usize = 0;
let maps: usize = 0;
let bufferBytes: u32 = 0;
let largest: u32 = 0;
let wholeBytes: u32 = 0;

/** Room for `capacity` packets of up to `packetBytes` octets. */
export function start(capacity: u32, packetBytes: u32): void {
  count = capacity;
  largest = packetBytes;
  bufferBytes = (MAX_UNFRAGMENTABLE_BYTES + packetBytes + 15) & ~15;
  records = heap.alloc(RECORD * capacity);
  memory.fill(records, 0, RECORD * capacity);
  buffers = heap.alloc(<usize>bufferBytes * capacity);
  maps = heap.alloc(<usize>mapBytes() * capacity);
}

/** How many packets are being put together. */
export function used(): u32 {
  let busy: u32 = 0;
  for (let index: u32 = 0; index < count; index++) if (at(index).deadlineMs != 0) busy++;
  return busy;
}

/** Octets of the packet that `take` gave last. */
export function lengthBytes(): u32 {
  return wholeBytes;
}

/**
 * Takes one fragment, of which `extension.walk` found the headers. Returns the whole packet, in
 * room of this call's orders, once it is complete; otherwise 0, with refusals counted.
 */
export function take(packet: usize): usize {
  const header = packet + extension.fragmentHeaderOffset();
  const data = header + fragment.LENGTH_BYTES;
  const octets = ip6.totalLength(packet) - <u32>(data - packet);
  const offset = fragment.offsetBytes(header);
  const more = fragment.moreFragments(header);
  const headBytes = extension.fragmentHeaderOffset();
  if (octets == 0 || (more && (octets & 7) != 0) || headBytes > MAX_UNFRAGMENTABLE_BYTES) {
    return refuse(Reason.FragmentMalformed);
  }
  if (offset + octets > largest || headBytes + offset + octets > MAX_PACKET_BYTES) {
    return refuse(Reason.PacketTooLarge);
  }

  expire();
  if (count == 0) return refuse(Reason.ReassemblyFull);
  const index = findOrBegin(packet, fragment.identification(header));
  const assembly = at(index);
  const content = buffers + <usize>index * bufferBytes + MAX_UNFRAGMENTABLE_BYTES;

  // A last fragment that contradicts an earlier one, or octets behind the end.
  const end = offset + octets;
  if (assembly.totalBytes != 0 && (more ? end > assembly.totalBytes : end != assembly.totalBytes)) {
    return giveUp(assembly, Reason.FragmentMalformed);
  }
  const present = unitsPresent(index, offset, octets);
  if (present != 0) {
    if (present == units(octets) && memory.compare(content + offset, data, octets) == 0) return 0; // a duplicate
    return giveUp(assembly, Reason.FragmentOverlap);
  }
  if (!more) {
    if (hasUnitsFrom(index, end)) return giveUp(assembly, Reason.FragmentMalformed);
    assembly.totalBytes = end;
  }
  mark(index, offset, octets);
  if (isCongested(packet)) assembly.congested = 1;
  assembly.unitsHere += units(octets);
  memory.copy(content + offset, data, octets);
  if (offset == 0) {
    // The head stands right before the content, its chain naming what the Fragment header named.
    assembly.headBytes = headBytes;
    const head = content - headBytes;
    memory.copy(head, packet, headBytes);
    store<u8>(head + extension.fragmentNamedAt(), <u8>fragment.nextHeader(header));
  }
  if (assembly.headBytes == 0 || assembly.totalBytes == 0 || assembly.unitsHere != units(assembly.totalBytes)) {
    return 0;
  }

  wholeBytes = assembly.headBytes + assembly.totalBytes;
  assembly.deadlineMs = 0;
  const whole = orders.allocate(wholeBytes);
  if (whole == 0) return 0;
  memory.copy(whole, content - assembly.headBytes, wholeBytes);
  ip6.setPayloadLength(whole, wholeBytes - <u32>ip6.LENGTH_BYTES);
  // A mark on any fragment is a mark on the packet, if it can bear one.
  if (assembly.congested != 0 && (ip6.trafficClass(whole) & ECN_MASK) != 0) {
    ip6.setTrafficClass(whole, ip6.trafficClass(whole) | ECN_MASK);
  }
  return whole;
}

/** The ECN field; all ones: congestion experienced. */
const ECN_MASK: u32 = 3;

function isCongested(packet: usize): bool {
  return (ip6.trafficClass(packet) & ECN_MASK) == ECN_MASK;
}

/** The assembly of this packet, or a new one: in place of the oldest when all are busy. */
function findOrBegin(packet: usize, identification: u32): u32 {
  let free: u32 = 0; // a free one has a deadline of zero, so it is the oldest
  for (let index: u32 = 0; index < count; index++) {
    const assembly = at(index);
    if (assembly.deadlineMs < at(free).deadlineMs) free = index;
    if (assembly.deadlineMs == 0) continue;
    const p = changetype<usize>(assembly);
    if (
      assembly.identification == identification && sameAddress(p + SOURCE, ip6.source(packet)) &&
      sameAddress(p + DESTINATION, ip6.destination(packet))
    ) {
      return index;
    }
  }
  if (at(free).deadlineMs != 0) refuse(Reason.ReassemblyFull);
  const p = changetype<usize>(at(free));
  memory.fill(p, 0, RECORD);
  memory.fill(mapOf(free), 0, mapBytes());
  at(free).deadlineMs = clock.now() + TIMEOUT_MS;
  at(free).identification = identification;
  memory.copy(p + SOURCE, ip6.source(packet), 32);
  return free;
}

/** Gives up what has waited for too long. Few records: a look at each is cheap. */
function expire(): void {
  for (let index: u32 = 0; index < count; index++) {
    const assembly = at(index);
    if (assembly.deadlineMs != 0 && assembly.deadlineMs <= clock.now()) giveUp(assembly, Reason.ReassemblyTimeout);
  }
}

function giveUp(assembly: Assembly, reason: Reason): usize {
  assembly.deadlineMs = 0;
  return refuse(reason);
}

function refuse(reason: Reason): usize {
  counters.refuse(reason);
  return 0;
}

function at(index: u32): Assembly {
  return changetype<Assembly>(records + <usize>index * RECORD);
}

function units(octets: u32): u32 {
  return (octets + 7) >> 3;
}

function mapBytes(): u32 {
  return ((units(largest) + 63) >> 6) << 3;
}

function mapOf(index: u32): usize {
  return maps + <usize>index * mapBytes();
}

function isMarked(index: u32, unit: u32): bool {
  return (<u32>load<u8>(mapOf(index) + (unit >> 3)) & (1 << (unit & 7))) != 0;
}

function unitsPresent(index: u32, offset: u32, octets: u32): u32 {
  let present: u32 = 0;
  const end = (offset >> 3) + units(octets);
  for (let unit = offset >> 3; unit < end; unit++) if (isMarked(index, unit)) present++;
  return present;
}

function hasUnitsFrom(index: u32, end: u32): bool {
  for (let unit = units(end); unit < units(largest); unit++) if (isMarked(index, unit)) return true;
  return false;
}

function mark(index: u32, offset: u32, octets: u32): void {
  const end = (offset >> 3) + units(octets);
  for (let unit = offset >> 3; unit < end; unit++) {
    const p = mapOf(index) + (unit >> 3);
    store<u8>(p, <u8>(<u32>load<u8>(p) | (1 << (unit & 7))));
  }
}
