/** Home registrations of a mobile node: RFC 6275 §11.7.1, §11.7.3, §11.8. */
import { message } from "../packet.ts";
import type { AcknowledgementOptions } from "../players/home-agent.ts";
import { isPrefixSolicitation, prefixAdvertisement } from "../players/home-network.ts";
import { enter, HOME, type MobileNodeScene, mobileNodeCase, OTHER_VISITED, VISITED } from "../scenes.ts";
import type { Case } from "../subject.ts";
import {
  enterAndSolicit, expectBackOff, expectGreater, expectNotRegistered, expectRegistered, INITIAL_BINDACK_TIMEOUT_FIRST_REG_MS,
  INITIAL_BINDACK_TIMEOUT_MS, learnHomePrefix, LIFETIME_UNIT_MS, lifetimeOf, OPTIMISING, S, sequenceOf,
} from "./mobile-node-steps.ts";

/** Transmissions that are looked at: the last two are as far apart as they ever are. */
const TRANSMISSIONS = 7;
/** A refused mobile node tries again within so much, and not earlier than that. */
const HOLD_OFF_MS = 70 * S;
const AT_ONCE_MS = 5 * S;

/** A first Binding Update, its fields and its way. */
function update(id: string, title: string, fields: Record<string, boolean>): Case {
  return mobileNodeCase(id, title, async (scene) => {
    await enter(scene, VISITED);
    const { tester, homeAgent } = scene;
    const { address, careof, lastUpdate } = homeAgent;
    tester.check(careof.startsWith("2001:db8:a:"), `the care-of address ${careof} is one of the link`);
    const options = { "nonce-indices": false, "binding-authorization-data": false };
    const whole = message("binding-update", { acknowledge: true, homeRegistration: true, ...fields },
      { from: careof, to: address, homeAddress: HOME, route: null, tunnel: null, options });
    tester.check(whole.matches(lastUpdate!), `expected: ${whole.what}`);
    tester.check(lifetimeOf(lastUpdate!) > 0, "the lifetime is not zero");
  });
}

/** Acknowledged so, the mobile node is registered, and says nothing more for a while. */
function accepted(id: string, title: string, acknowledgement: AcknowledgementOptions): Case {
  return mobileNodeCase(id, title, async (scene) => {
    scene.homeAgent.acknowledges = acknowledgement;
    await enter(scene, VISITED);
    await scene.tester.expectNone(scene.homeAgent.isUpdate(), 60 * S);
    await expectRegistered(scene);
  }, OPTIMISING);
}

/** Refused so, it is not registered, and tries again later, with a greater sequence number. */
function refused(id: string, status: number): Case {
  return mobileNodeCase(id, `status ${status}: the mobile node is not registered, and tries again later`, async (scene) => {
    const { tester, homeAgent } = scene;
    homeAgent.acknowledges = { status };
    await enter(scene, VISITED);
    const first = homeAgent.lastUpdate!;
    await expectNotRegistered(scene);
    await tester.expectNone(homeAgent.isUpdate(), AT_ONCE_MS);
    homeAgent.acknowledges = {};
    expectGreater(tester, await homeAgent.expectUpdate({}, HOLD_OFF_MS), first);
    await expectRegistered(scene);
  }, OPTIMISING);
}

/** An acknowledgement that does not count: the Binding Update comes again, until one that counts. */
function ignored(id: string, title: string, acknowledgement: (scene: MobileNodeScene) => AcknowledgementOptions): Case {
  return mobileNodeCase(id, title, async (scene) => {
    const { tester, homeAgent } = scene;
    homeAgent.acknowledges = undefined;
    await enter(scene, VISITED);
    const first = homeAgent.lastUpdate!;
    await homeAgent.acknowledge(acknowledgement(scene));
    await expectNotRegistered(scene);
    const again = await homeAgent.expectUpdate({}, 1.25 * INITIAL_BINDACK_TIMEOUT_FIRST_REG_MS);
    expectGreater(tester, again, first);
    await homeAgent.acknowledge(acknowledgement(scene));
    await tester.expectNone(homeAgent.isUpdate(), 2 * INITIAL_BINDACK_TIMEOUT_FIRST_REG_MS - 1 * S);
    await expectNotRegistered(scene);
    homeAgent.acknowledges = {};
    await homeAgent.expectUpdate({}, 10 * S);
    await expectRegistered(scene);
  }, OPTIMISING);
}

