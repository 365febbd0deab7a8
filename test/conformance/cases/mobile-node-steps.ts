/** Steps that the cases of a mobile node share. */
import { anyOf, echo, type Matcher, message, type Seen } from "../packet.ts";
import { isPrefixSolicitation, prefixAdvertisement, type PrefixAdvertisementOptions } from "../players/home-network.ts";
import { enter, type MobileNodeOptions, type MobileNodeScene, mobileNodeCase, VISITED } from "../scenes.ts";
import type { Case } from "../subject.ts";
import type { Tester } from "../tester.ts";

export const S = 1000;
export const LIFETIME_UNIT_MS = 4 * S;
/** RFC 6275 §12, ms. */
export const INITIAL_BINDACK_TIMEOUT_MS = 1000;
export const INITIAL_BINDACK_TIMEOUT_FIRST_REG_MS = 1500;
export const MAX_BINDACK_TIMEOUT_MS = 32_000;
/** A timer may end so much later than it is said to. */
const LATE_SHARE = 0.25;

/** A mobile node that wants an optimised route to whom it hears from. */
export const OPTIMISING: MobileNodeOptions = { routes: { policy: "always", retryMs: 60_000 } };

/** A case of a mobile node that is registered in `VISITED` and optimises routes. */
export function awayCase(
  id: string, title: string, play: (scene: MobileNodeScene) => Promise<void>, options: MobileNodeOptions = OPTIMISING,
): Case {
  return mobileNodeCase(id, title, async (scene) => {
    await enter(scene, VISITED);
    scene.tester.forget();
    await play(scene);
  }, options);
}

/** The sequence number of a Binding Update. */
export function sequenceOf(update: Seen): number {
  return Number(update.value("binding-update", "sequence"));
}

/** The lifetime of a Binding Update, ms. */
export function lifetimeOf(update: Seen): number {
  return Number(update.value("binding-update", "lifetime")) * LIFETIME_UNIT_MS;
}

/** A sequence number is greater in the sense of RFC 6275 §9.5.1. */
export function expectGreater(tester: Tester, later: Seen, earlier: Seen): void {
  const difference = (sequenceOf(later) - sequenceOf(earlier)) & 0xffff;
  tester.check(difference > 0 && difference < 0x8000, `sequence number ${sequenceOf(later)} is greater than ${sequenceOf(earlier)}`);
}

/**
 * What is sent without an answer comes again, first after `firstMs`, then after twice as long each time up to
 * `maxMs` (RFC 6275 §11.8), `times` times. Returns all of them.
 */
export async function expectBackOff(
  tester: Tester, first: Seen, again: Matcher, firstMs: number, times: number, maxMs = MAX_BINDACK_TIMEOUT_MS,
): Promise<Seen[]> {
  const all = [first];
  for (let timeoutMs = firstMs; all.length <= times; timeoutMs = Math.min(2 * timeoutMs, maxMs)) {
    const next = await tester.expect(again, timeoutMs * (1 + LATE_SHARE) + 100);
    const gapMs = next.atMs - all[all.length - 1].atMs;
    const what = `${again.what} comes again after ${gapMs} ms, not before ${timeoutMs} ms`;
    tester.checkGap(all[all.length - 1], next, timeoutMs - 1, what);
    all.push(next);
  }
  return all;
}

/** Home Test Init or Care-of Test Init to whomever, by whichever way. */
export const ANY_TEST_INIT = anyOf(message("home-test-init"), message("careof-test-init"));

/** The mobile node counts as registered: only then it begins return routability (RFC 6275 §11.6.1, §11.7.2). */
export async function expectRegistered({ tester, correspondent }: MobileNodeScene): Promise<void> {
  tester.forget();
  await correspondent.ping(correspondent.isTunnelledReply());
  await tester.expect(correspondent.isHomeTestInit());
}

/** The mobile node does not: traffic leads to no test messages. */
export async function expectNotRegistered({ tester, correspondent }: MobileNodeScene): Promise<void> {
  await tester.askInVain(correspondent.throughHomeAgent(...echo()), ANY_TEST_INIT, 400);
}

/** Traffic of the correspondent node, and all that follows up to the optimised route. */
export async function optimise({ tester, correspondent }: MobileNodeScene): Promise<Seen> {
  await correspondent.ping(correspondent.isTunnelledReply());
  const update = await tester.expect(correspondent.isUpdate());
  await tester.wait(100);
  tester.forget();
  return update;
}

/** Lets the mobile node ask for the home prefixes: by status 1 of a Binding Acknowledgement (RFC 6275 §11.7.3). */
export async function enterAndSolicit(scene: MobileNodeScene, link = VISITED): Promise<Seen> {
  scene.homeAgent.acknowledges = { ...scene.homeAgent.acknowledges, status: 1 };
  await enter(scene, link);
  const solicitation = await scene.tester.expect(isPrefixSolicitation(scene.homeAgent));
  scene.homeAgent.acknowledges = { ...scene.homeAgent.acknowledges, status: 0 };
  return solicitation;
}

/** The same, and the answer. */
export async function learnHomePrefix(scene: MobileNodeScene, options: PrefixAdvertisementOptions, link = VISITED): Promise<void> {
  const solicitation = await enterAndSolicit(scene, link);
  await scene.tester.send(prefixAdvertisement(scene.homeAgent, solicitation, options), link);
  await scene.tester.wait(100);
}
