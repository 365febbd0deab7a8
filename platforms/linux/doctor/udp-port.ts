/** Whether a UDP port of this host can be bound, and who has it otherwise. */
import { ownerOf, type ProcessName } from "../port-owner.ts";
import { addressBytes, familyOf } from "../system/address-text.ts";
import { AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, SOCK_CLOEXEC, SOCK_DGRAM } from "../system/constants.ts";
import { errnoName } from "../system/errors.ts";
import { bind, check, close, errno, socket } from "../system/libc.ts";
import { setIntegerOption } from "../system/memory.ts";

/** sockaddr_in:  0 family  2 port  4 address; sockaddr_in6 has flow information in front of the address */
const SOCKADDR_IN = { lengthBytes: 16, address: 4 };
const SOCKADDR_IN6 = { lengthBytes: 28, address: 8 };

export interface PortState {
  /** It can be bound at this address. */
  readonly free: boolean;
  /** Why not, "EADDRINUSE". */
  readonly code?: string;
  /** Who has it, where that may be seen. */
  readonly owner?: ProcessName;
}

/** Tries to bind a UDP port at an address of this host, for a moment. */
export function tryPort(address: string, port: number): PortState {
  const octets = addressBytes(address);
  const family = familyOf(octets);
  const layout = family === AF_INET6 ? SOCKADDR_IN6 : SOCKADDR_IN;
  const name = new DataView(new ArrayBuffer(layout.lengthBytes));
  name.setUint16(0, family, true);
  name.setUint16(2, port);
  const bytes = new Uint8Array(name.buffer);
  bytes.set(octets, layout.address);
  const fd = check(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open UDP socket");
  try {
    if (family === AF_INET6) setIntegerOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
    if (bind(fd, bytes, bytes.length) === 0) return { free: true };
    const code = errnoName(errno());
    return { free: false, code, owner: ownerOf(port) };
  } finally {
    close(fd);
  }
}
