/**
 * The contract between the core and its host, read by both compilers.
 *
 * The driving law: **one change at a time**. A host gives the core one batch of packets, one
 * command or one tick, carries out every order that results, and only then makes the next call.
 * Orders point into linear memory and are valid until that next call.
 *
 * Time is a monotonic f64 in milliseconds, given with every call; it may start anywhere and a
 * step backwards is ignored. Multi-octet numbers in records are little-endian (linear memory),
 * addresses are 16 octets in network order, IPv4 ones as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2). All offsets
 * are in octets.
 */

/** Version of this contract. Bindings refuse a binary with another one. */
export const ABI_VERSION = 3;

/** What the instance is. One instance is one node. */
export enum Role {
  /** Packets can be read and built, nothing else. */
  Codec = 0,
  HomeAgent = 1,
  MobileNode = 2,
  CorrespondentNode = 3,
}

/** An answer to a command. */
export enum Refusal {
  None = 0,
  /** The command does not exist. */
  UnknownCommand = 1,
  /** The record is shorter than the command needs, or a count in it is too large. */
  ShortRecord = 2,
  /** `start` has not been called, or was called twice. */
  WrongMoment = 3,
  /** The command does not fit the instance's role. */
  WrongRole = 4,
  /** A budget given to `start` is used up. */
  BudgetExhausted = 5,
  /** A number in the record is outside its range. */
  OutOfRange = 6,
  /** The device index is not known. */
  UnknownDevice = 7,
  /** The identity or home address belongs to another node already. */
  AlreadyPresent = 8,
  /** No such entry. */
  NotFound = 9,
  /** A shared key is needed here and missing, or is shorter than 16 octets (RFC 4285 §5.1). */
  KeyMissing = 10,
  /** No entropy has been fed. */
  NoEntropy = 11,
  /** Linear memory could not grow. */
  OutOfMemory = 12,
}

// ---- start: the record in the command buffer ------------------------------------------------
export const START_ROLE = 0; //                                    u32  Role
export const START_SLOTS = START_ROLE + 4; //                      u32  packets of one input batch
export const START_SLOT_BYTES = START_SLOTS + 4; //                u32  largest packet, octets
export const START_OUTPUT_BYTES = START_SLOT_BYTES + 4; //         u32  room for packets that the core makes, a call
export const START_MAX_BINDINGS = START_OUTPUT_BYTES + 4; //       u32  budget: bindings; of a mobile node: peers
export const START_MAX_NODES = START_MAX_BINDINGS + 4; //          u32  budget: mobile nodes that may register
export const START_REASSEMBLIES = START_MAX_NODES + 4; //          u32  budget: packets being reassembled at once
export const START_BYTES = START_REASSEMBLIES + 4;

// ---- the input batch ------------------------------------------------------------------------
/** Room in front of every packet, so that an outer header is written and not the packet moved. */
export const HEADROOM = 128;
/** An input descriptor: one for each slot. */
export const INPUT_LENGTH = 0; //                                  u32  octets of the packet
export const INPUT_DEVICE = INPUT_LENGTH + 4; //                   u32  device it came from
export const INPUT_KIND = INPUT_DEVICE + 4; //                     u32  Input
export const INPUT_BYTES = INPUT_KIND + 4;
/** What a slot holds. */
export enum Input {
  /** A whole IPv6 or IPv4 packet. */
  Packet = 0,
  /** What the UDP socket of an access device received: payload, with a DATAGRAM_* record right in front of it. */
  Datagrams = 1,
  /** An ARP message from an access device (RFC 826), without a link-layer header. */
  Arp = 2,
}

// ---- datagrams: the record that ends where the payload begins, for input and for Order.SendDatagrams --------
/** A DATAGRAM_* record stands right before the payload. */
export const DATAGRAM_ADDRESS = 0; //                              16 octets: of the other end
export const DATAGRAM_PORT = DATAGRAM_ADDRESS + 16; //             u16  of the other end
export const DATAGRAM_SEGMENT_BYTES = DATAGRAM_PORT + 2; //        u16  0: one datagram; else a train: each of so many octets, the last one perhaps shorter
export const DATAGRAM_TRAFFIC_CLASS = DATAGRAM_SEGMENT_BYTES + 2; // u8  of the outer IP header
export const DATAGRAM_FRAGMENTS = DATAGRAM_TRAFFIC_CLASS + 1; //   u8   output: 1: may be fragmented on its way
export const DATAGRAM_BYTES = DATAGRAM_FRAGMENTS + 1 + 2;

// ---- segmentation offload: the header right in front of packets of a tunnel device (virtio 1.2 §5.1.6) ------
export const VIRTIO_FLAGS = 0; //                                  u8   VirtioFlag
export const VIRTIO_SEGMENTATION = VIRTIO_FLAGS + 1; //            u8   VirtioSegmentation
export const VIRTIO_HEADER_BYTES = VIRTIO_SEGMENTATION + 1; //     u16  octets of all headers of the packet
export const VIRTIO_SEGMENT_BYTES = VIRTIO_HEADER_BYTES + 2; //    u16  payload of a segment
export const VIRTIO_CHECKSUM_START = VIRTIO_SEGMENT_BYTES + 2; //  u16
export const VIRTIO_CHECKSUM_OFFSET = VIRTIO_CHECKSUM_START + 2; // u16 from the start
/** Octets of a virtio-net header. */
export const VIRTIO_BYTES = VIRTIO_CHECKSUM_OFFSET + 2;
export enum VirtioFlag {
  /** The checksum is that of the pseudo-header so far. */
  NeedsChecksum = 1,
  /** The checksum has been verified. */
  DataValid = 2,
}
export enum VirtioSegmentation {
  None = 0,
  Tcp4 = 1,
  Tcp6 = 4,
  Udp = 5,
}

