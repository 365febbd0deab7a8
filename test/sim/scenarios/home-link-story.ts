/** Stories of a mobile node whose home link is a real one. */
import { expect } from "vitest";
import { parseAddress } from "../../../bindings/address.ts";
import { UNSPECIFIED } from "../../../platforms/sim/ip.ts";
import type { Link } from "../../../platforms/sim/link.ts";
import type { Network } from "../../../platforms/sim/network.ts";
import { advertisedPrefix, Router } from "../../../platforms/sim/router.ts";
import { HOME_AGENT_ADDRESS, type TopologySettings } from "../../../platforms/sim/topology.ts";
import { type OptimisingStory, tellOptimising } from "./optimised-story.ts";
import { FAST_ADVERTISING } from "./story.ts";

const HOME_ROUTER = "2001:db8:1::2";
const HOME_PREFIX = parseAddress("2001:db8:1::");

/** Who advertises the home prefix on the home link. */
export const ADVERTISERS = ["home agent", "another router"] as const;
export type Advertiser = (typeof ADVERTISERS)[number];

/** As fast as the routers of the visited networks (RFC 6275 §7.5). */
const FAST_HOME_LINK = { minIntervalMs: 30, maxIntervalMs: 70, minDelayMs: 30 } as const;

/**
 * A mobile node that is registered from the first visited network. Its home link has a router and a
 * neighbour.
 */
export function tellWithHomeLink(
  seed: number, advertiser: Advertiser, settings: Partial<TopologySettings> = {},
) {
  const advertises = advertiser === "home agent";
  const served = advertises ? FAST_HOME_LINK : { advertise: false };
  const story = tellOptimising(seed, { homeLink: served, ...settings });
  const { network, topology } = story;
  const homeLink = topology.homeLink!;
  if (!advertises) addRouter(network, homeLink);
  return { ...story, homeLink, neighbour: topology.neighbour! };
}

function addRouter(network: Network, homeLink: Link): void {
  const router = new Router(network, "home router");
  const port = router.connect(homeLink, HOME_ROUTER);
  const gateway = parseAddress(HOME_AGENT_ADDRESS);
  router.addRoute({ prefix: UNSPECIFIED, lengthBits: 0, device: port, gateway });
  router.advertise(port, [advertisedPrefix(HOME_PREFIX)], FAST_ADVERTISING);
}

export type HomeLinkStory = ReturnType<typeof tellWithHomeLink>;

/** The mobile node has its home address on its home link, and no binding anywhere. */
export function expectAtHome({ mobileNode, homeAgent, peer, topology }: OptimisingStory): void {
  const { isAtHome } = mobileNode;
  expect([isAtHome, homeAgent.bindings, peer.bindings], "at home, without bindings").toEqual([true, [], []]);
  const [port] = mobileNode.uplinks;
  expect([port.link?.name, port.owns(mobileNode.homeAddress)]).toEqual([topology.homeLink!.name, true]);
}
