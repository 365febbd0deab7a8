/** A home agent stands in for those who are away, on a real home link: RFC 6275 §10.4.1, RFC 4861 §7.2. */
import { type Fields, type Matcher, message } from "../packet.ts";
import { neighbourSolicitation } from "../players/neighbour.ts";
import type { RegisteringNode } from "../players/registering-node.ts";
import { HOME, HOME_LINK, LINK, LINK_LOCAL } from "../scenes.ts";
import type { Case } from "../subject.ts";
import type { Tester } from "../tester.ts";
import { onRealLink } from "./home-agent-links.ts";

const ALL_NODES = "ff02::1";
/** The home agent's link-local address, and that of a neighbour. */
const HOME_AGENT_LINK_LOCAL = "fe80::1";
const NEIGHBOUR = "fe80::99";
const LINK_LAYER_ADDRESS = "02:00:5e:00:53:99";
/** Addresses that nobody has. */
const NOBODY = "2001:db8:100::77";
const NOBODY_LINK_LOCAL = "fe80::77";
/** After so long the home agent has announced itself for the last time. */
const ANNOUNCED_MS = 4000;

/** An advertisement of the home agent for a mobile node's address, with its own link-layer address. */
function isAdvertisement(target: string, to: string, fields: Fields): Matcher {
  const options = { "target-link-layer-address": true };
  return message(
    "neighbour-advertisement", { target, router: false, ...fields },
    { from: HOME_AGENT_LINK_LOCAL, to, link: HOME_LINK, options },
  );
}

/** A way to ask for an address. */
interface Question {
  readonly title: string;
  make(target: string): Uint8Array;
  /** The answer overrides nobody (RFC 4861 §7.2.8). */
  isAnswer(target: string): Matcher;
}

const solicited = (target: string) =>
  isAdvertisement(target, NEIGHBOUR, { solicited: true, override: false });

const QUESTIONS: readonly Question[] = [
  {
    title: "the group", isAnswer: solicited,
    make: (target) => neighbourSolicitation(NEIGHBOUR, target, LINK_LAYER_ADDRESS),
  }, {
    title: "the address itself", isAnswer: solicited,
    make: (target) => neighbourSolicitation(NEIGHBOUR, target, LINK_LAYER_ADDRESS, target),
  }, {
    title: "the address itself, without link-layer address", isAnswer: solicited,
    make: (target) => neighbourSolicitation(NEIGHBOUR, target, undefined, target),
  }, {
    title: "the group, to detect duplicates", make: (target) => neighbourSolicitation("::", target),
    isAnswer: (target) => isAdvertisement(target, ALL_NODES, { solicited: false, override: false }),
  },
];

/** Whose address is asked for, and the L bit of the registration; ids in the order of `QUESTIONS`. */
interface Row {
  readonly title: string;
  readonly target: string;
  readonly linkLocal: boolean;
  readonly ids: readonly string[];
}

const ANSWERED: readonly Row[] = [
  {
    title: "the home address, L = 0", target: HOME, linkLocal: false,
    ids: ["HA_4_2_1", "HA_4_2_2", "HA_4_2_13", "HA_4_2_3"],
  }, {
    title: "the home address, L = 1", target: HOME, linkLocal: true,
    ids: ["HA_4_2_4", "HA_4_2_5", "HA_4_2_14", "HA_4_2_6"],
  }, {
    title: "the link-local address, L = 1", target: LINK_LOCAL, linkLocal: true,
    ids: ["HA_4_2_7", "HA_4_2_8", "HA_4_2_15", "HA_4_2_9"],
  },
];

const STOPPED: readonly Row[] = [
  { ...ANSWERED[0], ids: ["HA_4_4_1", "HA_4_4_2", "HA_4_4_13", "HA_4_4_3"] },
  { ...ANSWERED[1], ids: ["HA_4_4_4", "HA_4_4_5", "HA_4_4_14", "HA_4_4_6"] },
  { ...ANSWERED[2], ids: ["HA_4_4_7", "HA_4_4_8", "HA_4_4_15", "HA_4_4_9"] },
];

