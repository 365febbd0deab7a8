/** Dynamic home agent address discovery, and the list of home agents behind it: RFC 6275 §10.5. */
import { encode, type Fields, ipv6, message } from "../packet.ts";
import { type Advertisement, PlayedRouter } from "../players/neighbour.ts";
import { CAREOF, type HomeAgentOptions, HOME_AGENT, HOME_LINK } from "../scenes.ts";
import type { Case } from "../subject.ts";
import type { Tester } from "../tester.ts";
import { onHomeLinks, onRealLink } from "./home-agent-links.ts";

const S = 1000;
/** The home agents of the home prefix (RFC 2526). */
const ANYCAST = "2001:db8:100::fdff:ffff:ffff:fffe";
/** The subject's preference; those of others are around it. */
const PREFERENCE = 10;
const HIGH = 20;
const HIGHER = 30;
const LOW = 5;
const LOWER = 2;
const LIFETIME_S = 1800;
const SHORT_LIFETIME_S = 20;
/** So many addresses fit into an answer of 1280 octets. */
const MAX_ADDRESSES = 77;

const HOME_LINK_OPTIONS: HomeAgentOptions = { homeLink: { preference: PREFERENCE } };

/** The addresses in the answer to a request, in their order. */
async function discover(tester: Tester, fields: Fields = {}): Promise<string[]> {
  const identifier = 0x1234;
  const request = { name: "home-agent-address-discovery-request", fields: { identifier, ...fields } };
  const name = "home-agent-address-discovery-reply";
  const reply = message(name, { identifier, reserved: 0 }, { from: HOME_AGENT, to: CAREOF });
  const seen = await tester.ask(encode(ipv6(CAREOF, ANYCAST), request), reply);
  tester.check(seen.packet.length <= 1280, "the answer fits the least MTU of IPv6");
  const addresses = seen.layer(name)!.fields.filter((field) => field.name === "address");
  return addresses.map(({ value }) => String(value));
}

async function expectList(tester: Tester, ...addresses: string[]): Promise<void> {
  tester.equal(String(await discover(tester)), String(addresses), "the list");
}

/** What the subject advertises on its home link. */
export async function expectAdvertised(tester: Tester, preference = PREFERENCE): Promise<void> {
  const options = { "prefix-information": true, "home-agent-information": true };
  const heard = await tester.expect(
    message("router-advertisement", { homeAgent: true }, { to: "ff02::1", link: HOME_LINK, options }), 20 * S,
  );
  const field = (option: string, name: string) =>
    heard.option("router-advertisement", option)!.fields.find((each) => each.name === name)?.value;
  tester.equal(field("home-agent-information", "preference"), preference, "the preference");
  tester.equal(field("prefix-information", "routerAddress"), true, "the R bit");
  tester.equal(field("prefix-information", "prefix"), HOME_AGENT, "the router's address");
}

/** Another home agent on the home link: `number` makes its addresses. */
function otherHomeAgent(tester: Tester, number: number, changes: Partial<Advertisement> = {}): PlayedRouter {
  return new PlayedRouter(tester, HOME_LINK, {
    source: `fe80::${number.toString(16)}`, prefixes: [{ prefix: addressOf(number), routerAddress: true }],
    homeAgent: true, routerLifetimeS: LIFETIME_S, ...changes,
  });
}

const addressOf = (number: number) => `2001:db8:100::${number.toString(16)}`;
const information = (preference: number, lifetimeS = LIFETIME_S) =>
  ({ information: { preference, lifetimeS } });

const [HA0, HA1] = [0xa0, 0xa1];
const [FIRST, SECOND] = [addressOf(HA0), addressOf(HA1)];

/** One other home agent: the lists after each thing it says. */
interface Step {
  advertises?: Partial<Advertisement>;
  afterS?: number;
  list: readonly string[];
}

function one(id: string, title: string, ...steps: Step[]): Case {
  return onRealLink(id, title, async ({ tester }) => {
    await expectAdvertised(tester);
    const other = otherHomeAgent(tester, HA0);
    for (const { advertises, afterS, list } of steps) {
      if (advertises) await other.advertise({ information: undefined, ...advertises });
      await tester.wait((afterS ?? 1) * S);
      await expectList(tester, ...list);
    }
  }, HOME_LINK_OPTIONS);
}

/** Two others with these preferences. */
function two(id: string, order: string, preferences: readonly [number, number], ...list: string[]): Case {
  return onRealLink(id, `home agents are listed by preference: ${order}`, async ({ tester }) => {
    await expectAdvertised(tester);
    for (const [index, number] of [HA0, HA1].entries()) {
      await otherHomeAgent(tester, number, information(preferences[index])).advertise();
    }
    await tester.wait(1 * S);
    await expectList(tester, ...list);
  }, HOME_LINK_OPTIONS);
}

const BEFORE: Step = { advertises: information(HIGH), list: [FIRST, HOME_AGENT] };

