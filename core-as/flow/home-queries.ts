/** The Home Agents List and the groups of a home agent, as records of a query. */
import * as abi from "../abi/contract";
import { copyAddress } from "../wire/bytes";
import * as homeLink from "../protocol/home-link";
import * as ownAddresses from "../protocol/own-addresses";
import * as routerAdvertiser from "../protocol/router-advertiser";
import * as clock from "../tables/clock";
import * as homeAgents from "../tables/home-agents";
import * as memberships from "../tables/memberships";
import { NONE } from "../tables/slab";

let nextCursor: u32 = 0;

/** Where `listGroups` goes on; 0: it is complete. */
export function cursor(): u32 {
  return nextCursor;
}

/** AGENT_* records, one for each address: this home agent's own first. They fit the reply at once. */
export function listHomeAgents(reply: usize): u32 {
  if (!homeLink.isConfigured()) return 0;
  let end = reply;
  const own = ownAddresses.count();
  for (let index: u32 = 0; index < own; index++) {
    const preference = routerAdvertiser.preference();
    end = writeAgent(end, homeLink.linkLocal(), ownAddresses.at(index), routerAdvertiser.lifetimeMs(), preference, 1);
  }
  for (let record = homeAgents.next(0); record != NONE; record = homeAgents.next(record + 1)) {
    const agent = homeAgents.at(record);
    const leftMs = max<f64>(0, agent.expiresMs - clock.now());
    for (let index: u32 = 0; index < agent.addressCount; index++) {
      end = writeAgent(end, agent.linkLocal(), homeAgents.address(agent, index), leftMs, agent.preference, 0);
    }
  }
  return <u32>(end - reply);
}

function writeAgent(p: usize, linkLocal: usize, address: usize, leftMs: f64, preference: u32, isSelf: u32): usize {
  copyAddress(p + abi.AGENT_LINK_LOCAL, linkLocal);
  copyAddress(p + abi.AGENT_ADDRESS, address);
  store<f64>(p, leftMs, abi.AGENT_REMAINING);
  store<u32>(p, preference, abi.AGENT_PREFERENCE);
  store<u32>(p, isSelf, abi.AGENT_CURRENT);
  return p + abi.AGENT_BYTES;
}

/** GROUP_* records from `from` on; returns their octets. */
export function listGroups(from: u32, reply: usize): u32 {
  nextCursor = 0;
  let used: u32 = 0;
  for (let record = memberships.next(from); record != NONE; record = memberships.next(record + 1)) {
    if (used + abi.GROUP_BYTES > <u32>abi.REPLY_BYTES) {
      nextCursor = record;
      break;
    }
    const membership = memberships.at(record);
    const p = reply + used;
    copyAddress(p + abi.GROUP_HOME_ADDRESS, membership.home());
    copyAddress(p + abi.GROUP_ADDRESS, memberships.groupAt(membership.group).address());
    store<f64>(p, max<f64>(0, membership.expiresMs - clock.now()), abi.GROUP_REMAINING);
    used += abi.GROUP_BYTES;
  }
  return used;
}
