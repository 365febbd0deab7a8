/**
 * A correspondent node without the engine (the codec for the layout, Node for the hashes), and a mobile node with
 * its home agent and such correspondents around it.
 */
import { createHash, createHmac } from "node:crypto";
import { parseAddress } from "../../bindings/address.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { ROUTE_OPTIMISATION_DEFAULTS, setLink, setRouteOptimisation, type RouteOptimisationSettings } from "../../bindings/commands.ts";
import { readPeers, type PeerStatus } from "../../bindings/status.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, type Node, TUNNEL, homeAgent, mobileNode } from "./harness.ts";
import { mobilityMessage } from "./messages.ts";
import { addresses, arrive, codec, echo } from "./network.ts";

export const ipv6 = (source: string, destination: string): LayerInput => ({ name: "ipv6", fields: { source, destination, hopLimit: 60 } });
export const homeAddressOption = (address: string): LayerInput =>
  ({ name: "destination-options", options: [{ name: "home-address", fields: { address } }] });
export const routed = (homeAddress: string): LayerInput => ({ name: "routing-type2", fields: { homeAddress } });

/** First (96, HMAC_SHA1 (Kbm, care-of address | correspondent | message without the authenticator)), RFC 6275 §6.2.7. */
export function authenticator(kbm: Uint8Array, careof: string, correspondent: string, message: Uint8Array): Uint8Array {
  const data = message.slice(0, -12);
  data.fill(0, 4, 6);
  return new Uint8Array(createHmac("sha1", kbm).update(parseAddress(careof)).update(parseAddress(correspondent)).update(data).digest().subarray(0, 12));
}

/** What a packet to a correspondent says, if it is a mobility message. */
export interface Message {
  packet: Uint8Array;
  type: "HoTI" | "CoTI" | "BU";
  source: string;
  destination: string;
  home?: string;
  cookie?: bigint;
  sequence?: number;
  lifetimeS?: number;
  flags?: number;
  nonceIndices?: [number, number];
  /** The option types of the message in their order, padding left out. */
  options: number[];
}

export function readMessage(packet: Uint8Array): Message | undefined {
  const layers = codec.dissect(packet);
  const names: Record<string, Message["type"]> = { "home-test-init": "HoTI", "careof-test-init": "CoTI", "binding-update": "BU" };
  const layer = layers.find(({ name }) => name in names);
  if (!layer) return undefined;
  const type = names[layer.name];
  const [source, destination] = addresses(packet);
  const message = mobilityMessage(packet);
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const home = layers.flatMap(({ options }) => options).find(({ name }) => name === "home-address")?.fields.find(({ name }) => name === "address")?.value as string | undefined;
  const options: number[] = [];
  let nonceIndices: [number, number] | undefined;
  for (let at = type === "BU" ? 12 : 16; at < message.length; at += message[at] === 0 ? 1 : 2 + message[at + 1]) {
    if (message[at] > 1) options.push(message[at]);
    if (message[at] === 4) nonceIndices = [view.getUint16(at + 2), view.getUint16(at + 4)];
  }
  return {
    packet, type, source, destination, options, ...(home ? { home } : {}),
    ...(type === "BU" ? { sequence: view.getUint16(6), flags: view.getUint16(8), lifetimeS: view.getUint16(10) * 4, nonceIndices } : { cookie: view.getBigUint64(8) }),
  };
}

export interface AnswerOptions { status?: number; sequence?: number; lifetimeS?: number; kbm?: Uint8Array; signed?: boolean; source?: string; destination?: string; options?: LayerInput[]; routedTo?: string | null }

/** Answers tests and Binding Updates as RFC 6275 §9.4 and §9.5 say. */
export class Correspondent {
  readonly bindings = new Map<string, { careof: string; sequence: number; lifetimeS: number }>();
  /** Messages that came, oldest first. */
  readonly got: Message[] = [];
  /** Payload packets that came, as the wire has them. */
  readonly payload: Uint8Array[] = [];
  silent: Set<Message["type"]> = new Set();
  /** Of the next Binding Acknowledgements. */
  statuses: number[] = [];
  maxLifetimeS = 420;
  kcn = new Uint8Array(20).fill(7);
  nonceIndex = 5;

  constructor(readonly address = CORRESPONDENT) {}

  token(address: string, index: number, which: 0 | 1): Uint8Array {
    const nonce = Uint8Array.of(index, 1, 2, 3, 4, 5, 6, 7);
    return new Uint8Array(createHmac("sha1", this.kcn).update(parseAddress(address)).update(nonce).update(Uint8Array.of(which)).digest().subarray(0, 8));
  }