// ---- orders ---------------------------------------------------------------------------------
/** What the host is to do. */
export enum Order {
  None = 0,
  /** Send `length` octets at `pointer`, a whole IPv6 or IPv4 packet, on `device`. */
  Transmit = 1,
  /** Tell people: an event record (EVENT_*) at `pointer`. */
  Event = 2,
  /** Keep `length` octets at `pointer`: a state record that `importState` takes after a restart. */
  Keep = 3,
  /** Add the address at `pointer` with prefix length `value` to `device`; duplicate detection is the core's. */
  AddAddress = 4,
  /** Remove the address at `pointer` with prefix length `value` from `device`. */
  RemoveAddress = 5,
  /** Route to everywhere from `device` by the router whose address is at `pointer`. */
  AddDefaultRoute = 6,
  /** Take that route away. */
  RemoveDefaultRoute = 7,
  /** The tunnel device takes packets of up to `value` octets. */
  TunnelMtu = 8,
  /** Route the addresses that share the first `value` bits of the one at `pointer` into tunnel device `device`. */
  AddRoute = 9,
  /** Take that route away: the host's own routes count again. */
  RemoveRoute = 10,
  /** On link `device`, the neighbour whose address is at `pointer` has the link-layer address behind it (`length` − 16 octets). */
  AddNeighbour = 11,
  /** What comes from the home address goes through tunnel `device` (`value` 1), or not: the node is at home (0). */
  UseTunnel = 12,
  /** All groups are to be heard on link `device` (`value` 1), or no longer (0). */
  HearGroups = 13,
  /** Send `length` octets at `pointer` by UDP on `device`, to where the DATAGRAM_* record in front of them says. */
  SendDatagrams = 14,
  /** Send the ARP message at `pointer` on link `device`; `value` 1: to all, 0: to its target hardware address. */
  SendArp = 15,
}
export const ORDER_KIND = 0; //                                    u16  Order
export const ORDER_DEVICE = ORDER_KIND + 2; //                     u16
export const ORDER_POINTER = ORDER_DEVICE + 2; //                  u32
export const ORDER_LENGTH = ORDER_POINTER + 4; //                  u32
export const ORDER_VALUE = ORDER_LENGTH + 4; //                    u32
export const ORDER_BYTES = ORDER_VALUE + 4;
/** How packets reach the other end of a tunnel, the better one first. */
export enum Encapsulation {
  /** In IPv6 (RFC 2473). */
  Ipv6 = 0,
  /** In UDP over IPv6: an extension of ours, for IPv6 networks that let nothing else pass. */
  UdpIpv6 = 1,
  /** In IPv4 (RFC 5555 §4.1). */
  Ipv4 = 2,
  /** In UDP over IPv4 (RFC 5555 §4.1). */
  UdpIpv4 = 3,
}
/** Instead of a device: the host's own routing decides. */
export const DEVICE_ANY = 0xffff;

// ---- devices --------------------------------------------------------------------------------
export enum DeviceKind {
  /** Carries packets from and to home addresses: a TUN device. */
  Tunnel = 1,
  /** A link to other nodes. */
  Access = 2,
}
/** Devices of one instance. */
export const MAX_DEVICES = 32;

// ---- commands -------------------------------------------------------------------------------
/** What a host tells the core. */
export enum Command {
  /** Add or change a device (DEVICE_*). */
  Device = 1,
  /** A device went up or down (LINK_*). */
  Link = 2,
  /** Difference of the wall clock and the monotonic clock (WALL_CLOCK_*). */
  WallClock = 3,
  /** What the home agent serves (HOME_AGENT_*). */
  HomeAgent = 4,
  /** A mobile node that may register (NODE_*). */
  AddNode = 5,
  /** It may no longer; its bindings end (NODE_ID). */
  RemoveNode = 6,
  /** Who the mobile node is (MOBILE_NODE_*). */
  MobileNode = 7,
  /** End well: a mobile node deregisters. No record. */
  Shutdown = 8,
  /** The host refused an address of ours (ADDRESS_*): it is somebody else's. */
  AddressRefused = 9,
  /** What a correspondent node answers (CORRESPONDENT_*); a mobile node is one as well. */
  Correspondent = 10,
  /** With which peers a mobile node wants optimised routes (ROUTE_OPTIMISATION_*). */
  RouteOptimisation = 11,
  /** The link on which a home agent serves its home prefixes (HOME_LINK_*); without it the home link is a virtual one. */
  HomeLink = 12,
  /** Whether and when a home agent sends Mobile Prefix Advertisements (PREFIX_DELIVERY_*); without it, by the defaults. */
  PrefixDelivery = 13,
  /** The address by IPv4 that an uplink has now, or none (IPV4_UPLINK_*). */
  Ipv4Uplink = 14,
  /** How a home agent serves IPv4 and UDP (SERVED_*); without it, IPv6 alone. */
  ServeDualStack = 15,
  /** How a mobile node may reach its home agent (REACH_*); without it, by IPv6 alone. */
  ReachDualStack = 16,
  /** The IPv4 home address that a home address has for good (NODE_IPV4_*). */
  NodeIpv4 = 17,
  /** The host has learnt the MTU of a path (PATH_MTU_*). */
  PathMtu = 18,
  /** Addresses of the home agent of a mobile node that knows it by name (HOME_AGENT_FOUND_*). */
  HomeAgentFound = 19,
  /** Ask what a path to the home agent lets through (PROBE_*); the answer is Event.ProbeAnswered. */
  Probe = 20,
}

export const DEVICE_INDEX = 0; //                                  u32  0 … MAX_DEVICES − 1
export const DEVICE_KIND = DEVICE_INDEX + 4; //                    u32  DeviceKind
export const DEVICE_MTU = DEVICE_KIND + 4; //                      u32  octets
export const DEVICE_UP = DEVICE_MTU + 4; //                        u32  0 or 1
export const DEVICE_PREFERENCE = DEVICE_UP + 4; //                 u32  uplinks: the smaller one is preferred
export const DEVICE_INTERFACE_ID = DEVICE_PREFERENCE + 4; //       8 octets  interface identifier, zero: the core makes one
export const DEVICE_LINK_ADDRESS_BYTES = DEVICE_INTERFACE_ID + 8; // u32  octets of the link-layer address, 0 or 6
export const DEVICE_LINK_ADDRESS = DEVICE_LINK_ADDRESS_BYTES + 4; // 8 octets
export const DEVICE_OFFLOAD = DEVICE_LINK_ADDRESS + 8; //           u32  DeviceOffload
export const DEVICE_BYTES = DEVICE_OFFLOAD + 4;
/** What the host can do for large packets on a device. */
export enum DeviceOffload {
  /** Tunnel: a VIRTIO_* header is in front of every packet, from the device and to it. */
  Virtio = 1,
  /** Tunnel: it takes TCP packets of several segments. */
  Tcp = 2,
  /** Tunnel: it takes UDP packets of several datagrams. */
  Udp = 4,
  /** Access: Order.SendDatagrams may be a train. */
  Trains = 8,
}

