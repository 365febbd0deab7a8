import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ConfigError, explainConfig, formatProblem, loadConfig } from "../../bindings/config/index.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";
const ROLES = ["home-agent", "mobile-node", "correspondent"] as const;
const files: Record<string, string> = { good: `${KEY}\n`, other: `ff${KEY}\n`, short: "00:01:02", text: "correct horse" };

function readFile(path: string): string {
  const content = files[path];
  if (content === undefined) throw Object.assign(new Error(`no file ${path}`), { code: "ENOENT" });
  return content;
}

function load(text: string, fileName = "f.toml") {
  return loadConfig(text, fileName, { readFile });
}

/** All problems of a bad file, one a line. */
function problems(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
  return [];
}

function warnings(text: string): string[] {
  return load(text).warnings.map(formatProblem);
}

const HOME_AGENT = `role = "home-agent"
address = "2001:db8:100::1"
home_prefixes = ["2001:db8:100::/64", "2001:db8:200::/64"]
`;
const NODE = `[[node]]
identity = "car17@example.org"
home_addresses = ["2001:db8:100::17"]
spi = 300
key_file = "good"
`;
const NODE2 = NODE.replace("car17", "car18").replace("::17", "::18").replace("300", "301").replace("good", "other");
const MOBILE_NODE = `role = "mobile-node"
home_address = "2001:db8:100::17"
home_agent = "2001:db8:100::1"
identity = "car17@example.org"
uplinks = ["wlan0"]
spi = 300
key_file = "good"
`;

const CORRESPONDENT = `role = "correspondent"
addresses = ["2001:db8:200::1"]
`;
const HOME_LINK = `${HOME_AGENT}[home_link]
interface = "eth1"
`;
const PREFIX = `[[home_link.prefix]]
prefix = "2001:db8:100::/64"
`;
const ROUTES = `${MOBILE_NODE}[route_optimisation]
`;
const RULE = `[[route_optimisation.rule]]
prefix = "2001:db8:9::/48"
policy = "never"
`;

/** What is changed in a good file, and the first line that is then printed. */
type BadFile = [name: string, text: string, firstLine: string];

const A_KEY = "must be a key of 16 to 64 octets in hexadecimal digits";
const A_KEY_FILE = A_KEY.replace("be", "hold");
const WHERE = "; a relative path begins at this file's folder";
const AN_ADDRESS = "must be a routable unicast IPv6 address";
const A_PREFIX = 'must be an IPv6 prefix like "2001:db8:100::/64"';
const UPLINKS = "must be a list of one or more, each an interface name of 1 to 15 characters";
const HOME_AGENT_KEYS = "known keys: role, address, home_prefixes, ipv4_address, ipv4_pools, ipv4_lease, " +
  "allow_force_udp, force_udp, udp_over_ipv6, probes, tunnel, max_lifetime, " +
  "refresh_advice, max_bindings, max_nodes, replay_window, state_file, control, log_level, nat, " +
  "home_link, " +
  "mobile_prefix_advertisements, node";
const NODE_KEYS = "known keys: identity, home_addresses, ipv4_home_address, authentication, spi, key, key_file, " +
  "replay_protection, max_lifetime";
const A_NAI = 'must be a network access identifier like "car17@example.org"';

