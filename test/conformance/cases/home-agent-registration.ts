/** Home registrations, good ones and such as are refused: RFC 6275 §9.3.1, §9.5.1, §10.3.1. */
import { parseAddress } from "../../../bindings/address.ts";
import { ANYTHING, type Fields, message } from "../packet.ts";
import { type HomeUpdateOptions, RegisteringNode } from "../players/registering-node.ts";
import {
  CAREOF, type HomeAgentScene, HOME_AGENT, HOME_LINK, LINK_LOCAL, MULTICAST, OTHER_CAREOF, securityOf,
} from "../scenes.ts";
import type { Case } from "../subject.ts";
import { acknowledgeBit, type Ids, onHomeLinks, onRealLink } from "./home-agent-links.ts";

const S = 1000;
/** A lifetime unit (RFC 6275 §6.1.7). */
const LIFETIME_UNIT_S = 4;

// Status of a Binding Acknowledgement: RFC 6275 §6.1.8, RFC 4285 §9.
const PREFIX_DISCOVERY_NECESSARY = 1;
const NOT_HOME_SUBNET = 132;
const AUTHENTICATION_FAILED = 146;

function accepted(ids: Ids, title: string, fields: Fields): Case[] {
  return onHomeLinks(ids, title, async ({ mobile }) => {
    await mobile.register({ fields });
    await mobile.expectBound();
  });
}

/** Registers for so many units, and checks that they are granted. */
async function registerFor({ tester, mobile }: HomeAgentScene, lifetime: number): Promise<void> {
  const seen = await mobile.register({ lifetime });
  tester.equal(seen.value("binding-acknowledgement", "lifetime"), lifetime, "the lifetime granted");
  await mobile.expectBound();
}

/** Until the lifetime of a binding made just now is over. */
async function expire({ tester, mobile }: HomeAgentScene, lifetime: number): Promise<void> {
  await tester.wait((lifetime * LIFETIME_UNIT_S - 2) * S);
  await mobile.expectBound();
  await tester.wait(3 * S);
  await mobile.expectNotBound();
}

/** A first registration, a refresh, and a move. */
function keyManagement(ids: Ids, title: string, keyManagementMobility: boolean): Case[] {
  return onHomeLinks(ids, title, async ({ tester, mobile }) => {
    for (const source of [CAREOF, CAREOF, OTHER_CAREOF]) {
      const seen = await mobile.register({ source, fields: { keyManagementMobility } });
      // Without key exchange nothing of it survives a move: the bit is never set here (RFC 6275 §10.3.1).
      tester.equal(seen.value("binding-acknowledgement", "keyManagementMobility"), false, "the K bit");
      await mobile.expectBound(source);
    }
  });
}

/** A Binding Update about a home address that can be none: no answer, and the binding of the node stays. */
function impossible(ids: Ids, title: string, home: string, fields: Fields = {}): Case[] {
  return onHomeLinks(ids, title, async ({ tester, mobile }) => {
    await mobile.register();
    await mobile.expectBound();
    await tester.askInVain(mobile.bindingUpdate({ home, source: OTHER_CAREOF, fields }), ANYTHING, 3 * S);
    await mobile.expectBound();
  });
}

/** A node that wants to bind an address that is in no home prefix. */
function elsewhere(ids: Ids, acknowledge: boolean): Case[] {
  const title = `a home address of another subnet is refused, ${acknowledgeBit(acknowledge)}`;
  return onHomeLinks(ids, title, async ({ tester }) => {
    const stranger = new RegisteringNode(tester, HOME_AGENT, "2001:db8:fff::17", CAREOF, securityOf(1));
    await stranger.update({ fields: { acknowledge } }, NOT_HOME_SUBNET);
    await stranger.expectNotBound();
  });
}

/** Neither without its authentication option nor with a wrong key is there a binding (RFC 4285 §5.1). */
async function unauthorised({ tester, mobile }: HomeAgentScene): Promise<void> {
  const refused = message("binding-acknowledgement", { status: AUTHENTICATION_FAILED }, { to: CAREOF });
  for (const key of [null, new Uint8Array(16)]) {
    const options: HomeUpdateOptions = { key };
    await tester.ask(mobile.bindingUpdate(options), refused);
    await tester.expectNone(message("binding-acknowledgement"), 3 * S);
    await mobile.expectNotBound();
  }
}

