/**
 * Addresses that stand for connections. To the core a WebSocket is a NAT with UDP behind it (RFC 5555 §2.2): it wants
 * an IPv4 address and a port for each. They are taken from 192.0.0.64/26, a part of 192.0.0.0/24 in which nothing is
 * assigned: RFC 6890 §2.2.2 (table 7) lets no packet have such an address as its source, so no UDP datagram comes from
 * there rightly, and one that claims to is refused (home-agent.ts). Not 100.64.0.0/10 or a private block: a carrier's
 * or a company's own hosts may come from those; not 240.0.0.0/4: the core takes no care-of address in it (RFC 1122
 * §3.2.1.3); not the part below: 192.0.0.0/29 is on hosts with DS-Lite or 464XLAT, others are anycast.
 *
 *   192.0.0.64                 the home agent, where it has no IPv4 address of its own
 *   192.0.0.65                 a mobile node that does not know its own
 *   192.0.0.66 … 192.0.0.127   connections, each with a port from 1024 on: some four million
 *
 * They never leave the process but as the care-of address inside a Binding Update.
 */
import { parseIpv4Address } from "../../bindings/address.ts";
import { ipv4Number, ipv4OfNumber } from "../../bindings/ipv4.ts";
import type { Endpoint } from "./contract.ts";

/** Of a home agent that has no IPv4 address. */
export const HOME_AGENT_ADDRESS = parseIpv4Address("192.0.0.64");
/** Of a mobile node that does not know its own. */
export const MOBILE_NODE_ADDRESS = parseIpv4Address("192.0.0.65");

const FIRST = ipv4Number(parseIpv4Address("192.0.0.66"));
const LAST = ipv4Number(parseIpv4Address("192.0.0.127"));
const BLOCK = ipv4Number(HOME_AGENT_ADDRESS);
const FIRST_PORT = 1024;
const PORTS = 65_536 - FIRST_PORT;
/** Endpoints that there are. */
export const CONNECTION_ENDPOINTS = (LAST - FIRST + 1) * PORTS;

/** Whether an address (16 octets) is of the block, so that no host of the internet has it. */
export function isConnectionAddress(address: Uint8Array): boolean {
  if (address.length !== 16 || address[12] !== 192 || address[10] !== 0xff || address[11] !== 0xff) return false;
  for (let at = 0; at < 10; at++) if (address[at] !== 0) return false;
  const number = ipv4Number(address);
  return number >= BLOCK && number <= LAST;
}

/** The endpoint that stands for a connection: `number` counts them, and begins anew where there are no more. */
export function connectionEndpoint(number: number): Endpoint {
  const at = number % CONNECTION_ENDPOINTS;
  return { address: ipv4OfNumber(FIRST + Math.floor(at / PORTS)), port: FIRST_PORT + (at % PORTS) };
}

/** A key for maps: different for different endpoints of IPv4. */
export function endpointKey(address: Uint8Array, port: number): number {
  return ipv4Number(address) * 65_536 + port;
}
