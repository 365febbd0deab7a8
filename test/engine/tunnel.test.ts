import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { readBindings, readUpdates } from "../../bindings/status.ts";
import { Role } from "../../bindings/engine.ts";
import { ACCESS, Node, SECURITY, homeAgent, mobileNode } from "./harness.ts";
import { bindingUpdate } from "./messages.ts";
import { CAREOF, HOME_ADDRESS, HOME_AGENT, TUNNEL, addresses, arrive, codec, echo, exchange, register, routerAdvertisement } from "./network.ts";
import { parseAddress } from "../../bindings/address.ts";
import { addNode, setDevice, setHomeAgent, setLink } from "../../bindings/commands.ts";

const CORRESPONDENT = "2001:db8:200::5";

function pair(): [mobile: Node, agent: Node] {
  const agent = homeAgent();
  const mobile = mobileNode();
  register(mobile, agent);
  mobile.take();
  agent.take();
  return [mobile, agent];
}

const names = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);
const ipv6 = (fields: Record<string, number | string>): LayerInput => ({ name: "ipv6", fields: { hopLimit: 64, ...fields } });

/** A tunnel packet around `inner`. */
const tunnelled = (inner: Uint8Array, source = CAREOF, destination = HOME_AGENT, trafficClass = 0) => {
  const outer = codec.encode([ipv6({ source, destination, trafficClass, nextHeader: 41 }), { name: "payload", fields: { data: inner } }]);
  return outer;
};

describe("bidirectional tunnelling", () => {
  it("carries a packet to the mobile node and its answer back (6275-8.4-3, 6275-8.4-4, 6275-8.5-3, 6275-10.4.2-1, 6275-10.4.5-1, 6275-11.3.3-2, 6275-11.3.1-5, 6275-10.3.1-35)", () => {
    const [mobile, agent] = pair();
    const request = echo(CORRESPONDENT, HOME_ADDRESS);
    agent.receive(TUNNEL, request);
    const [{ packet: outer }] = agent.take();
    expect(names(outer)).toEqual(["ipv6", "ipv6", "echo-request", "payload"]);
    expect(addresses(outer)).toEqual([HOME_AGENT, CAREOF]);
    expect(outer.subarray(40)).toEqual(request); // the inner packet is not touched: the stacks count hops
    mobile.receive(ACCESS, outer);
    expect(mobile.take()).toEqual([{ device: TUNNEL, packet: request }]);

    const reply = echo(HOME_ADDRESS, CORRESPONDENT);
    mobile.receive(TUNNEL, reply);
    const [{ packet: back, device }] = mobile.take();
    expect(device).toBe(ACCESS);
    expect(addresses(back)).toEqual([CAREOF, HOME_AGENT]);
    agent.receive(ACCESS, back);
    expect(agent.take()).toEqual([{ device: TUNNEL, packet: reply }]);
    expect(readBindings(agent.engine)[0]).toMatchObject({ packetsIn: 1, packetsOut: 1, bytesIn: reply.length, bytesOut: request.length });
    expect(readUpdates(mobile.engine)[0]).toMatchObject({ packetsIn: 1, packetsOut: 1 });
  });

  it("begins with the Binding Update, not with its acknowledgement", () => {
    const mobile = mobileNode();
    setLink(mobile.engine, ACCESS, true, mobile.now);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
    expect(mobile.refused(Reason.NoPath)).toBe(1);
    mobile.receive(ACCESS, routerAdvertisement());
    mobile.take();
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
    expect(mobile.take().map(({ packet }) => names(packet))).toEqual([["ipv6", "ipv6", "echo-request", "payload"]]);
  });

  it("keeps the packets of a flow under one flow label", () => {
    const [, agent] = pair();
    const label = (packet: Uint8Array) => ((packet[1] & 15) << 16) | (packet[2] << 8) | packet[3];
    const labels = [CORRESPONDENT, CORRESPONDENT, "2001:db8:200::6"].map((from) => {
      agent.receive(TUNNEL, echo(from, HOME_ADDRESS));
      return label(agent.take()[0].packet);
    });
    expect(labels[0]).toBe(labels[1]);
    expect(labels[0]).not.toBe(labels[2]);
  });
});