  kbm(message: Message): Uint8Array {
    const [homeIndex, careofIndex] = message.nonceIndices!;
    const home = message.home ?? message.source;
    const hash = createHash("sha1").update(this.token(home, homeIndex, 0));
    if (message.lifetimeS !== 0) hash.update(this.token(message.source, careofIndex, 1));
    return hash.digest();
  }

  /** True when the Binding Update's authenticator is right. */
  isAuthentic(message: Message): boolean {
    const careof = message.lifetimeS === 0 ? message.home ?? message.source : message.source;
    const octets = mobilityMessage(message.packet);
    return Buffer.from(octets.subarray(-12)).equals(Buffer.from(authenticator(this.kbm(message), careof, this.address, octets)));
  }

  /** Takes a packet; returns the answers. */
  receive(packet: Uint8Array): Uint8Array[] {
    const message = readMessage(packet);
    if (!message) {
      this.payload.push(packet);
      return [];
    }
    this.got.push(message);
    if (this.silent.has(message.type)) return [];
    if (message.type !== "BU") return [this.test(message)];
    const status = this.statuses.shift();
    if (status !== undefined) return [this.acknowledgement(message, { status, signed: status < 136 || status > 138 })];
    if (!this.isAuthentic(message)) return [];
    const home = message.home ?? message.source;
    const known = this.bindings.get(home);
    const ahead = known ? (message.sequence! - known.sequence) & 0xffff : 1;
    if (ahead === 0 || ahead >= 0x8000) return [this.acknowledgement(message, { status: 135, sequence: known!.sequence })];
    const lifetimeS = Math.min(message.lifetimeS!, this.maxLifetimeS);
    if (lifetimeS === 0) this.bindings.delete(home);
    else this.bindings.set(home, { careof: message.source, sequence: message.sequence!, lifetimeS });
    return [this.acknowledgement(message, { lifetimeS })];
  }

  /** The Home or Care-of Test that answers an Init. */
  test(message: Message, { cookie = message.cookie!, source = this.address, destination = message.source, before = [], options = [] as LayerInput[] }:
  { cookie?: bigint; source?: string; destination?: string; before?: LayerInput[]; options?: LayerInput[] } = {}): Uint8Array {
    const kind = message.type === "HoTI" ? "home" : "careof";
    return codec.encode([ipv6(source, destination), ...before, {
      name: `${kind}-test`, options, fields: {
        [`${kind}NonceIndex`]: this.nonceIndex, [`${kind}InitCookie`]: cookie,
        [`${kind}KeygenToken`]: new DataView(this.token(message.source, this.nonceIndex, kind === "home" ? 0 : 1).buffer).getBigUint64(0),
      },
    }]);
  }

  /** The Binding Acknowledgement to an update, or one that only looks like it. */
  acknowledgement(update: Message, {
    status = 0, sequence = update.sequence!, lifetimeS = update.lifetimeS!, kbm = this.kbm(update), signed = true, source = this.address,
    destination = update.source, options = [], routedTo = update.home ?? null,
  }: AnswerOptions = {}): Uint8Array {
    const layers = (data?: Uint8Array): LayerInput[] => [
      ipv6(source, destination), ...(routedTo ? [routed(routedTo)] : []),
      {
        name: "binding-acknowledgement", fields: { status, sequence, lifetime: lifetimeS / 4 },
        options: data ? [...options, { name: "binding-authorization-data", fields: { authenticator: data } }] : options,
      },
    ];
    if (!signed) return codec.encode(layers());
    const careof = update.lifetimeS === 0 ? update.home ?? update.source : update.source;
    return codec.encode(layers(authenticator(kbm, careof, this.address, mobilityMessage(codec.encode(layers(new Uint8Array(12)))))));
  }

  /** A packet to the mobile node: by the direct way when there is a binding. */
  send(octets = 56, home = HOME_ADDRESS): Uint8Array {
    const binding = this.bindings.get(home);
    if (!binding) return echo(this.address, home, octets);
    const plain = codec.dissect(echo(this.address, home, octets));
    return routeDirectly(echo(this.address, home, octets), binding.careof, plain[0].length);
  }
}

