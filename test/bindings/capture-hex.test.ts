import { describe, expect, it } from "vitest";
import { HexError, parseHex, parseHexPackets } from "../../bindings/hex.ts";
import { fromHex } from "../internals/load-codec.ts";

describe("hexadecimal text", () => {
  const octets = fromHex("6000000000088740" + "20010db8000100000000000000000001" + "6162636465666768");

  it.each([
    ["plain digits", "6000000000088740 20010db8000100000000000000000001 6162636465666768"],
    [
      "0x and line breaks",
      "0x6000000000088740\r\n20010db8000100000000000000000001\n  # the payload\n6162636465666768\n",
    ],
    [
      "colons",
      "60:00:00:00:00:08:87:40:20:01:0d:b8:00:01:00:00:00:00:00:00:00:00:00:01:61:62:63:64:65:66:67:68",
    ],
    [
      "an array of C",
      "{ 0x60, 0x0, 0x00, 0x00, 0x00, 0x08, 0x87, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00,\n" +
        "0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68 };",
    ],
    [
      "a string of Python",
      String.raw`\x60\x00\x00\x00\x00\x08\x87\x40\x20\x01\x0d\xb8\x00\x01\x00\x00` +
        "\n" +
        String.raw`\x00\x00\x00\x00\x00\x00\x00\x01\x61\x62\x63\x64\x65\x66\x67\x68`,
    ],
    [
      "xxd",
      "00000000: 6000 0000 0008 8740 2001 0db8 0001 0000  `......@ .......\n" +
        "00000010: 0000 0000 0000 0001 6162 6364 6566 6768  ........abcdefgh\n",
    ],
    [
      "xxd -g1",
      "00000000: 60 00 00 00 00 08 87 40 20 01 0d b8 00 01 00 00  `......@ .......\n" +
        "00000010: 00 00 00 00 00 00 00 01 61 62 63 64 65 66 67 68  ........abcdefgh\n",
    ],
    [
      "hexdump -C",
      "00000000  60 00 00 00 00 08 87 40  20 01 0d b8 00 01 00 00  |`......@ .......|\n" +
        "00000010  00 00 00 00 00 00 00 01  61 62 63 64 65 66 67 68  |........abcdefgh|\n00000020\n",
    ],
    [
      "tcpdump -x",
      "12:00:00.000000 IP6 ::1 > ::2: mobility\n" +
        "\t0x0000:  6000 0000 0008 8740 2001 0db8 0001 0000\n\t0x0010:  0000 0000 0000 0001 6162 6364 6566 6768\n",
    ],
    [
      "tcpdump -X",
      "\t0x0000:  6000 0000 0008 8740 2001 0db8 0001 0000  `......@........\n" +
        "\t0x0010:  0000 0000 0000 0001 6162 6364 6566 6768  ........abcdefgh\n",
    ],
    [
      "tshark -x",
      "0000  60 00 00 00 00 08 87 40 20 01 0d b8 00 01 00 00  `......@ .......\n" +
        "0010  00 00 00 00 00 00 00 01 61 62 63 64 65 66 67 68  ........abcdefgh\n",
    ],
    [
      "Wireshark",
      "0000   60 00 00 00 00 08 87 40 20 01 0d b8 00 01 00 00   `......@ .......\n" +
        "0010   00 00 00 00 00 00 00 01 61 62 63 64 65 66 67 68   ........abcdefgh\n",
    ],
  ])("as %s", (_, text) => {
    expect(Buffer.from(parseHex(text)).toString("hex")).toBe(Buffer.from(octets).toString("hex"));
  });

  it("of a dump ends where its text column begins, also in a short last line", () => {
    expect([...parseHex("00000000: 6162 6364 6566 6768                      abcdefgh\n")]).toEqual([
      ...octets.subarray(24),
    ]);
    expect([...parseHex("00000000  61 62 63 64 65 66 67 68                           |abcdefgh|\n")]).toEqual(
      [...octets.subarray(24)],
    );
  });

  it("of a dump has a packet for each offset 0, below headings", () => {
    const text =
      "12:00:00.1 IP6 ::1 > ::2: a\n\t0x0000:  6000 0001\n\t0x0004:  02\n12:00:00.2 IP6 ::2 > ::1: b\n\t0x0000:  6003\n";
    expect(parseHexPackets(text).map((packet) => [...packet])).toEqual([
      [0x60, 0, 0, 1, 2],
      [0x60, 3],
    ]);
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
