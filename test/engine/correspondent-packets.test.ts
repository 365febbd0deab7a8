/** The packets of a correspondent node (RFC 6275 §9.3). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { readBindings } from "../../bindings/status.ts";
import { setDevice } from "../../bindings/commands.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, type Node, TUNNEL } from "./harness.ts";
import { OTHER_CAREOF, bind, correspondentNode, homeAddressOption } from "./correspondent-peer.ts";
import { addresses, codec, echo } from "./network.ts";

const ROUTER = "2001:db8:ff::1";
const ipv6 = (source: string, destination: string, hopLimit = 60) => ({ name: "ipv6", fields: { source, destination, hopLimit } });
const names = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);
const value = (packet: Uint8Array, layer: string, field: string) =>
  codec.dissect(packet).find(({ name }) => name === layer)?.fields.find(({ name }) => name === field)?.value;

/** A packet as a mobile node sends it by the direct way; the checksum is that of the home address. */
function optimised(upper: LayerInput[], { careof = CAREOF, home = HOME_ADDRESS, destination = CORRESPONDENT } = {}): Uint8Array {
  return codec.encode([ipv6(careof, destination), homeAddressOption(home), ...upper]);
}
const udp: LayerInput[] = [{ name: "udp", fields: { sourcePort: 7, destinationPort: 9 } }, { name: "payload", fields: { data: new Uint8Array(20).fill(0x5a) } }];

function boundNode(): Node {
  const node = correspondentNode();
  bind(node);
  node.events = [];
  return node;
}

