/**
 * A mobile node, its home agent, and a host that runs `mext correspondent`: a TCP session that takes the
 * direct way, while another one with a host without mext goes through the home agent.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CORRESPONDENT, HOME_ADDRESS, type Program, runToEnd } from "./lab.ts";
import { cannotRun, eventually, ip } from "./system/namespace.ts";
import { PEER, WideLab } from "./wide-lab.ts";

const PORT = 7777;
/** Echoes what comes, on every address. */
const ECHO = `require("net").createServer((s) => s.pipe(s).on("error", () => {})).listen(${PORT}, "::", () => console.log("ready"));`;
/** Sends a number every 10 ms, checks that all come back in order, prints how many and the longest pause. */
const TALK = (host: string) => `
  const s = require("net").connect(${PORT}, "${host}"); let sent = 0, got = 0, rest = "", last = 0, pause = 0;
  s.setNoDelay(true);
  s.on("connect", () => { console.log("connected"); last = Date.now(); setInterval(() => s.write(++sent + "\\n"), 10); });
  s.on("data", (d) => {
    const lines = (rest + d).split("\\n"); rest = lines.pop();
    for (const line of lines) { if (Number(line) !== ++got) { console.log("WRONG " + line); process.exit(1); } }
    pause = Math.max(pause, Date.now() - last); last = Date.now();
  });
  s.on("error", (e) => { console.log("BROKEN " + e.message); process.exit(1); });
  s.on("close", () => { console.log("CLOSED"); process.exit(1); });
  process.on("SIGUSR2", () => { console.log("echoed " + got + " pause " + pause); pause = 0; });
`;

