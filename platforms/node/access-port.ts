/** One access device of the core: a packet socket that it hears with, and a queue that it speaks through. */
import type { Device } from "../../bindings/commands.ts";
import type { Engine } from "../../bindings/engine.ts";
import type { EngineHost } from "./engine-host.ts";
import { SendFailures, SendQueue } from "./send-queue.ts";
import { AccessReceiver } from "./system/access-receive.ts";
import type { PacketMemory } from "./system/memory.ts";
import type { NetworkEvent } from "./system/network-monitor.ts";
import type { PacketSelection } from "./system/packet-filter.ts";

/** What the ports of one core have in common. */
export interface PortMemory {
  readonly engine: Engine;
  readonly packets: PacketMemory;
  readonly failures: SendFailures;
  /** Of what they send (tunnel-routes.ts). */
  readonly mark: number;
}

export interface PortOptions extends PacketSelection {
  /** Only this interface; without it all of them, and the routing table decides where packets leave. */
  readonly interfaceIndex?: number;
}

export class AccessPort {
  readonly queue: SendQueue;
  readonly #device: number;
  readonly #receiver: AccessReceiver;

  /** Throws SystemError: EPERM, or ENODEV when the interface is gone. */
  constructor({ engine, packets, failures, mark }: PortMemory, device: number, options: PortOptions) {
    this.#device = device;
    this.#receiver = new AccessReceiver(packets, { ...options, batch: engine.slots });
    for (let slot = 0; slot < engine.slots; slot++) {
      this.#receiver.setSlot(slot, engine.slotPointer(slot), engine.slotBytes);
    }
    try {
      this.queue = new SendQueue(packets, failures, { interfaceIndex: options.interfaceIndex, mark });
    } catch (error) {
      this.#receiver.close();
      throw error;
    }
  }

  /** Readable when packets are waiting. */
  get fd(): number {
    return this.#receiver.fd;
  }

  /** Receives into the slots of the core from 0 on; returns how many packets came. */
  receive(engine: Engine): number {
    const count = this.#receiver.receive();
    for (let slot = 0; slot < count; slot++) {
      // a packet that was cut gets a length at which the core refuses and counts it
      const cut = this.#receiver.truncated(slot);
      engine.fillSlot(slot, this.#device, cut ? engine.slotBytes + 1 : this.#receiver.lengthBytes(slot));
    }
    return count;
  }

  /** Whether packets to all groups are heard on this interface. Throws SystemError. */
  hearGroups(hear: boolean): void {
    this.#receiver.hearGroups(hear);
  }

  close(): void {
    this.#receiver.close();
    this.queue.close();
  }
}

/** The access side of a role. */
export interface Access {
  /** The open ports; another array when they have changed. */
  readonly ports: readonly AccessPort[];
  /** What the core is told of its access devices when it starts. */
  devices(): Device[];
  /** Opens the ports over the memory of a (new) core. */
  open(memory: PortMemory): void;
  interfaceIndex(device: number): number | undefined;
  /** Where packets for a device (or DEVICE_ANY) go; undefined: it is not there. */
  port(device: number): AccessPort | undefined;
  /**
   * The source of new sessions with nodes that have a binding here; undefined: the kernel chooses. So it is for
   * a home agent, which forwards their packets and hardly has sessions with them.
   */
  readonly ownAddress?: string;
  /** Whether packets for an address are to come here from the home link now. Throws SystemError. */
  intercept?(address: Uint8Array, isIntercepted: boolean): void;
  /** How many addresses are routed into the tunnel now, by orders of the core. */
  routesChanged?(count: number): void;
  /** Whether ordinary traffic of the home address goes into the tunnel. */
  useTunnel?(use: boolean): void;
  /** A home address is about to be put on the tunnel device, or was taken from it. */
  homeAddressChanged?(address: string, present: boolean): void;
  /** Tells a new core what it must know of its devices before it has its kept state back. */
  configure?(engine: Engine, nowMs: number): void;
  /** The kernel told something about its network. */
  networkChanged(event: NetworkEvent, host: EngineHost): void;
  close(): void;
}
