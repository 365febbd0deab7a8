import { beforeAll, describe, expect, it } from "vitest";
import { HomeAgent, homeAddress, shuffled } from "../../benches/home-agent.ts";
import { addressesOf, filled, findEach, findInBatches, findInMap, lookupRoom } from "../../benches/lookup.ts";
import { BigIntMap, StringMap, TypedTable } from "../../benches/peers/binding-maps.ts";
import { memoryOf } from "../../benches/peers/checksum.ts";
import { module } from "./core.ts";

const COUNT = 8192; // enough that the core looks ahead

describe("the lookups that are compared", () => {
  let homeAgent: HomeAgent;
  const order = shuffled(COUNT);
  const addresses = addressesOf(order);

  beforeAll(() => {
    homeAgent = new HomeAgent(module, { nodes: COUNT, bindings: COUNT });
  });

  it("go through every binding once", () => {
    expect(new Set(order).size).toBe(COUNT);
    expect(new Set(Array.from(order, (node) => Buffer.from(homeAddress(node)).toString("hex"))).size).toBe(COUNT);
    expect(Array.from(order)).not.toEqual(Array.from(order).sort((a, b) => a - b));
  });

  it.each([new BigIntMap(), new StringMap(), new TypedTable(COUNT)])("find what was put in: $name", (map) => {
    filled(map, COUNT);
    for (let index = 0; index < COUNT; index += 7) expect(map.find(addresses, index * 16)).toBe(order[index]);
    expect(map.find(memoryOf(homeAddress(COUNT + 1).buffer as ArrayBuffer), 0)).toBe(-1);
  });

  it("find the same in the core, one by one and in batches", () => {
    const room = lookupRoom(homeAgent);
    // Bindings were restored in the order of the nodes, so record and node have one number.
    for (let first = 0; first < COUNT; first += 1024) {
      const wanted = order.subarray(first, first + 1024).reduce((sum, node) => sum + node, 0);
      expect(findEach(homeAgent, room.addresses, addresses, first, 1024)).toBe(wanted);
      expect(findInBatches(homeAgent, room, addresses, first, 1024)).toBe(wanted);
      expect(findInMap(filled(new BigIntMap(), COUNT), addresses, first, 1024)).toBe(wanted);
    }
  });
});
