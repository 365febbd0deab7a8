/** The portable home agent, mobile node and relay under Deno. */
import { createSocket } from "node:dgram";
import { request } from "node:http";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MobileNode } from "../../platforms/portable/mobile-node.ts";
import { type WebSocketConstructor, WebSocketUnderlay } from "../../platforms/portable/websocket-underlay.ts";
import { core, HOME_AGENT, homeAddressOf, homeAgentFile, mobileNodeConfig, mobileNodeFile, ping } from "./bed.ts";
import { denoPath, Programs } from "./bundles.ts";

const FLAGS = ["run", "--no-prompt", "--no-config", "--no-lock"];

describe.skipIf(!denoPath)("under Deno (needs Deno)", () => {
  let programs: Programs;
  let edge: string;

  beforeAll(async () => {
    programs = new Programs();
    edge = await programs.bundle("platforms/deno/edge.ts", "deno");
  });
  afterAll(() => programs?.close());

  const run = (flags: string[], ...words: string[]) => programs.run(denoPath!, [...FLAGS, ...flags, ...words]);

  async function pingOver(url: string): Promise<void> {
    const underlay = new WebSocketUnderlay({ url, WebSocket: WebSocket as unknown as WebSocketConstructor });
    const node = await MobileNode.start({ config: mobileNodeConfig(0), core, underlays: [underlay] });
    await node.registered();
    await ping(node, homeAddressOf(0), HOME_AGENT);
    await node.stop();
  }

  it("a home agent with --allow-net alone serves a mobile node of Node", async () => {
    const bundle = await programs.bundle("test/portable/deno-home-agent.ts", "deno");
    const program = run(["--allow-net"], bundle);
    const { websocketPort } = await program.says("running");
    await pingOver(`ws://127.0.0.1:${websocketPort}/mext`);
    expect((await program.says("BindingEnded")).fields).toMatchObject({ why: "deregistered" });
    program.child.kill("SIGKILL");
  });

  it("edge.js serves WebSockets, and keeps its state over a restart", async () => {
    const state = `${programs.folder}/state`;
    const file = programs.file("home-agent.toml", homeAgentFile(2, `state_file = "${state}"`));
    const flags = ["--allow-net", `--allow-read`, `--allow-write=${programs.folder}`];
    const first = run(flags, edge, file, "--websocket", "127.0.0.1:0", "--json");
    const { websocketPort } = await first.says("running");
    const url = `ws://127.0.0.1:${websocketPort}/mext`;
    const underlay = new WebSocketUnderlay({ url, WebSocket: WebSocket as unknown as WebSocketConstructor, firstRetryMs: 50 });
    const node = await MobileNode.start({ config: mobileNodeConfig(0), core, underlays: [underlay] });
    await node.registered();
    expect(await first.stop()).toBe(0);

    const second = run(flags, edge, file, "--websocket", `127.0.0.1:${websocketPort}`, "--json");
    await second.says("running");
    await node.registered();
    await ping(node, homeAddressOf(0), HOME_AGENT);
    await node.stop();
    expect(await second.stop()).toBe(0);
    const accepted = second.lines.find(({ event, name }) => event === "core" && name === "BindingAccepted");
    expect(accepted?.fields, "the node was known").toMatchObject({ change: "moved" });
  });

  it("hostile peers of edge.js are sent away, and it goes on", async () => {
    const file = programs.file("home-agent.toml", homeAgentFile(1));
    const agent = run(["--allow-net", "--allow-read"], edge, file, "--websocket", "127.0.0.1:0", "--json");
    const { websocketPort } = await agent.says("running");
    const url = `ws://127.0.0.1:${websocketPort}/mext`;
    for (const message of ["text", new Uint8Array(1 << 20), new Uint8Array(3000)]) {
      const socket = new WebSocket(url);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.once("open", () => socket.send(message));
      expect(await closed).toBeGreaterThanOrEqual(1000);
    }
    const ask = (headers: Record<string, string>, path = "/mext") => new Promise<number>((resolve) => {
      request({ port: Number(websocketPort), host: "127.0.0.1", path, headers }, ({ statusCode }) => resolve(statusCode!)).on("error", () => resolve(0)).end();
    });
    expect(await ask({})).toBe(426);
    expect(await ask({}, "/")).toBe(404);
    expect(await ask({ connection: "Upgrade", upgrade: "websocket" })).toBe(400);
    await pingOver(url);
    expect(await agent.stop()).toBe(0);
    const { status } = await agent.says("status") as unknown as { status: { traps: number; underlays: { connections: number; closed: object }[] } };
    expect(status).toMatchObject({ traps: 0, underlays: [{ closed: { "text message": 1, "message too large": 2 } }] });
    expect(agent.errors).toBe("");
  });

  it("edge.js and its own mobile node, by WebSocket; UDP needs an address that others can answer", async () => {
    const file = programs.file("home-agent.toml", homeAgentFile(2));
    const agent = run(["--allow-net", "--allow-read", "--unstable-net"], edge, file, "--websocket", "127.0.0.1:0", "--udp", "127.0.0.1:4191", "--json");
    const { websocketPort } = await agent.says("running");
    const one = programs.file("one.toml", mobileNodeFile(0));
    const byWebSocket = run(["--allow-net", "--allow-read"], edge, "mobile-node", one, "--websocket", `ws://127.0.0.1:${websocketPort}/mext`, "--json");
    expect(await byWebSocket.ended, byWebSocket.errors).toBe(0);
    expect(byWebSocket.lines.map(({ event, roundTripMs }) => [event, typeof roundTripMs])).toEqual(Array(3).fill(["ping", "number"]));
    const two = programs.file("two.toml", mobileNodeFile(1, { more: 'home_agent_ipv4 = "127.0.0.1"' }).replace(/^home_agent = .*/m, `home_agent = "${HOME_AGENT}"`));
    const byUdp = run(["--allow-net", "--allow-read", "--unstable-net"], edge, "mobile-node", two, "--udp", "--count", "1", "--json");
    // 127.0.0.0/8 is no address of a home agent (RFC 1122 §3.2.1.3); UDP for real: linux.test.ts
    expect(await byUdp.ended).toBe(1);
    expect(byUdp.errors).toMatch(/home_agent_ipv4/);
    expect(await agent.stop()).toBe(0);
  });

  it("a relay knows its home agent however its address is written", async () => {
    const relay = await programs.bundle("platforms/deno/relay-program.ts", "deno");
    const agent = createSocket("udp6").on("message", (payload, { port }) => agent.send(payload, port, "::1"));
    await new Promise<void>((resolve) => agent.bind(0, "::1", resolve));
    const place = `[0:0:0:0:0:0:0:1]:${agent.address().port}`;
    const program = run(["--allow-net", "--unstable-net"], relay, "--home-agent", place, "--listen", "127.0.0.1:0", "--json");
    const { port } = await program.says("listening");
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mext`);
    socket.once("open", () => socket.send(Uint8Array.of(0x60, 1)));
    const answer = await new Promise((resolve) => socket.once("message", resolve).once("close", resolve));
    expect(answer).toEqual(Buffer.of(0x60, 1));
    socket.terminate();
    agent.close();
    program.child.kill("SIGKILL");
  });

  it.each([
    ["no permission to read", [], ["home-agent.toml", "--websocket", "0"], "run with --allow-read"],
    ["no permission for the network", ["--allow-read"], ["home-agent.toml", "--websocket", "0"], "run with --allow-net"],
    ["UDP without its flag", ["--allow-read", "--allow-net"], ["home-agent.toml", "--udp", "0"], "run with --unstable-net"],
    ["no way in", ["--allow-read"], ["home-agent.toml"], "--websocket or --udp is missing"],
    ["a wrong port", ["--allow-read"], ["home-agent.toml", "--websocket", "80800"], "must be <port> or <address>:<port>"],
    ["a wrong option", ["--allow-read"], ["home-agent.toml", "--web-socket", "1"], "did you mean --websocket?"],
    ["no file", ["--allow-read"], ["nothing.toml", "--websocket", "1"], "nothing.toml is missing"],
    ["a file with a mistake", ["--allow-read"], ["broken.toml", "--websocket", "1"], "broken.toml:2:"],
  ])("%s: one line says what to do", async (_, flags, [file, ...words], message) => {
    programs.file("home-agent.toml", homeAgentFile(1));
    programs.file("broken.toml", 'role = "home-agent"\naddress = "nowhere"\n');
    const program = run(flags, edge, `${programs.folder}/${file}`, ...words);
    expect(await program.ended).toBeGreaterThan(0);
    expect(program.errors).toContain(message);
    expect(program.errors).not.toMatch(/^\s+at /m);
  });
});
