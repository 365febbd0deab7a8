/**
 * Packets for a tunnel device that takes large ones: those of one TCP or UDP flow that follow each other become one
 * packet, whose way through the host's stack costs as much as that of one of them (the reverse of segmentation).
 *
 * Merged is only what segmentation would give back octet for octet (like GRO in Linux, which also forgets windows):
 *
 *   both   addresses, ports, traffic class, hop limit (flow label) as before; checksum right; no larger than the first,
 *          and one that is smaller is the last. IPv4: no options, no fragments, same DF, identification counts up
 *   TCP    the next sequence number; everything else in the header as before, options too; FIN or PSH end a packet;
 *          nothing with SYN, RST, URG or CWR, and nothing without payload
 *   UDP    a checksum
 *
 * A flow is held until something does not fit or the call of the host ends: its packets stay in order, and nothing
 * waits. What is held lies where it came until a second packet comes; then all of it is copied into the orders' room.
 */
import {
  DeviceOffload, VIRTIO_BYTES, VIRTIO_CHECKSUM_OFFSET, VIRTIO_CHECKSUM_START, VIRTIO_FLAGS, VIRTIO_HEADER_BYTES,
  VIRTIO_SEGMENTATION, VIRTIO_SEGMENT_BYTES, VirtioFlag, VirtioSegmentation,
} from "../abi/contract";
import { NextHeader } from "../abi/codes";
import { sameAddress, set16 } from "../wire/bytes";
import * as checksums from "../wire/checksum";
import * as ip4 from "../wire/ip4";
import * as ip6 from "../wire/ip6";
import * as transport from "../wire/transport";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { candidate } from "./coalescing-candidate";
import * as candidates from "./coalescing-candidate";

const MAX_BYTES: u32 = 65535;
/** Datagrams of one packet, as GRO in Linux takes. */
const MAX_DATAGRAMS: u32 = 64;

/** A flow whose packets are held. */
@unmanaged
class Flow {
  /** Of the flow's addresses and ports; 0: nothing is held here. */
  tag: u32;
  device: u32;
  packet: usize;
  /** Octets of the packet by now. */
  length: u32;
  headersBytes: u32;
  upperOffset: u32;
  protocol: u32;
  /** Payload of the first packet. */
  segmentBytes: u32;
  /** Packets in it. */
  count: u32;
  /** TCP: sequence number of the next one. */
  sequence: u32;
  /** IPv4: of the first one. */
  identification: u32;
  /** Room at `packet` in the orders' room, 0: it lies where it came. */
  capacity: u32;
  /** 1: there is room for a header before the packet. */
  hasRoomBefore: u32;
}

const FLOWS: u32 = 16;
const FLOW_BYTES: usize = 64;
const flows = memory.data(1024, 16); // FLOWS of FLOW_BYTES
let held: u32 = 0;
let latest: u32 = 0;
let nextVictim: u32 = 0;

function at(index: u32): Flow {
  return changetype<Flow>(flows + <usize>index * FLOW_BYTES);
}

/** Takes a packet for tunnel device `device`; `hasRoomBefore`: the octets before it are nobody else's. */
export function put(device: u32, packet: usize, length: u32, hasRoomBefore: bool): void {
  if (!candidates.read(packet, length) || !isTaken(devices.at(device).offload, candidate.protocol)) {
    sendSingle(device, packet, length, hasRoomBefore);
    return;
  }
  const flow = find(device, packet);
  if (flow != null) {
    if (candidate.mayContinue && continues(flow, packet) && append(flow, packet)) {
      const isFull = flow.protocol == NextHeader.Udp && flow.count == MAX_DATAGRAMS;
      if (isFull || candidate.isLast || candidate.payloadBytes < flow.segmentBytes) release(flow);
      return;
    }
    release(flow);
  }
  if (candidate.mayBegin && orders.hasRoom()) hold(device, packet, length, hasRoomBefore);
  else sendSingle(device, packet, length, hasRoomBefore);
}

