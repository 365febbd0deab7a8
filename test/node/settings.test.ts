/** What a configuration file says reaches the core. */
import { expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { setDevice } from "../../bindings/commands.ts";
import { loadConfig } from "../../bindings/config/index.ts";
import { Role } from "../../bindings/engine.ts";
import { configure, loopSettings } from "../../platforms/node/settings.ts";
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

it("that there are none (6275-8.4-12)", () => {
  const node = homeAgent("enabled = false");
  node.receive(ACCESS, prefixSolicitation());
  expect(node.refused(Reason.PrefixAdvertisementsOff)).toBe(1);
  expect(firstAdvertisementS(node)).toBeUndefined();
});
