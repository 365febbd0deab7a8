/** The Binding Acknowledgement that a home agent sends (RFC 6275 §6.1.8, §9.5.4; RFC 4285 §5.1, §6). */
import { Authentication, ReplayProtection } from "../abi/contract";
import { BindingAcknowledgementStatus as Status, NO_REFRESH, NextHeader } from "../abi/codes";
import { sameAddress } from "../wire/bytes";
import * as authenticationOptions from "../wire/authentication-options";
import * as bindingAcknowledgement from "../wire/binding-acknowledgement";
import * as bindingOptions from "../wire/binding-options";
import * as ip6 from "../wire/ip6";
import * as ipv4Options from "../wire/ipv4-options";
import * as mobility from "../wire/mobility";
import * as routing2 from "../wire/routing2";
import { sendMessage } from "../encap/answer-way";
import * as nodes from "../tables/nodes";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as authentication from "./authentication";
import * as homeDelivery from "./home-delivery";
import * as received from "./mobility-message";
import { ReceivedUpdate } from "./received-update";

/** Fixed parts, and options of which the identity (255 octets) is the largest. */
const MAX_BYTES: u32 = 544;

/**
 * Answers `update` from `self`. It goes to where the update came from (6275-9.5.4-10), by a type 2
 * routing header unless that is the home address (6275-9.5.4-11, 6275-9.5.4-12), with or without an option. With a shared
 * key it is signed (4285-5.1.1-2), with identity and timestamp as the update had them. `adviceMs` 0: no
 * Binding Refresh Advice. The K bit stays clear: no key management protocol moves here (RFC 6275 §10.3.1).
 *
 * What came by UDP is answered by UDP, to the address and the port that it came from (5555-4.2-2, 5555-2.3.2.1-6,
 * 5555-2.3.2.2-6); the message in it goes to the home address.
 */
export function send(
  update: ReceivedUpdate, self: usize, status: u32, sequence: u32, lifetimeMs: f64, adviceMs: f64,
): void {
  const out = orders.allocate(MAX_BYTES);
  if (out == 0) return;
  const byUdp = update.isByUdp();
  const away = !byUdp && !sameAddress(update.source(), update.home()); // 5555-4.5-14
  const message = out + ip6.LENGTH_BYTES + (away ? routing2.LENGTH_BYTES : 0);

  let end = bindingAcknowledgement.build(message, status, 0, sequence, lifetimeMs);
  if (adviceMs > 0) end = bindingOptions.appendBindingRefreshAdvice(message, end, adviceMs);
  end = appendIpv4(message, end, update);
  if (update.node != NONE && nodes.at(update.node).authentication == Authentication.SharedKey) {
    end = sign(message, end, update, status);
  }
  const messageBytes = mobility.finish(message, end, self, update.home());
  if (away) routing2.build(out + ip6.LENGTH_BYTES, NextHeader.Mobility, update.home());
  const payload = <u32>(message - out - ip6.LENGTH_BYTES) + messageBytes;
  ip6.build(
    out, 0, 0, payload, away ? NextHeader.Routing : NextHeader.Mobility, received.HOP_LIMIT, self,
    update.source(),
  );
  const length = <u32>ip6.LENGTH_BYTES + payload;
  if (byUdp) sendMessage(update.way(), out, length);
  else if (away) orders.transmit(update.device, out, length);
  else homeDelivery.send(update.device, out, length);
}

/**
 * An answer to each IPv4 Home Address option (5555-2.3.1-3, 5555-2.3.2.1-7, 5555-2.3.2.2-7, 5555-4.5-12), and by UDP
 * what is known of NATs (5555-4.2-4, 5555-3.2.2-2).
 */
function appendIpv4(message: usize, end: usize, update: ReceivedUpdate): usize {
  for (let index: u32 = 0; index < update.askedCount; index++) {
    const asked = update.asked(index);
    end = ipv4Options.appendAcknowledgement(
      message, end, asked.status, asked.grantedPrefixLength, asked.octets(),
    );
  }
  if (!update.isByUdp()) return end; // 5555-3.2.2-4
  const refreshS = update.refreshS != 0 ? update.refreshS : NO_REFRESH;
  return ipv4Options.appendNatDetection(message, end, update.usesUdp, refreshS); // 5555-3.2.2-1, 5555-3.2.2-3
}

function sign(message: usize, end: usize, update: ReceivedUpdate, status: u32): usize {
  if (update.identityBytes != 0) {
    // 4283-3.2-1: before the authentication option.
    end = authenticationOptions.appendMobileNodeIdentifier(end, update.identity(), update.identityBytes);
  }
  const entry = nodes.at(update.node);
  if (update.hasTimestamp) { // 4285-6-2
    const theirs = update.timestamp;
    // A timestamp that is not valid goes back with our own time of day in its upper half (RFC 4285 §6). As it was, it
    // says that status 144 is that of RFC 5555 §4.5: both RFCs have given it a meaning.
    const isInvalid = status == Status.IdentificationMismatch && !update.isUdpRefused;
    const answer = isInvalid && entry.replay == ReplayProtection.Timestamp
      ? (authentication.timestampNow(0) & 0xffffffff00000000) | (theirs & 0xffffffff)
      : theirs;
    end = authenticationOptions.appendReplayProtection(message, end, answer);
  }
  return authentication.sign(message, end, nodes.keyState(entry), entry.spi, update.answeredCareof(), update.home());
}
