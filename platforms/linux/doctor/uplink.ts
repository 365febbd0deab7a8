/** What can be seen of an uplink without sending anything. First it is read, then it is judged. */
import { contains, parseAddress, prefixOf } from "../../../bindings/address.ts";
import { type AddressState, listAddresses } from "../system/addresses.ts";
import { type Link, listLinks } from "../system/links.ts";
import { NetlinkSocket } from "../system/netlink-socket.ts";
import { listRoutes } from "../system/routes.ts";
import { interfaceValue } from "../system/sysctl.ts";
import { bad, type Finding, good, list, note, warning } from "./report.ts";

export interface UplinkFacts {
  readonly name: string;
  /** undefined: there is no such interface. */
  readonly link?: Link;
  readonly ipv6Disabled: boolean;
  /** Global addresses that can be used, without the home address. */
  readonly ipv6: readonly string[];
  readonly ipv4: readonly string[];
  /** Default routers by IPv4; several where there are several routes. */
  readonly ipv4Routers: readonly string[];
  readonly ipv6Routers: readonly string[];
  /** An address of the home prefix is on it: this is the home link. */
  readonly atHome: boolean;
}

/** Where a mobile node is at home. */
export interface Home {
  readonly homeAddress: string;
  readonly homePrefixLength: number;
}

export function readUplinks(names: readonly string[], home: Home): UplinkFacts[] {
  const netlink = new NetlinkSocket();
  try {
    const links = listLinks(netlink);
    return names.map((name) => readUplink(netlink, name, links.find((link) => link.name === name), home));
  } finally {
    netlink.close();
  }
}

function readUplink(netlink: NetlinkSocket, name: string, link: Link | undefined, home: Home): UplinkFacts {
  const addresses = link === undefined ? [] : listAddresses(netlink, link.index).filter(isUsable);
  const routes = listRoutes(netlink).filter(({ interfaceIndex }) => interfaceIndex === link?.index);
  const routers = (everywhere: string) =>
    routes.flatMap(({ destination, gateway }) => (destination === everywhere ? (gateway ?? "on link") : []));
  const texts = addresses.map(({ address }) => address);
  const ipv6 = texts.filter((address) => address.includes(":") && address !== home.homeAddress);
  const homePrefix = prefixOf(parseAddress(home.homeAddress), home.homePrefixLength);
  return {
    name,
    link,
    ipv6Disabled: link !== undefined && interfaceValue(name, "disable_ipv6") === 1,
    ipv6,
    ipv4: texts.filter((address) => !address.includes(":")),
    ipv4Routers: routers("0.0.0.0/0"),
    ipv6Routers: routers("::/0"),
    atHome: ipv6.some((address) => contains(homePrefix, parseAddress(address))),
  };
}

function isUsable({ scope, tentative, duplicate }: AddressState): boolean {
  return scope === "global" && !tentative && !duplicate;
}

/** It is there, and packets pass. */
export function isUp({ link }: UplinkFacts): boolean {
  return link !== undefined && link.up && link.lowerUp;
}

export function judgeUplink(facts: UplinkFacts): Finding[] {
  const { name, link } = facts;
  if (link === undefined) {
    return [bad("link", `There is no interface ${name}.`, "Plug it in, or name another one in uplinks.")];
  }
  if (!link.up) return [bad("link", `${name} is switched off.`, `Switch it on: ip link set ${name} up.`)];
  if (!link.lowerUp) return [bad("link", `${name} has no carrier.`, "Plug the cable in, or let the radio associate.")];
  return [
    good("link", `${name} is up, MTU ${link.mtuBytes}.`),
    judgeIpv6(facts),
    judgeIpv4(facts),
    ...(facts.atHome
      ? [note("home", `${name} is on the home link: a mobile node there is at home, and needs no tunnel.`)] : []),
  ];
}

function judgeIpv6({ name, ipv6Disabled, ipv6, ipv6Routers }: UplinkFacts): Finding {
  if (ipv6Disabled) {
    return warning("IPv6", `IPv6 is switched off on ${name}.`,
      `Switch it on: sysctl -w net.ipv6.conf.${name}.disable_ipv6=0.`);
  }
  if (ipv6.length === 0) {
    return note("IPv6", `${name} has no global IPv6 address: no router advertises a prefix, or nobody listens to it.`,
      "Only IPv4 is left there; if that is unexpected, look for router advertisements (rdisc6, radvdump).");
  }
  const routers = ipv6Routers.length === 0 ? "no default router" : `default router ${list(ipv6Routers)}`;
  return good("IPv6", `${name} has ${list(ipv6)}, ${routers}.`);
}

function judgeIpv4({ name, ipv4, ipv4Routers }: UplinkFacts): Finding {
  if (ipv4.length === 0) {
    return note("IPv4", `${name} has no IPv4 address.`,
      "Only IPv6 is left there; if that is unexpected, run a DHCP client on it.");
  }
  if (ipv4Routers.length === 0) {
    return warning("IPv4", `${name} has ${list(ipv4)}, and no default route.`,
      "Run a DHCP client on it, or add a route to the home agent.");
  }
  return good("IPv4", `${name} has ${list(ipv4)}, default router ${list(ipv4Routers)}.`);
}
