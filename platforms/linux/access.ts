/** The access side of a role: its devices, and what it changes on its host. */
import type { Device } from "../../bindings/commands.ts";
import type { Engine } from "../../bindings/engine.ts";
import type { CoreEvent } from "../../bindings/events.ts";
import type { AccessPort, PortMemory } from "./access-port.ts";
import type { EngineHost } from "./engine-host.ts";
import type { Source } from "./source.ts";
import type { NetworkEvent } from "./system/network-monitor.ts";

export interface Access {
  readonly ports: readonly AccessPort[];
  /** What packets come in by; another array when it has changed. */
  readonly sources: readonly Source[];
  /** What the core is told of its access devices when it starts. */
  devices(): Device[];
  /** Opens the ports over the memory of a (new) core. */
  open(memory: PortMemory): void;
  interfaceIndex(device: number): number | undefined;
  /** Where packets for a device (or DEVICE_ANY) go; undefined: it is not there. */
  port(device: number): AccessPort | undefined;
  /**
   * The source of new sessions with nodes that have a binding here; undefined: the kernel chooses. So it is for
   * a home agent, which forwards their packets and hardly has sessions with them.
   */
  readonly ownAddress?: string;
  /** Whether packets for an address are to come here from the home link now. Throws SystemError. */
  intercept?(address: Uint8Array, isIntercepted: boolean): void;
  /** How many addresses are routed into the tunnel now, by orders of the core. */
  routesChanged?(count: number): void;
  /** Whether ordinary traffic of the home address goes into the tunnel. */
  useTunnel?(use: boolean): void;
  /** A home address is about to be put on the tunnel device, or was taken from it. */
  homeAddressChanged?(address: string, present: boolean): void;
  /** Tells a new core what it must know of its devices before it has its kept state back. */
  configure?(engine: Engine, nowMs: number): void;
  /** Tells a new core more of its devices, when it knows them. */
  connected?(engine: Engine, nowMs: number): void;
  /** An address of the core is on a device other than the tunnel now. */
  addressPlaced?(device: number, address: string): void;
  /** Whether queries for the name of the home agent must get out, also without a registration. */
  lookingUp?(isLookingUp: boolean): void;
  /** The home agent has this IPv4 address, or none. */
  homeAgentFound?(ipv4Address: string | undefined, host: EngineHost): void;
  /** An event of the core. */
  observe?(event: CoreEvent): void;
  /** The kernel told something about its network. */
  networkChanged(event: NetworkEvent, host: EngineHost): void;
  close(): void;
}
