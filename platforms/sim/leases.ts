/**
 * IPv4 addresses for those who enter a link. DHCP is not simulated: a lease is there a moment after the cable is
 * in, and stays the same for the same port.
 */
import { parseIpv4Address } from "../../bindings/address.ts";
import type { Port } from "./link.ts";

/** What a port gets; addresses are IPv4-mapped, and so is the length. */
export interface Lease {
  readonly address: Uint8Array;
  readonly lengthBits: number;
  readonly gateway: Uint8Array;
}

export class Leases {
  private readonly given = new Map<Port, Lease>();
  private next: number;

  /** Addresses of the /24 of `gateway`, from the one that ends in `first` on; a lease takes `delayMs`. */
  constructor(
    readonly gateway: string,
    readonly delayMs = 50,
    first = 100,
  ) {
    this.next = first;
  }

  of(port: Port): Lease {
    let lease = this.given.get(port);
    if (!lease) {
      const gateway = parseIpv4Address(this.gateway);
      const address = gateway.slice();
      address[15] = this.next++;
      lease = { address, lengthBits: 96 + 24, gateway };
      this.given.set(port, lease);
    }
    return lease;
  }
}
