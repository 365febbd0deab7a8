/**
 * A network namespace of its own, for trying what the kernel can do: devices, rules and filter tables made there
 * are seen by nobody, and go with it.
 */
import { CLONE_NEWNET, O_CLOEXEC } from "./constants.ts";
import { check, close, open, setns, unshare } from "./libc.ts";

/**
 * Runs `action` with the calling thread in a new, empty network namespace, and leaves it again. Throws SystemError
 * EPERM without CAP_SYS_ADMIN; then nothing was tried.
 */
export function inTrialNamespace<Result>(action: () => Result): Result {
  const own = check(open("/proc/thread-self/ns/net", O_CLOEXEC, 0), "open the network namespace");
  try {
    check(unshare(CLONE_NEWNET), "make a network namespace", "CAP_SYS_ADMIN is needed to try this out of the way");
    try {
      return action();
    } finally {
      check(setns(own, CLONE_NEWNET), "return to the network namespace");
    }
  } finally {
    close(own);
  }
}
