/** Where the RFCs describe what the inspector shows, by the codec's names of layers. */
const SECTIONS: Readonly<Record<string, string>> = {
  ipv6: "RFC 8200 §3", "hop-by-hop": "RFC 8200 §4.3", fragment: "RFC 8200 §4.5", "destination-options": "RFC 8200 §4.6",
  "home-address": "RFC 6275 §6.3", "routing-type2": "RFC 6275 §6.4", "tunnel-encapsulation-limit": "RFC 2473 §4.1.1",
  "binding-refresh-request": "RFC 6275 §6.1.2", "home-test-init": "RFC 6275 §6.1.3", "careof-test-init": "RFC 6275 §6.1.4",
  "home-test": "RFC 6275 §6.1.5", "careof-test": "RFC 6275 §6.1.6", "binding-update": "RFC 6275 §6.1.7",
  "binding-acknowledgement": "RFC 6275 §6.1.8", "binding-error": "RFC 6275 §6.1.9",
  "binding-refresh-advice": "RFC 6275 §6.2.4", "alternate-careof-address": "RFC 6275 §6.2.5",
  "nonce-indices": "RFC 6275 §6.2.6", "binding-authorization-data": "RFC 6275 §6.2.7",
  "home-agent-address-discovery-request": "RFC 6275 §6.5", "home-agent-address-discovery-reply": "RFC 6275 §6.6",
  "mobile-prefix-solicitation": "RFC 6275 §6.7", "mobile-prefix-advertisement": "RFC 6275 §6.8",
  "mobile-node-identifier": "RFC 4283 §3", "mobility-message-authentication": "RFC 4285 §5", "replay-protection": "RFC 4285 §6",
  "ipv4-home-address": "RFC 5555 §3.1.1", "ipv4-careof-address": "RFC 5555 §3.1.2",
  "ipv4-address-acknowledgement": "RFC 5555 §3.2.1", "nat-detection": "RFC 5555 §3.2.2",
  "router-solicitation": "RFC 4861 §4.1", "router-advertisement": "RFC 4861 §4.2",
  "neighbour-solicitation": "RFC 4861 §4.3", "neighbour-advertisement": "RFC 4861 §4.4", redirect: "RFC 4861 §4.5",
  "destination-unreachable": "RFC 4443 §3.1", "packet-too-big": "RFC 4443 §3.2", "time-exceeded": "RFC 4443 §3.3",
  "parameter-problem": "RFC 4443 §3.4", "echo-request": "RFC 4443 §4.1", "echo-reply": "RFC 4443 §4.2",
  ipv4: "RFC 791 §3.1", udp: "RFC 768", tcp: "RFC 9293 §3.1", arp: "RFC 826",
};

/** Undefined: of none that the lab's packets are about. */
export function sectionOf(layer: string): string | undefined {
  return SECTIONS[layer];
}

/** What is written in a cell of half an octet, by the codec's names of fields. */
export const SHORT_NAMES: Readonly<Record<string, string>> = { version: "ver.", headerLength: "IHL", dataOffset: "offs." };
