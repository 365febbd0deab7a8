/** What UDP sockets of all runtimes have in common as an underlay: addresses as text and octets, and counts. */
import { formatAnyAddress, parseAnyAddress } from "../../bindings/address.ts";
import type { Endpoint, Underlay, UnderlayStatus } from "./contract.ts";
import { Counts } from "./counts.ts";

/** Ethernet, and what nearly every path carries. */
const DEFAULT_MTU_BYTES = 1500;

/** Where a socket is, as runtimes say it. */
export interface SocketAddress {
  readonly hostname: string;
  readonly port: number;
}

/** Reads what the runtime says of an address; without its zone. */
function octetsOf(hostname: string): Uint8Array {
  return parseAnyAddress(hostname.replace(/%.*$/, ""));
}

export abstract class UdpUnderlay implements Underlay {
  readonly name: string;
  readonly local: Endpoint;
  readonly isUp = true;
  receive?: (payload: Uint8Array, from: Endpoint) => void;
  readonly #dropped = new Counts();
  #sent = 0;
  #received = 0;

  protected constructor({ hostname, port }: SocketAddress, readonly mtuBytes = DEFAULT_MTU_BYTES) {
    this.local = { address: octetsOf(hostname), port };
    this.name = `udp ${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  }

  /** Gives it to the runtime, which calls `failed` when it cannot. */
  protected abstract transmit(payload: Uint8Array, hostname: string, port: number): void;
  /** Closes the socket. */
  abstract close(): void;

  send(payload: Uint8Array, { address, port }: Endpoint): void {
    this.#sent++;
    this.transmit(payload, formatAnyAddress(address), port);
  }

  /** A datagram could not be sent. */
  protected failed(error: unknown): void {
    this.#sent--;
    const { code, name } = error as { code?: string; name?: string };
    this.#dropped.add(code ?? name ?? "error");
  }

  /** A datagram came from `hostname` and `port`. */
  protected take(payload: Uint8Array, hostname: string, port: number): void {
    this.#received++;
    this.receive?.(payload, { address: octetsOf(hostname), port });
  }

  status(): UnderlayStatus {
    const dropped = this.#dropped.toJSON() as Record<string, number>;
    return { name: this.name, isUp: true, sent: this.#sent, received: this.#received, dropped };
  }
}
