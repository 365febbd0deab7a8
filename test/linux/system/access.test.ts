import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccessReceiver } from "../../../platforms/linux/system/access-receive.ts";
import type { AccessSender } from "../../../platforms/linux/system/access-send.ts";
import { EMSGSIZE, ENETDOWN, ENETUNREACH } from "../../../platforms/linux/system/constants.ts";
import { setLink } from "../../../platforms/linux/system/links.ts";
import { cannotRun, ip, removeNamespaces } from "./namespace.ts";
import {
  homeAddressOption, ICMPV6, icmpv6, ipv6, mobilityHeader, type Part, tunnelled, type2Routing,
} from "./packets.ts";
import { LEFT, type Received, RIGHT, type TestNode, twoNodes } from "./testbed.ts";

const HOME = "2001:db8:1::1";
const UDP: Part = { protocol: 17, bytes: Uint8Array.of(0, 7, 0, 7, 0, 8, 0, 0) };
const TCP: Part = { protocol: 6, bytes: new Uint8Array(20) };
const TUNNELLED = tunnelled(ipv6(HOME, RIGHT, UDP));
const FRAGMENT: Part = { protocol: 44, bytes: Uint8Array.of(17, 0, 0, 1, 0, 0, 0, 7) };
const ZEROS = new Uint8Array(4);
const ECHO_REQUEST = 128;
const ROUTER_SOLICITATION = 133;
const NEIGHBOUR_SOLICITATION = 135;
const DISCOVERY_REQUEST = 144;

