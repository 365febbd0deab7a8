/** IPv4 on the access side: raw packets, ARP, routes, and what the kernel answers. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ArpSocket } from "../../../platforms/linux/system/arp.ts";
import { EMSGSIZE, IPPROTO_ICMP, IPPROTO_IPIP, IPPROTO_IPV6 } from "../../../platforms/linux/system/constants.ts";
import { Ipv4Receiver } from "../../../platforms/linux/system/ipv4-receive.ts";
import { Ipv4Sender } from "../../../platforms/linux/system/ipv4-send.ts";
import { NetworkMonitor } from "../../../platforms/linux/system/network-monitor.ts";
import { PollSet } from "../../../platforms/linux/system/poll.ts";
import { addRoute, removeRoute, wayOut } from "../../../platforms/linux/system/routes.ts";
import { addRule, listRules, removeRule } from "../../../platforms/linux/system/rules.ts";
import { cannotRun, inside, ip, pause, removeNamespaces } from "./namespace.ts";
import { type TestNode, twoNodes } from "./testbed.ts";

const [LEFT, RIGHT] = ["192.0.2.10", "192.0.2.11"];
const SENT = 64;
const SLOT = 64 * 1024;

function octets(address: string): number[] {
  return address.split(".").map(Number);
}

/** An IPv4 packet without options; the kernel writes the checksum. */
function ipv4(source: string, destination: string, protocol: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(0x1234, 4);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  header.set([...octets(source), ...octets(destination)], 12);
  return Buffer.concat([header, payload]);
}

