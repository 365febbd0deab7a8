/** The tester's own SHA-1 and HMAC are those of everybody else. */
import { createHash, createHmac, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { hmacSha1, sha1 } from "./sha1.ts";

const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");

it("the digests of RFC 3174 §7.3 come out", () => {
  expect(hex(sha1(Buffer.from("abc")))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
  expect(hex(sha1(new Uint8Array(1_000_000).fill(0x61)))).toBe("34aa973cd4c4daa4f61eeb2bdbad27316534016f");
});

it("messages of every length around a block have the digest of node:crypto, in whichever parts", () => {
  for (let length = 0; length <= 200; length++) {
    const message = randomBytes(length);
    const cut = Math.floor(length / 3);
    const expected = createHash("sha1").update(message).digest("hex");
    expect(hex(sha1(message))).toBe(expected);
    expect(hex(sha1(message.subarray(0, cut), message.subarray(cut)))).toBe(expected);
  }
});

it("keys of every length have the HMAC of node:crypto", () => {
  for (let length = 1; length <= 130; length++) {
    const [key, message] = [randomBytes(length), randomBytes(length * 2)];
    expect(hex(hmacSha1(key, message))).toBe(createHmac("sha1", key).update(message).digest("hex"));
  }
});
