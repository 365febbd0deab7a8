/** See `platforms/linux/system/clock.ts`. In Deno every clock but the wall clock begins with the thread. */
import { load } from "./ffi.ts";

const CLOCK_MONOTONIC = 1;

const { clock_gettime: readClock } = load({ clock_gettime: { result: "int", parameters: ["int", "bytes"] } });

/** What CLOCK_MONOTONIC showed when this thread began: performance.now() goes on from there with the same clock. */
let originMs: number | undefined;

export function monotonicMs(): number {
  return (originMs ??= threadOriginMs()) + performance.now();
}

/** timespec, 16 bytes: 0 seconds (64 bits)  8 nanoseconds (64 bits) */
function threadOriginMs(): number {
  const timespec = new DataView(new ArrayBuffer(16));
  const bytes = new Uint8Array(timespec.buffer);
  readClock(CLOCK_MONOTONIC, bytes); // the first call is slow: it is compiled
  const beforeMs = performance.now();
  readClock(CLOCK_MONOTONIC, bytes);
  const afterMs = performance.now();
  const clockMs = Number(timespec.getBigInt64(0, true)) * 1000 + Number(timespec.getBigInt64(8, true)) / 1e6;
  return clockMs - (beforeMs + afterMs) / 2;
}
