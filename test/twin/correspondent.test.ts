/**
 * A duet: the core's correspondent node and its twin hear the same random life, and must agree after every
 * event on what is answered and on what stands in the binding cache. What a run needs is its seed alone.
 */
import { describe, expect, test } from "vitest";
import { CORRESPONDENT_DEFAULTS, setCorrespondent, setDevice } from "../../bindings/commands.ts";
import { parseAddress } from "../../bindings/address.ts";
import { Role } from "../../bindings/engine.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, CORRESPONDENT, Node, TUNNEL } from "../engine/harness.ts";
import { echo } from "../engine/network.ts";
import { Random } from "../../platforms/sim/random.ts";
import { type Answer, CorrespondentTwin, type Update } from "./correspondent.ts";
import { bindingManagementKey, codec, peerUpdate, type TestAnswer, testInit } from "./messages.ts";
import { play, SEEDS } from "./play.ts";

const HOMES = ["2001:db8:100::1", "2001:db8:100::2", "2001:db8:100::3"];
const CAREOFS = ["2001:db8:a::1", "2001:db8:b::1", "2001:db8:c::1"];
const EVENTS = 150;

/** A token that the core gave out, and the twin's generation of its nonce. */
interface Token {
  index: number;
  generation: number;
  token: bigint;
}

class Duet {
  readonly core = new Node(Role.CorrespondentNode, {}, 3);
  readonly twin = new CorrespondentTwin();
  readonly random: Random;
  readonly tokens = new Map<string, Token[]>();
  /** For each home address the sequence number used last: most updates go on from it. */
  readonly sequences = new Map<string, number>();
  readonly sent: { update: Update; packet: Uint8Array }[] = [];
  firstIndex?: number;
  cookie = 1n;

  constructor(seed: number) {
    this.random = new Random(seed, "duet");
    setDevice(this.core.engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, this.core.now);
    setCorrespondent(
      this.core.engine, { ...CORRESPONDENT_DEFAULTS, addresses: [parseAddress(CORRESPONDENT)] }, this.core.now,
    );
    this.core.take();
  }

  step(): string {
    const dice = this.random.between(0, 1);
    if (dice < 0.2) return this.wait(this.random.chance(0.2) ? 120_000 : 12_000);
    this.wait(40);
    if (dice < 0.45) return this.test();
    if (dice < 0.75) return this.update();
    if (dice < 0.8) return this.replay();
    if (dice < 0.9) return this.payload();
    return this.send();
  }

  /** Fractions of a millisecond keep the two from meeting exactly at the end of a lifetime. */
  private wait(longestMs: number): string {
    const ms = this.random.between(0, 1) * longestMs + 20;
    this.core.advance(ms);
    return `wait ${ms}`;
  }

  private test(): string {
    const kind = this.random.pick(["home", "careof"] as const);
    const address = this.random.pick(kind === "home" ? HOMES : CAREOFS);
    this.core.receive(ACCESS, testInit(kind, address, CORRESPONDENT, ++this.cookie));
    const answer = this.messages().map(readTest).find((each) => each !== undefined);
    const generation = this.twin.test(this.core.now);
    this.firstIndex ??= answer?.index;
    // The index that comes first is the core's secret; from then on they follow each other.
    expect(answer).toMatchObject({ kind, cookie: this.cookie, index: (this.firstIndex! + generation) & 0xffff });
    const all = this.tokens.get(address) ?? [];
    const known = all.find((each) => each.generation === generation);
    if (known) expect(answer!.token).toBe(known.token);
    else all.push({ index: answer!.index, generation, token: answer!.token });
    this.tokens.set(address, all);
    return `${kind} test for ${address}: generation ${generation}`;
  }

  private update(): string {
    const homeAddress = this.random.pick(HOMES);
    const atHome = this.random.chance(0.1);
    const careofAddress = atHome ? homeAddress : this.random.pick(CAREOFS);
    const home = this.token(homeAddress);
    const careof = this.token(careofAddress);
    const lifetimeUnits = this.random.chance(0.2) ? 0 : this.random.integer(0, 129);
    const removal = atHome || lifetimeUnits === 0;
    const before = this.sequences.get(homeAddress) ?? 65_500;
    const sequence = (before + (this.random.chance(0.8) ? 1 : this.random.integer(0, 65_535))) & 0xffff;
    const dice = this.random.between(0, 1);
    const authorisedBy = dice < 0.8
      ? removal ? "home token" as const : "both tokens" as const
      : this.random.pick(["both tokens", "home token", "wrong", "nothing"] as const);
    const update: Update = {
      homeAddress, careofAddress, sequence, lifetimeUnits, authorisedBy,
      acknowledge: this.random.chance(0.8), homeRegistration: this.random.chance(0.05),
      ...(this.random.chance(0.95) && { indices: { home: home.generation, careof: careof.generation } }),
    };
    if (this.random.chance(0.9)) this.sequences.set(homeAddress, sequence);
    const viaAlternate = !atHome && this.random.chance(0.3);
    const packet = peerUpdate({
      ...update,
      source: viaAlternate ? this.random.pick(CAREOFS) : careofAddress,
      alternate: viaAlternate ? careofAddress : undefined,
      correspondent: CORRESPONDENT,
      indices: update.indices && { home: home.index, careof: careof.index },
      key: keyOf(authorisedBy, home.token, careof.token),
    });
    this.sent.push({ update, packet });
    return this.give(update, packet);
  }