/** Gives everything out that is held: at the end of each call. */
export function flush(): void {
  if (held == 0) return;
  for (let index: u32 = 0; index < FLOWS; index++) if (at(index).tag != 0) release(at(index));
}

function isTaken(offload: u32, protocol: u32): bool {
  return (offload & (protocol == NextHeader.Tcp ? DeviceOffload.Tcp : DeviceOffload.Udp)) != 0;
}

// ---- the table ------------------------------------------------------------------------------

function find(device: u32, packet: usize): Flow | null {
  if (held == 0) return null;
  if (isOf(at(latest), device, packet)) return at(latest);
  for (let index: u32 = 0; index < FLOWS; index++) {
    if (isOf(at(index), device, packet)) {
      latest = index;
      return at(index);
    }
  }
  return null;
}

/** True when the candidate at `packet` is of that flow. */
function isOf(flow: Flow, device: u32, packet: usize): bool {
  if (flow.tag != candidate.tag || flow.device != device || flow.protocol != candidate.protocol) return false;
  if (flow.upperOffset != candidate.upperOffset) return false; // of the other version
  const first = flow.packet;
  if (transport.ports(first + flow.upperOffset) != transport.ports(packet + candidate.upperOffset)) return false;
  if (candidate.isIpv4) return load<u64>(ip4.source(first)) == load<u64>(ip4.source(packet));
  return sameAddress(ip6.source(first), ip6.source(packet)) &&
    sameAddress(ip6.destination(first), ip6.destination(packet));
}

function hold(device: u32, packet: usize, length: u32, hasRoomBefore: bool): void {
  let index: u32 = 0;
  while (index < FLOWS && at(index).tag != 0) index++;
  if (index == FLOWS) {
    index = nextVictim;
    nextVictim = (nextVictim + 1) % FLOWS;
    release(at(index));
  }
  held++;
  latest = index;
  const flow = at(index);
  flow.tag = candidate.tag;
  flow.device = device;
  flow.packet = packet;
  flow.length = length;
  flow.headersBytes = candidate.headersBytes;
  flow.upperOffset = candidate.upperOffset;
  flow.protocol = candidate.protocol;
  flow.segmentBytes = candidate.payloadBytes;
  flow.count = 1;
  flow.sequence = candidate.sequence + candidate.payloadBytes;
  flow.identification = candidate.isIpv4 ? ip4.identification(packet) : 0;
  flow.capacity = 0;
  flow.hasRoomBefore = hasRoomBefore ? 1 : 0;
}

// ---- merging --------------------------------------------------------------------------------

/** True when the candidate at `packet`, which is of that flow, comes right behind what is held of it. */
function continues(flow: Flow, packet: usize): bool {
  if (candidate.headersBytes != flow.headersBytes || candidate.payloadBytes > flow.segmentBytes) return false;
  if (flow.length + candidate.payloadBytes > MAX_BYTES) return false;
  const first = flow.packet;
  if (candidate.isIpv4) {
    if (ip4.typeOfService(packet) != ip4.typeOfService(first) || ip4.timeToLive(packet) != ip4.timeToLive(first)) {
      return false;
    }
    if (ip4.dontFragment(packet) != ip4.dontFragment(first)) return false;
    if (ip4.identification(packet) != ((flow.identification + flow.count) & 0xffff)) return false;
  } else {
    // version, traffic class and flow label
    if (load<u32>(packet) != load<u32>(first) || ip6.hopLimit(packet) != ip6.hopLimit(first)) return false;
  }
  if (flow.protocol == NextHeader.Tcp) {
    if (candidate.sequence != flow.sequence) return false;
    const tcpBytes = flow.headersBytes - flow.upperOffset;
    if (!transport.sameTcp(first + flow.upperOffset, packet + flow.upperOffset, tcpBytes)) return false;
  }
  return true;
}

/**
 * Puts the payload of the candidate behind what is held; false when there is no room for that, or one of both is
 * damaged: such a packet passes alone, so that its receiver sees it.
 */
