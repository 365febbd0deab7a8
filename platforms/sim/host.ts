/**
 * A correspondent that knows nothing of mobility, and says so when it gets a mobility message: one port, one
 * address, one router; by IPv4 perhaps another of each.
 */
import { parseAddress, parseIpv4Address } from "../../bindings/address.ts";
import { IPV4_ANY, isIpv6, MOBILITY, NEXT_HEADER, nextHeader, UNSPECIFIED } from "./ip.ts";
import type { Link, Port } from "./link.ts";
import type { Network } from "./network.ts";
import { UNRECOGNIZED_NEXT_HEADER } from "./messages.ts";
import type { Device } from "./routes.ts";
import { Stack } from "./stack.ts";

/** A host that knows nothing of mobility. */
export class Host extends Stack {
  readonly port: Port;
  readonly address: Uint8Array;
  /** IPv4-mapped. */
  ipv4Address?: Uint8Array;

  constructor(network: Network, name: string, link: Link, address: string, router: string) {
    super(network, name);
    this.address = parseAddress(address);
    this.port = this.addPort(link.name);
    this.addAddress(this.port, this.address, 64);
    this.addRoute({ prefix: UNSPECIFIED, lengthBits: 0, device: this.port, gateway: parseAddress(router) });
    this.port.attach(link);
  }

  /** Gives the host an IPv4 address with a prefix of `lengthBits`, and a router there. */
  addIpv4(address: string, router: string, lengthBits = 24): this {
    this.ipv4Address = parseIpv4Address(address);
    this.addAddress(this.port, this.ipv4Address, 96 + lengthBits);
    this.addRoute({ prefix: IPV4_ANY, lengthBits: 96, device: this.port, gateway: parseIpv4Address(router) });
    return this;
  }

  /** RFC 8200 §4: what the IPv6 header says to come next is not known here. */
  protected override deliver(device: Device, packet: Uint8Array): void {
    if (!isIpv6(packet) || nextHeader(packet) !== MOBILITY) return super.deliver(device, packet);
    const what = { error: "parameter-problem", code: UNRECOGNIZED_NEXT_HEADER } as const;
    this.sendError({ ...what, pointer: NEXT_HEADER }, packet);
  }
}
