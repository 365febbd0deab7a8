/**
 * How the last refused packet is to be answered: the code and pointer of an ICMPv6 Parameter Problem
 * (RFC 4443 §3.4), or silence. Each file that refuses packets notes it here.
 */
import { ParameterProblemCode } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isMulticast } from "./bytes";
import * as ip6 from "./ip6";

/** The `code` of a refusal that is not answered. */
export const NO_ANSWER: u32 = 255;

let answerCode: u32 = NO_ANSWER;
let answerPointer: u32 = 0;

/** Forgets the last refusal: from here on, a refusal is not answered unless somebody notes it. */
export function clear(): void {
  answerCode = NO_ANSWER;
  answerPointer = 0;
}

/**
 * Notes that `reason`, for the packet at `packet`, is answered by this code with a pointer to the
 * offset `pointer` of the packet; returns `reason`. What came to a multicast address is answered
 * only when it is about an unrecognized option (RFC 4443 §2.4(e.3)).
 */
export function refuse(packet: usize, reason: Reason, code: u32, pointer: u32): Reason {
  const silent = code != ParameterProblemCode.UnrecognizedOption && isMulticast(ip6.destination(packet));
  answerCode = silent ? NO_ANSWER : code;
  answerPointer = pointer;
  return reason;
}

/** `refuse` with code 0: the field at `pointer` is erroneous. */
export function refuseField(packet: usize, reason: Reason, pointer: u32): Reason {
  return refuse(packet, reason, ParameterProblemCode.ErroneousHeaderField, pointer);
}

/** One of `ParameterProblemCode`, or `NO_ANSWER`. */
export function code(): u32 {
  return answerCode;
}

/** The Pointer field: an offset into the packet. */
export function pointer(): u32 {
  return answerPointer;
}