describe("what a tunnel refuses", () => {
  it("a binding whose lifetime has ended, also before its timer has run (6275-9.5.2-3)", () => {
    const [mobile, agent] = pair();
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
    const [{ packet }] = mobile.take();
    agent.now += 600_001;
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS));
    expect(agent.refused(Reason.NoBinding)).toBe(1);
    agent.receive(ACCESS, packet);
    expect(agent.refused(Reason.TunnelSourceNotBound)).toBe(1);
  });

  it("at the home agent: an inner source that is not bound to the outer one (6275-8.4-5, 6275-10.4.5-3)", () => {
    const [, agent] = pair();
    const rows: [inner: string, outer: string][] = [
      ["2001:db8:100::18", CAREOF], [CORRESPONDENT, CAREOF], [HOME_ADDRESS, "2001:db8:a::18"], [HOME_ADDRESS, CORRESPONDENT],
    ];
    for (const [inner, outer] of rows) agent.receive(ACCESS, tunnelled(echo(inner, CORRESPONDENT), outer));
    expect(agent.take()).toEqual([]);
    expect(agent.refused(Reason.TunnelSourceNotBound)).toBe(rows.length);
  });

  it("at the home agent: packets to link-local and multicast destinations (6275-10.4.2-2, 6275-10.4.2-3, 6275-10.4.2-4, 6275-10.4.2-5)", () => {
    const [, agent] = pair();
    agent.receive(ACCESS, tunnelled(echo(HOME_ADDRESS, "fe80::1")));
    expect(agent.refused(Reason.LinkLocalNotTunnelled)).toBe(1);
    agent.receive(TUNNEL, echo(CORRESPONDENT, "fe80::17"));
    expect(agent.refused(Reason.LinkLocalNotTunnelled)).toBe(2);
    expect(names(agent.take()[0].packet)[1]).toBe("destination-unreachable");
    agent.receive(TUNNEL, echo(CORRESPONDENT, "ff02::1"));
    expect(agent.refused(Reason.MulticastNotTunnelled)).toBe(1);
    expect(agent.take()).toEqual([]);
  });

  it("at the mobile node: a tunnel that is not the home agent's (6275-11.3.3-1, 6275-11.3.3-3)", () => {
    const [mobile] = pair();
    mobile.receive(ACCESS, tunnelled(echo(CORRESPONDENT, HOME_ADDRESS), CORRESPONDENT, CAREOF));
    expect(mobile.refused(Reason.TunnelNotFromHomeAgent)).toBe(1);
    mobile.receive(ACCESS, tunnelled(echo(CORRESPONDENT, "2001:db8:100::18"), HOME_AGENT, CAREOF));
    expect(mobile.refused(Reason.TunnelInnerNotOurs)).toBe(1);
    mobile.receive(ACCESS, tunnelled(echo(CORRESPONDENT, HOME_ADDRESS), HOME_AGENT, "2001:db8:a::18"));
    expect(mobile.refused(Reason.NotForUs)).toBe(1);
    expect(mobile.take()).toEqual([]);
  });

  it("at the mobile node: an inner source that is not the home address (6275-11.3.4-7)", () => {
    const [mobile] = pair();
    mobile.receive(TUNNEL, echo(CAREOF, CORRESPONDENT));
    expect(mobile.refused(Reason.InnerSourceNotHome)).toBe(1);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, "ff02::fb"));
    expect(mobile.refused(Reason.MulticastNotTunnelled)).toBe(1);
    mobile.receive(TUNNEL, echo("fe80::17", "ff02::2"));
    expect(mobile.refused(Reason.LinkLocalNotTunnelled)).toBe(1);
    expect(mobile.take()).toEqual([]);
  });

  it("a packet that the same tunnel made already (RFC 2473 §4.1.2)", () => {
    const [, agent] = pair();
    agent.receive(TUNNEL, echo(HOME_AGENT, HOME_ADDRESS));
    expect(agent.take()).toHaveLength(1);
    const [mobile] = pair();
    mobile.receive(TUNNEL, tunnelled(echo(HOME_ADDRESS, CORRESPONDENT), CAREOF, HOME_AGENT));
    expect(mobile.take()).toEqual([]);
  });

  it("an inner packet that is damaged (RFC 2473 §3.3)", () => {
    const [, agent] = pair();
    const good = echo(HOME_ADDRESS, CORRESPONDENT);
    agent.receive(ACCESS, tunnelled(good.subarray(0, 30)));
    agent.receive(ACCESS, tunnelled(good.subarray(0, 60)));
    agent.receive(ACCESS, tunnelled(Uint8Array.of(0x45, ...good.subarray(1))));
    expect(agent.refused(Reason.InnerMalformed)).toBe(3);
  });

  it("a destination without a binding, with an answer to its sender (RFC 6275 §10.4.1)", () => {
    const agent = homeAgent();
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS));
    const [{ packet, device }] = agent.take();
    expect(device).toBe(TUNNEL);
    expect(names(packet).slice(0, 2)).toEqual(["ipv6", "destination-unreachable"]);
    expect(addresses(packet)).toEqual([HOME_AGENT, CORRESPONDENT]);
    expect(agent.refused(Reason.NoBinding)).toBe(1);
  });

  it("a Home Address option without a binding, with a Binding Error (6275-9.3.1-3, 6275-9.3.1-5, 6275-9.3.3-2, 6275-8.2-1, 6275-8.2-5)", () => {
    const [, agent] = pair();
    agent.receive(ACCESS, codec.encode([
      ipv6({ source: "2001:db8:b::17", destination: HOME_AGENT }),
      { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] },
      { name: "udp", fields: { sourcePort: 1, destinationPort: 2 } },
    ]));
    const layers = codec.dissect(agent.take()[0].packet);
    expect(layers[1].name).toBe("binding-error");
    expect(layers[1].fields.filter(({ name }) => name === "status" || name === "homeAddress").map(({ value }) => value)).toEqual([1, HOME_ADDRESS]);
    expect(agent.refused(Reason.HomeAddressWithoutBinding)).toBe(1);
  });

  it("tells a node whose binding it has lost, which registers anew at once (RFC 6275 §11.3.6)", () => {
    const [mobile] = pair();
    const forgetful = homeAgent();
    mobile.advance(3000);
    forgetful.advance(3000);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
    exchange(mobile, forgetful);
    expect(forgetful.refused(Reason.TunnelSourceNotBound)).toBe(1);
    expect(readBindings(forgetful.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress: CAREOF }]);
  });

  it("nothing of what goes to a group, but Neighbour Discovery; and a group is no source of an answer", () => {
    const [mobile] = pair();
    for (const layer of ["mobility-message-200", "binding-refresh-request", "udp"]) {
      mobile.receive(ACCESS, codec.encode([ipv6({ source: HOME_AGENT, destination: "ff02::1" }), { name: layer }]));
    }
    mobile.receive(ACCESS, codec.encode([ipv6({ source: HOME_AGENT, destination: "ff02::1" }), { name: "destination-options", options: [{ name: "option-130", fields: {} }] }, { name: "udp" }]));
    expect(mobile.refused(Reason.NotForUs)).toBe(3);
    expect(mobile.take()).toEqual([]);
  });

  it("ESP behind a Home Address option is processed normally, a payload with a matching binding makes no error (6275-9.3.1-2, 6275-9.3.1-4, 6275-10.3.1-10)", () => {
    const [, agent] = pair();
    const packet = (source: string, last: LayerInput) => codec.encode([
      ipv6({ source, destination: HOME_AGENT }),
      { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] }, last,
    ]);
    agent.receive(ACCESS, packet("2001:db8:b::17", { name: "encapsulating-security-payload" }));
    expect(agent.refused(Reason.UpperProtocolUnknown)).toBe(1);
    expect(agent.take()).toEqual([]);
    agent.receive(ACCESS, packet(CAREOF, { name: "udp" }));
    expect(agent.take().map(({ device }) => device)).toEqual([TUNNEL]);
    agent.receive(ACCESS, packet("2001:db8:b::17", { name: "echo-request" }));
    expect(agent.refused(Reason.HomeAddressWithoutBinding)).toBe(1);
  });

  it("a mobility message of an unknown type, with a Binding Error (6275-9.2-1, 6275-9.2-3, 6275-9.2-4, 6275-10.2-1, 6275-11.2-1, 6275-8.4-6, 6275-8.5-8)", () => {
    const [mobile, agent] = pair();
    const unknown = (source: string, destination: string) => codec.encode([
      ipv6({ source, destination }), { name: "mobility-message-200" }, 
    ]);
    agent.receive(ACCESS, unknown("2001:db8:b::17", HOME_AGENT));
    mobile.receive(ACCESS, unknown(CORRESPONDENT, CAREOF));
    for (const node of [agent, mobile]) {
      const [, error] = codec.dissect(node.take()[0].packet);
      expect(error.name).toBe("binding-error");
      expect(error.fields.filter(({ name }) => name === "status" || name === "homeAddress").map(({ value }) => value)).toEqual([2, "::"]);
    }
  });

  it("a mobility message with another Payload Proto or too short a Header Len, with a Parameter Problem (6275-9.2-5, 6275-9.2-6, 6275-9.2-7, 6275-9.2-8, 6275-9.2-9, 6275-9.2-10)", () => {
    const [, agent] = pair();
    const send = (fields: Record<string, number>, name = "binding-update") => {
      agent.receive(ACCESS, codec.encode([ipv6({ source: "2001:db8:b::17", destination: HOME_AGENT }), { name, fields }]));
      const [sent] = agent.take();
      const [, problem] = codec.dissect(sent.packet);
      expect(problem.name).toBe("parameter-problem");
      return Object.fromEntries(problem.fields.map(({ name: field, value }) => [field, value]));
    };
    expect(send({ payloadProto: 6, sequence: 1 })).toMatchObject({ code: 0, pointer: 40 });
    expect(agent.refused(Reason.MobilityPayloadProto)).toBe(1);
    // A Binding Error needs 24 octets: eight of them are cut off.
    const short = codec.encode([ipv6({ source: "2001:db8:b::17", destination: HOME_AGENT }), { name: "binding-update", fields: { mhType: 7, sequence: 1 } }]);
    agent.receive(ACCESS, short);
    const [, problem] = codec.dissect(agent.take()[0].packet);
    expect(Object.fromEntries(problem.fields.map(({ name: field, value }) => [field, value]))).toMatchObject({ code: 0, pointer: 41 });
    expect(agent.refused(Reason.MobilityHeaderLen)).toBe(1);
  });

  it("a type 2 routing header at the home agent, in silence (6275-8.2-3)", () => {
    const [, agent] = pair();
    agent.receive(ACCESS, codec.encode([
      ipv6({ source: CORRESPONDENT, destination: HOME_AGENT }), { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } },
      { name: "udp", fields: { sourcePort: 1, destinationPort: 2 } },
    ]));
    expect(agent.refused(Reason.RoutingHeaderNotOurs)).toBe(1);
    expect(agent.take()).toEqual([]);
  });

  it("a Binding Error never goes to a multicast or unspecified source (6275-9.3.3-1)", () => {
    const [, agent] = pair();
    for (const source of ["ff0e::1", "::"]) {
      agent.receive(ACCESS, codec.encode([ipv6({ source, destination: HOME_AGENT }), { name: "mobility-message-200" }]));
    }
    expect(agent.refused(Reason.MobilityTypeUnrecognized)).toBe(2);
    expect(agent.take()).toEqual([]);
  });

  it("a damaged mobility message, in silence (6275-9.2-2)", () => {
    const [, agent] = pair();
    agent.receive(ACCESS, codec.encode([ipv6({ source: "2001:db8:b::17", destination: HOME_AGENT }), { name: "binding-update", fields: { checksum: 1 } }]));
    expect(agent.refused(Reason.MobilityChecksum)).toBe(1);
    expect(agent.take()).toEqual([]);
  });
});

