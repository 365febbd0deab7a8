/** Where packets come into the core from: a socket of an access device. */
import { type Engine, Input } from "../../bindings/engine.ts";
import type { PathMtu } from "./system/datagram-errors.ts";

/** A socket that fills slots of the core (system/access-receive.ts and its like). */
export interface Receiver {
  readonly fd: number;
  /** How many slots one call may fill. */
  readonly batch: number;
  setSlot(slot: number, pointer: number, capacityBytes: number): void;
  /** Receives what is waiting, into the slots from 0 on; returns how many were filled. */
  receive(): number;
  lengthBytes(slot: number): number;
  /** What came into a slot was longer than the slot. */
  truncated(slot: number): boolean;
  /** What became known of paths since the last call. */
  takePathMtus?(): readonly PathMtu[];
  close(): void;
}

const NO_PATHS: readonly PathMtu[] = [];

export class Source {
  readonly device: number;
  readonly #receiver: Receiver;
  readonly #kind: Input;

  /** @param kind what comes in by it */
  constructor(engine: Engine, device: number, receiver: Receiver, kind = Input.Packet) {
    this.device = device;
    this.#receiver = receiver;
    this.#kind = kind;
    for (let slot = 0; slot < receiver.batch; slot++) {
      receiver.setSlot(slot, engine.slotPointer(slot), engine.slotBytes);
    }
  }

  /** Readable when something is waiting. */
  get fd(): number {
    return this.#receiver.fd;
  }

  /** Receives into the slots of the core from 0 on; returns how many were filled. */
  receive(engine: Engine): number {
    const count = this.#receiver.receive();
    for (let slot = 0; slot < count; slot++) {
      // a packet that was cut gets a length at which the core refuses and counts it
      const cut = this.#receiver.truncated(slot);
      const lengthBytes = cut ? engine.slotBytes + 1 : this.#receiver.lengthBytes(slot);
      engine.fillSlot(slot, this.device, lengthBytes, this.#kind);
    }
    return count;
  }

  /** What became known of the MTU of paths; to be asked after each `receive`. */
  takePathMtus(): readonly PathMtu[] {
    return this.#receiver.takePathMtus?.() ?? NO_PATHS;
  }

  close(): void {
    this.#receiver.close();
  }
}
