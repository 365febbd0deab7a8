/**
 * The adapter: stands beside mext.wasm in the component and says in the canonical ABI what engine.wit and codec.wit
 * promise. It has no memory and no data of its own.
 *
 *   host → lifted function → core's memory and functions → records → lists and variants → host
 *
 * Exports are called after the functions of the WIT: `[method]engine.next-wakeup-ms` is engineNextWakeupMs. The build
 * (tools/build/component.mjs) gives them the names that the component model wants.
 */
import { release } from "./memory";

export * from "./codec";
export * from "./encode";
export * from "./engine";
export { cabi_realloc } from "./memory";

/** After a function without results in memory. */
export function post0(): void {
  release();
}

/** After a function whose result is one number, or lies in memory. */
export function post1(_result: u32): void {
  release();
}
