/** Two mobile nodes that are each other's correspondents: packets with both headers (RFC 6275 §9.3, §11.3). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT, type Node, TUNNEL, homeAgent, mobileNode } from "./harness.ts";
import { Correspondent, World } from "./hand-made-correspondent.ts";
import { homeAddressOption, ask, bindingUpdate, takeAnswer, testInit } from "./correspondent-peer.ts";
import { comeHome, named, returningNode, state } from "./home-side-link.ts";
import { PEER, PEER_CAREOF, bindPeer, inner, through } from "./mobile-peer.ts";
import { addresses, codec, echo, register } from "./network.ts";

const namesOf = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);

function registered(): Node {
  const mobile = mobileNode();
  register(mobile, homeAgent());
  mobile.take();
  return mobile;
}

/** From the other one, past both home agents. */
const fromPeer = (last: LayerInput = { name: "udp" }, nextHeader?: number): Uint8Array => codec.encode([
  { name: "ipv6", fields: { source: PEER_CAREOF, destination: CAREOF } }, { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } },
  { ...homeAddressOption(PEER), ...(nextHeader === undefined ? {} : { fields: { nextHeader } }) }, last,
]);

/** Either has bound its home address at the other, and both are away from home. */
function bothBound(): Node {
  const world = new World({}, [new Correspondent(PEER)]);
  world.optimise();
  bindPeer(world.mobile);
  world.mobile.receive(TUNNEL, echo(HOME_ADDRESS, PEER));
  const [{ packet }] = world.mobile.take();
  expect(addresses(packet)).toEqual([CAREOF, PEER_CAREOF]);
  expect(namesOf(packet).slice(0, 3)).toEqual(["ipv6", "routing-type2", "destination-options"]);
  return world.mobile;
}

describe("a packet with a type 2 routing header and a Home Address option", () => {
  it.each([["UDP", undefined], ["ESP", 50], ["AH", 51]])("needs a binding, also with %s (6275-9.3.1-3, 6275-9.3.1-4)", (_, nextHeader) => {
    const mobile = registered();
    // 24 octets that are both an ESP and an AH header in front of UDP.
    const protection = { name: "payload", fields: { data: Uint8Array.of(17, 4, 0, 0, ...new Uint8Array(28)) } };
    const packet = () => (nextHeader === undefined ? fromPeer() : fromPeer(protection, nextHeader));
    mobile.receive(ACCESS, packet());
    expect(mobile.refused(Reason.HomeAddressWithoutBinding)).toBe(1);
    expect(mobile.take().filter(({ device }) => device === TUNNEL)).toEqual([]);
    bindPeer(mobile);
    mobile.receive(ACCESS, packet());
    const [{ packet: plain, device }, ...more] = mobile.take();
    expect(more).toEqual([]);
    expect(device).toBe(TUNNEL);
    expect(addresses(plain)).toEqual([PEER, HOME_ADDRESS]);
    expect(plain[6]).toBe(nextHeader ?? 17);
  });

  it("without a binding has a Binding Error for an answer, from the home address, through the tunnel (6275-9.3.1-5, 6275-9.3.3-1)", () => {
    const mobile = registered();
    mobile.receive(ACCESS, fromPeer());
    const error = inner(mobile);
    expect(addresses(error)).toEqual([HOME_ADDRESS, PEER_CAREOF]);
    const message = codec.dissect(error).at(-1)!;
    expect(message.name).toBe("binding-error");
    expect(Object.fromEntries(message.fields.map(({ name, value }) => [name, value]))).toMatchObject({ status: 1, homeAddress: PEER });
  });

  it("is counted at the binding, both ways", () => {
    const mobile = bothBound();
    for (let n = 0; n < 2; n++) mobile.receive(ACCESS, fromPeer());
    expect(readBindings(mobile.engine)).toMatchObject([{ homeAddress: PEER, packetsIn: 2, packetsOut: 1 }]);
  });

  it.each([0, 1])("that came %i times in its life: only a binding in use has a refresh requested", (times) => {
    const mobile = registered();
    bindPeer(mobile);
    for (let n = 0; n < times; n++) mobile.receive(ACCESS, fromPeer());
    mobile.take();
    mobile.advance(419_000);
    const requests = mobile.take().filter(({ packet }) => namesOf(packet).includes("binding-refresh-request"));
    expect(requests.length > 0).toBe(times > 0);
  });
});

