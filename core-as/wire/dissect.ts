/**
 * Takes a packet apart, for people: link header, every header of the chain, options, and inner
 * packets, down to the payload. The records it writes are described in `abi/fields`.
 *
 * Reading goes on behind a mistake as far as it makes sense. What the engine itself would refuse is
 * said by the engine's own checks: `ip6.check` and `extension.walk` judge the chain, `dissect-verdict` the
 * message behind it. No octet behind the packet is read.
 */
import { Icmpv6Type, NextHeader, ROUTING_TYPE_2 } from "../abi/codes";
import { Layer, LayerFamily, Verdict } from "../abi/fields";
import { Reason } from "../abi/reasons";
import { get8, get16 } from "./bytes";
import * as arp from "./arp";
import * as chain from "./chain";
import * as ip4 from "./ip4";
import * as layers from "./dissect-layer";
import * as link from "./dissect-link";
import * as records from "./dissect-records";
import * as verdicts from "./dissect-verdict";
import * as extension from "./extension";
import * as fields from "./fields";
import * as fragment from "./fragment";
import * as icmp6 from "./icmp6";
import * as ip6 from "./ip6";
import * as mobility from "./mobility";
import * as routing2 from "./routing2";

/** UDP that carries IPv4 or IPv6 packets (RFC 5555 §4.1). */
const UDP_ENCAPSULATION_PORT: u32 = 4191;

const ICMPV6_MIN_BYTES: u32 = 4;
const ICMPV6_CHECKSUM: u32 = 2;
const ICMPV4_BYTES: u32 = 8;
const ICMPV4_CHECKSUM: u32 = 2;
const UDP_BYTES: u32 = 8;
const UDP_CHECKSUM: u32 = 6;
const TCP_MIN_BYTES: u32 = 20;
const TCP_CHECKSUM: u32 = 16;
const AUTHENTICATION_MIN_BYTES: u32 = 12;

/** `layer` when nothing follows any more. */
const NOTHING: u32 = u32.MAX_VALUE;

let packet: usize = 0;
/** Where the next layer begins, which it is, and where its packet ends. */
let at: u32 = 0;
let layer: u32 = 0;
let end: u32 = 0;

/** Reads the `length` octets at `p`; `linkType` is a LinkType. Writes to `output`, returns the records. */
export function dissect(p: usize, length: u32, linkType: u32, output: usize): u32 {
  fields.prepare();
  records.begin(output);
  layers.begin(p);
  packet = p;
  at = 0;
  end = length;
  verdicts.forget();
  layer = link.firstLayer(linkType, p, length);
  while (layer != NOTHING && !records.isFull()) readNext();
  if (at < length) layers.read(Layer.Trailer, at, length);
  return records.written();
}

function readNext(): void {
  switch (fields.family(layer)) {
    case LayerFamily.Link:
      return readLink();
    case LayerFamily.Header:
      return readHeader();
    default:
      return layer == Layer.Arp ? readArp() : readPayload();
  }
}

/** An ARP message for IPv4 on Ethernet; others are octets. */
function readArp(): void {
  if (arp.check(packet + at, end - at) != Reason.None) readPayload();
  else take(Layer.Arp, arp.LENGTH_BYTES, NOTHING);
}

function readLink(): void {
  const found = layer;
  const length = link.lengthBytes(found);
  if (at + length > end) return readCut(found);
  const header = packet + at;
  take(found, length, link.nextLayer(found, header));
}

/** Reads a header of `length` octets that is whole; `behind` comes next. */
function take(found: u32, length: u32, behind: u32): void {
  takeJudged(found, length, behind, Reason.None, at);
}

/** `take` for a header that the engine refuses for `verdict`, because of octet `place`. */
function takeJudged(found: u32, length: u32, behind: u32, verdict: Reason, place: u32): void {
  layers.readJudged(found, at, at + length, verdict, place);
  at += length;
  layer = behind;
}

/** Reads what is there of a header whose end is missing. */
function readCut(found: u32): void {
  layers.read(found, at, end);
  at = end;
  layer = NOTHING;
}

