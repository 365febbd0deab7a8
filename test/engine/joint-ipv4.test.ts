/** A mobile node with an optimised correspondent moves between IPv6, IPv4 and its home link. */
import { describe, expect, it } from "vitest";
import { parseAddress, parseAnyAddress } from "../../bindings/address.ts";
import { ROUTE_OPTIMISATION_DEFAULTS, setHomeAgent, setPrefixDelivery, setRouteOptimisation } from "../../bindings/commands.ts";
import { readBindings, readPeers, readUpdates } from "../../bindings/status.ts";
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, hex } from "./harness.ts";
import { MAC, layersOf, state } from "./home-side-link.ts";
import { JointNetwork, VISITED_B } from "./joint-network.ts";
import { addresses, echo } from "./network.ts";

const PUBLIC = "198.51.100.17";
const PRIVATE = "10.1.1.17";

/** Registered on an IPv6 network, with an optimised route to the correspondent. */
function optimised(reach: ConstructorParameters<typeof JointNetwork>[0] = {}) {
  const network = new JointNetwork({ link: {}, reach: { ipv4HomeAddress: "dynamic" }, ...reach });
  setRouteOptimisation(network.mobile.engine, { ...ROUTE_OPTIMISATION_DEFAULTS, afterPackets: 1 }, network.mobile.now);
  network.visit();
  network.pass(3000);
  talk(network);
  network.pass(1000);
  expect(readPeers(network.mobile.engine)).toMatchObject([{ address: CORRESPONDENT, optimised: true }]);
  return network;
}

/** A packet each way; true when both arrive. */
function talk(network: JointNetwork): boolean {
  const [mobile, correspondent] = [network.atMobile.length, network.atCorrespondent.length];
  network.sendFromMobile(echo(HOME_ADDRESS, CORRESPONDENT));
  network.sendFromCorrespondent(echo(CORRESPONDENT, HOME_ADDRESS));
  return network.atMobile.length > mobile && network.atCorrespondent.length > correspondent;
}
const update = (network: JointNetwork) => readUpdates(network.mobile.engine)[0];

describe("an optimised peer", () => {
  it.each([["a public address", PUBLIC, false], ["an address behind a NAT", PRIVATE, true]])(
    "is told through the tunnel that its binding ends, once the home agent knows %s (5555-5.1-1)", (_, address, isBehindNat) => {
      const network = optimised();
      network.visitIpv4(address, isBehindNat);
      expect(update(network)).toMatchObject({ state: "Registered", careofAddress: address });
      network.pass(2000);
      expect(readBindings(network.correspondent.engine)).toEqual([]);
      expect(readPeers(network.mobile.engine)).toMatchObject([{ optimised: false, state: "Tunnelled", obstacle: "Ipv4CareofAddress" }]);
      // From the home address, without a Home Address option: by the home agent.
      const removal = network.internet.find((packet) => addresses(packet)[1] === CORRESPONDENT && layersOf(packet).includes("binding-update") && addresses(packet)[0] === HOME_ADDRESS);
      expect(removal && layersOf(removal)).toEqual(["ipv6", "binding-update"]);
      expect(talk(network)).toBe(true);
      network.pass(30_000);
      for (let count = 0; count < 10; count++) expect(talk(network)).toBe(true);
      expect(readPeers(network.mobile.engine)).toMatchObject([{ optimised: false, obstacle: "Ipv4CareofAddress" }]);
    },
  );

  it("is optimised again in the next IPv6 network", () => {
    const network = optimised();
    network.visitIpv4(PUBLIC);
    network.pass(2000);
    network.visit(VISITED_B);
    network.pass(3000);
    expect(update(network)).toMatchObject({ state: "Registered", encapsulation: "Ipv6" });
    for (let count = 0; count < 10; count++) talk(network);
    network.pass(2000);
    expect(readPeers(network.mobile.engine)).toMatchObject([{ optimised: true, obstacle: "None" }]);
    expect(talk(network)).toBe(true);
  });
});

