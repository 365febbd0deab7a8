/**
 * What a correspondent node does for those who ask (RFC 6275 §9.4, §9.5): it answers Home and Care-of Test
 * Init messages, of which it keeps nothing, and takes Binding Updates that refresh what is bound.
 */
import { createHash, createHmac, createSecretKey } from "node:crypto";
import { rate, row, type Benchmark, type Context, type Report } from "./benchmark.ts";
import { ACCESS, CORRESPONDENT, careofAddress, homeAddress } from "./home-agent.ts";
import { fill } from "./packets.ts";
import { CorrespondentNode, LIFETIME_S } from "./peer-nodes.ts";
import { Test, routeUpdate, testInit } from "./peer-packets.ts";
import { FASTEST_CHECKSUM } from "./peers/checksum.ts";
import { TestAnswerer } from "./peers/test-answerer.ts";
import { compare, ratio } from "./rounds.ts";

export const BATCH = 64;
/** Nodes that refresh, and how often each does in a round. */
const NODES = 1024;
const REFRESHES = 4;
/** Octets of a keygen token's HMAC: address, nonce, which of the two tokens. */
const TOKEN_INPUT_BYTES = 25;
/** Octets of a Binding Update's HMAC: two addresses, and the message without its authenticator. */
const UPDATE_INPUT_BYTES = 32 + 28;
/** Of its acknowledgement's, which has no nonce indices: 32 octets with its authenticator. */
const ACKNOWLEDGEMENT_INPUT_BYTES = 32 + 20;

const octets = (count: number) => new Uint8Array(count).fill(0x5a);

/** A batch of questions: from home addresses, or from care-of addresses. */
export function questions(test: Test): Uint8Array[] {
  const source = test === Test.Home ? homeAddress : careofAddress;
  return Array.from({ length: BATCH }, (_, node) => testInit(test, source(node), CORRESPONDENT, BigInt(node)));
}

/** A correspondent node with a batch of questions in its slots. */
export function asked(module: WebAssembly.Module, test: Test): CorrespondentNode {
  const correspondent = new CorrespondentNode(module, BATCH);
  fill(correspondent.engine, ACCESS, questions(test));
  return correspondent;
}

/** The peer with a batch of questions. */
export function askedAnswerer(test: Test): TestAnswerer {
  const answerer = new TestAnswerer(BATCH, CORRESPONDENT, octets(20), octets(8), FASTEST_CHECKSUM);
  questions(test).forEach((packet, slot) => answerer.fill(slot, packet));
  return answerer;
}

/** A correspondent node, and nodes that refresh their bindings there, round after round. */
export class Refreshes {
  readonly correspondent: CorrespondentNode;
  private sequence = 0;
  private batches: Uint8Array[][] = [];

  constructor(module: WebAssembly.Module, readonly nodes = NODES) {
    this.correspondent = new CorrespondentNode(module, nodes);
    this.correspondent.bind(nodes);
  }

  /** Makes the Binding Updates of the next round, which a node sends with its tokens of before (§5.2.7). */
  prepare(): void {
    this.batches = [];
    for (let refresh = 0; refresh < REFRESHES; refresh++) {
      this.sequence = (this.sequence + 1) & 0xffff;
      const updates = this.correspondent.tokens.map((tokens, node) => (
        routeUpdate({ node, sequence: this.sequence, lifetimeS: LIFETIME_S, ...tokens })
      ));
      for (let at = 0; at < updates.length; at += BATCH) this.batches.push(updates.slice(at, at + BATCH));
    }
  }

  /** Gives them to the core, which is drained after every batch. */
  run(): void {
    const { engine, now } = this.correspondent;
    for (const batch of this.batches) {
      fill(engine, ACCESS, batch);
      engine.processSlots(now, batch.length);
    }
  }

  get operations(): number {
    return this.nodes * REFRESHES;
  }
}

const key = createSecretKey(octets(20));
const tokenInput = octets(TOKEN_INPUT_BYTES);
const updateInput = octets(UPDATE_INPUT_BYTES);
const acknowledgementInput = octets(ACKNOWLEDGEMENT_INPUT_BYTES);
const tokens = octets(16);

/** The hash of a test and nothing else, with node:crypto. */
function hashTest(): void {
  createHmac("sha1", key).update(tokenInput).digest();
}

/** The hashes of a refresh and nothing else: two tokens, Kbm, the update's authenticator, the acknowledgement's. */
function hashRefresh(): void {
  hashTest();
  hashTest();
  const kbm = createHash("sha1").update(tokens).digest();
  createHmac("sha1", kbm).update(updateInput).digest();
  createHmac("sha1", kbm).update(acknowledgementInput).digest();
}

function repeated(times: number, work: () => void): () => void {
  return () => { for (let time = 0; time < times; time++) work(); };
}

function run({ module, effort, progress }: Context): Report {
  progress("return routability");
  const [home, careof] = [asked(module, Test.Home), asked(module, Test.Careof)];
  const answerer = askedAnswerer(Test.Home);
  const refreshes = new Refreshes(module);
  const [homeTest, careofTest, plain, hash, refresh, refreshHash] = compare([
    { name: "mext: Home Test Init answered", operations: BATCH, run: () => home.engine.processSlots(home.now, BATCH) },
    { name: "mext: Care-of Test Init answered", operations: BATCH, run: () => careof.engine.processSlots(careof.now, BATCH) },
    { name: "TypeScript, HMAC by node:crypto: Home Test Init answered", operations: BATCH, run: () => answerer.answerAll() },
    { name: "node:crypto: the HMAC-SHA1 of a test alone", operations: BATCH, run: repeated(BATCH, hashTest) },
    {
      name: "mext: Binding Update that refreshes", operations: refreshes.operations,
      prepare: () => refreshes.prepare(), run: () => refreshes.run(),
    },
    { name: "node:crypto: the four HMAC-SHA1 and the SHA-1 of a refresh alone", operations: BATCH, run: repeated(BATCH, hashRefresh) },
  ], effort);
  for (const { engine } of [home, careof, refreshes.correspondent]) {
    const refused = engine.counters().reduce((sum, count, reason) => (reason === 0 ? sum : sum + count), 0);
    if (refused > 0) throw new Error(`${refused} messages were refused: there is nothing to measure`);
  }
  return {
    name: "return-routability",
    title: "Return routability at a correspondent node",
    text: `Test Init messages of 56 octets in batches of ${BATCH}, each answered with a token and forgotten; the limit on answers a
second, which a node has for its own good, was raised out of the way. Binding Updates of 104 octets refresh the bindings
of ${NODES.toLocaleString("en")} nodes: both tokens and Kbm made anew, authenticator verified, timers set, event given out,
acknowledgement signed. What the core orders is drained. Ratios of tests are to the first row, those of refreshes
to the refresh.`,
    per: "message",
    rows: [
      row(homeTest, undefined, rate(homeTest.ns, "messages")),
      row(careofTest, ratio(careofTest, homeTest), rate(careofTest.ns, "messages")),
      row(plain, ratio(plain, homeTest), rate(plain.ns, "messages")),
      row(hash, ratio(hash, homeTest), rate(hash.ns, "hashes")),
      row(refresh, undefined, rate(refresh.ns, "messages")),
      row(refreshHash, ratio(refreshHash, refresh)),
    ],
    promised: [],
  };
}

export const returnRoutability: Benchmark = { name: "return-routability", run };
