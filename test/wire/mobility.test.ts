import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { BindingUpdateFlag, MobilityHeaderType } from "../../core-as/abi/codes.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { concat, hex, loadWire, type Wire } from "../internals/load-wire.ts";
import { CAREOF_ADDRESS, HOME_ADDRESS, HOME_AGENT, putAddresses, withChecksum } from "./reference.ts";

const MOBILITY = 135;
const CHECKSUM = 4;

let wire: Wire;
let source: number;
let destination: number;

beforeAll(async () => {
  wire = await loadWire();
  [source, destination] = putAddresses(wire, CAREOF_ADDRESS, HOME_AGENT);
}, 60_000);

/** A message of RFC 6275 §6.1 as drawn there, with its checksum filled in. */
function message(text: string): Uint8Array {
  return withChecksum(CAREOF_ADDRESS, HOME_AGENT, hex(text), MOBILITY, CHECKSUM);
}

const MESSAGES = {
  bindingRefreshRequest: message("3b 00 00 00 0000 0000"),
  homeTestInit: message("3b 01 01 00 0000 0000 0102030405060708"),
  careofTestInit: message("3b 01 02 00 0000 0000 1112131415161718"),
  homeTest: message("3b 02 03 00 0000 beef 0102030405060708 f1f2f3f4f5f6f7f8"),
  careofTest: message("3b 02 04 00 0000 cafe 1112131415161718 e1e2e3e4e5e6e7e8"),
  bindingUpdate: message("3b 01 05 00 0000 fffe d000 0096 0102 0000"),
  bindingAcknowledgement: message("3b 01 06 00 0000 87 80 fffe 0078 0102 0000"),
  bindingError: message("3b 02 07 00 0000 01 00 20010db8 00010000 00000000 00000077"),
};

/** Puts a message behind the addresses, checks it as a receiver does, and returns its place. */
function receive(octets: Uint8Array): number {
  const p = wire.putAtEnd(octets);
  expect(wire.files.mobility.verifyChecksum(source, destination, p, octets.length)).toBe(Reason.None);
  expect(wire.files.mobility.check(p, octets.length)).toBe(Reason.None);
  return p;
}

/** Completes the message that a `build` began, and returns its octets. */
function finish(end: number): Uint8Array {
  return wire.get(wire.room, wire.files.mobility.finish(wire.room, end, source, destination));
}

describe("mobility messages, octet by octet", () => {
  it("Binding Refresh Request (6275-6.1.1-1, 6275-6.1.2-1)", () => {
    receive(MESSAGES.bindingRefreshRequest);
    expect(finish(wire.files.bindingRefreshRequest.build(wire.room))).toEqual(MESSAGES.bindingRefreshRequest);
  });

  it("Home Test Init (6275-6.1.3-1)", () => {
    const { homeTestInit } = wire.files;
    expect(homeTestInit.cookie(receive(MESSAGES.homeTestInit))).toBe(0x0102030405060708n);
    expect(finish(homeTestInit.build(wire.room, 0x0102030405060708n))).toEqual(MESSAGES.homeTestInit);
  });

  it("Care-of Test Init (6275-6.1.4-1)", () => {
    const { careofTestInit } = wire.files;
    expect(careofTestInit.cookie(receive(MESSAGES.careofTestInit))).toBe(0x1112131415161718n);
    expect(finish(careofTestInit.build(wire.room, 0x1112131415161718n))).toEqual(MESSAGES.careofTestInit);
  });

  it("Home Test", () => {
    const { homeTest } = wire.files;
    const p = receive(MESSAGES.homeTest);
    expect(homeTest.nonceIndex(p)).toBe(0xbeef);
    expect(homeTest.cookie(p)).toBe(0x0102030405060708n);
    expect(BigInt.asUintN(64, BigInt(homeTest.keygenToken(p)))).toBe(0xf1f2f3f4f5f6f7f8n);
    const end = homeTest.build(wire.room, 0xbeef, 0x0102030405060708n, 0xf1f2f3f4f5f6f7f8n);
    expect(finish(end)).toEqual(MESSAGES.homeTest);
  });

  it("Care-of Test", () => {
    const { careofTest } = wire.files;
    const p = receive(MESSAGES.careofTest);
    expect(careofTest.nonceIndex(p)).toBe(0xcafe);
    expect(careofTest.cookie(p)).toBe(0x1112131415161718n);
    expect(BigInt.asUintN(64, BigInt(careofTest.keygenToken(p)))).toBe(0xe1e2e3e4e5e6e7e8n);
    const end = careofTest.build(wire.room, 0xcafe, 0x1112131415161718n, 0xe1e2e3e4e5e6e7e8n);
    expect(finish(end)).toEqual(MESSAGES.careofTest);
  });

  it("Binding Update, its lifetime in units of four seconds (6275-6.1.7-5)", () => {
    const { bindingUpdate } = wire.files;
    const { Acknowledge, HomeRegistration, KeyManagementMobility } = BindingUpdateFlag;
    const flags = Acknowledge | HomeRegistration | KeyManagementMobility;
    const p = receive(MESSAGES.bindingUpdate);
    expect(bindingUpdate.sequence(p)).toBe(0xfffe);
    expect(bindingUpdate.flags(p)).toBe(flags);
    expect(bindingUpdate.hasFlag(p, HomeRegistration)).toBe(1);
    expect(bindingUpdate.hasFlag(p, BindingUpdateFlag.LinkLocalAddressCompatibility)).toBe(0);
    expect(bindingUpdate.lifetimeMs(p)).toBe(150 * 4000);
    expect(finish(bindingUpdate.build(wire.room, 0xfffe, flags, 600_000))).toEqual(MESSAGES.bindingUpdate);
  });

  it("Binding Acknowledgement (6275-6.1.8-2)", () => {
    const { bindingAcknowledgement } = wire.files;
    const p = receive(MESSAGES.bindingAcknowledgement);
    expect(bindingAcknowledgement.status(p)).toBe(0x87);
    expect(bindingAcknowledgement.isAccepted(p)).toBe(0);
    expect(bindingAcknowledgement.flags(p)).toBe(0x80);
    expect(bindingAcknowledgement.hasFlag(p, 0x80)).toBe(1);
    expect(bindingAcknowledgement.sequence(p)).toBe(0xfffe);
    expect(bindingAcknowledgement.lifetimeMs(p)).toBe(480_000);
    const end = bindingAcknowledgement.build(wire.room, 0x87, 0x80, 0xfffe, 480_000);
    expect(finish(end)).toEqual(MESSAGES.bindingAcknowledgement);
    for (const [status, accepted] of [[0, 1], [1, 1], [127, 1], [128, 0], [255, 0]]) {
      bindingAcknowledgement.setStatus(wire.room, status);
      expect(bindingAcknowledgement.isAccepted(wire.room)).toBe(accepted);
    }
  });

  it("Binding Error (6275-6.1.9-1)", () => {
    const { bindingError } = wire.files;
    const p = receive(MESSAGES.bindingError);
    expect(bindingError.status(p)).toBe(1);
    expect(wire.get(bindingError.homeAddress(p), 16)).toEqual(HOME_ADDRESS);
    wire.put(new Uint8Array(24).fill(0xff));
    const end = bindingError.build(wire.room, 1, wire.put(HOME_ADDRESS, wire.room - 48));
    expect(finish(end)).toEqual(MESSAGES.bindingError);
  });
});

