/** Making, keeping, moving and ending bindings at a correspondent node: RFC 6275 §9.5. */
import { message, type Seen } from "../packet.ts";
import type { PlayedMobileNode, UpdateOptions } from "../players/mobile-node.ts";
import { CAREOF, correspondentCase, CORRESPONDENT, HOME, OTHER_CAREOF } from "../scenes.ts";
import type { Case } from "../subject.ts";
import type { Tester } from "../tester.ts";

const S = 1000;

/** Status 135 tells the sequence number that was last accepted (RFC 6275 §9.5.1). */
export function expectLastAccepted(tester: Tester, acknowledgement: Seen, sequence: number): void {
  const told = acknowledgement.value("binding-acknowledgement", "sequence");
  tester.equal(told, sequence, "the sequence number that was last accepted");
}

/** With echo requests every so often the binding is in active use (RFC 6275 §9.5.5). */
async function useUntilRefreshRequest(mobile: PlayedMobileNode, limitMs: number): Promise<void> {
  const { tester } = mobile;
  const request = message("binding-refresh-request", { reserved2: 0 }, { from: CORRESPONDENT, to: HOME });
  for (const endMs = tester.nowMs + limitMs; tester.nowMs < endMs;) {
    await tester.send(mobile.echoRequest());
    await tester.expect(mobile.isEchoReply());
    if (await tester.sees(request, 2 * S)) return;
  }
  await tester.expect(request, 0);
}

/** A second registration, 4 s after the first; the binding then lives as long as the second one says. */
function again(id: string, title: string, returnRoutability: boolean): Case {
  return correspondentCase(id, title, async ({ tester, mobile }) => {
    await mobile.register({ lifetime: 5 });
    await mobile.expectBound();
    await tester.wait(4 * S);
    if (returnRoutability) await mobile.returnRoutability();
    await mobile.update({ lifetime: 10 });
    const atMs = tester.nowMs;
    await tester.waitUntil(atMs + 38 * S);
    await mobile.expectBound();
    await tester.waitUntil(atMs + 41 * S);
    await mobile.expectNotBound();
  });
}

/** How a Binding Update ends a binding. */
interface Ending {
  id: string;
  /** From the home link, or from the care-of address. */
  atHome: boolean;
  /** With the home address in an Alternate Care-of Address option. */
  alternate?: boolean;
  /** At home: with a Home Address option all the same. */
  homeAddress?: boolean;
  /** The care-of address is the home address: that says enough (RFC 6275 §9.5.1). */
  lifetime?: boolean;
}

/** Both kinds: with a new home keygen token, and with the one that made the binding. */
function ending(kind: Omit<Ending, "id">, withTest: string, withoutTest: string): Case[] {
  return [endingCase({ ...kind, id: withTest }, true), endingCase({ ...kind, id: withoutTest }, false)];
}

function endingCase({ id, atHome, alternate, homeAddress, lifetime }: Ending, test: boolean): Case {
  const details = [
    alternate && "Alternate Care-of Address option", homeAddress && "Home Address option",
    lifetime && "a lifetime",
  ].filter((detail) => detail);
  const title = [
    `a binding ends ${atHome ? "from home" : "from the care-of address"}`,
    ...(details.length > 0 ? [`with ${details.join(" and ")}`] : []),
    test ? "after a new Home Test" : "by the old tokens",
  ].join(", ");
  return correspondentCase(id, title, async ({ mobile }) => {
    await mobile.register();
    await mobile.expectBound();
    if (test) await mobile.homeTest();
    const options: UpdateOptions = {
      ...(atHome ? { source: HOME } : {}), ...(homeAddress ? { home: HOME } : {}),
      ...(alternate ? { alternate: HOME } : {}), lifetime: lifetime ? 10 : 0,
    };
    await mobile.update(options);
    if (atHome) await mobile.expectSentHome();
    else await mobile.expectNotBound();
  });
}

