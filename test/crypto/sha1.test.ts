import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { buildTables, get, put, type Internals } from "../internals/load-tables.ts";

let core: Internals;
let at: number;

beforeAll(async () => {
  core = (await buildTables())();
  at = core.allocate(8192);
}, 30_000);

/** The digest of a message given in parts. */
function digest(...parts: Uint8Array[]): string {
  core.sha1Reset();
  for (const part of parts) core.sha1Update(put(core, part, at + (part.length & 7)), part.length);
  core.sha1Finish(at);
  return get(core, at, 20).toString("hex");
}

describe("SHA-1", () => {
  it.each([
    ["", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    ["abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
  ])("gives the published digest of %j", (message, expected) => {
    expect(digest(Buffer.from(message))).toBe(expected);
  });

  it("gives the published digest of a million letters a, in parts of 1000", () => {
    expect(digest(...Array.from({ length: 1000 }, () => Buffer.alloc(1000, "a")))).toBe(
      "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
    );
  });

  it("agrees with another implementation at every length from 0 to 200 octets", () => {
    for (let length = 0; length <= 200; length++) {
      const message = Buffer.from(Array.from({ length }, (_, i) => i * 31 + length));
      expect(digest(message), `${length} octets`).toBe(createHash("sha1").update(message).digest("hex"));
    }
  });

  it("does not depend on how a message is cut into parts", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 8 }), (parts) => {
        expect(digest(...parts)).toBe(createHash("sha1").update(Buffer.concat(parts)).digest("hex"));
      }),
      { numRuns: 500 },
    );
  });
});
