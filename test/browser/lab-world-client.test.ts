/** The page's side of the worker: it goes on where a worker was lost, and says in words why there can be none. */
import { expose } from "comlink";
import { afterEach, describe, expect, it } from "vitest";
import { type LabClient, type LabSettings, LabUnavailable, startLab } from "../../platforms/browser/client.ts";
import type { Frame, LabWorld } from "../../platforms/browser/lab/contract.ts";
import { startLabWorld } from "../../platforms/browser/lab/world/index.ts";
import type { LabWorker } from "../../platforms/browser/worker.ts";
import { binary, joined, presetOf } from "./world.ts";

/** A worker without a thread: the world behind a message channel. */
class ChannelWorker extends EventTarget {
  readonly channel = new MessageChannel();
  /** Answers nothing any more, like a worker in an endless loop. */
  hangs = false;
  terminated = false;

  /** `hangsIn`: the one call that it never answers. */
  constructor(private readonly startError?: Error, private readonly hangsIn?: keyof LabWorld) {
    super();
    const worker = new Proxy({} as LabWorker, { get: (_target, name) => (...args: unknown[]) => this.call(name as keyof LabWorker, args) });
    expose(worker, this.channel.port2 as never);
    this.channel.port1.addEventListener("message", (event) => this.dispatchEvent(new MessageEvent("message", { data: (event as MessageEvent).data })));
    this.channel.port1.start();
  }

  private lab?: LabWorld;

  private async call(name: keyof LabWorker, args: unknown[]): Promise<unknown> {
    if (this.hangs || name === this.hangsIn) return new Promise(() => {});
    if (name === "start") {
      if (this.startError) throw this.startError;
      this.lab = await startLabWorld(binary);
      return undefined;
    }
    return (this.lab![name] as (...given: unknown[]) => unknown)(...args);
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    if (!this.terminated) this.channel.port1.postMessage(message, transfer as never);
  }

  terminate(): void {
    this.terminated = true;
    this.channel.port1.close();
    this.channel.port2.close();
  }

  fail(message: string): void {
    this.dispatchEvent(Object.assign(new Event("error"), { message }));
  }
}

let client: LabClient | undefined;
afterEach(() => client?.close());

/** A client, its workers one after the other, and what it said about restarts. */
async function started(settings: LabSettings = {}) {
  const workers: ChannelWorker[] = [];
  const restarts: string[] = [];
  client = await startLab({
    base: "http://lab.example/", timeoutMs: 20_000, onRestart: (why) => restarts.push(why),
    makeWorker: () => {
      const worker = new ChannelWorker();
      workers.push(worker);
      return worker as unknown as Worker;
    },
    ...settings,
  });
  return { client, workers, restarts };
}

/** What a world tells that nothing ever happened to. */
async function undisturbed(pieces: readonly number[], act: (lab: LabWorld, piece: number) => void): Promise<string> {
  const lab = await startLabWorld(binary);
  lab.load(presetOf("handover"));
  return told(pieces.map((ms, piece) => {
    act(lab, piece);
    return lab.advance(ms);
  }));
}

const told = (frames: readonly Frame[]) => JSON.stringify({ ...joined(frames), machines: undefined });

