/** Searches with hostile input by IPv4 and UDP: datagrams, trains, IPv4 packets and ICMP over IPv4. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { parseAnyAddress } from "../../bindings/address.ts";
import { Encapsulation, HEADROOM, Input } from "../../bindings/engine.ts";
import { setPathMtu } from "../../bindings/commands.ts";
import { readBindings, readUpdates } from "../../bindings/status.ts";
import { ACCESS, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, type Node, TUNNEL } from "./harness.ts";
import {
  CAREOF_IPV4, CORRESPONDENT_IPV4, HOME_AGENT_IPV4, HOME_IPV4, NAT_IPV4, NAT_PORT, TUNNEL_PORT, build, left, pair,
} from "./encapsulated-pair.ts";
import { changed, checkSane, effort, ipv6, seconds, timeout } from "./hostile.ts";
import { icmp4, internetChecksum, ipv4, tcp } from "./ipv4-packets.ts";
import { bindingUpdate } from "./messages.ts";
import { codec, echo } from "./network.ts";

beforeAll(build, 60_000);

const syn = (source: string, destination: string) => ipv4({ source, destination, protocol: 6, dontFragment: true }, tcp(2, [2, 4, 5, 0xb4, 1, 1, 1, 0], 0));
const up4 = (octets = 60) => ipv4({ source: HOME_IPV4, destination: CORRESPONDENT_IPV4 }, new Uint8Array(octets));
const down4 = (octets = 60, fields = {}) => ipv4({ source: CORRESPONDENT_IPV4, destination: HOME_IPV4, ...fields }, new Uint8Array(octets));
const options = Uint8Array.of(0x94, 4, 0, 0, 7, 3, 4, 0);

/** What each of the two hears: inner packets that are good, or nearly. */
const INNER = {
  agent: [
    echo(HOME_ADDRESS, CORRESPONDENT), up4(), syn(HOME_IPV4, CORRESPONDENT_IPV4), echo("fe80::17", "ff02::16"), bindingUpdate({ source: HOME_ADDRESS }),
    bindingUpdate({ source: HOME_ADDRESS, home: null, alternate: null, key: null, identity: null, timestamp: null }),
    codec.encode([ipv6(HOME_ADDRESS, HOME_AGENT), { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] }, { name: "mobile-prefix-solicitation", fields: { identifier: 7 } }]),
    codec.encode([ipv6(HOME_ADDRESS, HOME_AGENT), { name: "echo-request" }]),
  ],
  mobile: [
    echo(CORRESPONDENT, HOME_ADDRESS), down4(), syn(CORRESPONDENT_IPV4, HOME_IPV4), echo(HOME_AGENT, HOME_ADDRESS),
    codec.encode([ipv6(HOME_AGENT, HOME_ADDRESS), { name: "binding-acknowledgement", fields: { status: 0, lifetime: 10 } }]),
    codec.encode([ipv6(HOME_AGENT, HOME_ADDRESS), { name: "binding-error", fields: { status: 1, homeAddress: HOME_ADDRESS } }]),
    codec.encode([ipv6(HOME_AGENT, HOME_ADDRESS), { name: "mobile-prefix-advertisement", fields: { identifier: 7 } }]),
  ],
};

type Side = keyof typeof INNER;

/** Whole packets by IPv4: tunnel packets, and errors that quote them. */
function packets(side: Side): Uint8Array[] {
  const [source, destination] = side === "agent" ? [CAREOF_IPV4, HOME_AGENT_IPV4] : [HOME_AGENT_IPV4, CAREOF_IPV4];
  const tunnels = INNER[side].map((inner) => ipv4({ source, destination, protocol: inner[0] >> 4 === 4 ? 4 : 41, options }, inner));
  const other = side === "agent" ? INNER.mobile : INNER.agent;
  const errors = other.flatMap((inner) => [[3, 4, 1400], [3, 1, 0], [11, 0, 0], [3, 4, 0]].map(([type, code, mtu]) => ipv4(
    { source: "203.0.113.1", destination, protocol: 1 },
    icmp4(type, code, mtu, ipv4({ source: destination, destination: source, protocol: inner[0] >> 4 === 4 ? 4 : 41 }, inner)),
  )));
  return [...tunnels, ...errors, ipv4({ source, destination, protocol: 1 }, icmp4(8, 0, 0, new Uint8Array(8)))];
}

/** Mends the header checksum now and then, so that what is wrong is found further in. */
const mended = (packet: Uint8Array): Uint8Array => {
  const header = (packet[0] & 15) * 4;
  if (packet[0] >> 4 !== 4 || header < 20 || packet.length < header) return packet;
  packet.set([0, 0], 10);
  const checksum = internetChecksum(packet.subarray(0, header));
  packet.set([checksum >> 8, checksum & 255], 10);
  return packet;
};

