/** UDP of Node (node:dgram) as an underlay, and as the sockets of a relay: no privileges, no native code. */
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { RelayOptions, RelaySocket, SocketAddress } from "../portable/index.ts";
import { UdpUnderlay } from "../portable/index.ts";

/** What may wait to be sent, octets; what comes then is dropped. */
const MAX_QUEUED_BYTES = 1 << 20;
/** Datagrams that wait for a relay's socket to be connected. */
const MAX_WAITING = 16;
const BUFFER_BYTES = 2 << 20;

/** Where a socket is bound. */
export interface NodeUdpOptions {
  /** Default: all IPv4 addresses of this host. */
  readonly hostname?: string;
  /** 0: any that is free; a home agent's is 4191. */
  readonly port?: number;
  readonly mtuBytes?: number;
}

export class NodeUdpUnderlay extends UdpUnderlay {
  readonly #socket: Socket;

  private constructor(socket: Socket, mtuBytes: number | undefined) {
    const { address: hostname, port } = socket.address();
    super({ hostname, port }, mtuBytes);
    this.#socket = socket;
    socket.on("message", (payload, { address, port: from }) => this.take(payload, address, from));
    socket.on("error", (error) => this.failed(error));
  }

  /** Binds; rejects with the error of the system (EADDRINUSE, EACCES). */
  static async open({ hostname = "0.0.0.0", port = 0, mtuBytes }: NodeUdpOptions = {}): Promise<NodeUdpUnderlay> {
    const socket = createSocket(isIPv6(hostname) ? { type: "udp6" as const, ipv6Only: true } : { type: "udp4" as const });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(port, hostname, () => {
        socket.off("error", reject);
        resolve();
      });
    });
    try {
      socket.setRecvBufferSize(BUFFER_BYTES);
    } catch {
      // the system has its own limits
    }
    return new NodeUdpUnderlay(socket, mtuBytes);
  }

  protected override transmit(payload: Uint8Array, hostname: string, port: number): void {
    if (this.#socket.getSendQueueSize() > MAX_QUEUED_BYTES) return this.failed({ code: "too much is waiting" });
    this.#socket.send(payload, port, hostname, (error) => {
      if (error) this.failed(error);
    });
  }

  override close(): void {
    this.#socket.close();
  }
}

/** Sockets that are connected to a home agent: the kernel lets nothing else in or out. */
export function relaySockets({ hostname, port }: SocketAddress): RelayOptions["openSocket"] {
  return (receive, failed): RelaySocket => {
    const socket = createSocket(isIPv6(hostname) ? "udp6" : "udp4");
    let isConnected = false;
    let isClosed = false;
    const waiting: Uint8Array[] = [];
    socket.on("message", (payload) => receive(payload));
    socket.on("error", (error) => !isClosed && failed(error));
    const send = (payload: Uint8Array) => socket.send(payload, (error) => error && !isClosed && failed(error));
    socket.connect(port, hostname, (error?: Error) => {
      if (isClosed) return;
      if (error) return failed(error);
      isConnected = true;
      for (const payload of waiting.splice(0)) send(payload);
    });
    return {
      send: (payload) => {
        if (!isConnected) {
          if (waiting.length < MAX_WAITING) waiting.push(payload);
        } else if (socket.getSendQueueSize() <= MAX_QUEUED_BYTES) send(payload);
      },
      close: () => {
        isClosed = true;
        socket.close();
      },
    };
  };
}
