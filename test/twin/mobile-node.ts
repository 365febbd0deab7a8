/**
 * What a mobile node may do with one correspondent node, and what it must then believe (RFC 6275 §11.6, §11.7.2,
 * §11.7.3): small, slow and obvious, and without a timer of its own. It watches: when the node sends a message,
 * `sent…` says what is wrong with that; when one arrives, the twin takes it or not, by the RFC's tests alone.
 */

interface Token {
  token: bigint;
  index: number;
  receivedMs: number;
  /** Of a care-of token: the address that it is for. */
  careofAddress?: string;
}

export interface SentUpdate {
  sequence: number;
  lifetimeMs: number;
  careofAddress: string;
  indices: { home: number; careof: number };
  /** Whether the authenticator was made of both tokens, or of the home token alone. */
  authorisedBy: "both tokens" | "home token" | "neither";
}

const TOKEN_MS = 210_000; // MAX_TOKEN_LIFETIME
const LONGEST_MS = 420_000; // MAX_RR_BINDING_LIFETIME

export class PeerTwin {
  homeToken?: Token;
  careofToken?: Token;
  private readonly cookies = new Set<bigint>();
  private homeCookie?: bigint;
  private careofCookie?: { cookie: bigint; careofAddress: string };
  private sequence?: number;
  /** The Binding Update that waits for its acknowledgement. */
  private outstanding?: SentUpdate & { sentMs: number };
  /** Updates sent without an answer between them. */
  private unanswered = 0;
  private binding?: { careofAddress: string; expiresMs: number };

  // ---- what the node sends: what is wrong with it --------------------------------------------

  sentHomeTestInit(cookie: bigint): string | undefined {
    this.homeCookie = cookie;
    this.homeToken = undefined; // a new test: what was known is to be known anew
    return this.fresh(cookie);
  }

  sentCareofTestInit(cookie: bigint, careofAddress: string): string | undefined {
    this.careofCookie = { cookie, careofAddress };
    this.careofToken = undefined;
    return this.fresh(cookie);
  }

  /** §11.8: a cookie is used once. */
  private fresh(cookie: bigint): string | undefined {
    if (this.cookies.has(cookie)) return "the cookie was used before";
    this.cookies.add(cookie);
    return undefined;
  }

  sentUpdate(update: SentUpdate, nowMs: number, careofAddress: string, homeRemainingMs: number): string | undefined {
    const { sequence, lifetimeMs, indices } = update;
    const removal = lifetimeMs === 0;
    const before = this.sequence;
    this.sequence = sequence;
    this.outstanding = { ...update, sentMs: nowMs };
    this.unanswered++;
    if (before !== undefined && sequence !== ((before + 1) & 0xffff)) return `sequence ${sequence} after ${before}`;
    if (!this.homeToken || nowMs - this.homeToken.receivedMs > TOKEN_MS) return "no home keygen token that is young enough";
    if (indices.home !== this.homeToken.index) return "another home nonce index than the token's";
    if (removal) return update.authorisedBy === "home token" ? undefined : "not authorised by the home token";
    const { careofToken } = this;
    if (!careofToken || nowMs - careofToken.receivedMs > TOKEN_MS) return "no care-of keygen token that is young enough";
    if (update.careofAddress !== careofAddress || careofToken.careofAddress !== careofAddress) {
      return "not the care-of address, or not the one that was tested";
    }
    if (indices.careof !== careofToken.index) return "another care-of nonce index than the token's";
    if (update.authorisedBy !== "both tokens") return "not authorised by both tokens";
    if (lifetimeMs > LONGEST_MS) return "a lifetime above MAX_RR_BINDING_LIFETIME";
    if (lifetimeMs > homeRemainingMs + 4000) return "a lifetime above that of the home registration";
    return undefined;
  }

  // ---- what arrives: whether it counts -------------------------------------------------------

  homeTest(cookie: bigint, index: number, token: bigint, tunnelled: boolean, nowMs: number): boolean {
    if (!tunnelled || this.homeToken || cookie !== this.homeCookie) return false;
    this.homeToken = { token, index, receivedMs: nowMs };
    return true;
  }

  careofTest(cookie: bigint, index: number, token: bigint, destination: string, nowMs: number): boolean {
    if (this.careofToken || cookie !== this.careofCookie?.cookie) return false;
    if (destination !== this.careofCookie.careofAddress) return false;
    this.careofToken = { token, index, receivedMs: nowMs, careofAddress: destination };
    return true;
  }

  acknowledgement(status: number, sequence: number, lifetimeMs: number, authentic: boolean): boolean {
    const { outstanding } = this;
    if (!outstanding) return false;
    const needsKey = status < 136 || status > 138;
    if (needsKey && !authentic) return false;
    if (status === 135) {
      this.unanswered = 0;
      this.sequence = sequence;
      this.outstanding = undefined;
      return true;
    }
    if (sequence !== outstanding.sequence) return false;
    this.outstanding = undefined;
    this.unanswered = 0;
    if (status === 136 || status === 138) this.homeToken = undefined;
    if (status === 137 || status === 138) this.careofToken = undefined;
    if (status >= 128) return true;
    const granted = Math.min(lifetimeMs, outstanding.lifetimeMs);
    this.binding = granted === 0
      ? undefined
      : { careofAddress: outstanding.careofAddress, expiresMs: outstanding.sentMs + granted };
    return true;
  }

  /** The node waits no longer for an answer: its right after MAX_RO_FAILURE attempts (§5.2.9), or without young tokens. */
  stoppedWaiting(nowMs: number): string | undefined {
    if (!this.outstanding) return undefined;
    this.outstanding = undefined;
    const { unanswered } = this;
    this.unanswered = 0;
    const isYoung = (token?: Token) => token !== undefined && nowMs - token.receivedMs < TOKEN_MS - 40_000;
    const mayGoOn = isYoung(this.homeToken) && isYoung(this.careofToken);
    return unanswered < 3 && mayGoOn ? `gave up after ${unanswered} attempts` : undefined;
  }

  /** The node moved, or believes that the peer has lost it all: what it had, and had asked for, is void. */
  lost(): void {
    this.binding = this.outstanding = undefined;
    this.unanswered = 0;
  }

  /** Peer or path said that the binding does not work: it may be given up, and nothing else. */
  gaveUp(): void {
    this.binding = undefined;
  }

  /** Whether packets may take the direct way from `careofAddress`. */
  mayOptimise(careofAddress: string, nowMs: number): boolean {
    return this.binding?.careofAddress === careofAddress && this.binding.expiresMs > nowMs;
  }

  /** When the binding ends; undefined while an update is out, which may have prolonged it. */
  get expiresMs(): number | undefined {
    return this.outstanding ? undefined : this.binding?.expiresMs;
  }
}