/** After a handover the binding has the new care-of address and no longer the old one. */
function handover(id: string, title: string, homeTest: boolean): Case {
  return correspondentCase(id, title, async ({ tester, mobile }) => {
    await mobile.register();
    await mobile.expectBound();
    mobile.careof = OTHER_CAREOF;
    if (homeTest) await mobile.homeTest();
    await mobile.careofTest();
    await mobile.update();
    await mobile.expectBound();
    await tester.ask(mobile.echoRequest(HOME, null), mobile.isEchoReply(OTHER_CAREOF));
    await mobile.expectNotBound(CAREOF);
  });
}

export const REGISTRATION: Case[] = [
  correspondentCase(
    "CN-3-1-1", "the Alternate Care-of Address option is what is bound",
    async ({ tester, mobile }) => {
      mobile.careof = OTHER_CAREOF;
      await mobile.returnRoutability(); // for the alternate address (§5.2.6)
      await mobile.update({ source: CAREOF, alternate: OTHER_CAREOF });
      await mobile.expectBound(OTHER_CAREOF);
      await tester.ask(mobile.echoRequest(HOME, null), mobile.isEchoReply(OTHER_CAREOF));
    },
  ),
  correspondentCase(
    "CN-3-1-2", "an Alternate Care-of Address option may repeat the source",
    async ({ mobile }) => {
      await mobile.register({ alternate: CAREOF });
      await mobile.expectBound();
    },
  ),

  again("CN-3-2-1", "a second registration with new tokens begins a new lifetime", true),
  again("CN-3-2-2", "a second registration with the same tokens begins a new lifetime", false),
  correspondentCase("CN-3-2-3", "a binding in use is to be refreshed before it ends", async ({ mobile }) => {
    await mobile.register({ lifetime: 15 });
    await useUntilRefreshRequest(mobile, 60 * S);
  }),
  correspondentCase("CN-3-2-4", "a refreshed binding is not asked for again", async ({ tester, mobile }) => {
    await mobile.register({ lifetime: 15 });
    await useUntilRefreshRequest(mobile, 60 * S);
    await mobile.register({ lifetime: 15 });
    await mobile.expectBound();
    await tester.expectNone(message("binding-refresh-request"), 10 * S);
  }),

  ...ending({ atHome: false }, "CN-3-3-1-1", "CN-3-3-1-2"),
  ...ending({ atHome: false, alternate: true }, "CN-3-3-1-3", "CN-3-3-1-4"),
  ...ending({ atHome: false, alternate: true, lifetime: true }, "CN-3-3-1-5", "CN-3-3-1-6"),
  ...[false, true].flatMap((lifetime) => [
    { atHome: true, lifetime }, { atHome: true, lifetime, homeAddress: true },
    { atHome: true, lifetime, alternate: true },
    { atHome: true, lifetime, homeAddress: true, alternate: true },
  ]).flatMap((kind, index) => ending(kind, `CN-3-3-2-${2 * index + 1}`, `CN-3-3-2-${2 * index + 2}`)),
  correspondentCase("CN-3-3-3", "an old sequence number ends no binding", async ({ tester, mobile }) => {
    await mobile.register({ sequence: 10_000 });
    await mobile.homeTest();
    const seen = await mobile.update({ source: HOME, lifetime: 0, sequence: 9999 }, 135);
    expectLastAccepted(tester, seen, 10_000);
    await mobile.expectBound();
  }),

  handover("CN-3-4-1", "a handover after return routability", true),
  handover("CN-3-4-2", "a handover after a Care-of Test alone: the home keygen token is still good", false),
  correspondentCase(
    "CN-3-4-3", "a handover with an old sequence number changes nothing",
    async ({ tester, mobile }) => {
      await mobile.register({ sequence: 10_000 });
      mobile.careof = OTHER_CAREOF;
      await mobile.returnRoutability();
      const seen = await mobile.update({ sequence: 9999 }, 135);
      expectLastAccepted(tester, seen, 10_000);
      await mobile.expectBound(CAREOF);
    },
  ),
];
