/** mext: the core on any JavaScript runtime. Hosts with devices are `mext/node` and `mext/sim`. */
export * from "./address.ts";
export {
  Codec, EncodeError, type Field, type FieldValue, type Layer, type LayerInput, type Problem as PacketProblem,
} from "./codec.ts";
export * from "./commands.ts";
export * from "./config/index.ts";
export * from "./describe.ts";
export * from "./engine.ts";
export * from "./engine-settings.ts";
export * from "./events.ts";
export * from "./reasons.ts";
export * from "./status.ts";
