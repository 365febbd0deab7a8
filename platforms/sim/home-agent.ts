/**
 * A simulated home agent. Its home network exists only as a route into its tunnel, or is a real link: then
 * the home agent is a router between that link and the one to everybody else.
 */
import {
  addNode, HOME_LINK_DEFAULTS, type HomeAgentSettings, type HomeLinkSettings, type NodeSettings, removeNode,
  SERVE_DEFAULTS, type ServeSettings, setHomeAgent, setHomeLink, setNodeIpv4, setServe,
} from "../../bindings/commands.ts";
import { parseAddress } from "../../bindings/address.ts";
import { Role } from "../../bindings/engine.ts";
import {
  type BindingStatus, type GroupStatus, type HomeAgentStatus, readBindings, readGroups, readHomeAgents,
  readRefusals, type RefusalCount,
} from "../../bindings/status.ts";
import type { NodeEngine } from "./engine.ts";
import {
  ALL_ROUTERS, destinationOf, IPV4_ANY, isIpv6, isLinkLocal, isMapped, isMulticast, isNeighbourDiscovery, sameAddress,
  UNSPECIFIED,
} from "./ip.ts";
import type { Link, Port } from "./link.ts";
import type { Network } from "./network.ts";
import { CoreNode } from "./node.ts";
import type { Device } from "./routes.ts";

/** RFC 6275 has no values for these: ten minutes, no advice; RFC 4285 §6 has the window. */
export const HOME_AGENT_DEFAULTS = {
  maxLifetimeMs: 600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
} as const;

/** The UDP port of home agents (RFC 5555 §8). */
const UDP_ENCAPSULATION_PORT = 4191;

/** A home agent's IPv4, and what it serves there; addresses are IPv4-mapped. */
export interface DualStack {
  /** Its own address in the link to everybody else, with the router there. */
  readonly address: Uint8Array;
  readonly gateway: Uint8Array;
  /** The prefix of the IPv4 home addresses: it leads into the tunnel, or to the home link. */
  readonly homePrefix: Uint8Array;
  readonly homePrefixBits: number;
  /** Its own address in a real home link. */
  readonly homeLinkAddress?: Uint8Array;
  readonly settings?: Partial<ServeSettings>;
}

/** A real home link. */
export interface HomeLink {
  readonly link: Link;
  /** The home agent's address in the other link. */
  readonly outsideAddress: Uint8Array;
  /** By default the home agent's address behind fe80::/64 and `HOME_LINK_DEFAULTS`. */
  readonly settings?: Partial<Omit<HomeLinkSettings, "device">>;
}

export class HomeAgent extends CoreNode {
  readonly port: Port;
  /** In the home link; absent where it is a virtual one. */
  readonly homePort?: Port;
  private readonly nodes = new Map<number, NodeSettings>();
  private readonly ipv4HomeAddresses = new Map<string, [Uint8Array, Uint8Array | "dynamic" | undefined]>();
  private homeLink?: HomeLink;

  /** A home agent in `link`, whose router there is `gateway`; `start` switches it on. */
  constructor(
    network: Network,
    name: string,
    public settings: HomeAgentSettings,
    link: Link,
    private readonly gateway: Uint8Array,
    homeLink?: HomeLink,
    private dualStack?: DualStack,
  ) {
    super(network, name, Role.HomeAgent);
    this.forwarding = true;
    this.port = this.addPort(link.name);
    this.port.attach(link);
    if (!homeLink) return;
    this.homeLink = homeLink;
    this.homePort = this.addPort(homeLink.link.name);
    this.homePort.attach(homeLink.link);
  }

  /** Lets a mobile node register, now and after every restart. */
  addNode(node: NodeSettings): void {
    this.nodes.set(node.id, node);
    this.withCore((engine, nowMs) => addNode(engine, node, nowMs));
  }

  /** Lets a mobile node register no longer: its bindings end. */
  removeNode(id: number): void {
    this.nodes.delete(id);
    this.withCore((engine, nowMs) => removeNode(engine, id, nowMs));
  }

  /** Changes what is served, now and after every restart. */
  setHomeAgent(settings: Partial<HomeAgentSettings>): void {
    this.settings = { ...this.settings, ...settings };
    this.withCore((engine, nowMs) => setHomeAgent(engine, this.settings, nowMs));
  }

  /** Changes how the home link is served, now and after every restart. */
  setHomeLink(settings: Partial<Omit<HomeLinkSettings, "device">>): void {
    if (!this.homeLink) throw new Error(`${this.name} has a virtual home link`);
    this.homeLink = { ...this.homeLink, settings: { ...this.homeLink.settings, ...settings } };
    this.withCore((engine, nowMs) => setHomeLink(engine, this.homeLinkSettings!, nowMs));
  }

  /** Changes how IPv4 and UDP are served, now and after every restart. */
  setServe(settings: Partial<ServeSettings>): void {
    if (!this.dualStack) throw new Error(`${this.name} has no IPv4`);
    this.dualStack = { ...this.dualStack, settings: { ...this.dualStack.settings, ...settings } };
    this.withCore((engine, nowMs) => setServe(engine, this.serveSettings!, nowMs));
  }

  /** Gives a home address an IPv4 home address, or one of the pool, or none; now and after every restart. */
  setNodeIpv4(homeAddress: Uint8Array, ipv4: Uint8Array | "dynamic" | undefined): void {
    this.ipv4HomeAddresses.set(`${homeAddress}`, [homeAddress, ipv4]);
    this.withCore((engine, nowMs) => setNodeIpv4(engine, homeAddress, ipv4, nowMs));
  }

