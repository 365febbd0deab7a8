import { describe, expect, it } from "vitest";
import { formatAnyAddress, parseAnyAddress } from "../../bindings/address.ts";
import { Codec } from "../../bindings/codec.ts";
import {
  DROP_EXTENSION_HEADERS, DROP_IPV6_TUNNELS, DROP_MOBILITY_HEADERS, DROP_UDP, Firewall, type FirewallRule,
  type FirewallSettings,
} from "../../platforms/sim/firewall.ts";
import { Host } from "../../platforms/sim/host.ts";
import { Network } from "../../platforms/sim/network.ts";
import { Ping } from "../../platforms/sim/ping.ts";
import { Router } from "../../platforms/sim/router.ts";
import { core } from "./core.ts";

/** A host behind a firewall and one in front of it, both with both families. */
function scene(rules: FirewallRule[] = [], settings: Partial<FirewallSettings> = {}) {
  const network = new Network({ seed: 1, core });
  const inside = network.link("inside");
  const outside = network.link("outside");
  const router = new Router(network, "router");
  const port = router.connect(inside, "2001:db8:1::1");
  router.addAddress(port, parseAnyAddress("10.0.0.1"), 96 + 24);
  router.addAddress(router.connect(outside, "2001:db8:2::1"), parseAnyAddress("192.0.2.1"), 96 + 24);
  router.firewall = new Firewall(network.clock, [port], rules, settings);
  const a = new Host(network, "a", inside, "2001:db8:1::a", "2001:db8:1::1").addIpv4("10.0.0.10", "10.0.0.1");
  const x = new Host(network, "x", outside, "2001:db8:2::a", "2001:db8:2::1").addIpv4("192.0.2.8", "192.0.2.1");
  const got: string[] = [];
  for (const host of [a, x]) host.onUdp(9, ({ data }) => got.push(`${host.name} ${data[0]}`));
  const tell = (from: Host, to: Host, data: number, ipv4 = false) => {
    const [source, destination] = ipv4 ? [from.ipv4Address!, to.ipv4Address!] : [from.address, to.address];
    from.send(network.packets.udp(source, destination, 9, 9, Uint8Array.of(data)));
    network.run(10);
  };
  return { network, router, a, x, got, tell, firewall: router.firewall };
}

describe("a stateful firewall", () => {
  it.each([false, true])("lets answers in, and nothing else (IPv4: %s)", (ipv4) => {
    const { network, a, x, got, tell } = scene();
    tell(x, a, 1, ipv4);
    tell(a, x, 2, ipv4);
    tell(x, a, 3, ipv4);
    expect(got).toEqual(["x 2", "a 3"]);
    expect(network.drops.get("firewall")).toBe(1);
  });

  it("lets echo replies and errors about what left in, but no echo requests", () => {
    const { network, router, a, x } = scene();
    const errors: string[] = [];
    a.onIcmpError(({ error }) => errors.push(error));
    x.nextIdentifier();
    x.nextIdentifier(); // the third one is asked for by nobody
    const pings = [
      new Ping(a, { from: a.address, to: x.address, everyMs: 100 }),
      new Ping(a, { from: a.ipv4Address!, to: x.ipv4Address!, everyMs: 100 }),
      new Ping(x, { from: x.address, to: a.address, everyMs: 100 }),
    ];
    network.run(450);
    expect(pings.map(({ received }) => received)).toEqual([5, 5, 0]);
    const beyond = new Router(network, "beyond");
    beyond.connect(x.port.link!, "2001:db8:2::2");
    const prefix = parseAnyAddress("2001:db8:3::");
    router.addRoute({ prefix, lengthBits: 64, device: router.devices[1], gateway: parseAnyAddress("2001:db8:2::2") });
    beyond.addRoute({
      prefix: a.address, lengthBits: 64, device: beyond.devices[0], gateway: parseAnyAddress("2001:db8:2::1"),
    });
    a.send(network.packets.udp(a.address, parseAnyAddress("2001:db8:3::1"), 9, 9, new Uint8Array(1)));
    network.run(100);
    expect(errors).toEqual(["destination-unreachable"]);
  });

  it.each([[true, 2], [false, 1]])("forgets what was silent; answers prolong it: %s", (answersRefresh, expected) => {
    const { network, a, x, got, tell } = scene([], { timeoutMs: 10_000, answersRefresh });
    tell(a, x, 0);
    network.run(8000);
    tell(x, a, 1);
    network.run(8000);
    tell(x, a, 2);
    expect(got.filter((each) => each.startsWith("a")).length).toBe(expected);
  });
});

describe("rules", () => {
  const codec = new Codec(core);
  const header = { name: "ipv6", fields: { source: "2001:db8:1::a", destination: "2001:db8:2::a" } };
  const homeAddress = { name: "home-address", fields: { address: "2001:db8:5::1" } };
  const mobility = codec.encode([header, { name: "binding-refresh-request" }]);
  const update = codec.encode([
    header, { name: "destination-options", options: [homeAddress] }, { name: "binding-update" },
  ]);
  const tunnelled = codec.encode([header, header, { name: "echo-request" }]);
  const udp = codec.encode([header, { name: "udp" }]);

  it.each<[FirewallRule, boolean[]]>([
    [DROP_MOBILITY_HEADERS, [false, false, true, true]],
    [DROP_EXTENSION_HEADERS, [true, false, true, true]],
    [DROP_IPV6_TUNNELS, [true, true, false, true]],
    [DROP_UDP, [true, true, true, false]],
  ])("$name", (rule, passes) => {
    const { a, x, network } = scene([rule]);
    const heard: Uint8Array[] = [];
    x.receive = (_, packet) => heard.push(packet);
    const packets = [mobility, update, tunnelled, udp];
    const passed = packets.map((packet) => {
      const before = heard.length;
      a.send(packet.slice());
      network.run(10);
      return heard.length > before;
    });
    expect(passed).toEqual(passes);
    expect(formatAnyAddress(a.ipv4Address!)).toBe("10.0.0.10");
  });

  it("come and go at times that the scenario sets", () => {
    const { a, x, got, tell, firewall } = scene();
    tell(a, x, 1);
    firewall.rules = [DROP_UDP];
    tell(a, x, 2);
    tell(x, a, 3);
    firewall.rules = [];
    tell(a, x, 4);
    expect(got).toEqual(["x 1", "x 4"]);
  });
});
