/**
 * The correspondent node of RFC 6275 a second time: small, slow and obvious. It knows nothing of packets,
 * keys or the core; it says what a correspondent node must answer and what must stand in its binding cache.
 */

export interface Update {
  homeAddress: string;
  /** From the Alternate Care-of Address option, else the packet's source. */
  careofAddress: string;
  sequence: number;
  lifetimeUnits: number;
  acknowledge: boolean;
  homeRegistration: boolean;
  /** Undefined: no Nonce Indices option. */
  indices?: { home: number; careof: number };
  /** Which tokens its authenticator was made of; "wrong" fits neither. */
  authorisedBy: "both tokens" | "home token" | "wrong" | "nothing";
}

/** A Binding Acknowledgement, or silence. */
export type Answer = { status: number; sequence: number; lifetimeUnits: number } | undefined;

/** A binding, or what must be remembered of one that ended, so that its updates are not heard again (§5.2.8). */
interface Entry {
  /** Undefined: there is no binding any more. */
  binding?: { careofAddress: string; expiresMs: number };
  /** Of the last update that was accepted. */
  sequence: number;
  /** The newest nonce, by its generation, that an accepted update was made with. */
  newest: number;
  /** The newest nonce of the time before the node began anew with smaller sequence numbers. */
  former?: number;
}

const GENERATION_MS = 30_000; // §5.2.7: a new nonce every 30 seconds, if anybody asks
const NONCE_MS = 240_000; // MAX_NONCE_LIFETIME
const LONGEST_UNITS = 105; // MAX_RR_BINDING_LIFETIME in units of four seconds

export class CorrespondentTwin {
  /** When each nonce was first used; its position is its age. */
  private readonly generations: number[] = [];
  private readonly entries = new Map<string, Entry>();

  /** The generation whose nonce answers a test now. */
  test(nowMs: number): number {
    const newest = this.generations.length - 1;
    if (newest < 0 || nowMs - this.generations[newest] >= GENERATION_MS) this.generations.push(nowMs);
    return this.generations.length - 1;
  }

  private recognises(generation: number, nowMs: number): boolean {
    return generation in this.generations && nowMs - this.generations[generation] <= NONCE_MS;
  }

  /** Takes a Binding Update; `indices` are generations here (−1: one that never was). */
  update(update: Update, nowMs: number): Answer {
    this.expire(nowMs);
    const entry = this.entries.get(update.homeAddress);
    const removal = update.lifetimeUnits === 0 || update.careofAddress === update.homeAddress;
    const { indices, sequence } = update;
    const refuse = (status: number, number = sequence): Answer => ({ status, sequence: number, lifetimeUnits: 0 });

    // §9.5.1, §10.3.1: home registrations belong elsewhere, and have no nonce indices
    if (update.homeRegistration) return indices ? undefined : refuse(entry?.binding ? 139 : 131);
    if (!indices || update.authorisedBy === "nothing") return undefined;

    // §9.5.1: to remove a binding, the home nonce alone counts
    const newest = removal ? indices.home : Math.max(indices.home, indices.careof);
    const home = this.recognises(indices.home, nowMs);
    const careof = removal || this.recognises(indices.careof, nowMs);
    const { former } = entry ?? {};
    const ofFormerLife = former !== undefined && this.recognises(former, nowMs) && newest <= former;
    if (!home) return refuse(careof ? 136 : 138);
    if (!careof) return refuse(137);
    if (ofFormerLife) return refuse(removal ? 136 : 138);
    if (update.authorisedBy !== (removal ? "home token" : "both tokens")) return undefined;

    const isNext = !entry || isGreater(sequence, entry.sequence);
    if (!isNext && (entry.binding || newest <= entry.newest)) return refuse(135, entry.sequence);

    if (entry) {
      if (!isNext) entry.former = entry.newest;
      entry.sequence = sequence;
      entry.newest = this.recognises(entry.newest, nowMs) ? Math.max(entry.newest, newest) : newest;
      if (removal) entry.binding = undefined;
    }
    if (!removal) {
      const expiresMs = nowMs + Math.min(update.lifetimeUnits, LONGEST_UNITS) * 4000;
      const binding = { careofAddress: update.careofAddress, expiresMs };
      if (entry) entry.binding = binding;
      else this.entries.set(update.homeAddress, { binding, sequence, newest });
    }
    if (!update.acknowledge) return undefined; // §9.5.4: success is told only to who asks
    return { status: 0, sequence, lifetimeUnits: removal ? 0 : Math.min(update.lifetimeUnits, LONGEST_UNITS) };
  }

  private expire(nowMs: number): void {
    for (const [homeAddress, entry] of this.entries) {
      if (entry.binding && entry.binding.expiresMs <= nowMs) entry.binding = undefined;
      if (!entry.binding && !this.recognises(entry.newest, nowMs)) this.entries.delete(homeAddress);
    }
  }

  /** Whether a packet with this Home Address option is taken; else it is answered by a Binding Error (§9.3.1). */
  takes(homeAddress: string, source: string, nowMs: number): boolean {
    this.expire(nowMs);
    return this.entries.get(homeAddress)?.binding?.careofAddress === source;
  }

  /** Where a packet to `homeAddress` goes directly; undefined: by its home (§9.3.2). */
  routeTo(homeAddress: string, nowMs: number): string | undefined {
    this.expire(nowMs);
    return this.entries.get(homeAddress)?.binding?.careofAddress;
  }

  /** The binding cache, by home address. */
  cache(nowMs: number): Map<string, { careofAddress: string; sequence: number; remainingMs: number }> {
    this.expire(nowMs);
    const cache = new Map<string, { careofAddress: string; sequence: number; remainingMs: number }>();
    for (const [home, { binding, sequence }] of this.entries) {
      if (!binding) continue;
      const { careofAddress, expiresMs } = binding;
      cache.set(home, { careofAddress, sequence, remainingMs: expiresMs - nowMs });
    }
    return cache;
  }
}

/** §9.5.1: modulo 2^16, the 32,768 numbers before `last` and `last` itself are not greater. */
function isGreater(sequence: number, last: number): boolean {
  const ahead = (sequence - last) & 0xffff;
  return ahead > 0 && ahead < 0x8000;
}
