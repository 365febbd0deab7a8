import { it } from "vitest";
import { core } from "../../sim/core.ts";
import { readPacketsWith } from "../packet.ts";
import { MEXT } from "../../linux/lab.ts";
import { casesOf, runCase } from "../run.ts";
import { LinuxSubject } from "./linux.ts";
import { writeFileSync, readFileSync } from "node:fs";
readPacketsWith(core);
const PARALLEL = Number(process.env.PARALLEL ?? 8);
it("x", async () => {
  const sim = JSON.parse(readFileSync("build/conformance/simulator.json", "utf8"));
  const max = Number(process.env.MAX ?? 2000);
  const ids = process.env.IDS?.split(",") ?? sim.cases.filter((c: any) => c.tookMs <= max && c.id.startsWith(process.env.ONLY ?? "")).map((c: any) => c.id);
  const queue = [...casesOf(ids)];
  const results: any[] = [];
  const began = performance.now();
  await Promise.all(Array.from({ length: PARALLEL }, async () => {
    for (let each = queue.shift(); each; each = queue.shift()) {
      const at = performance.now();
      const subject = new LinuxSubject([process.execPath, MEXT]);
      const r = await runCase(each, subject);
      results.push({ ...r, wallMs: performance.now() - at, log: r.failure ? subject.log : undefined });
    }
  }));
  console.log(`${results.length} in ${Math.round(performance.now() - began)} ms; failed ${results.filter((r) => r.failure).length}`);
  writeFileSync("/tmp/try.json", JSON.stringify(results, undefined, 1));
}, 600000);
