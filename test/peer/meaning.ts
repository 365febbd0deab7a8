/**
 * What a verdict of the Rust peer is in the core's words, and where the two may differ.
 *
 * A verdict that judges has the one reason with the same RFC section. One with which the peer stops, because it does
 * not follow such packets, is right when the core came as far: it refused for nothing that the peer had to see before.
 */
import { Codec, valueOf } from "../../bindings/codec.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { Verdict } from "../../benches/peers/rust-verdicts.ts";
import { module } from "../benches/core.ts";

/** Verdicts that judge: the reason that the core counts. */
export const JUDGED: Readonly<Partial<Record<Verdict, Reason>>> = {
  [Verdict.NotIpv6]: Reason.NotIpv6,
  [Verdict.HeaderTruncated]: Reason.Ipv6Truncated,
  [Verdict.ExtensionTruncated]: Reason.ExtensionTruncated,
  [Verdict.TooManyHeaders]: Reason.TooManyExtensionHeaders,
  [Verdict.HopByHopNotFirst]: Reason.HopByHopNotFirst,
  [Verdict.OptionOverrun]: Reason.OptionOverrun,
  [Verdict.OptionDiscard]: Reason.OptionDiscard,
  [Verdict.OptionUnrecognized]: Reason.OptionUnrecognized,
  [Verdict.HomeAddressLength]: Reason.HomeAddressOptionLength,
  [Verdict.HomeAddressRepeated]: Reason.HomeAddressOptionRepeated,
  [Verdict.HomeAddressMisplaced]: Reason.HomeAddressOptionMisplaced,
  [Verdict.HomeAddressNotRoutable]: Reason.HomeAddressNotRoutable,
  [Verdict.RoutingLength]: Reason.RoutingType2Length,
  [Verdict.RoutingSegmentsLeft]: Reason.RoutingType2SegmentsLeft,
  [Verdict.RoutingRepeated]: Reason.RoutingType2Repeated,
  [Verdict.RoutingNotRoutable]: Reason.RoutingType2NotRoutable,
  [Verdict.RoutingTypeUnrecognized]: Reason.RoutingTypeUnrecognized,
  [Verdict.RoutingNotOurs]: Reason.RoutingHeaderNotOurs,
  [Verdict.AuthenticationLength]: Reason.AuthenticationHeaderLength,
  [Verdict.NotForUs]: Reason.NotForUs,
  [Verdict.FragmentMalformed]: Reason.FragmentMalformed,
  [Verdict.HomeAddressWithoutBinding]: Reason.HomeAddressWithoutBinding,
  [Verdict.MobilityTruncated]: Reason.MobilityTruncated,
  [Verdict.MobilityChecksum]: Reason.MobilityChecksum,
  [Verdict.Icmpv6Truncated]: Reason.Icmpv6Truncated,
  [Verdict.Icmpv6Checksum]: Reason.Icmpv6Checksum,
  [Verdict.UpperProtocolUnknown]: Reason.UpperProtocolUnknown,
  [Verdict.InnerMalformed]: Reason.InnerMalformed,
  [Verdict.CongestionLost]: Reason.CongestionLost,
  [Verdict.TunnelSourceNotBound]: Reason.TunnelSourceNotBound,
  [Verdict.LinkLocal]: Reason.LinkLocalNotTunnelled,
  [Verdict.NoBinding]: Reason.NoBinding,
  [Verdict.Recursive]: Reason.RecursiveEncapsulation,
  [Verdict.EncapsulationLimit]: Reason.EncapsulationLimit,
  [Verdict.TooBig]: Reason.PacketTooBig,
};

