import * as abi from "../core-as/abi/contract.ts";
import { Reason } from "../core-as/abi/reasons.ts";
import { NatFinding, PathObstacle, PeerObstacle, PeerState, RegistrationState, UplinkState } from "../core-as/abi/states.ts";
import { formatAnyAddress } from "./address.ts";
import { Query, type StateReader } from "./engine.ts";
import { ORDINARY, REASONS } from "./reasons.ts";

/** Packets and octets through a tunnel. */
export interface Traffic {
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
}

/** An entry of the binding cache (RFC 6275 §9.1). */
export interface BindingStatus extends Traffic {
  homeAddress: string;
  careofAddress: string;
  bindingIdentifier: number;
  /** The host's number for the mobile node. */
  node: number;
  sequence: number;
  flags: number;
  remainingMs: number;
  /** Since the care-of address was registered. */
  ageMs: number;
  pathMtu: number;
  encapsulation: keyof typeof abi.Encapsulation;
  /** Of the mobile node's end; absent: no UDP. */
  port?: number;
  /** The mobile node is behind a NAT. */
  nat: boolean;
  /** What a node behind a NAT is told: silent for no longer, s; 0: nothing. */
  refreshS: number;
  /** Silence that the NAT's mapping survived, and after which it was gone, s; 0: unknown. */
  natHeldS: number;
  natLostS: number;
  /** That goes with the home address; absent: none. */
  ipv4HomeAddress?: string;
}

/** An entry of the binding update list (RFC 6275 §11.1). */
export interface UpdateStatus extends Traffic {
  homeAddress: string;
  /** `::` when there is none. */
  careofAddress: string;
  peer: string;
  state: keyof typeof RegistrationState;
  remainingMs: number;
  /** Until the next Binding Update; −1 when none is planned. */
  nextRefreshMs: number;
  /** Of the last registration; −1 when unknown. */
  roundTripMs: number;
  sequence: number;
  /** Of the last Binding Acknowledgement; undefined before the first. */
  lastStatus?: number;
  device?: number;
  pathMtu: number;
  encapsulation: keyof typeof abi.Encapsulation;
  nat: keyof typeof NatFinding;
  /** Why it is not the next better encapsulation; None for the best. */
  obstacle: keyof typeof PathObstacle;
  /** s of silence before the NAT is refreshed; 0: no need. */
  keepaliveS: number;
  /** Absent: none. */
  ipv4HomeAddress?: string;
  /** Of the IPv4 home address (RFC 5555 §3.2.1); absent: not answered. */
  ipv4Status?: number;
}

/** An uplink of a mobile node. */
export interface UplinkStatus {
  device: number;
  state: keyof typeof UplinkState;
  careofAddress: string;
  router: string;
  preference: number;
  selected: boolean;
  /** Absent: none. */
  ipv4Address?: string;
  encapsulation: keyof typeof abi.Encapsulation;
  /** For each encapsulation, why it is not used. */
  paths: Record<keyof typeof abi.Encapsulation, keyof typeof PathObstacle>;
}

/** A correspondent node of a mobile node. */
export interface PeerStatus {
  address: string;
  homeAddress: string;
  /** That the peer has bound; `::` when there is none. */
  careofAddress: string;
  state: keyof typeof PeerState;
  /** Why packets do not take the direct way; None when they do. */
  obstacle: keyof typeof PeerObstacle;
  /** Packets take the direct way now. */
  optimised: boolean;
  remainingMs: number;
  /** Until the next message or attempt; −1 when none is planned. */
  nextAttemptMs: number;
  optimisedIn: number;
  optimisedOut: number;
  tunnelledIn: number;
  tunnelledOut: number;
  sequence: number;
  lastStatus?: number;
  pathMtu: number;
}

/** A home agent of the home link. */
export interface HomeAgentStatus {
  /** `::` when it is not known. */
  linkLocal: string;
  address: string;
  preference: number;
  remainingMs: number;
  /** This node itself, or the one that a mobile node uses. */
  current: boolean;
}

/** A group that a mobile node has joined through the tunnel. */
export interface GroupStatus {
  homeAddress: string;
  group: string;
  remainingMs: number;
}

/** Packets refused for one reason. */
export interface RefusalCount {
  reason: keyof typeof Reason;
  section: string;
  text: string;
  packets: number;
  /** Every node on a healthy link has some of these. */
  ordinary: boolean;
}

const addressAt = (record: DataView, at: number) => formatAnyAddress(new Uint8Array(record.buffer, record.byteOffset + at, 16));
/** An address that need not be there. */
const optionalAddress = <Name extends string>(name: Name, record: DataView, at: number) => {
  const address = addressAt(record, at);
  return (address === "::" ? {} : { [name]: address }) as { [key in Name]?: string };
};
const encapsulationName = (value: number) => abi.Encapsulation[value] as keyof typeof abi.Encapsulation;
const obstacleName = (value: number) => PathObstacle[value] as keyof typeof PathObstacle;
const f64 = (record: DataView, at: number) => record.getFloat64(at, true);
const u32 = (record: DataView, at: number) => record.getUint32(at, true);
const u8 = (record: DataView, at: number) => record.getUint8(at);
const u16 = (record: DataView, at: number) => record.getUint16(at, true);

