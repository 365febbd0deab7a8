/** A configuration of the suite as the file that a person would write for `mext`. */
import { formatAddress, formatPrefix } from "../../../bindings/address.ts";
import { type HomePrefix, MOBILE_NODE_DEFAULTS, type Security } from "../../../bindings/commands.ts";
import type { Configuration } from "../subject.ts";

/** Of the subject's devices. */
export const NAMES = { link: "link", home: "home", uplink: "eth0", tunnel: "mext0" } as const;

type Value = string | number | boolean | readonly string[] | undefined;
type Fields = Readonly<Record<string, Value>>;

/** Lines of fields; those that are undefined are left out. */
function lines(fields: Fields): string[] {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
}

function ms(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value}ms`;
}

/** The file's text; `control` is where the daemon is asked for its status. */
export function toml(configuration: Configuration, control: string): string {
  return [...lines({ control }), ...linesOf(configuration)].join("\n");
}

function linesOf(configuration: Configuration): string[] {
  switch (configuration.role) {
    case "correspondent-node":
      return correspondent(configuration);
    case "home-agent":
      return homeAgent(configuration);
    case "mobile-node":
      return mobileNode(configuration);
  }
}

type Of<Role extends Configuration["role"]> = Extract<Configuration, { role: Role }>;

function correspondent({ attachment, correspondent = {} }: Of<"correspondent-node">): string[] {
  const { enabled, maxLifetimeMs, testsPerSecond } = correspondent;
  return lines({
    role: "correspondent", addresses: attachment.addresses, tunnel: NAMES.tunnel,
    enabled, max_lifetime: ms(maxLifetimeMs), tests_per_second: testsPerSecond,
  });
}

function homeAgent({ homeAgent, homeLink, nodes }: Of<"home-agent">): string[] {
  const { address, homePrefixes, maxLifetimeMs, refreshAdviceMs, replayWindowMs } = homeAgent;
  return [
    ...lines({
      role: "home-agent", address: formatAddress(address), home_prefixes: homePrefixes.map(prefixText),
      tunnel: NAMES.tunnel, max_bindings: 16, max_nodes: 16, max_lifetime: ms(maxLifetimeMs),
      refresh_advice: refreshAdviceMs > 0 ? ms(refreshAdviceMs) : undefined, replay_window: ms(replayWindowMs),
    }),
    ...homeLink ? ["[home_link]", ...lines({
      interface: NAMES.home, advertise: homeLink.advertise, preference: homeLink.preference,
      router_lifetime: ms(homeLink.routerLifetimeMs), lifetime: ms(homeLink.homeAgentLifetimeMs),
      min_interval: ms(homeLink.minIntervalMs), max_interval: ms(homeLink.maxIntervalMs),
      min_delay: ms(homeLink.minDelayMs), interval_option: homeLink.intervalOption, unsolicited: homeLink.unsolicited,
    })] : [],
    ...homePrefixes.filter(({ validMs, preferredMs }) => validMs ?? preferredMs).flatMap((prefix) => [
      "[[home_link.prefix]]", ...lines({
        prefix: prefixText(prefix), valid_lifetime: ms(prefix.validMs), preferred_lifetime: ms(prefix.preferredMs),
      }),
    ]),
    ...nodes.flatMap(({ homeAddresses, security, maxLifetimeMs }) => [
      "[[node]]", ...lines({
        home_addresses: homeAddresses.map(formatAddress), max_lifetime: ms(maxLifetimeMs), ...securityFields(security),
      }),
    ]),
  ];
}

function prefixText({ address, length }: HomePrefix): string {
  const whole = Uint8Array.from(address, (octet, index) => index < length / 8 ? octet : 0);
  return formatPrefix({ address: whole, lengthBits: length });
}

function mobileNode({ mobileNode, routes, correspondent }: Of<"mobile-node">): string[] {
  const all = { ...MOBILE_NODE_DEFAULTS, ...mobileNode };
  const isDiscovered = mobileNode.homeAgent.every((octet) => octet === 0);
  return [
    ...lines({
      role: "mobile-node", home_address: formatAddress(mobileNode.homeAddress),
      home_agent: isDiscovered ? undefined : formatAddress(mobileNode.homeAgent),
      home_prefix_length: mobileNode.homePrefixLength, tunnel: NAMES.tunnel, uplinks: [NAMES.uplink],
      lifetime: ms(all.lifetimeMs), optimistic: all.optimistic, hold_down: ms(all.holdDownMs),
      initial_binding_ack_timeout_first_registration: ms(all.firstRegistrationTimeoutMs),
      initial_binding_ack_timeout: ms(all.bindingAckTimeoutMs),
      max_binding_ack_timeout: ms(all.maxBindingAckTimeoutMs),
      correspondent: correspondent !== undefined && correspondent.enabled !== false,
      ...securityFields(mobileNode.security),
    }),
    "[route_optimisation]", ...lines({
      policy: routes?.policy ?? "never", after_packets: routes?.afterPackets, lifetime: ms(routes?.lifetimeMs),
      retry: ms(routes?.retryMs),
    }),
    ...(routes?.rules ?? []).flatMap(({ prefix, length, policy }) => [
      "[[route_optimisation.rule]]", ...lines({ prefix: formatPrefix({ address: prefix, lengthBits: length }), policy }),
    ]),
  ];
}

function securityFields(security: Security): Fields {
  if (security.authentication === "none") return { identity: "nobody@example.org", authentication: "none" };
  const { identity, spi, key, replayProtection } = security;
  return { identity, spi, key: Buffer.from(key).toString("hex"), replay_protection: replayProtection };
}
