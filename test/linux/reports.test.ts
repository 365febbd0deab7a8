import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RefusalCount } from "../../bindings/status.ts";
import { interfaceIdOf } from "../../platforms/linux/uplink.ts";
import { RateLimit } from "../../platforms/linux/rate-limit.ts";
import { RefusalReport } from "../../platforms/linux/refusal-report.ts";

function refusals(counts: Partial<Record<RefusalCount["reason"], number>>): RefusalCount[] {
  return Object.entries(counts).map(([reason, packets]) => {
    return { reason: reason as RefusalCount["reason"], section: "", text: "", packets, ordinary: false };
  });
}

describe("rate limit", () => {
  beforeEach(
    () => void vi.spyOn(process.hrtime, "bigint").mockImplementation(() => BigInt(nowMs) * 1_000_000n),
  );
  afterEach(() => vi.restoreAllMocks());
  let nowMs = 10_000;

  it("lets so many of each kind a second pass, and counts the others", () => {
    const limit = new RateLimit<string>(3);
    const inOneSecond = () => [1, 2, 3, 4, 5].map(() => limit.allows("refused"));
    expect(inOneSecond()).toEqual([true, true, true, false, false]);
    expect(limit.allows("accepted")).toBe(true);
    expect(limit.takeOmitted()).toBe(2);
    expect(limit.takeOmitted()).toBe(0);
    nowMs += 1000;
    expect(inOneSecond()).toEqual([true, true, true, false, false]);
    limit.omit(7);
    expect(limit.takeOmitted()).toBe(9);
  });
});

describe("refusal report", () => {
  it("tells what is new, at most once a minute, and not what is ordinary", () => {
    const told: Record<string, number>[] = [];
    const report = new RefusalReport((news) => {
      told.push(Object.fromEntries(news.map(({ reason, packets }) => [reason, packets])));
    });
    report.look(refusals({ NotForUs: 100 }), 0);
    expect(told).toEqual([]);
    report.look(refusals({ NotForUs: 100, AuthenticationFailed: 5 }), 5000);
    report.look(refusals({ NotForUs: 100, AuthenticationFailed: 9 }), 10_000);
    expect(told).toEqual([{ AuthenticationFailed: 5 }]);
    report.look(refusals({ AuthenticationFailed: 12, NoBinding: 1 }), 65_000);
    expect(told.slice(1)).toEqual([{ AuthenticationFailed: 7, NoBinding: 1 }]);
    report.look(refusals({ AuthenticationFailed: 12, NoBinding: 1 }), 130_000);
    expect(told).toHaveLength(2);
  });

  it("goes on when a fresh core counts from zero", () => {
    const told: number[] = [];
    const report = new RefusalReport(([{ packets }]) => told.push(packets));
    report.look(refusals({ NoBinding: 10 }), 0);
    report.look(refusals({ NoBinding: 4 }), 60_000);
    report.look(refusals({ NoBinding: 6 }), 120_000);
    expect(told).toEqual([10, 4, 2]);
  });
});

describe("interface identifier", () => {
  it("is the modified EUI-64 of RFC 4291, appendix A", () => {
    const macAddress = Uint8Array.of(0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde);
    expect(Buffer.from(interfaceIdOf(macAddress)).toString("hex")).toBe("365678fffe9abcde");
  });
});
