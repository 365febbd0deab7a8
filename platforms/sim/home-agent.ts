/** A simulated home agent: the router of a home network that exists only as a route into its tunnel. */
import {
  addNode, type HomeAgentSettings, type NodeSettings, removeNode, setHomeAgent,
} from "../../bindings/commands.ts";
import { type Engine, Role } from "../../bindings/engine.ts";
import { type BindingStatus, readBindings, readRefusals, type RefusalCount } from "../../bindings/status.ts";
import { UNSPECIFIED } from "./ip.ts";
import type { Link, Port } from "./link.ts";
import type { Network } from "./network.ts";
import { CoreNode } from "./node.ts";

/** RFC 6275 has no values for these: ten minutes, no advice; RFC 4285 §6 has the window. */
export const HOME_AGENT_DEFAULTS = {
  maxLifetimeMs: 600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
} as const;

export class HomeAgent extends CoreNode {
  readonly port: Port;
  private readonly nodes = new Map<number, NodeSettings>();

  /** A home agent in `link`, whose router there is `gateway`; `start` switches it on. */
  constructor(
    network: Network,
    name: string,
    readonly settings: HomeAgentSettings,
    link: Link,
    private readonly gateway: Uint8Array,
  ) {
    super(network, name, Role.HomeAgent);
    this.forwarding = true;
    this.port = this.addPort(link.name);
    this.port.attach(link);
  }

  /** Lets a mobile node register, now and after every restart. */
  addNode(node: NodeSettings): void {
    this.nodes.set(node.id, node);
    this.withCore((engine, nowMs) => addNode(engine, node, nowMs));
  }

  removeNode(id: number): void {
    this.nodes.delete(id);
    this.withCore((engine, nowMs) => removeNode(engine, id, nowMs));
  }

  /** The binding cache; empty while the node is down. */
  get bindings(): BindingStatus[] {
    return this.engine ? readBindings(this.engine) : [];
  }

  get refusals(): RefusalCount[] {
    return this.engine ? readRefusals(this.engine) : [];
  }

  /** Home prefixes lead into the tunnel, everything else out. */
  protected override setUpKernel(): void {
    this.addAddress(this.port, this.settings.address, 128);
    this.addRoute({ prefix: UNSPECIFIED, lengthBits: 0, device: this.port, gateway: this.gateway });
    for (const { address, length } of this.settings.homePrefixes) {
      this.addRoute({ prefix: address, lengthBits: length, device: this.tunnel });
    }
  }

  protected override configure(engine: Engine, nowMs: number): void {
    setHomeAgent(engine, this.settings, nowMs);
    for (const node of this.nodes.values()) addNode(engine, node, nowMs);
  }
}
