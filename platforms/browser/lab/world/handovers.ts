/** Handovers: from the cable that was pulled to the first packet that came back, or without traffic to the registration. */
import type { Handover } from "../contract.ts";

export class Handovers {
  private readonly open = new Map<string, Handover>();
  private news: Handover[] = [];

  /** A node has left a link, and perhaps entered another. */
  begin(node: string, nowMs: number, fromLink: string | null, toLink: string | null): void {
    const before = this.open.get(node);
    // the cable was out already: it is the same handover still
    const handover = before ? { ...before, toLink } : { node, fromMs: nowMs, fromLink, toLink };
    this.open.set(node, handover);
    this.news.push(handover);
  }

  /** Something came through; `sinceMs`: when it began its way. */
  end(node: string, nowMs: number, sinceMs: number): void {
    const handover = this.open.get(node);
    if (!handover || handover.toLink === null || sinceMs < handover.fromMs) return;
    this.open.delete(node);
    this.news.push({ ...handover, untilMs: nowMs });
  }

  take(): Handover[] {
    const { news } = this;
    this.news = [];
    return news;
  }
}
