/**
 * Link headers of captures: how long they are, and what is behind them.
 *
 * Ethernet IEEE 802.3 with 802.1Q tags; the others as pcap describes its link types.
 */
import { Layer, LinkType } from "../abi/fields";
import { get16, get32 } from "./bytes";

const ETHERNET_BYTES: u32 = 14;
const VLAN_TAG_BYTES: u32 = 4;
const LINUX_COOKED_BYTES: u32 = 16;
const LINUX_COOKED2_BYTES: u32 = 20;
const BSD_LOOPBACK_BYTES: u32 = 4;

const ETHERTYPE_IPV4: u32 = 0x0800;
const ETHERTYPE_ARP: u32 = 0x0806;
const ETHERTYPE_VLAN: u32 = 0x8100;
const ETHERTYPE_SERVICE_VLAN: u32 = 0x88a8;
const ETHERTYPE_IPV6: u32 = 0x86dd;

/** AF_INET everywhere. */
const BSD_IPV4: u32 = 2;
/** AF_INET6 of macOS: what is written. */
const BSD_IPV6: u32 = 30;

/** The layer that packets of this link type begin with: Payload for one that is not known. */
export function firstLayer(linkType: u32, packet: usize, length: u32): u32 {
  switch (linkType) {
    case LinkType.Ethernet:
      return Layer.Ethernet;
    case LinkType.LinuxCooked:
      return Layer.LinuxCooked;
    case LinkType.LinuxCooked2:
      return Layer.LinuxCooked2;
    case LinkType.BsdNull:
    case LinkType.BsdLoop:
      return Layer.BsdLoopback;
    case LinkType.Ipv4:
      return Layer.Ipv4;
    case LinkType.Ipv6:
      return Layer.Ipv6;
    case LinkType.Raw:
      return length > 0 && load<u8>(packet) >> 4 == 4 ? Layer.Ipv4 : Layer.Ipv6;
    default:
      return Layer.Payload;
  }
}

/** Octets of a link header. */
export function lengthBytes(layer: u32): u32 {
  switch (layer) {
    case Layer.Ethernet:
      return ETHERNET_BYTES;
    case Layer.VlanTag:
      return VLAN_TAG_BYTES;
    case Layer.LinuxCooked:
      return LINUX_COOKED_BYTES;
    case Layer.LinuxCooked2:
      return LINUX_COOKED2_BYTES;
    default:
      return BSD_LOOPBACK_BYTES;
  }
}

/** The layer behind the link header `layer` at `p`. */
export function nextLayer(layer: u32, p: usize): u32 {
  if (layer == Layer.BsdLoopback) return familyLayer(p);
  if (layer == Layer.LinuxCooked2) return etherTypeLayer(get16(p));
  return etherTypeLayer(get16(p + lengthBytes(layer) - 2));
}

function etherTypeLayer(etherType: u32): u32 {
  switch (etherType) {
    case ETHERTYPE_IPV6:
      return Layer.Ipv6;
    case ETHERTYPE_IPV4:
      return Layer.Ipv4;
    case ETHERTYPE_ARP:
      return Layer.Arp;
    case ETHERTYPE_VLAN:
    case ETHERTYPE_SERVICE_VLAN:
      return Layer.VlanTag;
    default:
      return Layer.Payload;
  }
}

/** The address family is in the byte order of the machine that captured, and AF_INET6 differs. */
function familyLayer(p: usize): u32 {
  const big = get32(p);
  switch (big > 0xffff ? bswap<u32>(big) : big) {
    case BSD_IPV4:
      return Layer.Ipv4;
    case 10: // Linux
    case 24: // NetBSD, OpenBSD
    case 28: // FreeBSD
    case BSD_IPV6:
      return Layer.Ipv6;
    default:
      return Layer.Payload;
  }
}

/** The EtherType that says that `layer` follows. */
export function etherType(layer: u32): u32 {
  if (layer == Layer.VlanTag) return ETHERTYPE_VLAN;
  if (layer == Layer.Ipv4) return ETHERTYPE_IPV4;
  if (layer == Layer.Arp) return ETHERTYPE_ARP;
  return layer == Layer.Ipv6 ? ETHERTYPE_IPV6 : 0;
}

/** The BSD address family, in network order, that says that `layer` follows. */
export function addressFamily(layer: u32): u32 {
  return layer == Layer.Ipv4 ? BSD_IPV4 : BSD_IPV6;
}
