/** What a call of the component costs: in Node by jco's glue, in wasmtime from Python, against the core's own exports. */
import { fileURLToPath } from "node:url";
import { componentFactory, type LiftedEngine } from "../test/component/lifted.ts";
import { hasWasmtime, WasmtimeServer } from "../test/component/wasmtime.ts";
import { Role } from "../bindings/engine.ts";
import { rate, row, type Benchmark, type Context, type Report } from "./benchmark.ts";
import { configure, Counting, START_MS, TUNNEL } from "./home-agent.ts";
import { fill, toMobileNode } from "./packets.ts";
import { compare, ratio, type Contestant } from "./rounds.ts";
import { loaded } from "./tunnel.ts";

const BATCH = 64;
const SIZES = [64, 1400];
/** From dist/, where the bundle runs, as from the source tree. */
const fromHere = (path: string) => new URL(`../${path}`, import.meta.url);
/** Batches of one request, so that the pipes to Python are no part of the figure. */
const REPEATS = { plain: 1, hastened: 20 };

/** A program with wasmtime, and how many batches it is asked for at once. */
interface Python { how: string; server: WasmtimeServer; repeats: number }

type Start = (...settings: any[]) => LiftedEngine;
const { load } = await import(fromHere("dist/component/index.js").href) as {
  load(): Promise<() => { engine: { Engine: { start: Start } } }>;
};
const newInstance = await load();

const packets = (octets: number, count = BATCH) => (
  Array.from({ length: count }, (_, index) => ({ device: TUNNEL, payload: { tag: "packet", val: toMobileNode(index, octets) } }))
);

/** A home agent with a binding for each packet of a batch. */
function homeAgent(start: Start): LiftedEngine {
  let lifted!: LiftedEngine;
  const factory = componentFactory((...settings) => (lifted = start(...settings)));
  const entropy = Uint8Array.from({ length: 64 }, (_, index) => (index * 37 + 101) & 255);
  configure(factory(Role.HomeAgent, new Counting(), entropy, START_MS), { nodes: BATCH, bindings: BATCH }, START_MS);
  return lifted;
}

function ofCore(module: WebAssembly.Module, octets: number): Contestant {
  const given = packets(octets).map(({ payload }) => payload.val);
  const agent = loaded(module, TUNNEL, (index) => given[index]);
  const { engine } = agent;
  let kept = 0;
  agent.orders.taker = (_device, pointer, length) => { kept += engine.memory.slice(pointer, pointer + length).length; };
  return {
    name: `mext.wasm, copied in and out, ${octets} octets, 64 a call`, operations: BATCH,
    run: () => {
      fill(engine, TUNNEL, given);
      engine.processSlots(agent.now, BATCH);
    },
  };
}

function ofJco(octets: number, count: number): Contestant {
  const engine = homeAgent((...settings) => newInstance().engine.Engine.start(...settings));
  const inputs = packets(octets, count);
  return {
    name: `component by jco, ${octets} octets, ${count} a call`, operations: count,
    run: () => {
      if (engine.process(START_MS, inputs).length < count) throw new Error("the component did not carry all packets");
    },
  };
}

function ofWasmtime({ server, how, repeats }: Python, octets: number, count: number): Contestant {
  const batch = `${octets} × ${count}`;
  server.call("load", batch, packets(octets, count));
  return {
    name: `component in wasmtime, ${how}, ${octets} octets, ${count} a call`, operations: count * repeats,
    run: () => {
      if (server.call("repeat", batch, repeats, START_MS) < count) throw new Error("wasmtime did not carry all packets");
    },
  };
}

function run({ module, effort, progress }: Context): Report {
  progress("component");
  const paths = {
    script: fileURLToPath(fromHere("test/component/wasmtime_server.py")),
    component: fileURLToPath(fromHere("dist/component/mext.component.wasm")),
  };
  const servers: Python[] = hasWasmtime ? [
    { how: "Python, wasmtime-py as it is", server: new WasmtimeServer({ ...paths, plain: true }), repeats: REPEATS.plain },
    { how: "Python, hastened", server: new WasmtimeServer(paths), repeats: REPEATS.hastened },
  ] : [];
  try {
    for (const { server } of servers) homeAgent((...settings) => server.start(...settings));
    const figures = compare(SIZES.flatMap((octets) => [
      ofCore(module, octets), ofJco(octets, BATCH), ofJco(octets, 1),
      ...servers.flatMap((python) => [ofWasmtime(python, octets, BATCH), ofWasmtime(python, octets, 1)]),
    ]), effort);
    const perSize = figures.length / SIZES.length;
    return {
      name: "component",
      title: "Calls of the component",
      text: `Packets that a home agent encapsulates, by \`process\` of the component: lists of records go in, a list of
variants comes out, each packet copied both ways. "Hastened" is what test/component/wasmtime_server.py does to
wasmtime-py, which else asks for the types with every value and takes octets one by one.${hasWasmtime ? "" : " Python has no wasmtime here."}`,
      per: "packet",
      rows: figures.map((figure, index) => {
        const own = figures[Math.floor(index / perSize) * perSize];
        return row(figure, figure === own ? undefined : ratio(figure, own), rate(figure.ns, "packets"));
      }),
      promised: [],
    };
  } finally {
    for (const { server } of servers) server.stop();
  }
}

export const component: Benchmark = { name: "component", run };
