/** An uplink of a mobile node, as the core and people are told of it. */
import type { Device } from "../../bindings/commands.ts";
import type { AccessPort } from "./access-port.ts";
import type { Link } from "./system/links.ts";
import { interfaceValue } from "./system/sysctl.ts";

export interface Uplink {
  readonly name: string;
  readonly device: number;
  /** As the core knows it; undefined: there is no such interface. */
  link?: Link;
  port?: AccessPort;
  /** Local UDP ports: a NAT knows the node by them, so they stay for as long as the uplink does. */
  datagramPorts: { ipv4?: number; ipv6?: number };
  /** What a person was told of it and must still know. */
  warning?: string;
}

/** What is wrong with an uplink, for a person. */
export function warningOf({ name, link }: Uplink): string | undefined {
  if (link === undefined) return `uplink ${name} is not there yet: it is used when it appears`;
  if (interfaceValue(name, "disable_ipv6") === 1) {
    return `IPv6 is switched off on uplink ${name}: sysctl -w net.ipv6.conf.${name}.disable_ipv6=0`;
  }
  return link.up ? undefined : `uplink ${name} is switched off: ip link set ${name} up`;
}

/** Closes the sockets of an uplink; its UDP ports are remembered. */
export function closePort(uplink: Uplink): void {
  const { port } = uplink;
  if (port !== undefined) uplink.datagramPorts = { ipv4: port.datagramPort("ipv4"), ipv6: port.datagramPort("ipv6") };
  port?.close();
  uplink.port = undefined;
}

/** Operational state, MTU and link-layer address are what the core needs to know. */
export function differs(known: Link, link: Link): boolean {
  if (isUp(known) !== isUp(link)) return true;
  return known.mtuBytes !== link.mtuBytes || known.macAddress !== link.macAddress;
}

function isUp(link: Link): boolean {
  return link.up && link.lowerUp;
}

/** What the core is told of it. */
export function describe(uplink: Uplink, link: Link): Device {
  const linkAddress = Uint8Array.from(Buffer.from(link.macAddress.replaceAll(":", ""), "hex"));
  return {
    index: uplink.device,
    kind: "access",
    mtu: link.mtuBytes,
    up: isUp(link),
    preference: uplink.device,
    offload: { trains: uplink.port?.sendsTrains },
    ...(linkAddress.length === 6 && { linkAddress, interfaceId: interfaceIdOf(linkAddress) }),
  };
}

/** A modified EUI-64 interface identifier (RFC 4291, appendix A). */
export function interfaceIdOf(macAddress: Uint8Array): Uint8Array {
  const [a, b, c, d, e, f] = macAddress;
  return Uint8Array.of(a ^ 0x02, b, c, 0xff, 0xfe, d, e, f);
}
