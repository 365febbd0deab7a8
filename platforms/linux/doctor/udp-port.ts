/** Whether a UDP port of this host can be bound, and who has it otherwise. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { ownerOf, type ProcessName } from "../port-owner.ts";

export interface PortState {
  /** It can be bound at this address. */
  readonly free: boolean;
  /** Why not, "EADDRINUSE". */
  readonly code?: string;
  /** Who has it, where that may be seen. */
  readonly owner?: ProcessName;
}

/** Tries to bind a UDP port at an address of this host, for a moment. */
export async function tryPort(address: string, port: number): Promise<PortState> {
  const isIpv6 = address.includes(":");
  const socket = createSocket({ type: isIpv6 ? "udp6" : "udp4", ipv6Only: isIpv6 });
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, "listening");
    return { free: true };
  } catch (error) {
    return { free: false, code: (error as NodeJS.ErrnoException).code, owner: ownerOf(port) };
  } finally {
    socket.close();
  }
}
