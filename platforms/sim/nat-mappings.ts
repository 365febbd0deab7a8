/** The table of a NAT: which outside port stands for whom inside, and who may answer (RFC 4787 §4, §5). */
import type { Clock } from "./clock.ts";
import { TCP } from "./ip.ts";
import type { Random } from "./random.ts";
import type { Flow } from "./transport.ts";

/** What a mapping, or a filter, depends on (RFC 4787 §4.1, §5). */
export type Dependence = "endpoint-independent" | "address-dependent" | "address-and-port-dependent";

/** How a NAT behaves (RFC 4787). */
export interface NatSettings {
  /** Which packets of one inside address and port share an outside port: those to anybody, one address, one port. */
  mapping: Dependence;
  /** Who may answer: anybody, who has been written to, or only the very port. */
  filtering: Dependence;
  /** Keeps the port of the inside where it is free; else ports are random. */
  portPreservation: boolean;
  /** Inside hosts reach each other by their outside addresses. */
  hairpinning: boolean;
  /** Without packets a mapping ends after so long. */
  timeoutMs: number;
  /** The same for TCP (RFC 5382 §5). */
  tcpTimeoutMs: number;
  /** Whether packets from outside prolong a mapping as well (RFC 4787 §4.3). */
  inboundRefreshes: boolean;
  maxMappings: number;
  /** Other protocols that pass, for one inside host and each outside one: 41 or 4. */
  passes: readonly number[];
}

/** What RFC 4787 asks of a NAT; but port preservation hides reboots, and is off. */
export const NAT_DEFAULTS: Readonly<NatSettings> = {
  mapping: "endpoint-independent", filtering: "address-dependent", portPreservation: false, hairpinning: true,
  timeoutMs: 300_000, tcpTimeoutMs: 7_440_000, inboundRefreshes: true, maxMappings: 10_000, passes: [],
};

/** Ports that are given out, from here on (RFC 4787 §4.2.2). */
const FIRST_PORT = 1024;
const LAST_PORT = 65_535;

export interface Mapping {
  readonly protocol: number;
  readonly inside: Uint8Array;
  readonly insidePort: number;
  readonly outsidePort: number;
  /** Its key among those of the inside. */
  readonly key: string;
  /** Who may answer. */
  readonly filters: Set<string>;
  usedMs: number;
}

export class Mappings {
  private readonly byInside = new Map<string, Mapping>();
  private readonly byOutside = new Map<string, Mapping>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly settings: NatSettings,
  ) {}

  clear(): void {
    this.byInside.clear();
    this.byOutside.clear();
  }

  get count(): number {
    for (const mapping of [...this.byInside.values()]) this.living(mapping);
    return this.byInside.size;
  }

  /** The mapping of a flow that leaves, made if need be; undefined: the table is full. */
  outbound(flow: Flow): Mapping | undefined {
    const mapping = this.findInside(flow) ?? this.make(flow);
    if (!mapping) return undefined;
    mapping.usedMs = this.clock.nowMs;
    mapping.filters.add(remoteKey(this.settings.filtering, flow.destination, flow.destinationPort));
    return mapping;
  }

  /** The mapping of a flow that comes in, if its source may answer. */
  inbound(flow: Flow): Mapping | undefined {
    const mapping = this.findOutside(flow);
    const mayPass = mapping?.filters.has(remoteKey(this.settings.filtering, flow.source, flow.sourcePort));
    if (!mapping || !mayPass) return undefined;
    if (this.settings.inboundRefreshes) mapping.usedMs = this.clock.nowMs;
    return mapping;
  }

  /** The mapping that a flow from inside has. */
  findInside(flow: Flow): Mapping | undefined {
    return this.living(this.byInside.get(this.insideKey(flow)));
  }

  /** The mapping that a flow to the outside address means. */
  findOutside(flow: Flow): Mapping | undefined {
    return this.living(this.byOutside.get(outsideKey(flow.protocol, flow.destinationPort, this.otherEnd(flow))));
  }

  /** A mapping that has ended is forgotten when somebody looks. */
  private living(mapping: Mapping | undefined): Mapping | undefined {
    if (!mapping) return undefined;
    const { timeoutMs, tcpTimeoutMs } = this.settings;
    const limitMs = mapping.protocol === TCP ? tcpTimeoutMs : timeoutMs;
    if (this.clock.nowMs - mapping.usedMs < limitMs) return mapping;
    this.byInside.delete(mapping.key);
    for (const [key, other] of this.byOutside) if (other === mapping) this.byOutside.delete(key);
    return undefined;
  }

  private make(flow: Flow): Mapping | undefined {
    if (this.byInside.size >= this.settings.maxMappings && this.count >= this.settings.maxMappings) return undefined;
    const { protocol, source: inside, sourcePort: insidePort } = flow;
    const other = this.settings.passes.includes(protocol) ? `${flow.destination}` : "";
    const outsidePort = this.choosePort(protocol, insidePort, other);
    const key = this.insideKey(flow);
    const mapping = { protocol, inside, insidePort, outsidePort, key, filters: new Set<string>(), usedMs: 0 };
    this.byInside.set(key, mapping);
    this.byOutside.set(outsideKey(protocol, outsidePort, other), mapping);
    return mapping;
  }

  /** Protocols without ports have port 0, and one mapping for each outside host: the newest. */
  private choosePort(protocol: number, insidePort: number, other: string): number {
    if (other !== "") return 0;
    const isFree = (port: number) => !this.living(this.byOutside.get(outsideKey(protocol, port, other)));
    if (this.settings.portPreservation && isFree(insidePort)) return insidePort;
    for (;;) {
      const port = this.random.integer(FIRST_PORT, LAST_PORT);
      if (isFree(port)) return port;
    }
  }

  private otherEnd(flow: Flow): string {
    return this.settings.passes.includes(flow.protocol) ? `${flow.source}` : "";
  }

  private insideKey({ protocol, source, sourcePort, destination, destinationPort }: Flow): string {
    const dependence = this.settings.passes.includes(protocol) ? "address-dependent" : this.settings.mapping;
    return `${protocol} ${source} ${sourcePort} ${remoteKey(dependence, destination, destinationPort)}`;
  }
}

function outsideKey(protocol: number, port: number, other: string): string {
  return `${protocol} ${port} ${other}`;
}

/** What of the other end counts. */
function remoteKey(dependence: Dependence, address: Uint8Array, port: number): string {
  switch (dependence) {
    case "endpoint-independent": return "";
    case "address-dependent": return `${address}`;
    case "address-and-port-dependent": return `${address} ${port}`;
  }
}