const MOBILITY_MESSAGE = [
  Reason.MobilityTypeUnrecognized, Reason.MobilityPayloadProto, Reason.MobilityHeaderLen, Reason.MobilityTruncated,
  Reason.MobilityOptionOverrun, Reason.MobilityOptionLength, Reason.BindingAuthorizationDataNotLast, Reason.AuthenticationOptionNotLast,
];
const AUTHENTICATION_AND_BINDINGS = { first: 100, last: 139 };
/** Of ICMPv6 and neighbour discovery, once the checksum was right. */
const AFTER_CHECKSUM = { first: Reason.Icmpv6Code, last: 99 };
const CORRESPONDENT = { first: 200, last: 219 };

/** Verdicts with which the peer stops: what the core may say of such a packet, and that it may take it. */
export const FOLLOWED_NO_FURTHER: Readonly<Partial<Record<Verdict, (reason: Reason) => boolean>>> = {
  // the fragments themselves are put together by the core (RFC 8200 §4.5)
  [Verdict.Fragment]: oneOf(
    Reason.None, Reason.FragmentMalformed, Reason.FragmentOverlap, Reason.ReassemblyFull, Reason.PacketTooLarge,
  ),
  [Verdict.ForTheHost]: oneOf(Reason.None),
  [Verdict.MobilityMessage]: (reason) => reason === Reason.None || MOBILITY_MESSAGE.includes(reason)
    || within(reason, AUTHENTICATION_AND_BINDINGS) || within(reason, CORRESPONDENT) || reason === Reason.ProbeRefused,
  [Verdict.Icmpv6Message]: (reason) => within(reason, AFTER_CHECKSUM)
    || [Reason.None, Reason.MessageNotForThisRole, Reason.IcmpNotOurs, Reason.PathMtuImplausible].includes(reason),
  [Verdict.Ipv4Inside]: oneOf(Reason.None, Reason.InnerMalformed, Reason.CongestionLost, Reason.TunnelSourceNotBound),
  // what is in a packet to a group is looked at, for it may be a listener's report (RFC 6275 §10.4.3)
  [Verdict.Group]: (reason) => reason < 40 || [
    Reason.None, Reason.MulticastNotTunnelled, Reason.NoListeners, Reason.TunnelSourceNotBound, Reason.LinkLocalNotTunnelled,
    Reason.ListenerHopLimit, Reason.ListenerReportMalformed, Reason.Icmpv6Checksum, Reason.Icmpv6Truncated, Reason.MembershipBudgetExhausted,
  ].includes(reason),
  // routed to the care-of address where it fits, else tunnelled (RFC 6275 §9.3.2)
  [Verdict.OwnPacket]: oneOf(Reason.None, Reason.PacketTooBig, Reason.EncapsulationLimit),
  [Verdict.ToBeFragmented]: oneOf(Reason.None),
};

function oneOf(...reasons: Reason[]): (reason: Reason) => boolean {
  return (reason) => reasons.includes(reason);
}

function within(reason: Reason, { first, last }: { first: number; last: number }): boolean {
  return reason >= first && reason <= last;
}

/** Verdicts that no packet of these tests gets: RFC 2473 §4.1.2 and §7.1 need a binding of its own, or a small path MTU. */
export const NEVER_HERE: readonly Verdict[] = [Verdict.Recursive, Verdict.ToBeFragmented];

