import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { MobilityOptionType } from "../../core-as/abi/codes.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { concat, hex, loadWire, type Wire } from "../internals/load-wire.ts";
import { CAREOF_ADDRESS, HOME_AGENT, putAddresses } from "./reference.ts";

let wire: Wire;

beforeAll(async () => {
  wire = await loadWire();
}, 60_000);

const CAREOF = "20010db8 00990000 00000000 00000042";
const AUTHENTICATOR = "0102030405060708090a0b0c";
const NAI = new TextEncoder().encode("ship@example.net");

function check(octets: Uint8Array): number {
  const p = wire.putAtEnd(octets);
  return wire.files.mobilityOptions.check(p, p + octets.length);
}

describe("the check of mobility options", () => {
  it.each<[string, string, Reason]>([
    ["nothing", "", Reason.None],
    ["Pad1 to the end", "00 00 00 00", Reason.None],
    ["PadN, whatever its data (6275-6.2.3-1)", "01 02 ffff 01 00", Reason.None],
    ["an unknown option (6275-6.2.1-1, 6275-6.2.1-2)", "fe 03 010203 00", Reason.None],
    ["an option of a type alone", "fe", Reason.MobilityOptionOverrun],
    ["an option of one octet too many", "fe 03 0102", Reason.MobilityOptionOverrun],
    ["an option of 255 octets", "fe ff 0102", Reason.MobilityOptionOverrun],
    ["a PadN behind the end", "01 03 0000", Reason.MobilityOptionOverrun],
    ["a malformed one behind an unknown (6275-6.2.1-1)", "fe 01 00 02 01 00", Reason.MobilityOptionLength],
    ["Binding Refresh Advice", "02 02 0010", Reason.None],
    ["Binding Refresh Advice of 1 octet", "02 01 00", Reason.MobilityOptionLength],
    ["Binding Refresh Advice of 3 octets", "02 03 000000", Reason.MobilityOptionLength],
    ["Alternate Care-of Address", `03 10 ${CAREOF}`, Reason.None],
    ["Alternate Care-of Address of 15 octets", `03 0f ${CAREOF.slice(0, -2)}`, Reason.MobilityOptionLength],
    ["Alternate Care-of Address of 17 octets", `03 11 ${CAREOF} 00`, Reason.MobilityOptionLength],
    ["Nonce Indices", "04 04 0001 0002", Reason.None],
    ["Nonce Indices of 2 octets", "04 02 0001", Reason.MobilityOptionLength],
    ["Binding Authorization Data", `05 0c ${AUTHENTICATOR}`, Reason.None],
    ["Binding Authorization Data of 0 octets", "05 00", Reason.MobilityOptionLength],
    ["padding behind it (6275-6.2-1)", `05 0c ${AUTHENTICATOR} 00`, Reason.BindingAuthorizationDataNotLast],
    ["an option behind it (6275-6.2-1)", `05 0c ${AUTHENTICATOR} 0402 0001`,
      Reason.BindingAuthorizationDataNotLast],
    ["Mobile Network Prefix of 18 octets", `06 12 0030 ${CAREOF}`, Reason.None],
    ["Mobile Network Prefix of 16 octets", `06 10 ${CAREOF}`, Reason.MobilityOptionLength],
    ["Mobile Node Identifier", "08 02 01 61", Reason.None],
    ["Mobile Node Identifier without an identifier", "08 01 01", Reason.MobilityOptionLength],
    ["Mobile Node Identifier without a subtype", "08 00", Reason.MobilityOptionLength],
    ["Authentication", `09 11 01 00000100 ${AUTHENTICATOR}`, Reason.None],
    ["Authentication without data", "09 05 01 00000100", Reason.MobilityOptionLength],
    ["Authentication without an SPI", "09 01 01", Reason.MobilityOptionLength],
    ["Authentication before padding", `09 11 01 00000100 ${AUTHENTICATOR} 00 01 00`, Reason.None],
    ["MN-HA before MN-AAA (4285-5-1)", "09 06 01 00000100 ff 09 06 02 00000003 ff", Reason.None],
    ["MN-AAA before MN-HA (4285-5-1)", "09 06 02 00000003 ff 09 06 01 00000100 ff",
      Reason.AuthenticationOptionNotLast],
    ["an option behind Authentication (4285-5.1-3)", "09 06 01 00000100 ff 04 04 0001 0002",
      Reason.AuthenticationOptionNotLast],
    ["an identifier behind Authentication (4283-3.2-1)", "09 06 01 00000100 ff 08 02 01 61",
      Reason.AuthenticationOptionNotLast],
    ["Replay Protection", "0a 08 0102030405060708", Reason.None],
    ["Replay Protection of 4 octets", "0a 04 01020304", Reason.MobilityOptionLength],
    ["IPv4 Home Address", "1d 06 8000 c0000211", Reason.None],
    ["IPv4 Home Address of 4 octets", "1d 04 8000 c000", Reason.MobilityOptionLength],
    ["IPv4 Address Acknowledgement of 8 octets", "1e 08 0080 c0000211 0000", Reason.MobilityOptionLength],
    ["NAT Detection of 2 octets", "1f 02 0000", Reason.MobilityOptionLength],
    ["IPv4 Care-of Address of 0 octets", "20 00", Reason.MobilityOptionLength],
  ])("%s", (_title, text, reason) => {
    expect(Reason[check(hex(text))]).toBe(Reason[reason]);
  });
});

