/** Binding Updates that are odd or wrong, at a correspondent node: RFC 6275 §6.1.7, §9.2, §9.5.1, §9.5.4. */
import { anyOf, cutMobilityHeader, message } from "../packet.ts";
import { MAX_NONCE_LIFETIME_MS, type PlayedMobileNode, type UpdateOptions } from "../players/mobile-node.ts";
import {
  CAREOF, type CorrespondentScene, correspondentCase, HOME, LINK_LOCAL, MULTICAST,
} from "../scenes.ts";
import type { Case } from "../subject.ts";
import { parameterProblem } from "./correspondent-messages.ts";

/** The Mobility Header of a Binding Update stands behind the IPv6 header and the Home Address option. */
const PAYLOAD_PROTO = 40 + 24;
const HEADER_LEN = PAYLOAD_PROTO + 1;
const ICMPV6 = 58;
const NONCE_INDICES = { name: "nonce-indices", fields: { homeNonceIndex: 1, careofNonceIndex: 1 } };
const PAD_6 = { name: "pad-n", fields: { data: new Uint8Array(6) } };
/** Whatever tells that a Binding Update was seen. */
const ANY_ANSWER = anyOf(
  message("binding-acknowledgement"), message("binding-error"), message("parameter-problem"),
);

/** Sends Binding Updates, each of which must be passed over in silence. */
async function updatesInVain(
  { tester, mobile }: CorrespondentScene, ...updates: UpdateOptions[]
): Promise<void> {
  for (const update of updates) await tester.askInVain(mobile.bindingUpdate(update), ANY_ANSWER);
}

/** After return routability these are ignored, and bind nothing. */
function ignored(id: string, title: string, ...updates: UpdateOptions[]): Case {
  return correspondentCase(id, title, async (scene) => {
    await scene.mobile.returnRoutability();
    await updatesInVain(scene, ...updates);
    await scene.mobile.expectNotBound();
  });
}

/** These are accepted and acknowledged. */
function accepted(id: string, title: string, update: UpdateOptions): Case {
  return correspondentCase(id, title, async ({ mobile }) => {
    await mobile.register(update);
    await mobile.expectBound();
  });
}

/** The binding stays where it was. */
async function expectStillBound({ tester, mobile }: CorrespondentScene): Promise<void> {
  await tester.ask(mobile.echoRequest(HOME, null), mobile.isEchoReply(CAREOF));
}

/** Without the Acknowledge bit an acknowledgement comes only when something is wrong. */
async function refusedWithoutAcknowledge(
  mobile: PlayedMobileNode, status: number, options: UpdateOptions = {},
): Promise<void> {
  await mobile.update({ ...options, fields: { acknowledge: false } }, status);
}

