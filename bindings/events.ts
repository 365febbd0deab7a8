import {
  EVENT_CODE, EVENT_DEVICE, EVENT_FIRST, EVENT_SECOND, EVENT_TIME, EVENT_VALUE, EVENT_VALUE2, EVENT_VALUE3,
  Encapsulation, Event,
} from "../core-as/abi/contract.ts";
import { PathObstacle, PeerObstacle, PeerState, RegistrationState } from "../core-as/abi/states.ts";
import { formatAnyAddress } from "./address.ts";
import { icmpv6ErrorText, ipv4StatusText, statusText } from "./describe-names.ts";
import { Reason } from "../core-as/abi/reasons.ts";

/** An event of the core as people and programs read it: addresses as text, times in ms. */
export interface CoreEvent {
  readonly name: keyof typeof Event;
  /** Monotonic ms of the host's clock. */
  readonly atMs: number;
  /** Device index; absent where the event belongs to no device. */
  readonly device?: number;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

type Field = [
  name: string, from: "first" | "second" | "value" | "value2" | "value3" | "second as ms",
  /** `first` is the record's first number. */
  show?: (value: number, first: number) => string | number | boolean,
];

const yes = (value: number) => value !== 0;
const state = (value: number) => RegistrationState[value] ?? value;
const signed = (value: number) => value | 0;
const encapsulation = (value: number) => Encapsulation[value] ?? value;
const peerState = (value: number) => PeerState[value] ?? value;

/** What each event's fields mean: the one place where they are named. */
const FIELDS: Readonly<Record<Event, readonly Field[]>> = {
  [Event.Link]: [["up", "value", yes]],
  [Event.RouterAdvertisement]: [["router", "first"], ["prefix", "second"]],
  [Event.RouterLost]: [["router", "first"]],
  [Event.CareofFormed]: [["careofAddress", "first"], ["usable", "value", yes]],
  [Event.CareofConfirmed]: [["careofAddress", "first"]],
  [Event.CareofDuplicate]: [["careofAddress", "first"]],
  [Event.CareofLost]: [["careofAddress", "first"]],
  [Event.BindingUpdateSent]: [["homeAddress", "first"], ["careofAddress", "second"], ["sequence", "value"],
    ["lifetimeS", "value2"], ["transmission", "value3"]],
  [Event.BindingAcknowledged]: [["homeAddress", "first"], ["careofAddress", "second"], ["sequence", "value"],
    ["status", "value2"], ["meaning", "value2", statusText], ["lifetimeS", "value3"]],
  [Event.PathInUse]: [["careofAddress", "second"], ["outbound", "value", yes]],
  [Event.BindingExpired]: [["homeAddress", "first"]],
  [Event.RegistrationState]: [["state", "value", state], ["before", "value2", state]],
  [Event.ClockAdjusted]: [["addedMs", "value2", signed]],
  [Event.BindingAccepted]: [["homeAddress", "first"], ["careofAddress", "second"], ["sequence", "value"],
    ["lifetimeS", "value2"], ["change", "value3", (value) => ["new", "moved", "refreshed"][value] ?? value]],
  [Event.BindingRefused]: [["homeAddress", "first"], ["source", "second"], ["status", "value2"],
    // Some refusals are not answered: then there is no status.
    ["meaning", "value2", (value) => (value === 0 ? "not answered" : statusText(value))],
    ["reason", "value3", (value) => Reason[value] ?? value]],
  [Event.BindingEnded]: [["homeAddress", "first"], ["careofAddress", "second"],
    ["why", "value", (value) => ["deregistered", "expired", "node removed", "replaced", "unreachable", "home prefix ended"][value] ?? value]],
  [Event.RefreshRequested]: [["homeAddress", "first"]],
  [Event.PathMtu]: [["peer", "first"], ["octets", "value"]],
  [Event.PeerUnreachable]: [["peer", "first"], ["source", "second"], ["type", "value"], ["code", "value2"],
    ["meaning", "value2", icmpv6ErrorText]],
  [Event.BindingError]: [["homeAddress", "first"], ["source", "second"], ["status", "value"]],
  [Event.PeerState]: [["peer", "first"], ["state", "value", peerState], ["before", "value2", peerState],
    ["obstacle", "value3", (value) => PeerObstacle[value] ?? value]],
  [Event.HomeReached]: [["homeAddress", "first"], ["router", "second"]],
  [Event.HomeLeft]: [["homeAddress", "first"]],
  [Event.HomeAgentChosen]: [["homeAgent", "first"], ["discovered", "value"]],
  [Event.HomePrefix]: [["prefix", "first"], ["length", "value"], ["validS", "value2"], ["preferredS", "value3"]],
  [Event.HomeAddressFormed]: [["homeAddress", "first"], ["before", "second"]],
  [Event.HomeAddressEnded]: [["homeAddress", "first"]],
  [Event.HomeAddressDuplicate]: [["homeAddress", "first"]],
  [Event.HomeAgentHeard]: [["linkLocal", "first"], ["homeAgent", "second"], ["preference", "value"],
    ["lifetimeS", "value2"]],
  [Event.HomeAgentGone]: [["linkLocal", "first"]],
  [Event.GroupMembership]: [["homeAddress", "first"], ["group", "second"], ["joined", "value", yes]],
  [Event.PrefixesAdvertised]: [["homeAddress", "first"], ["transmission", "value"], ["solicited", "value2", yes]],
  [Event.PathChosen]: [["encapsulation", "value", encapsulation], ["before", "value2", encapsulation],
    ["obstacle", "value3", (value) => PathObstacle[value] ?? value]],
  [Event.NatDetected]: [["nat", "value", yes], ["keepaliveS", "value2"]],
  [Event.MappingChanged]: [["homeAddress", "first"], ["careofAddress", "second"], ["port", "value"],
    ["silenceS", "value2"], ["adviceS", "value3"]],
  [Event.Ipv4HomeAddress]: [["homeAddress", "first"], ["ipv4HomeAddress", "second"], ["status", "value"],
    ["meaning", "value", ipv4StatusText]],
  [Event.Ipv4Uplink]: [["address", "first"]],
  [Event.ProbeAnswered]: [["number", "value"], ["seenAddress", "first"], ["seenPort", "value2"],
    ["roundTripMs", "value3", (value) => value / 1000], ["clockAheadMs", "second as ms"]],
};

/** Reads an EVENT_* record. */
export function readEvent(record: DataView): CoreEvent {
  const code = record.getUint16(EVENT_CODE, true) as Event;
  const device = record.getUint16(EVENT_DEVICE, true);
  const fields: Record<string, string | number | boolean> = {};
  const address = (at: number) => formatAnyAddress(new Uint8Array(record.buffer, record.byteOffset + at, 16));
  for (const [name, from, show] of FIELDS[code] ?? []) {
    if (from === "first") fields[name] = address(EVENT_FIRST);
    else if (from === "second") fields[name] = address(EVENT_SECOND);
    else if (from === "second as ms") fields[name] = record.getFloat64(EVENT_SECOND, true);
    else {
      const number = record.getUint32(from === "value" ? EVENT_VALUE : from === "value2" ? EVENT_VALUE2 : EVENT_VALUE3, true);
      fields[name] = show ? show(number, record.getUint32(EVENT_VALUE, true)) : number;
    }
  }
  return {
    name: (Event[code] ?? `Event${code}`) as keyof typeof Event,
    atMs: record.getFloat64(EVENT_TIME, true),
    ...(device === 0xffff ? {} : { device }),
    fields,
  };
}

export { Event as EventCode };