describe("from a mobile node", () => {
  it("the host gets what comes from the care-of address as if it came from the home address (6275-9.3.1-6, 6275-9.3.1-7, 6275-8.2-1, 6275-11.3.5-4)", () => {
    const node = boundNode();
    const upper: [string, LayerInput[]][] = [
      ["udp", udp], ["echo-request", [{ name: "echo-request" }]], ["fragment", [{ name: "fragment", fields: { moreFragments: true, identification: 5, nextHeader: 17 } }, { name: "payload", fields: { data: new Uint8Array(16) } }]],
    ];
    for (const [name, layers] of upper) {
      node.receive(ACCESS, optimised(layers));
      const [{ device, packet }] = node.take();
      expect(device, name).toBe(TUNNEL);
      expect(packet, name).toEqual(codec.encode([ipv6(HOME_ADDRESS, CORRESPONDENT), ...layers]));
    }
    expect(readBindings(node.engine)).toMatchObject([{ packetsIn: 3 }]);
  });

  it("other options in the header of the Home Address option stay", () => {
    const node = boundNode();
    node.receive(ACCESS, codec.encode([ipv6(CAREOF, CORRESPONDENT), {
      name: "destination-options", options: [{ name: "tunnel-encapsulation-limit", fields: { limit: 4 } }, { name: "home-address", fields: { address: HOME_ADDRESS } }],
    }, ...udp]));
    const [{ packet }] = node.take();
    expect(addresses(packet)).toEqual([HOME_ADDRESS, CORRESPONDENT]);
    expect(value(packet, "udp", "sourcePort")).toBe(7);
    expect(codec.dissect(packet).every(({ problem, checksum }) => !problem && checksum !== "bad")).toBe(true);
  });

  // 6275-9.3.1-3, 6275-9.3.1-4, 6275-9.3.1-5, 6275-9.1-6, 6275-6.3-8
  it.each<[string, { careof?: string; home?: string }]>([
    ["another care-of address", { careof: OTHER_CAREOF }], ["another home address", { home: "2001:db8:100::99" }], ["our own address", { home: CORRESPONDENT }],
  ])("%s is dropped with a Binding Error, and nothing changes (6275-9.1-6, 6275-6.3-8)", (_, change) => {
    const node = boundNode();
    const before = readBindings(node.engine);
    for (const upper of [udp, [{ name: "echo-request" }]]) {
      node.receive(ACCESS, optimised(upper, change));
      const [{ packet, device }, ...rest] = node.take();
      expect(rest).toEqual([]);
      expect(device).toBe(ACCESS);
      expect(addresses(packet)).toEqual([CORRESPONDENT, change.careof ?? CAREOF]);
      expect(value(packet, "binding-error", "status")).toBe(1);
      expect(value(packet, "binding-error", "homeAddress")).toBe(change.home ?? HOME_ADDRESS); // 6275-9.3.3-2
    }
    expect(node.refused(Reason.HomeAddressWithoutBinding)).toBe(2);
    expect(readBindings(node.engine)).toEqual(before);
    node.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS)); // and the routes of later packets are what they were
    expect(addresses(node.take()[0].packet)).toEqual([CORRESPONDENT, CAREOF]);
  });

  it("ESP and AH need a binding too, since nobody here can tell whether they are genuine", () => {
    const node = boundNode();
    const esp = (careof: string) => {
      const packet = optimised([{ name: "payload", fields: { data: new Uint8Array(24) } }], { careof });
      packet[40] = 50;
      return packet;
    };
    node.receive(ACCESS, esp(OTHER_CAREOF));
    expect(names(node.take()[0].packet)).toContain("binding-error");
    node.receive(ACCESS, esp(CAREOF));
    expect(node.take()).toMatchObject([{ device: TUNNEL }]);
  });

  it("no Binding Error goes to a group, and none from a home address that is not routable (6275-9.3.3-1, 6275-9.3.1-1)", () => {
    const node = boundNode();
    node.receive(ACCESS, optimised(udp, { careof: "ff02::17" }));
    node.receive(ACCESS, optimised(udp, { home: "ff02::17" }));
    node.receive(ACCESS, optimised(udp, { home: "fe80::17" }));
    expect(node.take()).toEqual([]);
    expect(node.refused(Reason.HomeAddressWithoutBinding)).toBe(1);
    expect(node.refused(Reason.HomeAddressNotRoutable)).toBe(2);
  });

  it("Binding Errors are limited in rate: nobody can be flooded by them (6275-9.3.3-3, 6275-8.2-5)", () => {
    const node = boundNode();
    for (let index = 0; index < 1000; index++) node.receive(ACCESS, optimised(udp, { careof: OTHER_CAREOF }));
    expect(node.take()).toHaveLength(50);
    expect(node.refused(Reason.ErrorRateLimited)).toBe(950);
  });

  it("a type 2 routing header is not for us: dropped in silence (6275-8.2-3)", () => {
    const node = boundNode();
    node.receive(ACCESS, codec.encode([ipv6(ROUTER, CORRESPONDENT), { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } }, ...udp]));
    expect(node.take()).toEqual([]);
    expect(node.refused(Reason.RoutingHeaderNotOurs)).toBe(1);
    node.receive(TUNNEL, echo(CORRESPONDENT, ROUTER)); // nor is it turned round for answers (6275-6.4.1-5)
    expect(names(node.take()[0].packet)).not.toContain("routing-type2");
  });

  it("tunnels and unknown mobility messages are not for us (6275-9.2-3, 6275-9.2-4)", () => {
    const node = boundNode();
    node.receive(ACCESS, codec.encode([ipv6(CAREOF, CORRESPONDENT), ipv6(HOME_ADDRESS, CORRESPONDENT), ...udp]));
    expect(node.refused(Reason.UpperProtocolUnknown)).toBe(1);
    node.receive(ACCESS, codec.encode([ipv6(CAREOF, CORRESPONDENT), { name: "binding-error", fields: { status: 1 } }]));
    expect(node.refused(Reason.MessageNotForThisRole)).toBe(1);
    expect(node.take()).toEqual([]);
    const unknown = codec.encode([ipv6(CAREOF, CORRESPONDENT), { name: "mobility-message-200" }]);
    node.receive(ACCESS, unknown);
    expect(value(node.take()[0].packet, "binding-error", "status")).toBe(2);
  });
});

