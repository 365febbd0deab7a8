/** Mobility Headers that are wrong or of no known type, at a home agent: RFC 6275 §9.2. */
import {
  ANYTHING, cutMobilityHeader, echo, encode, homeAddressOption, ipv6, type Matcher, message,
} from "../packet.ts";
import type { RegisteringNode } from "../players/registering-node.ts";
import {
  CAREOF, CORRESPONDENT, type HomeAgentScene, HOME, HOME_AGENT, HOME_LINK, LINK, LINK_LOCAL,
} from "../scenes.ts";
import type { Case } from "../subject.ts";
import { type Ids, onHomeLinks, onRealLink } from "./home-agent-links.ts";

/** The Mobility Header of a Binding Update stands behind the IPv6 header and the Home Address option. */
const PAYLOAD_PROTO = 40 + 24;
const HEADER_LEN = PAYLOAD_PROTO + 1;
const CHECKSUM = PAYLOAD_PROTO + 4;
const ICMPV6 = 58;
/** A message of a type that nobody has. */
const UNKNOWN = "mobility-message-99";

/** Parameter Problem, Code 0, which points at an octet of the packet (RFC 4443 §3.4). */
function parameterProblem(pointer: number): Matcher {
  return message("parameter-problem", { code: 0, pointer }, { from: HOME_AGENT, to: CAREOF, route: null });
}

function piggybacking(mobile: RegisteringNode): Uint8Array {
  return mobile.bindingUpdate({ lifetime: 0, fields: { payloadProto: ICMPV6 } });
}

function tooShort(mobile: RegisteringNode): Uint8Array {
  return cutMobilityHeader(mobile.bindingUpdate({ lifetime: 0 }), PAYLOAD_PROTO, HOME);
}

/** A Binding Update that is answered by a Parameter Problem, and has no effect. */
function problem(
  ids: Ids, title: string, make: (mobile: RegisteringNode) => Uint8Array, pointer: number, isBound: boolean,
): Case[] {
  return onHomeLinks(ids, title, async ({ tester, mobile }) => {
    if (isBound) {
      await mobile.register();
      await mobile.expectBound();
    }
    await tester.ask(make(mobile), parameterProblem(pointer));
    await tester.expectNone(message("binding-acknowledgement"));
    await (isBound ? mobile.expectBound() : mobile.expectNotBound());
  });
}

async function unknownType({ tester, mobile }: HomeAgentScene): Promise<void> {
  const data = { name: UNKNOWN, fields: { rest: new Uint8Array(10) } };
  const packet = encode(ipv6(CAREOF, HOME_AGENT), ...homeAddressOption(HOME), data);
  await tester.ask(packet, mobile.isBindingError(2));
}

export const MESSAGES: Case[] = [
  onRealLink("HA_0_0_0", "the home agent has its addresses on both links", async ({ tester }) => {
    const ask = async (source: string, destination: string, link: string) => {
      tester.link = link;
      const reply = message("echo-reply", {}, { from: destination, to: source, link });
      await tester.ask(encode(ipv6(source, destination), ...echo()), reply);
    };
    await ask(CORRESPONDENT, HOME_AGENT, LINK);
    await ask("2001:db8:100::99", HOME_AGENT, HOME_LINK);
    await ask(LINK_LOCAL, "fe80::1", HOME_LINK);
  }),

  ...onHomeLinks(
    ["HA_1_1_3", "HA_1_1_8"], "a Binding Update with a wrong checksum is ignored",
    async ({ tester, mobile }) => {
      const packet = mobile.bindingUpdate();
      packet[CHECKSUM] ^= 0x55;
      await tester.askInVain(packet, ANYTHING, 3000);
      await mobile.expectNotBound();
    },
  ),

  onRealLink("HA_1_1_1", "a message of an unknown type: Binding Error 2", unknownType),
  onRealLink(
    "HA_1_1_5", "a message of an unknown type while there is a binding: Binding Error 2",
    async (scene) => {
      await scene.mobile.register();
      await scene.mobile.expectBound();
      await unknownType(scene);
    },
  ),

  ...problem(
    ["HA_1_1_2", "HA_1_1_9"], "a Binding Update before another header: Parameter Problem",
    piggybacking, PAYLOAD_PROTO, false,
  ),
  ...problem(
    ["HA_1_1_6"], "a deregistration before another header leaves the binding",
    piggybacking, PAYLOAD_PROTO, true,
  ),
  ...problem(
    ["HA_1_1_4", "HA_1_1_10"], "a Binding Update that is too short: Parameter Problem",
    tooShort, HEADER_LEN, false,
  ),
  ...problem(
    ["HA_1_1_7"], "a deregistration that is too short leaves the binding", tooShort, HEADER_LEN, true,
  ),
];
