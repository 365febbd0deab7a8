/** Packets for the two implementations, made octet by octet: right ones, odd ones and broken ones. */
import fc from "fast-check";
import { CORRESPONDENT, HOME_AGENT, careofAddress, homeAddress } from "../../benches/home-agent.ts";
import { checksum } from "../../benches/packets.ts";

/** Nodes 0 to BOUND − 1 have bindings, the others not. */
export const BOUND = 8;
const NODES = 10;

export const Protocol = {
  hopByHop: 0, ipv4: 4, tcp: 6, udp: 17, ipv6: 41, routing: 43, fragment: 44, authentication: 51, icmpv6: 58, none: 59,
  destination: 60, mobility: 135,
} as const;

const SOLICITED = Uint8Array.from([0xff, 0x02, ...new Array(13).fill(0), 1]);
const GLOBAL_GROUP = Uint8Array.from([0xff, 0x0e, ...new Array(13).fill(0), 9]);
const LINK_LOCAL = Uint8Array.from([0xfe, 0x80, ...new Array(13).fill(0), 7]);
const LOOPBACK = Uint8Array.from([...new Array(15).fill(0), 1]);

const node = fc.nat(NODES - 1);
const home = node.map(homeAddress);
const careof = node.map((index) => careofAddress(index));
const anywhere = fc.uint8Array({ minLength: 16, maxLength: 16 });

/** One of these, the first ones more often. */
function mostly<T>(often: fc.Arbitrary<T>, ...seldom: fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 4 * seldom.length, arbitrary: often }, ...seldom.map((arbitrary) => ({ weight: 1, arbitrary })));
}

/** A header, or what stands behind the headers: its protocol, and its octets, of which the first may name what follows. */
interface Part {
  protocol: number;
  octets(next: number): number[];
}

// ---- extension headers ------------------------------------------------------------------------

interface Option {
  type: number;
  data: Uint8Array;
  /** What Opt Data Len says, if it is not the truth. */
  length?: number;
}

const option: fc.Arbitrary<Option> = fc.oneof(
  fc.record({ type: fc.constant(0xc9), data: mostly(home, fc.constant(LINK_LOCAL), fc.constant(LOOPBACK), anywhere, fc.uint8Array({ maxLength: 18 })) }),
  fc.record({ type: fc.constant(4), data: fc.constantFrom(0, 1, 2, 255).map((limit) => Uint8Array.of(limit)) }),
  fc.record({ type: fc.constantFrom(1, 5, 0x1e, 0x3e), data: fc.uint8Array({ maxLength: 6 }) }),
  fc.record({ type: fc.nat(255), data: fc.uint8Array({ maxLength: 20 }), length: mostly(fc.constant(undefined), fc.nat(255)) }),
);

/** Options one after another, with Pad1 up to the next eight octets. */
function optionsHeader(protocol: number, options: Option[]): Part {
  return {
    protocol,
    octets(next) {
      const body = options.flatMap(({ type, data, length }) => (type === 0 ? [0] : [type, length ?? data.length, ...data]));
      const units = Math.ceil((body.length + 2) / 8);
      return [next, units - 1, ...body, ...new Array(units * 8 - 2 - body.length).fill(0)];
    },
  };
}

function routingHeader(type: number, segmentsLeft: number, address: Uint8Array, units: number): Part {
  return {
    protocol: Protocol.routing,
    octets(next) {
      const octets = [next, units - 1, type, segmentsLeft, 0, 0, 0, 0, ...address, ...new Array(64).fill(0)];
      return octets.slice(0, units * 8);
    },
  };
}

const extension: fc.Arbitrary<Part> = fc.oneof(
  fc.array(option, { maxLength: 3 }).map((options) => optionsHeader(Protocol.destination, options)),
  fc.array(option, { maxLength: 2 }).map((options) => optionsHeader(Protocol.hopByHop, options)),
  fc.tuple(mostly(fc.constant(2), fc.constantFrom(0, 3, 4, 253)), fc.nat(2), mostly(home, anywhere, fc.constant(GLOBAL_GROUP)),
    mostly(fc.constant(3), fc.integer({ min: 1, max: 5 }))).map((values) => routingHeader(...values)),
  fc.tuple(mostly(fc.constant(0), fc.nat(200)), fc.boolean(), fc.nat(0xffff), fc.nat(7))
    .map(([offset, more, identification, reserved]): Part => ({
      protocol: Protocol.fragment,
      octets: (next) => [
        next, 0, offset >> 5, ((offset << 3) & 0xff) | (reserved & 6) | (more ? 1 : 0), 0, 0, identification >> 8, identification & 0xff,
      ],
    })),
  mostly(fc.integer({ min: 1, max: 4 }), fc.constant(0)).map((words): Part => ({
    protocol: Protocol.authentication, octets: (next) => [next, words, 0, 0, ...new Array(words * 4 + 4).fill(1)],
  })),
);

