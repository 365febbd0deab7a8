/** The worker as browsers run it: the same binary, the same story as everywhere, and a fresh worker for a lost one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as client from "../../platforms/browser/client.ts";
import { type StaticServer, serveFiles } from "../../platforms/linux/cli/static-files.ts";
import { chromiumPath, openChromium } from "./chromium.ts";
import { binary, presetOf, Teller } from "./world.ts";

/** What the page of this test has. */
interface Window {
  readonly client: typeof client;
  lab: client.LabClient;
  workers: Worker[];
  restarts: string[];
}

/** As `tools/build/browser.mjs` writes it. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

describe.skipIf(!chromiumPath)("the lab's worker in Chromium (needs chromium)", () => {
  let folder: string;
  let server: StaticServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mext-worker-"));
    const lab = join(folder, "some/where"); // any folder of a server will do
    mkdirSync(lab, { recursive: true });
    await build({
      absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)), bundle: true, format: "esm", target: "es2022",
      entryPoints: { worker: "platforms/browser/worker.ts", client: "platforms/browser/client.ts" }, outdir: lab, logLevel: "warning",
    });
    writeFileSync(join(lab, "mext.wasm"), binary);
    writeFileSync(join(lab, "main.js"), 'import * as client from "./client.js";\nwindow.client = client;\n');
    writeFileSync(join(lab, "index.html"), `<!doctype html><meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="${POLICY}"><link rel="icon" href="data:,">
      <script type="module" src="main.js"></script>`);
    server = await serveFiles(folder, "127.0.0.1", 0);
    browser = await openChromium();
    page = await browser.newPage();
    await page.goto(`${server.url}some/where/`);
    await page.waitForFunction("window.client");
    await page.evaluate(async () => {
      const here = window as never as Window;
      here.workers = [];
      here.restarts = [];
      here.lab = await here.client.startLab({
        timeoutMs: 60_000, onRestart: (why) => here.restarts.push(why),
        makeWorker: (url) => {
          const worker = new Worker(url, { type: "module" });
          here.workers.push(worker);
          return worker;
        },
      });
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  it("has the same binary", async () => {
    const digest = await crypto.subtle.digest("SHA-256", binary);
    expect(await page.evaluate(() => (window as never as Window).lab.sha256())).toBe(Buffer.from(digest).toString("hex"));
  });

  it("tells the same story as Node, octet by octet, also when the worker is lost in the middle", async () => {
    const scenario = presetOf("nat");
    const here = await page.evaluate(async (scenario) => {
      const { lab, workers, restarts } = window as never as Window;
      await lab.load(scenario);
      const first = await lab.advance(5100);
      workers[0].terminate(); // as a browser does that runs out of memory
      const going = lab.advance(1000);
      workers[0].dispatchEvent(new ErrorEvent("error", { message: "out of memory" }));
      const second = await going;
      const { id } = second.flights[0];
      const packet = (await lab.packet(id))!;
      return {
        flights: [...first.flights, ...second.flights], signals: [...first.signals, ...second.signals],
        octets: [...packet.octets], lines: packet.lines, restarts, workers: workers.length,
      };
    }, scenario);
    const teller = await Teller.of(scenario);
    const frames = [teller.take(teller.lab.advance(5100)), teller.take(teller.lab.advance(1000))];
    expect(here.flights).toEqual(teller.story.flights);
    expect(here.signals).toEqual(teller.story.signals);
    const packet = teller.lab.packet(frames[1].flights[0].id)!;
    expect([here.octets, here.lines]).toEqual([[...packet.octets], packet.lines]);
    expect([here.restarts, here.workers]).toEqual([["the worker failed: out of memory"], 2]);
  }, 60_000);

  it("says in words what is missing on the server", async () => {
    const words = await page.evaluate(async () => {
      const { client } = window as never as Window;
      const base = new URL("nowhere/", location.href);
      const makeWorker = () => new Worker(new URL("worker.js", location.href), { type: "module" });
      const told = (error: Error) => error.message;
      return [await client.startLab({ base }).catch(told), await client.startLab({ base, makeWorker }).catch(told)];
    });
    expect(words[0]).toBe("worker.js could not be loaded: is the server still there, and all of its files?");
    expect(words[1]).toMatch(/^the core at http:.*\/nowhere\/mext\.wasm cannot be fetched: the server says 404; put mext\.wasm there$/);
  });
});
