/**
 * The C library's system calls, called directly: no compiled addon and no outside command.
 *
 * The packet path passes pointers as plain numbers (`uintptr_t`): that is as cheap as a typed array,
 * and lets an address inside WebAssembly memory be computed by one addition (see memory.ts). User
 * space addresses are below 2^53 on every 64-bit machine, so a number holds them exactly. The other
 * calls take typed arrays (`void *`), which stay alive for as long as the call lasts.
 *
 * Variadic functions (open, ioctl) are declared with fixed parameters: the Linux calling
 * conventions pass them alike, and a variadic call costs a type description for each call.
 */

import { endianness } from "node:os";
import koffi from "koffi";
import { EINTR } from "./constants.ts";
import { SystemError } from "./errors.ts";

if (process.platform !== "linux" || koffi.sizeof("void *") !== 8 || endianness() !== "LE") {
  throw new Error("mext's Linux system layer needs Linux on a 64-bit little-endian machine");
}

/** The symbols of the running process, so that glibc and musl are both found. */
const library = koffi.load(null);

function declare<Call extends (...parameters: never[]) => number>(prototype: string): Call {
  return library.func(prototype) as unknown as Call;
}

type FdCall = (fd: number) => number;
type AddressCall = (fd: number, address: number, lengthBytes: number) => number;
type BytesCall = (fd: number, bytes: Uint8Array, lengthBytes: number) => number;
type BytesFlagsCall = (fd: number, bytes: Uint8Array, lengthBytes: number, flags: number) => number;

export const open = declare<(path: string, flags: number, mode: number) => number>(
  "int open(const char *path, int flags, int mode)",
);
export const close = declare<FdCall>("int close(int fd)");
export const read = declare<AddressCall>("intptr_t read(int fd, uintptr_t buffer, size_t length)");
export const write = declare<AddressCall>("intptr_t write(int fd, uintptr_t buffer, size_t length)");
export const ioctl = declare<(fd: number, request: number, argument: Uint8Array) => number>(
  "int ioctl(int fd, unsigned long request, void *argument)",
);
/** ioctl(2) for requests whose argument is the value itself. */
export const ioctlValue = declare<(fd: number, request: number, value: number) => number>(
  "int ioctl(int fd, unsigned long request, unsigned long value)",
);

export const flock = declare<(fd: number, operation: number) => number>("int flock(int fd, int operation)");

export const socket = declare<(family: number, type: number, protocol: number) => number>(
  "int socket(int family, int type, int protocol)",
);
export const bind = declare<BytesCall>("int bind(int fd, const void *address, unsigned int length)");
export const getsockname = declare<(fd: number, address: Uint8Array, lengthBytes: Uint8Array) => number>(
  "int getsockname(int fd, void *address, void *length)",
);
export const setsockopt = declare<
  (fd: number, level: number, name: number, value: Uint8Array, lengthBytes: number) => number
>("int setsockopt(int fd, int level, int name, const void *value, unsigned int length)");
export const getsockopt = declare<
  (fd: number, level: number, name: number, value: Uint8Array, lengthBytes: Uint8Array) => number
>("int getsockopt(int fd, int level, int name, void *value, void *length)");
export const send = declare<BytesFlagsCall>(
  "intptr_t send(int fd, const void *buffer, size_t length, int flags)",
);
export const recv = declare<BytesFlagsCall>(
  "intptr_t recv(int fd, void *buffer, size_t length, int flags)",
);
export const sendmmsg = declare<(fd: number, vector: number, count: number, flags: number) => number>(
  "int sendmmsg(int fd, uintptr_t vector, unsigned int count, int flags)",
);
export const recvmmsg = declare<
  (fd: number, vector: number, count: number, flags: number, timeout: number) => number
>("int recvmmsg(int fd, uintptr_t vector, unsigned int count, int flags, uintptr_t timeout)");

export const ppoll = declare<
  (descriptors: number, count: number, timeout: number, signalMask: number) => number
>("int ppoll(uintptr_t descriptors, unsigned long count, uintptr_t timeout, uintptr_t signalMask)");
export const eventfd = declare<(initial: number, flags: number) => number>(
  "int eventfd(unsigned int initial, int flags)",
);
export const setns = declare<(fd: number, namespaceType: number) => number>("int setns(int fd, int type)");
export const unshare = declare<(what: number) => number>("int unshare(int flags)");
export const adjtimex = declare<(buffer: Uint8Array) => number>("int adjtimex(void *buffer)");

/** The error number of the system call just made; to be read before anything else is called. */
export function errno(): number {
  return koffi.errno();
}

/**
 * Passes a result through, or throws SystemError when it is -1.
 * @param syscall what was tried, for the message: "open /dev/net/tun"
 */
export function check(result: number, syscall: string, hint?: string): number {
  if (result === -1) throw new SystemError(syscall, koffi.errno(), hint);
  return result;
}

/** Does what a descriptor that was just opened needs; closes it when that fails. */
export function prepare<Result>(fd: number, steps: () => Result): Result {
  try {
    return steps();
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** Repeats a call that a signal interrupted. */
export function retryInterrupted(call: () => number): number {
  for (;;) {
    const result = call();
    if (result !== -1 || koffi.errno() !== EINTR) return result;
  }
}

/** Virtual address of the first byte of a view; the caller keeps the view alive while it is used. */
export function addressOf(bytes: Uint8Array): number {
  return Number(koffi.address(bytes));
}
