/**
 * The way to the host: every packet that goes to a tunnel device passes here.
 *
 * In front of a packet that came in a train of datagrams may be the end of the one before it, which is not sent
 * yet: only behind its own outer header there is room that nobody else needs.
 */
import { DEVICE_ANY, DeviceKind, DeviceOffload } from "../abi/contract";
import { Reason } from "../abi/reasons";
import * as counters from "../tables/counters";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import * as arrival from "./arrival";
import * as coalescing from "./coalescing";

/** Gives the host the packet at `packet`, IPv6 or IPv4, as if it had come from a link. A host without tunnel device takes none. */
export function deliver(packet: usize, length: u32): void {
  const device = devices.first(DeviceKind.Tunnel);
  if (device == DEVICE_ANY) counters.refuse(Reason.UnknownDevice);
  else toTunnelDevice(device, packet, length);
}

/** Sends the packet on `device`, which may be a tunnel device. */
export function send(device: u32, packet: usize, length: u32): void {
  if (devices.is(device, DeviceKind.Tunnel)) toTunnelDevice(device, packet, length);
  else orders.transmit(device, packet, length);
}

function toTunnelDevice(device: u32, packet: usize, length: u32): void {
  if ((devices.at(device).offload & DeviceOffload.Virtio) == 0) orders.transmit(device, packet, length);
  else coalescing.put(device, packet, length, !arrival.isFollower());
}
