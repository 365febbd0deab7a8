/**
 * Any octets can be read, and whatever was read can be written again: no trap, no endless answer, and
 * from a packet's own records the same packet.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { MAX_RECORDS, RECORD_BYTES } from "../../core-as/abi/fields.ts";
import {
  Codec,
  EncodeError,
  type FieldValue,
  type Layer,
  type LayerInput,
  LinkType,
  toInput,
} from "../../bindings/codec.ts";
import { describe as describePacket, toJson } from "../../bindings/describe.ts";
import { type CodecInternals, fromHex, loadCodecModule, toHex } from "../internals/load-codec.ts";
import { noise, octets, packetLayers, u64 } from "../internals/codec-arbitraries.ts";

let core: CodecInternals;
let codec: Codec;

beforeAll(async () => {
  const module = await loadCodecModule();
  codec = new Codec(module);
  core = new WebAssembly.Instance(module).exports as unknown as CodecInternals;
}, 60_000);

/** dissect, then assemble from the very records, in the core alone. */
function writeAgain(packet: Uint8Array, linkType: LinkType): Uint8Array {
  new Uint8Array(core.memory.buffer).set(packet, core.scratchPointer());
  const count = core.dissect(packet.length, linkType);
  expect(count).toBeLessThanOrEqual(MAX_RECORDS);
  const length = core.assemble(count * RECORD_BYTES);
  expect(length).toBeGreaterThanOrEqual(0);
  return new Uint8Array(core.memory.buffer).slice(core.assemblyPointer(), core.assemblyPointer() + length);
}