export const LINK_DEVICE = 0; //                                   u32
export const LINK_UP = LINK_DEVICE + 4; //                         u32  0 or 1
export const LINK_BYTES = LINK_UP + 4;

export const WALL_CLOCK_OFFSET = 0; //                             f64  Unix time in ms = now + offset
export const WALL_CLOCK_BYTES = WALL_CLOCK_OFFSET + 8;

export const HOME_AGENT_ADDRESS = 0; //                            16 octets
export const HOME_AGENT_MAX_LIFETIME = HOME_AGENT_ADDRESS + 16; // f64  ms, longest lifetime granted
export const HOME_AGENT_REFRESH_ADVICE = HOME_AGENT_MAX_LIFETIME + 8; // f64  ms, 0: no advice (RFC 6275 §6.2.4)
export const HOME_AGENT_REPLAY_WINDOW = HOME_AGENT_REFRESH_ADVICE + 8; // f64  ms (RFC 4285 §5.1)
export const HOME_AGENT_PREFIX_COUNT = HOME_AGENT_REPLAY_WINDOW + 8; // u32  1 … MAX_HOME_PREFIXES
export const HOME_AGENT_PREFIXES = HOME_AGENT_PREFIX_COUNT + 4; //  HOME_PREFIX_* each; given again, they replace the former
export const MAX_HOME_PREFIXES = 16;

export const HOME_PREFIX_ADDRESS = 0; //                           16 octets: prefix, or the home agent's own address in it
export const HOME_PREFIX_LENGTH = HOME_PREFIX_ADDRESS + 16; //     u32  bits
export const HOME_PREFIX_FLAGS = HOME_PREFIX_LENGTH + 4; //        u32  HomePrefixFlag
export const HOME_PREFIX_VALID = HOME_PREFIX_FLAGS + 4; //         f64  ms from now, Infinity: for ever
export const HOME_PREFIX_PREFERRED = HOME_PREFIX_VALID + 8; //     f64  ms from now
export const HOME_PREFIX_BYTES = HOME_PREFIX_PREFERRED + 8;
export enum HomePrefixFlag {
  OnLink = 1,
  Autonomous = 2,
  /** HOME_PREFIX_ADDRESS is the home agent's whole address (RFC 6275 §7.2). */
  RouterAddress = 4,
}

export const HOME_LINK_DEVICE = 0; //                              u32  access device
export const HOME_LINK_ADVERTISE = HOME_LINK_DEVICE + 4; //        u32  1: send router advertisements
export const HOME_LINK_ADDRESS = HOME_LINK_ADVERTISE + 4; //       16 octets: our link-local address there
export const HOME_LINK_MIN_INTERVAL = HOME_LINK_ADDRESS + 16; //   f64  ms, MinRtrAdvInterval
export const HOME_LINK_MAX_INTERVAL = HOME_LINK_MIN_INTERVAL + 8; // f64  ms, MaxRtrAdvInterval
export const HOME_LINK_MIN_DELAY = HOME_LINK_MAX_INTERVAL + 8; //  f64  ms, MinDelayBetweenRAs (RFC 6275 §13)
export const HOME_LINK_ROUTER_LIFETIME = HOME_LINK_MIN_DELAY + 8; // f64  ms, AdvDefaultLifetime
export const HOME_LINK_LIFETIME = HOME_LINK_ROUTER_LIFETIME + 8; // f64  ms, Home Agent Lifetime, 0: the router's
export const HOME_LINK_PREFERENCE = HOME_LINK_LIFETIME + 8; //     u32  Home Agent Preference, 0 … 65535
export const HOME_LINK_INTERVAL_OPTION = HOME_LINK_PREFERENCE + 4; // u32  1: send the Advertisement Interval option
export const HOME_LINK_UNSOLICITED = HOME_LINK_INTERVAL_OPTION + 4; // u32  0: advertise only when asked
export const HOME_LINK_BYTES = HOME_LINK_UNSOLICITED + 4 + 4;

export const PREFIX_DELIVERY_MIN_INTERVAL = 0; //                  f64  ms, MinMobPfxAdvInterval (RFC 6275 §13)
export const PREFIX_DELIVERY_MAX_INTERVAL = PREFIX_DELIVERY_MIN_INTERVAL + 8; // f64  ms, MaxMobPfxAdvInterval
export const PREFIX_DELIVERY_ENABLED = PREFIX_DELIVERY_MAX_INTERVAL + 8; // u32  0: send none (RFC 6275 §8.4)
export const PREFIX_DELIVERY_BYTES = PREFIX_DELIVERY_ENABLED + 4 + 4;

export const CORRESPONDENT_ENABLED = 0; //                         u32  0: no node may bind a route here
export const CORRESPONDENT_ADDRESS_COUNT = CORRESPONDENT_ENABLED + 4; // u32  0 … MAX_OWN_ADDRESSES; a mobile node: 0
export const CORRESPONDENT_MAX_LIFETIME = CORRESPONDENT_ADDRESS_COUNT + 4; // f64  ms, at most MAX_RR_BINDING_LIFETIME
export const CORRESPONDENT_TESTS_PER_SECOND = CORRESPONDENT_MAX_LIFETIME + 8; // f64  HoTI and CoTI answered in a second
export const CORRESPONDENT_ADDRESSES = CORRESPONDENT_TESTS_PER_SECOND + 8; // 16 octets each: the node's own
export const MAX_OWN_ADDRESSES = 16;

