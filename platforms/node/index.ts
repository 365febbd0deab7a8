/** `mext/node`: home agents, mobile nodes and correspondent nodes on Linux, as objects. */
export {
  type Config, ConfigError, type CorrespondentConfig, type HomeAgentConfig, loadConfig, type MobileNodeConfig,
  SharedKey,
} from "../../bindings/config/index.ts";
export { readConfigFile } from "../linux/config-file.ts";
export {
  CorrespondentNode, Daemon, type DaemonEvent, type DaemonOptions, HomeAgent, MobileNode,
} from "../linux/daemon.ts";
export { StartError } from "../linux/linux.ts";
export type { DaemonStatus, NamedUplink } from "../linux/status.ts";
export { SystemError } from "../linux/system/errors.ts";
export { VERSION } from "../linux/version.ts";
export { type Core, loadCore } from "../linux/wasm.ts";
/** Home agents and mobile nodes without privileges: no TUN device, datagrams by UDP or WebSockets. */
export * as portable from "./portable.ts";
