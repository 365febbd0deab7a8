/** A program for Node: a portable mobile node by WebSocket, that pings. Words: its file, a URL, and whom to ping. */
import { readFileSync } from "node:fs";
import { WebSocket } from "ws";
import { Codec } from "../../bindings/codec.ts";
import { loadConfig, type MobileNodeConfig } from "../../bindings/config/index.ts";
import { compileCore } from "../../bindings/engine.ts";
import { MobileNode, type WebSocketConstructor, WebSocketUnderlay } from "../../platforms/node/portable.ts";

const [file, url, ...destinations] = process.argv.slice(2);
const core = await compileCore(readFileSync(new URL("./mext.wasm", import.meta.url)));
const codec = new Codec(core);
const config = loadConfig(readFileSync(file, "utf8"), file).config as MobileNodeConfig;
const underlay = new WebSocketUnderlay({ url, WebSocket: WebSocket as unknown as WebSocketConstructor, firstRetryMs: 50, maxRetryMs: 200 });
const node = await MobileNode.start({ config, core, underlays: [underlay], silenceMs: 1000 });
const say = (event: string, more: object = {}) => console.log(JSON.stringify({ event, ...more }));
node.on("packet", (packet) => {
  const isIpv6 = packet[0] >> 4 === 6;
  if (isIpv6 ? packet[40] !== 129 : packet[20] !== 0) return;
  say("answered", { sequence: isIpv6 ? packet[47] : packet[27] });
});
await node.registered();
say("registered", { update: node.status().updates[0] });
const timer = setInterval(() => destinations.forEach((destination, sequence) => {
  const isIpv6 = destination.includes(":");
  const fields = { source: isIpv6 ? config.homeAddress : config.ipv4HomeAddress!, destination };
  node.send(codec.encode([
    isIpv6 ? { name: "ipv6", fields: { ...fields, hopLimit: 64 } } : { name: "ipv4", fields: { ...fields, timeToLive: 64 } },
    { name: isIpv6 ? "echo-request" : "icmpv4-echo-request", fields: { identifier: 3, sequence } },
    { name: "payload", fields: { data: new Uint8Array(800) } },
  ]));
}), 100);
process.once("SIGTERM", async () => {
  clearInterval(timer);
  say("status", { status: node.status() });
  await node.stop();
});
