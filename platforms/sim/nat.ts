/**
 * A router with a NAT for IPv4, of any of the kinds of RFC 4787; IPv6 it routes as it is.
 *
 *   from inside   finds or makes the mapping of the source, notes the destination as one that may answer
 *   from outside  finds the mapping of the destination, asks whether the source may answer
 *   hairpin       from inside to an outside address of a mapping: both
 *
 * Masqueraded are UDP, TCP, echo requests with their replies, and ICMP errors about all these.
 */
import type { Link, Port } from "./link.ts";
import { destinationOf, ICMPV4, nextHeader, sameAddress, sourceOf, TCP, UDP } from "./ip.ts";
import { isFragment, isIpv4 } from "./ip4.ts";
import { Mappings, type NatSettings, NAT_DEFAULTS } from "./nat-mappings.ts";
import { rewriteFlow, rewriteQuoted } from "./nat-rewrite.ts";
import type { Network } from "./network.ts";
import type { ErrorContent } from "./messages.ts";
import { Router } from "./router.ts";
import type { Device } from "./routes.ts";
import type { DropReason } from "./trace.ts";
import { flowOf, quotedIn, reversed } from "./transport.ts";

/** A router that translates IPv4 addresses and ports. */
export class Nat extends Router {
  /** A scenario may change them at any time. */
  readonly settings: NatSettings;
  /** The outside port, once `connectOutside` was called. */
  outside!: Port;
  /** IPv4-mapped. */
  outsideAddress!: Uint8Array;
  private readonly mappings: Mappings;

  constructor(network: Network, name: string, settings: Partial<NatSettings> = {}) {
    super(network, name);
    this.settings = { ...NAT_DEFAULTS, ...settings };
    this.mappings = new Mappings(network.clock, network.random(`ports ${name}`), this.settings);
  }

  /** Has its outside address, by IPv4, on this port from now on. */
  useOutside(port: Port, address: Uint8Array): void {
    this.outside = port;
    this.outsideAddress = address;
  }

  /** A port in `link` with the outside address. */
  connectOutside(link: Link, address: string): Port {
    const port = this.connect(link, address);
    this.useOutside(port, port.addresses[0].address);
    return port;
  }

  /** Forgets all mappings: the next packet of each flow gets a new one. */
  reboot(): void {
    this.network.note(this.name, "reboots");
    this.mappings.clear();
    this.firewall?.reboot();
  }

  /** Mappings that have not ended. */
  get mappingCount(): number {
    return this.mappings.count;
  }

  override receive(device: Device, packet: Uint8Array): void {
    if (!isIpv4(packet) || !sameAddress(destinationOf(packet), this.outsideAddress)) {
      return super.receive(device, packet);
    }
    const whole = this.wholeOf(packet);
    if (!whole) return;
    if (device !== this.outside) return this.hairpin(device, whole);
    if (!this.toInside(whole)) return this.notMapped(device, whole);
    super.forward(whole, device);
  }

  /** IPv4 from inside to the outside: fragments are put together, since ports are only in the first. */
  protected override forward(packet: Uint8Array, from: Device): void {
    const leaves = isIpv4(packet) && from !== this.outside &&
      this.routes.find(destinationOf(packet))?.device === this.outside;
    if (!leaves) return super.forward(packet, from);
    const whole = isFragment(packet) ? this.wholeOf(packet) : packet;
    if (!whole) return;
    if (this.firewall && !this.firewall.passes(whole, from)) {
      return this.network.drop(this.name, from.name, "firewall", whole);
    }
    const before = whole.slice();
    const refusal = this.toOutside(whole);
    if (refusal) return this.network.drop(this.name, from.name, refusal, before);
    this.forwardTranslated(whole, from);
  }

  /** An error about a packet that was translated already goes to who sent it. */
  protected override sendError(error: ErrorContent, about: Uint8Array): void {
    const mapping = isIpv4(about) && sameAddress(sourceOf(about), this.outsideAddress)
      ? this.mappings.findOutside(reversed(flowOf(about)))
      : undefined;
    if (!mapping) return super.sendError(error, about);
    const before = about.slice();
    rewriteFlow(before, "source", mapping.inside, mapping.insidePort);
    super.sendError(error, before);
  }

  /** The firewall has been asked about the packet as it was. */
  private forwardTranslated(packet: Uint8Array, from: Device): void {
    const { firewall } = this;
    this.firewall = undefined;
    super.forward(packet, from);
    this.firewall = firewall;
  }

  /** Gives a packet its outside source; or says why not. */
  private toOutside(packet: Uint8Array): DropReason | undefined {
    const quoted = quotedIn(packet);
    if (quoted) { // from a host inside, about a packet that it got
      const mapping = this.mappings.findInside(reversed(flowOf(quoted)));
      if (!mapping) return "no NAT mapping";
      rewriteQuoted(packet, "source", this.outsideAddress, "destination", this.outsideAddress, mapping.outsidePort);
      return undefined;
    }
    const flow = flowOf(packet);
    if (!this.translates(flow.protocol)) return "nothing that a NAT translates";
    const mapping = this.mappings.outbound(flow);
    if (!mapping) return "NAT table full";
    rewriteFlow(packet, "source", this.outsideAddress, mapping.outsidePort);
    return undefined;
  }

  /** Gives a packet its inside destination; false: nobody there has asked for it. */
  private toInside(packet: Uint8Array): boolean {
    const quoted = quotedIn(packet);
    if (quoted) { // about a packet that a host inside sent
      const mapping = this.mappings.findOutside(reversed(flowOf(quoted)));
      if (!mapping) return false;
      rewriteQuoted(packet, "destination", mapping.inside, "source", mapping.inside, mapping.insidePort);
      return true;
    }
    const mapping = this.mappings.inbound(flowOf(packet));
    if (mapping) rewriteFlow(packet, "destination", mapping.inside, mapping.insidePort);
    return mapping !== undefined;
  }

  /** From inside to what is inside behind the outside address (RFC 4787 §6, REQ-9). */
  private hairpin(device: Device, packet: Uint8Array): void {
    const { network, name } = this;
    if (!this.settings.hairpinning) return this.notMapped(device, packet);
    const refusal = this.toOutside(packet);
    if (refusal) return network.drop(name, device.name, refusal, packet);
    if (!this.toInside(packet)) return network.drop(name, device.name, "no NAT mapping", packet);
    this.forwardTranslated(packet, device);
  }

  /** To the outside address, but to nobody inside: the NAT itself answers an echo. */
  private notMapped(device: Device, packet: Uint8Array): void {
    if (nextHeader(packet) === ICMPV4) return this.deliver(device, packet);
    this.network.drop(this.name, device.name, "no NAT mapping", packet);
  }

  private translates(protocol: number): boolean {
    return [UDP, TCP, ICMPV4].includes(protocol) || this.settings.passes.includes(protocol);
  }
}
