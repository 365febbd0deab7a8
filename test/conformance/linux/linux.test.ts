/**
 * The suite on real daemons, in namespaces and with real devices: as many cases as can be waited for. Each runtime's
 * are played beside each other, and nothing else is (vitest.config.ts): the daemons need the whole machine.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Runtime } from "../../linux/runtime.ts";
import { cannotRun } from "../../linux/system/namespace.ts";
import { core } from "../../sim/core.ts";
import { readPacketsWith } from "../packet.ts";
import { coreSha256, expectConformant, expectFaultFound, FAULT_CASES, faultyCore, record } from "../record.ts";
import { type CaseResult, casesOf } from "../run.ts";
import { correspondentScene } from "../scenes.ts";
import { LinuxSubject, removeSubjects } from "./linux.ts";
import { play, playOnce } from "./play.ts";
import { measure, select } from "./selection.ts";
import { DENO, NODE } from "./runtimes.ts";

readPacketsWith(core);

/** How many may need a second try: more would mean that the machine is too busy to say anything. */
const MAX_AGAIN = 20;
const MAX_MS = 400_000;

/**
 * With the longest that a case may take, for which continuous integration has no more time: by Node cases with
 * retransmissions too. Deno shares platforms/linux with Node, and is to show that what lies below it does the same.
 */
const RUNTIMES = [["linux-node", NODE, "Node", 5000], ["linux-deno", DENO, "Deno", 1000]] as const;
const dist = fileURLToPath(new URL("../../../dist", import.meta.url));
const build = fileURLToPath(new URL("../../../build", import.meta.url));

/** Of the binary that a daemon runs, as it tells. */
async function sha256Of(runtime: Runtime): Promise<string> {
  const subject = new LinuxSubject(runtime);
  try {
    await correspondentScene(subject);
    return await subject.sha256();
  } finally {
    await subject.stop();
  }
}

describe.skipIf(cannotRun)(`real daemons${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let measured: readonly CaseResult[];
  beforeAll(async () => {
    measured = await measure(core);
  });
  afterAll(() => removeSubjects());

  describe.each(RUNTIMES)("%s", (key, runtime, name, longestMs) => {
    it.skipIf(!runtime)(`passes every case that can be waited for (needs ${name})`, async () => {
      const sha256 = await sha256Of(runtime!);
      const selection = select(measured, longestMs);
      const { cases, again } = await play(selection.cases, runtime!);
      if (again.length > 0) console.log(`${key}: passed when played alone: ${again.join(" ")}`);
      expectConformant(record(key, { runtime: runtime!.version, sha256, cases, again }, selection.leftOut));
      expect(again.length).toBeLessThanOrEqual(MAX_AGAIN);
    }, MAX_MS);

    it.skipIf(!runtime)(`finds the fault of a core (needs ${name})`, async () => {
      const faulty = mkdtempSync(join(build, "faulty-dist-"));
      try {
        cpSync(dist, faulty, { recursive: true });
        writeFileSync(join(faulty, "mext.wasm"), faultyCore());
        const withFault: Runtime = {
          command: (...of) => runtime!.command(...of).map((word) => word.replaceAll(dist, faulty)),
        };
        expect(await sha256Of(withFault)).not.toBe(coreSha256);
        expectFaultFound([...(await playOnce(casesOf(FAULT_CASES), withFault)).values()]);
      } finally {
        rmSync(faulty, { recursive: true });
      }
    });
  });
});
