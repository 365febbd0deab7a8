/** The packet path in both directions, for small and large packets. */
import { rate, row, type Benchmark, type Context, type Report } from "./benchmark.ts";
import { ACCESS, HomeAgent, TUNNEL } from "./home-agent.ts";
import { fill, fromMobileNode, toMobileNode } from "./packets.ts";
import { compare, ratio, type Contestant } from "./rounds.ts";

const BATCH = 64;
const SIZES = [64, 512, 1400];

/** A home agent whose slots hold a batch in one direction. */
export function loaded(module: WebAssembly.Module, device: number, packet: (index: number) => Uint8Array): HomeAgent {
  const homeAgent = new HomeAgent(module, { nodes: BATCH, bindings: BATCH });
  fill(homeAgent.engine, device, Array.from({ length: BATCH }, (_, index) => packet(index)));
  return homeAgent;
}

export const DIRECTIONS = [
  { name: "encapsulate", device: TUNNEL, packet: toMobileNode },
  { name: "decapsulate, source checked", device: ACCESS, packet: fromMobileNode },
];

function run({ module, effort, progress }: Context): Report {
  progress("tunnel");
  const contestants: Contestant[] = DIRECTIONS.flatMap(({ name, device, packet }) => SIZES.map((octets) => {
    const homeAgent = loaded(module, device, (index) => packet(index, octets));
    return {
      name: `${name}, ${octets} octets`, operations: BATCH,
      run: () => homeAgent.engine.processSlots(homeAgent.now, BATCH),
    };
  }));
  const figures = compare(contestants, effort);
  return {
    name: "tunnel",
    title: "Packets through the tunnel",
    text: `Packets that lie in the input slots, 64 a batch for 64 nodes, drained by the bindings; octets are those of the
inner packet. Nothing is copied, so the size does not matter. System calls are not in these figures.`,
    per: "packet",
    rows: figures.map((figure, index) => (
      row(figure, index === 0 ? undefined : ratio(figure, figures[0]), rate(figure.ns, "packets"))
    )),
    promised: [],
  };
}

export const tunnel: Benchmark = { name: "tunnel", run };
