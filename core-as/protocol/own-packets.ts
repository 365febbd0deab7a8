/**
 * Packets that this node makes in its own name. A mobile node's home address is no source on a visited link:
 * what bears it goes through the tunnel to the home agent (RFC 6275 §11.3.1).
 */
import { DEVICE_ANY } from "../abi/contract";
import { Reason } from "../abi/reasons";
import * as ip6 from "../wire/ip6";
import * as errors from "../encap/errors";
import * as tunnel from "../encap/tunnel";
import * as selector from "../select/selector";
import * as uplinks from "../select/uplinks";
import * as counters from "../tables/counters";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import * as registration from "./registration";

/** Sends the packet at `packet`, which has HEADROOM before it, on `device` or through the tunnel. */
export function transmit(device: u32, packet: usize, length: u32): void {
  const record = registration.isConfigured() ? updates.find(ip6.source(packet)) : NONE;
  if (record == NONE) {
    orders.transmit(device, packet, length);
    return;
  }
  const update = updates.at(record);
  const uplink = selector.forHomeAgent(update);
  counters.refuse(uplink == DEVICE_ANY ? Reason.NoPath : tunnel.send(
    uplink, packet, length, uplinks.at(uplink).careof(), updates.peerOf(update), update.pathMtu, DEVICE_ANY,
  ));
}

/** Answers a packet with an ICMPv6 error, as `errors.answer` does, on `device` or through the tunnel. */
export function answer(
  device: u32, source: usize, type: u32, code: u32, value: u32, invoking: usize, invokingLength: u32,
): void {
  const packet = errors.make(source, type, code, value, invoking, invokingLength);
  if (packet != 0) transmit(device, packet, ip6.totalLength(packet));
}
