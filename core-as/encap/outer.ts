/**
 * The outer headers of the four encapsulations (RFC 2473 §3, RFC 5555 §4.1, §4.5.1; 5555-4.1-2, 5555-4.5.1-1):
 * written into the room before the inner packet, which is not moved. UDP is the host's: it gets the payload and to
 * whom it goes.
 *
 *   Ipv6      │ IPv6          │ inner packet          Ipv4      │ IPv4          │ inner packet
 *   UdpIpv6   │ IPv6 │ UDP    │ inner packet          UdpIpv4   │ IPv4 │ UDP    │ inner packet
 */
import {
  DATAGRAM_ADDRESS, DATAGRAM_BYTES, DATAGRAM_FRAGMENTS, DATAGRAM_PORT, DATAGRAM_SEGMENT_BYTES, DATAGRAM_TRAFFIC_CLASS,
  Encapsulation,
} from "../abi/contract";
import { copyAddress } from "../wire/bytes";
import * as ip4 from "../wire/ip4";
import * as ip6 from "../wire/ip6";
import { ipv4 } from "../wire/mapped";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { Path } from "../tables/path";
import * as fragmentation from "./fragmentation";
import * as fragmentationIpv4 from "./fragmentation-ipv4";
import * as segmentation from "./segmentation";

/** RFC 2473 §6.3: the hop limit that a host uses. */
export const HOP_LIMIT: u32 = 64;

/**
 * Sends what is at `inner`, `length` octets of protocol `protocol`, along `path`: in one piece, or `inFragments` of the
 * outer protocol, which the path takes.
 */
export function send(
  path: Path, inner: usize, length: u32, protocol: u32, trafficClass: u32, flowLabel: u32, inFragments: bool,
): void {
  switch (path.encapsulation) {
    case Encapsulation.Ipv6: {
      const outer = inner - ip6.LENGTH_BYTES;
      const total = <u32>ip6.LENGTH_BYTES + length;
      ip6.build(outer, trafficClass, flowLabel, length, protocol, HOP_LIMIT, path.local(), path.remote());
      if (inFragments) fragmentation.send(path.device, outer, total, path.mtu);
      else orders.transmit(path.device, outer, total);
      break;
    }
    case Encapsulation.Ipv4: {
      const outer = inner - ip4.LENGTH_BYTES;
      const total = <u32>ip4.LENGTH_BYTES + length;
      ip4.build(
        outer, trafficClass, total, fragmentation.nextIdentification(), !inFragments, HOP_LIMIT, protocol,
        ipv4(path.local()), ipv4(path.remote()),
      );
      if (inFragments) fragmentationIpv4.send(path.device, outer, path.mtu);
      else orders.transmit(path.device, outer, total);
      break;
    }
    default:
      if (!inFragments && segmentation.leads(inner) && devices.takesTrains(path.device)) sendTrains(path, trafficClass);
      else sendDatagrams(path, inner, length, 0, trafficClass, inFragments);
  }
}

/** Sends all segments of the large packet in hand. */
function sendTrains(path: Path, trafficClass: u32): void {
  for (let train = segmentation.nextTrain(); train != 0; train = segmentation.nextTrain()) {
    sendDatagrams(path, train, segmentation.trainLength(), segmentation.packetLength(), trafficClass, false);
  }
}

/**
 * Sends `length` octets at `payload`, which has DATAGRAM_BYTES of room before it, by UDP: one datagram, or a train of
 * those of `segmentBytes` each. Every datagram of this node passes here.
 */
export function sendDatagrams(
  path: Path, payload: usize, length: u32, segmentBytes: u32, trafficClass: u32, mayFragment: bool,
): void {
  const record = payload - DATAGRAM_BYTES;
  copyAddress(record + DATAGRAM_ADDRESS, path.remote());
  store<u16>(record, <u16>path.port, DATAGRAM_PORT);
  store<u16>(record, <u16>segmentBytes, DATAGRAM_SEGMENT_BYTES);
  store<u8>(record, <u8>trafficClass, DATAGRAM_TRAFFIC_CLASS);
  store<u8>(record, mayFragment ? 1 : 0, DATAGRAM_FRAGMENTS);
  orders.sendDatagrams(path.device, payload, length);
}
