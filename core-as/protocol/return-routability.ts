/**
 * Return routability (RFC 6275 §5.2): what both ends compute.
 *
 *   home keygen token    = first 64 bits of HMAC_SHA1(Kcn, home address    │ nonce │ 0)      §5.2.5
 *   care-of keygen token = first 64 bits of HMAC_SHA1(Kcn, care-of address │ nonce │ 1)
 *   Kbm                  = SHA1(home keygen token │ care-of keygen token)                   §5.2.5
 *                          SHA1(home keygen token) to end a binding from home
 *   authenticator        = first 96 bits of HMAC_SHA1(Kbm,                                  §6.2.7
 *                            care-of address │ correspondent │ Mobility Header)
 */
import { AUTHENTICATOR_BYTES } from "../abi/codes";
import { ADDRESS_BYTES, get64, set64, set8 } from "../wire/bytes";
import * as bindingOptions from "../wire/binding-options";
import * as mobility from "../wire/mobility";
import * as hmac from "./crypto/hmac-sha1";
import * as sha1 from "./crypto/sha1";

/** Octets of the node key Kcn (6275-5.2.1-1). */
export const NODE_KEY_BYTES: usize = 20;
/** Octets of a nonce (RFC 6275 §5.2.2 leaves it to us). */
export const NONCE_BYTES: usize = 8;
/** Octets of a key that `hmac.prepare` has made ready. */
export const KEY_STATE_BYTES: usize = 40;

/** The last octet that goes into a keygen token: which of the two it is. */
export const HOME: u32 = 0;
export const CAREOF: u32 = 1;

const digest = memory.data(20, 8);
const tokens = memory.data(16, 8);
const kbm = memory.data(40, 8); // KEY_STATE_BYTES
const last = memory.data(1, 1);

/** The keygen token of `address` under a prepared Kcn and a nonce; `which` is HOME or CAREOF. */
export function keygenToken(kcnState: usize, address: usize, nonce: usize, which: u32): u64 {
  set8(last, which);
  hmac.begin(kcnState);
  hmac.update(address, ADDRESS_BYTES);
  hmac.update(nonce, NONCE_BYTES);
  hmac.update(last, 1);
  hmac.finish(digest);
  return get64(digest);
}

/** Computes Kbm for the authenticators that follow. */
export function useTokens(homeToken: u64, careofToken: u64): void {
  set64(tokens, homeToken);
  set64(tokens + 8, careofToken);
  prepare(16);
}

/** Computes Kbm from the home keygen token alone: the binding ends from home (RFC 6275 §5.2.6). */
export function useHomeToken(homeToken: u64): void {
  set64(tokens, homeToken);
  prepare(8);
}

function prepare(bytes: usize): void {
  sha1.reset();
  sha1.update(tokens, bytes);
  sha1.finish(digest);
  hmac.prepare(digest, sha1Bytes, kbm);
}
const sha1Bytes: usize = 20;

/**
 * Appends the Binding Authorization Data option to a message that begins at `message` and whose options
 * end at `end`, under the Kbm in use; nothing but the checksum may change afterwards. It is the last option
 * and has no padding behind it. Returns the new end.
 */
export function authorise(message: usize, end: usize, careofAddress: usize, correspondent: usize): usize {
  const after = bindingOptions.appendBindingAuthorizationData(message, end);
  mobility.setEnd(message, after);
  const data = after - AUTHENTICATOR_BYTES;
  compute(message, after - message, data - message, careofAddress, correspondent);
  memory.copy(data, digest, AUTHENTICATOR_BYTES);
  return after;
}

/** True when the authenticator of the Binding Authorization Data option is that of the message and the Kbm in use. */
export function isAuthorised(message: usize, option: usize, careofAddress: usize, correspondent: usize): bool {
  if (bindingOptions.authenticatorLength(option) != AUTHENTICATOR_BYTES) return false;
  const data = bindingOptions.authenticator(option);
  const checksum = mobility.checksum(message);
  mobility.setChecksum(message, 0);
  compute(message, mobility.lengthBytes(message), data - message, careofAddress, correspondent);
  mobility.setChecksum(message, checksum);
  return hmac.sameBytes(digest, data, AUTHENTICATOR_BYTES);
}

/** The Mobility Header counts with a checksum of zero and without the authenticator itself (RFC 6275 §6.2.7). */
function compute(message: usize, length: usize, dataOffset: usize, careofAddress: usize, correspondent: usize): void {
  hmac.begin(kbm);
  hmac.update(careofAddress, ADDRESS_BYTES);
  hmac.update(correspondent, ADDRESS_BYTES);
  hmac.update(message, dataOffset);
  const behind = dataOffset + AUTHENTICATOR_BYTES;
  if (length > behind) hmac.update(message + behind, length - behind);
  hmac.finish(digest);
}
