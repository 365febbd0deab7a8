import { beforeAll, describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { Encapsulation } from "../../bindings/engine.ts";
import { formatAnyAddress, parseAnyAddress } from "../../bindings/address.ts";
import { SERVE_DEFAULTS, setPathMtu, setServe } from "../../bindings/commands.ts";
import { readBindings, readUpdates } from "../../bindings/status.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, TUNNEL, homeAgent } from "./harness.ts";
import {
  CAREOF_IPV4, CORRESPONDENT_IPV4, ENCAPSULATIONS, HOME_AGENT_IPV4, HOME_IPV4, NAT_IPV4, NAT_PORT, TUNNEL_PORT, build, careofOf, carry,
  isIpv4, isUdp, left, pair,
} from "./encapsulated-pair.ts";
import { icmp4, internetChecksum, ipv4, readIpv4 } from "./ipv4-packets.ts";
import { bindingUpdate } from "./messages.ts";
import { addresses, codec, echo } from "./network.ts";

beforeAll(build, 60_000);

const down4 = (octets = 100, fields = {}) => ipv4({ source: CORRESPONDENT_IPV4, destination: HOME_IPV4, ...fields }, new Uint8Array(octets).fill(7));
const up4 = (octets = 100, fields = {}) => ipv4({ source: HOME_IPV4, destination: CORRESPONDENT_IPV4, ...fields }, new Uint8Array(octets).fill(7));
const names = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);

