/** The report for people: short, with every number that a network engineer asks for. */
import { type DemoReport, demoSucceeded, type Handover, type TimelineEntry } from "../../../bindings/report.ts";
import type { LinuxReport, Transferred } from "./scenario.ts";
import type { Phase } from "./story.ts";

type Style = (text: string) => string;

/** Text styles; none where there is no terminal or somebody set NO_COLOR. */
export function styles(coloured: boolean) {
  const style = (code: number): Style => (text) => coloured ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { bold: style(1), dim: style(2), red: style(31), green: style(32), cyan: style(36) };
}

export type Styles = ReturnType<typeof styles>;

export class Printer {
  constructor(readonly style: Styles, readonly verbose: boolean) {}

  head(title: string, lines: readonly string[]): string {
    return [this.style.bold(title), ...lines.map(this.style.dim), ""].join("\n");
  }

  /** Until the first registration, or from the start in a simulation. */
  beginning({ timeline, handovers }: DemoReport): string {
    const entries = timeline.filter(({ atMs }) => atMs < (handovers[0]?.leftAtMs ?? Infinity));
    return this.#block("start", "", entries, entries[0]?.atMs ?? 0);
  }

  /** One move with its timeline and its figures. */
  handover(report: DemoReport, index: number): string {
    const { timeline, handovers } = report;
    const handover = handovers[index];
    const untilMs = handovers[index + 1]?.leftAtMs ?? Infinity;
    const entries = timeline.filter(({ atMs }) => atMs >= handover.leftAtMs && atMs < untilMs);
    const title = `move ${index + 1}`;
    const subtitle = `${handover.from} → ${handover.to}`;
    return this.#block(title, subtitle, entries, handover.leftAtMs) + this.#interruption(handover);
  }

  summary(report: DemoReport): string {
    const { ping, durationMs, host, handovers } = report;
    const { green, red, bold } = this.style;
    const moves = `${handovers.length} ${handovers.length === 1 ? "move" : "moves"}`;
    const verdict = demoSucceeded(report) ? green(`the sessions survived ${moves}`) : red("THE SESSIONS DID NOT SURVIVE");
    const lost = ping.sent - ping.received;
    const transfers = "transfers" in report ? (report as LinuxReport).transfers : undefined;
    return [
      `${bold("ping")}      ${ping.sent} sent every ${ping.everyMs} ms, ${ping.received} answered, ${lost} lost`,
      ...(transfers?.map((transfer) => this.#transfer(transfer)) ?? [this.#stream(report)]),
      `${bold(verdict)}  ${this.style.dim(`(${host}, ${(durationMs / 1000).toFixed(1)} s)`)}`,
      "",
    ].join("\n");
  }

  #block(title: string, subtitle: string, entries: readonly TimelineEntry[], zeroMs: number): string {
    const shown = entries.filter((entry) => this.verbose || !("isDetail" in entry));
    const lines = shown.map(({ atMs, who, text }) =>
      `${(atMs - zeroMs).toFixed(1).padStart(9)} ms  ${this.style.cyan(who.padEnd(14))} ${text}`);
    return [`${this.style.bold(title)}  ${subtitle}`, ...lines, ""].join("\n");
  }

  #interruption({ interruptionMs, packetsLost, phases = [] }: Handover & { phases?: readonly Phase[] }): string {
    if (interruptionMs === undefined) return `${this.style.red("   no packet came through any more")}\n`;
    const parts = phases.map(({ name, ms }) => `${name} ${ms.toFixed(1)}`).join(" + ");
    const lost = `${packetsLost} echo ${packetsLost === 1 ? "request" : "requests"} lost`;
    return `  ${this.style.bold(`interrupted ${interruptionMs.toFixed(0)} ms`)}${parts && ` = ${parts}`}, ${lost}\n`;
  }

  #transfer({ from, to, sentBytes, receivedBytes, sha256, firstWrongByte, verified, longestGapMs }: Transferred): string {
    const problem = firstWrongByte === undefined ? `NOT COMPLETE: ${sentBytes} were sent` : `BYTE ${firstWrongByte} DIFFERS`;
    const verdict = verified ? this.style.green("every byte verified") : this.style.red(problem);
    return `${this.style.bold("transfer")}  ${from} → ${to}: ${receivedBytes} bytes, ${verdict}, ` +
      `sha256 ${sha256.slice(0, 16)}…, longest pause ${longestGapMs.toFixed(0)} ms`;
  }

  #stream({ stream: { bytes, hash, verified, longestGapMs } }: DemoReport): string {
    const verdict = verified ? this.style.green("every byte verified") : this.style.red("NOT VERIFIED");
    const pause = `longest pause ${longestGapMs.toFixed(0)} ms`;
    return `${this.style.bold("stream")}    ${bytes} bytes, ${verdict}, hash ${hash}, ${pause}`;
  }
}
