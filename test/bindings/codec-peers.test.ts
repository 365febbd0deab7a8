/**
 * What `encode` writes is read by others as it was meant: tshark sees the fields, scapy computes the
 * same checksums and lengths. Both read the packets from a pcapng file of ours.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Codec, LinkType } from "../../bindings/codec.ts";
import { writePcapng } from "../../bindings/pcapng-write.ts";
import { CASES } from "../internals/codec-cases.ts";
import { loadCodecModule, toHex } from "../internals/load-codec.ts";

const PYTHON = "/usr/bin/python3";
const hasTshark = spawnSync("tshark", ["--version"]).status === 0;
const hasScapy = spawnSync(PYTHON, ["-c", "import scapy"]).status === 0;

let folder: string;
let file: string;
let packets: Uint8Array[];

beforeAll(async () => {
  const codec = new Codec(await loadCodecModule());
  packets = CASES.map(({ layers }) => codec.encode(layers));
  folder = mkdtempSync(join(tmpdir(), "mext-peers-"));
  file = join(folder, "packets.pcapng");
  const captured = packets.map((octets, index) => ({
    octets,
    linkType: LinkType.Raw,
    timestampNs: 1_700_000_000_123_456_789n,
    originalLength: octets.length,
    comment: CASES[index].name,
  }));
  writeFileSync(file, writePcapng(captured));
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!hasTshark)("tshark (needs tshark)", () => {
  it("sees the fields that were given", () => {
    const names = [...new Set(CASES.flatMap(({ fields }) => Object.keys(fields)))];
    const wanted = [...names, "_ws.malformed", "frame.comment", "frame.time_epoch"];
    const output = execFileSync(
      "tshark",
      ["-r", file, "-T", "json", ...wanted.flatMap((name) => ["-e", name])],
      { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    );
    const seen = JSON.parse(output) as { _source: { layers: Record<string, string[]> } }[];
    expect(seen.length).toBe(CASES.length);
    seen.forEach(({ _source: { layers } }, index) => {
      const { name, fields } = CASES[index];
      expect(layers["frame.comment"]).toEqual([name]);
      expect(layers["frame.time_epoch"]).toEqual(["1700000000.123456789"]);
      expect([name, layers["_ws.malformed"]]).toEqual([name, undefined]);
      for (const [field, value] of Object.entries(fields)) {
        expect([name, field, layers[field]?.[0]]).toEqual([name, field, value]);
      }
    });
  });
});

/**
 * Takes checksums, lengths and the padding of options out, and lets scapy put in its own. (It takes a
 * Home Address option for the pseudo-header only when that is the single one of its header.)
 */
const SCAPY = `
import sys, logging
logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import IPv6, raw, rdpcap
for packet in rdpcap(sys.argv[1]):
    packet = IPv6(raw(packet))
    layer = packet
    while layer:
        for name in ("cksum", "chksum", "plen"):
            if name in layer.fields:
                delattr(layer, name)
        if layer.name.startswith("IPv6 Extension Header - Destination"):
            layer.options = [option for option in layer.options if option.otype > 1]
            del layer.len
        layer = layer.payload
    print(raw(packet).hex())
`;

describe.skipIf(!hasScapy)("scapy (needs scapy)", () => {
  it("computes the same checksums and lengths", () => {
    const output = execFileSync(PYTHON, ["-c", SCAPY, file], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const theirs = output.trim().split("\n");
    expect(theirs.map((hex, index) => [CASES[index].name, hex])).toEqual(
      packets.map((packet, index) => [CASES[index].name, toHex(packet)]),
    );
  });
});
