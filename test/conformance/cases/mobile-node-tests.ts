/** Home Test and Care-of Test, as a mobile node begins and takes them: RFC 6275 §11.6, §11.7.2, §11.8. */
import { parseAddress } from "../../../bindings/address.ts";
import { anyOf, echo, encode, type Fields, ipv6, type Matcher, message, Seen } from "../packet.ts";
import { PlayedCorrespondentNode } from "../players/correspondent-node.ts";
import { isPrefixSolicitation, prefixAdvertisement } from "../players/home-network.ts";
import { enter, HOME, HOME_AGENT, type MobileNodeScene, mobileNodeCase, OTHER_HOME, OTHER_VISITED } from "../scenes.ts";
import type { Case } from "../subject.ts";
import {
  ANY_TEST_INIT, awayCase, enterAndSolicit, expectBackOff, INITIAL_BINDACK_TIMEOUT_MS, optimise, OPTIMISING, S,
} from "./mobile-node-steps.ts";

/** Tokens are too old then, bindings are not (RFC 6275 §5.2.7, §12). */
const TOKENS_OLD_MS = 220 * S;
/** The longest binding has ended then. */
const BINDING_OVER_MS = 425 * S;
/** MAX_RO_FAILURE (RFC 6275 §5.2.9). */
const TRANSMISSIONS = 3;
export const STRANGER = "2001:db8:d::d";

/** The two tests, which are treated alike. */
interface Test {
  readonly name: string;
  readonly other: () => Test;
  /** Whether the played correspondent node answers. */
  answer(correspondent: PlayedCorrespondentNode, answers: boolean): void;
  isInit(correspondent: PlayedCorrespondentNode): Matcher;
  /** The packet with the answer, as it comes to the mobile node. */
  make(correspondent: PlayedCorrespondentNode, init: Seen, fields?: Fields): Uint8Array;
  readonly cookie: string;
}

const HOME_TEST: Test = {
  name: "Home Test", cookie: "homeInitCookie", other: () => CAREOF_TEST,
  answer: (correspondent, answers) => { correspondent.answersHomeTest = answers; },
  isInit: (correspondent) => correspondent.isHomeTestInit(),
  make: (correspondent, init, fields) => correspondent.homeAgent.tunnelled(correspondent.homeTest(init, fields)),
};
const CAREOF_TEST: Test = {
  name: "Care-of Test", cookie: "careofInitCookie", other: () => HOME_TEST,
  answer: (correspondent, answers) => { correspondent.answersCareofTest = answers; },
  isInit: (correspondent) => correspondent.isCareofTestInit(),
  make: (correspondent, init, fields) => correspondent.careofTest(init, fields),
};

/** Both tests have begun, and nothing is answered. */
async function begin({ tester, correspondent }: MobileNodeScene): Promise<Map<Test, Seen>> {
  for (const test of [HOME_TEST, CAREOF_TEST]) test.answer(correspondent, false);
  await correspondent.ping(correspondent.isTunnelledReply());
  const inits = new Map<Test, Seen>();
  for (const test of [HOME_TEST, CAREOF_TEST]) inits.set(test, await tester.expect(test.isInit(correspondent)));
  return inits;
}

/** The tests are answered one after the other: then the Binding Update comes, and not before. */
function answered(id: string, test: Test, title: string, first: boolean, fields: Fields = {}, times = 1): Case {
  return awayCase(id, `${test.name} ${title}`, async (scene) => {
    const { tester, correspondent } = scene;
    const inits = await begin(scene);
    const send = async (each: Test) => {
      for (let count = 0; count < (each === test ? times : 1); count++) {
        await tester.send(each.make(correspondent, inits.get(each)!, each === test ? fields : {}));
      }
    };
    await send(first ? test : test.other());
    await tester.expectNone(correspondent.isUpdate(), 500);
    await send(first ? test.other() : test);
    await tester.expect(correspondent.isUpdate(), 100);
    await tester.expectNone(correspondent.isUpdate());
  });
}

/** An answer that does not count: the test begins again, and no Binding Update comes. */
function ignored(id: string, test: Test, title: string, make: (scene: MobileNodeScene, init: Seen) => Uint8Array): Case {
  return awayCase(id, `${test.name} ${title} is ignored, and asked for again`, async (scene) => {
    const { tester, correspondent } = scene;
    const inits = await begin(scene);
    await tester.send(make(scene, inits.get(test)!));
    await tester.send(test.other().make(correspondent, inits.get(test.other())!));
    const again = await tester.expect(test.isInit(correspondent), 1.25 * INITIAL_BINDACK_TIMEOUT_MS);
    await tester.send(make(scene, again));
    await tester.expectNone(anyOf(correspondent.isUpdate(), test.isInit(correspondent)), 2 * S - 100 - tester.latenessMs);
    await correspondent.ping(correspondent.isTunnelledReply());
  });
}

