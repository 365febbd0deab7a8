/**
 * The files of real daemons that would do the same as a world: the roles, addresses and keys are those of the
 * simulation, interfaces have the usual names. Each passes `mext check`.
 */
import { formatAnyAddress } from "../../../../bindings/address.ts";
import { HOME_AGENT_ADDRESS, HOME_AGENT_IPV4, ipv4HomeAddressOf, securityOf } from "../../../sim/topology.ts";
import type { ConfigFile, Scenario } from "../contract.ts";
import type { Plan } from "./plan.ts";

/** Of the simulated home agent. */
const HOME_PREFIX = "2001:db8:1::/64";
const IPV4_POOL = "203.0.113.128/26";

type Value = string | number | boolean | readonly string[];
type Fields = Readonly<Record<string, Value>>;

const numbers = (total: number) => Array.from({ length: total }, (_, index) => index + 1);
/** Without a folder, and with an ending: a browser saves under this very name, beside the files that name it. */
const keyFile = (number: number) => `node${number}.key`;
/** Where `mext status` asks. */
const control = (daemon: string) => `/run/mext/${daemon}.sock`;

export function configurationOf(scenario: Scenario, plan: Plan): ConfigFile[] {
  const all = numbers(scenario.mobileNodes);
  return [
    { name: "home-agent.toml", text: homeAgentFile(scenario, plan) },
    ...all.map((number) => ({ name: `mobile-node-${number}.toml`, text: mobileNodeFile(scenario, plan, number) })),
    ...(scenario.routeOptimisation ? [{ name: "correspondent.toml", text: correspondentFile(plan) }] : []),
    ...all.map((number) => ({ name: keyFile(number), text: `${hexOf(securityOf(number).key)}\n` })),
  ];
}

function homeAgentFile({ mobileNodes, homeLink }: Scenario, plan: Plan): string {
  const { maxLifetimeMs } = plan.topology.homeAgent.settings;
  const head = `# The home agent of the lab: \`mext home-agent home-agent.toml\`
# ${HOME_PREFIX} and ${IPV4_POOL} are routed to this host. The key files are those of the simulation, which
# everybody knows: make your own with openssl rand -hex 20.
`;
  const link = homeLink ? [
    table("home_link", { interface: "eth1" }),
    table("[home_link.prefix]", { prefix: HOME_PREFIX }),
  ] : [];
  const nodes = numbers(mobileNodes).map((number) => table("[node]", {
    identity: securityOf(number).identity, home_addresses: [homeAddress(plan, number)],
    ipv4_home_address: formatAnyAddress(ipv4HomeAddressOf(number)), spi: securityOf(number).spi, key_file: keyFile(number),
  }));
  return head + [lines({
    role: "home-agent", address: HOME_AGENT_ADDRESS, home_prefixes: [HOME_PREFIX], ipv4_address: HOME_AGENT_IPV4,
    ipv4_pools: [IPV4_POOL], udp_over_ipv6: true, max_lifetime: `${maxLifetimeMs / 1000}s`,
    control: control("home-agent"),
  }), ...link, ...nodes].join("\n");
}

function mobileNodeFile({ routeOptimisation }: Scenario, plan: Plan, number: number): string {
  const { settings } = plan.topology.mobileNodes[number - 1];
  const { identity, spi } = securityOf(number);
  return `# Mobile node ${number} of the lab: \`mext mobile-node mobile-node-${number}.toml\`\n` + [lines({
    role: "mobile-node", home_address: homeAddress(plan, number), home_agent: HOME_AGENT_ADDRESS,
    home_agent_ipv4: HOME_AGENT_IPV4, ipv4_home_address: formatAnyAddress(ipv4HomeAddressOf(number)), udp_over_ipv6: true,
    identity, spi, key_file: keyFile(number), uplinks: ["eth0"], lifetime: `${settings.lifetimeMs / 1000}s`,
    control: control(`mobile-node-${number}`),
  }), table("route_optimisation", { policy: routeOptimisation ? "automatic" : "never" })].join("\n");
}

function correspondentFile(plan: Plan): string {
  return `# The correspondent of the lab: \`mext correspondent correspondent.toml\`
${lines({
    role: "correspondent", addresses: [formatAnyAddress(plan.correspondent.address)], control: control("correspondent"),
  })}`;
}

function homeAddress(plan: Plan, number: number): string {
  return formatAnyAddress(plan.topology.mobileNodes[number - 1].homeAddress);
}

function table(name: string, fields: Fields): string {
  return `[${name}]\n${lines(fields)}`;
}

function lines(fields: Fields): string {
  return Object.entries(fields).map(([name, value]) => `${name} = ${toml(value)}\n`).join("");
}

/** What JSON writes of these values is TOML as well. */
function toml(value: Value): string {
  return Array.isArray(value) ? `[${value.map((each) => JSON.stringify(each)).join(", ")}]` : JSON.stringify(value);
}

function hexOf(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}
