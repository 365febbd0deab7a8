/**
 * The extension headers of a packet addressed to this node (RFC 8200 §4, RFC 6275 §6.3 and §6.4).
 *
 *   IPv6 → Hop-by-Hop → Routing → Destination → Fragment → Authentication → Destination → upper layer
 *
 * `walk` follows the chain, in whatever order it is, up to the first header that is no extension
 * header: ESP, the Mobility Header, an inner IPv6 header, ICMPv6, TCP... That is the upper layer. A
 * later fragment ends at its Fragment header. The other functions tell what the last walk found;
 * offsets are from the start of the packet, and an offset of 0 means that there is none.
 */
import { NextHeader, ParameterProblemCode, ROUTING_TYPE_2 } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { get8 } from "./bytes";
import * as chain from "./chain";
import * as options from "./extension-options";
import * as fragment from "./fragment";
import * as ip6 from "./ip6";
import * as parameterProblem from "./parameter-problem";
import * as routing2 from "./routing2";

export { NO_ANSWER } from "./parameter-problem";

/** Where the options of a Hop-by-Hop or Destination Options header begin. */
const OPTIONS: u32 = chain.HDR_EXT_LEN + 1;

/** The fixed part of an Authentication Header (RFC 4302 §2.2). */
const AUTHENTICATION_MIN_BYTES: u32 = 12;

let packetStart: usize = 0;
let packetLength: u32 = 0;
let protocol: u32 = 0;
let protocolOffset: u32 = 0;
let protocolNamedAt: u32 = 0;
let routingAt: u32 = 0;
let otherRoutingAt: u32 = 0;
let fragmentAt: u32 = 0;
let fragmentNamed: u32 = 0;
let authenticationAt: u32 = 0;

/**
 * Walks the chain of the packet at `packet`, which is `length` octets long and has passed
 * `ip6.check`. After `Reason.None` all headers before `upperOffset` lie inside of the packet, and the
 * offsets below may be used with the getters of their files. After a refusal, `errorCode` and
 * `errorPointer` say how to answer it.
 */
export function walk(packet: usize, length: u32): Reason {
  packetStart = packet;
  packetLength = length;
  protocol = ip6.nextHeader(packet);
  protocolOffset = <u32>ip6.LENGTH_BYTES;
  protocolNamedAt = <u32>ip6.NEXT_HEADER;
  routingAt = otherRoutingAt = fragmentAt = fragmentNamed = authenticationAt = 0;
  options.begin();
  parameterProblem.clear();

  for (let headers: u32 = 0; chain.isExtension(protocol); headers++) {
    if (headers == chain.MAX_HEADERS) return Reason.TooManyExtensionHeaders;
    if (protocolOffset + chain.UNIT_BYTES > length) return Reason.ExtensionTruncated;
    const lengthBytes = chain.lengthBytes(protocol, packet + protocolOffset);
    if (protocolOffset + lengthBytes > length) return Reason.ExtensionTruncated;
    const refusal = read(lengthBytes);
    if (refusal != Reason.None) return refusal;
    if (isLaterFragment()) return Reason.None;
    protocol = get8(packet + protocolOffset + chain.NEXT_HEADER);
    protocolNamedAt = protocolOffset + chain.NEXT_HEADER;
    protocolOffset += lengthBytes;
  }
  return Reason.None;
}

/** Reads the header at `protocolOffset`, which lies inside of the packet. */
function read(lengthBytes: u32): Reason {
  switch (protocol) {
    case NextHeader.HopByHop:
      if (protocolOffset != <u32>ip6.LENGTH_BYTES) return refuseHopByHop();
      return options.read(packetStart, protocolOffset + OPTIONS, protocolOffset + lengthBytes, false);
    case NextHeader.Destination:
      return readDestination(lengthBytes);
    case NextHeader.Routing:
      return readRouting();
    case NextHeader.Fragment:
      fragmentAt = protocolOffset;
      fragmentNamed = protocolNamedAt;
      return Reason.None;
    default:
      if (lengthBytes < AUTHENTICATION_MIN_BYTES) return Reason.AuthenticationHeaderLength;
      authenticationAt = protocolOffset;
      return Reason.None;
  }
}

/** Anywhere but behind the IPv6 header, 0 is an unknown Next Header (RFC 8200 §4.3). */
function refuseHopByHop(): Reason {
  const code = ParameterProblemCode.UnrecognizedNextHeader;
  return parameterProblem.refuse(packetStart, Reason.HopByHopNotFirst, code, protocolNamedAt);
}