describe.each(ENCAPSULATIONS)("by %s", (_name, encapsulation, overhead) => {
  const both = [
    ["IPv6", echo(CORRESPONDENT, HOME_ADDRESS), echo(HOME_ADDRESS, CORRESPONDENT)], ["IPv4", down4(), up4()],
  ] as const;

  it.each(both)("%s goes to the mobile node and back untouched (5555-4.5.1-1)", (_family, request, reply) => {
    const [mobile, agent] = pair(encapsulation);
    agent.receive(TUNNEL, request);
    const [out] = left(agent, encapsulation);
    expect(out).toMatchObject({ inner: request, destination: careofOf(encapsulation), port: isUdp(encapsulation) ? NAT_PORT : 0, mayFragment: false });
    if (encapsulation === Encapsulation.Ipv4) expect(out.source).toBe(HOME_AGENT_IPV4);
    carry(mobile, encapsulation, "home agent", out.inner);
    expect(mobile.take()).toEqual([{ device: TUNNEL, packet: request }]);

    mobile.receive(TUNNEL, reply);
    const [back] = left(mobile, encapsulation);
    const agentEnd = isIpv4(encapsulation) ? HOME_AGENT_IPV4 : HOME_AGENT;
    expect(back).toMatchObject({ inner: reply, destination: agentEnd, port: isUdp(encapsulation) ? TUNNEL_PORT : 0 });
    if (encapsulation === Encapsulation.Ipv4) expect(back.source).toBe(CAREOF_IPV4);
    carry(agent, encapsulation, "mobile node", back.inner);
    expect(agent.take()).toEqual([{ device: TUNNEL, packet: reply }]);
    expect(readBindings(agent.engine).find(({ packetsIn }) => packetsIn === 1)).toMatchObject({ packetsOut: 1, bytesOut: request.length });
    expect(readUpdates(mobile.engine)[0]).toMatchObject({ packetsIn: 1, packetsOut: 1 });
    expect(mobile.events.filter(({ name }) => name === "PathInUse").map(({ fields }) => fields.outbound)).toEqual([false, true]);
  });

  it.each(both)("the traffic class of %s is copied outwards, and congestion comes back (5555-4.1.1-1, 5555-4.1.1-2)", (family, request) => {
    const [mobile, agent] = pair(encapsulation);
    const marked = family === "IPv4" ? down4(100, { typeOfService: 0xba }) : codec.encode([
      { name: "ipv6", fields: { source: CORRESPONDENT, destination: HOME_ADDRESS, trafficClass: 0xba } }, { name: "echo-request" },
    ]); // DSCP EF, ECT(0)
    agent.receive(TUNNEL, marked);
    const [out] = left(agent, encapsulation);
    expect(out.trafficClass).toBe(0xba);
    carry(mobile, encapsulation, "home agent", out.inner, { trafficClass: 0x03 });
    const [{ packet }] = mobile.take();
    const inside = packet[0] >> 4 === 4 ? readIpv4(packet).typeOfService : ((packet[0] & 15) << 4) | (packet[1] >> 4);
    expect(inside).toBe(0xbb); // the DSCP stays, congestion was experienced
    carry(mobile, encapsulation, "home agent", request, { trafficClass: 0x03 });
    expect(mobile.refused(Reason.CongestionLost)).toBe(1); // the sender could not be told
  });

  it("what is too large is answered, and the largest that fits passes", () => {
    const [mobile, agent] = pair(encapsulation, { pathMtu: 1400 });
    const room = 1400 - overhead;
    for (const [node, packet6, packet4] of [
      [agent, (octets: number) => echo(CORRESPONDENT, HOME_ADDRESS, octets - 48), (octets: number, dontFragment = true) => down4(octets - 20, { dontFragment })],
      [mobile, (octets: number) => echo(HOME_ADDRESS, CORRESPONDENT, octets - 48), (octets: number, dontFragment = true) => up4(octets - 20, { dontFragment })],
    ] as const) {
      node.receive(TUNNEL, packet6(room));
      node.receive(TUNNEL, packet4(room));
      expect(left(node, encapsulation).map(({ inner, mayFragment }) => [inner.length, mayFragment])).toEqual([[room, false], [room, false]]);
      node.take();

      node.receive(TUNNEL, packet6(room + 1));
      const [{ packet: tooBig, device }] = node.take();
      expect([device, names(tooBig)[1]]).toEqual([TUNNEL, "packet-too-big"]);
      expect(new DataView(tooBig.buffer).getUint32(44)).toBe(room);
      // The entry point's own address, and one of IPv6 in any case.
      expect(addresses(tooBig)[0]).toBe(node === agent ? HOME_AGENT : isIpv4(encapsulation) ? HOME_ADDRESS : CAREOF);

      node.receive(TUNNEL, packet4(room + 1));
      const [{ packet: needed, device: back }] = node.take();
      expect(back).toBe(TUNNEL);
      const error = readIpv4(needed);
      expect(error).toMatchObject({ protocol: 1, source: readIpv4(packet4(0 + 28)).destination, destination: readIpv4(packet4(28)).source });
      expect([error.payload[0], error.payload[1], (error.payload[6] << 8) | error.payload[7]]).toEqual([3, 4, room]);
      expect(error.payload.subarray(8)).toEqual(packet4(room + 1).subarray(0, 576 - 28));
      expect(needed.length).toBe(576);
      expect(left(node, encapsulation)).toEqual([]);
      expect(node.refused(Reason.PacketTooBig)).toBe(2);

      // RFC 791 §3.2: what may be fragmented is, before it enters the tunnel.
      const whole = packet4(room + 500, false);
      node.receive(TUNNEL, whole);
      const pieces = left(node, encapsulation).map(({ inner, mayFragment }) => ({ ...readIpv4(inner), length: inner.length, mayFragment }));
      expect(pieces.length).toBe(2);
      expect(pieces.map(({ length }) => length <= room)).toEqual([true, true]);
      expect(pieces.map(({ mayFragment }) => mayFragment)).toEqual([false, false]);
      expect(pieces.map(({ offset, moreFragments }) => [offset, moreFragments])).toEqual([[0, true], [pieces[0].payload.length, false]]);
      expect(Uint8Array.from(pieces.flatMap(({ payload }) => [...payload]))).toEqual(readIpv4(whole).payload);
      expect(new Set(pieces.map(({ identification }) => identification))).toEqual(new Set([0x1234]));
    }
  });

  it("an IPv6 packet of 1280 octets passes a path of 1280 as well (RFC 2473 §7.1)", () => {
    const [, agent] = pair(encapsulation, { pathMtu: 1280 });
    const packet = echo(CORRESPONDENT, HOME_ADDRESS, 1280 - 48);
    agent.receive(TUNNEL, packet);
    if (isUdp(encapsulation)) {
      expect(left(agent, encapsulation)).toMatchObject([{ inner: packet, mayFragment: true }]);
      return;
    }
    const sent = agent.take().map((each) => each.packet);
    expect(sent.length).toBe(2);
    for (const each of sent) expect(each.length).toBeLessThanOrEqual(1280);
    if (encapsulation === Encapsulation.Ipv6) return; // tunnel.test.ts looks closer
    const pieces = sent.map(readIpv4);
    expect(pieces.map(({ dontFragment, moreFragments }) => [dontFragment, moreFragments])).toEqual([[false, true], [false, false]]);
    expect(Uint8Array.from(pieces.flatMap(({ payload }) => [...payload]))).toEqual(packet);
    expect(new Set(pieces.map(({ identification }) => identification)).size).toBe(1);
  });

  it("nobody else may send through the tunnel", () => {
    const [mobile, agent] = pair(encapsulation);
    const mapping = encapsulation === Encapsulation.Ipv6 ? Reason.TunnelSourceNotBound : Reason.MappingUnknown;
    const elsewhere = isIpv4(encapsulation) ? "203.0.113.66" : "2001:db8:bad::1";
    for (const inner of [echo(HOME_ADDRESS, CORRESPONDENT), up4()]) {
      carry(agent, encapsulation, "mobile node", inner, { address: elsewhere });
      if (isUdp(encapsulation)) carry(agent, encapsulation, "mobile node", inner, { port: NAT_PORT + 1 });
    }
    const refused = isUdp(encapsulation) ? 4 : 2;
    expect(agent.refused(mapping)).toBe(refused);
    const told = left(agent, encapsulation);
    // 5555: it is told by the way that it came, about the IPv6 home address; natively there is a binding, so it has moved.
    expect(told.length).toBe(encapsulation === Encapsulation.Ipv6 ? 0 : refused);
    for (const { inner, destination } of told) {
      const error = codec.dissect(inner).find(({ name }) => name === "binding-error")!;
      expect(addresses(inner)).toEqual([HOME_AGENT, HOME_ADDRESS]);
      expect(error.fields.find(({ name }) => name === "homeAddress")?.value).toBe(HOME_ADDRESS);
      expect([elsewhere, careofOf(encapsulation)]).toContain(destination);
    }
    // Never bound.
    carry(agent, encapsulation, "mobile node", echo("2001:db8:100::66", CORRESPONDENT));
    carry(agent, encapsulation, "mobile node", ipv4({ source: "198.51.100.66", destination: CORRESPONDENT_IPV4 }));
    expect(agent.refused(Reason.TunnelSourceNotBound)).toBe((mapping === Reason.TunnelSourceNotBound ? refused : 0) + 2);
    expect(agent.take()).toEqual([]);
    expect(agent.datagrams).toEqual([]);

    for (const inner of [echo(CORRESPONDENT, HOME_ADDRESS), down4()]) carry(mobile, encapsulation, "home agent", inner, { address: elsewhere });
    if (isUdp(encapsulation)) carry(mobile, encapsulation, "home agent", down4(), { port: 4500 });
    expect(mobile.refused(Reason.TunnelNotFromHomeAgent)).toBe(isUdp(encapsulation) ? 3 : 2);
    carry(mobile, encapsulation, "home agent", echo(CORRESPONDENT, "2001:db8:100::66"));
    carry(mobile, encapsulation, "home agent", ipv4({ source: CORRESPONDENT_IPV4, destination: "198.51.100.66" }));
    expect(mobile.refused(Reason.TunnelInnerNotOurs)).toBe(2);
    expect(mobile.take()).toEqual([]);
  });

  it("damaged inner packets are refused", () => {
    const [mobile, agent] = pair(encapsulation);
    const damaged = up4();
    damaged[8] ^= 1; // the checksum is wrong now
    const cut = up4().slice(0, 60);
    for (const inner of [damaged, cut, echo(HOME_ADDRESS, CORRESPONDENT).slice(0, 50)]) carry(agent, encapsulation, "mobile node", inner);
    expect(agent.refused(Reason.InnerMalformed)).toBe(3);
    if (!isUdp(encapsulation)) {
      carry(agent, encapsulation, "mobile node", up4(), { protocol: 41 });
      carry(agent, encapsulation, "mobile node", echo(HOME_ADDRESS, CORRESPONDENT), { protocol: 4 });
      expect(agent.refused(Reason.InnerMalformed)).toBe(5);
    }
    carry(mobile, encapsulation, "home agent", damaged);
    expect(mobile.refused(Reason.InnerMalformed)).toBe(1);
    expect([...agent.take(), ...mobile.take()]).toEqual([]);
  });
});

