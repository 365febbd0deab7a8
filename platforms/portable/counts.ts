/** What was refused or dropped, by reason: nothing is in silence. */
export class Counts<Reason extends string = string> {
  readonly #counts = new Map<Reason, number>();

  add(reason: Reason, count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  of(reason: Reason): number {
    return this.#counts.get(reason) ?? 0;
  }

  toJSON(): Readonly<Partial<Record<Reason, number>>> {
    return Object.fromEntries(this.#counts) as Partial<Record<Reason, number>>;
  }
}
