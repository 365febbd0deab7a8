import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isKept } from "../../benches/benchmark.ts";
import { replaceSection, sectionOf } from "../../benches/report.ts";
import { HOME, Network, SERVER } from "../../benches/throughput/network.ts";
import { type Measured, promises, section, TITLE } from "../../benches/throughput/report.ts";
import { forwarding, mext, segments, type Way } from "../../benches/throughput/ways.ts";
import { cannotRun } from "../linux/system/namespace.ts";

function measured(name: string, ...figures: [tcpGbps: number, udpKpps: number, roundTripMs: number][]): Measured {
  return { name, rounds: figures.map(([tcpGbps, udpKpps, roundTripMs]) => ({ tcpGbps, udpKpps, roundTripMs, cpu: [] })) };
}

const ALL = [
  measured("plain kernel forwarding", [16, 200, 0.05], [10, 100, 0.05], [12, 150, 0.06]),
  measured("wireguard-go 2026.05.22", [2, 40, 0.2], [2, 40, 0.2], [1, 40, 0.2]),
  measured("mext by UDP over IPv4", [8, 190, 0.2], [6, 95, 0.4], [6, 120, 0.26]),
];

describe("the report of throughput", () => {
  it("compares round by round, and says what was promised", () => {
    const [plain, wireguard, datagrams, added] = promises(ALL);
    expect([plain.value, wireguard.value, datagrams.value]).toEqual([0.5, 4, 0.95]);
    expect(added.value).toBeCloseTo(200);
    expect([plain, wireguard, datagrams, added].every(isKept)).toBe(true);
    expect(promises(ALL.slice(0, 2))).toEqual([]);
  });

  it("is a section of its own among the results", () => {
    const machine = { date: "today", commit: "c", core: "d".repeat(64), processor: "p", cores: 2, memoryGiB: 1, kernel: "k", node: "n" };
    const profiles = [{ of: "TCP, one flow", shares: [{ what: "kernel: checksums", percent: 12 }] }];
    const text = section(ALL, profiles, machine, 0.5);
    expect(text).toContain("| mext by UDP over IPv4 | 6.00 | 0.50 | 4.00 | 120 | 0.95 | 0.260 |");
    expect(text).toContain("| kernel: checksums | 12.0 % |");
    const results = "# Measured\n\n## First\n\n1\n\n## Second\n\n2\n";
    const once = replaceSection(results, TITLE, text);
    expect(once.startsWith(results)).toBe(true);
    expect(sectionOf(once, TITLE)).toBe(text);
    expect(replaceSection(once, TITLE, text)).toBe(once);
    const inside = replaceSection(once, "First", "## First\n\nnew\n\n");
    expect(inside).toContain("## First\n\nnew\n\n## Second");
    expect(sectionOf(inside, "Third")).toBe("");
  });
});

describe.skipIf(cannotRun)(`the ways that are compared${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  const ways: Way[] = [forwarding, segments, mext("UDP over IPv4"), mext("IPv4"), mext("IPv6")];
  it.each(ways.map((way) => [way.name, way] as const))("%s: packets pass, and nothing is left behind", async (_name, way) => {
    const network = new Network();
    const folder = mkdtempSync(join(tmpdir(), "mext-ways-"));
    try {
      const running = await way.start(network, folder);
      expect(network.run("left", "ping", "-c", "3", "-i", "0.2", "-W", "2", "-I", HOME, SERVER)).toContain(" 0% packet loss");
      await running.stop();
      expect(() => network.run("left", "ping", "-c", "1", "-W", "1", "-I", HOME, SERVER)).toThrow();
    } finally {
      await network.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
