import { describe, expect, it } from "vitest";
import { parseAddress, parseAnyAddress } from "../../bindings/address.ts";
import { REACH_DEFAULTS, setHomeAgentFound, setIpv4Uplink, setNodeIpv4, setReach, shutdown } from "../../bindings/commands.ts";
import { Role } from "../../bindings/engine.ts";
import { readBindings, readRefusals, readUpdates } from "../../bindings/status.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { ACCESS, EPOCH, HOME_ADDRESS, HOME_AGENT, Node, TUNNEL, hex } from "./harness.ts";
import { AGENT_IPV4, DualNetwork, PRIVATE_IPV4, PUBLIC_IPV4 } from "./dual-stack.ts";
import { authenticationDataOffset, mobilityMessage, ntp, sign } from "./messages.ts";
import { askByUdp } from "./messages-ipv4.ts";
import { codec } from "./network.ts";

type Options = ConstructorParameters<typeof DualNetwork>[0];

/** A mobile node in an IPv4-only network. */
function onIpv4({ nat, mappingMs, ...options }: Options & { nat?: boolean; mappingMs?: number } = {}) {
  const network = new DualNetwork(options);
  if (nat) network.useNat(mappingMs);
  network.linkUp();
  network.ipv4(nat ? PRIVATE_IPV4 : PUBLIC_IPV4);
  network.pump();
  return network;
}

/** The Binding Updates that left, with their options. */
function updatesOf(network: DualNetwork) {
  return network.log.filter(({ packet }) => packet[0] >> 4 === 6).map(({ packet, ...rest }) => {
    const layers = codec.dissect(packet);
    const message = layers.find(({ name }) => name === "binding-update");
    const option = (name: string) => {
      const found = message?.options.find((each) => each.name === name);
      return found && Object.fromEntries(found.fields.map((field) => [field.name, field.value]));
    };
    const fields = message && Object.fromEntries(message.fields.map(({ name, value }) => [name, value]));
    return { ...rest, packet, layers, message, option, fields: fields!, options: message?.options.map(({ name }) => name) };
  }).filter(({ message }) => message);
}

const DYNAMIC = { ipv4HomeAddress: "dynamic" as const };
const STATIC_IPV4 = "172.31.9.9";
const ordered = (network: DualNetwork, address: string) => network.mobile.network.filter((order) => order.includes(hex(parseAnyAddress(address))));

