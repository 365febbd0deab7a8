/**
 * A simulated mobile node: applications on the home address, uplinks that come and go. A link may be its home
 * link: then the core orders the home address onto the port, and what comes from it goes by the routes.
 */
import {
  CORRESPONDENT_DEFAULTS, type CorrespondentSettings, type MobileNodeSettings, ROUTE_OPTIMISATION_DEFAULTS,
  type RouteOptimisationSettings, setCorrespondent, setMobileNode, setRouteOptimisation, shutdown,
} from "../../bindings/commands.ts";
import { type Engine, Role } from "../../bindings/engine.ts";
import {
  type BindingStatus, type PeerStatus, readBindings, readPeers, readRefusals, readUpdates, readUplinks,
  type RefusalCount, type UpdateStatus, type UplinkStatus,
} from "../../bindings/status.ts";
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

  /**
   * A mobile node with `uplinkCount` ports, the first one preferred, none in a link; `start` switches it on.
   */
  constructor(
    network: Network,
    name: string,
    readonly settings: MobileNodeSettings,
    uplinkCount = 1,
    private optimisation: RouteOptimisation = {},
  ) {
    super(network, name, Role.MobileNode);
    this.uplinks = Array.from({ length: uplinkCount }, (_, index) => this.addPort(`uplink ${index + 1}`));
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

  get homeAddress(): Uint8Array {
    return this.settings.homeAddress;
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
   * Away from home, what has the home address as its source goes into the tunnel, whatever the routes say.
   */
  override send(packet: Uint8Array, except?: Device): void {
    const isTunnelled = !this.atHome && except !== this.tunnel;
    if (isTunnelled && sameAddress(sourceOf(packet), this.homeAddress)) this.tunnel.send(packet);
    else super.send(packet, except);
  }

  override useTunnel(use: boolean): void {
    this.atHome = !use;
  }

  protected override setUpKernel(): void {
    this.atHome = false;
    this.addAddress(this.tunnel, this.homeAddress, 128);
  }

  protected override configure(engine: Engine, nowMs: number): void {
    const { routes, correspondent } = this.optimisation;
    setMobileNode(engine, this.settings, nowMs);
    if (routes) setRouteOptimisation(engine, complete(routes), nowMs);
    if (correspondent) {
      setCorrespondent(engine, { ...CORRESPONDENT_DEFAULTS, addresses: [], ...correspondent }, nowMs);
    }
  }
}

function complete(routes: Partial<RouteOptimisationSettings>): RouteOptimisationSettings {
  return { ...ROUTE_OPTIMISATION_DEFAULTS, rules: [], ...routes };
}
