/** A relay on Node: see platforms/portable/relay.ts. */
import { Relay, type RelaySettings, type RunningRelay, runningRelay } from "../portable/index.ts";
import { relaySockets } from "./udp.ts";
import { WebSocketServer } from "./websocket-server.ts";

/** Starts it; rejects with the error of the system (EADDRINUSE, EACCES). */
export async function startRelay({ listen, homeAgent, behindProxy, ...limits }: RelaySettings): Promise<RunningRelay> {
  const relay = new Relay({ ...limits, openSocket: relaySockets(homeAgent) });
  const server = await WebSocketServer.listen({ ...listen, connections: relay.connections, behindProxy });
  return runningRelay(relay, server);
}

export type { RelaySettings, RunningRelay };
