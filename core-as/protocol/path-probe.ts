/**
 * The probes of a mobile node: questions to the home agent that show whether a path lets them pass (wire/path-probe).
 *
 *   beside the tunnel, Ipv6    │ IPv6: care-of address → home agent │ Home Address option │ probe │
 *   beside the tunnel, UDP     │ UDP │ IPv6: home address → home agent │ probe │
 *   through the tunnel         │ outer header │ IPv6: home address → home agent │ probe │
 *
 * Natively a probe looks like a Binding Update, so that firewalls treat it like one. A home agent that does not know
 * probes answers with a Binding Error, which proves the path as well.
 */
import {
  DEVICE_ANY, DeviceKind, Encapsulation, Event, PROBE_ANSWER_PORT, PROBE_BYTES_WANTED, PROBE_DEVICE,
  PROBE_ENCAPSULATION, PROBE_NUMBER, PROBE_TUNNELLED, Refusal,
} from "../abi/contract";
import { NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { WayState } from "../abi/states";
import { sendMessage } from "../encap/answer-way";
import * as arrival from "../encap/arrival";
import * as homeAddressOption from "../wire/home-address";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as wire from "../wire/path-probe";
import { ProbeKind } from "../wire/path-probe";
import * as clock from "../tables/clock";
import * as counters from "../tables/counters";
import * as devices from "../tables/devices";
import * as orders from "../tables/orders";
import { overheadBytes } from "../tables/path";
import * as updates from "../tables/updates";
import * as paths from "../select/paths";
import * as selector from "../select/selector";
import * as ways from "../select/ways";
import * as authentication from "./authentication";
import * as random from "./crypto/random";
import * as dataCheck from "./data-check";
import { HOP_LIMIT } from "./mobility-message";
import * as received from "./mobility-message";
import * as ownPackets from "./own-packets";
import * as pathChoice from "./path-choice";
import * as registration from "./registration";

/** What a probe is to find out. */
export enum ProbePurpose {
  /** Nothing: the slot is free. */
  None = 0,
  /** Whether a way works again. */
  Way = 1,
  /** Whether what is tunnelled comes through. */
  Through = 2,
  /** The comparison to that. */
  Beside = 3,
  /** What people have asked for. */
  Command = 4,
}

@unmanaged
class Slot {
  nonce: u64;
  sentMs: f64;
  device: u32;
  /** Encapsulation */
  which: u32;
  /** ProbePurpose */
  purpose: u32;
  /** The host's own number. */
  number: u32;
  /** 1: it went through the tunnel. */
  isThrough: u32;
}

const SLOTS: u32 = 32;
const SLOT_BYTES: usize = 40;
const slots = memory.data(1280, 8); // SLOTS × SLOT_BYTES
let nextSlot: u32 = 0;
/** An answer that comes later than this is none. */
const MAX_AGE_MS: f64 = 10000;
/** So long after a true answer it is no secret that the home agent knows probes: who says otherwise is somebody else. */
const KNOWN_MS: f64 = 3600000;
let knownUntilMs: f64 = -Infinity;
/** Largest outer packet that a probe can fill. */
const MAX_WANTED: u32 = 2100;
const clockDifference = memory.data(16, 8);

/** The home agent is another one, which may not know probes. */
export function agentChanged(): void {
  knownUntilMs = -Infinity;
}

/** Asks whether the way `which` of an uplink works again. */
export function ask(device: u32, which: u32): void {
  // What let Binding Updates pass and nothing else is asked with what it did not let pass.
  const isThrough = which == Encapsulation.Ipv4 || ways.at(device, which).state == WayState.Blocked;
  transmit(device, which, ProbePurpose.Way, isThrough, 0, 0, 0);
}

/** Sends a probe of a data check. */
export function send(device: u32, which: u32, purpose: ProbePurpose): void {
  transmit(device, which, purpose, purpose == ProbePurpose.Through, 0, 0, 0);
}

/** Takes the PROBE_* record: people ask what a path lets through. */
export function command(record: usize): Refusal {
  const device = load<u32>(record, PROBE_DEVICE);
  const which = load<u32>(record, PROBE_ENCAPSULATION);
  const bytes = load<u32>(record, PROBE_BYTES_WANTED);
  const port = load<u32>(record, PROBE_ANSWER_PORT);
  if (!registration.isConfigured()) return Refusal.WrongMoment;
  if (!devices.is(device, DeviceKind.Access)) return Refusal.UnknownDevice;
  if (which >= ways.WAYS || bytes > MAX_WANTED || port > 0xffff) return Refusal.OutOfRange;
  const isIpv4 = which >= <u32>Encapsulation.Ipv4;
  if (!ways.hasAddress(device, which) || !updates.knowPeer()) return Refusal.NotFound;
  if (isIpv4 && !paths.knowsHomeAgentIpv4()) return Refusal.NotFound;
  const isThrough = which == Encapsulation.Ipv4 || load<u32>(record, PROBE_TUNNELLED) != 0;
  transmit(device, which, ProbePurpose.Command, isThrough, load<u32>(record, PROBE_NUMBER), bytes, port);
  return Refusal.None;
}

function transmit(
  device: u32, which: u32, purpose: ProbePurpose, isThrough: bool, number: u32, bytes: u32, answerPort: u32,
): void {
  const update = registration.primary();
  if (!updates.hasPeer(update)) return;
  const isNative = which == Encapsulation.Ipv6 && !isThrough;
  const optionBytes: u32 = isNative ? <u32>homeAddressOption.LENGTH_BYTES : 0;
  const headers = <u32>ip6.LENGTH_BYTES + optionBytes;
  // A native probe is the outer packet itself.
  const overhead = isNative ? headers : overheadBytes(which) + headers;
  const wanted = bytes > overhead ? (bytes - overhead) & ~7 : 0;
  const length = max<u32>(wire.MIN_BYTES, min<u32>(wire.MAX_BYTES, wanted));
  const packet = orders.allocate(headers + length);
  if (packet == 0) return;
  const home = updates.home(update);
  const agent = updates.peerOf(update);
  const message = packet + headers;
  const slot = take(device, which, purpose, isThrough, number);
  const octets = mobility.finish(message, wire.buildRequest(message, slot.nonce, answerPort, length), home, agent);
  if (isNative) homeAddressOption.build(packet + ip6.LENGTH_BYTES, NextHeader.Mobility, home);
  const next = isNative ? NextHeader.Destination : NextHeader.Mobility;
  const source = isNative ? ways.address(device, which) : home;
  ip6.build(packet, 0, 0, optionBytes + octets, next, HOP_LIMIT, source, agent);
  const path = paths.fromUplink(device, which, agent);
  if (isThrough) counters.refuse(ownPackets.throughTunnel(update, path, packet, headers + octets, DEVICE_ANY));
  else sendMessage(path, packet, headers + octets);
}

function at(index: u32): Slot {
  return changetype<Slot>(slots + <usize>index * SLOT_BYTES);
}

/** A slot with a new nonce; the oldest question is forgotten. */
function take(device: u32, which: u32, purpose: ProbePurpose, isThrough: bool, number: u32): Slot {
  const slot = at(nextSlot);
  nextSlot = (nextSlot + 1) % SLOTS;
  slot.nonce = random.next64();
  slot.sentMs = clock.now();
  slot.device = device;
  slot.which = which;
  slot.purpose = purpose;
  slot.number = number;
  slot.isThrough = isThrough ? 1 : 0;
  return slot;
}

// ---- answers --------------------------------------------------------------------------------

/** Takes the probe that `mobility-message` has in hand: only an answer to one of ours is for us. */
export function receive(): Reason {
  const message = received.message();
  if (wire.kind(message) != ProbeKind.Answer) return Reason.MessageNotForThisRole;
  if (!updates.isPeer(ip6.source(received.packet()))) return Reason.ProbeUnexpected;
  for (let index: u32 = 0; index < SLOTS; index++) {
    const slot = at(index);
    if (!isOpen(slot) || slot.nonce != wire.nonce(message)) continue;
    knownUntilMs = clock.now() + KNOWN_MS;
    if (slot.purpose == ProbePurpose.Command) tell(slot, message);
    answered(slot);
    return Reason.None;
  }
  return Reason.ProbeUnexpected;
}

/**
 * The home agent has said, by a Binding Error, that it does not know probes: it came back by the path of one, through
 * the tunnel or beside it. False when there was none, or when it does know them: an error has no nonce, so anybody who
 * uses its address can say that.
 */
export function receiveError(fromTunnel: bool, device: u32): bool {
  if (clock.now() < knownUntilMs) return false;
  const encapsulation = arrival.path().encapsulation;
  for (let index: u32 = 0; index < SLOTS; index++) {
    const slot = at(index);
    if (!isOpen(slot) || slot.device != device || slot.which != encapsulation) continue;
    // By UDP both look the same.
    if (encapsulation == <u32>Encapsulation.Ipv6 && (slot.isThrough != 0) != fromTunnel) continue;
    if (slot.purpose == ProbePurpose.Command) tell(slot, 0);
    answered(slot);
    return true;
  }
  return false;
}

function isOpen(slot: Slot): bool {
  return slot.purpose != ProbePurpose.None && clock.now() - slot.sentMs <= MAX_AGE_MS;
}

function answered(slot: Slot): void {
  const purpose = slot.purpose;
  slot.purpose = ProbePurpose.None;
  switch (purpose) {
    case ProbePurpose.Way:
      pathChoice.probeAnswered(slot.device, slot.which);
      break;
    case ProbePurpose.Through:
    case ProbePurpose.Beside:
      dataCheck.answered(slot.device, purpose == ProbePurpose.Beside);
      break;
  }
}

/** The answer to people's question; without a `message` the home agent says no more than that it was reached. */
function tell(slot: Slot, message: usize): void {
  const roundTripMs = clock.now() - slot.sentMs;
  let aheadMs: f64 = NaN;
  if (message != 0 && wire.time(message) != 0) {
    aheadMs = authentication.differenceMs(wire.time(message), authentication.timestampNow(0)) + roundTripMs / 2;
  }
  store<f64>(clockDifference, aheadMs);
  orders.event(
    Event.ProbeAnswered, slot.device, message != 0 ? wire.seenAddress(message) : 0, clockDifference, slot.number,
    message != 0 ? wire.seenPort(message) : 0, <u32>(roundTripMs * 1000),
  );
}

/** Binding Errors and probes that arrived by an uplink of ours: which one, DEVICE_ANY: none. */
export function arrivedOn(): u32 {
  const path = arrival.path();
  return selector.isHomeAgent(registration.primary(), path) ? path.device : DEVICE_ANY;
}
