/** What the library of a runtime on Linux gives: home agents, mobile nodes and correspondent nodes, as objects. */
export {
  type Config, ConfigError, type CorrespondentConfig, type HomeAgentConfig, loadConfig, type MobileNodeConfig,
  SharedKey,
} from "../../bindings/config/index.ts";
export { readConfigFile } from "./config-file.ts";
export {
  CorrespondentNode, Daemon, type DaemonEvent, type DaemonOptions, HomeAgent, MobileNode,
} from "./daemon.ts";
export { StartError } from "./linux.ts";
export type { DaemonStatus, NamedUplink } from "./status.ts";
export { SystemError } from "./system/errors.ts";
export { VERSION } from "./version.ts";
export { type Core, loadCore } from "./wasm.ts";