describe("a mobile node in an IPv4 network", () => {
  it("registers by UDP and tunnels in IPv4 where there is no NAT (5555-2.3.2.1-1, 5555-4.2-1, 5555-4.4.2-1)", () => {
    const network = onIpv4();
    expect(readRefusals(network.mobile.engine)).toEqual([]);
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: PUBLIC_IPV4, encapsulation: "Ipv4", nat: "None", keepaliveS: 0 });
    expect(readBindings(network.agent.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress: PUBLIC_IPV4, encapsulation: "Ipv4" }]);
    expect(network.carries()).toBe(true);
    expect(network.mobile.tunnelMtuOctets).toBe(1480);
    expect(network.log.map(({ kind }) => kind)).toContain("udp4");
    expect(network.log.filter(({ kind }) => kind === "udp4").every(({ port }) => port === 4191)).toBe(true);
  });

  it("registers and tunnels by UDP behind a NAT (5555-4.4.2-9, 5555-4.4.2-11, 5555-4.4.2-12)", () => {
    const network = onIpv4({ nat: true });
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: PRIVATE_IPV4, encapsulation: "UdpIpv4", nat: "Nat", obstacle: "Nat", keepaliveS: 25 });
    expect(network.carries()).toBe(true);
    expect(network.mobile.tunnelMtuOctets).toBe(1472);
    expect(network.mobile.events).toContainEqual(expect.objectContaining({ name: "NatDetected", fields: { nat: true, keepaliveS: 25 } }));
  });

  it("sends Binding Updates from the home address, signed with it, with its IPv4 care-of address (5555-2.3.2.1-1, 5555-4.4.2-1, 5555-4.4.2-4)", () => {
    const [update] = updatesOf(onIpv4({ nat: true }));
    expect(update.layers.map(({ name }) => name)).toEqual(["ipv6", "binding-update"]);
    expect(hex(update.packet.subarray(8, 40))).toBe(hex(parseAddress(HOME_ADDRESS)) + hex(parseAddress(HOME_AGENT)));
    expect(update.option("ipv4-careof-address")).toMatchObject({ careofAddress: PRIVATE_IPV4 });
    expect(update.options).not.toContain("ipv4-home-address");
    expect(update.options).not.toContain("alternate-careof-address");
    expect(update.fields).toMatchObject({ forceUdpEncapsulation: false });
    const message = mobilityMessage(update.packet);
    const at = authenticationDataOffset(message);
    expect(hex(message.subarray(at, at + 12))).toBe(hex(sign(update.packet, HOME_ADDRESS, HOME_ADDRESS)));
  });

  it("takes nothing before an address by IPv4 is there, and forgets it with the link (5555-4.4.4-1)", () => {
    const network = new DualNetwork();
    network.linkUp();
    network.pump();
    expect(network.update.state).toBe("Idle");
    network.ipv4(PUBLIC_IPV4);
    network.pump();
    expect(network.update.state).toBe("Registered");
    network.linkDown();
    expect(network.update).toMatchObject({ state: "Idle", careofAddress: "::" });
    expect(network.uplink.ipv4Address).toBeUndefined();
    network.linkUp();
    network.pump();
    expect(network.update.state).toBe("Idle");
    network.ipv4(PUBLIC_IPV4);
    network.pump();
    expect(network.update.state).toBe("Registered");
  });

  it("registers anew when the host tells the same address again after the link came up: its NAT may be another", () => {
    const network = onIpv4({ nat: true });
    network.useNat();
    network.nat!.port = 31_000;
    network.linkUp();
    const before = updatesOf(network).length;
    network.ipv4(PRIVATE_IPV4);
    network.advance(1100); // the rate limit of RFC 6275 §11.8
    expect(updatesOf(network)).toHaveLength(before + 1);
    expect(readBindings(network.agent.engine)).toMatchObject([{ port: 31_000 }]);
    network.ipv4(PRIVATE_IPV4);
    network.pump();
    expect(updatesOf(network)).toHaveLength(before + 1);
  });

  it("moves to another address", () => {
    const network = onIpv4();
    network.ipv4("198.51.100.44");
    network.pump();
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: "198.51.100.44" });
    expect(network.carries()).toBe(true);
  });

  it("asks for UDP when that is configured (flag F of 5555-3.1.3-1, 5555-3.2.2-3)", () => {
    const network = onIpv4({ reach: { forceUdp: true } });
    expect(updatesOf(network)[0].fields).toMatchObject({ forceUdpEncapsulation: true });
    expect(network.update).toMatchObject({ encapsulation: "UdpIpv4", nat: "None", keepaliveS: 0, obstacle: "UdpForced" });
    expect(network.carries()).toBe(true);
  });

  it("uses UDP when the home agent wants it (5555-3.2.2-3, 5555-4.3-1)", () => {
    const network = onIpv4({ serve: { forceUdp: true } });
    expect(network.update).toMatchObject({ encapsulation: "UdpIpv4", nat: "None", keepaliveS: 0, obstacle: "UdpForced" });
  });

  it("sends again without flag F when it is refused with 144 (5555-4.4.2-10)", () => {
    const network = onIpv4({ reach: { forceUdp: true }, serve: { mayForceUdp: false } });
    network.advance(1100);
    expect(updatesOf(network).map(({ fields }) => fields.forceUdpEncapsulation)).toEqual([true, false]);
    expect(network.update).toMatchObject({ state: "Registered", encapsulation: "Ipv4" });
  });

  it("takes no IPv4 home address that is already its care-of address: private ones are used at many places", () => {
    const network = onIpv4({ nat: true, reach: DYNAMIC, serve: { pools: [{ first: parseAnyAddress(PRIVATE_IPV4), addresses: 1 }] } });
    expect(network.update).toMatchObject({ state: "Registered", encapsulation: "UdpIpv4" });
    expect(network.update.ipv4HomeAddress).toBeUndefined();
    expect(ordered(network, PRIVATE_IPV4)).toEqual([]);
    expect(network.carries()).toBe(true);
    // Elsewhere it is as good as any.
    network.ipv4("10.1.1.99");
    network.advance(2000);
    expect(network.update.ipv4HomeAddress).toBe(PRIVATE_IPV4);
  });

  it("keeps flag F when 144 is about its timestamp, though that came back as it was", () => {
    const network = new DualNetwork({ reach: { forceUdp: true } });
    // Its last life was a moment ahead: this timestamp is late by less than what the answer can say.
    askByUdp(network.agent, { timestamp: ntp(EPOCH + network.agent.now + 300), lifetimeS: 0 });
    network.agent.datagrams = [];
    network.linkUp();
    network.ipv4(PUBLIC_IPV4);
    network.advance(3000);
    expect(network.agent.refused(Reason.TimestampInvalid)).toBeGreaterThan(0);
    expect(updatesOf(network).every(({ fields }) => fields.forceUdpEncapsulation)).toBe(true);
    expect(network.update).toMatchObject({ state: "Registered", encapsulation: "UdpIpv4" });
  });

  it("takes no acknowledgement by another way than that of the Binding Update (5555-4.2-2)", () => {
    const network = new DualNetwork();
    network.linkUp();
    network.ipv4(PUBLIC_IPV4);
    const [update] = network.mobile.datagrams.splice(0);
    network.agent.engine.receiveDatagrams(network.agent.now, ACCESS, update.payload, { address: parseAnyAddress(PUBLIC_IPV4), port: 50_000 });
    const [acknowledgement] = network.agent.datagrams.splice(0);
    network.mobile.receive(ACCESS, Uint8Array.of( // in plain IPv4
      ...[0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 41, 0, 0], ...parseAnyAddress(AGENT_IPV4).subarray(12), ...parseAnyAddress(PUBLIC_IPV4).subarray(12),
    ));
    const plain = ipv4Packet(acknowledgement.payload);
    network.mobile.receive(ACCESS, plain);
    expect(network.mobile.refused(Reason.NotUdpEncapsulated)).toBe(1);
    expect(network.update.state).toBe("Registering");
    for (const from of [{ address: parseAnyAddress("192.0.2.99"), port: 4191 }, { address: parseAnyAddress(AGENT_IPV4), port: 4192 }]) {
      network.mobile.engine.receiveDatagrams(network.mobile.now, ACCESS, acknowledgement.payload, from);
      expect(network.update.state).toBe("Registering");
    }
    network.mobile.engine.receiveDatagrams(network.mobile.now, ACCESS, acknowledgement.payload, { address: parseAnyAddress(AGENT_IPV4), port: 4191 });
    expect(network.update.state).toBe("Registered");
  });

  it("deregisters by the same way", () => {
    const network = onIpv4({ nat: true, reach: DYNAMIC });
    shutdown(network.mobile.engine, network.mobile.now);
    network.pump();
    expect(network.update.state).toBe("Stopped");
    const last = updatesOf(network).at(-1)!;
    expect(last.fields).toMatchObject({ lifetime: 0 });
    expect(last.kind).toBe("udp4");
    expect(last.options).toContain("ipv4-careof-address");
    expect(last.options).not.toContain("ipv4-home-address");
    expect(readBindings(network.agent.engine)).toEqual([]);
    expect(network.update.ipv4HomeAddress).toBeUndefined();
  });
});

