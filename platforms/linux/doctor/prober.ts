/** Probes as the measurements see them: who asks, and what comes back. */
import type { Way } from "./report.ts";

export interface Question {
  readonly way: Way;
  /** Which of the doctor's own sockets asks: 0 … `sockets` − 1. Only the first one can ask without UDP. */
  readonly socket?: number;
  /** Octets of the outer packet, and of the answer's; as few as there are by default. */
  readonly bytes?: number;
  /** By UDP: the answer goes to this port of the address that the home agent sees. */
  readonly answerPort?: number;
  /** Which address of the home agent is asked, of those by IPv4; the first one by default. */
  readonly destination?: number;
  /** By IPv6: the question is tunnelled, as data are, and no mobility message of its own. */
  readonly tunnelled?: boolean;
}

export interface Answer {
  /** As the home agent saw the question come; undefined: it knows no probes, and says no more than that. */
  readonly seenAddress?: string;
  /** 0 without UDP. */
  readonly seenPort: number;
  readonly roundTripMs: number;
  /** How far the home agent's clock is ahead, with half of the round trip as its error; undefined: not said. */
  readonly clockAheadMs?: number;
}

/** Why a way cannot be asked. */
export interface Obstacle {
  /** "absent": a mobile node would not have it here either. */
  readonly passage: "absent" | "untried";
  readonly why: string;
}

export interface Prober {
  /** How many sockets it has. */
  readonly sockets: number;
  /** Addresses of the home agent by IPv4. */
  readonly destinations: number;
  /** Asks once; undefined: nothing came back in time. */
  ask(question: Question, timeoutMs: number): Promise<Answer | undefined>;
  /** Why this way cannot be asked at all; undefined: it can. */
  obstacle(way: Way): Obstacle | undefined;
  /** The port of a socket on this host; undefined: it has none. */
  localPort(socket: number, way: Way): number | undefined;
  /** The addresses of this host at which a way may begin. */
  localAddresses(way: Way): readonly string[];
  /** Lets time pass; ends early when it is given up. */
  sleep(ms: number, givenUp?: AbortSignal): Promise<void>;
}

/** Asks again until there is an answer. */
export async function askAgain(
  prober: Prober, question: Question, timeoutMs: number, times: number,
): Promise<Answer | undefined> {
  for (let time = 0; time < times; time++) {
    const answer = await prober.ask(question, timeoutMs);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
