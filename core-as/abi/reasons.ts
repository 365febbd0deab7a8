/**
 * Why a packet was refused. Each reason has a number that never changes, the section that demands
 * it, and a counter; `bindings/reasons.ts` has the sentence for people.
 *
 *   1– 39  IPv6 header and extension headers        70– 99  ICMPv6 and neighbour discovery
 *  40– 69  Mobility Header and mobility options    100–149  authentication and bindings
 * 150–179  tunnel                                  180–199  the engine's own limits
 * 200–219  correspondent node                      220–239  route optimisation of a mobile node
 * 240–269  IPv4, UDP and NATs
 */
export enum Reason {
  None = 0,

  // IPv6 header and extension headers
  NotIpv6 = 1, // RFC 8200 §3
  Ipv6Truncated = 2, // RFC 8200 §3
  ExtensionTruncated = 3, // RFC 8200 §4
  TooManyExtensionHeaders = 4, // RFC 8504 §5.3
  HopByHopNotFirst = 5, // RFC 8200 §4.3
  OptionOverrun = 6, // RFC 8200 §4.2
  OptionDiscard = 7, // RFC 8200 §4.2
  OptionUnrecognized = 8, // RFC 8200 §4.2
  HomeAddressOptionLength = 9, // RFC 6275 §6.3
  HomeAddressOptionRepeated = 10, // RFC 6275 §6.3
  HomeAddressOptionMisplaced = 11, // RFC 6275 §6.3
  HomeAddressNotRoutable = 12, // RFC 6275 §9.3.1
  RoutingType2Length = 13, // RFC 6275 §6.4.1
  RoutingType2SegmentsLeft = 14, // RFC 6275 §6.4.1
  RoutingType2Repeated = 15, // RFC 6275 §6.4
  RoutingType2NotRoutable = 16, // RFC 6275 §6.4
  RoutingTypeUnrecognized = 17, // RFC 8200 §4.4
  AuthenticationHeaderLength = 18, // RFC 4302 §2.2

  // Mobility Header and mobility options
  MobilityTruncated = 40, // RFC 6275 §6.1.1
  MobilityChecksum = 41, // RFC 6275 §9.2
  MobilityTypeUnrecognized = 42, // RFC 6275 §9.2
  MobilityPayloadProto = 43, // RFC 6275 §9.2
  MobilityHeaderLen = 44, // RFC 6275 §9.2
  MobilityOptionOverrun = 45, // RFC 6275 §6.2.1
  MobilityOptionLength = 46, // RFC 6275 §6.2
  BindingAuthorizationDataNotLast = 47, // RFC 6275 §6.2
  AuthenticationOptionNotLast = 48, // RFC 4285 §5

  // ICMPv6 and neighbour discovery
  Icmpv6Truncated = 70, // RFC 4443 §2.1
  Icmpv6Checksum = 71, // RFC 4443 §2.3
  Icmpv6Code = 72, // RFC 4861 §6.1
  NeighbourHopLimit = 73, // RFC 4861 §6.1
  NeighbourOptionLength = 74, // RFC 4861 §4.6
  RouterNotLinkLocal = 75, // RFC 4861 §6.1.2
  NeighbourTargetMulticast = 76, // RFC 4861 §7.1
  NeighbourSolicitedMulticast = 77, // RFC 4861 §7.1.2
  NeighbourUnspecifiedSource = 78, // RFC 4861 §7.1.1
  ListenerReportTooEarly = 90, // RFC 6275 §11.3.4
  DiscoveryReplyUnexpected = 95, // RFC 6275 §11.4.1
  DiscoveryReplyAddresses = 96, // RFC 6275 §6.6
  PrefixAdvertisementNotFromHomeAgent = 97, // RFC 6275 §11.4.3
  PrefixAdvertisementRoutingHeader = 98, // RFC 6275 §11.4.3
  PrefixAdvertisementUnsolicited = 99, // RFC 6275 §11.4.3
  // a home agent's discovery, prefix advertisements and multicast
  HomeAgentsListFull = 79, // RFC 6275 §10.1
  AdvertisementFromOurAddress = 80, // RFC 4861 §6.1.2
  DiscoveryRateLimited = 81, // RFC 6275 §10.5
  PrefixSolicitationWithoutHomeAddress = 82, // RFC 6275 §6.7
  PrefixSolicitationTooSoon = 83, // RFC 6275 §6.8
  PrefixAdvertisementsOff = 84, // RFC 6275 §8.4
  ListenerHopLimit = 85, // RFC 3810 §5
  ListenerReportMalformed = 86, // RFC 3810 §5.2
  MembershipBudgetExhausted = 87, // RFC 6275 §10.4.3
  NoListeners = 88, // RFC 6275 §10.4.2
  MulticastHopLimit = 89, // RFC 8200 §3

