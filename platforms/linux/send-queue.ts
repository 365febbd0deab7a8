/** Packets that the core ordered to send, collected so that one system call takes all of them. */
import type { PacketSender } from "./system/access-send.ts";
import { errnoName } from "./system/errors.ts";

/** How many packets the kernel refused, by the name of the error: nothing is dropped in silence. */
export class SendFailures {
  readonly #counts = new Map<string, number>();

  count(errno: number): void {
    const name = errnoName(errno);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}

export class SendQueue<Sender extends PacketSender> {
  readonly sender: Sender;
  readonly #failures: SendFailures;
  #waiting = 0;

  constructor(sender: Sender, failures: SendFailures) {
    this.sender = sender;
    this.#failures = failures;
  }

  /** Takes a packet that lies at a pointer of the core until `flush`. */
  put(pointer: number, lengthBytes: number): void {
    this.sender.setPacket(this.#waiting++, pointer, lengthBytes);
    if (this.#waiting === this.sender.batch) this.flush();
  }

  /** Sends what was collected. */
  flush(): void {
    const count = this.#waiting;
    if (count === 0) return;
    this.#waiting = 0;
    if (this.sender.send(count) === count) return;
    for (const errno of this.sender.results.subarray(0, count)) if (errno !== 0) this.#failures.count(errno);
  }

  close(): void {
    this.sender.close();
  }
}
