/** What a displayed frame of the browser lab costs its world; what it costs the page is measured in a browser. */
import { PRESETS } from "../platforms/browser/lab/presets.ts";
import { SimulatedWorld } from "../platforms/browser/lab/world/world.ts";
import { row, type Benchmark, type Context, type Report } from "./benchmark.ts";
import { compare } from "./rounds.ts";

const FRAME_MS = 1000 / 60;

/** Twenty nodes, each pinged ten times a second and with a stream to it; or only pinged twice a second. */
function world(core: WebAssembly.Module, busy: boolean): SimulatedWorld {
  const { scenario } = PRESETS.find(({ id }) => id === "twenty-nodes")!;
  const lab = new SimulatedWorld(core, "");
  lab.load({ ...scenario, actions: [], ...(busy && { traffic: { pingEveryMs: 100, stream: true } }) }, 5000);
  return lab;
}

function run({ module, effort, progress }: Context): Report {
  progress("lab: twenty nodes");
  const [busy, calm] = [world(module, true), world(module, false)];
  let flights = 0;
  let frames = 0;
  const figures = compare([
    {
      name: "twenty nodes with streams", operations: 1, run: () => {
        flights += busy.advance(FRAME_MS).flights.length;
        frames++;
      },
    },
    { name: "twenty nodes that are pinged", operations: 1, run: () => void calm.advance(FRAME_MS) },
  ], effort);
  const times = (FRAME_MS * 1e6) / figures[0].ns;
  return {
    name: "lab",
    title: "The world of the browser lab",
    text: `A home agent, twenty mobile nodes in networks of four kinds, and a correspondent that sends to all of them:
how long the world takes for a displayed frame, the sixtieth part of a second, with all that it tells of it.`,
    per: "displayed frame",
    rows: [row(figures[0], undefined, `${Math.round(flights / frames)} packets on links`), row(figures[1])],
    promised: [{ what: "The lab with twenty nodes and streams, against real time", value: times, bound: 2, sense: "at least", unit: "times" }],
  };
}

export const labWorld: Benchmark = { name: "lab", run };
