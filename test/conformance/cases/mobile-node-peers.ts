/** Mobile node to mobile node: the subject is a correspondent node as well: RFC 6275 §5.2.9, §9, §11.3, §11.7.2. */
import { anyOf, echo, encode, homeAddressOption, ipv6, message, routingHeader, type Seen } from "../packet.ts";
import { PlayedCorrespondentNode } from "../players/correspondent-node.ts";
import { isPrefixSolicitation, prefixAdvertisement } from "../players/home-network.ts";
import { PlayedMobileNode } from "../players/mobile-node.ts";
import { enter, HOME, type MobileNodeOptions, type MobileNodeScene, mobileNodeCase, VISITED } from "../scenes.ts";
import type { Case } from "../subject.ts";
import { ANY_TEST_INIT, enterAndSolicit, S } from "./mobile-node-steps.ts";

/** The other mobile node. */
const PEER = "2001:db8:300::9";
const PEER_CAREOF = "2001:db8:d::9";
const PEER_ELSEWHERE = "2001:db8:e::9";

interface PeerScene extends MobileNodeScene {
  /** The other mobile node, whose messages come through the subject's home agent. */
  readonly peer: PlayedMobileNode;
}

const BOTH: MobileNodeOptions = { routes: { policy: "always" }, correspondent: {} };

/** Where the outer header says what is in the tunnel, and what it says (RFC 2473 §3). */
const NEXT_HEADER = 6;
const IPV6 = 41;

/** A packet as the home agent hands it to the subject. */
function tunnelled({ homeAgent }: MobileNodeScene, packet: Uint8Array): Uint8Array {
  const whole = homeAgent.tunnelled([{ name: "payload", fields: { data: packet } }]);
  whole[NEXT_HEADER] = IPV6;
  return whole;
}

function peerCase(
  id: string, title: string, play: (scene: PeerScene) => Promise<void>,
  begin: (scene: MobileNodeScene) => Promise<unknown> = (scene) => enter(scene, VISITED),
): Case {
  return mobileNodeCase(id, title, async (scene) => {
    await begin(scene);
    const tester = scene.tester.behind((packet) => tunnelled(scene, packet));
    await play({ ...scene, peer: new PlayedMobileNode(tester, HOME, PEER, PEER_CAREOF) });
  }, BOTH);
}

/** The subject's answers go through its own tunnel, with neither Home Address option nor type 2 routing header. */
function expectTunnelAlone({ tester, homeAgent }: MobileNodeScene, seen: Seen, route: string | null = null): void {
  const { inner } = seen;
  tester.check(seen.source === homeAgent.careof && seen.destination === homeAgent.address, "it goes through the tunnel");
  tester.equal(inner?.homeAddress, undefined, "the Home Address option");
  tester.equal(inner?.route ?? null, route, "the home address in the routing header");
}

/** The other mobile node binds its care-of address at the subject; the acknowledgement takes the subject's tunnel. */
async function bind(scene: PeerScene): Promise<void> {
  expectTunnelAlone(scene, await scene.peer.register(), PEER);
}

/** An Echo Request of the other mobile node through the tunnel, by the direct way on its side alone. */
function halfDirect(scene: PeerScene, careof = PEER_CAREOF): Uint8Array {
  return tunnelled(scene, encode(ipv6(careof, HOME), ...homeAddressOption(PEER), ...echo()));
}

/** The subject, too, binds its care-of address at the other mobile node. */
async function bindBack(scene: PeerScene): Promise<void> {
  const { tester, homeAgent } = scene;
  const correspondent = new PlayedCorrespondentNode(tester, PEER, HOME, homeAgent);
  await tester.send(halfDirect(scene));
  await tester.expect(correspondent.isUpdate());
  await tester.wait(100);
  tester.forget();
}

