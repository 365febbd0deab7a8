/** Where cases play: the addresses, and the subject in each of its roles, started and ready. */
import { parseAddress } from "../../bindings/address.ts";
import {
  type CorrespondentSettings, type HomeAgentSettings, type HomeLinkSettings, MOBILE_NODE_DEFAULTS,
  type MobileNodeSettings, ROUTE_OPTIMISATION_DEFAULTS, type RouteOptimisationSettings, type Security,
} from "../../bindings/commands.ts";
import type { SharedKey } from "./authentication.ts";
import { PlayedCorrespondentNode } from "./players/correspondent-node.ts";
import { PlayedHomeAgent } from "./players/home-agent.ts";
import { PlayedMobileNode } from "./players/mobile-node.ts";
import { PlayedRouter } from "./players/neighbour.ts";
import { RegisteringNode } from "./players/registering-node.ts";
import type { Case, Subject } from "./subject.ts";
import { Tester } from "./tester.ts";

export const CORRESPONDENT = "2001:db8:c::c";
export const HOME = "2001:db8:100::17";
export const OTHER_HOME = "2001:db8:100::18";
export const CAREOF = "2001:db8:a::17";
export const OTHER_CAREOF = "2001:db8:b::17";
export const MULTICAST = "ff0e::17";
export const LINK_LOCAL = "fe80::17";
/** The router of every link. */
export const ROUTER = "fe80::1";
export const LINK = "link";

/** The subject is a correspondent node; everybody else is behind its router. */
export interface CorrespondentScene {
  readonly subject: Subject;
  readonly tester: Tester;
  /** Away from home, and not bound yet. */
  readonly mobile: PlayedMobileNode;
}

/** Starts a correspondent node. */
export async function correspondentScene(
  subject: Subject, correspondent?: Partial<Omit<CorrespondentSettings, "addresses">>,
): Promise<CorrespondentScene> {
  const attachment = { link: LINK, addresses: [CORRESPONDENT], router: ROUTER };
  const tester = await Tester.start(subject, { role: "correspondent-node", attachment, correspondent }, LINK);
  return { subject, tester, mobile: new PlayedMobileNode(tester, CORRESPONDENT, HOME, CAREOF) };
}

/** A case that begins with a correspondent node that knows nobody. */
export function correspondentCase(
  id: string, title: string, play: (scene: CorrespondentScene) => Promise<void>,
): Case {
  return { id, title, run: async (subject) => play(await correspondentScene(subject)) };
}

export const HOME_AGENT = "2001:db8:100::1";
/** With a real home link: the home agent's address in the other one. */
export const HOME_AGENT_OUTSIDE = "2001:db8:f::1";
export const HOME_LINK = "home";
export const VISITED = "visited";
export const OTHER_VISITED = "other visited";

/** The security association of a mobile node, by its number. */
export function securityOf(number: number): SharedKey {
  const key = Uint8Array.from({ length: 16 }, (_, index) => (index * 29 + number) & 0xff);
  return { identity: `node${number}@example.org`, spi: 300 + number, key };
}

function withSharedKey(number: number): Security {
  return { authentication: "shared-key", replayProtection: "timestamp", ...securityOf(number) };
}

/** The subject is a home agent of 2001:db8:100::/64 with two mobile nodes, `HOME` and `OTHER_HOME`. */
export interface HomeAgentScene {
  readonly subject: Subject;
  readonly tester: Tester;
  /** Away from home, and not registered yet. */
  readonly mobile: RegisteringNode;
  readonly other: RegisteringNode;
}

/** How a home agent is set up: by default its home link is a virtual one. */
export interface HomeAgentOptions {
  /** A real home link, `HOME_LINK`, and how it is served. */
  homeLink?: Partial<Omit<HomeLinkSettings, "device">>;
  settings?: Partial<HomeAgentSettings>;
}

