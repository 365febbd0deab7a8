/**
 * Which requests for a WebSocket are granted: the right path and origin, and not too many, in all, of one address, or
 * at once. Everything else gets an HTTP answer before anything was spent on it.
 */
import { Counts } from "./counts.ts";
import { withDefaults } from "./defaults.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface AdmissionOptions {
  /** Of the WebSocket; "/mext" by default. */
  readonly path?: string;
  /**
   * Whose pages may connect ("https://lab.example"); default: any. Programs that are no browsers send no origin, and
   * are not refused for that: who may register, keys decide.
   */
  readonly origins?: readonly string[];
  readonly maxConnections?: number;
  /** Of one IPv4 address, or of one IPv6 prefix of 64 bits: both are one subscriber's. */
  readonly maxConnectionsOfAddress?: number;
  /** New connections of such an address in a second, and so many times more at once. */
  readonly newConnectionsPerSecond?: number;
}

export type AdmissionRefusal =
  | "no WebSocket request" | "wrong path" | "wrong origin" | "too many connections" | "too many connections of an address"
  | "too many new connections of an address" | "too many unauthenticated connections";

/** What a server knows of a request. */
export interface AdmissionRequest {
  readonly isUpgrade: boolean;
  /** Without the query. */
  readonly path: string;
  readonly origin?: string;
  /** Address of the other end, as text. */
  readonly from: string;
}

/** The answer to a request that is refused. */
export interface Denial {
  readonly status: number;
  readonly text: string;
}

const DEFAULTS = { path: "/mext", maxConnections: 1000, maxConnectionsOfAddress: 16, newConnectionsPerSecond: 5 } as const;
const BURST = 4;
/** Addresses whose new connections are counted: more are not let in until some are quiet. */
const MAX_ADDRESSES = 16_384;

const STATUS: Readonly<Record<AdmissionRefusal, number>> = {
  "no WebSocket request": 426,
  "wrong path": 404,
  "wrong origin": 403,
  "too many connections": 503,
  "too many unauthenticated connections": 503,
  "too many connections of an address": 429,
  "too many new connections of an address": 429,
};

export class Admission {
  readonly refused = new Counts<AdmissionRefusal>();
  readonly maxConnections: number;
  readonly #options: Required<Omit<AdmissionOptions, "origins">> & Pick<AdmissionOptions, "origins">;
  readonly #open = new Map<string, number>();
  readonly #attempts = new Map<string, TokenBucket>();

  constructor(options: AdmissionOptions) {
    this.#options = withDefaults(DEFAULTS, options);
    this.maxConnections = this.#options.maxConnections;
  }

  /** Undefined: granted. `crowd` says how many connections there are, `strangers` how many of them nobody knows yet. */
  check(request: AdmissionRequest, crowd: number, strangers: number, nowMs: number): Denial | undefined {
    const refusal = this.#refusalOf(request, crowd, strangers, nowMs);
    if (refusal === undefined) return undefined;
    this.refused.add(refusal);
    return { status: STATUS[refusal], text: refusal };
  }

  opened(from: string): void {
    const key = subscriber(from);
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
  }

  closed(from: string): void {
    const key = subscriber(from);
    const left = (this.#open.get(key) ?? 0) - 1;
    if (left > 0) this.#open.set(key, left);
    else this.#open.delete(key);
  }

  /** Forgets addresses that were quiet. */
  sweep(nowMs: number): void {
    for (const [key, bucket] of this.#attempts) if (bucket.isFull(nowMs)) this.#attempts.delete(key);
  }

  /** Addresses about which something is remembered. */
  get remembered(): number {
    return this.#attempts.size + this.#open.size;
  }

  #refusalOf({ isUpgrade, path, origin, from }: AdmissionRequest, crowd: number, strangers: number, nowMs: number): AdmissionRefusal | undefined {
    const { origins, maxConnections, maxConnectionsOfAddress } = this.#options;
    if (path !== this.#options.path) return "wrong path";
    if (!isUpgrade) return "no WebSocket request";
    if (origin !== undefined && origins !== undefined && !origins.includes(origin)) return "wrong origin";
    const key = subscriber(from);
    if (!this.#mayTry(key, nowMs)) return "too many new connections of an address";
    if ((this.#open.get(key) ?? 0) >= maxConnectionsOfAddress) return "too many connections of an address";
    if (crowd >= maxConnections) return "too many connections";
    // half of the places are for those who have a key
    if (strangers >= Math.ceil(maxConnections / 2)) return "too many unauthenticated connections";
    return undefined;
  }

  #mayTry(key: string, nowMs: number): boolean {
    const perSecond = this.#options.newConnectionsPerSecond;
    let bucket = this.#attempts.get(key);
    if (bucket === undefined) {
      if (this.#attempts.size >= MAX_ADDRESSES) this.sweep(nowMs);
      if (this.#attempts.size >= MAX_ADDRESSES) return false;
      this.#attempts.set(key, (bucket = new TokenBucket(perSecond, perSecond * BURST, nowMs)));
    }
    return bucket.take(nowMs);
  }
}

/** An IPv4 address, or the first 64 bits of an IPv6 one; another text stands for itself. */
function subscriber(from: string): string {
  const text = from.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  if (!text.includes(":")) return text;
  const [head, tail = ""] = text.split("::");
  const front = head.split(":").filter((group) => group !== "");
  const back = tail.split(":").filter((group) => group !== "");
  const zeros = text.includes("::") ? Math.max(0, 8 - front.length - back.length) : 0;
  return `${[...front, ...new Array<string>(zeros).fill("0"), ...back].slice(0, 4).join(":").toLowerCase()}::/64`;
}

/**
 * The client's address in an X-Forwarded-For header: the last one, which the nearest proxy has written. Some write its
 * port as well, "203.0.113.5:50000" or "[2001:db8::5]:50000", by which no client may become many.
 */
export function forwardedFrom(header: string | undefined): string | undefined {
  const last = header?.split(",").at(-1)?.trim();
  const [, inBrackets, ipv4] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(last ?? "") ?? [];
  return inBrackets || ipv4 || last || undefined;
}
