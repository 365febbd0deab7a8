import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { concat, hex, loadWire, type Wire } from "../internals/load-wire.ts";
import { CAREOF_ADDRESS, HOME_AGENT, checksum, putAddresses, two } from "./reference.ts";

let wire: Wire;

beforeAll(async () => {
  wire = await loadWire();
}, 60_000);

const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
// Long and short, with runs of ones so that every carry happens.
const octets = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.tuple(fc.nat(3000), fc.nat(255)).map(([length, first]) =>
    Uint8Array.from({ length }, (_, at) => at * at + first),
  ),
  fc.nat(2000).map((length) => new Uint8Array(length).fill(0xff)),
);

describe("the Internet checksum", () => {
  it("sums the example of RFC 1071 §3", () => {
    const { checksum } = wire.files;
    const p = wire.put(hex("0001 f203 f4f5 f6f7"));
    expect(checksum.fold(checksum.sumWords(p, 8))).toBe(0xddf2);
  });

  it("is the naive checksum, for any octets at any alignment", () => {
    const { checksum: core } = wire.files;
    fc.assert(
      fc.property(address, address, octets, fc.nat(255), fc.nat(17), (from, to, data, protocol, shift) => {
        const [source, destination] = putAddresses(wire, from, to);
        const p = wire.put(data, wire.room + shift);
        const expected = checksum(from, to, data, protocol);
        expect(core.checksum(source, destination, p, data.length, protocol)).toBe(expected);
      }),
    );
  });

  it("is the same summed by vectors and by words", () => {
    const { checksum: core } = wire.files;
    fc.assert(
      fc.property(octets, fc.nat(17), (data, shift) => {
        const p = wire.put(data, wire.room + shift);
        const words = core.fold(core.sumWords(p, data.length));
        expect(core.fold(core.sumVectors(p, data.length))).toBe(words);
        expect(core.fold(core.sum(p, data.length))).toBe(words);
      }),
    );
  });

  it("is the same of what is copied, and the copy is one", () => {
    const { checksum: core } = wire.files;
    const behind = Uint8Array.of(0xa5);
    fc.assert(
      fc.property(octets, fc.nat(17), fc.nat(17), (data, shift, shiftTo) => {
        const p = wire.put(data, wire.room + shift);
        const to = wire.room + 8192 + shiftTo;
        wire.put(behind, to + data.length);
        expect(core.fold(core.copy(to, p, data.length))).toBe(core.fold(core.sumWords(p, data.length)));
        expect(wire.get(to, data.length)).toEqual(data);
        expect(wire.get(to + data.length, 1)).toEqual(behind);
      }),
    );
  });

  it("holds for 64 KiB of ones, where a lane could overflow", () => {
    const { checksum: core } = wire.files;
    const p = wire.put(new Uint8Array(0x10000).fill(0xff));
    expect(core.fold(core.sumVectors(p, 0x10000))).toBe(0xffff);
    expect(core.fold(core.sumWords(p, 0x10000))).toBe(0xffff);
  });

  it("reads nothing behind the last octet", () => {
    const { checksum: core } = wire.files;
    for (let length = 0; length < 150; length++) {
      const p = wire.putAtEnd(new Uint8Array(length).fill(1));
      expect(() => [core.sumWords(p, length), core.sumVectors(p, length)]).not.toThrow();
    }
  });

  it("verifies what it made, and nothing with a bit changed", () => {
    const { checksum: core } = wire.files;
    const [from, to] = putAddresses(wire, CAREOF_ADDRESS, HOME_AGENT);
    const body = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(body, fc.nat(), (data, bit) => {
        const made = two(checksum(CAREOF_ADDRESS, HOME_AGENT, concat(two(0), data), 135));
        const message = concat(made, data);
        expect(core.verify(from, to, wire.put(message), message.length, 135)).toBe(1);
        message[(bit >> 3) % message.length] ^= 1 << (bit & 7);
        expect(core.verify(from, to, wire.put(message), message.length, 135)).toBe(0);
      }),
    );
  });
});

describe("the incremental update of RFC 1624", () => {
  it("gives the example of RFC 1624 §4", () => {
    const { checksum: core } = wire.files;
    const before = wire.put(hex("5555"), wire.room);
    const after = wire.put(hex("3285"), wire.room + 2);
    expect(core.update(0xdd2f, core.sum(before, 2), core.sum(after, 2))).toBe(0x0000);
  });

  it("is the checksum of the changed message", () => {
    const { checksum: core } = wire.files;
    const data = fc.uint8Array({ minLength: 32, maxLength: 200 });
    fc.assert(
      fc.property(data, address, fc.nat(8), (message, replacement, word) => {
        const changed = message.slice();
        changed.set(replacement, word * 2);
        const old = wire.put(message.slice(word * 2, word * 2 + 16), wire.room);
        const next = wire.put(replacement, wire.room + 16);
        const updated = core.update(
          checksum(CAREOF_ADDRESS, HOME_AGENT, message, 58), core.sum(old, 16), core.sum(next, 16),
        );
        expect(updated).toBe(checksum(CAREOF_ADDRESS, HOME_AGENT, changed, 58));
      }),
    );
  });
});
