/** The fields of RFC 5555 in the files of a home agent and of a mobile node. */
import { describe, expect, it } from "vitest";
import { ConfigError, formatProblem, loadConfig } from "../../bindings/config/index.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";

function problems(text: string): string[] {
  try {
    loadConfig(text, "f.toml");
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
  return [];
}

const HOME_AGENT = `role = "home-agent"
address = "2001:db8:100::1"
home_prefixes = ["2001:db8:100::/64"]
`;
const SERVING = `${HOME_AGENT}ipv4_address = "192.0.2.1"
ipv4_pools = ["198.51.100.0/24"]
`;
const NODE = `[[node]]
identity = "car17@example.org"
home_addresses = ["2001:db8:100::17", "2001:db8:100::18"]
spi = 300
key = "${KEY}"
`;
const MOBILE_NODE = `role = "mobile-node"
home_address = "2001:db8:100::17"
home_agent = "2001:db8:100::1"
identity = "car17@example.org"
uplinks = ["wlan0"]
spi = 300
key = "${KEY}"
`;
const named = MOBILE_NODE.replace("2001:db8:100::1\"", "ha1.example.com\"");

const AN_IPV4 = "must be a routable unicast IPv4 address";
const A_BLOCK = 'must be IPv4 addresses like "198.51.100.0/24" or "198.51.100.10-198.51.100.99"';
const A_HOME_AGENT = "must be a routable unicast IPv6 address or a host name";
const AN_IPV4_HOME = `${AN_IPV4} or "dynamic" or "none"`;

describe("a bad file", () => {
  it.each([
    ["IPv6 for IPv4", SERVING.replace("192.0.2.1", "2001:db8::1"),
      `4:16: ipv4_address: is "2001:db8::1", which is no IPv4 address (four numbers with dots), ${AN_IPV4}`],
    ["an octet too large", SERVING.replace("192.0.2.1", "192.0.2.256"),
      `4:16: ipv4_address: is "192.0.2.256", which has a dotted tail that is no IPv4 address, ${AN_IPV4}`],
    ["an address that is not routable", SERVING.replace("192.0.2.1", "169.254.0.1"),
      `4:16: ipv4_address: is "169.254.0.1", which is a link-local address, ${AN_IPV4}`],
    ["this host", SERVING.replace("192.0.2.1", "0.0.0.0"),
      `4:16: ipv4_address: is "0.0.0.0", which is in the network 0.0.0.0/8, which means this host, ${AN_IPV4}`],
    ["a pool with host bits", SERVING.replace("198.51.100.0/24", "198.51.100.7/24"),
      '5:15: ipv4_pools[0]: is "198.51.100.7/24", which has bits set behind its first 24 ' +
      `(the prefix is 198.51.100.0/24), ${A_BLOCK}`],
    ["a pool without length", SERVING.replace("/24", ""),
      '5:15: ipv4_pools[0]: is "198.51.100.0", which has neither a prefix length (/) nor an end (-), ' + A_BLOCK],
    ["a pool of 33 bits", SERVING.replace("/24", "/33"),
      '5:15: ipv4_pools[0]: is "198.51.100.0/33", which has a prefix length that is no integer from 0 to 32, ' + A_BLOCK],
    ["a range from back to front", SERVING.replace("198.51.100.0/24", "198.51.100.9-198.51.100.2"),
      `5:15: ipv4_pools[0]: is "198.51.100.9-198.51.100.2", which ends before it begins, ${A_BLOCK}`],
    ["a pool of groups", SERVING.replace("198.51.100.0/24", "224.0.0.0/8"),
      `5:15: ipv4_pools[0]: is "224.0.0.0/8", where an address is a multicast address, ${A_BLOCK}`],
    ["pools that overlap", SERVING.replace("]\n", "]\n").replace('"198.51.100.0/24"]', '"198.51.100.0/24", "198.51.100.200-198.51.101.2"]'),
      "5:34: ipv4_pools[1]: overlaps ipv4_pools[0], must be separate"],
    ["too many pools", `${HOME_AGENT}ipv4_pools = [${Array.from({ length: 16 }, (_, at) => `"10.0.${at}.0/24"`).join(",\n")}]`,
      "19:1: ipv4_pools[15]: is one block too many, at most 15 are possible"],
    ["a lease of nothing", `${SERVING}ipv4_lease = "0s"`,
      '6:14: ipv4_lease: is "0s", must be a duration from "1m" to "8760h"'],
    ["an advice beyond its end", `${SERVING}[nat]\nrefresh = "20s"`,
      "6:1: nat.first_refresh: is 25000 ms, must be at most refresh, 20000 ms"],
    ["an advice too short", `${SERVING}[nat]\nfirst_refresh = "1s"`,
      '7:17: nat.first_refresh: is "1s", must be a duration from "10s" to "1h"'],
    ["no boolean", `${SERVING}probes = 1`, "6:10: probes: is an integer, must be true or false"],
    ["an IPv4 home address that is none", `${SERVING}${NODE}ipv4_home_address = "198.51.100"`,
      `11:21: node[0].ipv4_home_address: is "198.51.100", which is no IPv4 address (four numbers with dots), ` +
      `${AN_IPV4_HOME}; or a list of these`],
    ["one of several that is none", `${SERVING}${NODE}ipv4_home_address = ["dynamic", 7]`,
      `11:33: node[0].ipv4_home_address[1]: is an integer, ${AN_IPV4_HOME}`],
    ["more than home addresses", `${SERVING}${NODE}ipv4_home_address = ["none", "none", "dynamic"]`,
      "11:21: node[0].ipv4_home_address: are 3 addresses, must be at most 2, one for each of home_addresses"],
    ["dynamic without a pool", `${HOME_AGENT}${NODE}ipv4_home_address = "dynamic"`,
      '9:21: node[0].ipv4_home_address: is "dynamic", must be an address or "none": there are no ipv4_pools'],
    ["twice", `${SERVING}${NODE}ipv4_home_address = ["198.51.100.17", "198.51.100.17"]`,
      "11:39: node[0].ipv4_home_address[1]: is the same as node[0].ipv4_home_address[0], " +
      "every IPv4 home address has one owner"],
    ["the home agent's", `${SERVING}${NODE}ipv4_home_address = "192.0.2.1"`,
      "11:21: node[0].ipv4_home_address: is the address of the home agent, must be another address"],
    ["a home agent of IPv4", MOBILE_NODE.replace("2001:db8:100::1\"", "192.0.2.1\""),
      `3:14: home_agent: is "192.0.2.1", an IPv4 address (home_agent_ipv4 takes that, beside home_agent), ${A_HOME_AGENT}`],
    ["a name with a space", named.replace("ha1.", "ha 1."), `3:14: home_agent: is "ha 1.example.com", ${A_HOME_AGENT}`],
    ["a name that begins with a dot", named.replace("ha1", ""), `3:14: home_agent: is ".example.com", ${A_HOME_AGENT}`],
    ["a service beside a name", `${named}home_agent_service = "example.com"`,
      "8:22: home_agent_service: is set beside home_agent, only one of them may be"],
    ["a service of nothing", `${MOBILE_NODE.replace(/home_agent.*\n/, "")}home_agent_service = ""`,
      '7:22: home_agent_service: is empty, must be a domain name like "example.com"'],
    ["IPv4 beside a name", `${named}home_agent_ipv4 = "192.0.2.1"`,
      "8:19: home_agent_ipv4: is set beside the name of the home agent, must be absent then: A records tell the address"],
    ["IPv4 alone", `${MOBILE_NODE.replace(/home_agent.*\n/, "")}home_agent_ipv4 = "192.0.2.1"`,
      "7:19: home_agent_ipv4: is set without home_agent, must be absent then"],
    ["a name server by name", `${named}name_servers = ["ns.example.com"]`,
      '8:17: name_servers[0]: is "ns.example.com", which has a dotted tail that is no IPv4 address, must be an IPv6 or IPv4 address'],
    ["keepalives that are the wrong way round", `${MOBILE_NODE}[keepalive]\nfloor = "2m"`,
      "9:9: keepalive.floor: is 120000 ms, must be at most ceiling, 110000 ms"],
    ["a retry of nothing", `${MOBILE_NODE}retry = "0s"`, '8:9: retry: is "0s", must be a duration from "1s" to "1h"'],
  ])("%s", (_name, text, firstLine) => {
    expect(problems(text)[0]).toBe(`f.toml:${firstLine}`);
  });
});

describe("a good file", () => {
  it("has one IPv4 home address, or one for each home address", () => {
    const of = (value: string) => {
      const { config } = loadConfig(`${SERVING}${NODE}ipv4_home_address = ${value}`, "f.toml");
      return config.role === "home-agent" ? config.nodes[0].ipv4HomeAddress : undefined;
    };
    expect(of('"198.51.100.17"')).toEqual(["198.51.100.17"]);
    expect(of('["none", "198.51.100.18"]')).toEqual(["none", "198.51.100.18"]);
  });

  it("names the home agent, or a domain that has home agents (5555-2.1-1)", () => {
    expect(loadConfig(named.replace("ha1", "HA1"), "f.toml").config).toMatchObject({ homeAgent: "ha1.example.com" });
    const service = MOBILE_NODE.replace(/home_agent.*\n/, 'home_agent_service = "example.com"\n');
    expect(loadConfig(service, "f.toml").config).toMatchObject({ homeAgentService: "example.com" });
  });

  it("keeps NATs alive by the times of RFC 5555 §6", () => {
    expect(loadConfig(MOBILE_NODE, "f.toml").config).toMatchObject({
      ipv4: true, forceUdp: false, udpOverIpv6: false, retryMs: 30_000, keepalive: { floorMs: 15_000, ceilingMs: 110_000 },
    });
  });
});

describe("a file that is allowed but unwise", () => {
  it.each([
    ["force_udp without an address", `${HOME_AGENT}force_udp = true`,
      "4:13: force_udp: is set without ipv4_address, has no effect"],
    ["what concerns IPv4, without it", `${MOBILE_NODE}ipv4 = false\nforce_udp = true`,
      "9:13: force_udp: is set while ipv4 is false, has no effect"],
    ["name servers without a name", `${MOBILE_NODE}name_servers = ["192.0.2.53"]`,
      "8:16: name_servers: are set for a home agent without name, has no effect"],
  ])("%s", (_name, text, line) => {
    expect(loadConfig(text.replace(/\[\[node(.|\n)*/, ""), "f.toml").warnings.map(formatProblem)).toEqual([`f.toml:${line}`]);
  });
});