/** The binding cache of a home agent. */
export function readBindings(engine: StateReader): BindingStatus[] {
  const all: BindingStatus[] = [];
  engine.query(Query.Bindings, abi.BINDING_BYTES, (record) => all.push({
    homeAddress: addressAt(record, abi.BINDING_HOME_ADDRESS),
    careofAddress: addressAt(record, abi.BINDING_CAREOF_ADDRESS),
    bindingIdentifier: u16(record, abi.BINDING_BID),
    node: u32(record, abi.BINDING_NODE),
    sequence: u16(record, abi.BINDING_SEQUENCE),
    flags: u16(record, abi.BINDING_FLAGS),
    remainingMs: f64(record, abi.BINDING_REMAINING),
    ageMs: f64(record, abi.BINDING_AGE),
    pathMtu: u16(record, abi.BINDING_PATH_MTU),
    encapsulation: encapsulationName(u8(record, abi.BINDING_ENCAPSULATION)),
    ...(u16(record, abi.BINDING_PORT) === 0 ? {} : { port: u16(record, abi.BINDING_PORT) }),
    nat: u8(record, abi.BINDING_NAT) === 1,
    refreshS: u32(record, abi.BINDING_REFRESH_S),
    natHeldS: u32(record, abi.BINDING_NAT_HELD_S),
    natLostS: u32(record, abi.BINDING_NAT_LOST_S),
    ...optionalAddress("ipv4HomeAddress", record, abi.BINDING_IPV4_HOME_ADDRESS),
    packetsIn: f64(record, abi.BINDING_PACKETS_IN),
    packetsOut: f64(record, abi.BINDING_PACKETS_OUT),
    bytesIn: f64(record, abi.BINDING_BYTES_IN),
    bytesOut: f64(record, abi.BINDING_BYTES_OUT),
  }));
  return all;
}

/** Where the mobile nodes of a home agent are that it reaches by UDP; `address` (16 octets) is valid during the call only. */
export function visitBoundEndpoints(engine: StateReader, visit: (address: Uint8Array, port: number) => void): void {
  engine.query(Query.Bindings, abi.BINDING_BYTES, (record) => {
    const port = u16(record, abi.BINDING_PORT);
    if (port !== 0) visit(new Uint8Array(record.buffer, record.byteOffset + abi.BINDING_CAREOF_ADDRESS, 16), port);
  });
}

/** The binding update list of a mobile node. */
export function readUpdates(engine: StateReader): UpdateStatus[] {
  const all: UpdateStatus[] = [];
  engine.query(Query.Updates, abi.UPDATE_BYTES, (record) => {
    const lastStatus = u16(record, abi.UPDATE_LAST_STATUS);
    const device = u16(record, abi.UPDATE_DEVICE);
    const ipv4Status = u8(record, abi.UPDATE_IPV4_STATUS);
    all.push({
      homeAddress: addressAt(record, abi.UPDATE_HOME_ADDRESS),
      careofAddress: addressAt(record, abi.UPDATE_CAREOF_ADDRESS),
      peer: addressAt(record, abi.UPDATE_PEER),
      state: RegistrationState[u32(record, abi.UPDATE_STATE)] as keyof typeof RegistrationState,
      remainingMs: f64(record, abi.UPDATE_REMAINING),
      nextRefreshMs: f64(record, abi.UPDATE_NEXT_REFRESH),
      roundTripMs: f64(record, abi.UPDATE_ROUND_TRIP),
      sequence: u16(record, abi.UPDATE_SEQUENCE),
      ...(lastStatus === 0xffff ? {} : { lastStatus }),
      ...(device === abi.DEVICE_ANY ? {} : { device }),
      pathMtu: u16(record, abi.UPDATE_PATH_MTU),
      encapsulation: encapsulationName(u8(record, abi.UPDATE_ENCAPSULATION)),
      nat: NatFinding[u8(record, abi.UPDATE_NAT)] as keyof typeof NatFinding,
      obstacle: obstacleName(u8(record, abi.UPDATE_OBSTACLE)),
      keepaliveS: u32(record, abi.UPDATE_KEEPALIVE_S),
      ...optionalAddress("ipv4HomeAddress", record, abi.UPDATE_IPV4_HOME_ADDRESS),
      ...(ipv4Status === 255 ? {} : { ipv4Status }),
      packetsIn: f64(record, abi.UPDATE_PACKETS_IN),
      packetsOut: f64(record, abi.UPDATE_PACKETS_OUT),
      bytesIn: f64(record, abi.UPDATE_BYTES_IN),
      bytesOut: f64(record, abi.UPDATE_BYTES_OUT),
    });
  });
  return all;
}

