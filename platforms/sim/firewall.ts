/**
 * A stateful firewall of a router: what leaves may come back, what matches a rule may not pass.
 *
 *   packet ── matches a rule? ── dropped
 *          ── leaves? ── passes, and is remembered
 *          ── answers what left not too long ago, or is an error about it? ── passes
 *          ── else ── dropped, unless the firewall is no stateful one
 *
 * IPv4 behind a NAT is seen with its inside addresses.
 */
import type { Clock } from "./clock.ts";
import { MOBILITY, UDP } from "./ip.ts";
import type { Device } from "./routes.ts";
import { flowKey, flowOf, quotedIn, reversed, upperLayer } from "./transport.ts";

/** Drops packets that match. */
export interface FirewallRule {
  readonly name: string;
  /** Whether the rule is about this packet. */
  matches(packet: Uint8Array, leaves: boolean): boolean;
}

/** How a firewall works. */
export interface FirewallSettings {
  /** Whether packets from outside pass only when they answer something. */
  stateful: boolean;
  /** How long an answer may take. */
  timeoutMs: number;
  /** Whether answers keep the way open as well, and not only what leaves. */
  answersRefresh: boolean;
}

/** Stateful, without rules of its own. */
export const FIREWALL_DEFAULTS: Readonly<FirewallSettings> = {
  stateful: true, timeoutMs: 120_000, answersRefresh: true,
};

/** Drops Mobility Headers (RFC 6275 §6.1), also behind extension headers. */
export const DROP_MOBILITY_HEADERS: FirewallRule = dropProtocol("mobility headers", MOBILITY);
/** Drops tunnels of IPv6 in something. */
export const DROP_IPV6_TUNNELS: FirewallRule = dropProtocol("protocol 41", 41);
/** Drops tunnels of IPv4 in something. */
export const DROP_IPV4_TUNNELS: FirewallRule = dropProtocol("protocol 4", 4);
/** Nothing in UDP passes. */
export const DROP_UDP: FirewallRule = dropProtocol("UDP", UDP);
/** Drops packets with any extension header but a Fragment header. */
export const DROP_EXTENSION_HEADERS: FirewallRule = {
  name: "extension headers",
  matches: (packet) => upperLayer(packet).extensions.some((extension) => extension !== 44),
};

/** Drops a protocol, in both directions. */
export function dropProtocol(name: string, protocol: number): FirewallRule {
  return { name, matches: (packet) => upperLayer(packet).protocol === protocol };
}

/** A packet filter in a router. */
export class Firewall {
  /** What is dropped now; a scenario may change it at any time. */
  rules: readonly FirewallRule[];
  private readonly settings: FirewallSettings;
  /** When each flow, as it leaves, was last seen. */
  private readonly flows = new Map<string, number>();

  /** `inside` are the devices behind the firewall. */
  constructor(
    private readonly clock: Clock,
    private readonly inside: readonly Device[],
    rules: readonly FirewallRule[] = [],
    settings: Partial<FirewallSettings> = {},
  ) {
    this.rules = rules;
    this.settings = { ...FIREWALL_DEFAULTS, ...settings };
  }

  /** Forgets all flows, as a reboot does. */
  reboot(): void {
    this.flows.clear();
  }

  /** Whether a packet that came from a device may go on. */
  passes(packet: Uint8Array, from: Device): boolean {
    const leaves = this.inside.includes(from);
    const quoted = quotedIn(packet);
    if (this.rules.some((rule) => rule.matches(packet, leaves))) return false;
    if (!this.settings.stateful) return true;
    const { clock, flows } = this;
    if (leaves) {
      if (!quoted) flows.set(flowKey(flowOf(packet)), clock.nowMs);
      return true;
    }
    const key = flowKey(quoted ? flowOf(quoted) : reversed(flowOf(packet)));
    const seenMs = flows.get(key);
    if (seenMs === undefined) return false;
    if (clock.nowMs - seenMs > this.settings.timeoutMs) return !flows.delete(key);
    if (this.settings.answersRefresh && !quoted) flows.set(key, clock.nowMs);
    return true;
  }
}
