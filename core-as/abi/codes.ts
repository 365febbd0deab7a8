/**
 * The protocol's own numbers, as registered at IANA: read by the core and by every host.
 *
 * Enumerations are in the order of the numbers. Times are in milliseconds, whatever the RFC's unit.
 */

/** IPv6 Next Header values (RFC 8200 §4), protocols of IPv4. */
export enum NextHeader {
  HopByHop = 0,
  Icmpv4 = 1,
  Ipv4 = 4,
  Tcp = 6,
  Udp = 17,
  Ipv6 = 41,
  Routing = 43,
  Fragment = 44,
  Esp = 50,
  Authentication = 51,
  Icmpv6 = 58,
  None = 59,
  Destination = 60,
  Mobility = 135,
}

/** Options of the Hop-by-Hop and Destination Options headers (RFC 8200 §4.2). */
export enum OptionType {
  Pad1 = 0,
  PadN = 1,
  /** RFC 2473 §4.1.1 */
  TunnelEncapsulationLimit = 4,
  RouterAlert = 5,
  JumboPayload = 0xc2,
  /** RFC 6275 §6.3 */
  HomeAddress = 0xc9,
}

/** What to do about an unknown option: its two highest-order bits (RFC 8200 §4.2). */
export enum OptionAction {
  Skip = 0,
  Discard = 1,
  ParameterProblem = 2,
  ParameterProblemUnlessMulticast = 3,
}

/** Routing Type of the Routing header that carries a home address (RFC 6275 §6.4). */
export const ROUTING_TYPE_2 = 2;

/** MH Type (RFC 6275 §6.1; 8 to 10 RFC 5568, 11 RFC 5096, 12 RFC 5142, 13 RFC 5847, ...). */
export enum MobilityHeaderType {
  BindingRefreshRequest = 0,
  HomeTestInit = 1,
  CareofTestInit = 2,
  HomeTest = 3,
  CareofTest = 4,
  BindingUpdate = 5,
  BindingAcknowledgement = 6,
  BindingError = 7,
  FastBindingUpdate = 8,
  FastBindingAcknowledgement = 9,
  FastNeighbourAdvertisement = 10,
  Experimental = 11,
  HomeAgentSwitch = 12,
  Heartbeat = 13,
  HandoverInitiate = 14,
  HandoverAcknowledge = 15,
  BindingRevocation = 16,
  LocalizedRoutingInitiation = 17,
  LocalizedRoutingAcknowledgement = 18,
  UpdateNotification = 19,
  UpdateNotificationAcknowledgement = 20,
  FlowBinding = 21,
}

/** Mobility options (RFC 6275 §6.2 and the RFCs named below). */
export enum MobilityOptionType {
  Pad1 = 0,
  PadN = 1,
  BindingRefreshAdvice = 2,
  AlternateCareofAddress = 3,
  NonceIndices = 4,
  BindingAuthorizationData = 5,
  /** RFC 3963 */
  MobileNetworkPrefix = 6,
  /** RFC 5568 */
  MobilityHeaderLinkLayerAddress = 7,
  /** RFC 4283 */
  MobileNodeIdentifier = 8,
  /** RFC 4285 §5: the mobility message authentication option */
  Authentication = 9,
  /** RFC 4285 §6: the mobility message replay protection option */
  ReplayProtection = 10,
  /** RFC 4866, up to 16 */
  CgaParametersRequest = 11,
  CgaParameters = 12,
  Signature = 13,
  PermanentHomeKeygenToken = 14,
  CareofTestInit = 15,
  CareofTest = 16,
  /** RFC 5026 */
  DnsUpdate = 17,
  /** RFC 5096 */
  Experimental = 18,
  /** RFC 5094 */
  VendorSpecific = 19,
  /** RFC 5149 */
  ServiceSelection = 20,
  /** RFC 5568 */
  BindingAuthorizationDataForFmipv6 = 21,
  /** RFC 5213, up to 27 */
  HomeNetworkPrefix = 22,
  HandoffIndicator = 23,
  AccessTechnologyType = 24,
  MobileNodeLinkLayerIdentifier = 25,
  LinkLocalAddress = 26,
  Timestamp = 27,
  /** RFC 5847 */
  RestartCounter = 28,
  /** RFC 5555, up to 32 */
  Ipv4HomeAddress = 29,
  Ipv4AddressAcknowledgement = 30,
  NatDetection = 31,
  Ipv4CareofAddress = 32,
  /** RFC 5845 */
  GreKey = 33,
  /** RFC 5568 */
  MobilityHeaderIpv6AddressPrefix = 34,
  /** RFC 5648 */
  BindingIdentifier = 35,
  /** RFC 5844, up to 39 */
  Ipv4HomeAddressRequest = 36,
  Ipv4HomeAddressReply = 37,
  Ipv4DefaultRouterAddress = 38,
  Ipv4DhcpSupportMode = 39,
  /** RFC 6089 */
  FlowSummary = 44,
  FlowIdentification = 45,
  /** RFC 6463, up to 49 */
  RedirectCapability = 46,
  Redirect = 47,
  LoadInformation = 48,
  AlternateIpv4CareofAddress = 49,
}

