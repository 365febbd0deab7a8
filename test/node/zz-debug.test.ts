import { afterAll, it } from "vitest";
import { execFileSync } from "node:child_process";
import { Talk } from "./talk.ts";
import { IPV4_WANTED, RoamingLab, type NetworkName } from "./roaming-lab.ts";
import { ip, pause } from "./system/namespace.ts";
let lab: RoamingLab;
afterAll(() => lab?.remove());
it("x", async () => {
  lab = new RoamingLab();
  await lab.run(lab.router, process.execPath, ["-e", Talk.ECHO]).logs("ready");
  const ha = lab.start(lab.home, "home-agent", lab.homeAgentFile(), ...(process.env.LOG ? ["--log-level", "debug"] : []));
  await ha.logs("is running");
  const mn = lab.start(lab.mobile, "mobile-node", lab.mobileNodeFile(IPV4_WANTED), ...(process.env.LOG ? ["--log-level", "debug"] : []));
  await mn.logs("is running");
  let shown = 0, shownHa = 0;
  for (const net of (process.env.NETS ?? "dual").split(",") as NetworkName[]) {
    console.log("=== move to", net);
    lab.move(net);
    await pause(Number(process.env.WAIT ?? 4000));
    console.log(mn.output.slice(shown), mn.errors); shown = mn.output.length;
    if (process.env.HA) { console.log("HA", ha.output.slice(shownHa), ha.errors); shownHa = ha.output.length; }
    console.log(execFileSync("sh", ["-c", `node dist/mext.js status --control ${lab.folder}/mobile-node.sock; node dist/mext.js status --control ${lab.folder}/home-agent.sock`], {encoding: "utf8"}));
    console.log(lab.ping(lab.mobile, "2001:db8:c::1"), lab.ping(lab.mobile, "203.0.113.9"));
  }
  if (process.env.CMD) try { console.log(execFileSync("sh", ["-c", process.env.CMD], { encoding: "utf8", env: { ...process.env, M: lab.mobile, R: lab.router, H: lab.home, F: lab.folder } })); } catch (e) { console.log(String((e as any).stdout), String(e)); }
  if (process.env.SHOW) console.log(ip("-n", lab.mobile, "addr"), ip("-n", lab.mobile, "route", "show", "table", "all"), ip("-n", lab.mobile, "rule"), ip("-n", lab.mobile, "-6", "route"));
}, 120000);
