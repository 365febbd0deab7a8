/**
 * A system call that was refused: which call, which error, and what a person can do about it.
 */

import { constants } from "node:os";

/** EAGAIN and EOPNOTSUPP have a second name each, which must not be the one that we compare with. */
const SECOND_NAMES = ["EWOULDBLOCK", "ENOTSUP"];
const nameOfErrno = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => !SECOND_NAMES.includes(name))
    .map(([name, number]) => [number, name]),
);

/** "ENETUNREACH" for 101; "errno 530" for a number without a name. */
export function errnoName(errno: number): string {
  return nameOfErrno.get(errno) ?? `errno ${errno}`;
}

const CAPABILITIES =
  "run as root, or give the node binary CAP_NET_ADMIN and CAP_NET_RAW " +
  "(setcap cap_net_admin,cap_net_raw+ep), or AmbientCapabilities= in a systemd unit";

/** What to do about an error that needs no more knowledge than its name. */
const HINTS: Record<string, string> = {
  EPERM: CAPABILITIES,
  EACCES: CAPABILITIES,
  ENODEV: "there is no such network interface (any more)",
  ENETDOWN: "the network interface is down",
  ENETUNREACH: "no route to that destination on this interface",
  EHOSTUNREACH: "the neighbour does not answer",
  EADDRNOTAVAIL: "the address is not on that interface",
  EAFNOSUPPORT: "the kernel was built or started without IPv6",
  EMFILE: "too many open files: raise the limit (ulimit -n, LimitNOFILE=)",
};

/**
 * Thrown by every wrapper of a system call that fails, except where the errno is an ordinary
 * result (a packet that is too big, a queue that is full): those are returned.
 */
export class SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  /** What to do about it, or an empty string. */
  readonly hint: string;

  /**
   * @param syscall what was tried, such as "open /dev/net/tun"
   * @param errno positive error number
   * @param hint replaces the general advice for that error
   * @param detail the kernel's own words (netlink extended acknowledgement), if it said any
   */
  constructor(syscall: string, errno: number, hint = "", detail = "") {
    const code = errnoName(errno);
    const advice = hint || (HINTS[code] ?? "");
    super(`${syscall}: ${code}${detail && ` (${detail})`}${advice && `; ${advice}`}`);
    this.name = "SystemError";
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.hint = advice;
  }
}

/** Runs `action`; an error with one of these codes ("ENODEV", …) is no failure. */
export function tolerate(codes: readonly string[], action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!codes.includes((error as { code?: string }).code ?? "")) throw error;
  }
}