const badFiles: BadFile[] = [
  ["no value", "role = \n", "f.toml:2:1: is not TOML: unspecified values are invalid"],
  ["open text", 'role = "home-agent\n', "f.toml:1:19: is not TOML: unterminated string constant"],
  ["key twice", HOME_AGENT + 'tunnel = "mext1"\ntunnel = "mext1"\n',
    "f.toml:5:1: is not TOML: defining a key multiple times is invalid"],
  ["table twice as another kind", HOME_AGENT + "[[node]]\n[node]\n",
    "f.toml:5:2: is not TOML: defining a key multiple times is invalid"],
  ["empty file", "", 'f.toml:1:1: role: is missing, must be "home-agent" or "mobile-node" or "correspondent"'],
  ["unknown role", 'role = "home"', 'f.toml:1:8: role: is "home", must be "home-agent" or "mobile-node" or "correspondent"'],
  ["role of another type", "role = 1", 'f.toml:1:8: role: is 1, must be "home-agent" or "mobile-node" or "correspondent"'],

  ["unknown key with a near one", HOME_AGENT + 'home-prefixs = ["2001:db8:100::/64"]',
    'f.toml:4:1: home-prefixs: is no known key, did you mean "home_prefixes"?'],
  ["unknown key of a node", HOME_AGENT + NODE + "lifetime_max = 1",
    `f.toml:9:1: node[0].lifetime_max: is no known key, ${NODE_KEYS}`],
  ["key of the other role", HOME_AGENT + 'optimistic = true',
    `f.toml:4:1: optimistic: is no known key, ${HOME_AGENT_KEYS}`],
  ["key of no prototype", HOME_AGENT + "__proto__ = 1\n",
    `f.toml:4:1: __proto__: is no known key, ${HOME_AGENT_KEYS}`],
  ["quoted key", HOME_AGENT + '"a.b\\n" = 1\n',
    `f.toml:4:1: "a.b\\n": is no known key, ${HOME_AGENT_KEYS}`],
  ["missing key of the file", MOBILE_NODE.replace(/home_address.*\n/, ""),
    `f.toml:1:1: home_address: is missing, ${AN_ADDRESS}`],
  ["missing key of a table", HOME_AGENT + NODE + NODE2.replace(/identity.*\n/, ""),
    `f.toml:9:1: node[1].identity: is missing, ${A_NAI}`],
  ["missing key of an inline table", HOME_AGENT + 'node = [{ home_addresses = ["2001:db8:100::2"] }]',
    `f.toml:4:9: node[0].identity: is missing, ${A_NAI}`],

  ["text for integer", HOME_AGENT + 'max_bindings = "10"',
    "f.toml:4:16: max_bindings: is a text, must be an integer from 1 to 1000000"],
  ["decimal for integer", HOME_AGENT + "max_bindings = 1.5",
    "f.toml:4:16: max_bindings: is 1.5, must be an integer from 1 to 1000000"],
  ["huge integer", HOME_AGENT + "max_bindings = 99999999999999999999",
    "f.toml:4:16: max_bindings: is an integer that could be a key (not shown), " +
    "must be an integer from 1 to 1000000"],
  ["infinity for integer", HOME_AGENT + "max_bindings = inf",
    "f.toml:4:16: max_bindings: is a huge number, must be an integer from 1 to 1000000"],
  ["integer for duration", MOBILE_NODE + "lifetime = 600",
    'f.toml:8:12: lifetime: is an integer, must be a duration from "4s" to "262140s"'],
  ["date for text", MOBILE_NODE + "log_level = 07:32:00",
    'f.toml:8:13: log_level: is a date or time, must be "trace" or "debug" or "info" or "warn" or "error"'],
  ["text for boolean", MOBILE_NODE + 'optimistic = "yes"',
    "f.toml:8:14: optimistic: is a text, must be true or false"],
  ["text for list", MOBILE_NODE.replace('["wlan0"]', '"wlan0"'),
    `f.toml:5:11: uplinks: is a text, ${UPLINKS}`],
  ["empty list", MOBILE_NODE.replace('["wlan0"]', "[]"),
    `f.toml:5:11: uplinks: is empty, ${UPLINKS}`],
  ["item of another type", MOBILE_NODE.replace('["wlan0"]', '["wlan0",\n  7]'),
    "f.toml:6:3: uplinks[1]: is an integer, must be an interface name of 1 to 15 characters"],
  ["table for tables", HOME_AGENT + NODE.replace("[[node]]", "[node]"),
    "f.toml:4:1: node: is a table, must be a list of tables, each with a header in double brackets"],
  ["list for tables", HOME_AGENT + "node = [1]",
    "f.toml:4:8: node: is a list, must be a list of tables, each with a header in double brackets"],
  ["table for address", HOME_AGENT.replace('address = "2001:db8:100::1"', 'address.one = "::1"'),
    `f.toml:2:1: address: is a table, ${AN_ADDRESS}`],

  ["bad address", MOBILE_NODE.replace("2001:db8:100::17", "2001:db8:100:17"),
    `f.toml:2:16: home_address: is "2001:db8:100:17", which has 4 groups, an address has 8, ${AN_ADDRESS}`],
  ["address with zone", MOBILE_NODE.replace("2001:db8:100::17", "fe80::1%eth0"),
    'f.toml:2:16: home_address: is "fe80::1%eth0", which has a zone (%), an address here has none, ' +
    AN_ADDRESS],
  ["link-local address (6275-4.6-1)", MOBILE_NODE.replace("2001:db8:100::17", "fe80::1"),
    `f.toml:2:16: home_address: is "fe80::1", which is a link-local address, ${AN_ADDRESS}`],
  ["multicast address (6275-4.6-1)", HOME_AGENT.replace("2001:db8:100::1", "ff02::1"),
    `f.toml:2:11: address: is "ff02::1", which is a multicast address, ${AN_ADDRESS}`],
  ["empty address", HOME_AGENT.replace("2001:db8:100::1", ""),
    `f.toml:2:11: address: is empty, ${AN_ADDRESS}`],
  ["bad prefix", HOME_AGENT.replace("2001:db8:200::/64", "2001:db8:200::"),
    `f.toml:3:39: home_prefixes[1]: is "2001:db8:200::", which has no prefix length (/), ${A_PREFIX}`],
  ["prefix with host bits", HOME_AGENT.replace("2001:db8:100::/64", "2001:db8:100::1/64"),
    'f.toml:3:18: home_prefixes[0]: is "2001:db8:100::1/64", which has bits set behind its first 64 ' +
    `(the prefix is 2001:db8:100::/64), ${A_PREFIX}`],
  ["duration without unit", MOBILE_NODE + 'lifetime = "600"',
    'f.toml:8:12: lifetime: is "600", must be a duration from "4s" to "262140s"'],
  ["lifetime that no message can carry", MOBILE_NODE + 'lifetime = "73h"',
    'f.toml:8:12: lifetime: is "73h", must be a duration from "4s" to "262140s"'],
  ["unknown word", CORRESPONDENT + 'log_level = "loud"',
    'f.toml:3:13: log_level: is "loud", must be "trace" or "debug" or "info" or "warn" or "error"'],
  ["long interface name", HOME_AGENT + 'tunnel = "a-tunnel-for-mext"',
    'f.toml:4:10: tunnel: is "a-tunnel-for-mext", must be an interface name of 1 to 15 characters'],
  ["identity without realm", HOME_AGENT + NODE.replace("@example.org", ""),
    `f.toml:5:12: node[0].identity: is "car17", ${A_NAI}`],
  ["identity too long for its option", HOME_AGENT + NODE.replace("car17", "c".repeat(243)),
    `f.toml:5:12: node[0].identity: has 255 octets, more than 254, ${A_NAI}`],
  ["reserved SPI", HOME_AGENT + NODE.replace("300", "255"),
    "f.toml:7:7: node[0].spi: is 255, must be an integer from 256 to 4294967295"],
  ["SPI beyond 32 bits", HOME_AGENT + NODE.replace("300", "4294967296"),
    "f.toml:7:7: node[0].spi: is 4294967296, must be an integer from 256 to 4294967295"],

  ["same prefix twice", HOME_AGENT.replace("2001:db8:200::/64", "2001:db8:100::/64"),
    "f.toml:3:39: home_prefixes[1]: overlaps home_prefixes[0], must be separate"],
  ["prefix in another", HOME_AGENT.replace("2001:db8:200::/64", "2001:db8::/32"),
    "f.toml:3:39: home_prefixes[1]: overlaps home_prefixes[0], must be separate"],
  ["same identity", HOME_AGENT + NODE + NODE2.replace("car18", "car17"),
    "f.toml:10:12: node[1].identity: is the same as node[0].identity, every node needs its own"],
  ["same SPI", HOME_AGENT + NODE + NODE2.replace("301", "300"),
    "f.toml:12:7: node[1].spi: is the same as node[0].spi, every node needs its own"],
  ["same key (6275-5.1-5)", HOME_AGENT + NODE + NODE2.replace("other", "good"),
    "f.toml:13:12: node[1].key_file: is the key of car17@example.org (line 8) and of car18@example.org, " +
    "every node needs a random key of its own (RFC 6275 §5.1)"],
  ["same key, written differently (6275-5.1-5)",
    HOME_AGENT + NODE + NODE2.replace('key_file = "other"', `key = "0x${KEY.replace(/../g, "$& ")}"`),
    "f.toml:13:7: node[1].key: is the key of car17@example.org (line 8) and of car18@example.org, " +
    "every node needs a random key of its own (RFC 6275 §5.1)"],
  ["same home address, written differently", HOME_AGENT + NODE + NODE2.replace("::18", ":0:0:0:0:17"),
    "f.toml:11:19: node[1].home_addresses[0]: is the same as node[0].home_addresses[0], " +
    "every home address has one owner"],
  ["home address outside", HOME_AGENT + NODE.replace("db8:100::17", "db8:300::17"),
    'f.toml:6:19: node[0].home_addresses[0]: is "2001:db8:300::17", outside of the home prefixes, ' +
    "must be in one of home_prefixes"],
  ["home agent's address", HOME_AGENT + NODE.replace("::17", "::1"),
    "f.toml:6:19: node[0].home_addresses[0]: is the address of the home agent, must be another address"],
  ["anycast home address (6275-4.6-1)", HOME_AGENT + NODE.replace("::17", "::"),
    "f.toml:6:19: node[0].home_addresses[0]: is the Subnet-Router anycast address, " +
    "must be a unicast address"],
  ["anycast home address of a mobile node (6275-4.6-1)", MOBILE_NODE.replace("::17", "::"),
    "f.toml:2:16: home_address: is the Subnet-Router anycast address, must be a unicast address"],
  ["same uplink", MOBILE_NODE.replace('["wlan0"]', '["wlan0", "wlan0"]'),
    "f.toml:5:21: uplinks[1]: is the same as uplinks[0], every uplink is named once"],
  ["uplink through the tunnel", MOBILE_NODE.replace("wlan0", "mext0"),
    "f.toml:5:12: uplinks[0]: is the tunnel device, must be another interface"],
  ["more nodes than allowed", HOME_AGENT + "max_nodes = 1\n" + NODE + NODE2,
    "f.toml:4:13: max_nodes: is 1, must be at least 2, the number of nodes"],
  ["refresh advice with stored bindings (6275-10.3.1-29)",
    HOME_AGENT + 'refresh_advice = "1m"\nstate_file = "/s"',
    "f.toml:4:18: refresh_advice: is set beside state_file, must be absent then (RFC 6275 §10.3.1)"],
  ["refresh advice not below the lifetime (6275-10.3.1-31)", HOME_AGENT + 'refresh_advice = "1h"',
    "f.toml:4:18: refresh_advice: is not less than max_lifetime, must be less (RFC 6275 §10.3.1)"],
  ["refresh advice not below a node's lifetime (6275-10.3.1-31)",
    HOME_AGENT + 'refresh_advice = "10m"\n' + NODE + 'max_lifetime = "10m"',
    "f.toml:10:16: node[0].max_lifetime: is not more than refresh_advice, must be more (RFC 6275 §10.3.1)"],
  ["first timeout beyond the last", MOBILE_NODE + 'max_binding_ack_timeout = "1s"',
    "f.toml:1:1: initial_binding_ack_timeout_first_registration: is 1500 ms, " +
    "must be at most max_binding_ack_timeout, 1000 ms"],

  ["hyphen in the name of a table", `${MOBILE_NODE}[route-optimisation]`,
    'f.toml:8:2: route-optimisation: is no known key, did you mean "route_optimisation"?'],
  ["unknown key of a table", `${HOME_LINK}preferense = 1`,
    'f.toml:6:1: home_link.preferense: is no known key, did you mean "preference"?'],
  ["value for a table", `${MOBILE_NODE}route_optimisation = "never"`,
    "f.toml:8:1: route_optimisation: is a text, must be a table"],
  ["tables for a table", `${HOME_AGENT}[[home_link]]`, "f.toml:4:3: home_link: is a list, must be a table"],
  ["unknown policy", `${ROUTES}policy = "auto"`,
    'f.toml:9:10: route_optimisation.policy: is "auto", must be "never" or "automatic" or "always"'],
  ["lifetime beyond MAX_RR_BINDING_LIFETIME", `${ROUTES}lifetime = "421s"`,
    'f.toml:9:12: route_optimisation.lifetime: is "421s", must be a duration from "4s" to "420s"'],
  ["rule without policy", ROUTES + RULE.replace(/policy.*/, ""),
    'f.toml:9:1: route_optimisation.rule[0].policy: is missing, must be "never" or "automatic" or "always"'],
  ["two rules for a prefix", ROUTES + RULE + RULE,
    "f.toml:13:10: route_optimisation.rule[1].prefix: is the same as route_optimisation.rule[0].prefix, " +
    "every prefix has one rule"],
  ["more rules than possible",
    ROUTES + Array.from({ length: 65 }, (_, at) => RULE.replace("db8:9:", `db8:${at.toString(16)}:`)).join(""),
    "f.toml:201:1: route_optimisation.rule[64]: is one rule too many, at most 64 are possible"],
  ["home prefix without room for an anycast identifier", `${MOBILE_NODE}home_prefix_length = 121`,
    "f.toml:8:22: home_prefix_length: is 121, must be an integer from 1 to 120"],
  ["no own address", CORRESPONDENT.replace('["2001:db8:200::1"]', "[]"),
    `f.toml:2:13: addresses: is empty, must be a list of one or more, each ${AN_ADDRESS.replace("must be ", "")}`],
  ["own address twice", CORRESPONDENT.replace("]", ', "2001:db8:200:0::1"]'),
    "f.toml:2:33: addresses[1]: is the same as addresses[0], every address is named once"],
  ["too many own addresses", `role = "correspondent"\naddresses = [${
    Array.from({ length: 17 }, (_, at) => `"2001:db8::${at + 1}"`).join(",\n")}]`,
    "f.toml:18:1: addresses[16]: is one address too many, at most 16 are possible"],
  ["home link in the tunnel", HOME_LINK.replace("eth1", "mext0"),
    "f.toml:5:13: home_link.interface: is the tunnel device, must be another interface"],
  ["home agent that is not on its home link", HOME_LINK.replace("2001:db8:100::1", "2001:db8:300::1"),
    'f.toml:2:11: address: is "2001:db8:300::1", outside of the home prefixes, ' +
    "must be in one of home_prefixes when home_link has an interface"],
  ["intervals that are too near", `${HOME_LINK}max_interval = "10s"\nmin_interval = "8s"`,
    "f.toml:7:16: home_link.min_interval: is 8000 ms, " +
    "must be at most 7500 ms, three quarters of max_interval (RFC 4861 §6.2.1)"],
  ["router lifetime below the interval", `${HOME_LINK}router_lifetime = "5m"`,
    "f.toml:6:19: home_link.router_lifetime: is 300000 ms, " +
    "must be 0s or at least max_interval, 600000 ms (RFC 4861 §6.2.1)"],
  ["preference beyond 16 bits", `${HOME_LINK}preference = 65536`,
    "f.toml:6:14: home_link.preference: is 65536, must be an integer from 0 to 65535"],
  ["lifetime of nothing", `${HOME_LINK}lifetime = "0s"`,
    'f.toml:6:12: home_link.lifetime: is "0s", must be a duration from "1s" to "65535s"'],
  ["prefix advertisements whose intervals are the wrong way round",
    `${HOME_AGENT}[mobile_prefix_advertisements]\nmin_interval = "2h"\nmax_interval = "1h"`,
    "f.toml:5:16: mobile_prefix_advertisements.min_interval: is 7200000 ms, " +
    "must be at most max_interval, 3600000 ms"],
  ["prefix advertisements without end", `${HOME_AGENT}[mobile_prefix_advertisements]\nmin_interval = "0s"`,
    'f.toml:5:16: mobile_prefix_advertisements.min_interval: is "0s", must be a duration from "1s" to "24h"'],
  ["a prefix that is not the home link's", HOME_LINK + PREFIX.replace("100", "300"),
    'f.toml:7:10: home_link.prefix[0].prefix: is "2001:db8:300::/64", must be one of home_prefixes'],
  ["a prefix described twice", HOME_LINK + PREFIX + PREFIX,
    "f.toml:9:10: home_link.prefix[1].prefix: is the same as home_link.prefix[0].prefix, " +
    "every prefix is described once"],
  ["preferred for longer than valid", `${HOME_LINK}${PREFIX}valid_lifetime = "1h"\npreferred_lifetime = "2h"`,
    "f.toml:9:22: home_link.prefix[0].preferred_lifetime: is more than valid_lifetime, " +
    "must be at most as long (RFC 4861 §4.6.2)"],
  ["router address of another prefix", `${HOME_LINK}${PREFIX}router_address = "2001:db8:200::1"`,
    'f.toml:8:18: home_link.prefix[0].router_address: is "2001:db8:200::1", must have the prefix 2001:db8:100::/64'],

  ["short key", MOBILE_NODE.replace(/key_file.*/, 'key = "0x0001 0203"'),
    `f.toml:7:7: key: has 4 octets, too short, ${A_KEY}`],
  ["long key", MOBILE_NODE.replace(/key_file.*/, `key = "${"00".repeat(65)}"`),
    `f.toml:7:7: key: has 65 octets, too long, ${A_KEY}`],
  ["half an octet", MOBILE_NODE.replace(/key_file.*/, `key = "${KEY}0"`),
    `f.toml:7:7: key: has half an octet (an odd number of digits), ${A_KEY}`],
  ["base64 key", MOBILE_NODE.replace(/key_file.*/, 'key = "AAECAwQFBgcICQoLDA0ODw=="'),
    `f.toml:7:7: key: has other characters than hexadecimal digits, ${A_KEY}`],
  ["empty key", MOBILE_NODE.replace(/key_file.*/, 'key = ""'), `f.toml:7:7: key: is empty, ${A_KEY}`],
  ["no text as key", MOBILE_NODE.replace(/key_file.*/, "key = 1234"),
    `f.toml:7:7: key: is an integer, ${A_KEY}`],
  ["no key", HOME_AGENT + NODE.replace(/key_file.*\n/, ""),
    `f.toml:4:1: node[0].key: is missing, ${A_KEY} (or set key_file), unless authentication is "none"`],
  ["no SPI", HOME_AGENT + NODE.replace(/spi.*\n/, ""),
    'f.toml:4:1: node[0].spi: is missing, must be set unless authentication is "none"'],
  ["two keys", MOBILE_NODE + `key = "${KEY}"`,
    "f.toml:7:12: key_file: is set beside key, only one of them may be"],
  ["no key file", MOBILE_NODE.replace('"good"', '"none"'),
    `f.toml:7:12: key_file: names a file that cannot be read (ENOENT), ${A_KEY_FILE}${WHERE}`],
  ["short key file", MOBILE_NODE.replace('"good"', '"short"'),
    `f.toml:7:12: key_file: names a file whose content has 3 octets, too short, ${A_KEY_FILE}`],
  ["key file with another text", MOBILE_NODE.replace('"good"', '"text"'),
    "f.toml:7:12: key_file: names a file whose content has other characters than hexadecimal digits, " +
    A_KEY_FILE],
  ["SPI without authentication", MOBILE_NODE.replace(/key_file.*/, 'authentication = "none"'),
    'f.toml:6:7: spi: is set, must be absent when authentication is "none"'],
];

