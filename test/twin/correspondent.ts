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

interface Binding {
  careofAddress: string;
  sequence: number;
  expiresMs: number;
}

/** What must be remembered of a binding that ended, so that its Binding Updates are not heard again (§5.2.8). */
interface Memory {
  sequence: number;
  /** Position in `generations` of the newest nonce at the end. */
  newest: number;
}

const GENERATION_MS = 30_000; // §5.2.7: a new nonce every 30 seconds, if anybody asks
const NONCE_MS = 240_000; // MAX_NONCE_LIFETIME
const LONGEST_UNITS = 105; // MAX_RR_BINDING_LIFETIME in units of four seconds

export class CorrespondentTwin {
  /** When each nonce was first used; its position is its age. */
  private readonly generations: number[] = [];
  private readonly bindings = new Map<string, Binding>();
  private readonly memories = new Map<string, Memory>();

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
    const binding = this.bindings.get(update.homeAddress);
    const removal = update.lifetimeUnits === 0 || update.careofAddress === update.homeAddress;
    const { indices, sequence } = update;
    const refuse = (status: number, number = sequence): Answer => ({ status, sequence: number, lifetimeUnits: 0 });

    // §9.5.1, §10.3.1: home registrations belong elsewhere, and have no nonce indices
    if (update.homeRegistration) return indices ? undefined : refuse(binding ? 139 : 131);
    if (!indices || update.authorisedBy === "nothing") return undefined;

    // §9.5.1: to remove a binding, the home nonce alone counts
    const home = this.recognises(indices.home, nowMs);
    const careof = removal || this.recognises(indices.careof, nowMs);
    if (!home) return refuse(careof ? 136 : 138);
    if (!careof) return refuse(137);
    if (update.authorisedBy !== (removal ? "home token" : "both tokens")) return undefined;

    const last = binding?.sequence ?? this.rememberedSequence(update, removal);
    if (last !== undefined && !isGreater(sequence, last)) return refuse(135, last);

    if (removal) {
      if (binding) this.end(update.homeAddress, sequence);
    } else {
      this.memories.delete(update.homeAddress);
      const lifetimeMs = Math.min(update.lifetimeUnits, LONGEST_UNITS) * 4000;
      this.bindings.set(update.homeAddress, {
        careofAddress: update.careofAddress, sequence, expiresMs: nowMs + lifetimeMs,
      });
    }
    if (!update.acknowledge) return undefined; // §9.5.4: success is told only to who asks
    return { status: 0, sequence, lifetimeUnits: removal ? 0 : Math.min(update.lifetimeUnits, LONGEST_UNITS) };
  }

  /** The sequence number that an update must exceed although there is no binding. */
  private rememberedSequence({ homeAddress, indices }: Update, removal: boolean): number | undefined {
    const memory = this.memories.get(homeAddress);
    if (!memory || !indices) return undefined;
    const newest = removal ? indices.home : Math.max(indices.home, indices.careof);
    return newest > memory.newest ? undefined : memory.sequence;
  }

  private end(homeAddress: string, sequence: number): void {
    this.bindings.delete(homeAddress);
    this.memories.set(homeAddress, { sequence, newest: this.generations.length - 1 });
  }

  private expire(nowMs: number): void {
    for (const [homeAddress, { expiresMs, sequence }] of this.bindings) {
      if (expiresMs <= nowMs) this.end(homeAddress, sequence);
    }
    for (const [homeAddress, { newest }] of this.memories) {
      if (!this.recognises(newest, nowMs)) this.memories.delete(homeAddress);
    }
  }

  /** Whether a packet with this Home Address option is taken; else it is answered by a Binding Error (§9.3.1). */
  takes(homeAddress: string, source: string, nowMs: number): boolean {
    this.expire(nowMs);
    return this.bindings.get(homeAddress)?.careofAddress === source;
  }

  /** Where a packet to `homeAddress` goes directly; undefined: by its home (§9.3.2). */
  routeTo(homeAddress: string, nowMs: number): string | undefined {
    this.expire(nowMs);
    return this.bindings.get(homeAddress)?.careofAddress;
  }

  /** The binding cache, by home address. */
  cache(nowMs: number): Map<string, { careofAddress: string; sequence: number; remainingMs: number }> {
    this.expire(nowMs);
    return new Map(
      [...this.bindings].map(([home, { careofAddress, sequence, expiresMs }]) => [
        home, { careofAddress, sequence, remainingMs: expiresMs - nowMs },
      ]),
    );
  }
}

/** §9.5.1: modulo 2^16, the 32,768 numbers before `last` and `last` itself are not greater. */
function isGreater(sequence: number, last: number): boolean {
  const ahead = (sequence - last) & 0xffff;
  return ahead > 0 && ahead < 0x8000;
}
