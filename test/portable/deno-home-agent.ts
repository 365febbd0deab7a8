/** A home agent for Deno with everything in one file: it needs `--allow-net` and nothing else. */
import { type HomeAgentConfig, loadConfig } from "../../bindings/config/index.ts";
import { compileCore } from "../../bindings/engine.ts";
import { HomeAgent, WebSocketHub, WebSocketServer } from "../../platforms/deno/portable.ts";
import octets from "../../build/mext.wasm";

const FILE = `role = "home-agent"
address = "2001:db8:100::1"
home_prefixes = ["2001:db8:100::/64"]
[[node]]
identity = "car0@example.org"
home_addresses = ["2001:db8:100::17"]
spi = 300
key = "00112233445566778899aabbccddee10"
`;

const hub = new WebSocketHub();
const core = await compileCore(octets as Uint8Array<ArrayBuffer>);
const config = loadConfig(FILE, "home-agent.toml").config as HomeAgentConfig;
const agent = await HomeAgent.start({ config, core, underlays: [hub] });
const server = WebSocketServer.listen({ connections: hub.connections, hostname: "127.0.0.1", port: 0 });
agent.on("event", ({ name, fields }) => console.log(JSON.stringify({ event: name, fields })));
console.log(JSON.stringify({ event: "running", websocketPort: server.port }));
