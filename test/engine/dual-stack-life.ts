/** What a home agent and a mobile node send in a life with all of RFC 5555, as a capture on their uplinks shows it. */
import { formatAnyAddress } from "../../bindings/address.ts";
import { LinkType } from "../../bindings/codec.ts";
import { NextHeader } from "../../core-as/abi/codes.ts";
import { AGENT_IPV4, DualNetwork, PRIVATE_IPV4, PUBLIC_IPV4 } from "./dual-stack.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, type Node, TUNNEL } from "./harness.ts";
import { HOME, OUR_LINK_ADDRESS, THEIR_LINK_ADDRESS, linkedHomeAgent } from "./home-link.ts";
import { icmp4, ipv4 } from "./ipv4-packets.ts";
import {
  NAT, PUBLIC, as, askByIpv6, askByUdp, dualStackAgent, giveIpv4, ipv4CareofAddress, ipv4HomeAddress, manyNodes, serveDualStack,
} from "./messages-ipv4.ts";
import { codec, echo } from "./network.ts";

const TUNNEL_PORT = 4191;
/** In an ARP message (RFC 826). */
const TARGET_HARDWARE = 18;
/** Of the mobile node's socket. */
export const LOCAL_PORT = 50_000;
export const CORRESPONDENT_IPV4 = "192.0.2.250";
/** Of the node on a real home link, and of a neighbour of it there. */
export const LINK_IPV4 = "192.0.2.40";
export const NEIGHBOUR_IPV4 = "192.0.2.77";

export interface SentFrame { octets: Uint8Array; linkType: LinkType }

/** A datagram as the sender's host sends it: the headers are the codec's. */
function withHeaders(
  payload: Uint8Array, source: string, sourcePort: number, destination: string, destinationPort: number, trafficClass: number,
): Uint8Array {
  const isIpv4 = destination.includes(".");
  return codec.encode([
    isIpv4 ? { name: "ipv4", fields: { source, destination, typeOfService: trafficClass, dontFragment: true, identification: 0x4191 } }
      : { name: "ipv6", fields: { source, destination, trafficClass } },
    { name: "udp", fields: { sourcePort, destinationPort } },
    { name: "payload", fields: { data: payload } },
  ]);
}

/** Puts all that `node` sends into `sent`; `addressOf` says what its host has on a device. */
function record(sent: SentFrame[], node: Node, addressOf: (device: number, isIpv4: boolean) => string, port: number): void {
  const transmit = node.transmit.bind(node);
  node.transmit = (device, pointer, lengthBytes) => {
    transmit(device, pointer, lengthBytes);
    sent.push({ octets: node.sent.at(-1)!.packet, linkType: LinkType.Raw });
  };
  const sendDatagrams = node.sendDatagrams.bind(node);
  node.sendDatagrams = (device, pointer, lengthBytes) => {
    sendDatagrams(device, pointer, lengthBytes);
    const { payload, address, port: destinationPort, segmentBytes, trafficClass } = node.datagrams.at(-1)!;
    const destination = formatAnyAddress(address);
    const step = segmentBytes || payload.length;
    for (let at = 0; at < payload.length; at += step) {
      const octets = withHeaders(
        payload.subarray(at, at + step), addressOf(device, destination.includes(".")), port, destination, destinationPort, trafficClass,
      );
      sent.push({ octets, linkType: LinkType.Raw });
    }
  };
  const sendArp = node.sendArp.bind(node);
  node.sendArp = (device, pointer, lengthBytes, toAll) => {
    sendArp(device, pointer, lengthBytes, toAll);
    const { message } = node.arp.at(-1)!;
    const destination = toAll ? new Uint8Array(6).fill(0xff) : message.subarray(TARGET_HARDWARE, TARGET_HARDWARE + 6);
    const octets = Uint8Array.from([...destination, ...OUR_LINK_ADDRESS, 0x08, 0x06, ...message]);
    sent.push({ octets, linkType: LinkType.Ethernet });
  };
}

const ofAgent = (_device: number, isIpv4: boolean) => (isIpv4 ? AGENT_IPV4 : HOME_AGENT);

/** What the mobile node's uplink has. */
interface Careof { ipv4?: string; ipv6?: string }

/** Both ends back to back; everything that they send is recorded. */
function network(sent: SentFrame[], careof: Careof, options: ConstructorParameters<typeof DualNetwork>[0] = {}): DualNetwork {
  const both = new DualNetwork({ ...options, reach: { ipv4HomeAddress: "dynamic", ...options.reach } });
  record(sent, both.agent, ofAgent, TUNNEL_PORT);
  record(sent, both.mobile, (_device, isIpv4) => (isIpv4 ? careof.ipv4! : careof.ipv6!), LOCAL_PORT);
  return both;
}

function start(both: DualNetwork, careof: Careof): DualNetwork {
  both.linkUp();
  if (careof.ipv6) both.ipv6();
  if (careof.ipv4) both.ipv4(careof.ipv4);
  both.pump();
  return both;
}