describe("options that are found", () => {
  const OPTIONS = hex(`
    01 00                               # PadN
    04 04 0102 0304                     # Nonce Indices
    fe 01 04                            # unknown, with a 4 inside
    00                                  # Pad1
    02 02 0010                          # Binding Refresh Advice
    04 04 aaaa bbbb                     # Nonce Indices once more
    08 05 01 61406263                   # Mobile Node Identifier
    1d 06 81ff 0a000001                 # IPv4 Home Address, a single one, all reserved bits
    1d 06 6200 00000000                 # IPv4 Home Address: a prefix of 24 bits, please
    1e 06 85 83 c0000211                # IPv4 Address Acknowledgement, all reserved bits
    1f 06 8000 0000006e                 # NAT Detection
    20 06 ffff c0000203                 # IPv4 Care-of Address, all reserved bits
    0a 08 f102030405060708              # Replay Protection
    09 0a 01 80000101 0a0b0c0d 0e       # Authentication, MN-HA
    09 07 02 00000003 0102              # Authentication, MN-AAA
  `);

  it("are the first of their type, and can be walked", () => {
    const { mobilityOptions: options } = wire.files;
    expect(check(OPTIONS)).toBe(Reason.None);
    const first = wire.putAtEnd(OPTIONS);
    const end = first + OPTIONS.length;
    const nonces = options.find(first, end, MobilityOptionType.NonceIndices);
    expect(nonces - first).toBe(2);
    expect(options.find(options.next(nonces), end, MobilityOptionType.NonceIndices) - first).toBe(16);
    expect(options.find(first, end, MobilityOptionType.AlternateCareofAddress)).toBe(0);
    const types = [];
    for (let p = first; p < end; p = options.next(p)) types.push(options.type(p));
    expect(types).toEqual([1, 4, 254, 0, 2, 4, 8, 29, 29, 30, 31, 32, 10, 9, 9]);
  });

  it("give their fields", () => {
    const { mobilityOptions: options, bindingOptions: binding } = wire.files;
    const authentication = wire.files.authenticationOptions;
    const first = wire.putAtEnd(OPTIONS);
    const end = first + OPTIONS.length;
    const find = (type: MobilityOptionType) => options.find(first, end, type);

    expect(binding.homeNonceIndex(find(MobilityOptionType.NonceIndices))).toBe(0x0102);
    expect(binding.careofNonceIndex(find(MobilityOptionType.NonceIndices))).toBe(0x0304);
    expect(binding.refreshIntervalMs(find(MobilityOptionType.BindingRefreshAdvice))).toBe(64_000);

    const identifier = find(MobilityOptionType.MobileNodeIdentifier);
    expect(authentication.subtype(identifier)).toBe(1);
    expect(authentication.identifierLength(identifier)).toBe(4);
    expect(wire.get(authentication.identifier(identifier), 4)).toEqual(hex("61406263"));

    const timestamp = authentication.timestamp(find(MobilityOptionType.ReplayProtection));
    expect(BigInt.asUintN(64, BigInt(timestamp))).toBe(0xf102030405060708n);

    const homeAgent = options.findAuthentication(first, end, 1);
    expect(authentication.mobilitySpi(homeAgent) >>> 0).toBe(0x80000101);
    expect(authentication.authenticationDataLength(homeAgent)).toBe(5);
    expect(wire.get(authentication.authenticationData(homeAgent), 5)).toEqual(hex("0a0b0c0d0e"));
    const aaa = options.findAuthentication(first, end, 2);
    expect(authentication.mobilitySpi(aaa)).toBe(3);
    expect(authentication.authenticationDataLength(aaa)).toBe(2);
    expect(options.findAuthentication(first, end, 3)).toBe(0);
  });
});

