/**
 * The mobility message authentication option with a shared key (RFC 4285 §5.1) and replay
 * protection by timestamps (§6): what makes a Binding Update believable where there is no IPsec.
 *
 *   authentication data = first 96 bits of
 *     HMAC-SHA1(key, care-of address │ home address │ Mobility Header up to and including the SPI)
 *
 * with a checksum of zero in the Mobility Header.
 */
import { AUTHENTICATOR_BYTES, AuthenticationSubtype } from "../abi/codes";
import { ADDRESS_BYTES } from "../wire/bytes";
import * as clock from "../tables/clock";
import * as mobility from "../wire/mobility";
import * as hmac from "./crypto/hmac-sha1";
import * as random from "./crypto/random";
import * as sha1 from "./crypto/sha1";
import * as options from "../wire/authentication-options";

const result = memory.data(20, 4);

const identityHash = memory.data(20, 8);

/** Pointer to the hash of an identity (16 octets), good until the next call. */
export function hashIdentity(identity: usize, lengthBytes: u32): usize {
  sha1.reset();
  sha1.update(identity, lengthBytes);
  sha1.finish(identityHash);
  return identityHash;
}

/**
 * Appends the authentication option to a message that begins at `message` and whose options end at
 * `end`; completes its length. Nothing but the checksum may be changed afterwards (4285-5.1-3,
 * 4285-5.1-4). Returns the new end.
 */
export function sign(
  message: usize, end: usize, keyState: usize, spi: u32, careofAddress: usize, homeAddress: usize,
): usize {
  const last = options.appendAuthentication(
    message, end, AuthenticationSubtype.MobileNodeHomeAgent, spi, AUTHENTICATOR_BYTES,
  );
  mobility.setEnd(message, last);
  const data = last - AUTHENTICATOR_BYTES;
  digest(message, data, keyState, careofAddress, homeAddress);
  memory.copy(data, result, AUTHENTICATOR_BYTES);
  return last;
}

/** True when the option's authentication data are those of the message and the key (4285-5.1.1-3). */
export function verify(message: usize, option: usize, keyState: usize, careofAddress: usize, homeAddress: usize): bool {
  if (options.authenticationDataLength(option) != AUTHENTICATOR_BYTES) return false;
  const data = options.authenticationData(option);
  const checksum = mobility.checksum(message);
  mobility.setChecksum(message, 0);
  digest(message, data, keyState, careofAddress, homeAddress);
  mobility.setChecksum(message, checksum);
  return hmac.sameBytes(result, data, AUTHENTICATOR_BYTES);
}

function digest(message: usize, end: usize, keyState: usize, careofAddress: usize, homeAddress: usize): void {
  hmac.begin(keyState);
  hmac.update(careofAddress, ADDRESS_BYTES);
  hmac.update(homeAddress, ADDRESS_BYTES);
  hmac.update(message, end - message);
  hmac.finish(result);
}

// ---- timestamps: 32 bits of seconds since 1900, 32 bits of fraction (4285-6-6) ----------------

const SECONDS_1900_TO_1970: f64 = 2208988800;
const FRACTIONS: f64 = 4294967296;

/** The time of day as a timestamp; its bits below a millisecond are random (4285-6-7). */
export function timestampNow(addedMs: f64): u64 {
  const ms = clock.unix() + addedMs;
  const seconds = Math.floor(ms / 1000);
  const fraction = <u64>((ms - seconds * 1000) / 1000 * FRACTIONS);
  // A millisecond is 2^22 fractions, nearly: what is below it nobody measured.
  const low = (fraction & ~0x3fffff) | (random.next32() & 0x3fffff);
  return (toSeconds(seconds) << 32) | min<u64>(low, 0xffffffff);
}

/** Seconds of the NTP era: modulo 2^32. */
function toSeconds(unixSeconds: f64): u64 {
  const seconds = unixSeconds + SECONDS_1900_TO_1970;
  return <u64>(seconds - Math.floor(seconds / FRACTIONS) * FRACTIONS);
}

/** How far timestamp `a` is ahead of `b`, in ms; right across the end of the NTP era. */
export function differenceMs(a: u64, b: u64): f64 {
  return <f64>(<i64>(a - b)) / FRACTIONS * 1000;
}