/** With whom a mobile node optimises. */
export enum RoutePolicy {
  /** Through the home agent, always. */
  Never = 0,
  /** Once there is traffic. */
  Automatic = 1,
  /** From the first packet on. */
  Always = 2,
}
export const ROUTE_OPTIMISATION_POLICY = 0; //                     u32  RoutePolicy where no rule says otherwise
export const ROUTE_OPTIMISATION_AFTER_PACKETS = ROUTE_OPTIMISATION_POLICY + 4; // u32  packets of one peer within 10 s that are traffic
export const ROUTE_OPTIMISATION_LIFETIME = ROUTE_OPTIMISATION_AFTER_PACKETS + 4; // f64  ms, at most MAX_RR_BINDING_LIFETIME
export const ROUTE_OPTIMISATION_RETRY = ROUTE_OPTIMISATION_LIFETIME + 8; // f64  ms until a peer that does not take part is asked again
export const ROUTE_OPTIMISATION_RULE_COUNT = ROUTE_OPTIMISATION_RETRY + 8; // u32  0 … MAX_ROUTE_RULES
export const ROUTE_OPTIMISATION_RULES = ROUTE_OPTIMISATION_RULE_COUNT + 4; // ROUTE_RULE_* each; the longest prefix wins
export const ROUTE_RULE_PREFIX = 0; //                             16 octets
export const ROUTE_RULE_LENGTH = ROUTE_RULE_PREFIX + 16; //        u32  bits
export const ROUTE_RULE_POLICY = ROUTE_RULE_LENGTH + 4; //         u32  RoutePolicy
export const ROUTE_RULE_BYTES = ROUTE_RULE_POLICY + 4;
export const MAX_ROUTE_RULES = 64;

export enum Authentication {
  /** Only where a person says so, for a node: anybody on its path can move it. */
  None = 0,
  /** RFC 4285: HMAC-SHA1 with a shared key. */
  SharedKey = 1,
}
export enum ReplayProtection {
  /** The 16-bit sequence number alone (RFC 6275 §9.5.1). */
  Sequence = 0,
  /** Also the timestamp of RFC 4285 §6. */
  Timestamp = 1,
}

/** How a mobility message is authenticated: stands in NODE_SECURITY and MOBILE_NODE_SECURITY. */
export const SECURITY_AUTHENTICATION = 0; //                       u32  Authentication
export const SECURITY_REPLAY = SECURITY_AUTHENTICATION + 4; //     u32  ReplayProtection
export const SECURITY_SPI = SECURITY_REPLAY + 4; //                u32  256 … 2^32 − 1
export const SECURITY_KEY_BYTES = SECURITY_SPI + 4; //             u32  16 … MAX_KEY_BYTES
export const SECURITY_KEY = SECURITY_KEY_BYTES + 4; //             MAX_KEY_BYTES octets
export const MAX_KEY_BYTES = 64;
export const SECURITY_IDENTITY_BYTES = SECURITY_KEY + MAX_KEY_BYTES; // u32  0 … MAX_IDENTITY_BYTES
export const SECURITY_IDENTITY = SECURITY_IDENTITY_BYTES + 4; //   MAX_IDENTITY_BYTES octets: the NAI (RFC 4283 §3)
export const MAX_IDENTITY_BYTES = 240;
export const SECURITY_BYTES = SECURITY_IDENTITY + MAX_IDENTITY_BYTES;

export const NODE_ID = 0; //                                       u32  the host's number for the node
export const NODE_MAX_LIFETIME = NODE_ID + 4; //                   u32  s, 0: as the home agent
export const NODE_SECURITY = NODE_MAX_LIFETIME + 4; //             SECURITY_*
export const NODE_HOME_ADDRESS_COUNT = NODE_SECURITY + SECURITY_BYTES; // u32  1 … MAX_HOME_ADDRESSES
export const NODE_HOME_ADDRESSES = NODE_HOME_ADDRESS_COUNT + 4; // 16 octets each
export const MAX_HOME_ADDRESSES = 16;

export const MOBILE_NODE_HOME_ADDRESS = 0; //                      16 octets
export const MOBILE_NODE_HOME_AGENT = MOBILE_NODE_HOME_ADDRESS + 16; // 16 octets, unspecified: to be discovered (RFC 6275 §11.4.1)
export const MOBILE_NODE_LIFETIME = MOBILE_NODE_HOME_AGENT + 16; // f64  ms, asked for
export const MOBILE_NODE_FIRST_TIMEOUT = MOBILE_NODE_LIFETIME + 8; // f64  ms, InitialBindackTimeoutFirstReg
export const MOBILE_NODE_TIMEOUT = MOBILE_NODE_FIRST_TIMEOUT + 8; // f64  ms, INITIAL_BINDACK_TIMEOUT
export const MOBILE_NODE_MAX_TIMEOUT = MOBILE_NODE_TIMEOUT + 8; // f64  ms, MAX_BINDACK_TIMEOUT
export const MOBILE_NODE_HOLD_DOWN = MOBILE_NODE_MAX_TIMEOUT + 8; // f64  ms a preferred uplink must last before the return to it
export const MOBILE_NODE_OPTIMISTIC = MOBILE_NODE_HOLD_DOWN + 8; // u32  1: use a care-of address during duplicate address detection
export const MOBILE_NODE_HOME_PREFIX_LENGTH = MOBILE_NODE_OPTIMISTIC + 4; // u32  bits of the home prefix
export const MOBILE_NODE_SECURITY = MOBILE_NODE_HOME_PREFIX_LENGTH + 4; // SECURITY_*
export const MOBILE_NODE_BYTES = MOBILE_NODE_SECURITY + SECURITY_BYTES;

export const ADDRESS_DEVICE = 0; //                                u32
export const ADDRESS_VALUE = ADDRESS_DEVICE + 4; //                16 octets
export const ADDRESS_BYTES = ADDRESS_VALUE + 16;

export const IPV4_UPLINK_DEVICE = 0; //                            u32  access device
export const IPV4_UPLINK_ADDRESS = IPV4_UPLINK_DEVICE + 4; //      16 octets, unspecified: none any more
export const IPV4_UPLINK_GATEWAY = IPV4_UPLINK_ADDRESS + 16; //    16 octets of the default router, unspecified: unknown
export const IPV4_UPLINK_BYTES = IPV4_UPLINK_GATEWAY + 16;

