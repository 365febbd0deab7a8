/** The world of the lab, for whoever has the core: the worker of the page, tests, measurements. */
import { type Core, makeCore } from "../../core.ts";
import type { LabWorld } from "../contract.ts";
import { SimulatedWorld } from "./world.ts";

/** A world without a scenario: `load` gives it one. Takes a core, or the octets of its binary. Throws CoreUnavailable. */
export async function startLabWorld(core: Core | Uint8Array): Promise<LabWorld> {
  const { module, sha256 } = core instanceof Uint8Array ? await makeCore(core as Uint8Array<ArrayBuffer>) : core;
  return new SimulatedWorld(module, sha256);
}
