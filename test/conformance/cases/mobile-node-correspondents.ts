/** Binding Updates of a mobile node to its correspondent nodes: RFC 6275 §11.7.2 to §11.7.4. */
import { anyOf, echo, type Fields, ipv6, message, type Seen } from "../packet.ts";
import { type CorrespondentAcknowledgementOptions, PlayedCorrespondentNode } from "../players/correspondent-node.ts";
import { isPrefixSolicitation, prefixAdvertisement } from "../players/home-network.ts";
import { MAX_LIFETIME } from "../players/mobile-node.ts";
import { enter, HOME, HOME_LINK, type MobileNodeScene, mobileNodeCase, OTHER_VISITED } from "../scenes.ts";
import type { Case } from "../subject.ts";
import {
  ANY_TEST_INIT, awayCase, enterAndSolicit, expectBackOff, expectGreater, INITIAL_BINDACK_TIMEOUT_MS, LIFETIME_UNIT_MS,
  lifetimeOf, optimise, OPTIMISING, S, sequenceOf,
} from "./mobile-node-steps.ts";
import { STRANGER } from "./mobile-node-tests.ts";

const MAX_RR_BINDING_LIFETIME_MS = MAX_LIFETIME * LIFETIME_UNIT_MS;
const TRANSMISSIONS = 3;

/** A first Binding Update to a correspondent node. */
function update(id: string, title: string, fields: Fields): Case {
  return awayCase(id, title, async (scene) => {
    const { tester, homeAgent, correspondent } = scene;
    expectWhole(scene, await optimise(scene), fields);
    tester.check(correspondent.lastUpdate!.source === homeAgent.careof, "it comes from the care-of address");
  });
}

/** What every Binding Update to a correspondent node has; authenticator and nonce indices have been checked. */
function expectWhole({ tester, homeAgent, correspondent }: MobileNodeScene, seen: Seen, fields: Fields = {}): void {
  const whole = message("binding-update", { homeRegistration: false, keyManagementMobility: false, ...fields },
    { from: homeAgent.careof, to: correspondent.address, homeAddress: HOME, tunnel: null, options: { "nonce-indices": true } });
  tester.check(whole.matches(seen), `expected: ${whole.what}`);
  const lifetimeMs = lifetimeOf(seen);
  const homeMs = lifetimeOf(homeAgent.lastUpdate!) - (seen.atMs - homeAgent.lastUpdate!.atMs);
  const leastMs = Math.min(MAX_RR_BINDING_LIFETIME_MS, homeMs + LIFETIME_UNIT_MS);
  tester.check(lifetimeMs > 0 && lifetimeMs <= leastMs, `a lifetime of ${lifetimeMs} ms is within ${leastMs} ms`);
}

/** Packets go by the direct way. */
async function expectDirect({ correspondent }: MobileNodeScene): Promise<void> {
  await correspondent.ping(correspondent.isDirectReply());
}

async function expectTunnelled({ correspondent }: MobileNodeScene): Promise<void> {
  await correspondent.ping(correspondent.isTunnelledReply());
}

/** Acknowledged so, the route is optimised, and nothing more is said. */
function accepted(id: string, title: string, acknowledgement: CorrespondentAcknowledgementOptions): Case {
  return awayCase(id, title, async (scene) => {
    const { tester, correspondent } = scene;
    correspondent.acknowledges = acknowledgement;
    await optimise(scene);
    await expectDirect(scene);
    await tester.expectNone(correspondent.isUpdate(), 10 * S);
  });
}

/** An answer that does not count: the Binding Update comes again until there are enough, and the tunnel stays. */
function ignored(
  id: string, title: string, acknowledge: (update: Seen) => CorrespondentAcknowledgementOptions | undefined,
): Case {
  return awayCase(id, title, async (scene) => {
    const { tester, correspondent } = scene;
    correspondent.acknowledges = undefined;
    tester.react((seen) => {
      const wrong = correspondent.isUpdate().matches(seen) ? acknowledge(seen) : undefined;
      return wrong && correspondent.acknowledgement(seen, wrong);
    });
    await expectTunnelled(scene);
    const first = await tester.expect(correspondent.isUpdate());
    const all = await expectBackOff(tester, first, correspondent.isUpdate(), INITIAL_BINDACK_TIMEOUT_MS, TRANSMISSIONS - 1);
    for (let index = 1; index < all.length; index++) expectGreater(tester, all[index], all[index - 1]);
    await tester.wait(5 * S);
    await expectTunnelled(scene);
    await tester.expectNone(correspondent.isUpdate(), 10 * S);
  });
}

