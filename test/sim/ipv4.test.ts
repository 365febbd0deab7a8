import { describe, expect, it } from "vitest";
import { parseIpv4Address } from "../../bindings/address.ts";
import { arpReply, readArp } from "../../platforms/sim/arp.ts";
import { Host } from "../../platforms/sim/host.ts";
import { IPV4_ANY, sourceOf } from "../../platforms/sim/ip.ts";
import { isFragment, timeToLive } from "../../platforms/sim/ip4.ts";
import type { Link } from "../../platforms/sim/link.ts";
import { Network } from "../../platforms/sim/network.ts";
import type { IcmpError } from "../../platforms/sim/messages.ts";
import { Ping } from "../../platforms/sim/ping.ts";
import { Router } from "../../platforms/sim/router.ts";
import { Stack } from "../../platforms/sim/stack.ts";
import { StreamReceiver, StreamSender } from "../../platforms/sim/stream.ts";
import { core } from "./core.ts";

/** A host with IPv4 alone. */
function host(network: Network, name: string, link: Link, address: string, router: string): Stack {
  const stack = new Stack(network, name);
  const port = stack.addPort(link.name);
  stack.addAddress(port, parseIpv4Address(address), 96 + 24);
  stack.addRoute({ prefix: IPV4_ANY, lengthBits: 96, device: port, gateway: parseIpv4Address(router) });
  port.attach(link);
  return stack;
}

const A = parseIpv4Address("192.0.2.10");
const B = parseIpv4Address("198.51.100.10");

/** Two hosts with a router between them; `mtuBytes` is that of the second link. */
function scene(mtuBytes = 1500) {
  const network = new Network({ seed: 1, core });
  const near = network.link("near");
  const far = network.link("far", { mtuBytes });
  const router = new Router(network, "router");
  router.connect(near, "192.0.2.1");
  router.connect(far, "198.51.100.1");
  const a = host(network, "a", near, "192.0.2.10", "192.0.2.1");
  const b = host(network, "b", far, "198.51.100.10", "198.51.100.1");
  const errors: IcmpError[] = [];
  a.onIcmpError((error) => errors.push(error));
  const frames: Uint8Array[] = [];
  network.watch((record) => record.kind === "frame" && record.link === "far" && frames.push(record.packet));
  return { network, near, far, router, a, b, errors, frames };
}

