/** A key that no log line, error message or JSON text can show. */

const PRINTED = "[key]";

/** RFC 4285 §5.1 has keys of 16 octets; HMAC-SHA-1 takes up to one block of 64 as it is (RFC 2104 §2). */
export const KEY_BYTES_MIN = 16;
export const KEY_BYTES_MAX = 64;

/** A key that does not show itself in logs and dumps. */
export class SharedKey {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes.slice();
  }

  /** A copy of the key's octets: for the core, and for nothing that prints. */
  bytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Never the key. */
  toString(): string {
    return PRINTED;
  }

  /** Never the key. */
  toJSON(): string {
    return PRINTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return PRINTED;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return PRINTED;
  }
}

/**
 * Reads a key written in hexadecimal, with an optional "0x" and spaces, colons or hyphens between octets.
 * Gives the key, or why the text is none, without any part of the text.
 */
export function parseKey(text: string): SharedKey | string {
  const octets = text.trim().replace(/^0x/i, "").split(/[\s:-]+/);
  if (octets.join("") === "") return "is empty";
  if (!/^[0-9a-f]+$/i.test(octets.join(""))) return "has other characters than hexadecimal digits";
  if (octets.some((octet) => octet.length % 2 !== 0)) return "has half an octet (an odd number of digits)";
  const pairs = octets.join("").match(/../g)!;
  if (pairs.length < KEY_BYTES_MIN) return `has ${pairs.length} octets, too short`;
  if (pairs.length > KEY_BYTES_MAX) return `has ${pairs.length} octets, too long`;
  return new SharedKey(Uint8Array.from(pairs, (pair) => parseInt(pair, 16)));
}

/**
 * Whether a text could be a key, or half of one, in the wrong place: eight octets or more, in one piece or
 * separated. Such a text is never printed; an address written with all its zeros is not either, alas.
 */
export function looksLikeKey(text: string): boolean {
  return /([0-9a-f]{2}[\s:-]*){8}/i.test(text);
}