/** The sequence number of the home agent, and the one that must follow it. */
function outOfWindow(id: string, title: string, sequenceAfter: (first: number) => number): Case {
  return mobileNodeCase(id, title, async (scene) => {
    const { homeAgent } = scene;
    homeAgent.acknowledges = undefined;
    await enter(scene, VISITED);
    const last = sequenceAfter(sequenceOf(homeAgent.lastUpdate!));
    homeAgent.acknowledges = {};
    await homeAgent.acknowledge({ status: 135, sequence: last });
    await homeAgent.expectUpdate({ sequence: (last + 1) & 0xffff });
    await expectRegistered(scene);
  }, OPTIMISING);
}

/** A new Binding Update comes before `endMs`, when the former one was acknowledged so. */
function renewed(id: string, title: string, acknowledgement: AcknowledgementOptions, endMs: number): Case {
  return mobileNodeCase(id, title, async (scene) => {
    const { tester, homeAgent } = scene;
    homeAgent.acknowledges = acknowledgement;
    await enter(scene, VISITED);
    const first = homeAgent.lastUpdate!;
    const second = await homeAgent.expectUpdate({}, endMs - 1 * S);
    expectGreater(tester, second, first);
    tester.check(lifetimeOf(second) > 0, "the lifetime is not zero");
    tester.check(second.atMs - first.atMs > endMs / 4, "it does not come needlessly early");
  });
}

/** Neither outlives the other: the lifetime asked for is within both. */
function bounded(id: string, title: string, homeS: number, careofS: number): Case {
  return mobileNodeCase(id, title, async (scene) => {
    const { tester, homeAgent, routers } = scene;
    const { advertisement } = routers[OTHER_VISITED];
    const [prefix] = advertisement.prefixes;
    routers[OTHER_VISITED].advertisement = { ...advertisement, prefixes: [{ ...prefix, validS: careofS, preferredS: careofS }] };
    await learnHomePrefix(scene, { validS: homeS });
    await enter(scene, OTHER_VISITED);
    const lifetimeMs = lifetimeOf(homeAgent.lastUpdate!);
    const leastMs = Math.min(homeS, careofS) * S;
    tester.check(lifetimeMs <= leastMs, `a lifetime of ${lifetimeMs} ms is at most ${leastMs} ms`);
    tester.check(lifetimeMs > leastMs - 20 * S, `a lifetime of ${lifetimeMs} ms is about ${leastMs} ms`);
  });
}

/** The home agent is silent from now on. */
function fallSilent({ homeAgent }: MobileNodeScene): void {
  homeAgent.acknowledges = undefined;
}

