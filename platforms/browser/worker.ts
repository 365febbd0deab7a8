/** The worker of the lab: a world beside the page, so that neither waits for the other. `client.ts` starts it. */
import { expose } from "comlink";
import { loadCore } from "./core.ts";
import type { LabWorld } from "./lab/contract.ts";
import { startLabWorld } from "./lab/world/index.ts";

/** What the worker shows: the world, once it was started with the URL of the core. */
export interface LabWorker extends LabWorld {
  start(coreUrl: string): Promise<void>;
}

let world: LabWorld | undefined;

function started(): LabWorld {
  if (!world) throw new Error("start the world first");
  return world;
}

const worker: LabWorker = {
  async start(coreUrl) {
    world = await startLabWorld(await loadCore(coreUrl));
  },
  load: (...args) => started().load(...args),
  advance: (...args) => started().advance(...args),
  act: (...args) => started().act(...args),
  scenario: () => started().scenario(),
  machines: () => started().machines(),
  packet: (...args) => started().packet(...args),
  pcapng: () => started().pcapng(),
  configuration: () => started().configuration(),
  sha256: () => started().sha256(),
};

expose(worker);