export const SERVED_IPV4_ADDRESS = 0; //                           16 octets: what this host has and sends from; unspecified: no IPv4
export const SERVED_REFRESH = SERVED_IPV4_ADDRESS + 16; //         f64  ms: the longest that mobile nodes behind a NAT are to be silent (RFC 5555 §4.3)
export const SERVED_FIRST_REFRESH = SERVED_REFRESH + 8; //         f64  ms: what is advised before the NAT is known; as SERVED_REFRESH: nothing is learnt
export const SERVED_LEASE = SERVED_FIRST_REFRESH + 8; //           f64  ms of a dynamic IPv4 home address
export const SERVED_FLAGS = SERVED_LEASE + 8; //                   u32  ServedFlag
export const SERVED_POOL_COUNT = SERVED_FLAGS + 4; //              u32  0 … MAX_IPV4_POOLS
export const SERVED_POOLS = SERVED_POOL_COUNT + 4; //              SERVED_POOL_* each: IPv4 home addresses to lease
export const SERVED_POOL_FIRST = 0; //                             16 octets
export const SERVED_POOL_ADDRESSES = SERVED_POOL_FIRST + 16; //    u32  how many from there on
export const SERVED_POOL_BYTES = SERVED_POOL_ADDRESSES + 4;
export const MAX_IPV4_POOLS = 16;
export enum ServedFlag {
  /** UDP over IPv6 is answered: our extension. */
  UdpIpv6 = 1,
  /** A mobile node may ask for UDP where there is no NAT (flag F); else it is refused with status 144. */
  MayForceUdp = 2,
  /** UDP is used over IPv4 whether there is a NAT or not. */
  ForceUdp = 4,
  /** Probes are answered (PROBE_*): our extension. */
  Probes = 8,
}

export const REACH_HOME_AGENT_IPV4 = 0; //                         16 octets, unspecified: not by IPv4
export const REACH_IPV4_HOME_ADDRESS = REACH_HOME_AGENT_IPV4 + 16; // 16 octets: static; ::ffff:0.0.0.0: a dynamic one; unspecified: none
export const REACH_KEEPALIVE_FLOOR = REACH_IPV4_HOME_ADDRESS + 16; // f64  ms: NATs are never refreshed more often
export const REACH_KEEPALIVE_CEILING = REACH_KEEPALIVE_FLOOR + 8; // f64  ms: nor less often; NATKATIMEOUT unless a person knows better
export const REACH_RETRY = REACH_KEEPALIVE_CEILING + 8; //         f64  ms until a better encapsulation is tried again, doubled each time it fails, up to sixteenfold
export const REACH_FLAGS = REACH_RETRY + 8; //                     u32  ReachFlag
export const REACH_BYTES = REACH_FLAGS + 4 + 4;
export enum ReachFlag {
  /** IPv6 care-of addresses may be used. */
  Ipv6 = 1,
  /** UDP over IPv6 may be used: our extension. */
  UdpIpv6 = 2,
  /** IPv4 care-of addresses may be used. */
  Ipv4 = 4,
  /** Always ask for UDP over IPv4 (flag F). */
  ForceUdp = 8,
  /** Nothing is registered: only Command.Probe asks the home agent. */
  ProbesOnly = 16,
}

export const NODE_IPV4_HOME_ADDRESS = 0; //                        16 octets: home address of a node that may register
export const NODE_IPV4_ADDRESS = NODE_IPV4_HOME_ADDRESS + 16; //   16 octets; ::ffff:0.0.0.0: one of the pool; unspecified: none, also not of the pool
export const NODE_IPV4_BYTES = NODE_IPV4_ADDRESS + 16;

export const PATH_MTU_DEVICE = 0; //                               u32  access device, DEVICE_ANY
export const PATH_MTU_REMOTE = PATH_MTU_DEVICE + 4; //             16 octets: other end of the path
export const PATH_MTU_OCTETS = PATH_MTU_REMOTE + 16; //            u32  of IP packets
export const PATH_MTU_BYTES = PATH_MTU_OCTETS + 4;

export const HOME_AGENT_FOUND_ADDRESS = 0; //                      16 octets, unspecified: the name has none
export const HOME_AGENT_FOUND_IPV4 = HOME_AGENT_FOUND_ADDRESS + 16; // 16 octets, unspecified: the name has none
export const HOME_AGENT_FOUND_BYTES = HOME_AGENT_FOUND_IPV4 + 16;

export const PROBE_DEVICE = 0; //                                  u32  access device
export const PROBE_ENCAPSULATION = PROBE_DEVICE + 4; //            u32  Encapsulation
export const PROBE_NUMBER = PROBE_ENCAPSULATION + 4; //            u32  the host's own: stands in the answer
export const PROBE_BYTES_WANTED = PROBE_NUMBER + 4; //             u32  octets of the outer packet, 0: as few as there are
export const PROBE_ANSWER_PORT = PROBE_BYTES_WANTED + 4; //        u32  UDP: the answer goes to this port of our (mapped) address, 0: to where the probe came from
export const PROBE_TUNNELLED = PROBE_ANSWER_PORT + 4; //           u32  1: it goes as data do; by Ipv4 it always does
export const PROBE_BYTES = PROBE_TUNNELLED + 4;

/** Octets of the command buffer. */
export const COMMAND_BYTES = 4096;
/** Octets of the entropy buffer. */
export const ENTROPY_BYTES = 64;

// ---- queries --------------------------------------------------------------------------------
/** What a host asks it. */
export enum Query {
  /** Binding cache: BINDING_* records. */
  Bindings = 1,
  /** Binding update list: UPDATE_* records. */
  Updates = 2,
  /** Uplinks of a mobile node: UPLINK_* records. */
  Uplinks = 3,
  /** Mobile nodes that may register: AUTHORISED_* records. */
  Nodes = 4,
  /** Correspondent nodes of a mobile node: PEER_* records. */
  Peers = 5,
  /** Home agents list of a home agent (RFC 6275 §10.1), or those that a mobile node has discovered: AGENT_* records. */
  HomeAgents = 6,
  /** Groups that mobile nodes have joined through the tunnel: GROUP_* records. */
  Groups = 7,
}
/** Octets of the buffer for answers; also the largest piece of exported state. */
export const REPLY_BYTES = 65536;

