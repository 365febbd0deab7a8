/**
 * ICMPv6 errors that this node sends about packets of others (RFC 4443 §2.4): never about an error,
 * never to a group, never more than the limit. What strangers on a link can cause has a limit of its
 * own, so that they cannot use up what tunnels need for path MTU discovery.
 */
import { Icmpv6Type, ParameterProblemCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isMulticast, isUnspecified } from "../wire/bytes";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as counters from "../tables/counters";
import * as orders from "../tables/orders";
import { TokenBucket } from "../tables/token-bucket";
import * as delivery from "./delivery";

const BURST: f64 = 50;
const PER_SECOND: f64 = 100;

const toStrangers = new TokenBucket(BURST, PER_SECOND);
const aboutTunnels = new TokenBucket(BURST, PER_SECOND);

/** Takes leave to answer a packet that anybody may have sent; false is counted (6275-9.3.3-3). */
export function mayAnswer(): bool {
  return counted(toStrangers.take());
}

function counted(may: bool): bool {
  if (!may) counters.refuse(Reason.ErrorRateLimited);
  return may;
}

/**
 * Answers a packet from a link at `invoking` with an ICMPv6 error from `source`, on `device`. `value`
 * is the 32 bits behind the checksum: MTU, pointer or zero.
 */
export function answer(
  device: u32, source: usize, type: u32, code: u32, value: u32, invoking: usize, invokingLength: u32,
): void {
  const packet = make(source, type, code, value, invoking, invokingLength);
  if (packet != 0) orders.transmit(device, packet, ip6.totalLength(packet));
}

/** The packet of such an answer, with HEADROOM before it; 0: there is none to be sent. */
export function make(source: usize, type: u32, code: u32, value: u32, invoking: usize, invokingLength: u32): usize {
  if (!isAnswerable(type, code, invoking, invokingLength) || !mayAnswer()) return 0;
  return build(source, type, code, value, invoking, invokingLength);
}

/** The same about a packet that was to go through a tunnel, or went (RFC 2473 §7, §8). */
export function answerTunnelled(
  device: u32, source: usize, type: u32, code: u32, value: u32, invoking: usize, invokingLength: u32,
): void {
  if (isAnswerable(type, code, invoking, invokingLength) && counted(aboutTunnels.take())) {
    const packet = build(source, type, code, value, invoking, invokingLength);
    if (packet != 0) delivery.send(device, packet, ip6.totalLength(packet));
  }
}

function isAnswerable(type: u32, code: u32, invoking: usize, invokingLength: u32): bool {
  const to = ip6.source(invoking);
  if (isMulticast(to) || isUnspecified(to)) return false; // RFC 4443 §2.4(e.6)
  if (isMulticast(ip6.destination(invoking))) {
    // §2.4(e.3): a group hears only that a packet is too big, or has an option it must be told about.
    const mayHear = type == Icmpv6Type.PacketTooBig ||
      (type == Icmpv6Type.ParameterProblem && code == ParameterProblemCode.UnrecognizedOption);
    if (!mayHear) return false;
  }
  return !icmp6.isErrorPacket(invoking, invokingLength); // §2.4(e.1)
}

function build(source: usize, type: u32, code: u32, value: u32, invoking: usize, invokingLength: u32): usize {
  const packet = orders.allocate(icmp6.MAX_ERROR_BYTES);
  if (packet != 0) {
    icmp6.buildError(packet, type, code, value, source, ip6.source(invoking), invoking, invokingLength);
  }
  return packet;
}
