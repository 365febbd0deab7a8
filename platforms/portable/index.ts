/** Home agents and mobile nodes inside programs of any runtime: no TUN device, no privileges. */
export { type AdmissionOptions, type AdmissionRequest, type Denial, forwardedFrom } from "./admission.ts";
export { type Clock, SYSTEM_CLOCK } from "./clock.ts";
export { isConnectionAddress } from "./connection-addresses.ts";
export { Connection, type ServerSocket } from "./connection.ts";
export { type ConnectionLimits, Connections, type ConnectionsStatus } from "./connections.ts";
export type { Endpoint, Underlay, UnderlayStatus } from "./contract.ts";
export { answerEcho } from "./echo.ts";
export { HomeAgent, type HomeAgentOptions, type HomeAgentStatus } from "./home-agent.ts";
export { MobileNode, type MobileNodeOptions, type MobileNodeStatus } from "./mobile-node.ts";
export type { NodeEvents, NodeOptions, NodeStatus } from "./node.ts";
export { WebSocketHub, type WebSocketHubOptions, type WebSocketHubStatus } from "./websocket-hub.ts";
export {
  type WebSocketConstructor, type WebSocketLike, type WebSocketStatus, WebSocketUnderlay, type WebSocketUnderlayOptions,
} from "./websocket-underlay.ts";
export { Relay, type RelayOptions, type RelaySocket, type RelayStatus } from "./relay.ts";
export { type RelaySettings, type RunningRelay, runningRelay } from "./relay-settings.ts";
export { type SocketAddress, UdpUnderlay } from "./udp-underlay.ts";