/** Mostly none; they may stand in any order, which RFC 8200 §4.1 wants to be accepted. */
const extensions = mostly(
  fc.constant<Part[]>([]), fc.array(extension, { minLength: 1, maxLength: 3 }), fc.array(extension, { minLength: 1, maxLength: 3 }),
  fc.integer({ min: 7, max: 9 }).map((headers) => Array.from({ length: headers }, () => optionsHeader(Protocol.destination, []))),
);

// ---- what is behind them ----------------------------------------------------------------------

/** A message with a right checksum, mostly, over the addresses that are given. */
function message(protocol: number, octets: number[], checksumAt: number, damage: number): (from: Uint8Array, to: Uint8Array) => number[] {
  return (from, to) => {
    const whole = Uint8Array.from(octets);
    const sum = checksum(from, to, whole, protocol) ^ damage;
    whole[checksumAt] = sum >> 8;
    whole[checksumAt + 1] = sum & 0xff;
    return [...whole];
  };
}

interface Upper {
  protocol: number;
  octets(from: Uint8Array, to: Uint8Array): number[];
}

const damage = mostly(fc.constant(0), fc.integer({ min: 1, max: 0xfffe }));
const payload = mostly(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1200, max: 1480 }).map((length) => new Uint8Array(length).fill(length)));

const udp: fc.Arbitrary<Upper> = fc.tuple(fc.nat(0xffff), fc.nat(0xffff), payload, damage).map(([source, destination, data, wrong]) => ({
  protocol: Protocol.udp,
  octets: message(Protocol.udp, [
    source >> 8, source & 255, destination >> 8, destination & 255, (data.length + 8) >> 8, (data.length + 8) & 255, 0, 0, ...data,
  ], 6, wrong),
}));

const tcpOption = fc.oneof(
  fc.constant([1]), fc.constant([4, 2]), fc.constant([3, 3, 7]), fc.constant([8, 10, 1, 2, 3, 4, 5, 6, 7, 8]),
  fc.nat(0xffff).map((size) => [2, 4, size >> 8, size & 255]), fc.constantFrom(1460, 1440, 1400).map((size) => [2, 4, size >> 8, size & 255]),
);
const tcp: fc.Arbitrary<Upper> = fc.tuple(fc.nat(0xffff), fc.array(tcpOption, { maxLength: 4 }), mostly(fc.constant(2), fc.nat(255)), payload, damage)
  .map(([source, options, flags, data, wrong]) => {
    const body = options.flat().slice(0, 40);
    const words = 5 + Math.ceil(body.length / 4);
    const padding = new Array(words * 4 - 20 - body.length).fill(0);
    return {
      protocol: Protocol.tcp,
      octets: message(Protocol.tcp, [
        source >> 8, source & 255, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, words << 4, flags, 0xff, 0xff, 0, 0, 0, 0, ...body, ...padding, ...data,
      ], 16, wrong),
    };
  });

const icmpv6: fc.Arbitrary<Upper> = fc.tuple(mostly(fc.constantFrom(128, 129), fc.nat(255)), fc.nat(3), payload, damage)
  .map(([type, code, data, wrong]) => ({ protocol: Protocol.icmpv6, octets: message(Protocol.icmpv6, [type, code, 0, 0, 0, 7, 0, 1, ...data], 2, wrong) }));

const mobility: fc.Arbitrary<Upper> = fc.tuple(fc.nat(13), fc.nat(4), fc.nat(0xffff), damage).map(([type, units, sequence, wrong]) => ({
  protocol: Protocol.mobility,
  octets: message(Protocol.mobility, [59, units, type, 0, 0, 0, sequence >> 8, sequence & 255, ...new Array(units * 8).fill(0)], 4, wrong),
}));

const other: fc.Arbitrary<Upper> = fc.tuple(fc.constantFrom(59, 50, 4, 132, 255, 139, 140), fc.uint8Array({ maxLength: 40 }))
  .map(([protocol, data]) => ({ protocol, octets: () => [...data] }));

// ---- packets ----------------------------------------------------------------------------------

interface Head {
  source: Uint8Array;
  destination: Uint8Array;
  trafficClass: number;
  flowLabel: number;
  hopLimit: number;
}

const outside = fc.record({ trafficClass: fc.nat(255), flowLabel: fc.nat(0xfffff), hopLimit: fc.nat(255) });

/** The packet of these parts. A Home Address option or type 2 routing header counts in checksums (RFC 6275 §6.1.1). */
function packet(head: Head, parts: Part[], upper: Upper): Uint8Array {
  const chain: number[] = [];
  parts.forEach((part, index) => chain.push(...part.octets(parts[index + 1]?.protocol ?? upper.protocol)));
  const behind = upper.octets(homeIn(parts) ?? head.source, head.destination);
  const length = chain.length + behind.length;
  const { trafficClass, flowLabel, hopLimit } = head;
  return Uint8Array.from([
    0x60 | (trafficClass >> 4), ((trafficClass & 15) << 4) | (flowLabel >> 16), (flowLabel >> 8) & 255, flowLabel & 255,
    (length >> 8) & 255, length & 255, parts[0]?.protocol ?? upper.protocol, hopLimit, ...head.source, ...head.destination, ...chain, ...behind,
  ]);
}

