/** The Binding Acknowledgement that a correspondent node sends (RFC 6275 §6.1.8, §9.5.4; 6275-8.2-9). */
import { NextHeader } from "../abi/codes";
import { sameAddress } from "../wire/bytes";
import * as bindingAcknowledgement from "../wire/binding-acknowledgement";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as routing2 from "../wire/routing2";
import * as orders from "../tables/orders";
import * as received from "./mobility-message";
import * as ownPackets from "./own-packets";
import * as returnRoutability from "./return-routability";

/** Both headers, then fixed part, padding and Binding Authorization Data. */
const MAX_BYTES: u32 = <u32>(ip6.LENGTH_BYTES + routing2.LENGTH_BYTES) + 32;

/**
 * Answers a Binding Update from `self` to its source (6275-9.5.4-10), by a type 2 routing header unless that is
 * the home address (6275-9.5.4-11, 6275-9.5.4-12). `authorised` is the address that goes into the authenticator
 * under the Kbm in use, 0: there is no Kbm and no authenticator. The K bit is not ours to set (6275-6.1.8-1).
 */
export function send(
  device: u32, self: usize, source: usize, homeAddress: usize, authorised: usize, status: u32, sequence: u32,
  lifetimeMs: f64,
): void {
  const out = orders.allocate(MAX_BYTES);
  if (out == 0) return;
  const isAway = !sameAddress(source, homeAddress);
  const message = out + ip6.LENGTH_BYTES + (isAway ? routing2.LENGTH_BYTES : 0);
  let end = bindingAcknowledgement.build(message, status, 0, sequence, lifetimeMs);
  if (authorised != 0) end = returnRoutability.authorise(message, end, authorised, self);
  const length = mobility.finish(message, end, self, homeAddress);
  if (isAway) routing2.build(out + ip6.LENGTH_BYTES, NextHeader.Mobility, homeAddress);
  const payload = <u32>(message - out - ip6.LENGTH_BYTES) + length;
  ip6.build(
    out, 0, 0, payload, isAway ? NextHeader.Routing : NextHeader.Mobility, received.HOP_LIMIT, self, source,
  );
  ownPackets.transmit(device, out, <u32>ip6.LENGTH_BYTES + payload);
}
