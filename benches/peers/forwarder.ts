/**
 * A home agent's packet path in plain JavaScript, as good as we can write it: typed arrays, nothing
 * allocated, headers written into the room before the packet. It does what the core does on the same
 * octets, step for step (core-as/flow/inbound.ts, outbound.ts), and its packets are the core's, octet
 * for octet but for the flow label.
 *
 *   slot 0                            slot 1
 *   ├──────────┬──────────────────────┼──────────┬─────
 *   │ headroom │ packet               │ headroom │ …
 *   └──────────┴──────────────────────┴──────────┴─────
 */
import { HEADROOM } from "../../core-as/abi/contract.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import type { BindingMap } from "./binding-maps.ts";
import { fold, memoryOf, type Checksum, type Memory } from "./checksum.ts";

const HEADER_BYTES = 40;
const IPV6 = 41;
const ICMPV6 = 58;
const DESTINATION_OPTIONS = 60;
const HOP_LIMIT = 64;
const FIRST_INFORMATIONAL = 128;
const MINIMUM_MTU = 1280;
const RECORD_WORDS = 4;

export class Forwarder {
  readonly memory: Memory;
  /** Outputs of the last batch: offset and length of each packet. */
  readonly outputs: Int32Array;
  outputCount = 0;
  readonly counters = new Float64Array(256);
  readonly lengths: Int32Array;
  private readonly stride: number;
  /** The home agent's address, in the word order of the machine. */
  private readonly self: Uint32Array;
  // Of each binding.
  private readonly careof: Uint32Array;
  private readonly expiresMs: Float64Array;
  private readonly pathMtu: Uint16Array;
  readonly packetsOut: Float64Array;
  readonly bytesOut: Float64Array;

  constructor(
    slots: number, slotBytes: number, capacity: number, self: Uint8Array,
    readonly map: BindingMap, readonly checksum: Checksum,
  ) {
    this.stride = (HEADROOM + slotBytes + 15) & ~15;
    this.memory = memoryOf(new ArrayBuffer(this.stride * slots));
    this.outputs = new Int32Array(slots * 2);
    this.lengths = new Int32Array(slots);
    this.self = new Uint32Array(self.slice().buffer);
    this.careof = new Uint32Array(capacity * RECORD_WORDS);
    this.expiresMs = new Float64Array(capacity);
    this.pathMtu = new Uint16Array(capacity);
    this.packetsOut = new Float64Array(capacity);
    this.bytesOut = new Float64Array(capacity);
  }

  bind(binding: number, homeAddress: Uint8Array, careofAddress: Uint8Array, expiresMs: number): void {
    this.map.set(memoryOf(homeAddress.slice().buffer), 0, binding);
    this.setPath(binding, careofAddress, expiresMs);
  }

  /** What is known of a binding that is in the map already. */
  setPath(binding: number, careofAddress: Uint8Array, expiresMs: number): void {
    this.careof.set(new Uint32Array(careofAddress.slice().buffer), binding * RECORD_WORDS);
    this.expiresMs[binding] = expiresMs;
    this.pathMtu[binding] = 1500;
  }

  /** Offset of the packet in a slot. */
  slotPointer(slot: number): number {
    return slot * this.stride + HEADROOM;
  }

  fill(slot: number, packet: Uint8Array): void {
    this.memory.bytes.set(packet, slot * this.stride + HEADROOM);
    this.lengths[slot] = packet.length;
  }

  /** Packets of slots `first` to `last − 1` that came from the network. */
  receiveAll(first: number, last: number): void {
    for (let slot = first; slot < last; slot++) {
      this.counters[this.receive(slot * this.stride + HEADROOM, this.lengths[slot])]++;
    }
  }

  /** Packets of slots `first` to `last − 1` that go to mobile nodes. */
  sendAll(now: number, first: number, last: number): void {
    for (let slot = first; slot < last; slot++) {
      this.counters[this.send(now, slot * this.stride + HEADROOM, this.lengths[slot])]++;
    }
  }

