/** Stories of a mobile node whose home link is a real one. */
import { expect } from "vitest";
import { parseAddress } from "../../../bindings/address.ts";
import { UNSPECIFIED } from "../../../platforms/sim/ip.ts";
import { advertisedPrefix, Router } from "../../../platforms/sim/router.ts";
import { HOME_AGENT_ADDRESS, type TopologySettings } from "../../../platforms/sim/topology.ts";
import { type OptimisingStory, tellOptimising } from "./optimised-story.ts";
import { FAST_ADVERTISING } from "./story.ts";

const HOME_ROUTER = "2001:db8:1::2";
const HOME_PREFIX = parseAddress("2001:db8:1::");

/**
 * A mobile node that is registered from the first visited network. Its home link has a neighbour, and a router
 * that advertises the home prefix: the home agent does not.
 */
export function tellWithHomeLink(seed: number, settings: Partial<TopologySettings> = {}) {
  const story = tellOptimising(seed, { homeLink: { advertise: false }, ...settings });
  const { network, topology } = story;
  const homeLink = topology.homeLink!;
  const router = new Router(network, "home router");
  const port = router.connect(homeLink, HOME_ROUTER);
  const gateway = parseAddress(HOME_AGENT_ADDRESS);
  router.addRoute({ prefix: UNSPECIFIED, lengthBits: 0, device: port, gateway });
  router.advertise(port, [advertisedPrefix(HOME_PREFIX)], FAST_ADVERTISING);
  return { ...story, homeLink, neighbour: topology.neighbour! };
}

export type HomeLinkStory = ReturnType<typeof tellWithHomeLink>;

/** The mobile node has its home address on its home link, and no binding anywhere. */
export function expectAtHome({ mobileNode, homeAgent, peer, topology }: OptimisingStory): void {
  expect([mobileNode.isAtHome, homeAgent.bindings, peer.bindings], "at home, without bindings").toEqual([true, [], []]);
  const [port] = mobileNode.uplinks;
  expect([port.link?.name, port.owns(mobileNode.homeAddress)]).toEqual([topology.homeLink!.name, true]);
}
