/** The daemons as objects: `import { HomeAgent, MobileNode } from "mext/node"`. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DaemonEvent, HomeAgent, HomeAgentConfig, MobileNode, MobileNodeConfig } from "../../platforms/node/index.ts";
import { HOME_ADDRESS, HOME_AGENT, KEY, Lab } from "./lab.ts";
import { cannotRun, enterNamespace, eventually, inside } from "./system/namespace.ts";

/** The built library: the thread of its loop is a file beside it. */
const library = await import(new URL("../../dist/node.js", import.meta.url).href) as typeof import("../../platforms/node/index.ts");

describe.skipIf(cannotRun)(`library${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: Lab;
  let homeAgent: HomeAgent;
  let mobileNode: MobileNode;
  const events: DaemonEvent[] = [];
  beforeAll(() => { lab = new Lab(); });
  afterAll(async () => {
    await mobileNode?.stop();
    await homeAgent?.stop();
    await lab?.remove();
  });

  /** Starts with this thread inside the namespace: the thread of the loop inherits it. */
  async function startInside<D>(namespace: string, start: () => Promise<D>): Promise<D> {
    const home = "/proc/self/ns/net"; // of the main thread, which never leaves
    enterNamespace(`/run/netns/${namespace}`);
    try {
      return await start();
    } finally {
      enterNamespace(home);
    }
  }

  it("starts, tells events with interface names, and answers for its status", async () => {
    const { config } = library.readConfigFile(lab.homeAgentConfig());
    homeAgent = await startInside(lab.home, () => library.HomeAgent.start(config as HomeAgentConfig));
    const mobile = library.readConfigFile(lab.mobileNodeConfig()).config as MobileNodeConfig;
    mobileNode = await startInside(lab.mobile, () => library.MobileNode.start(mobile));
    mobileNode.on("event", (event) => events.push(event));
    await eventually(() => events.find(({ name }) => name === "BindingAcknowledged"));
    expect(events.find(({ name }) => name === "CareofFormed")).toMatchObject({ device: "eth0", unixMs: expect.any(Number) });
    const status = await homeAgent.status();
    expect(status.bindings).toMatchObject([{ homeAddress: HOME_ADDRESS }]);
    expect(status.processId).toBe(process.pid);
    expect(JSON.stringify([status, await mobileNode.status(), homeAgent, config, mobile])).not.toContain(KEY);
  });

  it("warns of a node without authentication", async () => {
    const file = lab.file("open.toml", `role = "home-agent"\naddress = "${HOME_AGENT}"\nhome_prefixes = ["2001:db8:100::/64"]\ntunnel = "open0"\n` +
      `[[node]]\nidentity = "open@example.org"\nhome_addresses = ["2001:db8:100::99"]\nauthentication = "none"\n`);
    const { config } = library.readConfigFile(file);
    const open = await startInside(lab.router, () => library.HomeAgent.start(config as HomeAgentConfig));
    expect((await open.status()).warnings).toEqual([expect.stringMatching(/^authentication of open@example.org is "none": /)]);
    await open.stop();
  });

  it("reports its end, once, and answers nothing afterwards", async () => {
    const ends: (Error | undefined)[] = [];
    mobileNode.on("ended", (error) => ends.push(error));
    await Promise.all([mobileNode.stop(), mobileNode.stop()]);
    await mobileNode.stop();
    expect(ends).toEqual([undefined]);
    await expect(mobileNode.status()).rejects.toThrow("the daemon has ended");
  });

  it("ends with an error that says why when its tunnel device is taken away, and takes back what it changed", async () => {
    const before = lab.state(lab.home);
    const ended = new Promise<Error | undefined>((resolve) => homeAgent.once("ended", resolve));
    const { execFileSync } = await import("node:child_process");
    execFileSync("ip", ["-n", lab.home, "link", "del", "mext0"]);
    expect((await ended)?.message).toMatch(/read from mext0: /);
    expect(before).toContain("net.ipv6.conf.all.forwarding = 1");
    expect(lab.state(lab.home)).toContain("net.ipv6.conf.all.forwarding = 0");
    await expect(inside(lab.home, () => library.HomeAgent.start({ ...homeAgent.config, control: join(lab.folder, "x".repeat(120)) } as HomeAgentConfig)))
      .rejects.toThrow(/longer than 107/);
  });
});
