/** A portable home agent and mobile nodes, with WebSockets of this machine between them. */
import { parseAddress } from "../../bindings/address.ts";
import { Codec, type LayerInput } from "../../bindings/codec.ts";
import { type HomeAgentConfig, loadConfig, type MobileNodeConfig } from "../../bindings/config/index.ts";
import { WebSocket } from "ws";
import { WebSocketServer } from "../../platforms/node/websocket-server.ts";
import { HomeAgent, type HomeAgentOptions } from "../../platforms/portable/home-agent.ts";
import { MobileNode } from "../../platforms/portable/mobile-node.ts";
import type { Underlay } from "../../platforms/portable/contract.ts";
import { WebSocketHub, type WebSocketHubOptions } from "../../platforms/portable/websocket-hub.ts";
import { type WebSocketConstructor, WebSocketUnderlay, type WebSocketUnderlayOptions } from "../../platforms/portable/websocket-underlay.ts";
import { module as core } from "../engine/harness.ts";

export { core };
export const HOME_AGENT = "2001:db8:100::1";
/** Home addresses of the nodes; node n has the key of `keyOf(n)`. */
export const homeAddressOf = (node: number) => `2001:db8:100::${(0x17 + node).toString(16)}`;
export const ipv4HomeAddressOf = (node: number) => `198.51.100.${17 + node}`;
export const keyOf = (node: number) => `00112233445566778899aabbccddee${(0x10 + node).toString(16)}`;

export const codec = new Codec(core);

/** The file of a home agent with so many nodes. */
export function homeAgentFile(nodes: number, more = ""): string {
  const tables = Array.from({ length: nodes }, (_, node) => `[[node]]
identity = "car${node}@example.org"
home_addresses = ["${homeAddressOf(node)}"]
ipv4_home_address = "${ipv4HomeAddressOf(node)}"
spi = ${300 + node}
key = "${keyOf(node)}"
`);
  return `role = "home-agent"\naddress = "${HOME_AGENT}"\nhome_prefixes = ["2001:db8:100::/64"]\n${more}\n${tables.join("\n")}`;
}

export function homeAgentConfig(nodes: number, more = ""): HomeAgentConfig {
  return loadConfig(homeAgentFile(nodes, more), "home-agent.toml").config as HomeAgentConfig;
}

export function mobileNodeFile(node: number, { key = keyOf(node), more = "" } = {}): string {
  return `role = "mobile-node"
home_address = "${homeAddressOf(node)}"
home_agent = "${HOME_AGENT}"
identity = "car${node}@example.org"
ipv4_home_address = "${ipv4HomeAddressOf(node)}"
spi = ${300 + node}
key = "${key}"
uplinks = ["websocket"]
${more}`;
}

export function mobileNodeConfig(node: number, options: { key?: string; more?: string } = {}): MobileNodeConfig {
  return loadConfig(mobileNodeFile(node, options), "mobile-node.toml").config as MobileNodeConfig;
}

/** Everything that a test opens; `close` ends it. */
export class Bed {
  readonly #opened: (() => Promise<unknown> | void)[] = [];
  hub!: WebSocketHub;
  server!: WebSocketServer;
  agent!: HomeAgent;

  static async open(nodes: number, limits: WebSocketHubOptions = {}, options: Partial<HomeAgentOptions> = {}): Promise<Bed> {
    const bed = new Bed();
    bed.hub = new WebSocketHub({ newConnectionsPerSecond: 1000, maxConnectionsOfAddress: 1000, ...limits });
    bed.agent = await HomeAgent.start({ config: homeAgentConfig(nodes), core, underlays: [bed.hub], ...options });
    bed.server = await WebSocketServer.listen({ connections: bed.hub.connections, hostname: "127.0.0.1" });
    bed.#opened.push(() => bed.agent.stop(), () => bed.server.close());
    return bed;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.server.port}/mext`;
  }

  /** What is to be closed at the end, last of all. */
  keep<T extends { close(): unknown }>(opened: T): T {
    this.#opened.unshift(() => opened.close() as Promise<unknown>);
    return opened;
  }

  underlay(options: Partial<WebSocketUnderlayOptions> = {}): WebSocketUnderlay {
    return new WebSocketUnderlay({ url: this.url, WebSocket: WebSocket as unknown as WebSocketConstructor, firstRetryMs: 50, ...options });
  }

  async mobileNode(node: number, underlays: readonly Underlay[] = [this.underlay()], options: { key?: string; more?: string } = {}): Promise<MobileNode> {
    const started = await MobileNode.start({ config: mobileNodeConfig(node, options), core, underlays });
    this.#opened.unshift(() => started.abandon());
    return started;
  }

  /** A bare WebSocket to the home agent, open. */
  async socket(options: { path?: string; origin?: string } = {}): Promise<WebSocket> {
    const socket = new WebSocket(this.url.replace("/mext", options.path ?? "/mext"), { origin: options.origin });
    this.#opened.unshift(() => socket.terminate());
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    socket.on("error", () => {});
    return socket;
  }

  async close(): Promise<void> {
    for (const close of this.#opened.splice(0)) await close();
  }
}

/** An echo request from `source` to `destination`, by IPv6 or IPv4. */
export function echoRequest(source: string, destination: string, sequence = 1): Uint8Array {
  const ip: LayerInput = source.includes(":") ? { name: "ipv6", fields: { source, destination, hopLimit: 64 } }
    : { name: "ipv4", fields: { source, destination, timeToLive: 64 } };
  const name = source.includes(":") ? "echo-request" : "icmpv4-echo-request";
  return codec.encode([ip, { name, fields: { identifier: 7, sequence } }, { name: "payload", fields: { data: new Uint8Array(32).fill(sequence) } }]);
}

/** Milliseconds until the answer to an echo request comes back to the node; rejects when none does. */
export function ping(node: MobileNode, from: string, to: string, withinMs = 3000): Promise<number> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const off = node.on("packet", (packet) => {
      const isReply = packet[0] >> 4 === 6 ? packet[6] === 58 && packet[40] === 129 : packet[9] === 1 && packet[20] === 0;
      if (!isReply) return;
      off();
      clearTimeout(timer);
      resolve(performance.now() - startMs);
    });
    const timer = setTimeout(() => {
      off();
      reject(new Error(`no answer from ${to} within ${withinMs} ms`));
    }, withinMs);
    node.send(echoRequest(from, to));
  });
}

/** Waits until a question has an answer. */
export async function until<T>(question: () => T | undefined | false, withinMs = 5000): Promise<T> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const answer = question();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > untilMs) throw new Error(`not so within ${withinMs} ms: ${question}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export { parseAddress };
