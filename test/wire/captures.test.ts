/**
 * Packets of others: captures of tcpdump and Zeek, and packets made by independent encoders. They are
 * not part of the project: the environment variable MEXT_SHARED says where they are.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { BindingUpdateFlag } from "../../core-as/abi/codes.ts";
import { hex, loadWire, type Wire } from "../internals/load-wire.ts";
import { receive } from "./receive.ts";
import { putAddresses } from "./reference.ts";

const shared = process.env.MEXT_SHARED ?? "";
let wire: Wire;

beforeAll(async () => {
  wire = await loadWire();
}, 60_000);

/** The IPv6 packets of a classic pcap file: raw, or behind an Ethernet header (with or without VLAN). */
function packets(file: string): Uint8Array[] {
  const octets = readFileSync(file);
  const little = octets.readUInt32LE(0) === 0xa1b2c3d4;
  const get32 = (at: number) => (little ? octets.readUInt32LE(at) : octets.readUInt32BE(at));
  const found: Uint8Array[] = [];
  for (let at = 24; at + 16 <= octets.length; at += 16 + get32(at + 8)) {
    const frame = octets.subarray(at + 16, at + 16 + get32(at + 8));
    const start = get32(20) === 1 ? frame.indexOf("86dd", 12, "hex") + 2 : 0;
    if (start >= 0 && frame[start] >> 4 === 6) found.push(new Uint8Array(frame.subarray(start)));
  }
  return found;
}

function receiveAll(file: string): string[] {
  return packets(join(shared, file)).map((octets) => {
    const { reason, protocol, type } = receive(wire, wire.putAtEnd(octets), octets.length);
    return `${protocol} ${type ?? "-"} ${reason}`;
  });
}

interface Vector {
  name: string;
  hex: string;
  fields: Record<string, any>;
}

function vectors(file: string): Vector[] {
  // 64-bit numbers are longer than a double: they become strings.
  const text = readFileSync(join(shared, file), "utf8").replace(/: (\d{16,})/g, ': "$1"');
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

const u64 = (value: number) => BigInt.asUintN(64, BigInt(value));
const address = (text: string) => hex(text.replaceAll(":", ""));

/** An address written with all of its eight groups, or with one `::`. */
function fromText(text: string): Uint8Array {
  const [high, low] = text.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - high.length - (low?.length ?? 0) }, () => "0");
  return hex([...high, ...zeros, ...(low ?? [])].map((group) => group.padStart(4, "0")).join(""));
}

function updateFlags(at: number): Record<string, boolean> {
  const has = (flag: BindingUpdateFlag) => wire.files.bindingUpdate.hasFlag(at, flag) === 1;
  return {
    Acknowledge: has(BindingUpdateFlag.Acknowledge),
    HomeRegistration: has(BindingUpdateFlag.HomeRegistration),
    LinkLocalAddressCompatibility: has(BindingUpdateFlag.LinkLocalAddressCompatibility),
    KeyManagementMobilityCapability: has(BindingUpdateFlag.KeyManagementMobility),
    MapRegistration: has(BindingUpdateFlag.MapRegistration),
    MobileRouter: has(BindingUpdateFlag.MobileRouter),
    ProxyRegistration: has(BindingUpdateFlag.ProxyRegistration),
    ForcingUdpEncapsulation: has(BindingUpdateFlag.ForceUdpEncapsulation),
    TypeLengthValueHeaderFormat: has(BindingUpdateFlag.TypeLengthValueHeader),
  };
}