describe("a message that is changed after it was finished", () => {
  it("can be finished again", () => {
    const { bindingUpdate } = wire.files;
    const end = bindingUpdate.build(wire.room, 1, 0xd000, 600_000);
    finish(end);
    bindingUpdate.setSequence(wire.room, 0xfffe);
    expect(finish(end)).toEqual(MESSAGES.bindingUpdate);
  });
});

describe("lifetimes", () => {
  it.each([
    [0, 0], [3999, 0], [4000, 4000], [419_999, 416_000], [262_140_000, 262_140_000],
    [262_144_000, 262_140_000], [1e300, 262_140_000], [-1, 0], [Infinity, 262_140_000], [NaN, 0],
  ])("%d ms are sent as %d ms", (ms, sent) => {
    wire.files.bindingUpdate.setLifetimeMs(wire.room, ms);
    expect(wire.files.bindingUpdate.lifetimeMs(wire.room)).toBe(sent);
  });
});

describe("the checks of RFC 6275 §9.2", () => {
  const update = MESSAGES.bindingUpdate;

  it("discards a message with a wrong checksum, whichever bit (6275-9.2-2)", () => {
    fc.assert(
      fc.property(fc.nat(update.length * 8 - 1), (bit) => {
        const octets = update.slice();
        octets[bit >> 3] ^= 0x80 >> (bit & 7);
        const p = wire.putAtEnd(octets);
        const reason = wire.files.mobility.verifyChecksum(source, destination, p, octets.length);
        // A change of the Header Len may also make the message longer than the packet.
        expect([Reason.MobilityChecksum, Reason.MobilityTruncated]).toContain(reason);
      }),
    );
  });

  it("sums with the home address when the packet has a Home Address option (RFC 6275 §6.1.1)", () => {
    const octets = withChecksum(HOME_ADDRESS, HOME_AGENT, update, MOBILITY, CHECKSUM);
    const p = wire.putAtEnd(octets);
    const home = wire.put(HOME_ADDRESS, wire.room - 48);
    const { mobility } = wire.files;
    expect(mobility.verifyChecksum(home, destination, p, octets.length)).toBe(Reason.None);
    expect(mobility.verifyChecksum(source, destination, p, octets.length)).toBe(Reason.MobilityChecksum);
  });

  it("sums over the Mobility Header only, and with its length (6275-6.1.1-4)", () => {
    const octets = concat(update, hex("ffffffff ffffffff ff"));
    const p = wire.putAtEnd(octets);
    expect(wire.files.mobility.verifyChecksum(source, destination, p, octets.length)).toBe(Reason.None);
    expect(wire.files.mobility.end(p)).toBe(p + update.length);
  });

  it("ignores Reserved (6275-6.1.1-3)", () => {
    receive(message("3b 00 00 ff 0000 ffff"));
  });

  it.each([
    ["no octet", "", Reason.MobilityTruncated],
    ["seven octets", "3b 00 00 00 0000 00", Reason.MobilityTruncated],
    ["a Header Len behind the packet", "3b 01 00 00 0000 0000", Reason.MobilityTruncated],
    ["a Header Len of 255", "3b ff 00 00 0000 0000", Reason.MobilityTruncated],
    ["an unknown MH Type (6275-9.2-3)", "3b 00 ff 00 0000 0000", Reason.MobilityTypeUnrecognized],
    ["the type before the Payload Proto", "3a 00 ff 00 0000 0000", Reason.MobilityTypeUnrecognized],
    ["another Payload Proto (6275-9.2-5)", "3a 00 00 00 0000 0000", Reason.MobilityPayloadProto],
    ["the Payload Proto before the Header Len", "3a 00 05 00 0000 0000", Reason.MobilityPayloadProto],
  ])("refuses %s", (_title, text, reason) => {
    const { mobility } = wire.files;
    const octets = hex(text);
    const p = wire.putAtEnd(octets);
    expect(Reason[mobility.check(p, octets.length)]).toBe(Reason[reason]);
    if (reason !== Reason.MobilityTruncated) return;
    expect(mobility.verifyChecksum(source, destination, p, octets.length)).toBe(reason);
  });

  it("refuses a Header Len below that of the type, with a pointer to it (6275-9.2-8, 6275-9.2-10)", () => {
    const { mobility } = wire.files;
    const least = { 0: 0, 1: 1, 2: 1, 3: 2, 4: 2, 5: 1, 6: 1, 7: 2 };
    for (const [type, minimum] of Object.entries(least)) {
      for (let headerLen = 0; headerLen < 4; headerLen++) {
        const octets = new Uint8Array((headerLen + 1) * 8);
        octets.set([59, headerLen, Number(type)]);
        const reason = headerLen < minimum ? Reason.MobilityHeaderLen : Reason.None;
        expect(mobility.check(wire.putAtEnd(octets), octets.length)).toBe(reason);
      }
    }
    expect(mobility.errorOffset(Reason.MobilityHeaderLen)).toBe(1);
  });

  it("points to the Payload Proto otherwise (6275-9.2-7)", () => {
    expect(wire.files.mobility.errorOffset(Reason.MobilityPayloadProto)).toBe(0);
  });

  it("knows the types of RFC 6275, the one of probes and no others", () => {
    for (let type = 0; type < 256; type++) {
      const isKnown = type <= MobilityHeaderType.BindingError || type === MobilityHeaderType.Experimental;
      expect(wire.files.mobility.minimumBytes(type) > 0).toBe(isKnown);
    }
  });
});

