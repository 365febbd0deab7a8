/** A mobile node, played by the tester towards its home agent: RFC 6275 §11.7.1, authenticated by RFC 4285. */
import type { LayerInput } from "../../../bindings/codec.ts";
import { authenticated, isAuthenticated, ntpTimestamp, type SharedKey } from "../authentication.ts";
import {
  anyOf, echo, encode, type Envelope, type Fields, homeAddressOption, ipv6, type Matcher, message, type Seen,
} from "../packet.ts";
import type { Tester } from "../tester.ts";

/** How a home registration differs from an ordinary one. */
export interface HomeUpdateOptions {
  /** The IPv6 source; the care-of address. */
  source?: string;
  /** The Home Address option; null: none. */
  home?: string | null;
  /** The Alternate Care-of Address option (RFC 6275 §11.7.1); by default the source; null: none. */
  alternate?: string | null;
  sequence?: number;
  /** Units of 4 s; 150 by default, 0: to deregister. */
  lifetime?: number;
  /** Of the message; `checksum`, `headerLen`, `payloadProto` may be wrong. */
  fields?: Fields;
  /** Options in front of the others. */
  extra?: LayerInput[];
  identity?: string | null;
  timestamp?: bigint | null;
  /** Another key; null: no authentication option. */
  key?: Uint8Array | null;
  /** Between the IPv6 header and the message, instead of the Home Address option. */
  headers?: LayerInput[];
}

export class RegisteringNode {
  /** Of the last Binding Update. */
  sequence = 100;

  constructor(
    readonly tester: Tester,
    readonly homeAgent: string,
    readonly home: string,
    public careof: string,
    readonly security: SharedKey,
  ) {}

  /** A Binding Update to the home agent. */
  bindingUpdate(options: HomeUpdateOptions = {}): Uint8Array {
    const { source = this.careof, lifetime = 150, fields = {}, extra = [], timestamp, key } = options;
    const { home = source === this.home ? null : this.home, alternate = source } = options;
    const { identity = this.security.identity, headers = homeAddressOption(home) } = options;
    this.sequence = options.sequence ?? (this.sequence + 1) & 0xffff;
    const mobilityOptions = [...extra];
    if (alternate !== null) mobilityOptions.push({ name: "alternate-careof-address", fields: { careofAddress: alternate } });
    if (identity !== null) {
      const identifier = new TextEncoder().encode(identity);
      mobilityOptions.push({ name: "mobile-node-identifier", fields: { subtype: 1, identifier } });
    }
    if (timestamp !== null) {
      mobilityOptions.push({ name: "replay-protection", fields: { timestamp: timestamp ?? this.timestamp() } });
    }
    const layers = [ipv6(source, this.homeAgent), ...headers, {
      name: "binding-update",
      fields: { acknowledge: true, homeRegistration: true, sequence: this.sequence, lifetime, ...fields },
      options: mobilityOptions,
    }];
    if (key === null) return encode(...layers);
    return authenticated(layers, { ...this.security, ...(key && { key }) }, alternate ?? source, home ?? source);
  }

  /** Sends a Binding Update and checks its acknowledgement (RFC 6275 §9.5.4, §10.3.1). */
  async update(options: HomeUpdateOptions = {}, status = 0, withinMs = 3000): Promise<Seen> {
    const { source = this.careof, home = source === this.home ? null : this.home } = options;
    const packet = this.bindingUpdate(options);
    const fields: Fields = status === 135 ? { status } : { status, sequence: this.sequence };
    const envelope = { from: this.homeAgent, to: source, route: source === this.home ? null : home };
    const seen = await this.tester.ask(packet, message("binding-acknowledgement", fields, envelope), withinMs);
    const careof = options.alternate ?? source;
    const right = isAuthenticated(seen, "binding-acknowledgement", this.security, careof, this.home);
    this.tester.check(right, "the acknowledgement is authenticated");
    return seen;
  }

  /** An ordinary home registration. */
  register(options: HomeUpdateOptions = {}): Promise<Seen> {
    return this.update(options);
  }

  /** Ends the binding; from home by default. */
  deregister(options: HomeUpdateOptions = {}): Promise<Seen> {
    return this.update({ source: this.home, lifetime: 0, ...options });
  }

  /** An Echo Request to the home agent itself, with a Home Address option. */
  echoRequest(source = this.careof, home: string | null = this.home): Uint8Array {
    return encode(ipv6(source, this.homeAgent), ...homeAddressOption(home), ...echo());
  }

  isEchoReply(careof = this.careof): Matcher {
    return message("echo-reply", {}, { from: this.homeAgent, to: careof, route: this.home });
  }

  isBindingError(status: number, to = this.careof, homeAddress = this.home): Matcher {
    return message("binding-error", { status, homeAddress }, { from: this.homeAgent, to, route: null });
  }

  isAnswer(): Matcher {
    return anyOf(message("binding-acknowledgement"), message("binding-error"));
  }

  /** The home agent has this care-of address for the home address. */
  expectBound(careof = this.careof): Promise<Seen> {
    return this.tester.ask(this.echoRequest(careof), this.isEchoReply(careof));
  }

  /** The home agent does not: Binding Error, no reply. */
  async expectNotBound(careof = this.careof): Promise<void> {
    await this.tester.ask(this.echoRequest(careof), this.isBindingError(1, careof));
    await this.tester.expectNone(message("echo-reply"));
  }

  /** A packet through the tunnel to the home agent; `inner` begins with its IPv6 header. */
  tunnelled(inner: readonly LayerInput[], source = this.careof): Uint8Array {
    return encode(ipv6(source, this.homeAgent), ...inner);
  }

  /** A message that comes through the tunnel from the home agent. */
  isTunnelled(name: string, fields: Fields = {}, envelope: Envelope = {}, careof = this.careof): Matcher {
    return message(name, fields, { ...envelope, tunnel: { from: this.homeAgent, to: careof } });
  }

  /** Now, and later than the last one. */
  private timestamp(): bigint {
    const now = ntpTimestamp(this.tester.subject.unixMs);
    this.lastTimestamp = now > this.lastTimestamp ? now : this.lastTimestamp + 1n;
    return this.lastTimestamp;
  }
  private lastTimestamp = 0n;
}