  /** An update that was heard on the way is sent once more. */
  private replay(): string {
    if (this.sent.length === 0) return "nothing to replay";
    const { update, packet } = this.random.pick(this.sent);
    return `replay of ${this.give(update, packet)}`;
  }

  private give(update: Update, packet: Uint8Array): string {
    this.core.receive(ACCESS, packet);
    const answer = this.messages().map(readAcknowledgement).find((each) => each !== undefined);
    expect(answer, JSON.stringify(update)).toEqual(this.twin.update(update, this.core.now));
    return `update ${JSON.stringify(update)}: ${JSON.stringify(answer)}`;
  }

  /** A token for the address, now and then one that is old, or none that ever was. */
  private token(address: string): Token {
    const all = this.tokens.get(address) ?? [];
    if (all.length === 0 || this.random.chance(0.05)) {
      return { index: ((this.firstIndex ?? 0) + 20_000) & 0xffff, generation: -1, token: 5n };
    }
    return this.random.chance(0.7) ? all[all.length - 1] : this.random.pick(all);
  }

  private payload(): string {
    const home = this.random.pick(HOMES);
    const source = this.random.pick(CAREOFS);
    this.core.receive(ACCESS, codec.encode([
      { name: "ipv6", fields: { source, destination: CORRESPONDENT, hopLimit: 64 } },
      { name: "destination-options", options: [{ name: "home-address", fields: { address: home } }] },
      { name: "echo-request", fields: { identifier: 7, sequence: 1 } },
    ]));
    const sent = this.core.take();
    const taken = this.twin.takes(home, source, this.core.now);
    if (taken) {
      expect(sent.map(({ device }) => device)).toContain(TUNNEL);
      expect(addressesOf(sent.find(({ device }) => device === TUNNEL)!.packet)).toEqual([home, CORRESPONDENT]);
    } else {
      const names = sent.flatMap(({ packet }) => codec.dissect(packet)).map(({ name }) => name);
      expect(names).toContain("binding-error");
      expect(sent.every(({ device }) => device !== TUNNEL)).toBe(true);
    }
    return `packet of ${home} from ${source}: ${taken}`;
  }

  private send(): string {
    const home = this.random.pick(HOMES);
    this.core.receive(TUNNEL, echo(CORRESPONDENT, home));
    const packet = this.core.take().map((each) => each.packet).find((each) => !isMobility(each))!;
    const careof = this.twin.routeTo(home, this.core.now);
    expect(addressesOf(packet)).toEqual([CORRESPONDENT, careof ?? home]);
    const routed = codec.dissect(packet).find(({ name }) => name.startsWith("routing"));
    expect(routed?.fields.find(({ name }) => name === "homeAddress")?.value).toBe(careof && home);
    return `packet to ${home} by ${careof}`;
  }

  /** Mobility messages of the core since the last event. */
  private messages(): Uint8Array[] {
    return this.core.take().map(({ packet }) => packet).filter(isMobility);
  }

  compare(): void {
    const cache = this.twin.cache(this.core.now);
    const bindings = readBindings(this.core.engine);
    expect(new Set(bindings.map((each) => each.homeAddress))).toEqual(new Set(cache.keys()));
    for (const { homeAddress, careofAddress, sequence, remainingMs } of bindings) {
      const expected = cache.get(homeAddress)!;
      expect({ careofAddress, sequence }).toEqual({ careofAddress: expected.careofAddress, sequence: expected.sequence });
      expect(remainingMs).toBeCloseTo(expected.remainingMs, 3);
    }
  }
}

function keyOf(authorisedBy: Update["authorisedBy"], home: bigint, careof: bigint): Uint8Array | undefined {
  switch (authorisedBy) {
    case "both tokens": return bindingManagementKey(home, careof);
    case "home token": return bindingManagementKey(home);
    case "wrong": return bindingManagementKey(home ^ 1n, careof);
    case "nothing": return undefined;
  }
}

function addressesOf(packet: Uint8Array): [unknown, unknown] {
  const [{ fields }] = codec.dissect(packet);
  const value = (name: string) => fields.find((field) => field.name === name)?.value;
  return [value("source"), value("destination")];
}

function isMobility(packet: Uint8Array): boolean {
  return codec.dissect(packet).some(({ fields }) => fields.some(({ name }) => name === "payloadProto"));
}

function readTest(packet: Uint8Array): TestAnswer | undefined {
  for (const { name, fields } of codec.dissect(packet)) {
    const value = (wanted: string) => fields.find((field) => field.name === wanted)?.value;
    if (name === "home-test") {
      return {
        kind: "home", index: value("homeNonceIndex") as number, cookie: value("homeInitCookie") as bigint,
        token: value("homeKeygenToken") as bigint,
      };
    }
    if (name === "careof-test") {
      return {
        kind: "careof", index: value("careofNonceIndex") as number, cookie: value("careofInitCookie") as bigint,
        token: value("careofKeygenToken") as bigint,
      };
    }
  }
  return undefined;
}

function readAcknowledgement(packet: Uint8Array): Answer {
  const layer = codec.dissect(packet).find(({ name }) => name === "binding-acknowledgement");
  if (!layer) return undefined;
  const value = (wanted: string) => layer.fields.find((field) => field.name === wanted)?.value as number;
  return { status: value("status"), sequence: value("sequence"), lifetimeUnits: value("lifetime") };
}

describe("the correspondent node and its twin", () => {
  test(`agree through ${SEEDS} random lives of ${EVENTS} events`, { timeout: 300_000 }, () => {
    play(EVENTS, [], (seed) => new Duet(seed));
  });
});