describe("any octets", () => {
  it("are read and written again to the same", () => {
    fc.assert(
      fc.property(noise, ([beginning, rest, linkType]) => {
        const packet = Buffer.concat([beginning, rest]);
        expect(toHex(writeAgain(packet, linkType))).toBe(toHex(packet));
        expect(toHex(codec.encode(codec.dissect(packet, linkType).map(toInput)))).toBe(toHex(packet));
      }),
      { numRuns: 4000 },
    );
  });

  it("of every length of good packets are read and written again to the same, also by their names", () => {
    fc.assert(
      fc.property(packetLayers, ([ipv6, between, message]) => {
        const whole = codec.encode([ipv6, ...between, message]);
        for (let length = 0; length < whole.length; length++) {
          const part = whole.slice(0, length);
          // Half of them say how long they are now, so that the cut is inside of a header.
          if (length >= 40 && length % 2 === 0) new DataView(part.buffer).setUint16(4, length - 40);
          expect(toHex(codec.encode(codec.dissect(part).map(toInput)))).toBe(toHex(part));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are described, and put into JSON", () => {
    fc.assert(
      fc.property(noise, ([beginning, rest, linkType]) => {
        const layers = codec.dissect(Buffer.concat([beginning, rest]), linkType);
        const lines = describePacket(layers, { verbose: true, dissect: (inner) => codec.dissect(inner) });
        expect(lines.length).toBeGreaterThan(0);
        expect(lines.join("")).not.toMatch(/undefined|NaN|\[object/);
        JSON.stringify(toJson(layers));
      }),
      { numRuns: 1500 },
    );
  });

  it("are covered without a gap: every octet belongs to exactly one header", () => {
    fc.assert(
      fc.property(noise, ([beginning, rest, linkType]) => {
        const packet = Buffer.concat([beginning, rest]);
        let at = 0;
        for (const layer of codec.dissect(packet, linkType)) {
          expect(layer.offset).toBe(at);
          at += layer.length;
        }
        expect(at).toBe(packet.length);
      }),
      { numRuns: 1500 },
    );
  });

  it("of the largest packet give a bounded answer", () => {
    for (const fill of [0, 1, 0xff]) {
      const packet = new Uint8Array(65_575).fill(fill);
      packet.set(fromHex("60000000ffff0040"));
      expect(writeAgainCount(packet)).toBeLessThanOrEqual(MAX_RECORDS);
    }
  });
});

function writeAgainCount(packet: Uint8Array): number {
  new Uint8Array(core.memory.buffer).set(packet, core.scratchPointer());
  return core.dissect(packet.length, LinkType.Raw);
}

describe("any records", () => {
  it("are written or refused, without a trap", () => {
    const record = fc.record({
      kind: fc.constantFrom(1, 1, 2, 2, 2, 3, 9),
      depth: fc.constantFrom(0, 0, 1, 2, 255),
      id: fc.oneof(fc.nat(0x9ff), fc.constantFrom(0x29, 0x105, 0x203, 0x3c9), fc.nat(0xffff)),
      octets: fc.nat(1),
      offset: fc.nat(0xffffffff),
      length: fc.constantFrom(0, 8, 12, 32, 128, 0xffffffff),
      value: fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), (records) => {
        const view = new DataView(
          core.memory.buffer,
          core.dissectionPointer(),
          records.length * RECORD_BYTES,
        );
        records.forEach(({ kind, depth, id, octets, offset, length, value }, index) => {
          const at = index * RECORD_BYTES;
          view.setUint8(at, kind);
          view.setUint8(at + 1, depth);
          view.setUint16(at + 2, id, true);
          view.setUint16(at + 6, octets, true);
          view.setUint32(at + 8, offset, true);
          view.setUint32(at + 12, length, true);
          view.setBigUint64(at + 16, value, true);
        });
        expect(core.assemble(records.length * RECORD_BYTES)).toBeLessThanOrEqual(0x10000 + 0x200);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("any layers", () => {
  it("are read again as they were written, with a good checksum", () => {
    fc.assert(
      fc.property(packetLayers, ([ipv6, between, message]) => {
        const inputs: LayerInput[] = [ipv6, ...between, message];
        const packet = codec.encode(inputs);
        const layers = codec.dissect(packet);
        expect(layers.map(({ name }) => name)).toEqual(inputs.map(({ name }) => name));
        expect(layers.at(-1)?.checksum).toBe("good");
        inputs.forEach((input, index) => expectGiven(layers[index], input));
        expect(toHex(codec.encode(layers.map(toInput)))).toBe(toHex(packet));
      }),
      { numRuns: 1000 },
    );
  });

  it("of any names are written or refused with an EncodeError", () => {
    const name = fc.constantFrom(
      "ipv6",
      "udp",
      "payload",
      "binding-update",
      "pad-n",
      "mtu",
      "mobility-option-9",
      "nonsense",
    );
    const value = fc.oneof<fc.Arbitrary<FieldValue>[]>(fc.double(), fc.boolean(), u64, octets, fc.string());
    const fields = fc.dictionary(
      fc.constantFrom("source", "data", "length", "rest", "toString", "hopLimit"),
      value,
    );
    const option = fc.record({ name, fields });
    fc.assert(
      fc.property(
        fc.array(fc.record({ name, fields, options: fc.array(option, { maxLength: 3 }) }), { maxLength: 5 }),
        (inputs) => {
          try {
            codec.dissect(codec.encode(inputs));
          } catch (error) {
            expect(error).toBeInstanceOf(EncodeError);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });
});

/** What was given is there; options are there in their order, padding aside. */
function expectGiven(layer: Layer, input: LayerInput): void {
  for (const [name, value] of Object.entries(toInput(layer).fields ?? {})) {
    const given = input.fields?.[name];
    if (
      given === undefined ||
      given instanceof Uint8Array !== value instanceof Uint8Array ||
      typeof given !== typeof value
    )
      continue;
    expect([name, value]).toEqual([name, given]);
  }
  const options = layer.options.filter((option) => !option.name.startsWith("pad"));
  expect(options.map(({ name }) => name)).toEqual((input.options ?? []).map(({ name }) => name));
  options.forEach((option, index) => expectGiven(option, input.options![index]));
}