describe("congestion marks (RFC 6040)", () => {
  const NOT = 0, ECT1 = 1, ECT0 = 2, CE = 3, DSCP = 0xb8;
  it.each([NOT, ECT1, ECT0, CE])("the outer header gets the inner mark %i (§4.1)", (mark) => {
    const [, agent] = pair();
    const packet = echo(CORRESPONDENT, HOME_ADDRESS);
    packet[0] = 0x60 | (DSCP >> 4);
    packet[1] = (((DSCP & 15) | mark) << 4) & 0xf0;
    agent.receive(TUNNEL, packet);
    const outer = agent.take()[0].packet;
    expect(((outer[0] & 15) << 4) | (outer[1] >> 4)).toBe(DSCP | mark);
  });

  // The table of §4.2: columns are the outer mark, undefined is a drop.
  const table: [inner: number, outer: number, result?: number][] = [
    [NOT, NOT, NOT], [NOT, ECT0, NOT], [NOT, ECT1, NOT], [NOT, CE, undefined],
    [ECT0, NOT, ECT0], [ECT0, ECT0, ECT0], [ECT0, ECT1, ECT1], [ECT0, CE, CE],
    [ECT1, NOT, ECT1], [ECT1, ECT0, ECT1], [ECT1, ECT1, ECT1], [ECT1, CE, CE],
    [CE, NOT, CE], [CE, ECT0, CE], [CE, ECT1, CE], [CE, CE, CE],
  ];
  it.each(table)("inner %i under outer %i becomes %s (§4.2)", (inner, outer, result) => {
    const [, agent] = pair();
    const packet = echo(HOME_ADDRESS, CORRESPONDENT);
    packet[1] = (packet[1] & 0x0f) | (inner << 4);
    agent.receive(ACCESS, tunnelled(packet, CAREOF, HOME_AGENT, outer));
    const [out] = agent.take();
    expect(out && (out.packet[1] >> 4) & 3).toBe(result);
    expect(agent.refused(Reason.CongestionLost)).toBe(result === undefined ? 1 : 0);
  });
});

