/**
 * The mobility options of RFC 6275 §6.2.4 to §6.2.7. Getters take the pointer that
 * `mobility-options.find` gave; `append...` takes where the message starts and where its options end
 * so far, pads to the alignment of the option, and returns the new end.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |   Type = 2    |  Length = 2   |       Refresh Interval        |  Binding Refresh Advice, at 2n
 *   +---------------+---------------+-------------------------------+
 *
 *                                   +---------------+---------------+
 *                                   |   Type = 3    |  Length = 16  |
 *   +-------------------------------+---------------+---------------+
 *   |                   Alternate Care-of Address                   |  at 8n + 6
 *   +---------------------------------------------------------------+
 *
 *                                   +---------------+---------------+
 *                                   |   Type = 4    |  Length = 4   |
 *   +-------------------------------+---------------+---------------+
 *   |       Home Nonce Index        |      Care-of Nonce Index      |  Nonce Indices, at 2n
 *   +-------------------------------+-------------------------------+
 *
 *                                   +---------------+---------------+
 *                                   |   Type = 5    | Option Length |
 *   +-------------------------------+---------------+---------------+
 *   |                     Authenticator ...                         |  Binding Authorization Data,
 *   +---------------------------------------------------------------+  the last, at 8n + 2
 */
import { AUTHENTICATOR_BYTES, MobilityOptionType } from "../abi/codes";
import { ADDRESS_BYTES, copyAddress, get16, set16 } from "./bytes";
import * as lifetime from "./lifetime";
import * as options from "./mobility-options";

const REFRESH_INTERVAL: usize = options.OPTION_DATA;
const ALTERNATE_CAREOF_ADDRESS: usize = options.OPTION_DATA;
const HOME_NONCE_INDEX: usize = options.OPTION_DATA;
const CAREOF_NONCE_INDEX: usize = HOME_NONCE_INDEX + 2;
const AUTHENTICATOR: usize = options.OPTION_DATA;

/** Refresh Interval of a Binding Refresh Advice option, in milliseconds (RFC 6275 §6.2.4). */
export function refreshIntervalMs(option: usize): f64 {
  return lifetime.getMs(option + REFRESH_INTERVAL);
}

/** Pointer to the address of an Alternate Care-of Address option (RFC 6275 §6.2.5). */
export function alternateCareofAddress(option: usize): usize {
  return option + ALTERNATE_CAREOF_ADDRESS;
}

/** Home Nonce Index of a Nonce Indices option (RFC 6275 §6.2.6). */
export function homeNonceIndex(option: usize): u32 {
  return get16(option + HOME_NONCE_INDEX);
}

/** Care-of Nonce Index of a Nonce Indices option, to be ignored when a binding is deleted. */
export function careofNonceIndex(option: usize): u32 {
  return get16(option + CAREOF_NONCE_INDEX);
}

/** Pointer to the authenticator of a Binding Authorization Data option (RFC 6275 §6.2.7). */
export function authenticator(option: usize): usize {
  return option + AUTHENTICATOR;
}

/** Octets of that authenticator; return routability uses 12. */
export function authenticatorLength(option: usize): u32 {
  return options.dataLength(option);
}

/** Appends a Binding Refresh Advice option (RFC 6275 §6.2.4). */
export function appendBindingRefreshAdvice(start: usize, p: usize, refreshIntervalMs: f64): usize {
  const option = options.pad(start, p, 2, 0);
  lifetime.setMs(options.begin(option, MobilityOptionType.BindingRefreshAdvice, 2), refreshIntervalMs);
  return options.next(option);
}

/** Appends an Alternate Care-of Address option (RFC 6275 §6.2.5). */
export function appendAlternateCareofAddress(start: usize, p: usize, careofAddress: usize): usize {
  const option = options.pad(start, p, 8, 6);
  const type = MobilityOptionType.AlternateCareofAddress;
  copyAddress(options.begin(option, type, <u32>ADDRESS_BYTES), careofAddress);
  return options.next(option);
}

/** Appends a Nonce Indices option (RFC 6275 §6.2.6). */
export function appendNonceIndices(
  start: usize,
  p: usize,
  homeNonceIndex: u32,
  careofNonceIndex: u32,
): usize {
  const option = options.pad(start, p, 2, 0);
  options.begin(option, MobilityOptionType.NonceIndices, 4);
  set16(option + HOME_NONCE_INDEX, homeNonceIndex);
  set16(option + CAREOF_NONCE_INDEX, careofNonceIndex);
  return options.next(option);
}

/**
 * Appends a Binding Authorization Data option with an authenticator of 96 zero bits, which ends the
 * message at a multiple of 8 octets (6275-6.2-1). The authenticator stands in the last 12 octets
 * before the returned end.
 */
export function appendBindingAuthorizationData(start: usize, p: usize): usize {
  const option = options.pad(start, p, 8, 2);
  options.begin(option, MobilityOptionType.BindingAuthorizationData, AUTHENTICATOR_BYTES);
  memory.fill(option + AUTHENTICATOR, 0, AUTHENTICATOR_BYTES);
  return options.next(option);
}
