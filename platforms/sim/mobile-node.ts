/**
 * A simulated mobile node: applications on the home address, uplinks that come and go. A link may be its home
 * link: then the core orders the home address onto the port, and what comes from it goes by the routes.
 */
import { parseIpv4Address } from "../../bindings/address.ts";
import {
  CORRESPONDENT_DEFAULTS, type CorrespondentSettings, type MobileNodeSettings, type ProbeSettings, REACH_DEFAULTS,
  type ReachSettings, ROUTE_OPTIMISATION_DEFAULTS, type RouteOptimisationSettings, probe, setCorrespondent,
  setMobileNode, setReach, setRouteOptimisation, shutdown,
} from "../../bindings/commands.ts";
import { Role } from "../../bindings/engine.ts";
import {
  type BindingStatus, type PeerStatus, readBindings, readPeers, readRefusals, readUpdates, readUplinks,
  type RefusalCount, type UpdateStatus, type UplinkStatus,
} from "../../bindings/status.ts";
import type { NodeEngine } from "./engine.ts";
import { sameAddress, sourceOf } from "./ip.ts";
import type { Link, Port } from "./link.ts";
import type { Network } from "./network.ts";
import { CoreNode } from "./node.ts";
import type { Device } from "./routes.ts";

/** What a mobile node does with its correspondents; absent: all packets go through the home agent. */
export interface RouteOptimisation {
  /** With whom it wants optimised routes. */
  routes?: Partial<RouteOptimisationSettings>;
  /** What it answers as a correspondent node of other mobile nodes. */
  correspondent?: Partial<Omit<CorrespondentSettings, "addresses">>;
}

export class MobileNode extends CoreNode {
  readonly uplinks: Port[];
  private atHome = false;
  /** Of the core's UDP sockets: one for each uplink. */
  private readonly udpPorts = new Map<Device, number>();

  /**
   * A mobile node with `uplinkCount` ports, the first one preferred, none in a link; `start` switches it on.
   */
  constructor(
    network: Network,
    name: string,
    readonly settings: MobileNodeSettings,
    uplinkCount = 1,
    private optimisation: RouteOptimisation = {},
    private reach?: Partial<ReachSettings>,
  ) {
    super(network, name, Role.MobileNode);
    this.uplinks = Array.from({ length: uplinkCount }, (_, index) => this.addPort(`uplink ${index + 1}`));
    const random = network.random(`ports ${name}`);
    for (const port of this.uplinks) this.udpPorts.set(port, random.integer(49_152, 65_535));
  }

  /** Pulls the cable and, `gapMs` later, puts it into another link. */
  move(link: Link, gapMs = 0, port = this.uplinks[0]): void {
    this.detach(port);
    this.network.clock.after(gapMs, () => this.attach(link, port));
  }

  /** Ends well: the core deregisters, which takes a round trip. */
  shutdown(): void {
    this.network.note(this.name, "shuts down");
    this.withCore(shutdown);
  }

  /** Changes with whom the node wants optimised routes, now and after every restart. */
  setRouteOptimisation(routes: Partial<RouteOptimisationSettings>): void {
    this.optimisation = { ...this.optimisation, routes };
    this.withCore((engine, nowMs) => setRouteOptimisation(engine, complete(routes), nowMs));
  }

  /** Changes how the home agent may be reached, now and after every restart. */
  setReach(settings: Partial<ReachSettings>): void {
    this.reach = { ...this.reach, ...settings };
    this.withCore((engine, nowMs) => setReach(engine, { ...REACH_DEFAULTS, ...this.reach }, nowMs));
  }

  /** Asks what a path to the home agent lets through. */
  probe(settings: ProbeSettings): void {
    this.withCore((engine, nowMs) => probe(engine, settings, nowMs));
  }

  get homeAddress(): Uint8Array {
    return this.settings.homeAddress;
  }

  /** By IPv4, IPv4-mapped; undefined: none. */
  get ipv4HomeAddress(): Uint8Array | undefined {
    const { registration } = this;
    const text = registration?.ipv4HomeAddress;
    return text === undefined || registration?.ipv4Status !== 0 ? undefined : parseIpv4Address(text);
  }

  /** The home registration; undefined while the node is down. */
  get registration(): UpdateStatus | undefined {
    return this.engine ? readUpdates(this.engine)[0] : undefined;
  }

  get registered(): boolean {
    return this.registration?.state === "Registered";
  }

  get uplinkStatus(): UplinkStatus[] {
    return this.engine ? readUplinks(this.engine) : [];
  }

  /** Correspondent nodes, and whether packets take the direct way to them. */
  get peers(): PeerStatus[] {
    return this.engine ? readPeers(this.engine) : [];
  }

  /** Mobile nodes whose correspondent node this one is. */
  get bindings(): BindingStatus[] {
    return this.engine ? readBindings(this.engine) : [];
  }

  /** Whether the core says that the node is on its home link. */
  get isAtHome(): boolean {
    return this.atHome;
  }

  get refusals(): RefusalCount[] {
    return this.engine ? readRefusals(this.engine) : [];
  }

  /**
   * Away from home, what has a home address as its source goes into the tunnel, whatever the routes say.
   */
  override send(packet: Uint8Array, except?: Device): void {
    const isTunnelled = !this.atHome && except !== this.tunnel;
    if (isTunnelled && this.isHomeAddress(sourceOf(packet))) this.tunnel.send(packet);
    else super.send(packet, except);
  }

  /** Whether an address is one of the tunnel's: the home address, or the IPv4 one. */
  private isHomeAddress(address: Uint8Array): boolean {
    return sameAddress(address, this.homeAddress) ||
      this.tunnel.addresses.some((own) => sameAddress(own.address, address));
  }

  override datagramPort(device?: Device): number | undefined {
    return device && this.udpPorts.get(device);
  }

  override useTunnel(use: boolean): void {
    this.atHome = !use;
  }

  protected override setUpKernel(): void {
    this.atHome = false;
    this.addAddress(this.tunnel, this.homeAddress, 128);
    const ipv4 = this.reach?.ipv4HomeAddress;
    if (ipv4 instanceof Uint8Array) this.addAddress(this.tunnel, ipv4, 128); // a dynamic one is the core's to add
  }

  protected override configure(engine: NodeEngine, nowMs: number): void {
    const { routes, correspondent } = this.optimisation;
    setMobileNode(engine, this.settings, nowMs);
    if (this.reach) setReach(engine, { ...REACH_DEFAULTS, ...this.reach }, nowMs);
    if (routes) setRouteOptimisation(engine, complete(routes), nowMs);
    if (correspondent) {
      setCorrespondent(engine, { ...CORRESPONDENT_DEFAULTS, addresses: [], ...correspondent }, nowMs);
    }
  }
}

function complete(routes: Partial<RouteOptimisationSettings>): RouteOptimisationSettings {
  return { ...ROUTE_OPTIMISATION_DEFAULTS, rules: [], ...routes };
}
