import { describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import { Host } from "../../platforms/sim/host.ts";
import type { Conditions, Link } from "../../platforms/sim/link.ts";
import { Network } from "../../platforms/sim/network.ts";
import { Ping } from "../../platforms/sim/ping.ts";
import { advertisedPrefix, Router } from "../../platforms/sim/router.ts";
import { Stack } from "../../platforms/sim/stack.ts";
import { StreamReceiver, StreamSender } from "../../platforms/sim/stream.ts";
import { printTrace, Trace } from "../../platforms/sim/trace.ts";
import { core } from "./core.ts";

/** left host – left link – router – right link – right host */
function twoLinks(seed: number, conditions: Partial<Conditions> = {}) {
  const network = new Network({ seed, core });
  const left = network.link("left", conditions);
  const right = network.link("right");
  const router = new Router(network, "router");
  const leftPort = router.connect(left, "2001:db8:1::1");
  const rightPort = router.connect(right, "2001:db8:2::1");
  const a = new Host(network, "a", left, "2001:db8:1::a", "2001:db8:1::1");
  const b = new Host(network, "b", right, "2001:db8:2::b", "2001:db8:2::1");
  return { network, left, right, router, leftPort, rightPort, a, b };
}

function ping(from: Host, to: Uint8Array, everyMs = 100, dataBytes = 56): Ping {
  return new Ping(from, { from: from.address, to, everyMs, dataBytes });
}

describe("links", () => {
  it("carry a packet after the delay, and its answer back", () => {
    const { network, a, b } = twoLinks(1, { delayMs: 7 });
    const series = ping(a, b.address);
    network.run(990);
    expect(series.lost).toBe(0);
    expect(series.roundTripMs[0]).toBe(2 * (7 + 1));
  });

  it("lose about as many frames as they are told, the same ones for the same seed", () => {
    const run = (seed: number) => {
      const { network, a, b } = twoLinks(seed, { loss: 0.2 });
      const series = ping(a, b.address, 10);
      network.run(20_000);
      series.stop();
      network.run(1000);
      return series.roundTripMs.map((time) => time !== undefined);
    };
    const first = run(7);
    expect(run(7)).toEqual(first);
    expect(run(8)).not.toEqual(first);
    const share = first.filter((answered) => answered).length / first.length;
    expect(share).toBeGreaterThan(0.58); // 0.8² = 0.64
    expect(share).toBeLessThan(0.7);
  });

  it("keep the order under jitter, and break it only when told to reorder", () => {
    const order = (conditions: Partial<Conditions>) => {
      const { network, a, b } = twoLinks(3, conditions);
      const arrived: number[] = [];
      b.onUdp(9, ({ data }) => arrived.push(data[0]));
      for (let index = 0; index < 100; index++) {
        const packet = network.packets.udp(a.address, b.address, 9, 9, Uint8Array.of(index));
        network.clock.after(index, () => a.send(packet));
      }
      network.run(1000);
      return arrived;
    };
    const sorted = Array.from({ length: 100 }, (_, index) => index);
    expect(order({ jitterMs: 20 })).toEqual(sorted);
    const mixed = order({ reordering: 0.3 });
    expect(mixed).not.toEqual(sorted);
    expect([...mixed].sort((x, y) => x - y)).toEqual(sorted);
  });

  it("duplicate, and the copies are separate packets", () => {
    const { network, a, b } = twoLinks(3, { duplication: 1 });
    let arrived = 0;
    b.onUdp(9, () => arrived++);
    a.send(network.packets.udp(a.address, b.address, 9, 9, new Uint8Array(10)));
    network.run(100);
    expect(arrived).toBe(2); // both were forwarded: the hop limit of each was decremented once
  });

  it("take their time with a rate, and drop what would wait for too long", () => {
    const { network, left, a, b } = twoLinks(3, { bitsPerSecond: 80_000, longestQueueMs: 300 });
    const arrivals: number[] = [];
    b.onUdp(9, () => arrivals.push(network.nowMs));
    for (let index = 0; index < 10; index++) {
      a.send(network.packets.udp(a.address, b.address, 9, 9, new Uint8Array(1000 - 48))); // 100 ms each
    }
    network.run(5000);
    expect(arrivals.length).toBe(4);
    expect(arrivals[3] - arrivals[2]).toBeCloseTo(100);
    expect(network.drops.get("queue full")).toBe(6);
    expect(left.ports.length).toBe(2);
  });

  it("can have other conditions in one direction, changed while they run", () => {
    const { network, a, b, leftPort } = twoLinks(3);
    const series = ping(a, b.address);
    network.run(1000);
    leftPort.conditions = { loss: 1 }; // only what the router sends
    network.run(1000);
    leftPort.conditions = undefined;
    network.run(1000);
    expect(series.lostBetween(0, 950)).toBe(0);
    expect(series.lostBetween(1000, 1990)).toBe(10);
    expect(series.lostBetween(2000, 2950)).toBe(0);
    expect(network.drops.get("lost")).toBe(10);
  });

  it("lose what is on its way when the cable is pulled, and work again in another link", () => {
    const { network, left, a, b } = twoLinks(3, { delayMs: 10 });
    const series = ping(a, b.address);
    network.run(15); // the answer is on its way
    a.port.detach();
    network.run(500);
    expect(network.drops.get("receiver left")).toBe(1);
    a.port.attach(left);
    network.run(500);
    expect(series.lost).toBeLessThan(series.sent);
    expect(series.lostBetween(600, 900)).toBe(0);
  });

  it("tell whose frame was lost, and on the way to whom", () => {
    const { network, left, a, b } = twoLinks(3);
    const lost: string[] = [];
    network.watch((record) => {
      if (record.kind === "drop") lost.push(`${record.from} to ${record.node} on ${record.where}: ${record.why}`);
    });
    ping(a, b.address);
    network.run(50);
    left.conditions.loss = 1;
    network.run(100);
    left.conditions.loss = 0;
    left.divide([a.port]);
    network.run(100);
    expect(lost).toEqual(["a to router on left: lost", "a to router on left: partition"]);
  });

  it("can be divided and made whole again", () => {
    const { network, left, a, b } = twoLinks(3);
    const series = ping(a, b.address);
    left.divide([a.port]);
    network.run(990);
    left.divide();
    network.run(1000);
    expect(series.lostBetween(0, 990)).toBe(10);
    expect(series.lostBetween(1000, 1900)).toBe(0);
  });

  it("drop and count packets to an address that nobody has; the sender hears of it", () => {
    const { network, a } = twoLinks(3);
    const errors: string[] = [];
    a.onIcmpError(({ error, code }) => errors.push(`${error} ${code} at ${network.nowMs}`));
    a.send(network.packets.udp(a.address, parseAddress("2001:db8:2::dead"), 9, 9, new Uint8Array(1)));
    network.run(10_000);
    expect(network.drops.get("nobody has the address")).toBe(1);
    expect(errors).toEqual(["destination-unreachable 3 at 3002"]);
  });
});

describe("routers", () => {
  it("send Packet Too Big with the MTU of the narrow link", () => {
    const { network, right, a, b } = twoLinks(3);
    right.conditions.mtuBytes = 1300;
    const mtus: (number | undefined)[] = [];
    a.onIcmpError(({ mtuBytes }) => mtus.push(mtuBytes));
    const fits = ping(a, b.address, 1000, 1300 - 48);
    const tooBig = ping(a, b.address, 1000, 1301 - 48);
    network.run(500);
    expect([fits.received, tooBig.received, mtus]).toEqual([1, 0, [1300]]);
  });

  it("send No Route and, when the hop limit ends, Time Exceeded", () => {
    const { network, router, a, rightPort } = twoLinks(3);
    const errors: string[] = [];
    a.onIcmpError(({ error, code }) => errors.push(`${error} ${code}`));
    const send = (to: string) =>
      a.send(network.packets.udp(a.address, parseAddress(to), 9, 9, new Uint8Array(1)));
    send("2001:db8:77::1");
    // a second router that sends everything back: a loop
    const loop = new Router(network, "loop");
    const loopPort = loop.connect(rightPort.link!, "2001:db8:2::99");
    const prefix = parseAddress("2001:db8:88::");
    const [here, there] = [rightPort.addresses[1].address, loopPort.addresses[1].address];
    loop.addRoute({ prefix, lengthBits: 48, device: loopPort, gateway: here });
    loop.addRoute({ prefix: parseAddress("2001:db8:1::"), lengthBits: 64, device: loopPort, gateway: here });
    router.addRoute({ prefix, lengthBits: 48, device: rightPort, gateway: there });
    send("2001:db8:88::1");
    network.run(1000);
    expect(errors).toEqual(["destination-unreachable 0", "time-exceeded 0"]);
  });

  it("advertise within their interval, and sooner when solicited", () => {
    const { network, left, router, leftPort } = twoLinks(3);
    const times: number[] = [];
    network.watch((record) => {
      if (record.kind === "frame" && record.to === "listener") times.push(record.arrivesMs);
    });
    const listener = new Stack(network, "listener");
    const port = listener.addPort("left");
    port.attach(left);
    const prefixes = [advertisedPrefix(parseAddress("2001:db8:1::"))];
    router.advertise(leftPort, prefixes, { minIntervalMs: 3000, maxIntervalMs: 4000 });
    network.run(60_000);
    const intervals = times.slice(1).map((at, index) => at - times[index]);
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(3000);
    expect(Math.max(...intervals)).toBeLessThanOrEqual(4000);
    const before = times.length;
    listener.sendOn(port, network.packets.routerSolicitation(parseAddress("fe80::5")));
    network.run(510);
    expect(times.length).toBe(before + 1);

    router.advertise(leftPort, [], { minIntervalMs: 30, maxIntervalMs: 70 });
    network.run(10);
    times.length = 0;
    network.run(10_000);
    expect(times.length).toBeGreaterThan(10_000 / 70);
    router.stopAdvertising(leftPort);
    times.length = 0;
    network.run(10_000);
    expect(times).toEqual([]);
  });
});

describe("hosts", () => {
  it("defend their address against a duplicate", () => {
    const { network, left, a } = twoLinks(3);
    const trace = new Trace();
    network.watch(trace.add);
    const other = new Stack(network, "other");
    const port = other.addPort("left");
    port.attach(left);
    const group = parseAddress("ff02::1:ff00:a");
    other.sendOn(port, network.packets.neighbourSolicitation(parseAddress("::"), group, a.address));
    network.run(100);
    const frames = trace.records.filter((record) => record.kind === "frame");
    expect(frames.map(({ from, to }) => `${from} > ${to}`))
      .toEqual(["other > router", "other > a", "a > router", "a > other"]);
  });

  const bad = { loss: 0.05, jitterMs: 5, duplication: 0.05, reordering: 0.05 };
  it.each<Partial<Conditions>>([{}, bad])("carry a stream over %o", (conditions) => {
    const { network, a, b } = twoLinks(11, conditions);
    const receiver = new StreamReceiver(b, 7000);
    const sender = new StreamSender(a, { from: a.address, to: b.address, port: 7000, totalBytes: 300_001 });
    expect(network.runUntil(() => sender.done, 600_000)).toBe(true);
    expect(receiver.receivedBytes).toBe(300_001);
    expect(receiver.intact).toBe(true);
    expect(receiver.hash).toBe(sender.hash);
    expect(sender.retransmissions > 0).toBe(conditions.loss !== undefined);
  });
});

describe("a run", () => {
  it("is the same to the last frame for the same seed", () => {
    const run = (seed: number) => {
      const conditions = { loss: 0.1, jitterMs: 3, duplication: 0.1, reordering: 0.1 };
      const { network, a, b, router, leftPort } = twoLinks(seed, conditions);
      const trace = new Trace();
      network.watch(trace.add);
      router.advertise(leftPort, [advertisedPrefix(parseAddress("2001:db8:1::"))]);
      ping(a, b.address);
      network.run(10_000);
      return printTrace(trace.records, network.packets.describe);
    };
    const first = run(5);
    expect(first.length).toBeGreaterThan(1000);
    expect(run(5)).toBe(first);
    expect(run(6)).not.toBe(first);
  });
});
