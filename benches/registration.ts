/**
 * Registrations through the whole state machine of the home agent, authentication included: Binding
 * Update in, HMAC-SHA1 verified, timestamp and sequence number checked, binding made or refreshed,
 * state records and event given out, Binding Acknowledgement signed.
 */
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from "node:crypto";
import { rate, row, type Benchmark, type Context, type Report } from "./benchmark.ts";
import { ACCESS, HomeAgent, LONGEST_LIFETIME_MS, key, shuffled } from "./home-agent.ts";
import { authenticated, authenticator, bindingUpdate, type Registration } from "./binding-update.ts";
import { fill } from "./packets.ts";
import { compare, ratio, type Contestant } from "./rounds.ts";

const BATCH = 64;
/** Registrations of one round, one in NEW_SHARE of a node that has no binding. */
const ROUND = 64 * BATCH;
const NEW_SHARE = 4;
const ROUND_MS = 10;

type Authentication = Registration["authentication"];

/** A home agent and the nodes that register with it, round after round. */
export class Registrations {
  readonly homeAgent: HomeAgent;
  private readonly order: Uint32Array;
  private next = 0;
  private round = 0;
  private batches: Uint8Array[][] = [];
  private readonly newNodes: number[];

  constructor(
    module: WebAssembly.Module, readonly bindings: number, readonly authentication: Authentication,
    readonly perRound = ROUND,
  ) {
    const fresh = perRound / NEW_SHARE;
    this.homeAgent = new HomeAgent(module, { nodes: bindings + fresh, bindings, authentication });
    this.order = shuffled(bindings);
    this.newNodes = Array.from({ length: fresh }, (_, index) => bindings + index);
  }

  /** Makes the Binding Updates of the next round; ends the bindings that the last one made. */
  prepare(): void {
    if (this.round > 0) {
      this.advance();
      this.give(this.newNodes.map((node) => this.update(node, 0)));
    }
    this.advance();
    const updates: Uint8Array[] = [];
    for (let index = 0; index < this.perRound; index++) {
      const isNew = index % NEW_SHARE === 0;
      updates.push(this.update(isNew ? this.newNodes[index / NEW_SHARE] : this.nextNode(), LONGEST_LIFETIME_MS));
      // A node may come again within a round: its next update must be a later one.
      if (!isNew && this.next === 0) this.advance();
    }
    this.batches = [];
    for (let at = 0; at < updates.length; at += BATCH) this.batches.push(updates.slice(at, at + BATCH));
  }

  /** Gives the Binding Updates of `prepare` to the core, which drains them after every batch. */
  run(): void {
    for (const batch of this.batches) this.take(batch);
  }

  private take(batch: Uint8Array[]): void {
    fill(this.homeAgent.engine, ACCESS, batch);
    this.homeAgent.engine.processSlots(this.homeAgent.now, batch.length);
  }

  private give(updates: Uint8Array[]): void {
    for (let at = 0; at < updates.length; at += BATCH) this.take(updates.slice(at, at + BATCH));
  }

  private advance(): void {
    this.round++;
    this.homeAgent.now += ROUND_MS;
  }

  private nextNode(): number {
    const node = this.order[this.next];
    this.next = (this.next + 1) % this.order.length;
    return node;
  }

  private update(node: number, lifetimeMs: number): Uint8Array {
    const { round, authentication, homeAgent } = this;
    return bindingUpdate({ node, sequence: round, lifetimeMs, now: homeAgent.now, visit: round & 1, authentication });
  }
}

/** The HMAC-SHA1 of as many registrations and nothing else, with node:crypto: one to verify, one to sign. */
export class HmacAlone {
  readonly work: { octets: Uint8Array; expected: Uint8Array; key: KeyObject }[];
  verified = 0;

