/** A mobile node for trying a home agent: registers, sends echo requests through the tunnel, and deregisters. */
import { Codec } from "../../bindings/codec.ts";
import type { MobileNodeConfig } from "../../bindings/config/index.ts";
import { EXIT_FAILURE, EXIT_OK, readArguments, UsageError } from "../linux/cli/arguments.ts";
import { MobileNode, WebSocketUnderlay } from "../portable/index.ts";
import { findCore } from "./core.ts";
import { DenoUdpUnderlay } from "./udp.ts";

const OPTIONS = {
  websocket: { type: "string" },
  udp: { type: "boolean" },
  ping: { type: "string" },
  count: { type: "string" },
  json: { type: "boolean" },
} as const;
const ANSWER_MS = 2000;
const ECHO_REPLY = 129;
const SEQUENCE_AT = 46;

/** Runs a command line; answers the exit code. Throws errors of one line. */
export async function tryMobileNode(argv: string[], usage: string, read: (file: string) => MobileNodeConfig): Promise<number> {
  const { values, positionals: [file] } = readArguments(argv, OPTIONS, 1);
  if (values.help) {
    console.log(usage);
    return EXIT_OK;
  }
  if (file === undefined) throw new UsageError("a configuration file is missing");
  if ((values.websocket === undefined) === !values.udp) throw new UsageError("one of --websocket <url> and --udp is wanted");
  const count = Number(values.count ?? 3);
  if (!Number.isInteger(count) || count < 1) throw new UsageError(`--count is "${values.count}", must be a number from 1`);
  const config = read(file);
  if (config.role !== "mobile-node") throw new Error(`${file} is no configuration of a mobile node`);
  if (values.udp && config.homeAgentIpv4 === undefined) throw new Error(`${file}: home_agent_ipv4 is missing, and --udp goes there`);
  const core = await findCore();
  const underlay = values.websocket === undefined ? DenoUdpUnderlay.open() : new WebSocketUnderlay({ url: values.websocket });
  const node = await MobileNode.start({ config, core, underlays: [underlay] });
  try {
    await node.registered();
    const destination = values.ping ?? config.homeAgent ?? "";
    const answers = await ping(node, new Codec(core), config.homeAddress, destination, count);
    for (const [index, roundTripMs] of answers.entries()) {
      const text = roundTripMs === undefined ? "no answer" : `${roundTripMs.toFixed(1)} ms`;
      console.log(values.json ? JSON.stringify({ event: "ping", destination, sequence: index + 1, roundTripMs }) : `${destination}: ${text}`);
    }
    return answers.some((answer) => answer !== undefined) ? EXIT_OK : EXIT_FAILURE;
  } finally {
    await node.stop();
  }
}

/** Round-trip times in ms, one after the other; undefined: no answer. */
async function ping(node: MobileNode, codec: Codec, source: string, destination: string, count: number): Promise<(number | undefined)[]> {
  const answers: (number | undefined)[] = [];
  for (let sequence = 1; sequence <= count; sequence++) {
    const startMs = performance.now();
    answers.push(await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), ANSWER_MS);
      const off = node.on("packet", (packet) => {
        if (packet[40] !== ECHO_REPLY || packet[SEQUENCE_AT + 1] !== (sequence & 0xff)) return;
        off();
        clearTimeout(timer);
        resolve(performance.now() - startMs);
      });
      node.send(codec.encode([
        { name: "ipv6", fields: { source, destination, hopLimit: 64 } },
        { name: "echo-request", fields: { identifier: 1, sequence } },
        { name: "payload", fields: { data: new Uint8Array(56) } },
      ]));
    }));
  }
  return answers;
}
