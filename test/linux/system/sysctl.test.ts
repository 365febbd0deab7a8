import { spawn } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import {
  interfacePath, interfaceValue, readSysctl, setInterfaceValue,
} from "../../../platforms/linux/system/sysctl.ts";
import { cannotRun, inside, ip, makeNamespace, removeNamespaces } from "./namespace.ts";

describe("kernel settings", () => {
  it("refuses an interface name that leads elsewhere", () => {
    for (const name of ["", ".", "..", "a/b"]) {
      expect(() => interfacePath(name, "forwarding")).toThrow(RangeError);
    }
    expect(interfacePath("eth0", "rp_filter", "ipv4")).toBe("ipv4/conf/eth0/rp_filter");
    expect(interfacePath("eth0.100", "forwarding")).toBe("ipv6/conf/eth0.100/forwarding");
  });
});

describe.skipIf(cannotRun)(`kernel settings${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  afterAll(removeNamespaces);

  it("are those of the namespace that the thread is in", () => {
    const [first, second] = [makeNamespace("sysctl"), makeNamespace("sysctl")];
    expect(inside(first, () => setInterfaceValue("lo", "forwarding", 1))).toBe(true);
    expect(inside(first, () => interfaceValue("lo", "forwarding"))).toBe(1);
    expect(inside(second, () => interfaceValue("lo", "forwarding"))).toBe(0);
    expect(ip("netns", "exec", first, "sysctl", "-n", "net.ipv6.conf.lo.forwarding").trim()).toBe("1");
  });

  it("that this kernel does not have are left out", () => {
    expect(readSysctl("ipv6/conf/all/no_such_setting")).toBeUndefined();
    expect(interfaceValue("no-such-link", "forwarding")).toBeUndefined();
    expect(setInterfaceValue("all", "no_such_setting", 1)).toBe(false);
  });

  it("of an interface that is just going are there, or not: that is no error", () => {
    const name = makeNamespace("sysctl");
    const comeAndGo = "for i in $(seq 60); do ip link add eth0 type veth peer name eth1; ip link del eth0; done";
    const child = inside(name, () => spawn("sh", ["-c", comeAndGo], { stdio: "ignore" }));
    const seen = new Set<number | undefined>();
    for (const endMs = performance.now() + 1000; performance.now() < endMs;) {
      for (let round = 0; round < 1000; round++) seen.add(inside(name, () => interfaceValue("eth0", "disable_ipv6")));
    }
    child.kill();
    expect(seen).toEqual(new Set([undefined, 0]));
  });
});
