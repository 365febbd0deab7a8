/** A mobile node in a real browser, that joins a real home agent by the browser's own WebSocket. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, openChromium } from "../browser/chromium.ts";
import { Bed, HOME_AGENT, homeAddressOf, mobileNodeFile, until } from "./bed.ts";
import { CORE, Programs } from "./bundles.ts";

describe.skipIf(!chromiumPath)("in a browser (needs chromium)", () => {
  let browser: Browser;
  let programs: Programs;
  let bundle: string;

  beforeAll(async () => {
    programs = new Programs();
    bundle = readFileSync(await programs.bundle("test/portable/browser-page.ts", "deno"), "utf8");
    browser = await openChromium();
  });
  afterAll(async () => {
    await browser?.close();
    programs?.close();
  });

  /** A page of an origin of its own, with the mobile node in it. */
  async function open(bed: Bed) {
    const server = bed.keep(createServer((_, response) => response.setHeader("content-type", "text/html").end(`<!doctype html><script type="module">${bundle}</script>`)));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const page = await browser.newPage();
    await page.goto(origin);
    const wasm = readFileSync(CORE).toString("base64");
    const visit = () => page.evaluate(([core, file, url, to]) => (
      (globalThis as unknown as { visit(...words: string[]): Promise<{ roundTripMs: number; status: { registered: boolean; traps: number } }> }).visit(core, file, url, to)
    ), [wasm, mobileNodeFile(0), bed.url, HOME_AGENT]);
    return { origin, page, visit };
  }

  it("registers, pings its home agent, and deregisters", async () => {
    const bed = await Bed.open(1);
    try {
      const { visit } = await open(bed);
      const { roundTripMs, status } = await visit();
      expect(roundTripMs).toBeLessThan(1000);
      expect(status).toMatchObject({ registered: true, traps: 0, homeAddress: homeAddressOf(0) });
      expect(bed.agent.bindings).toEqual([]);
      await until(() => bed.hub.status().connections === 0);
    } finally {
      await bed.close();
    }
  });

  it("cannot from a page of another origin than those that are allowed", async () => {
    const bed = await Bed.open(1, { origins: ["https://lab.example"] });
    try {
      const { page } = await open(bed);
      const code = await page.evaluate((url) => new Promise((resolve) => {
        new WebSocket(url).onclose = (event) => resolve(event.code);
      }), bed.url);
      expect(code).toBe(1006);
      expect(bed.hub.status()).toMatchObject({ connections: 0, refused: { "wrong origin": 1 } });
    } finally {
      await bed.close();
    }
  });
});