function homeIn(parts: Part[]): Uint8Array | undefined {
  for (const { protocol, octets } of parts) {
    const header = protocol === Protocol.destination ? octets(0) : [];
    const at = header[2] === 1 && header[3] === 2 ? 6 : 2; // first, or behind PadN
    if (header[at] === 0xc9 && header[at + 1] === 16) return Uint8Array.from(header.slice(at + 2, at + 18));
  }
  return undefined;
}

const correspondent = fc.constant(CORRESPONDENT);
const inner = fc.tuple(
  outside, mostly(home, careof, anywhere, fc.constant(LINK_LOCAL)),
  mostly(correspondent, fc.constant(HOME_AGENT), home, fc.constant(LINK_LOCAL), fc.constant(SOLICITED), fc.constant(GLOBAL_GROUP)),
  extensions, fc.oneof(udp, tcp, icmpv6, mobility, other),
).map(([fields, source, destination, parts, upper]) => packet({ ...fields, source, destination }, parts, upper));

/** A packet in another one; the inner one mostly of the node whose care-of address is outside. */
const tunnelled: fc.Arbitrary<Uint8Array> = fc.tuple(node, outside, extensions, inner, fc.boolean(), fc.uint8Array({ maxLength: 5 }))
  .map(([index, fields, parts, packetInside, isOwn, trailer]) => {
    const inside = packetInside.slice();
    if (isOwn) inside.set(homeAddress(index), 8);
    const upper = { protocol: Protocol.ipv6, octets: () => [...inside, ...trailer] };
    return packet({ ...fields, source: careofAddress(index), destination: HOME_AGENT }, parts, upper);
  });

const direct: fc.Arbitrary<Uint8Array> = fc.tuple(
  outside, mostly(careof, home, correspondent, anywhere), mostly(fc.constant(HOME_AGENT), home, fc.constant(SOLICITED)), extensions,
  fc.oneof(udp, tcp, icmpv6, mobility, other),
).map(([fields, source, destination, parts, upper]) => packet({ ...fields, source, destination }, parts, upper));

/** By the direct way to the home agent's host, of a node that is bound there, or of another one. */
const withHomeAddress: fc.Arbitrary<Uint8Array> = fc.tuple(outside, node, mostly(fc.constant(0), fc.constant(1)), fc.oneof(udp, tcp, icmpv6, mobility))
  .map(([fields, index, wrong, upper]) => {
    const parts = [optionsHeader(Protocol.destination, [{ type: 1, data: new Uint8Array(2) }, { type: 0xc9, data: homeAddress(index + wrong) }])];
    return packet({ ...fields, source: careofAddress(index), destination: HOME_AGENT }, parts, upper);
  });

const outbound: fc.Arbitrary<Uint8Array> = fc.tuple(
  outside, mostly(correspondent, home, careof, anywhere, fc.constant(HOME_AGENT)),
  mostly(home, careof, fc.constant(SOLICITED), fc.constant(GLOBAL_GROUP), fc.constant(LINK_LOCAL), anywhere), extensions, fc.oneof(udp, tcp, icmpv6, mobility, other),
).map(([fields, source, destination, parts, upper]) => packet({ ...fields, source, destination }, parts, upper));

/** Mostly as it is; else octets changed, its end missing, or more behind it. */
function spoiled(packets: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255));
  return mostly(
    packets,
    fc.tuple(packets, fc.array(change, { minLength: 1, maxLength: 3 })).map(([octets, changes]) => {
      const copy = octets.slice();
      for (const [place, value] of changes) copy[Math.min(copy.length - 1, Math.floor(place * Math.min(copy.length, 120)))] = value;
      return copy;
    }),
    fc.tuple(packets, fc.double({ min: 0, max: 1, noNaN: true })).map(([octets, share]) => octets.slice(0, Math.floor(octets.length * share))),
    fc.tuple(packets, fc.uint8Array({ maxLength: 9 })).map(([octets, more]) => Uint8Array.from([...octets, ...more])),
    fc.tuple(packets, fc.nat(400)).map(([octets, length]) => {
      const copy = octets.slice();
      copy[4] = length >> 8;
      copy[5] = length & 255;
      return copy;
    }),
  );
}

/** From the network to the home agent. */
export const fromNetwork = spoiled(fc.oneof(tunnelled, tunnelled, direct, withHomeAddress));
/** From the home agent's tunnel device. */
export const toTunnel = spoiled(outbound);