function readPayload(): void {
  if (at < end) layers.read(Layer.Payload, at, end);
  at = end;
  layer = NOTHING;
}

function readHeader(): void {
  switch (layer) {
    case NextHeader.Ipv6:
      return readIpv6();
    case NextHeader.Ipv4:
      return readIpv4();
    case NextHeader.HopByHop:
    case NextHeader.Destination:
    case NextHeader.Routing:
    case NextHeader.Fragment:
    case NextHeader.Authentication:
      return readExtension();
    case NextHeader.Esp:
      return readCut(Layer.EncapsulatingSecurityPayload);
    case NextHeader.Mobility:
      return readMobility();
    case NextHeader.Icmpv6:
      return readIcmpv6();
    case NextHeader.Icmpv4:
      return readIcmpv4();
    case NextHeader.Udp:
      return readUdp();
    case NextHeader.Tcp:
      return readTcp();
    default:
      return readPayload();
  }
}

function readIpv6(): void {
  const header = packet + at;
  const available = end - at;
  let verdict = ip6.check(header, available);
  if (available < <u32>ip6.LENGTH_BYTES || verdict == Reason.NotIpv6) return readNoIpv6(verdict);
  let place = at;
  if (verdict == Reason.None) {
    end = at + ip6.totalLength(header);
    verdict = extension.walk(header, end - at);
    place = at + extension.errorPointer();
  }
  verdicts.enter(header);
  layers.forgetHomeAddress();
  takeJudged(Layer.Ipv6, <u32>ip6.LENGTH_BYTES, ip6.nextHeader(header), verdict, place);
}

/** Octets where an IPv6 packet should be. */
function readNoIpv6(verdict: Reason): void {
  layers.readJudged(Layer.Payload, at, end, verdict, at);
  at = end;
  layer = NOTHING;
}

function readIpv4(): void {
  const header = packet + at;
  const length = at < end ? ip4.headerBytes(header) : 0;
  if (length < <u32>ip4.LENGTH_BYTES || at + length > end) return readCut(Layer.Ipv4);
  const start = at;
  const behind = ip4.isLaterFragment(header) ? <u32>Layer.Payload : ip4.protocol(header);
  verdicts.enterIpv4(header);
  end = min(end, at + max(ip4.totalLength(header), length));
  take(Layer.Ipv4, length, behind);
  records.checksum(
    ip4.isChecksumRight(header, length) ? Verdict.Good : Verdict.Bad, (start + <u32>ip4.CHECKSUM) * 8,
  );
}

function readExtension(): void {
  const header = packet + at;
  if (at + chain.UNIT_BYTES > end) return readCut(described(header, end - at));
  const length = chain.lengthBytes(layer, header);
  const found = described(header, length);
  if (at + length > end || (layer == NextHeader.Authentication && length < AUTHENTICATION_MIN_BYTES)) {
    return readCut(found);
  }
  const behind = get8(header + chain.NEXT_HEADER);
  take(found, length, behind);
  if (layers.homeAddress() != 0) verdicts.setSource(packet + layers.homeAddress());
  if (fields.family(found) == LayerFamily.Routing) readRouting(header, length);
  if (found == Layer.Fragment) readFragment(header);
}

/** The layer of the extension header at `header`: routing headers differ by their type. */
function described(header: usize, length: u32): u32 {
  if (layer != NextHeader.Routing) return layer;
  return LayerFamily.Routing + (length > <u32>routing2.ROUTING_TYPE ? routing2.routingType(header) : 0);
}

/** The pseudo-header takes the final destination (RFC 8200 §8.1, RFC 6275 §6.1.1). */
function readRouting(header: usize, length: u32): void {
  if (routing2.segmentsLeft(header) == 0) return;
  const isType2 = routing2.routingType(header) == ROUTING_TYPE_2 && length >= <u32>routing2.LENGTH_BYTES;
  verdicts.setDestination(isType2 ? routing2.homeAddress(header) : 0);
}

