import { describe, expect, it } from "vitest";
import { formatAnyAddress, parseIpv4Address } from "../../bindings/address.ts";
import { IPV4_ANY, sourceOf } from "../../platforms/sim/ip.ts";
import { setHeaderChecksum } from "../../platforms/sim/ip4.ts";
import type { Link } from "../../platforms/sim/link.ts";
import type { Dependence, NatSettings } from "../../platforms/sim/nat-mappings.ts";
import { Nat } from "../../platforms/sim/nat.ts";
import { Network } from "../../platforms/sim/network.ts";
import type { IcmpError } from "../../platforms/sim/messages.ts";
import { Ping } from "../../platforms/sim/ping.ts";
import { Router } from "../../platforms/sim/router.ts";
import { Stack } from "../../platforms/sim/stack.ts";
import { core } from "./core.ts";

const OUTSIDE = "192.0.2.1";

/** What a host received: from where, and what. */
interface Got {
  from: string;
  data: number;
}

/** A host that listens on all the ports that the tests use. */
class Peer extends Stack {
  readonly address: Uint8Array;
  readonly got: Got[] = [];
  readonly errors: IcmpError[] = [];

  constructor(network: Network, link: Link, address: string, router?: string) {
    super(network, address);
    this.address = parseIpv4Address(address);
    const port = this.addPort(link.name);
    this.addAddress(port, this.address, 96 + 24);
    if (router) this.addRoute({ prefix: IPV4_ANY, lengthBits: 96, device: port, gateway: parseIpv4Address(router) });
    port.attach(link);
    this.onIcmpError((error) => this.errors.push(error));
    for (const udp of [1000, 2000, 3000]) {
      this.onUdp(udp, ({ sourcePort, data }, packet) =>
        this.got.push({ from: `${formatAnyAddress(sourceOf(packet))}:${sourcePort}`, data: data[0] }));
    }
  }

  /** Sends one octet of data. */
  tell(to: string, port: number, data: number, from = 1000): void {
    const { packets, clock } = this.network;
    this.send(packets.udp(this.address, parseIpv4Address(to), from, port, Uint8Array.of(data)));
    clock.runTo(clock.nowMs + 50);
  }

  /** The port from which somebody heard something last. */
  get lastPort(): number {
    return Number(this.got.at(-1)!.from.split(":")[1]);
  }
}

/** Two hosts inside, two outside; of the latter, 9 has the address of 8 in another respect: a neighbour. */
function scene(settings: Partial<NatSettings> = {}, mtuBytes = 1500) {
  const network = new Network({ seed: 1, core });
  const inside = network.link("inside");
  const outside = network.link("outside", { mtuBytes });
  const nat = new Nat(network, "nat", settings);
  nat.connect(inside, "10.0.0.1");
  nat.connectOutside(outside, OUTSIDE);
  const a = new Peer(network, inside, "10.0.0.10", "10.0.0.1");
  const b = new Peer(network, inside, "10.0.0.11", "10.0.0.1");
  const x = new Peer(network, outside, "192.0.2.8");
  const y = new Peer(network, outside, "192.0.2.9");
  return { network, nat, a, b, x, y, outside };
}

const KINDS: Dependence[] = ["endpoint-independent", "address-dependent", "address-and-port-dependent"];

describe("mapping", () => {
  it.each(KINDS)("%s (RFC 4787 §4.1)", (mapping) => {
    const { a, x, y } = scene({ mapping });
    a.tell("192.0.2.8", 2000, 1);
    const first = x.lastPort;
    a.tell("192.0.2.8", 3000, 2);
    const otherPort = x.lastPort;
    a.tell("192.0.2.9", 2000, 3);
    const otherAddress = y.lastPort;
    a.tell("192.0.2.8", 2000, 4);
    expect(x.lastPort).toBe(first);
    expect(otherPort === first).toBe(mapping !== "address-and-port-dependent");
    expect(otherAddress === first).toBe(mapping === "endpoint-independent");
    expect(x.got.every(({ from }) => from.startsWith(`${OUTSIDE}:`))).toBe(true);
  });

  it("keeps the port where it is free, if it preserves ports (§4.2.1)", () => {
    const { a, b, x } = scene({ portPreservation: true });
    a.tell("192.0.2.8", 2000, 1);
    b.tell("192.0.2.8", 2000, 2);
    expect(x.got[0].from).toBe(`${OUTSIDE}:1000`);
    expect(x.lastPort).not.toBe(1000);
  });
});

describe("filtering", () => {
  it.each(KINDS)("%s (RFC 4787 §5)", (filtering) => {
    const { network, a, x, y } = scene({ filtering });
    a.tell("192.0.2.8", 2000, 1);
    const port = x.lastPort;
    x.tell(OUTSIDE, port, 2, 2000);
    x.tell(OUTSIDE, port, 3, 3000);
    y.tell(OUTSIDE, port, 4, 2000);
    const passed = a.got.map(({ data }) => data);
    const expected = [2, 3, 4].slice(0, 3 - KINDS.indexOf(filtering));
    expect(passed).toEqual(expected);
    expect(network.drops.get("no NAT mapping") ?? 0).toBe(3 - passed.length);
  });
});

