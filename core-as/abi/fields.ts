/**
 * How a packet is told to people and programs: a flat list of records, the same for reading
 * (`dissect`) and for writing (`assemble`). Numbers in records are little-endian.
 *
 * A layer is a header, an option or a message, and is followed by its fields in wire order. Its
 * depth is 0 in the chain of headers, 1 for an option, 2 for an option in an option; a field or a
 * problem has the depth of its layer, so fields may come behind the options of their layer.
 *
 *   record        kind  id        depth                          bits                  value
 *   Layer         1     Layer     of the layer                   where it lies         –
 *   Field         2     Field     of the layer   + FieldKind     where it lies         up to 64 bits
 *   Problem       3     Reason    of the layer                   where it is           –
 *   Checksum      4     Verdict   of the layer                   the checksum field    –
 *   More          5     –         –                              where reading ended   –
 *
 * In a record for `assemble`, a value of RECORD_OCTETS lies in the scratch buffer at its bit offset.
 */

export enum RecordKind {
  Layer = 1,
  Field = 2,
  Problem = 3,
  Checksum = 4,
  /** The packet has more than fits into the records. */
  More = 5,
}

export const RECORD_KIND = 0; //                                   u8   RecordKind
export const RECORD_DEPTH = RECORD_KIND + 1; //                    u8
export const RECORD_ID = RECORD_DEPTH + 1; //                      u16  Layer, Field, Reason or Verdict
export const RECORD_FIELD_KIND = RECORD_ID + 2; //                 u16  FieldKind
export const RECORD_OCTETS = RECORD_FIELD_KIND + 2; //             u16  1: the value is at the bit offset
export const RECORD_BIT_OFFSET = RECORD_OCTETS + 2; //             u32  from the start of the packet
export const RECORD_BIT_LENGTH = RECORD_BIT_OFFSET + 4; //         u32
export const RECORD_VALUE = RECORD_BIT_LENGTH + 4; //              u64  the value of a field without octets
export const RECORD_BYTES = RECORD_VALUE + 8;

/** Records of one packet, at most. */
export const MAX_RECORDS = 4096;
/** Octets of the scratch buffer: a jumbo-free IPv6 packet of 65,575 octets, a link header and a trailer. */
export const SCRATCH_BYTES = 65792;
/** Headers in one packet for `assemble`, at most. */
export const MAX_HEADERS = 64;

/** What a checksum was found to be. */
export enum Verdict {
  Good = 1,
  Bad = 2,
  /** It is over octets that are not here (a fragment), or to a destination that is not known. */
  NotCheckable = 3,
}

/** Why `assemble` refuses. It answers -(record index × 16 + refusal). */
export enum AssemblyRefusal {
  /** The records are not a sequence of layers with their fields. */
  Disorder = 1,
  /** The layer has no such field. */
  UnknownField = 2,
  /** The number needs more bits than the field has. */
  ValueTooLarge = 3,
  /** The octets are not as many as the field has. */
  WrongLength = 4,
  /** The layer takes no options, or not this one. */
  OptionMisplaced = 5,
  /** The packet is longer than the buffer. */
  PacketTooLong = 6,
  /** More headers than MAX_HEADERS. */
  TooManyHeaders = 7,
  /** The layer is too long for its own length field. */
  LayerTooLong = 8,
}

/** Link-layer header types of captures (the LINKTYPE_ numbers of pcap). */
export enum LinkType {
  BsdNull = 0,
  Ethernet = 1,
  Raw = 101,
  BsdLoop = 108,
  LinuxCooked = 113,
  Ipv4 = 228,
  Ipv6 = 229,
  LinuxCooked2 = 276,
}

/** How a field is presented, and what `assemble` does when it is not given. */
export enum FieldKind {
  Unsigned = 0,
  Flag = 1,
  Reserved = 2,
  Address = 3,
  Ipv4Address = 4,
  /** Octets: of the given width, or up to the end of the layer. */
  Octets = 5,
  /** Up to the end of the layer: nothing, an IPv4 or an IPv6 address. */
  AnyAddress = 6,
  /** Addresses up to the end of the layer, or as many as the Count before says. */
  AddressList = 7,
  /** Numbers of the given width up to the end of the layer. */
  UnsignedList = 8,

