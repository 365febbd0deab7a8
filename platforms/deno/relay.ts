/** A relay on Deno (`--allow-net --unstable-net`): see platforms/portable/relay.ts. */
import { Relay, type RelaySettings, type RunningRelay, runningRelay } from "../portable/index.ts";
import { relaySockets } from "./udp.ts";
import { WebSocketServer } from "./websocket-server.ts";

/** Starts it; rejects where the address is taken, and with an error that names the flag where one is missing. */
export async function startRelay({ listen, homeAgent, behindProxy, ...limits }: RelaySettings): Promise<RunningRelay> {
  const openSocket = relaySockets(homeAgent);
  openSocket(() => {}, () => {}).close(); // says at once which permission is missing
  const relay = new Relay({ ...limits, openSocket });
  const server = WebSocketServer.listen({ ...listen, connections: relay.connections, behindProxy });
  return runningRelay(relay, server);
}

export type { RelaySettings, RunningRelay };