/** Subtype of the Mobile Node Identifier option: a network access identifier (RFC 4283 §3.1). */
export const MOBILE_NODE_IDENTIFIER_NAI = 1;

/** Subtypes of the mobility message authentication option (RFC 4285 §5.1, §5.2). */
export enum AuthenticationSubtype {
  MobileNodeHomeAgent = 1,
  MobileNodeAaa = 2,
}

/** Mobility SPIs up to this one are reserved (RFC 4285 §5.1). */
export const MOBILITY_SPI_RESERVED_MAX = 255;

/** Octets of either authenticator: the first 96 bits of HMAC_SHA1 (RFC 6275 §6.2.7, RFC 4285 §5.1). */
export const AUTHENTICATOR_BYTES = 12;

/** The 16 bits after the Sequence # of a Binding Update (RFC 6275 §6.1.7 and the RFCs named below). */
export enum BindingUpdateFlag {
  Acknowledge = 0x8000,
  HomeRegistration = 0x4000,
  LinkLocalAddressCompatibility = 0x2000,
  KeyManagementMobility = 0x1000,
  /** RFC 5380 */
  MapRegistration = 0x0800,
  /** RFC 3963 */
  MobileRouter = 0x0400,
  /** RFC 5213 */
  ProxyRegistration = 0x0200,
  /** RFC 5555 */
  ForceUdpEncapsulation = 0x0100,
  /** RFC 5845 */
  TypeLengthValueHeader = 0x0080,
  /** RFC 5648 §4.2 */
  Overwrite = 0x0040,
}

/** The octet after the Status of a Binding Acknowledgement (RFC 6275 §6.1.8 and the RFCs named below). */
export enum BindingAcknowledgementFlag {
  KeyManagementMobility = 0x80,
  /** RFC 3963 */
  MobileRouter = 0x40,
  /** RFC 5213 */
  ProxyRegistration = 0x20,
}

/** Status of a Binding Acknowledgement: below 128 accepted, from 128 rejected (RFC 6275 §6.1.8). */
export enum BindingAcknowledgementStatus {
  Accepted = 0,
  PrefixDiscoveryNecessary = 1,
  /** RFC 5648 §4.4: 4, 5, 164 to 169 */
  McoaNotComplete = 4,
  McoaReturnHomeWithoutNdp = 5,
  ReasonUnspecified = 128,
  AdministrativelyProhibited = 129,
  InsufficientResources = 130,
  HomeRegistrationNotSupported = 131,
  NotHomeSubnet = 132,
  NotHomeAgentForThisMobileNode = 133,
  DuplicateAddressDetectionFailed = 134,
  SequenceNumberOutOfWindow = 135,
  ExpiredHomeNonceIndex = 136,
  ExpiredCareofNonceIndex = 137,
  ExpiredNonces = 138,
  RegistrationTypeChangeDisallowed = 139,
  /** RFC 3963 §4.2: 140 to 143 */
  MobileRouterOperationNotPermitted = 140,
  InvalidPrefix = 141,
  NotAuthorizedForPrefix = 142,
  ForwardingSetupFailed = 143,
  /**
   * RFC 4285 §8: MIPV6-ID-MISMATCH, MIPV6-MESG-ID-REQD, MIPV6-AUTH-FAIL. RFC 5555 §4.5 uses 144 as well, for a UDP
   * encapsulation that is not to be forced: there, without a replay protection option.
   */
  IdentificationMismatch = 144,
  MessageIdentifierRequired = 145,
  AuthenticationFailed = 146,
  /** RFC 4866 §5.7: 147 to 150 */
  PermanentHomeKeygenTokenUnavailable = 147,
  CgaAndSignatureVerificationFailed = 148,
  PermanentHomeKeygenTokenExists = 149,
  NonNullHomeNonceIndexExpected = 150,
  /** RFC 5149 */
  ServiceAuthorizationFailed = 151,
  McoaMalformed = 164,
  McoaNonMcoaBindingExists = 165,
  McoaProhibited = 166,
  McoaUnknownCareofAddress = 167,
  McoaBulkRegistrationProhibited = 168,
  McoaSimultaneousHomeAndForeignProhibited = 169,
  InvalidCareofAddress = 174,
}

/** The first status that rejects a Binding Update (RFC 6275 §6.1.8). */
export const BINDING_REJECTED_MIN = 128;

/** Status of a Binding Error (RFC 6275 §6.1.9). */
export enum BindingErrorStatus {
  UnknownBinding = 1,
  UnrecognizedMobilityHeaderType = 2,
}

/** ICMPv6 types (RFC 4443 §2.1, RFC 4861 §4, RFC 6275 §6.5 to §6.8). */
export enum Icmpv6Type {
  DestinationUnreachable = 1,
  PacketTooBig = 2,
  TimeExceeded = 3,
  ParameterProblem = 4,
  EchoRequest = 128,
  EchoReply = 129,
  /** RFC 2710 §3, RFC 3810 §5.1 */
  ListenerQuery = 130,
  ListenerReport = 131,
  ListenerDone = 132,
  RouterSolicitation = 133,
  RouterAdvertisement = 134,
  NeighbourSolicitation = 135,
  NeighbourAdvertisement = 136,
  Redirect = 137,
  /** RFC 3810 §5.2 */
  ListenerReport2 = 143,
  HomeAgentAddressDiscoveryRequest = 144,
  HomeAgentAddressDiscoveryReply = 145,
  MobilePrefixSolicitation = 146,
  MobilePrefixAdvertisement = 147,
}

