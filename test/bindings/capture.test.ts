import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CapturedPacket, CaptureError, readPcap } from "../../bindings/pcap.ts";
import { readCapture, readPcapng } from "../../bindings/pcapng.ts";
import { writePcapng } from "../../bindings/pcapng-write.ts";
import { fromHex } from "../internals/load-codec.ts";

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** 32-bit numbers, or octets, in one byte order. */
function file(little: boolean, ...parts: (number | Uint8Array)[]): Uint8Array {
  return join(
    parts.map((part) => {
      if (typeof part !== "number") return part;
      const word = Buffer.alloc(4);
      if (little) word.writeUInt32LE(part);
      else word.writeUInt32BE(part);
      return word;
    }),
  );
}

const VERSION = fromHex("02000400");
const OCTETS = fromHex("6000000000");

function pcap(little: boolean, magic: number, linkType = 101): Uint8Array {
  const version = little ? VERSION : fromHex("00020004");
  return file(
    little,
    magic,
    version,
    0,
    0,
    65535,
    linkType,
    1_700_000_000,
    123_456,
    OCTETS.length,
    1280,
    OCTETS,
  );
}

function messageOf(octets: Uint8Array): string {
  try {
    [...readCapture(octets)];
  } catch (error) {
    expect(error).toBeInstanceOf(CaptureError);
    return (error as Error).message;
  }
  return "";
}

describe("pcap", () => {
  it.each([
    ["little-endian, microseconds", true, 0xa1b2c3d4, 123_456_000n],
    ["big-endian, microseconds", false, 0xa1b2c3d4, 123_456_000n],
    ["little-endian, nanoseconds", true, 0xa1b23c4d, 123_456n],
    ["big-endian, nanoseconds", false, 0xa1b23c4d, 123_456n],
  ])("%s", (_, little, magic, fraction) => {
    const packets = [...readCapture(pcap(little, magic))];
    expect(packets).toEqual([
      {
        octets: OCTETS,
        linkType: 101,
        timestampNs: 1_700_000_000_000_000_000n + fraction,
        originalLength: 1280,
      },
    ]);
  });

  it("takes the numbers that some systems write for raw packets", () => {
    expect([...readPcap(pcap(true, 0xa1b2c3d4, 12))][0].linkType).toBe(101);
  });

  it("gives the packets before the damage, and says where that is", () => {
    const cut = Buffer.concat([pcap(true, 0xa1b2c3d4), file(true, 1, 2, 100, 100, OCTETS)]);
    const seen: CapturedPacket[] = [];
    expect(() => {
      for (const packet of readCapture(cut)) seen.push(packet);
    }).toThrow("byte 45: a packet of 100 octets, but only 5 are left in the file");
    expect(seen.length).toBe(1);
  });

  it.each([
    ["nothing", new Uint8Array(0), "byte 0: this is neither a pcap nor a pcapng file"],
    ["text", Buffer.from("hello world"), "byte 0: this is neither a pcap nor a pcapng file"],
    ["half a header", pcap(true, 0xa1b2c3d4).subarray(0, 20), "byte 20: the file ends inside its header"],
    [
      "half a packet header",
      pcap(true, 0xa1b2c3d4).subarray(0, 30),
      "byte 24: the file ends inside a packet's header",
    ],
    [
      "a packet of 4 GiB",
      file(true, pcap(true, 0xa1b2c3d4).subarray(0, 24), 0, 0, 0xffffffff, 0),
      "byte 24: a packet of 4294967295 octets is too long to be true",
    ],
  ])("refuses %s", (_, octets, message) => {
    expect(messageOf(octets)).toBe(message);
  });
});

/** A block around its body. */
function block(little: boolean, type: number, ...body: (number | Uint8Array)[]): Uint8Array {
  const octets = file(little, ...body);
  return file(little, type, octets.length + 12, octets, octets.length + 12);
}

const SECTION = 0x0a0d0d0a;
const MAGIC = 0x1a2b3c4d;

