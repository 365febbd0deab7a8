/**
 * The correspondent node's side of mobility (RFC 6275 §9). Home and Care-of Test Init messages are answered
 * from secrets that are the same for all nodes: nothing is kept of those who ask (§5.2.5), and an answer goes
 * to where the question came from and is hardly longer (64 octets for 56), so that it is of no use to reflect.
 * None of its messages has a Home Address option (6275-6.1-2).
 *
 *   Home Test Init     → Home Test      home keygen token, home nonce index         §9.4.1, §9.4.3
 *   Care-of Test Init  → Care-of Test   care-of keygen token, care-of nonce index   §9.4.2, §9.4.4
 *   Binding Update     → protocol/correspondent-update                              §9.5
 */
import { Refusal } from "../abi/contract";
import { MobilityHeaderType, NextHeader, ParameterProblemCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isUnicastRoutable } from "../wire/bytes";
import * as careofTest from "../wire/careof-test";
import * as careofTestInit from "../wire/careof-test-init";
import * as extension from "../wire/extension";
import * as homeTest from "../wire/home-test";
import * as homeTestInit from "../wire/home-test-init";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as orders from "../tables/orders";
import * as cache from "./correspondent-cache";
import * as settings from "./correspondent-settings";
import * as bindingUpdates from "./correspondent-update";
import * as received from "./mobility-message";
import * as nonces from "./nonces";
import * as ownPackets from "./own-packets";
import * as returnRoutability from "./return-routability";

/** Octets of either test message. */
const TEST_BYTES: u32 = <u32>(ip6.LENGTH_BYTES + homeTest.OPTIONS);

/** Takes the settings; bindings that they no longer allow end. */
export function configure(record: usize, length: u32): Refusal {
  const refusal = settings.check(record, length);
  if (refusal != Refusal.None) return refusal;
  cache.endWhatIsNotGiven(record);
  settings.take(record);
  return Refusal.None;
}

/** True for the messages that a correspondent node has a part in. */
export function isForCorrespondent(message: usize): bool {
  switch (mobility.type(message)) {
    case MobilityHeaderType.HomeTestInit:
    case MobilityHeaderType.CareofTestInit:
    case MobilityHeaderType.BindingUpdate:
      return true;
    default:
      return false;
  }
}

/**
 * Takes a mobility message to `self`, an own address with the number `own`, that has passed
 * `mobility-message.read` (6275-8.2-6, 6275-8.2-7, 6275-8.2-8); returns its refusal, uncounted.
 */
export function receive(device: u32, self: usize, own: u32): Reason {
  const message = received.message();
  if (!isForCorrespondent(message)) return Reason.MessageNotForThisRole;
  if (!settings.isEnabled()) return refuseAll(self);
  switch (mobility.type(message)) {
    case MobilityHeaderType.HomeTestInit:
      return answerTest(device, self, returnRoutability.HOME);
    case MobilityHeaderType.CareofTestInit:
      return answerTest(device, self, returnRoutability.CAREOF);
    default:
      return bindingUpdates.receive(device, self, own);
  }
}

/** Answers as a node does that knows nothing of mobility: so the other one gives up (RFC 6275 §11.3.5). */
function refuseAll(self: usize): Reason {
  const packet = received.packet();
  ownPackets.parameterProblem(
    self, ParameterProblemCode.UnrecognizedNextHeader, extension.lastNextHeaderOffset(), packet,
    ip6.totalLength(packet),
  );
  return Reason.RouteOptimisationDisabled;
}

/**
 * A test (6275-9.4.1-1, 6275-9.4.1-2, 6275-9.4.2-1, 6275-9.4.2-2). Mobility options of the question are not
 * looked at (6275-6.1.3-2, 6275-6.1.4-2), a binding of the other node is not used (6275-6.1-3).
 */
function answerTest(device: u32, self: usize, which: u32): Reason {
  if (received.homeAddressOption() != 0) return Reason.TestInitWithHomeAddress;
  const to = ip6.source(received.packet());
  if (!isUnicastRoutable(to)) return Reason.SourceNotUnicast;
  if (!settings.mayAnswerTest()) return Reason.TestInitRateLimited;
  const out = orders.allocate(TEST_BYTES);
  if (out == 0) return Reason.None; // counted there

  const index = nonces.current(); // both kinds of token may have the same index (6275-5.2.5-1)
  const token = nonces.token(index, to, which);
  const message = out + ip6.LENGTH_BYTES;
  const end = which == returnRoutability.HOME
    ? homeTest.build(message, index, homeTestInit.cookie(received.message()), token)
    : careofTest.build(message, index, careofTestInit.cookie(received.message()), token);
  const length = mobility.finish(message, end, self, to);
  ip6.build(out, 0, 0, length, NextHeader.Mobility, received.HOP_LIMIT, self, to);
  ownPackets.transmit(device, out, TEST_BYTES);
  return Reason.None;
}
