/**
 * Builds and loads test/internals/wire.ts: the wire layer of the core, each function callable by
 * itself, as `wire.bindingUpdate.sequence(p)`. WebAssembly gives u32 as a signed number: compare
 * after `>>> 0`. A u64 is a bigint.
 */
import { readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildCore } from "../../tools/build-core.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = "build/internals-wire.wasm";

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
  if (!isFresh()) {
    // Test files run at the same time: each writes its own file, and the last one wins whole.
    const own = `build/internals-wire-${process.pid}.wasm`;
    await buildCore("test/internals/wire.ts", own);
    renameSync(root + own, root + binary);
  }
  return new Wire(new WebAssembly.Module(readFileSync(root + binary)));
}

function isFresh(): boolean {
  const built = statSync(root + binary, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ["core-as/wire", "core-as/abi"]
    .flatMap((folder) => readdirSync(root + folder).map((name) => `${folder}/${name}`))
    .concat("test/internals/wire.ts", "tools/build-core.mjs");
  return sources.every((source) => statSync(root + source).mtimeMs < built);
}

/** Bytes from hexadecimal digits; spaces, line breaks and comments after `#` are for the reader. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/#.*$/gm, "").replace(/\s/g, ""), "hex"));
}

/** One byte string from several. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
