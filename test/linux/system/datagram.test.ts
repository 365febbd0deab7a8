import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  DATAGRAM_ADDRESS, DATAGRAM_BYTES, DATAGRAM_FRAGMENTS, DATAGRAM_PORT, DATAGRAM_SEGMENT_BYTES, DATAGRAM_TRAFFIC_CLASS,
} from "../../../bindings/engine.ts";
import { parseAddress } from "../../../bindings/address.ts";
import { type DatagramOptions, DatagramPort } from "../../../platforms/linux/system/datagram-port.ts";
import type { PathMtu } from "../../../platforms/linux/system/datagram-errors.ts";
import { PacketMemory } from "../../../platforms/linux/system/memory.ts";
import { PollSet } from "../../../platforms/linux/system/poll.ts";
import { SendFailures } from "../../../platforms/linux/send-queue.ts";
import { cable, cannotRun, inside, ip, makeNamespace, removeNamespaces } from "./namespace.ts";

const SLOTS = 8;
const SLOT_BYTES = 66_000;
const OUT = 1 << 20;

interface Payload {
  readonly bytes: Buffer;
  readonly from: string;
  readonly port: number;
  readonly segmentBytes: number;
  readonly trafficClass: number;
}

interface Order {
  readonly bytes: Uint8Array;
  readonly segmentBytes?: number;
  readonly trafficClass?: number;
  readonly mayFragment?: boolean;
}

/** A port with memory of its own. */
class End {
  readonly wasm = new WebAssembly.Memory({ initial: 64 });
  readonly failures = new SendFailures();
  readonly port: DatagramPort;
  readonly pathMtus: PathMtu[] = [];

  constructor(options: DatagramOptions) {
    this.port = new DatagramPort(new PacketMemory(this.wasm), this.failures, { batch: SLOTS, ...options });
    for (let slot = 0; slot < SLOTS; slot++) this.port.setSlot(slot, pointerOf(slot), SLOT_BYTES - 128);
  }

  send(to: string, port: number, ...orders: Order[]): void {
    const view = new DataView(this.wasm.buffer);
    const memory = new Uint8Array(this.wasm.buffer);
    let pointer = OUT;
    for (const { bytes, segmentBytes = 0, trafficClass = 0, mayFragment = false } of orders) {
      memory.set(parseAddress(to), pointer + DATAGRAM_ADDRESS);
      view.setUint16(pointer + DATAGRAM_PORT, port, true);
      view.setUint16(pointer + DATAGRAM_SEGMENT_BYTES, segmentBytes, true);
      view.setUint8(pointer + DATAGRAM_TRAFFIC_CLASS, trafficClass);
      view.setUint8(pointer + DATAGRAM_FRAGMENTS, mayFragment ? 1 : 0);
      memory.set(bytes, pointer + DATAGRAM_BYTES);
      this.port.put(pointer + DATAGRAM_BYTES, bytes.length);
      pointer += DATAGRAM_BYTES + bytes.length;
    }
    this.port.flush();
  }

  /** What waits, or comes within the time. */
  receive(timeoutMs = 100): Payload[] {
    const poll = new PollSet(1);
    poll.add(this.port.fd);
    const view = new DataView(this.wasm.buffer);
    const payloads: Payload[] = [];
    while (poll.wait(timeoutMs) > 0) {
      const count = this.port.receive();
      this.pathMtus.push(...this.port.takePathMtus());
      for (let slot = 0; slot < count; slot++) {
        const record = pointerOf(slot) - DATAGRAM_BYTES;
        payloads.push({
          bytes: Buffer.from(new Uint8Array(this.wasm.buffer, pointerOf(slot), this.port.lengthBytes(slot)).slice()),
          from: Buffer.from(this.wasm.buffer, record + DATAGRAM_ADDRESS, 16).toString("hex"),
          port: view.getUint16(record + DATAGRAM_PORT, true),
          segmentBytes: view.getUint16(record + DATAGRAM_SEGMENT_BYTES, true),
          trafficClass: view.getUint8(record + DATAGRAM_TRAFFIC_CLASS),
        });
      }
    }
    return payloads;
  }
}

function pointerOf(slot: number): number {
  return 128 + slot * SLOT_BYTES;
}

