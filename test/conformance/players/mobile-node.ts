/** A mobile node away from home, played by the tester towards a correspondent node: RFC 6275 §5.2, §11.6, §11.7.2. */
import { type LayerInput, valueOf } from "../../../bindings/codec.ts";
import { authenticator, bindingManagementKey, mobilityHeader } from "../authentication.ts";
import {
  anyOf, echo, encode, type Fields, homeAddressOption, ipv6, type Matcher, message, type Seen,
} from "../packet.ts";
import type { Tester } from "../tester.ts";

/** MAX_RR_BINDING_LIFETIME and MAX_NONCE_LIFETIME (RFC 6275 §12), MAX_TOKEN_LIFETIME. */
export const MAX_RR_BINDING_LIFETIME_MS = 420_000;
export const MAX_NONCE_LIFETIME_MS = 240_000;
export const MAX_TOKEN_LIFETIME_MS = 210_000;
/** A lifetime in a Binding Update has units of 4 s (RFC 6275 §6.1.7). */
export const LIFETIME_UNIT_MS = 4000;
/** The longest lifetime that a correspondent node grants, in these units. */
export const MAX_LIFETIME = MAX_RR_BINDING_LIFETIME_MS / LIFETIME_UNIT_MS;

/** A keygen token and the index of its nonce. */
export interface Token {
  index: number;
  token: bigint;
}

/** How a Binding Update to a correspondent node differs from an ordinary one. */
export interface UpdateOptions {
  /** The IPv6 source; the care-of address. */
  source?: string;
  /** The Home Address option; null: none. */
  home?: string | null;
  /** The Alternate Care-of Address option; null: none, as usual. */
  alternate?: string | null;
  /** One more than in the last one. */
  sequence?: number;
  /** Units of 4 s; the longest by default, 0: to end the binding. */
  lifetime?: number;
  /** Fields of the message, as flags or reserved bits; `checksum`, `headerLen` and `payloadProto` may be wrong. */
  fields?: Fields;
  /** Options before the Nonce Indices option. */
  extra?: LayerInput[];
  /** Nonce indices that are not those of the tokens; null: no such option. */
  indices?: { home?: number; careof?: number } | null;
  /** Tokens that are not those received. */
  tokens?: { home?: bigint; careof?: bigint };
  /** Octets instead of the right authenticator; null: no Binding Authorization Data option. */
  authenticator?: Uint8Array | null;
  /** Options behind the Binding Authorization Data option, where none may be. */
  behind?: LayerInput[];
  /** Layers behind the message, where none may be. */
  payload?: LayerInput[];
}

export class PlayedMobileNode {
  homeToken?: Token;
  careofToken?: Token;
  /** Of the last Binding Update. */
  sequence = 10_000;
  private cookies = 0x1122_3344_5566_7700n;

  constructor(
    readonly tester: Tester,
    readonly correspondent: string,
    readonly home: string,
    public careof: string,
  ) {}

  /** A second mobile node, with other addresses. */
  another(): PlayedMobileNode {
    const next = (address: string) => address.replace("::", "::2:");
    return new PlayedMobileNode(this.tester, this.correspondent, next(this.home), next(this.careof));
  }

  /** Exchanges Home Test Init and Home Test, as through the home agent. */
  async homeTest(): Promise<Token> {
    const test = await this.tester.ask(this.homeTestInit(), this.isHomeTest());
    const index = Number(test.value("home-test", "homeNonceIndex"));
    return (this.homeToken = { index, token: test.value("home-test", "homeKeygenToken") as bigint });
  }

  /** Exchanges Care-of Test Init and Care-of Test. */
  async careofTest(): Promise<Token> {
    const test = await this.tester.ask(this.careofTestInit(), this.isCareofTest());
    const index = Number(test.value("careof-test", "careofNonceIndex"));
    return (this.careofToken = { index, token: test.value("careof-test", "careofKeygenToken") as bigint });
  }

  /** The whole procedure (RFC 6275 §5.2.5). */
  async returnRoutability(): Promise<void> {
    await this.homeTest();
    await this.careofTest();
  }

  /** A Home Test Init with a new cookie. */
  homeTestInit(fields: Fields = {}, options: LayerInput[] = [], before: LayerInput[] = []): Uint8Array {
    const init = { name: "home-test-init", fields: { homeInitCookie: ++this.cookies, ...fields }, options };
    return encode(ipv6(this.home, this.correspondent), ...before, init);
  }

  /** A Care-of Test Init with a new cookie. */
  careofTestInit(fields: Fields = {}, options: LayerInput[] = [], before: LayerInput[] = []): Uint8Array {
    const init = { name: "careof-test-init", fields: { careofInitCookie: ++this.cookies, ...fields }, options };
    return encode(ipv6(this.careof, this.correspondent), ...before, init);
  }

  /** The answer to the last Home Test Init (RFC 6275 §9.4.3). */
  isHomeTest(): Matcher {
    const fields = { homeInitCookie: this.cookies };
    return message("home-test", fields, { from: this.correspondent, to: this.home, route: null });
  }

  /** The answer to the last Care-of Test Init (RFC 6275 §9.4.4). */
  isCareofTest(): Matcher {
    const fields = { careofInitCookie: this.cookies };
    return message("careof-test", fields, { from: this.correspondent, to: this.careof, route: null });
  }

