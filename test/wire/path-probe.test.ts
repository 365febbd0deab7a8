import { beforeAll, describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { concat, hex, loadWire, type Wire } from "../internals/load-wire.ts";
import { CAREOF_ADDRESS, HOME_AGENT, putAddresses } from "./reference.ts";

let wire: Wire;

beforeAll(async () => {
  wire = await loadWire();
}, 60_000);

const REQUEST = hex(`
  3b 05 0b 00 0000        # Experimental, 48 octets
  01 00 6d657874          # request, "mext"
  1234 0000               # answer port
  0102030405060708        # nonce
  0000000000000000        # time
`);

describe("a path probe", () => {
  it("is a request of any length up to that of a Mobility Header", () => {
    const { pathProbe, mobility } = wire.files;
    const [source, destination] = putAddresses(wire, CAREOF_ADDRESS, HOME_AGENT);
    for (const [wanted, length] of [[0, 48], [48, 48], [49, 56], [1232, 1232], [9000, 2048]]) {
      const p = wire.put(new Uint8Array(3000).fill(0xee));
      const end = pathProbe.buildRequest(p, 0x0102030405060708n, 0x1234, wanted);
      expect(end - p).toBe(length);
      if (wanted === 0) {
        mobility.setEnd(p, end);
        expect(wire.get(p, 48)).toEqual(concat(REQUEST, new Uint8Array(16)));
      }
      expect(mobility.finish(p, end, source, destination)).toBe(length);
      expect(mobility.verifyChecksum(source, destination, p, length)).toBe(Reason.None);
      expect(mobility.check(p, length)).toBe(Reason.None);
      expect([pathProbe.isProbe(p), pathProbe.kind(p), pathProbe.answerPort(p)]).toEqual([1, 1, 0x1234]);
      expect(wire.get(end, 1)).toEqual(hex("ee"));
    }
  });

  it("has an answer of the same length, with nonce, time and what was seen", () => {
    const { pathProbe, mobility } = wire.files;
    const request = wire.put(new Uint8Array(3000).fill(0xee));
    mobility.setEnd(request, pathProbe.buildRequest(request, 0xf102030405060708n, 7, 1000));
    const p = wire.put(new Uint8Array(3000).fill(0xee), wire.room + 0x2000);
    const seen = wire.put(hex("00000000000000000000ffffc6336401"), wire.room - 16);
    const end = pathProbe.buildAnswer(p, request, seen, 40000, 0xe1000000deadbeefn);
    expect(end - p).toBe(1000);
    mobility.setEnd(p, end);
    expect([pathProbe.isProbe(p), pathProbe.kind(p), pathProbe.answerPort(p), pathProbe.seenPort(p)]).toEqual([1, 2, 7, 40000]);
    expect(BigInt.asUintN(64, BigInt(pathProbe.nonce(p)))).toBe(0xf102030405060708n);
    expect(BigInt.asUintN(64, BigInt(pathProbe.time(p)))).toBe(0xe1000000deadbeefn);
    expect(wire.get(pathProbe.seenAddress(p), 16)).toEqual(wire.get(seen, 16));
    expect(wire.get(end, 1)).toEqual(hex("ee"));
  });

  it("is told from other experiments, and from what is too short", () => {
    const { pathProbe, mobility } = wire.files;
    const short = hex("3b 01 0b 00 0000 0100 6d657874 00000000");
    expect(mobility.check(wire.putAtEnd(short), short.length)).toBe(Reason.None);
    expect(pathProbe.isProbe(wire.putAtEnd(short))).toBe(0);
    const foreign = concat(REQUEST, new Uint8Array(16));
    foreign[8] ^= 1;
    expect(pathProbe.isProbe(wire.putAtEnd(foreign))).toBe(0);
  });
});
