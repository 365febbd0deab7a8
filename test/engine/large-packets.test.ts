import { beforeEach, describe, expect, it } from "vitest";
import { parseAddress, parseAnyAddress } from "../../bindings/address.ts";
import { setDevice } from "../../bindings/commands.ts";
import type { Datagrams } from "../../bindings/engine.ts";
import { readBindings } from "../../bindings/status.ts";
import { VIRTIO_BYTES } from "../../core-as/abi/contract.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { build, cut, partial, PLAIN, type Shape, UDP, type VirtioHeader, virtioOf } from "../encap/large-packets.ts";
import { DualNetwork, PUBLIC_IPV4 } from "./dual-stack.ts";
import { ACCESS, CORRESPONDENT, HOME_ADDRESS, type Node, TUNNEL } from "./harness.ts";

const [HOME, OTHER] = [parseAddress(HOME_ADDRESS), parseAddress(CORRESPONDENT)];
/** From a correspondent to the mobile node, and back. */
const DOWN: Shape = { ...PLAIN, addresses: [OTHER, HOME] };
const UP: Shape = { ...PLAIN, addresses: [HOME, OTHER] };
const ALL = { virtio: true, tcp: true, udp: true };

function octets(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
}

/** Writes the header that goes before a packet in the first slot. */
function putVirtio({ engine }: Node, header: VirtioHeader): void {
  const at = engine.slotPointer(0) - VIRTIO_BYTES;
  engine.data.setUint8(at, header.flags);
  engine.data.setUint8(at + 1, header.segmentation);
  [header.headerBytes, header.segmentBytes, header.checksumStart, header.checksumOffset]
    .forEach((value, index) => engine.data.setUint16(at + 2 + 2 * index, value, true));
}

