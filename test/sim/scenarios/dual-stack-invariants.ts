/**
 * What must hold in every scenario with both families, whatever is lost, doubled, late, crashed, rebooted or
 * blocked. Watched from outside: from the frames on the links.
 */
import { expect } from "vitest";
import { formatAnyAddress } from "../../../bindings/address.ts";
import { isArp } from "../../../platforms/sim/arp.ts";
import {
  destinationOf, ipHeaderBytes, IPV4_IN_IP, IPV6_IN_IP, isIp, nextHeader, sameAddress, sourceOf, UDP,
} from "../../../platforms/sim/ip.ts";
import type { NodeEngine } from "../../../platforms/sim/engine.ts";
import type { CoreNode } from "../../../platforms/sim/node.ts";
import { ipv4HomeAddressOf, type Topology } from "../../../platforms/sim/topology.ts";
import type { TraceRecord } from "../../../platforms/sim/trace.ts";
import { flowOf } from "../../../platforms/sim/transport.ts";

const HOME_AGENT_PORT = 4191;
const UDP_BYTES = 8;

/** What a tunnel packet of the home agent carries. */
function innerOf(packet: Uint8Array): Uint8Array | undefined {
  const protocol = nextHeader(packet);
  const at = ipHeaderBytes(packet);
  const isByUdp = protocol === UDP && flowOf(packet).sourcePort === HOME_AGENT_PORT;
  if (!isByUdp && protocol !== IPV6_IN_IP && protocol !== IPV4_IN_IP) return undefined;
  const inner = packet.subarray(isByUdp ? at + UDP_BYTES : at);
  return isIp(inner) ? inner : undefined;
}

/** Watches a network from its construction; `check` at the end. */
export class DualStackInvariants {
  private readonly homeAddresses = new Set<string>();
  /** Every address that a mobile node has had in a visited network, and those of NATs. */
  private readonly careofAddresses = new Set<string>();
  private readonly visitedLinks: Set<string>;
  private readonly violations: string[] = [];
  private readonly memoryBytes = new Map<NodeEngine, number>();

  constructor(private readonly topology: Topology) {
    topology.mobileNodes.forEach(({ homeAddress }, index) => {
      this.homeAddresses.add(formatAnyAddress(homeAddress));
      this.homeAddresses.add(formatAnyAddress(ipv4HomeAddressOf(index + 1)));
    });
    for (const { nat } of topology.visited) if (nat) this.careofAddresses.add(formatAnyAddress(nat.outsideAddress));
    this.visitedLinks = new Set(topology.visited.map(({ link }) => link.name));
    topology.network.watch((record) => this.look(record));
  }

  /** The lines of all violations; none in a good run. */
  get found(): string {
    return this.violations.join("\n");
  }

  private look(record: TraceRecord): void {
    if (record.kind === "event") {
      const { name, fields } = record.event;
      if (name === "CareofFormed") this.careofAddresses.add(String(fields.careofAddress));
      return;
    }
    if (record.kind !== "frame" || isArp(record.packet) || !isIp(record.packet)) return;
    for (const node of this.topology.mobileNodes) {
      for (const port of node.uplinks) {
        const lease = node.ipv4Of(port);
        if (lease) this.careofAddresses.add(formatAnyAddress(lease.address));
      }
    }
    if (this.visitedLinks.has(record.link)) this.checkLeak(record);
    if (record.from === this.topology.homeAgent.name) this.checkTunnel(record);
  }

  /** Nothing goes through a visited network with a home address as its outer source. */
  private checkLeak({ packet, atMs, from, link }: TraceRecord & { kind: "frame" }): void {
    if (!from.startsWith("mobile node")) return;
    const source = formatAnyAddress(sourceOf(packet));
    if (this.homeAddresses.has(source)) this.violate(atMs, `${from} sent from its home address ${source} on ${link}`);
  }

  /** What the home agent tunnels goes to where a mobile node has been. */
  private checkTunnel({ packet, atMs, link }: TraceRecord & { kind: "frame" }): void {
    if (link === this.topology.homeLink?.name) return;
    const inner = innerOf(packet);
    if (!inner) return;
    const { settings: { address }, ipv4Address } = this.topology.homeAgent;
    const source = sourceOf(inner);
    if (sameAddress(source, address) || sameAddress(source, ipv4Address!)) return; // its own, perhaps an error
    const to = formatAnyAddress(destinationOf(packet));
    if (!this.careofAddresses.has(to)) this.violate(atMs, `a tunnelled packet went to ${to}`);
  }

  private violate(atMs: number, text: string): void {
    this.violations.push(`${(atMs / 1000).toFixed(3)} s: ${text}`);
  }

  /** Takes the size of every core's memory: it must not grow from here on. */
  rememberMemory(): void {
    for (const { engine } of this.cores) {
      if (engine) this.memoryBytes.set(engine, engine.memory.length);
    }
  }

  private get cores(): CoreNode[] {
    return [this.topology.homeAgent, ...this.topology.mobileNodes];
  }

  /** Nothing was violated, no core trapped, no memory grew. */
  check(): void {
    expect(this.violations.slice(0, 20).join("\n")).toBe("");
    for (const node of this.cores) expect(node.recoveries, `traps of ${node.name}`).toBe(0);
    for (const [engine, bytes] of this.memoryBytes) expect(engine.memory.length).toBe(bytes);
  }
}