  /** By IPv4; undefined: none. */
  get ipv4Address(): Uint8Array | undefined {
    return this.dualStack?.address;
  }

  private get serveSettings(): ServeSettings | undefined {
    const { dualStack } = this;
    return dualStack && { ...SERVE_DEFAULTS, ipv4Address: dualStack.address, ...dualStack.settings };
  }

  override datagramPort(): number | undefined {
    return this.dualStack ? UDP_ENCAPSULATION_PORT : undefined;
  }

  override datagramSource(to: Uint8Array): Uint8Array | undefined {
    return isMapped(to) ? this.dualStack?.address : this.settings.address;
  }

  /** The binding cache; empty while the node is down. */
  get bindings(): BindingStatus[] {
    return this.engine ? readBindings(this.engine) : [];
  }

  /** The home agents list (RFC 6275 §10.1). */
  get homeAgents(): HomeAgentStatus[] {
    return this.engine ? readHomeAgents(this.engine) : [];
  }

  /** Groups that mobile nodes have joined through the tunnel. */
  get groups(): GroupStatus[] {
    return this.engine ? readGroups(this.engine) : [];
  }

  get refusals(): RefusalCount[] {
    return this.engine ? readRefusals(this.engine) : [];
  }

  /** One mobile node may write to another: what comes out of the tunnel may go into it again. */
  override route(packet: Uint8Array): void {
    this.send(packet);
  }

  /**
   * On a home link also what neighbours ask of mobile nodes that are away, and what they send to link-local
   * addresses of those (RFC 6275 §10.4.1, §10.4.2).
   */
  protected override isForCore(device: Device, packet: Uint8Array): boolean {
    return super.isForCore(device, packet) || (device === this.homePort && isForAbsent(packet));
  }

  /** Neighbour discovery is never forwarded (RFC 4861 §3.1). */
  protected override forward(packet: Uint8Array, from: Device): void {
    if (isNeighbourDiscovery(packet)) this.network.drop(this.name, this.name, "not for this node", packet);
    else super.forward(packet, from);
  }

  protected override isMember(device: Device, group: Uint8Array): boolean {
    return sameAddress(group, ALL_ROUTERS) || super.isMember(device, group);
  }

  /**
   * Everything that is not home leads out. Home prefixes lead into the tunnel, or to the home link; there the
   * core adds routes into the tunnel for those who are away.
   */
  protected override setUpKernel(): void {
    const { settings: { address, homePrefixes }, homePort } = this;
    this.addRoute({ prefix: UNSPECIFIED, lengthBits: 0, device: this.port, gateway: this.gateway });
    if (homePort) {
      this.addAddress(this.port, this.homeLink!.outsideAddress, 64);
      this.addAddress(homePort, this.homeLinkSettings!.linkLocal, 64);
      this.addAddress(homePort, address, 64);
    } else {
      this.addAddress(this.port, address, 128);
    }
    this.setUpIpv4();
    for (const { address: prefix, length: lengthBits } of homePrefixes) {
      this.addRoute({ prefix, lengthBits, device: homePort ?? this.tunnel });
      this.addAddress(homePort ?? this.port, homeAgentsAnycast(prefix, lengthBits), 128);
    }
  }

  private setUpIpv4(): void {
    const { dualStack, homePort } = this;
    if (!dualStack) return;
    const { address, gateway, homePrefix, homePrefixBits, homeLinkAddress } = dualStack;
    this.addAddress(this.port, address, 96 + 24);
    this.addRoute({ prefix: IPV4_ANY, lengthBits: 96, device: this.port, gateway });
    this.addRoute({ prefix: homePrefix, lengthBits: homePrefixBits, device: homePort ?? this.tunnel });
    if (homePort && homeLinkAddress) this.addAddress(homePort, homeLinkAddress, homePrefixBits);
  }

  protected override configure(engine: NodeEngine, nowMs: number): void {
    setHomeAgent(engine, this.settings, nowMs);
    if (this.homePort) setHomeLink(engine, this.homeLinkSettings!, nowMs);
    if (this.dualStack) setServe(engine, this.serveSettings!, nowMs);
    for (const node of this.nodes.values()) addNode(engine, node, nowMs);
    for (const [homeAddress, ipv4] of this.ipv4HomeAddresses.values()) {
      setNodeIpv4(engine, homeAddress, ipv4, nowMs);
    }
  }

  private get homeLinkSettings(): HomeLinkSettings | undefined {
    if (!this.homePort) return undefined;
    const linkLocal = parseAddress("fe80::");
    linkLocal.set(this.settings.address.subarray(8), 8);
    const { settings } = this.homeLink!;
    return { ...HOME_LINK_DEFAULTS, linkLocal, ...settings, device: this.indexOf(this.homePort) };
  }
}

function isForAbsent(packet: Uint8Array): boolean {
  if (!isIpv6(packet)) return false;
  const destination = destinationOf(packet);
  return !isMulticast(destination) && (isLinkLocal(destination) || isNeighbourDiscovery(packet));
}

/** The anycast address of the home agents of a prefix (RFC 2526 §2, §3): all ones but for the last bit … */
function homeAgentsAnycast(prefix: Uint8Array, lengthBits: number): Uint8Array {
  const anycast = prefix.slice();
  for (let bit = lengthBits; bit < 128; bit++) anycast[bit >> 3] |= 0x80 >> (bit & 7);
  anycast[15] = 0xfe;
  if (lengthBits <= 64) anycast[8] = 0xfd; // … and, in an EUI-64 identifier, the universal/local bit
  return anycast;
}
