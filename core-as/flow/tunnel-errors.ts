/**
 * Errors from the path of a tunnel, of IPv6 or IPv4 (RFC 2473 §8): what they say of its MTU is noted (RFC 8201 §4,
 * RFC 1191 §3), and the sender of the inner packet is told. What they quote must be what this node sends.
 */
import { Role } from "../abi/contract";
import { TUNNEL_PORT } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { sameAddress } from "../wire/bytes";
import * as relay from "../encap/relay";
import * as paths from "../select/paths";
import * as bindings from "../tables/bindings";
import { isIpv4 } from "../tables/path";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as homeLink from "../protocol/home-link";
import * as pathMtu from "../protocol/path-mtu";
import * as registration from "../protocol/registration";
import * as node from "./node";

/**
 * Takes an error about a tunnel packet from `source` to `destination`, 16 octets each, in which encap/relay has found
 * the inner packet: it is `isTooBig` for the path, which takes `mtu` octets, or it went nowhere.
 */
export function receive(source: usize, destination: usize, isTooBig: bool, mtu: u32): Reason {
  return node.role() == Role.HomeAgent
    ? toCareof(source, destination, isTooBig, mtu)
    : toHomeAgent(source, destination, isTooBig, mtu);
}

function toCareof(source: usize, destination: usize, isTooBig: bool, mtu: u32): Reason {
  const own = isIpv4(relay.encapsulation()) ? paths.ownIpv4Address() : homeLink.address();
  const record = bindings.find(relay.receiver(), 0);
  if (record == NONE || !sameAddress(source, own)) return Reason.IcmpNotOurs;
  const binding = bindings.at(record);
  const isOurs = binding.encapsulation() == relay.encapsulation() && <u32>binding.port == relay.port() &&
    sameAddress(bindings.careofAddress(binding), destination);
  if (!isOurs) return Reason.IcmpNotOurs;
  if (isTooBig) {
    const implausible = pathMtu.narrowBinding(binding, mtu);
    if (implausible != Reason.None) return implausible;
  }
  relay.tell(homeLink.address(), isTooBig, bindings.room(binding));
  return Reason.None;
}

function toHomeAgent(source: usize, destination: usize, isTooBig: bool, mtu: u32): Reason {
  if (!registration.isConfigured()) return Reason.NotConfigured;
  const record = relay.isIpv4() ? updates.findIpv4Home(relay.sender()) : updates.find(relay.sender());
  if (record == NONE) return Reason.IcmpNotOurs;
  const update = updates.at(record);
  const agent = isIpv4(relay.encapsulation()) ? paths.homeAgentIpv4Address() : updates.peerOf(update);
  const isOurs = update.encapsulation == relay.encapsulation() &&
    (relay.port() == 0 || relay.port() == <u32>TUNNEL_PORT) && sameAddress(source, updates.careof(update)) &&
    sameAddress(destination, agent);
  if (!isOurs) return Reason.IcmpNotOurs;
  if (isTooBig) {
    const implausible = pathMtu.narrowUpdate(update, mtu);
    if (implausible != Reason.None) return implausible;
  }
  relay.tell(updates.peerOf(update), isTooBig, updates.room(update));
  return Reason.None;
}
