/**
 * ARP on a real home link, for the IPv4 home addresses of nodes that are away (RFC 5555 §4.5; RFC 826, RFC 1027): what
 * proxy-neighbour is for home addresses, and begun, repeated and ended by it.
 *
 * Who asks from 0.0.0.0 wants to know whether he may take the address: it may be the mobile node that is back, and then
 * we would keep it from its own address. So that is not answered, nor is what announces an address of ours.
 */
import { Reason } from "../abi/reasons";
import * as arp from "../wire/arp";
import { ArpOperation } from "../wire/arp";
import { ipv4, map } from "../wire/mapped";
import * as bindings from "../tables/bindings";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as homeLink from "./home-link";

const target = memory.data(16, 8);

/** Takes the ARP message of `length` octets at `message` from link `device`; returns what refused it, uncounted. */
export function receive(device: u32, message: usize, length: u32): Reason {
  const malformed = arp.check(message, length);
  if (malformed != Reason.None) return malformed;
  if (device != homeLink.device() || !hasLinkAddress()) return Reason.NotForUs;
  const own = devices.at(device).linkAddressPointer();
  if (memory.compare(arp.senderHardware(message), own, arp.LINK_ADDRESS_BYTES) == 0) return Reason.OwnNeighbourMessage;
  if (arp.operation(message) != ArpOperation.Request) return Reason.NotForUs;
  const asks = load<u32>(arp.senderProtocol(message));
  if (asks == 0 || asks == load<u32>(arp.targetProtocol(message))) return Reason.NotForUs;
  map(target, arp.targetProtocol(message));
  const record = bindings.find(target, 0);
  if (record == NONE || !bindings.isInForce(record)) return Reason.NotForUs;
  const out = orders.allocate(arp.LENGTH_BYTES);
  if (out == 0) return Reason.None;
  arp.buildReply(out, message, own);
  orders.sendArp(device, out, arp.LENGTH_BYTES, false);
  return Reason.None;
}

/** Tells all on the home link that the IPv4-mapped `address` is to be found here. */
export function announce(address: usize): void {
  if (!hasLinkAddress()) return;
  const out = orders.allocate(arp.LENGTH_BYTES);
  if (out == 0) return;
  arp.buildAnnouncement(out, devices.at(homeLink.device()).linkAddressPointer(), ipv4(address));
  orders.sendArp(homeLink.device(), out, arp.LENGTH_BYTES, true);
}

/** True when the home link is a real one, of Ethernet. */
function hasLinkAddress(): bool {
  return !homeLink.isVirtual() && devices.at(homeLink.device()).linkAddressBytes == arp.LINK_ADDRESS_BYTES;
}
