/** A mobile node at home, abroad, between links, and back: RFC 6275 §11.3.1, §11.5. */
import type { FieldValue } from "../../../bindings/codec.ts";
import { anyOf, echo, encode, type Envelope, ipv6, type Matcher, message, type Seen } from "../packet.ts";
import { neighbourAdvertisement, neighbourSolicitation, routerAdvertisement } from "../players/neighbour.ts";
import {
  CORRESPONDENT, enter, HOME, HOME_AGENT, HOME_LINK, type MobileNodeScene, mobileNodeCase, OTHER_VISITED, ROUTER, VISITED,
} from "../scenes.ts";
import type { Case } from "../subject.ts";
import { awayCase, expectGreater, expectRegistered, optimise, OPTIMISING, S } from "./mobile-node-steps.ts";

const NEIGHBOUR = "fe80::99";
const HOME_AGENT_LINK_ADDRESS = "02:00:5e:00:53:aa";
const LIFETIME_UNITS = 10;
const LIFETIME_MS = LIFETIME_UNITS * 4 * S;

/** Duplicate address detection of an address: a solicitation from the unspecified address. */
function isProbe(target: string | ((value: FieldValue) => boolean), link?: string): Matcher {
  return message("neighbour-solicitation", { target }, { from: "::", ...(link && { link }) });
}

/** A Neighbour Advertisement for the home address on the home link. */
function isClaim(envelope: Envelope = {}): Matcher {
  return message("neighbour-advertisement", { target: HOME, override: true },
    { link: HOME_LINK, options: { "target-link-layer-address": true }, ...envelope });
}

/** An Echo Request on the home link is answered there, like that to any node. */
async function expectAtHome({ tester }: MobileNodeScene): Promise<void> {
  const envelope = { from: HOME, to: CORRESPONDENT, homeAddress: null, route: null, tunnel: null, link: HOME_LINK };
  tester.link = HOME_LINK;
  await tester.ask(encode(ipv6(CORRESPONDENT, HOME), ...echo()), message("echo-reply", {}, envelope));
}

/** The mobile node is switched on in its home link. */
async function beginAtHome({ subject, tester, routers }: MobileNodeScene): Promise<void> {
  tester.link = HOME_LINK;
  await subject.attach(HOME_LINK);
  await routers[HOME_LINK].advertise();
  await tester.expect(isProbe(HOME, HOME_LINK));
  await tester.wait(2 * S);
}

/** The home agent defends the home address until it has acknowledged the end of the binding. */
function defend({ tester }: MobileNodeScene): void {
  let defends = true;
  tester.react((seen) => {
    if (seen.link !== HOME_LINK) return undefined;
    if (seen.value("binding-update", "lifetime") === 0) defends = false;
    return defends && isProbe(HOME).matches(seen)
      ? neighbourAdvertisement(HOME, HOME, HOME_AGENT_LINK_ADDRESS, "ff02::1", { solicited: false }) : undefined;
  });
}

/** From a visited link back to the home link; returns the Binding Update. */
async function comeHome(scene: MobileNodeScene): Promise<Seen> {
  defend(scene);
  await enter(scene, HOME_LINK);
  return scene.homeAgent.lastUpdate!;
}

/** A case of a mobile node that comes home while it is bound. */
function returning(id: string, title: string, play: (scene: MobileNodeScene, update: Seen) => Promise<void>): Case {
  return awayCase(id, title, async (scene) => play(scene, await comeHome(scene)));
}

function isDeregistration(): Matcher {
  return message("binding-update", { acknowledge: true, homeRegistration: true, lifetime: 0 },
    { from: HOME, to: HOME_AGENT, homeAddress: null, tunnel: null, link: HOME_LINK });
}