/** Nonces that the correspondent node has no more: what they are for is asked for again. */
function stale(id: string, status: number, home: boolean, careof: boolean): Case {
  const what = home && careof ? "both nonces are" : `the ${home ? "home" : "care-of"} nonce is`;
  return awayCase(id, `status ${status}: ${what} asked for anew`, async (scene) => {
    const { tester, correspondent } = scene;
    correspondent.acknowledges = { status, authenticator: null };
    await expectTunnelled(scene);
    const first = await tester.expect(correspondent.isUpdate());
    correspondent.acknowledges = {};
    tester.forget();
    const second = await tester.expect(correspondent.isUpdate(), 3 * S);
    expectGreater(tester, second, first);
    tester.equal(await tester.sees(correspondent.isHomeTestInit(), 0), home, "a Home Test Init");
    tester.equal(await tester.sees(correspondent.isCareofTestInit(), 0), careof, "a Care-of Test Init");
    await tester.wait(100);
    await expectDirect(scene);
  });
}

/** The binding of a correspondent node that nothing is said to ends when it said, and all begins anew. */
function lifetime(id: string, title: string, granted: number | undefined): Case {
  return awayCase(id, title, async (scene) => {
    const { tester, correspondent } = scene;
    correspondent.acknowledges = { lifetime: granted };
    const seen = await optimise(scene);
    const endMs = seen.atMs + (granted === undefined ? lifetimeOf(seen) : granted * LIFETIME_UNIT_MS);
    const bindings = anyOf(correspondent.isUpdate(), ANY_TEST_INIT);
    await tester.expectNone(bindings, endMs - tester.nowMs);
    await tester.wait(S);
    await expectTunnelled(scene);
    // The tokens of a short binding are still good (RFC 6275 §5.2.7).
    if (granted === undefined) {
      await tester.expect(correspondent.isHomeTestInit());
      await tester.expect(correspondent.isCareofTestInit());
    }
    await tester.expect(correspondent.isUpdate());
  });
}

/** A Binding Refresh Request, to the home address. */
function refreshRequest(id: string, title: string, fields: Fields): Case {
  return awayCase(id, title, async (scene) => {
    const { tester, correspondent } = scene;
    const first = await optimise(scene);
    await tester.wait(220 * S); // the tokens are too old by then
    tester.forget();
    await tester.send(correspondent.throughHomeAgent({ name: "binding-refresh-request", fields }));
    await tester.expect(correspondent.isHomeTestInit());
    await tester.expect(correspondent.isCareofTestInit());
    const second = await tester.expect(correspondent.isUpdate());
    expectWhole(scene, second);
    expectGreater(tester, second, first);
  });
}

