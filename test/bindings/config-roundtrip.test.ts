/** Any configuration, rendered to TOML and loaded, is the same configuration. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, formatAnyAddress, formatPrefix, parseAddress, prefixOf } from "../../bindings/address.ts";
import { formatDuration } from "../../bindings/config/duration.ts";
import { toToml } from "../../bindings/config/explain.ts";
import {
  type Config, type CorrespondentConfig, type HomeAgentConfig, type HomeAgentNodeConfig, loadConfig, type MobileNodeConfig,
  type SecurityAssociation, SharedKey,
} from "../../bindings/config/index.ts";
import { ipv4OfNumber } from "../../bindings/ipv4.ts";

const HOME_LENGTH_BITS = 48;

const word = fc.stringMatching(/^[a-z0-9]{1,12}$/);
const path = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
const lifetimeMs = fc.integer({ min: 4_000, max: 262_140_000 });
const timeoutMs = fc.integer({ min: 1_000, max: 32_000 });
const logLevel = fc.constantFrom("trace", "debug", "info", "warn", "error");
const identity = fc.tuple(word, word).map(([user, realm]) => `${user}@${realm}.example`);
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });

/** A global unicast address (2000::/3) whose last 80 bits are not 0. */
const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((octets) => {
  octets[0] = 0x20 | (octets[0] & 0x1f);
  octets[15] |= 1;
  return octets;
});
const address = bytes.map(formatAddress);

const ipv4Address = fc.integer({ min: 0x0b00_0000, max: 0x7eff_ffff }).map((number) => formatAnyAddress(ipv4OfNumber(number)));

const association: fc.Arbitrary<SecurityAssociation> = fc.record({
  spi: fc.integer({ min: 256, max: 0xffffffff }),
  key: fc.uint8Array({ minLength: 16, maxLength: 64 }).map((octets) => new SharedKey(octets)),
  replayProtection: fc.constantFrom("timestamp", "sequence"),
});

const node: fc.Arbitrary<HomeAgentNodeConfig> = fc.record({
  identity,
  homeAddresses: fc.uniqueArray(address, { minLength: 1, maxLength: 3 }),
  ipv4HomeAddress: maybe(fc.constantFrom(["none"], ["dynamic"])),
  association: maybe(association),
  maxLifetimeMs: maybe(lifetimeMs),
});

const nodes = fc.array(node, { maxLength: 5 }).filter((list) => {
  const all = [
    ...list.map((one) => one.identity),
    ...list.flatMap((one) => one.homeAddresses),
    ...list.flatMap((one) => one.association?.spi ?? []),
  ];
  return new Set(all).size === all.length;
});

/** The prefixes of a home link are filled in by those of the home agent. */
const homeLink: fc.Arbitrary<HomeAgentConfig["homeLink"]> = fc.record({
  interface: maybe(word.map((name) => `home-${name}`.slice(0, 15))),
  advertise: fc.boolean(),
  preference: fc.integer({ min: 0, max: 65_535 }),
  routerLifetimeMs: fc.constantFrom(0, 1_800_000, 9_000_000),
  lifetimeMs: maybe(fc.integer({ min: 1_000, max: 65_535_000 })),
  minIntervalMs: maybe(fc.integer({ min: 30, max: 52 })),
  maxIntervalMs: fc.integer({ min: 70, max: 1_800_000 }),
  minDelayMs: fc.integer({ min: 30, max: 3_000 }),
  intervalOption: fc.boolean(),
  unsolicited: fc.boolean(),
  prefixes: fc.constant([]),
});
const prefixLifetimes = fc.record({
  validLifetimeMs: maybe(fc.integer({ min: 1_000, max: 4_294_967_294 }).map((seconds) => seconds * 1000)),
  preferredLifetimeMs: maybe(fc.integer({ min: 0, max: 1_000_000 })),
});

const mobilePrefixAdvertisements: fc.Arbitrary<HomeAgentConfig["mobilePrefixAdvertisements"]> = fc.record({
  enabled: fc.boolean(),
  minIntervalMs: fc.integer({ min: 1_000, max: 600_000 }),
  maxIntervalMs: fc.integer({ min: 600_000, max: 2_592_000_000 }),
});

