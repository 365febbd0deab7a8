/** How a home agent refuses a Binding Update: by an acknowledgement with a status, and by telling people. */
import { DEVICE_ANY, Event } from "../abi/contract";
import { Reason } from "../abi/reasons";
import * as errors from "../encap/errors";
import * as orders from "../tables/orders";
import { TokenBucket } from "../tables/token-bucket";
import * as acknowledgement from "./acknowledgement";
import * as homeLink from "./home-link";
import { ReceivedUpdate } from "./received-update";

const reports = new TokenBucket(50, 100);

/** Refuses what only an authentic Binding Update can cause; returns the reason (6275-9.5.4-6). */
export function refuse(update: ReceivedUpdate, reason: Reason, status: u32): Reason {
  acknowledgement.send(update, homeLink.address(), status, update.sequence, 0, 0);
  return report(update, reason, status);
}

/** The same where anybody can cause it, by a forged or a recorded message: within a limit. */
export function refuseStranger(update: ReceivedUpdate, reason: Reason, status: u32, sequence: u32): Reason {
  if (errors.mayAnswer()) acknowledgement.send(update, homeLink.address(), status, sequence, 0, 0);
  return report(update, reason, status);
}

/** Tells people of a refusal, within limits; the counter has them all. `status` 0: it was not answered. */
export function report(update: ReceivedUpdate, reason: Reason, status: u32): Reason {
  if (reports.take()) {
    orders.event(Event.BindingRefused, DEVICE_ANY, update.home(), update.from(), 0, status, reason);
  }
  return reason;
}
