/**
 * The home agent's end of the WebSocket underlay: many connections as one. Each gets an endpoint of its own
 * (connection-addresses.ts), which nobody on it can choose or claim: it is the source of all that comes by it, and what
 * the core sends there goes to it alone. So a binding, accepted as on every other underlay (RFC 4285), is what ties a
 * connection to a mobile node; the core forwards nothing from an endpoint without one, and a connection that gets none
 * is closed.
 */
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { CONNECTION_ENDPOINTS, connectionEndpoint, endpointKey, HOME_AGENT_ADDRESS, isConnectionAddress } from "./connection-addresses.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import { type ConnectionLimits, Connections, type ConnectionsStatus } from "./connections.ts";
import type { Endpoint, Underlay, UnderlayStatus } from "./contract.ts";
import { TUNNEL_PORT } from "../../bindings/engine.ts";

const DEFAULT_MTU_BYTES = 1500;

export interface WebSocketHubOptions extends ConnectionLimits {
  /** As a UDP tunnel over Ethernet by default. */
  readonly mtuBytes?: number;
  readonly clock?: Clock;
}

export interface WebSocketHubStatus extends UnderlayStatus, ConnectionsStatus {
  readonly dropped: Readonly<Record<string, number>>;
}

export class WebSocketHub implements Underlay, ConnectionOwner {
  readonly name = "websockets";
  readonly local: Endpoint = { address: HOME_AGENT_ADDRESS, port: TUNNEL_PORT };
  readonly mtuBytes: number;
  readonly isUp = true;
  receive?: (payload: Uint8Array, from: Endpoint) => void;
  isBound?: (endpoint: Endpoint) => boolean;
  /** For the servers of this runtime: they ask for admission, and hand connections over. */
  readonly connections: Connections;
  readonly #byEndpoint = new Map<number, Connection>();
  readonly #endpoints = new Map<Connection, Endpoint>();
  #next: number;

  constructor(options: WebSocketHubOptions = {}) {
    this.mtuBytes = options.mtuBytes ?? DEFAULT_MTU_BYTES;
    this.connections = new Connections(this, options, options.clock ?? SYSTEM_CLOCK);
    // one after another, from a random one on: what is late for one that has ended reaches no other one soon
    this.#next = crypto.getRandomValues(new Uint32Array(1))[0] % CONNECTION_ENDPOINTS;
  }

  owns(address: Uint8Array): boolean {
    return isConnectionAddress(address);
  }

  send(payload: Uint8Array, { address, port }: Endpoint): void {
    const connection = this.#byEndpoint.get(endpointKey(address, port));
    if (connection === undefined) this.connections.dropped.add("connection gone");
    else connection.send(payload);
  }

  status(): WebSocketHubStatus {
    return { name: this.name, isUp: this.isUp, ...this.connections.status() };
  }

  /** Ends all connections. */
  close(): void {
    this.connections.close();
  }

  // ---- of the connections -------------------------------------------------------------------

  /** @internal */
  opened(connection: Connection): void {
    const endpoint = this.#freeEndpoint();
    this.#endpoints.set(connection, endpoint);
    this.#byEndpoint.set(endpointKey(endpoint.address, endpoint.port), connection);
  }

  /** @internal */
  take(connection: Connection, payload: Uint8Array): void {
    const endpoint = this.#endpoints.get(connection);
    if (endpoint !== undefined) this.receive?.(payload, endpoint);
  }

  /** @internal */
  isTrusted(connection: Connection): boolean {
    const endpoint = this.#endpoints.get(connection);
    return endpoint !== undefined && this.isBound?.(endpoint) === true;
  }

  /** @internal */
  ended(connection: Connection): void {
    const endpoint = this.#endpoints.get(connection);
    if (endpoint === undefined) return;
    this.#endpoints.delete(connection);
    this.#byEndpoint.delete(endpointKey(endpoint.address, endpoint.port));
  }

  /** Nobody's: also not that of a connection that has ended, while a binding still sends a node's packets there. */
  #freeEndpoint(): Endpoint {
    for (;;) {
      const endpoint = connectionEndpoint(this.#next++);
      const isTaken = this.#byEndpoint.has(endpointKey(endpoint.address, endpoint.port)) || this.isBound?.(endpoint) === true;
      if (!isTaken) return endpoint;
    }
  }
}
