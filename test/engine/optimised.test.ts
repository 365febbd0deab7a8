/** Type 2 routing headers and Home Address options, into packets and out of them again (RFC 6275 §6.3, §6.4). */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { type OptimisedInternals, loadOptimised } from "../internals/load-optimised.ts";
import { CAREOF, CORRESPONDENT, HOME_ADDRESS } from "./harness.ts";
import { addresses, codec } from "./network.ts";

let core: OptimisedInternals;
let room: number;
let careof: number;
beforeAll(async () => {
  core = await loadOptimised();
  room = core.allocate(4096) + 128;
  careof = put(parseAddress(CAREOF), core.allocate(16));
}, 60_000);

const memory = () => new Uint8Array(core.memory.buffer);
function put(octets: Uint8Array, at = room): number {
  memory().set(octets, at);
  return at;
}
const take = (at: number, length: number) => memory().slice(at, at + length);
const names = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);

// ---- random chains of extension headers -------------------------------------------------------
const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const skippable = fc.record({ type: fc.constantFrom(0x1e, 0x3e, 0x26), data: bytes(30) })
  .map(({ type, data }): LayerInput => ({ name: `option-${type}`, fields: { data } }));
const known: fc.Arbitrary<LayerInput> = fc.constant({ name: "tunnel-encapsulation-limit", fields: { limit: 3 } });
const optionList = fc.array(fc.oneof(skippable, known), { maxLength: 4 });
const header = (name: string) => optionList.map((options): LayerInput => ({ name, options }));
const maybe = (layer: fc.Arbitrary<LayerInput>) => fc.option(layer, { nil: undefined });
const fragment = fc.record({ fragmentOffset: fc.nat(100), moreFragments: fc.boolean(), identification: fc.nat() })
  .map((fields): LayerInput => ({ name: "fragment", fields: { ...fields, nextHeader: 17 } }));
const upper = fc.oneof(
  fc.record({ sourcePort: fc.nat(65535), destinationPort: fc.nat(65535) }).map((fields): LayerInput => ({ name: "udp", fields })),
  fc.constant<LayerInput>({ name: "echo-request", fields: { identifier: 7 } }),
);
const chain = (source: string, destination: string) => fc.record({
  ip: fc.record({ trafficClass: fc.nat(255), flowLabel: fc.nat(0xfffff), hopLimit: fc.nat(255) }),
  hopByHop: maybe(header("hop-by-hop")), destinationOptions: maybe(header("destination-options")), fragment: maybe(fragment), upper, data: bytes(200),
}).map(({ ip, hopByHop, destinationOptions, fragment, upper, data }): LayerInput[] => [
  { name: "ipv6", fields: { ...ip, source, destination } }, ...(hopByHop ? [hopByHop] : []), ...(destinationOptions ? [destinationOptions] : []),
  ...(fragment ? [fragment, { name: "payload", fields: { data: new Uint8Array(8) } }] : [upper, { name: "payload", fields: { data } }]),
]);

const problems = (packet: Uint8Array) => codec.dissect(packet).flatMap(({ name, problem }) => (problem ? [`${name}: ${problem.text}`] : []));

describe("a type 2 routing header", () => {
  it("taken out again leaves what was there, and stands behind Hop-by-Hop options and before all else", () => {
    fc.assert(fc.property(chain(CORRESPONDENT, HOME_ADDRESS), (layers) => {
      const packet = codec.encode(layers);
      expect(core.mayTakeRoutingHeader(put(packet), packet.length)).toBe(1);
      const begin = core.insertRoutingHeader(room, packet.length, careof);
      expect(begin).toBe(room - 24);
      const routed = take(begin, packet.length + 24);
      expect(addresses(routed)).toEqual([CORRESPONDENT, CAREOF]);
      const before = names(packet);
      const at = before[1] === "hop-by-hop" ? 2 : 1;
      expect(names(routed)).toEqual([...before.slice(0, at), "routing-type2", ...before.slice(at)]);
      expect(problems(routed)).toEqual(problems(packet));
      expect(core.walk(begin, routed.length)).toBe(0);
      expect(core.removeRoutingHeader(begin)).toBe(room);
      expect(take(room, packet.length)).toEqual(packet);
    }), { numRuns: 1000 });
  });

  it("is put into no packet that has a routing header, or headers that are cut off (6275-6.4.1-2, 6275-6.4.1-3)", () => {
    const ipv6 = { name: "ipv6", fields: { source: CORRESPONDENT, destination: HOME_ADDRESS } };
    const type2 = { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } };
    for (const layers of [[type2], [{ name: "destination-options", options: [] }, type2], [{ name: "hop-by-hop", options: [] }, type2]]) {
      const packet = codec.encode([ipv6, ...layers, { name: "udp" }]);
      expect(core.mayTakeRoutingHeader(put(packet), packet.length), names(packet).join()).toBe(0);
    }
    const packet = codec.encode([ipv6, { name: "hop-by-hop", options: [] }, { name: "destination-options", options: [] }, { name: "udp" }]);
    for (const length of [40, 41, 47, 48, 49, 55]) expect(core.mayTakeRoutingHeader(put(packet), length), `${length}`).toBe(0);
    expect(core.mayTakeRoutingHeader(put(packet), packet.length)).toBe(1);
  });
});

