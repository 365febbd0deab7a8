/** UDP by Deno's own API as an underlay, and as the sockets of a relay: `--allow-net --unstable-net`, no FFI. */
import { formatAnyAddress, parseAnyAddress } from "../../bindings/address.ts";
import type { RelayOptions, RelaySocket, SocketAddress } from "../portable/index.ts";
import { UdpUnderlay } from "../portable/index.ts";
import { type DatagramConn, listenDatagram } from "./net.ts";

/** Datagrams that Deno was given and has not sent yet; what comes then is dropped. */
const MAX_WAITING = 1024;

/** Where a socket is bound. */
export interface DenoUdpOptions {
  /** Default: all IPv4 addresses of this host. */
  readonly hostname?: string;
  /** 0: any that is free; a home agent's is 4191. */
  readonly port?: number;
  readonly mtuBytes?: number;
}

export class DenoUdpUnderlay extends UdpUnderlay {
  readonly #socket: DatagramConn;
  #waiting = 0;

  private constructor(socket: DatagramConn, mtuBytes: number | undefined) {
    super(socket.addr, mtuBytes);
    this.#socket = socket;
    void hear(socket, (payload, { hostname, port }) => this.take(payload, hostname, port), (error) => this.failed(error));
  }

  /** Binds. Throws where the address is taken, and an error that names the flag where one is missing. */
  static open({ hostname = "0.0.0.0", port = 0, mtuBytes }: DenoUdpOptions = {}): DenoUdpUnderlay {
    return new DenoUdpUnderlay(listenDatagram(hostname, port), mtuBytes);
  }

  protected override transmit(payload: Uint8Array, hostname: string, port: number): void {
    if (this.#waiting >= MAX_WAITING) return this.failed({ code: "too much is waiting" });
    this.#waiting++;
    this.#socket.send(payload, { transport: "udp", hostname, port })
      .catch((error: unknown) => this.failed(error))
      .finally(() => this.#waiting--);
  }

  override close(): void {
    this.#socket.close();
  }
}

/** Sockets for a home agent: what others send to them is not heard. */
export function relaySockets(homeAgent: SocketAddress): RelayOptions["openSocket"] {
  const { port } = homeAgent;
  // as Deno writes it: an IPv6 address has many spellings
  const hostname = formatAnyAddress(parseAnyAddress(homeAgent.hostname));
  const any = hostname.includes(":") ? "::" : "0.0.0.0";
  return (receive, failed): RelaySocket => {
    const socket = listenDatagram(any, 0);
    let waiting = 0;
    void hear(socket, (payload, from) => {
      if (from.hostname === hostname && from.port === port) receive(payload);
    }, failed);
    return {
      send: (payload) => {
        if (waiting >= MAX_WAITING) return;
        waiting++;
        socket.send(payload, { transport: "udp", hostname, port }).catch(failed).finally(() => waiting--);
      },
      close: () => socket.close(),
    };
  };
}

/** Hands on what comes until the socket is closed. */
async function hear(
  socket: DatagramConn, take: (payload: Uint8Array, from: SocketAddress) => void, failed: (error: unknown) => void,
): Promise<void> {
  try {
    for await (const [payload, from] of socket) take(payload, from);
  } catch (error) {
    failed(error);
  }
}
