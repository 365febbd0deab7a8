/** The daemons as objects: `import { HomeAgent, MobileNode } from "mext/node"`. */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  DaemonEvent, HomeAgent, HomeAgentConfig, MobileNode, MobileNodeConfig,
} from "../../platforms/node/index.ts";
import { monotonicMs } from "../../platforms/linux/system/clock.ts";
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, KEY, Lab, runToEnd } from "./lab.ts";
import { cannotRun, enterNamespace, eventually, inside, ip } from "./system/namespace.ts";

/** The built library: the thread of its loop is a file beside it. */
const library = (await import(
  new URL("../../dist/node.js", import.meta.url).href
)) as typeof import("../../platforms/node/index.ts");

describe.skipIf(cannotRun)(`library${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: Lab;
  let homeAgent: HomeAgent;
  let mobileNode: MobileNode;
  const events: DaemonEvent[] = [];
  beforeAll(() => {
    lab = new Lab();
  });
  afterAll(async () => {
    await mobileNode?.stop();
    await homeAgent?.stop();
    await lab?.remove();
  });

  /** Starts with this thread inside the namespace: the thread of the loop inherits it. */
  async function startInside<D>(namespace: string, start: () => Promise<D>): Promise<D> {
    const home = openSync("/proc/thread-self/ns/net", "r");
    enterNamespace(`/run/netns/${namespace}`);
    try {
      return await start();
    } finally {
      enterNamespace(`/proc/self/fd/${home}`);
      closeSync(home);
    }
  }

  it("starts, tells events with interface names, and answers for its status", async () => {
    const { config } = library.readConfigFile(lab.homeAgentConfig());
    homeAgent = await startInside(lab.home, () => library.HomeAgent.start(config as HomeAgentConfig));
    const mobile = library.readConfigFile(lab.mobileNodeConfig()).config as MobileNodeConfig;
    mobileNode = await startInside(lab.mobile, () => library.MobileNode.start(mobile));
    mobileNode.on("event", (event) => events.push(event));
    await eventually(() => events.find(({ name }) => name === "BindingAcknowledged"));
    const formed = await eventually(() =>
      events.find((event) => event.name === "CareofFormed" && event.device === "eth0"),
    );
    expect(Math.abs(formed.unixMs - Date.now())).toBeLessThan(10_000);
    expect(Math.abs(formed.atMs - monotonicMs())).toBeLessThan(10_000);
    const status = await homeAgent.status();
    expect(status.bindings).toMatchObject([{ homeAddress: HOME_ADDRESS }]);
    expect(status.processId).toBe(process.pid);
    expect(JSON.stringify([status, await mobileNode.status(), homeAgent, config, mobile])).not.toContain(KEY);
  });

  it("a trap in a running core is survived: fresh core, same binding, packets go on", async () => {
    await Promise.all([mobileNode.stop(), homeAgent.stop()]);
    const options = { workerUrl: pathToFileURL(lab.file("trapping-worker.mjs", TRAPPING_WORKER)) };
    const configOf = (file: string) => library.readConfigFile(file).config;
    const homeConfig = configOf(lab.homeAgentConfig()) as HomeAgentConfig;
    homeAgent = await startInside(lab.home, () => library.HomeAgent.start(homeConfig, options));
    const mobileConfig = configOf(lab.mobileNodeConfig()) as MobileNodeConfig;
    mobileNode = await startInside(lab.mobile, () => library.MobileNode.start(mobileConfig, options));
    const ping = (count: number) =>
      runToEnd(lab.run(lab.mobile, "ping", ["-c", String(count), "-i", "0.1", "-W", "1", CORRESPONDENT]));
    await ping(20); // some of them are lost while the cores trap
    for (const daemon of [homeAgent, mobileNode]) {
      expect((await daemon.status()).traps).toBe(1);
      expect(daemon.warnings).toContainEqual(expect.stringMatching(/^the core trapped \(unreachable\)/));
    }
    expect((await ping(5)).output).toContain(" 0% packet loss");
    expect((await homeAgent.status()).bindings).toHaveLength(1);
  });

  it("warns of a node without authentication", async () => {
    const file = lab.file(
      "open.toml",
      `role = "home-agent"\naddress = "${HOME_AGENT}"\nhome_prefixes = ["2001:db8:100::/64"]\ntunnel = "open0"\n` +
        `[[node]]\nidentity = "open@example.org"\nhome_addresses = ["2001:db8:100::99"]\nauthentication = "none"\n`,
    );
    const { config } = library.readConfigFile(file);
    const open = await startInside(lab.router, () => library.HomeAgent.start(config as HomeAgentConfig));
    expect((await open.status()).warnings).toEqual([
      expect.stringMatching(/^authentication of open@example.org is "none": /),
    ]);
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
    ip("-n", lab.home, "link", "del", "mext0");
    expect((await ended)?.message).toMatch(/read from mext0: /);
    expect(before).toContain("net.ipv6.conf.all.forwarding = 1");
    expect(lab.state(lab.home)).toContain("net.ipv6.conf.all.forwarding = 0");
    await expect(
      inside(lab.home, () =>
        library.HomeAgent.start({
          ...homeAgent.config,
          control: join(lab.folder, "x".repeat(120)),
        } as HomeAgentConfig),
      ),
    ).rejects.toThrow(/longer than 107/);
  });
});

/** The thread of the loop, with a first core that traps at its twelfth batch of packets. */
const TRAPPING_WORKER = `
const { Instance } = WebAssembly;
let instances = 0;
WebAssembly.Instance = function (module, imports) {
  const { exports } = new Instance(module, imports);
  if (instances++ > 0) return { exports };
  let batches = 0;
  const process = (...call) => {
    if (++batches === 12) throw new WebAssembly.RuntimeError("unreachable");
    return exports.process(...call);
  };
  return { exports: { ...exports, process } };
};
await import(${JSON.stringify(new URL("../../dist/worker.js", import.meta.url).href)});
`;
