/** Drawings of headers and of state machines: where their parts stand. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Codec, type Layer, type LayerInput } from "../../bindings/codec.ts";
import { readMachines } from "../../bindings/machines.ts";
import { type Cell, cellsOf, MOST_ROWS, ROW_BITS } from "../../platforms/browser/lab/page/header-drawing.ts";
import type { Signal } from "../../platforms/browser/lab/contract.ts";
import { drawingOf, STATE_HEIGHT, STATE_WIDTH } from "../../platforms/browser/lab/page/machines-layout.ts";
import { SequenceSignals } from "../../platforms/browser/lab/page/sequence-signals.ts";
import { SequenceTimes } from "../../platforms/browser/lab/page/sequence-times.ts";

const core = new WebAssembly.Module(readFileSync(new URL("../../build/mext.wasm", import.meta.url)));
const codec = new Codec(core);
const IPV6 = { name: "ipv6", fields: { source: "2001:db8::1", destination: "2001:db8::2" } };
const HOME = { name: "destination-options", options: [{ name: "home-address", fields: { address: "2001:db8::3" } }] };

function layersOf(...inputs: LayerInput[]): Layer[] {
  return codec.dissect(codec.encode([IPV6, ...inputs]));
}

/** The cells of the field, as [row, column, bits, rows]. */
function placesOf(layer: Layer, name: string): number[][] {
  return cellsOf(layer).filter(({ field }) => field !== undefined && layer.fields[field].name === name)
    .map(({ row, column, bits, rows }) => [row, column, bits, rows]);
}

/** Throws unless the cells stand side by side from the first bit on, each field's on its own bits, in rows of 32. */
function check(layer: Layer): void {
  const cells = cellsOf(layer);
  const bits = (cell: Cell) => cell.bits + (cell.wholeRows - 1) * ROW_BITS;
  let [at, next] = [0, 0];
  for (const cell of cells) {
    expect(cell.column).toBe(at % ROW_BITS);
    expect(cell.column + cell.bits).toBeLessThanOrEqual(ROW_BITS);
    expect(cell.row).toBe(next);
    expect(cell.rows).toBe(Math.min(cell.wholeRows, MOST_ROWS));
    at += bits(cell);
    if (at % ROW_BITS === 0) next += cell.rows;
  }
  layer.fields.forEach(({ bitLength, bitOffset }, index) => {
    const own = cells.filter(({ field }) => field === index);
    expect(own.reduce((sum, cell) => sum + bits(cell), 0)).toBe(bitLength);
    expect(own.filter(({ isNamed }) => isNamed)).toHaveLength(bitLength > 0 ? 1 : 0);
    if (bitLength > 0) expect(own[0].column).toBe((bitOffset - layer.offset * 8) % ROW_BITS);
  });
  for (const option of layer.options) check(option);
}

describe("the drawing of a header", () => {
  it("has the fields of IPv6 where RFC 8200 §3 has them", () => {
    const [ipv6] = layersOf();
    expect(placesOf(ipv6, "version")).toEqual([[0, 0, 4, 1]]);
    expect(placesOf(ipv6, "flowLabel")).toEqual([[0, 12, 20, 1]]);
    expect(placesOf(ipv6, "hopLimit")).toEqual([[1, 24, 8, 1]]);
    expect(placesOf(ipv6, "source")).toEqual([[2, 0, 32, 4]]);
    expect(placesOf(ipv6, "destination")).toEqual([[6, 0, 32, 4]]);
  });

  it("has those of UDP where RFC 768 has them", () => {
    const udp = layersOf({ name: "udp", fields: { sourcePort: 1, destinationPort: 2 } })[1];
    expect(placesOf(udp, "destinationPort")).toEqual([[0, 16, 16, 1]]);
    expect(placesOf(udp, "checksum")).toEqual([[1, 16, 16, 1]]);
  });

  it("has those of a Binding Update and its options where RFC 6275 §6.1.7 and §6.2 have them", () => {
    const update = layersOf(HOME, {
      name: "binding-update", fields: { sequence: 5 },
      options: [{ name: "nonce-indices", fields: { homeNonceIndex: 1, careofNonceIndex: 2 } }],
    })[2];
    expect(update.name).toBe("binding-update");
    expect(placesOf(update, "checksum")).toEqual([[1, 0, 16, 1]]);
    expect(placesOf(update, "sequence")).toEqual([[1, 16, 16, 1]]);
    expect(placesOf(update, "acknowledge")).toEqual([[2, 0, 1, 1]]);
    expect(placesOf(update, "lifetime")).toEqual([[2, 16, 16, 1]]);
    expect(cellsOf(update).some(({ option }) => option !== undefined && update.options[option].name === "nonce-indices")).toBe(true);
    check(update);
  });

  it("has those of a Binding Acknowledgement where RFC 6275 §6.1.8 has them", () => {
    const acknowledgement = layersOf({ name: "binding-acknowledgement", fields: { status: 135, sequence: 9, lifetime: 3 } })[1];
    expect(placesOf(acknowledgement, "status")).toEqual([[1, 16, 8, 1]]);
    expect(placesOf(acknowledgement, "sequence")).toEqual([[2, 0, 16, 1]]);
    expect(placesOf(acknowledgement, "lifetime")).toEqual([[2, 16, 16, 1]]);
  });

  it("shows each field of any message once, in its own bits", () => {
    const word = fc.integer({ min: 0, max: 0xffff });
    fc.assert(fc.property(word, word, fc.string({ minLength: 1, maxLength: 200 }), (sequence, lifetime, name) => {
      const identifier = new TextEncoder().encode(name).subarray(0, 200);
      const layers = layersOf(HOME, {
        name: "binding-update", fields: { sequence, lifetime, acknowledge: sequence & 1, homeRegistration: lifetime & 1 },
        options: [{ name: "mobile-node-identifier", fields: { subtype: 1, identifier } }, { name: "alternate-careof-address", fields: { careofAddress: "2001:db8::4" } }],
      });
      layers.forEach(check);
    }), { numRuns: 60 });
  });

  it("bears any octets", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (octets) => {
      const packet = octets.slice();
      if (packet.length > 0) packet[0] = 0x60;
      for (const layer of codec.dissect(packet)) {
        const cells = cellsOf(layer);
        expect(cells.every(({ column, bits }) => column >= 0 && bits > 0 && column + bits <= ROW_BITS)).toBe(true);
      }
    }), { numRuns: 200 });
  });
});