describe("the tunnel encapsulation limit (RFC 2473 §4.1.1)", () => {
  const limited = (limit: number) => codec.encode([
    ipv6({ source: CORRESPONDENT, destination: HOME_ADDRESS }),
    { name: "destination-options", options: [{ name: "tunnel-encapsulation-limit", fields: { limit } }] },
    { name: "udp", fields: { sourcePort: 1, destinationPort: 2 } },
  ]);

  it("is found behind other headers", () => {
    const [, agent] = pair();
    agent.receive(TUNNEL, codec.encode([
      ipv6({ source: CORRESPONDENT, destination: HOME_ADDRESS }), { name: "hop-by-hop", options: [{ name: "router-alert", fields: { value: 0 } }] },
      { name: "destination-options", options: [{ name: "tunnel-encapsulation-limit", fields: { limit: 0 } }] }, { name: "udp" },
    ]));
    expect(agent.refused(Reason.EncapsulationLimit)).toBe(1);
  });

  it("of zero forbids the tunnel, and the sender is told where", () => {
    const [, agent] = pair();
    const packet = limited(0);
    agent.receive(TUNNEL, packet);
    const [sent] = agent.take();
    const [, problem] = codec.dissect(sent.packet);
    const pointer = problem.fields.find(({ name }) => name === "pointer")!.value as number;
    expect(problem.name).toBe("parameter-problem");
    expect([packet[pointer - 2], packet[pointer - 1], packet[pointer]]).toEqual([4, 1, 0]);
    expect(agent.refused(Reason.EncapsulationLimit)).toBe(1);
  });

  it("is one less in the outer header", () => {
    const [mobile, agent] = pair();
    const packet = limited(4);
    agent.receive(TUNNEL, packet);
    const [{ packet: outer }] = agent.take();
    const [, options] = codec.dissect(outer);
    expect(options.options[0].fields.at(-1)!.value).toBe(3);
    mobile.receive(ACCESS, outer);
    expect(mobile.take()[0].packet).toEqual(packet);
  });
});