const BEGINNINGS: Case[] = [
  mobileNodeCase("MN-0-0-0-1-001", "at home, abroad, elsewhere abroad, at home: reached by the home address everywhere", async (scene) => {
    const { correspondent, homeAgent } = scene;
    await beginAtHome(scene);
    await expectAtHome(scene);
    for (const link of [VISITED, OTHER_VISITED]) {
      await enter(scene, link);
      await correspondent.ping(correspondent.isTunnelledReply());
    }
    await comeHome(scene);
    await expectAtHome(scene);
    scene.tester.equal(homeAgent.lastUpdate!.value("binding-update", "lifetime"), 0, "the lifetime of the last Binding Update");
  }),
  mobileNodeCase("MN-0-0-0-2-001", "the same with a correspondent node that takes the direct way", async (scene) => {
    const { tester, correspondent } = scene;
    await beginAtHome(scene);
    await enter(scene, VISITED);
    await optimise(scene);
    await tester.ask(correspondent.direct(...echo()), correspondent.isDirectReply());
    await enter(scene, OTHER_VISITED);
    await tester.expect(correspondent.isUpdate());
    await tester.wait(100);
    await tester.ask(correspondent.direct(...echo()), correspondent.isDirectReply());
    await comeHome(scene);
    await tester.expect(correspondent.isUpdate({ lifetime: 0 }));
    await expectAtHome(scene);
  }, OPTIMISING),

  mobileNodeCase("MN-3-1-1-1-001", "switched on at home: the home address is checked and used", async (scene) => {
    await beginAtHome(scene);
    await expectAtHome(scene);
  }),
  mobileNodeCase("MN-3-1-1-1-009", "the home prefix is configured, and found on the home link: nothing is registered", async (scene) => {
    await beginAtHome(scene);
    await scene.tester.expectNone(message("binding-update"), 10 * S);
    await expectAtHome(scene);
  }),
  mobileNodeCase("MN-3-1-1-1-010", "a visited link has not the home prefix: the home address is registered", async (scene) => {
    await enter(scene, VISITED);
    scene.tester.equal(scene.homeAgent.lastUpdate!.homeAddress, HOME, "the home address");
    await scene.tester.expectNone(isProbe(HOME), 5 * S);
  }),
  mobileNodeCase("MN-3-2-1-1-001", "a care-of address is formed in the prefix of the link, and checked", async (scene) => {
    const { subject, tester, routers, homeAgent } = scene;
    await subject.attach(VISITED);
    await routers[VISITED].advertise();
    const probe = await tester.expect(isProbe((target) => String(target).startsWith("2001:db8:a:"), VISITED));
    await homeAgent.expectUpdate();
    tester.equal(homeAgent.careof, probe.value("neighbour-solicitation", "target"), "the care-of address");
  }),
];

/** Another router is heard on the link, with another prefix, when the care-of address has been checked. */
async function otherRouter({ tester }: MobileNodeScene, source: string): Promise<void> {
  await tester.wait(3 * S);
  const prefixes = [{ prefix: "2001:db8:b::1", routerAddress: true }];
  return tester.send(routerAdvertisement({ source, prefixes, linkLayerAddress: "02:00:5e:00:53:02" }), VISITED);
}

const MOVEMENT: Case[] = [
  awayCase("MN-3-3-1-1-003", "another router is heard: the router so far is asked whether it is there, and then left", async (scene) => {
    const { tester, homeAgent, routers } = scene;
    routers[VISITED].silent = true;
    await otherRouter(scene, "fe80::2");
    await tester.expect(message("neighbour-solicitation", { target: ROUTER }, { from: homeAgent.careof, link: VISITED }));
    await homeAgent.expectUpdate();
    tester.check(homeAgent.careof.startsWith("2001:db8:b:"), "the care-of address is of the other prefix");
  }),
  awayCase("MN-3-3-1-1-005", "another router with the same link-local address is heard: routers are asked", async (scene) => {
    const { tester, homeAgent, routers } = scene;
    routers[VISITED].silent = true;
    await otherRouter(scene, ROUTER);
    await tester.expect(message("router-solicitation", {}, { link: VISITED }));
    await homeAgent.expectUpdate();
    tester.check(homeAgent.careof.startsWith("2001:db8:b:"), "the care-of address is of the other prefix");
  }),
  awayCase("MN-3-3-1-1-002", "another router is heard, and the router so far is there: nothing changes", async (scene) => {
    const { tester, homeAgent } = scene;
    await otherRouter(scene, "fe80::2");
    await tester.expect(message("neighbour-solicitation", { target: ROUTER }, { from: homeAgent.careof, link: VISITED }));
    await tester.expectNone(homeAgent.isUpdate(), 20 * S);
  }),
  awayCase("MN-3-3-1-1-004", "a care-of address of a link that was left is no way to the mobile node", async (scene) => {
    const { tester, homeAgent, correspondent } = scene;
    const before = homeAgent.careof;
    await enter(scene, OTHER_VISITED);
    const packet = encode(ipv6(HOME_AGENT, before), ipv6(correspondent.address, HOME), ...echo());
    await tester.askInVain(packet, message("echo-reply"));
    await correspondent.ping(correspondent.isTunnelledReply());
  }),
];

