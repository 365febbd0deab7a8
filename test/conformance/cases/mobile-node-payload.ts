/** Packets of a mobile node that is away, by both ways: RFC 6275 §11.3.1, §11.3.3, §11.5.4. */
import { echo, encode, type Fields, ipv6, message, routingHeader } from "../packet.ts";
import { neighbourSolicitation } from "../players/neighbour.ts";
import { enter, HOME, type MobileNodeScene, OTHER_HOME, OTHER_VISITED, ROUTER, VISITED } from "../scenes.ts";
import type { Case } from "../subject.ts";
import { awayCase, optimise, S } from "./mobile-node-steps.ts";

/** A packet by the direct way whose type 2 routing header is odd is not answered; the right one is. */
function wrongRoute(id: string, title: string, make: (scene: MobileNodeScene) => Uint8Array): Case {
  return awayCase(id, title, async (scene) => {
    const { tester, correspondent } = scene;
    await optimise(scene);
    await tester.askInVain(make(scene), message("echo-reply"));
    await tester.ask(correspondent.direct(...echo()), correspondent.isDirectReply());
  });
}

function routed(home: string, fields: Fields): (scene: MobileNodeScene) => Uint8Array {
  return ({ homeAgent, correspondent }) =>
    encode(ipv6(correspondent.address, homeAgent.careof), ...routingHeader(home, fields), ...echo());
}

/** Hdr Ext Len of the routing header, which stands behind the IPv6 header (RFC 6275 §6.4.1). */
const HDR_EXT_LEN = 40 + 1;

/** A routing header that says that it is longer than it may be: 16 octets more, of which the packet has enough. */
function longer(scene: MobileNodeScene): Uint8Array {
  const packet = routed(HOME, {})(scene);
  packet[HDR_EXT_LEN] = 4;
  return packet;
}

export const PAYLOAD: Case[] = [
  awayCase("MN-4-1-1-2-001", "packets to a correspondent node without a binding go through the tunnel", async ({ correspondent }) => {
    await correspondent.ping(correspondent.isTunnelledReply());
  }),
  awayCase("MN-4-1-1-2-002", "packets to a bound correspondent node go directly, with a Home Address option", async (scene) => {
    const { correspondent } = scene;
    await optimise(scene);
    await correspondent.ping(correspondent.isDirectReply());
  }),
  awayCase("MN-4-1-1-2-005", "packets go through the tunnel again when the binding is no more", async (scene) => {
    const { tester, correspondent } = scene;
    correspondent.acknowledges = { lifetime: 5 };
    await optimise(scene);
    await tester.wait(21 * S);
    await correspondent.ping(correspondent.isTunnelledReply());
  }),
  awayCase("MN-4-1-1-2-006", "Neighbour Discovery has no Home Address option", async (scene) => {
    const { tester, homeAgent } = scene;
    await optimise(scene);
    await tester.wait(2 * S);
    const { careof } = homeAgent;
    const solicitation = neighbourSolicitation(ROUTER, careof, "02:00:5e:00:53:01");
    const envelope = { from: careof, to: ROUTER, homeAddress: null, tunnel: null, link: VISITED };
    const answer = message("neighbour-advertisement", { target: careof }, envelope);
    await tester.ask(solicitation, answer);
  }),
  awayCase("MN-4-1-2-2-010", "packets by the direct way to a care-of address that was left are not answered", async (scene) => {
    const { tester, correspondent } = scene;
    await optimise(scene);
    const former = correspondent.direct(...echo());
    await enter(scene, OTHER_VISITED);
    await tester.wait(S);
    await tester.askInVain(former, message("echo-reply"));
    await tester.ask(correspondent.direct(...echo()), correspondent.isDirectReply());
  }),
  awayCase("MN-4-1-2-2-003", "packets by the direct way from a bound correspondent node are answered by the direct way", async (scene) => {
    const { tester, correspondent } = scene;
    await optimise(scene);
    await tester.ask(correspondent.direct(...echo()), correspondent.isDirectReply());
  }),
  wrongRoute("MN-4-1-2-2-004", "a type 2 routing header that is longer than one address is refused", longer),
  wrongRoute("MN-4-1-2-2-005", "a type 2 routing header with two segments left is refused", routed(HOME, { segmentsLeft: 2 })),
  wrongRoute("MN-4-1-2-2-011", "a type 2 routing header with another home address is refused", routed(OTHER_HOME, {})),
];
