import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { NextHeader, ParameterProblemCode } from "../../core-as/abi/codes.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { concat, hex, loadWire, type Wire } from "../internals/load-wire.ts";
import { ALL_NODES, HOME_ADDRESS, packet } from "./reference.ts";

const SILENT = 255;
const { ErroneousHeaderField, UnrecognizedNextHeader, UnrecognizedOption } = ParameterProblemCode;
const { HopByHop, Routing, Fragment, Authentication, Destination, Mobility, None, Udp, Esp } = NextHeader;

let wire: Wire;

beforeAll(async () => {
  wire = await loadWire();
}, 60_000);

/** Headers as octets without their first, the Next Header. */
const PADDED = hex("00 01 04 00000000");
const HOME = concat(hex("02 01 02 0000 c9 10"), HOME_ADDRESS);
const TWO_HOMES = concat(hex("05 01 02 0000 c9 10"), HOME_ADDRESS, hex("01 04 00000000 c9 10"), HOME_ADDRESS);
const ROUTING2 = concat(hex("02 02 01 00000000"), HOME_ADDRESS);
const ROUTING0 = concat(hex("02 00 01 00000000"), HOME_ADDRESS);
const WHOLE_FRAGMENT = hex("00 0000 12345678");
const FIRST_FRAGMENT = hex("00 0001 12345678");
const LATER_FRAGMENT = hex("00 0511 12345678");
const AUTHENTICATED = hex("04 0000 00000100 00000001 0102030405060708090a0b0c");
const MESSAGE = hex("3b 00 00 00 0000 0000");

/** A packet with the given headers, each of a kind and its octets, up to the upper layer. */
function chain(
  headers: [number, Uint8Array][],
  upper: number = Mobility,
  payload = MESSAGE,
  options = {},
): Uint8Array {
  const kinds = [...headers.map(([kind]) => kind), upper];
  const octets = headers.map(([, rest], index) => concat(Uint8Array.of(kinds[index + 1]), rest));
  return packet(kinds[0], concat(...octets, payload), options);
}

function walk(octets: Uint8Array): number {
  return wire.files.extension.walk(wire.putAtEnd(octets), octets.length);
}

function found() {
  const { extension } = wire.files;
  return {
    protocol: extension.upperProtocol(),
    at: extension.upperOffset(),
    length: extension.upperLength(),
    namedAt: extension.lastNextHeaderOffset(),
    homeAddressOption: extension.homeAddressOption(),
    routing: extension.routingHeaderOffset(),
    otherRouting: extension.otherRoutingHeaderOffset(),
    fragment: extension.fragmentHeaderOffset(),
  };
}

const NOTHING = { homeAddressOption: 0, routing: 0, otherRouting: 0, fragment: 0 };

