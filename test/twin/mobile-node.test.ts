/**
 * A duet: a mobile node of the core, with a home agent of the core, and two correspondent nodes that this file
 * plays: honest ones that answer late, twice, in any order or not at all, and strangers who forge. The twin says
 * of each message that the node sends whether it may, of each that arrives whether it counts, and before every
 * packet which way it must take.
 */
import { describe, expect, test } from "vitest";
import { ROUTE_OPTIMISATION_DEFAULTS, setLink, setRouteOptimisation } from "../../bindings/commands.ts";
import { readPeers, readUpdates } from "../../bindings/status.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { Random } from "../../platforms/sim/random.ts";
import { ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT, homeAgent, mobileNode, TUNNEL } from "../engine/harness.ts";
import { addresses, echo, register, routerAdvertisement } from "../engine/network.ts";
import { authenticatorOf, bindingManagementKey, codec } from "./messages.ts";
import { play, SEEDS } from "./play.ts";
import { PeerTwin, type SentUpdate } from "./mobile-node.ts";

const PEERS = ["2001:db8:200::5", "2001:db8:300::6"];
const STRANGER = "2001:db8:bad::1";
const NETWORKS = ["2001:db8:a::", "2001:db8:b::"];
const EVENTS = 200;

type Fields = Record<string, unknown>;

/** A message of the node that waits for an answer of its correspondent. */
interface Question {
  peer: string;
  message: string;
  fields: Fields;
  careofAddress: string;
  key?: Uint8Array;
}

class Duet {
  readonly mobile;
  readonly agent = homeAgent();
  readonly random: Random;
  readonly twins = new Map(PEERS.map((peer) => [peer, new PeerTwin()]));
  /** The key of the last Binding Update to each peer. */
  readonly keys = new Map<string, Buffer>();
  questions: Question[] = [];
  careofAddress = CAREOF;
  network = 0;
  index = 7;

  constructor(seed: number) {
    this.random = new Random(seed, "duet");
    this.mobile = mobileNode({ seed });
    setRouteOptimisation(
      this.mobile.engine, { ...ROUTE_OPTIMISATION_DEFAULTS, policy: "always", retryMs: 5000 }, this.mobile.now,
    );
    register(this.mobile, this.agent);
  }

  step(): string {
    const dice = this.random.between(0, 1);
    if (dice < 0.3) return this.wait();
    if (dice < 0.55) return this.send();
    if (dice < 0.85) return this.answer();
    if (dice < 0.93) return this.forge();
    return this.random.chance(0.5) ? this.move() : this.lose();
  }

  private wait(): string {
    const ms = this.random.chance(0.1) ? this.random.between(1000, 200_000) : this.random.between(20, 3000);
    // In steps from timer to timer, so that each message is read at the time at which it was sent.
    for (const end = this.mobile.now + ms; this.mobile.now < end; ) {
      const step = Math.min(Math.max(this.mobile.engine.nextWakeupMs() - this.mobile.now, 0.001), end - this.mobile.now);
      this.agent.now = this.mobile.now;
      this.mobile.advance(step);
      this.agent.advance(step);
      this.read();
    }
    return `wait ${ms}`;
  }

  /** A packet of an application: it leaves once, by the way that the twin names. */
  private send(): string {
    const peer = this.random.pick(PEERS);
    this.read();
    this.compare();
    const direct = this.twin(peer).mayOptimise(this.careofAddress, this.mobile.now);
    this.mobile.receive(TUNNEL, echo(HOME_ADDRESS, peer));
    const way = this.read().filter(({ last }) => last === "echo-request").map(({ outer }) => outer);
    expect(way).toEqual([direct ? peer : HOME_AGENT]);
    return `packet to ${peer}: ${direct ? "direct" : "tunnel"}`;
  }

  /** A correspondent answers one of the questions, old or new; now and then it is asked for the answer again. */
  private answer(): string {
    if (this.questions.length === 0) return "no question";
    const question = this.random.pick(this.questions);
    if (this.random.chance(0.7)) this.questions = this.questions.filter((each) => each !== question);
    const { peer, message, fields, careofAddress, key } = question;
    switch (message) {
      case "home-test-init": return this.homeTest(peer, fields.homeInitCookie as bigint);
      case "careof-test-init": return this.careofTest(peer, fields.careofInitCookie as bigint, careofAddress);
      default: return this.acknowledge(peer, fields, careofAddress, key);
    }
  }

  private homeTest(peer: string, cookie: bigint, from = peer, tunnelled = true): string {
    const token = BigInt(this.random.u32());
    const index = this.index++;
    const inner: LayerInput[] = [
      { name: "ipv6", fields: { source: from, destination: HOME_ADDRESS, hopLimit: 60 } },
      { name: "home-test", fields: { homeNonceIndex: index, homeInitCookie: cookie, homeKeygenToken: token } },
    ];
    const outer: LayerInput = { name: "ipv6", fields: { source: HOME_AGENT, destination: this.careofAddress, hopLimit: 60 } };
    const counts = from === peer &&
      this.twin(peer).homeTest(cookie, index, token, tunnelled, this.mobile.now);
    this.mobile.receive(ACCESS, codec.encode(tunnelled ? [outer, ...inner] : inner));
    this.read();
    return `home test from ${from}${tunnelled ? "" : " without tunnel"}: ${counts}`;
  }