describe("the path of packets with both headers", () => {
  /** A router says that the packet is too big for a link of `mtu` octets; returns what the host is told. */
  function tooBig(mobile: Node, about: Uint8Array, mtu: number): { device: number; packet: Uint8Array }[] {
    mobile.receive(ACCESS, codec.encode([
      { name: "ipv6", fields: { source: "2001:db8:ff::1", destination: CAREOF } }, { name: "packet-too-big", fields: { mtu } },
      { name: "payload", fields: { data: about.subarray(0, 1232) } },
    ]));
    return mobile.take();
  }

  /** The host sends a packet of `octets`; returns what leaves, or what the host is told. */
  function send(mobile: Node, octets: number): { device: number; packet: Uint8Array } {
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, PEER, octets - 48));
    const [sent, ...more] = mobile.take();
    expect(more).toEqual([]);
    return sent;
  }

  it("is known to be narrower: the host is told of 48 octets less (RFC 8201 §4)", () => {
    const mobile = bothBound();
    const { packet: large } = send(mobile, 1400);
    expect(large).toHaveLength(1448);
    const [{ packet: told, device }, ...more] = tooBig(mobile, large, 1400);
    expect(more).toEqual([]);
    expect(device).toBe(TUNNEL);
    expect(namesOf(told)[1]).toBe("packet-too-big");
    expect(new DataView(told.buffer, told.byteOffset).getUint32(44)).toBe(1352);
    expect(addresses(told.subarray(48))).toEqual([HOME_ADDRESS, PEER]);
    expect(told[48 + 6]).toBe(58);
    expect(send(mobile, 1352).packet).toHaveLength(1400);
    const { packet: refusal, device: back } = send(mobile, 1353);
    expect(back).toBe(TUNNEL);
    expect(new DataView(refusal.buffer, refusal.byteOffset).getUint32(44)).toBe(1352);
  });

  it("of 1300 octets is never asked for more, whatever the host sends", () => {
    const mobile = bothBound();
    tooBig(mobile, send(mobile, 1400).packet, 1300);
    const direct = new Map<number, number>();
    for (let octets = 1240; octets <= 1280; octets++) {
      const { packet, device } = send(mobile, octets);
      expect(device).toBe(ACCESS);
      if (addresses(packet)[1] !== HOME_AGENT) direct.set(octets, packet.length);
    }
    expect(Math.max(...direct.values())).toBe(1300);
    expect(direct.get(1252)).toBe(1300); // both headers
    for (const octets of [1253, 1254, 1255, 1256]) expect(direct.get(octets)).toBe(octets + 24); // to the peer's home
  });
});

describe("a mobile node at home", () => {
  /** At home, with the other one bound. */
  function atHome(): Node {
    const mobile = returningNode();
    const agent = homeAgent();
    register(mobile, agent);
    comeHome(mobile);
    agent.now = mobile.now;
    agent.receive(ACCESS, named(mobile.take(), "binding-update")[0]);
    mobile.receive(ACCESS, named(agent.take(), "binding-acknowledgement")[0]);
    expect(state(mobile)).toBe("AtHome");
    mobile.take();
    const homeToken = ask(mobile, "home", PEER, { destination: HOME_ADDRESS });
    const careofToken = ask(mobile, "careof", PEER_CAREOF, { destination: HOME_ADDRESS });
    mobile.receive(ACCESS, bindingUpdate({ source: PEER_CAREOF, destination: HOME_ADDRESS, home: PEER, homeToken, careofToken }));
    expect(takeAnswer(mobile)).toMatchObject({ status: 0, source: HOME_ADDRESS, destination: PEER_CAREOF, routedHome: PEER });
    return mobile;
  }

  const withOption = (careof: string) => codec.encode([
    { name: "ipv6", fields: { source: careof, destination: HOME_ADDRESS } }, homeAddressOption(PEER), { name: "udp" },
  ]);

  it("takes packets of the other one by its binding", () => {
    const mobile = atHome();
    mobile.receive(ACCESS, withOption(PEER_CAREOF));
    const [{ packet, device }, ...more] = mobile.take();
    expect(more).toEqual([]);
    expect(device).toBe(TUNNEL);
    expect(addresses(packet)).toEqual([PEER, HOME_ADDRESS]);
    expect(packet).toHaveLength(48);
    mobile.receive(ACCESS, withOption("2001:db8:d::9"));
    const [error] = mobile.take();
    expect(error.device).toBe(ACCESS);
    expect(addresses(error.packet)).toEqual([HOME_ADDRESS, "2001:db8:d::9"]);
    expect(namesOf(error.packet)).toEqual(["ipv6", "binding-error"]);
  });

  it("sends to it by that binding, from the home address, without a Home Address option", () => {
    const mobile = atHome();
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, PEER));
    const [{ packet, device }, ...more] = mobile.take();
    expect(more).toEqual([]);
    expect(device).toBe(ACCESS);
    expect(addresses(packet)).toEqual([HOME_ADDRESS, PEER_CAREOF]);
    expect(namesOf(packet).slice(0, 3)).toEqual(["ipv6", "routing-type2", "echo-request"]);
  });
});

describe("a mobility header that came through the tunnel", () => {
  const base = () => testInit("home", PEER, { destination: HOME_ADDRESS });
  it.each<[string, (packet: Uint8Array) => void, string, Record<string, number>]>([
    ["with another payload proto than none", (packet) => { packet[40] = 58; }, "parameter-problem", { code: 0, pointer: 40 }],
    ["that is too short for its type", (packet) => { packet[41] = 0; }, "parameter-problem", { code: 0, pointer: 41 }],
    ["of an unknown type", (packet) => { packet[42] = 99; }, "binding-error", { status: 2 }],
  ])("%s is answered through the tunnel (6275-9.2-6, 6275-9.2-9, 6275-9.3.3-1)", (_, spoil, answer, fields) => {
    const mobile = registered();
    const packet = base();
    spoil(packet);
    mobile.receive(ACCESS, through(withMobilityChecksum(packet)));
    const error = inner(mobile);
    expect(addresses(error)).toEqual([HOME_ADDRESS, PEER]);
    const layer = codec.dissect(error)[1];
    expect(layer.name).toBe(answer);
    expect(Object.fromEntries(layer.fields.map(({ name, value }) => [name, value]))).toMatchObject(fields);
  });
});

/** The packet, a mobility header right behind the IPv6 header, with the checksum of what it says now. */
function withMobilityChecksum(packet: Uint8Array): Uint8Array {
  packet.fill(0, 44, 46);
  const lengthBytes = (packet[41] + 1) * 8;
  let sum = 135 + lengthBytes;
  for (let at = 8; at < 40 + lengthBytes; at += 2) sum += (packet[at] << 8) | packet[at + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  new DataView(packet.buffer, packet.byteOffset).setUint16(44, ~sum & 0xffff);
  return packet;
}
