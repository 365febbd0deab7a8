/** What a configuration file says reaches the core. */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { formatAnyAddress, parseIpv4Address } from "../../bindings/address.ts";
import { setDevice } from "../../bindings/commands.ts";
import { loadConfig } from "../../bindings/config/index.ts";
import { Role } from "../../bindings/engine.ts";
import { configure, loopSettings } from "../../platforms/linux/settings.ts";
import { prefixSolicitation } from "../engine/advertising.ts";
import { ACCESS, Node } from "../engine/harness.ts";
import { bindingUpdate } from "../engine/messages.ts";
import { codec } from "../engine/network.ts";

const HOME_AGENT = `role = "home-agent"
address = "2001:db8:100::1"
home_prefixes = ["2001:db8:100::/64"]

[[node]]
identity = "car17@example.org"
home_addresses = ["2001:db8:100::17"]
spi = 300
key = "${Buffer.from("0123456789abcdef").toString("hex")}"

[mobile_prefix_advertisements]
`;

/** A home agent of that file with one binding of an hour. */
function homeAgent(advertisements: string): Node {
  const node = new Node(Role.HomeAgent, {}, 7);
  setDevice(node.engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, node.now);
  configure(node.engine, loopSettings(loadConfig(HOME_AGENT + advertisements, "f.toml").config), node.now);
  node.receive(ACCESS, bindingUpdate({ lifetimeS: 3600 }));
  return node;
}

/** After how many seconds the first Mobile Prefix Advertisement comes. */
function firstAdvertisementS(node: Node): number | undefined {
  for (let second = 1; second < 3600; second++) {
    node.advance(1000);
    const names = node.take().flatMap(({ packet }) => codec.dissect(packet).map(({ name }) => name));
    if (names.includes("mobile-prefix-advertisement")) return second;
  }
  return undefined;
}

it("when Mobile Prefix Advertisements come (6275-13-1)", () => {
  const seconds = firstAdvertisementS(homeAgent('min_interval = "20s"\nmax_interval = "40s"'))!;
  expect(seconds).toBeGreaterThanOrEqual(20);
  expect(seconds).toBeLessThanOrEqual(41);
  expect(firstAdvertisementS(homeAgent("")) ?? 3600).toBeGreaterThanOrEqual(600);
});

describe("of RFC 5555", () => {
  const served = (text: string) => {
    const settings = loopSettings(loadConfig(HOME_AGENT.replace("\n\n[[node]]", `\n${text}\n\n[[node]]`), "f.toml").config);
    if (settings.role !== "home-agent") throw new Error("no home agent");
    return settings;
  };

  it("pools are leased but for the network, its broadcast address and the home agent's own one, and all of them are routed", () => {
    const { serve, ipv4Routes } = served('ipv4_address = "198.51.100.1"\nipv4_pools = ["198.51.100.0/29", "203.0.113.7-203.0.113.9"]');
    expect(serve.pools.map(({ first, addresses }) => [formatAnyAddress(first), addresses])).toEqual([
      ["198.51.100.2", 5], ["203.0.113.7", 3],
    ]);
    expect(ipv4Routes).toEqual(["198.51.100.0/29", "203.0.113.7/32", "203.0.113.8/31"]);
  });

  it("an IPv4 home address outside of the pools has a route of its own, and the core knows whose it is", () => {
    const text = HOME_AGENT.replace("spi = 300", 'spi = 300\nipv4_home_address = "192.0.2.17"');
    const settings = loopSettings(loadConfig(text, "f.toml").config);
    expect(settings).toMatchObject({ ipv4Routes: ["192.0.2.17/32"], nodesIpv4: [{ ipv4: parseIpv4Address("192.0.2.17") }] });
    const node = new Node(Role.HomeAgent, {}, 7);
    configure(node.engine, settings, node.now); // taken without refusal
  });
});

it("that there are none (6275-8.4-12)", () => {
  const node = homeAgent("enabled = false");
  node.receive(ACCESS, prefixSolicitation());
  expect(node.refused(Reason.PrefixAdvertisementsOff)).toBe(1);
  expect(firstAdvertisementS(node)).toBeUndefined();
});
