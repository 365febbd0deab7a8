/** `mext/node`: home agents, mobile nodes and correspondent nodes on Linux, as objects. */
export * from "../linux/index.ts";