  /** Parses a packet, walks to its upper layer and verifies the checksum there. */
  private receive(at: number, length: number): Reason {
    const malformed = this.check(at, length);
    if (malformed !== Reason.None) return malformed;
    const { bytes, view, words } = this.memory;
    const destination = (at + 24) >> 2;
    const { self } = this;
    if (words[destination] !== self[0] || words[destination + 1] !== self[1] || words[destination + 2] !== self[2]
      || words[destination + 3] !== self[3]) return Reason.NotForUs;
    const end = at + HEADER_BYTES + view.getUint16(at + 4);
    let upper = at + HEADER_BYTES;
    let nextHeader = bytes[at + 6];
    while (nextHeader === 0 || nextHeader === 43 || nextHeader === DESTINATION_OPTIONS) {
      if (upper + 8 > end) return Reason.Ipv6Truncated;
      nextHeader = bytes[upper];
      upper += (bytes[upper + 1] + 1) * 8;
    }
    if (nextHeader !== ICMPV6) return Reason.UpperProtocolUnknown;
    const upperLength = end - upper;
    if (upperLength < 8) return Reason.Icmpv6Truncated;
    const { sum, swap } = this.checksum;
    const pseudo = sum(this.memory, at + 8, 32)
      + (swap ? ((upperLength & 0xff) << 8) | (upperLength >>> 8) : upperLength) + (swap ? ICMPV6 << 8 : ICMPV6);
    if (fold(pseudo + sum(this.memory, upper, upperLength), swap) !== 0xffff) return Reason.Icmpv6Checksum;
    if (bytes[upper] < FIRST_INFORMATIONAL) return Reason.IcmpNotOurs;
    return Reason.MessageNotForThisRole;
  }

  /** Parses a packet, finds the binding of its destination and writes the outer header. */
  private send(now: number, at: number, length: number): Reason {
    const malformed = this.check(at, length);
    if (malformed !== Reason.None) return malformed;
    const { bytes, view, words } = this.memory;
    const packetBytes = HEADER_BYTES + view.getUint16(at + 4);
    if (bytes[at + 24] === 0xff) return Reason.MulticastNotTunnelled;
    if (bytes[at + 24] === 0xfe && (bytes[at + 25] & 0xc0) === 0x80) return Reason.LinkLocalNotTunnelled;
    const binding = this.map.find(this.memory, at + 24);
    if (binding < 0 || this.expiresMs[binding] <= now) return Reason.NoBinding;

    const { self, careof } = this;
    const to = binding * RECORD_WORDS;
    const source = (at + 8) >> 2;
    let isOwnTunnel = true;
    for (let part = 0; part < 4; part++) {
      isOwnTunnel = isOwnTunnel && words[source + part] === self[part] && words[source + 4 + part] === careof[to + part];
    }
    if (isOwnTunnel) return Reason.RecursiveEncapsulation;
    if (bytes[at + 6] === DESTINATION_OPTIONS) throw new Error("this peer has no encapsulation limits");
    const outerBytes = HEADER_BYTES + packetBytes;
    if (outerBytes > this.pathMtu[binding] && packetBytes > MINIMUM_MTU) return Reason.PacketTooBig;

    const outer = at - HEADER_BYTES;
    const trafficClass = (view.getUint16(at) >>> 4) & 0xff;
    view.setUint32(outer, 0x60000000 | (trafficClass << 20) | this.flowLabel(at));
    view.setUint16(outer + 4, packetBytes);
    bytes[outer + 6] = IPV6;
    bytes[outer + 7] = HOP_LIMIT;
    const header = (outer + 8) >> 2;
    for (let part = 0; part < 4; part++) {
      words[header + part] = self[part];
      words[header + 4 + part] = careof[to + part];
    }
    this.outputs[this.outputCount * 2] = outer;
    this.outputs[this.outputCount * 2 + 1] = outerBytes;
    this.outputCount++;
    this.packetsOut[binding]++;
    this.bytesOut[binding] += packetBytes;
    return Reason.None;
  }

  private check(at: number, length: number): Reason {
    const { bytes, view } = this.memory;
    if (length === 0) return Reason.Ipv6Truncated;
    if (bytes[at] >>> 4 !== 6) return Reason.NotIpv6;
    if (length < HEADER_BYTES || length < HEADER_BYTES + view.getUint16(at + 4)) return Reason.Ipv6Truncated;
    return Reason.None;
  }

  /** The same label for all packets of a flow; it need not be the core's, only as good. */
  private flowLabel(at: number): number {
    const { words } = this.memory;
    let mixed = words[at >> 2];
    for (let word = (at + 8) >> 2; word < (at + 40) >> 2; word++) {
      mixed = Math.imul(mixed ^ words[word], 0x9e3779b1);
      mixed ^= mixed >>> 15;
    }
    return mixed & 0xfffff;
  }
}