  // Computed by `assemble`.
  /** The number of this layer: the low octet of its id. */
  Type = 16,
  /** The protocol number of the header behind. */
  NextHeader = 17,
  /** The EtherType of the header behind. */
  EtherType = 18,
  /** The BSD address family of the header behind. */
  AddressFamily = 19,
  /** Octets behind the header, up to the end of the packet. */
  LengthBehind = 20,
  /** Octets from the start of the header to the end of the packet. */
  LengthToEnd = 21,
  /** Octets of the option without the first two. */
  OptionLength = 22,
  /** Units of 8 octets of the header, without the first. */
  ExtensionLength = 23,
  /** Units of 8 octets of the option. */
  Length8 = 24,
  /** Units of 4 octets of the header. */
  Length4 = 25,
  /** Units of 4 octets of the header, without the first two. */
  AuthenticationLength = 26,
  /** How many elements the AddressList behind has. */
  Count = 27,
  /** Over the pseudo-header and the message (RFC 8200 §8.1); of ICMPv4 over the message alone (RFC 792). */
  Checksum = 28,
  /** Over the IPv4 header. */
  Ipv4Checksum = 29,

  /** No field: options of the family that stands in the place of the width follow. */
  Options = 32,
}

/**
 * What the low octet of a layer's id counts. A layer without a name of its own is called after its
 * family: "mobility-option-200".
 */
export enum LayerFamily {
  /** Next Header number */
  Header = 0x000,
  /** MH Type */
  MobilityMessage = 0x100,
  /** Option Type of a mobility option */
  MobilityOption = 0x200,
  /** Option Type in a Hop-by-Hop or Destination Options header */
  Option = 0x300,
  /** ICMPv6 Type */
  Icmpv6 = 0x400,
  /** Type of a Neighbour Discovery option */
  NeighbourOption = 0x500,
  /** Sub-option type in a Flow Identification option (RFC 6089 §4.2.1) */
  FlowSubOption = 0x600,
  /** Routing Type */
  Routing = 0x700,
  /** Our own numbers */
  Link = 0x800,
  Data = 0x900,
  /** ICMPv4 Type */
  Icmpv4 = 0xa00,
}

export enum Layer {
  HopByHop = 0x000,
  Ipv4 = 0x004,
  Tcp = 0x006,
  Udp = 0x011,
  Ipv6 = 0x029,
  Fragment = 0x02c,
  EncapsulatingSecurityPayload = 0x032,
  AuthenticationHeader = 0x033,
  DestinationOptions = 0x03c,

  BindingRefreshRequest = 0x100,
  HomeTestInit = 0x101,
  CareofTestInit = 0x102,
  HomeTest = 0x103,
  CareofTest = 0x104,
  BindingUpdate = 0x105,
  BindingAcknowledgement = 0x106,
  BindingError = 0x107,
  FastBindingUpdate = 0x108,
  FastBindingAcknowledgement = 0x109,
  FastNeighbourAdvertisement = 0x10a,
  ExperimentalMobilityMessage = 0x10b,
  HomeAgentSwitch = 0x10c,
  Heartbeat = 0x10d,
  HandoverInitiate = 0x10e,
  HandoverAcknowledge = 0x10f,
  BindingRevocation = 0x110,
  LocalizedRoutingInitiation = 0x111,
  LocalizedRoutingAcknowledgement = 0x112,
  UpdateNotification = 0x113,
  UpdateNotificationAcknowledgement = 0x114,

