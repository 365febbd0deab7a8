/**
 * Daemons under Deno, as a person starts them: a mobile node, a home agent and a correspondent node in namespaces, with
 * real TUN devices. What they do is what they do under Node; here is what could differ by the runtime.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { monotonicMs } from "../../platforms/linux/system/clock.ts";
import { CORRESPONDENT, HOME_ADDRESS, type Program, runToEnd } from "../linux/lab.ts";
import { cannotRun, eventually, ip } from "../linux/system/namespace.ts";
import { Talk } from "../linux/talk.ts";
import { PEER, WideLab } from "../linux/wide-lab.ts";
import { DENO, denoPath, DIST } from "./deno.ts";

const missing = cannotRun ?? (denoPath === undefined ? "Deno" : undefined);

/** What `Lab.state` tells, whatever came first: interfaces were down and up again. */
const entries = (state: string) => state.split(/},{|\n/).map((entry) => entry.replace(/[[\]{}]/g, "")).sort();

describe.skipIf(missing)(`daemons under Deno${missing ? ` (cannot run: ${missing})` : ""}`, () => {
  let lab: WideLab;
  let homeAgent: Program;
  let mobileNode: Program;
  let correspondent: Program;
  let before: Record<"home" | "mobile" | "peer", string>;
  const talks: Talk[] = [];

  beforeAll(async () => {
    lab = new WideLab();
    Object.assign(lab.runtimes, { "home-agent": DENO, "mobile-node": DENO, correspondent: DENO });
    await lab.routersHeard();
    before = { home: lab.state(lab.home), mobile: lab.state(lab.mobile), peer: lab.state(lab.peer) };
    for (const namespace of [lab.router, lab.peer]) await lab.run(namespace, process.execPath, ["-e", Talk.ECHO]).logs("ready");
  });
  afterAll(() => lab?.remove());

  const peerOf = (address: string) => lab.status("mobile-node").peers!.find((peer) => peer.address === address);

  it("a mobile node registers, and two TCP sessions begin", async () => {
    homeAgent = await lab.startHomeAgent();
    correspondent = await lab.startCorrespondent();
    mobileNode = await lab.startMobileNodeWith("");
    await lab.registered("2001:db8:a:");
    for (const host of [CORRESPONDENT, PEER]) {
      talks.push(new Talk(lab.run(lab.mobile, process.execPath, ["-e", Talk.to(host)])));
    }
    for (const talk of talks) await talk.goesOn();
  });

  it("packets to a correspondent node take the direct way", async () => {
    await lab.optimised(PEER);
    await talks[1].goesOn();
    expect(lab.statusOf("correspondent").bindings).toMatchObject([{ homeAddress: HOME_ADDRESS }]);
    expect(peerOf(PEER)!.optimisedIn).toBeGreaterThan(0);
    expect(peerOf(CORRESPONDENT)).toMatchObject({ optimised: false });
  });

  it("both sessions go on after a move", async () => {
    ip("-n", lab.mobile, "link", "set", "eth0", "down");
    await lab.registered("2001:db8:b:");
    for (const talk of talks) await talk.goesOn();
    await eventually(() => peerOf(PEER)?.careofAddress?.startsWith("2001:db8:b:") || undefined, 10);
    for (const talk of talks) await talk.goesOn();
  });

  it("Node and Deno ask each other's daemons", () => {
    const fromNode = lab.status("home-agent");
    lab.runtimes.status = DENO;
    const fromDeno = lab.status("home-agent");
    lab.runtimes.status = undefined;
    const { role, version, processId, startedUnixMs, bindings } = fromNode;
    expect(fromDeno).toMatchObject({ role, version, processId, startedUnixMs });
    expect(fromDeno.bindings![0].careofAddress).toBe(bindings![0].careofAddress);
    expect(processId).toBe(homeAgent.child.pid);
    // the bytes are the same ones everywhere
    const sha256 = createHash("sha256").update(readFileSync(join(DIST, "mext.wasm"))).digest("hex");
    expect([fromNode.core, fromDeno.core]).toEqual([{ sha256 }, { sha256 }]);
  });

  it("times are those of the machine's monotonic clock, as under Node", async () => {
    const watch = lab.start(lab.mobile, "watch", "--control", join(lab.folder, "mobile-node.sock"), "--json");
    await watch.logs('"role":"mobile-node"');
    const startMs = monotonicMs();
    ip("-n", lab.mobile, "link", "set", "eth0", "up");
    await watch.logs('"name":"Link"');
    const link = watch.output.split("\n").find((line) => line.includes('"name":"Link"'))!;
    const { atMs, unixMs } = JSON.parse(link) as { atMs: number; unixMs: number };
    expect(atMs).toBeGreaterThan(startMs - 5);
    expect(atMs).toBeLessThan(monotonicMs() + 5);
    expect(Math.abs(Date.now() - unixMs)).toBeLessThan(10_000);
    await watch.kill();
    await lab.registered("2001:db8:a:");
    for (const talk of talks) await talk.goesOn();
  });

  it("20 MB arrive whole in both directions at once", async () => {
    const script = `
      const data = require("crypto").randomBytes(20_000_000);
      const sum = (octets) => require("crypto").createHash("sha256").update(octets).digest("hex");
      const parts = []; let count = 0;
      const s = require("net").connect(7777, "${CORRESPONDENT}", () => s.write(data));
      s.on("data", (d) => { parts.push(d); count += d.length;
        if (count === data.length) { console.log(sum(Buffer.concat(parts)) === sum(data) ? "whole" : "damaged"); process.exit(); } });`;
    const troubles = () => (["home-agent", "mobile-node", "correspondent"] as const).map((role) => {
      const { refusals, sendFailures } = lab.statusOf(role);
      return [role, refusals.filter(({ ordinary }) => !ordinary), sendFailures];
    });
    const before = troubles(); // a packet may have met a link that was just going down
    const { output } = await runToEnd(lab.run(lab.mobile, process.execPath, ["-e", script]));
    expect(output).toBe("whole\n");
    expect(troubles()).toEqual(before);
  }, 20_000);

  it("a home agent that was killed is followed by one under Node, over the same state", async () => {
    await homeAgent.kill();
    lab.runtimes["home-agent"] = undefined;
    homeAgent = await lab.startHomeAgent();
    expect(homeAgent.output).toMatch(/a predecessor was killed: [1-9]\d* of its changes/);
    expect(lab.status("home-agent").bindings).toMatchObject([{ homeAddress: HOME_ADDRESS }]);
    for (const talk of talks) await talk.goesOn();
    ip("-n", lab.mobile, "link", "set", "eth0", "down");
    await lab.registered("2001:db8:b:");
    for (const talk of talks) await talk.goesOn();
  });

  it("and by one under Deno again", async () => {
    await homeAgent.kill();
    lab.runtimes["home-agent"] = DENO;
    homeAgent = await lab.startHomeAgent();
    expect(homeAgent.output).toMatch(/a predecessor was killed: [1-9]\d* of its changes/);
    for (const talk of talks) await talk.goesOn();
    ip("-n", lab.mobile, "link", "set", "eth0", "up");
    await lab.registered("2001:db8:a:");
    for (const { program } of talks) await program.kill();
  });

  it("SIGTERM: the node deregisters, and nothing is left behind", async () => {
    expect(await mobileNode.stop()).toBe(0);
    await homeAgent.logs('"why":"deregistered"');
    expect(await homeAgent.stop()).toBe(0);
    expect(await correspondent.stop()).toBe(0);
    await lab.routersHeard();
    for (const host of ["home", "peer", "mobile"] as const) expect(entries(lab.state(lab[host]))).toEqual(entries(before[host]));
    expect([homeAgent, mobileNode, correspondent].map(({ errors }) => errors)).toEqual(["", "", ""]);
  });
});
