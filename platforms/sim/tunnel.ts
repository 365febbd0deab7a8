import type { InterfaceAddress } from "./link.ts";
import type { Device } from "./routes.ts";

/** The tunnel device: what the kernel sends into it, the core gets. */
export class Tunnel implements Device {
  readonly name = "tunnel";
  readonly addresses: InterfaceAddress[] = [];
  mtuBytes = 1500;

  constructor(private readonly feed: (packet: Uint8Array) => void) {}

  send(packet: Uint8Array): void {
    this.feed(packet);
  }
}