const routeOptimisation: fc.Arbitrary<MobileNodeConfig["routeOptimisation"]> = fc.record({
  policy: policy(),
  afterPackets: fc.integer({ min: 1, max: 1_000_000 }),
  lifetimeMs: fc.integer({ min: 4_000, max: 420_000 }),
  retryMs: fc.integer({ min: 1_000, max: 86_400_000 }),
  rules: fc.uniqueArray(
    fc.record({ prefix: bytes.map((octets) => formatPrefix(prefixOf(octets, HOME_LENGTH_BITS))), policy: policy() }),
    { maxLength: 4, selector: ({ prefix }) => prefix },
  ),
});

function policy() {
  return fc.constantFrom("never" as const, "automatic" as const, "always" as const);
}

const correspondent: fc.Arbitrary<CorrespondentConfig> = fc.record({
  role: fc.constant("correspondent" as const),
  addresses: fc.uniqueArray(address, { minLength: 1, maxLength: 16 }),
  enabled: fc.boolean(),
  maxLifetimeMs: fc.integer({ min: 4_000, max: 420_000 }),
  testsPerSecond: fc.integer({ min: 1, max: 1_000_000 }),
  maxBindings: fc.integer({ min: 1, max: 1_000_000 }),
  tunnel: word,
  control: maybe(path),
  logLevel,
});

const homeAgent: fc.Arbitrary<HomeAgentConfig> = fc.record({
  role: fc.constant("home-agent" as const),
  address,
  nodes,
  ipv4Address,
  ipv4Pools: fc.subarray(["198.51.100.0/24", "203.0.113.7-203.0.113.9"], { minLength: 1 }),
  ipv4LeaseMs: fc.integer({ min: 60_000, max: 86_400_000 }),
  allowForceUdp: fc.boolean(),
  forceUdp: fc.boolean(),
  udpOverIpv6: fc.boolean(),
  probes: fc.boolean(),
  nat: fc.record({
    refreshMs: fc.integer({ min: 110_000, max: 3_600_000 }),
    firstRefreshMs: fc.integer({ min: 10_000, max: 110_000 }),
  }),
  tunnel: word,
  homeLink,
  mobilePrefixAdvertisements,
  maxLifetimeMs: lifetimeMs,
  refreshAdviceMs: maybe(fc.constant(4_000)),
  maxBindings: fc.integer({ min: 1, max: 1_000_000 }),
  maxNodes: fc.integer({ min: 5, max: 1_000_000 }),
  replayWindowMs: fc.integer({ min: 1, max: 3_600_000 }),
  stateFile: maybe(path),
  control: maybe(path),
  logLevel,
  lifetimes: fc.array(prefixLifetimes, { maxLength: 3 }),
}).filter(({ address, nodes }) => {
  return !nodes.some((one) => one.homeAddresses.includes(address));
}).map(({ lifetimes, ...config }) => {
  const own = formatPrefix(prefixOf(parseAddress(config.address), HOME_LENGTH_BITS));
  const homePrefixes = [...new Set([own, ...homePrefixesOf(config.nodes)])];
  return {
    ...config,
    refreshAdviceMs: isAdvisable(config) ? config.refreshAdviceMs : undefined,
    homePrefixes,
    homeLink: {
      ...config.homeLink,
      prefixes: lifetimes.slice(0, homePrefixes.length).map((each, at) => ({
        prefix: homePrefixes[at], ...each, routerAddress: at === 0 ? config.address : undefined,
      })),
    },
  };
});

const mobileNode: fc.Arbitrary<MobileNodeConfig> = fc.record({
  role: fc.constant("mobile-node" as const),
  homeAddress: address,
  homeAgent: maybe(address),
  ipv4HomeAddress: maybe(fc.oneof(ipv4Address, fc.constant("dynamic"))),
  ipv4: fc.boolean(),
  forceUdp: fc.boolean(),
  udpOverIpv6: fc.boolean(),
  retryMs: fc.integer({ min: 1_000, max: 3_600_000 }),
  keepalive: fc.record({
    floorMs: fc.integer({ min: 1_000, max: 60_000 }),
    ceilingMs: fc.integer({ min: 60_000, max: 3_600_000 }),
  }),
  homePrefixLength: fc.integer({ min: 1, max: HOME_LENGTH_BITS }),
  correspondent: fc.boolean(),
  routeOptimisation,
  holdDownMs: fc.integer({ min: 0, max: 3_600_000 }),
  identity,
  association: maybe(association),
  tunnel: fc.constant("mext0"),
  uplinks: fc.uniqueArray(word.filter((name) => name !== "mext0"), { minLength: 1, maxLength: 4 }),
  lifetimeMs,
  optimistic: fc.boolean(),
  initialBindingAckTimeoutFirstRegistrationMs: timeoutMs,
  initialBindingAckTimeoutMs: timeoutMs,
  maxBindingAckTimeoutMs: fc.constant(32_000),
  stateFile: maybe(path),
  control: maybe(path),
  logLevel,
}).filter((config) => config.homeAddress !== config.homeAgent);