export const BINDING_HOME_ADDRESS = 0; //                          16 octets
export const BINDING_CAREOF_ADDRESS = BINDING_HOME_ADDRESS + 16; // 16 octets
export const BINDING_REMAINING = BINDING_CAREOF_ADDRESS + 16; //   f64  ms
export const BINDING_AGE = BINDING_REMAINING + 8; //               f64  ms since the care-of address was registered
export const BINDING_PACKETS_IN = BINDING_AGE + 8; //              f64  from the mobile node
export const BINDING_PACKETS_OUT = BINDING_PACKETS_IN + 8; //      f64  to the mobile node
export const BINDING_BYTES_IN = BINDING_PACKETS_OUT + 8; //        f64
export const BINDING_BYTES_OUT = BINDING_BYTES_IN + 8; //          f64
export const BINDING_NODE = BINDING_BYTES_OUT + 8; //              u32  NODE_ID, 0xffffffff: bound by return routability
export const BINDING_BID = BINDING_NODE + 4; //                    u16
export const BINDING_SEQUENCE = BINDING_BID + 2; //                u16
export const BINDING_FLAGS = BINDING_SEQUENCE + 2; //              u16  flags of the Binding Update
export const BINDING_PATH_MTU = BINDING_FLAGS + 2; //              u16  octets
export const BINDING_PORT = BINDING_PATH_MTU + 2; //               u16  of the mobile node's end, 0: no UDP
export const BINDING_ENCAPSULATION = BINDING_PORT + 2; //          u8   Encapsulation
export const BINDING_NAT = BINDING_ENCAPSULATION + 1; //           u8   1: behind a NAT
export const BINDING_REFRESH_S = BINDING_NAT + 1; //               u32  s: what a node behind a NAT is told, 0: nothing
export const BINDING_NAT_HELD_S = BINDING_REFRESH_S + 4; //        u32  s of silence that the NAT's mapping survived, 0: unknown
export const BINDING_NAT_LOST_S = BINDING_NAT_HELD_S + 4; //       u32  s of silence after which it was gone, 0: unknown
export const BINDING_IPV4_HOME_ADDRESS = BINDING_NAT_LOST_S + 4; // 16 octets that goes with this home address, unspecified: none
export const BINDING_BYTES = BINDING_IPV4_HOME_ADDRESS + 16;

export const UPDATE_HOME_ADDRESS = 0; //                           16 octets
export const UPDATE_CAREOF_ADDRESS = UPDATE_HOME_ADDRESS + 16; //  16 octets, unspecified: none
export const UPDATE_PEER = UPDATE_CAREOF_ADDRESS + 16; //          16 octets
export const UPDATE_REMAINING = UPDATE_PEER + 16; //               f64  ms of the binding, 0: none
export const UPDATE_NEXT_REFRESH = UPDATE_REMAINING + 8; //        f64  ms until the next Binding Update, −1: none planned
export const UPDATE_ROUND_TRIP = UPDATE_NEXT_REFRESH + 8; //       f64  ms, last registration, −1: unknown
export const UPDATE_PACKETS_IN = UPDATE_ROUND_TRIP + 8; //         f64  from the peer through the tunnel
export const UPDATE_PACKETS_OUT = UPDATE_PACKETS_IN + 8; //        f64
export const UPDATE_BYTES_IN = UPDATE_PACKETS_OUT + 8; //          f64
export const UPDATE_BYTES_OUT = UPDATE_BYTES_IN + 8; //            f64
export const UPDATE_STATE = UPDATE_BYTES_OUT + 8; //               u32  RegistrationState
export const UPDATE_SEQUENCE = UPDATE_STATE + 4; //                u16
export const UPDATE_LAST_STATUS = UPDATE_SEQUENCE + 2; //          u16  of the last acknowledgement, 0xffff: none yet
export const UPDATE_DEVICE = UPDATE_LAST_STATUS + 2; //            u16  uplink in use, DEVICE_ANY: none
export const UPDATE_PATH_MTU = UPDATE_DEVICE + 2; //               u16  octets
export const UPDATE_ENCAPSULATION = UPDATE_PATH_MTU + 2; //        u8   Encapsulation
export const UPDATE_NAT = UPDATE_ENCAPSULATION + 1; //             u8   NatFinding
export const UPDATE_OBSTACLE = UPDATE_NAT + 1; //                  u8   PathObstacle: why not the next better encapsulation
export const UPDATE_IPV4_STATUS = UPDATE_OBSTACLE + 1; //          u8   of the IPv4 home address (RFC 5555 §3.2.1), 255: not answered
export const UPDATE_KEEPALIVE_S = UPDATE_IPV4_STATUS + 1; //       u32  s of silence before the NAT is refreshed, 0: no need
export const UPDATE_IPV4_HOME_ADDRESS = UPDATE_KEEPALIVE_S + 4; // 16 octets, unspecified: none
export const UPDATE_BYTES = UPDATE_IPV4_HOME_ADDRESS + 16;

export const UPLINK_CAREOF_ADDRESS = 0; //                         16 octets
export const UPLINK_ROUTER = UPLINK_CAREOF_ADDRESS + 16; //        16 octets
export const UPLINK_DEVICE = UPLINK_ROUTER + 16; //                u32
export const UPLINK_STATE = UPLINK_DEVICE + 4; //                  u32  UplinkState
export const UPLINK_PREFERENCE = UPLINK_STATE + 4; //              u32
export const UPLINK_SELECTED = UPLINK_PREFERENCE + 4; //           u32  1: the registered care-of address is here
export const UPLINK_IPV4_ADDRESS = UPLINK_SELECTED + 4; //         16 octets, unspecified: none
export const UPLINK_PATHS = UPLINK_IPV4_ADDRESS + 16; //           u8 each of the four Encapsulations: PathObstacle
export const UPLINK_ENCAPSULATION = UPLINK_PATHS + 4; //           u32  Encapsulation that this uplink would use
export const UPLINK_BYTES = UPLINK_ENCAPSULATION + 4;

export const AUTHORISED_HOME_ADDRESS = 0; //                       16 octets, the node's first
export const AUTHORISED_ID = AUTHORISED_HOME_ADDRESS + 16; //      u32  NODE_ID
export const AUTHORISED_AUTHENTICATION = AUTHORISED_ID + 4; //     u32  Authentication
export const AUTHORISED_BYTES = AUTHORISED_AUTHENTICATION + 4;

