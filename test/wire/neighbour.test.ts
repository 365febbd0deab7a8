import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { NeighbourOptionType, NextHeader } from "../../core-as/abi/codes.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { concat, hex, loadWire, type Wire } from "../internals/load-wire.ts";
import {
  ALL_NODES, CAREOF_ADDRESS, HOME_ADDRESS, HOME_AGENT, LINK_LOCAL, UNSPECIFIED, packet, putAddresses,
  withChecksum,
} from "./reference.ts";

let wire: Wire;

beforeAll(async () => {
  wire = await loadWire();
}, 60_000);

const SOLICITED_NODE = hex("ff020000 00000000 00000001 ff000077");
const SOURCE_OPTION = "01 01 020000000001";
const TARGET = "20010db8 00010000 00000000 00000077";

interface Headers {
  source?: Uint8Array;
  destination?: Uint8Array;
  hopLimit?: number;
}

/** The reason with which `check` of a file answers this message in an IPv6 packet. */
function verdict(file: string, check: string, text: string, headers: Headers = {}): string {
  const { source = LINK_LOCAL, destination = ALL_NODES, hopLimit = 255 } = headers;
  const message = withChecksum(source, destination, hex(text), NextHeader.Icmpv6, 2);
  const octets = packet(NextHeader.Icmpv6, message, { source, destination, hopLimit });
  const p = wire.putAtEnd(octets);
  return Reason[wire.files[file][check](p, p + 40, message.length)];
}

const ADVERTISEMENT = "86 00 0000 40 a0 0708 00007530 000003e8";

describe("Router Solicitations (RFC 4861 §6.1.1)", () => {
  it.each<[string, string, Headers, string]>([
    ["is accepted", "85 00 0000 00000000", {}, "None"],
    ["with its link-layer address", `85 00 0000 00000000 ${SOURCE_OPTION}`, {}, "None"],
    ["from ::", "85 00 0000 00000000", { source: UNSPECIFIED }, "None"],
    ["from :: with a link-layer address", `85 00 0000 00000000 ${SOURCE_OPTION}`, { source: UNSPECIFIED },
      "NeighbourUnspecifiedSource"],
    ["that was forwarded", "85 00 0000 00000000", { hopLimit: 254 }, "NeighbourHopLimit"],
    ["with a code", "85 01 0000 00000000", {}, "Icmpv6Code"],
    ["of 7 octets", "85 00 0000 000000", {}, "Icmpv6Truncated"],
    ["with an option of length 0", "85 00 0000 00000000 01 00 000000000000", {}, "NeighbourOptionLength"],
  ])("%s", (_title, text, headers, reason) => {
    expect(verdict("router", "checkSolicitation", text, headers)).toBe(reason);
  });

  it("is built as drawn", () => {
    const end = wire.files.router.buildSolicitation(wire.room);
    expect(wire.get(wire.room, end - wire.room)).toEqual(hex("85 00 0000 00000000"));
  });
});

describe("Router Advertisements (RFC 4861 §6.1.2, RFC 6275 §7.1)", () => {
  it.each<[string, string, Headers, string]>([
    ["is accepted", ADVERTISEMENT, {}, "None"],
    ["from a global address", ADVERTISEMENT, { source: HOME_AGENT }, "RouterNotLinkLocal"],
    ["that was forwarded", ADVERTISEMENT, { hopLimit: 64 }, "NeighbourHopLimit"],
    ["with a code", `86 09 ${ADVERTISEMENT.slice(6)}`, {}, "Icmpv6Code"],
    ["of 15 octets", ADVERTISEMENT.slice(0, -2), {}, "Icmpv6Truncated"],
    ["with an option of 7 octets", `${ADVERTISEMENT} 01 01 0200000000`, {}, "NeighbourOptionLength"],
    ["with an option behind the end", `${ADVERTISEMENT} 01 02 020000000001`, {}, "NeighbourOptionLength"],
  ])("%s", (_title, text, headers, reason) => {
    expect(verdict("router", "checkAdvertisement", text, headers)).toBe(reason);
  });

  it("with a wrong checksum", () => {
    const headers = { source: LINK_LOCAL, destination: ALL_NODES, hopLimit: 255 };
    const octets = packet(NextHeader.Icmpv6, hex(ADVERTISEMENT), headers);
    const p = wire.putAtEnd(octets);
    expect(wire.files.router.checkAdvertisement(p, p + 40, 16)).toBe(Reason.Icmpv6Checksum);
  });

  it("is read and built as drawn", () => {
    const { router } = wire.files;
    const p = wire.putAtEnd(hex(ADVERTISEMENT));
    expect(router.curHopLimit(p)).toBe(64);
    expect([0x80, 0x40, 0x20].map((flag) => router.hasFlag(p, flag))).toEqual([1, 0, 1]);
    expect(router.routerLifetimeMs(p)).toBe(1_800_000);
    expect(router.reachableTimeMs(p)).toBe(30_000);
    expect(router.retransTimerMs(p)).toBe(1000);
    const end = router.buildAdvertisement(wire.room, 64, 0xa0, 1_800_000, 30_000, 1000);
    expect(wire.get(wire.room, end - wire.room)).toEqual(hex(ADVERTISEMENT));
  });
});

