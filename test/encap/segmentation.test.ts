import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { loadOffload, type OffloadInternals } from "../internals/load-offload.ts";
import {
  ACK, build, CWR, cut, FIN, headerBytes, partial, PLAIN, PSH, type Shape, shapes, TCP, UDP, virtioOf,
} from "./large-packets.ts";
import { expectSame, OffloadBench } from "./offload-bench.ts";

const MAX_PACKET_BYTES = 65535;

function octets(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7919 + seed * 31 + (at >> 8)) & 0xff);
}

function pieces({ train, packetBytes }: { train: Buffer; packetBytes: number }): Buffer[] {
  const found: Buffer[] = [];
  const step = packetBytes || train.length;
  for (let at = 0; at < train.length; at += step) found.push(train.subarray(at, at + step));
  return found;
}

describe("segmentation of large packets", () => {
  let core: OffloadInternals;
  let bench: OffloadBench;
  beforeAll(async () => {
    core = await loadOffload();
    bench = new OffloadBench(core);
  });

  const large = fc.tuple(
    shapes, fc.integer({ min: 1, max: 64000 }),
    fc.oneof(fc.integer({ min: 400, max: 9000 }), fc.integer({ min: 1, max: 65535 })), fc.nat(1000),
  ).map(([shape, wanted, segmentBytes, seed]) => {
    const most = MAX_PACKET_BYTES + (shape.version === 6 ? 40 : 0) - headerBytes(shape).all;
    // what programs make has few segments: tens of thousands of single octets would only take time
    return { shape, payload: octets(Math.min(wanted, most, segmentBytes * 100), seed), segmentBytes };
  });

  it("gives the packets that Linux makes of them, one after the other", () => {
    fc.assert(fc.property(large, ({ shape, payload, segmentBytes }) => {
      const found = bench.leads(partial(shape, payload), virtioOf(shape, segmentBytes));
      if (typeof found === "number") throw new Error(Reason[found]);
      expectSame(found, cut(shape, payload, segmentBytes));
    }), { numRuns: 100 });
  });

  it("gives the same packets in trains that every kernel takes", () => {
    fc.assert(fc.property(large, ({ shape, payload, segmentBytes }) => {
      const found = bench.trains(partial(shape, payload), virtioOf(shape, segmentBytes));
      if (typeof found === "number") throw new Error(Reason[found]);
      expectSame(found.flatMap(pieces), cut(shape, payload, segmentBytes));
      for (const { train, packetBytes } of found) {
        expect(train.length).toBeLessThanOrEqual(Math.max(65000, packetBytes));
        expect(pieces({ train, packetBytes }).length).toBeLessThanOrEqual(64);
      }
    }), { numRuns: 100 });
  });

  it("leaves FIN and PSH to the last segment and CWR to the first", () => {
    const shape: Shape = { ...PLAIN, flags: ACK | FIN | PSH | CWR };
    const found = bench.leads(partial(shape, octets(3000)), virtioOf(shape, 1000)) as Buffer[];
    expect(found.map((packet) => packet[40 + 13])).toEqual([ACK | CWR, ACK, ACK | FIN | PSH]);
  });

  it("counts what goes out with a lead", () => {
    const shape: Shape = { ...PLAIN, version: 4 };
    bench.leads(partial(shape, octets(100)), virtioOf(shape, 1000));
    expect([core.packetsSent(), core.octetsSent(152)]).toEqual([1, 152]);
    bench.trains(partial(shape, octets(3500)), virtioOf(shape, 1000));
    expect([core.packetsSent(), core.octetsSent(1052)]).toEqual([4, 3500 + 4 * 52]);
  });

  it.each([4, 6] as const)("finishes the checksum of a packet that is in one piece: IPv%d", (version) => {
    for (const protocol of [TCP, UDP]) {
      const shape: Shape = { ...PLAIN, version, protocol };
      for (const length of [0, 1, 77, 1400]) {
        const virtio = { ...virtioOf(shape, 0), segmentation: 0 };
        expect(bench.leads(partial(shape, octets(length)), virtio)).toEqual([build(shape, octets(length))]);
      }
    }
  });

  it("leaves a packet alone whose header says nothing", () => {
    const virtio = { flags: 0, segmentation: 0, headerBytes: 9, segmentBytes: 9, checksumStart: 9, checksumOffset: 9 };
    for (const bytes of [octets(0), octets(1), octets(1400)]) {
      expect(bench.leads(bytes, virtio)).toEqual([Buffer.from(bytes)]);
    }
    // what the kernel has verified
    expect(bench.leads(octets(60), { ...virtio, flags: 2 })).toEqual([Buffer.from(octets(60))]);
  });

  const malformed: [string, (packet: Buffer) => Buffer | void, Partial<ReturnType<typeof virtioOf>>][] = [
    ["segments of no octets", () => {}, { segmentBytes: 0 }],
    ["another IP version than it says", () => {}, { segmentation: 1 }],
    ["another protocol than it says", () => {}, { segmentation: 5 }],
    ["a kind of segmentation that does not exist", () => {}, { segmentation: 3 }],
    ["a cut IPv6 header", (packet) => packet.subarray(0, 39), {}],
    ["less payload than its length says", (packet) => packet.subarray(0, packet.length - 1), {}],
    ["a cut TCP header", (packet) => { packet.writeUInt16BE(19, 4); }, {}],
    ["a TCP header that is too short", (packet) => { packet[52] = 0x40; }, {}],
    ["a TCP header longer than the packet", (packet) => { packet.writeUInt16BE(22, 4); }, {}],
    ["no packet at all", (packet) => packet.subarray(0, 0), {}],
    ["a checksum behind its end", () => {}, { segmentation: 0, checksumStart: 3000 }],
    ["a checksum that is cut off", () => {}, { segmentation: 0, checksumStart: 1000, checksumOffset: 71 }],
    ["a checksum at an odd place", () => {}, { segmentation: 0, checksumStart: 40, checksumOffset: 15 }],
  ];
  it.each(malformed)("refuses what has %s", (_title, change, header) => {
    const packet = partial(PLAIN, octets(1000));
    const changed = change(packet) ?? packet;
    expect(bench.leads(changed, { ...virtioOf(PLAIN, 500), ...header })).toBe(Reason.SegmentationMalformed);
  });

  it("refuses fragments and cut headers of IPv4", () => {
    const shape: Shape = { ...PLAIN, version: 4 };
    for (const change of [
      (packet: Buffer) => { packet[6] = 0x20; }, (packet: Buffer) => { packet[7] = 1; },
      (packet: Buffer) => { packet[0] = 0x44; }, (packet: Buffer) => { packet[0] = 0x4f; },
      (packet: Buffer) => { packet[9] = 17; }, (packet: Buffer) => { packet.writeUInt16BE(packet.length + 1, 2); },
    ]) {
      const packet = partial(shape, octets(30));
      change(packet);
      const whole = packet[0] === 0x4f ? packet.subarray(0, 50) : packet;
      expect(bench.leads(whole, virtioOf(shape, 500))).toBe(Reason.SegmentationMalformed);
    }
  });

  it("never traps, whatever the header says, also at the end of memory", () => {
    const header = fc.record({
      flags: fc.nat(255), segmentation: fc.oneof(fc.constantFrom(0, 1, 4, 5), fc.nat(255)), headerBytes: fc.nat(65535),
      segmentBytes: fc.oneof(fc.constantFrom(0, 1, 2, 500, 65535), fc.nat(65535)),
      checksumStart: fc.oneof(fc.nat(120), fc.nat(65535)), checksumOffset: fc.oneof(fc.nat(60), fc.nat(65535)),
    });
    const packet = fc.tuple(shapes, fc.nat(300), fc.array(fc.tuple(fc.nat(79), fc.nat(255)), { maxLength: 4 }), fc.nat(500))
      .map(([shape, length, changes, cutTo]) => {
        const bytes = partial(shape, octets(length));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes.subarray(0, Math.max(0, bytes.length - (cutTo < 100 ? cutTo : 0)));
      });
    fc.assert(fc.property(fc.oneof(packet, fc.uint8Array({ maxLength: 200 })), header, (bytes, virtio) => {
      const end = core.memory.buffer.byteLength - bytes.length;
      const found = bench.leads(bytes, virtio, end);
      if (typeof found === "number") expect(found).toBe(Reason.SegmentationMalformed);
      bench.trains(bytes, virtio);
    }), { numRuns: 3000 });
  });
});