/** An IPv6 packet in IPv4, protocol 41, from the home agent. */
function ipv4Packet(inner: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + inner.length);
  const view = new DataView(packet.buffer);
  packet.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 41]);
  view.setUint16(2, packet.length);
  packet.set(parseAnyAddress(AGENT_IPV4).subarray(12), 12);
  packet.set(parseAnyAddress(PUBLIC_IPV4).subarray(12), 16);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, ~sum & 0xffff);
  packet.set(inner, 20);
  return packet;
}

describe("an IPv4 home address", () => {
  it("that is dynamic is asked for with 0.0.0.0, given to the host and kept (5555-2.3.2.1-2, 5555-4.4.2-3, 5555-4.4.2-6, 5555-4.4.2-8)", () => {
    const network = onIpv4({ nat: true, reach: DYNAMIC });
    expect(updatesOf(network)[0].option("ipv4-home-address")).toMatchObject({ prefixLength: 32, address: "0.0.0.0" });
    const address = network.update.ipv4HomeAddress!;
    expect(address).toMatch(/^172\.31\.0\.\d+$/);
    expect(network.update.ipv4Status).toBe(0);
    expect(ordered(network, address)).toEqual([`+${TUNNEL} ${hex(parseAnyAddress(address))}`]);
    expect(network.mobile.events).toContainEqual(expect.objectContaining({
      name: "Ipv4HomeAddress", fields: { homeAddress: HOME_ADDRESS, ipv4HomeAddress: address, status: 0, meaning: "success" },
    }));
    network.advance(500_000);
    expect(updatesOf(network).at(-1)!.option("ipv4-home-address")).toMatchObject({ address });
    expect(ordered(network, address)).toHaveLength(1);
  });

  it("goes with a registration by IPv6 as well (5555-2.3.1-1, 5555-4.4.2-6)", () => {
    const network = new DualNetwork({ reach: DYNAMIC });
    network.linkUp();
    network.ipv6();
    network.pump();
    expect(network.update).toMatchObject({ encapsulation: "Ipv6", ipv4Status: 0, ipv4HomeAddress: expect.stringMatching(/^172\.31/) });
    expect(updatesOf(network)[0].options).not.toContain("ipv4-careof-address");
  });

  it("that is static is asked for by itself, and the host has it already (5555-4.4.2-7)", () => {
    const network = new DualNetwork({ reach: { ipv4HomeAddress: parseAnyAddress(STATIC_IPV4) } });
    setNodeIpv4(network.agent.engine, parseAddress(HOME_ADDRESS), parseAnyAddress(STATIC_IPV4), network.agent.now);
    network.linkUp();
    network.ipv4(PUBLIC_IPV4);
    network.pump();
    expect(updatesOf(network)[0].option("ipv4-home-address")).toMatchObject({ address: STATIC_IPV4 });
    expect(network.update).toMatchObject({ ipv4HomeAddress: STATIC_IPV4, ipv4Status: 0 });
    expect(ordered(network, STATIC_IPV4)).toEqual([]);
  });

  it("that is refused is none, and asked for again (5555-4.4.2-15, 5555-4.4.2-16)", () => {
    const network = onIpv4({ reach: { ipv4HomeAddress: parseAnyAddress(STATIC_IPV4) } });
    expect(network.update.state).toBe("Registered");
    expect(network.update.ipv4Status).toBeGreaterThanOrEqual(128);
    expect(network.update.ipv4HomeAddress).toBeUndefined();
    network.advance(500_000);
    expect(updatesOf(network).at(-1)!.options).toContain("ipv4-home-address");
  });

  it("is not asked for again where the home agent does not know it (5555-2.3.1-4, 5555-4.4.2-13, 5555-4.4.2-14)", () => {
    const network = new DualNetwork({ reach: DYNAMIC });
    network.linkUp();
    network.ipv6();
    // A home agent of RFC 6275 skips the option: so does this one when it is taken out of the acknowledgement.
    const [update] = network.mobile.take().filter(({ packet }) => packet[6] === 60);
    network.agent.receive(ACCESS, update.packet);
    const answer = network.agent.take().at(-1)!.packet;
    network.mobile.receive(ACCESS, withoutIpv4(answer));
    expect(network.update).toMatchObject({ state: "Registered" });
    expect(network.update.ipv4HomeAddress).toBeUndefined();
    expect(network.update.ipv4Status).toBeUndefined();
    network.advance(500_000);
    expect(updatesOf(network).at(-1)!.options).not.toContain("ipv4-home-address");
  });

  it("is kept while the node tries to renew its binding, and then the same one is asked for", () => {
    const network = onIpv4({ reach: DYNAMIC });
    const address = network.update.ipv4HomeAddress!;
    network.passes.udp4 = false;
    network.advance(1_000_000);
    expect(network.update).toMatchObject({ state: "Registering", remainingMs: 0, ipv4HomeAddress: address });
    network.passes.udp4 = true;
    network.advance(20_000);
    expect(network.update).toMatchObject({ state: "Registered", ipv4HomeAddress: address });
    expect(updatesOf(network).at(-1)!.option("ipv4-home-address")).toMatchObject({ address });
    expect(ordered(network, address)).toHaveLength(1);
  });

  it("is asked for again after a restart", () => {
    const network = onIpv4({ reach: DYNAMIC });
    const address = network.update.ipv4HomeAddress!;
    const kept = network.mobile.engine.exportState();
    const again = new DualNetwork({ reach: DYNAMIC, mobile: { seed: 3 } });
    again.mobile.engine.importState(kept, again.mobile.now);
    again.linkUp();
    again.ipv4(PUBLIC_IPV4);
    again.pump();
    expect(updatesOf(again)[0].option("ipv4-home-address")).toMatchObject({ address });
  });

  it("carries IPv4 packets", () => {
    const network = onIpv4({ nat: true, reach: DYNAMIC });
    const address = network.update.ipv4HomeAddress!;
    const packet = new Uint8Array(28);
    packet.set([0x45, 0, 0, 28, 0, 1, 0x40, 0, 64, 17]);
    packet.set(parseAnyAddress(address).subarray(12), 12);
    packet.set([192, 0, 2, 77], 16);
    const view = new DataView(packet.buffer);
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
    view.setUint16(10, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff);
    network.mobile.receive(TUNNEL, packet);
    network.pump();
    expect(readRefusals(network.mobile.engine)).toEqual([]);
    expect(network.atAgent.map(hex)).toContain(hex(packet));
  });
});