/** ICMP types over IPv4 (RFC 792). */
export enum Icmpv4Type {
  EchoReply = 0,
  DestinationUnreachable = 3,
  SourceQuench = 4,
  Redirect = 5,
  EchoRequest = 8,
  TimeExceeded = 11,
  ParameterProblem = 12,
}

/** Codes of Destination Unreachable over IPv4 (RFC 792, RFC 1812 §5.2.7.1). */
export enum Icmpv4UnreachableCode {
  Network = 0,
  Host = 1,
  Protocol = 2,
  Port = 3,
  FragmentationNeeded = 4,
}

/** What a multicast address record of a version 2 report says (RFC 3810 §5.2.12). */
export enum ListenerRecordType {
  ModeIsInclude = 1,
  ModeIsExclude = 2,
  ChangeToInclude = 3,
  ChangeToExclude = 4,
  AllowNewSources = 5,
  BlockOldSources = 6,
}

/** Scopes of multicast addresses (RFC 4291 §2.7). */
export enum MulticastScope {
  Link = 2,
  Global = 14,
}

/** Codes of Destination Unreachable (RFC 4443 §3.1). */
export enum UnreachableCode {
  NoRoute = 0,
  AdministrativelyProhibited = 1,
  BeyondScopeOfSourceAddress = 2,
  AddressUnreachable = 3,
  PortUnreachable = 4,
  SourceAddressFailedPolicy = 5,
  RejectRoute = 6,
}

/** Codes of Time Exceeded (RFC 4443 §3.3). */
export enum TimeExceededCode {
  HopLimit = 0,
  FragmentReassembly = 1,
}

/** Codes of Parameter Problem (RFC 4443 §3.4). */
export enum ParameterProblemCode {
  ErroneousHeaderField = 0,
  UnrecognizedNextHeader = 1,
  UnrecognizedOption = 2,
}

/** Neighbour Discovery options (RFC 4861 §4.6, RFC 6275 §7.3, §7.4). */
export enum NeighbourOptionType {
  SourceLinkLayerAddress = 1,
  TargetLinkLayerAddress = 2,
  PrefixInformation = 3,
  RedirectedHeader = 4,
  Mtu = 5,
  AdvertisementInterval = 7,
  HomeAgentInformation = 8,
}

/** The minimum MTU of an IPv6 link in octets (RFC 8200 §5). */
export const MINIMUM_MTU = 1280;

/** What every host takes by IPv4, octets (RFC 791 §3.1): no path that tunnels are good for is narrower. */
export const LEAST_IPV4_MTU = 576;

/** The unit of every Lifetime and Refresh Interval field of a mobility message (RFC 6275 §6.1.7). */
export const LIFETIME_UNIT_MS = 4000;

// RFC 6275 §12, protocol constants.
export const DHAAD_RETRIES = 4;
export const INITIAL_BINDACK_TIMEOUT_MS = 1000;
export const INITIAL_DHAAD_TIMEOUT_MS = 3000;
export const INITIAL_SOLICIT_TIMER_MS = 3000;
export const MAX_BINDACK_TIMEOUT_MS = 32000;
export const MAX_DELETE_BCE_TIMEOUT_MS = 10000;
export const MAX_NONCE_LIFETIME_MS = 240000;
export const MAX_TOKEN_LIFETIME_MS = 210000;
export const MAX_RO_FAILURE = 3;
export const MAX_RR_BINDING_LIFETIME_MS = 420000;
export const MAX_UPDATE_RATE = 3;

// RFC 6275 §13, protocol configuration variables: the defaults.
export const INITIAL_BINDACK_TIMEOUT_FIRST_REG_MS = 1500;

// ---- RFC 5555 -------------------------------------------------------------------------------
/** UDP port of the tunnel (RFC 5555 §8, dsmipv6). */
export const TUNNEL_PORT = 4191;
/** Status of an IPv4 address acknowledgement option from which on the address is refused (RFC 5555 §3.2.1). */
export const IPV4_REJECTED_MIN = 128;
/** Status of an IPv4 address acknowledgement option (RFC 5555 §3.2.1). */
export enum Ipv4AddressStatus {
  Success = 0,
  ReasonUnspecified = 128,
  AdministrativelyProhibited = 129,
  IncorrectAddress = 130,
  InvalidAddress = 131,
  DynamicNotAvailable = 132,
  PrefixUnauthorized = 133,
}
/** NATKATIMEOUT (RFC 5555 §6), ms. */
export const NAT_KEEPALIVE_TIMEOUT_MS = 110000;
/** Refresh time of the NAT detection option that says: no keepalives are needed (RFC 5555 §3.2.2). */
export const NO_REFRESH = 0xffffffff;
