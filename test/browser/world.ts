/** What tests of the lab's world do again and again. */
import { readFileSync } from "node:fs";
import type { Frame, LabWorld, MachineState, Scenario, World } from "../../platforms/browser/lab/contract.ts";
import { PRESETS } from "../../platforms/browser/lab/presets.ts";
import { startLabWorld } from "../../platforms/browser/lab/world/index.ts";

export const binary = new Uint8Array(readFileSync(new URL("../../build/mext.wasm", import.meta.url)));

/** The scenario of a preset. */
export function presetOf(id: string): Scenario {
  const preset = PRESETS.find((each) => each.id === id);
  if (!preset) throw new Error(`there is no preset ${id}`);
  return preset.scenario;
}

/** All that several frames tell. */
export type Story = Pick<Frame, "flights" | "signals" | "notes" | "samples" | "handovers"> & {
  readonly machines: readonly MachineState[];
};

export function joined(frames: readonly Frame[]): Story {
  return {
    flights: frames.flatMap(({ flights }) => flights), signals: frames.flatMap(({ signals }) => signals),
    notes: frames.flatMap(({ notes }) => notes), samples: frames.flatMap(({ samples }) => samples),
    handovers: frames.flatMap(({ handovers }) => handovers), machines: frames.flatMap(({ machines }) => machines),
  };
}

/** A world, loaded and told until some time. */
export class Teller {
  readonly frames: Frame[] = [];
  world!: World;

  private constructor(readonly lab: LabWorld) {}

  static async of(scenario: Scenario): Promise<Teller> {
    const teller = new Teller(await startLabWorld(binary));
    teller.world = teller.lab.load(scenario);
    return teller;
  }

  /** Lets time pass in pieces. */
  run(ms: number, pieceMs = 250): this {
    for (let left = ms; left > 0; left -= pieceMs) this.take(this.lab.advance(Math.min(pieceMs, left)));
    return this;
  }

  take(frame: Frame): Frame {
    this.frames.push(frame);
    this.world = frame.world ?? this.world;
    return frame;
  }

  get story(): Story {
    return joined(this.frames);
  }

  status(node: string): string {
    return this.world.nodes.find(({ id }) => id === node)!.status;
  }

  /** Echo requests that were lost between two times, as the plots show it: the greatest share. */
  worstLoss(fromMs: number, untilMs: number): number {
    const shown = this.story.samples.filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs);
    return Math.max(...shown.map(({ loss }) => loss ?? 0));
  }

  /** How long handovers took, ms; NaN for one that did not end. */
  get handoverMs(): number[] {
    const { handovers } = this.story;
    return handovers.filter(({ untilMs }) => untilMs === undefined).map(({ node, fromMs }) => {
      const end = handovers.find((each) => each.node === node && each.fromMs === fromMs && each.untilMs !== undefined);
      return end ? end.untilMs! - fromMs : NaN;
    });
  }
}
