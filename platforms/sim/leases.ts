/**
 * IPv4 addresses for those who enter a link. DHCP is not simulated: a lease is there a moment after the cable is
 * in, and stays the same for the same port.
 */
import { parseIpv4Address } from "../../bindings/address.ts";
import { IPV4_ANY } from "./ip.ts";
import type { Port } from "./link.ts";
import type { Route } from "./routes.ts";
import type { Stack } from "./stack.ts";

/** What a port gets; addresses are IPv4-mapped, and so is the length. */
export interface Lease {
  readonly address: Uint8Array;
  readonly lengthBits: number;
  readonly gateway: Uint8Array;
}

/** IPv4 addresses of a link, given to those who come. */
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

  /** The lease of a port: the same one when it comes again. */
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

/** What the ports of a node have by IPv4: addresses and routes in its kernel. */
export class LeasedPorts {
  private readonly leases = new Map<Port, Lease>();

  constructor(private readonly stack: Stack) {}

  /**
   * Gives a port an address and a router, or takes them away; false: it had none before. A kernel that is not
   * running gets them with `configure` when it starts.
   */
  set(port: Port, lease: Lease | undefined, running: boolean): boolean {
    const { leases, stack } = this;
    const former = leases.get(port);
    if (former) {
      stack.removeAddress(port, former.address);
      stack.removeRoute(defaultRoute(port, former));
    }
    if (!lease) return leases.delete(port);
    leases.set(port, lease);
    if (running) this.configure(port, lease);
    return true;
  }

  of(port: Port): Lease | undefined {
    return this.leases.get(port);
  }

  get all(): ReadonlyMap<Port, Lease> {
    return this.leases;
  }

  /** Puts an address and its route into the kernel. */
  configure(port: Port, lease: Lease): void {
    this.stack.addAddress(port, lease.address, lease.lengthBits);
    this.stack.addRoute(defaultRoute(port, lease));
  }
}

function defaultRoute(device: Port, { gateway }: Lease): Route {
  return { prefix: IPV4_ANY, lengthBits: 96, device, gateway };
}