function octets(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7 + seed * 31) & 0xff));
}

/** The datagrams of payloads, trains taken apart. */
function datagrams(payloads: readonly Payload[]): Buffer[] {
  return payloads.flatMap(({ bytes, segmentBytes }) => {
    const parts: Buffer[] = [];
    const step = segmentBytes || bytes.length;
    for (let at = 0; at < bytes.length; at += step) parts.push(bytes.subarray(at, at + step));
    return parts;
  });
}

function total(payloads: readonly Payload[]): number {
  return payloads.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

const families = [
  ["IPv6", "::1", "::1"],
  ["IPv4", "127.0.0.1", "::ffff:127.0.0.1"],
] as const;

describe.each(families)("UDP port on loopback by %s", (_family, address, contractAddress) => {
  const ends: End[] = [];
  const open = (options: DatagramOptions = {}) => {
    const end = new End({ address, ...options });
    ends.push(end);
    return end;
  };
  afterEach(() => {
    for (const { port } of ends.splice(0)) port.close();
  });

  it("carries a datagram with its addresses and its traffic class, both ways", () => {
    const [left, right] = [open(), open()];
    left.send(contractAddress, right.port.port, { bytes: octets(100, 1), trafficClass: 0xb9 });
    const [arrived, ...others] = right.receive();
    expect(others).toEqual([]);
    expect(arrived).toEqual({
      bytes: octets(100, 1), from: Buffer.from(parseAddress(contractAddress)).toString("hex"), port: left.port.port,
      segmentBytes: 0, trafficClass: 0xb9,
    });
    right.send(contractAddress, arrived.port, { bytes: octets(5, 2) });
    expect(left.receive()).toMatchObject([{ bytes: octets(5, 2), trafficClass: 0 }]);
  });

  it("has trains here", () => {
    expect(open().port.trains).toEqual({ send: true, receive: true });
    expect(open({ trains: false }).port.trains).toEqual({ send: false, receive: false });
  });

  it.each([
    ["both have trains", true, true], ["the sender has none", false, true], ["the receiver has none", true, false],
    ["none has", false, false],
  ])("takes a train to the other end: %s", (_title, sends, receives) => {
    const [left, right] = [open({ trains: sends }), open({ trains: receives })];
    const train = octets(9 * 1000 + 321, 3);
    left.send(contractAddress, right.port.port, { bytes: train, segmentBytes: 1000, trafficClass: 4 });
    const payloads = right.receive();
    expect(Buffer.concat(datagrams(payloads))).toEqual(train);
    expect(datagrams(payloads).map(({ length }) => length)).toEqual([...Array(9).fill(1000), 321]);
    if (sends && receives) expect(payloads).toMatchObject([{ segmentBytes: 1000, trafficClass: 4 }]);
    expect(left.failures.toJSON()).toEqual({});
  });

  it("makes trains of datagrams that follow each other, where they may be one", () => {
    const [left, right] = [open(), open()];
    const sizes = [92, 92, 92, 60, 92, 92, 1400, 1400, 300, 92];
    const orders = sizes.map((size, index) => ({ bytes: octets(size, index) }));
    left.send(contractAddress, right.port.port, ...orders);
    const payloads = right.receive();
    expect(datagrams(payloads)).toEqual(orders.map(({ bytes }) => bytes));
    expect(payloads.map(({ bytes }) => bytes.length)).toEqual([92 * 3 + 60, 92 * 2, 1400 * 2 + 300, 92]);
  });

  it("keeps traffic classes and places apart, and no train is longer than the kernel takes", () => {
    const [left, right, other] = [open(), open(), open()];
    const many = Array.from({ length: 150 }, (_, index) => ({ bytes: octets(50, index), trafficClass: index < 10 ? 1 : 0 }));
    left.send(contractAddress, right.port.port, ...many);
    expect(datagrams(right.receive())).toEqual(many.map(({ bytes }) => bytes));
    const train = { bytes: octets(60_000, 1), segmentBytes: 1400 };
    left.send(contractAddress, other.port.port, train, train, { bytes: octets(10, 9), trafficClass: 2 });
    const payloads = other.receive();
    // 46 of 1,400 octets are a train; the rest of the first one is shorter at its end, so nothing follows it
    expect(payloads.map(({ bytes }) => bytes.length)).toEqual([60_000, 60_000, 10]);
    expect(payloads.map(({ trafficClass }) => trafficClass)).toEqual([0, 0, 2]);
    const even = { bytes: octets(48 * 1400, 1), segmentBytes: 1400 };
    left.send(contractAddress, other.port.port, even, even);
    expect(other.receive().map(({ bytes }) => bytes.length / 1400)).toEqual([46, 46, 4]);
    expect(left.failures.toJSON()).toEqual({});
  });

  it("goes on after a port where nobody listens", () => {
    const [left, right, gone] = [open(), open(), open()];
    const closed = gone.port.port;
    ends.pop();
    gone.port.close();
    left.send(contractAddress, closed, { bytes: octets(10, 1) });
    left.send(contractAddress, right.port.port, { bytes: octets(20, 2) });
    expect(right.receive()).toMatchObject([{ bytes: octets(20, 2) }]);
    left.receive(20);
    expect(left.failures.toJSON()).toEqual({ ECONNREFUSED: 1 });
    expect(left.pathMtus).toEqual([]);
  });
});

describe.skipIf(cannotRun)(`UDP port on a path with a small MTU${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  const [MIDDLE_MTU, NEAR, FAR] = [1300, ["10.1.0.1", "2001:db8:1::1"], ["10.2.0.2", "2001:db8:2::2"]];
  let near: string;
  let far: string;

  /** near – router – far; the second cable has a small MTU, of which the near end knows nothing. */
  beforeAll(() => {
    const router = makeNamespace("udp-router");
    near = makeNamespace("udp-near");
    far = makeNamespace("udp-far");
    cable(near, router, ["eth0", "near"]);
    cable(far, router, ["eth0", "far"]);
    for (const setting of ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]) {
      ip("netns", "exec", router, "sysctl", "-qw", setting);
    }
    const place = (where: string, device: string, network: number, host: number) => {
      ip("-n", where, "addr", "add", `10.${network}.0.${host}/24`, "dev", device);
      ip("-n", where, "addr", "add", `2001:db8:${network}::${host}/64`, "dev", device, "nodad");
    };
    place(near, "eth0", 1, 1);
    place(router, "near", 1, 9);
    place(router, "far", 2, 9);
    place(far, "eth0", 2, 2);
    ip("-n", router, "link", "set", "far", "mtu", String(MIDDLE_MTU));
    for (const [where, network] of [[near, 1], [far, 2]] as const) {
      ip("-n", where, "route", "add", "default", "via", `10.${network}.0.9`);
      ip("-n", where, "route", "add", "default", "via", `2001:db8:${network}::9`);
    }
  });
  afterAll(removeNamespaces);

  it.each([["IPv4", NEAR[0], FAR[0], `::ffff:${FAR[0]}`], ["IPv6", NEAR[1], FAR[1], FAR[1]]])(
    "says what the path takes, and fragments only what may be: %s", (_family, own, other, remote) => {
      const left = inside(near, () => new End({ address: own }));
      const right = inside(far, () => new End({ address: other }));
      left.send(remote, right.port.port, { bytes: octets(1400, 1) });
      expect(right.receive(50)).toEqual([]);
      left.receive(50);
      const expected = { remote: parseAddress(remote), mtuBytes: MIDDLE_MTU };
      expect(left.pathMtus.length).toBeGreaterThan(0);
      expect(left.pathMtus[0]).toEqual(expected);
      // Now the kernel knows: it is said again at once, also for a train.
      left.pathMtus.splice(0);
      left.send(remote, right.port.port, { bytes: octets(5000, 1), segmentBytes: 1400 });
      left.receive(50);
      expect(left.pathMtus[0]).toEqual(expected);
      expect(datagrams(right.receive(50))).toEqual([octets(5000, 1).subarray(4200)]); // the last one fits
      left.send(remote, right.port.port, { bytes: octets(1400, 4), mayFragment: true }, { bytes: octets(1200, 5) });
      expect(datagrams(right.receive(50))).toEqual([octets(1400, 4), octets(1200, 5)]);
      expect(total(right.receive(0))).toBe(0);
      left.port.close();
      right.port.close();
    },
  );
});