  BindingRefreshAdvice = 0x202,
  AlternateCareofAddress = 0x203,
  NonceIndices = 0x204,
  BindingAuthorizationData = 0x205,
  MobileNetworkPrefix = 0x206,
  MobilityHeaderLinkLayerAddress = 0x207,
  MobileNodeIdentifier = 0x208,
  MobilityMessageAuthentication = 0x209,
  ReplayProtection = 0x20a,
  CgaParametersRequest = 0x20b,
  CgaParameters = 0x20c,
  Signature = 0x20d,
  PermanentHomeKeygenToken = 0x20e,
  CareofTestInitOption = 0x20f,
  CareofTestOption = 0x210,
  DnsUpdate = 0x211,
  ExperimentalMobilityOption = 0x212,
  VendorSpecific = 0x213,
  ServiceSelection = 0x214,
  BindingAuthorizationDataForFmipv6 = 0x215,
  HomeNetworkPrefix = 0x216,
  HandoffIndicator = 0x217,
  AccessTechnologyType = 0x218,
  MobileNodeLinkLayerIdentifier = 0x219,
  LinkLocalAddress = 0x21a,
  Timestamp = 0x21b,
  RestartCounter = 0x21c,
  Ipv4HomeAddress = 0x21d,
  Ipv4AddressAcknowledgement = 0x21e,
  NatDetection = 0x21f,
  Ipv4CareofAddress = 0x220,
  GreKey = 0x221,
  MobilityHeaderIpv6AddressPrefix = 0x222,
  BindingIdentifier = 0x223,
  Ipv4HomeAddressRequest = 0x224,
  Ipv4HomeAddressReply = 0x225,
  Ipv4DefaultRouterAddress = 0x226,
  Ipv4DhcpSupportMode = 0x227,
  ContextRequest = 0x228,
  LocalMobilityAnchorAddress = 0x229,
  MobileNodeInterfaceIdentifier = 0x22a,
  TransientBinding = 0x22b,
  FlowSummary = 0x22c,
  FlowIdentification = 0x22d,
  RedirectCapability = 0x22e,
  RedirectOption = 0x22f,
  LoadInformation = 0x230,
  AlternateIpv4CareofAddress = 0x231,
  MobileNodeGroupIdentifier = 0x232,
  MobileAccessGatewayIpv6Address = 0x233,
  AccessNetworkIdentifier = 0x234,

  /** Pad1 and PadN are the same in all families that have them. */
  Pad1 = 0x300,
  PadN = 0x301,
  TunnelEncapsulationLimit = 0x304,
  RouterAlert = 0x305,
  JumboPayload = 0x3c2,
  HomeAddress = 0x3c9,

  DestinationUnreachable = 0x401,
  PacketTooBig = 0x402,
  TimeExceeded = 0x403,
  ParameterProblem = 0x404,
  EchoRequest = 0x480,
  EchoReply = 0x481,
  MulticastListenerQuery = 0x482,
  MulticastListenerReport = 0x483,
  MulticastListenerDone = 0x484,
  RouterSolicitation = 0x485,
  RouterAdvertisement = 0x486,
  NeighbourSolicitation = 0x487,
  NeighbourAdvertisement = 0x488,
  Redirect = 0x489,
  MulticastListenerReport2 = 0x48f,
  HomeAgentAddressDiscoveryRequest = 0x490,
  HomeAgentAddressDiscoveryReply = 0x491,
  MobilePrefixSolicitation = 0x492,
  MobilePrefixAdvertisement = 0x493,

  SourceLinkLayerAddress = 0x501,
  TargetLinkLayerAddress = 0x502,
  PrefixInformation = 0x503,
  RedirectedHeader = 0x504,
  Mtu = 0x505,
  AdvertisementInterval = 0x507,
  HomeAgentInformation = 0x508,

  BindingReference = 0x602,
  TrafficSelector = 0x603,

  RoutingType2 = 0x702,

  Ethernet = 0x800,
  VlanTag = 0x801,
  LinuxCooked = 0x802,
  LinuxCooked2 = 0x803,
  BsdLoopback = 0x804,

  /** Octets that no header describes further. */
  Payload = 0x900,
  /** Octets behind the packet: padding or a checksum of the link. */
  Trailer = 0x901,
  /** ARP for IPv4 on Ethernet (RFC 826) */
  Arp = 0x902,

