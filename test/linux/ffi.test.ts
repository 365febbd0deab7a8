/**
 * How the C library is called (`#ffi`): the contract of platforms/linux/ffi.ts. Under Node this tries koffi; under Deno
 * (test/deno/system.test.ts) `Deno.dlopen`.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressOf, errno, load } from "#ffi";
import {
  EAGAIN, EFD_NONBLOCK, EINTR, O_CLOEXEC, O_CREAT, O_RDWR, SOCK_DGRAM, SOL_SOCKET,
} from "../../platforms/linux/system/constants.ts";
import { close, eventfd, getsockopt, open, ppoll, read, readInto, socket, write, writeFrom } from "../../platforms/linux/system/libc.ts";
import { Block } from "../../platforms/linux/system/memory.ts";

const AF_INET = 2;
const SO_TYPE = 3;
const ENOENT = 2;
const EBADF = 9;
const SIGNAL = "SIGALRM";

describe.skipIf(process.platform !== "linux")("calls into the C library (needs Linux)", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mext-ffi-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("give the error number of the call just made", () => {
    const fd = eventfd(0, EFD_NONBLOCK);
    const count = new Block(8);
    expect([read(fd, count.address, 8), errno()]).toEqual([-1, EAGAIN]);
    expect([close(-1), errno()]).toEqual([-1, EBADF]);
    expect([open(join(folder, "none"), 0, 0), errno()]).toEqual([-1, ENOENT]);
    expect([read(fd, count.address, 8), errno()]).toEqual([-1, EAGAIN]);
    close(fd);
  });

  it("give it also while memory is collected", () => {
    const fd = eventfd(0, EFD_NONBLOCK);
    const count = new Block(8);
    const kept: unknown[] = [];
    let wrong = 0;
    const endMs = performance.now() + 800;
    let rounds = 0;
    for (; performance.now() < endMs; rounds++) {
      const isBad = rounds % 3 === 0;
      kept[rounds % 5000] = { octets: new Uint8Array(rounds % 4096), text: `${rounds}` }; // young and old garbage
      const result = read(isBad ? -1 : fd, count.address, 8);
      if (result !== -1 || errno() !== (isBad ? EBADF : EAGAIN)) wrong++;
    }
    expect(wrong).toBe(0);
    expect(rounds).toBeGreaterThan(10_000);
    close(fd);
  });

  it("pass strings in UTF-8, with their end", () => {
    const path = join(folder, "Fähre 7 ⛴");
    const fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600);
    const octets = new TextEncoder().encode("übersetzt");
    expect(writeFrom(fd, octets, octets.length)).toBe(octets.length);
    close(fd);
    expect(readFileSync(path, "utf8")).toBe("übersetzt");
    expect(open("", 0, 0)).toBe(-1);
  });

  it("pass words of more than 32 bits, and negative numbers", () => {
    const { truncate, lseek, labs } = load({
      truncate: { result: "int", parameters: ["text", "word"] },
      lseek: { result: "word", parameters: ["int", "word", "int"] },
      labs: { result: "word", parameters: ["word"] },
    });
    const path = join(folder, "long");
    const fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600);
    expect(truncate(path, 2 ** 33 + 5)).toBe(0);
    expect(statSync(path).size).toBe(2 ** 33 + 5);
    expect(lseek(fd, -(2 ** 33), 2)).toBe(5);
    expect(labs(-5)).toBe(5);
    expect(lseek(fd, -1, 0)).toBe(-1);
    close(fd);
  });

  it("write into arrays of any size: V8 keeps small ones elsewhere", () => {
    const fd = socket(AF_INET, SOCK_DGRAM, 0);
    for (let round = 0; round < 5000; round++) {
      const [value, length] = [new Uint8Array(4), Uint8Array.of(4, 0, 0, 0)];
      expect(getsockopt(fd, SOL_SOCKET, SO_TYPE, value, length)).toBe(0);
      if (value[0] !== SOCK_DGRAM || length[0] !== 4) expect([round, value, length]).toBe("written");
    }
    close(fd);
    const fromEnd = new Uint8Array(16).subarray(8);
    const counter = eventfd(7, EFD_NONBLOCK);
    expect(readInto(counter, fromEnd, 8)).toBe(8);
    expect([...fromEnd, fromEnd.buffer.byteLength]).toEqual([7, 0, 0, 0, 0, 0, 0, 0, 16]);
    close(counter);
  });

  it("take addresses: of a view, of a part of it, and of WebAssembly memory that grows", () => {
    const block = new Block(64);
    const address = addressOf(block.bytes);
    expect(Number.isSafeInteger(address)).toBe(true);
    expect(addressOf(block.bytes.subarray(24))).toBe(address + 24);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 100 });
    const base = addressOf(new Uint8Array(memory.buffer));
    memory.grow(50);
    expect(addressOf(new Uint8Array(memory.buffer))).toBe(base);
    const fd = eventfd(0, EFD_NONBLOCK);
    new DataView(memory.buffer).setBigUint64(100_000, 42n, true);
    expect(write(fd, base + 100_000, 8)).toBe(8);
    expect(read(fd, base + 200_000, 8)).toBe(8);
    expect(new DataView(memory.buffer).getBigUint64(200_000, true)).toBe(42n);
    close(fd);
  });

  it("tell that a signal interrupted them", () => {
    const { setitimer } = load({ setitimer: { result: "int", parameters: ["int", "bytes", "word"] } });
    const heard = () => {};
    process.on(SIGNAL, heard); // else it would end the process
    // interval and time, seconds and microseconds each: every 30 ms, in case that another thread gets the first ones
    const timer = new BigInt64Array([0n, 30_000n, 0n, 30_000n]);
    setitimer(0, new Uint8Array(timer.buffer), 0);
    const timeout = new Block(16);
    timeout.setAddress(0, 2);
    const result = ppoll(0, 0, timeout.address, 0);
    const error = errno();
    setitimer(0, new Uint8Array(32), 0);
    process.off(SIGNAL, heard);
    expect([result, error]).toEqual([-1, EINTR]);
  });

  it("are made in the way of the runtime", () => {
    expect(String(addressOf).includes("Deno.")).toBe("Deno" in globalThis);
  });

  it("refuse a function that the C library does not have", () => {
    expect(() => load({ no_such_function: { result: "int", parameters: [] } })).toThrow(/no_such_function/);
  });
});