describe("the options of RFC 5555 that are found", () => {
  function find(text: string): number {
    return wire.putAtEnd(hex(text));
  }

  it("give address and prefix, and ignore what is reserved (5555-3.1.1-3, 5555-3.2.1-2, 5555-3.2.2-5)", () => {
    const { ipv4Options: ipv4 } = wire.files;
    const single = find("1d 06 81ff 0a000001");
    expect([ipv4.prefixLength(single), ipv4.wantsPrefix(single)]).toEqual([32, 0]);
    expect(wire.get(ipv4.address(single), 4)).toEqual(hex("0a000001"));
    const prefix = find("1d 06 6200 00000000");
    expect([ipv4.prefixLength(prefix), ipv4.wantsPrefix(prefix)]).toEqual([24, 1]);
    const acknowledgement = find("1e 06 85 83 c0000211");
    expect([ipv4.status(acknowledgement), ipv4.acknowledgedPrefixLength(acknowledgement)]).toEqual([133, 32]);
    expect(wire.get(ipv4.address(acknowledgement), 4)).toEqual(hex("c0000211"));
    for (const [text, forced, refresh] of [["1f 06 8000 0000006e", 1, 110], ["1f 06 7fff ffffffff", 0, 0xffffffff]] as const) {
      const nat = find(text);
      expect([ipv4.isForced(nat), ipv4.refreshS(nat) >>> 0]).toEqual([forced, refresh]);
    }
    expect(wire.get(ipv4.address(find("20 06 ffff c0000203")), 4)).toEqual(hex("c0000203"));
  });
});