describe("large packets at a home agent", () => {
  let network: DualNetwork;
  let agent: Node;
  /** What went to the tunnel device: kind of segmentation and packet. */
  let delivered: { segmentation: number; segmentBytes: number; packet: Uint8Array }[];
  let way: Datagrams;

  /** With a mobile node by UDP (unless it may tunnel in IPv4), and a host that can do everything. */
  function start({ udp = true, trains = true, outputBytes = 1 << 20 } = {}): void {
    network = new DualNetwork({ agent: { budgets: { slotBytes: 65575, outputBytes } }, serve: { forceUdp: udp } });
    network.linkUp();
    network.ipv4(PUBLIC_IPV4);
    network.pump();
    expect(network.update).toMatchObject({ state: "Registered", encapsulation: udp ? "UdpIpv4" : "Ipv4" });
    agent = network.agent;
    setDevice(agent.engine, { index: TUNNEL, kind: "tunnel", mtu: 1460, up: true, offload: ALL }, agent.now);
    setDevice(agent.engine, { index: ACCESS, kind: "access", mtu: 1500, up: true, offload: { trains } }, agent.now);
    const [{ port }] = readBindings(agent.engine);
    way = { address: parseAnyAddress(PUBLIC_IPV4), port: port! };
    delivered = [];
    const transmit = agent.transmit.bind(agent);
    agent.transmit = (device, pointer, length) => {
      if (device !== TUNNEL) return transmit(device, pointer, length);
      const packet = agent.engine.memory.slice(pointer, pointer + length);
      const segmentation = agent.engine.data.getUint8(pointer - VIRTIO_BYTES + 1);
      delivered.push({ segmentation, segmentBytes: agent.engine.data.getUint16(pointer - VIRTIO_BYTES + 4, true), packet });
    };
    agent.datagrams = [];
    agent.take();
  }

  beforeEach(() => start());

  function sendLarge(shape: Shape, payload: Uint8Array, segmentBytes: number): void {
    putVirtio(agent, virtioOf(shape, segmentBytes));
    agent.receive(TUNNEL, partial(shape, payload));
  }

  const pieces = () => agent.datagrams.flatMap(({ payload, segmentBytes }) => {
    const step = segmentBytes || payload.length;
    return Array.from({ length: Math.ceil(payload.length / step) }, (_, at) => Buffer.from(payload.subarray(at * step, (at + 1) * step)));
  });

  it("go out as trains to a mobile node by UDP, and are counted one by one", () => {
    const payload = octets(60_001);
    const before = readBindings(agent.engine)[0];
    sendLarge({ ...DOWN, trafficClass: 0xb9 }, payload, 1400);
    const expected = cut({ ...DOWN, trafficClass: 0xb9 }, payload, 1400);
    expect(agent.datagrams.length).toBeLessThan(3);
    expect(agent.datagrams[0]).toMatchObject({ ...way, segmentBytes: expected[0].length, trafficClass: 0xb9, mayFragment: false });
    expect(Buffer.concat(pieces()).equals(Buffer.concat(expected))).toBe(true);
    const after = readBindings(agent.engine)[0];
    expect(after.packetsOut - before.packetsOut).toBe(expected.length);
    expect(after.bytesOut - before.bytesOut).toBe(Buffer.concat(expected).length);
  });

  it("go out one by one where the host takes no trains", () => {
    start({ trains: false });
    sendLarge(DOWN, octets(20_000), 1400);
    expect(agent.datagrams.map(({ segmentBytes }) => segmentBytes)).toEqual(Array(15).fill(0));
    expect(pieces()).toEqual(cut(DOWN, octets(20_000), 1400));
  });

  it("go out one by one by protocol 41, also with hardly any room", () => {
    for (const outputBytes of [1 << 20, 65536]) {
      start({ udp: false, outputBytes });
      sendLarge(DOWN, octets(64_000), 48);
      const sent = agent.take().map(({ packet }) => Buffer.from(packet.subarray(20)));
      expect(Buffer.concat(sent).equals(Buffer.concat(cut(DOWN, octets(64_000), 48)))).toBe(true);
      expect(agent.refused(Reason.OutputFull)).toBe(0);
    }
  });

  it("whose segments do not fit the path are refused once, and their sender is told", () => {
    sendLarge(DOWN, octets(30_000), 1420);
    expect(agent.datagrams).toEqual([]);
    expect(delivered).toHaveLength(1);
    expect([...delivered[0].packet.subarray(8, 40)]).toEqual([...parseAddress("2001:db8:100::1"), ...OTHER]);
    expect([...delivered[0].packet.subarray(40, 42)]).toEqual([2, 0]); // Packet Too Big
    expect(new DataView(delivered[0].packet.buffer).getUint32(44)).toBe(1472);
    expect(agent.refused(Reason.PacketTooBig)).toBe(1);
  });

  it("with a header that cannot be are refused", () => {
    putVirtio(agent, { ...virtioOf(DOWN, 1000), segmentation: 1 });
    agent.receive(TUNNEL, partial(DOWN, octets(5000)));
    expect(agent.refused(Reason.SegmentationMalformed)).toBe(1);
    expect(agent.datagrams).toEqual([]);
  });

  it("whose host does not ask for the rest are forgotten with the next batch", () => {
    start({ udp: false, outputBytes: 65536 });
    const { engine } = agent;
    putVirtio(agent, virtioOf(DOWN, 48));
    const large = partial(DOWN, octets(64_000));
    engine.memory.set(large, engine.slotPointer(0));
    engine.fillSlot(0, TUNNEL, large.length);
    expect(engine.exports.process(agent.now, 0, 1)).toBe(0); // not finished
    putVirtio(agent, { ...virtioOf(DOWN, 0), flags: 0, segmentation: 0 });
    engine.memory.set(build(DOWN, octets(10)), engine.slotPointer(1));
    new Uint8Array(engine.memory.buffer).fill(0, engine.slotPointer(1) - VIRTIO_BYTES, engine.slotPointer(1));
    engine.fillSlot(1, TUNNEL, build(DOWN, octets(10)).length);
    expect(engine.exports.process(agent.now, 1, 1)).toBe(1);
    expect(engine.exports.orderCount()).toBe(1);
  });

  it.each([["TCP", UP, 4], ["UDP", { ...UP, protocol: UDP }, 5]] as const)("are made of a train of %s", (_name, shape, segmentation) => {
    const before = readBindings(agent.engine)[0].packetsIn;
    const packets = cut(shape, octets(20_100), 1000);
    agent.receiveDatagrams(ACCESS, Buffer.concat(packets), { ...way, segmentBytes: packets[0].length });
    expect(delivered).toEqual([{ segmentation, segmentBytes: 1000, packet: new Uint8Array(partial(shape, octets(20_100))) }]);
    expect(readBindings(agent.engine)[0].packetsIn - before).toBe(21);
  });

  it("are made of datagrams that come in one batch, and what is of no flow goes by itself", () => {
    const { engine } = agent;
    const packets = cut(UP, octets(3000), 1000);
    const echo = Buffer.from(build({ ...UP, protocol: UDP }, octets(100)));
    echo.writeUInt16BE(0, 46); // no checksum
    [packets[0], echo, packets[1], packets[2]].forEach((packet, slot) => {
      engine.memory.set(packet, engine.slotPointer(slot));
      engine.describeDatagrams(slot, way);
      engine.fillSlot(slot, ACCESS, packet.length, 1);
    });
    engine.processSlots(agent.now, 4);
    expect(delivered.map(({ segmentation, packet }) => [segmentation, packet.length])).toEqual([[0, echo.length], [4, 3000 + 72]]);
  });

  it("are not made for a host that takes none", () => {
    setDevice(agent.engine, { index: TUNNEL, kind: "tunnel", mtu: 1460, up: true, offload: { virtio: true } }, agent.now);
    const packets = cut(UP, octets(3000), 1000);
    agent.receiveDatagrams(ACCESS, Buffer.concat(packets), { ...way, segmentBytes: packets[0].length });
    expect(delivered.map(({ packet }) => Buffer.from(packet))).toEqual(packets);
    expect(delivered.every(({ segmentation, segmentBytes }) => segmentation === 0 && segmentBytes === 0)).toBe(true);
  });

  it("neither appear nor trap when trains and headers are nonsense", () => {
    let seed = 7;
    const dice = (sides: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % sides;
    for (let round = 0; round < 2000; round++) {
      const packets = cut(dice(2) ? UP : { ...UP, protocol: UDP }, octets(dice(4000) + 1), dice(900) + 1);
      const bytes = Buffer.concat(packets.slice(0, 20));
      for (let change = dice(6); change > 0; change--) bytes[dice(bytes.length)] = dice(256);
      if (dice(2)) {
        agent.receiveDatagrams(ACCESS, bytes.subarray(0, dice(bytes.length) + 1), { ...way, segmentBytes: dice(3) ? packets[0].length : dice(1500) });
      } else {
        putVirtio(agent, {
          flags: dice(4), segmentation: [0, 1, 4, 5, dice(256)][dice(5)], headerBytes: dice(65536), segmentBytes: dice(dice(2) ? 65536 : 3),
          checksumStart: dice(200), checksumOffset: dice(100),
        });
        agent.receive(TUNNEL, partial(DOWN, octets(dice(2000))));
      }
    }
    delivered.length = 0;
    agent.datagrams = [];
    sendLarge(DOWN, octets(3000), 1000);
    expect(pieces()).toEqual(cut(DOWN, octets(3000), 1000));
  });
});
