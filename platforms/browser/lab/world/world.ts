/**
 * The world of the lab: the simulated network of a scenario, its story so far (`story.ts`), and what is new of it since
 * the page asked last.
 */
import { readMachines, type StateMachine } from "../../../../bindings/machines.ts";
import type { Action, ConfigFile, Frame, LabWorld, OpenPacket, Scenario, World } from "../contract.ts";
import { checkScenario, MAX_TIME_MS } from "../scenario.ts";
import { configurationOf } from "./configuration.ts";
import { worldOf } from "./status.ts";
import { Story } from "./story.ts";

/** Longest stretch that one call of `advance` lets pass. */
const MAX_ADVANCE_MS = 600_000;

export class SimulatedWorld implements LabWorld {
  private story?: Story;
  private readonly tables: readonly StateMachine[];

  constructor(private readonly core: WebAssembly.Module, private readonly coreSha256: string) {
    this.tables = readMachines(core);
  }

  load(scenario: Scenario, untilMs = 0): World {
    if (!(untilMs >= 0 && untilMs <= MAX_TIME_MS)) {
      throw new RangeError(`a scenario is loaded until 0 to ${MAX_TIME_MS} ms, not ${untilMs}`);
    }
    this.story = new Story(checkScenario(scenario), this.core);
    this.story.pass(untilMs);
    return worldOf(this.story.plan);
  }

  advance(ms: number, until?: "event"): Frame {
    const { current } = this;
    if (!(ms >= 0 && ms <= MAX_ADVANCE_MS)) throw new RangeError(`advance takes 0 to ${MAX_ADVANCE_MS} ms, not ${ms}`);
    if (until === "event") current.runToEvent(ms);
    else current.runTo(current.nowMs + ms);
    return current.takeFrame();
  }

  act(action: Action): void {
    this.current.actNow(action);
  }

  scenario(): Scenario {
    return this.current.scenario;
  }

  machines(): readonly StateMachine[] {
    return this.tables;
  }

  packet(id: number): OpenPacket | undefined {
    return this.current.kept.open(id);
  }

  pcapng(): Uint8Array {
    const { kept, plan } = this.current;
    return kept.pcapng(plan.topology.network.epochMs, (node, link) => plan.portOf(node, link));
  }

  configuration(): readonly ConfigFile[] {
    return configurationOf(this.current.scenario, this.current.plan);
  }

  sha256(): string {
    return this.coreSha256;
  }

  private get current(): Story {
    if (!this.story) throw new Error("no scenario is loaded: call load first");
    return this.story;
  }
}
