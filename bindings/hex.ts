/**
 * Octets in the hexadecimal forms that people paste: plain digits, with "0x", with colons, commas or
 * spaces between, and dumps with offsets as of xxd, hexdump -C and tcpdump -x.
 */

/** A text that cannot be read as octets. Lines are counted from 1. */
export class HexError extends SyntaxError {
  override readonly name = "HexError";
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(`line ${line}: ${message}`);
  }
}

/** An offset at the start of a line: "0x0010:", "00000010:", "00000010  " or "0010  ". */
const OFFSET = /^\s*(?:0x)?([0-9a-f]{4,8})(?::\s|\s\s)/i;
/** The last line of hexdump -C: an offset alone. */
const LAST_OFFSET = /^\s*[0-9a-f]{7,8}\s*$/i;

/**
 * The packets of a text: one, or in a dump one for each offset 0. Throws HexError. A "#" begins a
 * comment; empty lines are skipped, and in a dump headings, as tcpdump prints them.
 */
export function parseHexPackets(text: string): Uint8Array[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*$/, ""));
  const isDump = lines.map(offsetOf).find((offset) => offset !== undefined) === 0;
  const packets: number[][] = [[]];
  lines.forEach((line, index) => {
    if (line.trim() === "") return;
    if (isDump && offsetOf(line) === 0 && packets.at(-1)!.length > 0) packets.push([]);
    const read = isDump ? readDumpLine : readPlainLine;
    read(line, index + 1, packets.at(-1)!);
  });
  if (packets[0].length === 0) throw new HexError(1, "there are no hexadecimal digits");
  return packets.map((octets) => Uint8Array.from(octets));
}

/** Reads the octets of one packet; throws HexError. */
export function parseHex(text: string): Uint8Array {
  const packets = parseHexPackets(text);
  if (packets.length > 1) throw new HexError(1, `there are ${packets.length} packets, not one`);
  return packets[0];
}

/** The offset that a line begins with, or undefined. */
function offsetOf(line: string): number | undefined {
  const offset = OFFSET.exec(line);
  return offset ? parseInt(offset[1], 16) : undefined;
}

/** A line of a dump: offset, octets in groups, and text behind two spaces or a bar. */
function readDumpLine(line: string, number: number, octets: number[]): void {
  const expected = offsetOf(line);
  if (expected === undefined) {
    if (LAST_OFFSET.test(line) && parseInt(line, 16) === octets.length) return;
    if (/[^0-9a-f\s]/i.test(line)) return; // a heading
    throw new HexError(number, "the line has no offset, others have one");
  }
  if (expected !== octets.length) {
    throw new HexError(number, `the offset is ${expected}, but ${octets.length} octets came before`);
  }
  for (const group of groupsOf(line.replace(OFFSET, ""))) addDigits(group, number, octets);
}

/** The groups of digits before the text column: it begins behind a bar or behind two spaces. */
function groupsOf(rest: string): string[] {
  const beforeBar = rest.split("|")[0];
  const groups: string[] = [];
  let octets = 0;
  for (const match of beforeBar.matchAll(/(\s*)(\S+)/g)) {
    const [, space, group] = match;
    const isGap = space.length > 1 && groups.length > 0;
    const isDigits = /^(?:[0-9a-f]{2})+$/i.test(group);
    // hexdump -C has a gap of two spaces behind its 8th octet; in other dumps a gap begins the text.
    if (isGap && !(space.length === 2 && octets === 8 && groups.length === 8 && isDigits)) break;
    groups.push(group);
    octets += group.length / 2;
  }
  return groups;
}

function readPlainLine(line: string, number: number, octets: number[]): void {
  for (const group of line.split(/[\s:,;{}"]+/)) {
    const digits = group.replace(/^0x/i, "").replaceAll("\\x", "");
    if (digits !== "") addDigits(digits, number, octets);
  }
}

function addDigits(digits: string, line: number, octets: number[]): void {
  const wrong = /[^0-9a-f]/i.exec(digits);
  if (wrong) throw new HexError(line, `"${wrong[0]}" is no hexadecimal digit`);
  const even = digits.length === 1 ? `0${digits}` : digits;
  if (even.length % 2 !== 0) throw new HexError(line, `"${digits.slice(0, 32)}" has an odd number of digits`);
  for (let at = 0; at < even.length; at += 2) octets.push(parseInt(even.slice(at, at + 2), 16));
}