function append(flow: Flow, packet: usize): bool {
  const upper = packet + flow.upperOffset;
  const upperHeaderBytes = flow.headersBytes - flow.upperOffset;
  if (flow.capacity == 0) {
    const first = flow.packet;
    const firstBytes = upperHeaderBytes + flow.segmentBytes;
    if (!transport.verify(first, first + flow.upperOffset, firstBytes, flow.protocol) || !makeRoom(flow)) return false;
  }
  const sum = transport.pseudoHeader(packet, upperHeaderBytes + candidate.payloadBytes, flow.protocol) +
    checksums.sumWords(upper, upperHeaderBytes) +
    checksums.copy(flow.packet + flow.length, packet + flow.headersBytes, candidate.payloadBytes);
  if (checksums.fold(sum) != 0xffff) return false;
  flow.length += candidate.payloadBytes;
  flow.sequence += candidate.payloadBytes;
  flow.count++;
  if (flow.protocol == NextHeader.Tcp) {
    const own = flow.packet + flow.upperOffset;
    transport.setFlags(own, transport.flags(own) | transport.flags(upper));
  }
  return true;
}

/** Moves what is held into room that takes the largest packet. */
function makeRoom(flow: Flow): bool {
  if (!orders.hasRoom()) return false;
  let capacity = MAX_BYTES;
  if (flow.protocol == NextHeader.Udp) {
    capacity = min(capacity, flow.headersBytes + MAX_DATAGRAMS * flow.segmentBytes);
  }
  const room = orders.allocate(capacity);
  if (room == 0) return false;
  memory.copy(room, flow.packet, flow.length);
  flow.packet = room;
  flow.capacity = capacity;
  flow.hasRoomBefore = 1;
  return true;
}

// ---- giving out -----------------------------------------------------------------------------

/** Gives out what is held of a flow. */
function release(flow: Flow): void {
  flow.tag = 0;
  held--;
  if (flow.count == 1) {
    sendSingle(flow.device, flow.packet, flow.length, flow.hasRoomBefore != 0);
    return;
  }
  const packet = flow.packet;
  orders.trim(packet, flow.capacity, flow.length);
  const isIpv4 = ip6.version(packet) == 4;
  if (isIpv4) ip4.setSegment(packet, flow.length, flow.identification);
  else ip6.setPayloadLength(packet, flow.length - <u32>ip6.LENGTH_BYTES);
  const upper = packet + flow.upperOffset;
  const upperBytes = flow.length - flow.upperOffset;
  const isTcp = flow.protocol == NextHeader.Tcp;
  if (!isTcp) transport.setUdpLength(upper, upperBytes);
  const checksumOffset = <u32>transport.checksumOffset(flow.protocol);
  set16(upper + checksumOffset, checksums.fold(transport.pseudoHeader(packet, upperBytes, flow.protocol)));

  const header = packet - VIRTIO_BYTES;
  store<u8>(header, VirtioFlag.NeedsChecksum, VIRTIO_FLAGS);
  const kind = isTcp ? (isIpv4 ? VirtioSegmentation.Tcp4 : VirtioSegmentation.Tcp6) : VirtioSegmentation.Udp;
  store<u8>(header, <u8>kind, VIRTIO_SEGMENTATION);
  store<u16>(header, <u16>flow.headersBytes, VIRTIO_HEADER_BYTES);
  store<u16>(header, <u16>flow.segmentBytes, VIRTIO_SEGMENT_BYTES);
  store<u16>(header, <u16>flow.upperOffset, VIRTIO_CHECKSUM_START);
  store<u16>(header, <u16>checksumOffset, VIRTIO_CHECKSUM_OFFSET);
  orders.transmit(flow.device, packet, flow.length);
}

/** Gives a packet out as it is, behind a header that says nothing. */
function sendSingle(device: u32, packet: usize, length: u32, hasRoomBefore: bool): void {
  if (!hasRoomBefore) {
    const copy = orders.allocate(length);
    if (copy == 0) return;
    memory.copy(copy, packet, length);
    packet = copy;
  }
  memory.fill(packet - VIRTIO_BYTES, 0, VIRTIO_BYTES);
  orders.transmit(device, packet, length);
}