describe("IPv4", () => {
  it("is routed: echo, UDP and a stream", () => {
    const { network, a, b, frames } = scene();
    const ping = new Ping(a, { from: A, to: B, everyMs: 100 });
    const receiver = new StreamReceiver(b, 7000);
    const sender = new StreamSender(a, { from: A, to: B, port: 7000, totalBytes: 50_000 });
    network.run(950);
    expect([ping.lost, ping.received]).toEqual([0, 10]);
    expect([sender.done, receiver.receivedBytes, receiver.intact]).toEqual([true, 50_000, true]);
    expect(timeToLive(frames[0])).toBe(63);
    expect(network.drops.size).toBe(0);
  });

  it("is fragmented on its way without DF, and put together by the destination, in any order", () => {
    const { network, a, b, far, frames } = scene(576);
    far.conditions.reordering = 0.3;
    const received: Uint8Array[] = [];
    b.onUdp(9, ({ data }) => received.push(data.slice()));
    const data = Uint8Array.from({ length: 1400 }, (_, index) => index * 7);
    for (let count = 0; count < 10; count++) a.send(network.packets.udp(A, B, 9, 9, data));
    network.run(100);
    expect(received).toEqual(Array(10).fill(data));
    expect(frames.length).toBe(30);
    expect(frames.every((frame) => isFragment(frame) && frame.length <= 576)).toBe(true);
  });

  it("is fragmented by its sender as well", () => {
    const { network, a, b } = scene();
    const received: number[] = [];
    b.onUdp(9, ({ data }) => received.push(data.length));
    a.send(network.packets.udp(A, B, 9, 9, new Uint8Array(5000)));
    network.run(100);
    expect(received).toEqual([5000]);
  });

  it("is too large with DF: the router says what fits", () => {
    const { network, a, errors } = scene(576);
    const packet = network.packets.udp(A, B, 9, 9, new Uint8Array(1400), { dontFragment: true });
    a.send(packet);
    network.run(100);
    expect(errors).toMatchObject([{ error: "packet-too-big", code: 4, mtuBytes: 576 }]);
    expect(errors[0].about.subarray(12, 20)).toEqual(packet.subarray(12, 20));
  });

  it("gets errors for destinations that are not there", () => {
    const { network, a, errors } = scene();
    a.send(network.packets.udp(A, parseIpv4Address("203.0.113.1"), 9, 9, new Uint8Array(8)));
    a.send(network.packets.udp(A, parseIpv4Address("198.51.100.99"), 9, 9, new Uint8Array(8)));
    const last = network.packets.udp(A, B, 9, 9, new Uint8Array(8));
    last[8] = 1;
    a.send(last);
    network.run(5000);
    const seen = errors.map(({ error, code }) => `${error} ${code}`).sort();
    expect(seen).toEqual(["destination-unreachable 0", "destination-unreachable 1", "time-exceeded 0"]);
  });

  it("never takes an IPv6 route, nor IPv6 an IPv4 one", () => {
    const network = new Network({ seed: 1, core });
    const link = network.link("link");
    const dual = new Host(network, "dual", link, "2001:db8::a", "2001:db8::1");
    dual.send(network.packets.udp(A, B, 9, 9, new Uint8Array(8)));
    expect(network.drops.get("no route")).toBe(1);
    dual.addIpv4("192.0.2.10", "192.0.2.1");
    expect(dual.sourceFor(B)).toEqual(A);
    expect(dual.sourceFor(dual.address)).toEqual(dual.address);
  });
});

describe("ARP", () => {
  it("asks three times for an address that nobody has, and believes whoever answers", () => {
    const { network, near, a } = scene();
    const proxy = new Stack(network, "proxy");
    const port = proxy.addPort("near");
    port.attach(near);
    const asked: number[] = [];
    const got: Uint8Array[] = [];
    const target = parseIpv4Address("192.0.2.77");
    proxy.receive = (_, frame) => {
      if (frame[0] !== 0) return void got.push(frame);
      const { sender, senderLink, isRequest } = readArp(frame);
      expect(isRequest).toBe(true);
      asked.push(network.nowMs);
      if (asked.length === 5) port.sendArp(arpReply(port.linkAddress, target, senderLink, sender), senderLink);
    };
    a.send(network.packets.udp(A, target, 9, 9, new Uint8Array(8)));
    network.run(5000);
    expect(asked).toEqual([1, 1001, 2001]);
    expect(network.drops.get("nobody has the address")).toBe(1);
    a.send(network.packets.udp(A, target, 9, 9, new Uint8Array(8)));
    network.run(5000);
    expect([asked.length, got.length]).toEqual([5, 1]);
    expect(sourceOf(got[0])).toEqual(A);
  });

  it("is answered by the owner, who so takes back what a proxy claims", () => {
    const { network, near, router } = scene();
    const proxy = new Stack(network, "proxy");
    const port = proxy.addPort("near");
    port.attach(near);
    let got = 0;
    proxy.receive = (_, frame) => void (got += frame[0] === 0 ? 0 : 1);
    // Gratuitous: the sender is the target as well (RFC 826, RFC 5227 §3).
    port.sendArp(arpReply(port.linkAddress, A, new Uint8Array(6), A));
    network.run(10);
    router.send(network.packets.udp(parseIpv4Address("192.0.2.1"), A, 9, 9, new Uint8Array(8)));
    network.run(10);
    expect(got).toBe(1);
    const own = near.ports.find((each) => each.owner.name === "a")!;
    own.sendArp(arpReply(own.linkAddress, A, new Uint8Array(6), A));
    network.run(10);
    router.send(network.packets.udp(parseIpv4Address("192.0.2.1"), A, 9, 9, new Uint8Array(8)));
    network.run(10);
    expect(got).toBe(1);
  });
});
