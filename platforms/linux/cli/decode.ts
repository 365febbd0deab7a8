/** `mext decode`: the packets of a capture or of hexadecimal text, readable. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Codec, LinkType } from "../../../bindings/codec.ts";
import { describe, toJson } from "../../../bindings/describe.ts";
import { parseHexPackets } from "../../../bindings/hex.ts";
import type { CapturedPacket } from "../../../bindings/pcap.ts";
import { readCapture } from "../../../bindings/pcapng.ts";
import { UnreadableFileError } from "../unreadable.ts";
import { loadCoreModule } from "../wasm.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, UsageError } from "./arguments.ts";

const USAGE = `Usage: mext decode [-v] [--json] [--link <type>] [<file> | -]
       mext decode [-v] [--json] [--link <type>] --hex <digits>...

Shows the packets of a capture (pcap or pcapng) or of hexadecimal text, one line each: addresses, mobility
messages, options, and why the engine would refuse a packet, with the section of the RFC.

  -v, --verbose   a line for every header, message and option too
  --json          one JSON object for each packet
  --hex           the packet stands in the command line: plain digits, with 0x, colons or spaces
  --link <type>   what hexadecimal text begins with: raw (default), ethernet, linux-cooked, linux-cooked2
  -h, --help      this text

Without a file, or with "-", standard input is read. Hexadecimal text is one packet, or a dump of xxd,
hexdump -C or tcpdump -x, where each offset 0 begins a packet.

Examples:
  mext decode -v capture.pcapng
  tcpdump -i eth0 -U -w - ip6 proto 135 | mext decode -
  xxd packet.bin | mext decode
  mext decode --hex 6000000000003b40 20010db8000200000000000000000020 20010db8000100000000000000000001
`;

const LINK_TYPES: Readonly<Record<string, LinkType>> = {
  raw: LinkType.Raw,
  ethernet: LinkType.Ethernet,
  "linux-cooked": LinkType.LinuxCooked,
  "linux-cooked2": LinkType.LinuxCooked2,
};

/** Where the command reads and writes: those of the process, or a test's. */
export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: AsyncIterable<Uint8Array | string>;
}

interface Request {
  readonly verbose: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly linkType: LinkType;
  /** The packet in the command line. */
  readonly hex?: string;
  /** A file, or "-". */
  readonly file: string;
}

/**
 * The command `mext decode` with the arguments behind that word. Answers the exit code: 0, 1 when the
 * input cannot be read (packets before the damage are shown), 2 for a wrong command line.
 */
export async function decode(argv: string[], io: Streams, loadModule = loadCoreModule): Promise<number> {
  try {
    const request = parseRequest(argv);
    if (request.help) {
      io.stdout.write(USAGE);
      return EXIT_OK;
    }
    const packets = await readPackets(request, io);
    const codec = new Codec(await loadModule());
    let number = 0;
    for (const packet of packets) io.stdout.write(show(codec, packet, (number += 1), request));
    return EXIT_OK;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    io.stderr.write(`mext decode: ${message.split("\n")[0]}\n`);
    if (error instanceof UsageError) io.stderr.write("Try: mext decode --help\n");
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
  }
}

function parseRequest(argv: string[]): Request {
  const { values, positionals } = parseArguments(argv);
  const linkType = LINK_TYPES[values.link];
  if (linkType === undefined) {
    throw new UsageError(`--link takes ${Object.keys(LINK_TYPES).join(", ")}, not "${values.link}"`);
  }
  if (!values.hex && positionals.length > 1) throw new UsageError("one file at a time");
  if (values.hex && positionals.length === 0) throw new UsageError("--hex needs hexadecimal digits");
  return {
    verbose: values.verbose,
    json: values.json,
    help: values.help,
    linkType,
    ...(values.hex && { hex: positionals.join(" ") }),
    file: positionals[0] ?? "-",
  };
}

function parseArguments(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        verbose: { type: "boolean", short: "v", default: false },
        json: { type: "boolean", default: false },
        hex: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        link: { type: "string", default: "raw" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0]);
  }
}

async function readPackets(request: Request, io: Streams): Promise<Iterable<CapturedPacket>> {
  if (request.hex !== undefined) return hexPackets(request.hex, request.linkType);
  const input =
    request.file === "-"
      ? await readAll(io.stdin)
      : await readFile(request.file).catch((error) => {
          throw new UnreadableFileError(request.file, error);
        });
  if (input.length === 0) throw new Error("the input is empty");
  return isText(input) ? hexPackets(new TextDecoder().decode(input), request.linkType) : readCapture(input);
}

function hexPackets(text: string, linkType: LinkType): CapturedPacket[] {
  return parseHexPackets(text).map((octets) => ({ octets, linkType, originalLength: octets.length }));
}

/** No capture is text: each begins with a number that has octets above 127 or control characters. */
function isText(input: Uint8Array): boolean {
  const isControl = (octet: number) => octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d;
  return !input.subarray(0, 16).some((octet) => octet > 0x7e || isControl(octet)) && input[0] !== 0x0a;
}

async function readAll(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of stream)
    parts.push(typeof part === "string" ? Buffer.from(part) : Buffer.from(part));
  return Buffer.concat(parts);
}

function show(codec: Codec, packet: CapturedPacket, number: number, request: Request): string {
  const { octets, linkType, originalLength, comment } = packet;
  const layers = codec.dissect(octets, linkType);
  const time = packet.timestampNs === undefined ? undefined : timeText(packet.timestampNs);
  if (request.json) {
    const cut = originalLength > octets.length && { originalLength };
    const head = { number, time, linkType, length: octets.length, ...cut, comment };
    return `${JSON.stringify({ ...head, layers: toJson(layers) })}\n`;
  }
  const lines = describe(layers, { verbose: request.verbose, dissect: (inner) => codec.dissect(inner) });
  if (time !== undefined) lines[0] = `${number} ${time} ${lines[0]}`;
  if (originalLength > octets.length)
    lines.push(`  (${octets.length} of ${originalLength} octets were captured)`);
  if (comment !== undefined) lines.push(...comment.split("\n").map((line) => `  # ${line}`));
  return `${lines.join("\n")}\n`;
}

/** UTC with microseconds: "2026-01-02T03:04:05.678901Z". */
function timeText(timestampNs: bigint): string {
  const date = new Date(Number(timestampNs / 1_000_000n));
  if (Number.isNaN(date.getTime())) return `${timestampNs} ns`;
  const microseconds = (timestampNs / 1000n) % 1_000_000n;
  return `${date.toISOString().slice(0, 19)}.${microseconds.toString().padStart(6, "0")}Z`;
}
