/**
 * A mobile node, its home agent, and a host that runs `mext correspondent`: a TCP session that takes the
 * direct way, while another one with a host without mext goes through the home agent.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CORRESPONDENT, HOME_ADDRESS, type Program, runToEnd } from "./lab.ts";
import { cannotRun, eventually, ip } from "./system/namespace.ts";
import { Talk } from "./talk.ts";
import { PEER, WideLab } from "./wide-lab.ts";

/** The router, by its address on the link of eth0. */
const ON_VISITED_LINK = "2001:db8:a::1";

describe.skipIf(cannotRun)(`route optimisation${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: WideLab;
  let correspondent: Program;
  let talk: Talk;
  let plainTalk: Talk;
  let before: { peer: string; mobile: string };

  beforeAll(async () => {
    lab = new WideLab();
    await lab.routersHeard();
    before = { peer: lab.state(lab.peer), mobile: lab.state(lab.mobile) };
    for (const namespace of [lab.peer, lab.router]) {
      await lab.run(namespace, process.execPath, ["-e", Talk.ECHO]).logs("ready");
    }
    await lab.startHomeAgent();
    correspondent = await lab.startCorrespondent();
    await lab.startMobileNodeWith("");
    await lab.registered("2001:db8:a:");
  });
  afterAll(() => lab?.remove());

  const peerOf = (address: string) => lab.statusOf("mobile-node").peers!.find((each) => each.address === address)!;

  it("a session takes the direct way once there is traffic", async () => {
    const watch = lab.start(lab.mobile, "watch", "--control", join(lab.folder, "mobile-node.sock"));
    await watch.logs("mobile-node");
    talk = new Talk(lab.run(lab.mobile, process.execPath, ["-e", Talk.to(PEER)]));
    const { uplinks } = await lab.optimised(PEER);
    await talk.goesOn();
    const [{ careofAddress }] = uplinks!;
    expect(peerOf(PEER)).toMatchObject({ optimised: true, obstacle: "None", careofAddress, homeAddress: HOME_ADDRESS });
    expect(lab.statusOf("correspondent").bindings).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress }]);
    expect(watch.output).toMatch(new RegExp(`PeerState +peer=${PEER} state=Optimised before=\\w+ obstacle=None`));
    await watch.kill();
    expect(ip("-n", lab.peer, "-6", "route", "get", HOME_ADDRESS)).toMatch(/dev mext0 .*src 2001:db8:d::2/);
  });

  it("a host of the visited link hears the home address only through the home agent", () => {
    const before = lab.statusOf("home-agent").traffic;
    expect(lab.ping(lab.mobile, ON_VISITED_LINK, "-I", HOME_ADDRESS)).toBe(true);
    const { packetsIn, packetsOut } = lab.statusOf("home-agent").traffic;
    expect(packetsIn).toBeGreaterThanOrEqual(before.packetsIn + 2);
    expect(packetsOut).toBeGreaterThanOrEqual(before.packetsOut + 2);
  });

  it("then its packets do not pass the home agent, and both ends count them", async () => {
    const agent = lab.statusOf("home-agent").traffic;
    const { optimisedIn, optimisedOut, tunnelledIn, tunnelledOut } = peerOf(PEER);
    await talk.goesOn(50);
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
      const s = require("net").connect(7777, "${PEER}", () => s.write(data));
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
    plainTalk = new Talk(lab.run(lab.mobile, process.execPath, ["-e", Talk.to(CORRESPONDENT)]));
    await eventually(() => {
      const peer = peerOf(CORRESPONDENT);
      return peer?.obstacle === "NotSupported" || peer?.obstacle === "NoAnswer" || undefined;
    });
    await plainTalk.goesOn();
    expect(peerOf(CORRESPONDENT)).toMatchObject({ optimised: false, optimisedIn: 0, optimisedOut: 0 });
    const { output } = await runToEnd(lab.start(lab.mobile, "status", join(lab.folder, "mobile-node.toml")));
    expect(output).toMatch(new RegExp(`^${PEER} +direct +route optimised +\\d+/\\d+`, "m"));
    expect(output).toMatch(new RegExp(`^${CORRESPONDENT} +home agent +the peer does not (know Mobile IPv6|answer)`, "m"));
  });

  it("it survives a move, and becomes optimised from the new care-of address", async () => {
    ip("-n", lab.mobile, "link", "set", "eth0", "down");
    await lab.registered("2001:db8:b:");
    await talk.goesOn();
    await eventually(() => {
      const { optimised, careofAddress } = peerOf(PEER);
      return (optimised && careofAddress.startsWith("2001:db8:b:")) || undefined;
    });
    await talk.goesOn();
    await plainTalk.goesOn();
    expect(lab.statusOf("correspondent").bindings).toMatchObject([
      { careofAddress: expect.stringMatching(/^2001:db8:b:/) },
    ]);
  });

  it("when the correspondent loses its bindings, packets go through the home agent, then directly again", async () => {
    const { tunnelledIn, tunnelledOut } = peerOf(PEER);
    await correspondent.kill();
    correspondent = await lab.startCorrespondent();
    expect(correspondent.output).toMatch(/a predecessor was killed: [1-9]\d* of its changes/);
    // TCP waits longer and longer between its attempts, and each of them tells one thing only
    await eventually(() => {
      const peer = peerOf(PEER);
      return (peer.tunnelledOut > tunnelledOut && peer.tunnelledIn > tunnelledIn) || undefined;
    }, 40);
    await lab.optimised(PEER, 20);
    await talk.goesOn(50);
    expect(lab.statusOf("correspondent").bindings).toMatchObject([{ homeAddress: HOME_ADDRESS }]);
  }, 70_000);

  it("no kernel answers packets that the core handles", () => {
    expect(lab.statusOf("correspondent").sendFailures).toEqual({});
  });

  it("at the end the host of the correspondent is as it was", async () => {
    expect(await correspondent.stop()).toBe(0);
    expect(lab.state(lab.peer)).toBe(before.peer);
    await plainTalk.goesOn();
  }, 20_000);

  it("and the session goes on through the home agent", async () => {
    // its host refuses the Home Address option now; TCP's attempts are ever rarer, and three of them must tell
    await eventually(() => !peerOf(PEER).optimised || undefined, 60);
    await talk.goesOn(50);
    // asked anew, now and then, it says that it knows nothing of mobility
    await eventually(() => peerOf(PEER).obstacle === "NotSupported" || undefined, 20);
    expect(peerOf(PEER).optimised).toBe(false);
  }, 110_000);
});