  /** A Binding Update, authorised by the tokens (RFC 6275 §9.5.1, §6.2.7). */
  bindingUpdate(options: UpdateOptions = {}): Uint8Array {
    const { source = this.careof, alternate = null, lifetime = MAX_LIFETIME, fields = {}, extra = [] } = options;
    const { home = source === this.home ? null : this.home, payload = [], behind = [] } = options;
    this.sequence = options.sequence ?? (this.sequence + 1) & 0xffff;
    const careof = alternate ?? source;
    const ends = lifetime === 0 || careof === this.home;

    const mobilityOptions = [...extra];
    if (alternate !== null) mobilityOptions.push({ name: "alternate-careof-address", fields: { careofAddress: alternate } });
    if (options.indices !== null) {
      const homeNonceIndex = options.indices?.home ?? this.homeToken!.index;
      const careofNonceIndex = options.indices?.careof ?? this.careofToken?.index ?? 0;
      mobilityOptions.push({ name: "nonce-indices", fields: { homeNonceIndex, careofNonceIndex } });
    }
    const headers = [ipv6(source, this.correspondent), ...homeAddressOption(home)];
    const update = (all: LayerInput[]) => ({
      name: "binding-update", fields: { acknowledge: true, sequence: this.sequence, lifetime, ...fields }, options: all,
    });
    if (options.authenticator === null) return encode(...headers, update(mobilityOptions), ...payload);

    const authorised = (data: Uint8Array) =>
      [...mobilityOptions, { name: "binding-authorization-data", fields: { authenticator: data } }];
    const data = options.authenticator ?? authenticator(
      this.key(ends, options.tokens), ends ? this.home : careof, this.correspondent,
      mobilityHeader([...headers, update(authorised(new Uint8Array(12)))]),
    );
    return encode(...headers, update([...authorised(data), ...behind]), ...payload);
  }

  /** Sends a Binding Update and checks its acknowledgement. */
  async update(options: UpdateOptions = {}, status = 0): Promise<Seen> {
    return this.updateBy(this.bindingUpdate(options), options, status);
  }

  /** Sends this Binding Update, which was made with `options`, and checks its acknowledgement (RFC 6275 §9.5.4). */
  async updateBy(packet: Uint8Array, options: UpdateOptions, status = 0): Promise<Seen> {
    const { source = this.careof, home = source === this.home ? null : this.home } = options;
    const sequence = this.sequence;
    // Status 135 tells the sequence number that was last accepted.
    const fields: Fields = status === 135 ? { status } : { status, sequence };
    const envelope = { from: this.correspondent, to: source, route: source === this.home ? null : home };
    const seen = await this.tester.ask(packet, message("binding-acknowledgement", fields, envelope));
    this.checkAuthenticator(seen, options);
    return seen;
  }

  /** Return routability and a Binding Update that must be accepted. */
  async register(options: UpdateOptions = {}): Promise<Seen> {
    await this.returnRoutability();
    return this.update(options);
  }

  /** An Echo Request by the direct way: with the Home Address option (RFC 6275 §11.3.1). */
  echoRequest(source = this.careof, home: string | null = this.home): Uint8Array {
    return encode(ipv6(source, this.correspondent), ...homeAddressOption(home), ...echo());
  }

  /** An Echo Reply that comes by the direct way to a care-of address; null: from the correspondent node to home. */
  isEchoReply(careof: string | null = this.careof): Matcher {
    const envelope = careof === null ? { to: this.home, route: null } : { to: careof, route: this.home };
    return message("echo-reply", {}, { from: this.correspondent, ...envelope });
  }

  isBindingError(status: number, to = this.careof, homeAddress = this.home): Matcher {
    return message("binding-error", { status, homeAddress }, { from: this.correspondent, to, route: null });
  }

  /** Neither a Binding Acknowledgement nor a Binding Error, to whatever address. */
  isAnswer(): Matcher {
    return anyOf(message("binding-acknowledgement"), message("binding-error"));
  }

  /** The correspondent node has this care-of address for the home address. */
  async expectBound(careof = this.careof): Promise<Seen> {
    return this.tester.ask(this.echoRequest(careof), this.isEchoReply(careof));
  }

  /** The correspondent node does not have this care-of address for the home address: Binding Error, no reply. */
  async expectNotBound(careof = this.careof): Promise<void> {
    await this.tester.ask(this.echoRequest(careof), this.isBindingError(1, careof));
    await this.tester.expectNone(message("echo-reply"));
  }

  /** The correspondent node sends to the home address itself. */
  async expectSentHome(): Promise<void> {
    await this.tester.ask(this.echoRequest(this.home, null), this.isEchoReply(null));
  }

  private key(ends: boolean, { home, careof }: { home?: bigint; careof?: bigint } = {}): Uint8Array {
    const homeToken = home ?? this.homeToken!.token;
    return bindingManagementKey(homeToken, ends ? undefined : careof ?? this.careofToken!.token);
  }

  /** Present and right, or absent, as the status demands. */
  private checkAuthenticator(seen: Seen, options: UpdateOptions): void {
    const { tester } = this;
    const status = Number(seen.value("binding-acknowledgement", "status"));
    const option = seen.option("binding-acknowledgement", "binding-authorization-data");
    if (status >= 136 && status <= 138) {
      return tester.check(option === undefined, `status ${status} comes without Binding Authorization Data`);
    }
    if (!option) return tester.check(false, `status ${status} comes with Binding Authorization Data`);
    const { source = this.careof, alternate, lifetime, tokens } = options;
    const careof = alternate ?? source;
    const ends = lifetime === 0 || careof === this.home;
    const header = seen.packet.subarray(seen.layer("binding-acknowledgement")!.offset);
    const expected = authenticator(this.key(ends, tokens), ends ? this.home : careof, this.correspondent, header);
    const actual = valueOf(option, "authenticator") as Uint8Array;
    tester.equal(String(actual), String(expected), "the authenticator of the acknowledgement");
  }
}
