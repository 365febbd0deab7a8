/** For `mext/deno`: home agents and mobile nodes without privileges, by UDP and WebSockets of Deno's own. */
export * from "../portable/index.ts";
export { startRelay } from "./relay.ts";
export { type DenoUdpOptions, DenoUdpUnderlay } from "./udp.ts";
export { answer as answerWebSocket, WebSocketServer, type WebSocketServerOptions } from "./websocket-server.ts";