function wrongCookie(test: Test) {
  return ({ correspondent }: MobileNodeScene, init: Seen) =>
    test.make(correspondent, init, { [test.cookie]: 0x5a5a_5a5a_5a5a_5a5an });
}

/** From somebody who was not asked. */
function wrongSource(test: Test) {
  return ({ tester, homeAgent }: MobileNodeScene, init: Seen) =>
    test.make(new PlayedCorrespondentNode(tester, STRANGER, HOME, homeAgent), init);
}

/** An answer to nothing leads to nothing. */
function unexpected(id: string, test: Test, known: boolean): Case {
  const title = `${test.name} that was not asked for, from ${known ? "a bound" : "an unknown"} correspondent node, is ignored`;
  return awayCase(id, title, async (scene) => {
    const { tester, correspondent } = scene;
    let init: Seen;
    if (known) {
      await optimise(scene);
      init = test === HOME_TEST ? correspondent.lastHomeTestInit! : correspondent.lastCareofTestInit!;
    } else {
      const name = test === HOME_TEST ? "home-test-init" : "careof-test-init";
      const source = test === HOME_TEST ? HOME : scene.homeAgent.careof;
      const made = encode(ipv6(source, correspondent.address), { name, fields: { [test.cookie]: 1n } });
      init = new Seen(made, tester.link, 0);
    }
    const unwanted = anyOf(ANY_TEST_INIT, message("binding-update"), message("binding-error"));
    await tester.askInVain(test.make(correspondent, init), unwanted, 5 * S);
  });
}

/** What begins each test, and what does not. */
function beginnings(test: Test, group: string): Case[] {
  const init = `${test.name} Init`;
  return [
    awayCase(`${group}-001`, `${init}: a packet through the tunnel begins it`, async ({ tester, correspondent }) => {
      await correspondent.ping(correspondent.isTunnelledReply());
      await tester.expect(test.isInit(correspondent));
    }),
    awayCase(`${group}-019`, `${init}: again when the binding has ended and there is traffic`, async (scene) => {
      const { tester, correspondent } = scene;
      await optimise(scene);
      await tester.wait(BINDING_OVER_MS);
      await correspondent.ping(correspondent.isTunnelledReply());
      await tester.expect(test.isInit(correspondent));
    }),
    awayCase(`${group}-009`, `${init}: after a move, for each correspondent node that has a binding`, async (scene) => {
      const { tester, correspondent, homeAgent } = scene;
      const second = new PlayedCorrespondentNode(tester, STRANGER, HOME, homeAgent);
      await optimise(scene);
      await optimise({ ...scene, correspondent: second });
      await tester.wait(TOKENS_OLD_MS);
      await enter(scene, OTHER_VISITED);
      await tester.expect(test.isInit(correspondent));
      await tester.expect(test.isInit(second));
    }),
    mobileNodeCase(`${group}-017`, `${init}: the home prefix gets a shorter lifetime than the binding has`, async (scene) => {
      const { tester, homeAgent, correspondent } = scene;
      await enterAndSolicit(scene);
      await optimise(scene);
      await tester.wait(TOKENS_OLD_MS);
      tester.forget();
      const solicitation = await tester.expect(isPrefixSolicitation(homeAgent), 40 * S);
      tester.forget();
      await tester.send(prefixAdvertisement(homeAgent, solicitation, { validS: 60 }));
      await tester.expect(test.isInit(correspondent));
    }, OPTIMISING),
    awayCase(`${group}-004`, `${init}: not to the home agent, though it sends through its tunnel`, async ({ tester, homeAgent }) => {
      const packet = homeAgent.tunnelled([ipv6(HOME_AGENT, HOME), ...echo()]);
      await tester.ask(packet, homeAgent.isTunnelled("echo-reply", {}, { from: HOME, to: HOME_AGENT }));
      await tester.expectNone(ANY_TEST_INIT, 5 * S);
    }),
    awayCase(`${group}-010`, `${init}: again and twice as late, and then the tunnel stays`, async (scene) => {
      const { tester, correspondent } = scene;
      test.answer(correspondent, false);
      await correspondent.ping(correspondent.isTunnelledReply());
      const first = await tester.expect(test.isInit(correspondent));
      await expectBackOff(tester, first, test.isInit(correspondent), INITIAL_BINDACK_TIMEOUT_MS, TRANSMISSIONS - 1);
      await tester.wait(5 * S);
      await correspondent.ping(correspondent.isTunnelledReply());
      await tester.expectNone(test.isInit(correspondent), 20 * S);
    }),
  ];
}