  // authentication and bindings
  HomeAddressMissing = 100, // RFC 6275 §10.3.1
  SourceNotUnicast = 101, // RFC 6275 §9.5.4
  CareofNotRoutable = 102, // RFC 6275 §6.1.7
  NoSecurityAssociation = 104, // RFC 4285 §5.1.1
  AuthenticationMissing = 105, // RFC 4285 §5.1.1
  AuthenticationFailed = 106, // RFC 4285 §5.1.1
  ReplayProtectionMissing = 107, // RFC 4285 §6
  TimestampInvalid = 108, // RFC 4285 §6
  HomeAddressNotOwned = 109, // RFC 6275 §5.1
  NotHomeSubnet = 110, // RFC 6275 §10.3.1
  SequenceOutOfWindow = 111, // RFC 6275 §9.5.1
  NoBindingToRemove = 112, // RFC 6275 §10.3.2
  BindingBudgetExhausted = 113, // RFC 6275 §9.5.2
  NotACorrespondentNode = 114, // RFC 6275 §9.5.1
  NonceIndicesInHomeRegistration = 115, // RFC 6275 §9.5.1
  CareofIsHomeAddress = 116, // RFC 6275 §10.3.1
  HomeAddressWithoutBinding = 117, // RFC 6275 §9.3.1
  MessageNotForThisRole = 118, // RFC 6275 §8
  AcknowledgementUnexpected = 119, // RFC 6275 §11.7.3
  AcknowledgementRoutingHeader = 120, // RFC 6275 §9.5.4
  TimestampMismatch = 121, // RFC 4285 §6
  NotFromHomeAgent = 122, // RFC 6275 §11.3.3
  BindingErrorUnexpected = 123, // RFC 6275 §11.3.6
  RoutingHeaderNotOurs = 124, // RFC 6275 §6.4
  AuthenticationRefusalDoubted = 125, // RFC 4285 §5.3
  RefreshTooEarly = 126, // RFC 6275 §11.7.4
  HomePrefixesTooMany = 139, // RFC 6275 §6.8
  HomeAddressDuplicate = 132, // RFC 6275 §10.3.1
  UpdateBeingChecked = 133, // RFC 6275 §10.3.1
  LinkLocalNotDerivable = 135, // RFC 6275 §10.3.1
  HomePrefixEnding = 136, // RFC 6275 §10.3.1
  OwnNeighbourMessage = 137, // RFC 4862 §5.4.3
  NodeNotOnHomeLink = 138, // RFC 6275 §10.3.2

  // tunnel
  TunnelSourceNotBound = 150, // RFC 6275 §10.4.5
  TunnelNotFromHomeAgent = 151, // RFC 6275 §11.3.3
  TunnelInnerNotOurs = 152, // RFC 6275 §11.3.3
  InnerMalformed = 153, // RFC 2473 §3.3
  CongestionLost = 154, // RFC 6040 §4.2
  PacketTooBig = 155, // RFC 2473 §7.1
  RecursiveEncapsulation = 156, // RFC 2473 §4.1.2
  EncapsulationLimit = 157, // RFC 2473 §4.1.1
  NoBinding = 158, // RFC 6275 §10.4.1
  NoPath = 159, // RFC 6275 §11.3.1
  InnerSourceNotHome = 160, // RFC 6275 §11.3.1
  LinkLocalNotTunnelled = 161, // RFC 6275 §10.4.2
  MulticastNotTunnelled = 162, // RFC 6275 §10.4.2
  FragmentMalformed = 163, // RFC 8200 §4.5
  FragmentOverlap = 164, // RFC 8200 §4.5
  ReassemblyFull = 165, // RFC 8200 §4.5
  ReassemblyTimeout = 166, // RFC 8200 §4.5
  IcmpNotOurs = 168, // RFC 2473 §8
  UpperProtocolUnknown = 169, // RFC 8200 §4
  PathMtuImplausible = 170, // RFC 8201 §4

