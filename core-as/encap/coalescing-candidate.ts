/** What encap/coalescing wants to know of a packet: which flow it is of, and whether it can be merged with others. */
import { NextHeader } from "../abi/codes";
import * as ip4 from "../wire/ip4";
import * as ip6 from "../wire/ip6";
import * as transport from "../wire/transport";

@unmanaged
export class Candidate {
  /** Of addresses and ports, never 0. */
  tag: u32;
  /** NextHeader.Tcp or Udp */
  protocol: u32;
  upperOffset: u32;
  /** Octets of all headers. */
  headersBytes: u32;
  payloadBytes: u32;
  /** TCP */
  sequence: u32;
  isIpv4: bool;
  /** Others may be merged with it. */
  mayBegin: bool;
  /** It may be merged with what came before. */
  mayContinue: bool;
  /** Nothing is merged behind it. */
  isLast: bool;
}

/** The packet that `read` has looked at. */
export const candidate = changetype<Candidate>(memory.data(32, 8));

/** TCP packets with these go alone. */
const ALONE: u32 = transport.SYN | transport.RST | transport.URG | transport.CWR;
const ENDS: u32 = transport.FIN | transport.PSH;

/**
 * Looks at the packet of `length` octets at `packet`, which has passed `ip6.check` or `ip4.check`. False for what is
 * of no flow that could be merged: neither TCP nor UDP, fragments, headers that are cut off.
 */
export function read(packet: usize, length: u32): bool {
  candidate.isIpv4 = ip6.version(packet) == 4;
  if (candidate.isIpv4) {
    if (ip4.headerBytes(packet) != <u32>ip4.LENGTH_BYTES || ip4.isFragment(packet)) return false;
    candidate.protocol = ip4.protocol(packet);
    candidate.upperOffset = <u32>ip4.LENGTH_BYTES;
  } else {
    candidate.protocol = ip6.nextHeader(packet);
    candidate.upperOffset = <u32>ip6.LENGTH_BYTES;
  }
  const upper = packet + candidate.upperOffset;
  const upperBytes = length - candidate.upperOffset;
  switch (candidate.protocol) {
    case NextHeader.Tcp:
      if (upperBytes < transport.TCP_BYTES || !readTcp(upper, upperBytes)) return false;
      break;
    case NextHeader.Udp:
      if (upperBytes < transport.UDP_BYTES) return false;
      readUdp(upper, upperBytes);
      break;
    default:
      return false;
  }
  candidate.tag = tagOf(packet, upper);
  return true;
}

function readTcp(upper: usize, upperBytes: u32): bool {
  const tcpBytes = transport.tcpHeaderBytes(upper);
  if (tcpBytes < transport.TCP_BYTES || tcpBytes > upperBytes) return false;
  const flags = transport.flags(upper);
  candidate.headersBytes = candidate.upperOffset + tcpBytes;
  candidate.payloadBytes = upperBytes - tcpBytes;
  candidate.sequence = transport.sequence(upper);
  candidate.mayContinue = candidate.payloadBytes != 0 && (flags & transport.ACK) != 0 && (flags & ALONE) == 0;
  candidate.isLast = (flags & ENDS) != 0;
  candidate.mayBegin = candidate.mayContinue && !candidate.isLast;
  return true;
}

function readUdp(upper: usize, upperBytes: u32): void {
  candidate.headersBytes = candidate.upperOffset + transport.UDP_BYTES;
  candidate.payloadBytes = upperBytes - transport.UDP_BYTES;
  candidate.sequence = 0;
  candidate.mayContinue = candidate.payloadBytes != 0 && transport.udpLength(upper) == upperBytes &&
    load<u16>(upper + transport.UDP_CHECKSUM) != 0;
  candidate.isLast = false;
  candidate.mayBegin = candidate.mayContinue;
}

function tagOf(packet: usize, upper: usize): u32 {
  let mixed: u64 = transport.ports(upper);
  if (candidate.isIpv4) {
    mixed ^= load<u64>(ip4.source(packet));
  } else {
    const source = ip6.source(packet);
    mixed ^= load<u64>(source) ^ rotl<u64>(load<u64>(source, 8), 17) ^ rotl<u64>(load<u64>(source, 16), 31) ^
      rotl<u64>(load<u64>(source, 24), 47);
  }
  mixed *= 0x9e3779b97f4a7c15;
  return <u32>(mixed >> 32) | 1;
}
