import { Reason } from "../core-as/abi/reasons.ts";

/** What a reason means for a person, and the section that demands the refusal. */
export interface ReasonText {
  readonly section: string;
  readonly text: string;
}

/** One line for each reason, in the order of the numbers. */
export const REASONS: Readonly<Record<Reason, ReasonText>> = {
  [Reason.None]: { section: "", text: "accepted" },
  [Reason.NotIpv6]: { section: "RFC 8200 §3", text: "the version is not 6" },
  [Reason.Ipv6Truncated]: {
    section: "RFC 8200 §3",
    text: "the packet is shorter than its header or its Payload Length says",
  },
  [Reason.ExtensionTruncated]: {
    section: "RFC 8200 §4",
    text: "an extension header runs past the end of the packet",
  },
  [Reason.TooManyExtensionHeaders]: {
    section: "RFC 8504 §5.3",
    text: "more extension headers than this node follows",
  },
  [Reason.HopByHopNotFirst]: {
    section: "RFC 8200 §4.3",
    text: "a Hop-by-Hop Options header stands elsewhere than behind the IPv6 header",
  },
  [Reason.OptionOverrun]: { section: "RFC 8200 §4.2", text: "an option runs past the end of its header" },
  [Reason.OptionDiscard]: { section: "RFC 8200 §4.2", text: "an unknown option asks for a silent discard" },
  [Reason.OptionUnrecognized]: {
    section: "RFC 8200 §4.2",
    text: "an unknown option asks for a discard with a Parameter Problem",
  },
  [Reason.HomeAddressOptionLength]: {
    section: "RFC 6275 §6.3",
    text: "the Home Address option does not hold 16 octets",
  },
  [Reason.HomeAddressOptionRepeated]: { section: "RFC 6275 §6.3", text: "more than one Home Address option" },
  [Reason.HomeAddressOptionMisplaced]: {
    section: "RFC 6275 §6.3",
    text: "the Home Address option stands before a routing header, or behind a fragment or authentication header",
  },
  [Reason.HomeAddressNotRoutable]: {
    section: "RFC 6275 §9.3.1",
    text: "the address in the Home Address option is not unicast routable",
  },
  [Reason.RoutingType2Length]: {
    section: "RFC 6275 §6.4.1",
    text: "the Hdr Ext Len of a type 2 routing header is not 2",
  },
  [Reason.RoutingType2SegmentsLeft]: {
    section: "RFC 6275 §6.4.1",
    text: "the Segments Left of a type 2 routing header is not 1",
  },
  [Reason.RoutingType2Repeated]: { section: "RFC 6275 §6.4", text: "more than one type 2 routing header" },
  [Reason.RoutingType2NotRoutable]: {
    section: "RFC 6275 §6.4",
    text: "the address in a type 2 routing header is not unicast routable",
  },
  [Reason.RoutingTypeUnrecognized]: {
    section: "RFC 8200 §4.4",
    text: "a routing header of an unknown type has segments left",
  },
  [Reason.AuthenticationHeaderLength]: {
    section: "RFC 4302 §2.2",
    text: "the Authentication Header is shorter than its fixed part",
  },
  [Reason.MobilityTruncated]: {
    section: "RFC 6275 §6.1.1",
    text: "the Mobility Header runs past the end of the packet",
  },
  [Reason.MobilityChecksum]: {
    section: "RFC 6275 §9.2",
    text: "the checksum of the Mobility Header is wrong",
  },
  [Reason.MobilityTypeUnrecognized]: { section: "RFC 6275 §9.2", text: "the MH Type is unknown" },
  [Reason.MobilityPayloadProto]: {
    section: "RFC 6275 §9.2",
    text: "the Payload Proto of the Mobility Header is not 59",
  },
  [Reason.MobilityHeaderLen]: {
    section: "RFC 6275 §9.2",
    text: "the Header Len is too small for the MH Type",
  },
  [Reason.MobilityOptionOverrun]: {
    section: "RFC 6275 §6.2.1",
    text: "a mobility option runs past the end of the message",
  },
  [Reason.MobilityOptionLength]: {
    section: "RFC 6275 §6.2",
    text: "the Option Length of a known mobility option is wrong",
  },
  [Reason.BindingAuthorizationDataNotLast]: {
    section: "RFC 6275 §6.2",
    text: "something follows the Binding Authorization Data option",
  },
  [Reason.AuthenticationOptionNotLast]: {
    section: "RFC 4285 §5",
    text: "an option follows the mobility message authentication option",
  },
  [Reason.Icmpv6Truncated]: {
    section: "RFC 4443 §2.1",
    text: "the ICMPv6 message is shorter than its type needs",
  },
  [Reason.Icmpv6Checksum]: { section: "RFC 4443 §2.3", text: "the ICMPv6 checksum is wrong" },
  [Reason.Icmpv6Code]: { section: "RFC 4861 §6.1", text: "the ICMPv6 code is not 0" },
  [Reason.NeighbourHopLimit]: {
    section: "RFC 4861 §6.1",
    text: "the hop limit of a neighbour discovery message is not 255",
  },
  [Reason.NeighbourOptionLength]: {
    section: "RFC 4861 §4.6",
    text: "a neighbour discovery option has no length or runs past the message",
  },
  [Reason.RouterNotLinkLocal]: {
    section: "RFC 4861 §6.1.2",
    text: "the source of a Router Advertisement is not link-local",
  },
  [Reason.NeighbourTargetMulticast]: { section: "RFC 4861 §7.1", text: "the target is a multicast address" },
  [Reason.NeighbourSolicitedMulticast]: {
    section: "RFC 4861 §7.1.2",
    text: "a multicast Neighbour Advertisement says that it was solicited",
  },
  [Reason.NeighbourUnspecifiedSource]: {
    section: "RFC 4861 §7.1.1",
    text: "a solicitation from :: names a link-layer address or goes to a wrong destination",
  },
};