  // correspondent node
  RouteOptimisationDisabled = 200, // RFC 6275 §8.2
  TestInitWithHomeAddress = 201, // RFC 6275 §9.4.1
  TestInitRateLimited = 202, // RFC 6275 §15.4.5
  HomeRegistrationNotSupported = 203, // RFC 6275 §10.3.1
  RegistrationTypeChange = 204, // RFC 6275 §9.5.1
  NonceIndicesMissing = 205, // RFC 6275 §9.5.1
  BindingAuthorizationDataMissing = 206, // RFC 6275 §9.5.1
  NonceIndexExpired = 207, // RFC 6275 §9.5.1
  AuthenticatorInvalid = 208, // RFC 6275 §9.5.1
  BindingUpdateReplayed = 209, // RFC 6275 §5.2.8
  BindingCircular = 210, // RFC 6275 §6.1.8
  HomeAddressIsOwn = 211, // RFC 6275 §9.5.1

  // route optimisation of a mobile node
  TestNotInProgress = 220, // RFC 6275 §11.6.2
  TestCookieMismatch = 221, // RFC 6275 §11.6.2
  HomeTestNotTunnelled = 222, // RFC 6275 §11.6.2
  CareofTestElsewhere = 223, // RFC 6275 §11.6.2
  TestWithHomeAddress = 224, // RFC 6275 §11.6.2
  AcknowledgementNotAuthorized = 225, // RFC 6275 §11.7.3
  AcknowledgementForged = 226, // RFC 6275 §11.7.3
  BindingErrorDoubted = 227, // RFC 6275 §11.3.6
  PeerErrorDoubted = 228, // RFC 6275 §11.3.5
  HomeAddressOptionRefused = 229, // RFC 6275 §11.3.5
  RefreshNotFromPeer = 230, // RFC 6275 §11.7.4

  // IPv4, UDP and NATs
  Ipv4Truncated = 240, // RFC 791 §3.1
  Ipv4HeaderLength = 241, // RFC 791 §3.1
  Ipv4Checksum = 242, // RFC 1122 §3.2.1.2
  Ipv4Unroutable = 243, // RFC 1122 §3.2.1.3
  DatagramNotIp = 244, // RFC 5555 §4.1
  DatagramMessageMisplaced = 245, // RFC 5555 §4.2
  UdpIpv6NotServed = 246, // RFC 5555 §4.1
  Ipv4NotServed = 247, // RFC 5555 §4.5
  Ipv4CareofMissing = 248, // RFC 5555 §2.3.2.1
  Ipv4CareofUnroutable = 249, // RFC 5555 §3.1.2
  UdpNotForced = 250, // RFC 5555 §4.5
  Ipv4HomeAddressInvalid = 251, // RFC 5555 §3.1.1
  Ipv4HomeAddressNotOwned = 252, // RFC 5555 §4.5
  Ipv4PoolExhausted = 253, // RFC 5555 §4.5
  Ipv4PrefixUnauthorized = 254, // RFC 5555 §4.5
  MappingUnknown = 255, // RFC 5555 §2.3.2.2
  Icmpv4Malformed = 256, // RFC 792
  ArpMalformed = 257, // RFC 826
  ProbeRefused = 258, // our own extension
  ProbeUnexpected = 259, // our own extension
  SegmentationMalformed = 260, // virtio 1.2 §5.1.6.2
  NotUdpEncapsulated = 261, // RFC 5555 §4.4.2
  Ipv4Fragment = 262, // RFC 791 §3.2
  DatagramPortMissing = 263, // RFC 768

  // the engine's own limits
  OutputFull = 180, // room for output used up in one call
  ErrorRateLimited = 181, // RFC 4443 §2.4(f)
  NotForUs = 182, // RFC 8200 §3
  UnknownDevice = 183, // input names a device that the host has not added
  TimersFull = 184, // the budget of timers is used up
  PacketTooLarge = 185, // longer than a slot
  NotConfigured = 186, // the role has not been told who it is
}

/** One past the largest reason: the number of counters. */
export const REASON_COUNT = 270;
