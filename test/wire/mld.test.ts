/** Multicast Listener Discovery (RFC 2710 §3, RFC 3810 §5), and the anycast address of home agents (RFC 2526). */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ListenerRecordType as Type } from "../../core-as/abi/codes.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { formatAddress, parseAddress } from "../../bindings/address.ts";
import { concat, hex, loadWire, type Wire } from "../internals/load-wire.ts";
import { two } from "./reference.ts";

let wire: Wire;

beforeAll(async () => {
  wire = await loadWire();
}, 60_000);

const GROUP = hex("ff0e0000 00000000 00000000 00001234");

/** A record as RFC 3810 §5.2 draws it. */
function record(type: number, { group = GROUP, sources = 0, auxiliaryWords = 0 } = {}): Uint8Array {
  return concat(Uint8Array.of(type, auxiliaryWords), two(sources), group, new Uint8Array(16 * sources + 4 * auxiliaryWords));
}

const report = (...records: Uint8Array[]) => concat(hex("8f 00 0000 0000"), two(records.length), ...records);

const verdict = (message: Uint8Array) => Reason[wire.files.mld.check(wire.putAtEnd(message), message.length)];

describe("messages of version 1", () => {
  it.each([131, 132])("of type %i name a group", (type) => {
    const message = concat(Uint8Array.of(type), hex("00 0000 0000 0000"), GROUP);
    expect(verdict(message)).toBe("None");
    const p = wire.putAtEnd(message);
    expect(wire.get(wire.files.mld.group(p), 16)).toEqual(GROUP);
    for (let length = 8; length < 24; length++) expect(verdict(message.slice(0, length))).toBe("ListenerReportMalformed");
    expect(verdict(concat(message, new Uint8Array(4)))).toBe("None"); // RFC 2710 §3.7: what follows is ignored
    message.set(hex("2001"), 8);
    expect(verdict(message)).toBe("ListenerReportMalformed");
  });
});

describe("reports of version 2", () => {
  it("have records one behind the other, with their sources and auxiliary data", () => {
    const other = hex("ff3e0000 00000000 00000000 80000001");
    const message = report(record(4), record(5, { sources: 3, auxiliaryWords: 2 }), record(1, { group: other }));
    expect(verdict(message)).toBe("None");
    const { mld } = wire.files;
    const p = wire.putAtEnd(message);
    expect(mld.recordCount(p)).toBe(3);
    const first = mld.firstRecord(p);
    const last = mld.nextRecord(mld.nextRecord(first));
    expect(wire.get(mld.recordGroup(first), 16)).toEqual(GROUP);
    expect(wire.get(mld.recordGroup(last), 16)).toEqual(other);
    expect(mld.nextRecord(last)).toBe(p + message.length);
  });

  it("are refused at every octet at which they can be cut off", () => {
    const message = report(record(4, { sources: 1 }), record(3, { auxiliaryWords: 1 }));
    expect(verdict(message)).toBe("None");
    for (let length = 8; length < message.length; length++) expect(verdict(message.slice(0, length))).toBe("ListenerReportMalformed");
  });

  it("never make the check read behind them, whatever they say", () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 8, maxLength: 200 }), fc.constantFrom(131, 132, 143), (octets, type) => {
      octets[0] = type;
      expect(["None", "ListenerReportMalformed"]).toContain(verdict(octets));
    }), { numRuns: 2000 });
  });

  it.each<[keyof typeof Type, number, boolean, boolean]>([
    ["ModeIsInclude", 0, false, true], ["ModeIsInclude", 1, true, false],
    ["ModeIsExclude", 0, true, false], ["ModeIsExclude", 1, true, false],
    ["ChangeToInclude", 0, false, true], ["ChangeToInclude", 1, true, false],
    ["ChangeToExclude", 0, true, false], ["ChangeToExclude", 1, true, false],
    ["AllowNewSources", 0, false, false], ["AllowNewSources", 1, true, false],
    ["BlockOldSources", 0, false, false], ["BlockOldSources", 1, false, false],
  ])("%s with %i sources: wanted %s, left %s (RFC 3810 §5.2.12)", (type, sources, wanted, left) => {
    const p = wire.putAtEnd(record(Type[type], { sources }));
    expect(!!wire.files.mld.isWanted(p)).toBe(wanted);
    expect(!!wire.files.mld.isLeft(p)).toBe(left);
  });
});

it("a General Query has the shape of RFC 3810 §5.1, a Router Alert that of RFC 2711 §2.1", () => {
  const p = wire.put(new Uint8Array(40).fill(0xaa));
  wire.files.mld.buildGeneralQuery(p, 10_000, 2, 125);
  expect(wire.get(p, 29)).toEqual(concat(hex("82 00 0000 2710 0000"), new Uint8Array(16), hex("02 7d 0000"), hex("aa")));
  wire.files.mld.buildRouterAlert(p, 58);
  expect(wire.get(p, 8)).toEqual(hex("3a 00 05 02 0000 01 00"));
});

it("knows its types", () => {
  expect(Array.from({ length: 256 }, (_, type) => type).filter((type) => wire.files.mld.isType(type))).toEqual([130, 131, 132, 143]);
});

describe("the Mobile IPv6 Home-Agents anycast address (RFC 2526 §2)", () => {
  it("is what bits say for every length of prefix", () => {
    for (let bits = 0; bits <= 128; bits++) {
      const fits = bits <= 121;
      expect(!!wire.files.homeAgentsAnycast.exists(bits), String(bits)).toBe(fits);
      if (!fits) continue;
      const prefix = parseAddress("2001:db8:1234:5678:9abc:def0:1234:5600");
      const text = [...prefix].map((octet) => octet.toString(2).padStart(8, "0")).join("");
      const host = bits === 64 ? "1111110111111111111111111111111111111111111111111111111111111110" : "1".repeat(121 - bits) + "1111110";
      const expected = (text.slice(0, bits) + host).match(/.{8}/g)!.map((octet) => Number.parseInt(octet, 2));
      const [to, from] = [wire.put(new Uint8Array(16), wire.room), wire.put(prefix, wire.room + 16)];
      wire.files.homeAgentsAnycast.build(to, from, bits);
      expect(formatAddress(wire.get(to, 16)), String(bits)).toBe(formatAddress(Uint8Array.from(expected)));
    }
  });
});
