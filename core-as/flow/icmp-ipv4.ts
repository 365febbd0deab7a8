/**
 * ICMP by IPv4 that came in on a link: errors about tunnel packets by IPv4 (RFC 792), also those in UDP where the host
 * gives them: else it learns of the MTU by its socket, and says so with Command.PathMtu. Echo is the host's own.
 */
import { Icmpv4Type, Icmpv4UnreachableCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import * as icmp4 from "../wire/icmp4";
import * as ip4 from "../wire/ip4";
import { map } from "../wire/mapped";
import * as relay from "../encap/relay";
import * as tunnelErrors from "./tunnel-errors";

const source = memory.data(16, 16);
const destination = memory.data(16, 16);

/** Takes the message in a packet that has passed `ip4.check`; returns what refused it. */
export function receive(packet: usize): Reason {
  const header = ip4.headerBytes(packet);
  const message = packet + header;
  const length = ip4.totalLength(packet) - header;
  const damaged = icmp4.check(message, length);
  if (damaged != Reason.None) return damaged;
  switch (icmp4.type(message)) {
    case Icmpv4Type.DestinationUnreachable:
    case Icmpv4Type.TimeExceeded:
    case Icmpv4Type.ParameterProblem:
      return receiveError(message, length);
    default:
      return Reason.IcmpNotOurs;
  }
}

function receiveError(message: usize, length: u32): Reason {
  const invoking = icmp4.body(message);
  const lost = relay.findInIpv4(invoking, length - <u32>icmp4.LENGTH_BYTES);
  if (lost != Reason.None) return lost;
  map(source, ip4.source(invoking));
  map(destination, ip4.destination(invoking));
  const isTooBig = icmp4.type(message) == <u32>Icmpv4Type.DestinationUnreachable &&
    icmp4.code(message) == <u32>Icmpv4UnreachableCode.FragmentationNeeded;
  const mtu = isTooBig ? icmp4.reportedMtu(message, ip4.totalLength(invoking)) : 0;
  return tunnelErrors.receive(source, destination, isTooBig, mtu);
}