describe("the walk over extension headers", () => {
  it("finds an upper layer that follows at once", () => {
    expect(walk(packet(Udp, MESSAGE))).toBe(Reason.None);
    expect(found()).toEqual({ protocol: Udp, at: 40, length: 8, namedAt: 6, ...NOTHING });
  });

  it("finds the Home Address option (RFC 6275 §6.3)", () => {
    expect(walk(chain([[Destination, HOME]]))).toBe(Reason.None);
    const behind = { protocol: Mobility, at: 64, length: 8, namedAt: 40 };
    expect(found()).toEqual({ ...behind, ...NOTHING, homeAddressOption: 46 });
    const p = wire.memory.buffer.byteLength - 72;
    expect(wire.get(wire.files.extension.homeAddress(p), 16)).toEqual(HOME_ADDRESS);
  });

  it("finds the type 2 routing header (RFC 6275 §6.4)", () => {
    expect(walk(chain([[Routing, ROUTING2]]))).toBe(Reason.None);
    expect(found()).toEqual({ protocol: Mobility, at: 64, length: 8, namedAt: 40, ...NOTHING, routing: 40 });
  });

  it("follows all headers in the order of RFC 8200 §4.1", () => {
    const octets = chain([
      [HopByHop, PADDED], [Destination, PADDED], [Routing, ROUTING0], [Routing, ROUTING2],
      [Destination, HOME], [Fragment, WHOLE_FRAGMENT], [Authentication, AUTHENTICATED], [Destination, PADDED],
    ]);
    expect(walk(octets)).toBe(Reason.None);
    expect(found()).toEqual({
      protocol: Mobility, at: 168, length: 8, namedAt: 160,
      otherRouting: 56, routing: 80, homeAddressOption: 110, fragment: 128,
    });
    expect(wire.files.extension.fragmentNamedAt()).toBe(104);
    expect(wire.files.extension.isFragment()).toBe(0);
  });

  it("ends at ESP, at No Next Header and at a header nobody knows", () => {
    for (const protocol of [Esp, None, 253]) {
      expect(walk(chain([[Destination, HOME]], protocol))).toBe(Reason.None);
      expect(found()).toMatchObject({ protocol, at: 64, length: 8 });
    }
  });

  it("goes through a first fragment and ends at the Fragment header of a later one", () => {
    const { extension } = wire.files;
    expect(walk(chain([[Fragment, FIRST_FRAGMENT]]))).toBe(Reason.None);
    expect(found()).toMatchObject({ protocol: Mobility, at: 48, fragment: 40 });
    expect([extension.isFragment(), extension.isLaterFragment()]).toEqual([1, 0]);
    expect(walk(chain([[Fragment, LATER_FRAGMENT]], Destination))).toBe(Reason.None);
    expect(found()).toMatchObject({ protocol: Fragment, at: 40, length: 16, fragment: 40, namedAt: 6 });
    expect([extension.isFragment(), extension.isLaterFragment()]).toEqual([1, 1]);
  });

  it("forgets the packet before", () => {
    walk(chain([[Routing, ROUTING2], [Destination, HOME], [Fragment, FIRST_FRAGMENT]]));
    expect(walk(packet(Udp, MESSAGE))).toBe(Reason.None);
    expect(found()).toMatchObject(NOTHING);
    expect(wire.files.extension.isFragment()).toBe(0);
  });

  it("reads a routing header of another type, and refuses it only when asked (RFC 8200 §4.4)", () => {
    const { extension } = wire.files;
    expect(walk(chain([[Routing, ROUTING0]]))).toBe(Reason.None);
    expect([extension.routingType(), extension.segmentsLeft()]).toEqual([0, 1]);
    expect(extension.refuseOtherRouting()).toBe(Reason.RoutingTypeUnrecognized);
    expect([extension.errorCode(), extension.errorPointer()]).toEqual([ErroneousHeaderField, 42]);
    expect(walk(chain([[Routing, concat(hex("02 00 00 00000000"), HOME_ADDRESS)]]))).toBe(Reason.None);
    expect(extension.refuseOtherRouting()).toBe(Reason.None);
    expect(walk(chain([[Routing, ROUTING2]]))).toBe(Reason.None);
    expect(extension.refuseOtherRouting()).toBe(Reason.None);
  });
});

/** One option of this type and four octets of data, in a header of eight. */
function option(type: number, dataLength = 4): Uint8Array {
  return Uint8Array.of(0, type, dataLength, 0, 0, 0, 0);
}

/** Hdr Ext Len 255: eight PadN options fill the 2048 octets. */
const LONG_HEADER = concat(hex("ff"), ...Array.from({ length: 8 }, (_, index) => pad(index < 7 ? 257 : 247)));

function pad(octets: number): Uint8Array {
  return concat(Uint8Array.of(1, octets - 2), new Uint8Array(octets - 2));
}

const MULTICAST = { destination: ALL_NODES };

