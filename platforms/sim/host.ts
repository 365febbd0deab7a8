/** A correspondent that knows nothing of mobility: one port, one address, one router. */
import { parseAddress } from "../../bindings/address.ts";
import { UNSPECIFIED } from "./ip.ts";
import type { Link, Port } from "./link.ts";
import type { Network } from "./network.ts";
import { Stack } from "./stack.ts";

export class Host extends Stack {
  readonly port: Port;
  readonly address: Uint8Array;

  constructor(network: Network, name: string, link: Link, address: string, router: string) {
    super(network, name);
    this.address = parseAddress(address);
    this.port = this.addPort(link.name);
    this.addAddress(this.port, this.address, 64);
    this.addRoute({ prefix: UNSPECIFIED, lengthBits: 0, device: this.port, gateway: parseAddress(router) });
    this.port.attach(link);
  }
}
