/** A home agent, played by the tester towards a mobile node: RFC 6275 §10.3.1, §10.4, authenticated by RFC 4285. */
import { type LayerInput, valueOf } from "../../../bindings/codec.ts";
import { authenticated, isAuthenticated, type SharedKey } from "../authentication.ts";
import {
  encode, type Envelope, type Fields, ipv6, type Matcher, message, routingHeader, type Seen,
} from "../packet.ts";
import type { Tester } from "../tester.ts";

/** How a Binding Acknowledgement differs from an ordinary one. */
export interface AcknowledgementOptions {
  status?: number;
  sequence?: number;
  /** Units of 4 s; by default what was asked for. */
  lifetime?: number;
  source?: string;
  destination?: string;
  /** The type 2 routing header; null: none. */
  route?: string | null;
  fields?: Fields;
  extra?: LayerInput[];
  /** Another key; null: no authentication option. */
  key?: Uint8Array | null;
  /** Null: none. */
  timestamp?: bigint | null;
}

export class PlayedHomeAgent {
  /** How Binding Updates are answered; undefined: not at all. */
  acknowledges: AcknowledgementOptions | undefined = {};
  /** The last Binding Update for this home agent. */
  lastUpdate?: Seen;

  constructor(
    readonly tester: Tester,
    readonly address: string,
    readonly home: string,
    readonly security: SharedKey,
  ) {
    tester.react((seen) => {
      if (!this.isUpdate().matches(seen)) return undefined;
      this.lastUpdate = seen;
      return this.acknowledges && this.acknowledgement(seen, this.acknowledges);
    });
  }

  /** The care-of address in the last Binding Update. */
  get careof(): string {
    return careofOf(this.lastUpdate!);
  }

  /** A home registration (RFC 6275 §11.7.1), rightly authenticated. */
  isUpdate(fields: Fields = {}): Matcher {
    const all = { homeRegistration: true, acknowledge: true, ...fields };
    const update = message("binding-update", all, { to: this.address });
    return {
      what: update.what,
      matches: (seen) => update.matches(seen) &&
        isAuthenticated(seen, "binding-update", this.security, careofOf(seen), this.home),
    };
  }

  /** Waits for a home registration. */
  expectUpdate(fields: Fields = {}, withinMs = 5000): Promise<Seen> {
    return this.tester.expect(this.isUpdate(fields), withinMs);
  }

  /** The answer to a Binding Update. */
  acknowledgement(update: Seen, options: AcknowledgementOptions = {}): Uint8Array {
    const { status = 0, source = this.address, destination = update.source, fields = {}, extra = [], key } = options;
    const given = (field: string) => update.value("binding-update", field)!;
    const { sequence = given("sequence"), lifetime = given("lifetime") } = options;
    const { route = update.homeAddress === undefined ? null : this.home } = options;
    const theirs = update.option("binding-update", "replay-protection");
    const timestamp = options.timestamp === undefined ? theirs && valueOf(theirs, "timestamp") : options.timestamp;
    const mobilityOptions = [...extra];
    if (timestamp != null) mobilityOptions.push({ name: "replay-protection", fields: { timestamp } });
    const layers = [ipv6(source, destination), ...routingHeader(route), {
      name: "binding-acknowledgement", fields: { status, sequence, lifetime, ...fields }, options: mobilityOptions,
    }];
    if (key === null) return encode(...layers);
    return authenticated(layers, { ...this.security, ...(key && { key }) }, careofOf(update), this.home);
  }

  /** Acknowledges the last Binding Update. */
  async acknowledge(options: AcknowledgementOptions = {}): Promise<void> {
    await this.tester.send(this.acknowledgement(this.lastUpdate!, options), this.lastUpdate!.link);
  }

  /** A packet through the tunnel to the mobile node; `inner` begins with its IPv6 header. */
  tunnelled(inner: readonly LayerInput[], careof = this.careof): Uint8Array {
    return encode(ipv6(this.address, careof), ...inner);
  }

  /** A message that comes through the tunnel from the mobile node. */
  isTunnelled(name: string, fields: Fields = {}, envelope: Envelope = {}, careof = this.careof): Matcher {
    return message(name, fields, { ...envelope, tunnel: { from: careof, to: this.address } });
  }
}

/** The care-of address of a Binding Update (RFC 6275 §9.5.1). */
export function careofOf(update: Seen): string {
  const alternate = update.option("binding-update", "alternate-careof-address");
  return alternate ? String(valueOf(alternate, "careofAddress")) : update.source;
}