function readFragment(header: usize): void {
  verdicts.setPart(fragment.offsetBytes(header) != 0 || fragment.moreFragments(header));
  if (fragment.offsetBytes(header) != 0) layer = Layer.Payload;
}

function readMobility(): void {
  const header = packet + at;
  const length = end - at;
  if (length < mobility.UNIT_BYTES) return readCutMobility(header, length);
  const start = at;
  const own = min(mobility.lengthBytes(header), length);
  const refusal = verdicts.checkMobility(header, length);
  takeJudged(LayerFamily.MobilityMessage + mobility.type(header), own, Layer.Payload, refusal, start);
  records.checksum(verdicts.mobilityChecksum(header, length), (start + <u32>mobility.CHECKSUM) * 8);
}

/** A Mobility Header that ends before its message begins. */
function readCutMobility(header: usize, length: u32): void {
  const type = length > 2 ? mobility.type(header) : 0;
  layers.readJudged(LayerFamily.MobilityMessage + type, at, end, Reason.MobilityTruncated, at);
  at = end;
  layer = NOTHING;
}

function readIcmpv6(): void {
  const message = packet + at;
  const length = end - at;
  if (length < ICMPV6_MIN_BYTES) return readCut(LayerFamily.Icmpv6 + (length > 0 ? icmp6.type(message) : 0));
  const start = at;
  const type = icmp6.type(message);
  const hasPayload = icmp6.isError(message) || type == Icmpv6Type.EchoRequest || type == Icmpv6Type.EchoReply;
  const own = hasPayload ? min(length, <u32>icmp6.LENGTH_BYTES) : length;
  takeJudged(LayerFamily.Icmpv6 + type, own, Layer.Payload, verdicts.checkIcmpv6(message, length), start);
  records.checksum(verdicts.checksum(message, length, NextHeader.Icmpv6), (start + ICMPV6_CHECKSUM) * 8);
}

function readIcmpv4(): void {
  const message = packet + at;
  const length = end - at;
  if (length < ICMPV4_BYTES) return readCut(LayerFamily.Icmpv4 + (length > 0 ? get8(message) : 0));
  const start = at;
  take(LayerFamily.Icmpv4 + get8(message), ICMPV4_BYTES, Layer.Payload);
  records.checksum(verdicts.icmpv4Checksum(message, length), (start + ICMPV4_CHECKSUM) * 8);
}

function readUdp(): void {
  const header = packet + at;
  if (at + UDP_BYTES > end) return readCut(Layer.Udp);
  const start = at;
  const length = min(end - at, max(get16(header + 4), UDP_BYTES));
  const isWhole = length == get16(header + 4) && get16(header + UDP_CHECKSUM) != 0;
  end = at + length;
  take(Layer.Udp, UDP_BYTES, encapsulated(header));
  records.checksum(
    isWhole ? verdicts.checksum(header, length, NextHeader.Udp) : Verdict.NotCheckable,
    (start + UDP_CHECKSUM) * 8,
  );
}

/** What UDP carries: on the port of RFC 5555 an IPv4 or IPv6 packet. */
function encapsulated(header: usize): u32 {
  const isTunnel = get16(header) == UDP_ENCAPSULATION_PORT || get16(header + 2) == UDP_ENCAPSULATION_PORT;
  if (!isTunnel || at + UDP_BYTES >= end) return Layer.Payload;
  const version = get8(header + UDP_BYTES) >> 4;
  if (version == 6) return Layer.Ipv6;
  return version == 4 ? Layer.Ipv4 : Layer.Payload;
}

function readTcp(): void {
  const header = packet + at;
  if (at + TCP_MIN_BYTES > end) return readCut(Layer.Tcp);
  const start = at;
  const segment = end - at;
  const length = (get8(header + 12) >> 4) * 4;
  if (length < TCP_MIN_BYTES || length > segment) return readCut(Layer.Tcp);
  take(Layer.Tcp, length, Layer.Payload);
  records.checksum(verdicts.checksum(header, segment, NextHeader.Tcp), (start + TCP_CHECKSUM) * 8);
}
