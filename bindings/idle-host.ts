import type { OrderHandler } from "./engine.ts";

const ignore = () => {};

/** A host that carries out no order: for a core that is only asked what it knows. */
export const IDLE_HOST: OrderHandler = {
  transmit: ignore, event: ignore, keep: ignore, addAddress: ignore, removeAddress: ignore, addDefaultRoute: ignore,
  removeDefaultRoute: ignore, tunnelMtu: ignore, addRoute: ignore, removeRoute: ignore, addNeighbour: ignore,
  useTunnel: ignore, hearGroups: ignore, sendDatagrams: ignore, sendArp: ignore,
};