describe("path MTU (RFC 2473 §7, RFC 8201)", () => {
  const tooBig = (invoking: Uint8Array, mtu: number) => codec.encode([
    ipv6({ source: "2001:db8:ff::1", destination: addresses(invoking)[0] }),
    { name: "packet-too-big", fields: { mtu } },
    { name: "payload", fields: { data: invoking.subarray(0, 1232) } },
  ]);

  it("a packet larger than the tunnel is answered with its size", () => {
    const [, agent] = pair();
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1460 - 48 + 1));
    const [, message] = codec.dissect(agent.take()[0].packet);
    expect(message.name).toBe("packet-too-big");
    expect(message.fields.find(({ name }) => name === "mtu")!.value).toBe(1460);
    expect(agent.refused(Reason.PacketTooBig)).toBe(1);
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1460 - 48));
    expect(agent.take()[0].packet.length).toBe(1500);
  });

  it("an error from the path is told to the inner sender, and remembered (RFC 2473 §8; 6275-9.3.4-1)", () => {
    const [, agent] = pair();
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1400));
    const [{ packet }] = agent.take();
    agent.receive(ACCESS, tooBig(packet, 1400));
    const [told] = agent.take();
    expect(told.device).toBe(TUNNEL);
    expect(addresses(told.packet)).toEqual([HOME_AGENT, CORRESPONDENT]);
    const [, message] = codec.dissect(told.packet);
    expect([message.name, message.fields.find(({ name }) => name === "mtu")!.value]).toEqual(["packet-too-big", 1360]);
    expect(readBindings(agent.engine)[0].pathMtu).toBe(1400);
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1400));
    expect(codec.dissect(agent.take()[0].packet)[1].name).toBe("packet-too-big");
  });

  it("an error about a Binding Update is told to people, and changes nothing", () => {
    const mobile = mobileNode();
    arrive(mobile);
    const update = mobile.take().at(-1)!.packet;
    mobile.receive(ACCESS, codec.encode([
      ipv6({ source: "2001:db8:ff::1", destination: CAREOF }), { name: "destination-unreachable", fields: { code: 3 } },
      { name: "payload", fields: { data: update } },
    ]));
    expect(mobile.events.at(-1)).toMatchObject({ name: "PeerUnreachable", fields: { peer: HOME_AGENT, source: "2001:db8:ff::1", type: 1, code: 3, meaning: "destination unreachable: address unreachable" } });
    expect(readUpdates(mobile.engine)[0].state).toBe("Registering");
  });

  it("a binding that was kept begins with the link's MTU, whenever the link is told of", () => {
    const [, agent] = pair();
    const records = agent.engine.exportState();
    const again = new Node(Role.HomeAgent);
    setHomeAgent(again.engine, {
      address: parseAddress(HOME_AGENT), homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 64 }],
      maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
    }, again.now);
    addNode(again.engine, { id: 0, homeAddresses: [parseAddress(HOME_ADDRESS)], security: SECURITY }, again.now);
    again.engine.importState(records, again.now);
    setDevice(again.engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, again.now);
    expect(readBindings(again.engine)[0].pathMtu).toBe(1500);
    again.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1450));
    expect(names(again.take()[0].packet)[1]).toBe("packet-too-big");
  });

  it("an error that is not about our tunnel changes nothing", () => {
    const [, agent] = pair();
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1400));
    const [{ packet }] = agent.take();
    const other = packet.slice();
    other[39] ^= 1; // another care-of address
    agent.receive(ACCESS, tooBig(other, 1300));
    agent.receive(ACCESS, tooBig(echo(CORRESPONDENT, HOME_AGENT, 1400), 1300));
    expect(readBindings(agent.engine)[0].pathMtu).toBe(1500);
    expect(agent.take()).toEqual([]);
    expect(agent.refused(Reason.IcmpNotOurs)).toBe(1); // the second one was to CORRESPONDENT, not to us
    expect(agent.refused(Reason.NotForUs)).toBe(1);
  });

  it("below 1,320 octets the tunnel fragments, and the other end puts together (RFC 2473 §7.1, RFC 8200 §4.5)", () => {
    const [mobile, agent] = pair();
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1200));
    const [{ packet: invoking }] = agent.take();
    agent.receive(ACCESS, tooBig(invoking, 600)); // less than IPv6 allows: discarded (RFC 8201 §4)
    expect(readBindings(agent.engine)[0].pathMtu).toBe(1500);
    expect(agent.refused(Reason.PathMtuImplausible)).toBe(1);
    agent.receive(ACCESS, tooBig(invoking, 1280));
    expect(readBindings(agent.engine)[0].pathMtu).toBe(1280);
    expect(agent.take()).toEqual([]); // 1248 octets: nothing the sender must do
    const whole = echo(CORRESPONDENT, HOME_ADDRESS, 1280 - 48);
    agent.receive(TUNNEL, whole);
    const fragments = agent.take().map(({ packet }) => packet);
    expect(fragments.map((packet) => packet.length <= 1280)).toEqual([true, true]);
    const identifications = Array.from({ length: 50 }, () => {
      agent.receive(TUNNEL, whole);
      const [one, two] = agent.take().map(({ packet }) => new DataView(packet.buffer).getUint32(44));
      expect(one).toBe(two);
      return one;
    });
    expect(new Set(identifications).size).toBe(50);
    expect(identifications.filter((each, index) => each === identifications[index - 1] + 1)).toEqual([]); // nobody foretells the next
    for (const order of [fragments, [...fragments].reverse(), [fragments[1], fragments[1], fragments[0]]]) {
      for (const packet of order) mobile.receive(ACCESS, packet);
      expect(mobile.take()).toEqual([{ device: TUNNEL, packet: whole }]);
    }
  });

  it("an error about a packet from another address of ours does not narrow this path", () => {
    const [mobile] = pair();
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT, 1400));
    const invoking = mobile.take()[0].packet.slice();
    invoking[23] ^= 1; // as if sent from the former care-of address
    mobile.receive(ACCESS, codec.encode([
      ipv6({ source: "2001:db8:ff::1", destination: CAREOF }), { name: "packet-too-big", fields: { mtu: 1300 } },
      { name: "payload", fields: { data: invoking.subarray(0, 1232) } },
    ]));
    expect(mobile.refused(Reason.IcmpNotOurs)).toBe(1);
    expect(mobile.tunnelMtuOctets).toBe(1460);
  });

  it("the mobile node tells its host how large the tunnel's packets may be", () => {
    const [mobile] = pair();
    expect(mobile.tunnelMtuOctets).toBe(1460);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT, 1400));
    mobile.receive(ACCESS, tooBig(mobile.take()[0].packet, 1400));
    expect(mobile.tunnelMtuOctets).toBe(1360);
    const [told] = mobile.take();
    expect([told.device, ...addresses(told.packet)]).toEqual([TUNNEL, HOME_AGENT, HOME_ADDRESS]);
  });

  it("what was learnt of a path is forgotten after ten minutes, and with the path (RFC 8201 §5.3)", () => {
    const [mobile, agent] = pair();
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1400));
    agent.receive(ACCESS, tooBig(agent.take()[0].packet, 1300));
    expect(readBindings(agent.engine)[0].pathMtu).toBe(1300);
    agent.advance(599_000);
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS));
    expect(readBindings(agent.engine)[0].pathMtu).toBe(1300);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT, 1400));
    mobile.receive(ACCESS, tooBig(mobile.take()[0].packet, 1300));
    expect(mobile.tunnelMtuOctets).toBe(1260 + 20);
    setLink(mobile.engine, ACCESS, false, mobile.now);
    setLink(mobile.engine, ACCESS, true, mobile.now);
    mobile.receive(ACCESS, routerAdvertisement("2001:db8:b::"));
    expect(mobile.tunnelMtuOctets).toBe(1460);
  });

  it("begins with the MTU of the home agent's own link", () => {
    const agent = homeAgent();
    setDevice(agent.engine, { index: ACCESS, kind: "access", mtu: 1400, up: true }, agent.now);
    const mobile = mobileNode();
    register(mobile, agent);
    agent.take();
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1400));
    expect(names(agent.take()[0].packet)[1]).toBe("packet-too-big");
  });

  it("strangers cannot use up what path MTU discovery needs", () => {
    const [, agent] = pair();
    for (let n = 0; n < 200; n++) agent.receive(ACCESS, bindingUpdate({ key: new Uint8Array(16), sequence: n }));
    agent.take();
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1450));
    expect(names(agent.take()[0].packet)[1]).toBe("packet-too-big");
  });

  it("other errors become Destination Unreachable (RFC 2473 §8.2)", () => {
    const [, agent] = pair();
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS));
    const [{ packet }] = agent.take();
    for (const name of ["destination-unreachable", "time-exceeded"]) {
      agent.receive(ACCESS, codec.encode([ipv6({ source: "2001:db8:ff::1", destination: HOME_AGENT }), { name, fields: { code: 0 } }, { name: "payload", fields: { data: packet } }]));
      expect(codec.dissect(agent.take()[0].packet)[1]).toMatchObject({ name: "destination-unreachable" });
    }
  });
});