describe("what the walk refuses", () => {
  it.each<[string, Uint8Array, Reason, number, number]>([
    ["a header that is not there", packet(Destination, hex("")), Reason.ExtensionTruncated, SILENT, 0],
    ["a header of seven octets",
      packet(Destination, hex("3b 00 01 03 000000")),
      Reason.ExtensionTruncated, SILENT, 0],
    ["a header one unit too long",
      packet(Destination, hex("3b 01 01 04 00000000")),
      Reason.ExtensionTruncated, SILENT, 0],
    ["a header of 2048 octets in a short packet",
      packet(Destination, hex("3b ff 01 04 00000000")),
      Reason.ExtensionTruncated, SILENT, 0],
    ["an Authentication Header without its fixed part",
      packet(Authentication, hex("3b 00 0000 00000000")),
      Reason.AuthenticationHeaderLength, SILENT, 0],
    ["nine headers",
      chain(Array.from({ length: 9 }, () => [Destination, PADDED])),
      Reason.TooManyExtensionHeaders, SILENT, 0],
    ["Hop-by-Hop behind another header",
      chain([[Destination, PADDED], [HopByHop, PADDED]]),
      Reason.HopByHopNotFirst, UnrecognizedNextHeader, 40],
    ["an option without a length",
      chain([[Destination, hex("00 0000000000 1e")]]),
      Reason.OptionOverrun, ErroneousHeaderField, 47],
    ["an option one octet too long",
      chain([[Destination, option(0x1e, 5)]]),
      Reason.OptionOverrun, ErroneousHeaderField, 43],
    ["an option of 255 octets",
      chain([[Destination, option(0x01, 255)]]),
      Reason.OptionOverrun, ErroneousHeaderField, 43],
    ["action 01", chain([[Destination, option(0x5e)]]), Reason.OptionDiscard, SILENT, 0],
    ["action 10", chain([[Destination, option(0x9e)]]), Reason.OptionUnrecognized, UnrecognizedOption, 42],
    ["action 11", chain([[Destination, option(0xde)]]), Reason.OptionUnrecognized, UnrecognizedOption, 42],
    ["action 10 to a multicast address",
      chain([[Destination, option(0x9e)]], Udp, MESSAGE, MULTICAST),
      Reason.OptionUnrecognized, UnrecognizedOption, 42],
    ["action 11 to a multicast address",
      chain([[Destination, option(0xde)]], Udp, MESSAGE, MULTICAST),
      Reason.OptionUnrecognized, SILENT, 0],
    ["a malformed option to a multicast address",
      chain([[Destination, option(0x1e, 5)]], Udp, MESSAGE, MULTICAST),
      Reason.OptionOverrun, SILENT, 43],
    ["a Home Address option in a Hop-by-Hop header (6275-6.3-3)",
      chain([[HopByHop, HOME]]),
      Reason.OptionUnrecognized, UnrecognizedOption, 46],
    ["a Home Address option there, to a multicast address (6275-6.3-4)",
      chain([[HopByHop, HOME]], Udp, MESSAGE, MULTICAST),
      Reason.OptionUnrecognized, SILENT, 0],
    ["a Home Address option of 4 octets (6275-6.3-1)",
      chain([[Destination, option(0xc9)]]),
      Reason.HomeAddressOptionLength, ErroneousHeaderField, 43],
    ["a Home Address option of 17 octets (6275-6.3-1)",
      chain([[Destination, concat(hex("02 01 01 00 c9 11"), HOME_ADDRESS, hex("00"))]]),
      Reason.HomeAddressOptionLength, ErroneousHeaderField, 46],
    ["two Home Address options (6275-6.3-6)",
      chain([[Destination, HOME], [Destination, HOME]]),
      Reason.HomeAddressOptionRepeated, ErroneousHeaderField, 70],
    ["two in one header (6275-6.3-6)",
      chain([[Destination, TWO_HOMES]]),
      Reason.HomeAddressOptionRepeated, ErroneousHeaderField, 70],
    ["a Home Address option behind the Fragment header (6275-6.3-5)",
      chain([[Fragment, WHOLE_FRAGMENT], [Destination, HOME]]),
      Reason.HomeAddressOptionMisplaced, ErroneousHeaderField, 54],
    ["a Home Address option behind the Authentication Header (6275-6.3-5)",
      chain([[Authentication, AUTHENTICATED], [Destination, HOME]]),
      Reason.HomeAddressOptionMisplaced, ErroneousHeaderField, 70],
    ["a Home Address option before the routing header (6275-6.3-5)",
      chain([[Destination, HOME], [Routing, ROUTING2]]),
      Reason.HomeAddressOptionMisplaced, ErroneousHeaderField, 46],
    ["a multicast home address (6275-9.3.1-1)",
      chain([[Destination, concat(HOME.slice(0, 7), ALL_NODES)]]),
      Reason.HomeAddressNotRoutable, SILENT, 0],
    ["a type 2 routing header of 1 unit (6275-6.4.1-2, 6275-11.3.3-3)",
      chain([[Routing, hex("00 02 01 00000000")]]),
      Reason.RoutingType2Length, SILENT, 0],
    ["a type 2 routing header of two addresses (6275-6.4.1-2)",
      chain([[Routing, concat(hex("04 02 01 00000000"), HOME_ADDRESS, HOME_ADDRESS)]]),
      Reason.RoutingType2Length, SILENT, 0],
    ["a type 2 routing header with no segment left (6275-6.4.1-3)",
      chain([[Routing, concat(hex("02 02 00 00000000"), HOME_ADDRESS)]]),
      Reason.RoutingType2SegmentsLeft, SILENT, 0],
    ["a type 2 routing header with two segments left (6275-6.4.1-3)",
      chain([[Routing, concat(hex("02 02 02 00000000"), HOME_ADDRESS)]]),
      Reason.RoutingType2SegmentsLeft, SILENT, 0],
    ["a type 2 routing header to a multicast address (6275-6.4-2)",
      chain([[Routing, concat(hex("02 02 01 00000000"), ALL_NODES)]]),
      Reason.RoutingType2NotRoutable, SILENT, 0],
    ["two type 2 routing headers",
      chain([[Routing, ROUTING2], [Routing, ROUTING2]]),
      Reason.RoutingType2Repeated, SILENT, 0],
  ])("%s", (_title, octets, reason, code, pointer) => {
    expect(Reason[walk(octets)]).toBe(Reason[reason]);
    expect(wire.files.extension.errorCode()).toBe(code);
    expect(wire.files.extension.errorPointer()).toBe(pointer);
  });

  it("nothing of eight headers, of action 00, of the longest header, or of Reserved (6275-6.4.1-1)", () => {
    expect(walk(chain(Array.from({ length: 8 }, () => [Destination, PADDED])))).toBe(Reason.None);
    expect(walk(chain([[Destination, option(0x1e)]]))).toBe(Reason.None);
    expect(walk(chain([[Destination, hex("00 000000000000")]]))).toBe(Reason.None);
    expect(LONG_HEADER.length).toBe(2047);
    expect(walk(chain([[Destination, LONG_HEADER]]))).toBe(Reason.None);
    expect(wire.files.extension.upperOffset()).toBe(40 + 2048);
    expect(walk(chain([[Routing, concat(hex("02 02 01 ffffffff"), HOME_ADDRESS)]]))).toBe(Reason.None);
  });
});

