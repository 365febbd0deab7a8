/**
 * What the conformance suite asks of a host: to be one node, the *subject*, whose links lead nowhere but to the
 * suite. The *tester* (`tester.ts`) plays everybody else on them: routers, home agents, mobile nodes,
 * correspondent nodes.
 *
 * A host joins the suite with one implementation of `Subject`; `simulator.ts` is the first. A host with real
 * devices gives the subject one device a link (a veth pair, a TAP device, a message port) and lets the tester
 * read and write the other end:
 *
 *   - the tester sees every IPv6 packet that leaves the subject, whoever it is for: on a link with link-layer
 *     addresses the implementation answers Neighbour Solicitations for all addresses that are not the subject's,
 *     and does not show them; Neighbour Solicitations that the core itself sends are shown;
 *   - the subject takes every packet that the tester sends, as if it had been sent to its link-layer address;
 *   - the host's own stack answers ICMPv6 Echo Requests to the subject's addresses, a home address included, and
 *     forwards on a home agent: nothing else of the host is ever tested;
 *   - time passes only in `next`. A host whose core runs by a clock of its own waits; one whose clock can be set
 *     jumps. Lifetimes of minutes are waited for, so that a host that cannot jump is to leave such cases out.
 */
import type {
  CorrespondentSettings, HomeAgentSettings, HomeLinkSettings, MobileNodeSettings, NodeSettings,
  RouteOptimisationSettings,
} from "../../bindings/commands.ts";

/** A packet that the subject sent, and on which of its links. */
export interface Sent {
  readonly link: string;
  readonly packet: Uint8Array;
  /** The suite's time: ms since `start`. */
  readonly atMs: number;
}

/** Addresses of a node in one link, and its router there, as text. */
export interface Attachment {
  readonly link: string;
  readonly addresses: readonly string[];
  readonly router: string;
}

/** Who the subject is. */
export type Configuration =
  | {
      readonly role: "correspondent-node";
      readonly attachment: Attachment;
      readonly correspondent?: Partial<Omit<CorrespondentSettings, "addresses">>;
    }
  | {
      readonly role: "home-agent";
      /** The link to everybody else; on it only if the home link is a virtual one: the home agent's address. */
      readonly attachment: Attachment;
      readonly homeAgent: HomeAgentSettings;
      /** The name of a real home link, and how it is served. */
      readonly homeLink?: { readonly link: string } & Partial<Omit<HomeLinkSettings, "device">>;
      readonly nodes: readonly NodeSettings[];
    }
  | {
      readonly role: "mobile-node";
      /** In no link until `attach`. */
      readonly mobileNode: MobileNodeSettings;
      readonly routes?: Partial<RouteOptimisationSettings>;
      readonly correspondent?: Partial<Omit<CorrespondentSettings, "addresses">>;
    };

/** One node under test. Packets given and returned belong to the receiver. */
export interface Subject {
  /** "simulator", "node", … */
  readonly host: string;
  /** Ms since `start`. */
  readonly nowMs: number;
  /** What the subject's wall clock shows, Unix ms: timestamps of RFC 4285 §6 are taken from it. */
  readonly unixMs: number;
  /** By how much `atMs` of a packet may be late, where time is not a simulated one; default: 0. */
  readonly latenessMs?: number;
  /** Starts the node anew, without any state of an earlier one. */
  start(configuration: Configuration): Promise<void>;
  /** Moves a mobile node's one uplink into a link; undefined: into none. */
  attach(link: string | undefined): Promise<void>;
  /** Sends the subject a packet on one of its links. */
  inject(link: string, packet: Uint8Array): Promise<void>;
  /**
   * The oldest packet that the subject has sent and that was not returned yet; waits for one until `untilMs`.
   * Undefined: it has sent none.
   */
  next(untilMs: number): Promise<Sent | undefined>;
  /** Ends the node, without a word to anybody. */
  stop(): Promise<void>;
}

/** One test. `run` fails by throwing. */
export interface Case {
  /** As in `ids.tsv`. */
  readonly id: string;
  readonly title: string;
  run(subject: Subject): Promise<void>;
}
