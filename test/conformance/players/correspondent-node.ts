/**
 * A correspondent node, played by the tester towards a mobile node: RFC 6275 §9.3 to §9.5. What goes to the home
 * address goes through the played home agent, unless the mobile node is at home.
 */
import { type LayerInput, valueOf } from "../../../bindings/codec.ts";
import { authenticator, bindingManagementKey, mobilityHeader } from "../authentication.ts";
import {
  echo, encode, type Fields, ipv6, type Matcher, message, routingHeader, type Seen,
} from "../packet.ts";
import type { Tester } from "../tester.ts";
import { careofOf, type PlayedHomeAgent } from "./home-agent.ts";

/** How a Binding Acknowledgement of a correspondent node differs from an ordinary one. */
export interface CorrespondentAcknowledgementOptions {
  status?: number;
  sequence?: number;
  /** Units of 4 s; by default what was asked for. */
  lifetime?: number;
  /** The type 2 routing header; null: none. */
  route?: string | null;
  fields?: Fields;
  extra?: LayerInput[];
  /** Options behind the Binding Authorization Data option, which is to be the last one. */
  behind?: LayerInput[];
  /** Octets instead of the right authenticator; null: no Binding Authorization Data option. */
  authenticator?: Uint8Array | null;
}

export class PlayedCorrespondentNode {
  /** What is answered by itself. */
  answersHomeTest = true;
  answersCareofTest = true;
  acknowledges: CorrespondentAcknowledgementOptions | undefined = {};
  /** Tokens that are given, and the indices of their nonces. */
  homeToken = { token: 0x0123_4567_89ab_cdefn, index: 0x0101 };
  careofToken = { token: 0xfedc_ba98_7654_3210n, index: 0x0202 };
  lastHomeTestInit?: Seen;
  lastCareofTestInit?: Seen;
  /** The last Binding Update that was rightly authorised. */
  lastUpdate?: Seen;

  constructor(
    readonly tester: Tester,
    readonly address: string,
    readonly home: string,
    readonly homeAgent: PlayedHomeAgent,
  ) {
    tester.react((seen) => this.answer(seen));
  }

  /** A Home Test Init: through the home agent, without Home Address option (RFC 6275 §11.6.1). */
  isHomeTestInit(): Matcher {
    return this.homeAgent.isTunnelled("home-test-init", {}, { from: this.home, to: this.address, homeAddress: null });
  }

  /** A Care-of Test Init: from the care-of address, by the direct way. */
  isCareofTestInit(): Matcher {
    const { careof } = this.homeAgent;
    return message("careof-test-init", {}, { from: careof, to: this.address, homeAddress: null, tunnel: null });
  }

  /** A Binding Update for a care-of address, authorised by the tokens that were given (RFC 6275 §11.7.2). */
  isUpdate(fields: Fields = {}): Matcher {
    const update = message("binding-update", { homeRegistration: false, ...fields }, { to: this.address });
    return { what: update.what, matches: (seen) => update.matches(seen) && this.isAuthorised(seen) };
  }

  /** The answer to a Home Test Init. Options are those of the message. */
  homeTest(init: Seen, fields: Fields = {}, options: LayerInput[] = []): LayerInput[] {
    const homeInitCookie = (init.inner ?? init).value("home-test-init", "homeInitCookie")!;
    const { token, index } = this.homeToken;
    const all = { homeInitCookie, homeNonceIndex: index, homeKeygenToken: token, ...fields };
    return [ipv6(this.address, this.home), { name: "home-test", fields: all, options }];
  }

  /** The answer to a Care-of Test Init. */
  careofTest(init: Seen, fields: Fields = {}, options: LayerInput[] = []): Uint8Array {
    const careofInitCookie = init.value("careof-test-init", "careofInitCookie")!;
    const { token, index } = this.careofToken;
    const all = { careofInitCookie, careofNonceIndex: index, careofKeygenToken: token, ...fields };
    return encode(ipv6(this.address, init.source), { name: "careof-test", fields: all, options });
  }

