/**
 * Waiting for several descriptors at once, in the thread that has the packet loop.
 *
 *   pollfd, 8 bytes:  0 fd (32 bits)  4 events (16 bits)  6 revents (16 bits)
 *
 * A thread that waits here without a limit blocks the exit of the whole process, so a Wake is always
 * among the descriptors.
 */

import { EAGAIN, EFD_CLOEXEC, EFD_NONBLOCK, EINTR, POLLIN } from "./constants.ts";
import { SystemError } from "./errors.ts";
import { check, close, errno, eventfd, ppoll, read, write } from "./libc.ts";
import { Block } from "./memory.ts";

const POLLFD_BYTES = 8;

export class PollSet {
  readonly #descriptors: Block;
  readonly #timeout = new Block(16); // timespec: seconds, nanoseconds
  #count = 0;

  constructor(capacity = 16) {
    this.#descriptors = new Block(capacity * POLLFD_BYTES);
  }

  /**
   * Adds a descriptor and returns its place, by which `ready` asks for it.
   * @param events POLLIN, POLLOUT or both
   */
  add(fd: number, events: number = POLLIN): number {
    const place = this.#count++;
    if (place * POLLFD_BYTES >= this.#descriptors.bytes.length) throw new RangeError("PollSet is full");
    this.#descriptors.view.setInt32(place * POLLFD_BYTES, fd, true);
    this.watch(place, events);
    return place;
  }

  /** Changes what is waited for at a place; 0 leaves only errors and hang-ups. */
  watch(place: number, events: number): void {
    this.#descriptors.view.setInt16(place * POLLFD_BYTES + 4, events, true);
  }

  /** Takes the descriptor at a place out (a negative descriptor is skipped by the kernel). */
  remove(place: number): void {
    this.#descriptors.view.setInt32(place * POLLFD_BYTES, -1, true);
  }

  /**
   * Waits until a descriptor is ready or the time is over.
   * @param timeoutMs with fractions; negative or Infinity waits without a limit
   * @returns how many descriptors are ready; 0 also when a signal came
   */
  wait(timeoutMs: number): number {
    const forever = timeoutMs < 0 || timeoutMs === Infinity;
    if (!forever) {
      const seconds = Math.floor(timeoutMs / 1000);
      this.#timeout.setAddress(0, seconds);
      this.#timeout.setAddress(8, Math.floor((timeoutMs - seconds * 1000) * 1e6));
    }
    const ready = ppoll(this.#descriptors.address, this.#count, forever ? 0 : this.#timeout.address, 0);
    if (ready >= 0) return ready;
    const error = errno();
    if (error !== EINTR) throw new SystemError("ppoll", error);
    this.#clearReady();
    return 0;
  }

  /** The events that came at a place in the last `wait`: POLLIN, POLLOUT, POLLERR, POLLHUP, or 0. */
  ready(place: number): number {
    return this.#descriptors.view.getInt16(place * POLLFD_BYTES + 6, true);
  }

  #clearReady(): void {
    // an interrupted ppoll leaves the answers of the one before
    for (let place = 0; place < this.#count; place++) {
      this.#descriptors.view.setInt16(place * POLLFD_BYTES + 6, 0, true);
    }
  }
}

/** Wakes a thread from its wait: an eventfd, whose number is good in every thread of the process. */
export class Wake {
  readonly fd: number;
  readonly #count = new Block(8);

  /** @param fd of a Wake made in another thread; without it, a new one is made */
  constructor(fd?: number) {
    this.fd = fd ?? check(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
  }

  /** Makes the descriptor ready, until `clear`. */
  signal(): void {
    this.#count.setAddress(0, 1);
    // EAGAIN: the counter is full, so the descriptor is ready already
    if (write(this.fd, this.#count.address, 8) === -1 && errno() !== EAGAIN) check(-1, "write to eventfd");
  }

  /** Makes the descriptor unready; true when there had been a signal. */
  clear(): boolean {
    return read(this.fd, this.#count.address, 8) === 8;
  }

  close(): void {
    close(this.fd);
  }
}
