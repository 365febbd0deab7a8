/**
 * Neighbour Discovery messages that a mobile node sends on its uplinks, and a home agent on its home link
 * (RFC 4861, RFC 4862, RFC 9131).
 */
import { NeighbourOptionType, NextHeader } from "../abi/codes";
import { ALL_NODES, ALL_ROUTERS, UNSPECIFIED } from "../wire/addresses";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as neighbour from "../wire/neighbour";
import * as neighbourOptions from "../wire/neighbour-options";
import * as router from "../wire/router";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";

const MAX_BYTES: u32 = 128;

const group = memory.data(16, 16);

/**
 * A Router Solicitation to all routers. Its source is unspecified: the link-local address may still
 * be tentative on a link that has just come up (RFC 4861 §4.1; 6275-11.5.3-8).
 */
export function solicitRouter(device: u32): void {
  const packet = orders.allocate(MAX_BYTES);
  if (packet == 0) return;
  const message = packet + ip6.LENGTH_BYTES;
  send(device, packet, router.buildSolicitation(message), UNSPECIFIED, ALL_ROUTERS);
}

/**
 * The Neighbour Solicitation of duplicate address detection (RFC 4862 §5.4.2). It is also the one that
 * finds out who defends a home address for us (6275-11.5.5-5, 6275-11.5.5-6, 6275-11.5.5-7).
 */
export function probeAddress(device: u32, address: usize): void {
  const packet = orders.allocate(MAX_BYTES);
  if (packet == 0) return;
  const message = packet + ip6.LENGTH_BYTES;
  neighbour.solicitedNode(group, address);
  send(device, packet, neighbour.buildSolicitation(message, address), UNSPECIFIED, group);
}

/**
 * Asks a router, by its address, whether it is there (RFC 4861 §7.3.1). The answer comes at once, where
 * a router advertisement may be delayed or limited in rate. Not on a link without link-layer addresses.
 */
export function probeRouter(device: u32, careof: usize, routerAddress: usize): void {
  if (devices.at(device).linkAddressBytes == 0) return;
  solicitFrom(device, routerAddress, careof, routerAddress);
}

/** Asks all whose address ends like `target` for the link-layer address of `target` (RFC 4861 §7.2.2). */
export function solicit(device: u32, target: usize, source: usize): void {
  neighbour.solicitedNode(group, target);
  solicitFrom(device, target, source, group);
}

function solicitFrom(device: u32, target: usize, source: usize, to: usize): void {
  const link = devices.at(device);
  const packet = orders.allocate(MAX_BYTES);
  if (packet == 0) return;
  let end = neighbour.buildSolicitation(packet + ip6.LENGTH_BYTES, target);
  if (link.linkAddressBytes != 0) {
    end = neighbourOptions.appendLinkLayerAddress(
      end, NeighbourOptionType.SourceLinkLayerAddress, link.linkAddressPointer(), link.linkAddressBytes,
    );
  }
  send(device, packet, end, source, to);
}

/**
 * An unsolicited Neighbour Advertisement to all routers for an address that has just become usable
 * (RFC 9131 §6.1): a router that is looking for it already, because packets for it came before the
 * node did, need not wait for its next attempt. It overrides nothing (RFC 4429 §3.3). Not on a link
 * without link-layer addresses.
 */
export function announceAddress(device: u32, address: usize): void {
  if (devices.at(device).linkAddressBytes == 0) return;
  advertise(device, 0, address, address, ALL_ROUTERS);
}

/**
 * A Neighbour Advertisement with our link-layer address, where the link has such, for `target`. `flags`
 * are of `NeighbourFlag`.
 */
export function advertise(device: u32, flags: u32, target: usize, source: usize, to: usize): void {
  const link = devices.at(device);
  const packet = orders.allocate(MAX_BYTES);
  if (packet == 0) return;
  let end = neighbour.buildAdvertisement(packet + ip6.LENGTH_BYTES, flags, target);
  if (link.linkAddressBytes != 0) {
    end = neighbourOptions.appendLinkLayerAddress(
      end, NeighbourOptionType.TargetLinkLayerAddress, link.linkAddressPointer(), link.linkAddressBytes,
    );
  }
  send(device, packet, end, source, to);
}

/**
 * An unsolicited Neighbour Advertisement to all nodes: `address` is at our link-layer address from now
 * on, whatever they knew (6275-11.5.5-13, 6275-11.5.5-14, 6275-11.5.5-16, 6275-11.5.5-17). Not on a link
 * without link-layer addresses.
 */
export function claimAddress(device: u32, address: usize): void {
  const link = devices.at(device);
  if (link.linkAddressBytes == 0) return;
  const packet = orders.allocate(MAX_BYTES);
  if (packet == 0) return;
  const end = neighbourOptions.appendLinkLayerAddress(
    neighbour.buildAdvertisement(packet + ip6.LENGTH_BYTES, neighbour.NeighbourFlag.Override, address),
    NeighbourOptionType.TargetLinkLayerAddress, link.linkAddressPointer(), link.linkAddressBytes,
  );
  send(device, packet, end, address, ALL_NODES);
}

/** Sends the message that ends at `end`, without a Home Address option (6275-11.3.1-8). */
function send(device: u32, packet: usize, end: usize, source: usize, to: usize): void {
  const length = <u32>(end - packet - ip6.LENGTH_BYTES);
  icmp6.finish(packet + ip6.LENGTH_BYTES, length, source, to);
  ip6.build(packet, 0, 0, length, NextHeader.Icmpv6, neighbour.HOP_LIMIT, source, to);
  orders.transmit(device, packet, <u32>ip6.LENGTH_BYTES + length);
}
