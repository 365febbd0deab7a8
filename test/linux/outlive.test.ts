/** A program that stands for another one: `mext demo`, and the demonstration before its user namespace. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { outlive } from "../../platforms/linux/outlive.ts";

/** Takes a moment to clear away after SIGHUP. */
const SLOW = `
process.on("SIGHUP", () => setTimeout(() => process.exit(7), 50));
setInterval(() => {}, 1000);
console.log("ready");`;

async function startSlow(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", SLOW], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout!, "data");
  return child;
}

describe("outlive", () => {
  it("hands a signal on, waits for the child's clean-up, and answers its exit code", async () => {
    const before = process.listenerCount("SIGHUP");
    const code = outlive(await startSlow());
    process.emit("SIGHUP", "SIGHUP");
    expect(await code).toBe(7);
    expect(process.listenerCount("SIGHUP")).toBe(before);
  });

  it("answers 128 + signal for a child that a signal ended", async () => {
    const child = await startSlow();
    const code = outlive(child);
    child.kill("SIGKILL");
    expect(await code).toBe(137);
  });

  it("throws when there is no such program", async () => {
    await expect(outlive(spawn("/nonexistent"))).rejects.toThrow(/ENOENT/);
  });
});
