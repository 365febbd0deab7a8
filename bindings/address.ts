/**
 * IPv6 addresses and prefixes as text and as bytes: the strict text forms of RFC 4291 §2.2 and §2.3 are read,
 * the canonical form of RFC 5952 is written. A zone ("%eth0") is no part of an address here: nothing that a
 * mobility message carries may depend on a link.
 */

export const ADDRESS_BYTES = 16;
/** Bits of an IPv6 address. */
export const ADDRESS_BITS = 128;

const GROUPS = 8;

/** ::ffff:0:0/96, RFC 4291 §2.5.5.2. */
const IPV4_MAPPED: Prefix = { address: toBytes([0, 0, 0, 0, 0, 0xffff, 0, 0]), lengthBits: 96 };

/** A text that is no address or no prefix; the message says why, as "has 9 groups, …". */
export class AddressError extends SyntaxError {
  override readonly name = "AddressError";
}

/** An address block: `address` has zeros behind the first `lengthBits` bits. */
export interface Prefix {
  readonly address: Uint8Array;
  readonly lengthBits: number;
}

/** Reads an address (RFC 4291 §2.2, all three forms) as 16 octets in network order; throws AddressError. */
export function parseAddress(text: string): Uint8Array {
  if (text === "") throw new AddressError("is empty");
  if (text.includes("%")) throw new AddressError("has a zone (%), an address here has none");
  if (text.includes("/")) throw new AddressError("has a prefix length (/), an address has none");
  if (/^\d+(\.\d+){3}$/.test(text)) throw new AddressError("is an IPv4 address");
  const halves = text.split("::");
  if (halves.length > 2) throw new AddressError('has "::" more than once');

  const head = parseGroups(halves[0], halves.length === 1);
  if (halves.length === 1) {
    if (head.length !== GROUPS) throw new AddressError(`has ${head.length} groups, an address has 8`);
    return toBytes(head);
  }
  const tail = parseGroups(halves[1], true);
  const zeros = GROUPS - head.length - tail.length;
  if (zeros < 1) throw new AddressError('has 8 groups or more beside "::"');
  return toBytes([...head, ...new Array<number>(zeros).fill(0), ...tail]);
}

/** Writes 16 octets in the canonical form of RFC 5952 §4; IPv4-mapped addresses get a dotted tail (§5). */
export function formatAddress(address: Uint8Array): string {
  const groups = toGroups(address);
  if (isIpv4Mapped(address)) return `::ffff:${address.subarray(12).join(".")}`;
  const [start, length] = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

/** Reads an IPv6 address, or an IPv4 one as its IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2); throws AddressError. */
export function parseAnyAddress(text: string): Uint8Array {
  return /^\d+(\.\d+){3}$/.test(text) ? parseIpv4Address(text) : parseAddress(text);
}

/** Reads a dotted IPv4 address as its IPv4-mapped IPv6 address; throws AddressError. */
export function parseIpv4Address(text: string): Uint8Array {
  if (!/^\d+(\.\d+){3}$/.test(text)) throw new AddressError("is no IPv4 address (four numbers with dots)");
  const [high, low] = parseIpv4Tail(text);
  return ipv4Mapped(Uint8Array.of(high >> 8, high & 0xff, low >> 8, low & 0xff));
}

/** Writes an address like `formatAddress`, but an IPv4-mapped one as the IPv4 address that it stands for. */
export function formatAnyAddress(address: Uint8Array): string {
  return isIpv4Mapped(address) ? address.subarray(12).join(".") : formatAddress(address);
}

/** Writes a prefix like `formatPrefix`, but one of IPv4-mapped addresses as the IPv4 prefix that it stands for. */
export function formatAnyPrefix({ address, lengthBits }: Prefix): string {
  const isIpv4 = isIpv4Mapped(address) && lengthBits >= IPV4_MAPPED.lengthBits;
  return isIpv4 ? `${formatAnyAddress(address)}/${lengthBits - IPV4_MAPPED.lengthBits}` : formatPrefix({ address, lengthBits });
}

/** The IPv4-mapped IPv6 address of four octets. */
export function ipv4Mapped(address: Uint8Array): Uint8Array {
  const mapped = IPV4_MAPPED.address.slice();
  mapped.set(address, 12);
  return mapped;
}

/** Reads "address/length" (RFC 4291 §2.3); bits set behind the prefix are refused; throws AddressError. */
export function parsePrefix(text: string): Prefix {
  const slash = text.indexOf("/");
  if (slash < 0) throw new AddressError("has no prefix length (/)");
  const address = parseAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(digits) || Number(digits) > ADDRESS_BITS) {
    throw new AddressError("has a prefix length that is no integer from 0 to 128");
  }
  const prefix = prefixOf(address, Number(digits));
  if (!sameBytes(prefix.address, address)) {
    throw new AddressError(`has bits set behind its first ${digits} (the prefix is ${formatPrefix(prefix)})`);
  }
  return prefix;
}

