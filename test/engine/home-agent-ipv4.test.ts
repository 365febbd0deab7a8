import { describe, expect, it } from "vitest";
import { BindingAcknowledgementStatus as Status, NO_REFRESH } from "../../core-as/abi/codes.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAnyAddress } from "../../bindings/address.ts";
import { PREFIX_DELIVERY_DEFAULTS, setPrefixDelivery } from "../../bindings/commands.ts";
import { readBindings } from "../../bindings/status.ts";
import { prefixSolicitation } from "./advertising.ts";
import { ACCESS, CAREOF, EPOCH, HOME_ADDRESS, HOME_AGENT, TUNNEL, type Node } from "./harness.ts";
import { linkedHomeAgent } from "./home-link.ts";
import { ipv4 } from "./ipv4-packets.ts";
import { bindingUpdate, ntp } from "./messages.ts";
import {
  AGENT_IPV4, NAT, NAT_PORT, PRIVATE, PUBLIC, askByIpv6, askByUdp, datagramUpdate, dualStackAgent, giveIpv4,
  ipv4CareofAddress, ipv4HomeAddress, serveDualStack,
} from "./messages-ipv4.ts";
import { addresses, codec, echo } from "./network.ts";

const binding = (agent: Node) => readBindings(agent.engine)[0];
const events = (agent: Node, name: string) => agent.events.filter((event) => event.name === name).map(({ fields }) => fields);

