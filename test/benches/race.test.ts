/** The race of the core and the Rust peer: both do all of what is measured, and it runs wherever it is said to. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { homeAddress, shuffled } from "../../benches/home-agent.ts";
import { addressesOf, findEach, findInBatches, lookupRoom } from "../../benches/lookup.ts";
import { loadGlue, peerBytes, peerFolder } from "../../benches/peers/rust-build.ts";
import { Verdict } from "../../benches/peers/rust-verdicts.ts";
import { BATCH, findEachInPeer, findInPeerBatches, loadedPair, runCore, runPeer, type Racers, type Way } from "../../benches/race.ts";
import { RUNTIMES } from "../../benches/race-runtimes.ts";
import { module } from "./core.ts";

const EFFORT = { rounds: 2, roundMs: 1, warmUpMs: 1 };
const BINDINGS = 4096; // enough that the core looks ahead

/** What is missing, as it stands in a title: undefined where nothing is. */
const missing = await Promise.all(RUNTIMES.map((runtime) => runtime.missing()));

describe.skipIf(!peerFolder)("the core and the Rust peer in the benchmark (needs wasm-pack)", () => {
  let racers: Racers;
  beforeAll(async () => {
    racers = { core: module, peer: new WebAssembly.Module(peerBytes(peerFolder!)), glue: await loadGlue(peerFolder!) };
  });

  it.each<[Way, number, number]>([["encapsulate", BATCH, 40], ["decapsulate", BATCH, 0], ["verify", 0, 0]])("%s a whole batch", (way, packets, added) => {
    for (const octets of [64, 1400]) {
      const pair = loadedPair(racers, way, octets);
      const { homeAgent, peer, sent } = pair;
      runCore(pair, BATCH);
      runPeer(pair, way, BATCH);
      expect([homeAgent.orders.packets, homeAgent.orders.octets]).toEqual([packets, packets * (octets + added)]);
      expect([sent.packets, sent.octets]).toEqual([packets, packets * (octets + added)]);
      const wanted = way === "verify" ? Verdict.Icmpv6Message : Verdict.Accepted;
      for (let slot = 0; slot < BATCH; slot++) expect(peer.verdict(slot)).toBe(wanted);
      peer.free();
    }
  });

  it("send the same octets from their slots", () => {
    const pair = loadedPair(racers, "encapsulate", 512);
    const { homeAgent: { engine, orders, now }, peer } = pair;
    const fromCore: Buffer[] = [];
    const fromPeer: Buffer[] = [];
    orders.taker = (_device, pointer, length) => void fromCore.push(Buffer.from(engine.memory.slice(pointer, pointer + length)));
    runCore(pair, BATCH);
    peer.send(now, 0, BATCH, (pointer, length) => void fromPeer.push(Buffer.from(peer.memory.slice(pointer, pointer + length))));
    expect(fromPeer).toHaveLength(BATCH);
    expect(fromPeer).toEqual(fromCore);
    expect(new Set(fromPeer.map((packet) => packet.toString("hex", 24, 40))).size).toBe(BATCH); // each to its own node
    peer.free();
  });

  it("find the same bindings, in batches and one by one", () => {
    const { homeAgent, peer } = loadedPair(racers, "encapsulate", 64, BINDINGS);
    const order = shuffled(BINDINGS);
    const addresses = addressesOf(order);
    const room = lookupRoom(homeAgent);
    for (let first = 0; first < BINDINGS; first += 1024) {
      const wanted = order.subarray(first, first + 1024).reduce((sum, node) => sum + node, 0);
      expect(findInBatches(homeAgent, room, addresses, first, 1024)).toBe(wanted);
      expect(findEach(homeAgent, room.addresses, addresses, first, 1024)).toBe(wanted);
      expect(findInPeerBatches(peer, addresses, first, 1024)).toBe(wanted);
      expect(findEachInPeer(peer, addresses, first, 1024)).toBe(wanted);
    }
    peer.memory.set(homeAddress(BINDINGS + 1), peer.addressesPointer);
    expect(peer.rust.find()).toBe(-1);
    peer.free();
  });

  RUNTIMES.forEach((runtime, index) => {
    it.skipIf(missing[index])(`run in ${runtime.name} (needs ${missing[index] ?? runtime.name})`, async () => {
      const core = new Uint8Array(readFileSync(new URL("../../build/mext.wasm", import.meta.url)));
      const { version, comparisons } = await runtime.run({ core, peer: peerFolder! }, { effort: EFFORT, bindings: 1024 });
      expect(version).toMatch(/\d+\.\d+/);
      expect(comparisons).toHaveLength(9);
      for (const { name, core: ours, peer: theirs } of comparisons) {
        for (const figure of [ours, theirs]) expect(figure.roundsNs, name).toHaveLength(EFFORT.rounds);
      }
    });
  });
});

describe("what the race is made of", () => {
  it.each(["race.ts", "rounds.ts", "packets.ts", "home-agent.ts", "lookup.ts", "peers/rust-peer.ts"])("knows no runtime: %s", (file) => {
    const text = readFileSync(new URL(`../../benches/${file}`, import.meta.url), "utf8");
    expect(text).not.toMatch(/from "node:|\bprocess\.|\bDeno\b|\bBuffer\b/);
  });
});