/** Writes a prefix as canonical "address/length" (RFC 5952 §7 notation of the address). */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.lengthBits}`;
}

/** The prefix of the given length that an address belongs to. */
export function prefixOf(address: Uint8Array, lengthBits: number): Prefix {
  const masked = address.map((octet, index) => octet & octetMask(lengthBits - 8 * index));
  return { address: masked, lengthBits };
}

/** Whether the address begins with the bits of the prefix. */
export function contains(prefix: Prefix, address: Uint8Array): boolean {
  return sameBytes(prefixOf(address, prefix.lengthBits).address, prefix.address);
}

/** Whether the two prefixes have an address in common: then one of them contains the other. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return a.lengthBits <= b.lengthBits ? contains(a, b.address) : contains(b, a.address);
}

/** ff02::1:ff00:0/104 and the last 24 bits of an address (RFC 4291 §2.7.1). */
export function solicitedNodeGroup(address: Uint8Array): Uint8Array {
  const group = toBytes([0xff02, 0, 0, 0, 0, 1, 0xff00, 0]);
  group.set(address.subarray(13), 13);
  return group;
}

/** The largest anycast identifiers take seven bits (RFC 2526 §2); that of home agents is 126 (§3). */
const ANYCAST_BITS = 7;
const HOME_AGENTS = 126;

/**
 * The anycast address at which the home agents of a prefix are asked for each other (RFC 6275 §10.5, RFC 2526
 * §2): ones behind the prefix, but for the universal bit of a 64-bit interface identifier. Undefined where the
 * prefix leaves no room for it.
 */
export function homeAgentsAnycast({ address, lengthBits }: Prefix): Uint8Array | undefined {
  if (lengthBits > ADDRESS_BITS - ANYCAST_BITS) return undefined;
  const anycast = address.map((octet, index) => octet | (0xff & ~octetMask(lengthBits - 8 * index)));
  anycast[15] = (anycast[15] & 0x80) | HOME_AGENTS;
  if (lengthBits === 64) anycast[8] &= 0xfd;
  return anycast;
}

/** Why an address is not unicast and routable (RFC 6275 §4.6, RFC 4291 §2.5), or undefined if it is. */
export function whyNotRoutable(address: Uint8Array): string | undefined {
  if (address[0] === 0xff) return "is a multicast address";
  if (address[0] === 0xfe && (address[1] & 0xc0) === 0x80) return "is a link-local address";
  if (isIpv4Mapped(address)) return "is an IPv4-mapped address";
  if (address.subarray(0, 15).some((octet) => octet !== 0)) return undefined;
  if (address[15] === 0) return "is the unspecified address";
  return address[15] === 1 ? "is the loopback address" : undefined;
}

/** Whether the address is a unique local one, fc00::/7 (RFC 4193 §3.1). */
export function isUniqueLocal(address: Uint8Array): boolean {
  return (address[0] & 0xfe) === 0xfc;
}

/** Whether the address stands for an IPv4 address. */
export function isIpv4Mapped(address: Uint8Array): boolean {
  return contains(IPV4_MAPPED, address);
}

/** The 16-bit groups on one side of "::"; a dotted IPv4 tail counts as two of them. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] {
  if (text === "") return [];
  const parts = text.split(":");
  const last = parts[parts.length - 1];
  if (!mayEndInIpv4 || !last.includes(".")) return parts.map(parseGroup);
  return [...parts.slice(0, -1).map(parseGroup), ...parseIpv4Tail(last)];
}

function parseGroup(text: string): number {
  if (text === "") throw new AddressError("has an empty group");
  if (!/^[0-9a-f]{1,4}$/i.test(text)) throw new AddressError("has a group that is not 1 to 4 hex digits");
  return parseInt(text, 16);
}

function parseIpv4Tail(text: string): number[] {
  const octets = text.split(".");
  const good = octets.length === 4 && octets.every((o) => /^(0|[1-9][0-9]{0,2})$/.test(o) && Number(o) < 256);
  if (!good) throw new AddressError("has a dotted tail that is no IPv4 address");
  const [a, b, c, d] = octets.map(Number);
  return [(a << 8) | b, (c << 8) | d];
}

/** Start and length of the longest run of zero groups, the first of equals (RFC 5952 §4.2.3). */
function longestZeroRun(groups: number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  let length = 0;
  groups.forEach((group, index) => {
    length = group === 0 ? length + 1 : 0;
    if (length > best[1]) best = [index - length + 1, length];
  });
  return best;
}

function toBytes(groups: number[]): Uint8Array {
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function toGroups(address: Uint8Array): number[] {
  if (address.length !== ADDRESS_BYTES) throw new RangeError(`${address.length} octets are no address`);
  return Array.from({ length: GROUPS }, (_, index) => (address[2 * index] << 8) | address[2 * index + 1]);
}

/** The mask of an octet whose first `bits` belong to the prefix (below 0: none, above 8: all). */
function octetMask(bits: number): number {
  return (0xff00 >> Math.min(8, Math.max(0, bits))) & 0xff;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
