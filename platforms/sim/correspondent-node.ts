/** A simulated correspondent node: a host like any other, with a core that knows of mobility. */
import { parseAddress } from "../../bindings/address.ts";
import {
  CORRESPONDENT_DEFAULTS, type CorrespondentSettings, setCorrespondent,
} from "../../bindings/commands.ts";
import { Role } from "../../bindings/engine.ts";
import { type BindingStatus, readBindings, readRefusals, type RefusalCount } from "../../bindings/status.ts";
import type { NodeEngine } from "./engine.ts";
import { UNSPECIFIED } from "./ip.ts";
import type { Link, Port } from "./link.ts";
import type { Network } from "./network.ts";
import { CoreNode } from "./node.ts";

export class CorrespondentNode extends CoreNode {
  readonly port: Port;
  readonly addresses: Uint8Array[];
  private readonly gateway: Uint8Array;

  /**
   * A correspondent node in `link` with `addresses`, the first of which it sends from, and the router
   * `gateway` there; `start` switches it on.
   */
  constructor(
    network: Network,
    name: string,
    link: Link,
    addresses: string[],
    gateway: string,
    private settings: Partial<Omit<CorrespondentSettings, "addresses">> = {},
  ) {
    super(network, name, Role.CorrespondentNode);
    this.addresses = addresses.map(parseAddress);
    this.gateway = parseAddress(gateway);
    this.port = this.addPort(link.name);
    this.port.attach(link);
  }

  get address(): Uint8Array {
    return this.addresses[0];
  }

  /** Changes what the node answers, now and after every restart. */
  setCorrespondent(settings: Partial<Omit<CorrespondentSettings, "addresses">>): void {
    this.settings = settings;
    this.withCore((engine, nowMs) => this.configure(engine, nowMs));
  }

  /** The binding cache; empty while the node is down. */
  get bindings(): BindingStatus[] {
    return this.engine ? readBindings(this.engine) : [];
  }

  get refusals(): RefusalCount[] {
    return this.engine ? readRefusals(this.engine) : [];
  }

  /** Addresses and the way out; the core adds routes into the tunnel for those who have bound one. */
  protected override setUpKernel(): void {
    for (const address of this.addresses) this.addAddress(this.port, address, 64);
    this.addRoute({ prefix: UNSPECIFIED, lengthBits: 0, device: this.port, gateway: this.gateway });
  }

  protected override configure(engine: NodeEngine, nowMs: number): void {
    const { addresses } = this;
    setCorrespondent(engine, { ...CORRESPONDENT_DEFAULTS, ...this.settings, addresses }, nowMs);
  }
}