  private careofTest(peer: string, cookie: bigint, destination: string, from = peer): string {
    const token = BigInt(this.random.u32());
    const index = this.index++;
    const counts = from === peer && destination === this.careofAddress &&
      this.twin(peer).careofTest(cookie, index, token, destination, this.mobile.now);
    this.mobile.receive(ACCESS, codec.encode([
      { name: "ipv6", fields: { source: from, destination, hopLimit: 60 } },
      { name: "careof-test", fields: { careofNonceIndex: index, careofInitCookie: cookie, careofKeygenToken: token } },
    ]));
    this.read();
    return `care-of test from ${from} to ${destination}: ${counts}`;
  }

  private acknowledge(peer: string, fields: Fields, careofAddress: string, key?: Uint8Array): string {
    const status = this.random.chance(0.8) ? 0 : this.random.pick([128, 135, 136, 137, 138]);
    const asked = fields.lifetime as number;
    const lifetime = status >= 128 || asked === 0 ? 0 : this.random.integer(1, asked);
    const sequence = status === 135 ? this.random.integer(0, 65_535) : fields.sequence as number;
    const authentic = this.random.chance(0.9);
    this.deliver(peer, careofAddress, status, sequence, lifetime, status >= 136 && status <= 138 ? undefined : key, authentic);
    return `acknowledgement ${status} of ${sequence} from ${peer}, ${authentic ? "" : "not "}authentic`;
  }

