import { Reason } from "../core-as/abi/reasons.ts";

/** What a reason means for a person, and the section that demands the refusal. */
export interface ReasonText {
  readonly section: string;
  readonly text: string;
}

/** Refusals that every node on a healthy link has: nothing to look into. */
export const ORDINARY: ReadonlySet<Reason> = new Set([
  Reason.NotForUs, Reason.LinkLocalNotTunnelled, Reason.MulticastNotTunnelled, Reason.MessageNotForThisRole,
]);

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
  [Reason.ListenerReportTooEarly]: {
    section: "RFC 6275 §11.3.4",
    text: "a multicast listener report while the home agent has no binding, or has not asked for reports through the tunnel",
  },
  [Reason.DiscoveryReplyUnexpected]: {
    section: "RFC 6275 §11.4.1",
    text: "a Home Agent Address Discovery Reply that answers no request of this node",
  },
  [Reason.DiscoveryReplyAddresses]: {
    section: "RFC 6275 §6.6",
    text: "a Home Agent Address Discovery Reply without addresses, with too many, or with one that is no home agent's",
  },
  [Reason.PrefixAdvertisementNotFromHomeAgent]: {
    section: "RFC 6275 §11.4.3",
    text: "a Mobile Prefix Advertisement from another than the home agent",
  },
  [Reason.PrefixAdvertisementRoutingHeader]: {
    section: "RFC 6275 §11.4.3",
    text: "a Mobile Prefix Advertisement without a type 2 routing header",
  },
  [Reason.PrefixAdvertisementUnsolicited]: {
    section: "RFC 6275 §11.4.3",
    text: "a Mobile Prefix Advertisement that answers no solicitation; the home agent is asked for another",
  },
  [Reason.HomeAgentsListFull]: {
    section: "RFC 6275 §10.1",
    text: "there are more home agents, or addresses of one, on the home link than the list has room for",
  },
  [Reason.AdvertisementFromOurAddress]: {
    section: "RFC 4861 §6.1.2",
    text: "a Router Advertisement that somebody else sent comes from this home agent's link-local address",
  },
  [Reason.DiscoveryRateLimited]: {
    section: "RFC 6275 §10.5",
    text: "more requests for home agent addresses than this home agent answers in a second",
  },
  [Reason.PrefixSolicitationWithoutHomeAddress]: {
    section: "RFC 6275 §6.7",
    text: "a Mobile Prefix Solicitation without a Home Address option",
  },
  [Reason.PrefixSolicitationTooSoon]: {
    section: "RFC 6275 §6.8",
    text: "a Mobile Prefix Advertisement went to this node less than a second ago",
  },
  [Reason.PrefixAdvertisementsOff]: {
    section: "RFC 6275 §8.4",
    text: "this home agent is configured to send no Mobile Prefix Advertisements",
  },
  [Reason.ListenerHopLimit]: {
    section: "RFC 3810 §5",
    text: "a multicast listener message whose hop limit is not 1",
  },
  [Reason.ListenerReportMalformed]: {
    section: "RFC 3810 §5.2",
    text: "a multicast listener message that is shorter than it says, or about an address that is no group",
  },
  [Reason.MembershipBudgetExhausted]: {
    section: "RFC 6275 §10.4.3",
    text: "a mobile node joins more groups than there is room for",
  },
  [Reason.NoListeners]: {
    section: "RFC 6275 §10.4.2",
    text: "a multicast packet to a group that no mobile node has joined",
  },
  [Reason.MulticastHopLimit]: {
    section: "RFC 8200 §3",
    text: "the hop limit of a multicast packet does not let it go further",
  },
  [Reason.HomeAddressMissing]: {
    section: "RFC 6275 §10.3.1",
    text: "a Binding Update away from home without Home Address option",
  },
  [Reason.SourceNotUnicast]: {
    section: "RFC 6275 §9.5.4",
    text: "the source of a Binding Update is not a unicast address",
  },
  [Reason.CareofNotRoutable]: {
    section: "RFC 6275 §6.1.7",
    text: "the care-of address is not a unicast routable address",
  },
  [Reason.NoSecurityAssociation]: {
    section: "RFC 4285 §5.1.1",
    text: "no security association with this identity, home address or SPI",
  },
  [Reason.AuthenticationMissing]: {
    section: "RFC 4285 §5.1.1",
    text: "the message lacks the authentication option that its security association wants",
  },
  [Reason.AuthenticationFailed]: {
    section: "RFC 4285 §5.1.1",
    text: "the authentication data are not those of the shared key",
  },
  [Reason.ReplayProtectionMissing]: {
    section: "RFC 4285 §6",
    text: "the message lacks the timestamp that its security association wants",
  },
  [Reason.TimestampInvalid]: {
    section: "RFC 4285 §6",
    text: "the timestamp is too far from our clock, or not above the last one: a replay, or a wrong clock",
  },
  [Reason.HomeAddressNotOwned]: {
    section: "RFC 6275 §5.1",
    text: "the identity does not own this home address",
  },
  [Reason.NotHomeSubnet]: {
    section: "RFC 6275 §10.3.1",
    text: "the home address is on no home link that is served here",
  },
  [Reason.SequenceOutOfWindow]: {
    section: "RFC 6275 §9.5.1",
    text: "the sequence number is not above the last one that was accepted",
  },
  [Reason.NoBindingToRemove]: { section: "RFC 6275 §10.3.2", text: "there is no binding to remove" },
  [Reason.BindingBudgetExhausted]: { section: "RFC 6275 §9.5.2", text: "the binding cache is full" },
  [Reason.NotACorrespondentNode]: {
    section: "RFC 6275 §9.5.1",
    text: "a Binding Update that is no home registration: this node is no correspondent node",
  },
  [Reason.NonceIndicesInHomeRegistration]: {
    section: "RFC 6275 §9.5.1",
    text: "a home registration with a Nonce Indices option",
  },
  [Reason.CareofIsHomeAddress]: {
    section: "RFC 6275 §10.3.1",
    text: "the care-of address is a home address or the home agent: packets would go in a circle",
  },
  [Reason.HomeAddressWithoutBinding]: {
    section: "RFC 6275 §9.3.1",
    text: "a Home Address option for which there is no binding",
  },
  [Reason.MessageNotForThisRole]: { section: "RFC 6275 §8", text: "a message that this node has no part in" },
  [Reason.AcknowledgementUnexpected]: {
    section: "RFC 6275 §11.7.3",
    text: "a Binding Acknowledgement that answers no Binding Update of ours",
  },
  [Reason.AcknowledgementRoutingHeader]: {
    section: "RFC 6275 §9.5.4",
    text: "a Binding Acknowledgement without the type 2 routing header to our home address",
  },
  [Reason.TimestampMismatch]: {
    section: "RFC 4285 §6",
    text: "the timestamp of an acknowledgement is not the one that was sent",
  },
  [Reason.NotFromHomeAgent]: {
    section: "RFC 6275 §11.3.3",
    text: "a message of the home agent from another address",
  },
  [Reason.BindingErrorUnexpected]: {
    section: "RFC 6275 §11.3.6",
    text: "a Binding Error from a node with which we have no binding",
  },
  [Reason.RoutingHeaderNotOurs]: {
    section: "RFC 6275 §6.4",
    text: "a type 2 routing header with a home address that is not ours",
  },
  [Reason.AuthenticationRefusalDoubted]: {
    section: "RFC 4285 §5.3",
    text: "a refusal of our authentication: believed only after several in a row",
  },
  [Reason.RefreshTooEarly]: {
    section: "RFC 6275 §11.7.4",
    text: "a wish for a Binding Update so soon after the last one",
  },
  [Reason.HomePrefixesTooMany]: {
    section: "RFC 6275 §6.8",
    text: "a Mobile Prefix Advertisement with more prefixes than a home link has",
  },
  [Reason.HomeAddressDuplicate]: {
    section: "RFC 6275 §10.3.1",
    text: "somebody else on the home link has the home address",
  },
  [Reason.UpdateBeingChecked]: {
    section: "RFC 6275 §10.3.1",
    text: "the same Binding Update waits for duplicate address detection already",
  },
  [Reason.LinkLocalNotDerivable]: {
    section: "RFC 6275 §10.3.1",
    text: "no link-local address can be made of a home address whose prefix has not 64 bits",
  },
  [Reason.HomePrefixEnding]: {
    section: "RFC 6275 §10.3.1",
    text: "the home prefix is valid for less than one unit of lifetime",
  },
  [Reason.OwnNeighbourMessage]: {
    section: "RFC 4862 §5.4.3",
    text: "a neighbour discovery message of this node's own came back from the link",
  },
  [Reason.NodeNotOnHomeLink]: {
    section: "RFC 6275 §10.3.2",
    text: "a node that was to be answered on the home link did not say where it is",
  },
  [Reason.TunnelSourceNotBound]: {
    section: "RFC 6275 §10.4.5",
    text: "a tunnelled packet whose inner source is not bound to its outer source",
  },
  [Reason.TunnelNotFromHomeAgent]: {
    section: "RFC 6275 §11.3.3",
    text: "a tunnelled packet that does not come from the home agent",
  },
  [Reason.TunnelInnerNotOurs]: {
    section: "RFC 6275 §11.3.3",
    text: "a tunnelled packet that is not for our home address",
  },
  [Reason.InnerMalformed]: { section: "RFC 2473 §3.3", text: "the inner packet is damaged" },
  [Reason.CongestionLost]: {
    section: "RFC 6040 §4.2",
    text: "congestion was marked on a packet that cannot carry the mark",
  },
  [Reason.PacketTooBig]: {
    section: "RFC 2473 §7.1",
    text: "the packet does not fit the tunnel; its sender was told the size",
  },
  [Reason.RecursiveEncapsulation]: {
    section: "RFC 2473 §4.1.2",
    text: "the packet has been through this tunnel already",
  },
  [Reason.EncapsulationLimit]: { section: "RFC 2473 §4.1.1", text: "the packet forbids one more tunnel" },
  [Reason.NoBinding]: {
    section: "RFC 6275 §10.4.1",
    text: "no binding for the destination: the mobile node is not registered",
  },
  [Reason.NoPath]: { section: "RFC 6275 §11.3.1", text: "no registered care-of address to send from" },
  [Reason.InnerSourceNotHome]: {
    section: "RFC 6275 §11.3.1",
    text: "a packet for the tunnel whose source is not the home address",
  },
  [Reason.LinkLocalNotTunnelled]: {
    section: "RFC 6275 §10.4.2",
    text: "link-local addresses do not go through a tunnel",
  },
  [Reason.MulticastNotTunnelled]: {
    section: "RFC 6275 §10.4.2",
    text: "this multicast does not go through the tunnel",
  },
  [Reason.FragmentMalformed]: {
    section: "RFC 8200 §4.5",
    text: "a fragment with a length or place that cannot be",
  },
  [Reason.FragmentOverlap]: {
    section: "RFC 8200 §4.5",
    text: "fragments overlap: the whole packet is given up",
  },
  [Reason.ReassemblyFull]: {
    section: "RFC 8200 §4.5",
    text: "as many packets are being reassembled as may be at once",
  },
  [Reason.ReassemblyTimeout]: { section: "RFC 8200 §4.5", text: "fragments are missing after a minute" },
  [Reason.IcmpNotOurs]: {
    section: "RFC 2473 §8",
    text: "an ICMPv6 error about a packet that did not go through a tunnel of ours",
  },
  [Reason.UpperProtocolUnknown]: {
    section: "RFC 8200 §4",
    text: "a protocol that this node does not handle on the access side",
  },
  [Reason.PathMtuImplausible]: {
    section: "RFC 8201 §4",
    text: "a Packet Too Big that reports less than IPv6 allows, or more than the path had",
  },
  [Reason.RouteOptimisationDisabled]: {
    section: "RFC 6275 §8.2",
    text: "route optimisation is switched off: no node may bind a route here",
  },
  [Reason.TestInitWithHomeAddress]: {
    section: "RFC 6275 §9.4.1",
    text: "a Home or Care-of Test Init with a Home Address option",
  },
  [Reason.TestInitRateLimited]: {
    section: "RFC 6275 §15.4.5",
    text: "more Home and Care-of Test Init messages in a second than are answered",
  },
  [Reason.HomeRegistrationNotSupported]: {
    section: "RFC 6275 §10.3.1",
    text: "a home registration: this node is no home agent",
  },
  [Reason.RegistrationTypeChange]: {
    section: "RFC 6275 §9.5.1",
    text: "a home registration where there is a binding made by return routability, or the other way round",
  },
  [Reason.NonceIndicesMissing]: {
    section: "RFC 6275 §9.5.1",
    text: "a Binding Update to a correspondent node without a Nonce Indices option",
  },
  [Reason.BindingAuthorizationDataMissing]: {
    section: "RFC 6275 §9.5.1",
    text: "a Binding Update to a correspondent node without a Binding Authorization Data option",
  },
  [Reason.NonceIndexExpired]: {
    section: "RFC 6275 §9.5.1",
    text: "a nonce index that is too old or was never given",
  },
  [Reason.AuthenticatorInvalid]: {
    section: "RFC 6275 §9.5.1",
    text: "the authenticator is not that of the keygen tokens: a forgery",
  },
  [Reason.BindingUpdateReplayed]: {
    section: "RFC 6275 §5.2.8",
    text: "a Binding Update with the nonces of a binding that has ended: a replay",
  },
  [Reason.BindingCircular]: {
    section: "RFC 6275 §6.1.8",
    text: "the care-of address is our own or a bound home address: packets would go in a circle",
  },
  [Reason.HomeAddressIsOwn]: {
    section: "RFC 6275 §9.5.1",
    text: "a Binding Update that would bind an address of this node itself",
  },
  [Reason.TestNotInProgress]: {
    section: "RFC 6275 §11.6.2",
    text: "a Home Test or Care-of Test that nobody waits for, or whose token is there already",
  },
  [Reason.TestCookieMismatch]: {
    section: "RFC 6275 §11.6.2",
    text: "a Home Test or Care-of Test whose cookie is not the one that was sent last",
  },
  [Reason.HomeTestNotTunnelled]: {
    section: "RFC 6275 §11.6.2",
    text: "a Home Test that did not come to the home address through the tunnel",
  },
  [Reason.CareofTestElsewhere]: {
    section: "RFC 6275 §11.6.2",
    text: "a Care-of Test for another address than the care-of address that is tested",
  },
  [Reason.TestWithHomeAddress]: {
    section: "RFC 6275 §11.6.2",
    text: "a Home Test or Care-of Test with a Home Address option: its source is not the correspondent",
  },
  [Reason.AcknowledgementNotAuthorized]: {
    section: "RFC 6275 §11.7.3",
    text: "a correspondent's Binding Acknowledgement without Binding Authorization Data",
  },
  [Reason.AcknowledgementForged]: {
    section: "RFC 6275 §11.7.3",
    text: "the Binding Authorization Data of a Binding Acknowledgement are wrong",
  },
  [Reason.BindingErrorDoubted]: {
    section: "RFC 6275 §11.3.6",
    text: "a Binding Error while packets of its sender keep coming by the direct way",
  },
  [Reason.PeerErrorDoubted]: {
    section: "RFC 6275 §11.3.5",
    text: "an ICMPv6 error that does not quote what was sent to the correspondent, or that its packets contradict",
  },
  [Reason.HomeAddressOptionRefused]: {
    section: "RFC 6275 §11.3.5",
    text: "an ICMPv6 error says that a correspondent does not know the Home Address option; it is only noted",
  },
  [Reason.RefreshNotFromPeer]: {
    section: "RFC 6275 §11.7.4",
    text: "a Binding Refresh Request of somebody who has no binding of this node",
  },
  [Reason.Ipv4Truncated]: { section: "RFC 791 §3.1", text: "the packet is shorter than its IPv4 header or its Total Length says" },
  [Reason.Ipv4HeaderLength]: { section: "RFC 791 §3.1", text: "the length of the IPv4 header is less than five words" },
  [Reason.Ipv4Checksum]: { section: "RFC 1122 §3.2.1.2", text: "the checksum of the IPv4 header is wrong" },
  [Reason.Ipv4Unroutable]: { section: "RFC 1122 §3.2.1.3", text: "an IPv4 address is no unicast address that packets can have" },
  [Reason.DatagramNotIp]: { section: "RFC 5555 §4.1", text: "a datagram to the tunnel's port holds neither IPv4 nor IPv6" },
  [Reason.DatagramMessageMisplaced]: {
    section: "RFC 5555 §4.2",
    text: "a mobility message in a datagram is not from a home address to the home agent, or the other way",
  },
  [Reason.UdpIpv6NotServed]: { section: "RFC 5555 §4.1", text: "UDP over IPv6 is not switched on here" },
  [Reason.Ipv4NotServed]: { section: "RFC 5555 §4.5", text: "IPv4 is not switched on here" },
  [Reason.Ipv4CareofMissing]: {
    section: "RFC 5555 §2.3.2.1",
    text: "a Binding Update by IPv4 has no IPv4 care-of address option",
  },
  [Reason.Ipv4CareofUnroutable]: {
    section: "RFC 5555 §3.1.2",
    text: "the IPv4 care-of address is no unicast address that packets can have",
  },
  [Reason.UdpNotForced]: { section: "RFC 5555 §4.5", text: "a mobile node wants UDP without a NAT, which is not allowed here" },
  [Reason.Ipv4HomeAddressInvalid]: {
    section: "RFC 5555 §3.1.1",
    text: "an IPv4 home address option asks for a prefix of no bits, or for an address that is none",
  },
  [Reason.Ipv4HomeAddressNotOwned]: {
    section: "RFC 5555 §4.5",
    text: "the IPv4 home address is not allocated to this mobile node",
  },
  [Reason.Ipv4PoolExhausted]: { section: "RFC 5555 §4.5", text: "no IPv4 home address is left to lease" },
  [Reason.Ipv4PrefixUnauthorized]: { section: "RFC 5555 §4.5", text: "IPv4 prefixes are not allocated to this mobile node" },
  [Reason.MappingUnknown]: {
    section: "RFC 5555 §2.3.2.2",
    text: "a datagram of a bound home address came from another address or port than its binding has",
  },
  [Reason.Icmpv4Malformed]: { section: "RFC 792", text: "an ICMP message over IPv4 is cut short or damaged" },
  [Reason.ArpMalformed]: { section: "RFC 826", text: "an ARP message is cut short, or not about IPv4 on Ethernet" },
  [Reason.ProbeRefused]: { section: "mext", text: "probes are not answered here, or there were too many" },
  [Reason.ProbeUnexpected]: { section: "mext", text: "the answer to a probe that was not sent" },
  [Reason.SegmentationMalformed]: {
    section: "virtio 1.2 §5.1.6.2",
    text: "a large packet of the host does not fit its segmentation header",
  },
  [Reason.NotUdpEncapsulated]: {
    section: "RFC 5555 §4.4.2",
    text: "a Binding Update by IPv4 did not come in UDP",
  },
  [Reason.DatagramPortMissing]: { section: "RFC 768", text: "a datagram has no source port, so nobody could answer it" },
  [Reason.Ipv4Fragment]: { section: "RFC 791 §3.2", text: "a fragment by IPv4 came here: the host puts them together" },
  [Reason.OutputFull]: { section: "mext, budgets", text: "room for the results of one call was used up" },
  [Reason.ErrorRateLimited]: {
    section: "RFC 4443 §2.4(f)",
    text: "an answer was not sent: errors are limited in rate",
  },
  [Reason.NotForUs]: { section: "RFC 8200 §3", text: "the destination is not an address of ours" },
  [Reason.UnknownDevice]: {
    section: "mext, budgets",
    text: "it came from a device that the host has not added",
  },
  [Reason.TimersFull]: { section: "mext, budgets", text: "the budget of timers is used up" },
  [Reason.PacketTooLarge]: {
    section: "mext, budgets",
    text: "the packet is larger than an input slot or a reassembly buffer",
  },
  [Reason.NotConfigured]: { section: "mext, budgets", text: "the role has not been told who it is" },
};