describe("a lost worker", () => {
  const PIECES = [500, 700, 900, 400];
  const MOVE = { kind: "attach", node: "mobile-node-1", link: "visited-2" } as const;

  it.each<[string, number, (worker: ChannelWorker) => void, RegExp]>([
    ["fails", 20_000, (worker) => setTimeout(() => worker.fail("out of memory"), 5), /^the worker failed: out of memory$/],
    ["hangs", 2500, () => {}, /^the worker did not answer for 2.5 s$/],
  ])("that %s is replaced by one that goes on where it was", async (_how, timeoutMs, lose, why) => {
    const { client, workers, restarts } = await started({ timeoutMs });
    await client.load(presetOf("handover"));
    const frames: Frame[] = [];
    for (const [piece, ms] of PIECES.entries()) {
      if (piece === 1) await client.act(MOVE);
      if (piece === 2) {
        workers[0].hangs = true;
        lose(workers[0]);
      }
      frames.push(await client.advance(ms));
    }
    expect(restarts).toEqual([expect.stringMatching(why)]);
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
    expect(told(frames)).toBe(await undisturbed(PIECES, (lab, piece) => piece === 1 && lab.act(MOVE)));
    expect((await client.scenario()).actions.map(({ kind, atMs }) => [kind, atMs])).toEqual([["attach", 500], ["attach", 5000], ["attach", 12_000]]);
  });

  it("is replaced once, however many calls it had", async () => {
    const { client, workers, restarts } = await started();
    await client.load(presetOf("handover"));
    await client.advance(1000);
    workers[0].hangs = true;
    const calls = Promise.all([client.sha256(), client.scenario(), client.machines(), client.packet(3)]);
    setTimeout(() => workers[0].fail("gone"), 5);
    const [sha256, scenario, machines, packet] = await calls;
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(scenario).toEqual(presetOf("handover"));
    expect(machines).toHaveLength(4);
    expect(packet!.id).toBe(3);
    expect(restarts).toEqual(["the worker failed: gone"]);
    expect(workers).toHaveLength(2);
  });

  it("is not replaced for ever", async () => {
    let made = 0;
    const makeWorker = () => (made++, new ChannelWorker(undefined, "advance") as unknown as Worker);
    const { client } = await started({ timeoutMs: 1500, makeWorker });
    await client.load(presetOf("handover"));
    await expect(client.advance(10)).rejects.toBeInstanceOf(LabUnavailable);
    expect(made).toBe(2);
  });

  it("is not missed once the lab was closed", async () => {
    const { client, workers } = await started();
    client.close();
    await expect(client.sha256()).rejects.toThrow("the lab was closed");
    expect(workers).toHaveLength(1);
  });
});

describe("what cannot work", () => {
  it("is not left behind when the lab is closed while another takes its place", async () => {
    const { client, workers } = await started();
    await client.load(presetOf("handover"));
    workers[0].hangs = true;
    const lost = client.advance(100).catch((error: Error) => error.message);
    workers[0].fail("out of memory");
    while (workers.length < 2) await Promise.resolve();
    client.close();
    expect(await lost).toBe("the lab was closed");
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, true]);
  });

  it("is told in words: the world's own refusals as they are, without another worker", async () => {
    const { client, workers, restarts } = await started();
    await expect(client.load({ ...presetOf("handover"), mobileNodes: 99 })).rejects.toThrow("mobileNodes must be a whole number from 1 to 20");
    await client.load(presetOf("handover"));
    await expect(client.act({ kind: "power", node: "sun", on: false })).rejects.toThrow("node must be one of mobile-node-1, home-agent");
    expect([workers.length, restarts]).toEqual([1, []]);
  });

  it("is told in words: a core that cannot be loaded", async () => {
    const error = new Error("the core at http://lab.example/mext.wasm cannot be fetched: the server says 404; put mext.wasm there");
    const makeWorker = () => new ChannelWorker(error) as unknown as Worker;
    await expect(startLab({ base: "http://lab.example/", makeWorker })).rejects.toThrow("the server says 404; put mext.wasm there");
  });

  it("is told in words: a worker whose script cannot be loaded", async () => {
    const makeWorker = () => {
      const worker = new ChannelWorker();
      worker.hangs = true;
      setTimeout(() => worker.dispatchEvent(new Event("error")), 5);
      return worker as unknown as Worker;
    };
    await expect(startLab({ base: "http://lab.example/", makeWorker })).rejects.toThrow(/worker\.js could not be loaded: is the server still there/);
  });

  it("is told in words: no workers at all", async () => {
    await expect(startLab({ base: "http://lab.example/" })).rejects.toThrow("there are no workers here: use a current");
  });
});
