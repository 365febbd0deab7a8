/** The devices of the host: tunnel devices and links, by the index that the host gave. */
import { DEVICE_ANY, DeviceKind, DeviceOffload, MAX_DEVICES } from "../abi/contract";

@unmanaged
export class Device {
  /** DeviceKind, 0: no such device. */
  kind: u32;
  /** Octets. */
  mtu: u32;
  up: u32;
  /** Uplinks: the smaller one is preferred. */
  preference: u32;
  /** Interface identifier in network order, 0: make one. */
  interfaceId: u64;
  linkAddressBytes: u32;
  /** Link-layer address, in the first `linkAddressBytes` octets. */
  linkAddress: u64;

  /** DeviceOffload */
  offload: u32;

  linkAddressPointer(): usize {
    return changetype<usize>(this) + offsetof<Device>("linkAddress");
  }
}

const devices = memory.data(2048, 8); // MAX_DEVICES records of at most 64 octets
const RECORD: usize = 64;

/** True for an index that a device can have. */
export function isIndex(index: u32): bool {
  return index < <u32>MAX_DEVICES;
}

/** The record of a device; its kind is 0 when the host has not added it. */
export function at(index: u32): Device {
  return changetype<Device>(devices + <usize>index * RECORD);
}

/** True when the host has added a device of this kind under the index. */
export function is(index: u32, kind: DeviceKind): bool {
  return isIndex(index) && at(index).kind == kind;
}

/** The smallest MTU of all links, octets: that of a first hop that only the host's routing knows. */
export function leastAccessMtu(): u32 {
  return leastMtu;
}

/** To be called when the MTU of a device is another one. */
export function mtuChanged(): void {
  leastMtu = MAX_MTU;
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    if (at(index).kind == DeviceKind.Access) leastMtu = min(leastMtu, at(index).mtu);
  }
}

const MAX_MTU: u32 = 65535;
let leastMtu: u32 = MAX_MTU;

/** The first device of this kind, DEVICE_ANY when there is none. */
export function first(kind: DeviceKind): u32 {
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) if (at(index).kind == kind) return index;
  return DEVICE_ANY;
}

/** True when datagrams for this device may be a train; for DEVICE_ANY, that the first link takes them tells. */
export function takesTrains(index: u32): bool {
  const asked = index == DEVICE_ANY ? first(DeviceKind.Access) : index;
  return isIndex(asked) && (at(asked).offload & DeviceOffload.Trains) != 0;
}
