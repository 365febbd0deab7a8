/**
 * What people and hosts may look at: the tables as records (Query), and all state that outlives a
 * restart (State). Both come in pieces that fit the reply buffer; `cursor` says where to go on.
 */
import * as abi from "../abi/contract";
import { DEVICE_ANY, DeviceKind, Encapsulation, MAX_DEVICES, Query, REPLY_BYTES, Role, State } from "../abi/contract";
import { PathObstacle } from "../abi/states";
import { copyAddress } from "../wire/bytes";
import * as homeAgentSelection from "../protocol/home-agent-selection";
import * as registration from "../protocol/registration";
import * as registrationRestore from "../protocol/registration-restore";
import * as routeOptimisation from "../protocol/route-optimisation";
import * as state from "../protocol/state";
import * as uplinks from "../select/uplinks";
import * as ways from "../select/ways";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as nodes from "../tables/nodes";
import * as peers from "../tables/peers";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as bindingQueries from "./binding-queries";
import * as homeQueries from "./home-queries";
import * as homeState from "./home-state";
import * as node from "./node";

let nextCursor: u32 = 0;

/** Where the last query or export goes on; 0: it is complete. */
export function cursor(): u32 {
  return nextCursor;
}

/** Writes records of a table to `reply`, from `from` on; returns their octets. */
export function query(kind: u32, from: u32, reply: usize): u32 {
  nextCursor = 0;
  switch (kind) {
    case Query.Bindings:
      return node.role() != Role.Codec ? listBindings(from, reply) : 0;
    case Query.Updates:
      return node.role() == Role.MobileNode ? listUpdates(from, reply) : 0;
    case Query.Uplinks:
      return node.role() == Role.MobileNode ? listUplinks(reply) : 0;
    case Query.Peers:
      return node.role() == Role.MobileNode && registration.isConfigured() ? listPeers(from, reply) : 0;
    case Query.Nodes:
      return node.role() == Role.HomeAgent ? listNodes(from, reply) : 0;
    case Query.HomeAgents:
      if (node.role() == Role.HomeAgent) return homeQueries.listHomeAgents(reply);
      return node.role() == Role.MobileNode && registration.isConfigured() ? homeAgentSelection.write(reply) : 0;
    case Query.Groups:
      return node.role() == Role.HomeAgent ? listGroups(from, reply) : 0;
    default:
      return 0;
  }
}

function listGroups(from: u32, reply: usize): u32 {
  const used = homeQueries.listGroups(from, reply);
  nextCursor = homeQueries.cursor();
  return used;
}

function listBindings(from: u32, reply: usize): u32 {
  const used = bindingQueries.list(from, reply);
  nextCursor = bindingQueries.cursor();
  return used;
}

function listUpdates(from: u32, reply: usize): u32 {
  let used: u32 = 0;
  for (let record = updates.next(from); record != NONE; record = updates.next(record + 1)) {
    if (used + abi.UPDATE_BYTES > <u32>REPLY_BYTES) {
      nextCursor = record;
      break;
    }
    const update = updates.at(record);
    const p = reply + used;
    memory.fill(p, 0, abi.UPDATE_BYTES);
    copyAddress(p + abi.UPDATE_HOME_ADDRESS, updates.home(update));
    copyAddress(p + abi.UPDATE_CAREOF_ADDRESS, updates.careof(update));
    copyAddress(p + abi.UPDATE_PEER, updates.peerOf(update));
    store<f64>(p, max<f64>(0, update.expiresMs - clock.now()), abi.UPDATE_REMAINING);
    store<f64>(p, update.refreshMs < 0 ? -1 : max<f64>(0, update.refreshMs - clock.now()), abi.UPDATE_NEXT_REFRESH);
    store<f64>(p, update.roundTripMs, abi.UPDATE_ROUND_TRIP);
    store<f64>(p, update.packetsIn, abi.UPDATE_PACKETS_IN);
    store<f64>(p, update.packetsOut, abi.UPDATE_PACKETS_OUT);
    store<f64>(p, update.bytesIn, abi.UPDATE_BYTES_IN);
    store<f64>(p, update.bytesOut, abi.UPDATE_BYTES_OUT);
    store<u32>(p, update.state, abi.UPDATE_STATE);
    store<u16>(p, update.sequence, abi.UPDATE_SEQUENCE);
    store<u16>(p, update.lastStatus, abi.UPDATE_LAST_STATUS);
    store<u16>(p, <u16>update.device, abi.UPDATE_DEVICE);
    store<u16>(p, update.pathMtu, abi.UPDATE_PATH_MTU);
    store<u8>(p, <u8>update.encapsulation, abi.UPDATE_ENCAPSULATION);
    store<u8>(p, <u8>update.nat, abi.UPDATE_NAT);
    const isAway = update.device != DEVICE_ANY && update.homeDevice == DEVICE_ANY;
    const obstacle = isAway ? ways.obstacleAbove(update.device, update.encapsulation) : PathObstacle.None;
    store<u8>(p, <u8>obstacle, abi.UPDATE_OBSTACLE);
    store<u8>(p, <u8>update.ipv4Status, abi.UPDATE_IPV4_STATUS);
    store<u32>(p, <u32>(update.keepaliveMs / 1000), abi.UPDATE_KEEPALIVE_S);
    copyAddress(p + abi.UPDATE_IPV4_HOME_ADDRESS, updates.ipv4Home(update));
    used += abi.UPDATE_BYTES;
  }
  return used;
}

