/** How packets reach the other end of a tunnel, and why not in a better way, in words (RFC 5555 §4.4.1). */
import type { UplinkStatus } from "./status.ts";

type Encapsulation = UplinkStatus["encapsulation"];
type Obstacle = UplinkStatus["paths"][Encapsulation];

const NAMES: Readonly<Record<Encapsulation, string>> = {
  Ipv6: "IPv6", UdpIpv6: "UDP over IPv6", Ipv4: "IPv4", UdpIpv4: "UDP over IPv4",
};

/** In a sentence, of an encapsulation that is not used; undefined: nothing worth to be said. */
const WHY: Readonly<Record<Obstacle, ((name: string) => string) | undefined>> = {
  None: (name) => `${name} works again`,
  NotConfigured: undefined,
  NoAddress: (name) => `the uplink has no address for ${name}`,
  NoAnswer: (name) => `${name} was not answered`,
  NothingPasses: (name) => `nothing passes through ${name}`,
  FailedBefore: (name) => `${name} failed in the network before, and is tried again`,
  Nat: () => "a NAT is in the way",
  UdpForced: () => "the home agent or the configuration wants UDP",
  NotNeeded: undefined,
  LinkDown: () => "the link is down",
  BeingTried: (name) => `${name} is being tried`,
};

/** "UDP over IPv4". */
export function encapsulationText(encapsulation: Encapsulation): string {
  return NAMES[encapsulation];
}

/** What an obstacle means for an encapsulation, "IPv6 was not answered"; undefined: nothing worth to be said. */
export function obstacleText(obstacle: Obstacle, encapsulation: Encapsulation): string | undefined {
  return WHY[obstacle]?.(NAMES[encapsulation]);
}