describe("a Home Address option", () => {
  it("taken out again leaves what was there, and stands before a Fragment header (6275-6.3-5)", () => {
    fc.assert(fc.property(chain(HOME_ADDRESS, CORRESPONDENT), fc.boolean(), (layers, isRouted) => {
      const plain = codec.encode(layers);
      put(plain);
      let at = room;
      let length = plain.length;
      if (isRouted) { // to a node that is mobile as well: the option goes behind the routing header
        at = core.insertRoutingHeader(at, length, careof);
        length += 24;
      }
      const packet = take(at, length);
      expect(core.mayTake(at, length)).toBe(1);
      const begin = core.insertHomeAddress(at, length, careof);
      const optimised = take(begin, length + 24);
      expect(addresses(optimised)[0]).toBe(CAREOF);
      const before = names(packet);
      const place = (before[1] === "hop-by-hop" ? 2 : 1) + (isRouted ? 1 : 0);
      expect(names(optimised)).toEqual([...before.slice(0, place), "destination-options", ...before.slice(place)]);
      expect(core.walk(begin, optimised.length)).toBe(0);
      expect(core.removeHomeAddress(begin)).toBe(at);
      expect(take(at, length)).toEqual(packet);
    }), { numRuns: 1000 });
  });

  it("that shares its header is taken out of its options, wherever it stands, and they stay", () => {
    const among = fc.tuple(optionList, optionList).filter(([before, after]) => before.length + after.length > 0);
    fc.assert(fc.property(among, maybe(header("hop-by-hop")), ([before, after], hopByHop) => {
      const option = { name: "home-address", fields: { address: HOME_ADDRESS } };
      const packet = codec.encode([
        { name: "ipv6", fields: { source: CAREOF, destination: CORRESPONDENT } }, ...(hopByHop ? [hopByHop] : []),
        { name: "destination-options", options: [...before, option, ...after] }, { name: "udp" },
      ]);
      expect(core.walk(put(packet), packet.length)).toBe(0);
      const begin = core.removeHomeAddress(room);
      const plain = take(begin, packet.length - (begin - room));
      expect(addresses(plain)).toEqual([HOME_ADDRESS, CORRESPONDENT]);
      expect(problems(plain)).toEqual([]);
      const optionsOf = (octets: Uint8Array) => codec.dissect(octets).find(({ name }) => name === "destination-options")!.options
        .filter(({ name }) => !name.startsWith("pad") && !name.startsWith("ipv6-pad")).map(({ name, fields }) => [name, fields.map(({ value }) => value)]);
      expect(optionsOf(plain)).toEqual(optionsOf(packet).filter(([name]) => name !== "home-address"));
      expect(take(begin, plain.length).subarray(-8)).toEqual(packet.subarray(-8));
    }), { numRuns: 500 });
  });

  it("is put into no packet that has another routing header behind its place (6275-6.3-5)", () => {
    const ipv6 = { name: "ipv6", fields: { source: HOME_ADDRESS, destination: CORRESPONDENT } };
    const type2 = { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } };
    const packet = codec.encode([ipv6, { name: "destination-options", options: [] }, type2, { name: "udp" }]);
    expect(core.mayTake(put(packet), packet.length)).toBe(0);
    const twice = codec.encode([ipv6, type2, type2, { name: "udp" }]);
    expect(core.mayTake(put(twice), twice.length)).toBe(0);
  });
});
