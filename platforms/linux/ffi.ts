/**
 * How the C library is called: each runtime has its own way, `platforms/node/ffi.ts` and `platforms/deno/ffi.ts`.
 * The name `#ffi` (package.json, "imports") is the one of the runtime that a bundle is made for. Both export
 *
 *   load       the functions of a table of signatures
 *   errno      the error number of the call just made; to be read before anything else is called
 *   addressOf  the virtual address of the first octet of a view; the caller keeps the view alive while it is used
 */

/**
 * Types of parameters and results, as the calling conventions of 64-bit Linux have them: `int` has 32 bits, signed;
 * `word` has 64, as a number (user space addresses are below 2^53, so a number holds them exactly); `bytes` is the
 * address of a typed array, which stays alive for as long as the call lasts; `text` is a C string. As a result a `word`
 * is -1 or a count of octets, for which 31 bits do: Linux transfers no more in one call (read(2)).
 */
export type ParameterType = "int" | "word" | "bytes" | "text";
export type ResultType = "int" | "word";

/** A function of the C library: its result, its parameters, and its symbol when that is not the name in the table. */
export interface Signature {
  readonly result: ResultType;
  readonly parameters: readonly ParameterType[];
  readonly symbol?: string;
}

type Argument = { readonly int: number; readonly word: number; readonly bytes: Uint8Array; readonly text: string };

type Arguments<P extends readonly ParameterType[]> = { -readonly [K in keyof P]: Argument[P[K]] };

/** A signature as TypeScript sees it. */
export type Call<S extends Signature> = (...parameters: Arguments<S["parameters"]>) => number;

/** What `load` gives for a table. */
export type Library<T extends Readonly<Record<string, Signature>>> = { readonly [K in keyof T]: Call<T[K]> };