export const CORRESPONDENTS: Case[] = [
  update("MN-3-1-1-2-001", "a Binding Update to a correspondent node is no home registration, nor longer than one", {}),
  update("MN-3-1-1-2-003", "a Binding Update to a correspondent node asks for an acknowledgement", { acknowledge: true }),
  update("MN-3-1-1-2-004", "the care-of address to bind is the source", {}),
  ignored("MN-3-1-1-2-006", "without an acknowledgement a Binding Update comes again, and then no more", () => undefined),

  accepted("MN-3-2-1-2-001", "status 0: packets go by the direct way", {}),
  accepted("MN-3-2-1-2-029", "reserved bits of a correspondent node's acknowledgement are not looked at",
    { fields: { reserved: 0xff, reserved2: 0xf } }),
  lifetime("MN-3-2-1-2-017", "a lifetime that is shorter than asked for ends the direct way", 10),
  lifetime("MN-3-2-1-2-018", "the lifetime that was asked for ends the direct way", undefined),
  awayCase("MN-3-2-1-2-003", "status 128: the tunnel stays, and there is another attempt later", async (scene) => {
    const { tester, correspondent } = scene;
    correspondent.acknowledges = { status: 128 };
    const first = await optimise(scene);
    await expectTunnelled(scene);
    await tester.expectNone(anyOf(correspondent.isUpdate(), ANY_TEST_INIT), 50 * S);
    correspondent.acknowledges = {};
    await tester.wait(11 * S);
    await expectTunnelled(scene);
    expectGreater(tester, await tester.expect(correspondent.isUpdate()), first);
    await tester.wait(100);
    await expectDirect(scene);
  }),
  awayCase("MN-3-2-1-2-010", "status 135: the next sequence number follows the correspondent node's", async (scene) => {
    const { tester, correspondent } = scene;
    correspondent.acknowledges = { status: 135, sequence: 0xffff };
    await expectTunnelled(scene);
    await tester.expect(correspondent.isUpdate());
    correspondent.acknowledges = {};
    tester.equal(sequenceOf(await tester.expect(correspondent.isUpdate(), 3 * S)), 0, "the next sequence number");
    await tester.wait(100);
    await expectDirect(scene);
  }),
  stale("MN-3-2-1-2-011", 136, true, false),
  stale("MN-3-2-1-2-012", 137, false, true),
  stale("MN-3-2-1-2-013", 138, true, true),
  ignored("MN-3-2-1-2-014", "an acknowledgement of another sequence number is ignored, and so is what it grants",
    (seen) => ({ sequence: (sequenceOf(seen) - 1) & 0xffff })),
  accepted("MN-3-2-1-2-023", "a Binding Refresh Advice of a correspondent node is skipped",
    { extra: [{ name: "binding-refresh-advice", fields: { refreshInterval: 1 } }] }),
  ignored("MN-3-2-1-2-024", "an acknowledgement with a wrong authenticator is ignored",
    () => ({ authenticator: new Uint8Array(12).fill(0x5a) })),
  ignored("MN-3-2-1-2-025", "an acknowledgement with an option behind the Binding Authorization Data is ignored",
    () => ({ behind: [{ name: "binding-refresh-advice", fields: { refreshInterval: 10 } }] })),

  awayCase("MN-3-1-2-2-006", "a binding in use is renewed before it ends", async (scene) => {
    const { tester, correspondent } = scene;
    correspondent.acknowledges = { lifetime: 25 };
    const first = await optimise(scene);
    await expectDirect(scene);
    const second = await tester.expect(correspondent.isUpdate(), 99 * S);
    expectGreater(tester, second, first);
    expectWhole(scene, second);
  }),
  awayCase("MN-3-1-2-2-004", "after a move each correspondent node that has a binding gets a new one", async (scene) => {
    const { tester, homeAgent, correspondent } = scene;
    const second = new PlayedCorrespondentNode(tester, STRANGER, HOME, homeAgent);
    const former = [await optimise(scene), await optimise({ ...scene, correspondent: second })];
    await enter(scene, OTHER_VISITED);
    for (const [index, each] of [correspondent, second].entries()) {
      const seen = await tester.expect(each.isUpdate());
      expectGreater(tester, seen, former[index]);
      expectWhole({ ...scene, correspondent: each }, seen);
    }
  }),
  awayCase("MN-3-1-2-2-002", "the care-of address to bind after a move is the source", async (scene) => {
    const { tester, homeAgent, correspondent } = scene;
    await optimise(scene);
    const before = homeAgent.careof;
    await enter(scene, OTHER_VISITED);
    const seen = await tester.expect(correspondent.isUpdate());
    tester.equal(seen.source, homeAgent.careof, "the source");
    tester.check(seen.source !== before, "it is another care-of address");
    await tester.wait(100);
    await expectDirect(scene);
  }),
  mobileNodeCase("MN-3-1-2-2-001", "the home prefix gets a shorter lifetime: so do bindings of correspondent nodes", async (scene) => {
    const { tester, homeAgent, correspondent } = scene;
    const solicitation = await enterAndSolicit(scene);
    const first = await optimise(scene);
    await tester.send(prefixAdvertisement(homeAgent, solicitation, { validS: 100 }));
    const second = await tester.expect(correspondent.isUpdate(), 3 * S);
    expectGreater(tester, second, first);
    expectWhole(scene, second);
    tester.check(lifetimeOf(second) <= 100 * S, `a lifetime of ${lifetimeOf(second)} ms is at most 100 s`);
    await tester.expectNone(isPrefixSolicitation(homeAgent), S);
  }, OPTIMISING),

  awayCase("MN-3-1-3-2-001", "at home: the binding of a correspondent node ends, without a new Home Test", async (scene) => {
    const { tester, correspondent } = scene;
    const first = await optimise(scene);
    await enter(scene, HOME_LINK);
    const seen = await tester.expect(correspondent.isUpdate({ lifetime: 0 }), 5 * S);
    expectGreater(tester, seen, first);
    tester.equal(seen.source, HOME, "the source");
    await tester.expectNone(message("home-test-init"), 3 * S);
  }),

  refreshRequest("MN-3-4-1-2-001", "Binding Refresh Request: tests, then a Binding Update", {}),
  refreshRequest("MN-3-4-1-2-006", "Binding Refresh Request with reserved bits: they are not looked at", { reserved: 0xff }),
  awayCase("MN-3-4-1-2-005", "Binding Refresh Request of a node that has no binding is ignored", async ({ tester, homeAgent }) => {
    const packet = homeAgent.tunnelled([ipv6(STRANGER, HOME), { name: "binding-refresh-request" }]);
    await tester.askInVain(packet, anyOf(ANY_TEST_INIT, message("binding-update")), 5 * S);
    await tester.expectNone(message("echo-reply"), 0);
    await tester.send(homeAgent.tunnelled([ipv6(STRANGER, HOME), ...echo()]));
    await tester.expect(message("echo-reply"));
  }),
];
