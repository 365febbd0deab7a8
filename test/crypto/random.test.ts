import { createCipheriv, randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { buildTables, get, put, type Internals } from "../internals/load-tables.ts";

let load: () => Internals;

beforeAll(async () => {
  load = await buildTables();
}, 30_000);

const seed = Buffer.from(Array.from({ length: 32 }, (_, i) => i));

/** A generator with a seed. */
function seeded(...seeds: Uint8Array[]): Internals {
  const core = load();
  for (const bytes of seeds) core.randomFeed(put(core, bytes), bytes.length);
  return core;
}

function take(core: Internals, length: number): Buffer {
  const at = core.allocate(length);
  core.randomFill(at, length);
  return get(core, at, length);
}

/** Key stream of ChaCha20 as node:crypto makes it; its 16 octets are counter and nonce. */
function keyStream(key: Uint8Array, length: number, counterAndNonce = Buffer.alloc(16)): Buffer {
  return createCipheriv("chacha20", key, counterAndNonce).update(Buffer.alloc(length));
}

describe("ChaCha20 block function", () => {
  function block(key: Uint8Array, counterAndNonce: Uint8Array): Buffer {
    const core = load();
    const state = put(core, Buffer.concat([Buffer.from("expand 32-byte k"), key, counterAndNonce]));
    const out = core.allocate(64);
    core.chacha20Block(state, out);
    return get(core, out, 64);
  }

  it("gives the key stream of RFC 8439 §2.3.2", () => {
    expect(block(seed, Buffer.from("01000000000000090000004a00000000", "hex")).toString("hex")).toBe(
      "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e" +
        "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
    );
  });

  it("agrees with another implementation for any key, counter and nonce", () => {
    for (let i = 0; i < 100; i++) {
      const key = randomBytes(32);
      const counterAndNonce = randomBytes(16);
      expect(block(key, counterAndNonce)).toEqual(keyStream(key, 64, counterAndNonce));
    }
  });
});

describe("random generator", () => {
  it("gives the key stream but for the first 32 octets of each 512, which are the next key", () => {
    // The seed becomes a key by one refill; `feed` makes the first 480 octets of output with it.
    const expected: Buffer[] = [];
    for (let i = 0, key: Uint8Array = seed; i < 4; i++) {
      const stream = keyStream(key, 512);
      key = stream.subarray(0, 32);
      expected.push(stream.subarray(32));
    }
    expect(take(seeded(seed), 4 * 480)).toEqual(Buffer.concat(expected));
  });

  it("gives the same octets however they are asked for", () => {
    const all = take(seeded(seed), 7000);
    fc.assert(
      fc.property(fc.array(fc.nat(700), { maxLength: 10 }), (lengths) => {
        const core = seeded(seed);
        const parts = Buffer.concat(lengths.map((length) => take(core, length)));
        expect(parts).toEqual(all.subarray(0, parts.length));
      }),
    );
  });

  it("is seeded after 256 bits, not before", () => {
    const core = load();
    expect(core.randomIsSeeded()).toBe(0);
    core.randomFeed(put(core, seed), 31);
    expect(core.randomIsSeeded()).toBe(0);
    core.randomFeed(put(core, seed), 1);
    expect(core.randomIsSeeded()).toBe(1);
  });

  it("depends on every bit of all that was fed, and on new entropy at once", () => {
    const long = Buffer.concat([seed, seed, Buffer.from([1, 2, 3])]);
    const outputs = new Set([take(seeded(long), 32).toString("hex")]);
    for (let bit = 0; bit < long.length * 8; bit++) {
      const other = Buffer.from(long);
      other[bit >> 3] ^= 1 << (bit & 7);
      outputs.add(take(seeded(other), 32).toString("hex"));
    }
    expect(outputs.size).toBe(long.length * 8 + 1);

    const [a, b] = [seeded(seed), seeded(seed)];
    expect(take(a, 10)).toEqual(take(b, 10));
    b.randomFeed(put(b, Buffer.from([0])), 1);
    expect(take(a, 32)).not.toEqual(take(b, 32));
  });

  it("keeps no copy of what it gave", () => {
    const core = seeded(seed);
    const at = core.allocate(5000);
    core.randomFill(at, 5000);
    const given = get(core, at, 5000);
    new Uint8Array(core.memory.buffer).fill(0, at, at + 5000);
    const memory = get(core, 0, core.memory.buffer.byteLength);
    for (let i = 0; i + 8 <= 5000; i++) expect(memory.indexOf(given.subarray(i, i + 8))).toBe(-1);

    // 5000 octets are ten pools and a part: the key in use is the eleventh. It stands in one place.
    let key: Uint8Array = seed;
    for (let pools = 0; pools < 11; pools++) key = keyStream(key, 32);
    const first = memory.indexOf(key);
    expect(first).toBeGreaterThan(0);
    expect(memory.indexOf(key, first + 1)).toBe(-1);

    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(BigInt.asUintN(64, core.randomNext64()));
    expect(get(core, 0, core.memory.buffer.byteLength).indexOf(number)).toBe(-1);
  });

  it("chooses below n without preference", () => {
    const core = seeded(seed);
    for (const n of [0, 1]) expect(core.randomNextBelow(n)).toBe(0);
    for (const n of [2, 7, 100]) {
      const counts = new Array<number>(n).fill(0);
      const draws = 1000 * n;
      for (let i = 0; i < draws; i++) counts[core.randomNextBelow(n)]++;
      const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      expect(chiSquare).toBeLessThan(n + 5 * Math.sqrt(2 * n));
    }
    // Three quarters of the range: without refusal one third of the results would come twice as often.
    const n = 0xc0000000;
    let thirds = 0;
    for (let i = 0; i < 30_000; i++) {
      const value = core.randomNextBelow(n) >>> 0;
      expect(value).toBeLessThan(n);
      if (value % 3 === 0) thirds++;
    }
    expect(Math.abs(thirds - 10_000)).toBeLessThan(500);
  });

  it("chooses from 0 up to 1, never 1, evenly", () => {
    const core = seeded(seed);
    const values = Array.from({ length: 20_000 }, () => core.randomNextUnit());
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(values.reduce((sum, value) => sum + value) / values.length).toBeCloseTo(0.5, 1);
    const halves = new Set(values.map((value) => Math.floor(value * 2 ** 53) % 2));
    expect(halves.size).toBe(2);
  });

  it("gives 32 bits at a time that use all of them", () => {
    const core = seeded(seed);
    let or = 0;
    let and = -1;
    for (let i = 0; i < 100; i++) {
      const value = core.randomNext32();
      or |= value;
      and &= value;
    }
    expect([or, and]).toEqual([-1, 0]);
  });
});
