/**
 * The access side of a node that is no mobile one: packets come from every interface, also from one that
 * appears later, and leave by the one that the routing table names. It is one device of the core.
 */
import type { Device } from "../../bindings/commands.ts";
import { DEVICE_ANY } from "../../bindings/engine.ts";
import { AccessPort, type PortMemory, type PortOptions } from "./access-port.ts";
import type { Source } from "./source.ts";

const DEVICE = 1;

export class HostAccess {
  ports: readonly AccessPort[] = [];
  sources: readonly Source[] = [];
  readonly #mtuBytes: number;
  readonly #options: PortOptions;

  /** @param options which packets are heard; the tunnel device's own must not be */
  constructor(mtuBytes: number, options: PortOptions) {
    this.#mtuBytes = mtuBytes;
    this.#options = options;
  }

  devices(): Device[] {
    const trains = this.ports[0]?.sendsTrains;
    return [{ index: DEVICE, kind: "access", mtu: this.#mtuBytes, up: true, offload: { trains } }];
  }

  open(memory: PortMemory): void {
    this.close();
    const port = new AccessPort(memory, DEVICE, this.#options);
    this.ports = [port];
    this.sources = port.sources;
  }

  port(device: number): AccessPort | undefined {
    return device === DEVICE || device === DEVICE_ANY ? this.ports[0] : undefined;
  }

  /** The core gives no orders for an interface of this device. */
  interfaceIndex(_device: number): number | undefined {
    return undefined;
  }

  close(): void {
    for (const port of this.ports) port.close();
    this.ports = [];
    this.sources = [];
  }
}
