/**
 * Networks that a mobile node visits, of the kinds that people meet. Their routers stand between the backbone
 * and the visited link; those with a NAT all have the same addresses inside.
 */
import { parseAddress, parseIpv4Address } from "../../bindings/address.ts";
import { DROP_IPV4_TUNNELS, DROP_IPV6_TUNNELS, DROP_MOBILITY_HEADERS, DROP_UDP, Firewall } from "./firewall.ts";
import { IPV4_ANY, UNSPECIFIED } from "./ip.ts";
import { Leases } from "./leases.ts";
import type { Conditions, Link, Port } from "./link.ts";
import type { NatSettings } from "./nat-mappings.ts";
import { Nat } from "./nat.ts";
import type { Network } from "./network.ts";
import { type Advertising, advertisedPrefix, Router } from "./router.ts";

/** Kinds of networks that people meet. */
export const VISITED_KINDS = [
  /** IPv6 alone. */
  "ipv6",
  /** IPv6 and public IPv4. */
  "dual-stack",
  /** Public IPv4 alone. */
  "ipv4",
  /** IPv4 behind a NAT. */
  "nat",
  /** The same, with a NAT that forgets after 30 s without packets from inside. */
  "short-nat",
  /** The same, with a firewall that drops UDP for a while after somebody has come (`blockUdp`). */
  "blocked-nat",
  /** IPv6 alone, with a firewall that drops Mobility Headers and tunnels: UDP passes. */
  "udp-ipv6",
] as const;
/** One of them. */
export type VisitedKind = (typeof VISITED_KINDS)[number];

/** One visited network. */
export interface Visited {
  readonly kind: VisitedKind;
  readonly link: Link;
  readonly router: Router;
  /** The router's port in `link`. */
  readonly port: Port;
  /** The router itself, where it is one. */
  readonly nat?: Nat;
}

/** Where visited networks are connected. */
export interface Backbone {
  readonly link: Link;
  readonly router: Router;
  /** The router's address there, and by IPv4; absent: there is no IPv4. */
  readonly address: string;
  readonly ipv4Address?: string;
}

export interface VisitedSettings {
  access?: Partial<Conditions>;
  advertising?: Partial<Advertising>;
  nat?: Partial<NatSettings>;
}

const INSIDE_NAT = "192.168.1.1";
const SHORT_NAT: Partial<NatSettings> = { timeoutMs: 30_000, inboundRefreshes: false };

/** Builds visited network `number` on a backbone. */
export function buildVisited(
  network: Network, backbone: Backbone, number: number, kind: VisitedKind, settings: VisitedSettings,
): Visited {
  const link = network.link(`visited ${number}`, settings.access);
  const name = `visited router ${number}`;
  const natSettings = { ...settings.nat, ...(kind === "short-nat" ? SHORT_NAT : {}) };
  const router = isNat(kind) ? new Nat(network, name, natSettings) : new Router(network, name);
  const ports: Port[] = [];
  if (hasIpv6(kind)) ports.push(connectIpv6(backbone, number, link, router, settings));
  if (hasIpv4(kind)) ports.push(connectIpv4(backbone, number, link, router));
  const port = ports[0];
  if (kind === "udp-ipv6") {
    const rules = [DROP_MOBILITY_HEADERS, DROP_IPV6_TUNNELS, DROP_IPV4_TUNNELS];
    router.firewall = new Firewall(network.clock, [port], rules);
  }
  if (kind === "blocked-nat") router.firewall = new Firewall(network.clock, [port], [], { stateful: false });
  return { kind, link, router, port, ...(router instanceof Nat && { nat: router }) };
}

/** Drops all UDP in both directions for a while. */
export function blockUdp({ router }: Visited, durationMs: number): void {
  const { firewall, network } = router;
  if (!firewall) throw new Error(`${router.name} has no firewall`);
  firewall.rules = [...firewall.rules, DROP_UDP];
  network.clock.after(durationMs, () => {
    firewall.rules = firewall.rules.filter((rule) => rule !== DROP_UDP);
  });
}

/** Whether a network of that kind is behind a NAT. */
export function isNat(kind: VisitedKind): boolean {
  return kind === "nat" || kind === "short-nat" || kind === "blocked-nat";
}

function hasIpv6(kind: VisitedKind): boolean {
  return kind === "ipv6" || kind === "dual-stack" || kind === "udp-ipv6";
}

function hasIpv4(kind: VisitedKind): boolean {
  return kind !== "ipv6" && kind !== "udp-ipv6";
}

/** 2001:db8:101::/64 behind 2001:db8::101, and so on. */
function connectIpv6(
  backbone: Backbone, number: number, link: Link, router: Router, settings: VisitedSettings,
): Port {
  const prefixText = `2001:db8:${(0x100 + number).toString(16)}::`;
  const prefix = parseAddress(prefixText);
  const outside = `2001:db8::${(0x100 + number).toString(16)}`;
  const uplink = router.connect(backbone.link, outside);
  const gateway = parseAddress(backbone.address);
  router.addRoute({ prefix: UNSPECIFIED, lengthBits: 0, device: uplink, gateway });
  const [towardsVisited] = backbone.router.devices;
  backbone.router.addRoute({ prefix, lengthBits: 64, device: towardsVisited, gateway: parseAddress(outside) });
  const port = router.connect(link, `${prefixText}1`);
  router.advertise(port, [advertisedPrefix(prefix)], settings.advertising);
  return port;
}

/** 198.18.1.0/24 behind 192.0.2.17, and so on; or 192.168.1.0/24 behind a NAT there. */
function connectIpv4(backbone: Backbone, number: number, link: Link, router: Router): Port {
  if (backbone.ipv4Address === undefined) throw new Error("this backbone has no IPv4");
  const outside = parseIpv4Address(`192.0.2.${16 + number}`);
  const [existing] = router.devices as Port[];
  const uplink = existing ?? router.addPort(backbone.link.name);
  if (!existing) uplink.attach(backbone.link);
  router.addAddress(uplink, outside, 96 + 24);
  const gateway = parseIpv4Address(backbone.ipv4Address);
  router.addRoute({ prefix: IPV4_ANY, lengthBits: 96, device: uplink, gateway });
  const inside = router instanceof Nat ? INSIDE_NAT : `198.18.${number}.1`;
  link.leases = new Leases(inside);
  if (router instanceof Nat) {
    router.useOutside(uplink, outside);
  } else {
    const prefix = parseIpv4Address(`198.18.${number}.0`);
    const [towardsVisited] = backbone.router.devices;
    backbone.router.addRoute({ prefix, lengthBits: 96 + 24, device: towardsVisited, gateway: outside });
  }
  const known = link.ports.find((port) => port.owner === router);
  if (!known) return router.connect(link, inside);
  router.addAddress(known, parseIpv4Address(inside), 96 + 24);
  return known;
}
