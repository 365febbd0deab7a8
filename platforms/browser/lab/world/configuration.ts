/** The files of real daemons that would do the same as a world. */
import type { ConfigFile, Scenario } from "../contract.ts";
import type { Plan } from "./plan.ts";

export function configurationOf(_scenario: Scenario, _plan: Plan): ConfigFile[] {
  return [];
}