/** Starts a home agent. Mobile nodes away from home are on `LINK`, behind its router. */
export async function homeAgentScene(subject: Subject, { homeLink, settings }: HomeAgentOptions = {}): Promise<HomeAgentScene> {
  const addresses = [homeLink ? HOME_AGENT_OUTSIDE : HOME_AGENT];
  const tester = await Tester.start(subject, {
    role: "home-agent",
    attachment: { link: LINK, addresses, router: ROUTER },
    homeAgent: {
      address: parseAddress(HOME_AGENT), homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 64 }],
      maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000, ...settings,
    },
    homeLink: homeLink && { link: HOME_LINK, ...homeLink },
    nodes: [HOME, OTHER_HOME].map((home, index) => (
      { id: index + 1, homeAddresses: [parseAddress(home)], security: withSharedKey(index + 1) }
    )),
  }, LINK);
  const mobile = new RegisteringNode(tester, HOME_AGENT, HOME, CAREOF, securityOf(1));
  const other = new RegisteringNode(tester, HOME_AGENT, OTHER_HOME, OTHER_CAREOF, securityOf(2));
  return { subject, tester, mobile, other };
}

/** A case that begins with a home agent at which nobody is registered. */
export function homeAgentCase(
  id: string, title: string, play: (scene: HomeAgentScene) => Promise<void>, options?: HomeAgentOptions,
): Case {
  return { id, title, run: async (subject) => play(await homeAgentScene(subject, options)) };
}

/** The subject is the mobile node `HOME`; its home agent and everybody else are played. */
export interface MobileNodeScene {
  readonly subject: Subject;
  readonly tester: Tester;
  readonly homeAgent: PlayedHomeAgent;
  readonly correspondent: PlayedCorrespondentNode;
  /** The routers of `VISITED`, `OTHER_VISITED` and `HOME_LINK`; that of the home link is the home agent. */
  readonly routers: Readonly<Record<string, PlayedRouter>>;
}

/** How a mobile node is set up. */
export interface MobileNodeOptions {
  settings?: Partial<MobileNodeSettings>;
  routes?: Partial<RouteOptimisationSettings>;
  correspondent?: Partial<Omit<CorrespondentSettings, "addresses">>;
}

/** Starts a mobile node, in no link yet. */
export async function mobileNodeScene(
  subject: Subject, { settings, routes, correspondent }: MobileNodeOptions = {},
): Promise<MobileNodeScene> {
  const tester = await Tester.start(subject, {
    role: "mobile-node",
    mobileNode: {
      ...MOBILE_NODE_DEFAULTS, homeAddress: parseAddress(HOME), homeAgent: parseAddress(HOME_AGENT),
      security: withSharedKey(1), ...settings,
    },
    routes: routes && { ...ROUTE_OPTIMISATION_DEFAULTS, rules: [], ...routes }, correspondent,
  }, VISITED);
  const homeAgent = new PlayedHomeAgent(tester, HOME_AGENT, HOME, securityOf(1));
  return {
    subject, tester, homeAgent,
    correspondent: new PlayedCorrespondentNode(tester, CORRESPONDENT, HOME, homeAgent),
    routers: {
      [VISITED]: new PlayedRouter(tester, VISITED, { source: ROUTER, prefixes: [{ prefix: "2001:db8:a::" }] }),
      [OTHER_VISITED]: new PlayedRouter(tester, OTHER_VISITED, { source: ROUTER, prefixes: [{ prefix: "2001:db8:b::" }] }),
      [HOME_LINK]: new PlayedRouter(tester, HOME_LINK, {
        source: ROUTER, homeAgent: true, information: { preference: 0, lifetimeS: 1800 },
        prefixes: [{ prefix: HOME_AGENT, routerAddress: true }],
      }),
    },
  };
}

/** Lets the mobile node enter a link and register from there. */
export async function enter(scene: MobileNodeScene, link: string): Promise<void> {
  const { subject, tester, homeAgent, routers } = scene;
  tester.forget();
  tester.link = link;
  await subject.attach(link);
  await routers[link].advertise();
  await homeAgent.expectUpdate();
  await tester.wait(ARRIVAL_MS);
}

/** What the tester has sent has arrived by then. */
const ARRIVAL_MS = 20;

/** A case that begins with a mobile node in no link. */
export function mobileNodeCase(
  id: string, title: string, play: (scene: MobileNodeScene) => Promise<void>, options?: MobileNodeOptions,
): Case {
  return { id, title, run: async (subject) => play(await mobileNodeScene(subject, options)) };
}