const UNANSWERED: readonly Row[] = [
  {
    title: "the link-local address, L = 0", target: LINK_LOCAL, linkLocal: false,
    ids: ["HA_4_2_10", "HA_4_2_11", "HA_4_2_16", "HA_4_2_12"],
  }, {
    title: "nobody's address, L = 0", target: NOBODY, linkLocal: false,
    ids: ["HA_4_3_1", "HA_4_3_2", "HA_4_3_13", "HA_4_3_3"],
  }, {
    title: "nobody's link-local address, L = 0", target: NOBODY_LINK_LOCAL, linkLocal: false,
    ids: ["HA_4_3_10", "HA_4_3_11", "HA_4_3_16", "HA_4_3_12"],
  }, {
    title: "nobody's address, L = 1", target: NOBODY, linkLocal: true,
    ids: ["HA_4_3_4", "HA_4_3_5", "HA_4_3_14", "HA_4_3_6"],
  }, {
    title: "nobody's link-local address, L = 1", target: NOBODY_LINK_LOCAL, linkLocal: true,
    ids: ["HA_4_3_7", "HA_4_3_8", "HA_4_3_15", "HA_4_3_9"],
  },
];

/** Registers, and waits until the home agent has announced itself. */
async function beAway(tester: Tester, mobile: RegisteringNode, linkLocal: boolean): Promise<void> {
  await mobile.register({ fields: { linkLocalAddressCompatibility: linkLocal } });
  await mobile.expectBound();
  await tester.wait(ANNOUNCED_MS);
}

async function expectAnswer(tester: Tester, { make, isAnswer }: Question, target: string): Promise<void> {
  tester.link = HOME_LINK;
  await tester.ask(make(target), isAnswer(target));
  tester.link = LINK;
}

async function expectSilence(tester: Tester, { make }: Question, target: string): Promise<void> {
  tester.link = HOME_LINK;
  await tester.askInVain(make(target), message("neighbour-advertisement", {}, { link: HOME_LINK }), 2000);
  tester.link = LINK;
}

/** A case for each row and question. */
function table(rows: readonly Row[], title: string, play: (
  tester: Tester, mobile: RegisteringNode, row: Row, question: Question,
) => Promise<void>): Case[] {
  return rows.flatMap((row) => QUESTIONS.map((question, index) => {
    const whole = `${title} ${row.title}, in a message to ${question.title}`;
    return onRealLink(row.ids[index], whole, async ({ tester, mobile }) => {
      await beAway(tester, mobile, row.linkLocal);
      await play(tester, mobile, row, question);
    });
  }));
}

function announced(id: string, title: string, targets: readonly string[], linkLocal: boolean): Case {
  return onRealLink(id, title, async ({ tester, mobile }) => {
    await mobile.register({ fields: { linkLocalAddressCompatibility: linkLocal } });
    for (const target of targets) {
      await tester.expect(isAdvertisement(target, ALL_NODES, { solicited: false, override: true }));
    }
    if (linkLocal) return;
    await tester.expectNone(message("neighbour-advertisement", { target: LINK_LOCAL }), ANNOUNCED_MS);
  });
}

export const NEIGHBOURS: Case[] = [
  announced("HA_4_1_1", "all nodes hear who has the home address, L = 0", [HOME], false),
  announced(
    "HA_4_1_2", "all nodes hear who has the home address and the link-local address, L = 1",
    [HOME, LINK_LOCAL], true,
  ),
  ...table(ANSWERED, "the home agent answers for", (tester, _, { target }, question) =>
    expectAnswer(tester, question, target)),
  ...table(STOPPED, "once deregistered, nobody answers for", async (tester, mobile, { target }, question) => {
    await expectAnswer(tester, question, target);
    await mobile.deregister({ source: mobile.careof });
    await expectSilence(tester, question, target);
  }),
  ...table(UNANSWERED, "the home agent does not answer for", (tester, _, { target }, question) =>
    expectSilence(tester, question, target)),
];