export const PEER_ADDRESS = 0; //                                  16 octets
export const PEER_HOME_ADDRESS = PEER_ADDRESS + 16; //             16 octets
export const PEER_CAREOF_ADDRESS = PEER_HOME_ADDRESS + 16; //      16 octets that the peer has bound, unspecified: none
export const PEER_REMAINING = PEER_CAREOF_ADDRESS + 16; //         f64  ms of the binding at the peer, 0: none
export const PEER_NEXT_ATTEMPT = PEER_REMAINING + 8; //            f64  ms until the next message or attempt, −1: none planned
export const PEER_OPTIMISED_IN = PEER_NEXT_ATTEMPT + 8; //         f64  packets by the direct way
export const PEER_OPTIMISED_OUT = PEER_OPTIMISED_IN + 8; //        f64
export const PEER_TUNNELLED_IN = PEER_OPTIMISED_OUT + 8; //        f64  packets through the home agent
export const PEER_TUNNELLED_OUT = PEER_TUNNELLED_IN + 8; //        f64
export const PEER_STATE = PEER_TUNNELLED_OUT + 8; //               u32  PeerState
export const PEER_OBSTACLE = PEER_STATE + 4; //                    u32  PeerObstacle: why it is not optimised
export const PEER_SEQUENCE = PEER_OBSTACLE + 4; //                 u16
export const PEER_LAST_STATUS = PEER_SEQUENCE + 2; //              u16  of the last acknowledgement, 0xffff: none yet
export const PEER_IN_USE = PEER_LAST_STATUS + 2; //                u16  1: packets go by the direct way now
export const PEER_PATH_MTU = PEER_IN_USE + 2; //                   u16  octets
export const PEER_BYTES = PEER_PATH_MTU + 2;

export const AGENT_LINK_LOCAL = 0; //                              16 octets, unspecified: not known
export const AGENT_ADDRESS = AGENT_LINK_LOCAL + 16; //             16 octets
export const AGENT_REMAINING = AGENT_ADDRESS + 16; //              f64  ms, Infinity: for ever
export const AGENT_PREFERENCE = AGENT_REMAINING + 8; //            u32
export const AGENT_CURRENT = AGENT_PREFERENCE + 4; //              u32  1: this node itself, or the one that a mobile node uses
export const AGENT_BYTES = AGENT_CURRENT + 4;

export const GROUP_HOME_ADDRESS = 0; //                            16 octets
export const GROUP_ADDRESS = GROUP_HOME_ADDRESS + 16; //           16 octets
export const GROUP_REMAINING = GROUP_ADDRESS + 16; //              f64  ms
export const GROUP_BYTES = GROUP_REMAINING + 8;

// ---- events ---------------------------------------------------------------------------------
/** What happened; the fields that count are named in `bindings/events.ts`. */
export enum Event {
  /** An uplink went up (value 1) or down (0). */
  Link = 1,
  /** A router advertisement from `first` with prefix `second`. */
  RouterAdvertisement = 2,
  /** The router `first` no longer answers or its lifetime ended. */
  RouterLost = 3,
  /** Care-of address `first` was formed; duplicate address detection runs (value 1: usable already). */
  CareofFormed = 4,
  /** Duplicate address detection of `first` has ended without objection. */
  CareofConfirmed = 5,
  /** Somebody else has `first`. */
  CareofDuplicate = 6,
  /** Care-of address `first` is gone. */
  CareofLost = 7,
  /** Binding Update sent: home address `first`, care-of address `second`, value sequence, value2 lifetime s, value3 transmission. */
  BindingUpdateSent = 8,
  /** Binding Acknowledgement taken: home address `first`, care-of address `second`, value sequence, value2 status, value3 lifetime s. */
  BindingAcknowledged = 9,
  /** First packet of the tunnel on care-of address `second`; value 0 inbound, 1 outbound. */
  PathInUse = 10,
  /** The binding of `first` at the peer ended without renewal. */
  BindingExpired = 11,
  /** The registration's state changed from value2 to value. */
  RegistrationState = 12,
  /** The clock of the home agent differs: value2 ms (signed) were added to the timestamps. */
  ClockAdjusted = 13,
  /** A binding of `first` at `second` was accepted; value sequence, value2 lifetime s, value3 0 new, 1 moved, 2 refreshed. */
  BindingAccepted = 14,
  /** A binding update was refused; `first` home address, `second` source, value2 status, value3 reason. */
  BindingRefused = 15,
  /** The binding of `first` at `second` ended; value 0 deregistered, 1 expired, 2 node removed, 3 replaced, 4 unreachable, 5 home prefix ended. */
  BindingEnded = 16,
  /** A Binding Refresh Request went to `first`. */
  RefreshRequested = 17,
  /** Path MTU to `first` is now value octets. */
  PathMtu = 18,
  /** A mobile node received a Binding Error from `second` about `first`; value status. */
  BindingError = 19,
  /** The network answers a Binding Update to `first` with an ICMPv6 error from `second`; value type, value2 code. */
  PeerUnreachable = 20,
  /** Route optimisation with `first` went from state value2 to value; value3 PeerObstacle. */
  PeerState = 21,
  /** A mobile node is on its home link, by router `second`; `first` is its home address. */
  HomeReached = 22,
  /** It has left the home link. */
  HomeLeft = 23,
  /** Home agent `first` was chosen among value that were discovered. */
  HomeAgentChosen = 24,
  /** The home prefix of `first`, value bits: value2 s valid, value3 s preferred. */
  HomePrefix = 25,
  /** The mobile node has a further home address `first`; `second` the one that it follows. */
  HomeAddressFormed = 26,
  /** Home address `first` is no longer valid. */
  HomeAddressEnded = 27,
  /** Home agent: somebody else on the home link has home address `first`, so the registration was refused. */
  HomeAddressDuplicate = 28,
  /** Home agent `first` (link-local) with `second` was heard; value preference, value2 lifetime s. */
  HomeAgentHeard = 29,
  /** Home agent `first` is gone from the list. */
  HomeAgentGone = 30,
  /** The node with home address `first` joined group `second` through the tunnel (value 1) or left it (0). */
  GroupMembership = 31,
  /** The prefixes of the home link went to `first`; value transmission, value2 1 when it had asked. */
  PrefixesAdvertised = 32,
  /** An uplink's packets to the home agent go by value (Encapsulation) instead of value2; value3 PathObstacle of that. */
  PathChosen = 33,
  /** A NAT was found between here and the home agent (value 1), or none (0); value2 s between keepalives. */
  NatDetected = 34,
  /** A NAT gave the mobile node `first` at `second` another port, value, after value2 s of silence; value3 s are advised now. */
  MappingChanged = 35,
  /** IPv4 home address `second` goes with home address `first`; value its status (RFC 5555 §3.2.1). */
  Ipv4HomeAddress = 36,
  /** The IPv4 address of an uplink is `first`, unspecified: gone. */
  Ipv4Uplink = 37,
  /** Probe value was answered: we were seen as `first`, port value2; value3 µs of round trip; in the first 8 octets of `second` an f64: ms that the home agent's clock is ahead, NaN: not known. */
  ProbeAnswered = 38,
}
/** An EVENT_* record: what happened. */
export const EVENT_CODE = 0; //                                    u16  Event
export const EVENT_DEVICE = EVENT_CODE + 2; //                     u16
export const EVENT_VALUE = EVENT_DEVICE + 2; //                    u32
export const EVENT_TIME = EVENT_VALUE + 4; //                      f64  ms
export const EVENT_FIRST = EVENT_TIME + 8; //                      16 octets
export const EVENT_SECOND = EVENT_FIRST + 16; //                   16 octets
export const EVENT_VALUE2 = EVENT_SECOND + 16; //                  u32
export const EVENT_VALUE3 = EVENT_VALUE2 + 4; //                   u32
export const EVENT_BYTES = EVENT_VALUE3 + 4;