/** The Home Address option stands before the Fragment and Authentication headers (6275-6.3-5). */
function readDestination(lengthBytes: u32): Reason {
  const before = options.homeAddressOption();
  const refusal = options.read(packetStart, protocolOffset + OPTIONS, protocolOffset + lengthBytes, true);
  if (refusal != Reason.None) return refusal;
  const isHere = options.homeAddressOption() != before;
  return isHere && (fragmentAt != 0 || authenticationAt != 0) ? refuseHomeAddress() : Reason.None;
}

/**
 * A routing header stands before the Home Address option (6275-6.3-5). Type 2 is checked here, and
 * refused in silence (6275-11.3.3-3); others are noted.
 */
function readRouting(): Reason {
  if (options.homeAddressOption() != 0) return refuseHomeAddress();
  if (routing2.routingType(packetStart + protocolOffset) != ROUTING_TYPE_2) {
    otherRoutingAt = protocolOffset;
    return Reason.None;
  }
  if (routingAt != 0) return Reason.RoutingType2Repeated;
  routingAt = protocolOffset;
  return routing2.check(packetStart + protocolOffset);
}

function refuseHomeAddress(): Reason {
  const at = options.homeAddressOption();
  return parameterProblem.refuseField(packetStart, Reason.HomeAddressOptionMisplaced, at);
}

/**
 * For a node that processes no other routing header than type 2, after a walk: refuses a packet that
 * has one with segments left (RFC 8200 §4.4).
 */
export function refuseOtherRouting(): Reason {
  if (otherRoutingAt == 0 || segmentsLeft() == 0) return Reason.None;
  const pointer = otherRoutingAt + <u32>routing2.ROUTING_TYPE;
  return parameterProblem.refuseField(packetStart, Reason.RoutingTypeUnrecognized, pointer);
}

/** The protocol that ends the chain; `NextHeader.Fragment` for a later fragment. */
export function upperProtocol(): u32 {
  return protocol;
}

/** Offset of the upper layer. */
export function upperOffset(): u32 {
  return protocolOffset;
}

/** Octets from there to the end of the packet. */
export function upperLength(): u32 {
  return packetLength - protocolOffset;
}

/** Offset of the Next Header octet that names the upper layer: where a header is spliced in. */
export function lastNextHeaderOffset(): u32 {
  return protocolNamedAt;
}

/** Offset of the Option Type of the Home Address option. */
export function homeAddressOption(): u32 {
  return options.homeAddressOption();
}

/** Pointer to the home address in that option; only when there is one. */
export function homeAddress(packet: usize): usize {
  return packet + options.homeAddressOption() + options.OPTION_DATA;
}

/** Offset of the type 2 routing header: for the getters of `routing2`. */
export function routingHeaderOffset(): u32 {
  return routingAt;
}

/** Offset of the last routing header of another type. */
export function otherRoutingHeaderOffset(): u32 {
  return otherRoutingAt;
}

/** Routing Type of that header; only when there is one. */
export function routingType(): u32 {
  return routing2.routingType(packetStart + otherRoutingAt);
}

/** Segments Left of that header; only when there is one. */
export function segmentsLeft(): u32 {
  return routing2.segmentsLeft(packetStart + otherRoutingAt);
}

/** True when there is an Authentication Header. */
export function hasAuthentication(): bool {
  return authenticationAt != 0;
}

/** Offset of the Fragment header: for the getters of `fragment`. */
export function fragmentHeaderOffset(): u32 {
  return fragmentAt;
}

/** Offset of the Next Header octet that names the Fragment header. */
export function fragmentNamedAt(): u32 {
  return fragmentNamed;
}

/** True when the packet is a part of a larger one, so its upper layer is not complete. */
export function isFragment(): bool {
  return fragmentAt != 0 && (isLaterFragment() || fragment.moreFragments(packetStart + fragmentAt));
}

/** True when the packet is a fragment other than the first: its upper layer cannot be read. */
export function isLaterFragment(): bool {
  return fragmentAt != 0 && fragment.offsetBytes(packetStart + fragmentAt) != 0;
}

/** Code of the ICMPv6 Parameter Problem that answers a refusal, or `NO_ANSWER`. */
export function errorCode(): u32 {
  return parameterProblem.code();
}

/** Pointer field of that Parameter Problem: an offset into the packet. */
export function errorPointer(): u32 {
  return parameterProblem.pointer();
}
