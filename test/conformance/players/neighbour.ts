/** Messages of neighbour discovery, and a router that is played: RFC 4861 §4, RFC 6275 §7. */
import type { LayerInput } from "../../../bindings/codec.ts";
import { encode, type Fields, ipv6, type Seen } from "../packet.ts";
import type { Tester } from "../tester.ts";

const ALL_NODES = "ff02::1";
const ALL_ROUTERS = "ff02::2";
const NEIGHBOUR_HOP_LIMIT = 255;

function neighbour(source: string, destination: string, message: LayerInput): Uint8Array {
  return encode(ipv6(source, destination, NEIGHBOUR_HOP_LIMIT), message);
}

function linkLayer(which: "source" | "target", linkLayerAddress: string | undefined): LayerInput[] {
  return linkLayerAddress === undefined ? [] : [{ name: `${which}-link-layer-address`, fields: { linkLayerAddress } }];
}

/** The solicited-node multicast address (RFC 4291 §2.7.1) of an address whose last two groups are written out. */
export function solicitedNode(address: string): string {
  const groups = address.split(/::|:/);
  const [high, low] = [groups.at(-2) || "0", groups.at(-1) || "0"].map((group) => group.padStart(4, "0"));
  const before = address.endsWith(`::${groups.at(-1)}`) ? "0000" : high;
  return `ff02::1:ff${before.slice(2)}:${low}`;
}

/** A Neighbour Solicitation; from "::" and without link-layer address: duplicate address detection. */
export function neighbourSolicitation(
  source: string, target: string, linkLayerAddress?: string, destination = solicitedNode(target),
): Uint8Array {
  const options = source === "::" ? [] : linkLayer("source", linkLayerAddress);
  return neighbour(source, destination, { name: "neighbour-solicitation", fields: { target }, options });
}

/** A Neighbour Advertisement; to all nodes unless solicited by somebody. */
export function neighbourAdvertisement(
  source: string, target: string, linkLayerAddress?: string, destination = ALL_NODES, fields: Fields = {},
): Uint8Array {
  const flags = { solicited: destination !== ALL_NODES, override: true, ...fields };
  const options = linkLayer("target", linkLayerAddress);
  return neighbour(source, destination, { name: "neighbour-advertisement", fields: { target, ...flags }, options });
}

export function routerSolicitation(source: string, linkLayerAddress?: string): Uint8Array {
  const options = linkLayer("source", linkLayerAddress);
  return neighbour(source, ALL_ROUTERS, { name: "router-solicitation", options });
}

/** What a Router Advertisement says (RFC 4861 §4.2, RFC 6275 §7). */
export interface Advertisement {
  /** Link-local. */
  source: string;
  destination?: string;
  /** With all its bits, or the router's whole address with `routerAddress`. */
  prefixes: readonly { prefix: string; routerAddress?: boolean; validS?: number; preferredS?: number; fields?: Fields }[];
  routerLifetimeS?: number;
  linkLayerAddress?: string;
  /** The H bit, and the Home Agent Information option. */
  homeAgent?: boolean;
  information?: { preference: number; lifetimeS: number };
  /** Advertisement Interval option. */
  intervalMs?: number;
  fields?: Fields;
}

export function routerAdvertisement(
  { source, destination = ALL_NODES, prefixes, routerLifetimeS = 1800, linkLayerAddress, ...rest }: Advertisement,
): Uint8Array {
  const { homeAgent = false, information, intervalMs, fields } = rest;
  const options: LayerInput[] = linkLayer("source", linkLayerAddress);
  for (const { prefix, routerAddress = false, validS = 86_400, preferredS = 43_200, fields: more } of prefixes) {
    options.push({
      name: "prefix-information",
      fields: {
        prefix, prefixLength: 64, onLink: true, autonomous: true, routerAddress,
        validLifetime: validS, preferredLifetime: preferredS, ...more,
      },
    });
  }
  if (intervalMs !== undefined) options.push({ name: "advertisement-interval", fields: { interval: intervalMs } });
  if (information) {
    const { preference, lifetimeS } = information;
    options.push({ name: "home-agent-information", fields: { preference, lifetime: lifetimeS } });
  }
  const all = { hopLimit: 64, homeAgent, routerLifetime: routerLifetimeS, ...fields };
  return neighbour(source, destination, { name: "router-advertisement", fields: all, options });
}

/** A router of one link: advertises when it is told to or solicited, and says that it is reachable. */
export class PlayedRouter {
  /** A router that is silent answers nobody. */
  silent = false;
  readonly linkLayerAddress: string;

  constructor(
    readonly tester: Tester,
    readonly link: string,
    public advertisement: Advertisement,
  ) {
    this.linkLayerAddress = advertisement.linkLayerAddress ?? "02:00:5e:00:53:01";
    tester.react((seen) => seen.link === link && !this.silent ? this.answer(seen) : undefined);
  }

  /** Sends its advertisement, from now on perhaps another one. */
  async advertise(changes: Partial<Advertisement> = {}): Promise<void> {
    this.advertisement = { ...this.advertisement, ...changes };
    await this.tester.send(routerAdvertisement(this.advertisement), this.link);
  }

  private answer(seen: Seen): Uint8Array | undefined {
    if (seen.layer("router-solicitation")) return routerAdvertisement(this.advertisement);
    const target = String(seen.value("neighbour-solicitation", "target"));
    if (!this.has(target) || seen.source === "::") return undefined;
    const { linkLayerAddress } = this;
    return neighbourAdvertisement(target, target, linkLayerAddress, seen.source, { router: true });
  }

  private has(address: string): boolean {
    const { source, prefixes } = this.advertisement;
    return address === source || prefixes.some(({ prefix, routerAddress }) => routerAddress && prefix === address);
  }
}
