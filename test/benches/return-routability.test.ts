import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Codec } from "../../bindings/codec.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS } from "../../benches/home-agent.ts";
import { Test } from "../../benches/peer-packets.ts";
import { BATCH, Refreshes, asked, askedAnswerer, questions } from "../../benches/return-routability.ts";
import type { CorrespondentNode } from "../../benches/peer-nodes.ts";
import { module } from "./core.ts";

const codec = new Codec(module);
const NOT_ALIKE = [[1, 4], [44, 48], [56, 64]]; // flow label; checksum and nonce index; token

function answersOf(correspondent: CorrespondentNode): Uint8Array[] {
  const { engine, orders } = correspondent;
  const answers: Uint8Array[] = [];
  orders.taker = (_device, pointer, length) => void answers.push(engine.memory.slice(pointer, pointer + length));
  engine.processSlots(correspondent.now, BATCH);
  orders.taker = undefined;
  return answers;
}

function withoutSecrets(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  for (const [from, to] of NOT_ALIKE) copy.fill(0, from, to);
  return copy;
}

describe.each([["Home", Test.Home], ["Care-of", Test.Careof]] as const)("the %s Test Init messages that are measured", (_, test) => {
  it("are all answered, with tokens that differ from node to node and not from round to round", () => {
    const correspondent = asked(module, test);
    const first = answersOf(correspondent);
    expect(first).toHaveLength(BATCH);
    expect(new Set(first.map((answer) => String(answer.subarray(56)))).size).toBe(BATCH);
    expect(answersOf(correspondent)).toEqual(first);
    for (const answer of first) for (const { problem } of codec.dissect(answer)) expect(problem).toBeUndefined();
  });

  it("change no table, no state record and no timer", () => {
    const correspondent = asked(module, test);
    const { engine, orders, now } = correspondent;
    const told = () => ({
      bindings: readBindings(engine), state: engine.exportState(), wakeup: engine.nextWakeupMs(),
      events: orders.events, records: orders.records,
      counters: engine.counters(), octets: engine.memory.length,
    });
    const before = told();
    for (let round = 0; round < 50; round++) engine.processSlots(now, BATCH);
    expect(orders.packets).toBe(50 * BATCH);
    expect(told()).toEqual(before);
    expect(before.bindings).toEqual([]);
    expect(before.wakeup).toBe(Infinity);
  });

  it("get of the plain answerer what the core answers, but for the secrets", () => {
    const answerer = askedAnswerer(test);
    answerer.answerAll();
    expect(answerer.answered).toBe(BATCH);
    answersOf(asked(module, test)).forEach((answer, slot) => {
      const plain = answerer.answer(slot);
      expect(withoutSecrets(plain)).toEqual(withoutSecrets(answer));
      const problems = codec.dissect(plain).flatMap(({ problem, checksum }) => [problem, checksum === "bad" ? "checksum" : undefined]);
      expect(problems.every((each) => each === undefined)).toBe(true);
      const hashed = Buffer.concat([plain.subarray(24, 40), new Uint8Array(8).fill(0x5a), Uint8Array.of(test - 1)]);
      const token = createHmac("sha1", new Uint8Array(20).fill(0x5a)).update(hashed).digest().subarray(0, 8);
      expect(Buffer.from(plain.subarray(56)).equals(token)).toBe(true);
    });
  });

  it.each([[0, 0x40], [6, 58], [8, 0xff], [39, 0], [41, 2], [42, 7], [44, 0], [55, 0xee]])(
    "are refused by both when octet %i is %i", (at, value) => {
      const damaged = questions(test)[0].slice();
      damaged[at] = value;
      const answerer = askedAnswerer(test);
      answerer.fill(0, damaged);
      answerer.answerAll();
      expect(answerer.answered).toBe(BATCH - 1);
      const { engine, orders, now } = asked(module, test);
      const sent: number[] = [];
      orders.taker = (_device, pointer) => void sent.push(engine.memory[pointer + 42]);
      engine.receive(now, ACCESS, damaged);
      expect(sent.filter((type) => type === test + 2)).toEqual([]);
      expect(engine.counters().slice(1).reduce((sum, count) => sum + count)).toBe(1);
    });
});

describe("the Binding Updates that are measured", () => {
  it("are all accepted, and every binding is refreshed in every round", () => {
    const refreshes = new Refreshes(module, 100);
    const { engine, orders } = refreshes.correspondent;
    expect(readBindings(engine)).toHaveLength(100);
    for (let round = 1; round <= 3; round++) {
      refreshes.prepare();
      const statuses = new Map<number, number>();
      const before = orders.events;
      orders.taker = (_device, pointer, length) => {
        expect(length).toBe(64 + 32);
        const status = engine.memory[pointer + 70];
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      };
      refreshes.run();
      expect([...statuses]).toEqual([[0, refreshes.operations]]);
      expect(orders.events - before).toBe(refreshes.operations);
      expect(readBindings(engine).every(({ sequence }) => sequence === 4 * round)).toBe(true);
    }
    expect(engine.counters().slice(1).every((count) => count === 0)).toBe(true);
  });
});
