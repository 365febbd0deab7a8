/** The C library by koffi: prebuilt, so nothing is compiled on the user's machine. See `platforms/linux/ffi.ts`. */
import { endianness } from "node:os";
import koffi from "koffi";
import type { Library, ParameterType, ResultType, Signature } from "../linux/ffi.ts";

if (process.platform !== "linux" || koffi.sizeof("void *") !== 8 || endianness() !== "LE") {
  throw new Error("mext's Linux system layer needs Linux on a 64-bit little-endian machine");
}

const C_TYPES: Readonly<Record<ParameterType | ResultType, string>> = {
  int: "int", word: "intptr_t", bytes: "void *", text: "const char *",
};

export function load<T extends Readonly<Record<string, Signature>>>(table: T): Library<T> {
  const process = koffi.load(null); // the symbols of the running process, so that glibc and musl are both found
  const functions = Object.entries(table).map(([name, { result, parameters, symbol = name }]) => [
    name, process.func(symbol, C_TYPES[result], parameters.map((type) => C_TYPES[type])),
  ]);
  return Object.fromEntries(functions) as Library<T>;
}

export const errno = (): number => koffi.errno();

export const addressOf = (bytes: Uint8Array): number => Number(koffi.address(bytes));
