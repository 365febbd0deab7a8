/**
 * Every lasting change the daemon makes to the system goes through here: first its undo step is
 * written down, then it is made. TUN devices and guards are not in this list, because the kernel
 * removes them with the process.
 */

import { addAddress, type AddAddressOptions, type InterfaceAddress, removeAddress } from "./addresses.ts";
import { tolerate } from "./errors.ts";
import { type LinkChange, linkByName, setLink } from "./links.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";
import { receiveOffload, setReceiveOffload } from "./offload.ts";
import { addRoute, removeRoute, type Route } from "./routes.ts";
import { addRule, removeRule, type Rule } from "./rules.ts";
import { type Family, interfacePath, readSysctl, type SysctlScope, writeSysctl } from "./sysctl.ts";
import { Undo } from "./undo.ts";

/** How one change is taken back; plain data, because it is kept in a file. */
export type UndoStep =
  | { readonly undo: "remove address"; readonly entry: InterfaceAddress }
  | { readonly undo: "remove route"; readonly route: Route }
  | { readonly undo: "remove rule"; readonly rule: Rule }
  | { readonly undo: "write sysctl"; readonly path: string; readonly value: string }
  | { readonly undo: "set link"; readonly interfaceName: string; readonly change: LinkChange }
  | { readonly undo: "set receive offload"; readonly interfaceName: string; readonly on: boolean };

/** Errors that mean: the change, or the interface it was made on, is not there any more. */
const GONE = ["ENODEV", "ENXIO", "EADDRNOTAVAIL", "ESRCH", "ENOENT"];

export class Changes {
  readonly #netlink: NetlinkSocket;
  readonly #undo: Undo;

  /**
   * Clears up behind a killed predecessor and starts a record.
   * Throws AlreadyRunningError when a daemon of this name lives.
   */
  constructor(name: string, netlink: NetlinkSocket, directory?: string) {
    this.#netlink = netlink;
    this.#undo = new Undo(name, { directory, apply: (step) => applyUndo(netlink, step) });
  }

  /** The record: its path, and what was found of a predecessor. */
  get undo(): Undo {
    return this.#undo;
  }

  /** Adds an address; throws SystemError EEXIST when it is there already (and then it stays at the end). */
  addAddress(entry: InterfaceAddress, options?: AddAddressOptions): void {
    this.#make({ undo: "remove address", entry }, () => addAddress(this.#netlink, entry, options));
  }

  addRoute(route: Route): void {
    this.#make({ undo: "remove route", route }, () => addRoute(this.#netlink, route));
  }

  addRule(rule: Rule): void {
    this.#make({ undo: "remove rule", rule }, () => addRule(this.#netlink, rule));
  }

  /** Sets a value of /proc/sys/net/<family>/conf/<scope>; the value found now comes back at the end. */
  setInterfaceValue(scope: SysctlScope, setting: string, value: number, family?: Family): void {
    const path = interfacePath(scope, setting, family);
    const before = readSysctl(path);
    if (before === String(value)) return;
    // undefined: no such setting; the write says so better than we can
    const step: UndoStep = { undo: "write sysctl", path, value: before ?? "" };
    this.#make(step, () => writeSysctl(path, value));
  }

  /** A value that another change may change as well comes back at the end: to be called before that change. */
  keepInterfaceValue(scope: SysctlScope, setting: string, family?: Family): void {
    const path = interfacePath(scope, setting, family);
    const value = readSysctl(path);
    if (value !== undefined) this.#undo.record({ undo: "write sysctl", path, value });
  }

  /** Switches a link on or off or sets its MTU; the state found now comes back at the end. */
  setLink(interfaceName: string, change: LinkChange): void {
    const link = linkByName(this.#netlink, interfaceName);
    const before: LinkChange = {
      ...(change.up !== undefined && { up: link.up }),
      ...(change.mtuBytes !== undefined && { mtuBytes: link.mtuBytes }),
    };
    const step: UndoStep = { undo: "set link", interfaceName, change: before };
    this.#make(step, () => setLink(this.#netlink, link.index, change));
  }

  /** Switches receive offload on or off; the state found now comes back at the end. False: it was so already. */
  setReceiveOffload(interfaceName: string, on: boolean): boolean {
    const before = receiveOffload(interfaceName);
    if (before === on) return false;
    const step: UndoStep = { undo: "set receive offload", interfaceName, on: before };
    this.#make(step, () => setReceiveOffload(interfaceName, on));
    return true;
  }

  /** Takes back what `setReceiveOffload` did. */
  restoreReceiveOffload(interfaceName: string, before: boolean): void {
    this.#takeBack({ undo: "set receive offload", interfaceName, on: before });
  }

  /** Takes an address away that was added here. Does no harm when it is gone. */
  removeAddress(entry: InterfaceAddress): void {
    this.#takeBack({ undo: "remove address", entry });
  }

  removeRoute(route: Route): void {
    this.#takeBack({ undo: "remove route", route });
  }

  removeRule(rule: Rule): void {
    this.#takeBack({ undo: "remove rule", rule });
  }

  /** Takes everything back, last change first; returns what could not be. */
  close(): Error[] {
    return this.#undo.close();
  }

  #takeBack(step: UndoStep): void {
    applyUndo(this.#netlink, step);
    this.#undo.forget(step);
  }

  #make(step: UndoStep, change: () => void): void {
    try {
      this.#undo.record(step);
      change();
    } catch (error) {
      this.#undo.forget(step);
      throw error;
    }
  }
}

/** Takes one change back. Doing it twice does no harm. */
export function applyUndo(netlink: NetlinkSocket, step: UndoStep): void {
  tolerate(GONE, () => {
    switch (step.undo) {
      case "remove address":
        return removeAddress(netlink, step.entry);
      case "remove route":
        return removeRoute(netlink, step.route);
      case "remove rule":
        return removeRule(netlink, step.rule);
      case "write sysctl":
        return writeSysctl(step.path, step.value);
      case "set link":
        return setLink(netlink, linkByName(netlink, step.interfaceName).index, step.change);
      case "set receive offload":
        return setReceiveOffload(step.interfaceName, step.on);
    }
  });
}