describe("IPv4 packets of the host", () => {
  it.each([
    ["a group", "224.0.0.251", Reason.MulticastNotTunnelled], ["a link's own addresses", "169.254.1.1", Reason.LinkLocalNotTunnelled],
    ["broadcast", "255.255.255.255", Reason.Ipv4Unroutable], ["nobody", "0.0.0.0", Reason.Ipv4Unroutable], ["loopback", "127.0.0.1", Reason.Ipv4Unroutable],
  ])("to %s stay here", (_name, destination, reason) => {
    const [mobile, agent] = pair(Encapsulation.UdpIpv4);
    mobile.receive(TUNNEL, up4(10, { destination }));
    agent.receive(TUNNEL, down4(10, { destination }));
    expect([mobile.refused(reason), agent.refused(reason)]).toEqual([1, 1]);
    expect([mobile.datagrams, agent.datagrams, mobile.take(), agent.take()]).toEqual([[], [], [], []]);
  });

  it("that no binding takes are answered, and those of other sources refused", () => {
    const [mobile, agent] = pair(Encapsulation.UdpIpv4);
    agent.receive(TUNNEL, down4(10, { destination: "198.51.100.99" }));
    expect(agent.refused(Reason.NoBinding)).toBe(1);
    const error = readIpv4(agent.take()[0].packet);
    expect(error).toMatchObject({ source: "198.51.100.99", destination: CORRESPONDENT_IPV4, protocol: 1 });
    expect([...error.payload.subarray(0, 2)]).toEqual([3, 1]);
    // RFC 1122 §3.2.2: not about an error, a later fragment, or what a group sent.
    agent.receive(TUNNEL, ipv4({ source: CORRESPONDENT_IPV4, destination: "198.51.100.99", protocol: 1 }, icmp4(11, 0, 0, down4(8))));
    agent.receive(TUNNEL, down4(16, { destination: "198.51.100.99", offset: 8 }));
    agent.receive(TUNNEL, down4(16, { destination: "198.51.100.99", source: "224.0.0.1" }));
    expect(agent.take()).toEqual([]);
    expect(agent.refused(Reason.NoBinding)).toBe(4);
    mobile.receive(TUNNEL, up4(10, { source: "192.0.2.77" }));
    expect(mobile.refused(Reason.InnerSourceNotHome)).toBe(1);
  });

  it("keep their options where fragments need them (RFC 791 §3.1)", () => {
    const [, agent] = pair(Encapsulation.Ipv4, { pathMtu: 1280 });
    const options = Uint8Array.of(7, 4, 4, 0, 0x94, 4, 0, 0); // record route: first fragment only; router alert: all of them
    agent.receive(TUNNEL, down4(2000, { options }));
    const pieces = left(agent, Encapsulation.Ipv4).map(({ inner }) => readIpv4(inner));
    expect(pieces.map((each) => [...each.options])).toEqual([[...options], [0x94, 4, 0, 0]]);
    expect(pieces.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(2000);
    // A fragment of a larger packet stays one.
    agent.receive(TUNNEL, down4(2000, { offset: 4000, moreFragments: true }));
    const parts = left(agent, Encapsulation.Ipv4).map(({ inner }) => readIpv4(inner));
    expect(parts.map(({ offset, moreFragments }) => [offset, moreFragments])).toEqual([[4000, true], [4000 + parts[0].payload.length, true]]);
  });

  it("errors about them are limited", () => {
    const [, agent] = pair(Encapsulation.UdpIpv4);
    for (let each = 0; each < 60; each++) agent.receive(TUNNEL, down4(10, { destination: "198.51.100.99" }));
    expect(agent.take().length).toBe(50);
    expect(agent.refused(Reason.ErrorRateLimited)).toBe(10);
  });
});

describe("a packet by IPv4 from a link", () => {
  const message = new Uint8Array(40);
  it.each([
    ["is cut", ipv4({ source: NAT_IPV4, destination: HOME_AGENT_IPV4, protocol: 41 }, message).slice(0, 30), Reason.Ipv4Truncated],
    ["is shorter than a header", Uint8Array.of(0x45, 0, 0), Reason.Ipv4Truncated],
    ["has a header of four words", ipv4({ source: NAT_IPV4, destination: HOME_AGENT_IPV4 }, message).map((octet, at) => at === 0 ? 0x44 : octet), Reason.Ipv4HeaderLength],
    ["has a wrong checksum", ipv4({ source: NAT_IPV4, destination: HOME_AGENT_IPV4 }, message).map((octet, at) => at === 10 ? octet ^ 1 : octet), Reason.Ipv4Checksum],
    ["is for somebody else", ipv4({ source: NAT_IPV4, destination: "198.51.100.2", protocol: 41 }, message), Reason.NotForUs],
    ["is a fragment", ipv4({ source: NAT_IPV4, destination: HOME_AGENT_IPV4, protocol: 41, moreFragments: true }, message), Reason.Ipv4Fragment],
    ["is a later fragment", ipv4({ source: NAT_IPV4, destination: HOME_AGENT_IPV4, protocol: 41, offset: 64 }, message), Reason.Ipv4Fragment],
    ["comes from everybody", ipv4({ source: "255.255.255.255", destination: HOME_AGENT_IPV4, protocol: 41 }, message), Reason.Ipv4Unroutable],
    ["has another protocol", ipv4({ source: NAT_IPV4, destination: HOME_AGENT_IPV4, protocol: 47 }, message), Reason.UpperProtocolUnknown],
  ])("is refused when it %s", (_name, packet, reason) => {
    const [, agent] = pair(Encapsulation.Ipv4);
    agent.receive(ACCESS, packet);
    expect(agent.refused(reason)).toBe(1);
    expect(agent.take()).toEqual([]);
  });

  it("is refused where IPv4 is not served, and so are datagrams", () => {
    const agent = homeAgent();
    carry(agent, Encapsulation.Ipv4, "mobile node", up4());
    carry(agent, Encapsulation.UdpIpv4, "mobile node", up4());
    expect(agent.refused(Reason.Ipv4NotServed)).toBe(2);
    setServe(agent.engine, { ...SERVE_DEFAULTS, ipv4Address: parseAnyAddress(HOME_AGENT_IPV4) }, agent.now);
    carry(agent, Encapsulation.UdpIpv6, "mobile node", up4());
    expect(agent.refused(Reason.UdpIpv6NotServed)).toBe(1);
  });

  it("with a Binding Update that is not in UDP is refused (5555-4.1-2)", () => {
    const [, agent] = pair(Encapsulation.Ipv4);
    const update = bindingUpdate({ source: HOME_ADDRESS, home: null, alternate: null, sequence: 300 });
    carry(agent, Encapsulation.Ipv4, "mobile node", update);
    expect(agent.refused(Reason.NotUdpEncapsulated)).toBe(1);
    expect(agent.take()).toEqual([]);
  });
});

describe("a datagram", () => {
  it("holds IPv6 or IPv4 and nothing else (RFC 5555 §4.1)", () => {
    const [, agent] = pair(Encapsulation.UdpIpv4);
    for (const payload of [new Uint8Array(0), Uint8Array.of(0xff), new Uint8Array(40), Uint8Array.of(0x50, 1, 2, 3)]) {
      carry(agent, Encapsulation.UdpIpv4, "mobile node", payload);
    }
    expect(agent.refused(Reason.DatagramNotIp)).toBe(4);
  });

  it("of a train is taken one by one, each refused by itself", () => {
    const [, agent] = pair(Encapsulation.UdpIpv4);
    const size = 148;
    const inner = [echo(HOME_ADDRESS, CORRESPONDENT, 100), up4(128), new Uint8Array(size), echo(HOME_ADDRESS, CORRESPONDENT, 100), up4(20)];
    const train = Uint8Array.from(inner.flatMap((each) => [...each]));
    agent.receiveDatagrams(ACCESS, train, { address: parseAnyAddress(NAT_IPV4), port: NAT_PORT, segmentBytes: size });
    expect(agent.take().map(({ packet }) => packet)).toEqual([inner[0], inner[1], inner[3], inner[4]]);
    expect(agent.refused(Reason.DatagramNotIp)).toBe(1);
  });

  it("with a message to the home agent is read like one that came natively, and answered by the same way (5555-4.1-2)", () => {
    const [, agent] = pair(Encapsulation.UdpIpv4);
    const unknown = codec.encode([
      { name: "ipv6", fields: { source: HOME_ADDRESS, destination: HOME_AGENT, hopLimit: 64, nextHeader: 135 } },
      { name: "payload", fields: { data: Uint8Array.of(59, 1, 77, 0, 0, 0, ...new Uint8Array(10)) } },
    ]);
    const checksum = internetChecksum(unknown.subarray(8), 135 + 16);
    unknown.set([checksum >> 8, checksum & 255], 44);
    agent.receiveDatagrams(ACCESS, unknown, { address: parseAnyAddress("203.0.113.99"), port: 999 });
    expect(agent.refused(Reason.MobilityTypeUnrecognized)).toBe(1);
    const [{ payload, address, port, device }] = agent.datagrams;
    expect([formatAnyAddress(address), port, device]).toEqual(["203.0.113.99", 999, ACCESS]);
    expect(addresses(payload)).toEqual([HOME_AGENT, HOME_ADDRESS]);
    expect(names(payload)).toEqual(["ipv6", "binding-error"]);
  });

  it.each([
    ["no port", NAT_IPV4, 0, Reason.DatagramPortMissing], ["a group", "224.0.0.1", 9, Reason.Ipv4Unroutable],
    ["everybody", "255.255.255.255", 9, Reason.Ipv4Unroutable], ["a group of IPv6", "ff02::1", 9, Reason.SourceNotUnicast],
  ])("from %s is refused: nobody could be answered", (_name, address, port, reason) => {
    const [, agent] = pair(Encapsulation.UdpIpv4);
    agent.receiveDatagrams(ACCESS, up4(), { address: parseAnyAddress(address), port });
    expect([agent.refused(reason), agent.datagrams.length]).toEqual([1, 0]);
    // Nor does one without a port come by the way of a binding that has none.
    const [, plain] = pair(Encapsulation.Ipv4);
    plain.receiveDatagrams(ACCESS, up4(), { address: parseAnyAddress(CAREOF_IPV4), port: 0 });
    expect(plain.take()).toEqual([]);
  });

  it("names one home address, not two", () => {
    const [, agent] = pair(Encapsulation.UdpIpv4);
    agent.receiveDatagrams(ACCESS, bindingUpdate({ source: "2001:db8:100::99" }), { address: parseAnyAddress(NAT_IPV4), port: NAT_PORT });
    expect(agent.refused(Reason.DatagramMessageMisplaced)).toBe(1);
  });
});

describe("the MTU of a path by IPv4", () => {
  const quoted = (encapsulated: Uint8Array, octets = 80) => encapsulated.slice(0, octets);

  it("is learnt from routers, and the inner sender is told in its own family (RFC 1191 §3)", () => {
    const [mobile, agent] = pair(Encapsulation.Ipv4);
    for (const [node, packets, own, hop] of [
      [agent, [echo(CORRESPONDENT, HOME_ADDRESS, 1400), down4(1440, { dontFragment: true })], HOME_AGENT_IPV4, 1400],
      [mobile, [echo(HOME_ADDRESS, CORRESPONDENT, 1400), up4(1440, { dontFragment: true })], CAREOF_IPV4, 1400],
    ] as const) {
      for (const packet of packets) node.receive(TUNNEL, packet);
      const outers = node.take().map(({ packet }) => packet);
      packets.forEach((packet, index) => {
        const outer = outers[index];
        node.receive(ACCESS, ipv4({ source: "203.0.113.1", destination: own, protocol: 1 }, icmp4(3, 4, hop - index, quoted(outer))));
        const [{ device, packet: told }] = node.take();
        expect(device).toBe(TUNNEL);
        if (index === 0) expect([names(told)[1], new DataView(told.buffer).getUint32(44)]).toEqual(["packet-too-big", hop - 20]);
        else expect([told[20], told[21], (told[26] << 8) | told[27], readIpv4(told).destination]).toEqual([3, 4, hop - 21, readIpv4(packet).source]);
      });
      expect(node.events.filter(({ name }) => name === "PathMtu").length).toBe(2);
    }
    expect(readUpdates(mobile.engine)[0].pathMtu).toBe(1399);
    expect(new Set(readBindings(agent.engine).map(({ pathMtu }) => pathMtu))).toEqual(new Set([1399]));
    agent.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS, 1399 - 20 - 48 + 1)); // both entries have the same path
    expect([agent.refused(Reason.PacketTooBig), new DataView(agent.take()[0].packet.buffer).getUint32(44)]).toEqual([1, 1379]);
  });

  it("is not believed to be absurd, wider, or that of strangers", () => {
    const [, agent] = pair(Encapsulation.Ipv4);
    agent.receive(TUNNEL, down4(1000));
    const outer = agent.take()[0].packet;
    const say = (mtu: number, about = outer, code = 4) =>
      agent.receive(ACCESS, ipv4({ source: "203.0.113.1", destination: HOME_AGENT_IPV4, protocol: 1 }, icmp4(3, code, mtu, quoted(about))));
    say(575);
    say(1501);
    expect(agent.refused(Reason.PathMtuImplausible)).toBe(2);
    const forged = ipv4({ source: HOME_AGENT_IPV4, destination: "203.0.113.66", protocol: 4 }, down4(1000));
    say(1400, forged);
    say(1400, ipv4({ source: HOME_AGENT_IPV4, destination: CAREOF_IPV4, protocol: 4 }, down4(100, { destination: "198.51.100.66" })));
    say(1400, outer.slice(0, 36));
    expect(agent.refused(Reason.IcmpNotOurs)).toBe(3);
    const damaged = ipv4({ source: "203.0.113.1", destination: HOME_AGENT_IPV4, protocol: 1 }, icmp4(3, 4, 1400, quoted(outer)).map((octet, at) => at === 3 ? octet ^ 1 : octet));
    agent.receive(ACCESS, damaged);
    agent.receive(ACCESS, ipv4({ source: "203.0.113.1", destination: HOME_AGENT_IPV4, protocol: 1 }, Uint8Array.of(3, 4, 0)));
    expect(agent.refused(Reason.Icmpv4Malformed)).toBe(2);
    expect(agent.take()).toEqual([]);
    expect(readBindings(agent.engine)[0].pathMtu).toBe(1500);
    say(0); // a router of before RFC 1191
    expect(readBindings(agent.engine)[0].pathMtu).toBe(1006);
    say(0, outer, 1);
    expect([agent.take().at(-1)!.packet[20], agent.refused(Reason.IcmpNotOurs)]).toEqual([3, 3]); // host unreachable, relayed
  });

  it("is learnt from errors about datagrams as well, where the host gives them", () => {
    const [mobile, agent] = pair(Encapsulation.UdpIpv4);
    const about = (source: string, destination: string, ports: [number, number], inner: Uint8Array) => ipv4(
      { source, destination, protocol: 17, dontFragment: true },
      Uint8Array.from([...ports.flatMap((port) => [port >> 8, port & 255]), 0, 0, 0, 0, ...inner]),
    ).slice(0, 120);
    const tell = (to: string, quotedPacket: Uint8Array) => ipv4({ source: "203.0.113.1", destination: to, protocol: 1 }, icmp4(3, 4, 1400, quotedPacket));
    agent.receive(ACCESS, tell(HOME_AGENT_IPV4, about(HOME_AGENT_IPV4, NAT_IPV4, [TUNNEL_PORT, NAT_PORT + 1], down4(1440, { dontFragment: true }))));
    mobile.receive(ACCESS, tell(CAREOF_IPV4, about(CAREOF_IPV4, HOME_AGENT_IPV4, [5000, 53], up4(1440, { dontFragment: true }))));
    expect([agent.refused(Reason.IcmpNotOurs), mobile.refused(Reason.IcmpNotOurs)]).toEqual([1, 1]); // another's datagrams
    agent.receive(ACCESS, tell(HOME_AGENT_IPV4, about(HOME_AGENT_IPV4, NAT_IPV4, [TUNNEL_PORT, NAT_PORT], down4(1440, { dontFragment: true }))));
    mobile.receive(ACCESS, tell(CAREOF_IPV4, about(CAREOF_IPV4, HOME_AGENT_IPV4, [5000, TUNNEL_PORT], echo(HOME_ADDRESS, CORRESPONDENT, 1400))));
    expect([...agent.take()[0].packet.subarray(26, 28)]).toEqual([(1400 - 28) >> 8, (1400 - 28) & 255]);
    expect(new DataView(mobile.take()[0].packet.buffer).getUint32(44)).toBe(1400 - 28);
    expect([readBindings(agent.engine)[0].pathMtu, readUpdates(mobile.engine)[0].pathMtu]).toEqual([1400, 1400]);
  });

  it("is told by the host for datagrams", () => {
    const [mobile, agent] = pair(Encapsulation.UdpIpv4);
    setPathMtu(agent.engine, 0xffff, parseAnyAddress(NAT_IPV4), 1300, agent.now);
    expect(new Set(readBindings(agent.engine).map(({ pathMtu }) => pathMtu))).toEqual(new Set([1300]));
    setPathMtu(mobile.engine, ACCESS, parseAnyAddress(HOME_AGENT_IPV4), 1310, mobile.now);
    setPathMtu(mobile.engine, ACCESS, parseAnyAddress("203.0.113.9"), 1290, mobile.now);
    setPathMtu(mobile.engine, ACCESS + 1, parseAnyAddress(HOME_AGENT_IPV4), 1290, mobile.now);
    expect(readUpdates(mobile.engine)[0].pathMtu).toBe(1310);
    expect(mobile.tunnelMtuOctets).toBe(1310 - 28);
    expect(() => setPathMtu(mobile.engine, ACCESS, parseAnyAddress(HOME_AGENT_IPV4), 500, mobile.now)).toThrow(/refused/);
  });
});
