/** Dynamic home agent address discovery and mobile prefix discovery: RFC 6275 §11.4. */
import { parseAddress } from "../../../bindings/address.ts";
import type { Fields, Seen } from "../packet.ts";
import { type AcknowledgementOptions, PlayedHomeAgent } from "../players/home-agent.ts";
import {
  DHAAD_RETRIES, discoveryReply, INITIAL_DHAAD_TIMEOUT_MS, INITIAL_SOLICIT_TIMER_MS, isDiscoveryRequest, isPrefixSolicitation,
  prefixAdvertisement, type PrefixAdvertisementOptions,
} from "../players/home-network.ts";
import { enter, HOME, HOME_AGENT, type MobileNodeScene, mobileNodeCase, OTHER_VISITED, securityOf, VISITED } from "../scenes.ts";
import type { Case } from "../subject.ts";
import { enterAndSolicit, expectBackOff, expectGreater, lifetimeOf, S } from "./mobile-node-steps.ts";

const OTHER_HOME_AGENT = "2001:db8:100::2";

// ---- home agents ----------------------------------------------------------------------------

interface DiscoveryScene extends MobileNodeScene {
  readonly otherHomeAgent: PlayedHomeAgent;
}

/** A case of a mobile node that has to find its home agent; there are two. */
function discoveryCase(id: string, title: string, play: (scene: DiscoveryScene) => Promise<void>): Case {
  return mobileNodeCase(id, title, async (scene) => {
    await play({ ...scene, otherHomeAgent: new PlayedHomeAgent(scene.tester, OTHER_HOME_AGENT, HOME, securityOf(1)) });
  }, { settings: { homeAgent: parseAddress("::") } });
}

/** Enters a link and waits for the request that this leads to. */
async function ask({ subject, tester, routers }: MobileNodeScene, link = VISITED): Promise<Seen> {
  tester.link = link;
  await subject.attach(link);
  await routers[link].advertise();
  return tester.expect(isDiscoveryRequest(), 5 * S);
}

/** The home agents in the reply, and the one that gets the Binding Update. */
function chosen(id: string, title: string, choice: {
  listed: readonly string[]; wanted: string; link?: string; fields?: Fields; first?: AcknowledgementOptions; silent?: boolean;
}): Case {
  return discoveryCase(id, title, async (scene) => {
    const { tester, homeAgent, otherHomeAgent } = scene;
    const request = await ask(scene, choice.link);
    const all = [homeAgent, otherHomeAgent];
    const first = all.find(({ address }) => address === choice.listed[0])!;
    if (choice.first) first.acknowledges = choice.first;
    if (choice.silent) first.acknowledges = undefined;
    await tester.send(discoveryReply(request, HOME_AGENT, choice.listed, choice.fields));
    const taken = all.find(({ address }) => address === choice.wanted)!;
    await taken.expectUpdate({}, 120 * S);
    await tester.wait(S);
    for (const each of all) {
      const isAsked = each === taken || each === first;
      tester.equal(each.lastUpdate !== undefined, isAsked, `whether ${each.address} was asked`);
    }
    tester.forget();
    await tester.expectNone(isDiscoveryRequest(), 100 * S);
  });
}

/** A mobile node that was registered elsewhere asks when it comes to this link without a home agent. */
function request(id: string, title: string, link: string): Case {
  return discoveryCase(id, title, async (scene) => {
    const { tester, homeAgent } = scene;
    const seen = await ask(scene, link);
    tester.check(seen.source.startsWith("2001:db8:"), `the source ${seen.source} is a care-of address`);
    tester.check(seen.source !== HOME, "the source is not the home address");
    await tester.send(discoveryReply(seen, HOME_AGENT, [HOME_AGENT]));
    await homeAgent.expectUpdate();
  });
}

const DISCOVERY: Case[] = [
  request("MN-5-1-1-1-005", "a mobile node without a home agent asks for one, then registers", VISITED),
  discoveryCase("MN-5-1-1-1-006", "the request comes again, twice as late each time, and then no more for a while", async (scene) => {
    const { tester } = scene;
    const first = await ask(scene);
    const all = await expectBackOff(tester, first, isDiscoveryRequest(), INITIAL_DHAAD_TIMEOUT_MS, DHAAD_RETRIES, Infinity);
    const lastTimeoutMs = INITIAL_DHAAD_TIMEOUT_MS * 2 ** DHAAD_RETRIES;
    tester.check(all.length === 1 + DHAAD_RETRIES, "it was sent often enough");
    await tester.expectNone(isDiscoveryRequest(), lastTimeoutMs);
  }),
  chosen("MN-5-1-2-1-016", "the home agent in the reply gets the Binding Update", { listed: [HOME_AGENT], wanted: HOME_AGENT }),
  chosen("MN-5-1-2-1-021", "reserved bits of the reply are not looked at",
    { listed: [HOME_AGENT], wanted: HOME_AGENT, fields: { reserved: 0xffff } }),
  chosen("MN-5-1-2-1-026", "of two home agents in a reply the first one is asked",
    { listed: [HOME_AGENT, OTHER_HOME_AGENT], wanted: HOME_AGENT }),
  chosen("MN-5-1-2-1-027", "the order of a reply decides, and not who sent it",
    { listed: [OTHER_HOME_AGENT, HOME_AGENT], wanted: OTHER_HOME_AGENT }),
  chosen("MN-5-1-2-1-028", "the first home agent is silent: the second one is asked",
    { listed: [HOME_AGENT, OTHER_HOME_AGENT], wanted: OTHER_HOME_AGENT, silent: true }),
  chosen("MN-5-1-2-1-029", "the first home agent refuses: the second one is asked",
    { listed: [HOME_AGENT, OTHER_HOME_AGENT], wanted: OTHER_HOME_AGENT, first: { status: 130 } }),
];