describe("the drawing of a state machine", () => {
  it.each([330, 460, 480, 900])("has every state once, none over another, at a width of %i", (width) => {
    const machines = readMachines(core);
    const counts = Array.from({ length: 14 }, (_, count) => ({
      ...machines[0], states: Array.from({ length: count + 1 }, (_state, index) => `state${index}`), transitions: [],
    }));
    for (const table of [...machines, ...counts]) {
      const { places, height } = drawingOf(table, width);
      expect(places.map(({ state }) => state)).toEqual(table.states);
      for (const [index, one] of places.entries()) {
        expect(one.x - STATE_WIDTH / 2).toBeGreaterThanOrEqual(0);
        expect(one.x + STATE_WIDTH / 2).toBeLessThanOrEqual(width);
        expect(one.y + STATE_HEIGHT / 2).toBeLessThanOrEqual(height);
        for (const other of places.slice(index + 1)) {
          expect(Math.abs(one.x - other.x) >= STATE_WIDTH || Math.abs(one.y - other.y) >= STATE_HEIGHT).toBe(true);
        }
      }
    }
  });

  it("has an edge for each pair of states that a transition joins", () => {
    for (const table of readMachines(core)) {
      const pairs = new Set(table.transitions.filter(({ from, to }) => from !== to).map(({ from, to }) => `${from}>${to}`));
      const { edges } = drawingOf(table, 480);
      expect(new Set(edges.map(({ from, to }) => `${from.state}>${to.state}`))).toEqual(pairs);
      expect(edges.every(({ path }) => !path.includes("NaN"))).toBe(true);
    }
  });
});

describe("the signals of the sequence diagram", () => {
  const word = fc.integer({ min: 0, max: 5000 });
  const signals = fc.uniqueArray(fc.record({
    packet: fc.nat(), sentMs: word, from: fc.constantFrom("a", "b", "ha"), to: fc.constantFrom("a", "b", "ha", undefined),
    name: fc.constant("Binding Update"), detail: fc.constant(""),
  }), { maxLength: 900, size: "max", selector: ({ packet }) => packet });

  it("stand in the order of their sending, whatever the order in which they are told, each once", () => {
    fc.assert(fc.property(signals, fc.integer({ min: 1, max: 50 }), (all, pieces) => {
      const kept = new SequenceSignals();
      let before: readonly Signal[] = [];
      for (let at = 0; at < all.length; at += pieces) {
        // what was lost is told again, when it has come after all
        const first = kept.take([...all.slice(at, at + pieces), ...all.slice(Math.max(0, at - 2), at)]);
        expect(kept.shown.slice(0, first), "what is before is as it was").toEqual(before.slice(0, first));
        before = [...kept.shown];
      }
      expect(kept.shown).toEqual(kept.shown.toSorted((one, other) => one.sentMs - other.sentMs));
      expect(new Set(kept.shown.map(({ packet }) => packet)).size).toBe(kept.shown.length);
      expect(kept.shown.length).toBeGreaterThanOrEqual(Math.min(all.length, 250));
      expect(kept.shown.length).toBeLessThanOrEqual(300);
    }), { numRuns: 40, endOnFailure: true });
  });

  it("are those of the node that is chosen, also of before", () => {
    fc.assert(fc.property(signals.map((all) => all.slice(0, 250)), (all) => {
      const kept = new SequenceSignals();
      kept.take(all.slice(0, all.length / 2));
      kept.choose("a");
      kept.take(all.slice(all.length / 2));
      const own = all.filter(({ from, to }) => from === "a" || to === "a").map(({ packet }) => packet);
      expect(kept.shown.map(({ packet }) => packet).sort()).toEqual(own.sort());
      kept.choose(undefined);
      expect(kept.shown).toHaveLength(all.length);
    }), { numRuns: 40, endOnFailure: true });
  });
});

describe("the times of the sequence diagram", () => {
  it("keep their order, and moments apart, however long the silence", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 2, maxLength: 40 }), (gaps) => {
      const times = new SequenceTimes();
      let now = 0;
      const places = gaps.map((gap) => times.add((now += gap)));
      for (const [index, place] of places.slice(1).entries()) {
        expect(place - places[index]).toBeGreaterThanOrEqual(40);
        expect(place - places[index]).toBeLessThanOrEqual(90);
      }
      expect(times.placeOf(now)).toBeLessThanOrEqual(times.end);
      // what is cut off and added again comes to the same places
      const half = gaps.length >> 1;
      times.keep(half);
      now = gaps.slice(0, half).reduce((sum, gap) => sum + gap, 0);
      expect(gaps.slice(half).map((gap) => times.add((now += gap)))).toEqual(places.slice(half));
    }));
  });
});