export const REGISTRATION: Case[] = [
  update("MN-2-1-1-1-001", "away from home: a Binding Update to the home agent, to be acknowledged", {}),
  update("MN-2-1-1-1-004", "without key management the K bit is clear", { keyManagementMobility: false }),
  bounded("MN-2-1-1-1-006", "a binding does not outlast the care-of address", 500, 200),
  bounded("MN-2-1-1-1-007", "a binding does not outlast the home address", 200, 500),
  mobileNodeCase("MN-2-1-1-1-008", "after the end of the binding: Binding Updates until one is acknowledged", async (scene) => {
    const { tester, homeAgent } = scene;
    const granted = 10;
    homeAgent.acknowledges = { lifetime: granted };
    await enter(scene, VISITED);
    fallSilent(scene);
    await tester.waitUntil(homeAgent.lastUpdate!.atMs + granted * LIFETIME_UNIT_MS + 100);
    await expectNotRegistered(scene);
    tester.forget();
    const first = await homeAgent.expectUpdate({}, 40 * S);
    expectGreater(tester, await homeAgent.expectUpdate({}, 40 * S), first);
    homeAgent.acknowledges = {};
    await homeAgent.expectUpdate({}, 40 * S);
    await expectRegistered(scene);
  }, OPTIMISING),
  mobileNodeCase("MN-2-1-1-1-013", "a first Binding Update comes again, twice as late each time", async (scene) => {
    const { tester, homeAgent } = scene;
    fallSilent(scene);
    await enter(scene, VISITED);
    const all = await expectBackOff(
      tester, homeAgent.lastUpdate!, homeAgent.isUpdate(), INITIAL_BINDACK_TIMEOUT_FIRST_REG_MS, TRANSMISSIONS,
    );
    for (let index = 1; index < all.length; index++) expectGreater(tester, all[index], all[index - 1]);
    await expectNotRegistered(scene);
  }, OPTIMISING),

  accepted("MN-2-2-1-1-001", "status 0: the mobile node is registered", {}),
  accepted("MN-2-2-1-1-039", "reserved bits of an acknowledgement are not looked at", {
    fields: { reserved: 0xff, reserved2: 0xf, mobileRouter: true, proxyRegistration: true },
  }),
  accepted("MN-2-2-1-1-014", "an acknowledgement with a clear K bit is accepted", { fields: { keyManagementMobility: false } }),
  renewed("MN-2-2-1-1-020", "the lifetime that was granted counts, not the one asked for", { lifetime: 25 }, 100 * S),
  renewed("MN-2-2-1-1-026", "a Binding Refresh Advice option says when to renew",
    { extra: [{ name: "binding-refresh-advice", fields: { refreshInterval: 10 } }] }, 40 * S),
  mobileNodeCase("MN-2-2-1-1-002", "status 1: the mobile node is registered, and asks for the home prefixes", async (scene) => {
    await enterAndSolicit(scene);
    await expectRegistered(scene);
  }, OPTIMISING),
  mobileNodeCase("MN-2-2-1-1-033", "a status from 2 to 127 is an acceptance", async (scene) => {
    const { tester, homeAgent } = scene;
    for (const [index, status] of [2, 64, 127].entries()) {
      homeAgent.acknowledges = { status };
      await enter(scene, index % 2 === 0 ? VISITED : OTHER_VISITED);
      await tester.expectNone(homeAgent.isUpdate(), 30 * S);
    }
    await expectRegistered(scene);
  }, OPTIMISING),

  ...([["003", 128], ["004", 129], ["005", 130], ["006", 131], ["007", 132], ["035", 255]] as const)
    .map(([id, status]) => refused(`MN-2-2-1-1-${id}`, status)),
  mobileNodeCase("MN-2-2-1-1-009", "status 134: the home address is another node's, and is not tried again", async (scene) => {
    // RFC 6275 §11.7.1; the list wants another attempt.
    const { tester, homeAgent } = scene;
    homeAgent.acknowledges = { status: 134 };
    await enter(scene, VISITED);
    homeAgent.acknowledges = {};
    await expectNotRegistered(scene);
    await tester.expectNone(homeAgent.isUpdate(), 300 * S);
  }, OPTIMISING),
  outOfWindow("MN-2-2-1-1-010", "status 135: the next sequence number follows the home agent's", (first) => (first + 1000) & 0xffff),
  outOfWindow("MN-2-2-1-1-016", "status 135 with the greatest sequence number: zero follows", () => 0xffff),
  ignored("MN-2-2-1-1-017", "an acknowledgement of another sequence number is ignored",
    ({ homeAgent }) => ({ sequence: (sequenceOf(homeAgent.lastUpdate!) - 1) & 0xffff })),
  ignored("MN-2-2-1-1-038", "an acknowledgement without authentication is ignored", () => ({ key: null })),

  mobileNodeCase("MN-2-1-2-1-001", "another link: a Binding Update with a new care-of address and sequence number", async (scene) => {
    const { tester, homeAgent } = scene;
    await enter(scene, VISITED);
    const first = homeAgent.lastUpdate!;
    await enter(scene, OTHER_VISITED);
    expectGreater(tester, homeAgent.lastUpdate!, first);
    tester.check(homeAgent.careof.startsWith("2001:db8:b:"), `the care-of address ${homeAgent.careof} is one of the new link`);
  }),
  renewed("MN-2-1-2-1-004", "a binding is renewed before it ends", { lifetime: 50 }, 200 * S),
  mobileNodeCase("MN-2-1-2-1-005", "the home prefix gets a shorter lifetime: so does the binding", async (scene) => {
    const { tester, homeAgent } = scene;
    const solicitation = await enterAndSolicit(scene);
    const first = homeAgent.lastUpdate!;
    await tester.send(prefixAdvertisement(homeAgent, solicitation, { validS: 100 }));
    const second = await homeAgent.expectUpdate();
    expectGreater(tester, second, first);
    tester.check(lifetimeOf(first) > 100 * S, "the first lifetime is longer than the prefix lives");
    tester.check(lifetimeOf(second) > 0 && lifetimeOf(second) <= 100 * S, `the second lifetime is ${lifetimeOf(second)} ms`);
    await tester.expectNone(isPrefixSolicitation(homeAgent), S);
  }),
  mobileNodeCase("MN-2-1-2-1-006", "a later Binding Update comes again sooner than a first one, and backs off as well", async (scene) => {
    const { tester, homeAgent } = scene;
    await enter(scene, VISITED);
    fallSilent(scene);
    await enter(scene, OTHER_VISITED);
    const all = await expectBackOff(tester, homeAgent.lastUpdate!, homeAgent.isUpdate(), INITIAL_BINDACK_TIMEOUT_MS, TRANSMISSIONS);
    for (let index = 1; index < all.length; index++) expectGreater(tester, all[index], all[index - 1]);
    await expectNotRegistered(scene);
  }, OPTIMISING),
];
