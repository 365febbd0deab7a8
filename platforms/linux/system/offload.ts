/**
 * Receive offload (GRO) of an interface, which joins consecutive segments of one TCP flow into a
 * packet of up to 64 KiB, also inside IPv6-in-IPv6. On the access side it has to be off.
 *
 *   ifreq, 40 bytes:  0 name (16 bytes)  16 pointer to ethtool_value:  0 command (32 bits)  4 value
 */

import { AF_INET6, IFNAMSIZ, SIOCETHTOOL, SOCK_CLOEXEC, SOCK_DGRAM } from "./constants.ts";
import { check, close, ioctl, socket } from "./libc.ts";
import { Block } from "./memory.ts";

const ETHTOOL_STSO = 0x1f;
const ETHTOOL_GGRO = 0x2b;
const ETHTOOL_SGRO = 0x2c;
const IFREQ_BYTES = 40;

/** Whether GRO is on; throws SystemError (ENODEV, or EOPNOTSUPP from a driver without ethtool). */
export function receiveOffload(interfaceName: string): boolean {
  return ethtool(interfaceName, ETHTOOL_GGRO, 0) !== 0;
}

/** Switches GRO on or off; throws SystemError. */
export function setReceiveOffload(interfaceName: string, on: boolean): void {
  ethtool(interfaceName, ETHTOOL_SGRO, on ? 1 : 0);
}

/** Switches TCP segmentation offload (TSO), which concerns sending, on or off; throws SystemError. */
export function setSegmentationOffload(interfaceName: string, on: boolean): void {
  ethtool(interfaceName, ETHTOOL_STSO, on ? 1 : 0);
}

/** One ethtool request; returns the value that stands in the answer. */
function ethtool(interfaceName: string, command: number, value: number): number {
  // the value follows the request in one block, so that it lives as long
  const request = new Block(IFREQ_BYTES + 8);
  request.bytes.set(Buffer.from(interfaceName).subarray(0, IFNAMSIZ - 1));
  request.setAddress(IFNAMSIZ, request.address + IFREQ_BYTES);
  request.view.setUint32(IFREQ_BYTES, command, true);
  request.view.setUint32(IFREQ_BYTES + 4, value, true);
  const fd = check(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open socket for ethtool");
  try {
    check(ioctl(fd, SIOCETHTOOL, request.bytes), `receive offload of ${interfaceName}`);
    return request.view.getUint32(IFREQ_BYTES + 4, true);
  } finally {
    close(fd);
  }
}