describe("a Binding Update in a datagram", () => {
  it("from behind a NAT binds address and port of the NAT, and is answered there (5555-4.2-2, 5555-4.2-4, 5555-4.5-1, 5555-4.5-15, 5555-2.3.2.2-1, 5555-2.3.2.2-3, 5555-2.3.2.2-4, 5555-2.3.2.2-5, 5555-2.3.2.2-6, 5555-3.2.2-2)", () => {
    const agent = dualStackAgent();
    expect(askByUdp(agent)).toMatchObject({
      source: HOME_AGENT, destination: HOME_ADDRESS, routedHome: undefined, status: 0, sequence: 100, lifetimeS: 600,
      signed: true, problems: [], ipv4: [], nat: { forced: true, refreshS: 25 }, to: NAT, port: NAT_PORT,
    });
    expect(agent.take()).toEqual([]);
    expect(binding(agent)).toMatchObject({
      homeAddress: HOME_ADDRESS, careofAddress: NAT, port: NAT_PORT, encapsulation: "UdpIpv4", nat: true, refreshS: 25,
    });
  });

  it("without a NAT goes on without UDP (5555-2.3.2.1-3, 5555-2.3.2.1-5, 5555-2.3.2.1-6, 5555-4.5-13, 5555-3.2.2-1, 5555-4.2-2)", () => {
    const agent = dualStackAgent();
    expect(askByUdp(agent, { from: PUBLIC, claimed: PUBLIC })).toMatchObject({
      status: 0, nat: { forced: false, refreshS: NO_REFRESH }, to: PUBLIC, port: NAT_PORT,
    });
    expect(binding(agent)).toMatchObject({ careofAddress: PUBLIC, encapsulation: "Ipv4", nat: false, refreshS: 0 });
    expect(binding(agent).port).toBeUndefined();
    agent.receive(TUNNEL, echo("2001:db8:200::5", HOME_ADDRESS));
    const [{ packet }] = agent.take();
    expect([packet[0] >> 4, packet[9], packet.subarray(12, 16).join("."), packet.subarray(16, 20).join(".")])
      .toEqual([4, 41, AGENT_IPV4, PUBLIC]);
  });

  it("gets UDP without a NAT where the home agent wants it (5555-3.2.2-3)", () => {
    const agent = dualStackAgent({ serve: { forceUdp: true } });
    expect(askByUdp(agent, { from: PUBLIC, claimed: PUBLIC })!.nat).toEqual({ forced: true, refreshS: NO_REFRESH });
    expect(binding(agent)).toMatchObject({ encapsulation: "UdpIpv4", port: NAT_PORT, nat: false, refreshS: 0 });
  });

  it("gets UDP when it asks for it and may, else status 144 with its own timestamp (5555-4.5-5, 5555-4.5-6, 4285-6-2)", () => {
    const forced = { from: PUBLIC, claimed: PUBLIC, flags: { forceUdpEncapsulation: true } };
    const agent = dualStackAgent();
    expect(askByUdp(agent, forced)).toMatchObject({ status: 0, nat: { forced: true, refreshS: NO_REFRESH } });
    expect(binding(agent).encapsulation).toBe("UdpIpv4");

    const strict = dualStackAgent({ serve: { mayForceUdp: false } });
    const timestamp = ntp(EPOCH + strict.now, 1);
    const refused = askByUdp(strict, { ...forced, timestamp })!;
    expect(refused).toMatchObject({
      status: Status.IdentificationMismatch, signed: true, nat: { forced: false, refreshS: NO_REFRESH }, to: PUBLIC, port: NAT_PORT,
    });
    expect(refused.timestamp).toBe(timestamp);
    expect(strict.refused(Reason.UdpNotForced)).toBe(1);
    expect(readBindings(strict.engine)).toEqual([]);
    // A NAT needs UDP in any case, and a binding may end however its end is asked for.
    expect(askByUdp(strict, { flags: forced.flags })!.status).toBe(0);
    expect(askByUdp(strict, { ...forced, lifetimeS: 0 })!.status).toBe(0);
    // By IPv6 there is no port (5555-4.5-6).
    expect(askByIpv6(agent, { flags: forced.flags })!.status).toBe(Status.IdentificationMismatch);
  });

  it("is answered by UDP when it is refused as well (5555-4.2-2, 5555-4.2-4)", () => {
    const agent = dualStackAgent();
    expect(askByUdp(agent, { key: new Uint8Array(16) })).toMatchObject({
      status: Status.AuthenticationFailed, to: NAT, port: NAT_PORT, nat: { forced: true, refreshS: 25 },
    });
    askByUdp(agent, { sequence: 500 });
    agent.advance(1);
    expect(askByUdp(agent, { sequence: 400 })).toMatchObject({ status: Status.SequenceNumberOutOfWindow, sequence: 500, to: NAT });
    expect(askByUdp(agent, { sequence: 501, timestamp: 1n })).toMatchObject({ status: Status.IdentificationMismatch, to: NAT });
    expect(events(agent, "BindingRefused").at(-1)).toMatchObject({ source: NAT });
  });

  it("must say which care-of address its sender has (5555-2.3.2.1-1)", () => {
    const agent = dualStackAgent();
    expect(askByUdp(agent, { claimed: null })).toBeUndefined();
    expect(agent.refused(Reason.Ipv4CareofMissing)).toBe(1);
    for (const claimed of ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"]) expect(askByUdp(agent, { claimed })).toBeUndefined();
    expect(agent.refused(Reason.Ipv4CareofUnroutable)).toBe(4);
    expect(askByUdp(agent, { from: "0.0.0.0" })).toBeUndefined();
    expect(agent.refused(Reason.Ipv4Unroutable)).toBe(1);
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("moves the binding between IPv4 and IPv6 (5555-3.2.2-4)", () => {
    const agent = dualStackAgent();
    askByUdp(agent);
    const native = askByIpv6(agent)!;
    expect(native).toMatchObject({ status: 0, routedHome: HOME_ADDRESS });
    expect(native.nat).toBeUndefined();
    expect(binding(agent)).toMatchObject({ careofAddress: CAREOF, encapsulation: "Ipv6", nat: false, refreshS: 0 });
    askByUdp(agent, { from: PUBLIC, claimed: PUBLIC });
    expect(binding(agent)).toMatchObject({ careofAddress: PUBLIC, encapsulation: "Ipv4" });
    expect(events(agent, "BindingAccepted").map(({ change }) => change)).toEqual(["new", "moved", "moved"]);
  });

  it("ends the binding, also without its care-of address", () => {
    const agent = dualStackAgent();
    askByUdp(agent);
    expect(askByUdp(agent, { lifetimeS: 0, claimed: null })).toMatchObject({ status: 0, lifetimeS: 0, to: NAT, port: NAT_PORT });
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("is not heard by plain IPv4, nor out of a tunnel without UDP (5555-4.1-2, 5555-4.2-1, 5555-4.4.2-1)", () => {
    const agent = dualStackAgent();
    askByUdp(agent, { from: PUBLIC, claimed: PUBLIC });
    agent.datagrams = [];
    const inner = datagramUpdate({ from: PUBLIC, claimed: PUBLIC, sequence: 900 });
    const outer = codec.encode([
      { name: "ipv4", fields: { source: PUBLIC, destination: AGENT_IPV4, protocol: 41, timeToLive: 64 } },
      { name: "payload", fields: { data: inner } },
    ]);
    agent.receive(ACCESS, outer);
    expect(agent.refused(Reason.NotUdpEncapsulated)).toBe(1);
    expect(binding(agent).sequence).toBe(100);
    expect([agent.take(), agent.datagrams]).toEqual([[], []]);
  });

  it("is refused where its care-of address is one that is served here", () => {
    const agent = dualStackAgent();
    askByUdp(agent, { extra: [ipv4HomeAddress()] });
    const leased = binding(agent).ipv4HomeAddress!;
    for (const from of [leased, AGENT_IPV4]) {
      expect(askByUdp(agent, { from })!.status).toBe(Status.AdministrativelyProhibited);
    }
    expect(agent.refused(Reason.CareofIsHomeAddress)).toBe(2);
    // One that is free: the node could get it as its home address, and the tunnel would lead into itself.
    const narrow = dualStackAgent({ serve: { pools: [{ first: parseAnyAddress(PUBLIC), addresses: 1 }] } });
    expect(askByUdp(narrow, { from: PUBLIC, claimed: PUBLIC, extra: [ipv4HomeAddress()] })!.status).toBe(Status.AdministrativelyProhibited);
    expect(readBindings(narrow.engine)).toEqual([]);
  });

  it("that somebody recorded moves nothing, wherever it comes from", () => {
    const agent = dualStackAgent();
    const recorded = datagramUpdate();
    const from = (text: string, port: number) =>
      agent.engine.receiveDatagrams(agent.now, ACCESS, recorded, { address: parseAnyAddress(text), port });
    from(NAT, NAT_PORT);
    from("198.51.100.66", 666);
    from(NAT, 667);
    expect(agent.refused(Reason.TimestampInvalid)).toBe(2);
    expect(binding(agent)).toMatchObject({ careofAddress: NAT, port: NAT_PORT, sequence: 100 });
    // Who sends many of them hears no more than the limit allows.
    for (let index = 0; index < 300; index++) from("198.51.100.66", 666);
    expect(agent.datagrams.length).toBeLessThan(60);
  });

  it("finds nobody where IPv4 is not served", () => {
    const agent = dualStackAgent({ serve: { ipv4Address: undefined } });
    expect(askByUdp(agent)).toBeUndefined();
    expect(agent.refused(Reason.Ipv4NotServed)).toBe(1);
  });

  it("comes from the home address it is about", () => {
    const agent = dualStackAgent();
    const foreign = bindingUpdate({ source: CAREOF, extra: [ipv4CareofAddress(PRIVATE)] });
    agent.engine.receiveDatagrams(agent.now, ACCESS, foreign, { address: parseAnyAddress(NAT), port: NAT_PORT });
    expect(agent.refused(Reason.DatagramMessageMisplaced)).toBe(1);
    expect(readBindings(agent.engine)).toEqual([]);
  });
});

describe("UDP over IPv6, our extension", () => {
  const FIREWALLED = "2001:db8:f::17";
  const byIpv6 = { from: FIREWALLED, port: 5555, claimed: null, alternate: FIREWALLED };

  it("is served when people say so, with keepalives for the firewall", () => {
    const agent = dualStackAgent({ serve: { udpIpv6: true } });
    expect(askByUdp(agent, byIpv6)).toMatchObject({ status: 0, signed: true, to: FIREWALLED, port: 5555, nat: { forced: true, refreshS: 25 } });
    expect(binding(agent)).toMatchObject({ careofAddress: FIREWALLED, port: 5555, encapsulation: "UdpIpv6", nat: false });
    expect(askByUdp(agent, { ...byIpv6, from: "2001:db8:f::99" })!.status).toBe(0);
    expect(binding(agent)).toMatchObject({ careofAddress: "2001:db8:f::99", nat: true });
  });

  it("ends no binding by where it comes from: the outer source is not authentic", () => {
    const agent = dualStackAgent({ serve: { udpIpv6: true } });
    askByUdp(agent, byIpv6);
    expect(askByUdp(agent, { ...byIpv6, from: HOME_ADDRESS })!.status).toBe(Status.AdministrativelyProhibited);
    expect(binding(agent)).toMatchObject({ careofAddress: FIREWALLED, port: 5555 });
  });

  it("is refused otherwise, and without a care-of address", () => {
    const agent = dualStackAgent();
    expect(askByUdp(agent, byIpv6)).toBeUndefined();
    expect(agent.refused(Reason.UdpIpv6NotServed)).toBe(1);
    const serving = dualStackAgent({ serve: { udpIpv6: true } });
    expect(askByUdp(serving, { ...byIpv6, alternate: null })).toBeUndefined();
    expect(serving.refused(Reason.CareofNotRoutable)).toBe(1);
  });
});

describe("a Binding Update in a datagram, on a real home link", () => {
  it("waits for duplicate detection and is answered by the way it came (5555-4.2-2)", () => {
    const agent = linkedHomeAgent();
    serveDualStack(agent);
    expect(askByUdp(agent, { extra: [ipv4HomeAddress()] })).toBeUndefined();
    // Meanwhile somebody else asks, by another way.
    agent.engine.receiveDatagrams(agent.now, ACCESS, Uint8Array.of(0), { address: parseAnyAddress("198.51.100.77"), port: 7 });
    agent.advance(1000);
    const [answer] = agent.datagrams;
    expect([answer.port, answer.address, answer.device]).toEqual([NAT_PORT, parseAnyAddress(NAT), ACCESS]);
    expect(binding(agent)).toMatchObject({ careofAddress: NAT, port: NAT_PORT, nat: true });
    expect(binding(agent).ipv4HomeAddress).toMatch(/^192\.0\.2\./);
  });
});

describe("what else a home agent says to a mobile node by IPv4", () => {
  const layers = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);

  it("tells a node of which it knows no binding, by its IPv4 home address as well", () => {
    const agent = dualStackAgent();
    giveIpv4(agent, HOME_ADDRESS, "192.0.2.200");
    const give = (source: string) => agent.engine.receiveDatagrams(
      agent.now, ACCESS, ipv4({ source, destination: "203.0.113.200" }), { address: parseAnyAddress(NAT), port: NAT_PORT },
    );
    give("192.0.2.201"); // nobody's
    expect(agent.datagrams).toEqual([]);
    give("192.0.2.200");
    const [error] = agent.datagrams;
    expect([error.port, error.address]).toEqual([NAT_PORT, parseAnyAddress(NAT)]);
    expect(addresses(error.payload)).toEqual([HOME_AGENT, HOME_ADDRESS]);
    const { fields } = codec.dissect(error.payload).find(({ name }) => name === "binding-error")!;
    const values = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({ status: 1, homeAddress: HOME_ADDRESS });
    expect(agent.refused(Reason.TunnelSourceNotBound)).toBe(2);
  });

  it.each<[string, { from?: string; claimed?: string }]>([
    ["behind a NAT", {}], ["without one", { from: PUBLIC, claimed: PUBLIC }],
  ])("answers a Mobile Prefix Solicitation in a datagram, %s, for the home address (5555-2.2-1, 5555-2.2-2)", (_title, options) => {
    const agent = dualStackAgent();
    askByUdp(agent, options);
    agent.datagrams = [];
    const ask = (port: number) => agent.engine.receiveDatagrams(
      agent.now, ACCESS, prefixSolicitation({ source: HOME_ADDRESS }), { address: parseAnyAddress(options.from ?? NAT), port },
    );
    ask(NAT_PORT);
    const [answer] = agent.datagrams;
    expect([answer.port, answer.address]).toEqual([NAT_PORT, parseAnyAddress(options.from ?? NAT)]);
    expect(addresses(answer.payload)).toEqual([HOME_AGENT, HOME_ADDRESS]);
    expect(layers(answer.payload)).toEqual(["ipv6", "mobile-prefix-advertisement"]);
    expect(codec.dissect(answer.payload).at(-1)!.checksum).toBe("good");
    // From elsewhere behind the same NAT it is not the mobile node.
    if (options.from) return;
    ask(666);
    expect(agent.refused(Reason.HomeAddressWithoutBinding)).toBe(1);
  });

  it("tells it unasked of the prefixes, and asks it to refresh, through what it has bound", () => {
    const agent = dualStackAgent({ serve: { refreshMs: 65_535_000 } });
    setPrefixDelivery(agent.engine, { ...PREFIX_DELIVERY_DEFAULTS, minIntervalMs: 1000, maxIntervalMs: 60_000 }, agent.now);
    askByUdp(agent, { lifetimeS: 3600 });
    agent.datagrams = [];
    agent.take();
    agent.receive(TUNNEL, echo("2001:db8:200::5", HOME_ADDRESS));
    agent.advance(3_500_000);
    expect(agent.datagrams.every(({ port, address: to }) => port === NAT_PORT && Buffer.from(to).equals(Buffer.from(parseAnyAddress(NAT))))).toBe(true);
    const said = agent.datagrams.map(({ payload }) => layers(payload).at(-1));
    expect(said).toContain("mobile-prefix-advertisement");
    expect(said).toContain("binding-refresh-request");
    expect(agent.take()).toEqual([]);
  });
});
