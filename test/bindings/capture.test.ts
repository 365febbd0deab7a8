import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HexError, parseHex, parseHexPackets } from "../../bindings/hex.ts";
import { type CapturedPacket, CaptureError, readPcap } from "../../bindings/pcap.ts";
import { readCapture, readPcapng } from "../../bindings/pcapng.ts";
import { writePcapng } from "../../bindings/pcapng-write.ts";
import { fromHex } from "../internals/load-codec.ts";

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** 32-bit numbers, or octets, in one byte order. */
function file(little: boolean, ...parts: (number | Uint8Array)[]): Uint8Array {
  return join(parts.map((part) => {
    if (typeof part !== "number") return part;
    const word = Buffer.alloc(4);
    if (little) word.writeUInt32LE(part);
    else word.writeUInt32BE(part);
    return word;
  }));
}

const VERSION = fromHex("02000400");
const OCTETS = fromHex("6000000000");

function pcap(little: boolean, magic: number, linkType = 101): Uint8Array {
  const version = little ? VERSION : fromHex("00020004");
  return file(little, magic, version, 0, 0, 65535, linkType, 1_700_000_000, 123_456, OCTETS.length, 1280, OCTETS);
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
      { octets: OCTETS, linkType: 101, timestampNs: 1_700_000_000_000_000_000n + fraction, originalLength: 1280 },
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
    ["half a packet header", pcap(true, 0xa1b2c3d4).subarray(0, 30), "byte 24: the file ends inside a packet's header"],
    ["a packet of 4 GiB", file(true, pcap(true, 0xa1b2c3d4).subarray(0, 24), 0, 0, 0xffffffff, 0),
      "byte 24: a packet of 4294967295 octets is too long to be true"],
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
  return block(little, SECTION, MAGIC, little ? fromHex("01000000") : fromHex("00010000"), 0xffffffff, 0xffffffff);
}

describe("pcapng", () => {
  it("is read in both byte orders, section by section", () => {
    const octets = join([true, false].flatMap((little) => [
      section(little),
      // Ethernet, if_tsresol 10^-3 (option 9), if_tsoffset 10 s (option 14)
      block(little, 1, little ? fromHex("01000000") : fromHex("00010000"), 0,
        little ? fromHex("0900010003000000") : fromHex("0009000103000000"),
        little ? fromHex("0e0008000a00000000000000") : fromHex("000e0008000000000000000a"), 0),
      block(little, 0x0bad, 1, 2, 3),
      block(little, 6, 0, 0, 5_000, OCTETS.length, 60, OCTETS, new Uint8Array(3),
        little ? fromHex("010002006869 0000") : fromHex("000100026869 0000"), 0),
      block(little, 3, OCTETS.length, OCTETS, new Uint8Array(3)),
    ]));
    const packet = { octets: OCTETS, linkType: 1, timestampNs: 15_000_000_000n, originalLength: 60, comment: "hi" };
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
    fc.assert(fc.property(fc.array(packet, { maxLength: 6 }), (packets) => {
      expect([...readCapture(writePcapng(packets))]).toEqual(packets);
    }));
  });

  it.each([
    ["a section without byte order", block(true, SECTION, 0, 0, 0, 0), "byte 8: a section without its byte order"],
    ["a packet of an unknown interface", Buffer.concat([section(true), block(true, 6, 3, 0, 0, 0, 0)]),
      "byte 28: a packet of interface 3, which no block describes"],
    ["a block of no length", Buffer.concat([section(true), file(true, 6, 0, 0)]), "byte 28: a block of 0 octets"],
    ["a block that overruns", Buffer.concat([section(true), file(true, 6, 400, 0, 0)]),
      "byte 28: a block of 400 octets, but only 16 are left in the file"],
    ["half a block", Buffer.concat([section(true), file(true, 6)]), "byte 28: the file ends inside a block"],
    ["a short interface block", Buffer.concat([section(true), block(true, 1, 1)]),
      "byte 28: an interface block of only 16 octets"],
    ["a short packet block", Buffer.concat([section(true), block(true, 6, 0)]), "byte 28: a packet block of only 16 octets"],
    ["a packet longer than its block",
      Buffer.concat([section(true), block(true, 1, 101, 0), block(true, 6, 0, 0, 0, 9, 9, 0)]),
      "byte 48: a packet of 9 octets, but only 4 are left in the file"],
  ])("refuses %s", (_, octets, message) => {
    expect(messageOf(octets)).toBe(message);
  });

  it("of any octets is read or refused with a CaptureError", () => {
    const good = writePcapng([{ octets: OCTETS, linkType: 101, originalLength: 5, timestampNs: 1n, comment: "x" }]);
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(fc.property(fc.array(change, { maxLength: 4 }), fc.nat(good.length), (changes, length) => {
      const damaged = good.slice(0, length);
      for (const [at, octet] of changes) if (at < length) damaged[at] = octet;
      messageOf(damaged);
    }), { numRuns: 2000 });
  });
});