describe("a bad file", () => {
  it.each(badFiles)("%s", (_name, text, firstLine) => {
    expect(problems(text)[0]).toBe(firstLine);
  });

  it("shows all its problems, sorted by line", () => {
    const head = `${HOME_AGENT.replace("::1", "::x")}log_level = "loud"\n`;
    const text = `${head}${NODE.replace("300", "1")}colour = 1\n`;
    expect(problems(text)).toEqual([
      'f.toml:2:11: address: is "2001:db8:100::x", which has a group that is not 1 to 4 hex digits, ' +
        AN_ADDRESS,
      'f.toml:4:13: log_level: is "loud", must be "trace" or "debug" or "info" or "warn" or "error"',
      "f.toml:8:7: node[0].spi: is 1, must be an integer from 256 to 4294967295",
      `f.toml:10:1: node[0].colour: is no known key, ${NODE_KEYS}`,
    ]);
  });

  it("shows one problem of a value that has two", () => {
    expect(problems(`${HOME_AGENT}max_bindings = 0.5`)).toHaveLength(1);
  });

  it("says that a host which reads no files cannot use key_file", () => {
    expect(() => loadConfig(MOBILE_NODE, "f.toml")).toThrow(
      `f.toml:7:12: key_file: names a file that cannot be read, ${A_KEY_FILE}${WHERE}`);
  });
});

