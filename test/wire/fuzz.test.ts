import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { concat, hex, loadWire, type Wire } from "../internals/load-wire.ts";
import { CAREOF_ADDRESS, HOME_ADDRESS, HOME_AGENT, LINK_LOCAL, packet, withChecksum } from "./reference.ts";
import { receive } from "./receive.ts";

let wire: Wire;

beforeAll(async () => {
  wire = await loadWire();
}, 60_000);

const HOME = concat(hex("87 02 01 02 0000 c9 10"), HOME_ADDRESS);
const ROUTING2 = concat(hex("87 02 02 01 00000000"), HOME_ADDRESS);

function mobility(text: string, source = CAREOF_ADDRESS, destination = HOME_AGENT): Uint8Array {
  return withChecksum(source, destination, hex(text), 135, 4);
}

function icmpv6(text: string, source: Uint8Array): Uint8Array {
  const octets = withChecksum(source, HOME_AGENT, hex(text), 58, 2);
  return packet(58, octets, { source, destination: HOME_AGENT, hopLimit: 255 });
}

/** Makes the checksum of ICMPv6 right again: behind a wrong one, nothing is read. */
function mendChecksum(octets: Uint8Array): void {
  if (octets.length < 44 || octets[6] !== 58) return;
  const [source, destination] = [octets.slice(8, 24), octets.slice(24, 40)];
  octets.set(withChecksum(source, destination, octets.slice(40), 58, 2), 40);
}

/** Valid packets of every kind that the wire layer reads. */
const SEEDS: Record<string, Uint8Array> = {
  "Binding Update with Home Address option": packet(60, concat(HOME, mobility(
    `3b 05 05 00 0000 0001 c000 0064 08 09 01 6e4061622e6e6574 01 04 00000000
     09 11 01 00000100 0102030405060708090a0b0c`,
    HOME_ADDRESS,
  ))),
  "Binding Update with authorization data": packet(135, mobility(
    "3b 03 05 00 0000 0001 8000 0064 04 04 0001 0002 05 0c 0102030405060708090a0b0c",
  )),
  "Binding Acknowledgement with type 2 routing header": packet(43, concat(ROUTING2, mobility(
    "3b 02 06 00 0000 00 00 0001 0064 02 02 0032 0104 00000000 0000", CAREOF_ADDRESS, HOME_ADDRESS,
  ))),
  "Home Test": packet(135, mobility("3b 02 03 00 0000 0001 0102030405060708 1112131415161718")),
  "Binding Error": packet(135, mobility("3b 02 07 00 0000 01 00 20010db8 00010000 00000000 00000077")),
  "Router Advertisement": icmpv6(
    `86 00 0000 40 20 0708 00000000 00000000 01 01 020000000001
     03 04 40 e0 00015180 00003840 00000000 20010db8 00010000 00000000 00000001
     08 01 0000 0001 0708`,
    LINK_LOCAL,
  ),
  "Neighbour Solicitation": icmpv6(
    "87 00 0000 00000000 20010db8 00010000 00000000 00000077 01 01 020000000001",
    LINK_LOCAL,
  ),
  "Mobile Prefix Advertisement": icmpv6(
    `93 00 0000 1234 0000
     03 04 40 60 00015180 00003840 00000000 20010db8 00010000 00000000 00000000`,
    CAREOF_ADDRESS,
  ),
  "Home Agent Address Discovery Reply": icmpv6(
    "91 00 0000 1234 0000 20010db8 00010000 00000000 00000001",
    CAREOF_ADDRESS,
  ),
  "all extension headers": packet(0, concat(
    hex("3c 00 01 04 00000000 2b 00 01 04 00000000"), ROUTING2.with(0, 60), HOME.with(0, 44),
    hex("33 00 0001 12345678 11 04 0000 00000100 00000001 0102030405060708090a0b0c"),
    hex("0050 0050 0008 0000"),
  )),
};

describe("packets that were valid", () => {
  it.each(Object.entries(SEEDS))("%s is accepted", (_title, octets) => {
    expect(receive(wire, wire.putAtEnd(octets), octets.length).reason).toBe("None");
  });
});

// The packet ends where the memory ends: a read behind it traps, and vitest sees the trap thrown.
describe("no packet traps, or is read behind its end:", () => {
  it("random octets", () => {
    const version6 = fc.uint8Array({ maxLength: 300, size: "max" }).map((octets) => octets.fill(0x60, 0, 1));
    fc.assert(
      fc.property(version6, (octets) => {
        expect(receive(wire, wire.putAtEnd(octets), octets.length).reason).toMatch(/\w/);
      }),
      { numRuns: 2000 },
    );
  });

  it("random octets behind a header that names them rightly", () => {
    const protocol = fc.constantFrom(0, 43, 44, 51, 58, 60, 135);
    fc.assert(
      fc.property(protocol, fc.uint8Array({ maxLength: 200, size: "max" }), (nextHeader, payload) => {
        const octets = packet(nextHeader, payload);
        expect(receive(wire, wire.putAtEnd(octets), octets.length).reason).toMatch(/\w/);
      }),
      { numRuns: 5000 },
    );
  });

  it("valid packets with octets changed, and cut or not", () => {
    const value = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 16, 127, 128, 254, 255));
    const changes = fc.array(fc.tuple(fc.nat(), value), { minLength: 1, maxLength: 6 });
    const seed = fc.constantFrom(...Object.values(SEEDS));
    fc.assert(
      fc.property(seed, changes, fc.option(fc.nat()), (valid, some, cut) => {
        let octets = valid.slice();
        for (const [place, value] of some) octets[place % octets.length] = value;
        if (cut !== null) octets = octets.slice(0, cut % (octets.length + 1));
        mendChecksum(octets);
        expect(receive(wire, wire.putAtEnd(octets), octets.length).reason).toMatch(/\w/);
      }),
      { numRuns: 10_000 },
    );
  });

  it("valid packets cut anywhere, with a Payload Length that tells of it", () => {
    for (const valid of Object.values(SEEDS)) {
      for (let length = 40; length < valid.length; length++) {
        const octets = valid.slice(0, length);
        octets.set([(length - 40) >> 8, (length - 40) & 0xff], 4);
        const { reason, protocol } = receive(wire, wire.putAtEnd(octets), length);
        // What is cut is refused, unless only octets of a protocol that is not read here are missing.
        if (protocol === 135 || protocol === 58) expect(reason).not.toBe("None");
      }
    }
  });
});
