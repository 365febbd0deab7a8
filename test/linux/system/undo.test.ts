import {
  chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Changes, type UndoStep } from "../../../platforms/linux/system/changes.ts";
import { Guard } from "../../../platforms/linux/system/guard.ts";
import { linkByName } from "../../../platforms/linux/system/links.ts";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { receiveOffload } from "../../../platforms/linux/system/offload.ts";
import { AlreadyRunningError, Undo } from "../../../platforms/linux/system/undo.ts";
import { firstOutput, kill, Program } from "./child.ts";
import { cable, cannotRun, inside, ip, makeNamespace, removeNamespaces } from "./namespace.ts";

/** What shows that the child has made its changes. */
const SIGNS = [
  "2001:db8:1::1/64", "mtu 1300", "2001:db8:3::/48", "mext0", "lookup 1000", "forwarding = 1", "offload true",
];

describe.skipIf(cannotRun)(`undo${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let namespace: string;
  let netlink: NetlinkSocket;
  let interfaceIndex: number;
  let program: Program;
  let directory: string;

  beforeAll(() => {
    namespace = makeNamespace("undo");
    cable(namespace, makeNamespace("undo-peer"));
    netlink = inside(namespace, () => new NetlinkSocket());
    interfaceIndex = linkByName(netlink, "eth0").index;
    program = new Program("undo-child.ts");
    directory = program.directory;
  });
  afterAll(() => {
    program?.remove();
    removeNamespaces();
  });

  /** All that the daemon may have changed, as text. */
  function state(): string {
    const shown = [["addr"], ["-6", "route", "show", "table", "all"], ["-6", "rule"]]
      .map((words) => ip("-n", namespace, ...words).replace(/ expires \d+sec/g, ""));
    const settings = ip("netns", "exec", namespace, "sysctl", "net.ipv6.conf.eth0.forwarding");
    const offload = inside(namespace, () => `receive offload ${receiveOffload("eth0")}`);
    return [...shown, settings, offload].join("\n");
  }

  function openChanges(name: string): Changes {
    return inside(namespace, () => new Changes(name, netlink, directory));
  }

  it("clears what a killed daemon left behind, once", async () => {
    const before = state();
    const child = program.start(namespace, directory);
    expect(await firstOutput(child)).toBe("changed");
    const changed = state();
    for (const sign of SIGNS) {
      expect(before).not.toContain(sign);
      expect(changed).toContain(sign);
    }
    expect(() => openChanges("victim")).toThrow(`"victim" is already running as process ${child.pid}`);
    await kill(child);
    expect(state()).not.toContain("mext0");
    expect(state()).toContain("2001:db8:3::/48");
    // the guard's table went with its owner: its name is free
    inside(namespace, () => new Guard("mext")).close();

    const successor = openChanges("victim");
    expect(successor.undo.recovery).toEqual({ undone: 7, failures: [] });
    expect(state()).toBe(before);
    expect(successor.close()).toEqual([]);
    const again = openChanges("victim");
    expect(again.undo.recovery).toEqual({ undone: 0, failures: [] });
    again.close();
    expect(readdirSync(directory).filter((name) => name.startsWith("victim"))).toEqual([]); // record and lock are gone
  });

  it("takes everything back at the end, also what somebody else removed before", () => {
    const before = state();
    const changes = openChanges("orderly");
    const entry = { interfaceIndex, address: "2001:db8:1::1", prefixLength: 64 };
    inside(namespace, () => changes.setInterfaceValue("eth0", "forwarding", 1));
    changes.addAddress(entry);
    changes.addRoute({ destination: "2001:db8:3::/48", interfaceIndex, gateway: "2001:db8:1::2" });
    ip("-n", namespace, "-6", "route", "del", "2001:db8:3::/48");
    changes.addRule({ priority: 99, protocol: 41, action: "blackhole" });
    changes.removeRule({ priority: 99, protocol: 41, action: "blackhole" });
    expect(JSON.parse(readFileSync(changes.undo.path, "utf8")).steps).toHaveLength(3);
    expect(inside(namespace, () => changes.close())).toEqual([]);
    expect(state()).toBe(before);
  });

  it("does not take back what was there before", () => {
    ip("-n", namespace, "addr", "add", "2001:db8:9::1/64", "dev", "eth0", "nodad");
    const changes = openChanges("careful");
    const entry = { interfaceIndex, address: "2001:db8:9::1", prefixLength: 64 };
    expect(() => changes.addAddress(entry)).toThrow(expect.objectContaining({ code: "EEXIST" }));
    changes.close();
    expect(ip("-n", namespace, "addr", "show", "eth0")).toContain("2001:db8:9::1/64");
  });

  it("keeps a step that cannot be undone, and tries it again", () => {
    const step = { undo: "remove rule", rule: { priority: 1, action: "blackhole" } } as const;
    const failing = new Undo("failing", { directory, apply: () => { throw new Error("not now"); } });
    failing.record(step);
    expect(failing.close()).toEqual([new Error("not now")]);
    const applied: unknown[] = [];
    const recovery = Undo.recover("failing", { directory, apply: (each) => void applied.push(each) });
    expect([recovery.undone, applied]).toEqual([1, [step]]);
  });

  it("undoes in reverse", () => {
    const applied: string[] = [];
    const apply = (step: UndoStep) => void applied.push("path" in step ? step.path : "");
    const undo = new Undo("reverse", { directory, apply });
    for (const path of ["first", "second", "third"]) undo.record({ undo: "write sysctl", path, value: "0" });
    undo.close();
    expect(applied).toEqual(["third", "second", "first"]);
  });

  it.each([
    ["of another boot", (record: Record<string, unknown>) => ({ ...record, boot: "another" })],
    ["of another namespace", (record: Record<string, unknown>) => ({ ...record, namespace: "net:[1]" })],
    ["that is no record", () => "nonsense"],
  ])("throws a record away %s", (_title, spoil) => {
    const apply = () => { throw new Error("must not be applied"); };
    const undo = new Undo("spoilt", { directory, apply });
    undo.record({ undo: "write sysctl", path: "x", value: "0" });
    const record = JSON.parse(readFileSync(undo.path, "utf8"));
    undo.close();
    writeFileSync(undo.path, JSON.stringify(spoil(record)));
    expect(Undo.recover("spoilt", { directory, apply })).toEqual({ undone: 0, failures: [] });
    expect(readdirSync(directory)).not.toContain("spoilt.undo.json");
  });

  it("refuses a second daemon of the same name, a path as name, and a directory open to others", () => {
    const apply = () => {};
    const first = new Undo("twice", { directory, apply });
    expect(() => new Undo("twice", { directory, apply })).toThrow(AlreadyRunningError);
    first.close();
    expect(() => new Undo("../twice", { directory, apply })).toThrow(RangeError);
    const open = mkdtempSync(join(tmpdir(), "mext-open-"));
    chmodSync(open, 0o777);
    expect(() => new Undo("x", { directory: open, apply })).toThrow(/only this user can write to/);
    rmSync(open, { recursive: true });
  });
});
