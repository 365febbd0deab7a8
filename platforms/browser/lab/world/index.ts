/** The world of the lab, for whoever has the compiled core: the worker of the page, tests, measurements. */
import { compileCore } from "../../../../bindings/engine.ts";
import type { LabWorld } from "../contract.ts";
import { SimulatedWorld } from "./world.ts";

/** Compiles the core's binary and makes a world without a scenario: `load` gives it one. */
export async function startLabWorld(binary: BufferSource): Promise<LabWorld> {
  const core = await compileCore(binary);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", binary));
  return new SimulatedWorld(core, Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join(""));
}