function section(little: boolean): Uint8Array {
  return block(
    little,
    SECTION,
    MAGIC,
    little ? fromHex("01000000") : fromHex("00010000"),
    0xffffffff,
    0xffffffff,
  );
}

describe("pcapng", () => {
  it("is read in both byte orders, section by section", () => {
    const octets = join(
      [true, false].flatMap((little) => [
        section(little),
        // Ethernet, if_tsresol 10^-3 (option 9), if_tsoffset 10 s (option 14)
        block(
          little,
          1,
          little ? fromHex("01000000") : fromHex("00010000"),
          0,
          little ? fromHex("0900010003000000") : fromHex("0009000103000000"),
          little ? fromHex("0e0008000a00000000000000") : fromHex("000e0008000000000000000a"),
          0,
        ),
        block(little, 0x0bad, 1, 2, 3),
        block(
          little,
          6,
          0,
          0,
          5_000,
          OCTETS.length,
          60,
          OCTETS,
          new Uint8Array(3),
          little ? fromHex("010002006869 0000") : fromHex("000100026869 0000"),
          0,
        ),
        block(little, 3, OCTETS.length, OCTETS, new Uint8Array(3)),
      ]),
    );
    const packet = {
      octets: OCTETS,
      linkType: 1,
      timestampNs: 15_000_000_000n,
      originalLength: 60,
      comment: "hi",
    };
    const simple = { octets: OCTETS, linkType: 1, originalLength: 5 };
    expect([...readPcapng(octets)]).toEqual([packet, simple, packet, simple]);
  });

  it("is read again as it was written", () => {
    const packet = fc.record({
      octets: fc.uint8Array({ maxLength: 70 }),
      linkType: fc.constantFrom(1, 101, 113, 276),
      timestampNs: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
      originalLength: fc.nat(0xffffffff),
      comment: fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 6 }), (packets) => {
        expect([...readCapture(writePcapng(packets))]).toEqual(packets);
      }),
    );
  });

  it.each([
    [
      "a section without byte order",
      block(true, SECTION, 0, 0, 0, 0),
      "byte 8: a section without its byte order",
    ],
    [
      "a packet of an unknown interface",
      Buffer.concat([section(true), block(true, 6, 3, 0, 0, 0, 0)]),
      "byte 28: a packet of interface 3, which no block describes",
    ],
    [
      "a block of no length",
      Buffer.concat([section(true), file(true, 6, 0, 0)]),
      "byte 28: a block of 0 octets",
    ],
    [
      "a block that overruns",
      Buffer.concat([section(true), file(true, 6, 400, 0, 0)]),
      "byte 28: a block of 400 octets, but only 16 are left in the file",
    ],
    ["half a block", Buffer.concat([section(true), file(true, 6)]), "byte 28: the file ends inside a block"],
    [
      "a short interface block",
      Buffer.concat([section(true), block(true, 1, 1)]),
      "byte 28: an interface block of only 16 octets",
    ],
    [
      "a short packet block",
      Buffer.concat([section(true), block(true, 6, 0)]),
      "byte 28: a packet block of only 16 octets",
    ],
    [
      "a packet longer than its block",
      Buffer.concat([section(true), block(true, 1, 101, 0), block(true, 6, 0, 0, 0, 9, 9, 0)]),
      "byte 48: a packet of 9 octets, but only 4 are left in the file",
    ],
  ])("refuses %s", (_, octets, message) => {
    expect(messageOf(octets)).toBe(message);
  });

  it("of any octets is read or refused with a CaptureError", () => {
    const good = writePcapng([
      { octets: OCTETS, linkType: 101, originalLength: 5, timestampNs: 1n, comment: "x" },
    ]);
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(good.length), (changes, length) => {
        const damaged = good.slice(0, length);
        for (const [at, octet] of changes) if (at < length) damaged[at] = octet;
        messageOf(damaged);
      }),
      { numRuns: 2000 },
    );
  });
});