/** The uplinks of a mobile node. */
export function readUplinks(engine: StateReader): UplinkStatus[] {
  const all: UplinkStatus[] = [];
  engine.query(Query.Uplinks, abi.UPLINK_BYTES, (record) => all.push({
    device: u32(record, abi.UPLINK_DEVICE),
    state: UplinkState[u32(record, abi.UPLINK_STATE)] as keyof typeof UplinkState,
    careofAddress: addressAt(record, abi.UPLINK_CAREOF_ADDRESS),
    router: addressAt(record, abi.UPLINK_ROUTER),
    preference: u32(record, abi.UPLINK_PREFERENCE),
    selected: u32(record, abi.UPLINK_SELECTED) === 1,
    ...optionalAddress("ipv4Address", record, abi.UPLINK_IPV4_ADDRESS),
    encapsulation: encapsulationName(u32(record, abi.UPLINK_ENCAPSULATION)),
    paths: {
      Ipv6: obstacleName(u8(record, abi.UPLINK_PATHS + abi.Encapsulation.Ipv6)),
      UdpIpv6: obstacleName(u8(record, abi.UPLINK_PATHS + abi.Encapsulation.UdpIpv6)),
      Ipv4: obstacleName(u8(record, abi.UPLINK_PATHS + abi.Encapsulation.Ipv4)),
      UdpIpv4: obstacleName(u8(record, abi.UPLINK_PATHS + abi.Encapsulation.UdpIpv4)),
    },
  }));
  return all;
}

/** The correspondent nodes of a mobile node. */
export function readPeers(engine: StateReader): PeerStatus[] {
  const all: PeerStatus[] = [];
  engine.query(Query.Peers, abi.PEER_BYTES, (record) => {
    const lastStatus = u16(record, abi.PEER_LAST_STATUS);
    all.push({
      address: addressAt(record, abi.PEER_ADDRESS),
      homeAddress: addressAt(record, abi.PEER_HOME_ADDRESS),
      careofAddress: addressAt(record, abi.PEER_CAREOF_ADDRESS),
      state: PeerState[u32(record, abi.PEER_STATE)] as keyof typeof PeerState,
      obstacle: PeerObstacle[u32(record, abi.PEER_OBSTACLE)] as keyof typeof PeerObstacle,
      optimised: u16(record, abi.PEER_IN_USE) === 1,
      remainingMs: f64(record, abi.PEER_REMAINING),
      nextAttemptMs: f64(record, abi.PEER_NEXT_ATTEMPT),
      optimisedIn: f64(record, abi.PEER_OPTIMISED_IN),
      optimisedOut: f64(record, abi.PEER_OPTIMISED_OUT),
      tunnelledIn: f64(record, abi.PEER_TUNNELLED_IN),
      tunnelledOut: f64(record, abi.PEER_TUNNELLED_OUT),
      sequence: u16(record, abi.PEER_SEQUENCE),
      ...(lastStatus === 0xffff ? {} : { lastStatus }),
      pathMtu: u16(record, abi.PEER_PATH_MTU),
    });
  });
  return all;
}

/** The home agents list. */
export function readHomeAgents(engine: StateReader): HomeAgentStatus[] {
  const all: HomeAgentStatus[] = [];
  engine.query(Query.HomeAgents, abi.AGENT_BYTES, (record) => all.push({
    linkLocal: addressAt(record, abi.AGENT_LINK_LOCAL),
    address: addressAt(record, abi.AGENT_ADDRESS),
    preference: record.getUint32(abi.AGENT_PREFERENCE, true),
    remainingMs: f64(record, abi.AGENT_REMAINING),
    current: u32(record, abi.AGENT_CURRENT) === 1,
  }));
  return all;
}

/** The groups that mobile nodes have joined. */
export function readGroups(engine: StateReader): GroupStatus[] {
  const all: GroupStatus[] = [];
  engine.query(Query.Groups, abi.GROUP_BYTES, (record) => all.push({
    homeAddress: addressAt(record, abi.GROUP_HOME_ADDRESS),
    group: addressAt(record, abi.GROUP_ADDRESS),
    remainingMs: f64(record, abi.GROUP_REMAINING),
  }));
  return all;
}

/** Why packets were refused, the most frequent reason first. */
export function readRefusals(engine: StateReader): RefusalCount[] {
  const counters = engine.counters();
  const all: RefusalCount[] = [];
  counters.forEach((packets, number) => {
    const text = REASONS[number as Reason];
    if (packets > 0 && text) {
      all.push({ reason: Reason[number] as keyof typeof Reason, ...text, packets, ordinary: ORDINARY.has(number) });
    }
  });
  return all.sort((a, b) => b.packets - a.packets);
}
