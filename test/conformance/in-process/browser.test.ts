/** The suite in a worker of headless Chromium: bundled, on the simulated network. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, openChromium } from "../../browser/chromium.ts";
import { CORE_PATH, coreSha256, expectConformant, expectFaultFound, FAULT_CASES, faultyCore, record } from "../record.ts";
import type { Report } from "../run.ts";
import { bundle } from "./bundle.ts";

/** Every request of the page is answered from here: nothing leaves the machine. */
const SITE = "https://conformance.test";

/** Of the browser's own libraries only what the page below uses. */
interface PageWorker {
  onmessage: (event: { data: { report?: Report; error?: string } }) => void;
  onerror: (event: { message: string }) => void;
  postMessage(order: unknown): void;
  terminate(): void;
}

describe.skipIf(!chromiumPath)("Chromium (needs chromium)", () => {
  let browser: Browser;
  let page: Page;
  /** What is served as mext.wasm. */
  let core: Uint8Array;

  beforeAll(async () => {
    const worker = readFileSync(await bundle("worker"), "utf8");
    browser = await openChromium();
    page = await browser.newPage();
    await page.route("**", (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === "/") return route.fulfill({ contentType: "text/html", body: "<!doctype html><title>suite</title>" });
      if (pathname === "/worker.mjs") return route.fulfill({ contentType: "text/javascript", body: worker });
      if (pathname === "/mext.wasm") return route.fulfill({ contentType: "application/wasm", body: Buffer.from(core) });
      return route.fulfill({ status: 404 });
    });
    await page.goto(SITE);
  });
  afterAll(() => browser?.close());

  /** In the page: starts a worker, gives it the binary that is served, and waits for its answer. */
  const reportOf = (ids?: readonly string[]): Promise<Report> => page.evaluate(async (ids) => {
    const make = globalThis as unknown as { Worker: new (url: string, options: { type: "module" }) => PageWorker };
    const worker = new make.Worker("/worker.mjs", { type: "module" });
    const bytes = new Uint8Array(await (await fetch("/mext.wasm")).arrayBuffer());
    try {
      return await new Promise<Report>((resolve, reject) => {
        worker.onmessage = ({ data }) => data.report ? resolve(data.report) : reject(new Error(data.error));
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage({ bytes, ids });
      });
    } finally {
      worker.terminate();
    }
  }, ids);

  it("passes every case", async () => {
    core = readFileSync(CORE_PATH);
    const report = await reportOf();
    expectConformant(record("browser", { ...report, runtime: `Chromium ${browser.version()}` }));
  });

  it("finds the fault of a core", async () => {
    core = faultyCore();
    const { sha256, cases } = await reportOf(FAULT_CASES);
    expect(sha256).not.toBe(coreSha256);
    expectFaultFound(cases);
  });
});
