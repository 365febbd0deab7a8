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
  errorPlace ??= findErrorPlace();
  const symbols = openLibrary(Object.fromEntries(
    Object.entries(table).map(([name, { result, parameters, symbol = name }]) => [
      name, { name: symbol, parameters: parameters.map((type) => PARAMETERS[type]), result: RESULTS[result] },
    ]),
  )) as unknown as Readonly<Record<string, Native>>;
  const functions = Object.entries(table).map(([name, { parameters }]) => {
    const kept = keepingError(symbols[name], parameters.length);
    return [name, parameters.includes("text") ? withText(kept) : kept];
  });
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

/** Where this thread has its error number, and how it is read. Each thread has its own module, and the place stays. */
interface ErrorPlace {
  readonly address: number;
  readonly memcpy: (to: Uint8Array, from: number, octets: number) => void;
}

let errorPlace: ErrorPlace | undefined;
const kept = new Int32Array(new ArrayBuffer(4));
const keptBytes = new Uint8Array(kept.buffer);

function findErrorPlace(): ErrorPlace {
  const { __errno_location: locate, memcpy } = openLibrary({
    __errno_location: { parameters: [], result: "pointer" },
    memcpy: { parameters: ["buffer", "usize", "usize"], result: "void" },
  });
  return { address: Number(Deno.UnsafePointer.value(locate())), memcpy: memcpy as unknown as ErrorPlace["memcpy"] };
}

/**
 * A call that keeps its error number when it fails. Both calls stand in one function on purpose: where V8 enters another
 * one it may collect memory or install code, and once in millions of calls that changed the number.
 */
function keepingError(call: Native, parameters: number): Native {
  const { address, memcpy } = errorPlace!;
  type Value = number | Uint8Array;
  switch (parameters) {
    case 0:
      return () => {
        const result = call();
        if (result === -1) memcpy(keptBytes, address, 4);
        return result;
      };
    case 1:
      return (a: Value) => {
        const result = call(a);
        if (result === -1) memcpy(keptBytes, address, 4);
        return result;
      };
    case 2:
      return (a: Value, b: Value) => {
        const result = call(a, b);
        if (result === -1) memcpy(keptBytes, address, 4);
        return result;
      };
    case 3:
      return (a: Value, b: Value, c: Value) => {
        const result = call(a, b, c);
        if (result === -1) memcpy(keptBytes, address, 4);
        return result;
      };
    case 4:
      return (a: Value, b: Value, c: Value, d: Value) => {
        const result = call(a, b, c, d);
        if (result === -1) memcpy(keptBytes, address, 4);
        return result;
      };
    case 5:
      return (a: Value, b: Value, c: Value, d: Value, e: Value) => {
        const result = call(a, b, c, d, e);
        if (result === -1) memcpy(keptBytes, address, 4);
        return result;
      };
    default:
      throw new RangeError("functions of the C library have up to five parameters here");
  }
}

export const errno = (): number => kept[0];

export const addressOf = (bytes: Uint8Array): number => (
  Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>)))
);