describe("to a mobile node", () => {
  it("a packet takes the direct way, with the home address in a type 2 routing header (6275-9.3.2-1, 6275-9.3.2-2, 6275-8.2-2)", () => {
    const node = boundNode();
    const plain = echo(CORRESPONDENT, HOME_ADDRESS);
    node.receive(TUNNEL, plain);
    const [{ packet, device }] = node.take();
    expect(device).toBe(0xffff);
    expect(addresses(packet)).toEqual([CORRESPONDENT, CAREOF]);
    expect(names(packet)).toEqual(["ipv6", "routing-type2", "echo-request", "payload"]);
    expect(value(packet, "routing-type2", "homeAddress")).toBe(HOME_ADDRESS);
    expect(value(packet, "routing-type2", "segmentsLeft")).toBe(1);
    expect(packet.subarray(64)).toEqual(plain.subarray(40));
    expect(readBindings(node.engine)).toMatchObject([{ packetsOut: 1, bytesOut: plain.length }]);
  });

  it("without a binding it goes as it is", () => {
    const node = boundNode();
    for (const destination of [CAREOF, "2001:db8:100::99"]) {
      const plain = echo(CORRESPONDENT, destination);
      node.receive(TUNNEL, plain);
      expect(node.take()).toEqual([{ device: 0xffff, packet: plain }]);
    }
    const other = echo("2001:db8:200::77", HOME_ADDRESS); // another of the host's addresses, which has no cache
    node.receive(TUNNEL, other);
    expect(node.take()).toEqual([{ device: 0xffff, packet: other }]);
  });

  it("neighbour discovery, mobility messages and packets with a routing header go as they are (6275-9.3.2-3, 6275-6.1-1, 6275-6.1-3)", () => {
    const node = boundNode();
    for (const layers of [
      [{ name: "neighbour-solicitation", fields: { target: HOME_ADDRESS } }], [{ name: "redirect" }], [{ name: "router-solicitation" }],
      [{ name: "home-test" }], [{ name: "binding-refresh-request" }],
      [{ name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } }, ...udp],
    ]) {
      const plain = codec.encode([ipv6(CORRESPONDENT, HOME_ADDRESS, 255), ...layers]);
      node.receive(TUNNEL, plain);
      expect(node.take(), layers[0].name).toEqual([{ device: 0xffff, packet: plain }]);
    }
    for (const [destination, reason] of [["ff02::1", Reason.MulticastNotTunnelled], ["fe80::1", Reason.LinkLocalNotTunnelled]] as const) {
      node.receive(TUNNEL, echo(CORRESPONDENT, destination));
      expect(node.refused(reason)).toBe(1);
    }
    expect(node.take()).toEqual([]);
  });

  it("an answer to a test goes to the home address even when that is bound (6275-6.1-3)", () => {
    const node = boundNode();
    node.receive(ACCESS, codec.encode([ipv6(HOME_ADDRESS, CORRESPONDENT), { name: "home-test-init" }]));
    expect(addresses(node.take()[0].packet)).toEqual([CORRESPONDENT, HOME_ADDRESS]);
  });

  it("the host learns how large its packets may be", () => {
    const node = boundNode();
    expect(node.tunnelMtuOctets).toBe(1476);
    setDevice(node.engine, { index: ACCESS, kind: "access", mtu: 1400, up: true }, node.now);
    expect(node.tunnelMtuOctets).toBe(1376);
    setDevice(node.engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, node.now);
    node.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1476 - 48));
    expect(node.take()[0].packet).toHaveLength(1500);
    node.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1477 - 48));
    const [{ packet, device }] = node.take();
    expect(device).toBe(TUNNEL);
    expect(addresses(packet)).toEqual([HOME_ADDRESS, CORRESPONDENT]);
    expect(value(packet, "packet-too-big", "mtu")).toBe(1476);
    expect(node.refused(Reason.PacketTooBig)).toBe(1);
  });
});

