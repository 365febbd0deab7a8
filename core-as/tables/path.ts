/**
 * A path: where tunnel packets go, and how. The local end is ours; the remote one is the care-of address of a
 * mobile node, or its home agent.
 */
import { Encapsulation } from "../abi/contract";

@unmanaged
export class Path {
  localHigh: u64;
  localLow: u64;
  remoteHigh: u64;
  remoteLow: u64;
  /** Device of the host, DEVICE_ANY: the host's own routing decides. */
  device: u32;
  /** Encapsulation */
  encapsulation: u32;
  /** UDP: port of the remote end. */
  port: u32;
  /** Largest IP packet that it takes, octets, with all outer headers. */
  mtu: u32;

  /** Pointer to our address, IPv4-mapped where the outer header is IPv4. */
  local(): usize {
    return changetype<usize>(this);
  }

  /** Pointer to the address of the other end. */
  remote(): usize {
    return changetype<usize>(this) + offsetof<Path>("remoteHigh");
  }

  isUdp(): bool {
    return this.encapsulation == Encapsulation.UdpIpv4 || this.encapsulation == Encapsulation.UdpIpv6;
  }

  isIpv4(): bool {
    return isIpv4(this.encapsulation);
  }

  /** Octets that the outer headers take of the MTU. */
  overheadBytes(): u32 {
    return overheadBytes(this.encapsulation);
  }
}

/** True when the outer header of an encapsulation is one of IPv4. */
export function isIpv4(encapsulation: u32): bool {
  return encapsulation >= <u32>Encapsulation.Ipv4;
}

const IPV6_BYTES: u32 = 40;
const IPV4_BYTES: u32 = 20;
const UDP_BYTES: u32 = 8;

/** Octets of the outer headers of an encapsulation: those with UDP have odd numbers. */
export function overheadBytes(encapsulation: u32): u32 {
  return (isIpv4(encapsulation) ? IPV4_BYTES : IPV6_BYTES) + (encapsulation & 1) * UDP_BYTES;
}

/** Octets of a Path. */
export const PATH_BYTES: u32 = 48;
