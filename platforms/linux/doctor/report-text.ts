/** The doctor's report as a table for people: what was found, and below what is not well, what to do. */
import { table } from "../cli/table.ts";
import { type DoctorReport, type Finding, NOTHING_TO_DO, type UplinkReport, type Verdict, WAY_NAMES } from "./report.ts";

const MARKS: Readonly<Record<Verdict, string>> = {
  good: "ok", note: "note", warning: "WARNING", bad: "BAD", unknown: "unknown",
};

export function reportText(report: DoctorReport): string {
  const { file, role, version, host, uplinks = [] } = report;
  const lines = [
    `${role}  ${file}  mext ${version}`,
    "",
    ...section("THIS HOST", host),
    ...uplinks.flatMap(uplinkLines),
    `${report.works ? "ok" : "BAD"}  ${report.conclusion}`,
  ];
  return `${lines.join("\n")}\n`;
}

function uplinkLines(uplink: UplinkReport): string[] {
  const rows = uplink.ways.map(({ way, passage, roundTripMs, pathMtu, seenAddress, seenPort }) => [
    WAY_NAMES[way],
    passage,
    roundTripMs === undefined ? "-" : `${roundTripMs.toFixed(1)} ms`,
    pathMtu === undefined ? "-" : String(pathMtu),
    seenAddress === undefined ? "-" : seenPort ? `${seenAddress} port ${seenPort}` : seenAddress,
  ]);
  return [
    ...section(`UPLINK ${uplink.interface}`, uplink.findings),
    ...(rows.length > 0 ? table(["WAY", "PACKETS", "ROUND TRIP", "PATH MTU", "SEEN AS"], rows) : []),
  ];
}

function section(title: string, findings: readonly Finding[]): string[] {
  const checks = Math.max(...findings.map(({ check }) => check.length), 0);
  const lines = findings.flatMap(({ check, verdict, finding, advice }) => {
    const line = `  ${MARKS[verdict].padEnd(7)}  ${check.padEnd(checks)}  ${finding}`;
    return advice === NOTHING_TO_DO ? [line] : [line, `${" ".repeat(13 + checks)}→ ${advice}`];
  });
  return [title, ...lines, ""];
}
