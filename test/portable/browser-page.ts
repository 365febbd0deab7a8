/** For a browser: what the test wants of the portable mobile node, as globals of the page. */
import { Codec } from "../../bindings/codec.ts";
import { loadConfig, type MobileNodeConfig } from "../../bindings/config/index.ts";
import { compileCore } from "../../bindings/engine.ts";
import { MobileNode, WebSocketUnderlay } from "../../platforms/portable/index.ts";

/** Registers, pings, and deregisters; answers the round-trip time in ms and the status before its end. */
async function visit(wasm: string, file: string, url: string, destination: string): Promise<{ roundTripMs: number; status: unknown }> {
  const core = await compileCore(Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0)));
  const config = loadConfig(file, "mobile-node.toml").config as MobileNodeConfig;
  const node = await MobileNode.start({ config, core, underlays: [new WebSocketUnderlay({ url })] });
  await node.registered();
  const startMs = performance.now();
  const answered = new Promise<void>((resolve) => void node.on("packet", () => resolve()));
  node.send(new Codec(core).encode([
    { name: "ipv6", fields: { source: config.homeAddress, destination, hopLimit: 64 } },
    { name: "echo-request", fields: { identifier: 1, sequence: 1 } },
  ]));
  await answered;
  const result = { roundTripMs: performance.now() - startMs, status: JSON.parse(JSON.stringify(node.status())) as unknown };
  await node.stop();
  return result;
}

Object.assign(globalThis, { visit });
