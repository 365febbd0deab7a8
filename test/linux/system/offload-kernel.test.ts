import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { VIRTIO_BYTES } from "../../../bindings/engine.ts";
import { PacketMemory } from "../../../platforms/linux/system/memory.ts";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { PollSet } from "../../../platforms/linux/system/poll.ts";
import { openTun, type Tun } from "../../../platforms/linux/system/tun.ts";
import { ACK, CWR, cut, FIN, partial, PLAIN, PSH, type Shape, TCP, UDP, virtioOf } from "../../encap/large-packets.ts";
import { expectSame, type Given, OffloadBench } from "../../encap/offload-bench.ts";
import { loadOffload } from "../../internals/load-offload.ts";
import { cannotRun, inside, ip, makeNamespace, removeNamespaces } from "./namespace.ts";

const ALL = 7; // DeviceOffload: a virtio header, TCP, UDP
const PACKET = 1024;

/** Two TUN devices, and the kernel forwards between them: what goes in large comes out cut by the kernel itself. */
describe.skipIf(cannotRun)(`the kernel's segmentation and ours${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  const wasm = new WebAssembly.Memory({ initial: 4 });
  const memory = new PacketMemory(wasm);
  let bench: OffloadBench;
  let namespace: string;
  let netlink: NetlinkSocket;
  let large: Tun;
  let small: Tun;

  beforeAll(async () => {
    bench = new OffloadBench(await loadOffload());
    namespace = makeNamespace("offload");
    netlink = inside(namespace, () => new NetlinkSocket());
    for (const setting of ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.default.rp_filter=0", "net.ipv4.conf.all.rp_filter=0"]) {
      ip("netns", "exec", namespace, "sysctl", "-qw", setting);
    }
  });
  beforeEach(() => {
    large = inside(namespace, () => openTun(netlink, { name: "large", mtuBytes: 1500, offload: "udp" }));
    small = inside(namespace, () => openTun(netlink, { name: "small", mtuBytes: 1500 }));
    ip("-n", namespace, "route", "add", "10.9.9.0/24", "dev", "small");
    ip("-n", namespace, "-6", "route", "add", "2001:db8:2::/48", "dev", "small");
    ip("-n", namespace, "-6", "route", "add", "2001:db8:0:2::/64", "dev", "small");
    ip("-n", namespace, "route", "add", "10.0.0.0/24", "dev", "large");
    ip("-n", namespace, "-6", "route", "add", "2001:db8:0:1::/64", "dev", "large");
  });
  afterEach(() => {
    large.close();
    small.close();
  });
  afterAll(removeNamespaces);

  function write({ packet, virtio }: Given): void {
    const view = new DataView(wasm.buffer, PACKET - VIRTIO_BYTES);
    view.setUint8(0, virtio.flags);
    view.setUint8(1, virtio.segmentation);
    [virtio.headerBytes, virtio.segmentBytes, virtio.checksumStart, virtio.checksumOffset]
      .forEach((value, index) => view.setUint16(2 + 2 * index, value, true));
    new Uint8Array(wasm.buffer).set(packet, PACKET);
    expect(large.write(memory.addressAt(PACKET), packet.length)).toBe(0);
  }

  /** TCP and UDP that came out; a router also greets its groups. */
  function readAll(): Buffer[] {
    const poll = new PollSet(1);
    poll.add(small.fd);
    const found: Buffer[] = [];
    while (poll.wait(100) > 0) {
      for (;;) {
        const length = small.read(memory.addressAt(PACKET), 2000);
        if (length === 0) break;
        found.push(Buffer.from(new Uint8Array(wasm.buffer).slice(PACKET, PACKET + length)));
      }
    }
    return found.filter((packet) => [TCP, UDP].includes(packet[packet[0] >> 4 === 4 ? 9 : 6]));
  }

  /** As the kernel forwards it: one hop further. */
  function forwarded(shape: Shape): Shape {
    return { ...shape, hopLimit: shape.hopLimit - 1 };
  }

  const shapes: [string, Shape][] = [4, 6].flatMap((version) => [
    ["TCP", { protocol: TCP }], ["TCP with FIN, PSH and options", { protocol: TCP, flags: ACK | FIN | PSH }],
    ["UDP", { protocol: UDP }],
  ].map(([name, change]) => [`IPv${version}, ${name}`, { ...PLAIN, version, ...(change as object) } as Shape] as [string, Shape]));

  it.each(shapes)("%s: both cut a large packet alike", (_name, shape) => {
    const payload = Uint8Array.from({ length: 9 * 1000 + 77 }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
    const virtio = virtioOf(shape, 1000);
    write({ device: 0, packet: partial(shape, payload), virtio });
    const ours = bench.leads(partial(forwarded(shape), payload), virtio);
    if (typeof ours === "number") throw new Error(`refused: ${ours}`);
    expectSame(readAll(), ours);
    expectSame(ours, cut(forwarded(shape), payload, 1000));
  });

  it.each(shapes)("%s: what we join, the kernel takes apart", (_name, shape) => {
    const payload = Uint8Array.from({ length: 20 * 1200 }, (_, at) => (at * 17 + (at >> 7)) & 0xff);
    const given = bench.coalesce(cut(shape, payload, 1200), ALL, 4);
    expect(given).toHaveLength(1);
    write(given[0]);
    expectSame(readAll(), cut(forwarded(shape), payload, 1200));
  });

  it("cuts like the kernel where the first segment says that the window was reduced", () => {
    const shape: Shape = { ...PLAIN, flags: ACK | CWR | PSH };
    const ours = bench.leads(partial(shape, new Uint8Array(3000)), virtioOf(shape, 1000)) as Buffer[];
    expect(ours.map((packet) => packet[53])).toEqual([ACK | CWR, ACK, ACK | PSH]);
  });
});
