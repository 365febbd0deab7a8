/**
 * A router that knows nothing of mobility, but advertises itself often enough for those who move: RFC 4861
 * §6.2 with the intervals and the Advertisement Interval option of RFC 6275 §7.3 and §7.5.
 */
import { parseAddress, parseAnyAddress } from "../../bindings/address.ts";
import type { Timer } from "./clock.ts";
import type { Firewall } from "./firewall.ts";
import { ALL_ROUTERS, isLinkLocal, isMapped, sameAddress } from "./ip.ts";
import type { Link, Port } from "./link.ts";
import type { Network } from "./network.ts";
import type { AdvertisedPrefix } from "./packets.ts";
import type { Random } from "./random.ts";
import type { Device } from "./routes.ts";
import { Stack } from "./stack.ts";

/** What a router says of itself on one link. */
export interface Advertising {
  prefixes: AdvertisedPrefix[];
  /** How long it is a default router, at most 9,000 s; 0: it is none. */
  routerLifetimeMs: number;
  /** MinRtrAdvInterval and MaxRtrAdvInterval; RFC 6275 §7.5 allows 30 and 70. */
  minIntervalMs: number;
  maxIntervalMs: number;
  /** Whether the Advertisement Interval option tells the longest interval (RFC 6275 §7.3). */
  showsInterval: boolean;
  /** MAX_RA_DELAY_TIME: a solicitation is answered within so much (RFC 4861 §10). */
  maxAnswerDelayMs: number;
  /** MIN_DELAY_BETWEEN_RAS: two multicast advertisements are so far apart (RFC 6275 §7.5). */
  minDelayBetweenMs: number;
}

/** RFC 4861 §6.2.1. */
export const ADVERTISING_DEFAULTS = {
  routerLifetimeMs: 1_800_000, minIntervalMs: 3000, maxIntervalMs: 4000, showsInterval: true,
  maxAnswerDelayMs: 500, minDelayBetweenMs: 30,
} as const;

/** The lifetimes that RFC 4861 §6.2.1 gives a prefix. */
export function advertisedPrefix(prefix: Uint8Array, lengthBits = 64): AdvertisedPrefix {
  return { prefix, lengthBits, validLifetimeMs: 2_592_000_000, preferredLifetimeMs: 604_800_000 };
}

/** A router that may advertise itself. */
export class Router extends Stack {
  /** What is asked of every packet that goes through; absent: all may. */
  firewall?: Firewall;
  private readonly advertisers = new Map<Device, Advertiser>();

  constructor(network: Network, name: string) {
    super(network, name);
    this.forwarding = true;
  }

  /** A port in `link` with a link-local address and a global one, or an IPv4 address; /24 of the latter by default. */
  connect(link: Link, address: string, lengthBits?: number): Port {
    const port = this.addPort(link.name);
    const global = parseAnyAddress(address);
    if (isMapped(global)) {
      this.addAddress(port, global, lengthBits ?? 96 + 24);
      port.attach(link);
      return port;
    }
    const linkLocal = parseAddress("fe80::");
    linkLocal.set(global.subarray(8), 8);
    this.addAddress(port, linkLocal, 64);
    this.addAddress(port, global, lengthBits ?? 64);
    port.attach(link);
    return port;
  }

  /** Advertises on a port from now on; again: with other content. */
  advertise(port: Port, prefixes: AdvertisedPrefix[], settings: Partial<Advertising> = {}): void {
    this.advertisers.get(port)?.stop();
    const random = this.network.random(`advertisements ${this.name} ${port.name}`);
    const advertising = { ...ADVERTISING_DEFAULTS, ...settings, prefixes };
    this.advertisers.set(port, new Advertiser(this, port, advertising, random));
  }

  /** Falls silent on a port without a word, as a router that has failed. */
  stopAdvertising(port: Port): void {
    this.advertisers.get(port)?.stop();
  }

  /** Advertises again, as before. */
  resumeAdvertising(port: Port): void {
    this.advertisers.get(port)?.start();
  }

  protected override forward(packet: Uint8Array, from: Device): void {
    if (this.firewall && !this.firewall.passes(packet, from)) {
      return this.network.drop(this.name, from.name, "firewall", packet);
    }
    super.forward(packet, from);
  }

  protected override isMember(device: Device, group: Uint8Array): boolean {
    return sameAddress(group, ALL_ROUTERS) || super.isMember(device, group);
  }

  protected override answerSolicitation(device: Device): void {
    this.advertisers.get(device)?.answer();
  }
}

/** The advertisements of one port: one timer, brought forward by solicitations. */
class Advertiser {
  /** Always the same: receivers share it and must not change it. */
  private readonly packet: Uint8Array;
  private timer?: Timer;
  private lastMs = -Infinity;

  constructor(
    private readonly router: Router,
    private readonly port: Port,
    private readonly settings: Advertising,
    private readonly random: Random,
  ) {
    const { routerLifetimeMs, prefixes, showsInterval, maxIntervalMs } = settings;
    const address = port.addresses.find((own) => isLinkLocal(own.address))!.address;
    const intervalMs = showsInterval ? maxIntervalMs : undefined;
    this.packet = router.network.packets.routerAdvertisement(address, routerLifetimeMs, prefixes, intervalMs);
    this.start();
  }

  start(): void {
    this.timer ??= this.plan(this.random.between(0, this.settings.minIntervalMs));
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** RFC 4861 §6.2.6: multicast, after a random delay, and not too soon after the last one. */
  answer(): void {
    if (!this.timer) return;
    const { clock } = this.router.network;
    const soonestMs = this.lastMs + this.settings.minDelayBetweenMs - clock.nowMs;
    const delayMs = Math.max(soonestMs, this.random.between(0, this.settings.maxAnswerDelayMs));
    if (clock.nowMs + delayMs >= this.timer.atMs) return;
    this.timer.cancel();
    this.timer = this.plan(delayMs);
  }

  private plan(delayMs: number): Timer {
    return this.router.network.clock.after(delayMs, () => this.send());
  }

  private send(): void {
    const { network } = this.router;
    const { settings } = this;
    this.lastMs = network.nowMs;
    this.timer = this.plan(this.random.between(settings.minIntervalMs, settings.maxIntervalMs));
    this.router.sendOn(this.port, this.packet);
  }
}
