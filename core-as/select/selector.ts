/**
 * Tunnel selection: which binding and which path a packet takes.
 *
 * A home address may have bindings under several identifiers (RFC 5648), and flows may be bound to
 * them (RFC 6089); today there is the one of a plain RFC 6275 registration, identifier 0.
 */
import { DEVICE_ANY, Encapsulation } from "../abi/contract";
import { TUNNEL_PORT } from "../abi/codes";
import { RegistrationState } from "../abi/states";
import { isUnspecified, sameAddress } from "../wire/bytes";
import * as bindings from "../tables/bindings";
import * as clock from "../tables/clock";
import { Path } from "../tables/path";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as paths from "./paths";
import * as uplinks from "./uplinks";
import * as ways from "./ways";

const PRIMARY: u32 = 0;

/** Home agent: the live binding that a packet to `homeAddress` takes, or NONE. */
export function forHomeAddress(homeAddress: usize): u32 {
  const record = bindings.find(homeAddress, PRIMARY);
  return record != NONE && bindings.at(record).expiresMs > clock.now() ? record : NONE;
}

/** Home agent: the live binding of `homeAddress` whose care-of address is `careofAddress`, or NONE. */
export function boundTo(homeAddress: usize, careofAddress: usize): u32 {
  const record = forHomeAddress(homeAddress);
  return record != NONE && sameAddress(bindings.careofAddress(bindings.at(record)), careofAddress) ? record : NONE;
}

/**
 * Home agent: the live binding of `homeAddress` whose path is the one that a packet came by, back to its sender:
 * care-of address and port are the same. NONE: there is none. Where the binding has no port, UDP is as good: a node
 * uses it until it has heard that there is no NAT.
 */
export function boundBy(homeAddress: usize, way: Path): u32 {
  const record = boundTo(homeAddress, way.remote());
  if (record == NONE) return NONE;
  const port = <u32>bindings.at(record).port;
  return port == 0 || port == way.port ? record : NONE;
}

/**
 * The same for a message instead of tunnelled packets: what a mobile node says itself comes by UDP over IPv4 also where
 * no NAT is in the way and its packets go without (RFC 5555 §4.2).
 */
export function boundToSender(homeAddress: usize, way: Path): u32 {
  const record = boundTo(homeAddress, way.remote());
  if (record == NONE) return NONE;
  const port = <u32>bindings.at(record).port;
  return port == way.port || (port == 0 && way.encapsulation == <u32>Encapsulation.UdpIpv4) ? record : NONE;
}

/** Mobile node: true when `way` leads to the home agent of `update`. */
export function isHomeAgent(update: Update, way: Path): bool {
  if (way.isUdp() && way.port != <u32>TUNNEL_PORT) return false;
  const agent = way.isIpv4() ? paths.homeAgentIpv4Address() : updates.peerOf(update);
  return !isUnspecified(agent) && sameAddress(way.remote(), agent);
}

/**
 * Mobile node: the uplink that a packet to the home agent takes, DEVICE_ANY: none. A Binding Update
 * in front of the packet is enough: it gets there first, so packets need not wait for its answer.
 */
export function forHomeAgent(update: Update): u32 {
  if (!updates.hasPeer(update)) return DEVICE_ANY;
  switch (update.state) {
    case RegistrationState.Registering:
    case RegistrationState.Updating:
    case RegistrationState.Registered:
      return uplinks.selected();
    case RegistrationState.Removing:
    case RegistrationState.Returning: // the former path, as long as the home agent has not been told
      return isStillThere(update) ? update.device : DEVICE_ANY;
    case RegistrationState.Refused: // an older binding may still carry packets
      return update.expiresMs > clock.now() ? uplinks.selected() : DEVICE_ANY;
    default:
      return DEVICE_ANY;
  }
}

/** True while the registered care-of address is one of ours. */
function isStillThere(update: Update): bool {
  if (update.device == DEVICE_ANY || !ways.hasAddress(update.device, update.way)) return false;
  return sameAddress(ways.address(update.device, update.way), updates.careof(update));
}
