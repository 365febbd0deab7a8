/**
 * The Home Agents List (RFC 6275 §10.1, §10.5.1; 6275-8.4-8, 6275-10.1-1): the other home agents of the home link,
 * learnt from their router advertisements; the options of these count nowhere else (6275-7.3-6, 6275-7.4-11).
 * This home agent itself has no entry; who reads the list adds it.
 */
import { Event } from "../abi/contract";
import { NeighbourOptionType } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { isUnicastRoutable, sameAddress } from "../wire/bytes";
import * as options from "../wire/neighbour-options";
import { PrefixFlag } from "../wire/neighbour-options";
import * as router from "../wire/router";
import { RouterFlag } from "../wire/router";
import * as clock from "../tables/clock";
import * as homeAgents from "../tables/home-agents";
import { HomeAgent } from "../tables/home-agents";
import * as orders from "../tables/orders";
import { NONE } from "../tables/slab";
import * as homeLink from "./home-link";
import * as timers from "./timers";
import { TimerKind } from "./timers";

/** Takes an advertisement on the home link that `router.checkAdvertisement` has passed; returns what refused it. */
export function hear(source: usize, message: usize, length: u32): Reason {
  if (sameAddress(source, homeLink.linkLocal())) return Reason.AdvertisementFromOurAddress;
  const first = router.advertisementOptions(message);
  const end = message + length;
  const information = options.find(first, end, NeighbourOptionType.HomeAgentInformation);
  // 6275-10.5.1-1, 6275-7.4-3: no option means a preference of 0, below which there is none.
  const preference = information != 0 ? options.homeAgentPreference(information) : 0;
  // 6275-10.5.1-2, 6275-7.4-9: no option means the router's lifetime.
  const lifetimeMs = information != 0 ? options.homeAgentLifetimeMs(information) : router.routerLifetimeMs(message);

  let record = homeAgents.find(source);
  if (!router.hasFlag(message, RouterFlag.HomeAgent) || lifetimeMs == 0) {
    if (record != NONE) remove(record);
    return Reason.None;
  }
  const isNew = record == NONE;
  if (isNew) record = homeAgents.insert(source);
  if (record == NONE) return Reason.HomeAgentsListFull;
  const agent = homeAgents.at(record);
  const isNews = isNew || agent.preference != preference;
  agent.preference = preference;
  agent.expiresMs = clock.now() + lifetimeMs;
  const hasRoom = readAddresses(agent, first, end);
  plan(record);
  if (isNews) {
    orders.event(
      Event.HomeAgentHeard, homeLink.device(), source, agent.addressCount != 0 ? homeAgents.address(agent, 0) : 0,
      preference, <u32>(lifetimeMs / 1000),
    );
  }
  return hasRoom ? Reason.None : Reason.HomeAgentsListFull;
}

/** Takes the router's addresses from its Prefix Information options; false when there were too many. */
function readAddresses(agent: HomeAgent, first: usize, end: usize): bool {
  let hasRoom = true;
  const wanted = NeighbourOptionType.PrefixInformation;
  let option = options.find(first, end, wanted);
  for (; option != 0; option = options.find(options.next(option), end, wanted)) {
    const isAddress = options.hasPrefixFlag(option, PrefixFlag.RouterAddress) &&
      options.prefixLength(option) <= 128 && isUnicastRoutable(options.prefix(option));
    if (!isAddress) continue;
    const validMs = options.validLifetimeMs(option);
    const validUntilMs = validMs == FOR_EVER_MS ? Infinity : clock.now() + validMs;
    if (!homeAgents.setAddress(agent, options.prefix(option), validUntilMs)) hasRoom = false;
  }
  homeAgents.dropAddresses(agent, clock.now());
  return hasRoom;
}

/** A lifetime of all ones (RFC 4861 §4.6.2). */
const FOR_EVER_MS: f64 = 4294967295000;

/** The timer of an entry stands at the first moment at which something of it ends. */
function plan(record: u32): void {
  const agent = homeAgents.at(record);
  let endsMs = agent.expiresMs;
  for (let index: u32 = 0; index < agent.addressCount; index++) {
    endsMs = min(endsMs, homeAgents.validUntilMs(agent, index));
  }
  agent.timer = timers.restart(agent.timer, TimerKind.HomeAgent, record, endsMs - clock.now());
}

/** Something of an entry has ended (6275-10.1-3, 6275-10.1-4, 6275-10.5.1-3). */
export function onTimer(record: u32): void {
  const agent = homeAgents.at(record);
  agent.timer = NONE;
  homeAgents.dropAddresses(agent, clock.now());
  if (agent.expiresMs <= clock.now()) remove(record);
  else plan(record);
}

function remove(record: u32): void {
  const agent = homeAgents.at(record);
  agent.timer = timers.stop(agent.timer);
  orders.event(Event.HomeAgentGone, homeLink.device(), agent.linkLocal(), 0, 0);
  homeAgents.remove(record);
}

/** Forgets all entries: the home link is another one. */
export function clear(): void {
  for (let record = homeAgents.next(0); record != NONE; record = homeAgents.next(record + 1)) remove(record);
}