// ---- home prefixes --------------------------------------------------------------------------

/** Only this answers a Mobile Prefix Solicitation: nothing more is asked. */
function answered(id: string, title: string, options: PrefixAdvertisementOptions): Case {
  return mobileNodeCase(id, title, async (scene) => {
    const { tester, homeAgent } = scene;
    const solicitation = await enterAndSolicit(scene);
    await tester.send(prefixAdvertisement(homeAgent, solicitation, { validS: 1000, ...options }));
    await tester.expectNone(isPrefixSolicitation(homeAgent), 200 * S);
  });
}

/** This answers none: it is asked again. */
function unanswered(id: string, title: string, options: PrefixAdvertisementOptions): Case {
  return mobileNodeCase(id, title, async (scene) => {
    const { tester, homeAgent } = scene;
    const first = await enterAndSolicit(scene);
    await tester.send(prefixAdvertisement(homeAgent, first, { validS: 100, ...options }));
    const [, again] = await expectBackOff(tester, first, isPrefixSolicitation(homeAgent), INITIAL_SOLICIT_TIMER_MS, 1);
    tester.check(lifetimeOf(homeAgent.lastUpdate!) > 100 * S, "the binding is not made shorter");
    await tester.expectNone(homeAgent.isUpdate(), S);
    await tester.send(prefixAdvertisement(homeAgent, again, { validS: 10_000 }));
    await tester.expectNone(isPrefixSolicitation(homeAgent), 60 * S);
  });
}

const PREFIXES: Case[] = [
  mobileNodeCase("MN-4-1-1-1-001", "the home prefix is asked for before it ends", async (scene) => {
    const { tester, homeAgent } = scene;
    const first = await enterAndSolicit(scene);
    await tester.send(prefixAdvertisement(homeAgent, first, { validS: 200 }));
    const again = await tester.expect(isPrefixSolicitation(homeAgent), 199 * S);
    tester.check(again.atMs - first.atMs > 60 * S, "it is not asked for needlessly early");
  }),
  mobileNodeCase("MN-4-1-1-1-002", "an advertisement that was not asked for: the home prefix is asked for", async (scene) => {
    const { tester, homeAgent } = scene;
    await enter(scene, VISITED);
    await tester.ask(prefixAdvertisement(homeAgent, undefined, { identifier: 0 }), isPrefixSolicitation(homeAgent));
  }),
  mobileNodeCase("MN-4-1-1-1-004", "a Mobile Prefix Solicitation comes again, twice as late each time", async (scene) => {
    const { tester, homeAgent } = scene;
    const first = await enterAndSolicit(scene);
    await expectBackOff(tester, first, isPrefixSolicitation(homeAgent), INITIAL_SOLICIT_TIMER_MS, 5);
  }),
  answered("MN-4-2-1-1-001", "a Mobile Prefix Advertisement answers", {}),
  answered("MN-4-2-1-1-015", "reserved bits of a Mobile Prefix Advertisement are not looked at", { fields: { reserved: 0x3fff } }),
  answered("MN-4-2-1-1-019", "options that are not of prefixes are skipped",
    { extra: [
      { name: "mtu", fields: { mtu: 1400 } },
      { name: "source-link-layer-address", fields: { linkLayerAddress: "02:00:5e:00:53:09" } },
    ] }),
  mobileNodeCase("MN-4-2-1-1-004", "lifetimes that change are those of the next Binding Update", async (scene) => {
    const { tester, homeAgent } = scene;
    const first = await enterAndSolicit(scene);
    const update = homeAgent.lastUpdate!;
    await tester.send(prefixAdvertisement(homeAgent, first, { validS: 120, preferredS: 100 }));
    const second = await homeAgent.expectUpdate();
    expectGreater(tester, second, update);
    tester.check(lifetimeOf(second) <= 120 * S, `a lifetime of ${lifetimeOf(second)} ms is at most 120 s`);
    const again = await tester.expect(isPrefixSolicitation(homeAgent), 99 * S);
    await tester.send(prefixAdvertisement(homeAgent, again, { validS: 10_000 }));
    await tester.wait(S);
    await enter(scene, OTHER_VISITED);
    tester.check(lifetimeOf(homeAgent.lastUpdate!) > 120 * S, "the prefix lives longer: so does the binding");
  }),
  unanswered("MN-4-2-1-1-012", "a Mobile Prefix Advertisement of another home agent is ignored", { source: OTHER_HOME_AGENT }),
  unanswered("MN-4-2-1-1-013", "a Mobile Prefix Advertisement without a type 2 routing header is ignored", { route: null }),
  mobileNodeCase("MN-4-2-1-1-014", "another identifier: as an advertisement that was not asked for", async (scene) => {
    const { tester, homeAgent } = scene;
    const first = await enterAndSolicit(scene);
    const identifier = (Number(first.value("mobile-prefix-solicitation", "identifier")) + 1) & 0xffff;
    await tester.send(prefixAdvertisement(homeAgent, first, { identifier, validS: 100 }));
    await tester.expectNone(homeAgent.isUpdate(), 2 * S);
    const again = await tester.expect(isPrefixSolicitation(homeAgent), 4 * S);
    await tester.send(prefixAdvertisement(homeAgent, again, { validS: 100 }));
    tester.check(lifetimeOf(await homeAgent.expectUpdate()) <= 100 * S, "the right one counts");
  }),
];

export const DISCOVERIES: Case[] = [...DISCOVERY, ...PREFIXES];