describe.skipIf(cannotRun)(`route optimisation${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: WideLab;
  let correspondent: Program;
  let talk: Program;
  let plainTalk: Program;
  let before: { peer: string; mobile: string };

  beforeAll(async () => {
    lab = new WideLab();
    await lab.routersHeard();
    before = { peer: lab.state(lab.peer), mobile: lab.state(lab.mobile) };
    for (const namespace of [lab.peer, lab.router]) {
      await lab.run(namespace, process.execPath, ["-e", ECHO]).logs("ready");
    }
    await lab.startHomeAgent();
    correspondent = await lab.startCorrespondent();
    await lab.startMobileNodeWith("");
    await lab.registered("2001:db8:a:");
  });
  afterAll(() => lab?.remove());

  const peerOf = (address: string) => lab.statusOf("mobile-node").peers!.find((each) => each.address === address)!;

  /** Waits until more came back than before, and answers how much that is. */
  async function goesOn(program: Program, more = 20): Promise<void> {
    const echoed = async () => {
      const seen = program.output.split("echoed").length;
      program.child.kill("SIGUSR2");
      return eventually(() => {
        expect(program.output).not.toMatch(/WRONG|BROKEN|CLOSED/);
        const parts = program.output.split("echoed ");
        return parts.length > seen ? Number(parts.at(-1)!.split(" ")[0]) : undefined;
      });
    };
    const start = await echoed();
    for (let now = start; now < start + more; now = await echoed());
  }

  it("a session takes the direct way once there is traffic", async () => {
    talk = lab.run(lab.mobile, process.execPath, ["-e", TALK(PEER)]);
    await talk.logs("connected");
    const { uplinks } = await lab.optimised(PEER);
    await goesOn(talk);
    const [{ careofAddress }] = uplinks!;
    expect(peerOf(PEER)).toMatchObject({ optimised: true, obstacle: "None", careofAddress, homeAddress: HOME_ADDRESS });
    expect(lab.statusOf("correspondent").bindings).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress }]);
    expect(ip("-n", lab.peer, "-6", "route", "get", HOME_ADDRESS)).toMatch(/dev mext0 .*src 2001:db8:d::2/);
  });

  it("then its packets do not pass the home agent, and both ends count them", async () => {
    const agent = lab.statusOf("home-agent").traffic;
    const { optimisedIn, optimisedOut, tunnelledIn, tunnelledOut } = peerOf(PEER);
    await goesOn(talk, 50);
    const later = peerOf(PEER);
    expect(later.optimisedIn).toBeGreaterThanOrEqual(optimisedIn + 50);
    expect(later.optimisedOut).toBeGreaterThanOrEqual(optimisedOut + 50);
    expect([later.tunnelledIn, later.tunnelledOut]).toEqual([tunnelledIn, tunnelledOut]);
    const now = lab.statusOf("home-agent").traffic;
    expect(now.packetsIn + now.packetsOut - agent.packetsIn - agent.packetsOut).toBeLessThan(10);
    expect(lab.statusOf("correspondent").traffic.packetsIn).toBeGreaterThan(50);
  });

  it("10 MB arrive whole by the direct way, and come back", async () => {
    const script = `
      const { createHash, randomBytes } = require("crypto");
      const data = randomBytes(10_000_000), sum = (d) => createHash("sha256").update(d).digest("hex");
      const parts = []; let count = 0;
      const s = require("net").connect(${PORT}, "${PEER}", () => s.write(data));
      s.on("data", (d) => { parts.push(d); count += d.length;
        if (count === data.length) { console.log(sum(Buffer.concat(parts)) === sum(data) ? "whole" : "damaged"); process.exit(); } });`;
    const before = peerOf(PEER);
    const { output } = await runToEnd(lab.run(lab.mobile, process.execPath, ["-e", script]));
    expect(output).toBe("whole\n");
    const { optimisedIn, tunnelledIn } = peerOf(PEER);
    expect(optimisedIn - before.optimisedIn).toBeGreaterThan(6000);
    expect(tunnelledIn).toBe(before.tunnelledIn);
    expect(lab.statusOf("correspondent")).toMatchObject({ refusals: [], sendFailures: {} });
  }, 20_000);

  it("a host without mext is reached through the home agent, and the status says why", async () => {
    plainTalk = lab.run(lab.mobile, process.execPath, ["-e", TALK(CORRESPONDENT)]);
    await plainTalk.logs("connected");
    await eventually(() => {
      const peer = peerOf(CORRESPONDENT);
      return peer?.obstacle === "NotSupported" || peer?.obstacle === "NoAnswer" || undefined;
    });
    await goesOn(plainTalk);
    expect(peerOf(CORRESPONDENT)).toMatchObject({ optimised: false, optimisedIn: 0, optimisedOut: 0 });
    const { output } = await runToEnd(lab.start(lab.mobile, "status", join(lab.folder, "mobile-node.toml")));
    expect(output).toMatch(new RegExp(`^${PEER} +direct +route optimised +\\d+/\\d+`, "m"));
    expect(output).toMatch(new RegExp(`^${CORRESPONDENT} +home agent +the peer does not (know Mobile IPv6|answer)`, "m"));
  });

  it("it survives a move, and becomes optimised from the new care-of address", async () => {
    ip("-n", lab.mobile, "link", "set", "eth0", "down");
    await lab.registered("2001:db8:b:");
    await goesOn(talk);
    await eventually(() => {
      const { optimised, careofAddress } = peerOf(PEER);
      return (optimised && careofAddress.startsWith("2001:db8:b:")) || undefined;
    });
    await goesOn(talk);
    await goesOn(plainTalk);
    expect(lab.statusOf("correspondent").bindings).toMatchObject([
      { careofAddress: expect.stringMatching(/^2001:db8:b:/) },
    ]);
  });

  it("when the correspondent loses its bindings, packets go through the home agent, then directly again", async () => {
    const { tunnelledIn, tunnelledOut } = peerOf(PEER);
    await correspondent.kill();
    correspondent = await lab.startCorrespondent();
    expect(correspondent.output).toMatch(/a predecessor was killed: [1-9]\d* of its changes/);
    await eventually(() => {
      const peer = peerOf(PEER);
      return peer.tunnelledOut > tunnelledOut && peer.tunnelledIn >= tunnelledIn ? true : undefined;
    });
    await lab.optimised(PEER);
    await goesOn(talk, 50);
    expect(lab.statusOf("correspondent").bindings).toMatchObject([{ homeAddress: HOME_ADDRESS }]);
  }, 20_000);

  it("no kernel answers packets that the core handles", () => {
    expect(lab.statusOf("correspondent").sendFailures).toEqual({});
  });

  it("at the end the host of the correspondent is as it was", async () => {
    expect(await correspondent.stop()).toBe(0);
    expect(lab.state(lab.peer)).toBe(before.peer);
    await goesOn(plainTalk);
  }, 20_000);
});
