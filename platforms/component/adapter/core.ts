/**
 * What the adapter calls: the exports of mext.wasm, unchanged, and what the component model gives to a component
 * that has resources of its own. The memory is the core's, too: `--importMemory`.
 */

// @ts-ignore: decorators
@external("__main_module__", "hostAlloc")
export declare function hostAlloc(lengthBytes: u32): usize;
// @ts-ignore: decorators
@external("__main_module__", "commandPointer")
export declare function commandPointer(): usize;
// @ts-ignore: decorators
@external("__main_module__", "start")
export declare function start(now: f64): i32;
// @ts-ignore: decorators
@external("__main_module__", "command")
export declare function command(code: u32, lengthBytes: u32, now: f64): i32;
// @ts-ignore: decorators
@external("__main_module__", "entropyPointer")
export declare function entropyPointer(): usize;
// @ts-ignore: decorators
@external("__main_module__", "feedEntropy")
export declare function feedEntropy(lengthBytes: u32): void;
// @ts-ignore: decorators
@external("__main_module__", "inputPointer")
export declare function inputPointer(): usize;
// @ts-ignore: decorators
@external("__main_module__", "inputStride")
export declare function inputStride(): usize;
// @ts-ignore: decorators
@external("__main_module__", "inputDescriptors")
export declare function inputDescriptors(): usize;
// @ts-ignore: decorators
@external("__main_module__", "process")
export declare function process(now: f64, first: u32, count: u32): u32;
// @ts-ignore: decorators
@external("__main_module__", "tick")
export declare function tick(now: f64): u32;
// @ts-ignore: decorators
@external("__main_module__", "orderCount")
export declare function orderCount(): u32;
// @ts-ignore: decorators
@external("__main_module__", "ordersPointer")
export declare function ordersPointer(): usize;
// @ts-ignore: decorators
@external("__main_module__", "nextWakeupMs")
export declare function nextWakeupMs(): f64;
// @ts-ignore: decorators
@external("__main_module__", "query")
export declare function query(kind: u32, cursor: u32): u32;
// @ts-ignore: decorators
@external("__main_module__", "queryCursor")
export declare function queryCursor(): u32;
// @ts-ignore: decorators
@external("__main_module__", "replyPointer")
export declare function replyPointer(): usize;
// @ts-ignore: decorators
@external("__main_module__", "countersPointer")
export declare function countersPointer(): usize;
// @ts-ignore: decorators
@external("__main_module__", "exportState")
export declare function exportState(cursor: u32): u32;
// @ts-ignore: decorators
@external("__main_module__", "importState")
export declare function importState(lengthBytes: u32, now: f64): u32;
// @ts-ignore: decorators
@external("__main_module__", "dissect")
export declare function dissect(lengthBytes: u32, linkType: u32): u32;
// @ts-ignore: decorators
@external("__main_module__", "assemble")
export declare function assemble(recordBytes: u32): i32;
// @ts-ignore: decorators
@external("__main_module__", "assemblyPointer")
export declare function assemblyPointer(): usize;
// @ts-ignore: decorators
@external("__main_module__", "dissectionPointer")
export declare function dissectionPointer(): usize;
// @ts-ignore: decorators
@external("__main_module__", "scratchPointer")
export declare function scratchPointer(): usize;

/** The resources' interfaces, with the version of wit/world.wit: another one does not build. */
// @ts-ignore: decorators
@external("[export]mext:core/engine@0.1.0", "[resource-new]engine")
export declare function newEngine(representation: u32): u32;
// @ts-ignore: decorators
@external("[export]mext:core/codec@0.1.0", "[resource-new]codec")
export declare function newCodec(representation: u32): u32;