describe("Neighbour Solicitations (RFC 4861 §7.1.1)", () => {
  const DETECTION = { source: UNSPECIFIED, destination: SOLICITED_NODE };

  it.each<[string, string, Headers, string]>([
    ["is accepted", `87 00 0000 00000000 ${TARGET} ${SOURCE_OPTION}`, {}, "None"],
    ["detects duplicate addresses", `87 00 0000 00000000 ${TARGET}`, DETECTION, "None"],
    ["from :: to another group", `87 00 0000 00000000 ${TARGET}`, { source: UNSPECIFIED },
      "NeighbourUnspecifiedSource"],
    ["from :: with a link-layer address", `87 00 0000 00000000 ${TARGET} ${SOURCE_OPTION}`, DETECTION,
      "NeighbourUnspecifiedSource"],
    ["for a group", `87 00 0000 00000000 ff${TARGET.slice(2)}`, {}, "NeighbourTargetMulticast"],
    ["that was forwarded", `87 00 0000 00000000 ${TARGET}`, { hopLimit: 1 }, "NeighbourHopLimit"],
    ["with a code", `87 01 0000 00000000 ${TARGET}`, {}, "Icmpv6Code"],
    ["of 23 octets", `87 00 0000 00000000 ${TARGET.slice(0, -2)}`, {}, "Icmpv6Truncated"],
    ["with an option of length 0", `87 00 0000 00000000 ${TARGET} 0100000000000000`, {},
      "NeighbourOptionLength"],
  ])("%s", (_title, text, headers, reason) => {
    expect(verdict("neighbour", "checkSolicitation", text, headers)).toBe(reason);
  });

  it("goes to the solicited-node multicast address of its target (RFC 4291 §2.7.1)", () => {
    const { neighbour } = wire.files;
    neighbour.solicitedNode(wire.room, wire.put(HOME_ADDRESS, wire.room - 16));
    expect(wire.get(wire.room, 16)).toEqual(SOLICITED_NODE);
    expect(neighbour.isSolicitedNode(wire.room)).toBe(1);
    expect(neighbour.isSolicitedNode(wire.put(ALL_NODES))).toBe(0);
    expect(neighbour.isSolicitedNode(wire.put(hex("ff050000 00000000 00000001 ff000077")))).toBe(0);
  });
});

describe("Neighbour Advertisements (RFC 4861 §7.1.2)", () => {
  it.each<[string, string, Headers, string]>([
    ["is accepted", `88 00 0000 60000000 ${TARGET}`, { destination: CAREOF_ADDRESS }, "None"],
    ["for all nodes", `88 00 0000 20000000 ${TARGET}`, {}, "None"],
    ["for all nodes, solicited", `88 00 0000 60000000 ${TARGET}`, {}, "NeighbourSolicitedMulticast"],
    ["for a group", `88 00 0000 20000000 ff${TARGET.slice(2)}`, {}, "NeighbourTargetMulticast"],
    ["that was forwarded", `88 00 0000 20000000 ${TARGET}`, { hopLimit: 254 }, "NeighbourHopLimit"],
    ["of 16 octets", "88 00 0000 20000000 20010db800010000", {}, "Icmpv6Truncated"],
  ])("%s", (_title, text, headers, reason) => {
    expect(verdict("neighbour", "checkAdvertisement", text, headers)).toBe(reason);
  });

  it("is read and built as drawn", () => {
    const { neighbour, neighbourOptions: options } = wire.files;
    const [target, linkLayer] = putAddresses(wire, HOME_ADDRESS, hex("020000000001"));
    const drawn = hex(`88 00 0000 a0000000 ${TARGET} 02 01 020000000001`);
    let end = neighbour.buildAdvertisement(wire.room, 0xa0000000, target);
    end = options.appendLinkLayerAddress(end, NeighbourOptionType.TargetLinkLayerAddress, linkLayer, 6);
    expect(wire.get(wire.room, end - wire.room)).toEqual(drawn);
    const flags = [0x80000000, 0x40000000, 0x20000000];
    expect(flags.map((flag) => neighbour.hasFlag(wire.room, flag))).toEqual([1, 0, 1]);
    expect(wire.get(neighbour.target(wire.room), 16)).toEqual(HOME_ADDRESS);

    const asked = neighbour.buildSolicitation(wire.room, target);
    expect(wire.get(wire.room, asked - wire.room)).toEqual(hex(`87 00 0000 00000000 ${TARGET}`));
  });
});