describe("a good file", () => {
  it("gets the defaults of RFC 4285 §5.1 (4285-5.1-1) and of this program", () => {
    expect(load(HOME_AGENT).config).toEqual({
      role: "home-agent",
      address: "2001:db8:100::1",
      homePrefixes: ["2001:db8:100::/64", "2001:db8:200::/64"],
      tunnel: "mext0",
      ipv4LeaseMs: 86_400_000, allowForceUdp: true, forceUdp: false, udpOverIpv6: false, probes: true,
      nat: { refreshMs: 110_000, firstRefreshMs: 25_000 }, // 5555-3.2.2-6
      maxLifetimeMs: 3_600_000,
      maxBindings: 10_000,
      maxNodes: 10_000,
      replayWindowMs: 7_000,
      logLevel: "info",
      homeLink: {
        advertise: true, preference: 0, routerLifetimeMs: 1_800_000, maxIntervalMs: 600_000, minDelayMs: 3_000,
        intervalOption: true, unsolicited: true, prefixes: [], // max_interval of RFC 4861 (6275-7.5-7)
      },
      mobilePrefixAdvertisements: { enabled: true, minIntervalMs: 600_000, maxIntervalMs: 86_400_000 },
      nodes: [],
    });
  });

  it("gets the lifetime of RFC 6275 §12 for bindings of correspondent nodes, and route optimisation (6275-8.5-16)", () => {
    expect(load(CORRESPONDENT).config).toEqual({
      role: "correspondent", addresses: ["2001:db8:200::1"], enabled: true, maxLifetimeMs: 420_000,
      testsPerSecond: 1000, maxBindings: 10_000, tunnel: "mext0", logLevel: "info",
    });
    expect(load(MOBILE_NODE).config).toMatchObject({
      correspondent: true, homePrefixLength: 64,
      routeOptimisation: { policy: "automatic", afterPackets: 5, lifetimeMs: 420_000, retryMs: 60_000, rules: [] },
    });
  });

  it("may leave the home agent to be discovered", () => {
    expect(load(MOBILE_NODE.replace(/home_agent.*\n/, "")).config).toMatchObject({ homeAgent: undefined });
  });

  it("gets the timeouts of RFC 6275 §12 and §13, the first of them configurable", () => {
    const timeouts = {
      initialBindingAckTimeoutFirstRegistrationMs: 1_500,
      initialBindingAckTimeoutMs: 1_000,
      maxBindingAckTimeoutMs: 32_000,
    };
    expect(load(MOBILE_NODE).config).toMatchObject(timeouts);
    expect(load(`${MOBILE_NODE}initial_binding_ack_timeout_first_registration = "3s"`).config)
      .toMatchObject({ ...timeouts, initialBindingAckTimeoutFirstRegistrationMs: 3_000 });
  });

  it.each(ROLES)("is the example of %s", (role) => {
    const text = readFileSync(new URL(`../../examples/${role}.toml`, import.meta.url), "utf8");
    const keyOf = (path: string) => KEY + Buffer.from(path).toString("hex");
    const { config, warnings } = loadConfig(text, `${role}.toml`, { readFile: keyOf });
    expect(config.role).toBe(role);
    expect(warnings).toEqual([]);
  });

  it.each(ROLES)("is the explanation of %s, once its key file is there", (role) => {
    const text = explainConfig(role);
    expect(problems(text)).toEqual(
      role === "correspondent" ? [] : [expect.stringMatching(/key_file: names a file that cannot be read/)],
    );
    const { config, warnings } = loadConfig(text, role, { readFile: () => KEY });
    expect([config.role, warnings]).toEqual([role, []]);
    if (role === "mobile-node") expect(config).toMatchObject({ routeOptimisation: { rules: [] } });
  });

  it.each(ROLES)("is the explanation of %s with every default written out", (role) => {
    const implied = explainConfig(role);
    const written = implied.replace(/^(# Default: .*\n)# /gm, "$1");
    expect(written).not.toMatch(/# Default: .*\n#/);
    const [a, b] = [implied, written].map((text) => loadConfig(text, role, { readFile: () => KEY }).config);
    expect(a).toEqual(b);
  });
});

describe("a file that is allowed but unwise", () => {
  it.each([
    ["without authentication", HOME_AGENT + NODE.replace(/spi(.|\n)*/, 'authentication = "none"'),
      'f.toml:7:18: node[0].authentication: is "none", everybody can redirect the traffic of this node'],
    ["with a small replay window (4285-5.1-2, 4285-6-5)", HOME_AGENT + 'replay_window = "3s"',
      "f.toml:4:17: replay_window: is 3000 ms, should be more than 3 seconds (RFC 4285 §6)"],
    ["with settings of a virtual home link", `${HOME_AGENT}[home_link]\nmax_interval = "5s"`,
      "f.toml:5:16: home_link.max_interval: is set for a virtual home link, has no effect without home_link.interface"],
    ["with a unique local address (6275-4.6-2)", MOBILE_NODE.replace("2001:db8:100::17", "fd00::17"),
      "f.toml:2:16: home_address: is a unique local address, a global one is better (RFC 6275 §4.6)"],
  ])("gives a warning: %s", (_name, text, line) => {
    expect(warnings(text)).toEqual([line]);
  });

  it("gives a warning of a key file that others can read", () => {
    const file = { readFile: () => KEY, isExposed: (path: string) => path === "keys/open" };
    const warned = (path: string) => {
      const text = MOBILE_NODE.replace(/key_file.*/, `key_file = "${path}"`);
      return loadConfig(text, "f.toml", file).warnings.map(formatProblem);
    };
    expect(warned("keys/open")).toEqual([
      expect.stringMatching(/key_file: names a file that is not its owner's only, others could read the key: chmod 600$/),
    ]);
    expect(warned("keys/own")).toEqual([]);
  });

  it("gives none for a replay window of more than 3 seconds (4285-5.1-2, 4285-6-5)", () => {
    expect(warnings(`${HOME_AGENT}replay_window = "3001ms"`)).toEqual([]);
  });
});