describe("the headers this node writes", () => {
  it("has a Destination Options header as drawn in RFC 6275 §6.3", () => {
    const { homeAddress } = wire.files;
    homeAddress.build(wire.room, Mobility, wire.put(HOME_ADDRESS, wire.room - 16));
    expect(wire.get(wire.room, 24)).toEqual(concat(hex("87 02 01 02 0000 c9 10"), HOME_ADDRESS));
    expect(wire.get(homeAddress.homeAddress(wire.room), 16)).toEqual(HOME_ADDRESS);
  });

  it("has a type 2 routing header as drawn in RFC 6275 §6.4.1 (6275-6.4.1-1)", () => {
    const { routing2 } = wire.files;
    wire.put(new Uint8Array(24).fill(0xff));
    routing2.build(wire.room, Udp, wire.put(HOME_ADDRESS, wire.room - 16));
    expect(wire.get(wire.room, 24)).toEqual(concat(hex("11 02 02 01 00000000"), HOME_ADDRESS));
    expect(routing2.check(wire.room)).toBe(Reason.None);
    expect(routing2.nextHeader(wire.room)).toBe(Udp);
    expect(wire.get(routing2.homeAddress(wire.room), 16)).toEqual(HOME_ADDRESS);
  });

  it("has a Fragment header as drawn in RFC 8200 §4.5", () => {
    const { fragment } = wire.files;
    wire.put(new Uint8Array(8).fill(0xff));
    fragment.build(wire.room, Udp, 1296, 1, 0xdeadbeef);
    expect(wire.get(wire.room, 8)).toEqual(hex("11 00 0511 deadbeef"));
    expect(fragment.nextHeader(wire.room)).toBe(Udp);
    expect(fragment.offsetBytes(wire.room)).toBe(1296);
    expect(fragment.moreFragments(wire.room)).toBe(1);
    expect(fragment.identification(wire.room) >>> 0).toBe(0xdeadbeef);
    fragment.build(wire.room, Udp, 0xfff8, 0, 1);
    expect(wire.get(wire.room, 4)).toEqual(hex("11 00 fff8"));
    expect(fragment.moreFragments(wire.room)).toBe(0);
  });
});

describe("the search for an upper layer without judging", () => {
  it("finds it behind headers that the walk refuses", () => {
    const octets = chain([[Destination, option(0xde)], [Destination, PADDED]], Udp);
    const { chain: core } = wire.files;
    expect(core.findUpper(wire.putAtEnd(octets), octets.length, Udp)).toBe(56);
    expect(core.findUpper(wire.putAtEnd(octets), octets.length, Mobility)).toBe(0);
  });

  it("finds what the walk finds, wherever a packet is cut", () => {
    const octets = chain([[Routing, ROUTING2], [Destination, HOME]], Udp);
    fc.assert(
      fc.property(fc.nat(octets.length), (length) => {
        const p = wire.putAtEnd(octets.slice(0, length));
        expect(wire.files.chain.findUpper(p, length, Udp)).toBe(length > 88 ? 88 : 0);
      }),
    );
  });

  it("finds nothing in a later fragment", () => {
    const octets = chain([[Fragment, LATER_FRAGMENT]], Udp);
    expect(wire.files.chain.findUpper(wire.putAtEnd(octets), octets.length, Udp)).toBe(0);
  });
});
