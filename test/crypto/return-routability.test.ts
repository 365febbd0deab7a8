/**
 * Keygen tokens, Kbm and authenticators of return routability (RFC 6275 §5.2.5, §6.2.7): vectors that other
 * implementations of SHA-1 and HMAC have computed, each with the whole Mobility Header and its checksum.
 */
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import { type OptimisedInternals, loadOptimised } from "../internals/load-optimised.ts";

interface Vector {
  Kcn: string; home_nonce: string; careof_nonce: string; HoA: string; CoA: string; CN: string; home_token: string; careof_token: string;
  dereg_home_only: boolean; seq: number; lifetime_units: number; home_nonce_index: number; careof_nonce_index: number;
  bu_authenticator: string; bu_mh_with_checksum: string; ba_authenticator: string; ba_mh_with_checksum: string;
}

/** Computed with the hashlib of Python. */
const OWN: Vector[] = [
  {
    Kcn: "b893efefddca9c977bbf718fe0b5766dc9a8602e", home_nonce: "f14fcf70bfdcd62c", careof_nonce: "2ead71b74455408e",
    HoA: "2001:db8:100::17", CoA: "2001:db8:a::17", CN: "2001:db8:200::5",
    home_token: "76197006eaeb6191", careof_token: "c4859788b5c09d09", dereg_home_only: false,
    seq: 1, lifetime_units: 105, home_nonce_index: 0, careof_nonce_index: 1,
    bu_authenticator: "583d5f4909bf9321fb0ef6aa",
    bu_mh_with_checksum: "3b030500912a000180000069040400000001050c583d5f4909bf9321fb0ef6aa",
    ba_authenticator: "081653d491f80b50282fec68",
    ba_mh_with_checksum: "3b0306004b82000000010069010400000000050c081653d491f80b50282fec68",
  },
  {
    Kcn: "74c7e1e1a7604f895591bf3c8e57c3ceb7ace1ad", home_nonce: "9b799aa4605765dc", careof_nonce: "8f0e9866da065a4f",
    HoA: "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", CoA: "2001:db8::1", CN: "2001:db8:200::",
    home_token: "e0f34f38a52b4cbe", careof_token: "5d861e2fcf2f693c", dereg_home_only: false,
    seq: 65535, lifetime_units: 1, home_nonce_index: 65535, careof_nonce_index: 0,
    bu_authenticator: "482ed85a89a8632577272c9b",
    bu_mh_with_checksum: "3b03050027b8ffff800000010404ffff0000050c482ed85a89a8632577272c9b",
    ba_authenticator: "16cfc83c5fe2c63c6dd34d7e",
    ba_mh_with_checksum: "3b0306009a550000ffff0001010400000000050c16cfc83c5fe2c63c6dd34d7e",
  },
  {
    Kcn: "2abefe70bec51e68ebef031b51a70f9e6e763d24", home_nonce: "baa8411444fd3fdc", careof_nonce: "f24f1640d71e8045",
    HoA: "2001:db8:100::17", CoA: "2001:db8:100::17", CN: "2001:db8:200::5",
    home_token: "cbe9918711c7b3f1", careof_token: "cd1e01820149ac6b", dereg_home_only: true,
    seq: 40000, lifetime_units: 0, home_nonce_index: 7, careof_nonce_index: 0,
    bu_authenticator: "bef468492e98d916cf8b3dfd",
    bu_mh_with_checksum: "3b030500fef89c4080000000040400070000050cbef468492e98d916cf8b3dfd",
    ba_authenticator: "5530b0323a8765f55bc23fe2",
    ba_mh_with_checksum: "3b0306007bf200009c400000010400000000050c5530b0323a8765f55bc23fe2",
  },
];

const file = process.env.MEXT_SHARED && `${process.env.MEXT_SHARED}/vectors/rr-kat-A.json`;
const SHARED_VECTORS: Vector[] = file && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];

let core: OptimisedInternals;
beforeAll(async () => {
  core = await loadOptimised();
}, 60_000);

const put = (octets: Uint8Array): number => {
  const at = core.allocate(octets.length);
  new Uint8Array(core.memory.buffer).set(octets, at);
  return at;
};
const hexAt = (at: number, length: number) => Buffer.from(new Uint8Array(core.memory.buffer, at, length)).toString("hex");
const bits64 = (token: bigint) => BigInt.asUintN(64, token).toString(16).padStart(16, "0");

/** Checks everything that a vector says. */
function check(vector: Vector): void {
  const [home, careof, correspondent] = [vector.HoA, vector.CoA, vector.CN].map((address) => put(parseAddress(address)));
  const kcn = core.allocate(40);
  core.hmacPrepare(put(Buffer.from(vector.Kcn, "hex")), 20, kcn);
  const homeToken = core.keygenToken(kcn, home, put(Buffer.from(vector.home_nonce, "hex")), 0);
  const careofToken = core.keygenToken(kcn, careof, put(Buffer.from(vector.careof_nonce, "hex")), 1);
  expect(bits64(homeToken)).toBe(vector.home_token);
  expect(bits64(careofToken)).toBe(vector.careof_token);

  if (vector.dereg_home_only) core.useHomeToken(homeToken);
  else core.useTokens(homeToken, careofToken);
  const authorised = vector.dereg_home_only ? home : careof;
  const message = core.allocate(256);
  const lifetimeMs = vector.lifetime_units * 4000;
  const update = core.updateBuild(
    message, vector.seq, 0x8000, lifetimeMs, vector.home_nonce_index, vector.careof_nonce_index, authorised, home, correspondent,
  );
  expect(hexAt(message, update)).toBe(vector.bu_mh_with_checksum);
  expect(hexAt(message + update - 12, 12)).toBe(vector.bu_authenticator);
  expect(core.isAuthorised(message, message + update - 14, authorised, correspondent)).toBe(1);
  // No bit may differ, but those of the checksum.
  const octets = new Uint8Array(core.memory.buffer, message, update);
  for (let bit = 0; bit < update * 8; bit++) {
    const octet = bit >> 3;
    const isLength = octet === 1 || octet === update - 14 || octet === update - 13;
    if (isLength) continue; // lengths are checked before
    octets[octet] ^= 1 << (bit & 7);
    expect(core.isAuthorised(message, message + update - 14, authorised, correspondent), `bit ${bit}`).toBe(octet === 4 || octet === 5 ? 1 : 0);
    octets[octet] ^= 1 << (bit & 7);
  }
  expect(core.isAuthorised(message, message + update - 14, correspondent, correspondent)).toBe(0);

  const status = parseInt(vector.ba_mh_with_checksum.slice(12, 14), 16);
  const acknowledgement = core.acknowledgementBuild(message, status, vector.seq, lifetimeMs, authorised, home, correspondent);
  expect(hexAt(message, acknowledgement)).toBe(vector.ba_mh_with_checksum);
  expect(hexAt(message + acknowledgement - 12, 12)).toBe(vector.ba_authenticator);
}

describe("return routability (6275-9.5.1-6, 6275-9.5.1-7, 6275-9.5.4-8)", () => {
  it.each(OWN.map((vector, index) => [index, vector] as const))("agrees with vector %i of our own", (_, vector) => check(vector));
});

describe.skipIf(SHARED_VECTORS.length === 0)("vectors of an independent implementation (needs MEXT_SHARED)", () => {
  it.each(["registration", "removal"])("agree in every %s", (kind) => {
    const vectors = SHARED_VECTORS.filter(({ dereg_home_only: isRemoval }) => isRemoval === (kind === "removal"));
    expect(vectors.length).toBeGreaterThan(0);
    for (const vector of vectors) check(vector);
  });
});
