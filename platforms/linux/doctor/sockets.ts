/**
 * The sockets of a probing engine on one interface, with nothing else of this host touched: a UDP socket for each
 * device of the core, and for the first device raw sockets, where the privileges allow them.
 */
import { DEVICE_ANY, type Engine, Input } from "../../../bindings/engine.ts";
import { AccessPort } from "../access-port.ts";
import { SendFailures } from "../send-queue.ts";
import { Source } from "../source.ts";
import { DatagramPort } from "../system/datagram-port.ts";
import { Guard } from "../system/guard.ts";
import { PacketMemory } from "../system/memory.ts";
import { PollSet } from "../system/poll.ts";

const QUEUE_BYTES = 256 * 1024;

/** First device of the core; the tunnel device is 0. */
export const FIRST_DEVICE = 1;

export class ProbeSockets {
  readonly failures = new SendFailures();
  /** Why there are no raw sockets; undefined: there are. */
  readonly rawObstacle: string | undefined;
  readonly #engine: Engine;
  readonly #datagrams: DatagramPort[] = [];
  readonly #sources: readonly Source[];
  readonly #poll: PollSet;
  #raw: AccessPort | undefined;
  #guard: Guard | undefined;

  /** Throws SystemError when not even a UDP socket can be opened. */
  constructor(engine: Engine, interfaceIndex: number, count: number) {
    this.#engine = engine;
    const packets = new PacketMemory(engine.exports.memory);
    const { failures } = this;
    const options = { interfaceIndex, batch: engine.slots, bufferBytes: QUEUE_BYTES, trains: false };
    for (let index = 0; index < count; index++) this.#datagrams.push(new DatagramPort(packets, failures, options));
    const byUdp = this.#datagrams.map((port, index) => new Source(engine, FIRST_DEVICE + index, port, Input.Datagrams));
    try {
      this.#raw = new AccessPort({ engine, packets, failures }, FIRST_DEVICE, { interfaceIndex, ipv4: true });
    } catch (error) {
      this.rawObstacle = `raw sockets cannot be opened (${(error as { code?: string }).code ?? (error as Error).message})`;
    }
    this.#sources = [...byUdp, ...(this.#raw?.sources ?? [])];
    this.#poll = new PollSet(this.#sources.length);
    for (const { fd } of this.#sources) this.#poll.add(fd);
  }

  /** Port of a device's UDP socket. */
  port(device: number): number | undefined {
    return this.#datagrams[device - FIRST_DEVICE]?.port;
  }

  /** Keeps the kernel from answering what comes to an address in place of the core, where that is allowed. */
  guard(address: string): void {
    try {
      this.#guard ??= new Guard(`mext-doctor-${process.pid}`);
      this.#guard.guard(address);
    } catch {
      // then the kernel says errors to the home agent, which knows of no binding here
    }
  }

  /** Waits until something has come, or the time is over. */
  wait(timeoutMs: number): void {
    this.#poll.wait(timeoutMs);
  }

  /** Gives what has come to the core. */
  receive(nowMs: () => number): void {
    this.#sources.forEach((source, place) => {
      if (this.#poll.ready(place) === 0) return;
      const count = source.receive(this.#engine);
      source.takePathMtus(); // not needed: the doctor measures
      this.#engine.processSlots(nowMs(), count);
    });
  }

  /** A packet of the core. Devices without raw sockets send none. */
  transmit(device: number, pointer: number, lengthBytes: number): void {
    if (device === FIRST_DEVICE || device === DEVICE_ANY) this.#raw?.transmit(pointer, lengthBytes);
  }

  sendDatagrams(device: number, pointer: number, lengthBytes: number): void {
    this.#datagrams[device - FIRST_DEVICE]?.put(pointer, lengthBytes);
  }

  flush(): void {
    this.#raw?.flush();
    for (const port of this.#datagrams) port.flush();
  }

  close(): void {
    for (const port of this.#datagrams) port.close();
    this.#raw?.close();
    this.#guard?.close();
  }
}
