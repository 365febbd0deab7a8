/** `mext/node`: home agents, mobile nodes and correspondent nodes on Linux, as objects. */
export * from "../linux/index.ts";
/** Home agents and mobile nodes without privileges: no TUN device, datagrams by UDP or WebSockets. */
export * as portable from "./portable.ts";
