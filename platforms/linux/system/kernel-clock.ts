/**
 * What the kernel knows of its own clock (adjtimex(2)): whether a program keeps it right.
 *
 *   timex, 208 bytes:  0 modes (32 bits)  40 status (32 bits)  24 maximum error, µs (64 bits)
 *
 * With modes 0 nothing is changed, and no privilege is needed.
 */
import { adjtimex, check } from "./libc.ts";
import { Block } from "./memory.ts";

const TIMEX_BYTES = 208;
const MAXIMUM_ERROR = 24;
const STATUS = 40;
const STA_UNSYNC = 0x40;
/** What the kernel says of a clock that nothing has set. */
const UNKNOWN_ERROR_US = 16_000_000;

export interface KernelClock {
  /** A program (NTP, PTP) keeps it right. */
  readonly synchronised: boolean;
  /** How wrong it may be; undefined: nobody knows. */
  readonly maximumErrorMs?: number;
}

export function kernelClock(): KernelClock {
  const timex = new Block(TIMEX_BYTES);
  check(adjtimex(timex.bytes), "adjtimex");
  const errorUs = Number(timex.view.getBigInt64(MAXIMUM_ERROR, true));
  return {
    synchronised: (timex.view.getInt32(STATUS, true) & STA_UNSYNC) === 0,
    ...(errorUs < UNKNOWN_ERROR_US && { maximumErrorMs: errorUs / 1000 }),
  };
}