/** Data of both families, both ways, and packets that are too large. */
function carry(both: DualNetwork): void {
  const home = both.update.ipv4HomeAddress!;
  const inner4 = (source: string, destination: string, octets: number, dontFragment: boolean) =>
    ipv4({ source, destination, protocol: 253, dontFragment }, new Uint8Array(octets).fill(0x5a));
  both.mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
  both.mobile.receive(TUNNEL, inner4(home, CORRESPONDENT_IPV4, 40, true));
  both.pump();
  both.agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS));
  both.agent.receive(TUNNEL, inner4(CORRESPONDENT_IPV4, home, 40, true));
  both.pump();
  for (const [node, ipv6, source, destination] of [
    [both.mobile, echo(HOME_ADDRESS, CORRESPONDENT, 1452), home, CORRESPONDENT_IPV4],
    [both.agent, echo(CORRESPONDENT, HOME_ADDRESS, 1452), CORRESPONDENT_IPV4, home],
  ] as const) {
    node.receive(TUNNEL, ipv6); // Packet Too Big
    node.receive(TUNNEL, inner4(source, destination, 1480, true)); // fragmentation needed
    node.receive(TUNNEL, inner4(source, destination, 1480, false)); // fragments
    both.pump();
  }
}

function behindNat(sent: SentFrame[]): void {
  const both = network(sent, { ipv4: PRIVATE_IPV4 });
  both.useNat();
  start(both, { ipv4: PRIVATE_IPV4 });
  carry(both);
  both.advance(40_000); // keepalives
  both.nat!.port = 31_000;
  both.mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT)); // Binding Error, and a Binding Update at once
  both.pump();
  both.linkDown();
}

function withoutNat(sent: SentFrame[]): void {
  const both = start(network(sent, { ipv4: PUBLIC_IPV4 }), { ipv4: PUBLIC_IPV4 });
  both.advance(2000); // probes through the tunnel
  carry(both);
  both.agent.receive(ACCESS, ipv4( // a router on the way has a smaller link
    { source: "198.51.100.254", destination: AGENT_IPV4, protocol: NextHeader.Icmpv4 },
    icmp4(3, 4, 1400, sent.findLast(({ octets }) => octets[9] === 41 && octets[12] === 192)!.octets.subarray(0, 128)),
  ));
  both.agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1400));
  const forced = start(network(sent, { ipv4: PUBLIC_IPV4 }, { reach: { forceUdp: true } }), { ipv4: PUBLIC_IPV4 });
  carry(forced);
  const notAllowed = network(sent, { ipv4: PUBLIC_IPV4 }, { reach: { forceUdp: true }, serve: { mayForceUdp: false } });
  start(notAllowed, { ipv4: PUBLIC_IPV4 }); // 144, then without F
  notAllowed.advance(5000);
}

function byIpv6(sent: SentFrame[]): void {
  const careof = { ipv6: CAREOF };
  carry(start(network(sent, careof), careof)); // IPv4 in IPv6
  const both = network(sent, careof, { reach: { udpIpv6: true } });
  Object.assign(both.passes, { mobility: false, tunnel6: false });
  start(both, careof);
  both.advance(10_000);
  carry(both); // UDP over IPv6
  both.advance(60_000); // probes by IPv6
}

/** Every status of the options, and the ways to say whether UDP is to be used. */
function acknowledgements(sent: SentFrame[]): void {
  const agentOf = (...settings: Parameters<typeof dualStackAgent>) => {
    const agent = dualStackAgent(...settings);
    record(sent, agent, ofAgent, TUNNEL_PORT);
    return agent;
  };
  const agent = agentOf();
  askByUdp(agent, { extra: [ipv4HomeAddress()] }); // 0
  askByUdp(agent, { from: PUBLIC, claimed: PUBLIC, extra: [ipv4HomeAddress("192.0.2.99")] }); // 130
  askByUdp(agent, { extra: [ipv4HomeAddress("224.0.0.1")] }); // 131
  askByUdp(agent, { extra: [ipv4HomeAddress("0.0.0.0", 24, true), ipv4HomeAddress(), ipv4HomeAddress("10.1.1.1")] }); // 133, 0, 128
  askByUdp(agentOf({ serve: { pools: [] } }), { extra: [ipv4HomeAddress()] }); // 132
  const refusing = agentOf();
  giveIpv4(refusing, HOME_ADDRESS, undefined);
  askByUdp(refusing, { extra: [ipv4HomeAddress()] }); // 129
  askByUdp(agentOf({ serve: { forceUdp: true } }), { from: PUBLIC, claimed: PUBLIC }); // F
  askByIpv6(agent, { extra: [ipv4HomeAddress()] });
  askByIpv6(agent, { flags: { forceUdpEncapsulation: true } }); // 144
  askByIpv6(agent, { extra: [ipv4CareofAddress(NAT)] });
  const full = agentOf({ budgets: { maxBindings: 1 }, nodes: manyNodes(2) });
  askByUdp(full, { ...as(0), extra: [ipv4HomeAddress()] }); // 128: no room for another entry
}

/** A real home link, where the IPv4 home address is announced and asked for. */
function homeLink(sent: SentFrame[]): void {
  const agent = linkedHomeAgent();
  serveDualStack(agent);
  giveIpv4(agent, HOME_ADDRESS, LINK_IPV4);
  record(sent, agent, ofAgent, TUNNEL_PORT);
  askByIpv6(agent, { extra: [ipv4HomeAddress()] });
  agent.advance(5000);
  const octets = (text: string) => text.split(".").map(Number);
  agent.engine.receiveArp(agent.now, HOME, Uint8Array.of(
    0, 1, 8, 0, 6, 4, 0, 1, ...THEIR_LINK_ADDRESS, ...octets(NEIGHBOUR_IPV4), 0, 0, 0, 0, 0, 0, ...octets(LINK_IPV4),
  ));
}

export function everythingSent(): SentFrame[] {
  const sent: SentFrame[] = [];
  for (const part of [behindNat, withoutNat, byIpv6, acknowledgements, homeLink]) part(sent);
  return sent;
}
