/** What the doctor found: findings for people and programs, each with what to do about it, and the verdict. */
import type { Encapsulation } from "../../../bindings/engine.ts";

/** The four ways to a home agent, by their names in the contract. */
export type Way = keyof typeof Encapsulation;

export const WAYS: readonly Way[] = ["Ipv6", "UdpIpv6", "Ipv4", "UdpIpv4"];

export type Verdict =
  /** As it should be. */
  | "good"
  /** Worth knowing; it takes nothing away. */
  | "note"
  /** It works, but less well than it could. */
  | "warning"
  /** The daemon cannot work, or not by this uplink. */
  | "bad"
  /** It could not be found out. */
  | "unknown";

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at: stays the same for programs. */
  readonly check: string;
  readonly verdict: Verdict;
  /** What was found, one sentence. */
  readonly finding: string;
  /** What to do, one sentence. */
  readonly advice: string;
}

/** Whether packets to the home agent pass by one way, and come back. */
export type Passage =
  | "passes"
  /** Nothing came back. */
  | "blocked"
  /** There is no such way from here: no address of this kind, or the home agent has none. */
  | "absent"
  /** It could not be tried. */
  | "untried";

/** One way to the home agent, as it was measured. */
export interface WayResult {
  readonly way: Way;
  readonly passage: Passage;
  /** Why it is absent or was not tried. */
  readonly why?: string;
  /** The configuration lets the mobile node use it. */
  readonly allowed: boolean;
  readonly roundTripMs?: number;
  /** Largest IP packet that passed in both directions, octets. */
  readonly pathMtu?: number;
  /** The interface's own. */
  readonly linkMtu?: number;
  /** As the home agent saw us. */
  readonly seenAddress?: string;
  readonly seenPort?: number;
}

/** What can be known of a NAT from here, in the words of RFC 4787; undefined: it cannot. */
export interface NatResult {
  /** undefined: the home agent does not say how it sees this host. */
  readonly present: boolean | undefined;
  /** §4.1: needs two destinations. */
  readonly mapping?: "endpoint-independent" | "depends on the destination";
  /** §5: needs two destinations where there is a NAT. */
  readonly filtering?: "endpoint-independent" | "depends on the destination";
  /** §4.2.1: the port outside is the one inside. */
  readonly portPreservation?: boolean;
  /** §4.1: all sessions of this host have one address outside. */
  readonly pooling?: "paired" | "arbitrary";
  /** Addresses outside that were seen. */
  readonly addresses: readonly string[];
  /** How many home agent addresses could be asked. */
  readonly destinations: number;
  /** What could not be known, one sentence each. */
  readonly unknown: readonly string[];
}

/** How long a NAT or firewall keeps a way back open. */
export interface LifetimeResult {
  /** The longest silence after which packets still came in, s; 0: none of those that were tried. */
  readonly heldS: number;
  /** The shortest one after which they no longer did, s; undefined: the test ended before. */
  readonly lostS?: number;
  /** The longest silence that was tried, s. */
  readonly triedS: number;
}

/** One uplink of a mobile node. */
export interface UplinkReport {
  readonly interface: string;
  /** This is the home link: a mobile node is at home there. */
  readonly home?: true;
  /** The best way that works and is allowed; undefined: none does. */
  readonly way?: Way;
  readonly ways: readonly WayResult[];
  readonly nat?: NatResult;
  /** Of a mapping for UDP over IPv4. */
  readonly lifetime?: LifetimeResult;
  /** How far the home agent's clock is ahead of this host's, ms. */
  readonly clockAheadMs?: number;
  readonly findings: readonly Finding[];
}

export interface DoctorReport {
  /** Version of this form. */
  readonly format: 1;
  readonly version: string;
  readonly file: string;
  readonly role: "mobile-node" | "home-agent" | "correspondent";
  /** The daemon of this file would work here, as far as can be seen. */
  readonly works: boolean;
  /** Why, one sentence. */
  readonly conclusion: string;
  /** Of this host. */
  readonly host: readonly Finding[];
  /** Of each uplink that was looked at; absent where the role has none. */
  readonly uplinks?: readonly UplinkReport[];
}

export const NOTHING_TO_DO = "There is nothing to do.";

export const good = (check: string, finding: string): Finding =>
  ({ check, verdict: "good", finding, advice: NOTHING_TO_DO });

export const note = (check: string, finding: string, advice = NOTHING_TO_DO): Finding =>
  ({ check, verdict: "note", finding, advice });

export const warning = (check: string, finding: string, advice: string): Finding =>
  ({ check, verdict: "warning", finding, advice });

export const bad = (check: string, finding: string, advice: string): Finding =>
  ({ check, verdict: "bad", finding, advice });

export const unknown = (check: string, finding: string, advice: string): Finding =>
  ({ check, verdict: "unknown", finding, advice });

/** Draws the conclusion: nothing of the host stands against it, and a mobile node has a way by one of its uplinks. */
export function conclude(report: Omit<DoctorReport, "works" | "conclusion">): DoctorReport {
  return { ...report, ...conclusionOf(report) };
}

function conclusionOf({ role, host, uplinks }: Omit<DoctorReport, "works" | "conclusion">): {
  works: boolean; conclusion: string;
} {
  const against = host.filter(({ verdict }) => verdict === "bad").map(({ check }) => check);
  const who = `A ${role.replace("-", " ")}`;
  const reached = uplinks?.find(({ way }) => way !== undefined);
  const home = uplinks?.find((each) => each.home);
  if (against.length > 0) {
    const also = reached ? ` The home agent is reached ${WAY_NAMES[reached.way!]} by ${reached.interface}.` : "";
    return { works: false, conclusion: `${who} does not work here: see ${list(against)}.${also}` };
  }
  if (uplinks === undefined) return { works: true, conclusion: `${who} works here, as far as can be seen.` };
  if (uplinks.length === 0) {
    return { works: false, conclusion: `${who} does not work here: none of its uplinks is there.` };
  }
  if (reached !== undefined) {
    return { works: true, conclusion: `${who} works here: ${WAY_NAMES[reached.way!]} by ${reached.interface}.` };
  }
  if (home !== undefined) return { works: true, conclusion: `${who} is at home here, by ${home.interface}.` };
  const untried = uplinks.filter(({ ways }) => ways.some(({ passage, allowed }) => passage === "untried" && allowed));
  if (untried.length > 0) {
    const names = list(untried.map((each) => each.interface));
    return { works: false, conclusion: `${who} may work here, but of what could be tried by ${names} nothing passes.` };
  }
  const names = list(uplinks.map((each) => each.interface));
  return { works: false, conclusion: `${who} does not work here: the home agent is reached in no way by ${names}.` };
}

/** As people call them. */
export const WAY_NAMES: Readonly<Record<Way, string>> = {
  Ipv6: "in plain IPv6",
  UdpIpv6: "in UDP over IPv6",
  Ipv4: "in plain IPv4",
  UdpIpv4: "in UDP over IPv4",
};

/** "a", "a and b", "a, b and c". */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** "at least 15 s", "29 to 32 s", "less than 5 s". */
export function lifetimeText({ heldS, lostS }: LifetimeResult): string {
  if (lostS === undefined) return `at least ${heldS} s`;
  return heldS === 0 ? `less than ${lostS} s` : `${heldS} to ${lostS} s`;
}
