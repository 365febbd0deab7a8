/**
 * Sequence numbers, lifetimes and kinds of entries in a correspondent node's binding cache: RFC 6275 §9.1,
 * §9.5.
 */
import type { FieldValue } from "../../../bindings/codec.ts";
import { anyOf, type Matcher, message } from "../packet.ts";
import {
  LIFETIME_UNIT_MS, MAX_LIFETIME, PlayedMobileNode, type UpdateOptions,
} from "../players/mobile-node.ts";
import { CAREOF, correspondentCase, CORRESPONDENT, HOME } from "../scenes.ts";
import type { Case } from "../subject.ts";
import type { Tester } from "../tester.ts";
import { expectLastAccepted } from "./correspondent-registration.ts";

/** A binding is looked at so long before and after it ends. */
const MARGIN_MS = 1000;

/** The binding that was made at `sinceMs` lives as long as was granted, and no longer. */
async function expectLifetime(
  tester: Tester, mobile: PlayedMobileNode, sinceMs: number, granted: number,
): Promise<void> {
  const endMs = sinceMs + granted * LIFETIME_UNIT_MS;
  await tester.waitUntil(endMs - MARGIN_MS);
  await mobile.expectBound();
  await tester.waitUntil(endMs + MARGIN_MS);
  await mobile.expectNotBound();
}

/** Registers with this lifetime, and checks what is granted: as much, or the longest. */
async function registerFor(tester: Tester, mobile: PlayedMobileNode, lifetime: number): Promise<number> {
  const seen = await mobile.register({ lifetime });
  const granted = Number(seen.value("binding-acknowledgement", "lifetime"));
  if (lifetime > MAX_LIFETIME) tester.equal(granted, MAX_LIFETIME, "the lifetime granted");
  else tester.check(granted > 0 && granted <= lifetime, `${granted} was granted, ${lifetime} asked for`);
  return granted;
}

function lifetime(id: string, title: string, asked: number): Case {
  return correspondentCase(id, title, async ({ tester, mobile }) => {
    const sinceMs = tester.nowMs;
    const granted = await registerFor(tester, mobile, asked);
    await mobile.expectBound();
    await expectLifetime(tester, mobile, sinceMs, granted);
  });
}

/** A second registration while the first one has 30 units left or so. */
function newLifetime(id: string, title: string, asked: number): Case {
  return correspondentCase(id, title, async ({ tester, mobile }) => {
    await registerFor(tester, mobile, 32);
    await tester.wait(2 * LIFETIME_UNIT_MS);
    const sinceMs = tester.nowMs;
    const granted = await registerFor(tester, mobile, asked);
    await mobile.expectBound();
    await expectLifetime(tester, mobile, sinceMs, granted);
  });
}

function greater(id: string, first: number, second: number): Case {
  return correspondentCase(id, `sequence number ${second} after ${first} is accepted`, async ({ mobile }) => {
    await mobile.register({ sequence: first });
    await mobile.update({ sequence: second });
    await mobile.expectBound();
  });
}

function notGreater(id: string, first: number, second: number): Case {
  return correspondentCase(
    id, `sequence number ${second} after ${first} is out of window`,
    async ({ tester, mobile }) => {
      await mobile.register({ sequence: first });
      const seen = await mobile.update({ sequence: second }, 135);
      expectLastAccepted(tester, seen, first);
    },
  );
}

function firstSequence(id: string, sequence: number): Case {
  return correspondentCase(
    id, `sequence number ${sequence} of a node that has no binding is accepted`,
    async ({ mobile }) => {
      await mobile.register({ sequence });
      await mobile.expectBound();
    },
  );
}

/** A home registration as a home agent would get it: a correspondent node has no way to authorise one. */
const HOME_REGISTRATION: UpdateOptions = {
  fields: { homeRegistration: true }, indices: null, authenticator: null,
};
/** The same with what a correspondent registration has, which must not be there (RFC 6275 §9.5.1). */
const WITH_NONCES: UpdateOptions = { fields: { homeRegistration: true } };

function acknowledgement(status: number, to: string, route: string | null): Matcher {
  return message("binding-acknowledgement", { status }, { from: CORRESPONDENT, to, route });
}

const isAccepted = (status: FieldValue) => Number(status) < 128;
const ANY_ANSWER = anyOf(message("binding-acknowledgement"), message("binding-error"));

/** A home registration for what is bound already: told so, where it is right but for that; never done. */
function otherKind(id: string, title: string, options: UpdateOptions, mayBeSilent: boolean): Case {
  return correspondentCase(id, title, async ({ tester, mobile }) => {
    await mobile.register();
    await mobile.expectBound();
    await mobile.returnRoutability();
    const packet = mobile.bindingUpdate(options);
    const to = options.source ?? CAREOF;
    const refused = acknowledgement(139, to, to === HOME ? null : HOME);
    if (mayBeSilent) {
      const other: Matcher = {
        what: "another answer", matches: (seen) => ANY_ANSWER.matches(seen) && !refused.matches(seen),
      };
      await tester.askInVain(packet, other);
    } else {
      await tester.ask(packet, refused);
    }
    await tester.wait(2 * LIFETIME_UNIT_MS); // longer than what was asked for
    await mobile.expectBound();
  });
}