describe("options that are appended", () => {
  /** A Binding Update, then what `append` writes, up to the end that it returns. */
  function build(append: (start: number, p: number) => number): Uint8Array {
    const start = wire.put(new Uint8Array(300).fill(0xee));
    const p = wire.files.bindingUpdate.build(start, 1, 0xc000, 4000);
    return wire.get(p, append(start, p) - p);
  }

  it("have the alignment of RFC 6275 §6.2", () => {
    const { bindingOptions: binding } = wire.files;
    const careof = wire.put(CAREOF_ADDRESS, wire.room - 16);
    // The options of a Binding Update begin at 12, so at 8n + 4.
    expect(build((start, p) => binding.appendBindingRefreshAdvice(start, p, 64_000)))
      .toEqual(hex("02 02 0010"));
    expect(build((start, p) => binding.appendNonceIndices(start, p, 0x0102, 0x0304)))
      .toEqual(hex("04 04 0102 0304"));
    expect(build((start, p) => binding.appendAlternateCareofAddress(start, p, careof)))
      .toEqual(hex(`01 00 03 10 ${CAREOF}`));
    expect(build((start, p) => binding.appendBindingAuthorizationData(start, p)))
      .toEqual(hex("01 04 00000000 05 0c 000000000000000000000000"));
  });

  it("have the alignment of RFC 4285, and none for RFC 4283 (4283-3.1-1)", () => {
    const { authenticationOptions: authentication } = wire.files;
    const nai = wire.put(NAI, wire.room - 32);
    expect(build((_start, p) => authentication.appendMobileNodeIdentifier(p, nai, NAI.length)))
      .toEqual(concat(hex("08 11 01"), NAI));
    expect(build((start, p) => authentication.appendReplayProtection(start, p, 0x0102030405060708n)))
      .toEqual(hex("01 04 00000000 0a 08 0102030405060708"));
    expect(build((start, p) => authentication.appendAuthentication(start, p, 1, 0x100, 12)))
      .toEqual(hex("00 09 11 01 00000100 000000000000000000000000"));
    // Seven octets of data do not end at 8n from any 4n + 1: the nearest 4n + 1 is taken.
    expect(build((start, p) => authentication.appendAuthentication(start, p, 2, 3, 7)))
      .toEqual(hex("00 09 0c 02 00000003 00000000000000"));
  });

  it("have the alignment of RFC 5555 §3, and nothing in what is reserved (5555-3.1.1-1, 5555-3.1.1-3, 5555-3.2.1-1, 5555-3.2.1-2, 5555-3.2.2-5)", () => {
    const { ipv4Options: ipv4 } = wire.files;
    const address = wire.put(hex("c0000211"), wire.room - 16);
    expect(build((start, p) => ipv4.appendHomeAddress(start, p, address, 32, 0))).toEqual(hex("1d 06 8000 c0000211"));
    expect(build((start, p) => ipv4.appendHomeAddress(start, p, address, 24, 1))).toEqual(hex("1d 06 6200 c0000211"));
    expect(build((start, p) => ipv4.appendAcknowledgement(start, p, 0, 32, address))).toEqual(hex("1e 06 00 80 c0000211"));
    expect(build((start, p) => ipv4.appendAcknowledgement(start, p, 132, 0, address))).toEqual(hex("1e 06 84 00 c0000211"));
    expect(build((start, p) => ipv4.appendNatDetection(start, p, 1, 25))).toEqual(hex("1f 06 8000 00000019"));
    expect(build((start, p) => ipv4.appendCareofAddress(start, ipv4.appendNatDetection(start, p, 0, -1), address)))
      .toEqual(hex("1f 06 0000 ffffffff 20 06 0000 c0000211"));
    expect(build((start, p) => ipv4.appendCareofAddress(start, wire.files.mobilityOptions.begin(p, 1, 0), address)))
      .toEqual(hex("0100 0100 20 06 0000 c0000211"));
  });

  it("pad with Pad1 and PadN to any alignment", () => {
    const { mobilityOptions: options } = wire.files;
    fc.assert(
      fc.property(fc.nat(40), fc.constantFrom(1, 2, 4, 8), fc.nat(7), (at, multiple, offset) => {
        const start = wire.put(new Uint8Array(64).fill(0xee));
        const end = options.pad(start, start + at, multiple, offset);
        expect(end - start).toBeGreaterThanOrEqual(at);
        expect(end - start - at).toBeLessThan(multiple);
        expect((end - start - offset) & (multiple - 1)).toBe(0);
        expect(options.check(start + at, end)).toBe(Reason.None);
        expect([...wire.get(start + at, end - start - at)].slice(2).every((octet) => octet === 0)).toBe(true);
        expect(wire.get(end, 1)).toEqual(hex("ee"));
      }),
    );
  });

  it("make a message that the receiver accepts, in any order and number (6275-6.1.1-2)", () => {
    const { mobility, mobilityOptions: options, bindingOptions, authenticationOptions } = wire.files;
    const [source, destination] = putAddresses(wire, CAREOF_ADDRESS, HOME_AGENT);
    const nai = wire.put(NAI, wire.room - 64);
    const kinds = fc.array(fc.nat(4), { maxLength: 6 });
    const dataLength = fc.integer({ min: 1, max: 32 });
    fc.assert(
      fc.property(kinds, fc.nat(2), dataLength, fc.nat(NAI.length - 1), (some, last, octets, cut) => {
        const start = wire.put(new Uint8Array(600).fill(0xee));
        let end = wire.files.bindingUpdate.build(start, 1, 0xc000, 4000);
        for (const kind of some) {
          if (kind === 0) end = bindingOptions.appendBindingRefreshAdvice(start, end, 8000);
          if (kind === 1) end = bindingOptions.appendAlternateCareofAddress(start, end, source);
          if (kind === 2) end = bindingOptions.appendNonceIndices(start, end, 1, 2);
          if (kind === 3) end = authenticationOptions.appendMobileNodeIdentifier(end, nai, cut + 1);
          if (kind === 4) end = authenticationOptions.appendReplayProtection(start, end, 7n);
        }
        if (last === 1) end = bindingOptions.appendBindingAuthorizationData(start, end);
        if (last === 2) end = authenticationOptions.appendAuthentication(start, end, 1, 300, octets);
        const length = mobility.finish(start, end, source, destination);

        // No padding behind what must be the last option (6275-6.2-1; 4285-5.1-3 with 96 bits).
        if (last === 1 || (last === 2 && octets % 4 === 0)) expect(start + length).toBe(end);
        expect(length % 8).toBe(0);
        expect(mobility.verifyChecksum(source, destination, start, length)).toBe(Reason.None);
        expect(mobility.check(start, length)).toBe(Reason.None);
        expect(mobility.end(start)).toBe(start + length);
        expect(options.check(start + 12, start + length)).toBe(Reason.None);

        const types = [];
        for (let p = start + 12; p < start + length; p = options.next(p)) {
          const type = options.type(p);
          if (type > 1) types.push(type);
          if (type === 3) expect((p - start) % 8).toBe(6);
          if (type === 2 || type === 4) expect((p - start) % 2).toBe(0);
          if (type === 5 || type === 10) expect((p - start) % 8).toBe(2);
          if (type === 9) expect((p - start) % 4).toBe(1);
        }
        const lasts = [[], [5], [9]][last];
        expect(types).toEqual([...some.map((kind) => [2, 3, 4, 8, 10][kind]), ...lasts]);
      }),
    );
  });
});