export const UPDATES: Case[] = [
  accepted("CN-2-3-1-1", "a Binding Refresh Advice option in a Binding Update is skipped", {
    extra: [{ name: "binding-refresh-advice", fields: { refreshInterval: 10 } }],
  }),
  ignored("CN-2-3-1-2", "Binding Authorization Data that are not the last option: ignored",
    { behind: [PAD_6, { name: "alternate-careof-address", fields: { careofAddress: CAREOF } }] },
    { indices: null, behind: [NONCE_INDICES] }),
  correspondentCase(
    "CN-2-3-3", "a Binding Update that is too short: Parameter Problem",
    async ({ tester, mobile }) => {
      await mobile.returnRoutability();
      const packet = cutMobilityHeader(mobile.bindingUpdate(), PAYLOAD_PROTO, HOME);
      await tester.ask(packet, parameterProblem(HEADER_LEN, CAREOF));
      await mobile.expectNotBound();
    },
  ),
  accepted("CN-2-3-4", "a Binding Update with reserved bits of the header set is accepted", {
    fields: { reserved: 0xff },
  }),
  correspondentCase(
    "CN-2-3-5", "a Binding Update before another header: Parameter Problem",
    async ({ tester, mobile }) => {
      await mobile.returnRoutability();
      const packet = mobile.bindingUpdate({ fields: { payloadProto: ICMPV6 } });
      await tester.ask(packet, parameterProblem(PAYLOAD_PROTO, CAREOF));
      await mobile.expectNotBound();
    },
  ),
  correspondentCase(
    "CN-2-3-6", "a Binding Update with a wrong checksum is ignored",
    async ({ tester, mobile }) => {
      await mobile.returnRoutability();
      const packet = mobile.bindingUpdate();
      packet[PAYLOAD_PROTO + 4] ^= 0x55;
      await tester.askInVain(packet, ANY_ANSWER);
      await mobile.expectNotBound();
    },
  ),
  accepted("CN-2-3-7", "a Binding Update with the Link-Local Address Compatibility bit is accepted", {
    fields: { linkLocalAddressCompatibility: true },
  }),
  accepted("CN-2-3-8", "a Binding Update with the Key Management Mobility Capability bit is accepted", {
    fields: { keyManagementMobility: true },
  }),
  accepted("CN-2-3-9", "a Binding Update with reserved bits behind the flags set is accepted", {
    fields: { reserved2: 0x3f },
  }),
  ignored("CN-2-3-10-1", "a Binding Update without Nonce Indices option is ignored", { indices: null }),
  correspondentCase(
    "CN-2-3-10-2", "a Binding Update that ends a binding, without Nonce Indices option, is ignored",
    async (scene) => {
      await scene.mobile.register();
      await updatesInVain(scene, { lifetime: 0, indices: null });
      await scene.mobile.expectBound();
    },
  ),
  ignored("CN-2-3-11", "Binding Authorization Data that are absent, wrong, or before padding: ignored",
    { authenticator: null }, { behind: [PAD_6] }, { authenticator: new Uint8Array(12).fill(0x5a) }),

  correspondentCase(
    "CN-2-5-1", "without the Acknowledge bit: an accepted Binding Update is not acknowledged",
    async ({ tester, mobile }) => {
      await mobile.returnRoutability();
      await tester.askInVain(mobile.bindingUpdate({ fields: { acknowledge: false } }), ANY_ANSWER);
      await mobile.expectBound();
    },
  ),
  correspondentCase(
    "CN-2-5-2", "without the Acknowledge bit: an old sequence number is told",
    async ({ tester, mobile }) => {
      await mobile.register({ sequence: 10_000 });
      await refusedWithoutAcknowledge(mobile, 135, { sequence: 9999 });
      await mobile.expectBound();
      tester.forget();
    },
  ),
  correspondentCase(
    "CN-2-5-3", "without the Acknowledge bit: an expired home nonce is told",
    async ({ tester, mobile }) => {
      await mobile.homeTest();
      await tester.wait(MAX_NONCE_LIFETIME_MS + 1000);
      await mobile.careofTest();
      await refusedWithoutAcknowledge(mobile, 136);
    },
  ),
  correspondentCase(
    "CN-2-5-4", "without the Acknowledge bit: an expired care-of nonce is told",
    async ({ tester, mobile }) => {
      await mobile.careofTest();
      await tester.wait(MAX_NONCE_LIFETIME_MS + 1000);
      await mobile.homeTest();
      await refusedWithoutAcknowledge(mobile, 137);
    },
  ),
  correspondentCase(
    "CN-2-5-5", "without the Acknowledge bit: two expired nonces are told",
    async ({ tester, mobile }) => {
      await mobile.returnRoutability();
      await tester.wait(MAX_NONCE_LIFETIME_MS + 1000);
      await refusedWithoutAcknowledge(mobile, 138);
    },
  ),

  ignored("CN-2-6-1", "a Binding Update from a multicast or a link-local address is ignored",
    { source: MULTICAST }, { source: LINK_LOCAL }),
  ignored("CN-2-6-2", "a Binding Update for a multicast or a link-local home address is ignored",
    { home: MULTICAST }, { home: LINK_LOCAL }),
  ignored("CN-2-6-3", "a Binding Update for a multicast or a link-local care-of address is ignored",
    { alternate: MULTICAST }, { alternate: LINK_LOCAL }),
  correspondentCase(
    "CN-2-6-4", "a multicast or a link-local address ends no binding as from home",
    async (scene) => {
      await scene.mobile.register();
      await scene.mobile.homeTest();
      await updatesInVain(scene,
        { source: MULTICAST, home: null, lifetime: 0 }, { source: LINK_LOCAL, home: null, lifetime: 0 });
      await expectStillBound(scene);
    },
  ),
  correspondentCase(
    "CN-2-6-5", "a multicast or a link-local care-of address ends no binding",
    async (scene) => {
      await scene.mobile.register();
      await scene.mobile.homeTest();
      await updatesInVain(scene,
        { source: HOME, alternate: MULTICAST, lifetime: 0 },
        { source: HOME, alternate: LINK_LOCAL, lifetime: 0 });
      await expectStillBound(scene);
    },
  ),
];
