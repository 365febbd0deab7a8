/**
 * How the packet in hand came to this node: what its outer header said is gone when its message is read, and
 * answers go back by the same way (RFC 5555 §4.2, §5.1). One packet is in hand at a time.
 */
import { DATAGRAM_ADDRESS, DATAGRAM_PORT, DATAGRAM_TRAFFIC_CLASS, Encapsulation } from "../abi/contract";
import { copyAddress } from "../wire/bytes";
import * as ip6 from "../wire/ip6";
import { map, isMapped } from "../wire/mapped";
import { PATH_BYTES, Path } from "../tables/path";

const inHand = memory.data(48, 16); // PATH_BYTES
let outerTrafficClass: u32 = 0;
let isBehindAnother: bool = false;

/** The way back to the sender of the packet in hand: its remote end is the outer source. `local` may be stale. */
export function path(): Path {
  return changetype<Path>(inHand);
}

/** Keeps a copy of the way back at `to`, which has PATH_BYTES octets. */
export function copy(to: usize): void {
  memory.copy(to, inHand, PATH_BYTES);
}

/** Type of service or traffic class of the outer header. */
export function trafficClass(): u32 {
  return outerTrafficClass;
}

/** True when right in front of the packet in hand is another one, of the same train. */
export function isFollower(): bool {
  return isBehindAnother;
}

/** The datagram in hand is the next one of its train. */
export function follow(): void {
  isBehindAnother = true;
}

/** An IPv6 packet came on `device`. */
export function byIpv6(device: u32, packet: usize): void {
  begin(device, Encapsulation.Ipv6, 0);
  copyAddress(path().remote(), ip6.source(packet));
  copyAddress(path().local(), ip6.destination(packet));
  outerTrafficClass = ip6.trafficClass(packet);
}

/** An IPv4 packet came on `device`, from and to the addresses (four octets each) of its header. */
export function byIpv4(device: u32, source: usize, destination: usize, typeOfService: u32): void {
  begin(device, Encapsulation.Ipv4, 0);
  map(path().remote(), source);
  map(path().local(), destination);
  outerTrafficClass = typeOfService;
}

/** A datagram came on `device`; `record` is its DATAGRAM_* record. */
export function byUdp(device: u32, record: usize): void {
  const isIpv4 = isMapped(record + DATAGRAM_ADDRESS);
  begin(device, isIpv4 ? Encapsulation.UdpIpv4 : Encapsulation.UdpIpv6, load<u16>(record, DATAGRAM_PORT));
  copyAddress(path().remote(), record + DATAGRAM_ADDRESS);
  outerTrafficClass = load<u8>(record, DATAGRAM_TRAFFIC_CLASS);
}

function begin(device: u32, encapsulation: Encapsulation, port: u32): void {
  const way = path();
  way.device = device;
  way.encapsulation = encapsulation;
  way.port = port;
  isBehindAnother = false;
}