/** A place where the two differ and both may: what the RFC leaves open, or is no affair of the peer. */
export interface Difference {
  name: string;
  why: string;
  /** Packets on which they do differ. */
  examples: readonly { direction: "in" | "out"; hex: string }[];
  applies(packet: Uint8Array, verdict: Verdict): boolean;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    name: "IPv4 outside",
    why: "RFC 8200 §3 is about version 6, which the peer reads alone; the core takes IPv4 by RFC 5555 §4.1 and judges it by RFC 791 §3.1.",
    examples: [{ direction: "in", hex: "46d00005003129fd20010db8a0000000000000080000001720010db8" }],
    applies: (packet, verdict) => verdict === Verdict.NotIpv6 && packet.length > 0 && packet[0] >> 4 === 4,
  },
  {
    name: "TCP header that is cut off",
    why: "RFC 9293 §3.1: the data begin where Data Offset says, so one behind the end is no segment and no receiver takes it. "
      + "Nobody says what a router on the way does: smoltcp does not read it, the core clamps what there is of the options.",
    examples: [{
      direction: "out",
      hex: "6d10a401001e066f20010db802000000000000000000000520010db8010000001b95ab67688990c0"
        + "d1ae00500000000100000000a0fbffff2ce000000204af07080a01020304",
    }],
    applies: (packet, verdict) => verdict === Verdict.Accepted && hasCutTcpHeader(packet),
  },
  {
    name: "extension header that is cut off",
    why: "RFC 2473 §4.1.1(a) has a tunnel entry point look for a limit in the Destination Options header, and assumes that it is "
      + "whole. etherparse gives none that is not; the core reads the options that are there.",
    examples: [
      { direction: "out", hex: "6e40000200083c0320010db802000000000000000000000520010db801000000158f5d03d97e5ed13c010401019b07de" },
      { direction: "out", hex: "6623f83200083c6720010db802000000000000000000000520010db801000000d5703b11d11321812c02040100c91020" },
    ],
    applies: (packet, verdict) => verdict === Verdict.Accepted && hasCutExtension(packet),
  },
  {
    name: "Authentication Header that is too short",
    why: "RFC 4302 §2.2: it has twelve octets at least. Addressed to the home agent both refuse it; in a packet that only passes, etherparse "
      + "stops there, and the core goes on to the segment size behind.",
    examples: [{
      direction: "out",
      hex: "600000000038330020010db802000000000000000000000520010db8010000007b2bf477000000002b000000010101010602020000000000"
        + "20010db8010000007b2bf477000000000000005000000001000000006002ffffc9f6000002040579",
    }],
    applies: (packet, verdict) => verdict === Verdict.Accepted && hasShortAuthentication(packet),
  },
  {
    name: "discovery request with a Home Address option",
    why: "A fault of the core, without harm. RFC 6275 §9.3.1: upper layers see the home address, so it counts in the checksum, by "
      + "which the core takes the message; then it verifies that of a Home Agent Address Discovery Request (§6.5) again, with the "
      + "care-of address, and refuses it. No node has a reason to send the option there (§11.4.1).",
    examples: [{
      direction: "in",
      hex: "6000000000203c0020010db8a0000000000000000000001720010db80100000000000000000000013a0201020000c910"
        + "20010db8010000007b2bf477000000009000a29e00070001",
    }],
    applies: (packet, verdict) => verdict === Verdict.Icmpv6Message && isDiscoveryWithHomeAddress(packet),
  },
];

const codec = new Codec(module);

/** True when the TCP header of a packet, or of the packet in it, says that it is longer than what is there. */
function hasCutTcpHeader(packet: Uint8Array): boolean {
  const tcp = codec.dissect(packet).find(({ name }) => name === "tcp");
  return tcp !== undefined && Number(valueOf(tcp, "dataOffset") ?? 15) * 4 > tcp.length;
}

/** True when an extension header of a packet reaches behind its end. */
function hasCutExtension(packet: Uint8Array): boolean {
  return codec.dissect(packet).some((layer) => {
    const units = valueOf(layer, "headerExtensionLength");
    return units !== undefined && (Number(units) + 1) * 8 > layer.length;
  });
}

function hasShortAuthentication(packet: Uint8Array): boolean {
  return codec.dissect(packet).some((layer) => (
    layer.name === "authentication-header" && Number(valueOf(layer, "length") ?? 1) === 0
  ));
}

function isDiscoveryWithHomeAddress(packet: Uint8Array): boolean {
  const layers = codec.dissect(packet);
  return layers.some(({ name }) => name === "home-agent-address-discovery-request")
    && layers.some(({ options }) => options.some(({ name }) => name === "home-address"));
}
