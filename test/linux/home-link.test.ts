/**
 * A home agent on a real home link, and a mobile node that leaves it, comes home, and leaves it again, while a
 * TCP session goes on.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, type Program, runToEnd } from "./lab.ts";
import { cannotRun, eventually, ip } from "./system/namespace.ts";
import { Talk } from "./talk.ts";
import { NEIGHBOUR, PEER, WideLab } from "./wide-lab.ts";

const GROUP = "ff1e::db8:7";
const HOME_LINK = `[home_link]
interface = "eth1"
preference = 7
max_interval = "300ms"
min_interval = "100ms"
min_delay = "30ms"

[[home_link.prefix]]
prefix = "2001:db8:100::/64"
valid_lifetime = "1h"
preferred_lifetime = "30m"
`;

describe.skipIf(cannotRun)(`a real home link${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: WideLab;
  let homeAgent: Program;
  let mobileNode: Program;
  let talk: Talk;
  let directTalk: Talk;
  let before: { home: string };

  beforeAll(async () => {
    lab = new WideLab();
    await lab.routersHeard();
    before = { home: lab.state(lab.home) };
    for (const namespace of [lab.router, lab.peer]) {
      await lab.run(namespace, process.execPath, ["-e", Talk.ECHO]).logs("ready");
    }
    await lab.startCorrespondent();
  });
  afterAll(() => lab?.remove());

  const homeRoute = () => ip("-n", lab.home, "-6", "route", "get", HOME_ADDRESS);
  const addressesOf = (name: string) => ip("-n", lab.mobile, "-6", "addr", "show", "dev", name);
  /** Waits until the mobile node is at home, or away and registered. */
  const atHome = () => eventually(() => addressesOf("eth2").includes(`${HOME_ADDRESS}/`) || undefined);

  it("the home agent has its address on the link, and advertises its prefix there", async () => {
    homeAgent = await lab.startHomeAgentWith(HOME_LINK);
    expect(lab.statusOf("home-agent")).toMatchObject({ homeLink: "eth1", homeAgent: HOME_AGENT });
    expect(ip("-n", lab.home, "-6", "addr", "show", "dev", "eth1")).toContain(`${HOME_AGENT}/64`);
    ip("-n", lab.mobile, "link", "set", "eth2", "up"); // the kernel's own autoconfiguration, before mext
    await eventually(() => /2001:db8:100:.*dynamic/.test(addressesOf("eth2")) || undefined);
    ip("-n", lab.mobile, "link", "set", "eth2", "down");
    expect(lab.statusOf("home-agent").homeAgents).toMatchObject([{ address: HOME_AGENT, preference: 7, current: true }]);
  });

  it("a node that is away is reached through the home agent, also from its home link", async () => {
    mobileNode = await lab.startMobileNodeWith("", '["eth2", "eth0", "eth1"]');
    await lab.registered("2001:db8:a:");
    await eventually(() => homeRoute().includes("dev mext0") || undefined);
    expect(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT)).toBe(true);
    expect(lab.ping(lab.neighbour, HOME_ADDRESS)).toBe(true);
    expect(lab.ping(lab.mobile, NEIGHBOUR)).toBe(true);
    talk = new Talk(lab.run(lab.mobile, process.execPath, ["-e", Talk.to(CORRESPONDENT)]));
    await talk.goesOn();
    directTalk = new Talk(lab.run(lab.mobile, process.execPath, ["-e", Talk.to(PEER)]));
    await lab.optimised(PEER);
    await directTalk.goesOn();
  });

  it("it comes home: it deregisters, and is an ordinary host of the link", async () => {
    ip("-n", lab.mobile, "link", "set", "eth2", "up");
    await atHome();
    await eventually(() => lab.statusOf("home-agent").bindings!.length === 0 || undefined);
    await eventually(() => homeRoute().includes("dev eth1") || undefined);
    await talk.goesOn();
    expect(ip("-n", lab.mobile, "-6", "route", "get", CORRESPONDENT)).toMatch(
      new RegExp(`dev eth2 .*src ${HOME_ADDRESS} `));
    expect(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT)).toBe(true);
    expect(lab.ping(lab.neighbour, HOME_ADDRESS)).toBe(true);
    expect(lab.ping(lab.mobile, NEIGHBOUR)).toBe(true);
    const tunnelled = lab.statusOf("home-agent").traffic;
    await talk.goesOn(50);
    expect(lab.statusOf("home-agent").traffic).toEqual(tunnelled);
    await directTalk.goesOn();
    await eventually(() => lab.statusOf("correspondent").bindings!.length === 0 || undefined);
    const peer = lab.statusOf("mobile-node").peers!.find(({ address }) => address === PEER);
    expect(peer ?? { obstacle: "AtHome" }).toMatchObject({ obstacle: "AtHome" });
  }, 20_000);

  it("it leaves home again, and no byte is missing", async () => {
    ip("-n", lab.mobile, "link", "set", "eth2", "down");
    await lab.registered("2001:db8:a:");
    await eventually(() => homeRoute().includes("dev mext0") || undefined);
    await talk.goesOn();
    await lab.optimised(PEER);
    await directTalk.goesOn();
    expect(addressesOf("eth2")).not.toContain(HOME_ADDRESS);
    expect(addressesOf("mext0")).toContain(HOME_ADDRESS);
    expect(lab.statusOf("home-agent").bindings).toMatchObject([{ homeAddress: HOME_ADDRESS }]);
  }, 20_000);

  it("a group of the home link that the node joins through the tunnel comes to it", async () => {
    const hear = `
      const socket = require("dgram").createSocket({ type: "udp6", reuseAddr: true });
      socket.on("message", (data) => console.log("heard " + data));
      socket.bind(9999, "::", () => { socket.addMembership("${GROUP}", "::%mext0"); console.log("ready"); });`;
    const listener = lab.run(lab.mobile, process.execPath, ["-e", hear]);
    await listener.logs("ready");
    await eventually(() => lab.statusOf("home-agent").groups!.some(({ group }) => group === GROUP) || undefined);
    const say = `
      const socket = require("dgram").createSocket("udp6");
      socket.bind(() => { socket.setMulticastInterface("::%eth0"); socket.setMulticastTTL(4);
        setInterval(() => socket.send("hello", 9999, "${GROUP}"), 50); });`;
    const speaker = lab.run(lab.neighbour, process.execPath, ["-e", say]);
    await listener.logs("heard hello");
    await speaker.kill();
    await listener.kill();
  }, 20_000);

  /** Restored bindings come before duplicate address detection of the home agent's own address is over. */
  it.each(["kill", "stop"] as const)("a home agent that ended is followed by one that answers at once: %s", async (end) => {
    ip("netns", "exec", lab.home, "sysctl", "-qw", "net.ipv6.conf.eth1.accept_dad=1");
    await homeAgent[end]();
    expect(ip("-n", lab.home, "-6", "addr")).toMatch(end === "stop" ? /^(?!.*2001:db8:100:)/s : HOME_AGENT);
    homeAgent = await lab.startHomeAgentWith(HOME_LINK);
    expect(ip("-n", lab.home, "-6", "addr", "show", "dev", "eth1")).toMatch(new RegExp(`${HOME_AGENT}/64 .*tentative`));
    if (end === "kill") expect(homeAgent.output).toMatch(/a predecessor was killed: [1-9]\d* of its changes/);
    expect(lab.statusOf("home-agent").bindings).toMatchObject([{ homeAddress: HOME_ADDRESS }]);
    expect(homeRoute()).toContain("dev mext0");
    expect(lab.statusOf("home-agent").warnings.filter((warning) => !warning.includes("predecessor"))).toEqual([]);
    await talk.goesOn();
    expect(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT)).toBe(true);
    ip("netns", "exec", lab.home, "sysctl", "-qw", "net.ipv6.conf.eth1.accept_dad=0");
  }, 30_000);

  it("nothing is left behind", async () => {
    expect(await mobileNode.stop()).toBe(0);
    expect(await homeAgent.stop()).toBe(0);
    expect(lab.state(lab.home)).toBe(before.home);
    expect(ip("-n", lab.mobile, "-6", "route") + ip("-n", lab.mobile, "addr")).not.toMatch(/mext0|2001:db8:100:/);
    expect(homeAgent.errors + mobileNode.errors).toBe("");
  });

  it.each([["real", HOME_LINK], ["virtual", ""]])("a node that was not told its home agent finds it: %s", async (_kind, link) => {
    homeAgent = await lab.startHomeAgentWith(link);
    const path = lab.mobileNodeConfig();
    const text = readFileSync(path, "utf8").replace(/^(home_agent|state_file) = .*/gm, "");
    writeFileSync(path, text);
    mobileNode = lab.start(lab.mobile, "mobile-node", path);
    await mobileNode.logs("is running");
    const { updates, homeAgent: found } = await lab.registered("2001:db8:a:");
    expect([found, updates![0].peer]).toEqual([HOME_AGENT, HOME_AGENT]);
    const { output } = await runToEnd(lab.start(lab.mobile, "status", join(lab.folder, "mobile-node.toml")));
    expect(output).toMatch(new RegExp(`^mobile-node +${HOME_ADDRESS}, home agent ${HOME_AGENT}$`, "m"));
    expect(output).toMatch(new RegExp(`^${HOME_AGENT} \\* `, "m"));
    expect(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT)).toBe(true);
    expect(await mobileNode.stop()).toBe(0);
    expect(await homeAgent.stop()).toBe(0);
    expect(lab.state(lab.home)).toBe(before.home);
  }, 20_000);
});
