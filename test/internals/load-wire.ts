/**
 * Builds and loads test/internals/wire.ts: the wire layer of the core, each function callable by
 * itself, as `wire.bindingUpdate.sequence(p)`. WebAssembly gives u32 as a signed number: compare
 * after `>>> 0`. A u64 is a bigint.
 */
import { buildInternals } from "./build.ts";

type Functions = Record<string, (...values: (number | bigint)[]) => number>;

/** The functions of the wire layer by file, and its memory. */
export class Wire {
  readonly memory: WebAssembly.Memory;
  readonly files: Record<string, Functions> = {};

  constructor(module: WebAssembly.Module) {
    const { exports } = new WebAssembly.Instance(module);
    this.memory = exports.memory as WebAssembly.Memory;
    for (const [name, value] of Object.entries(exports)) {
      const [file, member] = name.split("$");
      if (typeof value === "function") (this.files[file] ??= {})[member] = value as Functions[string];
    }
  }

  /** Where tests may write: all of this is theirs. */
  readonly room = 0x10000;

  /** Copies bytes to `at`; returns it. */
  put(bytes: Uint8Array, at = this.room): number {
    new Uint8Array(this.memory.buffer).set(bytes, at);
    return at;
  }

  /** Copies bytes to the very end of the memory, so that a read behind them traps; returns where. */
  putAtEnd(bytes: Uint8Array): number {
    return this.put(bytes, this.memory.buffer.byteLength - bytes.length);
  }

  /** A copy of `length` bytes at `at`. */
  get(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, length).slice();
  }
}

/**
 * Compiles the module (in `beforeAll`), unless the binary is newer than all that it is made of, and
 * returns a fresh instance.
 */
export async function loadWire(): Promise<Wire> {
  return new Wire(await buildInternals("wire", ["core-as/wire", "core-as/abi"]));
}

/** Bytes from hexadecimal digits; spaces, line breaks and comments after `#` are for the reader. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/#.*$/gm, "").replace(/\s/g, ""), "hex"));
}

/** One byte string from several. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
