/**
 * What a mobile node sends to a correspondent (RFC 6275 §5.2.5, §5.2.6, §11.6.1, §11.7.2):
 *
 *   │ IPv6: home address → peer │ Home Test Init │                 through the tunnel to the home agent
 *   │ IPv6: care-of address → peer │ Care-of Test Init │
 *   │ IPv6: care-of address → peer │ Home Address option │ Binding Update and its options │
 *
 * Over IPv4 there is no direct way (RFC 5555 §2.4): a binding that is left is ended from the home address, through
 * the tunnel. At home there is no tunnel, no care-of address and no Home Address option. The peer's address is its home
 * address, when it is mobile too (6275-5.2.9-1).
 */
import { DEVICE_ANY } from "../abi/contract";
import { BindingUpdateFlag, NextHeader } from "../abi/codes";
import * as bindingOptions from "../wire/binding-options";
import * as bindingUpdate from "../wire/binding-update";
import * as careofTestInit from "../wire/careof-test-init";
import * as homeAddressOption from "../wire/home-address";
import * as homeTestInit from "../wire/home-test-init";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as paths from "../select/paths";
import * as selector from "../select/selector";
import * as counters from "../tables/counters";
import * as orders from "../tables/orders";
import { CAREOF_TEST, HOME_TEST, Peer } from "../tables/peers";
import * as updates from "../tables/updates";
import * as random from "./crypto/random";
import * as attachment from "./peer-attachment";
import { HOP_LIMIT } from "./mobility-message";
import * as ownPackets from "./own-packets";
import * as registration from "./registration";
import * as returnRoutability from "./return-routability";

const TEST_INIT_BYTES: u32 = <u32>ip6.LENGTH_BYTES + 16;
/** Fixed parts, Nonce Indices and Binding Authorization Data. */
const MAX_UPDATE_BYTES: u32 = 128;

/**
 * A Home Test Init with a new cookie (6275-11.6.1-3, 6275-11.8-9): through the tunnel, whose source is the
 * primary care-of address (6275-11.6.3-2), or from `homeDevice` when the node is at home.
 */
export function sendHomeTestInit(peer: Peer, homeDevice: u32): void {
  const packet = orders.allocate(TEST_INIT_BYTES);
  if (packet == 0) return;
  const update = registration.primary();
  peer.token(HOME_TEST).cookie = random.next64(); // 6275-11.6.1-5
  const message = packet + ip6.LENGTH_BYTES;
  const end = homeTestInit.build(message, peer.token(HOME_TEST).cookie);
  finish(packet, message, end, updates.home(update), peer.address());
  if (homeDevice != DEVICE_ANY) {
    orders.transmit(homeDevice, packet, TEST_INIT_BYTES);
    return;
  }
  throughTunnel(packet, TEST_INIT_BYTES);
}

function throughTunnel(packet: usize, length: u32): void {
  const update = registration.primary();
  const uplink = selector.forHomeAgent(update);
  if (uplink == DEVICE_ANY) return;
  const path = paths.toHomeAgent(update, uplink);
  counters.refuse(ownPackets.throughTunnel(update, path, packet, length, DEVICE_ANY));
}

/** A Care-of Test Init with a new cookie, directly (6275-11.6.1-4, 6275-11.8-9). */
export function sendCareofTestInit(peer: Peer): void {
  const packet = orders.allocate(TEST_INIT_BYTES);
  if (packet == 0) return;
  peer.token(CAREOF_TEST).cookie = random.next64(); // 6275-11.6.1-5
  const message = packet + ip6.LENGTH_BYTES;
  const end = careofTestInit.build(message, peer.token(CAREOF_TEST).cookie);
  finish(packet, message, end, peer.careof(), peer.address());
  orders.transmit(peer.device, packet, TEST_INIT_BYTES);
}

/** Completes a packet that has nothing but a mobility message. */
function finish(packet: usize, message: usize, end: usize, source: usize, destination: usize): void {
  const length = mobility.finish(message, end, source, destination);
  ip6.build(packet, 0, 0, length, NextHeader.Mobility, HOP_LIMIT, source, destination);
}

/**
 * A Binding Update that the tokens authorise (6275-8.5-10), with the next sequence number (6275-11.7.2-18,
 * 6275-11.7.2-20, 6275-11.8-8). A lifetime of zero ends the binding (6275-6.1.7-12). H, L and K are for home
 * agents alone (6275-6.1.7-3). `homeDevice` DEVICE_ANY: the node is away from home.
 */
export function sendBindingUpdate(peer: Peer, lifetimeMs: f64, homeDevice: u32): void {
  const packet = orders.allocate(MAX_UPDATE_BYTES);
  if (packet == 0) return;
  const home = updates.home(registration.primary());
  // Where the care-of address is an IPv4 one, bindings end by messages through the tunnel (5555-5.1-1).
  const isByIpv4 = homeDevice == DEVICE_ANY && attachment.isByIpv4();
  const isAway = homeDevice == DEVICE_ANY && !isByIpv4;
  const message = packet + ip6.LENGTH_BYTES + (isAway ? homeAddressOption.LENGTH_BYTES : 0);
  const isRemoval = lifetimeMs == 0;
  peer.sequence++;
  let end = bindingUpdate.build(message, peer.sequence, BindingUpdateFlag.Acknowledge, lifetimeMs);
  // 6275-11.7.2-13: no care-of nonce index where the care-of keygen token does not count.
  const careofNonce: u32 = isRemoval ? 0 : peer.token(CAREOF_TEST).nonceIndex;
  end = bindingOptions.appendNonceIndices(message, end, peer.token(HOME_TEST).nonceIndex, careofNonce);
  useKey(peer, isRemoval);
  end = returnRoutability.authorise(message, end, isRemoval ? home : peer.careof(), peer.address());
  const length = mobility.finish(message, end, home, peer.address());

  // 6275-6.1.7-10, 6275-11.7.2-8, 6275-11.7.2-14, 6275-11.7.2-15, 6275-11.7.2-16: between the current care-of
  // address, at home the home address, and the correspondent.
  if (!isAway) {
    ip6.build(packet, 0, 0, length, NextHeader.Mobility, HOP_LIMIT, home, peer.address());
    if (isByIpv4) throughTunnel(packet, <u32>ip6.LENGTH_BYTES + length);
    else orders.transmit(homeDevice, packet, <u32>ip6.LENGTH_BYTES + length);
    return;
  }
  homeAddressOption.build(packet + ip6.LENGTH_BYTES, NextHeader.Mobility, home); // 6275-11.7.2-17
  const payload = <u32>homeAddressOption.LENGTH_BYTES + length;
  ip6.build(packet, 0, 0, payload, NextHeader.Destination, HOP_LIMIT, peer.careof(), peer.address());
  orders.transmit(peer.device, packet, <u32>ip6.LENGTH_BYTES + payload);
}

/**
 * True when the Binding Authorization Data option of a message to or from the peer are right (RFC 6275 §6.2.7):
 * over the home address in place of the care-of address when the binding is ended.
 */
export function isAuthorised(peer: Peer, message: usize, option: usize, isRemoval: bool): bool {
  useKey(peer, isRemoval);
  const careof = isRemoval ? updates.home(registration.primary()) : peer.careof();
  return returnRoutability.isAuthorised(message, option, careof, peer.address());
}

function useKey(peer: Peer, isRemoval: bool): void {
  if (isRemoval) returnRoutability.useHomeToken(peer.token(HOME_TEST).value);
  else returnRoutability.useTokens(peer.token(HOME_TEST).value, peer.token(CAREOF_TEST).value);
}
