/** A network that answers probes as the real one would, in virtual time: NATs of the kinds of RFC 4787, firewalls. */
import type { Answer, Obstacle, Prober, Question } from "../../platforms/linux/doctor/prober.ts";
import type { Way } from "../../platforms/linux/doctor/report.ts";

export interface Network {
  /** What passes; all ways by default. */
  readonly passes?: readonly Way[];
  /** Ways that there are not, and why. */
  readonly absent?: Partial<Record<Way, string>>;
  readonly ipv6Tunnelled?: boolean;
  readonly mtu?: number;
  /** There is a NAT; else a firewall that keeps states, with `filtering`. */
  readonly nat?: { readonly dependsOnDestination?: boolean; readonly preservesPorts?: boolean; readonly addresses?: number };
  /** Only answers come in. */
  readonly filtering?: "endpoint-independent" | "address-dependent";
  readonly lifetimeS?: number;
  readonly destinations?: number;
  readonly clockAheadMs?: number;
  /** Every n-th packet is lost. */
  readonly loses?: number;
}

interface Mapping {
  readonly outerPort: number;
  usedMs: number;
  readonly destinations: Set<number>;
}

export const LOCAL = "10.0.0.2";
const OUTSIDE = ["203.0.113.7", "203.0.113.8"];

export class FakeProber implements Prober {
  readonly sockets = 31;
  readonly destinations: number;
  questions: Question[] = [];
  readonly #network: Network;
  readonly #mappings = new Map<string, Mapping>();

  constructor(network: Network) {
    this.#network = network;
    this.destinations = network.destinations ?? 1;
  }

  obstacle(way: Way): Obstacle | undefined {
    const why = this.#network.absent?.[way];
    return why === undefined ? undefined : { passage: "absent", why };
  }

  localPort(socket: number, way: Way): number | undefined {
    return way.startsWith("Udp") ? 40_000 + socket : undefined;
  }

  localAddresses(way: Way): readonly string[] {
    return this.obstacle(way) ? [] : way.endsWith("4") ? [LOCAL] : ["2001:db8:a::2"];
  }

  sleep(ms: number, givenUp?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, ms);
      givenUp?.addEventListener("abort", () => resolve());
    });
  }

  async ask(question: Question, timeoutMs: number): Promise<Answer | undefined> {
    this.questions.push(question);
    const answer = this.#pass(question);
    await this.sleep(answer?.roundTripMs ?? timeoutMs);
    return answer;
  }

  #pass({ way, socket = 0, bytes = 100, answerPort, destination = 0, tunnelled }: Question): Answer | undefined {
    const { passes, ipv6Tunnelled = true, mtu = 1500, loses, clockAheadMs, nat } = this.#network;
    if (this.obstacle(way) || passes?.includes(way) === false || bytes > mtu) return undefined;
    if (tunnelled && !ipv6Tunnelled) return undefined;
    if (loses && this.questions.length % loses === 0) return undefined;
    const times = { roundTripMs: 20, ...(clockAheadMs !== undefined && { clockAheadMs }) };
    if (way !== "UdpIpv4") return { seenAddress: this.localAddresses(way)[0], seenPort: way === "Ipv6" || way === "Ipv4" ? 0 : 40_000, ...times };
    const mapping = this.#mappingOf(socket, destination);
    mapping.usedMs = Date.now();
    mapping.destinations.add(destination);
    if (answerPort !== undefined && !this.#admits(answerPort, destination)) return undefined;
    return { seenAddress: nat ? OUTSIDE[socket % (nat.addresses ?? 1)] : LOCAL, seenPort: mapping.outerPort, ...times };
  }

  #mappingOf(socket: number, destination: number): Mapping {
    const { nat } = this.#network;
    const key = nat?.dependsOnDestination ? `${socket} ${destination}` : String(socket);
    const known = this.#mappings.get(key);
    if (known && this.#lives(known)) return known;
    const outerPort = !nat || nat.preservesPorts ? 40_000 + socket : 50_000 + this.#mappings.size * 7 + Math.floor(Date.now() / 1000) % 7;
    const mapping = { outerPort, usedMs: Date.now(), destinations: new Set<number>() };
    this.#mappings.set(key, mapping);
    return mapping;
  }

  /** Whether a packet from the home agent comes in to this port outside. */
  #admits(outerPort: number, destination: number): boolean {
    const { nat, filtering } = this.#network;
    const mapping = [...this.#mappings.values()].find((each) => each.outerPort === outerPort);
    if (!nat && filtering !== "address-dependent") return true;
    if (!mapping || !this.#lives(mapping)) return false;
    return filtering !== "address-dependent" || mapping.destinations.has(destination);
  }

  #lives({ usedMs }: Mapping): boolean {
    return Date.now() - usedMs < (this.#network.lifetimeS ?? Infinity) * 1000;
  }
}