describe("moves", () => {
  const places: [string, (network: JointNetwork) => void][] = [
    ["IPv6", (network) => network.visit()], ["another IPv6", (network) => network.visit(VISITED_B)],
    ["IPv4", (network) => network.visitIpv4(PUBLIC)], ["IPv4 behind a NAT", (network) => network.visitIpv4(PRIVATE, true)],
    ["home", (network) => network.comeHome()],
  ];
  it.each(places.flatMap(([from, leave]) => places.filter(([to]) => to !== from).map(([to, arrive]) => [from, to, leave, arrive] as const)))(
    "from %s to %s", (_from, to, leave, arrive) => {
      const network = new JointNetwork({ link: {}, reach: { ipv4HomeAddress: "dynamic" } });
      leave(network);
      network.pass(5000);
      expect(talk(network)).toBe(true);
      arrive(network);
      network.pass(to === "home" ? 5000 : 1500);
      expect(state(network.mobile)).toBe(to === "home" ? "AtHome" : "Registered");
      expect(talk(network)).toBe(true);
    },
  );
});

describe("at home", () => {
  it("the IPv4 home address is announced by ARP, and its tunnel is not used (RFC 5555 §4.5)", () => {
    const network = new JointNetwork({ link: {}, reach: { ipv4HomeAddress: "dynamic" } });
    network.visitIpv4(PRIVATE, true);
    network.pass(2000);
    const address = update(network).ipv4HomeAddress!;
    network.comeHome();
    network.pass(5000);
    expect(state(network.mobile)).toBe("AtHome");
    expect(network.mobile.network).toContain("-tunnel 0");
    const announced = network.mobile.arp.filter(({ toAll }) => toAll);
    expect(announced.length).toBeGreaterThan(0);
    for (const { message } of announced) {
      expect(hex(message.subarray(8, 14))).toBe(hex(MAC));
      expect(hex(message.subarray(14, 18))).toBe(hex(parseAnyAddress(address).subarray(12)));
    }
    expect(readBindings(network.agent.engine)).toEqual([]);
    expect(update(network)).toMatchObject({ encapsulation: "Ipv6", nat: "Unknown", keepaliveS: 0 });
  });

  it("is reached natively alone: IPv4 brings nobody home (RFC 5555 §4.4.4)", () => {
    const network = new JointNetwork({ link: {}, reach: {} });
    network.visitIpv4(PUBLIC);
    network.pass(2000);
    network.comeHome();
    const removal = network.homeLink.find(({ from, packet }) => from === network.mobile && layersOf(packet).includes("binding-update"));
    network.pass(5000);
    const sent = removal ?? network.homeLink.find(({ from, packet }) => from === network.mobile && layersOf(packet).includes("binding-update"));
    expect(sent && addresses(sent.packet)).toEqual([HOME_ADDRESS, HOME_AGENT]);
    expect(sent && layersOf(sent.packet)).toEqual(["ipv6", "binding-update"]);
  });
});

describe("home prefixes", () => {
  it("are asked for and advertised by UDP over IPv4 (5555-2.2-1, 5555-2.2-2)", () => {
    const network = new JointNetwork({ link: {}, reach: { ipv4HomeAddress: "dynamic" } });
    setPrefixDelivery(network.agent.engine, { enabled: true, minIntervalMs: 10_000, maxIntervalMs: 20_000 }, network.agent.now);
    network.visitIpv4(PRIVATE, true);
    network.pass(3000);
    const solicitations: Uint8Array[] = [];
    const receive = network.agent.engine.receiveDatagrams.bind(network.agent.engine);
    network.agent.engine.receiveDatagrams = (now, device, payload, from) => {
      if (layersOf(payload).includes("mobile-prefix-solicitation")) solicitations.push(payload);
      receive(now, device, payload, from);
    };
    setHomeAgent(network.agent.engine, {
      address: parseAddress(HOME_AGENT), maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
      homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 64 }, { address: parseAddress("2001:db8:300::"), length: 64 }],
    }, network.agent.now);
    network.settle();
    network.pass(60_000);
    expect(solicitations.length).toBeGreaterThan(0);
    expect(addresses(solicitations[0])).toEqual([HOME_ADDRESS, HOME_AGENT]);
    expect(layersOf(solicitations[0])).toEqual(["ipv6", "destination-options", "mobile-prefix-solicitation"]);
    expect(readUpdates(network.mobile.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, state: "Registered" }, { homeAddress: "2001:db8:300::17", state: "Registered", careofAddress: PRIVATE }]);
  });
});
