/** Builds and loads test/internals/paths.ts: the core, and functions that set which path packets take. */
import { parseAnyAddress } from "../../bindings/address.ts";
import { Encapsulation, type Engine } from "../../bindings/engine.ts";
import { buildInternals } from "./build.ts";

const FOLDERS = ["abi", "wire", "tables", "select", "encap", "protocol", "flow"].map((name) => `core-as/${name}`);

/** Compiles the module, unless the binary is newer than all that it is made of. */
export function buildPaths(): Promise<WebAssembly.Module> {
  return buildInternals("paths", FOLDERS);
}

type Hands = Record<
  "addressPointer" | "moveBinding" | "addIpv4HomeAddress" | "setIpv4Ends" | "moveUpdate" | "setIpv4Home",
  (...values: number[]) => number
>;

function hands(engine: Engine, ...texts: string[]): Hands {
  const all = engine.exports as unknown as Hands;
  texts.forEach((text, index) => engine.memory.set(parseAnyAddress(text), all.addressPointer() + 16 * index));
  return all;
}

/** Home agent: what is bound to `home` goes to `careof`, by UDP when there is a port. */
export function moveBinding(engine: Engine, home: string, careof: string, { port = 0, pathMtu = 1500 } = {}): void {
  hands(engine, home, careof).moveBinding(port, pathMtu);
}

/** Home agent: an IPv4 home address goes with `home`. */
export function addIpv4HomeAddress(engine: Engine, home: string, ipv4: string): void {
  hands(engine, home, ipv4).addIpv4HomeAddress();
}

/** Mobile node: the path to its home agent. */
export function moveUpdate(
  engine: Engine, encapsulation: Encapsulation, ends: { device: number; careof: string; homeAgentIpv4: string; ipv4Home: string; pathMtu?: number },
): void {
  if (encapsulation >= Encapsulation.Ipv4) hands(engine, ends.careof, ends.homeAgentIpv4).setIpv4Ends(ends.device);
  hands(engine, ends.careof).moveUpdate(encapsulation, ends.pathMtu ?? 1500);
  hands(engine, ends.ipv4Home).setIpv4Home();
}