function listUplinks(reply: usize): u32 {
  let used: u32 = 0;
  for (let index: u32 = 0; index < <u32>MAX_DEVICES; index++) {
    if (!devices.is(index, DeviceKind.Access)) continue;
    const uplink = uplinks.at(index);
    const p = reply + used;
    memory.fill(p, 0, abi.UPLINK_BYTES);
    copyAddress(p + abi.UPLINK_CAREOF_ADDRESS, uplink.careof());
    copyAddress(p + abi.UPLINK_ROUTER, uplink.router().address());
    store<u32>(p, index, abi.UPLINK_DEVICE);
    store<u32>(p, uplink.state, abi.UPLINK_STATE);
    store<u32>(p, devices.at(index).preference, abi.UPLINK_PREFERENCE);
    store<u32>(p, uplinks.selected() == index ? 1 : 0, abi.UPLINK_SELECTED);
    copyAddress(p + abi.UPLINK_IPV4_ADDRESS, uplink.ipv4());
    const chosen = encapsulationOf(index);
    for (let which: u32 = 0; which < ways.WAYS; which++) {
      store<u8>(p + abi.UPLINK_PATHS + which, <u8>ways.obstacle(index, which, chosen));
    }
    store<u32>(p, chosen == NONE ? Encapsulation.Ipv6 : chosen, abi.UPLINK_ENCAPSULATION);
    used += abi.UPLINK_BYTES;
  }
  return used;
}

/** The Encapsulation that an uplink uses, or would use; NONE: it has no way to the home agent. */
function encapsulationOf(device: u32): u32 {
  if (registration.isConfigured() && registration.primary().device == device) return registration.primary().encapsulation;
  const way = ways.choiceOf(device).way;
  return way == NONE ? NONE : ways.firstEncapsulation(device, way);
}

