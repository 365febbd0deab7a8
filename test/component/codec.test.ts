/** The component's codec says what the bindings' codec says. */
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { Codec, type Layer, LinkType } from "../../bindings/codec.ts";
import { kebabCase } from "../../bindings/codec-names.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress, parseIpv4Address } from "../../bindings/address.ts";
import { HOME_AGENT_CASES } from "../conformance/cases/home-agent.ts";
import { readPacketsWith } from "../conformance/packet.ts";
import { Simulator } from "../conformance/simulator.ts";
import { core } from "../sim/core.ts";
import { refusalOf } from "./lifted.ts";
import { newInstance } from "./transpiled.ts";

const ours = new (newInstance().codec.Codec)();
const theirs = new Codec(core);
readPacketsWith(core);

/** A layer of the bindings as the WIT has it: flat, options behind their layer. */
function flat(layer: Layer, depth = 0): unknown[] {
  return [{
    name: layer.name, depth, offset: layer.offset, length: layer.length,
    fields: layer.fields.map(({ name, value, bitOffset, bitLength }) => ({ name, value, bitOffset, bitLength })),
    checksum: layer.checksum?.replace(" ", "-"),
    problem: layer.problem && { reason: kebabCase(Reason[layer.problem.reason]), offset: layer.problem.offset },
  }, ...layer.options.flatMap((option) => flat(option, depth + 1))];
}

/** A value of the WIT as the bindings have it: addresses as text, small numbers as numbers. */
function plain({ tag, val }: { tag: string; val: any }, bitLength: number): unknown {
  if (tag === "number") return bitLength > 32 ? val : Number(val);
  if (tag !== "address") return val;
  return { address: [...val] };
}
/** Text of an address as its octets, for comparing. */
function octets(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return { address: [...(value.includes(":") ? parseAddress(value) : parseIpv4Address(value).slice(-4))] };
}

function same(packet: Uint8Array, linkType: keyof typeof LinkType = "Raw"): void {
  const expected = theirs.dissect(packet, LinkType[linkType]).flatMap((layer) => flat(layer)) as any[];
  for (const layer of expected) for (const field of layer.fields) field.value = octets(field.value);
  const given = ours.dissect(packet, kebabCase(linkType)).map((layer: any) => ({
    ...layer, fields: layer.fields.map((field: any) => ({ ...field, value: plain(field.value, field.bitLength) })),
  }));
  expect(given).toEqual(expected);
}

describe("the component's codec", () => {
  it("reads packets of the conformance suite as the bindings do", async () => {
    const seen: Uint8Array[] = [];
    class Seeing extends Simulator {
      override async next(untilMs: number) {
        const sent = await super.next(untilMs);
        if (sent) seen.push(sent.packet);
        return sent;
      }
      override async inject(link: string, packet: Uint8Array) {
        seen.push(packet);
        return super.inject(link, packet);
      }
    }
    for (const each of HOME_AGENT_CASES.slice(0, 60)) await each.run(new Seeing(core));
    expect(seen.length).toBeGreaterThan(200);
    for (const packet of seen) same(packet);
  });

  it("reads any octets of any link type as the bindings do", () => {
    const kinds = Object.keys(LinkType).filter((name) => Number.isNaN(Number(name))) as (keyof typeof LinkType)[];
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...kinds), fc.boolean(), (packet, kind, ipv6) => {
      if (ipv6 && packet.length > 6) { // else hardly a packet has a second header
        packet[0] = 0x60;
        packet[6] = [0, 43, 60, 135, 58, 17, 4][packet[6] % 7];
      }
      same(packet, kind);
    }), { numRuns: 500 });
  });

  it("says that there is more than it can take", () => {
    const layers = ours.dissect(new Uint8Array(70_000), "raw");
    expect(layers.at(-1)).toMatchObject({ name: "more", depth: 0, offset: 65_792, length: 0, fields: [] });
  });

  const address = (text: string) => ({ tag: "address", val: parseAddress(text) });
  const number = (val: bigint) => ({ tag: "number", val });
  const update = (options: object[]) => [
    { name: "ipv6", depth: 0, fields: [{ name: "source", value: address("2001:db8:a::17") }, { name: "destination", value: address("2001:db8::1") }] },
    { name: "binding-update", depth: 0, fields: [
      { name: "sequence", value: number(7n) }, { name: "acknowledge", value: { tag: "flag", val: true } }, { name: "lifetime", value: number(150n) },
    ] },
    ...options,
  ];

  it("writes packets as the bindings do, and reads them again", () => {
    const packet = ours.encode(update([
      { name: "alternate-careof-address", depth: 1, fields: [{ name: "careofAddress", value: address("2001:db8:a::17") }] },
      { name: "mobility-option-200", depth: 1, fields: [{ name: "data", value: { tag: "octets", val: Uint8Array.of(1, 2, 3) } }] },
    ]));
    expect(packet).toEqual(theirs.encode([
      { name: "ipv6", fields: { source: "2001:db8:a::17", destination: "2001:db8::1" } },
      { name: "binding-update", fields: { sequence: 7, acknowledge: true, lifetime: 150 }, options: [
        { name: "alternate-careof-address", fields: { careofAddress: "2001:db8:a::17" } },
        { name: "mobility-option-200", fields: { data: Uint8Array.of(1, 2, 3) } },
      ] },
    ]));
    same(packet);
  });

  it.each([
    ["a layer that there is not", update([{ name: "ipv7", depth: 0, fields: [] }]), { layer: 2, field: undefined, refusal: "unknown-layer" }],
    ["the layer that only says there is more", [{ name: "more", depth: 0, fields: [] }], { layer: 0, field: undefined, refusal: "unknown-layer" }],
    ["a family without a number", [{ name: "mobility-option-", depth: 0, fields: [] }], { layer: 0, field: undefined, refusal: "unknown-layer" }],
    ["a number above 255", [{ name: "mobility-option-256", depth: 0, fields: [] }], { layer: 0, field: undefined, refusal: "unknown-layer" }],
    ["a name that there is not", update([{ name: "nonce-indices", depth: 1, fields: [{ name: "nonsense", value: number(1n) }] }]),
      { layer: 2, field: 0, refusal: "unknown-field" }],
    ["a field of another layer", update([{ name: "nonce-indices", depth: 1, fields: [{ name: "lifetime", value: number(1n) }] }]),
      { layer: 2, field: 0, refusal: "unknown-field" }],
    ["a number too large", [{ name: "ipv6", depth: 0, fields: [{ name: "flowLabel", value: number(1n) }, { name: "hopLimit", value: number(256n) }] }],
      { layer: 0, field: 1, refusal: "value-too-large" }],
    ["octets too few", [{ name: "ipv6", depth: 0, fields: [{ name: "source", value: { tag: "octets", val: new Uint8Array(3) } }] }],
      { layer: 0, field: 0, refusal: "wrong-length" }],
    ["a packet too long", [{ name: "payload", depth: 0, fields: [{ name: "data", value: { tag: "octets", val: new Uint8Array(70_000) } }] }],
      { layer: 0, field: 0, refusal: "packet-too-long" }],
    ["too many fields", [{ name: "ipv6", depth: 0, fields: Array(5000).fill({ name: "hopLimit", value: number(1n) }) }],
      { layer: 0, field: 4095, refusal: "too-many" }],
  ])("refuses %s", (_what, layers, error) => {
    let refused: unknown;
    try { ours.encode(layers); } catch (thrown) { refused = refusalOf(thrown); }
    expect(refused).toEqual(error);
  });
});
