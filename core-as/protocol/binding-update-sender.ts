/**
 * The Binding Update that a mobile node sends to its home agent (RFC 6275 §11.7.1, RFC 4285 §5.1):
 *
 *   │ IPv6: care-of address → home agent │ Home Address option │ Binding Update and its options │
 *
 * Over IPv4, and over IPv6 where that is configured and nothing else passes, it goes by UDP (RFC 5555 §4.2, §4.4.2;
 * 5555-4.2-1, 5555-4.4.2-1), with the home address as its source:
 *
 *   │ IP │ UDP │ IPv6: home address → home agent │ Binding Update and its options │
 *
 * From the home link, where the home address itself is the care-of address and its source, it goes
 * without the Home Address option and without an Alternate Care-of Address (RFC 6275 §11.5.5, RFC 3776 §3.1;
 * 6275-11.5.5-3, 6275-11.5.5-4).
 */
import { Authentication, DeviceKind, Encapsulation, ReplayProtection } from "../abi/contract";
import { BindingUpdateFlag, NextHeader } from "../abi/codes";
import { INTERFACE_PREFIX_BITS } from "../wire/addresses";
import { sameAddress } from "../wire/bytes";
import * as authenticationOptions from "../wire/authentication-options";
import * as bindingOptions from "../wire/binding-options";
import * as bindingUpdate from "../wire/binding-update";
import * as homeAddressOption from "../wire/home-address";
import * as ip6 from "../wire/ip6";
import * as ipv4Options from "../wire/ipv4-options";
import { ipv4 } from "../wire/mapped";
import * as mobility from "../wire/mobility";
import { sendMessage } from "../encap/answer-way";
import * as paths from "../select/paths";
import * as ways from "../select/ways";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Update } from "../tables/updates";
import * as authentication from "./authentication";
import * as homeLinkDetection from "./home-link-detection";
import * as ipv4Home from "./ipv4-home";
import { HOP_LIMIT } from "./mobility-message";
import * as security from "./security";

/** Fixed parts, and options of which the identity (255 octets) is the largest. */
const MAX_BYTES: u32 = 480;

/**
 * Sends the update that the entry describes: its sequence number, lifetime and care-of address. False
 * when there is no room for it in this call.
 */
export function send(update: Update): bool {
  const packet = orders.allocate(MAX_BYTES);
  if (packet == 0) return false;
  const home = updates.home(update);
  const careof = updates.careof(update);
  const agent = updates.peerOf(update);
  const isHome = sameAddress(careof, home);
  const isByUdp = !isHome && update.way != Encapsulation.Ipv6;
  const isOverIpv4 = isByUdp && update.way == <u32>Encapsulation.UdpIpv4;
  const hasHomeAddressOption = !isHome && !isByUdp;
  const optionBytes: u32 = hasHomeAddressOption ? <u32>homeAddressOption.LENGTH_BYTES : 0;
  const message = packet + ip6.LENGTH_BYTES + optionBytes;

  // 6275-8.5-10, 6275-11.7.1-2, 6275-11.7.1-3, 6275-11.5.4-4. K stays clear: keys are not negotiated
  // (6275-11.7.1-10, 6275-6.1.7-2).
  let flags = BindingUpdateFlag.Acknowledge | BindingUpdateFlag.HomeRegistration;
  if (hasLinkLocalOf(home, update.device)) flags |= BindingUpdateFlag.LinkLocalAddressCompatibility;
  update.askedForUdp = isByUdp && ways.wantsForce(update.device, update.way) ? 1 : 0;
  if (update.askedForUdp != 0) flags |= BindingUpdateFlag.ForceUdpEncapsulation;
  let end = bindingUpdate.build(message, update.sequence, flags, update.lifetimeMs);
  if (!isHome && !isOverIpv4) end = bindingOptions.appendAlternateCareofAddress(message, end, careof); // 6275-11.7.1-6
  if (isOverIpv4) end = ipv4Options.appendCareofAddress(message, end, ipv4(careof)); // 5555-2.3.2.1-1
  // To end a binding is to end that of the IPv4 home address as well (RFC 5555 §4.4.2.1).
  update.askedForIpv4 = !isHome && update.lifetimeMs > 0 && ipv4Home.isWanted(update) ? 1 : 0;
  if (update.askedForIpv4 != 0) { // 5555-2.3.1-1, 5555-2.3.2.1-2, 5555-4.2-3, 5555-4.4.2-6
    end = ipv4Options.appendHomeAddress(message, end, ipv4Home.asked(update), ipv4Options.ADDRESS_BITS, false);
  }
  if (security.kind() == Authentication.SharedKey) {
    // 4285-4-1
    end = authenticationOptions.appendMobileNodeIdentifier(end, security.identity(), security.identityBytes());
    if (security.replay() == ReplayProtection.Timestamp) {
      update.timestamp = freshTimestamp(update);
      end = authenticationOptions.appendReplayProtection(message, end, update.timestamp);
    }
    // 4285-5.1.1-1, 6275-11.7.1-16; over IPv4 the packet's source stands for the care-of address (5555-4.4.2-4)
    const signed = isOverIpv4 ? home : careof;
    end = authentication.sign(message, end, security.keyState(), security.spi(), signed, home);
  }
  const length = mobility.finish(message, end, home, agent);
  // 6275-11.7.1-4, 6275-11.7.1-17
  if (hasHomeAddressOption) homeAddressOption.build(packet + ip6.LENGTH_BYTES, NextHeader.Mobility, home);
  const payload = optionBytes + length;
  const next = hasHomeAddressOption ? NextHeader.Destination : NextHeader.Mobility;
  // 6275-11.7.1-5, 5555-4.4.2-5
  ip6.build(packet, 0, 0, payload, next, HOP_LIMIT, isByUdp ? home : careof, agent);
  if (isByUdp) sendMessage(paths.fromUplink(update.device, update.way, agent), packet, <u32>ip6.LENGTH_BYTES + payload);
  else orders.transmit(update.device, packet, <u32>ip6.LENGTH_BYTES + payload);
  return true;
}

/**
 * True when the link-local address of link `device` ends like the home address (6275-11.7.1-7): then the home agent
 * keeps it for this node as well. An address of RFC 4941 ends like no link-local address (6275-11.7.1-8).
 */
function hasLinkLocalOf(home: usize, device: u32): bool {
  if (!devices.is(device, DeviceKind.Access)) return false;
  const interfaceId = devices.at(device).interfaceId;
  const isInterfacePrefix = homeLinkDetection.homePrefixLength() == INTERFACE_PREFIX_BITS;
  return interfaceId != 0 && interfaceId == load<u64>(home, 8) && isInterfacePrefix;
}

/** Timestamp of the last Binding Update, 0: none. The home agent has one a node, not one a home address. */
let lastTimestamp: u64 = 0;

/** The home agent's time of day as far as we know it, always above the one before (4285-6-8). */
function freshTimestamp(update: Update): u64 {
  const now = authentication.timestampNow(update.clockAddedMs);
  lastTimestamp = isLater(now, lastTimestamp) ? now : lastTimestamp + 1;
  return lastTimestamp;
}

/** What was refused is no bound for the next timestamp, what was accepted is (4285-6-8). */
export function resumeTimestamps(): void {
  lastTimestamp = 0;
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    const accepted = updates.at(record).acceptedTimestamp;
    if (accepted != 0 && isLater(accepted, lastTimestamp)) lastTimestamp = accepted;
  }
}

function isLater(timestamp: u64, than: u64): bool {
  return than == 0 || authentication.differenceMs(timestamp, than) > 0;
}
