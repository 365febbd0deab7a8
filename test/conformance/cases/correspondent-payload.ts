/** The whole procedure, and payload packets with and without a binding: RFC 6275 §9.3. */
import {
  anyOf, echo, encode, homeAddressOption, ipv6, type Matcher, message, routingHeader,
} from "../packet.ts";
import {
  CAREOF, correspondentCase, CORRESPONDENT, HOME, MULTICAST, OTHER_CAREOF, OTHER_HOME,
} from "../scenes.ts";
import type { Case } from "../subject.ts";

/** A reply or a Binding Error, to whatever address. */
const ANY_ANSWER: Matcher = anyOf(message("echo-reply"), message("binding-error"));

export const PROCEDURE: Case[] = [
  correspondentCase(
    "CN-1-1", "return routability; without a binding no packet takes the direct way",
    async ({ mobile }) => {
      await mobile.expectSentHome();
      await mobile.expectNotBound();
      await mobile.careofTest();
      await mobile.homeTest();
    },
  ),
  correspondentCase("CN-1-2", "a Binding Update after return routability is accepted", async ({ mobile }) => {
    await mobile.register();
  }),
  correspondentCase(
    "CN-1-3", "with a binding packets take the direct way, whichever way they came",
    async ({ tester, mobile }) => {
      await mobile.register();
      await mobile.expectBound();
      await tester.ask(mobile.echoRequest(HOME, null), mobile.isEchoReply(CAREOF));
    },
  ),
];

export const PAYLOAD: Case[] = [
  correspondentCase(
    "CN-6-1", "a binding whose packets are unreachable again and again is given up",
    async ({ tester, mobile }) => {
      await mobile.register();
      const reply = await mobile.expectBound();
      const about = { name: "payload", fields: { data: reply.packet } };
      const error = { name: "destination-unreachable", fields: { code: 3 } };
      const unreachable = encode(ipv6("2001:db8:a::1", CORRESPONDENT), error, about);
      // One is no reason (§9.3.4).
      await tester.send(unreachable);
      await mobile.expectBound();
      for (const endMs = tester.nowMs + 120_000; tester.nowMs < endMs;) {
        await tester.send(unreachable);
        await tester.wait(1000);
        tester.forget();
        await tester.send(mobile.echoRequest());
        if (await tester.sees(mobile.isBindingError(1))) return;
      }
      await mobile.expectNotBound();
    },
  ),
  correspondentCase(
    "CN-6-2-1", "a Home Address option without a binding: Binding Error",
    async ({ tester, mobile }) => {
      await tester.ask(mobile.echoRequest(), mobile.isBindingError(1));
      await tester.expectNone(message("echo-reply"));
    },
  ),
  correspondentCase(
    "CN-6-2-2", "a binding is for one home address and one care-of address: Binding Error",
    async ({ tester, mobile }) => {
      await mobile.register();
      await mobile.expectBound();
      await tester.ask(mobile.echoRequest(CAREOF, OTHER_HOME), mobile.isBindingError(1, CAREOF, OTHER_HOME));
      await tester.ask(mobile.echoRequest(OTHER_CAREOF), mobile.isBindingError(1, OTHER_CAREOF));
    },
  ),
  correspondentCase("CN-6-2-3", "a payload packet changes no binding", async ({ mobile }) => {
    await mobile.register();
    await mobile.expectBound();
    await mobile.expectNotBound(OTHER_CAREOF);
    await mobile.expectBound();
  }),
  correspondentCase(
    "CN-6-3-1", "a Home Address option from a multicast address is ignored",
    async ({ tester, mobile }) => {
      await tester.askInVain(mobile.echoRequest(MULTICAST), ANY_ANSWER);
      await mobile.register();
      await tester.askInVain(mobile.echoRequest(MULTICAST), ANY_ANSWER);
    },
  ),
  correspondentCase(
    "CN-6-3-2", "a Home Address option with a multicast address is ignored",
    async ({ tester, mobile }) => {
      await mobile.register();
      await tester.askInVain(mobile.echoRequest(CAREOF, MULTICAST), ANY_ANSWER);
    },
  ),
  correspondentCase("CN-6-3-3", "two multicast addresses are ignored", async ({ tester, mobile }) => {
    await mobile.register();
    await tester.askInVain(mobile.echoRequest(MULTICAST, "ff0e::18"), ANY_ANSWER);
  }),
  correspondentCase(
    "CN-6-4-1", "a checksum that is wrong once the addresses are exchanged: no reply",
    async ({ tester, mobile }) => {
      await mobile.register();
      const request = mobile.echoRequest();
      request[40 + 24 + 2] ^= 0x55;
      await tester.askInVain(request, ANY_ANSWER);
      await mobile.expectBound();
    },
  ),
  correspondentCase(
    "CN-6-5", "a type 2 routing header is not for a correspondent node",
    async ({ tester }) => {
      const request = encode(ipv6(CAREOF, CORRESPONDENT), ...routingHeader(HOME), ...echo());
      await tester.askInVain(request, anyOf(ANY_ANSWER, message("echo-request")));
    },
  ),
];

/** Not in the list's active part: two Home Address options (RFC 6275 §6.3). */
export const REPEATED: Case[] = [
  correspondentCase(
    "CN-2-3-2", "a Binding Update with two Home Address options is not taken",
    async ({ tester, mobile }) => {
      await mobile.returnRoutability();
      const packet = mobile.bindingUpdate();
      const twice = encode(
        ipv6(CAREOF, CORRESPONDENT), ...homeAddressOption(HOME), ...homeAddressOption(HOME),
        { name: "payload", fields: { data: packet.subarray(64) } },
      );
      twice[40 + 24] = 135; // the Mobility Header behind the second one
      await tester.askInVain(twice, message("binding-acknowledgement"));
      await mobile.expectNotBound();
    },
  ),
];
