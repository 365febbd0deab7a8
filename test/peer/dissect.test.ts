/** What the core's codec finds in a packet, against what the Rust peer finds there with etherparse and smoltcp. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Codec, type Layer, valueOf } from "../../bindings/codec.ts";
import type { PeerHeader } from "../../benches/peers/rust-peer.ts";
import { fromHex, SHARED, toHex } from "../internals/load-codec.ts";
import { module } from "../benches/core.ts";
import { capturedPackets } from "./captured.ts";
import { fromNetwork, Protocol, toTunnel } from "./packets.ts";
import { loadPeer, type Peer, peerFolder } from "./subjects.ts";

/** Layers of the codec by protocol; those of ICMPv6 and mobility messages are called after their type. */
const NAMES: Readonly<Record<number, RegExp>> = {
  [Protocol.hopByHop]: /^hop-by-hop$/,
  [Protocol.routing]: /routing/,
  [Protocol.fragment]: /^fragment$/,
  [Protocol.authentication]: /^authentication-header$/,
  [Protocol.destination]: /^destination-options$/,
  [Protocol.ipv6]: /^ipv6$/,
  [Protocol.udp]: /^udp$/,
  [Protocol.tcp]: /^tcp$/,
};

const codec = new Codec(module);
let peer: Peer;

/** What the peer's values are called by the codec. */
function valuesOf(header: PeerHeader, layer: Layer): { theirs: unknown; ours: unknown } {
  const [first, second] = header.values;
  const numbers = (...names: string[]) => names.map((name) => Number(valueOf(layer, name)));
  switch (header.protocol) {
    case Protocol.ipv6:
      return {
        theirs: [first >>> 20, first & 0xfffff, second >> 8, second & 0xff],
        ours: numbers("trafficClass", "flowLabel", "nextHeader", "hopLimit"),
      };
    case Protocol.udp:
    case Protocol.tcp:
      return { theirs: [first, second], ours: numbers("sourcePort", "destinationPort") };
    case Protocol.fragment:
      return { theirs: [first, second === 1], ours: [Number(valueOf(layer, "fragmentOffset")) * 8, valueOf(layer, "moreFragments")] };
    default:
      return { theirs: undefined, ours: undefined };
  }
}

/** Whatever the peer finds the codec finds too, in the same place; it may read on where the peer stops. */
function compare(packet: Uint8Array): void {
  peer.rust.fill(0, packet);
  const headers = peer.rust.dissect(0);
  const layers = codec.dissect(packet);
  headers.forEach((header, index) => {
    const layer = layers[index];
    const where = `${toHex(packet)}: header ${index}`;
    expect(layer?.name ?? "nothing", where).toMatch(NAMES[header.protocol] ?? /./);
    expect(layer.offset, where).toBe(header.offset);
    if (header.protocol !== Protocol.icmpv6) expect(layer.length, where).toBe(header.length);
    const { theirs, ours } = valuesOf(header, layer);
    expect(ours, where).toEqual(theirs);
    // RFC 8200 §8.1 knows one routing header: behind two of them nothing says which destination counts.
    if (headers.slice(0, index).filter(({ protocol }) => protocol === Protocol.routing).length > 1) return;
    if (header.checksum !== "none") expect(layer.checksum, where).toBe(header.checksum);
    else expect(layer.checksum ?? "not checkable", where).toBe("not checkable");
  });
}

describe.skipIf(!peerFolder)("headers that the core and the Rust peer find (needs wasm-pack)", () => {
  beforeAll(async () => {
    peer = await loadPeer();
  });

  it.each([["from the network", fromNetwork], ["to the tunnel", toTunnel]])("in generated packets %s", (_, packets) => {
    fc.assert(fc.property(packets, compare), { numRuns: 3000 });
  });

  it("with all the kinds of headers among them", () => {
    const met = new Set<number>();
    for (const packet of fc.sample(fromNetwork, { seed: 3, numRuns: 3000 })) {
      peer.rust.fill(0, packet);
      for (const { protocol } of peer.rust.dissect(0)) met.add(protocol);
    }
    expect([...met]).toEqual(expect.arrayContaining([...Object.keys(NAMES).map(Number), Protocol.icmpv6, Protocol.mobility]));
  });

  it.skipIf(!SHARED)("in captured packets (needs MEXT_SHARED)", () => {
    for (const packet of capturedPackets(join(SHARED!, "captures"))) compare(packet);
  });

  it.skipIf(!SHARED)("in packets of independent encoders (needs MEXT_SHARED)", () => {
    const folder = join(SHARED!, "vectors");
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".jsonl"))) {
      for (const [, hex] of readFileSync(join(folder, file), "utf8").matchAll(/"hex": "([0-9a-f]+)"/g)) compare(fromHex(hex));
    }
  });
});
