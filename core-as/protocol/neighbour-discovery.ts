/** Neighbour Discovery messages that a mobile node sends on its uplinks (RFC 4861, RFC 4862). */
import { NextHeader } from "../abi/codes";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as neighbour from "../wire/neighbour";
import * as router from "../wire/router";
import * as orders from "../tables/orders";

/** RFC 4861 §6.1, §7.1: a message that a router forwarded would have less. */
const HOP_LIMIT: u32 = 255;
const MAX_BYTES: u32 = 128;

const unspecified = memory.data(16, 16);
const allRouters = memory.data<u8>([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
const group = memory.data(16, 16);

/**
 * A Router Solicitation to all routers. Its source is unspecified: the link-local address may still
 * be tentative on a link that has just come up (RFC 4861 §4.1; 6275-11.5.3-8).
 */
export function solicitRouter(device: u32): void {
  const packet = orders.allocate(MAX_BYTES);
  if (packet == 0) return;
  const message = packet + ip6.LENGTH_BYTES;
  send(device, packet, <u32>(router.buildSolicitation(message) - message), allRouters);
}

/** The Neighbour Solicitation of duplicate address detection (RFC 4862 §5.4.2). */
export function probeAddress(device: u32, address: usize): void {
  const packet = orders.allocate(MAX_BYTES);
  if (packet == 0) return;
  const message = packet + ip6.LENGTH_BYTES;
  neighbour.solicitedNode(group, address);
  send(device, packet, <u32>(neighbour.buildSolicitation(message, address) - message), group);
}

function send(device: u32, packet: usize, length: u32, to: usize): void {
  icmp6.finish(packet + ip6.LENGTH_BYTES, length, unspecified, to);
  ip6.build(packet, 0, 0, length, NextHeader.Icmpv6, HOP_LIMIT, unspecified, to);
  orders.transmit(device, packet, <u32>ip6.LENGTH_BYTES + length);
}
