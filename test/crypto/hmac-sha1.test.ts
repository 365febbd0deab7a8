import { createHmac } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { buildTables, get, put, type Internals } from "../internals/load-tables.ts";

let core: Internals;
let at: number;

beforeAll(async () => {
  core = (await buildTables())();
  at = core.allocate(4096);
}, 30_000);

/** Prepares a key and returns the address of the prepared key. */
function prepare(key: Uint8Array): number {
  const state = core.allocate(40);
  core.hmacPrepare(put(core, key, at), key.length, state);
  return state;
}

/** The result for a message given in parts. */
function authenticate(state: number, ...parts: Uint8Array[]): string {
  core.hmacBegin(state);
  for (const part of parts) core.hmacUpdate(put(core, part, at), part.length);
  core.hmacFinish(at);
  return get(core, at, 20).toString("hex");
}

const text = (message: string): Buffer => Buffer.from(message);
const counting = Buffer.from(Array.from({ length: 25 }, (_, i) => i + 1));

describe("HMAC-SHA1", () => {
  // RFC 2202 §3, in its order.
  it.each([
    [Buffer.alloc(20, 0x0b), text("Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00"],
    [text("Jefe"), text("what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
    [Buffer.alloc(20, 0xaa), Buffer.alloc(50, 0xdd), "125d7342b9ac11cd91a39af48aa17b4f63f175d3"],
    [counting, Buffer.alloc(50, 0xcd), "4c9007f4026250c6bc8414f9bf50c86c2d7235da"],
    [Buffer.alloc(20, 0x0c), text("Test With Truncation"), "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"],
    [
      Buffer.alloc(80, 0xaa),
      text("Test Using Larger Than Block-Size Key - Hash Key First"),
      "aa4ae5e15272d00e95705637ce8a3b55ed402112",
    ],
    [
      Buffer.alloc(80, 0xaa),
      text("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"),
      "e8e99d0f45237d786d6bbaa7965c7808bbff1a91",
    ],
  ])("gives the result of RFC 2202, case %#", (key, message, expected) => {
    expect(authenticate(prepare(key), message)).toBe(expected);
  });

  it("agrees with another implementation for keys and messages of any length, in any parts", () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 140 }), parts, (key, parts) => {
        const expected = createHmac("sha1", key).update(Buffer.concat(parts)).digest("hex");
        expect(authenticate(prepare(key), ...parts)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("agrees with another implementation at every key length around a block", () => {
    for (let length = 60; length <= 70; length++) {
      const key = Buffer.alloc(length, length);
      const expected = createHmac("sha1", key).update(key).digest("hex");
      expect(authenticate(prepare(key), key), `${length} octets`).toBe(expected);
    }
  });

  it("uses one prepared key for many messages, and several keys in turn", () => {
    const keys = ["one", "two"].map(text);
    const states = keys.map(prepare);
    for (const message of ["a", "b", "a"].map(text)) {
      for (const [i, state] of states.entries()) {
        expect(authenticate(state, message)).toBe(createHmac("sha1", keys[i]).update(message).digest("hex"));
      }
    }
  });
});

describe("sameBytes", () => {
  it("sees a difference of any one bit, and none outside of the length", () => {
    const bytes = Buffer.from(Array.from({ length: 21 }, (_, i) => i * 7));
    const a = put(core, bytes);
    const b = put(core, bytes);
    expect(core.sameBytes(a, b, 20)).toBe(1);
    for (let bit = 0; bit < 168; bit++) {
      const other = Buffer.from(bytes);
      other[bit >> 3] ^= 1 << (bit & 7);
      put(core, other, b);
      expect(core.sameBytes(a, b, 20)).toBe(bit < 160 ? 0 : 1);
    }
    expect(core.sameBytes(a, b, 0)).toBe(1);
  });
});
