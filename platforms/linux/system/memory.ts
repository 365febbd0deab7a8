/**
 * Memory that system calls read and write: small control blocks of our own, and packets that stay
 * where the core has them, in WebAssembly memory.
 *
 * The address of a WebAssembly memory never changes: the engine reserves its whole range, and growth
 * only detaches the JavaScript views. So the base address is asked for once, and a packet's address
 * is `base + pointer`.
 */

import { SO_RCVBUF, SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE, SOL_SOCKET } from "./constants.ts";
import type { SystemError } from "./errors.ts";
import { addressOf, check, setsockopt } from "./libc.ts";

/** A block of memory outside the JavaScript heap with views over it. Lives as long as this object. */
export class Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly address: number;

  constructor(lengthBytes: number) {
    // an explicit ArrayBuffer: V8 may keep the bytes of a small typed array on its moving heap
    const buffer = new ArrayBuffer(lengthBytes);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.address = addressOf(this.bytes);
  }

  /** Writes a 64-bit address (or any integer up to 2^53) without a BigInt. */
  setAddress(offset: number, value: number): void {
    this.view.setUint32(offset, value >>> 0, true);
    this.view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
  }
}

/** Packets in WebAssembly memory; `pointer` everywhere means the core's own pointer. */
export class PacketMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #base: number;
  #view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#base = addressOf(new Uint8Array(memory.buffer));
  }

  /** Virtual address of the core's `pointer`. */
  addressAt(pointer: number): number {
    return this.#base + pointer;
  }

  /** A view over the whole memory, made anew after the memory has grown. */
  get view(): DataView {
    // growth detaches the old buffer, whose length is then 0
    if (this.#view.buffer.byteLength === 0) this.#view = new DataView(this.#memory.buffer);
    return this.#view;
  }
}

/** setsockopt(2) with an `int` value; throws SystemError. */
export function setIntegerOption(
  fd: number, level: number, name: number, value: number, what: string,
): void {
  setBytesOption(fd, level, name, new Uint8Array(Int32Array.of(value).buffer), what);
}

/**
 * Sets the kernel's queue of a socket. Beyond net.core.rmem_max and wmem_max only the host's own CAP_NET_ADMIN
 * counts: root of a user namespace gets what the limits allow. Throws SystemError.
 */
export function setQueueBytes(fd: number, direction: "send" | "receive", lengthBytes: number): void {
  const [forced, limited] = direction === "send" ? [SO_SNDBUFFORCE, SO_SNDBUF] : [SO_RCVBUFFORCE, SO_RCVBUF];
  try {
    setIntegerOption(fd, SOL_SOCKET, forced, lengthBytes, `${direction} queue`);
  } catch (error) {
    if ((error as SystemError).code !== "EPERM") throw error;
    setIntegerOption(fd, SOL_SOCKET, limited, lengthBytes, `${direction} queue`);
  }
}

/** setsockopt(2) with a structure; throws SystemError. */
export function setBytesOption(
  fd: number, level: number, name: number, value: Uint8Array, what: string,
): void {
  check(setsockopt(fd, level, name, value, value.length), `setsockopt ${what}`);
}
