/**
 * ICMPv6 errors that this node sends about packets of others (RFC 4443 §2.4): never about an error,
 * never to a group, never more than the limit.
 */
import { Icmpv6Type } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isMulticast, isUnspecified } from "../wire/bytes";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as clock from "../tables/clock";
import * as counters from "../tables/counters";
import * as orders from "../tables/orders";

/** A token bucket (RFC 4443 §2.4(f)): so many at once, and so many a second. */
const BURST: f64 = 50;
const PER_MS: f64 = 0.1;

let tokens: f64 = BURST;
let filledMs: f64 = 0;

/** Takes one token; false (counted) when errors are sent too fast. Also for Binding Errors (6275-9.3.3-3). */
export function mayAnswer(): bool {
  const now = clock.now();
  tokens = min(BURST, tokens + (now - filledMs) * PER_MS);
  filledMs = now;
  if (tokens < 1) {
    counters.refuse(Reason.ErrorRateLimited);
    return false;
  }
  tokens -= 1;
  return true;
}

/**
 * Answers the packet at `invoking` with an ICMPv6 error from `source`, on `device`. `value` is the
 * 32 bits behind the checksum: MTU, pointer or zero.
 */
export function answer(
  device: u32, source: usize, type: u32, code: u32, value: u32, invoking: usize, invokingLength: u32,
): void {
  const to = ip6.source(invoking);
  if (isMulticast(to) || isUnspecified(to)) return; // RFC 4443 §2.4(e.6)
  // §2.4(e.3): a group hears only that a packet is too big, or has an option it must be told about.
  if (isMulticast(ip6.destination(invoking)) && type != Icmpv6Type.PacketTooBig && !(type == Icmpv6Type.ParameterProblem && code == 2)) return;
  if (icmp6.isErrorPacket(invoking, invokingLength)) return; // §2.4(e.1)
  if (!mayAnswer()) return;
  const packet = orders.allocate(icmp6.MAX_ERROR_BYTES);
  if (packet == 0) return;
  const length = icmp6.buildError(packet, type, code, value, source, to, invoking, invokingLength);
  orders.transmit(device, packet, length);
}