/** What comes back, in whatever order. */
function answers(test: Test, group: string, ids: { after: string; before: string; reserved: string; twice: string }): Case[] {
  const { other } = test;
  return [
    answered(`${group}-${ids.after}`, test, `after the ${other().name}: Binding Update`, false),
    answered(`${group}-${ids.before}`, test, `before the ${other().name}: Binding Update`, true),
    answered(`${group}-${ids.reserved}`, test, "with reserved bits of the header: they are not looked at", false, { reserved: 0xff }),
    answered(`${group}-${ids.twice}`, test, "twice: Binding Update as after one", true, {}, 2),
    awayCase(`${group}-002`, `${test.name} that is late, after the Init was sent again: Binding Update`, async (scene) => {
      const { tester, correspondent } = scene;
      await begin(scene);
      test.other().answer(correspondent, true);
      const again = await tester.expect(test.isInit(correspondent), 1.25 * INITIAL_BINDACK_TIMEOUT_MS);
      await tester.wait(S);
      await tester.send(test.make(correspondent, again));
      await tester.expect(correspondent.isUpdate(), 100);
    }),
    ignored(`${group}-003`, test, "with another cookie", wrongCookie(test)),
    ignored(`${group}-004`, test, "from another correspondent node", wrongSource(test)),
  ];
}

/** Echo Requests get their replies through the tunnel, and nothing else happens. */
async function expectTunnelAlone({ tester, correspondent }: MobileNodeScene): Promise<void> {
  for (let count = 0; count < 10; count++) await correspondent.ping(correspondent.isTunnelledReply());
  await tester.expectNone(ANY_TEST_INIT, 5 * S);
}

const NEVER_STRANGER = {
  routes: { ...OPTIMISING.routes, rules: [{ prefix: parseAddress(STRANGER), length: 128, policy: "never" as const }] },
};

export const TESTS: Case[] = [
  ...beginnings(HOME_TEST, "MN-2-1-1-2"),
  awayCase("MN-2-1-1-2-028", "a tunnelled packet for another home address is dropped, and begins nothing", async (scene) => {
    const { tester, correspondent, homeAgent } = scene;
    const packet = homeAgent.tunnelled([ipv6(correspondent.address, OTHER_HOME), ...echo()]);
    await tester.askInVain(packet, anyOf(message("echo-reply"), ANY_TEST_INIT), 5 * S);
  }),
  awayCase("MN-2-1-1-2-006", "a packet by the direct way from a bound correspondent node begins nothing", async (scene) => {
    const { tester, correspondent } = scene;
    await optimise(scene);
    await tester.ask(correspondent.direct(...echo()), correspondent.isDirectReply());
    await tester.expectNone(anyOf(ANY_TEST_INIT, message("binding-update")), 10 * S);
  }),
  awayCase("MN-2-1-1-2-015", "without route optimisation all goes through the tunnel", expectTunnelAlone, {}),
  awayCase("MN-2-1-1-2-016", "route optimisation can be off for one correspondent node", async (scene) => {
    const stranger = new PlayedCorrespondentNode(scene.tester, STRANGER, HOME, scene.homeAgent);
    await expectTunnelAlone({ ...scene, correspondent: stranger });
    await optimise(scene);
  }, NEVER_STRANGER),
  ...answers(HOME_TEST, "MN-2-1-3-2", { after: "001", before: "007", reserved: "015", twice: "008" }),
  unexpected("MN-2-1-3-2-011", HOME_TEST, false),
  unexpected("MN-2-1-3-2-012", HOME_TEST, true),

  ...beginnings(CAREOF_TEST, "MN-2-1-2-2"),
  ...answers(CAREOF_TEST, "MN-2-1-4-2", { after: "006", before: "001", reserved: "014", twice: "007" }),
  unexpected("MN-2-1-4-2-010", CAREOF_TEST, false),
  unexpected("MN-2-1-4-2-011", CAREOF_TEST, true),
];