describe.skipIf(cannotRun)(`IPv4${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let left: TestNode;
  let right: TestNode;

  beforeAll(async () => {
    [left, right] = await twoNodes("ipv4");
    ip("-n", left.namespace, "addr", "add", `${LEFT}/24`, "dev", "eth0");
    ip("-n", right.namespace, "addr", "add", `${RIGHT}/24`, "dev", "eth0");
  });
  afterAll(removeNamespaces);

  function send(packet: Uint8Array): number {
    const sender = inside(left.namespace, () => new Ipv4Sender(left.memory, { interfaceIndex: left.interfaceIndex }));
    new Uint8Array(left.wasm.buffer).set(packet, SENT);
    sender.setPacket(0, SENT, packet.length);
    sender.send(1);
    sender.close();
    return sender.results[0];
  }

  function listen(protocol: number): Ipv4Receiver {
    const { interfaceIndex } = right;
    const receiver = inside(right.namespace, () => new Ipv4Receiver(right.memory, { protocol, interfaceIndex, batch: 8 }));
    for (let slot = 0; slot < 8; slot++) receiver.setSlot(slot, SLOT + slot * 2048, 2048);
    return receiver;
  }

  function received(receiver: { readonly fd: number; receive(): number; lengthBytes(slot: number): number }): Buffer[] {
    const poll = new PollSet(1);
    poll.add(receiver.fd);
    const packets: Buffer[] = [];
    while (poll.wait(60) > 0) {
      const count = receiver.receive();
      for (let slot = 0; slot < count; slot++) {
        packets.push(Buffer.from(new Uint8Array(right.wasm.buffer, SLOT + slot * 2048, receiver.lengthBytes(slot)).slice()));
      }
    }
    return packets;
  }

  it.each([IPPROTO_IPV6, IPPROTO_IPIP])("packets of protocol %i arrive with their header, from any source", (protocol) => {
    const receiver = listen(protocol);
    for (const source of [LEFT, "203.0.113.7"]) {
      const packet = ipv4(source, RIGHT, protocol, Buffer.from("inner packet"));
      expect(send(packet)).toBe(0);
      const [arrived] = received(receiver);
      expect(arrived.subarray(12)).toEqual(packet.subarray(12));
      expect(arrived.readUInt16BE(2)).toBe(packet.length);
    }
    receiver.close();
  });

  it("fragments are put together, and what is too large for the link is refused", () => {
    const receiver = listen(IPPROTO_IPV6);
    const payload = Buffer.alloc(1200, 7);
    const [first, second] = [payload.subarray(0, 800), payload.subarray(800)].map((part, index) => {
      const packet = ipv4(LEFT, RIGHT, IPPROTO_IPV6, part);
      packet.writeUInt16BE(index === 0 ? 0x2000 : 800 / 8, 6);
      return packet;
    });
    expect([send(first), send(second)]).toEqual([0, 0]);
    expect(received(receiver).map((packet) => packet.subarray(20))).toEqual([payload]);
    expect(send(ipv4(LEFT, RIGHT, IPPROTO_IPV6, Buffer.alloc(1490)))).toBe(EMSGSIZE);
    receiver.close();
  });

  it("the kernel does not refuse a protocol that is listened to", () => {
    const errors = inside(left.namespace, () => new Ipv4Receiver(right.memory, { protocol: IPPROTO_ICMP, batch: 8 }));
    for (let slot = 0; slot < 8; slot++) errors.setSlot(slot, SLOT + slot * 2048, 2048);
    const packet = ipv4(LEFT, RIGHT, IPPROTO_IPIP, Buffer.from("x"));
    const receiver = listen(IPPROTO_IPIP);
    send(packet);
    expect(received(errors)).toEqual([]);
    receiver.close();
    send(packet); // and now nobody listens: an ICMP error comes, and an echo reply does not
    const [error] = received(errors);
    expect([...error.subarray(20, 22)]).toEqual([3, 2]);
    ip("netns", "exec", left.namespace, "ping", "-c", "1", "-W", "1", RIGHT);
    expect(received(errors)).toEqual([]);
    errors.close();
  });

  it("ARP goes to all or to one, both ways, and the kernel answers for its own addresses all the same", () => {
    const open = (node: TestNode) => inside(node.namespace, () => new ArpSocket(node.memory, node.interfaceIndex));
    const [ours, theirs] = [open(left), open(right)];
    for (let slot = 0; slot < theirs.batch; slot++) theirs.setSlot(slot, SLOT + slot * 2048, 2048);
    const hardware = (node: TestNode) => {
      const text = /link\/ether (\S+)/.exec(ip("-n", node.namespace, "link", "show", "eth0"))![1];
      return Buffer.from(text.replaceAll(":", ""), "hex");
    };
    const message = (operation: number, target: Uint8Array) => Buffer.from([
      0, 1, 8, 0, 6, 4, 0, operation, ...hardware(left), ...octets("192.0.2.77"), ...target, ...octets("192.0.2.77"),
    ]);
    for (const [bytes, toAll] of [[message(1, Buffer.alloc(6)), true], [message(2, hardware(right)), false]] as const) {
      new Uint8Array(left.wasm.buffer).set(bytes, SENT);
      expect(ours.send(SENT, bytes.length, toAll)).toBe(0);
      expect(received(theirs).map((each) => each.subarray(0, 28))).toEqual([bytes]);
    }
    ip("-n", left.namespace, "neigh", "flush", "dev", "eth0");
    ip("netns", "exec", left.namespace, "ping", "-c", "1", "-W", "1", RIGHT);
    expect(received(theirs).some((each) => each[7] === 1 && each.subarray(24, 28).equals(Buffer.from(octets(RIGHT))))).toBe(true);
    ours.close();
    theirs.close();
  });

  it("what would leave by an interface, and by which router, is what the routing table says", async () => {
    const { netlink, interfaceIndex } = left;
    const monitor = inside(left.namespace, () => new NetworkMonitor());
    expect(wayOut(netlink, RIGHT, interfaceIndex)).toEqual({ gateway: undefined, source: LEFT });
    const route = { destination: "0.0.0.0/0", gateway: RIGHT, interfaceIndex };
    addRoute(netlink, route);
    expect(wayOut(netlink, "203.0.113.9", interfaceIndex)).toEqual({ gateway: RIGHT, source: LEFT });
    removeRoute(netlink, route);
    await pause(20);
    expect(monitor.read().filter(({ kind }) => kind === "ipv4-routes")).toHaveLength(2);
    monitor.close();
  });

  it("rules without a prefix are of the family that is said", () => {
    const { netlink } = left;
    const rule = { priority: 1000, mark: 0x6d65_0007, inverted: true, action: "lookup", table: 7, family: "ipv4" } as const;
    addRule(netlink, rule);
    expect(execFileSync("ip", ["-n", left.namespace, "-4", "rule"], { encoding: "utf8" })).toContain("not from all fwmark 0x6d650007 lookup 7");
    expect(listRules(netlink).some(({ priority }) => priority === 1000)).toBe(false);
    removeRule(netlink, rule);
    expect(ip("-n", left.namespace, "-4", "rule")).not.toContain("lookup 7");
  });
});
