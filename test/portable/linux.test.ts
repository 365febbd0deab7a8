/** Portable nodes and the real daemons of Linux, in network namespaces. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, type Program } from "../linux/lab.ts";
import { CORRESPONDENT_IPV4, HOME_AGENT_IPV4, IPV4_HOME_ADDRESS, IPV4_WANTED, RoamingLab } from "../linux/roaming-lab.ts";
import { cannotRun, eventually, ip, pause } from "../linux/system/namespace.ts";
import { denoPath, Programs } from "./bundles.ts";

const RELAY_PORT = 8080;
const DENO = ["run", "--no-prompt", "--no-config", "--no-lock", "--allow-net", "--unstable-net"];

describe.skipIf(cannotRun)(`portable nodes and Linux daemons${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: RoamingLab;
  let programs: Programs;

  beforeAll(async () => {
    lab = new RoamingLab();
    programs = new Programs();
    await pause(500); // link-local addresses
  });
  afterAll(async () => {
    await lab?.remove();
    programs?.close();
  });

  const update = () => lab.status("mobile-node").updates![0];
  const linesOf = ({ output }: Program) => output.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);

  /** `mext mobile-node` on Linux registers with a home agent that has no privileges, from network to network. */
  async function serves(agent: Program): Promise<void> {
    await agent.logs('"running"');
    const mobileNode = lab.start(lab.mobile, "mobile-node", lab.mobileNodeFile(IPV4_WANTED));
    await mobileNode.logs("is running");
    for (const network of ["nat", "public", "dual"] as const) {
      lab.move(network);
      await eventually(() => (update().state === "Registered" && update().encapsulation === "UdpIpv4") || undefined, 10);
      await eventually(() => lab.ping(lab.mobile, HOME_AGENT) || undefined, 3);
    }
    expect(update()).toMatchObject({ nat: "None", ipv4HomeAddress: IPV4_HOME_ADDRESS, ipv4Status: 0 });
    expect(await mobileNode.stop()).toBe(0);
    lab.move(undefined);
    expect(await agent.stop()).toBe(0);
    const lines = linesOf(agent);
    const bound = lines.filter(({ name, fields }) => name === "BindingAccepted" && (fields as { change: string }).change === "moved");
    expect(bound.length).toBeGreaterThanOrEqual(2);
    expect(lines.filter(({ name }) => name === "BindingEnded").map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ homeAddress: HOME_ADDRESS, why: "deregistered" }));
    const { status } = lines.find(({ event }) => event === "status") as unknown as { status: { traps: number; bindings: unknown[] } };
    expect(status).toMatchObject({ traps: 0, bindings: [] });
  }

  it("a home agent of Node without privileges, by UDP", async () => {
    const program = await programs.bundle("test/portable/home-agent-program.ts", "node");
    await serves(lab.run(lab.home, process.execPath, [program, lab.homeAgentFile(), "4191"]));
  });

  it.skipIf(!denoPath)("a home agent of Deno without privileges, by UDP (needs Deno)", async () => {
    const edge = await programs.bundle("platforms/deno/edge.ts", "deno");
    const file = programs.file("home-agent.toml", withoutFiles(lab.homeAgentFile()));
    await serves(lab.run(lab.home, denoPath!, [...DENO, "--allow-read", edge, file, "--udp", "4191", "--json"]));
  });

  it("a portable mobile node reaches a home agent of Linux through `mext relay`, and hosts behind it", () => {
    return relays((options) => lab.start(lab.router, "relay", ...options));
  });

  it.skipIf(!denoPath)("and through the relay of Deno (needs Deno)", async () => {
    const program = await programs.bundle("platforms/deno/relay-program.ts", "deno");
    return relays((options) => lab.run(lab.router, denoPath!, [...DENO, program, ...options]));
  });

  async function relays(start: (options: string[]) => Program): Promise<void> {
    const homeAgent = lab.start(lab.home, "home-agent", lab.homeAgentFile());
    await homeAgent.logs("is running");
    const relay = start(["--home-agent", HOME_AGENT_IPV4, "--listen", String(RELAY_PORT), "--json"]);
    await relay.logs("listening");
    lab.move("nat");
    const program = await programs.bundle("test/portable/mobile-node-program.ts", "node");
    const file = programs.file("mobile-node.toml", withoutFiles(lab.mobileNodeFile(`ipv4_home_address = "${IPV4_HOME_ADDRESS}"`)));
    const url = `ws://${CORRESPONDENT_IPV4}:${RELAY_PORT}/mext`;
    const mobile = lab.run(lab.mobile, process.execPath, [program, file, url, HOME_AGENT, CORRESPONDENT, CORRESPONDENT_IPV4]);
    for (const sequence of [0, 1, 2]) await mobile.logs(`"answered","sequence":${sequence}`);
    expect(lab.status("home-agent").bindings).toContainEqual(expect.objectContaining({
      homeAddress: HOME_ADDRESS, careofAddress: "192.0.2.1", nat: true, encapsulation: "UdpIpv4", identity: "car17@example.org",
    }));
    // and from outside: the mobile node's program has no stack, its node answers by itself
    expect(lab.ping(lab.router, HOME_ADDRESS)).toBe(true);
    expect(lab.ping(lab.router, IPV4_HOME_ADDRESS)).toBe(true);

    // another network: the connection breaks, a new one comes, and the binding moves to another port
    const [before] = lab.status("home-agent").bindings!;
    lab.move("public");
    ip("netns", "exec", lab.router, "ss", "-K", "sport", "=", `:${RELAY_PORT}`);
    const answers = () => linesOf(mobile).filter(({ event }) => event === "answered").length;
    await eventually(() => lab.status("home-agent").bindings![0]?.port !== before.port || undefined, 20);
    const heard = answers();
    await eventually(() => answers() > heard + 5 || undefined);

    expect(await mobile.stop()).toBe(0);
    await eventually(() => lab.status("home-agent").bindings!.length === 0 || undefined);
    expect(await relay.stop()).toBe(0);
    const { accepted, closed } = linesOf(relay).at(-1) as { accepted: number; closed: Record<string, number> };
    expect(accepted).toBeGreaterThanOrEqual(2);
    expect(closed["not authenticated"]).toBeUndefined();
    expect(await homeAgent.stop()).toBe(0);
    lab.move(undefined);
  }

  /** Configurations without files of the lab, for programs that may write nothing. */
  function withoutFiles(path: string): string {
    return readFileSync(path, "utf8").replace(/^(state_file|control) = .*\n/gm, "");
  }
});
