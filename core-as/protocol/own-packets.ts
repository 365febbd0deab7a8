/**
 * Packets that this node makes in its own name. A mobile node's home address is no source on a visited link:
 * what bears it goes through the tunnel to the home agent (RFC 6275 §11.3.1).
 */
import { DEVICE_ANY } from "../abi/contract";
import { Icmpv6Type, ParameterProblemCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { sameAddress } from "../wire/bytes";
import * as ip6 from "../wire/ip6";
import { sendMessage, sendThrough } from "../encap/answer-way";
import * as arrival from "../encap/arrival";
import * as errors from "../encap/errors";
import * as tunnel from "../encap/tunnel";
import * as paths from "../select/paths";
import * as selector from "../select/selector";
import * as counters from "../tables/counters";
import * as orders from "../tables/orders";
import { Path } from "../tables/path";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as registration from "./registration";

/** Sends the packet at `packet`, which has HEADROOM before it, on `device` or through the tunnel. */
export function transmit(device: u32, packet: usize, length: u32): void {
  const record = homeOf(packet);
  if (record == NONE) orders.transmit(device, packet, length);
  else fromHome(updates.at(record), packet, length);
}

/** Sends the packet at `packet` as an answer to the one in hand: by the way that it came, or through the tunnel. */
export function answer(packet: usize, length: u32): void {
  const record = homeOf(packet);
  const way = arrival.path();
  if (record != NONE) fromHome(updates.at(record), packet, length);
  else if (sameAddress(ip6.destination(packet), way.remote())) sendMessage(way, packet, length);
  else sendThrough(way, packet, length); // the one in hand came out of a tunnel, or in a datagram
}

/** The entry of the home address that is the packet's source, NONE: it is none. */
function homeOf(packet: usize): u32 {
  return registration.isConfigured() ? updates.find(ip6.source(packet)) : NONE;
}

function fromHome(update: Update, packet: usize, length: u32): void {
  if (updates.isHome(update)) { // RFC 6275 §11.3.1: at home, a packet like any other
    orders.transmit(update.homeDevice, packet, length);
    return;
  }
  const uplink = selector.forHomeAgent(update);
  counters.refuse(
    uplink == DEVICE_ANY
      ? Reason.NoPath
      : throughTunnel(update, paths.toHomeAgent(update, uplink), packet, length, DEVICE_ANY),
  );
}

/**
 * Mobile node: sends the IPv6 or IPv4 packet at `packet`, which has HEADROOM before it, along `path` to the home agent of
 * `update`. One that cannot be tunnelled is answered on device `back`. Returns what refused it, uncounted.
 */
export function throughTunnel(update: Update, path: Path, packet: usize, length: u32, back: u32): Reason {
  // Errors are in IPv6: a care-of address of IPv4 is no source for them (some hosts drop what comes from a mapped one).
  const self = path.isIpv4() ? updates.home(update) : path.local();
  return tunnel.send(path, packet, length, self, back);
}

/** Tells the sender of `packet`, which is in hand, from `self` that the octet at `pointer` of it is what is wrong (RFC 4443 §3.4). */
export function parameterProblem(
  self: usize, code: ParameterProblemCode, pointer: u32, packet: usize, length: u32,
): void {
  const problem = errors.make(self, Icmpv6Type.ParameterProblem, code, pointer, packet, length);
  if (problem != 0) answer(problem, ip6.totalLength(problem));
}