/** Puts a type 2 routing header into a packet by hand. */
export function routeDirectly(packet: Uint8Array, careof: string, at = 40): Uint8Array {
  const out = new Uint8Array(packet.length + 24);
  out.set(packet.subarray(0, at));
  out.set([packet[6], 2, 2, 1, 0, 0, 0, 0], at);
  out.set(packet.subarray(24, 40), at + 8);
  out.set(packet.subarray(at), at + 24);
  out[6] = 43;
  out.set(parseAddress(careof), 24);
  new DataView(out.buffer).setUint16(4, out.length - 40);
  return out;
}

/** A mobile node, its home agent, and correspondents, with nothing between them. */
export class World {
  readonly agent = homeAgent();
  readonly mobile: Node;
  readonly peers: Correspondent[];
  /** What the host of the mobile node was given on its tunnel device. */
  delivered: Uint8Array[] = [];
  /** Packets of the mobile node to correspondents, and whether they went through the tunnel. */
  sent: { packet: Uint8Array; tunnelled: boolean }[] = [];
  reachable = new Set([CAREOF, "2001:db8:b::17"]);
  homeAgentAnswers = true;

  constructor(settings: Partial<RouteOptimisationSettings> = {}, peers = [new Correspondent()], { register = true, uplinks = 1 } = {}) {
    this.peers = peers;
    this.mobile = mobileNode({ uplinks });
    this.configure(settings);
    if (register) {
      arrive(this.mobile);
      this.run();
    }
  }

  configure(settings: Partial<RouteOptimisationSettings> = {}): void {
    setRouteOptimisation(this.mobile.engine, { ...ROUTE_OPTIMISATION_DEFAULTS, afterPackets: 1, rules: [], ...settings }, this.mobile.now);
  }

  get peer(): Correspondent { return this.peers[0]; }

  status(address = this.peer.address): PeerStatus | undefined {
    return readPeers(this.mobile.engine).find((peer) => peer.address === address);
  }

  /** Carries packets until all are silent. */
  run(): void {
    for (let round = 0; round < 50; round++) {
      this.mobile.advance(0);
      const sent = this.mobile.take();
      if (sent.length === 0) return;
      for (const { device, packet } of sent) {
        if (device === TUNNEL) this.delivered.push(packet);
        else this.fromMobile(packet);
      }
    }
    throw new Error("they do not fall silent");
  }

  private fromMobile(packet: Uint8Array): void {
    const destination = addresses(packet)[1];
    if (destination === HOME_AGENT) {
      if (!this.homeAgentAnswers) return;
      this.agent.receive(ACCESS, packet);
      for (const each of this.agent.take()) {
        if (each.device === TUNNEL) this.toPeer(each.packet, true);
        else this.toMobile(each.packet);
      }
    } else this.toPeer(packet, false);
  }

  private toPeer(packet: Uint8Array, tunnelled: boolean): void {
    const peer = this.peers.find(({ address }) => address === addresses(packet)[1]);
    if (!peer) return;
    this.sent.push({ packet, tunnelled });
    for (const answer of peer.receive(packet)) this.fromPeer(answer);
  }

  /** A packet in the network: to the home address it goes through the home agent. */
  fromPeer(packet: Uint8Array): void {
    if (addresses(packet)[1] !== HOME_ADDRESS || this.reachable.has(HOME_ADDRESS)) return this.toMobile(packet);
    this.agent.receive(TUNNEL, packet);
    for (const each of this.agent.take()) this.toMobile(each.packet);
  }

  private toMobile(packet: Uint8Array): void {
    if (this.reachable.has(addresses(packet)[1])) this.mobile.receive(ACCESS, packet);
  }

  /** An application of the mobile node sends to the peer. */
  talk(octets = 56, address = this.peer.address): void {
    this.mobile.receive(TUNNEL, echo(HOME_ADDRESS, address, octets));
    this.run();
  }

  /** Time passes, packets are carried. */
  pass(ms: number, stepMs = 250): void {
    for (let left = ms; left > 0; left -= stepMs) {
      this.mobile.advance(Math.min(left, stepMs));
      this.agent.advance(Math.min(left, stepMs));
      this.run();
    }
  }

  /** The uplink leaves its network and comes up in another one. */
  move(prefix = "2001:db8:b::"): void {
    setLink(this.mobile.engine, ACCESS, false, this.mobile.now);
    arrive(this.mobile, prefix);
    this.run();
  }

  /** Until packets take the direct way. */
  optimise(): void {
    this.talk();
    if (!this.status()?.optimised) throw new Error(`not optimised: ${JSON.stringify(this.status())}`);
    this.sent = [];
  }
}