describe("options of Neighbour Discovery", () => {
  const OPTIONS = hex(`
    01 01 020000000001                                          # Source Link-Layer Address
    fe 02 0102030405060708090a0b0c0d0e                          # unknown
    03 03 0102030405060708090a0b0c0d0e0102030405060708          # Prefix Information, too short
    03 04 40 e0 00015180 00003840 00000000 ${TARGET}
    05 01 0000 000005dc                                         # MTU
    07 02 0000 00000001 0000000000000000                        # Advertisement Interval, too long
    07 01 0000 00000fa0                                         # Advertisement Interval
    08 01 0000 fffe 0708                                        # Home Agent Information
  `);

  it("are found and read, and skipped when their length is wrong (6275-7.3-1, 6275-7.4-1)", () => {
    const { neighbourOptions: options } = wire.files;
    const first = wire.putAtEnd(OPTIONS);
    const end = first + OPTIONS.length;
    expect(options.check(first, end)).toBe(Reason.None);
    const find = (type: NeighbourOptionType) => options.find(first, end, type);

    const linkLayer = find(NeighbourOptionType.SourceLinkLayerAddress);
    expect(wire.get(options.linkLayerAddress(linkLayer), 6)).toEqual(hex("020000000001"));
    const prefix = find(NeighbourOptionType.PrefixInformation);
    expect(prefix - first).toBe(48);
    expect(options.prefixLength(prefix)).toBe(64);
    expect([0x80, 0x40, 0x20, 0x10].map((flag) => options.hasPrefixFlag(prefix, flag))).toEqual([1, 1, 1, 0]);
    expect(options.validLifetimeMs(prefix)).toBe(86_400_000);
    expect(options.preferredLifetimeMs(prefix)).toBe(14_400_000);
    expect(wire.get(options.prefix(prefix), 16)).toEqual(HOME_ADDRESS);
    expect(options.mtuBytes(find(NeighbourOptionType.Mtu))).toBe(1500);
    expect(options.advertisementIntervalMs(find(NeighbourOptionType.AdvertisementInterval))).toBe(4000);
    const homeAgent = find(NeighbourOptionType.HomeAgentInformation);
    expect(options.homeAgentPreference(homeAgent)).toBe(0xfffe);
    expect(options.homeAgentLifetimeMs(homeAgent)).toBe(1_800_000);
    expect(find(NeighbourOptionType.TargetLinkLayerAddress)).toBe(0);
    expect(options.find(options.next(prefix), end, NeighbourOptionType.PrefixInformation)).toBe(0);
  });

  it("are appended as drawn, with Reserved zero (6275-7.3-2, 6275-7.4-2)", () => {
    const { neighbourOptions: options } = wire.files;
    wire.put(new Uint8Array(200).fill(0xff));
    const [prefix, linkLayer] = putAddresses(wire, HOME_ADDRESS, hex("0200000000010203"));
    let end = options.appendLinkLayerAddress(wire.room, 1, linkLayer, 6);
    end = options.appendLinkLayerAddress(end, 2, linkLayer, 8);
    end = options.appendPrefixInformation(end, 64, 0xe0, 86_400_000, 4294967295000, prefix);
    end = options.appendMtu(end, 1500);
    end = options.appendAdvertisementInterval(end, 4000);
    end = options.appendHomeAgentInformation(end, 0xfffe, 1e12);
    expect(wire.get(wire.room, end - wire.room)).toEqual(hex(`
      01 01 020000000001
      02 02 0200000000010203 000000000000
      03 04 40 e0 00015180 ffffffff 00000000 ${TARGET}
      05 01 0000 000005dc
      07 01 0000 00000fa0
      08 01 0000 fffe ffff
    `));
  });

  it("are refused when they are cut, wherever that is", () => {
    const { neighbourOptions: options } = wire.files;
    const ends = new Set([0]);
    for (let at = 0; at < OPTIONS.length; ends.add(at)) at += OPTIONS[at + 1] * 8;
    for (let length = 0; length <= OPTIONS.length; length++) {
      const p = wire.putAtEnd(OPTIONS.slice(0, length));
      const reason = ends.has(length) ? Reason.None : Reason.NeighbourOptionLength;
      expect(options.check(p, p + length)).toBe(reason);
    }
  });

  it("of length zero end every walk, anywhere", () => {
    const { neighbourOptions: options } = wire.files;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 5 }), (units) => {
        const some = units.map((length) => concat(Uint8Array.of(9, length), new Uint8Array(length * 8 - 2)));
        const good = concat(...some);
        const bad = concat(good, new Uint8Array(8));
        const p = wire.putAtEnd(good);
        expect(options.check(p, p + good.length)).toBe(Reason.None);
        const q = wire.putAtEnd(bad);
        expect(options.check(q, q + bad.length)).toBe(Reason.NeighbourOptionLength);
      }),
    );
  });
});