describe("messages built and read again", () => {
  const u16 = fc.nat(0xffff);
  const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const unsigned = (value: number | bigint) => BigInt.asUintN(64, BigInt(value));

  it("Binding Updates and Acknowledgements", () => {
    const { bindingUpdate, bindingAcknowledgement } = wire.files;
    fc.assert(
      fc.property(u16, u16, u16, fc.nat(255), fc.nat(255), (sequence, flags, units, status, few) => {
        const update = receive(finish(bindingUpdate.build(wire.room, sequence, flags, units * 4000)));
        expect(bindingUpdate.sequence(update)).toBe(sequence);
        expect(bindingUpdate.flags(update)).toBe(flags);
        expect(bindingUpdate.lifetimeMs(update)).toBe(units * 4000);
        const built = bindingAcknowledgement.build(wire.room, status, few, sequence, units * 4000);
        const answer = receive(finish(built));
        expect(bindingAcknowledgement.status(answer)).toBe(status);
        expect(bindingAcknowledgement.flags(answer)).toBe(few);
        expect(bindingAcknowledgement.sequence(answer)).toBe(sequence);
        expect(bindingAcknowledgement.lifetimeMs(answer)).toBe(units * 4000);
      }),
    );
  });

  it("the return routability messages", () => {
    const { homeTestInit, careofTestInit, homeTest, careofTest } = wire.files;
    fc.assert(
      fc.property(u16, u64, u64, (index, cookie, token) => {
        for (const file of [homeTestInit, careofTestInit]) {
          expect(unsigned(file.cookie(receive(finish(file.build(wire.room, cookie)))))).toBe(cookie);
        }
        for (const file of [homeTest, careofTest]) {
          const p = receive(finish(file.build(wire.room, index, cookie, token)));
          expect(file.nonceIndex(p)).toBe(index);
          expect(unsigned(file.cookie(p))).toBe(cookie);
          expect(unsigned(file.keygenToken(p))).toBe(token);
        }
      }),
    );
  });
});
