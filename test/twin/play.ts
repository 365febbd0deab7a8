/** Many lives of the core and its twin: each is a pure function of its seed. */

/** How many seeds are played; MEXT_SEEDS. */
export const SEEDS = Number(process.env.MEXT_SEEDS ?? 30);

export interface Duet {
  /** Lets something happen, and says what. */
  step(): string;
  /** Throws where the two differ. */
  compare(): void;
}

/** Plays the first SEEDS seeds and those that once failed; a failure names its seed and what came before it. */
export function play(events: number, kept: readonly number[], begin: (seed: number) => Duet): void {
  const seeds = new Set([...kept, ...Array.from({ length: SEEDS }, (_, index) => index + 1)]);
  for (const seed of seeds) {
    const duet = begin(seed);
    const story: string[] = [];
    try {
      for (let event = 0; event < events; event++) {
        story.push(duet.step());
        duet.compare();
      }
    } catch (error) {
      throw new Error(`seed ${seed}, after\n  ${story.slice(-12).join("\n  ")}`, { cause: error });
    }
  }
}
