/** TCP and UDP packets of both IP versions in plain JavaScript, large ones too, and how Linux cuts those. */
import fc from "fast-check";

export const TCP = 6;
export const UDP = 17;
export const [FIN, SYN, RST, PSH, ACK, URG, CWR] = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x80];

export interface Shape {
  readonly version: 4 | 6;
  readonly protocol: number;
  /** Of the last octet of both addresses. */
  readonly host: number;
  /** In place of those: source and destination, 4 or 16 octets each. */
  readonly addresses?: readonly [Uint8Array, Uint8Array];
  readonly ports: readonly [number, number];
  readonly trafficClass: number;
  readonly hopLimit: number;
  /** IPv6 */
  readonly flowLabel: number;
  /** IPv4 */
  readonly identification: number;
  readonly dontFragment: boolean;
  /** TCP */
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  readonly window: number;
  /** TCP, a multiple of four octets. */
  readonly options: Uint8Array;
}

export const PLAIN: Shape = {
  version: 6, protocol: TCP, host: 1, ports: [5001, 443], trafficClass: 0, hopLimit: 63, flowLabel: 0x12345,
  identification: 7, dontFragment: true, sequence: 0xfffffff0, acknowledgement: 99, flags: ACK, window: 512,
  options: Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2),
};

export const shapes: fc.Arbitrary<Shape> = fc.record({
  version: fc.constantFrom(4 as const, 6 as const),
  protocol: fc.constantFrom(TCP, UDP),
  host: fc.nat(255),
  ports: fc.tuple(fc.nat(65535), fc.nat(65535)),
  trafficClass: fc.nat(255),
  hopLimit: fc.integer({ min: 1, max: 255 }),
  flowLabel: fc.nat(0xfffff),
  identification: fc.nat(65535),
  dontFragment: fc.boolean(),
  sequence: fc.nat(0xffffffff),
  acknowledgement: fc.nat(0xffffffff),
  flags: fc.nat(255),
  window: fc.nat(65535),
  options: fc.nat(10).chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 })),
});

export function headerBytes({ version, protocol, options }: Shape): { ip: number; all: number } {
  const ip = version === 4 ? 20 : 40;
  return { ip, all: ip + (protocol === TCP ? 20 + options.length : 8) };
}

/** A whole packet with right checksums. */
export function build(shape: Shape, payload: Uint8Array): Buffer {
  const { ip, all } = headerBytes(shape);
  const packet = Buffer.alloc(all + payload.length);
  packet.set(payload, all);
  if (shape.version === 4) {
    packet[0] = 0x45;
    packet[1] = shape.trafficClass;
    packet.writeUInt16BE(packet.length, 2);
    packet.writeUInt16BE(shape.identification, 4);
    packet.writeUInt16BE(shape.dontFragment ? 0x4000 : 0, 6);
    packet[8] = shape.hopLimit;
    packet[9] = shape.protocol;
    packet.set([10, 0, 0, shape.host, 10, 9, 9, shape.host], 12);
    packet.writeUInt16BE(complement(sum(packet.subarray(0, 20))), 10);
  } else {
    packet.writeUInt32BE((0x60000000 | (shape.trafficClass << 20) | shape.flowLabel) >>> 0, 0);
    packet.writeUInt16BE(packet.length - 40, 4);
    packet[6] = shape.protocol;
    packet[7] = shape.hopLimit;
    packet.set([0x20, 0x01, 0x0d, 0xb8, 0, 1], 8);
    packet[23] = shape.host;
    packet.set([0x20, 0x01, 0x0d, 0xb8, 0, 2], 24);
    packet[39] = shape.host;
  }
  if (shape.addresses) {
    packet.set(Buffer.concat(shape.addresses), ip - 2 * shape.addresses[0].length);
    if (ip === 20) packet.writeUInt16BE(0, 10);
    if (ip === 20) packet.writeUInt16BE(complement(sum(packet.subarray(0, 20))), 10);
  }
  const upper = packet.subarray(ip);
  upper.writeUInt16BE(shape.ports[0], 0);
  upper.writeUInt16BE(shape.ports[1], 2);
  if (shape.protocol === TCP) {
    upper.writeUInt32BE(shape.sequence, 4);
    upper.writeUInt32BE(shape.acknowledgement, 8);
    upper[12] = ((20 + shape.options.length) / 4) << 4;
    upper[13] = shape.flags;
    upper.writeUInt16BE(shape.window, 14);
    upper.set(shape.options, 20);
    upper.writeUInt16BE(complement(upperSum(shape, packet)), 16);
  } else {
    upper.writeUInt16BE(upper.length, 4);
    upper.writeUInt16BE(complement(upperSum(shape, packet)) || 0xffff, 6);
  }
  return packet;
}

/** The packets that a large one of this shape becomes (net/ipv4/tcp_offload.c, udp_offload.c, af_inet.c of Linux). */
export function cut(shape: Shape, payload: Uint8Array, segmentBytes: number): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0, index = 0; at < payload.length; at += segmentBytes, index++) {
    const isLast = at + segmentBytes >= payload.length;
    let { flags } = shape;
    if (!isLast) flags &= ~(FIN | PSH);
    if (at > 0) flags &= ~CWR;
    const own = {
      ...shape, flags, sequence: (shape.sequence + at) >>> 0, identification: (shape.identification + index) & 0xffff,
    };
    packets.push(build(own, payload.subarray(at, at + segmentBytes)));
  }
  return packets;
}

export interface VirtioHeader {
  readonly flags: number;
  readonly segmentation: number;
  readonly headerBytes: number;
  readonly segmentBytes: number;
  readonly checksumStart: number;
  readonly checksumOffset: number;
}

/** What is in front of a packet that segmentation is left of. */
export function virtioOf(shape: Shape, segmentBytes: number): VirtioHeader {
  const { ip, all } = headerBytes(shape);
  const tcp = shape.version === 4 ? 1 : 4;
  return {
    flags: 1, segmentation: shape.protocol === UDP ? 5 : tcp, headerBytes: all, segmentBytes, checksumStart: ip,
    checksumOffset: shape.protocol === TCP ? 16 : 6,
  };
}

/** A packet as the kernel gives it: the checksum is that of the pseudo-header so far. */
export function partial(shape: Shape, payload: Uint8Array): Buffer {
  const packet = build(shape, payload);
  const { ip } = headerBytes(shape);
  packet.writeUInt16BE(pseudoSum(shape, packet), ip + (shape.protocol === TCP ? 16 : 6));
  return packet;
}

/** The ones'-complement sum of octets, 16 bits. */
export function sum(bytes: Uint8Array, start = 0): number {
  let total = start;
  for (let at = 0; at < bytes.length; at++) total += at & 1 ? bytes[at] : bytes[at] << 8;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

function complement(value: number): number {
  return ~value & 0xffff;
}

function pseudoSum({ version, protocol }: Shape, packet: Buffer): number {
  const addresses = version === 4 ? packet.subarray(12, 20) : packet.subarray(8, 40);
  return sum(addresses, packet.length - (version === 4 ? 20 : 40) + protocol);
}

function upperSum(shape: Shape, packet: Buffer): number {
  return sum(packet.subarray(shape.version === 4 ? 20 : 40), pseudoSum(shape, packet));
}