const NONCE_INDICES = { name: "nonce-indices", fields: { homeNonceIndex: 1, careofNonceIndex: 1 } };
const LINK_LOCAL_BIT = { linkLocalAddressCompatibility: true };

/** The home prefix of the scene ends after so long. */
const PREFIX_S = 400;

export const REGISTRATION: Case[] = [
  ...accepted(["HA_2_1_1", "HA_2_1_5"], "a registration that wants an acknowledgement, A = 1", {}),
  ...accepted(
    ["HA_2_1_2", "HA_2_1_6"], "a registration that does not ask for one is acknowledged, A = 0",
    { acknowledge: false },
  ),
  ...accepted(
    ["HA_2_1_14", "HA_2_1_15"], "a registration with reserved bits set", { reserved: 0xff, reserved2: 0x3f },
  ),
  ...onHomeLinks(
    ["HA_2_1_3", "HA_2_1_7"], "a later registration makes the lifetime shorter",
    async (scene) => {
      await registerFor(scene, 100);
      await registerFor(scene, 10);
      await expire(scene, 10);
    },
  ),
  ...onHomeLinks(["HA_2_1_4", "HA_2_1_8"], "a binding ends with its lifetime", async (scene) => {
    await registerFor(scene, 10);
    await expire(scene, 10);
  }),
  onRealLink("HA_2_1_9", "a binding lives no longer than the home prefix", async ({ tester, mobile }) => {
    const advertised = { homeAgent: true, routerLifetime: (value: unknown) => Number(value) > 0 };
    const options = { "prefix-information": true, "home-agent-information": true };
    const heard = await tester.expect(
      message("router-advertisement", advertised, { to: "ff02::1", link: HOME_LINK, options }), 20 * S,
    );
    const prefix = heard.option("router-advertisement", "prefix-information")!;
    const field = (name: string) => prefix.fields.find((each) => each.name === name)?.value;
    tester.equal(field("routerAddress"), true, "the R bit");
    tester.check(Number(field("validLifetime")) <= PREFIX_S, "the prefix is said to end");
    // It becomes invalid with the binding: the status says so (RFC 6275 §10.3.1).
    const seen = await mobile.update({ lifetime: 150 }, PREFIX_DISCOVERY_NECESSARY);
    const lifetimeS = Number(seen.value("binding-acknowledgement", "lifetime")) * LIFETIME_UNIT_S;
    tester.check(lifetimeS > 0 && lifetimeS <= Number(field("validLifetime")), "no longer than the prefix");
    await mobile.expectBound();
  }, {
    homeLink: { preference: 10 },
    settings: {
      homePrefixes: [{
        address: parseAddress("2001:db8:100::"), length: 64,
        validMs: PREFIX_S * S, preferredMs: PREFIX_S * S,
      }],
    },
  }),
  ...keyManagement(["HA_2_1_10", "HA_2_1_12"], "K = 0 is answered by K = 0, also after a move", false),
  ...keyManagement(["HA_2_1_11", "HA_2_1_13"], "K = 1 is no hindrance", true),

  ...onHomeLinks(
    ["HA_2_2_3", "HA_2_2_6"], "a Binding Update that is not authentic makes no binding", unauthorised,
  ),
  ...onHomeLinks(
    ["HA_2_2_7", "HA_2_2_8"], "a home registration with Nonce Indices is ignored",
    async ({ tester, mobile }) => {
      await tester.askInVain(mobile.bindingUpdate({ extra: [NONCE_INDICES] }), ANYTHING, 3 * S);
      await mobile.expectNotBound();
    },
  ),
  ...impossible(["HA_2_2_13", "HA_2_2_14"], "a multicast address is no home address", MULTICAST),
  ...impossible(["HA_2_2_9", "HA_2_2_11"], "a link-local address is no home address, L = 0", LINK_LOCAL),
  ...impossible(
    ["HA_2_2_10", "HA_2_2_12"], "a link-local address is no home address, L = 1", LINK_LOCAL, LINK_LOCAL_BIT,
  ),
  ...elsewhere(["HA_2_2_1", "HA_2_2_4"], true),
  ...elsewhere(["HA_2_2_2", "HA_2_2_5"], false),
];