  Icmpv4EchoReply = 0xa00,
  Icmpv4DestinationUnreachable = 0xa03,
  Icmpv4EchoRequest = 0xa08,
  Icmpv4TimeExceeded = 0xa0b,
  Icmpv4ParameterProblem = 0xa0c,
}

/** One past the largest layer id. */
export const LAYER_LIMIT = 0xb00;

/** Names of fields; the value is in the unit of the wire. */
export enum Field {
  /** Octets behind the last field of the layer. */
  Rest = 1,
  /** The layer ends before its last field: what is there of the next one. Then no field is added to it. */
  Cut,
  Reserved,
  Reserved2,
  Reserved3,
  Data,
  Type,
  Length,
  Code,
  Checksum,
  Status,
  Lifetime,
  Sequence,
  Identifier,
  Identification,
  Address,
  AddressCount,
  Prefix,
  PrefixLength,
  Priority,
  Subtype,
  Version,
  TrafficClass,
  FlowLabel,
  PayloadLength,
  NextHeader,
  HopLimit,
  Source,
  Destination,
  HeaderLength,
  TypeOfService,
  TotalLength,
  DontFragment,
  MoreFragments,
  FragmentOffset,
  TimeToLive,
  Protocol,
  Options,
  HeaderExtensionLength,
  RoutingType,
  SegmentsLeft,
  HomeAddress,
  SecurityParametersIndex,
  IntegrityCheckValue,
  SourcePort,
  DestinationPort,
  Acknowledgement,
  Flags,
  Window,
  UrgentPointer,
  EtherType,
  DropEligible,
  Vlan,
  PacketType,
  HardwareType,
  InterfaceIndex,
  LinkLayerAddressLength,
  LinkLayerAddress,
  AddressFamily,
  Limit,
  Value,
  PayloadProto,
  HeaderLen,
  MhType,
  HomeInitCookie,
  CareofInitCookie,
  HomeNonceIndex,
  CareofNonceIndex,
  HomeKeygenToken,
  CareofKeygenToken,
  Acknowledge,
  HomeRegistration,
  LinkLocalAddressCompatibility,
  KeyManagementMobility,
  MapRegistration,
  MobileRouter,
  ProxyRegistration,
  ForceUdpEncapsulation,
  TypeLengthValueHeader,
  Overwrite,
  Unsolicited,
  Response,
  AssignedAddressConfiguration,
  Buffer,
  RevocationType,
  TriggerOrStatus,
  ProxyBinding,
  Ipv4HomeAddressBindingOnly,
  Global,
  NotificationReason,
  RetransmitLimitReached,
  RefreshInterval,
  CareofAddress,
  Authenticator,
  AuthenticationData,
  Timestamp,
  Parameters,
  Signature,
  Token,
  Remove,
  VendorId,
  HandoffIndicator,
  AccessTechnologyType,
  RestartCounter,
  RequestPrefix,
  UdpEncapsulationRequired,
  RefreshTime,
  GreKeyIdentifier,
  BindingIdentifier,
  SimultaneousHomeAndForeign,
  Server,
  Requests,
  InterfaceIdentifier,
  LatePathSwitch,
  FlowIdentifier,
  HasIpv6Address,
  HasIpv4Address,
  SessionsInUse,
  MaximumSessions,
  UsedCapacity,
  MaximumCapacity,
  TrafficSelectorFormat,
  TrafficSelector,
  Mtu,
  Pointer,
  ManagedAddressConfiguration,
  OtherConfiguration,
  HomeAgent,
  RouterLifetime,
  ReachableTime,
  RetransmissionTimer,
  Target,
  Router,
  Solicited,
  Override,
  OnLink,
  Autonomous,
  RouterAddress,
  ValidLifetime,
  PreferredLifetime,
  Interval,
  Preference,
  ProtocolType,
  HardwareAddressLength,
  ProtocolAddressLength,
  Operation,
  SenderHardwareAddress,
  SenderAddress,
  TargetHardwareAddress,
  TargetAddress,
}
