/** A program for Node: a portable home agent by UDP. Its file is the first word, its port the second. */
import { readFileSync } from "node:fs";
import { type HomeAgentConfig, loadConfig } from "../../bindings/config/index.ts";
import { compileCore } from "../../bindings/engine.ts";
import { HomeAgent, NodeUdpUnderlay } from "../../platforms/node/portable.ts";

const [file, port] = process.argv.slice(2);
const core = await compileCore(readFileSync(new URL("./mext.wasm", import.meta.url)));
const config = loadConfig(readFileSync(file, "utf8"), file).config as HomeAgentConfig;
const underlay = await NodeUdpUnderlay.open({ port: Number(port) });
const agent = await HomeAgent.start({ config, core, underlays: [underlay] });
agent.on("event", ({ name, fields }) => console.log(JSON.stringify({ event: "core", name, fields })));
console.log(JSON.stringify({ event: "running" }));
process.once("SIGTERM", () => {
  console.log(JSON.stringify({ event: "status", status: agent.status() }));
  void agent.stop();
});