// ---- state records (Order.Keep, exportState, importState) -----------------------------------
/** Records follow each other; the last one for a key wins. */
export enum State {
  Binding = 1,
  Node = 2,
  Update = 3,
  /** An IPv4 home address of the pool that a home address has. */
  Lease = 4,
}
/** Every record begins with its kind and its whole length. */
export const STATE_KIND = 0; //                                    u16  State
export const STATE_LENGTH = STATE_KIND + 2; //                     u16  octets with this head
export const STATE_HEAD_BYTES = STATE_LENGTH + 2 + 4;

export const STATE_BINDING_HOME_ADDRESS = STATE_HEAD_BYTES; //     16 octets
export const STATE_BINDING_CAREOF_ADDRESS = STATE_BINDING_HOME_ADDRESS + 16;
export const STATE_BINDING_EXPIRES = STATE_BINDING_CAREOF_ADDRESS + 16; // f64  Unix ms, 0: the binding is gone
export const STATE_BINDING_SINCE = STATE_BINDING_EXPIRES + 8; //   f64  Unix ms
export const STATE_BINDING_BID = STATE_BINDING_SINCE + 8; //       u16
export const STATE_BINDING_SEQUENCE = STATE_BINDING_BID + 2; //    u16
export const STATE_BINDING_FLAGS = STATE_BINDING_SEQUENCE + 2; //  u16
export const STATE_BINDING_PORT = STATE_BINDING_FLAGS + 2; //      u16
export const STATE_BINDING_IPV4_HOME_ADDRESS = STATE_BINDING_PORT + 2; // 16 octets, unspecified: none
export const STATE_BINDING_NAT_HELD = STATE_BINDING_IPV4_HOME_ADDRESS + 16; // u32  s
export const STATE_BINDING_NAT_LOST = STATE_BINDING_NAT_HELD + 4; // u32  s
export const STATE_BINDING_ENCAPSULATION = STATE_BINDING_NAT_LOST + 4; // u32
export const STATE_BINDING_NAT = STATE_BINDING_ENCAPSULATION + 4; // u32
export const STATE_BINDING_LIFETIME = STATE_BINDING_NAT + 4; //    u32  s that were left when it was written
export const STATE_BINDING_BYTES = STATE_BINDING_LIFETIME + 4;

export const STATE_NODE_HOME_ADDRESS = STATE_HEAD_BYTES; //        16 octets: the node's first
export const STATE_NODE_TIMESTAMP = STATE_NODE_HOME_ADDRESS + 16; // u64  last accepted (RFC 4285 §6)
export const STATE_NODE_BYTES = STATE_NODE_TIMESTAMP + 8;

export const STATE_UPDATE_HOME_ADDRESS = STATE_HEAD_BYTES; //      16 octets
export const STATE_UPDATE_PEER = STATE_UPDATE_HOME_ADDRESS + 16; // 16 octets
export const STATE_UPDATE_CAREOF_ADDRESS = STATE_UPDATE_PEER + 16; // 16 octets
export const STATE_UPDATE_EXPIRES = STATE_UPDATE_CAREOF_ADDRESS + 16; // f64  Unix ms, 0: none
export const STATE_UPDATE_CLOCK_OFFSET = STATE_UPDATE_EXPIRES + 8; // f64  ms added to timestamps
export const STATE_UPDATE_TIMESTAMP = STATE_UPDATE_CLOCK_OFFSET + 8; // u64  last accepted
export const STATE_UPDATE_SEQUENCE = STATE_UPDATE_TIMESTAMP + 8; // u16
export const STATE_UPDATE_ENCAPSULATION = STATE_UPDATE_SEQUENCE + 2; // u16
export const STATE_UPDATE_IPV4_HOME_ADDRESS = STATE_UPDATE_ENCAPSULATION + 2 + 4; // 16 octets, unspecified: none
export const STATE_UPDATE_BYTES = STATE_UPDATE_IPV4_HOME_ADDRESS + 16;

export const STATE_LEASE_HOME_ADDRESS = STATE_HEAD_BYTES; //       16 octets
export const STATE_LEASE_ADDRESS = STATE_LEASE_HOME_ADDRESS + 16; // 16 octets
export const STATE_LEASE_EXPIRES = STATE_LEASE_ADDRESS + 16; //    f64  Unix ms, 0: given back
export const STATE_LEASE_BYTES = STATE_LEASE_EXPIRES + 8;