  private deliver(
    peer: string, careofAddress: string, status: number, sequence: number, lifetime: number,
    key: Uint8Array | undefined, authentic: boolean,
  ): void {
    const layers = (authenticator: Uint8Array): LayerInput[] => [
      { name: "ipv6", fields: { source: peer, destination: careofAddress, hopLimit: 60 } },
      { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } },
      {
        name: "binding-acknowledgement", fields: { status, sequence, lifetime },
        options: key ? [{ name: "binding-authorization-data", fields: { authenticator } }] : [],
      },
    ];
    const plain = codec.encode(layers(new Uint8Array(12)));
    const right = key ? authenticatorOf(plain, key, careofAddress, peer) : new Uint8Array(12);
    if (!authentic) right[3] ^= 1;
    const state = readPeers(this.mobile.engine).find(({ address }) => address === peer)?.state;
    const awaits = state === "Binding" || state === "Rebinding" || state === "Removing";
    if (!awaits) expect(this.twin(peer).stoppedWaiting(this.mobile.now)).toBeUndefined();
    if (careofAddress === this.careofAddress) {
      // What was signed with the key of older tokens proves nothing any more.
      const isGenuine = authentic && key !== undefined && Buffer.from(key).equals(this.keys.get(peer)!);
      this.twin(peer).acknowledgement(status, sequence, lifetime * 4000, isGenuine);
    }
    this.mobile.receive(ACCESS, codec.encode(layers(right)));
    this.read();
  }

  /** A stranger, who has heard nothing or everything, tries what he can. */
  private forge(): string {
    const peer = this.random.pick(PEERS);
    const question = this.questions.find((each) => each.peer === peer);
    const cookie = (question?.fields.homeInitCookie ?? question?.fields.careofInitCookie ?? 99n) as bigint;
    switch (this.random.integer(0, 4)) {
      case 0: return this.homeTest(peer, cookie ^ 1n);
      case 1: return this.homeTest(peer, cookie, STRANGER);
      case 2: return this.homeTest(peer, cookie, peer, false);
      case 3: return this.careofTest(peer, cookie ^ 1n, this.careofAddress);
      default: return this.careofTest(peer, cookie, this.careofAddress, STRANGER);
    }
  }

  /** Another network: the home registration follows, and nothing is optimised until the peers have agreed. */
  private move(): string {
    this.network = 1 - this.network;
    setLink(this.mobile.engine, ACCESS, false, this.mobile.now);
    setLink(this.mobile.engine, ACCESS, true, this.mobile.now);
    this.mobile.receive(ACCESS, routerAdvertisement(NETWORKS[this.network]));
    this.careofAddress = NETWORKS[this.network].replace("::", "::17");
    for (const twin of this.twins.values()) twin.lost();
    this.read();
    return `move to ${this.careofAddress}`;
  }

  /** A correspondent has lost its binding and says so; whether the node believes it is its own matter. */
  private lose(): string {
    const peer = this.random.pick(PEERS);
    const isOptimised = () => readPeers(this.mobile.engine).find(({ address }) => address === peer)?.optimised ?? false;
    const before = isOptimised();
    this.mobile.receive(ACCESS, codec.encode([
      { name: "ipv6", fields: { source: peer, destination: this.careofAddress, hopLimit: 60 } },
      { name: "binding-error", fields: { status: 1, homeAddress: HOME_ADDRESS } },
    ]));
    this.read();
    if (before && !isOptimised()) this.twin(peer).lost();
    return `${peer} says that there is no binding`;
  }

  private twin(peer: string): PeerTwin {
    return this.twins.get(peer)!;
  }

  /** Takes what the node has sent: to the home agent, past the twins, onto the list of questions. */
  private read(): { outer: string; last: string }[] {
    const seen: { outer: string; last: string }[] = [];
    for (let sent = this.mobile.take(); sent.length > 0; sent = this.mobile.take()) {
      for (const { packet } of sent) {
        const layers = codec.dissect(packet);
        const last = layers.at(-1)!;
        const [, outer] = addresses(packet);
        const names = layers.map(({ name }) => name);
        const tunnelled = names.filter((name) => name === "ipv6").length === 2;
        seen.push({ outer, last: names.find((name) => name === "echo-request") ?? last.name });
        const message = layers.find(({ name }) => ["home-test-init", "careof-test-init", "binding-update"].includes(name));
        if (!message) continue;
        const fields = Object.fromEntries(message.fields.map(({ name, value }) => [name, value]));
        if (message.name === "binding-update" && outer === HOME_AGENT && !tunnelled) this.registerHome(packet);
        else this.watch(message.name, fields, layers, packet, tunnelled);
      }
    }
    return seen;
  }

  private registerHome(packet: Uint8Array): void {
    this.agent.now = this.mobile.now;
    this.agent.receive(ACCESS, packet);
    for (const { packet: answer } of this.agent.take()) {
      if (addresses(answer)[1] === this.careofAddress) this.mobile.receive(ACCESS, answer);
    }
  }

  /** A message of return routability leaves: the twin judges it. */
  private watch(
    message: string, fields: Fields, layers: ReturnType<typeof codec.dissect>, packet: Uint8Array, tunnelled: boolean,
  ): void {
    const inner = tunnelled ? packet.subarray(40) : packet;
    const [source, peer] = addresses(inner);
    const twin = this.twin(peer);
    let fault: string | undefined;
    let key: Uint8Array | undefined;
    if (message === "home-test-init") {
      expect([tunnelled, source]).toEqual([true, HOME_ADDRESS]);
      fault = twin.sentHomeTestInit(fields.homeInitCookie as bigint);
    } else if (message === "careof-test-init") {
      expect([tunnelled, source]).toEqual([false, this.careofAddress]);
      fault = twin.sentCareofTestInit(fields.careofInitCookie as bigint, source);
    } else {
      const options = layers.flatMap(({ options }) => options ?? []);
      const option = (name: string, field: string) =>
        options.find((each) => each.name === name)?.fields.find((each) => each.name === field)?.value;
      const home = twin.homeToken?.token ?? 0n;
      const both = bindingManagementKey(home, twin.careofToken?.token ?? 0n);
      const alone = bindingManagementKey(home);
      const given = Buffer.from(option("binding-authorization-data", "authenticator") as Uint8Array);
      const isMadeOf = (each: Uint8Array) => given.equals(Buffer.from(authenticatorOf(packet, each, source, peer)));
      const authorisedBy: SentUpdate["authorisedBy"] =
        isMadeOf(both) ? "both tokens" : isMadeOf(alone) ? "home token" : "neither";
      key = authorisedBy === "home token" ? alone : both;
      this.keys.set(peer, Buffer.from(key));
      fault = twin.sentUpdate({
        sequence: fields.sequence as number, lifetimeMs: (fields.lifetime as number) * 4000,
        careofAddress: source, authorisedBy,
        indices: {
          home: option("nonce-indices", "homeNonceIndex") as number,
          careof: option("nonce-indices", "careofNonceIndex") as number,
        },
      }, this.mobile.now, this.careofAddress, readUpdates(this.mobile.engine)[0].remainingMs);
    }
    expect(fault, `${message} from ${source} to ${peer}`).toBeUndefined();
    this.questions.push({ peer, message, fields, careofAddress: source, key });
    if (this.questions.length > 8) this.questions.shift();
  }

  compare(): void {
    const listed = new Map(readPeers(this.mobile.engine).map((each) => [each.address, each]));
    for (const [peer, twin] of this.twins) {
      // §5.2.9: a peer that no longer answers tests or updates is reached through the home agent again.
      // The hold-off may be over again by now, so the events tell.
      const refused = this.mobile.events.some(({ name, fields }) =>
        name === "PeerState" && fields.peer === peer && fields.state === "Refused");
      if (refused) twin.gaveUp();
      const expected = twin.mayOptimise(this.careofAddress, this.mobile.now);
      expect(listed.get(peer)?.optimised ?? false, `${peer} optimised`).toBe(expected);
      if (!expected || twin.expiresMs === undefined) continue;
      expect(listed.get(peer)!.remainingMs).toBeCloseTo(twin.expiresMs - this.mobile.now, 2);
    }
    this.mobile.events = [];
  }
}

describe("the mobile node's correspondents and their twin", () => {
  test(`agree through ${SEEDS} random lives of ${EVENTS} events`, { timeout: 300_000 }, () => {
    play(EVENTS, [10, 16, 109, 365, 375, 749], (seed) => new Duet(seed));
  });
});
