/** A simulated mobile node: applications on the home address, uplinks that come and go. */
import { type MobileNodeSettings, setMobileNode, shutdown } from "../../bindings/commands.ts";
import { type Engine, Role } from "../../bindings/engine.ts";
import {
  readRefusals, readUpdates, readUplinks, type RefusalCount, type UpdateStatus, type UplinkStatus,
} from "../../bindings/status.ts";
import { sameAddress, sourceOf } from "./ip.ts";
import type { Link, Port } from "./link.ts";
import type { Network } from "./network.ts";
import { CoreNode } from "./node.ts";

export class MobileNode extends CoreNode {
  readonly uplinks: Port[];

  /**
   * A mobile node with `uplinkCount` ports, the first one preferred, none in a link; `start` switches it on.
   */
  constructor(
    network: Network,
    name: string,
    readonly settings: MobileNodeSettings,
    uplinkCount = 1,
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

  get refusals(): RefusalCount[] {
    return this.engine ? readRefusals(this.engine) : [];
  }

  /** What has the home address as its source goes into the tunnel, whatever the routes say. */
  override send(packet: Uint8Array): void {
    if (sameAddress(sourceOf(packet), this.homeAddress)) this.tunnel.send(packet);
    else super.send(packet);
  }

  protected override setUpKernel(): void {
    this.addAddress(this.tunnel, this.homeAddress, 128);
  }

  protected override configure(engine: Engine, nowMs: number): void {
    setMobileNode(engine, this.settings, nowMs);
  }
}