/** The fields of a message as the core reads them, under the names of the other encoder. */
const FIELDS: Record<number, (at: number) => Record<string, unknown>> = {
  0: () => ({}),
  1: (at) => ({ HomeInitCookie: u64(wire.files.homeTestInit.cookie(at)) }),
  2: (at) => ({ CareOfInitCookie: u64(wire.files.careofTestInit.cookie(at)) }),
  3: (at) => ({
    HomeNonceIndex: wire.files.homeTest.nonceIndex(at),
    HomeInitCookie: u64(wire.files.homeTest.cookie(at)),
    HomeKeygenToken: u64(wire.files.homeTest.keygenToken(at)),
  }),
  4: (at) => ({
    CareOfNonceIndex: wire.files.careofTest.nonceIndex(at),
    CareOfInitCookie: u64(wire.files.careofTest.cookie(at)),
    CareOfKeygenToken: u64(wire.files.careofTest.keygenToken(at)),
  }),
  5: (at) => ({
    ...updateFlags(at),
    SequenceNumber: wire.files.bindingUpdate.sequence(at),
    Lifetime: wire.files.bindingUpdate.lifetimeMs(at) / 4000,
  }),
  6: (at) => ({
    Status: wire.files.bindingAcknowledgement.status(at),
    SequenceNumber: wire.files.bindingAcknowledgement.sequence(at),
    Lifetime: wire.files.bindingAcknowledgement.lifetimeMs(at) / 4000,
    KeyManagementMobilityCapability: wire.files.bindingAcknowledgement.hasFlag(at, 0x80) === 1,
    MobileRouter: wire.files.bindingAcknowledgement.hasFlag(at, 0x40) === 1,
    ProxyRegistration: wire.files.bindingAcknowledgement.hasFlag(at, 0x20) === 1,
  }),
  7: (at) => ({
    Status: wire.files.bindingError.status(at),
    HomeAddress: wire.get(wire.files.bindingError.homeAddress(at), 16),
  }),
};

/** The same fields as the other encoder says that they are. */
function said(fields: Record<string, any>, name: string, ours: unknown): unknown {
  const value = fields[name]?.value ?? fields[name];
  if (typeof ours === "bigint") return BigInt(value);
  return ours instanceof Uint8Array ? address(value) : value;
}

