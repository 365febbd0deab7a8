/** What a benchmark is, and what it reports. */
import type { Effort, Figure, Ratio } from "./rounds.ts";

export interface Row {
  name: string;
  /** ns for one of what the benchmark counts; absent when the row is no time. */
  ns?: number;
  quartilesNs?: [number, number];
  /** How many times longer than the core's row; the core's own row has none. */
  ratio?: Ratio;
  /** What else is to be said: a rate, octets. */
  note?: string;
}

/** A bound that was promised. */
export interface Promised {
  what: string;
  value: number;
  bound: number;
  /** Whether the value must be at least or at most the bound. */
  sense: "at least" | "at most";
  unit: "times" | "octets" | "µs";
}

export interface Report {
  name: string;
  title: string;
  /** What is compared and how, for the reader of the figures. */
  text: string;
  /** What the time of a row is for: "packet", "lookup". */
  per: string;
  rows: Row[];
  promised: Promised[];
}

export interface Benchmark {
  name: string;
  run(context: Context): Report | Promise<Report | Report[]>;
  /** Why it cannot run here; undefined: it can. */
  missing?(): string | undefined;
  /** Of the reports of one that may be left out, wholly or in part: they stay as they were measured last. */
  titles?: string[];
}

export interface Context {
  module: WebAssembly.Module;
  /** What it was compiled from. */
  coreBytes: Uint8Array<ArrayBuffer>;
  effort: Effort;
  /** Fewer bindings and rounds: to see that it runs, not to believe the figures. */
  quick: boolean;
  progress(text: string): void;
}

export function row(figure: Figure, ratio?: Ratio, note?: string): Row {
  return { name: figure.name, ns: figure.ns, quartilesNs: figure.quartilesNs, ratio, note };
}

export function isKept({ value, bound, sense }: Promised): boolean {
  return sense === "at least" ? value >= bound : value <= bound;
}

/** A million and more operations a second, readable. */
export function rate(ns: number, what: string): string {
  const perSecond = 1e9 / ns;
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M ${what}/s` : `${(perSecond / 1e3).toFixed(0)} k ${what}/s`;
}
