/**
 * The suite on real daemons, in namespaces and with real devices: as many cases as can be waited for. Each runtime's
 * are played beside each other.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Runtime } from "../../linux/runtime.ts";
import { cannotRun, removeNamespaces } from "../../linux/system/namespace.ts";
import { core } from "../../sim/core.ts";
import { readPacketsWith } from "../packet.ts";
import { coreSha256, expectConformant, expectFaultFound, FAULT_CASES, faultyCore, record } from "../record.ts";
import { casesOf } from "../run.ts";
import { correspondentScene } from "../scenes.ts";
import { LinuxSubject } from "./linux.ts";
import { play, playOnce } from "./play.ts";
import { select, type Selection } from "./selection.ts";
import { DENO, NODE } from "./runtimes.ts";

readPacketsWith(core);

/** How many may need a second try: more would mean that the machine is too busy to say anything. */
const MAX_AGAIN = 20;
const MAX_MS = 400_000;

const RUNTIMES = [["linux-node", NODE, "Node"], ["linux-deno", DENO, "Deno"]] as const;
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
  let selection: Selection;
  beforeAll(async () => {
    selection = await select(core);
  });
  afterAll(() => removeNamespaces());

  describe.each(RUNTIMES)("%s", (key, runtime, name) => {
    it.skipIf(!runtime)(`passes every case that can be waited for (needs ${name})`, async () => {
      const sha256 = await sha256Of(runtime!);
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
