/** The simulated network as a host of the conformance suite: every link has the subject and the tester in it. */
import { parseAddress } from "../../bindings/address.ts";
import { CorrespondentNode } from "../../platforms/sim/correspondent-node.ts";
import type { EngineFactory } from "../../platforms/sim/engine.ts";
import { HomeAgent } from "../../platforms/sim/home-agent.ts";
import { type Link, Port, type Receiver } from "../../platforms/sim/link.ts";
import { MobileNode } from "../../platforms/sim/mobile-node.ts";
import { Network } from "../../platforms/sim/network.ts";
import type { CoreNode } from "../../platforms/sim/node.ts";
import type { Configuration, Sent, Subject } from "./subject.ts";

export class Simulator implements Subject {
  readonly host = "simulator";
  private network!: Network;
  private node?: CoreNode;
  /** The tester's port in each link. */
  private readonly ends = new Map<string, Port>();
  private readonly sent: Sent[] = [];

  constructor(
    private readonly core: WebAssembly.Module,
    private readonly seed = 1,
    private readonly engine?: EngineFactory,
  ) {}

  get nowMs(): number {
    return this.network.nowMs;
  }

  get unixMs(): number {
    return this.network.epochMs + this.network.nowMs;
  }

  async start(configuration: Configuration): Promise<void> {
    this.network = new Network({ seed: this.seed, core: this.core, engine: this.engine });
    this.ends.clear();
    this.sent.length = 0;
    this.node = this.build(configuration);
    this.node.start();
  }

  async attach(link: string | undefined): Promise<void> {
    this.node!.detach();
    if (link !== undefined) this.node!.attach(this.link(link));
  }

  async inject(link: string, packet: Uint8Array): Promise<void> {
    const end = this.ends.get(link);
    if (!end) throw new Error(`the subject has no link ${link}`);
    end.link!.transmit(end, packet.slice());
  }

  async next(untilMs: number): Promise<Sent | undefined> {
    const limitMs = Math.max(0, untilMs - this.nowMs);
    if (this.sent.length === 0) this.network.runUntil(() => this.sent.length > 0, limitMs);
    return this.sent.shift();
  }

  async stop(): Promise<void> {
    if (this.node?.running) this.node.crash();
    if (this.node?.recoveries) throw new Error(`the core trapped ${this.node.recoveries} times`);
  }

  private build(configuration: Configuration): CoreNode {
    const { network } = this;
    if (configuration.role === "mobile-node") {
      const { mobileNode, routes, correspondent } = configuration;
      return new MobileNode(network, "subject", mobileNode, 1, { routes, correspondent });
    }
    const { addresses, router } = configuration.attachment;
    const link = this.link(configuration.attachment.link);
    if (configuration.role === "correspondent-node") {
      return new CorrespondentNode(network, "subject", link, [...addresses], router, configuration.correspondent);
    }
    const { homeLink, homeAgent, nodes } = configuration;
    const node = new HomeAgent(network, "subject", homeAgent, link, parseAddress(router), homeLink && {
      link: this.link(homeLink.link), outsideAddress: parseAddress(addresses[0]), settings: homeLink,
    });
    for (const each of nodes) node.addNode(each);
    return node;
  }

  /** The link of that name, with the tester in it. */
  private link(name: string): Link {
    const existing = this.ends.get(name)?.link;
    if (existing) return existing;
    const link = this.network.link(name);
    const tester: Receiver = {
      name: "tester",
      receive: (_, packet) => this.sent.push({ link: name, packet: packet.slice(), atMs: this.nowMs }),
    };
    const end = new Port(this.network, tester, name);
    end.playsOthers = true;
    end.attach(link);
    this.ends.set(name, end);
    return link;
  }
}
