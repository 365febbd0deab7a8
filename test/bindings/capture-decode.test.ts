/** The command `mext decode`, with its streams in memory. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Codec, LinkType } from "../../bindings/codec.ts";
import { writePcapng } from "../../bindings/pcapng-write.ts";
import { decode } from "../../platforms/linux/cli/decode.ts";
import { loadCoreModule } from "../../platforms/linux/wasm.ts";
import { loadCodecModule, toHex } from "../internals/load-codec.ts";

let module: WebAssembly.Module;
let folder: string;
let packet: Uint8Array;

const REQUEST = "2001:db8:2::20 > 2001:db8:1::1: Binding Refresh Request";

beforeAll(async () => {
  module = await loadCodecModule();
  folder = mkdtempSync(join(tmpdir(), "mext-decode-"));
  packet = new Codec(module).encode([
    { name: "ipv6", fields: { source: "2001:db8:2::20", destination: "2001:db8:1::1" } },
    { name: "binding-refresh-request" },
  ]);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(argv: string[], input: Uint8Array | string = ""): Promise<Run> {
  const written = { out: "", err: "" };
  const code = await decode(
    argv,
    {
      stdout: { write: (text) => (written.out += text) },
      stderr: { write: (text) => (written.err += text) },
      stdin: (async function* () {
        yield input;
      })(),
    },
    () => Promise.resolve(module),
  );
  return { code, ...written };
}

function capture(): Uint8Array {
  const one = { octets: packet, linkType: LinkType.Raw, originalLength: packet.length };
  return writePcapng([
    { ...one, timestampNs: 1_700_000_000_123_456_789n, comment: "refused\nbecause" },
    { ...one, timestampNs: 1_700_000_001_000_000_000n, octets: packet.subarray(0, 44) },
  ]);
}

describe("mext decode", () => {
  it("shows the packets of a file, with time, comment, and what was cut", async () => {
    const file = join(folder, "two.pcapng");
    writeFileSync(file, capture());
    expect(await run([file])).toEqual({
      code: 0,
      err: "",
      out:
        `1 2023-11-14T22:13:20.123456Z ${REQUEST}\n  # refused\n  # because\n` +
        `2 2023-11-14T22:13:21.000000Z ${REQUEST}\n` +
        "  ! IPv6: the packet is shorter than its header or its Payload Length says (RFC 8200 §3, octet 0)\n" +
        "  ! Binding Refresh Request: the Mobility Header runs past the end of the packet (RFC 6275 §6.1.1, octet 40)\n" +
        "  (44 of 48 octets were captured)\n",
    });
  });

  it("reads standard input: a capture, or hexadecimal text", async () => {
    expect((await run(["-"], capture())).out).toContain(REQUEST);
    expect((await run([], toHex(packet))).out).toBe(`${REQUEST}\n`);
  });

  it("reads the command line", async () => {
    const hex = toHex(packet);
    expect(await run(["--hex", hex.slice(0, 80), hex.slice(80)])).toEqual({
      code: 0,
      out: `${REQUEST}\n`,
      err: "",
    });
    expect(
      (await run(["-v", "--link", "ethernet", "--hex", `33330000000102005e00530186dd${hex}`])).out
        .split("\n")
        .slice(0, 2),
    ).toEqual([
      REQUEST,
      "  Ethernet (0, 14 octets): destination 33:33:00:00:00:01, source 02:00:5e:00:53:01, ether type 0x86dd",
    ]);
  });

  it("writes one JSON object for each packet", async () => {
    const { code, out } = await run(["--json", "-"], capture());
    const [first, second] = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(code).toBe(0);
    expect(first).toMatchObject({
      number: 1,
      time: "2023-11-14T22:13:20.123456Z",
      linkType: 101,
      length: 48,
    });
    expect(first.comment).toBe("refused\nbecause");
    expect((first.layers as { name: string }[]).map(({ name }) => name)).toEqual([
      "ipv6",
      "binding-refresh-request",
    ]);
    expect(second).toMatchObject({ number: 2, length: 44, originalLength: 48 });
  });

  it("shows what stands before the damage", async () => {
    const damaged = capture();
    const { code, out, err } = await run(["-"], damaged.subarray(0, damaged.length - 4));
    expect(code).toBe(1);
    expect(out.split("\n")[0]).toContain(REQUEST);
    expect(err).toMatch(
      /^mext decode: byte \d+: a block of \d+ octets, but only \d+ are left in the file\n$/,
    );
  });

  it.each<[string, string[], string, number, string]>([
    [
      "a file that is not there",
      ["/nonexistent.pcap"],
      "",
      1,
      "mext decode: /nonexistent.pcap: there is no such file\n",
    ],
    ["a directory", ["/"], "", 1, "mext decode: /: this is a directory\n"],
    ["no input", [], "", 1, "mext decode: the input is empty\n"],
    ["text that is no packet", [], "hello", 1, 'mext decode: line 1: "h" is no hexadecimal digit\n'],
    [
      "an unknown option",
      ["--quick"],
      "",
      2,
      "mext decode: Unknown option '--quick'\nTry: mext decode --help\n",
    ],
    ["two files", ["a", "b"], "", 2, "mext decode: one file at a time\nTry: mext decode --help\n"],
    [
      "--hex without digits",
      ["--hex"],
      "",
      2,
      "mext decode: --hex needs hexadecimal digits\nTry: mext decode --help\n",
    ],
    [
      "an unknown link type",
      ["--link", "wire"],
      "",
      2,
      'mext decode: --link takes raw, ethernet, linux-cooked, linux-cooked2, not "wire"\nTry: mext decode --help\n',
    ],
  ])("refuses %s", async (_, argv, input, code, err) => {
    expect(await run(argv, input)).toEqual({ code, out: "", err });
  });

  it.skipIf(!existsSync("build/mext.wasm"))("finds the binary of the build by itself", async () => {
    const module = await loadCoreModule();
    expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toContain("dissect");
  });

  it("explains itself, with examples that work", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    const example = out.trim().split("\n").at(-1)!.trim().split(" ").slice(2);
    expect((await run(example)).out).toBe("2001:db8:2::20 > 2001:db8:1::1\n");
  });
});
