/** Portable home agent and mobile nodes over real WebSockets of this machine. */
import { createServer } from "node:http";
import { WebSocket } from "ws";
import { afterEach, describe, expect, it } from "vitest";
import { NodeUdpUnderlay } from "../../platforms/node/udp.ts";
import { WebSocketServer } from "../../platforms/node/websocket-server.ts";
import { HomeAgent } from "../../platforms/portable/home-agent.ts";
import { MobileNode } from "../../platforms/portable/mobile-node.ts";
import { WebSocketHub } from "../../platforms/portable/websocket-hub.ts";
import { WebSocketUnderlay } from "../../platforms/portable/websocket-underlay.ts";
import {
  Bed, core, echoRequest, HOME_AGENT, homeAddressOf, homeAgentConfig, ipv4HomeAddressOf, keyOf, mobileNodeConfig, ping, until,
} from "./bed.ts";

let bed: Bed | undefined;
afterEach(() => bed?.close());

describe("over WebSockets", () => {
  it("a mobile node registers, and pings its home agent", async () => {
    bed = await Bed.open(1);
    const node = await bed.mobileNode(0);
    await node.registered();
    expect(await ping(node, homeAddressOf(0), HOME_AGENT)).toBeLessThan(1000);
    const { bindings, underlays } = bed.agent.status();
    expect(bindings.find(({ homeAddress }) => homeAddress === homeAddressOf(0))).toMatchObject({
      encapsulation: "UdpIpv4", nat: true, identity: "car0@example.org",
    });
    expect(underlays[0]).toMatchObject({ connections: 1, trusted: 1 });
  });

  it("two mobile nodes ping each other, by IPv6 and IPv4", async () => {
    bed = await Bed.open(2);
    const [one, other] = [await bed.mobileNode(0), await bed.mobileNode(1)];
    await Promise.all([one.registered(), other.registered()]);
    await ping(one, homeAddressOf(0), homeAddressOf(1));
    await ping(other, homeAddressOf(1), homeAddressOf(0));
    await ping(one, ipv4HomeAddressOf(0), ipv4HomeAddressOf(1));
  });

  it("a node that moves to another connection keeps its binding", async () => {
    bed = await Bed.open(1);
    const underlay = bed.underlay();
    const node = await bed.mobileNode(0, [underlay]);
    await node.registered();
    const [before] = bed.agent.bindings;
    underlay.reconnect();
    const after = await until(() => bed!.agent.bindings.find(({ homeAddress, port }) => homeAddress === before.homeAddress && port !== before.port));
    expect(after.sequence).not.toBe(before.sequence);
    await until(() => node.isRegistered);
    await ping(node, homeAddressOf(0), HOME_AGENT);
    await until(() => bed!.hub.status().connections === 1);
  });

  it("deregisters at its end", async () => {
    bed = await Bed.open(1);
    const node = await bed.mobileNode(0);
    await node.registered();
    await node.stop();
    expect(bed.agent.bindings).toEqual([]);
    await until(() => bed!.hub.status().connections === 0);
  });

  it("a wrong key is refused, and its connection closed", async () => {
    bed = await Bed.open(1, { authenticationMs: 300 });
    const underlay = bed.underlay({ maxRetryMs: 60_000, firstRetryMs: 60_000 });
    const node = await bed.mobileNode(0, [underlay], { key: keyOf(9) });
    await until(() => underlay.status().lastClose);
    expect(underlay.status().lastClose).toEqual({ code: 1008, reason: "not authenticated" });
    expect(node.isRegistered).toBe(false);
    expect(bed.agent.bindings).toEqual([]);
    expect(bed.agent.status().refusals.map(({ reason }) => reason)).toContain("AuthenticationFailed");
    expect(bed.hub.status()).toMatchObject({ closed: { "not authenticated": 1 } });
  });

  it("a home agent that starts again with its state knows its nodes", async () => {
    const records: Uint8Array[] = [];
    bed = await Bed.open(2, {}, { keep: (record) => records.push(record) });
    const underlay = bed.underlay();
    const node = await bed.mobileNode(0, [underlay]);
    await node.registered();
    const [{ sequence }] = bed.agent.bindings;
    await bed.close();

    bed = await Bed.open(2, {}, { state: Uint8Array.from(records.flatMap((record) => [...record])) });
    expect(bed.agent.bindings.find(({ homeAddress }) => homeAddress === homeAddressOf(0))).toMatchObject({ sequence });
    expect(bed.agent.status().warnings).toEqual([]);
    const other = await bed.mobileNode(1);
    await other.registered();
  });

  it("reconnects when its home agent was away, and goes on", async () => {
    bed = await Bed.open(1);
    const node = await bed.mobileNode(0);
    await node.registered();
    const { port } = bed.server;
    const state = bed.agent.exportState();
    await bed.agent.stop();
    await bed.server.close();
    await until(() => !node.status().underlays[0].isUp);

    const again = new WebSocketHub();
    const agent = await HomeAgent.start({ config: homeAgentConfig(1), core, underlays: [again], state });
    const server = await WebSocketServer.listen({ connections: again.connections, hostname: "127.0.0.1", port });
    await until(() => again.status().trusted === 1);
    await ping(node, homeAddressOf(0), HOME_AGENT);
    await agent.stop();
    await server.close();
  });

  it("a core that traps is replaced, and its nodes stay registered", async () => {
    bed = await Bed.open(1);
    const node = await bed.mobileNode(0);
    await node.registered();
    for (const each of [bed.agent, node]) each.driver.call(() => { throw new WebAssembly.RuntimeError("made by the test"); });
    expect(bed.agent.status()).toMatchObject({ traps: 1, bindings: [{ homeAddress: homeAddressOf(0) }] });
    await node.registered();
    await ping(node, homeAddressOf(0), HOME_AGENT);
    expect(node.status().warnings[0]).toContain("a fresh one goes on with the kept state");
  });

  it("a program may call from its listeners: nothing is lost, and nothing nested", async () => {
    bed = await Bed.open(2);
    const [one, other] = [await bed.mobileNode(0), await bed.mobileNode(1)];
    await Promise.all([one.registered(), other.registered()]);
    const heard: number[] = [];
    one.on("packet", (packet) => {
      heard.push(packet[47]);
      if (packet[47] < 20) one.send(echoRequest(homeAddressOf(0), homeAddressOf(1), packet[47] + 1));
    });
    one.send(echoRequest(homeAddressOf(0), homeAddressOf(1), 1));
    await until(() => heard.length === 20);
    expect(heard).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it("ends once, however often it is told to, and tells nothing afterwards", async () => {
    bed = await Bed.open(1);
    const node = await MobileNode.start({ config: mobileNodeConfig(0, { more: 'home_agent_ipv4 = "192.0.2.1"' }), core, underlays: [await NodeUdpUnderlay.open()] });
    const stopping = [node.stop(), node.stop()];
    node.abandon();
    await Promise.all(stopping);
    node.abandon();
    // two events wait to be told when the first one ends it
    const told: string[] = [];
    const other = await bed.mobileNode(0);
    other.on("event", ({ name }) => {
      told.push(name);
      other.abandon();
    });
    await until(() => told.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(told).toHaveLength(1);
  });

  it("options that cannot work are refused in words", async () => {
    await expect(HomeAgent.start({ config: homeAgentConfig(1), core, underlays: [] })).rejects.toThrow("needs an underlay");
    expect(() => new WebSocketUnderlay({ url: "ftp://ha.example/" })).toThrow("must begin with wss:");
    const named = { ...mobileNodeConfig(0), homeAgent: "ha.example.com" };
    bed = await Bed.open(1);
    await expect(MobileNode.start({ config: named, core, underlays: [bed.underlay()] })).rejects.toThrow("must be an IPv6 address here");
    const udp = bed.keep(await NodeUdpUnderlay.open());
    await expect(MobileNode.start({ config: mobileNodeConfig(0), core, underlays: [bed.underlay(), udp] })).rejects.toThrow("home_agent_ipv4 is missing");
  });
});

describe("a WebSocket server", () => {
  it("says when its port is taken, and lets a program's own server take part", async () => {
    bed = await Bed.open(1);
    await expect(WebSocketServer.listen({ connections: bed.hub.connections, hostname: "127.0.0.1", port: bed.server.port })).rejects.toThrow("EADDRINUSE");
    const own = bed.keep(createServer((_, response) => response.end("the program's own page")));
    await new Promise<void>((resolve) => void own.listen(0, "127.0.0.1", resolve));
    const server = await WebSocketServer.listen({ connections: bed.hub.connections, server: own });
    const node = await bed.mobileNode(0, [bed.underlay({ url: `ws://127.0.0.1:${server.port}/mext` })]);
    await node.registered();
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe("the program's own page");
    await node.stop();
    await server.close();
  });

  it("behind a proxy takes the client's address from the header, and else from the connection", async () => {
    bed = await Bed.open(1, { maxConnectionsOfAddress: 1 });
    const server = bed.keep(await WebSocketServer.listen({ connections: bed.hub.connections, hostname: "127.0.0.1", behindProxy: true }));
    const open = (port: number, from: string) => new Promise<number>((resolve) => {
      const socket = bed!.keep(new WebSocket(`ws://127.0.0.1:${port}/mext`, { headers: { "x-forwarded-for": from } }));
      socket.once("open", () => resolve(101)).once("unexpected-response", (_, { statusCode }) => resolve(statusCode!)).on("error", () => {});
    });
    expect(await open(server.port, "198.51.100.1")).toBe(101);
    expect(await open(server.port, "203.0.113.9, 198.51.100.1")).toBe(429); // what a client writes in front is not believed
    expect(await open(server.port, "198.51.100.2")).toBe(101);
    expect(await open(bed.server.port, "198.51.100.3")).toBe(101);
    expect(await open(bed.server.port, "198.51.100.4")).toBe(429);
  });
});
