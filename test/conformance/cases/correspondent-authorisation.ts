/** Nonce indices and keygen tokens that are too old, unknown or wrong: RFC 6275 §5.2.7, §9.5.1, §9.5.4. */
import { anyOf, message } from "../packet.ts";
import {
  MAX_NONCE_LIFETIME_MS, MAX_TOKEN_LIFETIME_MS, type PlayedMobileNode, type UpdateOptions,
} from "../players/mobile-node.ts";
import { correspondentCase, HOME } from "../scenes.ts";
import type { Case } from "../subject.ts";
import type { Tester } from "../tester.ts";

/** What a Binding Update is for. */
type Purpose = "begins" | "ends" | "ends from home";
const PURPOSES: readonly Purpose[] = ["begins", "ends", "ends from home"];

function optionsOf(purpose: Purpose): UpdateOptions {
  if (purpose === "begins") return {};
  return { lifetime: 0, ...(purpose === "ends from home" ? { source: HOME } : {}) };
}

/** What became of the binding when the Binding Update was refused. */
async function expectRefused(mobile: PlayedMobileNode, purpose: Purpose): Promise<void> {
  if (purpose === "begins") await mobile.expectNotBound();
  else await mobile.expectBound();
}

async function expectEnded(mobile: PlayedMobileNode, purpose: Purpose): Promise<void> {
  if (purpose === "ends from home") await mobile.expectSentHome();
  else await mobile.expectNotBound();
}

/** How tokens get too old. */
type Age = (tester: Tester, mobile: PlayedMobileNode) => Promise<void>;
const wait = (tester: Tester) => tester.wait(MAX_NONCE_LIFETIME_MS + 1000);
const OLD_HOME: Age = async (tester, mobile) => {
  await mobile.homeTest();
  await wait(tester);
  await mobile.careofTest();
};
const OLD_CAREOF: Age = async (tester, mobile) => {
  await mobile.careofTest();
  await wait(tester);
  await mobile.homeTest();
};
const OLD_BOTH: Age = async (tester, mobile) => {
  await mobile.returnRoutability();
  await wait(tester);
};

/** Three cases: old tokens, and the status that a Binding Update for each purpose gets; 0: it is accepted. */
function aged(group: string, what: string, age: Age, ...statuses: [number, number, number]): Case[] {
  return PURPOSES.map((purpose, index) =>
    correspondentCase(
      `${group}-${index + 1}`, `${what}: a Binding Update that ${purpose} a binding`,
      async ({ tester, mobile }) => {
        if (purpose !== "begins") await mobile.register();
        await age(tester, mobile);
        await mobile.update(optionsOf(purpose), statuses[index]);
        if (statuses[index] === 0) await expectEnded(mobile, purpose);
        else await expectRefused(mobile, purpose);
      },
    ));
}

/** Three cases: indices that were never given out. */
function unknown(
  group: string, what: string, home: boolean, careof: boolean, ...statuses: [number, number, number]
): Case[] {
  const never = (index: number) => (index + 0x4000) & 0xffff;
  return PURPOSES.map((purpose, index) =>
    correspondentCase(
      `${group}-${index + 1}`, `${what}: a Binding Update that ${purpose} a binding`,
      async ({ mobile }) => {
        if (purpose === "begins") await mobile.returnRoutability();
        else await mobile.register();
        const indices = {
          ...(home ? { home: never(mobile.homeToken!.index) } : {}),
          ...(careof ? { careof: never(mobile.careofToken!.index) } : {}),
        };
        await mobile.update({ ...optionsOf(purpose), indices }, statuses[index]);
        if (statuses[index] === 0) await expectEnded(mobile, purpose);
        else await expectRefused(mobile, purpose);
      },
    ));
}

/** A Binding Update made with a token that was not given is ignored. */
function wrongToken(id: string, what: "home" | "careof", purpose: Purpose): Case {
  const name = what === "home" ? "home" : "care-of";
  const title = `a wrong ${name} keygen token: a Binding Update that ${purpose} a binding is ignored`;
  return correspondentCase(id, title, async ({ tester, mobile }) => {
    if (purpose === "begins") await mobile.returnRoutability();
    else await mobile.register();
    const right = what === "home" ? mobile.homeToken! : mobile.careofToken!;
    const packet = mobile.bindingUpdate({ ...optionsOf(purpose), tokens: { [what]: right.token ^ 1n } });
    await tester.askInVain(packet, anyOf(message("binding-acknowledgement"), message("binding-error")));
    await expectRefused(mobile, purpose);
  });
}

/** Tokens that are as old as they may be, when newer nonces are in use already, are accepted. */
function notRecent(id: string, purpose: Purpose): Case {
  const title = `tokens that are valid, but not the newest: a Binding Update that ${purpose} a binding`;
  return correspondentCase(id, title, async ({ tester, mobile }) => {
    if (purpose === "begins") await mobile.returnRoutability();
    else await mobile.register();
    const other = mobile.another();
    await tester.wait(MAX_TOKEN_LIFETIME_MS - 5000);
    await other.returnRoutability();
    tester.check(other.homeToken!.index !== mobile.homeToken!.index, "there is a newer home nonce");
    await mobile.update(optionsOf(purpose));
    if (purpose === "begins") await mobile.expectBound();
    else await expectEnded(mobile, purpose);
  });
}

export const AUTHORISATION: Case[] = [
  ...aged("CN-4-2", "an expired home nonce", OLD_HOME, 136, 136, 136),
  ...aged("CN-4-3", "an expired care-of nonce", OLD_CAREOF, 137, 0, 0),
  ...aged("CN-4-8", "two expired nonces", OLD_BOTH, 138, 136, 136),
  ...unknown("CN-4-4", "an unknown home nonce", true, false, 136, 136, 136),
  ...unknown("CN-4-5", "an unknown care-of nonce", false, true, 137, 0, 0),
  ...unknown("CN-4-9", "two unknown nonces", true, true, 138, 136, 136),
  wrongToken("CN-4-6-1", "home", "begins"),
  wrongToken("CN-4-6-2", "home", "ends"),
  wrongToken("CN-4-6-3", "home", "ends from home"),
  wrongToken("CN-4-7-1", "careof", "begins"),
  correspondentCase(
    "CN-4-11", "nonces are replaced by new ones from time to time",
    async ({ tester, mobile }) => {
      const [home, careof] = [await mobile.homeTest(), await mobile.careofTest()];
      await tester.wait(MAX_NONCE_LIFETIME_MS);
      tester.check((await mobile.careofTest()).index !== careof.index, "the care-of nonce is another one");
      tester.check((await mobile.homeTest()).index !== home.index, "the home nonce is another one");
      tester.check(mobile.homeToken!.token !== home.token, "the home keygen token is another one");
    },
  ),
  notRecent("CN-4-12-1", "begins"),
  notRecent("CN-4-12-2", "ends"),
  notRecent("CN-4-12-3", "ends from home"),
];
