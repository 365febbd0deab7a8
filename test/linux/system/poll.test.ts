import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, it } from "vitest";
import { monotonicMs, wallClockOffsetMs } from "../../../platforms/linux/system/clock.ts";
import { POLLIN } from "../../../platforms/linux/system/constants.ts";
import { PollSet, Wake } from "../../../platforms/linux/system/poll.ts";
import { firstOutput, Program } from "./child.ts";
import { cannotRun, makeNamespace, removeNamespaces } from "./namespace.ts";

describe("waiting", () => {
  afterAll(removeNamespaces);

  it("keeps times below a millisecond", () => {
    const poll = new PollSet();
    const timesMs = Array.from({ length: 20 }, () => {
      const start = monotonicMs();
      expect(poll.wait(0.2)).toBe(0);
      return monotonicMs() - start;
    });
    // the shortest: on a busy machine any one of them may be late
    expect(Math.min(...timesMs)).toBeGreaterThanOrEqual(0.2);
    expect(Math.min(...timesMs)).toBeLessThan(0.9);
  });

  it("tells which descriptor is ready, until the signal is cleared", () => {
    const poll = new PollSet();
    const [first, second] = [new Wake(), new Wake()];
    const places = [poll.add(first.fd), poll.add(second.fd)];
    expect(poll.wait(0)).toBe(0);
    second.signal();
    second.signal();
    expect(poll.wait(-1)).toBe(1);
    expect(places.map((place) => poll.ready(place))).toEqual([0, POLLIN]);
    expect(second.clear()).toBe(true);
    expect(second.clear()).toBe(false);
    expect(poll.wait(0)).toBe(0);
    first.signal();
    poll.remove(places[0]);
    expect(poll.wait(0)).toBe(0);
    first.close();
    second.close();
  });

  // Deno's own file functions refuse descriptors that come from elsewhere
  it.skipIf("Deno" in globalThis)("is ended by a signal from another thread (needs Node)", async () => {
    const wake = new Wake();
    const poll = new PollSet();
    poll.add(wake.fd);
    // the other thread needs nothing but the number of the descriptor
    const worker = new Worker(
      `const { writeSync } = require("node:fs");
       const { workerData } = require("node:worker_threads");
       setTimeout(() => writeSync(workerData, new Uint8Array(new BigUint64Array([1n]).buffer)), 30);`,
      { eval: true, workerData: wake.fd },
    );
    await new Promise((resolve) => worker.once("online", resolve));
    expect(poll.wait(5000)).toBe(1);
    await worker.terminate();
    wake.close();
  });

  const why = cannotRun ? ` (cannot run: ${cannotRun})` : "";
  it.skipIf(cannotRun)(`lets the process end although a thread waits without a limit${why}`, async () => {
    const program = new Program("wait-child.ts");
    const child = program.start(makeNamespace("wait"));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    expect(await firstOutput(child)).toBe("waiting");
    expect(await ended).toBe(0);
    program.remove();
  });

  it("refuses more descriptors than there is room for", () => {
    const poll = new PollSet(1);
    poll.add(0);
    expect(() => poll.add(0)).toThrow(RangeError);
  });

  it("has a clock whose offset gives the wall clock", () => {
    expect(Math.abs(monotonicMs() + wallClockOffsetMs() - Date.now())).toBeLessThan(5);
  });
});