describe("errors from the path (6275-8.2-4)", () => {
  /** What a router says about the last packet that took the direct way. */
  const error = (about: Uint8Array, layer: LayerInput, source = ROUTER) =>
    codec.encode([ipv6(source, CORRESPONDENT), layer, { name: "payload", fields: { data: about } }]);
  const sendOne = (node: Node, octets = 56) => {
    node.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, octets));
    return node.take()[0].packet;
  };
  const unreachable = (code = 3): LayerInput => ({ name: "destination-unreachable", fields: { code } });

  it("a narrower path is learnt, and told to the host for its own packet", () => {
    const node = boundNode();
    const about = sendOne(node, 1400);
    node.receive(ACCESS, error(about.subarray(0, 1232), { name: "packet-too-big", fields: { mtu: 1400 } }));
    const [{ packet, device }] = node.take();
    expect(device).toBe(TUNNEL);
    expect(addresses(packet)).toEqual([ROUTER, CORRESPONDENT]);
    expect(value(packet, "packet-too-big", "mtu")).toBe(1376);
    expect(addresses(packet.subarray(48))).toEqual([CORRESPONDENT, HOME_ADDRESS]);
    expect(packet.subarray(88, 96)).toEqual(about.subarray(64, 72)); // its payload, no routing header
    expect(readBindings(node.engine)).toMatchObject([{ pathMtu: 1400 }]);
    node.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1400));
    expect(value(node.take()[0].packet, "packet-too-big", "mtu")).toBe(1376);
    for (const mtu of [1279, 1401, 0]) node.receive(ACCESS, error(about.subarray(0, 1232), { name: "packet-too-big", fields: { mtu } }));
    expect(node.refused(Reason.PathMtuImplausible)).toBe(3);
  });

  it("below 1304 octets packets of 1280 go through the home agent", () => {
    const node = boundNode();
    const about = sendOne(node, 1400);
    node.receive(ACCESS, error(about.subarray(0, 1232), { name: "packet-too-big", fields: { mtu: 1290 } }));
    expect(value(node.take()[0].packet, "packet-too-big", "mtu")).toBe(1280);
    node.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1232));
    expect(addresses(node.take()[0].packet)).toEqual([CORRESPONDENT, HOME_ADDRESS]);
    node.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1266 - 48));
    expect(addresses(node.take()[0].packet)).toEqual([CORRESPONDENT, CAREOF]);
  });

  it("persistent Destination Unreachable end the binding (6275-9.3.4-2)", () => {
    const node = boundNode();
    const about = sendOne(node);
    for (let second = 0; second < 3; second++) {
      expect(readBindings(node.engine)).toHaveLength(1);
      node.receive(ACCESS, error(about, unreachable()));
      const [{ packet, device }] = node.take();
      expect(device).toBe(TUNNEL);
      expect(value(packet, "destination-unreachable", "code")).toBe(3);
      expect(addresses(packet.subarray(48))).toEqual([CORRESPONDENT, HOME_ADDRESS]);
      node.advance(1000);
    }
    expect(readBindings(node.engine)).toEqual([]);
    expect(node.events.at(-1)).toMatchObject({ name: "BindingEnded", fields: { why: "unreachable" } });
    expect(addresses(sendOne(node))).toEqual([CORRESPONDENT, HOME_ADDRESS]);
  });

  it("many at once do not, nor with packets of the node between them, nor far apart, nor about a port", () => {
    const node = boundNode();
    const about = sendOne(node);
    for (let index = 0; index < 20; index++) node.receive(ACCESS, error(about, unreachable()));
    for (let index = 0; index < 6; index++) {
      node.advance(1000);
      node.receive(ACCESS, error(about, unreachable()));
      node.receive(ACCESS, optimised(udp));
    }
    for (let index = 0; index < 5; index++) {
      node.advance(31_000);
      node.receive(ACCESS, error(about, unreachable()));
    }
    node.receive(ACCESS, optimised(udp));
    for (let index = 0; index < 5; index++) {
      node.advance(1000);
      node.receive(ACCESS, error(about, unreachable(4)));
    }
    expect(readBindings(node.engine)).toHaveLength(1);
  });

  it("errors that quote no packet of ours change nothing", () => {
    const node = boundNode();
    const about = sendOne(node);
    const change = (at: number) => Uint8Array.from(about, (octet, index) => (index === at ? octet ^ 1 : octet));
    for (const [what, forged] of [
      ["source", change(23)], ["care-of address", change(39)], ["home address", change(63)], ["no routing header", echo(CORRESPONDENT, HOME_ADDRESS)],
      ["cut", about.subarray(0, 60)], ["nothing", new Uint8Array(0)],
    ] as const) {
      for (let index = 0; index < 4; index++) {
        node.advance(1000);
        node.receive(ACCESS, error(forged, unreachable()));
      }
      expect(node.take(), what).toEqual([]);
    }
    expect(node.refused(Reason.IcmpNotOurs)).toBe(24);
    expect(readBindings(node.engine)).toHaveLength(1);
  });

  it("a Parameter Problem points into the host's packet, or stays here when it is about our header", () => {
    const node = boundNode();
    const about = sendOne(node);
    node.receive(ACCESS, error(about, { name: "parameter-problem", fields: { code: 0, pointer: 65 } }));
    expect(value(node.take()[0].packet, "parameter-problem", "pointer")).toBe(41);
    for (let second = 0; second < 3; second++) {
      node.receive(ACCESS, error(about, { name: "parameter-problem", fields: { code: 0, pointer: 42 } }, CAREOF));
      expect(node.take()).toEqual([]);
      node.advance(1000);
    }
    expect(readBindings(node.engine)).toEqual([]); // nobody there knows the routing header
  });
});
