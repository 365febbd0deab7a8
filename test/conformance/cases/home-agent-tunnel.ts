/** Packets to and from those who are away: RFC 6275 §10.4.2, §10.4.5, §10.4.6, RFC 2473 §8. */
import type { LayerInput } from "../../../bindings/codec.ts";
import { echo, encode, ipv6, message } from "../packet.ts";
import type { RegisteringNode } from "../players/registering-node.ts";
import { CORRESPONDENT, HOME, HOME_AGENT, HOME_LINK, LINK, LINK_LOCAL, OTHER_CAREOF } from "../scenes.ts";
import type { Case } from "../subject.ts";
import type { Tester } from "../tester.ts";
import { type Ids, onHomeLinks, onRealLink } from "./home-agent-links.ts";

const ADDRESS_UNREACHABLE = 3;
/** On the home link. */
const NEIGHBOUR = "2001:db8:100::99";
const NEIGHBOUR_LINK_LOCAL = "fe80::99";
/** A router between the home agent and the care-of address. */
const ROUTER_ON_PATH = "2001:db8:a::1";

/** What goes through the tunnel, and the name of its message. */
interface Payload {
  readonly name: string;
  readonly layers: readonly LayerInput[];
}

const ECHO: Payload = { name: "echo-request", layers: echo() };
const HOME_TEST_INIT: Payload = {
  name: "home-test-init",
  layers: [{ name: "home-test-init", fields: { homeInitCookie: 0x0123_4567_89ab_cdefn } }],
};
const HOME_TEST: Payload = {
  name: "home-test",
  layers: [{
    name: "home-test",
    fields: {
      homeNonceIndex: 3, homeInitCookie: 0x0123_4567_89ab_cdefn, homeKeygenToken: 0xfedc_ba98_7654_3210n,
    },
  }],
};

/** From a correspondent to the home address: it comes to the care-of address through the tunnel. */
async function expectTunnelled(
  tester: Tester, mobile: RegisteringNode, { name, layers }: Payload, careof = mobile.careof,
  from = CORRESPONDENT,
): Promise<void> {
  const packet = encode(ipv6(from, HOME), ...layers);
  await tester.ask(packet, mobile.isTunnelled(name, {}, { from, to: HOME, link: LINK }, careof));
}

/** From the mobile node to a correspondent, out of the tunnel. */
function isForwarded({ name }: Payload) {
  return message(name, {}, { from: HOME, to: CORRESPONDENT, tunnel: null, homeAddress: null });
}

async function expectForwarded(
  tester: Tester, mobile: RegisteringNode, payload: Payload, careof = mobile.careof,
): Promise<void> {
  const packet = mobile.tunnelled([ipv6(HOME, CORRESPONDENT), ...payload.layers], careof);
  await tester.ask(packet, isForwarded(payload));
}

/** Which way, and for which payload. */
type Way = typeof expectTunnelled | typeof expectForwarded;

function oneWay(ids: Ids, title: string, way: Way, payload: Payload): Case[] {
  return onHomeLinks(ids, title, async ({ tester, mobile }) => {
    await mobile.register();
    await way(tester, mobile, payload);
  });
}

/** The same before and after a move. */
function afterMove(ids: Ids, title: string, way: Way, payload: Payload): Case[] {
  return onHomeLinks(ids, title, async ({ tester, mobile }) => {
    await mobile.register();
    await way(tester, mobile, payload);
    await mobile.register({ source: OTHER_CAREOF });
    await way(tester, mobile, payload, OTHER_CAREOF);
  });
}

export const TUNNEL: Case[] = [
  ...onHomeLinks(
    ["HA_5_1_1", "HA_5_1_5"], "a packet to the home address goes through the tunnel",
    async ({ tester, mobile }, isReal) => {
      await mobile.register();
      await expectTunnelled(tester, mobile, ECHO);
      if (!isReal) return;
      tester.link = HOME_LINK;
      await expectTunnelled(tester, mobile, ECHO, mobile.careof, NEIGHBOUR);
    },
  ),
  ...afterMove(["HA_5_1_4", "HA_5_1_6"], "the tunnel follows the node", expectTunnelled, ECHO),

  onRealLink(
    "HA_5_1_2", "a packet to the link-local address is unreachable, not tunnelled",
    async ({ tester, mobile }) => {
      await mobile.register({ fields: { linkLocalAddressCompatibility: true } });
      await mobile.expectBound();
      tester.link = HOME_LINK;
      const unreachable = message(
        "destination-unreachable", { code: ADDRESS_UNREACHABLE },
        { to: NEIGHBOUR_LINK_LOCAL, link: HOME_LINK },
      );
      await tester.ask(encode(ipv6(NEIGHBOUR_LINK_LOCAL, LINK_LOCAL), ...echo()), unreachable);
      await tester.expectNone(message("echo-request"));
    },
  ),
  ...onHomeLinks(
    ["HA_5_1_3", "HA_5_1_7"], "an error from the tunnel's path is told to the sender inside",
    async ({ tester, mobile }) => {
      await mobile.register();
      const packet = encode(ipv6(CORRESPONDENT, HOME), ...echo());
      const tunnelled = await tester.ask(packet, mobile.isTunnelled("echo-request", {}, { to: HOME }));
      const error = encode(
        ipv6(ROUTER_ON_PATH, HOME_AGENT),
        { name: "destination-unreachable", fields: { code: ADDRESS_UNREACHABLE } },
        { name: "payload", fields: { data: tunnelled.packet } },
      );
      const toSender = { from: HOME_AGENT, to: CORRESPONDENT };
      const relayed = message("destination-unreachable", { code: ADDRESS_UNREACHABLE }, toSender);
      await tester.ask(error, relayed);
    },
  ),

  ...oneWay(
    ["HA_6_1_1", "HA_6_1_3"], "what the node sends through the tunnel is forwarded", expectForwarded, ECHO,
  ),
  ...afterMove(
    ["HA_6_1_2", "HA_6_1_4"], "the node may use the tunnel from where it has moved", expectForwarded, ECHO,
  ),
  ...onHomeLinks(
    ["HA_6_2_1", "HA_6_2_2"], "a tunnel packet from another care-of address is dropped",
    async ({ tester, mobile }) => {
      await mobile.register();
      await mobile.expectBound();
      const packet = mobile.tunnelled([ipv6(HOME, CORRESPONDENT), ...echo()], OTHER_CAREOF);
      await tester.askInVain(packet, isForwarded(ECHO));
      await expectForwarded(tester, mobile, ECHO);
    },
  ),

  ...oneWay(
    ["HA_6_3_1", "HA_6_3_5"], "a Home Test Init is forwarded out of the tunnel",
    expectForwarded, HOME_TEST_INIT,
  ),
  ...afterMove(
    ["HA_6_3_2", "HA_6_3_6"], "a Home Test Init is forwarded after a move as well",
    expectForwarded, HOME_TEST_INIT,
  ),
  ...oneWay(["HA_6_3_3", "HA_6_3_7"], "a Home Test goes through the tunnel", expectTunnelled, HOME_TEST),
  ...afterMove(
    ["HA_6_3_4", "HA_6_3_8"], "a Home Test goes to where the node has moved", expectTunnelled, HOME_TEST,
  ),
];