export const BINDING_CACHE: Case[] = [
  greater("CN-5-1-1-1", 10_000, 10_001),
  greater("CN-5-1-1-2", 10_000, 42_767),
  greater("CN-5-1-1-3", 42_768, 0),
  greater("CN-5-1-1-4", 42_768, 9999),
  notGreater("CN-5-1-2-1", 10_000, 9999),
  notGreater("CN-5-1-2-2", 10_000, 10_000),
  notGreater("CN-5-1-2-3", 10_000, 42_768),
  notGreater("CN-5-1-2-4", 10_000, 0),
  firstSequence("CN-5-1-3-1", 0),
  firstSequence("CN-5-1-3-2", 32_768),
  firstSequence("CN-5-1-3-3", 65_535),

  lifetime("CN-5-2-1", "the greatest lifetime is cut to the longest that return routability allows", 0xffff),
  lifetime("CN-5-2-2", "a lifetime within the longest is granted", 10),
  lifetime("CN-5-2-3", "a lifetime beyond the longest is cut", MAX_LIFETIME + 1),
  newLifetime("CN-5-2-4", "a second registration with the greatest lifetime", 0xffff),
  newLifetime("CN-5-2-5", "a second registration with less than remains: the binding ends earlier", 5),
  newLifetime("CN-5-2-6", "a second registration with more than remains: the binding ends later", 50),
  newLifetime("CN-5-2-7", "a second registration with a lifetime beyond the longest", MAX_LIFETIME + 1),
  correspondentCase(
    "CN-5-2-8", "a Binding Update that is refused does not change the lifetime",
    async ({ tester, mobile }) => {
      const sinceMs = tester.nowMs;
      await mobile.register({ sequence: 10_000, lifetime: 10 });
      await mobile.returnRoutability();
      await mobile.update({ sequence: 9999, lifetime: 100 }, 135);
      await expectLifetime(tester, mobile, sinceMs, 10);
    },
  ),

  correspondentCase(
    "CN-5-3-1", "a home registration is refused: there is no home agent",
    async ({ tester, mobile }) => {
      await mobile.returnRoutability();
      await tester.ask(mobile.bindingUpdate(HOME_REGISTRATION), acknowledgement(131, CAREOF, HOME));
      await mobile.expectNotBound();
    },
  ),
  otherKind("CN-5-3-2", "a home registration does not replace a binding",
    { ...HOME_REGISTRATION, lifetime: 1 }, false),
  otherKind("CN-5-3-3", "a home deregistration does not end a binding",
    { ...HOME_REGISTRATION, source: HOME, lifetime: 0 }, false),
  correspondentCase(
    "CN-5-3-4", "a home registration with Nonce Indices option is ignored",
    async ({ tester, mobile }) => {
      await mobile.returnRoutability();
      await tester.askInVain(mobile.bindingUpdate(WITH_NONCES), ANY_ANSWER);
      await mobile.expectNotBound();
    },
  ),
  otherKind("CN-5-3-5", "a home registration with Nonce Indices option does not replace a binding",
    { ...WITH_NONCES, lifetime: 1 }, true),
  otherKind("CN-5-3-6", "a home deregistration with Nonce Indices option does not end a binding",
    { ...WITH_NONCES, source: HOME, lifetime: 0 }, true),

  correspondentCase(
    "CN-5-4-1", "what made a binding that has ended cannot be said again",
    async ({ tester, mobile }) => {
      await mobile.returnRoutability();
      const made = mobile.bindingUpdate({ sequence: 10_000 });
      await mobile.updateBy(made, {});
      await mobile.update({ lifetime: 0 });
      await mobile.expectNotBound();
      await tester.askInVain(made, message("binding-acknowledgement", { status: isAccepted }));
      await mobile.expectNotBound();
    },
  ),
  correspondentCase(
    "CN-5-4-2", "no binding of a care-of address to its home address",
    async ({ tester, mobile }) => {
      await mobile.register();
      await mobile.expectBound();
      const circle = new PlayedMobileNode(tester, CORRESPONDENT, CAREOF, HOME);
      await circle.returnRoutability();
      // RFC 6275 §6.1.8 has status 174 for it, RFC 3775 had none.
      const accepted = message("binding-acknowledgement", { status: isAccepted });
      await tester.askInVain(circle.bindingUpdate(), accepted);
      await circle.expectNotBound();
      await mobile.expectBound();
    },
  ),
  correspondentCase("CN-5-4-3", "bindings of two mobile nodes", async ({ mobile }) => {
    const other = mobile.another();
    await mobile.register();
    await other.register();
    await mobile.expectBound();
    await other.expectBound();
  }),
];
