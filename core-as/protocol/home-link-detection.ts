/**
 * Home link detection (RFC 6275 §11.5.2): which of our home prefixes a router advertisement shows on its
 * link, and whether it comes from our home agent.
 */
import { NeighbourOptionType } from "../abi/codes";
import { sameAddress, samePrefix } from "../wire/bytes";
import * as options from "../wire/neighbour-options";
import { PrefixFlag } from "../wire/neighbour-options";
import * as router from "../wire/router";
import * as clock from "../tables/clock";
import { NONE } from "../tables/slab";
import * as updates from "../tables/updates";
import { Router } from "../select/uplinks";
import * as homecoming from "./homecoming";

let homePrefixBits: u32 = 0;

/** `prefixLength`: bits of the home prefix. */
export function configure(prefixLength: u32): void {
  homePrefixBits = prefixLength;
}

/** Bits of the home prefix. */
export function homePrefixLength(): u32 {
  return homePrefixBits;
}

/**
 * Notes in `heard` which home prefixes the options from `first` to `end` show on the link. One stays
 * noted until its lifetime ends or is said to be zero: an advertisement need not name all prefixes
 * (RFC 4861 §6.2.3). Returns the option of a home prefix, 0: there is none.
 */
export function note(heard: Router, first: usize, end: usize): usize {
  let found: usize = 0;
  let option = options.find(first, end, NeighbourOptionType.PrefixInformation);
  for (; option != 0; option = options.find(options.next(option), end, NeighbourOptionType.PrefixInformation)) {
    if (!options.hasPrefixFlag(option, PrefixFlag.OnLink) || options.prefixLength(option) != homePrefixBits) continue;
    const homes = homesIn(options.prefix(option));
    if (homes == 0) continue;
    if (options.validLifetimeMs(option) > 0) {
      heard.homes |= homes;
      heard.homesUntilMs = max(heard.homesUntilMs, clock.now() + options.validLifetimeMs(option));
      found = option;
    } else {
      heard.homes &= ~homes;
    }
  }
  return found;
}

/** The entries whose home address is in the home prefix at `prefix`, a bit each. */
function homesIn(prefix: usize): u64 {
  let homes: u64 = 0;
  for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
    if (samePrefix(updates.home(updates.at(record)), prefix, homePrefixBits)) homes |= <u64>1 << record;
  }
  return homes;
}

/**
 * An advertisement that shows a home agent's own address (R bit, RFC 6275 §7.2) and a link-layer address
 * tells where that home agent is on link `device` (6275-11.5.5-8).
 */
export function learnAgent(device: u32, message: usize, end: usize): void {
  const first = router.advertisementOptions(message);
  const linkAddress = options.find(first, end, NeighbourOptionType.SourceLinkLayerAddress);
  if (linkAddress == 0) return;
  let option = options.find(first, end, NeighbourOptionType.PrefixInformation);
  for (; option != 0; option = options.find(options.next(option), end, NeighbourOptionType.PrefixInformation)) {
    if (!options.hasPrefixFlag(option, PrefixFlag.RouterAddress)) continue;
    for (let record = updates.next(0); record != NONE; record = updates.next(record + 1)) {
      if (sameAddress(updates.peerOf(updates.at(record)), options.prefix(option))) {
        homecoming.agentFound(record, device, linkAddress);
      }
    }
  }
}
