/** IPv4 packets out of the tunnel (RFC 5555 §4.1): of and to IPv4 home addresses, else like flow/decapsulate. */
import { Reason } from "../abi/reasons";
import * as ip4 from "../wire/ip4";
import { isUnicastIpv4, map } from "../wire/mapped";
import * as arrival from "../encap/arrival";
import * as delivery from "../encap/delivery";
import * as mssClamp from "../encap/mss-clamp";
import * as selector from "../select/selector";
import * as bindings from "../tables/bindings";
import * as leases from "../tables/ipv4-leases";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as natMapping from "../protocol/nat-mapping";
import * as decapsulate from "./decapsulate";

const mapped = memory.data(16, 16);

/** Home agent: the inner source must be bound by the way that the packet came, and it goes on to one receiver. */
export function fromMobileNode(inner: usize): Reason {
  map(mapped, ip4.source(inner));
  const record = selector.boundBy(mapped, arrival.path());
  if (record == NONE) return decapsulate.refuseUnbound(mapped, companionHome(mapped));
  const unroutable = refuseDestination(inner);
  if (unroutable != Reason.None) return unroutable;
  const binding = bindings.at(record);
  const length = ip4.totalLength(inner);
  binding.packetsIn += 1;
  binding.bytesIn += <f64>length;
  natMapping.heard(binding);
  mssClamp.clampIpv4(inner, length, bindings.room(binding));
  delivery.deliver(inner, length);
  return Reason.None;
}

/** Pointer to the IPv6 home address that the IPv4 one goes with, or went with when it was bound; 0: there is none. */
function companionHome(home: usize): usize {
  const record = selector.forHomeAddress(home);
  if (record == NONE) {
    const entry = leases.findAddress(home);
    return entry != NONE ? leases.at(entry).home() : 0;
  }
  const companion = bindings.at(record).companion;
  return companion != NONE ? bindings.homeAddress(bindings.at(companion)) : 0;
}

/** Mobile node: the inner destination must be an IPv4 home address whose home agent sent the packet. */
export function fromHomeAgent(device: u32, inner: usize): Reason {
  map(mapped, ip4.destination(inner));
  const record = updates.findIpv4Home(mapped);
  if (record == NONE) return Reason.TunnelInnerNotOurs;
  const update = updates.at(record);
  if (!selector.isHomeAgent(update, arrival.path())) return Reason.TunnelNotFromHomeAgent;
  const length = ip4.totalLength(inner);
  decapsulate.noteTunnelled(device, update, length);
  mssClamp.clampIpv4(inner, length, updates.room(update));
  delivery.deliver(inner, length);
  return Reason.None;
}

/** Groups, broadcasts and what stays on its link do not go through tunnels. */
export function refuseDestination(packet: usize): Reason {
  const destination = ip4.destination(packet);
  if (ip4.isMulticast(destination)) return Reason.MulticastNotTunnelled;
  if (ip4.isLinkLocal(destination)) return Reason.LinkLocalNotTunnelled;
  return isUnicastIpv4(destination) ? Reason.None : Reason.Ipv4Unroutable; // broadcasts too
}