const happeningOf = (side: Side) => fc.oneof(
  { weight: 4, arbitrary: fc.record({
    kind: fc.constant("datagrams" as const), payload: fc.array(changed(INNER[side]), { minLength: 1, maxLength: 4 }).map((all) => Uint8Array.from(all.flatMap((each) => [...mended(each)]))),
    address: fc.constantFrom(NAT_IPV4, HOME_AGENT_IPV4, "203.0.113.9", "2001:db8:a::17", HOME_AGENT), port: fc.constantFrom(NAT_PORT, TUNNEL_PORT, 0, 9),
    segmentBytes: fc.oneof(fc.constant(0), fc.nat(300)), trafficClass: fc.nat(255),
  }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("packet" as const), packet: changed(packets(side)), mend: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("host" as const), packet: changed([...INNER[side === "agent" ? "mobile" : "agent"], down4(1480), down4(1900, { options }), up4(1900)]), mend: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("mtu" as const), address: fc.constantFrom(NAT_IPV4, CAREOF_IPV4, HOME_AGENT_IPV4), octets: fc.integer({ min: 576, max: 70_000 }) }) },
);

type Happening = ReturnType<typeof happeningOf> extends fc.Arbitrary<infer T> ? T : never;

const PATTERN = 0x5a;

/** Fills the slots that are not used, with their headroom: nothing may be written there. */
function fillOthers(node: Node): [from: number, to: number] {
  const from = node.engine.slotPointer(1) - HEADROOM;
  const to = node.engine.slotPointer(node.engine.slots - 1) + node.engine.slotBytes;
  node.engine.memory.fill(PATTERN, from, to);
  return [from, to];
}

function apply(node: Node, event: Happening): void {
  switch (event.kind) {
    case "datagrams":
      node.receiveDatagrams(ACCESS, event.payload, { ...event, address: parseAnyAddress(event.address) });
      break;
    case "packet": node.receive(ACCESS, event.mend ? mended(event.packet) : event.packet); break;
    case "host": node.receive(TUNNEL, event.mend ? mended(event.packet) : event.packet); break;
    case "mtu": setPathMtu(node.engine, 0xffff, parseAnyAddress(event.address), event.octets, node.now); break;
  }
}

/** Everything that an engine has done so far: what it counted, what it let out, what it told. */
const deeds = (node: Node) => node.engine.counters().reduce((sum, count) => sum + count, 0) +
  node.sent.length + node.datagrams.length + node.events.length + node.kept.length + node.network.length +
  readBindings(node.engine).reduce((sum, { packetsIn, packetsOut }) => sum + packetsIn + packetsOut, 0);

describe.each([["agent", 1], ["mobile", 0]] as const)("whatever comes to a %s by IPv4 and UDP", (side, index) => {
  it.each([["UDP", Encapsulation.UdpIpv4], ["IPv4", Encapsulation.Ipv4]] as const)("on a path by %s, it neither traps nor is silent, and works afterwards", (_name, encapsulation) => {
    let delivered = 0;
    fc.assert(fc.property(fc.array(happeningOf(side), { maxLength: 30 }), (events) => {
      const node = pair(encapsulation)[index];
      const [from, to] = fillOthers(node);
      for (const event of events) {
        const before = deeds(node);
        apply(node, event);
        if (event.kind !== "mtu") expect(deeds(node)).toBeGreaterThan(before);
        delivered += node.sent.filter(({ device }) => device === TUNNEL).length;
        checkSane(node);
        node.events = [];
        node.kept = [];
      }
      expect(node.engine.memory.subarray(from, to).every((octet) => octet === PATTERN)).toBe(true);
      const mtu = side === "agent" ? readBindings(node.engine)[0].pathMtu : readUpdates(node.engine)[0].pathMtu;
      expect(mtu >= 576 && mtu <= 1500).toBe(true);
      // The path is the same, and takes what it always takes.
      node.receive(TUNNEL, side === "agent" ? down4(500) : up4(500));
      expect(left(node, encapsulation).map(({ destination }) => destination)).toEqual(
        [side === "agent" ? (encapsulation === Encapsulation.UdpIpv4 ? NAT_IPV4 : CAREOF_IPV4) : HOME_AGENT_IPV4],
      );
    }), seconds > 0 ? effort : { numRuns: 250 });
    expect(delivered).toBeGreaterThan(0);
  }, timeout);

  it("a train as long as a slot leaves others alone", () => {
    const node = pair(Encapsulation.UdpIpv4)[index];
    const [from, to] = fillOthers(node);
    const address = parseAnyAddress(side === "agent" ? NAT_IPV4 : HOME_AGENT_IPV4);
    const port = side === "agent" ? NAT_PORT : TUNNEL_PORT;
    const inner = INNER[side][0];
    const train = Uint8Array.from({ length: node.engine.slotBytes }, (_, at) => inner[at % inner.length]);
    for (const segmentBytes of [1, 20, inner.length, 2047, 2048, 65535]) {
      node.receiveDatagrams(ACCESS, train, { address, port, segmentBytes });
      checkSane(node);
    }
    node.engine.fillSlot(0, ACCESS, 40, 77 as Input); // no kind of input that there is
    node.engine.processSlots(node.now, 1);
    expect(node.engine.memory.subarray(from, to).every((octet) => octet === PATTERN)).toBe(true);
  });
});
