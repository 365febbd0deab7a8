import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccessReceiver } from "../../../platforms/linux/system/access-receive.ts";
import type { AccessSender } from "../../../platforms/linux/system/access-send.ts";
import { Guard } from "../../../platforms/linux/system/guard.ts";
import { linkByName } from "../../../platforms/linux/system/links.ts";
import { firstOutput, kill } from "./child.ts";
import { cannotRun, inside, ip, removeNamespaces } from "./namespace.ts";
import {
  homeAddressOption, ipv6, mobilityHeader, type Part, tunnelled, type2Routing, upperLayer,
} from "./packets.ts";
import { LEFT, RIGHT, type TestNode, twoNodes } from "./testbed.ts";

const HOME = "2001:db8:1::1";
const TCP: Part = { protocol: 6, bytes: new Uint8Array(20) };
const UDP: Part = { protocol: 17, bytes: Uint8Array.of(0, 7, 0, 7, 0, 8, 0, 0) };
const TUNNELLED = tunnelled(ipv6(HOME, RIGHT, UDP));
const LATER_OPTION: Part = {
  protocol: 60,
  // a Tunnel Encapsulation Limit option (RFC 2473 §4.1.1) and an experimental one, then ours at octet 14
  bytes: Uint8Array.of(59, 3, 4, 1, 4, 0x1e, 7, 0, 0, 0, 0, 0, 0, 0, 0xc9, 16, ...new Uint8Array(16)),
};

function toRight(...parts: Part[]): Uint8Array {
  return ipv6(LEFT, RIGHT, ...parts);
}

/** Each packet with the ICMPv6 error (type/code) that a kernel without Mobile IPv6 sends for it. */
const PACKETS: [title: string, packet: Uint8Array, answer: string][] = [
  ["Home Address option and Mobility Header", toRight(homeAddressOption(HOME), mobilityHeader()), "4/2"],
  ["Home Address option and TCP", toRight(homeAddressOption(HOME), TCP), "4/2"],
  ["Home Address option behind another option", toRight(LATER_OPTION, mobilityHeader()), "4/2"],
  ["type 2 routing header and Mobility Header", toRight(type2Routing(HOME), mobilityHeader()), "4/0"],
  ["type 2 routing header and UDP", toRight(type2Routing(HOME), UDP), "4/0"],
  ["type 2 routing header and tunnelled packet", toRight(type2Routing(HOME), TUNNELLED), "4/0"],
  ["Mobility Header", toRight(mobilityHeader()), "4/1"],
  ["IPv6-in-IPv6", toRight(TUNNELLED), "4/1"],
];

