/** How a mobile node may reach its home agent from networks of both kinds (RFC 5555): fields of its file. */
import * as v from "valibot";
import { addressOrName, anyAddress, domainName, ipv4Address, ipv4AddressOr } from "./address-field.ts";
import { duration, flag, list, table } from "./field.ts";
import type { Report } from "./problem.ts";
import type { Good } from "./read-table.ts";

const keepaliveSchema = v.object({
  floorMs: v.optional(duration("1s", "1h", {
    about: "A NAT is never refreshed more often, whatever the home agent advises.",
    source: "RFC 5555 §4.3",
  }), "15s"),
  ceilingMs: v.optional(duration("1s", "1h", {
    about: "Nor less often (NATKATIMEOUT).",
    source: "RFC 5555 §4.3, §6",
  }), "110s"),
});

/** How the home agent is known. */
export const homeAgentEntries = {
  // 5555-2.1-1: by name and by service
  homeAgent: v.optional(addressOrName({
    about: "The home agent: its IPv6 address, or a name whose AAAA and A records tell its addresses. Without it " +
      "the node asks for the home agents of its home prefix, which works from IPv6 networks only.",
    source: "RFC 6275 §11.4.1, §11.7.1, RFC 5555 §2.1",
    example: "2001:db8:100::1",
  })),
  homeAgentService: v.optional(domainName({
    about: "In place of home_agent: a domain whose SRV records _mip6._ipv6 name its home agents.",
    source: "RFC 5555 §2.1, RFC 5026 §4.1",
    example: "example.com",
  })),
  homeAgentIpv4: v.optional(ipv4Address({
    about: "The IPv4 address of a home agent whose IPv6 address home_agent is.",
    source: "RFC 5555 §4.4",
    example: "192.0.2.1",
  })),
  nameServers: v.optional(list(anyAddress({ about: "An address." }), {
    about: "Who is asked for names, in place of the name servers of this host.",
    example: ["2001:db8::53", "192.0.2.53"],
  })),
};

export const reachEntries = {
  ipv4HomeAddress: v.optional(ipv4AddressOr(["dynamic"], {
    about: "The IPv4 home address that is wanted: one that the home agent has given this node for good, or " +
      "\"dynamic\" for any. Without it the node has none.",
    source: "RFC 5555 §3.1.1, §4.4.2",
    example: "dynamic",
  })),
  ipv4: v.optional(flag({
    about: "Reach the home agent from IPv4 networks too.",
    source: "RFC 5555 §4.4",
  }), true),
  forceUdp: v.optional(flag({
    about: "From IPv4 networks, ask for UDP even where there is no NAT (flag F).",
    source: "RFC 5555 §3.1.3, §4.4.2",
  }), false),
  udpOverIpv6: v.optional(flag({
    about: "From IPv6 networks that let nothing else pass, use UDP: an extension of mext, which the home agent " +
      "must allow.",
  }), false),
  retryMs: v.optional(duration("1s", "1h", {
    about: "After how long a better encapsulation that did not work is tried again; the time doubles each time, " +
      "up to sixteenfold.",
    source: "RFC 5555 §4.4.1",
  }), "30s"),
};

export const keepaliveEntry = v.optional(table(keepaliveSchema, {
  about: "How the NATs that the node is behind are kept alive.",
  source: "RFC 5555 §4.3",
}), {});

const schema = v.object({ ...homeAgentEntries, ...reachEntries, keepalive: keepaliveEntry });

/** What these fields must be together. */
export function checkReach(fields: Good<typeof schema>, report: Report): void {
  const { homeAgent, homeAgentService, homeAgentIpv4, nameServers, ipv4 = true } = fields;
  const isNamed = homeAgentService !== undefined || (homeAgent !== undefined && !homeAgent.includes(":"));
  if (homeAgentService !== undefined && homeAgent !== undefined) {
    report.problem("home_agent_service", "is set beside home_agent", "only one of them may be");
  }
  if (homeAgentIpv4 !== undefined && isNamed) {
    const expected = "must be absent then: A records tell the address";
    report.problem("home_agent_ipv4", "is set beside the name of the home agent", expected);
  } else if (homeAgentIpv4 !== undefined && homeAgent === undefined) {
    report.problem("home_agent_ipv4", "is set without home_agent", "must be absent then");
  }
  if (nameServers !== undefined && !isNamed) {
    report.warning("name_servers", "are set for a home agent without name", "has no effect");
  }
  const without = { home_agent_ipv4: homeAgentIpv4, force_udp: fields.forceUdp };
  for (const [field, value] of Object.entries(without)) {
    if (!ipv4 && value) report.warning(field, "is set while ipv4 is false", "has no effect");
  }
  const { floorMs, ceilingMs } = (fields.keepalive ?? {}) as Good<typeof keepaliveSchema>;
  if (floorMs !== undefined && ceilingMs !== undefined && floorMs > ceilingMs) {
    report.problem("keepalive.floor", `is ${floorMs} ms`, `must be at most ceiling, ${ceilingMs} ms`);
  }
}
