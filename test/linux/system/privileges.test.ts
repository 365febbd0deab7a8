import { chmodSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { missingPrivileges } from "../../../platforms/linux/system/privileges.ts";
import { firstOutput, Program } from "./child.ts";
import { cannotRun, makeNamespace, removeNamespaces } from "./namespace.ts";

describe.skipIf(cannotRun)(`privileges${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  afterAll(removeNamespaces);

  it("root misses nothing", () => {
    expect(missingPrivileges()).toEqual([]);
  });

  it("an ordinary user is told what is missing, before and after trying", async () => {
    const program = new Program("privileges-child.ts");
    chmodSync(program.directory, 0o755);
    const { missing, refusals } = JSON.parse(await firstOutput(program.start(makeNamespace("nobody"))));
    program.remove();
    expect(missing).toEqual(expect.arrayContaining(["CAP_NET_ADMIN", "CAP_NET_RAW"]));
    for (const { code, message } of refusals) {
      expect(["EPERM", "EACCES"]).toContain(code);
      expect(message).toMatch(/run as root/);
    }
    expect(refusals).toHaveLength(4);
  });
});
