import {
  BindingAcknowledgementStatus, BindingErrorStatus, Icmpv4UnreachableCode, Ipv4AddressStatus, MobilityHeaderType, NextHeader,
  ParameterProblemCode, TimeExceededCode, UnreachableCode,
} from "../core-as/abi/codes.ts";

/**
 * Words for people, made of the names that the code uses: "SequenceNumberOutOfWindow" is "sequence
 * number out of window", "careofAddress" is "care-of address", the layer "mtu" is "MTU".
 */

/** How the RFCs spell words that are not plain. */
const SPELLINGS: Readonly<Record<string, string>> = {
  arp: "ARP", bsd: "BSD", careof: "care-of", cga: "CGA", dhcp: "DHCP", dns: "DNS", fmipv6: "FMIPv6", gre: "GRE",
  icmpv4: "ICMPv4", icmpv6: "ICMPv6", ipv4: "IPv4", ipv6: "IPv6", mcoa: "MCoA", mh: "MH", mtu: "MTU", nat: "NAT", ndp: "NDP",
  n: "N", tcp: "TCP", udp: "UDP", vlan: "VLAN",
};

/** Layers whose titles are not just their names. */
const TITLES: Readonly<Record<string, string>> = {
  more: "(more)",
  "pad-n": "PadN",
  "hop-by-hop": "Hop-by-Hop Options",
  "bsd-loopback": "BSD loopback",
  "linux-cooked2": "Linux cooked v2",
  "routing-type2": "Routing type 2",
  "encapsulating-security-payload": "ESP",
  "authentication-header": "AH",
};

/** A name in camelCase, CapitalCase or kebab-case as lower-case words. */
export function words(name: string): string {
  const parts = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[ -]/);
  return parts.map((word) => SPELLINGS[word] ?? word).join(" ");
}

/** The name of a layer as a heading: "Binding Update". */
export function title(layer: string): string {
  const capitalize = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return TITLES[layer] ?? words(layer).split(" ").map(capitalize).join(" ");
}

/** Fields whose numbers have names: by "layer.field", or by the field alone. */
const NUMBERS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "binding-acknowledgement.status": BindingAcknowledgementStatus,
  "binding-identifier.status": BindingAcknowledgementStatus,
  "binding-error.status": BindingErrorStatus,
  "ipv4-address-acknowledgement.status": Ipv4AddressStatus,
  "destination-unreachable.code": UnreachableCode,
  "icmpv4-destination-unreachable.code": Icmpv4UnreachableCode,
  "time-exceeded.code": TimeExceededCode,
  "parameter-problem.code": ParameterProblemCode,
  "arp.operation": { 1: "Request", 2: "Reply" },
  nextHeader: NextHeader,
  protocol: NextHeader,
  payloadProto: NextHeader,
  mhType: MobilityHeaderType,
  "mobile-node-identifier.subtype": { 1: "NetworkAccessIdentifier" },
  "mobility-message-authentication.subtype": { 1: "MobileNodeHomeAgent", 2: "MobileNodeAaa" },
};

/** What a number in a field means, or undefined. */
export function meaning(layer: string, field: string, value: number): string | undefined {
  const name = (NUMBERS[`${layer}.${field}`] ?? NUMBERS[field])?.[value];
  return name === undefined ? undefined : words(name);
}

/** What the status of a Binding Acknowledgement means, in words. */
export function statusText(status: number): string {
  return meaning("binding-acknowledgement", "status", status) ?? "unknown";
}

/** What the status of an IPv4 address acknowledgement option means, in words; 255: there was none. */
export function ipv4StatusText(status: number): string {
  if (status === IPV4_NOT_ANSWERED) return "the home agent knows no IPv4 home addresses";
  return meaning("ipv4-address-acknowledgement", "status", status) ?? "unknown";
}

/** Why there is no IPv4 home address, with what it comes from. */
export function ipv4RefusalText(status: number): string {
  const hint = IPV4_HINTS[status];
  return hint === undefined ? ipv4StatusText(status) : `${ipv4StatusText(status)} (${hint})`;
}

/** What an administrator can look at (RFC 5555 §3.2.1). */
const IPV4_HINTS: Readonly<Record<number, string>> = {
  130: "the home agent has not given it to this node",
  132: "the home agent has no pool for this node, or no address of it is free",
};

/** In place of a status: the acknowledgement had no such option (UPDATE_IPV4_STATUS of the contract). */
const IPV4_NOT_ANSWERED = 255;

/** Layers of ICMPv6 errors, by type (RFC 4443 §3). */
const ICMPV6_ERRORS = [, "destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem"];

/** What an ICMPv6 error means: "parameter problem: unrecognized next header". */
export function icmpv6ErrorText(code: number, type: number): string {
  const layer = ICMPV6_ERRORS[type];
  if (layer === undefined) return "unknown";
  const detail = meaning(layer, "code", code);
  return detail === undefined ? words(layer) : `${words(layer)}: ${detail}`;
}

/** The letters that the RFCs give to flags. */
export const FLAG_LETTERS: Readonly<Record<string, string>> = {
  acknowledge: "A", homeRegistration: "H", linkLocalAddressCompatibility: "L", keyManagementMobility: "K",
  mapRegistration: "M", mobileRouter: "R", proxyRegistration: "P", forceUdpEncapsulation: "F",
  typeLengthValueHeader: "T", overwrite: "O", managedAddressConfiguration: "M", otherConfiguration: "O",
  homeAgent: "H", router: "R", solicited: "S", override: "O", onLink: "L", autonomous: "A",
  routerAddress: "R", simultaneousHomeAndForeign: "H", unsolicited: "U", response: "R",
  requestPrefix: "P", remove: "R",
};
