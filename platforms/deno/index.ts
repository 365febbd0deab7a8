/** `mext/deno`: home agents, mobile nodes and correspondent nodes under Deno. */
// With TUN devices, on Linux: the same daemons as those of `mext/node`.
export * from "../linux/index.ts";
/** Without privileges: no TUN device, datagrams by Deno's own UDP or by WebSockets. */
export * as portable from "./portable.ts";
