/**
 * The core's own mobile node, home agent and correspondent node, and the network between them: an internet without
 * delay or loss, visited networks, and the home link.
 *
 *   correspondent ── internet ── home agent ── home link ──┐
 *                        │                                 ├── mobile node, at one of them
 *                        └────── visited networks ─────────┘
 */
import { parseAddress, parseAnyAddress } from "../../bindings/address.ts";
import {
  HOME_LINK_DEFAULTS, type HomeLinkSettings, REACH_DEFAULTS, type ReachSettings, setDevice, setHomeLink, setIpv4Uplink, setLink, setReach, setServe,
} from "../../bindings/commands.ts";
import { ANYCAST, HOME, LINK_ADDRESS, LINK_LOCAL } from "./advertising.ts";
import { correspondentNode } from "./correspondent-peer.ts";
import { ACCESS, CORRESPONDENT, HOME_AGENT, Node, TUNNEL, hex, homeAgent } from "./harness.ts";
import { layersOf, returningNode } from "./home-side-link.ts";
import { addresses, routerAdvertisement } from "./network.ts";

const HOME_LINK = "home";
/** Visited networks by their prefix. */
export const [VISITED_A, VISITED_B] = ["2001:db8:a::", "2001:db8:b::"];

export interface Options {
  agent?: Parameters<typeof homeAgent>[0];
  mobile?: Parameters<typeof returningNode>[0];
  /** Of the home agent's home link; without them, the home link is virtual. */
  link?: Partial<HomeLinkSettings>;
  /** How the home agent can be reached over IPv4 as well. */
  reach?: Partial<ReachSettings>;
}

const IPV4_NETWORK = "IPv4";
const AGENT_IPV4 = "192.0.2.1";
const NAT = { address: parseAnyAddress("203.0.113.9"), port: 30_000 };

export class JointNetwork {
  readonly agent: Node;
  readonly mobile: Node;
  readonly correspondent = correspondentNode();
  /** What the hosts of the mobile node and the correspondent node were given. */
  readonly atMobile: Uint8Array[] = [];
  readonly atCorrespondent: Uint8Array[] = [];
  /** Everything that crossed the internet, oldest first. */
  readonly internet: Uint8Array[] = [];
  /** What was sent on the home link, and by whom. */
  readonly homeLink: { from: Node; packet: Uint8Array }[] = [];
  private readonly isVirtual: boolean;
  /** Prefix of the visited network at which the mobile node is, or the home link. */
  private place = "";
  private ipv4: Uint8Array = NAT.address;
  private isBehindNat = false;

  constructor({ agent, mobile, link, reach }: Options = {}) {
    this.isVirtual = !link;
    this.agent = homeAgent(agent);
    this.mobile = returningNode(mobile);
    if (reach) {
      setServe(this.agent.engine, {
        ipv4Address: parseAnyAddress(AGENT_IPV4), refreshMs: 25_000, firstRefreshMs: 25_000, leaseMs: 3_600_000, udpIpv6: true, mayForceUdp: true,
        forceUdp: false, probes: true, pools: [{ first: parseAnyAddress("172.31.0.10"), addresses: 10 }],
      }, this.agent.now);
      setReach(this.mobile.engine, { ...REACH_DEFAULTS, homeAgentIpv4: parseAnyAddress(AGENT_IPV4), ...reach }, this.mobile.now);
    }
    if (link) {
      setDevice(this.agent.engine, { index: HOME, kind: "access", mtu: 1500, up: true, linkAddress: LINK_ADDRESS }, this.agent.now);
      setHomeLink(this.agent.engine, { ...HOME_LINK_DEFAULTS, device: HOME, linkLocal: parseAddress(LINK_LOCAL), ...link }, this.agent.now);
    }
  }

  // ---- the mobile node goes -------------------------------------------------------------------

  visit(prefix = VISITED_A): void { this.go(prefix); }
  comeHome(): void { this.go(HOME_LINK); }

  /** To a network of IPv4 alone, perhaps behind a NAT. */
  visitIpv4(address: string, isBehindNat = false): void {
    this.go(IPV4_NETWORK);
    this.isBehindNat = isBehindNat;
    this.ipv4 = parseAnyAddress(address);
    setIpv4Uplink(this.mobile.engine, ACCESS, this.ipv4, this.mobile.now);
    this.settle();
  }

  private go(place: string): void {
    setLink(this.mobile.engine, ACCESS, false, this.mobile.now);
    this.place = place;
    setLink(this.mobile.engine, ACCESS, true, this.mobile.now);
    this.settle();
  }

  get isOnHomeLink(): boolean { return this.place === HOME_LINK; }

  // ---- hosts ----------------------------------------------------------------------------------

  /** The application of the mobile node sends; the host's routes lead into the tunnel while the node is away. */
  sendFromMobile(packet: Uint8Array): void {
    if (usesTunnel(this.mobile)) this.mobile.receive(TUNNEL, packet);
    else this.fromMobile(packet);
    this.settle();
  }

  sendFromCorrespondent(packet: Uint8Array): void {
    this.fromCorrespondentsHost(packet);
    this.settle();
  }

  // ---- packets --------------------------------------------------------------------------------

  /** Time passes for all, in steps, and packets are carried. */
  pass(ms: number, stepMs = 50): void {
    for (let left = ms; left > 0; left -= stepMs) {
      for (const node of [this.mobile, this.agent, this.correspondent]) node.advance(Math.min(left, stepMs));
      this.settle();
    }
  }

