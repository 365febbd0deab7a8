/// <reference types="deno" />
/** The C library by `Deno.dlopen`: part of Deno, so nothing is installed for it. See `platforms/linux/ffi.ts`. */
import type { Library, ParameterType, ResultType, Signature } from "../linux/ffi.ts";

/** glibc's name of itself, and those of musl, one for each machine. */
const NAMES = ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`];

/**
 * A `word` passes as a number, which is as cheap as an address object; i64 costs twice as much, and a result of 64 bits
 * would be a BigInt. The lower half of a result says all, see the contract.
 */
const PARAMETERS: Readonly<Record<ParameterType, Deno.NativeType>> = {
  int: "i32", word: "usize", bytes: "buffer", text: "buffer",
};
const RESULTS: Readonly<Record<ResultType, Deno.NativeResultType>> = { int: "i32", word: "i32" };

/** As Deno has it: called with numbers and buffers. */
type Native = (...parameters: (number | Uint8Array)[]) => number;

type Table = Readonly<Record<string, Signature>>;

/**
 * With the permission at once. Without it when a function is called: programs without TUN import this too, and are not
 * asked for a permission that they do not need. An Error of one line then says what to do.
 */
export function load<T extends Table>(table: T): Library<T> {
  const isGranted = Deno.build.os === "linux" && Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  return isGranted ? open(table) : openLater(table);
}

function openLater<T extends Table>(table: T): Library<T> {
  let library: Readonly<Record<string, Native>> | undefined;
  const functions = Object.keys(table).map((name) => [
    name, (...parameters: Parameters<Native>) => (library ??= open(table) as unknown as Record<string, Native>)[name](...parameters),
  ]);
  return Object.fromEntries(functions) as Library<T>;
}

function open<T extends Table>(table: T): Library<T> {
  errorNumber ??= errorNumberView();
  const symbols = openLibrary(Object.fromEntries(
    Object.entries(table).map(([name, { result, parameters, symbol = name }]) => [
      name, { name: symbol, parameters: parameters.map((type) => PARAMETERS[type]), result: RESULTS[result] },
    ]),
  )) as unknown as Readonly<Record<string, Native>>;
  const functions = Object.entries(table).map(([name, { parameters }]) => [
    name, parameters.includes("text") ? withText(symbols[name]) : symbols[name],
  ]);
  return Object.fromEntries(functions) as Library<T>;
}

/** Strings go with the zero octet at their end. */
function withText(call: Native) {
  const encoder = new TextEncoder();
  return (...parameters: (number | Uint8Array | string)[]) => (
    call(...parameters.map((each) => (typeof each === "string" ? encoder.encode(`${each}\0`) : each)))
  );
}

/** Throws an Error of one line that says what to do. */
function openLibrary<S extends Deno.ForeignLibraryInterface>(symbols: S) {
  if (Deno.build.os !== "linux") throw new Error("mext's Linux system layer needs Linux");
  const failures: string[] = [];
  for (const name of NAMES) {
    try {
      return Deno.dlopen(name, symbols).symbols;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw new Error(NO_PERMISSION, { cause: error });
      failures.push((error as Error).message);
    }
  }
  throw new Error(`the C library cannot be called: ${failures.join("; ")}`);
}

const NO_PERMISSION = "TUN devices and raw sockets need calls into the C library: run deno again with --allow-ffi";

/**
 * Where this thread has its error number: each thread has its own module, and its place never changes. Deno does not
 * touch it between a call and the next statement (test/linux/ffi.test.ts tries hard).
 */
let errorNumber: Deno.UnsafePointerView | undefined;

/** Asked for once, and early: opening a library would change the number. */
function errorNumberView(): Deno.UnsafePointerView {
  const { __errno_location: locate } = openLibrary({ __errno_location: { parameters: [], result: "pointer" } });
  return new Deno.UnsafePointerView(locate()!);
}

/** Before anything is loaded there was no call either, so no error. */
export const errno = (): number => errorNumber?.getInt32() ?? 0;

export const addressOf = (bytes: Uint8Array): number => (
  Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>)))
);