describe.skipIf(shared === "")("packets of others (needs MEXT_SHARED)", () => {
  it("never trap, as they are and with the Payload Length that they ought to have", () => {
    const folders = ["captures/tcpdump", "captures/zeek", "captures/umip", "vectors"];
    const files = folders.flatMap((folder) =>
      readdirSync(join(shared, folder)).map((name) => join(folder, name)),
    );
    let count = 0;
    for (const file of files.filter((name) => name.endsWith(".pcap"))) {
      for (const octets of packets(join(shared, file))) {
        expect(receive(wire, wire.putAtEnd(octets), octets.length).reason).toMatch(/\w/);
        if (octets.length < 40) continue;
        octets.set([(octets.length - 40) >> 8, (octets.length - 40) & 0xff], 4);
        expect(receive(wire, wire.putAtEnd(octets), octets.length).reason).not.toBe("Ipv6Truncated");
        count++;
      }
    }
    expect(count).toBeGreaterThan(1300);
  });

  it.each([
    ["mip6_brr", "135 0 None"],
    ["mip6_hoti", "135 1 None"],
    ["mip6_coti", "135 2 None"],
    ["mip6_hot", "135 3 None"],
    ["mip6_cot", "135 4 None"],
    ["mip6_bu", "135 5 None"],
    ["mip6_back", "135 6 None"],
    ["mip6_be", "135 7 None"],
    ["mip6-good-mh-chksum", "135 7 None"],
    ["ipv6-mobile-hoa", "17 - None"],
    ["ipv6-mobile-routing", "17 - None"],
    ["ip6-hoa-tcp-good-chksum", "6 - None"],
    ["ip6-hoa-udp-good-chksum", "17 - None"],
  ])("of Zeek, %s, are accepted as %s", (name, expected) => {
    expect(receiveAll(`captures/zeek/${name}.pcap`)).toEqual([expected]);
  });

  it.each([["ip6-hoa-tcp-good-chksum", 6], ["ip6-hoa-udp-good-chksum", 17]])(
    "of Zeek, %s, has a good checksum with the home address as source", (name, protocol) => {
      const [octets] = packets(join(shared, `captures/zeek/${name}.pcap`));
      const p = wire.putAtEnd(octets);
      const { at } = receive(wire, p, octets.length);
      const { checksum, extension, ip6 } = wire.files;
      const verify = (source: number) =>
        checksum.verify(source, ip6.destination(p), at!, extension.upperLength(), protocol);
      expect([verify(extension.homeAddress(p)), verify(ip6.source(p))]).toEqual([1, 0]);
    },
  );

  it("of two Linux machines with UMIP: all accepted, six registrations among them", () => {
    const received = receiveAll("captures/umip/registration.pcap");
    expect(received.filter((text) => !text.endsWith(" None"))).toEqual([]);
    expect(received.filter((text) => text.startsWith("135 5"))).toHaveLength(6);
    expect(received.filter((text) => text.startsWith("135 6"))).toHaveLength(6);
  });

  it("of tcpdump, with checksums of zero: of all types, and refused", () => {
    const received = receiveAll("captures/tcpdump/ipv6_mobility_1.pcap");
    expect(new Set(received.map((text) => text.slice(0, 5)))).toEqual(
      new Set([0, 1, 2, 3, 4, 5, 6, 7].map((type) => `135 ${type}`)),
    );
    expect(received.every((text) => text.endsWith("MobilityChecksum"))).toBe(true);
  });

  it("of an encoder, directed: the same fields, and the right checksum", () => {
    for (const { name, hex: text, fields } of vectors("vectors/directed.jsonl")) {
      const octets = hex(text);
      const { reason, type, at, options } = receive(wire, wire.putAtEnd(octets), octets.length);
      expect(type, name).toBe(fields.MobilityHeaderType.value);
      expect(wire.files.mobility.checksum(at!), name).toBe(fields.Checksum);
      if (type! > 7) {
        // Of Experimental messages (RFC 5096), which are ours is seen later.
        expect(reason, name).toBe(type === 11 ? "None" : "MobilityTypeUnrecognized");
        continue;
      }
      // This one has padding behind the Binding Authorization Data option (6275-6.2-1).
      expect(reason, name).toBe(name === "opt05" ? "BindingAuthorizationDataNotLast" : "None");
      for (const [field, ours] of Object.entries(FIELDS[type!](at!))) {
        expect(ours, `${name} ${field}`).toEqual(said(fields, field, ours));
      }
      if (reason !== "None") continue;
      const theirs = fields.MobilityOptions.map((option: any) => option.OptionType.value);
      expect(options, name).toEqual(theirs.filter((option: number) => option > 1));
    }
  });

  it("of an encoder, random: the same fields and the right checksum, whatever the options are", () => {
    for (const { name, hex: text, fields } of vectors("vectors/random-A.jsonl")) {
      const octets = hex(text);
      const { reason, type, at } = receive(wire, wire.putAtEnd(octets), octets.length);
      expect(type, name).toBe(fields.MobilityHeaderType.value);
      expect(reason, name).not.toBe("MobilityChecksum");
      if (type! > 7) continue;
      for (const [field, ours] of Object.entries(FIELDS[type!](at!))) {
        expect(ours, `${name} ${field}`).toEqual(said(fields, field, ours));
      }
    }
  });

  it("of another implementation, return routability: the same octets are built", () => {
    const { bindingUpdate, bindingAcknowledgement, bindingOptions, mobility } = wire.files;
    const cases = JSON.parse(readFileSync(join(shared, "vectors/rr-kat-A.json"), "utf8"));
    expect(cases.length).toBeGreaterThan(10);
    for (const known of cases) {
      const [home, correspondent] = putAddresses(wire, fromText(known.HoA), fromText(known.CN));
      const finish = (end: number, authenticator: string, source: number, destination: number) => {
        wire.put(hex(authenticator), end - 12);
        return wire.get(wire.room, mobility.finish(wire.room, end, source, destination));
      };
      const lifetimeMs = known.lifetime_units * 4000;

      let end = bindingUpdate.build(wire.room, known.seq, BindingUpdateFlag.Acknowledge, lifetimeMs);
      end = bindingOptions.appendNonceIndices(wire.room, end, known.home_nonce_index, known.careof_nonce_index);
      end = bindingOptions.appendBindingAuthorizationData(wire.room, end);
      const update = finish(end, known.bu_authenticator, home, correspondent);
      expect(update).toEqual(hex(known.bu_mh_with_checksum));

      end = bindingAcknowledgement.build(wire.room, 0, 0, known.seq, lifetimeMs);
      end = bindingOptions.appendBindingAuthorizationData(wire.room, end);
      const acknowledgement = finish(end, known.ba_authenticator, correspondent, home);
      expect(acknowledgement).toEqual(hex(known.ba_mh_with_checksum));
    }
  });
});
