/** What home agents tell mobile nodes that are away: RFC 6275 §6.6, §6.8. */
import type { LayerInput } from "../../../bindings/codec.ts";
import { encode, type Envelope, type Fields, ipv6, type Matcher, message, routingHeader, type Seen } from "../packet.ts";
import type { PlayedHomeAgent } from "./home-agent.ts";

/** DHAAD_RETRIES and the timers of RFC 6275 §12, ms. */
export const DHAAD_RETRIES = 4;
export const INITIAL_DHAAD_TIMEOUT_MS = 3000;
export const INITIAL_SOLICIT_TIMER_MS = 3000;

/** The Mobile IPv6 Home-Agents anycast address of 2001:db8:100::/64 (RFC 2526 §2). */
export const HOME_AGENTS_ANYCAST = "2001:db8:100:0:fdff:ffff:ffff:fffe";

/** A Home Agent Address Discovery Request, to the anycast address (RFC 6275 §11.4.1). */
export function isDiscoveryRequest(envelope: Envelope = {}): Matcher {
  const all = { to: HOME_AGENTS_ANYCAST, homeAddress: null, tunnel: null, ...envelope };
  return message("home-agent-address-discovery-request", { code: 0, reserved: 0 }, all);
}

/** The answer to a Home Agent Address Discovery Request: these home agents, the best one first. */
export function discoveryReply(request: Seen, source: string, homeAgents: readonly string[], fields: Fields = {}): Uint8Array {
  const identifier = request.value("home-agent-address-discovery-request", "identifier")!;
  return encode(ipv6(source, request.source), {
    name: "home-agent-address-discovery-reply", fields: { identifier, address: [...homeAgents], ...fields },
  });
}

/** A Mobile Prefix Solicitation from the current care-of address (RFC 6275 §11.4.2). */
export function isPrefixSolicitation({ careof, address, home }: PlayedHomeAgent): Matcher {
  const envelope = { from: careof, to: address, homeAddress: home, tunnel: null };
  return message("mobile-prefix-solicitation", { code: 0, reserved: 0 }, envelope);
}

/** How a Mobile Prefix Advertisement differs from an ordinary one. */
export interface PrefixAdvertisementOptions {
  source?: string;
  destination?: string;
  /** The type 2 routing header; null: none. */
  route?: string | null;
  identifier?: number;
  validS?: number;
  preferredS?: number;
  fields?: Fields;
  extra?: LayerInput[];
}

/** The home prefix, as the home agent advertises it to the mobile node (RFC 6275 §6.8). */
export function prefixAdvertisement(
  homeAgent: PlayedHomeAgent, solicitation: Seen | undefined, options: PrefixAdvertisementOptions = {},
): Uint8Array {
  const { source = homeAgent.address, destination = homeAgent.careof, route = homeAgent.home, extra = [] } = options;
  const asked = solicitation?.value("mobile-prefix-solicitation", "identifier");
  const { identifier = asked ?? 0, validS = 86_400, preferredS = validS, fields = {} } = options;
  return encode(ipv6(source, destination), ...routingHeader(route), {
    name: "mobile-prefix-advertisement", fields: { identifier, ...fields }, options: [...extra, {
      name: "prefix-information",
      fields: {
        prefix: homeAgent.address, prefixLength: 64, onLink: true, autonomous: true, routerAddress: true,
        validLifetime: validS, preferredLifetime: preferredS,
      },
    }],
  });
}