describe.skipIf(cannotRun)(`guard${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let left: TestNode;
  let right: TestNode;
  let sender: AccessSender;
  let errors: AccessReceiver;
  let arrivals: AccessReceiver;

  beforeAll(async () => {
    [left, right] = await twoNodes("guard");
    sender = left.sender();
    errors = left.receiver({ nextHeaders: [], icmpv6Types: [[1, 4]] });
    arrivals = right.receiver({ icmpv6Types: [] });
    ip("netns", "exec", right.namespace, "sysctl", "-qw", "net.ipv6.icmp.ratelimit=0");
  });
  afterAll(() => {
    for (const socket of [sender, errors, arrivals]) socket?.close();
    removeNamespaces();
  });

  /** Sends a packet to the right node; returns how often it arrived intact, and the errors that came back. */
  function probe(packet: Uint8Array): { arrived: number; answers: string[] } {
    expect(left.send(sender, packet)).toBe(0);
    const answers = left.receive(errors).map(({ bytes }) => `${bytes[40]}/${bytes[41]}`);
    const arrived = right.receive(arrivals, 5).filter(({ bytes }) => bytes.equals(packet)).length;
    return { arrived, answers };
  }

  it.each(PACKETS)("without it the kernel answers: %s", (_title, packet, answer) => {
    expect(probe(packet)).toEqual({ arrived: 1, answers: [answer] });
  });

  describe("with a guarded address", () => {
    let guard: Guard;
    beforeAll(() => {
      guard = inside(right.namespace, () => new Guard());
      guard.guard(RIGHT);
    });
    afterAll(() => guard?.close());

    it.each(PACKETS)("the kernel is silent and the packet arrives: %s", (_title, packet) => {
      expect(probe(packet)).toEqual({ arrived: 1, answers: [] });
    });

    it("other errors are still sent", () => {
      const PORT_UNREACHABLE = "1/4";
      const udp = upperLayer(LEFT, RIGHT, 17, UDP.bytes, 6);
      expect(probe(toRight(udp)).answers).toEqual([PORT_UNREACHABLE]);
    });

    it("echo requests are still answered", () => {
      const ping = ip("netns", "exec", left.namespace, "ping", "-c", "1", "-W", "2", RIGHT);
      expect(ping).toContain(" 0% packet loss");
    });

    it("TCP connections work", async () => {
      const greet = `require("net").createServer((socket) => socket.end("hello"))`;
      const script = `${greet}.listen(7777, "::", () => console.log("ready"))`;
      const server = inside(right.namespace, () => spawn(process.execPath, ["-e", script]));
      expect(await firstOutput(server)).toBe("ready");
      expect(ip("netns", "exec", left.namespace, "bash", "-c", `cat </dev/tcp/${RIGHT}/7777`)).toBe("hello");
      await kill(server);
    });

    it("an address that was released is the kernel's again", () => {
      guard.release(RIGHT);
      expect(probe(PACKETS[0][1]).answers).toEqual(["4/2"]);
      guard.guard(RIGHT);
      expect(probe(PACKETS[0][1]).answers).toEqual([]);
    });

    it("an address that was guarded twice is guarded until it was released twice", () => {
      guard.guard(RIGHT);
      guard.release(RIGHT);
      expect(probe(PACKETS[0][1]).answers).toEqual([]);
    });

    it("a second one of the same name is refused", () => {
      expect(() => inside(right.namespace, () => new Guard())).toThrow(/another process has a table/);
    });
  });

  it("closing it restores the kernel's behaviour", () => {
    expect(probe(PACKETS[0][1]).answers).toEqual(["4/2"]);
    expect(probe(PACKETS[7][1]).answers).toEqual(["4/1"]);
  });
});

describe.skipIf(cannotRun)(`guard of a home link${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  const AWAY = "2001:db8::99";
  const AWAY_LINK_LOCAL = "fe80::99";
  const REDIRECT = "137/0";
  const solicitation = upperLayer(LEFT, AWAY, 58, Uint8Array.of(135, 0, 0, 0, ...new Uint8Array(20)), 2);
  let left: TestNode;
  let right: TestNode;
  let sender: AccessSender;
  let answers: AccessReceiver;
  let guard: Guard;

  beforeAll(async () => {
    [left, right] = await twoNodes("away");
    sender = left.sender();
    answers = left.receiver({ nextHeaders: [], icmpv6Types: [[1, 4], [137, 137]] });
    for (const setting of ["conf.all.forwarding=1", "icmp.ratelimit=0"]) {
      ip("netns", "exec", right.namespace, "sysctl", "-qw", `net.ipv6.${setting}`);
    }
    const { macAddress } = linkByName(right.netlink, "eth0");
    for (const address of [AWAY, AWAY_LINK_LOCAL]) {
      ip("-n", left.namespace, "neigh", "add", address, "lladdr", macAddress, "dev", "eth0");
      // somebody is there, so that what is forwarded can be sent
      ip("-n", right.namespace, "neigh", "add", address, "lladdr", "02:00:5e:00:53:99", "dev", "eth0");
    }
    guard = inside(right.namespace, () => new Guard());
  });
  afterAll(() => {
    guard?.close();
    for (const socket of [sender, answers]) socket?.close();
    removeNamespaces();
  });

  /** The types and codes of what the right node answers to a packet for somebody else on the link. */
  function answersTo(packet: Uint8Array): string[] {
    expect(left.send(sender, packet, left.interfaceIndex)).toBe(0);
    return left.receive(answers).map(({ bytes }) => `${bytes[40]}/${bytes[41]}`);
  }

  it("the kernel redirects who asks or writes to a node that is away, unless it is guarded", () => {
    const packets = [ipv6(LEFT, AWAY, solicitation), ipv6(LEFT, AWAY_LINK_LOCAL, UDP)];
    const all = () => packets.map(answersTo);
    expect(all()).toEqual([[REDIRECT], [REDIRECT]]);
    inside(right.namespace, () => [AWAY, AWAY_LINK_LOCAL].forEach((address) => guard.setAway(address, true)));
    expect(all()).toEqual([[], []]);
  });

  it("other packets for its home address are still forwarded", () => {
    expect(answersTo(ipv6(LEFT, AWAY, UDP))).toEqual([REDIRECT]);
  });

  it("a node that has come home is the kernel's affair again", () => {
    inside(right.namespace, () => [AWAY, AWAY_LINK_LOCAL].forEach((address) => guard.setAway(address, false)));
    expect(answersTo(ipv6(LEFT, AWAY, solicitation))).toEqual([REDIRECT]);
  });
});
