/**
 * Whether a connection still leads somewhere. TCP may say nothing for a quarter of an hour when the network under it is
 * gone, and programs cannot ping: so silence after something was sent is doubted, and then given up.
 *
 *   sent ──5 s of silence──► doubt: something is asked ──4 s of silence──► given up, a new one is made
 *
 * Each time in a row that a new one heard nothing either, the patience is doubled: then it is not the connection.
 */
import type { Clock } from "./clock.ts";

/** Until silence is doubted; and after that until it is given up, a little less. */
export const SILENCE_MS = 5000;
const GIVE_UP = 0.8;
const MAX_DOUBLINGS = 4;

export interface WatchHandler {
  /** Asks the other end something that it answers. */
  doubt(): void;
  giveUp(): void;
}

export class ConnectionWatch {
  readonly #clock: Clock;
  readonly #handler: WatchHandler;
  readonly #silenceMs: number;
  #cancel: (() => void) | undefined;
  #fruitless = 0;

  constructor(clock: Clock, handler: WatchHandler, silenceMs = SILENCE_MS) {
    this.#clock = clock;
    this.#silenceMs = silenceMs;
    this.#handler = handler;
  }

  /** Something was sent. */
  sent(): void {
    this.#cancel ??= this.#clock.after(this.#silenceMs * 2 ** this.#fruitless, () => this.#doubt());
  }

  /** Something came: all is well. */
  heard(): void {
    this.#fruitless = 0;
    this.stop();
  }

  /** The connection is gone, or is not watched any more. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #doubt(): void {
    this.#cancel = this.#clock.after(this.#silenceMs * GIVE_UP, () => {
      this.#cancel = undefined;
      this.#fruitless = Math.min(this.#fruitless + 1, MAX_DOUBLINGS);
      this.#handler.giveUp();
    });
    this.#handler.doubt();
  }
}
