/** The mobility security association of this mobile node (RFC 4285 §5.1): identity, SPI and key. */
import {
  Authentication, MAX_IDENTITY_BYTES, MAX_KEY_BYTES, Refusal, SECURITY_AUTHENTICATION, SECURITY_IDENTITY,
  SECURITY_IDENTITY_BYTES, SECURITY_KEY, SECURITY_KEY_BYTES, SECURITY_REPLAY, SECURITY_SPI,
} from "../abi/contract";
import { MOBILITY_SPI_RESERVED_MAX } from "../abi/codes";
import * as hmac from "./crypto/hmac-sha1";

/** Shorter keys are refused (RFC 4285 §5.1). */
const MIN_KEY_BYTES: u32 = 16;

const preparedKey = memory.data(40, 8);
const ownIdentity = memory.data(240, 8); // MAX_IDENTITY_BYTES
let ownIdentityBytes: u32 = 0;
let ownKind: u32 = 0;
let ownReplay: u32 = 0;
let ownSpi: u32 = 0;

/** Checks a SECURITY_* record: whether it has what its kind of authentication needs. */
export function check(record: usize): Refusal {
  if (load<u32>(record, SECURITY_AUTHENTICATION) == Authentication.None) return Refusal.None;
  if (load<u32>(record, SECURITY_AUTHENTICATION) != Authentication.SharedKey) return Refusal.OutOfRange;
  const keyBytes = load<u32>(record, SECURITY_KEY_BYTES);
  if (keyBytes < MIN_KEY_BYTES) return Refusal.KeyMissing;
  if (keyBytes > <u32>MAX_KEY_BYTES || load<u32>(record, SECURITY_SPI) <= <u32>MOBILITY_SPI_RESERVED_MAX) {
    return Refusal.OutOfRange;
  }
  const identityLength = load<u32>(record, SECURITY_IDENTITY_BYTES);
  return identityLength == 0 || identityLength > <u32>MAX_IDENTITY_BYTES ? Refusal.OutOfRange : Refusal.None;
}

/** Prepares the key of a checked record: 40 octets to `state`. The key itself is wiped from the record. */
export function prepareKey(record: usize, state: usize): void {
  hmac.prepare(record + SECURITY_KEY, load<u32>(record, SECURITY_KEY_BYTES), state);
  memory.fill(record + SECURITY_KEY, 0, MAX_KEY_BYTES);
}

/** Takes a checked record as this mobile node's own. */
export function configure(record: usize): void {
  ownKind = load<u32>(record, SECURITY_AUTHENTICATION);
  if (ownKind == Authentication.None) return;
  ownReplay = load<u32>(record, SECURITY_REPLAY);
  ownSpi = load<u32>(record, SECURITY_SPI);
  ownIdentityBytes = load<u32>(record, SECURITY_IDENTITY_BYTES);
  memory.copy(ownIdentity, record + SECURITY_IDENTITY, ownIdentityBytes);
  prepareKey(record, preparedKey);
}

/** Authentication */
export function kind(): u32 {
  return ownKind;
}

/** ReplayProtection */
export function replay(): u32 {
  return ownReplay;
}

export function spi(): u32 {
  return ownSpi;
}

export function identity(): usize {
  return ownIdentity;
}

export function identityBytes(): u32 {
  return ownIdentityBytes;
}

export function keyState(): usize {
  return preparedKey;
}
