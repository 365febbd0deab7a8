/** The record of a command in the making: what goes into it, and what could not be written into it. */
import * as abi from "../../../core-as/abi/contract";
import { isIpv4, writeAddress } from "./addresses";
import { command, commandPointer } from "./core";
import { isPresent, List } from "./memory";
import * as wit from "./records";

/** Refusals of our own, behind those of the core. */
export enum OwnRefusal {
  BadAddress = 13,
  TooLong = 14,
  EngineExists = 15,
}

/** What is wrong with the command at hand: a Refusal, an OwnRefusal, 0: nothing. */
let flaw: i32 = 0;
/** Where its record lies. */
export let record: usize = 0;

/** Begins a record of zeroes. */
export function begin(): void {
  flaw = 0;
  record = commandPointer();
  memory.fill(record, 0, abi.COMMAND_BYTES);
}

/** The command cannot be carried out. */
export function fail(refusal: i32): void {
  flaw = refusal;
}

/** Gives the record to the core, unless it could not be written; returns a refusal, 0: none. */
export function give(code: abi.Command, lengthBytes: u32, now: f64): i32 {
  return flaw !== 0 ? flaw : command(code, lengthBytes, now);
}

export function address(at: usize, pointer: usize, length: u32): void {
  if (!writeAddress(record + at, pointer, length)) flaw = OwnRefusal.BadAddress;
}

/** An address that must be of IPv4. */
export function ipv4(at: usize, pointer: usize, length: u32): void {
  address(at, pointer, length);
  if (!isIpv4(record + at)) flaw = OwnRefusal.BadAddress;
}

/** Addresses one behind the other; returns the octets of all. */
export function addresses(at: usize, list: usize, count: u32, most: u32): u32 {
  if (count > most) {
    flaw = OwnRefusal.TooLong;
    return 0;
  }
  for (let index: u32 = 0; index < count; index++) {
    const each = changetype<List>(list + index * sizeof<u64>());
    address(at + index * 16, each.pointer, each.length);
  }
  return count * 16;
}

/** None, one of the pool (::ffff:0.0.0.0), or an address. */
export function ipv4Home(at: usize, kind: u32, pointer: usize, length: u32): void {
  if ((kind & 0xff) === 1) store<u32>(record + at, 0xffff0000, 8);
  else if ((kind & 0xff) === 2) {
    ipv4(at, pointer, length);
    if (load<u32>(record + at, 12) === 0) flaw = OwnRefusal.BadAddress; // that would be another case
  }
}

/** Octets that must be exactly so many. */
export function octets(at: usize, pointer: usize, length: u32, exactly: u32): void {
  if (length !== exactly) flaw = abi.Refusal.OutOfRange;
  else memory.copy(record + at, pointer, length);
}

export function security(at: usize, from: wit.Security): void {
  if (!isPresent(from.hasKey)) return; // Authentication.None
  if (from.identityBytes > <u32>abi.MAX_IDENTITY_BYTES || from.keyBytes > <u32>abi.MAX_KEY_BYTES) {
    flaw = OwnRefusal.TooLong;
    return;
  }
  const to = record + at;
  store<u32>(to, abi.Authentication.SharedKey, abi.SECURITY_AUTHENTICATION);
  store<u32>(to, from.replayProtection, abi.SECURITY_REPLAY);
  store<u32>(to, from.spi, abi.SECURITY_SPI);
  store<u32>(to, from.keyBytes, abi.SECURITY_KEY_BYTES);
  memory.copy(to + abi.SECURITY_KEY, from.key, from.keyBytes);
  store<u32>(to, from.identityBytes, abi.SECURITY_IDENTITY_BYTES);
  memory.copy(to + abi.SECURITY_IDENTITY, from.identity, from.identityBytes);
}