describe("reassembly (RFC 8200 §4.5)", () => {
  const inner = echo(CORRESPONDENT, HOME_ADDRESS, 200);
  const fragment = (offset: number, more: boolean, data: Uint8Array, identification = 1) => codec.encode([
    ipv6({ source: HOME_AGENT, destination: CAREOF }),
    { name: "fragment", fields: { fragmentOffset: offset / 8, moreFragments: more, identification, nextHeader: 41 } },
    { name: "payload", fields: { data } },
  ]);
  const part = (from: number, to: number, id?: number) => fragment(from, to < inner.length, inner.subarray(from, to), id);

  it("refuses overlaps, contradictions and odd lengths", () => {
    const [mobile] = pair();
    const rows: [Uint8Array[], Reason][] = [
      [[part(0, 104, 1), part(96, 248, 1)], Reason.FragmentOverlap],
      [[part(0, 104, 2), fragment(104, true, inner.subarray(104, 111), 2)], Reason.FragmentMalformed],
      [[part(104, 248, 3), fragment(248, true, inner.subarray(0, 8), 3)], Reason.FragmentMalformed],
      [[part(104, 248, 4), fragment(104, false, inner.subarray(104, 200), 4)], Reason.FragmentMalformed],
      [[fragment(2048, true, inner.subarray(0, 8), 5)], Reason.PacketTooLarge],
      [[fragment(160, true, inner.subarray(0, 8), 6), fragment(104, false, inner.subarray(104, 160), 6)], Reason.FragmentMalformed],
    ];
    for (const [packets, reason] of rows) {
      const before = mobile.refused(reason);
      for (const packet of packets) mobile.receive(ACCESS, packet);
      expect(mobile.refused(reason) - before, Reason[reason]).toBe(1);
    }
    expect(mobile.take()).toEqual([]);
  });

  it("takes fragments from the home agent only, and keeps a congestion mark (RFC 3168 §5.3)", () => {
    const [mobile] = pair();
    const stranger = part(0, 104, 30);
    stranger.set(parseAddress(CORRESPONDENT), 8);
    mobile.receive(ACCESS, stranger);
    expect(mobile.refused(Reason.FragmentMalformed)).toBe(1);
    const capable = inner.slice();
    capable[1] |= 0x20; // ECT(0), inside
    const marked = [fragment(0, true, capable.subarray(0, 104), 31), fragment(104, false, capable.subarray(104), 31)];
    for (const packet of marked) packet[1] |= 0x20;
    marked[1][1] |= 0x30; // congestion was met by the second one
    for (const packet of marked) mobile.receive(ACCESS, packet);
    expect((mobile.take()[0].packet[1] >> 4) & 3).toBe(3);
  });

  it("gives up after a minute, and holds no more than its budget", () => {
    const [mobile] = pair();
    for (let id = 10; id < 15; id++) mobile.receive(ACCESS, part(0, 104, id));
    expect(mobile.refused(Reason.ReassemblyFull)).toBe(1); // the budget is four: the oldest went
    mobile.advance(60_001);
    mobile.receive(ACCESS, routerAdvertisement());
    mobile.receive(ACCESS, part(0, 104, 20));
    expect(mobile.refused(Reason.ReassemblyTimeout)).toBe(4);
    mobile.receive(ACCESS, part(104, 248, 20));
    expect(mobile.take().filter(({ device }) => device === TUNNEL)).toEqual([{ device: TUNNEL, packet: inner }]);
  });
});
