/**
 * The path that a binding's packets take: which ends, which encapsulation. What a path is made of stands in the
 * binding cache or the binding update list; this node's own ends are told by its role.
 */
import { DEVICE_ANY, Encapsulation } from "../abi/contract";
import { TUNNEL_PORT } from "../abi/codes";
import { copyAddress, isUnspecified } from "../wire/bytes";
import { Binding } from "../tables/bindings";
import * as bindings from "../tables/bindings";
import { Path } from "../tables/path";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as uplinks from "./uplinks";

const inUse = memory.data(48, 16); // PATH_BYTES
const ownIpv6 = memory.data(16, 16);
const ownIpv4 = memory.data(16, 16);
const homeAgentIpv4 = memory.data(16, 16);

/** Home agent: its own IPv6 address. */
export function setOwnIpv6(address: usize): void {
  copyAddress(ownIpv6, address);
}

/** Home agent: its own IPv4 address, IPv4-mapped; unspecified: none. */
export function setOwnIpv4(address: usize): void {
  copyAddress(ownIpv4, address);
}

/** Mobile node: the IPv4 address of its home agent, IPv4-mapped; unspecified: none. */
export function setHomeAgentIpv4(address: usize): void {
  copyAddress(homeAgentIpv4, address);
}

/** Pointer to the home agent's own IPv4 address, IPv4-mapped; unspecified: none. */
export function ownIpv4Address(): usize {
  return ownIpv4;
}

/** Pointer to the IPv4 address of a mobile node's home agent, IPv4-mapped; unspecified: none. */
export function homeAgentIpv4Address(): usize {
  return homeAgentIpv4;
}

/** True when a mobile node knows an IPv4 address of its home agent. */
export function knowsHomeAgentIpv4(): bool {
  return !isUnspecified(homeAgentIpv4);
}

/** Home agent: the path to the care-of address of a binding; good until the next call. */
export function toCareof(binding: Binding, mtu: u32): Path {
  const path = changetype<Path>(inUse);
  path.device = DEVICE_ANY;
  path.encapsulation = binding.encapsulation();
  path.port = binding.port;
  path.mtu = mtu;
  copyAddress(path.local(), path.isIpv4() ? ownIpv4 : ownIpv6);
  copyAddress(path.remote(), bindings.careofAddress(binding));
  return path;
}

/** Mobile node: the path of a home registration to its home agent through uplink `device`; good until the next call. */
export function toHomeAgent(update: Update, device: u32): Path {
  const path = changetype<Path>(inUse);
  path.device = device;
  path.encapsulation = update.encapsulation;
  path.port = TUNNEL_PORT;
  path.mtu = update.pathMtu;
  setEnds(path, device, updates.peerOf(update));
  return path;
}

/** Mobile node: the path to home agent `agent` by an encapsulation and an uplink, registered or not; good until the next call. */
export function fromUplink(device: u32, encapsulation: u32, agent: usize): Path {
  const path = changetype<Path>(inUse);
  path.device = device;
  path.encapsulation = encapsulation;
  path.port = TUNNEL_PORT;
  path.mtu = uplinks.at(device).mtu;
  setEnds(path, device, agent);
  return path;
}

function setEnds(path: Path, device: u32, agent: usize): void {
  if (path.isIpv4()) {
    copyAddress(path.local(), uplinks.at(device).ipv4());
    copyAddress(path.remote(), homeAgentIpv4);
  } else {
    copyAddress(path.local(), uplinks.at(device).careof());
    copyAddress(path.remote(), agent);
  }
}
