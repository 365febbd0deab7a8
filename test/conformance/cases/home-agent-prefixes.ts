/** Mobile prefix discovery: RFC 6275 §10.6. */
import { parseAddress } from "../../../bindings/address.ts";
import { encode, type Fields, homeAddressOption, ipv6, message, type Seen } from "../packet.ts";
import { CAREOF, type HomeAgentOptions, type HomeAgentScene, HOME, HOME_AGENT } from "../scenes.ts";
import type { Case } from "../subject.ts";
import { expectAdvertised } from "./home-agent-discovery.ts";
import { onHomeLinks } from "./home-agent-links.ts";

const IDENTIFIER = 0x4321;
const LIFETIME_UNIT_S = 4;
const OPTIONS: HomeAgentOptions = { homeLink: { preference: 10 } };

function solicitation(fields: Fields = {}): Uint8Array {
  const name = "mobile-prefix-solicitation";
  return encode(
    ipv6(CAREOF, HOME_AGENT), ...homeAddressOption(HOME),
    { name, fields: { identifier: IDENTIFIER, ...fields } },
  );
}

/** Solicits a Mobile Prefix Advertisement. */
function askForPrefixes({ tester }: HomeAgentScene, fields: Fields = {}): Promise<Seen> {
  const envelope = { from: HOME_AGENT, to: CAREOF, route: HOME, options: { "prefix-information": true } };
  const answer = message("mobile-prefix-advertisement", { identifier: IDENTIFIER }, envelope);
  return tester.ask(solicitation(fields), answer);
}

/** The prefix lives for so long. */
const PREFIX_S = 1000;
const ENDING: HomeAgentOptions = {
  ...OPTIONS,
  settings: {
    homePrefixes: [{
      address: parseAddress("2001:db8:100::"), length: 64,
      validMs: PREFIX_S * 1000, preferredMs: PREFIX_S * 1000,
    }],
  },
};

export const PREFIXES: Case[] = [
  ...onHomeLinks(
    ["HA_8_1_1", "HA_8_1_2"], "who is registered learns the home prefixes",
    async (scene, isReal) => {
      if (isReal) await expectAdvertised(scene.tester);
      await scene.mobile.register();
      await askForPrefixes(scene);
    },
    OPTIONS,
  ),
  ...onHomeLinks(
    ["HA_8_1_15", "HA_8_1_16"], "a solicitation with reserved bits set is answered",
    async (scene, isReal) => {
      if (isReal) await expectAdvertised(scene.tester);
      await scene.mobile.register();
      await askForPrefixes(scene, { reserved: 0xffff });
    },
    OPTIONS,
  ),
  ...onHomeLinks(
    ["HA_8_1_7", "HA_8_1_8"], "the prefix lives as long as the binding at least",
    async (scene, isReal) => {
      const { tester, mobile } = scene;
      if (isReal) await expectAdvertised(tester);
      const granted = (await mobile.register()).value("binding-acknowledgement", "lifetime");
      const seen = await askForPrefixes(scene);
      const { fields } = seen.option("mobile-prefix-advertisement", "prefix-information")!;
      const valid = Number(fields.find(({ name }) => name === "validLifetime")?.value);
      tester.check(valid <= PREFIX_S, "the prefix ends");
      tester.check(valid >= Number(granted) * LIFETIME_UNIT_S, "the prefix lives longer than the binding");
    },
    ENDING,
  ),
  ...onHomeLinks(
    ["HA_8_1_3", "HA_8_1_4"], "who is not registered is told so",
    async ({ tester, mobile }, isReal) => {
      if (isReal) await expectAdvertised(tester);
      await tester.ask(solicitation(), mobile.isBindingError(1));
      await tester.expectNone(message("mobile-prefix-advertisement"));
    },
    OPTIONS,
  ),
];