const RETURNING: Case[] = [
  returning("MN-2-1-3-1-007", "back home: who defends the home address is asked first", async ({ tester }, update) => {
    const probe = await tester.expect(isProbe(HOME, HOME_LINK), 0);
    tester.check(probe.atMs <= update.atMs, "that comes before the Binding Update");
    await tester.expectNone(isProbe(HOME), 5 * S); // no duplicate address detection while the home agent has a binding
  }),
  awayCase("MN-2-1-3-1-001", "back home: a Binding Update from the home address with lifetime zero", async (scene) => {
    const first = scene.homeAgent.lastUpdate!;
    const update = await comeHome(scene);
    scene.tester.check(isDeregistration().matches(update), `expected: ${isDeregistration().what}`);
    expectGreater(scene.tester, update, first);
  }),
  awayCase("MN-2-2-2-1-027", "back home: Neighbour Solicitations are answered, before the acknowledgement as well", async (scene) => {
    const { tester, homeAgent } = scene;
    homeAgent.acknowledges = undefined;
    await comeHome(scene);
    const solicitation = neighbourSolicitation(NEIGHBOUR, HOME, "02:00:5e:00:53:99");
    const answer = message("neighbour-advertisement", { target: HOME, solicited: true }, { to: NEIGHBOUR, link: HOME_LINK });
    await tester.ask(solicitation, answer);
    await homeAgent.acknowledge();
    await tester.wait(100);
    await tester.ask(solicitation, answer);
  }),
  awayCase("MN-2-2-2-1-001", "the end of the binding is acknowledged: all nodes of the home link hear of it", async (scene) => {
    const { tester, homeAgent } = scene;
    homeAgent.acknowledges = undefined;
    await comeHome(scene);
    await tester.expectNone(isClaim({ to: "ff02::1" }), 500);
    await homeAgent.acknowledge();
    await tester.expect(isClaim({ to: "ff02::1" }));
    await expectAtHome(scene);
  }),
  returning("MN-3-4-1-1-001", "what all nodes hear has the link-layer address, and was not solicited", async ({ tester }) => {
    const solicited = message("neighbour-advertisement", { target: HOME, solicited: false },
      { from: HOME, to: "ff02::1", link: HOME_LINK, options: { "target-link-layer-address": true } });
    await tester.expect(solicited);
  }),
  mobileNodeCase("MN-3-4-1-1-002", "back home after the end of the binding: the home address is checked", async (scene) => {
    const { subject, tester, homeAgent, routers } = scene;
    homeAgent.acknowledges = { lifetime: LIFETIME_UNITS };
    await enter(scene, VISITED);
    await subject.attach(undefined);
    await tester.wait(LIFETIME_MS + S);
    tester.forget();
    await subject.attach(HOME_LINK);
    await routers[HOME_LINK].advertise();
    await tester.expect(isProbe(HOME, HOME_LINK));
    await tester.expectNone(message("binding-update"), 5 * S);
    await expectAtHome(scene);
  }),
];

const PAYLOAD_AT_HOME: Case[] = [
  mobileNodeCase("MN-4-1-1-2-004", "at home packets leave as those of any node", async (scene) => {
    const { tester } = scene;
    await beginAtHome(scene);
    await expectAtHome(scene);
    await enter(scene, VISITED);
    await comeHome(scene);
    await expectAtHome(scene);
    await tester.expectNone(anyOf(message("echo-reply", {}, { tunnel: {} }), message("home-test-init")));
  }, OPTIMISING),
  mobileNodeCase("MN-4-1-2-2-007", "at home packets arrive as those of any node, before and after a journey", async (scene) => {
    await beginAtHome(scene);
    for (let count = 0; count < 3; count++) await expectAtHome(scene);
    await enter(scene, VISITED);
    await expectRegistered(scene);
    await comeHome(scene);
    for (let count = 0; count < 3; count++) await expectAtHome(scene);
  }, OPTIMISING),
];

export const MOVEMENTS: Case[] = [...BEGINNINGS, ...MOVEMENT, ...RETURNING, ...PAYLOAD_AT_HOME];
