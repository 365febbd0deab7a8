/**
 * What must hold in every scenario, whatever is lost, doubled, late, crashed or forged. Watched from outside:
 * from the frames on the links, and from what the home agent says it accepted.
 */
import { expect } from "vitest";
import { formatAddress } from "../../../bindings/address.ts";
import { destinationOf, nextHeader } from "../../../platforms/sim/ip.ts";
import type { NodeEngine } from "../../../platforms/sim/engine.ts";
import type { HomeAgent } from "../../../platforms/sim/home-agent.ts";
import type { MobileNode } from "../../../platforms/sim/mobile-node.ts";
import type { Topology } from "../../../platforms/sim/topology.ts";
import type { TraceRecord } from "../../../platforms/sim/trace.ts";

const IPV6_IN_IPV6 = 41;
const HEADER_BYTES = 40;

interface Accepted {
  careofAddress: string;
  atMs: number;
  expiresMs: number;
}

/** Watches a network from its construction; `check` at the end. */
export class Invariants {
  /** Every care-of address that a mobile node itself has had, by home address. */
  private readonly own = new Map<string, Set<string>>();
  /** What the home agent says it has, by home address. */
  private readonly accepted = new Map<string, Accepted>();
  /** How much the home agent's wall clock has been ahead and behind. */
  private aheadMs = 0;
  private behindMs = 0;
  private readonly violations: string[] = [];
  private readonly memoryBytes = new Map<NodeEngine, number>();

  constructor(private readonly topology: Topology) {
    for (const { homeAddress } of topology.mobileNodes) this.own.set(formatAddress(homeAddress), new Set());
    topology.network.watch((record) => this.look(record));
  }

  /** The lines of all violations; none in a good run. */
  get found(): string {
    return this.violations.join("\n");
  }

  private look(record: TraceRecord): void {
    const { homeAgent } = this.topology;
    this.aheadMs = Math.max(this.aheadMs, homeAgent.wallClockErrorMs);
    this.behindMs = Math.max(this.behindMs, -homeAgent.wallClockErrorMs);
    if (record.kind === "frame" && record.from === homeAgent.name) {
      this.checkTunnel(record.packet, record.atMs);
    }
    if (record.kind !== "event") return;
    const { name, fields } = record.event;
    const home = String(fields.homeAddress);
    if (record.node !== homeAgent.name) {
      const node = this.topology.mobileNodes.find((mobileNode) => mobileNode.name === record.node);
      const own = node && this.own.get(formatAddress(node.homeAddress));
      if (name === "CareofFormed") own?.add(String(fields.careofAddress));
      return;
    }
    if (name === "BindingAccepted") {
      this.checkAccepted(home, String(fields.careofAddress), Number(fields.lifetimeS), record.atMs);
    }
    if (name === "BindingEnded") this.accepted.delete(home);
  }

  /** Only a node's own care-of addresses are ever accepted for its home address. */
  private checkAccepted(home: string, careofAddress: string, lifetimeS: number, atMs: number): void {
    this.accepted.set(home, { careofAddress, atMs, expiresMs: atMs + lifetimeS * 1000 });
    if (!this.own.get(home)?.has(careofAddress)) {
      this.violate(atMs, `${home} was bound to the foreign ${careofAddress}`);
    }
  }

  /**
   * What the home agent tunnels goes to a care-of address that was registered, authorised and has not
   * expired.
   */
  private checkTunnel(packet: Uint8Array, atMs: number): void {
    if (nextHeader(packet) !== IPV6_IN_IPV6) return;
    const careofAddress = formatAddress(destinationOf(packet));
    const home = formatAddress(destinationOf(packet.subarray(HEADER_BYTES)));
    if (home.startsWith("ff")) return; // to a group, as the home agent's question for groups
    const binding = this.accepted.get(home);
    const wrong = (why: string) => this.violate(atMs, `packet for ${home} to ${careofAddress}: ${why}`);
    if (!this.own.get(home)?.has(careofAddress)) wrong("that never was the node's");
    else if (binding?.careofAddress !== careofAddress) wrong("not registered");
    else if (binding.expiresMs + this.slackMs(binding) < atMs) wrong("the lifetime is over");
  }

  /**
   * What is kept over a restart is kept in Unix time: the binding's end is as wrong as the clock has been.
   */
  private slackMs(binding: Accepted): number {
    const bootedAtMs = this.topology.network.nowMs - this.topology.homeAgent.monotonicMs;
    return bootedAtMs > binding.atMs ? this.aheadMs + this.behindMs : 0;
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

  private get cores(): (HomeAgent | MobileNode)[] {
    return [this.topology.homeAgent, ...this.topology.mobileNodes];
  }

  /** Nothing was violated, no core trapped, no memory grew. */
  check(): void {
    expect(this.found).toBe("");
    for (const node of this.cores) expect(node.recoveries, `traps of ${node.name}`).toBe(0);
    for (const [engine, bytes] of this.memoryBytes) expect(engine.memory.length).toBe(bytes);
  }
}

/** After quiet: every mobile node is registered, and both sides have the same binding. */
export function expectAgreement(topology: Topology, mobileNodes = topology.mobileNodes): void {
  // What a core tells is from its last call: both are brought to the same moment.
  for (const node of [topology.homeAgent, ...mobileNodes]) {
    node.withCore((engine, nowMs) => engine.tick(nowMs));
  }
  const { bindings } = topology.homeAgent;
  for (const node of mobileNodes) {
    const home = formatAddress(node.homeAddress);
    const registration = node.registration!;
    expect(registration.state, `registration of ${home}`).toBe("Registered");
    const binding = bindings.find((entry) => entry.homeAddress === home);
    expect(binding, `binding of ${home}`).toBeDefined();
    expect(binding!.careofAddress).toBe(registration.careofAddress);
    expect(binding!.sequence).toBe(registration.sequence);
    expect(node.owns(node.uplinks[registration.device! - 1].addresses[0].address)).toBe(true);
    // The home agent must not forget a binding that the mobile node still counts on.
    expect(binding!.remainingMs).toBeGreaterThanOrEqual(registration.remainingMs);
  }
}
