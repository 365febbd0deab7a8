/** A home agent on a real home link, and what its neighbours there say. */
import { parseAddress } from "../../bindings/address.ts";
import type { Layer, LayerInput } from "../../bindings/codec.ts";
import { HOME_LINK_DEFAULTS, type HomeLinkSettings, setDevice, setHomeLink } from "../../bindings/commands.ts";
import { ACCESS, CAREOF, EPOCH, HOME_ADDRESS, HOME_AGENT, type Node, homeAgent } from "./harness.ts";
import { bindingUpdate, ntp } from "./messages.ts";
import { codec } from "./network.ts";
import { concat } from "../internals/load-wire.ts";
import { withChecksum } from "../wire/reference.ts";

export const HOME = 2;
export const LINK_LOCAL = "fe80::1";
export const NEIGHBOUR = "fe80::2";
export const LINK_ADDRESS = Uint8Array.of(2, 0, 0, 0, 0, 1);

/** A home agent whose home link is device HOME; nothing that it sent so far is left. */
export function homeLinkAgent(
  { link, ...settings }: { link?: Partial<HomeLinkSettings> } & Parameters<typeof homeAgent>[0] = {},
): Node {
  const node = homeAgent(settings);
  setDevice(node.engine, { index: HOME, kind: "access", mtu: 1500, up: true, linkAddress: LINK_ADDRESS }, node.now);
  configureLink(node, link);
  return node;
}

export function configureLink(node: Node, link: Partial<HomeLinkSettings> = {}): void {
  setHomeLink(node.engine, { ...HOME_LINK_DEFAULTS, device: HOME, linkLocal: parseAddress(LINK_LOCAL), ...link }, node.now);
}

/** A Router Advertisement of another router of the home link. */
export function advertisement({
  source = NEIGHBOUR, homeAgent: isHomeAgent = true, lifetime = 1800, hopLimit = 255, addresses = ["2001:db8:100::2"],
  valid = 3600, preference, agentLifetime = 600, prefixLength = 64, routerAddress = true,
}: {
  source?: string; homeAgent?: boolean; lifetime?: number; hopLimit?: number; addresses?: string[]; valid?: number;
  preference?: number; agentLifetime?: number; prefixLength?: number; routerAddress?: boolean;
} = {}): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source, destination: "ff02::1", hopLimit } },
    {
      name: "router-advertisement", fields: { hopLimit: 64, routerLifetime: lifetime, homeAgent: isHomeAgent }, options: [
        ...addresses.map((prefix): LayerInput => ({
          name: "prefix-information",
          fields: { prefix, prefixLength, routerAddress, validLifetime: valid, preferredLifetime: valid },
        })),
        ...(preference === undefined ? [] : [{
          name: "home-agent-information", fields: { preference: preference & 0xffff, lifetime: agentLifetime },
        }]),
      ],
    },
  ]);
}

/** A Router Solicitation of a node on the home link. */
export function solicitation({ source = "::", destination = "ff02::2", hopLimit = 255 } = {}): Uint8Array {
  return codec.encode([{ name: "ipv6", fields: { source, destination, hopLimit } }, { name: "router-solicitation" }]);
}

/** The Mobile IPv6 Home-Agents anycast address of the home prefix. */
export const ANYCAST = "2001:db8:100:0:fdff:ffff:ffff:fffe";

/** A Home Agent Address Discovery Request. */
export function discoveryRequest(
  { source = CAREOF, destination = ANYCAST, identifier = 0x1234, code = 0, extra = [] as LayerInput[] } = {},
): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source, destination, hopLimit: 64 } }, ...extra,
    { name: "home-agent-address-discovery-request", fields: { identifier, code } },
  ]);
}

/** A Mobile Prefix Solicitation; `home` null: without a Home Address option. */
export function prefixSolicitation(
  { source = CAREOF, home = HOME_ADDRESS as string | null, identifier = 0x4321, code = 0 } = {},
): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source, destination: HOME_AGENT, hopLimit: 64 } },
    ...(home === null ? [] : [{ name: "destination-options", options: [{ name: "home-address", fields: { address: home } }] }]),
    { name: "mobile-prefix-solicitation", fields: { identifier, code } },
  ]);
}

/** A packet with a multicast listener message behind a Router Alert. */
export function listenerPacket(source: string, destination: string, message: Uint8Array, hopLimit = 1): Uint8Array {
  const from = parseAddress(source);
  const to = parseAddress(destination);
  const payload = concat(Uint8Array.of(58, 0, 5, 2, 0, 0, 1, 0), withChecksum(from, to, message, 58, 2));
  return concat(Uint8Array.of(0x60, 0, 0, 0, payload.length >> 8, payload.length & 255, 0, hopLimit), from, to, payload);
}

/** A packet out of the tunnel from a care-of address. */
export function tunnelled(inner: Uint8Array, careof = CAREOF): Uint8Array {
  return concat(
    Uint8Array.of(0x60, 0, 0, 0, inner.length >> 8, inner.length & 255, 41, 64), parseAddress(careof), parseAddress(HOME_AGENT), inner,
  );
}

/** A report of version 2, through the tunnel, that the node of the harness joins a group. */
export function listenerReport(group: string): Uint8Array {
  const message = concat(Uint8Array.of(143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0), parseAddress(group));
  return tunnelled(listenerPacket(HOME_ADDRESS, "ff02::16", message));
}

/** A layer of a packet as an object; `options` likewise. */
export interface Read { name: string; options: Read[]; problem?: unknown; [field: string]: unknown }

function read(layer: Layer): Read {
  return {
    ...Object.fromEntries(layer.fields.map(({ name, value }) => [name, value])), name: layer.name, problem: layer.problem,
    options: layer.options.map(read),
  };
}

/** The layers of a packet by name. */
export function layersOf(packet: Uint8Array): Record<string, Read> {
  return Object.fromEntries(codec.dissect(packet).map((layer) => [layer.name, read(layer)]));
}

/** The layers called `name` of all packets, taken from the node. */
export function taken(node: Node, name: string): Record<string, Read>[] {
  return node.take().map(({ packet }) => layersOf(packet)).filter((layers) => layers[name]);
}

/** Registers the node of the harness at `careof`; what is answered is thrown away. */
export function bind(
  node: Node, { home = HOME_ADDRESS, careof = CAREOF, sequence = 100, lifetimeS = 600, ...other }: Partial<Parameters<typeof bindingUpdate>[0] & { careof: string }> = {},
): void {
  node.receive(ACCESS, bindingUpdate({ home, source: careof, sequence, lifetimeS, timestamp: ntp(EPOCH + node.now), ...other }));
  node.take();
}

export { ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT };

/** The addresses in the Home Agent Address Discovery Reply that a packet is, in their order. */
export function repliedAddresses(packet: Uint8Array): string[] {
  const reply = codec.dissect(packet).find(({ name }) => name === "home-agent-address-discovery-reply");
  if (!reply) throw new Error(`no reply: ${codec.dissect(packet).map(({ name }) => name)}`);
  return reply.fields.filter(({ name }) => name === "address").map(({ value }) => value as string);
}
