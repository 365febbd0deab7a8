/**
 * The sockets of a probing engine on one interface, with nothing else of this host touched: one UDP socket for each
 * device of the core, and for the first device raw sockets, where the privileges allow them.
 */
import { DEVICE_ANY, type Engine, Input } from "../../../bindings/engine.ts";
import { SendFailures, SendQueue } from "../send-queue.ts";
import { AccessReceiver } from "../system/access-receive.ts";
import { AccessSender } from "../system/access-send.ts";
import { IPPROTO_IPIP, IPPROTO_IPV6 } from "../system/constants.ts";
import { DatagramPort } from "../system/datagram-port.ts";
import { Guard } from "../system/guard.ts";
import { Ipv4Receiver } from "../system/ipv4-receive.ts";
import { Ipv4Sender } from "../system/ipv4-send.ts";
import { PacketMemory } from "../system/memory.ts";
import { PollSet } from "../system/poll.ts";

/** Receives packets or datagrams into the slots of the core. */
interface Source {
  readonly fd: number;
  readonly batch: number;
  setSlot(slot: number, pointer: number, capacityBytes: number): void;
  receive(): number;
  lengthBytes(slot: number): number;
  truncated(slot: number): boolean;
  close(): void;
}

interface Opened {
  readonly source: Source;
  readonly device: number;
  readonly kind: Input;
  readonly place: number;
}

const QUEUE_BYTES = 256 * 1024;

/** First device of the core; the tunnel device is 0. */
export const FIRST_DEVICE = 1;

export class ProbeSockets {
  readonly failures = new SendFailures();
  /** Why there are no raw sockets; undefined: there are. */
  readonly rawObstacle: string | undefined;
  readonly #engine: Engine;
  readonly #memory: PacketMemory;
  readonly #poll: PollSet;
  readonly #opened: Opened[] = [];
  readonly #datagrams: DatagramPort[] = [];
  #queue6: SendQueue<AccessSender> | undefined;
  #queue4: SendQueue<Ipv4Sender> | undefined;
  #guard: Guard | undefined;

  /** Throws SystemError when not even a UDP socket can be opened. */
  constructor(engine: Engine, interfaceIndex: number, count: number) {
    this.#engine = engine;
    this.#memory = new PacketMemory(engine.exports.memory);
    this.#poll = new PollSet(count + 4);
    for (let device = FIRST_DEVICE; device < FIRST_DEVICE + count; device++) {
      const options = { interfaceIndex, batch: engine.slots, bufferBytes: QUEUE_BYTES, trains: false };
      const port = new DatagramPort(this.#memory, this.failures, options);
      this.#datagrams.push(port);
      this.#add(port, device, Input.Datagrams);
    }
    this.rawObstacle = this.#openRaw(interfaceIndex);
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
    for (const { source, device, kind, place } of this.#opened) {
      if (this.#poll.ready(place) === 0) continue;
      const count = source.receive();
      if (kind === Input.Datagrams) (source as DatagramPort).takePathMtus();
      for (let slot = 0; slot < count; slot++) {
        const length = source.truncated(slot) ? this.#engine.slotBytes + 1 : source.lengthBytes(slot);
        this.#engine.fillSlot(slot, device, length, kind);
      }
      this.#engine.processSlots(nowMs(), count);
    }
  }

  /** A packet of the core. Devices without raw sockets send none. */
  transmit(device: number, pointer: number, lengthBytes: number): void {
    if (device !== FIRST_DEVICE && device !== DEVICE_ANY) return;
    const isIpv4 = this.#engine.memory[pointer] >> 4 === 4;
    (isIpv4 ? this.#queue4 : this.#queue6)?.put(pointer, lengthBytes);
  }

  sendDatagrams(device: number, pointer: number, lengthBytes: number): void {
    this.#datagrams[device - FIRST_DEVICE]?.put(pointer, lengthBytes);
  }

  flush(): void {
    this.#queue6?.flush();
    this.#queue4?.flush();
    for (const port of this.#datagrams) port.flush();
  }

  close(): void {
    for (const { source } of this.#opened) source.close();
    this.#queue6?.close();
    this.#queue4?.close();
    this.#guard?.close();
  }

  #openRaw(interfaceIndex: number): string | undefined {
    const batch = this.#engine.slots;
    const options = { interfaceIndex, batch, bufferBytes: QUEUE_BYTES };
    try {
      this.#add(new AccessReceiver(this.#memory, options), FIRST_DEVICE, Input.Packet);
      this.#queue6 = new SendQueue(new AccessSender(this.#memory, options), this.failures);
      for (const protocol of [IPPROTO_IPV6, IPPROTO_IPIP]) {
        this.#add(new Ipv4Receiver(this.#memory, { ...options, protocol }), FIRST_DEVICE, Input.Packet);
      }
      this.#queue4 = new SendQueue(new Ipv4Sender(this.#memory, options), this.failures);
      return undefined;
    } catch (error) {
      return `raw sockets cannot be opened (${(error as { code?: string }).code ?? (error as Error).message})`;
    }
  }

  #add(source: Source, device: number, kind: Input): void {
    for (let slot = 0; slot < this.#engine.slots; slot++) {
      source.setSlot(slot, this.#engine.slotPointer(slot), this.#engine.slotBytes);
    }
    this.#opened.push({ source, device, kind, place: this.#poll.add(source.fd) });
  }
}