export const DISCOVERY: Case[] = [
  ...onHomeLinks(
    ["HA_7_1_1", "HA_7_1_2"], "the home agent tells its own address",
    async ({ tester }, isReal) => {
      if (isReal) await expectAdvertised(tester);
      await expectList(tester, HOME_AGENT);
    },
    HOME_LINK_OPTIONS,
  ),
  ...onHomeLinks(
    ["HA_7_1_3", "HA_7_1_4"], "a request with reserved bits set is answered",
    async ({ tester }, isReal) => {
      if (isReal) await expectAdvertised(tester);
      tester.equal(String(await discover(tester, { reserved: 0xffff })), HOME_AGENT, "the list");
    },
    HOME_LINK_OPTIONS,
  ),

  one("HA_7_2_1", "a preference of 0 comes last", { advertises: information(0), list: [HOME_AGENT, FIRST] }),
  one("HA_7_2_9", "who tells no preference comes last", { advertises: {}, list: [HOME_AGENT, FIRST] }),
  one(
    "HA_7_2_2", "the greatest preference comes first",
    { advertises: information(0xffff), list: [FIRST, HOME_AGENT] },
  ),
  one("HA_7_3_1", "a home agent goes with a lifetime of zero", BEFORE,
    { advertises: information(HIGH, 0), list: [HOME_AGENT] }),
  one("HA_7_3_2", "a home agent goes with a router lifetime of zero", BEFORE,
    { advertises: { routerLifetimeS: 0 }, list: [HOME_AGENT] }),
  one(
    "HA_7_4_1", "a home agent goes without the H bit", BEFORE,
    { advertises: { homeAgent: false }, list: [HOME_AGENT] },
  ),
  one("HA_7_4_2", "a prefix without the R bit takes no address away", BEFORE, {
    advertises: { ...information(HIGH), prefixes: [{ prefix: "2001:db8:100::" }] }, list: [FIRST, HOME_AGENT],
  }),
  one("HA_7_2_10", "a home agent goes when its lifetime ends",
    { advertises: information(HIGH, SHORT_LIFETIME_S), list: [FIRST, HOME_AGENT] },
    { afterS: SHORT_LIFETIME_S, list: [HOME_AGENT] }),
  one("HA_7_2_11", "a home agent that tells no lifetime goes with the router's",
    { advertises: { routerLifetimeS: SHORT_LIFETIME_S }, list: [HOME_AGENT, FIRST] },
    { afterS: SHORT_LIFETIME_S, list: [HOME_AGENT] }),
  one("HA_7_2_12", "a home agent may change its preference", BEFORE,
    { advertises: information(LOW), list: [HOME_AGENT, FIRST] }),
  one("HA_7_2_13", "a home agent may change its lifetime", BEFORE,
    { advertises: information(HIGH, SHORT_LIFETIME_S), list: [FIRST, HOME_AGENT] },
    { afterS: SHORT_LIFETIME_S, list: [HOME_AGENT] }),

  onRealLink("HA_7_2_15", "all addresses of a home agent are listed", async ({ tester }) => {
    await expectAdvertised(tester);
    const prefixes = [FIRST, SECOND].map((prefix) => ({ prefix, routerAddress: true }));
    await otherHomeAgent(tester, HA0, { ...information(HIGH), prefixes }).advertise();
    await tester.wait(1 * S);
    const [last, ...others] = (await discover(tester)).reverse();
    tester.equal(String(others.sort()), String([FIRST, SECOND]), "the addresses that come first");
    tester.equal(last, HOME_AGENT, "the last address");
  }, HOME_LINK_OPTIONS),

  two("HA_7_2_3", "subject, first, second", [LOW, LOWER], HOME_AGENT, FIRST, SECOND),
  two("HA_7_2_4", "subject, second, first", [LOWER, LOW], HOME_AGENT, SECOND, FIRST),
  two("HA_7_2_5", "first, subject, second", [HIGH, LOW], FIRST, HOME_AGENT, SECOND),
  two("HA_7_2_6", "second, subject, first", [LOW, HIGH], SECOND, HOME_AGENT, FIRST),
  two("HA_7_2_7", "first, second, subject", [HIGHER, HIGH], FIRST, SECOND, HOME_AGENT),
  two("HA_7_2_8", "second, first, subject", [HIGH, HIGHER], SECOND, FIRST, HOME_AGENT),
  onRealLink("HA_7_2_14", "home agents of equal preference stand side by side", async ({ tester }) => {
    await expectAdvertised(tester);
    for (const number of [HA0, HA1]) await otherHomeAgent(tester, number, information(HIGH)).advertise();
    await tester.wait(1 * S);
    const [last, ...others] = (await discover(tester)).reverse();
    tester.equal(String(others.sort()), String([FIRST, SECOND]), "the addresses that come first");
    tester.equal(last, HOME_AGENT, "the last address");
  }, HOME_LINK_OPTIONS),

  onRealLink(
    "HA_7_5_1", "of many home agents those of the greatest preference are listed",
    async ({ tester }) => {
      await expectAdvertised(tester);
      const numbers = Array.from({ length: MAX_ADDRESSES + 3 }, (_, index) => 0xff - index);
      for (const number of numbers) await otherHomeAgent(tester, number, information(number)).advertise();
      await tester.wait(1 * S);
      await expectList(tester, ...numbers.slice(0, MAX_ADDRESSES).map(addressOf));
    },
    HOME_LINK_OPTIONS,
  ),
];
