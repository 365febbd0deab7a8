/**
 * A correspondent that knows nothing of mobility, and says so when it gets a mobility message: one port, one
 * address, one router.
 */
import { parseAddress } from "../../bindings/address.ts";
import { NEXT_HEADER, nextHeader, UNSPECIFIED } from "./ip.ts";
import type { Link, Port } from "./link.ts";
import type { Network } from "./network.ts";
import { UNRECOGNIZED_NEXT_HEADER } from "./packets.ts";
import type { Device } from "./routes.ts";
import { Stack } from "./stack.ts";

/** Next Header of the Mobility Header (RFC 6275 §6.1). */
const MOBILITY = 135;

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

  /** RFC 8200 §4: what the IPv6 header says to come next is not known here. */
  protected override deliver(device: Device, packet: Uint8Array): void {
    if (nextHeader(packet) !== MOBILITY) return super.deliver(device, packet);
    const what = { error: "parameter-problem", code: UNRECOGNIZED_NEXT_HEADER } as const;
    this.sendError({ ...what, pointer: NEXT_HEADER }, packet);
  }
}
