/**
 * Kernel settings of both families, per interface, as files below /proc/sys/net/ipv6/conf and …/ipv4/conf.
 *
 * They are read and written by the calling thread: /proc/sys/net shows the network namespace that it is in.
 */

import type { SystemError } from "./errors.ts";
import { readKernelFile, writeKernelFile } from "./kernel-files.ts";

const ROOT = "/proc/sys/net";

export type Family = "ipv4" | "ipv6";

/** "all", "default", or the name of an interface. */
export type SysctlScope = string;

/** A setting by its path below /proc/sys/net, such as "ipv6/conf/eth0/forwarding". */
export type SysctlPath = string;

/** Path of a setting of an interface. The name is checked, because it becomes part of a file name. */
export function interfacePath(scope: SysctlScope, setting: string, family: Family = "ipv6"): SysctlPath {
  if (!/^[^/\0]+$/.test(scope) || scope === "." || scope === "..") {
    throw new RangeError(`"${scope}" cannot be an interface name`);
  }
  return `${family}/conf/${scope}/${setting}`;
}

/** The setting's text without the newline; undefined when the kernel has no such setting. */
export function readSysctl(path: SysctlPath): string | undefined {
  // not asked for first: an interface may go in between
  try {
    return readKernelFile(`${ROOT}/${path}`).trim();
  } catch (error) {
    if ((error as SystemError).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Sets a value; throws SystemError (EACCES without privileges, EROFS in many containers, ENOENT). */
export function writeSysctl(path: SysctlPath, value: string | number): void {
  writeKernelFile(`${ROOT}/${path}`, String(value));
}

/** A setting of an interface as a number; undefined when there is none. */
export function interfaceValue(scope: SysctlScope, setting: string, family?: Family): number | undefined {
  const text = readSysctl(interfacePath(scope, setting, family));
  return text === undefined ? undefined : Number(text);
}

/** Sets a setting of an interface; one that this kernel does not have is left out, false is returned. */
export function setInterfaceValue(scope: SysctlScope, setting: string, value: number, family?: Family): boolean {
  const path = interfacePath(scope, setting, family);
  if (readSysctl(path) === undefined) return false;
  writeSysctl(path, value);
  return true;
}
