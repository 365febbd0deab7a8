import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, Lab, type Program } from "./lab.ts";
import { cannotRun, eventually, ip } from "./system/namespace.ts";

describe.skipIf(cannotRun)(`daemons${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: Lab;
  let homeAgent: Program;
  let mobileNode: Program;

  beforeAll(() => { lab = new Lab(); });
  afterAll(() => lab?.remove());

  it("registers", async () => {
    homeAgent = lab.startHomeAgent();
    await homeAgent.logs("is running");
    mobileNode = lab.startMobileNode();
    await mobileNode.logs("is running");
    try {
      await lab.registered("2001:db8:a:");
    } finally {
      console.log(homeAgent.output, homeAgent.errors, mobileNode.output, mobileNode.errors);
      console.log(JSON.stringify(lab.status("mobile-node"), undefined, 1));
      console.log(ip("-n", lab.mobile, "-6", "route"), ip("-n", lab.mobile, "addr"));
    }
    console.log(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT), lab.ping(lab.mobile, CORRESPONDENT), lab.ping(lab.mobile, HOME_AGENT));
  });
  it("stops", async () => {
    expect(await mobileNode.stop()).toBe(0);
    console.log(homeAgent.output);
    expect(await homeAgent.stop()).toBe(0);
    console.log(lab.state(lab.mobile));
  });
});