  /** The answer to a Binding Update (RFC 6275 §9.5.4). */
  acknowledgement(update: Seen, options: CorrespondentAcknowledgementOptions = {}): Uint8Array {
    const given = (field: string) => update.value("binding-update", field)!;
    const { status = 0, sequence = given("sequence"), lifetime = given("lifetime"), fields = {}, extra = [] } = options;
    const { route = update.homeAddress === undefined ? null : this.home } = options;
    const headers = [ipv6(this.address, update.source), ...routingHeader(route)];
    const make = (mobilityOptions: LayerInput[]) => ({
      name: "binding-acknowledgement", fields: { status, sequence, lifetime, ...fields }, options: mobilityOptions,
    });
    if (options.authenticator === null) return encode(...headers, make(extra));
    const { behind = [] } = options;
    const authorised = (data: Uint8Array) =>
      make([...extra, { name: "binding-authorization-data", fields: { authenticator: data } }, ...behind]);
    const { key, careof } = this.keyOf(update);
    const header = mobilityHeader([...headers, authorised(PLACEHOLDER)]);
    const data = options.authenticator ?? authenticator(key, careof, this.address, moveToEnd(header, PLACEHOLDER));
    return encode(...headers, authorised(data));
  }

  /** A packet for the home address, as the mobile node gets it: through the tunnel. */
  throughHomeAgent(...layers: LayerInput[]): Uint8Array {
    return this.homeAgent.tunnelled([ipv6(this.address, this.home), ...layers]);
  }

  /** A packet by the direct way: with a type 2 routing header. */
  direct(...layers: LayerInput[]): Uint8Array {
    return encode(ipv6(this.address, this.homeAgent.careof), ...routingHeader(this.home), ...layers);
  }

  /** The reply to an Echo Request, through the home agent. */
  isTunnelledReply(): Matcher {
    return this.homeAgent.isTunnelled("echo-reply", {}, { from: this.home, to: this.address, homeAddress: null });
  }

  /** The same by the direct way: with a Home Address option. */
  isDirectReply(careof = this.homeAgent.careof): Matcher {
    return message("echo-reply", {}, { from: careof, to: this.address, homeAddress: this.home, tunnel: null });
  }

  /** An Echo Request through the home agent, and a reply by whichever way is expected. */
  async ping(reply: Matcher): Promise<Seen> {
    return this.tester.ask(this.throughHomeAgent(...echo()), reply);
  }

  private answer(seen: Seen): Uint8Array | undefined {
    if (!this.homeAgent.lastUpdate) return undefined;
    if (this.isHomeTestInit().matches(seen)) {
      this.lastHomeTestInit = seen;
      return this.answersHomeTest ? this.homeAgent.tunnelled(this.homeTest(seen)) : undefined;
    }
    if (this.isCareofTestInit().matches(seen)) {
      this.lastCareofTestInit = seen;
      return this.answersCareofTest ? this.careofTest(seen) : undefined;
    }
    if (!this.isUpdate().matches(seen)) return undefined;
    this.lastUpdate = seen;
    const acknowledge = this.acknowledges && seen.value("binding-update", "acknowledge") === true;
    return acknowledge ? this.acknowledgement(seen, this.acknowledges) : undefined;
  }

  /** What authorises a Binding Update and its acknowledgement (RFC 6275 §5.2.5, §6.2.7). */
  private keyOf(update: Seen): { key: Uint8Array; careof: string } {
    const careof = careofOf(update);
    const ends = update.value("binding-update", "lifetime") === 0 || careof === this.home;
    const key = bindingManagementKey(this.homeToken.token, ends ? undefined : this.careofToken.token);
    return { key, careof: ends ? this.home : careof };
  }

  private isAuthorised(update: Seen): boolean {
    const indices = update.option("binding-update", "nonce-indices");
    const option = update.option("binding-update", "binding-authorization-data");
    if (!indices || !option || valueOf(indices, "homeNonceIndex") !== this.homeToken.index) return false;
    const { key, careof } = this.keyOf(update);
    const header = update.packet.subarray(update.layer("binding-update")!.offset);
    const expected = authenticator(key, careof, this.address, header);
    return String(valueOf(option, "authenticator")) === String(expected);
  }
}

const PLACEHOLDER = new Uint8Array(12).fill(0xa5);

/** The octets of a message with `part`, which is in them once, behind all others: where `authenticator` takes it to be. */
function moveToEnd(message: Uint8Array, part: Uint8Array): Uint8Array {
  const at = message.findIndex((_, index) => part.every((octet, offset) => message[index + offset] === octet));
  return Uint8Array.from([...message.subarray(0, at), ...message.subarray(at + part.length), ...part]);
}
