/** A mobile node moves between networks of every kind, and a TCP session of each family goes on. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DaemonStatus } from "../../platforms/node/status.ts";
import { CORRESPONDENT, type Program } from "./lab.ts";
import { CORRESPONDENT_IPV4, IPV4_HOME_ADDRESS, type NetworkName, RoamingLab } from "./roaming-lab.ts";
import { cannotRun, eventually } from "./system/namespace.ts";
import { Talk } from "./talk.ts";

describe.skipIf(cannotRun)(`networks of every kind${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: RoamingLab;
  let homeAgent: Program;
  let mobileNode: Program;
  const talks: Talk[] = [];

  beforeAll(async () => {
    lab = new RoamingLab();
    await lab.run(lab.router, process.execPath, ["-e", Talk.ECHO]).logs("ready");
    [homeAgent, mobileNode] = await lab.startBoth();
  });
  afterAll(() => lab?.remove());

  /** Waits until the node is registered by an encapsulation. */
  const registered = (by: string, seconds = 12): Promise<DaemonStatus> => eventually(() => {
    const status = lab.status("mobile-node");
    const [update] = status.updates!;
    return update.state === "Registered" && update.encapsulation === by ? status : undefined;
  }, seconds);
  const talksGoOn = () => Promise.all(talks.map((talk) => talk.goesOn()));

  const cases: [network: NetworkName, by: string][] = [
    ["dual", "Ipv6"], ["nat", "UdpIpv4"], ["ipv6", "Ipv6"], ["public", "Ipv4"], ["firewall", "UdpIpv6"],
  ];
  it.each(cases)("%s: by %s", async (network, by) => {
    lab.move(network);
    await registered(by);
    if (talks.length === 0) {
      for (const host of [CORRESPONDENT, CORRESPONDENT_IPV4]) {
        talks.push(new Talk(lab.run(lab.mobile, process.execPath, ["-e", Talk.to(host)])));
      }
    }
    await talksGoOn();
  });
});
