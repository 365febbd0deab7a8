/** The Home Agents List (RFC 6275 §10.1, §10.5.1). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { setDevice } from "../../bindings/commands.ts";
import { readHomeAgents } from "../../bindings/status.ts";
import {
  ACCESS, HOME, HOME_AGENT, LINK_LOCAL, NEIGHBOUR, advertisement, configureLink, homeLinkAgent, solicitation, taken,
} from "./advertising.ts";
import { type Node, homeAgent } from "./harness.ts";
import { codec } from "./network.ts";

const others = (node: Node) => readHomeAgents(node.engine).filter(({ current }) => !current);
const names = (node: Node) => node.events.map(({ name }) => name).filter((name) => name.startsWith("HomeAgent"));

describe("this home agent itself", () => {
  it("is in its list with all its addresses (6275-10.1-1)", () => {
    const node = homeLinkAgent({
      link: { preference: 7 }, homePrefixes: [
        { address: parseAddress("2001:db8:100::"), length: 64 },
        { address: parseAddress("2001:db8:101::1"), length: 64, routerAddress: true, validMs: 60_000 },
      ],
    });
    const self = { linkLocal: LINK_LOCAL, preference: 7, remainingMs: 1_800_000, current: true };
    expect(readHomeAgents(node.engine)).toEqual([{ ...self, address: HOME_AGENT }, { ...self, address: "2001:db8:101::1" }]);
    node.advance(60_000); // the second prefix is no longer valid
    expect(readHomeAgents(node.engine)).toEqual([{ ...self, address: HOME_AGENT }]);
  });

  it("is in it on a virtual home link as well", () => {
    expect(readHomeAgents(homeAgent().engine)).toMatchObject([{ address: HOME_AGENT, remainingMs: Infinity, preference: 0, current: true }]);
  });
});

describe("another home agent of the link (6275-8.4-8)", () => {
  it("is listed with preference and lifetime of its Home Agent Information option (6275-10.5.1-1, 6275-10.5.1-2)", () => {
    const node = homeLinkAgent();
    node.receive(HOME, advertisement({ preference: 0xfffb, agentLifetime: 300, addresses: ["2001:db8:100::2", "2001:db8:101::2"] }));
    const agent = { linkLocal: NEIGHBOUR, preference: 0xfffb, remainingMs: 300_000, current: false };
    expect(others(node)).toEqual([{ ...agent, address: "2001:db8:100::2" }, { ...agent, address: "2001:db8:101::2" }]);
    expect(node.events.find(({ name }) => name === "HomeAgentHeard")?.fields)
      .toEqual({ linkLocal: NEIGHBOUR, homeAgent: "2001:db8:100::2", preference: 0xfffb, lifetimeS: 300 });
  });

  it("has preference 0 and the router's lifetime without that option (6275-7.4-3, 6275-7.4-9)", () => {
    const node = homeLinkAgent();
    node.receive(HOME, advertisement({ lifetime: 900 }));
    expect(others(node)).toMatchObject([{ preference: 0, remainingMs: 900_000 }]);
  });

  it("is renewed, and heard of again only when its preference is another one", () => {
    const node = homeLinkAgent();
    node.receive(HOME, advertisement({ lifetime: 900 }));
    node.advance(600_000);
    node.receive(HOME, advertisement({ lifetime: 900 }));
    expect(others(node)).toMatchObject([{ remainingMs: 900_000 }]);
    expect(names(node)).toEqual(["HomeAgentHeard"]);
    node.receive(HOME, advertisement({ preference: 3 }));
    expect(others(node)).toMatchObject([{ preference: 3 }]);
    expect(names(node)).toEqual(["HomeAgentHeard", "HomeAgentHeard"]);
  });

  it("goes when its lifetime ends (6275-10.1-4, 6275-10.5.1-3)", () => {
    const node = homeLinkAgent();
    node.receive(HOME, advertisement({ lifetime: 900 }));
    node.advance(899_000);
    expect(others(node)).toHaveLength(1);
    node.advance(1001);
    expect(others(node)).toEqual([]);
    expect(names(node)).toEqual(["HomeAgentHeard", "HomeAgentGone"]);
  });

  it.each([
    ["says that its lifetime is zero", advertisement({ lifetime: 0 })],
    ["says so in its option", advertisement({ preference: 1, agentLifetime: 0 })],
    ["no longer sets the H bit", advertisement({ homeAgent: false })],
  ])("goes at once when it %s (RFC 6275 §10.5.1)", (_, last) => {
    const node = homeLinkAgent();
    node.receive(HOME, last);
    expect(others(node)).toEqual([]); // and none is made by it
    node.receive(HOME, advertisement());
    expect(others(node)).toHaveLength(1);
    node.receive(HOME, last);
    expect(others(node)).toEqual([]);
    expect(names(node)).toEqual(["HomeAgentHeard", "HomeAgentGone"]);
  });

  it("loses an address with its prefix, and stays (6275-10.1-3)", () => {
    const node = homeLinkAgent();
    node.receive(HOME, advertisement({ addresses: ["2001:db8:100::2"], valid: 60 }));
    node.receive(HOME, advertisement({ addresses: ["2001:db8:101::2"], valid: 120 }));
    expect(others(node).map(({ address }) => address)).toEqual(["2001:db8:100::2", "2001:db8:101::2"]);
    node.advance(60_001);
    expect(others(node).map(({ address }) => address)).toEqual(["2001:db8:101::2"]);
    node.receive(HOME, advertisement({ addresses: ["2001:db8:101::2"], valid: 0 }));
    expect(others(node)).toEqual([]);
    expect(names(node)).toEqual(["HomeAgentHeard"]); // it has no address now, and is still there
  });

  it("has no addresses but those with the R bit that can be global", () => {
    const node = homeLinkAgent();
    node.receive(HOME, advertisement({ routerAddress: false }));
    node.receive(HOME, advertisement({ addresses: ["fe80::2", "ff02::1", "::"] }));
    node.receive(HOME, advertisement({ prefixLength: 129 }));
    expect(others(node)).toEqual([]);
  });
});

describe("what does not change the list", () => {
  it.each([
    ["from a global address", { source: "2001:db8:100::2" }, Reason.RouterNotLinkLocal],
    ["that came over a router", { hopLimit: 254 }, Reason.NeighbourHopLimit],
    ["from our own address", { source: LINK_LOCAL }, Reason.AdvertisementFromOurAddress],
  ])("an advertisement %s", (_, options, reason) => {
    const node = homeLinkAgent();
    node.receive(HOME, advertisement(options));
    expect(others(node)).toEqual([]);
    expect(node.refused(reason)).toBe(1);
  });

  it("an advertisement on another link, and one that is damaged", () => {
    const node = homeLinkAgent();
    node.receive(ACCESS, advertisement());
    expect(node.refused(Reason.NotForUs)).toBe(1);
    const damaged = advertisement();
    damaged[60] ^= 1;
    node.receive(HOME, damaged);
    expect(node.refused(Reason.Icmpv6Checksum)).toBe(1);
    node.receive(HOME, advertisement().slice(0, -1));
    expect(node.refused(Reason.Ipv6Truncated)).toBe(1);
    expect(others(node)).toEqual([]);
  });

  it("more home agents, and more addresses of one, than there is room for", () => {
    const node = homeLinkAgent();
    for (let index = 2; index < 136; index++) node.receive(HOME, advertisement({ source: `fe80::${index}`, addresses: [`2001:db8:100::${index}`] }));
    expect(others(node)).toHaveLength(128);
    expect(node.refused(Reason.HomeAgentsListFull)).toBe(6);
    node.receive(HOME, advertisement({ source: "fe80::2", addresses: Array.from({ length: 9 }, (_, index) => `2001:db8:100::f${index}`) }));
    expect(others(node)).toHaveLength(128 + 7);
    expect(node.refused(Reason.HomeAgentsListFull)).toBe(7);
    node.receive(HOME, advertisement({ source: "fe80::3", lifetime: 0 }));
    node.receive(HOME, advertisement({ source: "fe80::99" }));
    expect(others(node).map(({ linkLocal }) => linkLocal)).toContain("fe80::99");
  });

  it("the options of an advertisement in other messages (6275-7.3-6, 6275-7.4-11)", () => {
    const node = homeLinkAgent();
    const options: LayerInput[] = [
      { name: "home-agent-information", fields: { preference: 9, lifetime: 600 } }, { name: "advertisement-interval", fields: { interval: 50 } },
      { name: "prefix-information", fields: { prefix: "2001:db8:100::2", prefixLength: 64, routerAddress: true, validLifetime: 600 } },
    ];
    const ipv6 = { name: "ipv6", fields: { source: NEIGHBOUR, destination: "ff02::2", hopLimit: 255 } };
    node.receive(HOME, codec.encode([ipv6, { name: "router-solicitation", options }]));
    expect(others(node)).toEqual([]);
    node.receive(HOME, advertisement({ preference: 1 }));
    node.receive(HOME, codec.encode([ipv6, { name: "router-solicitation", options }]));
    expect(others(node)).toMatchObject([{ preference: 1 }]);
    node.advance(4000);
    expect(taken(node, "router-advertisement").length).toBeGreaterThan(0); // answered all the same
  });

  it("what a home agent with a virtual home link hears", () => {
    const node = homeAgent();
    node.receive(ACCESS, advertisement());
    node.receive(ACCESS, solicitation());
    expect(node.refused(Reason.NotForUs)).toBe(2);
    expect(others(node)).toEqual([]);
  });
});

it("the list begins anew on another home link", () => {
  const node = homeLinkAgent();
  node.receive(HOME, advertisement());
  setDevice(node.engine, { index: 3, kind: "access", mtu: 1500, up: true }, node.now);
  configureLink(node, { device: HOME });
  expect(others(node)).toHaveLength(1);
  configureLink(node, { device: 3 });
  expect(others(node)).toEqual([]);
  expect(names(node)).toEqual(["HomeAgentHeard", "HomeAgentGone"]);
});
