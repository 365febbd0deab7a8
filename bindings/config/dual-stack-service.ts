/** How a home agent serves IPv4 and UDP (RFC 5555): fields of its file, and what they must be together. */
import * as v from "valibot";
import { parseIpv4Block, rangesOverlap } from "../ipv4.ts";
import { ipv4Address, ipv4AddressOr, ipv4Block } from "./address-field.ts";
import { duration, flag, list, oneOrList, table } from "./field.ts";
import type { Report } from "./problem.ts";
import type { Good } from "./read-table.ts";
import { reportDuplicates } from "./rules.ts";

/** MAX_IPV4_POOLS of the core's contract, less one: the home agent's own address may part a block in two. */
const POOLS_MAX = 15;

/** What a person may write in place of an IPv4 home address. */
const WITHOUT_ADDRESS = ["dynamic", "none"] as const;

const natSchema = v.object({
  // 5555-3.2.2-6: there is a default, and it can be configured.
  refreshMs: v.optional(duration("10s", "1h", {
    about: "Mobile nodes behind a NAT are told to be silent for no longer, so that it does not forget them.",
    source: "RFC 5555 §3.2.2, §4.3",
  }), "110s"),
  firstRefreshMs: v.optional(duration("10s", "1h", {
    about: "What they are told before it is known how long their NAT remembers; from there on the time grows " +
      "as far as the NAT was seen to hold. As refresh: nothing is learnt.",
    source: "RFC 5555 §4.3",
  }), "25s"),
});

/** Fields of the home agent itself. */
export const serviceEntries = {
  ipv4Address: v.optional(ipv4Address({
    about: "The IPv4 address of this host at which mobile nodes in IPv4 networks reach the home agent, at UDP " +
      "port 4191. Without it they cannot.",
    source: "RFC 5555 §4.5",
    example: "192.0.2.1",
  })),
  ipv4Pools: v.optional(list(ipv4Block({ about: "A block." }), {
    about: "IPv4 home addresses that mobile nodes may lease. They are routed to this host.",
    source: "RFC 5555 §2.5, §4.5",
    example: ["198.51.100.0/24"],
  })),
  ipv4LeaseMs: v.optional(duration("1m", "8760h", {
    about: "For how long after its binding has ended a node's IPv4 home address is kept for it.",
    source: "RFC 5555 §4.5",
  }), "24h"),
  allowForceUdp: v.optional(flag({
    about: "Let mobile nodes ask for UDP where there is no NAT (flag F); else they get status 144.",
    source: "RFC 5555 §3.1.3, §3.2.1",
  }), true),
  forceUdp: v.optional(flag({
    about: "Use UDP over IPv4 whether there is a NAT or not.",
    source: "RFC 5555 §3.2.2",
  }), false),
  udpOverIpv6: v.optional(flag({
    about: "Serve UDP over IPv6 as well, for IPv6 networks that let nothing else pass: an extension of mext.",
  }), false),
  probes: v.optional(flag({
    about: "Answer probes, by which mobile nodes and `mext doctor` find out what a network lets pass: an " +
      "extension of mext.",
  }), true),
};

export const natEntry = v.optional(table(natSchema, {
  about: "How mobile nodes keep the NATs alive that they are behind.",
  source: "RFC 5555 §4.3",
}), {});

/** Of a node: its IPv4 home addresses. */
export const nodeIpv4Entry = v.optional(oneOrList(ipv4AddressOr(WITHOUT_ADDRESS, { about: "An address." }), {
  about: "The IPv4 home address of this node, or of each of home_addresses in their order: an address for good, " +
    "\"dynamic\" for one of ipv4_pools, or \"none\". Without it: dynamic, where there are pools.",
  source: "RFC 5555 §4.5",
  example: "198.51.100.17",
}));

const schema = v.object({ ...serviceEntries, nat: natEntry });
const nodeSchema = v.object({ homeAddresses: v.array(v.string()), ipv4HomeAddress: nodeIpv4Entry });
type ServiceFields = Good<typeof schema>;
type NodeFields = Good<typeof nodeSchema>;

/** What these fields must be together. */
export function checkService(fields: ServiceFields, nodes: readonly NodeFields[], report: Report): void {
  checkPools(fields.ipv4Pools ?? [], report);
  checkIpv4HomeAddresses(fields, nodes, report);
  const { firstRefreshMs, refreshMs } = (fields.nat ?? {}) as Good<typeof natSchema>;
  if (firstRefreshMs !== undefined && refreshMs !== undefined && firstRefreshMs > refreshMs) {
    report.problem("nat.first_refresh", `is ${firstRefreshMs} ms`, `must be at most refresh, ${refreshMs} ms`);
  }
  if (fields.ipv4Address === undefined && fields.forceUdp) {
    report.warning("force_udp", "is set without ipv4_address", "has no effect");
  }
}

function checkPools(pools: readonly string[], report: Report): void {
  const blocks = pools.map(parseIpv4Block);
  blocks.forEach((block, index) => {
    const other = blocks.findIndex((earlier, at) => at < index && rangesOverlap(earlier, block));
    if (other < 0) return;
    report.problem(`ipv4_pools[${index}]`, `overlaps ipv4_pools[${other}]`, "must be separate");
  });
  if (pools.length <= POOLS_MAX) return;
  report.problem(`ipv4_pools[${POOLS_MAX}]`, "is one block too many", `at most ${POOLS_MAX} are possible`);
}

function checkIpv4HomeAddresses(
  { ipv4Address, ipv4Pools }: ServiceFields, nodes: readonly NodeFields[], report: Report,
): void {
  const all = nodes.flatMap(({ homeAddresses, ipv4HomeAddress = [] }, at) => {
    const field = `node[${at}].ipv4_home_address`;
    if (homeAddresses !== undefined && ipv4HomeAddress.length > homeAddresses.length) {
      const expected = `must be at most ${homeAddresses.length}, one for each of home_addresses`;
      report.problem(field, `are ${ipv4HomeAddress.length} addresses`, expected);
    }
    return ipv4HomeAddress.map((value, index) => ({ field: fieldOf(field, index, report), value }));
  });
  for (const { field, value } of all) {
    if (value === "dynamic" && ipv4Pools === undefined) {
      report.problem(field, 'is "dynamic"', "must be an address or \"none\": there are no ipv4_pools");
    } else if (value === ipv4Address) {
      report.problem(field, "is the address of the home agent", "must be another address");
    }
  }
  const own = all.filter(({ value }) => !(WITHOUT_ADDRESS as readonly string[]).includes(value));
  reportDuplicates(own, "every IPv4 home address has one owner", report);
}

/** A person may have written one item, or a list. */
function fieldOf(field: string, index: number, report: Report): string {
  const item = `${field}[${index}]`;
  return report.document.places.has(item) ? item : field;
}
