/**
 * Dynamic home agent address discovery (RFC 6275 §10.5; 6275-8.4-9): a mobile node that knows nothing but its home
 * prefix asks all home agents there, and the nearest one answers with the addresses of all.
 *
 * Anybody may ask (§15.5), so answers have a limit. On a virtual home link the list is this home agent alone.
 */
import { Icmpv6Type, MINIMUM_MTU, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { ADDRESS_BYTES, isUnicastRoutable, sameAddress } from "../wire/bytes";
import * as extension from "../wire/extension";
import * as anycast from "../wire/home-agents-anycast";
import * as discovery from "../wire/home-agent-discovery";
import * as icmp6 from "../wire/icmp6";
import * as ip6 from "../wire/ip6";
import * as homeAgents from "../tables/home-agents";
import * as clock from "../tables/clock";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as random from "./crypto/random";
import * as homeLink from "./home-link";
import * as ownAddresses from "./own-addresses";
import * as advertiser from "./router-advertiser";

const answers = new TokenBucket(20, 20);
const anycastAddress = memory.data(16, 16);

/** True for the Mobile IPv6 Home-Agents anycast address of a home prefix that is served here (6275-8.4-9). */
export function isAnycast(address: usize): bool {
  const index = homeLink.findPrefix(address);
  if (index == homeLink.prefixCount()) return false;
  const prefix = homeLink.prefix(index);
  if (!anycast.exists(prefix.lengthBits)) return false;
  anycast.build(anycastAddress, prefix.address(), prefix.lengthBits);
  return sameAddress(anycastAddress, address);
}

/**
 * Takes what came to the anycast address: nothing but a request is answered from there, since the address is no
 * source of an answer (RFC 4291 §2.6). Returns what refused it.
 */
export function receiveAnycast(device: u32, packet: usize, length: u32): Reason {
  const malformed = extension.walk(packet, length);
  if (malformed != Reason.None) return malformed;
  if (extension.upperProtocol() != NextHeader.Icmpv6 || extension.isFragment()) return Reason.NotForUs;
  if (extension.homeAddressOption() != 0 || extension.routingHeaderOffset() != 0) return Reason.NotForUs;
  const message = packet + extension.upperOffset();
  if (extension.upperLength() < <u32>icmp6.LENGTH_BYTES) return Reason.Icmpv6Truncated;
  if (icmp6.type(message) != Icmpv6Type.HomeAgentAddressDiscoveryRequest) return Reason.NotForUs;
  return receive(device, packet, message, extension.upperLength());
}

/** Takes a Home Agent Address Discovery Request of `length` octets; returns what refused it. */
export function receive(device: u32, packet: usize, message: usize, length: u32): Reason {
  if (!homeLink.isConfigured()) return Reason.NotConfigured;
  const source = ip6.source(packet);
  const refusal = discovery.check(message, length, source, ip6.destination(packet));
  if (refusal != Reason.None) return refusal;
  if (!isUnicastRoutable(source)) return Reason.SourceNotUnicast;
  if (!answers.take()) return Reason.DiscoveryRateLimited;
  reply(device, source, discovery.identifier(message));
  return Reason.None;
}

/** Octets in front of the addresses of a reply, and how many of these fit the least MTU of IPv6 (6275-10.5.1-9). */
const HEADERS_BYTES: u32 = <u32>(ip6.LENGTH_BYTES + icmp6.LENGTH_BYTES);
const MAX_ADDRESSES: u32 = (MINIMUM_MTU - HEADERS_BYTES) / <u32>ADDRESS_BYTES;

/** Sends the addresses of all home agents, best first, to who asked (6275-6.5-2, 6275-10.5.1-4, 6275-10.5.1-5). */
function reply(device: u32, to: usize, identifier: u32): void {
  const packet = orders.allocate(MINIMUM_MTU);
  if (packet == 0) return;
  const message = packet + ip6.LENGTH_BYTES;
  let end = discovery.buildReply(message, identifier);
  collect();
  for (let listed: u32 = 0; listed < MAX_ADDRESSES; listed++) { // 6275-10.5.1-10
    const best = takeBest();
    if (best == 0) break;
    end = discovery.appendAddress(end, best);
  }
  const length = <u32>(end - message);
  icmp6.finish(message, length, homeLink.address(), to);
  ip6.build(packet, 0, 0, length, NextHeader.Icmpv6, ip6.DEFAULT_HOP_LIMIT, homeLink.address(), to);
  orders.transmit(device, packet, <u32>ip6.LENGTH_BYTES + length);
}

// ---- the order ------------------------------------------------------------------------------

//  0       8         12
//  ├───────┼─────────┤        rank: preference, then a random number of the home agent, then one of the
//  │ rank  │ address │        address; the largest comes first (6275-10.5.1-6, 6275-10.5.1-7, 6275-10.5.1-8)
//  └───────┴─────────┘
const ADDRESS: usize = 8;
const CANDIDATE_BYTES: usize = 16;
const candidates = memory.data(16896, 16); // (MAX_HOME_AGENTS × MAX_ADDRESSES + own addresses) × CANDIDATE_BYTES
let candidateCount: u32 = 0;

function collect(): void {
  candidateCount = 0;
  const own = rank(advertiser.preference());
  const ownCount = ownAddresses.count();
  for (let index: u32 = 0; index < ownCount; index++) add(own, ownAddresses.at(index));
  for (let record = homeAgents.next(0); record != NONE; record = homeAgents.next(record + 1)) {
    const agent = homeAgents.at(record);
    if (agent.expiresMs <= clock.now()) continue;
    const theirs = rank(agent.preference);
    for (let index: u32 = 0; index < agent.addressCount; index++) {
      if (homeAgents.validUntilMs(agent, index) > clock.now()) add(theirs, homeAgents.address(agent, index));
    }
  }
}

/** The upper parts of a rank: a preference (16 bits), and a random number that is not zero. */
function rank(preference: u32): u64 {
  return (<u64>preference << 48) | (<u64>(random.next32() | 1) << 16);
}

function add(agentRank: u64, address: usize): void {
  const p = candidates + <usize>candidateCount * CANDIDATE_BYTES;
  candidateCount++;
  store<u64>(p, agentRank | <u64>(random.next32() & 0xffff));
  store<u32>(p, <u32>address, ADDRESS);
}

/** Takes out the address of the highest rank; 0 when none is left. */
function takeBest(): usize {
  let best: usize = 0;
  let highest: u64 = 0;
  for (let index: u32 = 0; index < candidateCount; index++) {
    const p = candidates + <usize>index * CANDIDATE_BYTES;
    if (load<u64>(p) <= highest) continue;
    highest = load<u64>(p);
    best = p;
  }
  if (best == 0) return 0;
  store<u64>(best, 0);
  return load<u32>(best, ADDRESS);
}