/** A Binding Acknowledgement without its IPv4 Address Acknowledgement option, signed anew. */
function withoutIpv4(packet: Uint8Array): Uint8Array {
  const layers = codec.dissect(packet);
  const fieldsOf = (layer: (typeof layers)[number]) => Object.fromEntries(layer.fields.map(({ name, value }) => [name, value]));
  const [ipv6, routing, message] = layers;
  const make = (data: Uint8Array) => codec.encode([
    { name: "ipv6", fields: { source: fieldsOf(ipv6).source, destination: fieldsOf(ipv6).destination, hopLimit: 64 } },
    { name: "routing-type2", fields: { homeAddress: fieldsOf(routing).homeAddress } },
    {
      name: "binding-acknowledgement",
      fields: { status: fieldsOf(message).status, sequence: fieldsOf(message).sequence, lifetime: fieldsOf(message).lifetime },
      options: [
        { name: "replay-protection", fields: { timestamp: fieldsOf(message.options.find(({ name }) => name === "replay-protection") as never).timestamp } },
        { name: "mobility-message-authentication", fields: { subtype: 1, securityParametersIndex: 300, authenticationData: data } },
      ],
    },
  ] as never);
  return make(sign(make(new Uint8Array(12)), fieldsOf(ipv6).destination as string, HOME_ADDRESS));
}

