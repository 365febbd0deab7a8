/** The end of a home registration, from the care-of address and from home: RFC 6275 §10.3.2. */
import type { HomeUpdateOptions, RegisteringNode } from "../players/registering-node.ts";
import { neighbourAdvertisement } from "../players/neighbour.ts";
import { HOME, HOME_LINK, LINK } from "../scenes.ts";
import type { Case } from "../subject.ts";
import type { Seen } from "../packet.ts";
import type { Tester } from "../tester.ts";
import { acknowledgeBit, type Ids, onHomeLinks } from "./home-agent-links.ts";

const NOT_HOME_AGENT = 133;
const SEQUENCE_NUMBER_OUT_OF_WINDOW = 135;
const LIFETIME = 150;
const LINK_LAYER_ADDRESS = "02:00:5e:00:53:17";

/** A way to deregister. */
interface Way {
  readonly title: string;
  /** The care-of address is the home address. */
  readonly isHome: boolean;
  readonly homeAddressOption: boolean;
  /** Not zero only where the care-of address says enough (RFC 6275 §9.5.1). */
  readonly lifetime: number;
  /** The ids with A = 1 and with A = 0, by what becomes of it; there are none where a row has no more. */
  readonly removed: readonly [Ids, Ids];
  readonly unknown: readonly [Ids, Ids];
  readonly stale?: readonly [Ids, Ids];
}

const WAYS: readonly Way[] = [
  {
    title: "from the care-of address", isHome: false, homeAddressOption: true, lifetime: 0,
    removed: [["HA_3_1_1", "HA_3_1_11"], ["HA_3_1_6", "HA_3_1_12"]],
    unknown: [["HA_3_2_1", "HA_3_2_11"], ["HA_3_2_6", "HA_3_2_12"]],
  }, {
    title: "from home with a Home Address option", isHome: true, homeAddressOption: true, lifetime: 0,
    removed: [["HA_3_1_2"], ["HA_3_1_7"]], unknown: [["HA_3_2_2"], ["HA_3_2_7"]],
    stale: [["HA_3_3_1"], ["HA_3_3_2"]],
  }, {
    title: "from home with a Home Address option and a lifetime",
    isHome: true, homeAddressOption: true, lifetime: LIFETIME,
    removed: [["HA_3_1_3"], ["HA_3_1_8"]], unknown: [["HA_3_2_3"], ["HA_3_2_8"]],
    stale: [["HA_3_3_5"], ["HA_3_3_6"]],
  }, {
    title: "from home", isHome: true, homeAddressOption: false, lifetime: 0,
    removed: [["HA_3_1_4"], ["HA_3_1_9"]], unknown: [["HA_3_2_4"], ["HA_3_2_9"]],
    stale: [["HA_3_3_3"], ["HA_3_3_4"]],
  }, {
    title: "from home with a lifetime", isHome: true, homeAddressOption: false, lifetime: LIFETIME,
    removed: [["HA_3_1_5"], ["HA_3_1_10"]], unknown: [["HA_3_2_5"], ["HA_3_2_10"]],
    stale: [["HA_3_3_7"], ["HA_3_3_8"]],
  },
];

/** Sends the Binding Update of a way from where the node is; its acknowledgement comes there. */
async function deregister(
  { isHome, homeAddressOption, lifetime }: Way, acknowledge: boolean, tester: Tester, mobile: RegisteringNode,
  status: number, sequence?: number,
): Promise<Seen> {
  const options: HomeUpdateOptions = { lifetime, sequence, fields: { acknowledge } };
  if (!isHome) return mobile.update(options, status);
  tester.link = HOME_LINK;
  const home = homeAddressOption ? HOME : null;
  const seen = await mobile.update({ ...options, source: HOME, home }, status);
  tester.equal(seen.link, HOME_LINK, "the link of the acknowledgement");
  tester.link = LINK;
  return seen;
}

/** The node at home says where it is to a home agent that still intercepts its address, and asks. */
function answerAtHome(tester: Tester): void {
  tester.react((seen) => {
    const isAsked = seen.link === HOME_LINK && seen.source !== "::" &&
      seen.value("neighbour-solicitation", "target") === HOME;
    return isAsked ? neighbourAdvertisement(HOME, HOME, LINK_LAYER_ADDRESS, seen.source) : undefined;
  });
}

function removed(way: Way, acknowledge: boolean, ids: Ids): Case[] {
  const title = `a binding ends ${way.title}, ${acknowledgeBit(acknowledge)}`;
  return onHomeLinks(ids, title, async ({ tester, mobile }) => {
    await mobile.register();
    await mobile.expectBound();
    const seen = await deregister(way, acknowledge, tester, mobile, 0);
    tester.equal(seen.value("binding-acknowledgement", "lifetime"), 0, "the lifetime");
    await mobile.expectNotBound();
  });
}

function unknown(way: Way, acknowledge: boolean, ids: Ids): Case[] {
  const title = `there is no binding to end ${way.title}, ${acknowledgeBit(acknowledge)}`;
  return onHomeLinks(ids, title, async ({ tester, mobile }) => {
    await deregister(way, acknowledge, tester, mobile, NOT_HOME_AGENT);
    await mobile.expectNotBound();
  });
}

function stale(way: Way, acknowledge: boolean, ids: Ids): Case[] {
  const title = `an old sequence number does not end a binding ${way.title}, ${acknowledgeBit(acknowledge)}`;
  return onHomeLinks(ids, title, async ({ tester, mobile }) => {
    answerAtHome(tester);
    await mobile.register({ sequence: 15 });
    await mobile.expectBound();
    const seen = await deregister(way, acknowledge, tester, mobile, SEQUENCE_NUMBER_OUT_OF_WINDOW, 14);
    tester.equal(seen.value("binding-acknowledgement", "sequence"), 15, "the sequence number");
    await mobile.expectBound();
  });
}

export const DEREGISTRATION: Case[] = WAYS.flatMap((way) =>
  [true, false].flatMap((acknowledge, index) => [
    ...removed(way, acknowledge, way.removed[index]),
    ...unknown(way, acknowledge, way.unknown[index]),
    ...(way.stale ? stale(way, acknowledge, way.stale[index]) : []),
  ])
);