describe("hexadecimal text", () => {
  const octets = fromHex("6000000000088740" + "20010db8000100000000000000000001" + "6162636465666768");

  it.each([
    ["plain digits", "6000000000088740 20010db8000100000000000000000001 6162636465666768"],
    ["0x and line breaks", "0x6000000000088740\r\n20010db8000100000000000000000001\n  # the payload\n6162636465666768\n"],
    ["colons", "60:00:00:00:00:08:87:40:20:01:0d:b8:00:01:00:00:00:00:00:00:00:00:00:01:61:62:63:64:65:66:67:68"],
    ["an array of C", "{ 0x60, 0x0, 0x00, 0x00, 0x00, 0x08, 0x87, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00,\n" +
      "0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68 };"],
    ["a string of Python", String.raw`\x60\x00\x00\x00\x00\x08\x87\x40\x20\x01\x0d\xb8\x00\x01\x00\x00` + "\n" +
      String.raw`\x00\x00\x00\x00\x00\x00\x00\x01\x61\x62\x63\x64\x65\x66\x67\x68`],
    ["xxd", "00000000: 6000 0000 0008 8740 2001 0db8 0001 0000  `......@ .......\n" +
      "00000010: 0000 0000 0000 0001 6162 6364 6566 6768  ........abcdefgh\n"],
    ["xxd -g1", "00000000: 60 00 00 00 00 08 87 40 20 01 0d b8 00 01 00 00  `......@ .......\n" +
      "00000010: 00 00 00 00 00 00 00 01 61 62 63 64 65 66 67 68  ........abcdefgh\n"],
    ["hexdump -C", "00000000  60 00 00 00 00 08 87 40  20 01 0d b8 00 01 00 00  |`......@ .......|\n" +
      "00000010  00 00 00 00 00 00 00 01  61 62 63 64 65 66 67 68  |........abcdefgh|\n00000020\n"],
    ["tcpdump -x", "12:00:00.000000 IP6 ::1 > ::2: mobility\n" +
      "\t0x0000:  6000 0000 0008 8740 2001 0db8 0001 0000\n\t0x0010:  0000 0000 0000 0001 6162 6364 6566 6768\n"],
    ["tcpdump -X", "\t0x0000:  6000 0000 0008 8740 2001 0db8 0001 0000  `......@........\n" +
      "\t0x0010:  0000 0000 0000 0001 6162 6364 6566 6768  ........abcdefgh\n"],
    ["tshark -x", "0000  60 00 00 00 00 08 87 40 20 01 0d b8 00 01 00 00  `......@ .......\n" +
      "0010  00 00 00 00 00 00 00 01 61 62 63 64 65 66 67 68  ........abcdefgh\n"],
    ["Wireshark", "0000   60 00 00 00 00 08 87 40 20 01 0d b8 00 01 00 00   `......@ .......\n" +
      "0010   00 00 00 00 00 00 00 01 61 62 63 64 65 66 67 68   ........abcdefgh\n"],
  ])("as %s", (_, text) => {
    expect(Buffer.from(parseHex(text)).toString("hex")).toBe(Buffer.from(octets).toString("hex"));
  });

  it("of a dump ends where its text column begins, also in a short last line", () => {
    expect([...parseHex("00000000: 6162 6364 6566 6768                      abcdefgh\n")]).toEqual([...octets.subarray(24)]);
    expect([...parseHex("00000000  61 62 63 64 65 66 67 68                           |abcdefgh|\n")])
      .toEqual([...octets.subarray(24)]);
  });

  it("of a dump has a packet for each offset 0, below headings", () => {
    const text = "12:00:00.1 IP6 ::1 > ::2: a\n\t0x0000:  6000 0001\n\t0x0004:  02\n12:00:00.2 IP6 ::2 > ::1: b\n\t0x0000:  6003\n";
    expect(parseHexPackets(text).map((packet) => [...packet])).toEqual([[0x60, 0, 0, 1, 2], [0x60, 3]]);
    expect(() => parseHex(text)).toThrow("there are 2 packets, not one");
  });

  it.each([
    ["", "line 1: there are no hexadecimal digits"],
    ["6000\nxyz", 'line 2: "x" is no hexadecimal digit'],
    ["600", 'line 1: "600" has an odd number of digits'],
    ["00000000: 6000\n00000010: 6000", "line 2: the offset is 16, but 2 octets came before"],
    ["00000000: 6000\n6000", "line 2: the line has no offset, others have one"],
  ])("%j is refused", (text, message) => {
    expect(() => parseHex(text)).toThrowError(HexError);
    expect(() => parseHex(text)).toThrowError(message);
  });
});
