/**
 * The tester: sends packets to the subject, and waits for what the subject sends.
 *
 * What the subject has sent and no expectation has taken yet is remembered, so that the order in which two
 * answers come does not matter. `forget` drops it; `ask` does so first, so that an old packet is never taken for
 * the answer. Played nodes that answer by themselves (`react`) do so as soon as the packet is seen.
 */
import type { Matcher } from "./packet.ts";
import { Seen, summary } from "./packet.ts";
import type { Configuration, Subject } from "./subject.ts";

/** An answer comes within so much. */
const ANSWER_MS = 1000;
/** Lines of what happened last, for failures. */
const LOG_LINES = 12;

/** The subject did not do what it should have. */
export class NotConformant extends Error {
  override readonly name = "NotConformant";
}

/** What a played node does about a packet of the subject: packets that it sends on the same link. */
export type Reaction = (seen: Seen) => Uint8Array[] | Uint8Array | undefined;

export class Tester {
  private readonly reactions: Reaction[] = [];
  private readonly pending: Seen[] = [];
  private readonly log: string[] = [];

  private constructor(
    readonly subject: Subject,
    /** Where packets go when no link is named. */
    public link: string,
  ) {}

  /** Starts the subject; `link` is where the tester sends. */
  static async start(subject: Subject, configuration: Configuration, link: string): Promise<Tester> {
    await subject.start(configuration);
    return new Tester(subject, link);
  }

  get nowMs(): number {
    return this.subject.nowMs;
  }

  /** By how much packets of the subject may be late. */
  get latenessMs(): number {
    return this.subject.latenessMs ?? 0;
  }

  async send(packet: Uint8Array, link = this.link): Promise<void> {
    this.log.push(`  > ${this.nowMs.toFixed(0)} ms, ${link}: ${summary(packet)}`);
    await this.subject.inject(link, packet);
  }

  /** Sends, and waits for the answer. */
  async ask(packet: Uint8Array, answer: Matcher, withinMs = ANSWER_MS): Promise<Seen> {
    this.forget();
    await this.send(packet);
    return this.expect(answer, withinMs);
  }

  /** Sends, and waits for `unwanted` in vain. */
  async askInVain(packet: Uint8Array, unwanted: Matcher, forMs = ANSWER_MS): Promise<void> {
    this.forget();
    await this.send(packet);
    await this.expectNone(unwanted, forMs);
  }

  /** The first packet that matches: one that was already sent, or comes within `withinMs`. */
  async expect(wanted: Matcher, withinMs = ANSWER_MS): Promise<Seen> {
    const found = await this.find(wanted, this.nowMs + withinMs);
    if (!found) this.fail(`expected within ${withinMs} ms: ${wanted.what}`);
    return found;
  }

  /** No packet matches: none that was already sent, none that comes within `forMs`. */
  async expectNone(unwanted: Matcher, forMs = ANSWER_MS): Promise<void> {
    const found = await this.find(unwanted, this.nowMs + forMs);
    if (found) this.fail(`expected for ${forMs} ms that there is none: ${unwanted.what}\n  but: ${found}`);
  }

  /** Lets a played node answer by itself from now on. */
  react(reaction: Reaction): void {
    this.reactions.push(reaction);
  }

  /** Whether there is a packet that matches, like `expect`; the case goes on in any event. */
  async sees(wanted: Matcher, withinMs = ANSWER_MS): Promise<boolean> {
    return (await this.find(wanted, this.nowMs + withinMs)) !== undefined;
  }

  /** Lets time pass; what comes is remembered. */
  async wait(ms: number): Promise<void> {
    await this.find({ what: "nothing", matches: () => false }, this.nowMs + ms);
  }

  async waitUntil(atMs: number): Promise<void> {
    await this.wait(Math.max(0, atMs - this.nowMs));
  }

  /** What was sent until now is not looked at any more. */
  forget(): void {
    this.pending.length = 0;
  }

  /** This tester, for a played node whose packets come another way: as `wrap` makes them. */
  behind(wrap: (packet: Uint8Array) => Uint8Array): Tester {
    const send = (packet: Uint8Array, link = this.link) => this.send(wrap(packet), link);
    return Object.assign(Object.create(this) as Tester, { send });
  }

  /** For checks that are more than a matcher. */
  check(condition: boolean, what: string): void {
    if (!condition) this.fail(what);
  }

  /** The second packet comes no sooner than `gapMs` after the first, as far as the host can tell. */
  checkGap(first: Seen, second: Seen, gapMs: number, what: string): void {
    this.check(second.atMs - first.atMs >= gapMs - this.latenessMs, what);
  }

  equal(actual: unknown, expected: unknown, what: string): void {
    if (actual !== expected) this.fail(`${what} is ${String(actual)}, expected ${String(expected)}`);
  }

  private async find(wanted: Matcher, untilMs: number): Promise<Seen | undefined> {
    const index = this.pending.findIndex((seen) => wanted.matches(seen));
    if (index >= 0) return this.pending.splice(index, 1)[0];
    for (;;) {
      const sent = await this.subject.next(untilMs);
      if (!sent) return undefined;
      const seen = this.look(Seen.of(sent));
      for (const reaction of this.reactions) {
        for (const answer of [reaction(seen) ?? []].flat()) await this.send(answer, seen.link);
      }
      if (wanted.matches(seen)) return seen;
      this.pending.push(seen);
    }
  }

  /** Whatever the subject sends must be well formed. */
  private look(seen: Seen): Seen {
    this.log.push(`  < ${seen}`);
    const { problem } = seen;
    if (problem) this.fail(`the subject sent a packet that is not well formed: ${problem}`);
    return seen;
  }

  private fail(what: string): never {
    throw new NotConformant([`${what}\nlast packets:`, ...this.log.slice(-LOG_LINES)].join("\n"));
  }
}
