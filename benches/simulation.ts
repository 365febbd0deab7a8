/** How much faster than the real one time passes in a simulated network of ten nodes. */
import { Ping } from "../platforms/sim/ping.ts";
import { Topology, homeAddressOf } from "../platforms/sim/topology.ts";
import { row, type Benchmark, type Context, type Report } from "./benchmark.ts";
import { compare } from "./rounds.ts";

const VIRTUAL_S = 20;
const MOBILE_NODES = 3;

/** A home agent, four routers, three mobile nodes and two correspondents; six echo requests a second. */
function network(core: WebAssembly.Module): Topology {
  const topology = new Topology({ seed: 1, core, visitedNetworks: 3, mobileNodes: MOBILE_NODES, correspondents: 2 });
  topology.mobileNodes.forEach((node, index) => {
    node.start();
    node.attach(topology.visited[index % topology.visited.length].link);
  });
  topology.network.run(10_000);
  topology.correspondents.forEach((correspondent) => {
    for (let number = 1; number <= MOBILE_NODES; number++) {
      new Ping(correspondent, { from: correspondent.address, to: homeAddressOf(number), everyMs: 1000 });
    }
  });
  return topology;
}

function run({ module, effort, progress }: Context): Report {
  progress("simulation: ten nodes");
  const topology = network(module);
  let moves = 0;
  const [figure] = compare([{
    name: "a second in a network of ten nodes", operations: VIRTUAL_S,
    run: () => {
      const node = topology.mobileNodes[moves++ % MOBILE_NODES];
      node.move(topology.visited[moves % topology.visited.length].link, 50);
      topology.network.run(VIRTUAL_S * 1000);
    },
  }], effort);
  const times = 1e9 / figure.ns;
  const [binding] = topology.homeAgent.bindings;
  if (topology.homeAgent.bindings.length !== MOBILE_NODES) throw new Error(`not all nodes are bound, only ${binding?.homeAddress}`);
  return {
    name: "simulation",
    title: "The simulated network",
    text: `A home agent, four routers that advertise, three mobile nodes of which one moves every ${VIRTUAL_S} s, and two
correspondents that ping each home address once a second: how long a virtual second takes.`,
    per: "virtual second",
    rows: [row(figure, undefined, `${times.toFixed(0)} times real time`)],
    promised: [{ what: "A network of ten nodes, against real time", value: times, bound: 1000, sense: "at least", unit: "times" }],
  };
}

export const simulation: Benchmark = { name: "simulation", run };