describe("commands for both families", () => {
  it("are refused where they make no sense", () => {
    const { mobile, agent } = new DualNetwork();
    const at = parseAnyAddress;
    expect(() => setIpv4Uplink(mobile.engine, 9, at(PUBLIC_IPV4), mobile.now)).toThrow("UnknownDevice");
    expect(() => setIpv4Uplink(mobile.engine, TUNNEL, at(PUBLIC_IPV4), mobile.now)).toThrow("UnknownDevice");
    for (const bad of ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "2001:db8::1"]) {
      expect(() => setIpv4Uplink(mobile.engine, ACCESS, at(bad), mobile.now)).toThrow("OutOfRange");
      expect(() => setIpv4Uplink(mobile.engine, ACCESS, at(PUBLIC_IPV4), mobile.now, at(bad))).toThrow("OutOfRange");
      expect(() => setReach(mobile.engine, { ...REACH_DEFAULTS, homeAgentIpv4: at(bad) }, mobile.now)).toThrow("OutOfRange");
      expect(() => setHomeAgentFound(mobile.engine, { ipv4Address: at(bad) }, mobile.now)).toThrow("OutOfRange");
    }
    for (const bad of [{ keepaliveFloorMs: 0 }, { keepaliveCeilingMs: 1 }, { keepaliveCeilingMs: Infinity }, { retryMs: NaN }, { ipv6: false, ipv4: false }]) {
      expect(() => setReach(mobile.engine, { ...REACH_DEFAULTS, ...bad }, mobile.now)).toThrow("OutOfRange");
    }
    expect(() => setHomeAgentFound(mobile.engine, { address: at("ff02::1") }, mobile.now)).toThrow("OutOfRange");
    expect(() => setReach(agent.engine, REACH_DEFAULTS, agent.now)).toThrow("WrongRole");
    expect(() => setIpv4Uplink(agent.engine, ACCESS, at(PUBLIC_IPV4), agent.now)).toThrow("WrongRole");
    expect(() => setHomeAgentFound(new Node(Role.MobileNode).engine, { address: at(HOME_AGENT) }, 1000)).toThrow("WrongMoment");
  });

  it("tell the addresses of a home agent that is known by name (RFC 5555 §2.1)", () => {
    const network = new DualNetwork({ mobile: { homeAgent: parseAddress("::") }, reach: { homeAgentIpv4: undefined } });
    network.linkUp();
    network.ipv4(PUBLIC_IPV4);
    network.pump();
    expect(network.update).toMatchObject({ state: "Idle", peer: "::" });
    setHomeAgentFound(network.mobile.engine, { address: parseAddress(HOME_AGENT), ipv4Address: parseAnyAddress(AGENT_IPV4) }, network.mobile.now);
    network.pump();
    expect(network.update).toMatchObject({ state: "Registered", peer: HOME_AGENT, careofAddress: PUBLIC_IPV4 });
    const before = updatesOf(network).length;
    setHomeAgentFound(network.mobile.engine, { address: parseAddress(HOME_AGENT), ipv4Address: parseAnyAddress(AGENT_IPV4) }, network.mobile.now);
    setHomeAgentFound(network.mobile.engine, {}, network.mobile.now); // the name has nothing any more: that tells nothing
    network.pump();
    expect(updatesOf(network)).toHaveLength(before);
  });

  it("register at another home agent that the name leads to", () => {
    const network = onIpv4();
    setHomeAgentFound(network.mobile.engine, { address: parseAddress("2001:db8:100::2") }, network.mobile.now);
    expect(readUpdates(network.mobile.engine)).toMatchObject([{ state: "Registering", peer: "2001:db8:100::2", remainingMs: 0 }]);
    const last = network.mobile.datagrams.at(-1)!;
    expect(hex(last.payload.subarray(24, 40))).toBe(hex(parseAddress("2001:db8:100::2")));
  });

  it("register anew over IPv4 when the name has another IPv4 address", () => {
    const network = onIpv4();
    setHomeAgentFound(network.mobile.engine, { address: parseAddress(HOME_AGENT), ipv4Address: parseAnyAddress("192.0.2.2") }, network.mobile.now);
    expect(network.mobile.datagrams.at(-1)).toMatchObject({ address: parseAnyAddress("192.0.2.2") });
  });
});
