/** See `platforms/linux/system/clock.ts`. */
export function monotonicMs(): number {
  // not performance.now(): its origin is the start of the thread
  return Number(process.hrtime.bigint()) / 1e6;
}
