/** A mobile node moves between networks of every kind, and a TCP session of each family goes on. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DaemonStatus } from "../../platforms/linux/status.ts";
import { CORRESPONDENT, HOME_ADDRESS, MEXT, type Program } from "./lab.ts";
import { CORRESPONDENT_IPV4, HOME_LINK, IPV4_HOME_ADDRESS, type NetworkName, RoamingLab } from "./roaming-lab.ts";
import { cannotRun, pause } from "./system/namespace.ts";
import { Talk } from "./talk.ts";

/** By what packets go in each network in the end. */
const ENCAPSULATIONS: Readonly<Record<NetworkName, string>> = {
  ipv6: "Ipv6", dual: "Ipv6", public: "Ipv4", nat: "UdpIpv4", nat30: "UdpIpv4", blocked: "UdpIpv4", firewall: "UdpIpv6",
  home: "Ipv6",
};
/** The kinds between which every move is made. */
const KINDS: readonly NetworkName[] = ["ipv6", "dual", "public", "nat", "nat30", "blocked", "home"];

describe.skipIf(cannotRun)(`networks of every kind${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: RoamingLab;
  let homeAgent: Program;
  let mobileNode: Program;
  let before: { home: string; mobile: string };
  const talks: Talk[] = [];

  beforeAll(async () => {
    lab = new RoamingLab();
    await lab.run(lab.router, process.execPath, ["-e", Talk.ECHO]).logs("ready");
    await pause(500); // link-local addresses
    before = { home: lab.state(lab.home), mobile: lab.state(lab.mobile) };
    [homeAgent, mobileNode] = await lab.startBoth(HOME_LINK);
  });
  afterAll(() => lab?.remove());

  /** Waits until the node is where it is to be, and packets go as they are to go there. */
  async function settled(network: NetworkName, seconds = 25): Promise<DaemonStatus> {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const status = lab.status("mobile-node");
      const [update] = status.updates!;
      const isThere = update.state === (network === "home" ? "AtHome" : "Registered");
      if (isThere && update.encapsulation === ENCAPSULATIONS[network]) return status;
      expect(performance.now(), `${network}: ${JSON.stringify([update, status.uplinks, status.warnings])}`).toBeLessThan(end);
      await pause(100);
    }
  }

  it("sessions of both families begin behind a NAT", async () => {
    lab.move("nat");
    const { updates, uplinks } = await settled("nat");
    expect(updates![0]).toMatchObject({ nat: "Nat", ipv4HomeAddress: IPV4_HOME_ADDRESS, keepaliveS: 3 });
    expect(uplinks![0]).toMatchObject({ ipv4Address: "10.0.4.7", paths: { Ipv6: "NoAddress", Ipv4: "Nat" } });
    for (const host of [CORRESPONDENT, CORRESPONDENT_IPV4]) {
      talks.push(new Talk(lab.run(lab.mobile, process.execPath, ["-e", Talk.to(host)])));
    }
    for (const talk of talks) await talk.goesOn();
  });

  // UDP is dropped for 10 s in one of them, to which six of the 42 moves lead: two minutes in all
  it("they go on after every move from one kind to another", async () => {
    for (const network of [...tour(KINDS, "nat"), "firewall", "nat30"] as NetworkName[]) {
      lab.move(network);
      await settled(network);
      await Promise.all(talks.map((talk) => talk.goesOn()));
    }
    expect(lab.leaked()).toBe(0);
    expect(mobileNode.output).not.toContain('"level":50');
  }, 300_000);

  it("keepalives hold the mapping of a NAT that forgets after 5 s (5555-4.3-1)", async () => {
    for (const { program } of talks) await program.kill();
    lab.mappingsLast(5);
    await pause(8000);
    expect(lab.ping(lab.router, HOME_ADDRESS)).toBe(true);
    expect(lab.ping(lab.router, IPV4_HOME_ADDRESS)).toBe(true);
  });

  it("a NAT that forgets sooner gives other ports, which costs a packet or two", async () => {
    const portOf = () => lab.status("home-agent").bindings![0].port;
    const port = portOf();
    lab.mappingsLast(1);
    await within(15, () => (portOf() !== port && lab.ping(lab.mobile, CORRESPONDENT)) || undefined);
    await within(5, () => homeAgent.output.includes('"event":"MappingChanged"') || undefined);
    expect(lab.status("home-agent").bindings![0]).toMatchObject({ nat: true, encapsulation: "UdpIpv4" });
    lab.mappingsLast(30);
  });

  it("people see in words what the network is like", () => {
    const shown = (role: string) => execFileSync(process.execPath, [
      MEXT, "status", "--control", join(lab.folder, `${role}.sock`),
    ], { encoding: "utf8" });
    expect(shown("mobile-node")).toMatch(/^by UDP over IPv4: a NAT is in the way; .*the NAT hears of this node every 3 s at least$/m);
    expect(shown("mobile-node")).toMatch(/^wlan0 \* .* 10\.0\.5\.7 +no address +no address +NAT +in use$/m);
    expect(shown("mobile-node")).toContain(`IPv4 home address ${IPV4_HOME_ADDRESS}`);
    expect(shown("home-agent")).toMatch(/UDP over IPv4, port \d+, NAT \(\d+ s advised.*\) +198\.51\.100\.17$/m);
  });

  it("at the end of all this, the system is as it was", async () => {
    expect(await mobileNode.stop()).toBe(0);
    expect(lab.status("home-agent").bindings).toEqual([]);
    expect(await homeAgent.stop()).toBe(0);
    lab.move(undefined);
    expect(lab.state(lab.home)).toBe(before.home);
    expect(lab.state(lab.mobile)).toBe(before.mobile);
  });
});

/** Looks again and again until there is something; `seconds` by the clock. */
async function within<Thing>(seconds: number, look: () => Thing | undefined): Promise<Thing> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`did not happen: ${look}`);
    await pause(50);
  }
}

/** A way over all pairs of different kinds, each once (Hierholzer), from `start` on; the start is left out. */
function tour(kinds: readonly NetworkName[], start: NetworkName): NetworkName[] {
  const left = new Map(kinds.map((from) => [from, kinds.filter((to) => to !== from)]));
  const stack = [start];
  const way: NetworkName[] = [];
  while (stack.length > 0) {
    const next = left.get(stack.at(-1)!)!.pop();
    if (next === undefined) way.unshift(stack.pop()!);
    else stack.push(next);
  }
  return way.slice(1);
}