describe("a mapping", () => {
  it.each([[true, 2], [false, 1]])("ends without packets; those from outside prolong it: %s", (inbound, expected) => {
    const { network, a, x } = scene({ timeoutMs: 30_000, inboundRefreshes: inbound });
    a.tell("192.0.2.8", 2000, 1);
    const port = x.lastPort;
    network.run(20_000);
    x.tell(OUTSIDE, port, 2, 2000);
    network.run(20_000);
    x.tell(OUTSIDE, port, 3, 2000);
    expect(a.got.length).toBe(expected);
  });

  it("is another one after its end, and after a reboot", () => {
    const { network, nat, a, x } = scene({ timeoutMs: 30_000 });
    a.tell("192.0.2.8", 2000, 1);
    const ports = [x.lastPort];
    network.run(31_000);
    expect(nat.mappingCount).toBe(0);
    a.tell("192.0.2.8", 2000, 2);
    ports.push(x.lastPort);
    nat.reboot();
    x.tell(OUTSIDE, ports[1], 3, 2000);
    expect(a.got).toEqual([]);
    a.tell("192.0.2.8", 2000, 4);
    ports.push(x.lastPort);
    expect(new Set(ports).size).toBe(3);
  });

  it("finds no room in a full table, until another one ends", () => {
    const { network, nat, a, x } = scene({ maxMappings: 2, timeoutMs: 10_000 });
    for (const from of [1000, 2000, 3000]) a.tell("192.0.2.8", 2000, from / 1000, from);
    expect(x.got.map(({ data }) => data)).toEqual([1, 2]);
    expect([network.drops.get("NAT table full"), nat.mappingCount]).toEqual([1, 2]);
    network.run(11_000);
    a.tell("192.0.2.8", 2000, 4, 3000);
    expect(x.got.length).toBe(3);
  });
});

describe("hairpinning", () => {
  it.each([true, false])("%s: inside hosts reach each other by their outside addresses (§6)", (hairpinning) => {
    const { a, b, x } = scene({ hairpinning });
    b.tell("192.0.2.8", 2000, 1);
    const port = x.lastPort;
    b.tell(OUTSIDE, 9, 0); // so that the address may answer
    a.tell(OUTSIDE, port, 2);
    expect(b.got.map(({ data }) => data)).toEqual(hairpinning ? [2] : []);
    if (hairpinning) expect(b.got[0].from.startsWith(`${OUTSIDE}:`)).toBe(true);
  });
});

describe("ICMP", () => {
  it("echo requests of two hosts with the same identifier are told apart; the NAT itself answers as well", () => {
    const { network, a, b, x } = scene();
    const pings = [a, b].map((from) => new Ping(from, { from: from.address, to: x.address, everyMs: 100 }));
    const toNat = new Ping(x, { from: x.address, to: parseIpv4Address(OUTSIDE), everyMs: 100 });
    network.run(450);
    expect([...pings, toNat].map(({ lost }) => lost)).toEqual([0, 0, 0]);
  });

  it("an error from outside is about the inside address and port again", () => {
    const { network, a, outside } = scene({}, 1500);
    const router = new Router(network, "router");
    router.connect(outside, "192.0.2.2");
    router.connect(network.link("far", { mtuBytes: 600 }), "198.51.100.1");
    const nat = outside.ports[0].owner as Nat;
    const far = { prefix: parseIpv4Address("198.51.100.0"), lengthBits: 96 + 24, device: nat.outside };
    nat.addRoute({ ...far, gateway: parseIpv4Address("192.0.2.2") });
    const to = parseIpv4Address("198.51.100.9");
    const packet = network.packets.udp(a.address, to, 1000, 2000, new Uint8Array(1000), { dontFragment: true });
    const sent = packet.slice();
    a.send(packet);
    network.run(100);
    expect(a.errors).toMatchObject([{ error: "packet-too-big", mtuBytes: 600 }]);
    expect(a.errors[0].about.subarray(12, 28)).toEqual(sent.subarray(12, 28)); // addresses, ports, length, checksum
  });

  it("an error of the NAT itself reaches who sent the packet", () => {
    const { network, a } = scene({}, 600);
    const to = parseIpv4Address("192.0.2.8");
    a.send(network.packets.udp(a.address, to, 1000, 2000, new Uint8Array(1000), { dontFragment: true }));
    network.run(100);
    expect(a.errors).toMatchObject([{ error: "packet-too-big", mtuBytes: 600 }]);
    expect(a.errors[0].about.subarray(12, 16)).toEqual(a.address.subarray(12));
  });
});

describe("fragments", () => {
  it("are put together, translated, and fragmented again", () => {
    const { network, a, x } = scene({}, 600);
    a.send(network.packets.udp(a.address, x.address, 1000, 2000, new Uint8Array(4000).fill(5)));
    network.run(100);
    expect(x.got.map(({ data }) => data)).toEqual([5]);
  });
});

describe("protocol 41", () => {
  const tunnelled = (scene: { network: Network }, from: Peer, to: Uint8Array) => {
    const packet = scene.network.packets.udp(from.address, to, 1, 2, new Uint8Array(40));
    packet[9] = 41;
    setHeaderChecksum(packet);
    from.send(packet);
    scene.network.run(50);
  };
  it.each([[false, 0], [true, 1]])("passes: %s", (passes, expected) => {
    const world = scene({ passes: passes ? [41] : [] });
    const heard: Uint8Array[] = [];
    for (const peer of [world.x, world.a]) {
      const receive = peer.receive.bind(peer);
      peer.receive = (device, packet) =>
        packet[9] === 41 && packet[0] === 0x45 ? void heard.push(packet) : receive(device, packet);
    }
    tunnelled(world, world.a, world.x.address);
    expect(heard.length).toBe(expected);
    tunnelled(world, world.x, parseIpv4Address(OUTSIDE));
    expect(heard.length).toBe(expected * 2);
    if (passes) expect(formatAnyAddress(sourceOf(heard[0]))).toBe(OUTSIDE);
    else expect(world.network.drops.get("nothing that a NAT translates")).toBe(1);
  });
});
