import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { DeviceOffload } from "../../core-as/abi/contract.ts";
import { loadOffload, type OffloadInternals } from "../internals/load-offload.ts";
import {
  ACK, build, CWR, cut, FIN, headerBytes, partial, PLAIN, PSH, RST, type Shape, shapes, SYN, TCP, UDP, URG, virtioOf,
} from "./large-packets.ts";
import { expectSame, type Given, OffloadBench, TUNNEL } from "./offload-bench.ts";

const ALL = DeviceOffload.Virtio | DeviceOffload.Tcp | DeviceOffload.Udp;
const NOTHING = { flags: 0, segmentation: 0, headerBytes: 0, segmentBytes: 0, checksumStart: 0, checksumOffset: 0 };

function octets(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7919 + seed * 31 + (at >> 8)) & 0xff);
}

/** `count` packets of a flow that follow each other. */
function stream(shape: Shape, count: number, bytes: number): Buffer[] {
  return cut(shape, octets(count * bytes), bytes);
}

describe("coalescing of packets for the tunnel device", () => {
  let core: OffloadInternals;
  let bench: OffloadBench;
  beforeAll(async () => {
    core = await loadOffload();
    bench = new OffloadBench(core);
  });

  /** What the host would make of an order: the packets that it stands for. */
  function takenApart({ packet, virtio }: Given): Buffer[] {
    if (virtio.segmentation === 0) {
      expect(virtio).toEqual(NOTHING);
      return [packet];
    }
    const found = bench.leads(packet, virtio);
    if (typeof found === "number") throw new Error(`a host would refuse this: ${found}`);
    return found;
  }

  const both = [["TCP", TCP], ["UDP", UDP]] as const;
  describe.each(both)("%s", (_name, protocol) => {
    it.each([4, 6] as const)("makes one packet of those that follow each other, as the host would have: IPv%d", (version) => {
      const shape: Shape = { ...PLAIN, version, protocol };
      for (const trainPackets of [1, 3, 100]) {
        const packets = [...stream(shape, 9, 1300)];
        expect(bench.coalesce(packets, ALL, trainPackets)).toEqual([
          { device: TUNNEL, packet: partial(shape, octets(9 * 1300)), virtio: virtioOf(shape, 1300) },
        ]);
      }
    });

    it("ends a packet with a shorter one", () => {
      const shape: Shape = { ...PLAIN, protocol };
      const packets = cut(shape, octets(5 * 700 + 1), 700);
      const behind = build({ ...shape, sequence: (shape.sequence + 3501) >>> 0 }, octets(700));
      expect(bench.coalesce([...packets, behind], ALL).map(({ packet }) => packet.length - headerBytes(shape).all))
        .toEqual([3501, 700]);
    });

    it("makes no packet that is too large", () => {
      const shape: Shape = { ...PLAIN, protocol, version: 4 };
      const { all } = headerBytes(shape);
      const given = bench.coalesce(stream(shape, 60, 1400), ALL);
      const segments = Math.floor((65535 - all) / 1400);
      expect(given.map(({ packet }) => packet.length)).toEqual([all + segments * 1400, all + (60 - segments) * 1400]);
    });

    it("leaves a damaged packet alone", () => {
      const shape: Shape = { ...PLAIN, protocol };
      for (const damaged of [0, 1, 2]) {
        const packets = stream(shape, 3, 500);
        packets[damaged][300] ^= 1;
        const given = bench.coalesce(packets, ALL);
        expect(given.flatMap(takenApart)).toEqual(packets);
        expect(given.find(({ packet }) => packet.equals(packets[damaged]))!.virtio).toEqual(NOTHING);
        expect(given).toHaveLength(damaged === 1 ? 3 : 2);
      }
    });

    it("merges nothing for a device that does not take it", () => {
      const packets = stream({ ...PLAIN, protocol }, 3, 500);
      const other = protocol === TCP ? DeviceOffload.Udp : DeviceOffload.Tcp;
      for (const offload of [DeviceOffload.Virtio, DeviceOffload.Virtio | other]) {
        expect(bench.coalesce(packets, offload).map(({ packet }) => packet)).toEqual(packets);
      }
    });
  });

  it("merges at most 64 datagrams", () => {
    const given = bench.coalesce(stream({ ...PLAIN, protocol: UDP }, 100, 64), ALL);
    expect(given.map(({ packet }) => packet.length)).toEqual([48 + 64 * 64, 48 + 36 * 64]);
  });

  it("leaves UDP without a checksum alone", () => {
    const packets = stream({ ...PLAIN, protocol: UDP, version: 4 }, 3, 64);
    for (const packet of packets) packet.writeUInt16BE(0, 26);
    expect(bench.coalesce(packets, ALL).map(({ packet }) => packet)).toEqual(packets);
  });

  it.each([["SYN", SYN], ["RST", RST], ["URG", URG], ["CWR", CWR]])("passes a packet with %s by itself, in its order", (_name, flag) => {
    const packets = [0, 1, 2, 3].map((index) => build(
      { ...PLAIN, sequence: 1000 + index * 100, flags: index === 2 ? ACK | flag : ACK }, octets(100, index),
    ));
    const given = bench.coalesce(packets, ALL);
    expect(given.flatMap(takenApart)).toEqual(packets);
    expect(given.map(({ virtio }) => virtio.segmentation)).toEqual([4, 0, 0]);
  });

  it.each([["PSH", PSH], ["FIN", FIN]])("ends a packet with %s", (_name, flag) => {
    const packets = [0, 1, 2, 3, 4].map((index) => build(
      { ...PLAIN, sequence: 1000 + index * 100, flags: index === 2 ? ACK | flag : ACK }, octets(100, index),
    ));
    const given = bench.coalesce(packets, ALL);
    expect(given.flatMap(takenApart)).toEqual(packets);
    expect(given.map(({ packet }) => packet[53])).toEqual([ACK | flag, ACK]);
  });

  const differing: [string, Partial<Shape>, 4 | 6][] = [
    ["acknowledgement", { acknowledgement: 100 }, 6], ["window", { window: 1 }, 6],
    ["options", { options: Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 2, 0, 0, 0, 2) }, 6],
    ["number of options", { options: new Uint8Array(0) }, 6],
    ["flags", { flags: ACK | 0x40 }, 6], ["traffic class", { trafficClass: 3 }, 6], ["hop limit", { hopLimit: 62 }, 6],
    ["flow label", { flowLabel: 1 }, 6], ["type of service", { trafficClass: 1 }, 4], ["time to live", { hopLimit: 62 }, 4],
    ["DF", { dontFragment: false }, 4], ["identification", { identification: 17 }, 4],
    ["sequence number", { sequence: 77 }, 6],
  ];
  it.each(differing)("does not merge packets with another %s", (_name, change, version) => {
    const shape: Shape = { ...PLAIN, version };
    const [first, second] = cut(shape, octets(1000), 500);
    const other = build(
      { ...shape, sequence: (shape.sequence + 500) >>> 0, identification: shape.identification + 1, ...change }, octets(500, 3),
    );
    expect(bench.coalesce([first, second], ALL)).toHaveLength(1);
    const given = bench.coalesce([first, other], ALL);
    expect(given.map(({ packet }) => packet)).toEqual([first, other]);
  });

  it("keeps what is no TCP or UDP, and what is a fragment or has extension headers, as it is", () => {
    const [tcp, fragment, extended] = [stream(PLAIN, 2, 500), stream({ ...PLAIN, version: 4 }, 2, 500), stream(PLAIN, 2, 500)];
    for (const packet of fragment) packet[6] = 0x20;
    for (const packet of extended) packet[6] = 60;
    const odd = [...fragment, ...extended, Buffer.from(tcp[0].subarray(0, 40)), build(PLAIN, octets(0))];
    odd[4].writeUInt16BE(0, 4);
    expect(bench.coalesce(odd, ALL).map(({ packet }) => packet)).toEqual(odd);
  });

  it("holds many flows at once", () => {
    const flows = Array.from({ length: 16 }, (_, host) => stream({ ...PLAIN, host, version: host % 2 ? 4 : 6 }, 4, 300));
    const mixed = [0, 1, 2, 3].flatMap((index) => flows.map((packets) => packets[index]));
    expect(bench.coalesce(mixed, ALL)).toHaveLength(16);
    const more = [...flows, stream({ ...PLAIN, host: 99 }, 4, 300)];
    const given = bench.coalesce([0, 1, 2, 3].flatMap((index) => more.map((packets) => packets[index])), ALL);
    expect(given.flatMap(takenApart)).toHaveLength(68);
  });

  it("gives back, together with segmentation, what was a large packet", () => {
    const whole = fc.tuple(shapes, fc.integer({ min: 2, max: 60 }), fc.integer({ min: 1, max: 1500 }), fc.nat(1400), fc.boolean());
    fc.assert(fc.property(whole, ([shape, count, bytes, cutBy, ends]) => {
      const flags = ACK | (ends ? PSH : 0) | (shape.flags & 0x40);
      const own: Shape = { ...shape, flags };
      const most = 65535 - headerBytes(own).all;
      const payload = octets(Math.min(Math.max(bytes + 1, count * bytes - cutBy), most), cutBy);
      const virtio = virtioOf(own, bytes);
      const large = partial(own, payload);
      const packets = bench.leads(large, virtio) as Buffer[];
      const given = bench.coalesce(packets, ALL, 5);
      expectSame(given.map(({ packet }) => packet), [large]);
      expect(given[0].virtio).toEqual(virtio);
    }), { numRuns: 100 });
  });

  it("loses, damages and reorders nothing of random streams with losses, repetitions and reordering", () => {
    const flow = fc.tuple(shapes, fc.integer({ min: 1, max: 30 }), fc.constantFrom(1, 64, 500, 1400), fc.nat(3));
    const scene = fc.tuple(
      fc.array(flow, { minLength: 1, maxLength: 20 }), fc.infiniteStream(fc.nat(99)), fc.integer({ min: 1, max: 12 }),
    );
    fc.assert(fc.property(scene, ([flows, dice, trainPackets]) => {
      const roll = () => dice.next().value as number;
      const queues = flows.map(([shape, count, bytes, kind], host) => {
        const flags = kind === 0 ? shape.flags : ACK;
        return stream({ ...shape, flags, host, ports: [host, 80] }, count, bytes);
      });
      const packets: Buffer[] = [];
      while (queues.some(({ length }) => length > 0)) {
        const queue = queues[roll() % queues.length];
        for (let run = roll() % 8; run >= 0 && queue.length > 0; run--) {
          const [next] = queue.splice(roll() < 5 ? roll() % queue.length : 0, 1); // sometimes out of order
          const fate = roll();
          if (fate < 5) continue; // lost
          if (fate < 8) next[next.length - 1] ^= 1; // damaged
          packets.push(next);
          if (fate > 96) packets.push(Buffer.from(next)); // repeated
        }
      }
      const given = bench.coalesce(packets, ALL, trainPackets).flatMap(takenApart);
      const ofFlow = (all: Buffer[], host: number) => all.filter((packet) => packet[packet[0] >> 4 === 4 ? 15 : 23] === host);
      expect(given).toHaveLength(packets.length);
      flows.forEach((_, host) => expectSame(ofFlow(given, host), ofFlow(packets, host)));
    }), { numRuns: 60 });
  });

  it("merges as far as there is room, and loses nothing when there is little", async () => {
    const small = new OffloadBench(await loadOffload(), 65536);
    const packets = [0, 1, 2].flatMap((index) => [1, 2, 3].map((host) => stream({ ...PLAIN, host }, 3, 1000)[index]));
    const given = small.coalesce(packets, ALL);
    expect(given.map(({ packet }) => packet.length).sort((a, b) => a - b)).toContain(headerBytes(PLAIN).all + 3000);
    expect(given.reduce((total, { packet }) => total + packet.length - headerBytes(PLAIN).all, 0)).toBe(9000);
  });
});
