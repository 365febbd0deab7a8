/** `mext correspondent` on a host: what it changes there, what it leaves alone, and what it leaves behind. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Program, runToEnd } from "./lab.ts";
import { cannotRun, ip } from "./system/namespace.ts";
import { PEER, WideLab } from "./wide-lab.ts";

describe.skipIf(cannotRun)(`a correspondent node${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: WideLab;
  let correspondent: Program;
  let before: string;
  beforeAll(() => {
    lab = new WideLab();
    before = lab.state(lab.peer);
  });
  afterAll(() => lab?.remove());

  it("starts, and tells its status", async () => {
    correspondent = await lab.startCorrespondent();
    expect(lab.statusOf("correspondent")).toMatchObject({
      role: "correspondent", addresses: [PEER], bindings: [], tunnel: { name: "mext0" },
    });
    const { output } = await runToEnd(lab.start(lab.peer, "status", join(lab.folder, "correspondent.toml")));
    expect(output).toMatch(new RegExp(`^correspondent {2}${PEER}\n`));
    expect(output).toContain("no bindings");
  });

  it("changes nothing but its own device as long as nobody is bound", () => {
    const changed = lab.state(lab.peer).split("\n").filter((line) => !before.includes(line));
    expect(changed.filter((line) => !line.includes("mext0"))).toEqual([]);
    expect(ip("-n", lab.peer, "-6", "rule")).not.toContain("fwmark");
  });

  it("leaves ordinary traffic alone", () => {
    expect(lab.ping(lab.router, PEER)).toBe(true);
    expect(lab.ping(lab.peer, "2001:db8:c::1", "-s", "1400")).toBe(true);
    expect(lab.statusOf("correspondent").traffic).toMatchObject({ packetsIn: 0, packetsOut: 0 });
  });

  it("SIGTERM: nothing is left behind", async () => {
    expect(await correspondent.stop()).toBe(0);
    expect(lab.state(lab.peer)).toBe(before);
  });
});
