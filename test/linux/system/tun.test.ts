import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addAddress } from "../../../platforms/linux/system/addresses.ts";
import { linkByName } from "../../../platforms/linux/system/links.ts";
import { Block, PacketMemory } from "../../../platforms/linux/system/memory.ts";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { PollSet } from "../../../platforms/linux/system/poll.ts";
import { addRoute, listRoutes, TABLE_LOCAL } from "../../../platforms/linux/system/routes.ts";
import { openTun, type Tun } from "../../../platforms/linux/system/tun.ts";
import {
  cannotRun, eventually, inside, ip, ipJson, makeNamespace, pause, removeNamespaces,
} from "./namespace.ts";
import { icmpv6, ipv6 } from "./packets.ts";

const HOME = "2001:db8:1::1";
const PEER = "2001:db8:2::2";
const ECHO_REQUEST = 128;
const ECHO_REPLY = 129;
const PACKET = 1024;

describe.skipIf(cannotRun)(`TUN device${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  const wasm = new WebAssembly.Memory({ initial: 1 });
  const memory = new PacketMemory(wasm);
  let namespace: string;
  let netlink: NetlinkSocket;
  let tun: Tun;

  beforeAll(() => {
    namespace = makeNamespace("tun");
    netlink = inside(namespace, () => new NetlinkSocket());
  });
  beforeEach(() => {
    tun = inside(namespace, () => openTun(netlink, { name: "mext0", mtuBytes: 1420 }));
  });
  afterEach(() => tun.close());
  afterAll(removeNamespaces);

  /** Puts the home address on the device and waits until the kernel takes packets for it. */
  async function addHomeAddress(): Promise<void> {
    addAddress(netlink, { interfaceIndex: tun.interfaceIndex, address: HOME, prefixLength: 128 });
    const local = () => listRoutes(netlink, TABLE_LOCAL);
    await eventually(() => local().find(({ destination }) => destination === `${HOME}/128`));
  }

  /** The next packet out of the device, undefined when none comes. */
  function next(timeoutMs = 500): Buffer | undefined {
    const poll = new PollSet(1);
    poll.add(tun.fd);
    poll.wait(timeoutMs);
    const length = tun.read(memory.addressAt(PACKET), 2048);
    return length === 0 ? undefined : Buffer.from(new Uint8Array(wasm.buffer).slice(PACKET, PACKET + length));
  }

  function put(packet: Uint8Array): number {
    new Uint8Array(wasm.buffer).set(packet, PACKET);
    return tun.write(memory.addressAt(PACKET), packet.length);
  }

  it("is up, has its MTU and no address of the kernel's making", () => {
    const [link] = ipJson(namespace, "addr", "show", "mext0");
    expect(link).toMatchObject({ ifname: "mext0", mtu: 1420, addr_info: [] });
    const expected = { index: tun.interfaceIndex, up: true, lowerUp: true };
    expect(linkByName(netlink, "mext0")).toMatchObject(expected);
  });

  it("is quiet when nobody sends", async () => {
    await addHomeAddress();
    await pause(300);
    expect(next(0)).toBeUndefined();
  });

  it("hands over what the host sends, whole and without a header of its own", async () => {
    await addHomeAddress();
    addRoute(netlink, { destination: "::/0", interfaceIndex: tun.interfaceIndex, preferredSource: HOME });
    ip("netns", "exec", namespace, "bash", "-c", `printf 'over the tunnel' >/dev/udp/${PEER}/4242`);
    const packet = next()!;
    expect(packet).toHaveLength(40 + 8 + "over the tunnel".length);
    expect([packet[0] >> 4, packet[6]]).toEqual([6, 17]);
    expect(packet.subarray(8, 40)).toEqual(Buffer.from(ipv6(HOME, PEER)).subarray(8));
    expect(packet.subarray(48).toString()).toBe("over the tunnel");
  });

  it("delivers what is written, and the answer comes back out", async () => {
    await addHomeAddress();
    addRoute(netlink, { destination: "::/0", interfaceIndex: tun.interfaceIndex });
    const body = Buffer.from("0001000168656c6c6f21", "hex");
    expect(put(ipv6(PEER, HOME, icmpv6(PEER, HOME, ECHO_REQUEST, body)))).toBe(0);
    const reply = next()!;
    expect(reply.subarray(40)).toEqual(Buffer.from(icmpv6(HOME, PEER, ECHO_REPLY, body).bytes));
  });

  it("returns the errno of a write that is refused", () => {
    expect(tun.write(new Block(40).address, 40)).toBe(22); // EINVAL: no IP version
    ip("-n", namespace, "link", "set", "mext0", "down");
    expect(put(ipv6(PEER, HOME))).toBe(5); // EIO
  });

  it("refuses a name in use, and one that is too long", () => {
    const again = (name: string) => () => inside(namespace, () => openTun(netlink, { name, mtuBytes: 1420 }));
    expect(again("mext0")).toThrow(/name is in use/);
    expect(again("a-name-of-16-let")).toThrow(/longer than 15 bytes/);
  });

  it("has segmentation offload where it is wanted, and a header before every packet then", async () => {
    tun.close();
    const open = (offload?: "checksum" | "tcp" | "udp") =>
      inside(namespace, () => openTun(netlink, { name: "mext0", mtuBytes: 1420, offload }));
    for (const offload of ["checksum", "tcp"] as const) {
      tun = open(offload);
      expect([tun.offload, tun.headerBytes]).toEqual([offload, 10]);
      tun.close();
    }
    tun = open("udp");
    expect(["udp", "tcp"]).toContain(tun.offload); // kernels before 6.2 have none for UDP
    await addHomeAddress();
    addRoute(netlink, { destination: "::/0", interfaceIndex: tun.interfaceIndex });
    new Uint8Array(wasm.buffer).fill(0, PACKET - tun.headerBytes, PACKET);
    const body = Buffer.from("0001000168656c6c6f21", "hex");
    expect(put(ipv6(PEER, HOME, icmpv6(PEER, HOME, ECHO_REQUEST, body)))).toBe(0);
    expect(next()!.subarray(40)).toEqual(Buffer.from(icmpv6(HOME, PEER, ECHO_REPLY, body).bytes));
    expect(new Uint8Array(wasm.buffer).subarray(PACKET - tun.headerBytes, PACKET)).toEqual(new Uint8Array(10));
  });

  it("disappears when closed", () => {
    const other = inside(namespace, () => openTun(netlink, { name: "mext%d", mtuBytes: 1280 }));
    expect(other.name).toBe("mext1");
    other.close();
    expect(() => linkByName(netlink, "mext1")).toThrow(expect.objectContaining({ code: "ENODEV" }));
  });
});
