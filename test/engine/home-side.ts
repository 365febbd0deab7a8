/** A home agent's side made by hand, packet by packet: answers that a mobile node believes, and others. */
import { type LayerInput, type Layer, valueOf } from "../../bindings/codec.ts";
import { ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT, type Node, type Sent } from "./harness.ts";
import { sign } from "./messages.ts";
import { addresses, codec, routerAdvertisement } from "./network.ts";

/** A message among what a node sent. */
export interface SentMessage {
  packet: Uint8Array;
  layers: Layer[];
  message: Layer;
  source: string;
  destination: string;
  /** In the Home Address option. */
  home?: string;
  atMs: number;
}

/** The messages with this name among what the node sent since the last call; the others are lost. */
export function takeMessages(node: Node, name: string): SentMessage[] {
  return messagesIn(node.take(), node.now, name);
}

function messagesIn(sent: Sent[], atMs: number, name: string): SentMessage[] {
  return sent.flatMap(({ packet }) => {
    const layers = codec.dissect(packet);
    const message = layers.find((layer) => layer.name === name);
    if (!message) return [];
    const [source, destination] = addresses(packet);
    const option = layers.flatMap(({ options }) => options).find((each) => each.name === "home-address");
    return [{ packet, layers, message, source, destination, home: option && (valueOf(option, "address") as string), atMs }];
  });
}

/**
 * Lets time pass in steps and collects those messages, with the time of each. The router of the visited network
 * answers when it is asked, so that silence of the home agent is the home agent's; with `accept` that one accepts
 * every Binding Update.
 */
export function collect(
  node: Node, name: string, forMs: number, { stepMs = 10, prefix = "2001:db8:a::", accept = false } = {},
): SentMessage[] {
  const all: SentMessage[] = [];
  const step = () => {
    const sent = node.take();
    all.push(...messagesIn(sent, node.now, name));
    if (messagesIn(sent, node.now, "router-solicitation").length > 0) node.receive(ACCESS, routerAdvertisement(prefix));
    if (accept) for (const update of messagesIn(sent, node.now, "binding-update")) node.receive(ACCESS, acknowledge(update));
  };
  for (const until = node.now + forMs; node.now < until; node.advance(stepMs)) step();
  step();
  return all;
}

/** Answers a Binding Update as the home agent that it went to, signed. */
export function acknowledge(update: SentMessage, { status = 0, lifetimeS }: { status?: number; lifetimeS?: number } = {}): Uint8Array {
  const timestamp = valueOf(update.message.options.find(({ name }) => name === "replay-protection")!, "timestamp") as bigint;
  const make = (authenticationData: Uint8Array) => codec.encode([
    { name: "ipv6", fields: { source: update.destination, destination: update.source, hopLimit: 64 } },
    { name: "routing-type2", fields: { homeAddress: update.home! } },
    {
      name: "binding-acknowledgement",
      fields: {
        status, sequence: valueOf(update.message, "sequence") as number,
        lifetime: lifetimeS === undefined ? (valueOf(update.message, "lifetime") as number) : lifetimeS / 4,
      },
      options: [
        { name: "replay-protection", fields: { timestamp } },
        { name: "mobility-message-authentication", fields: { subtype: 1, securityParametersIndex: 300, authenticationData } },
      ],
    },
  ]);
  return make(sign(make(new Uint8Array(12)), update.source, update.home!));
}

export interface Reply { source?: string; destination?: string; identifier: number; addresses: string[]; code?: number }

/** A Home Agent Address Discovery Reply. */
export function discoveryReply({ source = HOME_AGENT, destination = CAREOF, identifier, addresses: list, code = 0 }: Reply): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source, destination, hopLimit: 64 } },
    { name: "home-agent-address-discovery-reply", fields: { code, identifier, address: list } },
  ]);
}

export interface Prefix { prefix: string; length?: number; valid?: number; preferred?: number; autonomous?: boolean; router?: boolean }
export interface Advertisement {
  source?: string; destination?: string; home?: string | null; identifier: number; prefixes: Prefix[]; extra?: LayerInput[];
}

/** A Mobile Prefix Advertisement; `home` null: without a type 2 routing header. */
export function prefixAdvertisement(
  { source = HOME_AGENT, destination = CAREOF, home = HOME_ADDRESS, identifier, prefixes, extra = [] }: Advertisement,
): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source, destination, hopLimit: 64 } },
    ...(home === null ? [] : [{ name: "routing-type2", fields: { homeAddress: home } }]),
    {
      name: "mobile-prefix-advertisement", fields: { identifier }, options: [
        ...extra,
        ...prefixes.map(({ prefix, length = 64, valid = 86_400, preferred = valid, autonomous = true, router = false }) => ({
          name: "prefix-information",
          fields: { prefix, prefixLength: length, onLink: true, autonomous, routerAddress: router, validLifetime: valid, preferredLifetime: preferred },
        })),
      ],
    },
  ]);
}

/** The identifier of a discovery or prefix message. */
export function identifierOf({ message }: SentMessage): number {
  return valueOf(message, "identifier") as number;
}