function listPeers(from: u32, reply: usize): u32 {
  let used: u32 = 0;
  for (let record = peers.next(from); record != NONE; record = peers.next(record + 1)) {
    if (used + abi.PEER_BYTES > <u32>REPLY_BYTES) {
      nextCursor = record;
      break;
    }
    const peer = peers.at(record);
    const p = reply + used;
    copyAddress(p + abi.PEER_ADDRESS, peer.address());
    copyAddress(p + abi.PEER_HOME_ADDRESS, updates.home(registration.primary()));
    copyAddress(p + abi.PEER_CAREOF_ADDRESS, peer.bound());
    store<f64>(p, max<f64>(0, (peer.isDirect() ? peer.directUntilMs : peer.expiresMs) - clock.now()), abi.PEER_REMAINING);
    const dueMs = routeOptimisation.dueMs(peer);
    store<f64>(p, dueMs == Infinity ? -1 : max<f64>(0, dueMs - clock.now()), abi.PEER_NEXT_ATTEMPT);
    store<f64>(p, peer.optimisedIn, abi.PEER_OPTIMISED_IN);
    store<f64>(p, peer.optimisedOut, abi.PEER_OPTIMISED_OUT);
    store<f64>(p, peer.tunnelledIn, abi.PEER_TUNNELLED_IN);
    store<f64>(p, peer.tunnelledOut, abi.PEER_TUNNELLED_OUT);
    store<u32>(p, peer.state, abi.PEER_STATE);
    store<u32>(p, peer.obstacle, abi.PEER_OBSTACLE);
    store<u16>(p, peer.sequence, abi.PEER_SEQUENCE);
    store<u16>(p, peer.lastStatus, abi.PEER_LAST_STATUS);
    store<u16>(p, peer.isDirect() ? 1 : 0, abi.PEER_IN_USE);
    store<u16>(p, peer.pathMtu, abi.PEER_PATH_MTU);
    used += abi.PEER_BYTES;
  }
  return used;
}

function listNodes(from: u32, reply: usize): u32 {
  let used: u32 = 0;
  for (let record = nodes.next(from); record != NONE; record = nodes.next(record + 1)) {
    if (used + abi.AUTHORISED_BYTES > <u32>REPLY_BYTES) {
      nextCursor = record;
      break;
    }
    const p = reply + used;
    copyAddress(p + abi.AUTHORISED_HOME_ADDRESS, nodes.homeAddressOf(nodes.firstHome(record)));
    store<u32>(p, nodes.at(record).id, abi.AUTHORISED_ID);
    store<u32>(p, nodes.at(record).authentication, abi.AUTHORISED_AUTHENTICATION);
    used += abi.AUTHORISED_BYTES;
  }
  return used;
}

// ---- state ----------------------------------------------------------------------------------

const LARGEST_STATE_BYTES: u32 = 128;

/** Writes state records to `reply`, from `from` on; returns their octets. */
export function exportState(from: u32, reply: usize): u32 {
  nextCursor = 0;
  if (node.role() == Role.MobileNode) {
    return exportUpdates(from, reply);
  }
  if (node.role() != Role.HomeAgent) return 0;
  const used = homeState.exportAll(from, reply);
  nextCursor = homeState.cursor();
  return used;
}

function exportUpdates(from: u32, reply: usize): u32 {
  let used: u32 = 0;
  for (let record = updates.next(from); record != NONE; record = updates.next(record + 1)) {
    if (used + LARGEST_STATE_BYTES > <u32>REPLY_BYTES) {
      nextCursor = record;
      break;
    }
    used += state.writeUpdate(reply + used, record);
  }
  return used;
}

/** Takes the state records in the first `length` octets of `reply`; returns how many octets it understood. */
export function importState(reply: usize, length: u32): u32 {
  let at: u32 = 0;
  while (at + <u32>abi.STATE_HEAD_BYTES <= length) {
    const record = reply + at;
    const octets = <u32>load<u16>(record, abi.STATE_LENGTH);
    if (octets < <u32>abi.STATE_HEAD_BYTES || at + octets > length) break;
    switch (<u32>load<u16>(record, abi.STATE_KIND)) {
      case State.Binding:
        if (octets < <u32>abi.STATE_BINDING_BYTES) return at;
        if (node.role() == Role.HomeAgent) homeState.importBinding(record);
        break;
      case State.Node:
        if (octets < <u32>abi.STATE_NODE_BYTES) return at;
        if (node.role() == Role.HomeAgent) homeState.importNode(record);
        break;
      case State.Lease:
        if (octets < <u32>abi.STATE_LEASE_BYTES) return at;
        if (node.role() == Role.HomeAgent) homeState.importLease(record);
        break;
      case State.Update:
        if (octets < <u32>abi.STATE_UPDATE_BYTES) return at;
        if (node.role() == Role.MobileNode && registration.isConfigured()) registrationRestore.restore(record);
        break;
      default: // a record of a later version: whoever wrote it knows what it is for
        break;
    }
    at += octets;
  }
  return at;
}
