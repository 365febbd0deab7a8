/** A home agent and a mobile node whose packets take each of the four encapsulations, with hands on the tables. */
import { formatAnyAddress, parseAnyAddress } from "../../bindings/address.ts";
import { Encapsulation } from "../../bindings/engine.ts";
import { SERVE_DEFAULTS, setServe } from "../../bindings/commands.ts";
import { addIpv4HomeAddress, buildPaths, moveBinding, moveUpdate } from "../internals/load-paths.ts";
import { ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT, type Node, homeAgent, mobileNode } from "./harness.ts";
import { ipv4, readIpv4 } from "./ipv4-packets.ts";
import { addresses, codec, register } from "./network.ts";

export const HOME_AGENT_IPV4 = "198.51.100.1";
/** The mobile node's own address, and the one and port that a NAT gives it. */
export const CAREOF_IPV4 = "192.168.7.17";
export const NAT_IPV4 = "203.0.113.7";
export const NAT_PORT = 40017;
export const TUNNEL_PORT = 4191;
export const HOME_IPV4 = "198.51.100.17";
export const CORRESPONDENT_IPV4 = "192.0.2.5";

export const ENCAPSULATIONS = [
  ["IPv6", Encapsulation.Ipv6, 40], ["UDP over IPv6", Encapsulation.UdpIpv6, 48],
  ["IPv4", Encapsulation.Ipv4, 20], ["UDP over IPv4", Encapsulation.UdpIpv4, 28],
] as const;

export const isUdp = (encapsulation: Encapsulation) => encapsulation === Encapsulation.UdpIpv6 || encapsulation === Encapsulation.UdpIpv4;
export const isIpv4 = (encapsulation: Encapsulation) => encapsulation >= Encapsulation.Ipv4;

let binary: WebAssembly.Module | undefined;

/** To be called in `beforeAll`. */
export async function build(): Promise<void> {
  binary = await buildPaths();
}

/** Where the home agent sees the mobile node. */
export const careofOf = (encapsulation: Encapsulation) =>
  isIpv4(encapsulation) ? (isUdp(encapsulation) ? NAT_IPV4 : CAREOF_IPV4) : CAREOF;

/** Both, registered natively and then set on a path of this encapsulation, with an IPv4 home address. */
export function pair(encapsulation: Encapsulation, { pathMtu = 1500 } = {}): [mobile: Node, agent: Node] {
  const agent = homeAgent({ binary });
  setServe(agent.engine, { ...SERVE_DEFAULTS, ipv4Address: parseAnyAddress(HOME_AGENT_IPV4), udpIpv6: true }, agent.now);
  const mobile = mobileNode({ binary });
  register(mobile, agent);
  moveBinding(agent.engine, HOME_ADDRESS, careofOf(encapsulation), { port: isUdp(encapsulation) ? NAT_PORT : 0, pathMtu });
  addIpv4HomeAddress(agent.engine, HOME_ADDRESS, HOME_IPV4);
  moveUpdate(mobile.engine, encapsulation, {
    device: ACCESS, careof: isIpv4(encapsulation) ? CAREOF_IPV4 : CAREOF, homeAgentIpv4: HOME_AGENT_IPV4, ipv4Home: HOME_IPV4, pathMtu,
  });
  for (const node of [mobile, agent]) { node.take(); node.datagrams = []; node.events = []; }
  return [mobile, agent];
}

/** An outer header of this encapsulation, as the receiver's host gives it: packets whole, datagrams without it. */
export function carry(
  to: Node, encapsulation: Encapsulation, from: "mobile node" | "home agent", inner: Uint8Array,
  { trafficClass = 0, address = "", port = 0, protocol = inner[0] >> 4 === 4 ? 4 : 41 } = {},
): void {
  const isUp = from === "mobile node";
  const agentEnd = isIpv4(encapsulation) ? HOME_AGENT_IPV4 : HOME_AGENT;
  const nodeEnd = isIpv4(encapsulation) ? CAREOF_IPV4 : CAREOF;
  const source = address || (isUp ? careofOf(encapsulation) : agentEnd);
  if (isUdp(encapsulation)) {
    to.receiveDatagrams(ACCESS, inner, { address: parseAnyAddress(source), port: port || (isUp ? NAT_PORT : TUNNEL_PORT), trafficClass });
  } else if (isIpv4(encapsulation)) {
    to.receive(ACCESS, ipv4({ source, destination: isUp ? agentEnd : nodeEnd, protocol, typeOfService: trafficClass }, inner));
  } else {
    to.receive(ACCESS, codec.encode([
      { name: "ipv6", fields: { source, destination: isUp ? agentEnd : nodeEnd, hopLimit: 64, trafficClass, nextHeader: protocol } },
      { name: "payload", fields: { data: inner } },
    ]));
  }
}

export interface Left { inner: Uint8Array; trafficClass: number; mayFragment: boolean; source: string; destination: string; port: number }

/** The inner packets that a node has sent through its tunnel since the last call, with what is around them. */
export function left(node: Node, encapsulation: Encapsulation): Left[] {
  if (isUdp(encapsulation)) {
    const sent = node.datagrams;
    node.datagrams = [];
    return sent.map(({ payload, address, port, trafficClass, mayFragment }) => (
      { inner: payload, trafficClass, mayFragment, source: "", destination: formatAnyAddress(address), port }
    ));
  }
  return node.take().map(({ packet }) => {
    if (isIpv4(encapsulation)) {
      const outer = readIpv4(packet);
      return {
        inner: outer.payload, trafficClass: outer.typeOfService, mayFragment: !outer.dontFragment, source: outer.source,
        destination: outer.destination, port: 0,
      };
    }
    const [source, destination] = addresses(packet);
    const trafficClass = ((packet[0] & 15) << 4) | (packet[1] >> 4);
    return { inner: packet.slice(40), trafficClass, mayFragment: false, source, destination, port: 0 };
  });
}
