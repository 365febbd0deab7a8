/** What the program `mext relay` is told, whatever runtime it runs on. */
import type { AdmissionOptions } from "./admission.ts";
import type { Relay, RelayStatus } from "./relay.ts";
import type { SocketAddress } from "./udp-underlay.ts";

/** What a person says of a relay. */
export interface RelaySettings extends Pick<AdmissionOptions, "path" | "origins" | "maxConnections" | "maxConnectionsOfAddress"> {
  readonly listen: SocketAddress;
  /** The one home agent: its address, not its name. */
  readonly homeAgent: SocketAddress;
  /** The client's address stands in X-Forwarded-For. */
  readonly behindProxy?: boolean;
  readonly messagesPerSecond?: number;
}

/** A relay that runs. */
export interface RunningRelay {
  /** Where it listens. */
  readonly port: number;
  /** Connections, and what was refused, by reason. */
  status(): RelayStatus;
  /** Ends all connections and takes no more. */
  stop(): Promise<void>;
}

/** A relay and the server that takes its WebSockets, as one. */
export function runningRelay(relay: Relay, server: { readonly port: number; close(): Promise<void> }): RunningRelay {
  return {
    port: server.port,
    status: () => relay.status(),
    stop: async () => {
      relay.close();
      await server.close();
    },
  };
}