describe("a configuration", () => {
  it.each([
    ["home-agent", homeAgent], ["mobile-node", mobileNode], ["correspondent", correspondent],
  ] as [string, fc.Arbitrary<Config>][])(
    "of %s comes back as it was", (_role, configs) => {
      fc.assert(fc.property(configs, fc.constantFrom("", " ", ":", "-"), (config, separator) => {
        const loaded = loadConfig(render(config, separator), "f.toml").config;
        expect(withKeysShown(loaded)).toEqual(withKeysShown(config));
      }), { numRuns: 300 });
    });
});

/** Refresh advice is for bindings that are not stored, and shorter than any of them (RFC 6275 §10.3.1). */
function isAdvisable(config: Pick<HomeAgentConfig, "stateFile" | "maxLifetimeMs" | "nodes">): boolean {
  const lifetimes = [config.maxLifetimeMs, ...config.nodes.map((one) => one.maxLifetimeMs ?? Infinity)];
  return config.stateFile === undefined && Math.min(...lifetimes) > 4_000;
}

/** One prefix for each home address, the same ones only once; never empty. */
function homePrefixesOf(list: readonly HomeAgentNodeConfig[]): string[] {
  const addresses = list.flatMap((one) => one.homeAddresses).map(parseAddress);
  const prefixes = addresses.map((one) => formatPrefix(prefixOf(one, HOME_LENGTH_BITS)));
  return prefixes.length > 0 ? [...new Set(prefixes)] : ["2001:db8::/32"];
}

/** The file that a configuration comes from: units and keys as a person writes them. */
function render(config: Config, separator: string): string {
  return renderTable(config, separator, "");
}

/** Plain fields first, as TOML wants it; then tables and lists of tables, each with its header. */
function renderTable(table: object, separator: string, path: string): string {
  const fields: string[] = [];
  const tables: string[] = [];
  for (const [property, value] of Object.entries(table)) {
    if (property === "association") fields.push(renderAssociation(value, separator));
    else if (isListOfTables(value)) {
      const header = path + keyOf(property.replace(/(?<=x)es$|s$/, ""));
      tables.push(...value.map((one) => `\n[[${header}]]\n${renderTable(one, separator, `${header}.`)}`));
    } else if (typeof value === "object" && !Array.isArray(value)) {
      const header = path + keyOf(property);
      tables.push(`\n[${header}]\n${renderTable(value, separator, `${header}.`)}`);
    } else if (value !== undefined) {
      const key = keyOf(property.replace(/Ms$/, ""));
      fields.push(`${key} = ${toToml(property.endsWith("Ms") ? formatDuration(value) : value)}\n`);
    }
  }
  return [...fields, ...tables].join("");
}

function isListOfTables(value: unknown): value is object[] {
  return Array.isArray(value) && (value.length === 0 || typeof value[0] === "object");
}

function keyOf(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function renderAssociation(value: SecurityAssociation | undefined, separator: string): string {
  if (!value) return 'authentication = "none"\n';
  const { spi, key, replayProtection } = value;
  return `spi = ${spi}\nkey = "${hex(key, separator)}"\nreplay_protection = "${replayProtection}"\n`;
}

function hex(key: SharedKey, separator: string): string {
  return Array.from(key.bytes(), (octet) => octet.toString(16).padStart(2, "0")).join(separator);
}

/** The configuration with the octets of its keys, which otherwise no comparison sees. */
function withKeysShown(value: unknown): unknown {
  if (value instanceof SharedKey) return hex(value, "");
  if (Array.isArray(value)) return value.map(withKeysShown);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withKeysShown(inner)]));
}
