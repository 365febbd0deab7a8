/** Reports as a table for the terminal and as the Markdown of results.md. */
import { isKept, type Promised, type Report, type Row } from "./benchmark.ts";
import type { Machine } from "./machine.ts";

const HEAD = ["", "ns", "quartiles", "ratio", "quartiles", ""];

function cells({ name, ns, quartilesNs, ratio, note }: Row): string[] {
  return [
    name,
    ns === undefined ? "" : digits(ns),
    quartilesNs ? quartilesNs.map(digits).join("–") : "",
    ratio ? ratio.value.toFixed(2) : "",
    ratio ? ratio.quartiles.map((value) => value.toFixed(2)).join("–") : "",
    note ?? "",
  ];
}

function digits(ns: number): string {
  return ns < 100 ? ns.toFixed(1) : ns.toFixed(0);
}

export function promise(promised: Promised): string {
  const places = promised.unit === "times" ? 2 : 0;
  const verdict = isKept(promised) ? "kept" : "MISSED";
  const { what, value, unit, sense, bound } = promised;
  return `${what}: ${value.toFixed(places)} ${unit}, promised ${sense} ${bound}: ${verdict}`;
}

export function terminalText(report: Report): string {
  const table = [HEAD.with(0, `per ${report.per}`), ...report.rows.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const isText = (column: number) => column === 0 || column === HEAD.length - 1;
  const lines = table.map((row) => row
    .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
    .join("  ").trimEnd());
  const promises = report.promised.map(promise);
  return [`\n${report.title}`, ...[...lines, ...promises].map((line) => `  ${line}`)].join("\n");
}

export function markdown(machine: Machine, reports: Report[]): string {
  const lines = [
    "# Measured", "",
    "Written by `npm run bench`; do not edit. All rows of a table were taken in one run, in turn; a figure is the median",
    "of the rounds, with lower and upper quartile. A ratio says how many times longer than the first row that row takes,",
    "and is the median of the ratios within each round. Ratios carry over to other machines, nanoseconds do not.", "",
    "| | |", "|---|---|",
    ...Object.entries({
      Date: machine.date, Commit: machine.commit, "Core (sha256)": machine.core,
      Processor: `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB`,
      Kernel: machine.kernel, Node: machine.node,
    }).map(([name, value]) => `| ${name} | ${value} |`), "",
    "## Promised", "",
    ...reports.flatMap((report) => report.promised).map((each) => `- ${promise(each)}`), "",
  ];
  for (const report of reports) {
    lines.push(`## ${report.title}`, "", report.text, "");
    lines.push(`| per ${report.per} | ns | quartiles | ratio | quartiles | |`, "|---|--:|--:|--:|--:|---|");
    lines.push(...report.rows.map((row) => `| ${cells(row).join(" | ")} |`), "");
  }
  return lines.join("\n");
}

/** Puts a section of level two in place of the one with the same title, or behind all others. */
export function replaceSection(whole: string, title: string, section: string): string {
  const before = sectionOf(whole, title);
  return before === "" ? `${whole.trimEnd()}\n\n${section}` : whole.replace(before, () => section);
}

/** The section of this title, to the next one or the end; empty when there is none. */
export function sectionOf(whole: string, title: string): string {
  const begin = whole.indexOf(`\n## ${title}\n`) + 1;
  if (begin === 0) return "";
  const end = whole.indexOf("\n## ", begin);
  return end === -1 ? whole.slice(begin) : whole.slice(begin, end + 1);
}