describe.skipIf(cannotRun)(`access side${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let left: TestNode;
  let right: TestNode;
  let sender: AccessSender;
  let receiver: AccessReceiver;

  beforeAll(async () => {
    [left, right] = await twoNodes("access");
    sender = left.sender();
    receiver = right.receiver();
  });
  afterAll(() => {
    sender?.close();
    receiver?.close();
    removeNamespaces();
  });

  const passing: [string, Uint8Array][] = [
    ["Home Address option and Mobility Header", ipv6(LEFT, RIGHT, homeAddressOption(HOME), mobilityHeader())],
    ["Home Address option and UDP", ipv6(LEFT, RIGHT, homeAddressOption(HOME), UDP)],
    ["type 2 routing header and Mobility Header", ipv6(LEFT, RIGHT, type2Routing(HOME), mobilityHeader())],
    ["type 2 routing header and tunnelled packet", ipv6(LEFT, RIGHT, type2Routing(HOME), TUNNELLED)],
    ["Mobility Header", ipv6(LEFT, RIGHT, mobilityHeader())],
    ["IPv6-in-IPv6", ipv6(LEFT, RIGHT, TUNNELLED)],
    ["fragment", ipv6(LEFT, RIGHT, FRAGMENT, UDP)],
    ["home agent address discovery", ipv6(LEFT, RIGHT, icmpv6(LEFT, RIGHT, DISCOVERY_REQUEST, ZEROS))],
    ["a source that is not ours", ipv6(HOME, RIGHT, mobilityHeader())],
  ];
  it.each(passing)("%s arrives intact", (_title, packet) => {
    expect(left.send(sender, packet)).toBe(0);
    const arrived = right.receive(receiver).filter(({ bytes }) => bytes.equals(packet));
    expect(arrived).toHaveLength(1);
    expect(arrived[0].interfaceIndex).toBe(right.interfaceIndex);
  });

  it("does not wake up for ordinary traffic", () => {
    for (const part of [UDP, TCP, icmpv6(LEFT, RIGHT, ECHO_REQUEST, ZEROS)]) {
      expect(left.send(sender, ipv6(LEFT, RIGHT, part))).toBe(0);
    }
    // neighbour discovery may happen at any time
    const isOrdinary = ({ bytes }: Received) => bytes[6] !== ICMPV6 || bytes[40] === ECHO_REQUEST;
    expect(right.receive(receiver).filter(isOrdinary)).toEqual([]);
  });

  it("leaves out an excluded interface, and hears it again afterwards", () => {
    const packet = ipv6(LEFT, RIGHT, mobilityHeader());
    receiver.select({ excludedInterfaces: [right.interfaceIndex] });
    left.send(sender, packet);
    expect(right.receive(receiver)).toEqual([]);
    receiver.select({});
    left.send(sender, packet);
    expect(right.receive(receiver).filter(({ bytes }) => bytes.equals(packet))).toHaveLength(1);
  });

  it.each([
    ["router solicitation", ROUTER_SOLICITATION, "ff02::2", ZEROS],
    ["neighbour solicitation", NEIGHBOUR_SOLICITATION, "ff02::1:ff00:1234", Buffer.alloc(20, 1)],
  ])("sends a %s from the unspecified address", (_title, type, group, body) => {
    const packet = ipv6("::", group, icmpv6("::", group, type, body));
    expect(left.send(sender, packet, left.interfaceIndex)).toBe(0);
    expect(right.receive(receiver).some(({ bytes }) => bytes.equals(packet))).toBe(true);
  });

  it("sends to a link-local address of the interface it is bound to", async () => {
    const bound = left.sender({ interfaceIndex: left.interfaceIndex });
    const packet = ipv6(LEFT, await right.linkLocal(), mobilityHeader());
    expect(left.send(bound, packet)).toBe(0);
    bound.close();
    expect(right.receive(receiver).some(({ bytes }) => bytes.equals(packet))).toBe(true);
  });

  it("returns the result of each packet and goes on behind a refused one", () => {
    const good = ipv6(LEFT, RIGHT, mobilityHeader());
    const tooBig = ipv6(LEFT, RIGHT, { protocol: 135, bytes: new Uint8Array(1500) });
    const nowhere = ipv6(LEFT, "2001:db8:ffff::1", mobilityHeader());
    const packets = [good, tooBig, nowhere, good];
    packets.forEach((packet, slot) => {
      const pointer = 64 + slot * 2048;
      new Uint8Array(left.wasm.buffer).set(packet, pointer);
      sender.setPacket(slot, pointer, packet.length);
    });
    expect(sender.send(packets.length)).toBe(2);
    expect([...sender.results.subarray(0, packets.length)]).toEqual([0, EMSGSIZE, ENETUNREACH, 0]);
    expect(right.receive(receiver).filter(({ bytes }) => bytes.equals(good))).toHaveLength(2);
  });

  it("reports a packet that is longer than its slot", () => {
    const packet = ipv6(LEFT, RIGHT, mobilityHeader());
    receiver.setSlot(0, 64 * 1024, 41);
    left.send(sender, packet);
    expect(right.receive(receiver)[0]).toMatchObject({ truncated: true });
    receiver.setSlot(0, 64 * 1024, 2048);
  });

  it("still finds its packets after the memory has grown", () => {
    left.wasm.grow(8);
    right.wasm.grow(8);
    const packet = ipv6(LEFT, RIGHT, homeAddressOption(HOME), mobilityHeader());
    expect(left.send(sender, packet)).toBe(0);
    expect(right.receive(receiver).some(({ bytes }) => bytes.equals(packet))).toBe(true);
  });

  it("makes the kernel a member of a multicast group", () => {
    sender.joinGroup("ff02::1:ff00:4321", left.interfaceIndex);
    expect(ip("-n", left.namespace, "-6", "maddr", "show", "dev", "eth0")).toContain("ff02::1:ff00:4321");
    sender.leaveGroup("ff02::1:ff00:4321", left.interfaceIndex);
    expect(ip("-n", left.namespace, "-6", "maddr", "show", "dev", "eth0")).not.toContain("ff02::1:ff00:4321");
  });

  it("survives the interface going down", () => {
    const bound = left.sender({ interfaceIndex: left.interfaceIndex });
    const packet = ipv6(LEFT, RIGHT, mobilityHeader());
    setLink(left.netlink, left.interfaceIndex, { up: false });
    expect([ENETDOWN, ENETUNREACH]).toContain(left.send(bound, packet));
    setLink(right.netlink, right.interfaceIndex, { up: false });
    expect(right.receive(receiver)).toEqual([]);
    bound.close();
  });
});
