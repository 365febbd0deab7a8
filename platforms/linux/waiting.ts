import type { Source } from "./source.ts";
import type { NetworkMonitor } from "./system/network-monitor.ts";
import { PollSet, type Wake } from "./system/poll.ts";
import type { Tun } from "./system/tun.ts";

/** What the packet loop waits for: made anew when there are other sources. */
export class Waiting {
  readonly sources: readonly Source[];
  readonly #poll: PollSet;
  readonly #wake: number;
  readonly #monitor: number;
  readonly #tun: number;
  readonly #places: readonly number[];

  constructor(wake: Wake, monitor: NetworkMonitor, tun: Tun, sources: readonly Source[]) {
    this.sources = sources;
    this.#poll = new PollSet(3 + sources.length);
    this.#wake = this.#poll.add(wake.fd);
    this.#monitor = this.#poll.add(monitor.fd);
    this.#tun = this.#poll.add(tun.fd);
    this.#places = sources.map(({ fd }) => this.#poll.add(fd));
  }

  /** Waits until there is something, or the time is over. */
  wait(timeoutMs: number): void {
    this.#poll.wait(timeoutMs);
  }

  /** The main thread has sent a message. */
  isWoken(): boolean {
    return this.#poll.ready(this.#wake) !== 0;
  }

  hasNetworkEvents(): boolean {
    return this.#poll.ready(this.#monitor) !== 0;
  }

  hasTunnelPackets(): boolean {
    return this.#poll.ready(this.#tun) !== 0;
  }

  /** The sources at which packets wait. */
  readySources(): Source[] {
    return this.sources.filter((_, index) => this.#poll.ready(this.#places[index]) !== 0);
  }
}
