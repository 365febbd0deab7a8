/** A mobile node under Deno, behind a NAT and elsewhere, and a home agent under Node: UDP and raw IPv4 by `Deno.dlopen`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DaemonStatus } from "../../platforms/linux/status.ts";
import { CORRESPONDENT, type Program } from "../linux/lab.ts";
import { CORRESPONDENT_IPV4, IPV4_HOME_ADDRESS, type NetworkName, RoamingLab } from "../linux/roaming-lab.ts";
import { cannotRun, eventually, pause } from "../linux/system/namespace.ts";
import { Talk } from "../linux/talk.ts";
import { DENO, denoPath } from "./deno.ts";

const missing = cannotRun ?? (denoPath === undefined ? "Deno" : undefined);

describe.skipIf(missing)(`IPv4 and NATs under Deno${missing ? ` (cannot run: ${missing})` : ""}`, () => {
  let lab: RoamingLab;
  let homeAgent: Program;
  let mobileNode: Program;
  let before: { home: string; mobile: string };
  const talks: Talk[] = [];

  beforeAll(async () => {
    lab = new RoamingLab();
    lab.runtimes["mobile-node"] = DENO;
    await lab.run(lab.router, process.execPath, ["-e", Talk.ECHO]).logs("ready");
    await pause(500); // link-local addresses
    before = { home: lab.state(lab.home), mobile: lab.state(lab.mobile) };
    [homeAgent, mobileNode] = await lab.startBoth();
  });
  afterAll(() => lab?.remove());

  function settled(encapsulation: string): Promise<DaemonStatus> {
    return eventually(() => {
      const status = lab.status("mobile-node");
      const [update] = status.updates!;
      return update.state === "Registered" && update.encapsulation === encapsulation ? status : undefined;
    }, 20);
  }

  it("a session of each family begins behind a NAT, by UDP over IPv4", async () => {
    lab.move("nat");
    const { updates } = await settled("UdpIpv4");
    expect(updates![0]).toMatchObject({ nat: "Nat", ipv4HomeAddress: IPV4_HOME_ADDRESS });
    expect(lab.status("home-agent").bindings).toMatchObject([{ encapsulation: "UdpIpv4", nat: true }]);
    for (const host of [CORRESPONDENT, CORRESPONDENT_IPV4]) {
      talks.push(new Talk(lab.run(lab.mobile, process.execPath, ["-e", Talk.to(host)])));
    }
    for (const talk of talks) await talk.goesOn();
  });

  const moves: [to: NetworkName, by: string][] = [["dual", "Ipv6"], ["nat30", "UdpIpv4"], ["public", "Ipv4"], ["nat", "UdpIpv4"]];
  it.each(moves)("both go on after a move to %s, by %s", async (to, by) => {
    lab.move(to);
    await settled(by);
    await Promise.all(talks.map((talk) => talk.goesOn()));
  }, 40_000);

  it("at the end the system is as it was", async () => {
    expect(lab.leaked()).toBe(0);
    expect(await mobileNode.stop()).toBe(0);
    expect(lab.status("home-agent").bindings).toEqual([]);
    expect(await homeAgent.stop()).toBe(0);
    lab.move(undefined);
    expect(lab.state(lab.home)).toBe(before.home);
    expect(lab.state(lab.mobile)).toBe(before.mobile);
    expect(mobileNode.errors).toBe("");
  });
});
