/**
 * Whom a port finds behind an address of its link: neighbour discovery (RFC 4861 §7.2) and ARP (RFC 826),
 * reduced to what others can see.
 *
 *   address ── claimed, by an advertisement with the Override flag or by ARP? ── the port of the claimant
 *           ── had by a port of the link? ── that port (a solicitation would find it, and is spared)
 *           ── nobody's: packets wait, solicitations go out, whoever advertises the address gets them
 *
 * So a home agent that answers for a mobile node (RFC 6275 §10.4.1) gets its packets, and the mobile node
 * gets them back when it announces itself at home (§11.5.5).
 */
import { arpReply, arpRequest, readArp } from "./arp.ts";
import type { Timer } from "./clock.ts";
import { IPV4_ANY, isLinkLocal, isMapped, sameAddress, solicitedNodeOf } from "./ip.ts";
import type { Port } from "./link.ts";
import type { Network } from "./network.ts";

/** RFC 4861 §10. */
const MAX_MULTICAST_SOLICIT = 3;
const RETRANS_TIMER_MS = 1000;
/** Packets that wait for one neighbour; one more takes the place of the oldest (RFC 4861 §7.2.2). */
const MAX_WAITING = 16;

/** A packet that waits for a neighbour, and what is done when there is none. */
interface Waiting {
  readonly packet: Uint8Array;
  readonly unreachable?: () => void;
}

interface Resolution {
  solicitations: number;
  readonly waiting: Waiting[];
  timer?: Timer;
}

/** Who is at which link-layer address, as a port has found out. */
export class Neighbours {
  /** Link-layer addresses that were advertised or configured, by address. */
  private readonly claims = new Map<string, Uint8Array>();
  private readonly resolutions = new Map<string, Resolution>();

  constructor(
    private readonly network: Network,
    private readonly port: Port,
  ) {}

  /** The port that gets what is for `address`, if it is known. */
  find(address: Uint8Array): Port | undefined {
    const { link } = this.port;
    if (!link) return undefined;
    const claim = this.claims.size > 0 ? this.claims.get(keyOf(address)) : undefined;
    if (claim) {
      const claimant = link.portOf(claim);
      if (claimant) return claimant;
      this.claims.delete(keyOf(address)); // it has left: neighbour unreachability detection would notice
    }
    return link.ownerOf(address, this.port);
  }

  /**
   * Says that `linkAddress` has `address`: configured, or from an advertisement. Without `override` a claim
   * that exists stays (RFC 4861 §7.2.5).
   */
  claim(address: Uint8Array, linkAddress: Uint8Array, override = true): void {
    const key = keyOf(address);
    const resolution = this.resolutions.get(key);
    if (override || resolution) this.claims.set(key, linkAddress);
    if (!resolution) return;
    this.end(key, resolution);
    for (const { packet, unreachable } of resolution.waiting) this.port.send(packet, address, unreachable);
  }

  /** RFC 826: believes what a neighbour says of itself, and answers for the addresses that are ours. */
  hearArp(message: Uint8Array, isOurs: (address: Uint8Array) => boolean): void {
    const { port } = this;
    const { isRequest, sender, senderLink, target } = readArp(message);
    if (!sameAddress(sender, IPV4_ANY) && !isOurs(sender)) this.claim(sender, senderLink);
    if (!isRequest || !isOurs(target)) return;
    port.sendArp(arpReply(port.linkAddress, target, senderLink, sender), senderLink);
  }

  /** Asks for `address` while `packet` waits; `unreachable` is called when nobody answers. */
  resolve(packet: Uint8Array, address: Uint8Array, unreachable?: () => void): void {
    const key = keyOf(address);
    let resolution = this.resolutions.get(key);
    if (!resolution) {
      resolution = { solicitations: 0, waiting: [] };
      this.resolutions.set(key, resolution);
      this.solicit(key, address, resolution);
    }
    if (resolution.waiting.length === MAX_WAITING) this.drop(resolution.waiting.shift()!.packet);
    resolution.waiting.push({ packet, unreachable });
  }

  /** The port leaves its link: nothing of it counts any more. */
  clear(): void {
    this.claims.clear();
    for (const [key, resolution] of this.resolutions) {
      this.end(key, resolution);
      for (const { packet } of resolution.waiting) this.drop(packet);
    }
  }

  private solicit(key: string, address: Uint8Array, resolution: Resolution): void {
    const { network, port } = this;
    resolution.timer = network.clock.after(RETRANS_TIMER_MS, () => {
      if (resolution.solicitations < MAX_MULTICAST_SOLICIT) return this.solicit(key, address, resolution);
      this.end(key, resolution);
      for (const { packet, unreachable } of resolution.waiting) {
        this.drop(packet);
        unreachable?.();
      }
    });
    resolution.solicitations++;
    const { addresses } = port;
    if (isMapped(address)) {
      const own = addresses.find((own) => isMapped(own.address));
      if (own) port.sendArp(arpRequest(port.linkAddress, own.address, address));
      return;
    }
    const source = addresses.find((own) => isLinkLocal(own.address)) ?? addresses[0];
    if (!source) return; // who has no address cannot ask
    const group = solicitedNodeOf(address);
    const asked = network.packets.neighbourSolicitation(source.address, group, address, port.linkAddress);
    port.send(asked, group);
  }

  private end(key: string, resolution: Resolution): void {
    resolution.timer?.cancel();
    this.resolutions.delete(key);
  }

  private drop(packet: Uint8Array): void {
    const { port } = this;
    this.network.drop(port.owner.name, port.link?.name ?? port.name, "nobody has the address", packet);
  }
}

function keyOf(address: Uint8Array): string {
  return String.fromCharCode(...address);
}
