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

import { addressOf, errno, load } from "#ffi";
import type { ParameterType, ResultType } from "../ffi.ts";
import { EINTR } from "./constants.ts";
import { SystemError } from "./errors.ts";

export { addressOf, errno };

function c<R extends ResultType, const P extends readonly ParameterType[]>(result: R, parameters: P, symbol?: string) {
  return { result, parameters, symbol };
}

export const {
  open, close, read, write, readInto, writeFrom, readlink, access, getdents, ioctl, ioctlValue, flock,
  socket, bind, getsockname, setsockopt, getsockopt, send, recv, sendmmsg, recvmmsg,
  ppoll, eventfd, setns, unshare, adjtimex, geteuid, umask,
} = load({
  open: c("int", ["text", "int", "int"]), //                      path, flags, mode
  close: c("int", ["int"]), //                                    descriptor
  read: c("word", ["int", "word", "word"]), //                    descriptor, address, octets
  write: c("word", ["int", "word", "word"]), //                   descriptor, address, octets
  readInto: c("word", ["int", "bytes", "word"], "read"),
  writeFrom: c("word", ["int", "bytes", "word"], "write"),
  readlink: c("word", ["text", "bytes", "word"]), //              path, where to, octets
  access: c("int", ["text", "int"]), //                           path, what
  getdents: c("word", ["word", "int", "bytes", "word"], "syscall"), // number of the call, folder, where to, octets
  ioctl: c("int", ["int", "word", "bytes"]), //                   descriptor, request, argument
  ioctlValue: c("int", ["int", "word", "word"], "ioctl"), //      for requests whose argument is the value itself
  flock: c("int", ["int", "int"]), //                             descriptor, operation
  socket: c("int", ["int", "int", "int"]), //                     family, type, protocol
  bind: c("int", ["int", "bytes", "int"]), //                     descriptor, address, octets
  getsockname: c("int", ["int", "bytes", "bytes"]), //            descriptor, address, octets (in and out)
  setsockopt: c("int", ["int", "int", "int", "bytes", "int"]), // descriptor, level, name, value, octets
  getsockopt: c("int", ["int", "int", "int", "bytes", "bytes"]),
  send: c("word", ["int", "bytes", "word", "int"]), //            descriptor, octets, how many, flags
  recv: c("word", ["int", "bytes", "word", "int"]),
  sendmmsg: c("int", ["int", "word", "int", "int"]), //           descriptor, address of the vector, count, flags
  recvmmsg: c("int", ["int", "word", "int", "int", "word"]), //   … and address of the timeout
  ppoll: c("int", ["word", "word", "word", "word"]), //           address, count, addresses of timeout and signal mask
  eventfd: c("int", ["int", "int"]), //                           initial value, flags
  setns: c("int", ["int", "int"]), //                             descriptor, type
  unshare: c("int", ["int"]), //                                  what
  adjtimex: c("int", ["bytes"]),
  geteuid: c("int", []),
  umask: c("int", ["int"]), //                                    mode; gives the one before
});

/**
 * Passes a result through, or throws SystemError when it is -1.
 * @param syscall what was tried, for the message: "open /dev/net/tun"
 */
export function check(result: number, syscall: string, hint?: string): number {
  if (result === -1) throw new SystemError(syscall, errno(), hint);
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
    if (result !== -1 || errno() !== EINTR) return result;
  }
}
