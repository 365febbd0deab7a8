/**
 * The Internet checksum (RFC 1071) in plain JavaScript, in the ways in which people write it. Each
 * sums `length` octets from `at` on and answers with a sum that `fold` brings to 16 bits. The ones
 * over words need an even, or a fourfold, offset; they sum in the order of the machine, and `fold`
 * with `swap` puts that right at the end (RFC 1071 §2(B)).
 */

export interface Checksum {
  name: string;
  sum(memory: Memory, at: number, length: number): number;
  /** The sum is in the order of a little-endian machine. */
  swap: boolean;
}

/** One buffer, as all views that the sums use. */
export interface Memory {
  bytes: Uint8Array;
  view: DataView;
  halves: Uint16Array;
  words: Uint32Array;
}

export function memoryOf(buffer: ArrayBuffer): Memory {
  return {
    bytes: new Uint8Array(buffer), view: new DataView(buffer),
    halves: new Uint16Array(buffer), words: new Uint32Array(buffer),
  };
}

/** Brings a sum to 16 bits in network order. */
export function fold(sum: number, swap: boolean): number {
  let folded = (sum & 0xffff) + Math.floor(sum / 0x10000);
  folded = (folded & 0xffff) + (folded >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return swap ? ((folded & 0xff) << 8) | (folded >>> 8) : folded;
}

function sumOctets({ bytes }: Memory, at: number, length: number): number {
  let sum = 0;
  const end = at + (length & ~1);
  for (; at < end; at += 2) sum += (bytes[at] << 8) | bytes[at + 1];
  return length & 1 ? sum + (bytes[at] << 8) : sum;
}

function sumView({ view, bytes }: Memory, at: number, length: number): number {
  let sum = 0;
  const end = at + (length & ~1);
  for (; at < end; at += 2) sum += view.getUint16(at);
  return length & 1 ? sum + (bytes[at] << 8) : sum;
}

function sumHalves({ halves, bytes }: Memory, at: number, length: number): number {
  let sum = 0;
  const end = (at + length) >> 1;
  for (let index = at >> 1; index < end; index++) sum += halves[index];
  return length & 1 ? sum + bytes[at + length - 1] : sum;
}

/** Both halves of each word in 32-bit integers: good for 256 KiB. */
function sumWords({ words, halves, bytes }: Memory, at: number, length: number): number {
  let even = 0;
  let odd = 0;
  const end = (at + length) >> 2;
  for (let index = at >> 2; index < end; index++) {
    const word = words[index];
    even += word & 0xffff;
    odd += word >>> 16;
  }
  return even + odd + rest(halves, bytes, at, length);
}

/** `sumWords`, eight words a step. */
function sumUnrolled({ words, halves, bytes }: Memory, at: number, length: number): number {
  let even = 0;
  let odd = 0;
  let index = at >> 2;
  const end = (at + length) >> 2;
  for (const last = end - 7; index < last; index += 8) {
    const a = words[index], b = words[index + 1], c = words[index + 2], d = words[index + 3];
    const e = words[index + 4], f = words[index + 5], g = words[index + 6], h = words[index + 7];
    even = (even + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff)
      + (e & 0xffff) + (f & 0xffff) + (g & 0xffff) + (h & 0xffff)) | 0;
    odd = (odd + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)
      + (e >>> 16) + (f >>> 16) + (g >>> 16) + (h >>> 16)) | 0;
  }
  for (; index < end; index++) {
    even += words[index] & 0xffff;
    odd += words[index] >>> 16;
  }
  return even + odd + rest(halves, bytes, at, length);
}

/** Whole words in doubles, which are exact up to 2^53. */
function sumDoubles({ words, halves, bytes }: Memory, at: number, length: number): number {
  let first = 0, second = 0, third = 0, fourth = 0;
  let index = at >> 2;
  const end = (at + length) >> 2;
  for (const last = end - 3; index < last; index += 4) {
    first += words[index];
    second += words[index + 1];
    third += words[index + 2];
    fourth += words[index + 3];
  }
  for (; index < end; index++) first += words[index];
  const sum = first + second + third + fourth;
  const high = Math.floor(sum / 0x100000000);
  const low = sum - high * 0x100000000;
  return high + (low & 0xffff) + (low >>> 16) + rest(halves, bytes, at, length);
}

/** What is behind the last whole word. */
function rest(halves: Uint16Array, bytes: Uint8Array, at: number, length: number): number {
  let sum = 0;
  if (length & 2) sum += halves[(at + (length & ~3)) >> 1];
  if (length & 1) sum += bytes[at + length - 1];
  return sum;
}

export const CHECKSUMS: Checksum[] = [
  { name: "octet pairs", sum: sumOctets, swap: false },
  { name: "DataView, 16 bits", sum: sumView, swap: false },
  { name: "Uint16Array", sum: sumHalves, swap: true },
  { name: "Uint32Array, 32-bit sums", sum: sumWords, swap: true },
  { name: "Uint32Array, 32-bit sums, eight a step", sum: sumUnrolled, swap: true },
  { name: "Uint32Array, sums in doubles", sum: sumDoubles, swap: true },
];

export const FASTEST_CHECKSUM = CHECKSUMS[CHECKSUMS.length - 1];
