/** For `mext/node`: home agents and mobile nodes without privileges, by UDP and WebSockets of Node. */
export * from "../portable/index.ts";
export { startRelay } from "./relay.ts";
export { type NodeUdpOptions, NodeUdpUnderlay } from "./udp.ts";
export { WebSocketServer, type WebSocketServerOptions } from "./websocket-server.ts";