/** Both ways at once: a Home Address option and a type 2 routing header, each with the home address of its end. */
async function expectBothDirect({ tester, homeAgent }: PeerScene): Promise<void> {
  const { careof } = homeAgent;
  const request = encode(ipv6(PEER_CAREOF, careof), ...routingHeader(HOME), ...homeAddressOption(PEER), ...echo());
  const envelope = { from: careof, to: PEER_CAREOF, route: PEER, homeAddress: HOME, tunnel: null };
  await tester.ask(request, message("echo-reply", {}, envelope));
}

export const PEERS: Case[] = [
  peerCase("MN-0-0-0-3-001", "two mobile nodes: bound at each other, and again after one has moved", async (scene) => {
    const { peer, tester } = scene;
    await bind(scene);
    await bindBack(scene);
    await expectBothDirect(scene);
    peer.careof = PEER_ELSEWHERE;
    await bind(scene);
    await tester.ask(halfDirect(scene, PEER_ELSEWHERE), message("echo-reply", {}, { route: PEER, to: PEER_ELSEWHERE }));
  }),
  peerCase("MN-2-1-1-2-002", "a tunnelled packet of a bound mobile node begins return routability", async (scene) => {
    const { tester, homeAgent } = scene;
    await bind(scene);
    await tester.send(halfDirect(scene));
    await tester.expect(homeAgent.isTunnelled("home-test-init", {}, { from: HOME, homeAddress: null }));
  }),
  peerCase("MN-2-1-1-2-003", "a Care-of Test Init through the tunnel is answered, and begins nothing", async ({ tester, peer }) => {
    await peer.careofTest();
    await tester.expectNone(ANY_TEST_INIT, 5 * S);
  }),
  peerCase("MN-2-1-1-3-001", "a Home Test Init through the tunnel: the Home Test goes through the tunnel", async (scene) => {
    const { tester, peer } = scene;
    expectTunnelAlone(scene, await tester.ask(tunnelled(scene, peer.homeTestInit()), peer.isHomeTest()));
  }),
  peerCase("MN-2-1-2-3-001", "a Care-of Test Init through the tunnel: the Care-of Test goes through the tunnel", async (scene) => {
    const { tester, peer } = scene;
    expectTunnelAlone(scene, await tester.ask(tunnelled(scene, peer.careofTestInit()), peer.isCareofTest()));
  }),
  peerCase("MN-3-1-1-3-001", "a Binding Update through the tunnel: the acknowledgement goes through the tunnel", bind),
  peerCase("MN-3-1-2-3-001", "a Binding Update that renews a binding is acknowledged through the tunnel", async (scene) => {
    await bind(scene);
    await scene.tester.wait(60 * S);
    await bind(scene);
    await scene.tester.ask(halfDirect(scene), message("echo-reply", {}, { to: PEER_CAREOF, route: PEER }));
  }),
  peerCase("MN-3-1-3-3-001", "a home prefix that lives shorter: acknowledgements go through the tunnel", async (scene) => {
    const { tester, homeAgent } = scene;
    await bind(scene);
    const solicitation = await tester.expect(isPrefixSolicitation(homeAgent), 40 * S);
    await tester.send(prefixAdvertisement(homeAgent, solicitation, { validS: 100 }));
    await homeAgent.expectUpdate();
    await tester.wait(100);
    await bind(scene);
  }, enterAndSolicit),
  peerCase("MN-4-1-1-3-001", "packets with both Home Address option and type 2 routing header are answered alike", async (scene) => {
    await bind(scene);
    await bindBack(scene);
    await expectBothDirect(scene);
  }),
  peerCase("MN-4-1-2-3-001", "a tunnelled Home Address option without a binding: Binding Error 1 through the tunnel", async (scene) => {
    const { tester } = scene;
    await bind(scene);
    await bindBack(scene);
    await expectBothDirect(scene);
    const fields = { status: 1, homeAddress: PEER };
    const error = await tester.ask(halfDirect(scene, PEER_ELSEWHERE), message("binding-error", fields, { from: HOME, to: PEER_ELSEWHERE }));
    expectTunnelAlone(scene, error);
    await tester.expectNone(anyOf(message("echo-reply"), message("binding-acknowledgement")));
  }),
];
