/**
 * Multicast Listener Discovery, version 1 (RFC 2710 §3) and version 2 (RFC 3810 §5).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |     Code      |           Checksum            |  0   Query (130), and of version 1
 *   +---------------+---------------+-------------------------------+      Report (131) and Done (132)
 *   |     Maximum Response Delay    |           Reserved            |  4
 *   +-------------------------------+-------------------------------+
 *   |                       Multicast Address                       |  8   ::, in a query: all groups
 *   +-------+-+-----+---------------+-------------------------------+
 *   | Resv  |S| QRV |     QQIC      |       Number of Sources       | 24   version 2 query only
 *   +-------+-+-----+---------------+-------------------------------+ 28
 *
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |   Reserved    |           Checksum            |  0   Report of version 2 (143)
 *   +---------------+---------------+-------------------------------+
 *   |           Reserved            |       Number of Records       |  4
 *   +-------------------------------+-------------------------------+
 *   |                Multicast Address Records ...                  |  8
 *   +---------------------------------------------------------------+
 *
 *   +---------------+---------------+-------------------------------+
 *   |  Record Type  | Aux Data Len  |       Number of Sources       |  0   a record
 *   +---------------+---------------+-------------------------------+
 *   |                       Multicast Address                       |  4
 *   +---------------------------------------------------------------+
 *   |              Source Addresses ..., Auxiliary Data ...         | 20
 *   +---------------------------------------------------------------+
 */
import { Icmpv6Type, ListenerRecordType, OptionType } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { ADDRESS_BYTES, get8, get16, isMulticast, set8, set16 } from "./bytes";
import * as icmp6 from "./icmp6";

const MAXIMUM_RESPONSE: usize = 4;
const MULTICAST_ADDRESS: usize = MAXIMUM_RESPONSE + 4;
const ROBUSTNESS: usize = MULTICAST_ADDRESS + ADDRESS_BYTES;
const QUERY_INTERVAL: usize = ROBUSTNESS + 1;
const QUERY_SOURCES: usize = QUERY_INTERVAL + 1;

/** Octets of a message of version 1. */
const VERSION_1_BYTES: u32 = <u32>ROBUSTNESS;

/** Octets of a General Query of version 2. */
export const QUERY_BYTES: u32 = <u32>(QUERY_SOURCES + 2);

const RECORD_COUNT: usize = 6;
const RECORDS: usize = RECORD_COUNT + 2;

const RECORD_TYPE: usize = 0;
const AUXILIARY_LENGTH: usize = RECORD_TYPE + 1;
const SOURCE_COUNT: usize = AUXILIARY_LENGTH + 1;
const RECORD_ADDRESS: usize = SOURCE_COUNT + 2;
const RECORD_BYTES: usize = RECORD_ADDRESS + ADDRESS_BYTES;
const AUXILIARY_UNIT_BYTES: usize = 4;

/** Octets of a Hop-by-Hop Options header with the Router Alert that marks these messages (RFC 2711 §2.1). */
export const ROUTER_ALERT_BYTES: u32 = 8;

/** Hop limit of every message. */
export const HOP_LIMIT: u32 = 1;

/** True for a type of this protocol. */
export function isType(type: u32): bool {
  return type == Icmpv6Type.ListenerQuery || type == Icmpv6Type.ListenerReport || type == Icmpv6Type.ListenerDone ||
    type == Icmpv6Type.ListenerReport2;
}

/**
 * Looks at a Report or Done of either version, `length` octets at `p`, which has passed `icmp6.check`. After
 * `Reason.None` all its records lie inside, and each names a group.
 */
export function check(p: usize, length: u32): Reason {
  if (icmp6.type(p) != Icmpv6Type.ListenerReport2) {
    const isWhole = length >= VERSION_1_BYTES && isMulticast(p + MULTICAST_ADDRESS);
    return isWhole ? Reason.None : Reason.ListenerReportMalformed;
  }
  const end = p + length;
  let record = firstRecord(p);
  for (let left = recordCount(p); left > 0; left--) {
    if (record + RECORD_BYTES > end || nextRecord(record) > end || !isMulticast(recordGroup(record))) {
      return Reason.ListenerReportMalformed;
    }
    record = nextRecord(record);
  }
  return Reason.None;
}

/** Pointer to the group of a message of version 1. */
export function group(p: usize): usize {
  return p + MULTICAST_ADDRESS;
}

/** Records of a report of version 2. */
export function recordCount(p: usize): u32 {
  return get16(p + RECORD_COUNT);
}

/** Pointer to the first of them. */
export function firstRecord(p: usize): usize {
  return p + RECORDS;
}

/** Pointer behind a record. */
export function nextRecord(record: usize): usize {
  return record + RECORD_BYTES + <usize>get16(record + SOURCE_COUNT) * ADDRESS_BYTES +
    <usize>get8(record + AUXILIARY_LENGTH) * AUXILIARY_UNIT_BYTES;
}

/** Pointer to the group that a record is about. */
export function recordGroup(record: usize): usize {
  return record + RECORD_ADDRESS;
}

/** True when, by this record, packets of at least one source are wanted (RFC 3810 §5.2.12). */
export function isWanted(record: usize): bool {
  switch (get8(record + RECORD_TYPE)) {
    case ListenerRecordType.ModeIsExclude:
    case ListenerRecordType.ChangeToExclude:
      return true;
    case ListenerRecordType.ModeIsInclude:
    case ListenerRecordType.ChangeToInclude:
    case ListenerRecordType.AllowNewSources:
      return get16(record + SOURCE_COUNT) != 0;
    default:
      return false;
  }
}

/** True when, by this record, the group is left: only sources that are listed are wanted, and none is. */
export function isLeft(record: usize): bool {
  const type = get8(record + RECORD_TYPE);
  const includes = type == ListenerRecordType.ModeIsInclude || type == ListenerRecordType.ChangeToInclude;
  return includes && get16(record + SOURCE_COUNT) == 0;
}

/** Writes a General Query of version 2, QUERY_BYTES octets; `icmp6.finish` completes it. */
export function buildGeneralQuery(p: usize, maximumResponseMs: u32, robustness: u32, queryIntervalS: u32): void {
  memory.fill(p, 0, QUERY_BYTES);
  icmp6.begin(p, Icmpv6Type.ListenerQuery, 0, maximumResponseMs << 16);
  set8(p + ROBUSTNESS, robustness);
  set8(p + QUERY_INTERVAL, queryIntervalS);
}

/** Writes the Hop-by-Hop Options header with a Router Alert for this protocol. */
export function buildRouterAlert(p: usize, nextHeader: u32): void {
  set8(p, nextHeader);
  set8(p + 1, 0);
  set8(p + 2, OptionType.RouterAlert);
  set8(p + 3, 2);
  set16(p + 4, 0);
  set8(p + 6, OptionType.PadN);
  set8(p + 7, 0);
}