  constructor(count: number) {
    this.work = Array.from({ length: count }, (_, node) => {
      const update = bindingUpdate({
        node, sequence: 1, lifetimeMs: LONGEST_LIFETIME_MS, now: 0, authentication: "shared-key",
      });
      return { octets: authenticated(update), expected: authenticator(update), key: createSecretKey(key(node)) };
    });
  }

  run(): void {
    this.verified = 0;
    for (const { octets, expected, key } of this.work) {
      const digest = createHmac("sha1", key).update(octets).digest();
      if (timingSafeEqual(digest.subarray(0, expected.length), expected)) this.verified++;
      createHmac("sha1", key).update(octets).digest(); // the acknowledgement is as long
    }
  }
}

/**
 * Linear memory that a binding, or a node, takes: the difference that a budget of `count` makes to where
 * the next allocation goes. The size of the memory itself says less: its allocator grows it by doubling,
 * and what nothing was written to is address space and no memory.
 */
export function memoryPerRecord(module: WebAssembly.Module, count: number): { binding: number; node: number } {
  const used = (maxBindings: number, maxNodes: number) =>
    new HomeAgent(module, { nodes: 0, bindings: 0, budgets: { maxBindings, maxNodes } }).engine.exports.hostAlloc(16);
  const base = used(1, 1);
  return { binding: (used(count, 1) - base) / count, node: (used(1, count) - base) / count };
}

function run({ module, effort, quick, progress }: Context): Report {
  const many = quick ? 20_000 : 1_000_000;
  const sizes = [1000, many];
  const contestants: Contestant[] = [];
  const checks: Registrations[] = [];
  const add = (size: number, authentication: Authentication, name: string) => {
    progress(`registrations: ${size.toLocaleString("en")} bindings, ${name}`);
    const registrations = new Registrations(module, size, authentication);
    checks.push(registrations);
    contestants.push({
      name: `mext: ${size.toLocaleString("en")} bindings, ${name}`, operations: ROUND,
      prepare: () => registrations.prepare(), run: () => registrations.run(),
    });
  };
  for (const size of sizes) add(size, "shared-key", "authenticated");
  add(1000, "none", "without authentication");
  const hmac = new HmacAlone(ROUND);
  contestants.push({ name: "node:crypto: the two HMAC-SHA1 alone", operations: ROUND, run: () => hmac.run() });

  progress("registrations: rounds");
  const figures = compare(contestants, effort);
  for (const { homeAgent } of checks) {
    const refused = homeAgent.engine.counters().reduce((sum, count, reason) => (reason === 0 ? sum : sum + count), 0);
    if (refused > 0) throw new Error(`${refused} Binding Updates were refused: there is nothing to measure`);
  }
  progress("registrations: memory");
  const memory = memoryPerRecord(module, many);
  const [small, large, open, alone] = figures;
  const share = ratio(open, small).value;
  return {
    name: "registration",
    title: "Registrations",
    text: `One Binding Update of 128 octets in four is of a node without a binding, the others move a binding to another
care-of address. What the core orders is drained. The share of authentication is what goes away without it; the
last timed row is what node:crypto takes to verify and to sign as many messages, and nothing else of a
registration. Memory is how much more of it an instance takes with a budget of as many.`,
    per: "registration",
    rows: [
      row(small, undefined, rate(small.ns, "registrations")),
      row(large, ratio(large, small), rate(large.ns, "registrations")),
      row(open, ratio(open, small), `authentication: ${Math.round((1 - share) * 100)} % of the first row`),
      row(alone, ratio(alone, small), rate(alone.ns, "pairs")),
      { name: "Memory of a binding with index and timer", note: octets(memory.binding) },
      { name: "Memory of a node: key, identity, two home addresses", note: octets(memory.node) },
    ],
    promised: [{
      what: `Memory of one of ${many.toLocaleString("en")} bindings`,
      value: memory.binding, bound: 200, sense: "at most", unit: "octets",
    }],
  };
}

function octets(value: number): string {
  return `${value.toFixed(1)} octets`;
}

export const registration: Benchmark = { name: "registration", run };