  /** Carries packets until nobody has any. */
  settle(): void {
    for (let round = 0; round < 50; round++) {
      const [mobile, agent, correspondent] = [this.mobile, this.agent, this.correspondent].map((node) => node.take());
      const [up, down] = [this.mobile, this.agent].map((node) => node.datagrams.splice(0));
      if (mobile.length + agent.length + correspondent.length + up.length + down.length === 0) return;
      const own = { address: this.ipv4, port: 50_000 };
      for (const { payload } of up) {
        this.agent.engine.receiveDatagrams(this.agent.now, ACCESS, payload, this.isBehindNat ? NAT : own);
      }
      for (const { payload } of down) {
        this.mobile.engine.receiveDatagrams(this.mobile.now, ACCESS, payload, { address: parseAnyAddress(AGENT_IPV4), port: 4191 });
      }
      for (const { device, packet } of mobile) {
        if (device === TUNNEL) this.atMobile.push(packet);
        else this.fromMobile(packet);
      }
      for (const { device, packet } of agent) {
        if (packet[0] >> 4 === 4) this.mobile.receive(ACCESS, packet);
        else if (device === HOME) this.onHomeLink(this.agent, packet);
        else this.onInternet(packet);
      }
      for (const { device, packet } of correspondent) {
        if (device === TUNNEL) this.atCorrespondent.push(packet);
        else this.onInternet(packet);
      }
    }
    throw new Error("they do not fall silent");
  }

  private fromMobile(packet: Uint8Array): void {
    if (packet[0] >> 4 === 4) this.agent.receive(ACCESS, packet);
    else if (this.place === IPV4_NETWORK) return; // nobody there understands IPv6
    else if (this.isOnHomeLink) this.onHomeLink(this.mobile, packet);
    else if (layersOf(packet).at(-1) === "router-solicitation") this.mobile.receive(ACCESS, routerAdvertisement(this.place));
    else if (!/^f[ef]/.test(addresses(packet)[1])) this.onInternet(packet);
  }

  private fromCorrespondentsHost(packet: Uint8Array): void {
    if (hasRoute(this.correspondent, addresses(packet)[1])) this.correspondent.receive(TUNNEL, packet);
    else this.onInternet(packet);
  }

  private onInternet(packet: Uint8Array): void {
    this.internet.push(packet);
    const destination = addresses(packet)[1];
    if (destination === HOME_AGENT || destination === ANYCAST) this.agent.receive(ACCESS, packet);
    else if (destination === CORRESPONDENT) this.atCorrespondentNode(packet);
    else if (destination.startsWith(this.place)) this.mobile.receive(ACCESS, packet);
    else if (/^2001:db8:[135]00:/.test(destination)) this.toHomePrefix(packet, destination);
  }

  /** The core sees what is its matter; the rest is the host's alone. */
  private atCorrespondentNode(packet: Uint8Array): void {
    if (layersOf(packet)[1].startsWith("echo")) this.atCorrespondent.push(packet);
    else this.correspondent.receive(ACCESS, packet);
  }

  /** The home agent is the router of the home prefixes: into its tunnel, or onto the home link, if there is one. */
  private toHomePrefix(packet: Uint8Array, destination: string): void {
    if (this.isVirtual || hasRoute(this.agent, destination)) this.agent.receive(TUNNEL, packet);
    else this.onHomeLink(this.agent, packet);
  }

  private onHomeLink(from: Node, packet: Uint8Array): void {
    this.homeLink.push({ from, packet });
    const destination = addresses(packet)[1];
    const isGroup = destination.startsWith("ff");
    if (from === this.mobile) {
      if (isGroup || [HOME_AGENT, LINK_LOCAL].includes(destination)) this.agent.receive(HOME, packet);
      else if (!destination.startsWith("fe80")) this.onInternet(packet);
    } else if (this.isOnHomeLink) {
      const isHosts = !isGroup && layersOf(packet)[1].startsWith("echo") && hasAddress(this.mobile, destination);
      if (isHosts) this.atMobile.push(packet);
      else this.mobile.receive(ACCESS, packet);
    }
  }
}

/** True while the last order about the tunnel was to use it; that is so from the start. */
function usesTunnel(node: Node): boolean {
  return !node.network.findLast((order) => /^[+-]tunnel /.test(order))?.startsWith("-");
}

/** True when the node has ordered a route of its host into the tunnel for the address or the prefix around it. */
export function hasRoute(node: Node, address: string): boolean {
  const octets = hex(parseAddress(address));
  const routes = new Set<string>();
  for (const order of node.network) {
    const [, sign, prefix, length] = /^([+-])to \d+ ([0-9a-f]+)\/(\d+)$/.exec(order) ?? [];
    if (sign === "+") routes.add(`${prefix}/${length}`);
    else if (sign === "-") routes.delete(`${prefix}/${length}`);
  }
  return [...routes].some((route) => {
    const [prefix, length] = route.split("/");
    return octets.startsWith(prefix.slice(0, Number(length) / 4));
  });
}

/** True while the node has ordered the address for the uplink. */
export function hasAddress(node: Node, address: string, device = ACCESS): boolean {
  return node.network.findLast((order) => order.slice(1) === `${device} ${hex(parseAddress(address))}`)?.startsWith("+") ?? false;
}
