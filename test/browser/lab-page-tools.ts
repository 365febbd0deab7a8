/** The built lab in Chromium: serves dist/lab, opens it, and keeps what the console said. */
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { serveFiles, type StaticServer } from "../../platforms/linux/cli/static-files.ts";
import type { Lab } from "../../platforms/browser/lab/page/lab.ts";

/** Where `npm run build` puts the lab. */
const LAB = fileURLToPath(new URL("../../dist/lab", import.meta.url));
/** What the page shows of itself. Functions given to `evaluate` run in the page and see this. */
declare global {
  var mextLab: { lab: Lab } | undefined;
  /** All workers that the page has made, when it was opened with `seeWorkers`. */
  var madeWorkers: Worker[];
}

/** Serves the built files on loopback, as `mext lab` does. */
export function serveLab(folder = process.env.MEXT_LAB ?? LAB): Promise<StaticServer> {
  return serveFiles(folder, "127.0.0.1", 0);
}

/** Machines may be busy: what comes about is waited for. */
export const eventually = <Value>(ask: () => Value | Promise<Value>) => expect.poll(ask, { timeout: 15_000 });

export const WIDE = { width: 1280, height: 720 };
export const PHONE = { width: 390, height: 844 };

export interface OpenLab {
  readonly page: Page;
  /** What the console and uncaught errors said. */
  readonly errors: string[];
  close(): Promise<void>;
}

/** Opens the lab and waits until it plays; `before`: a script that runs before those of the page. */
export async function openLab(
  browser: Browser, url: string, options: BrowserContextOptions & { before?: string; isBroken?: boolean } = {},
): Promise<OpenLab> {
  const { before, isBroken = false, ...rest } = options;
  const context = await browser.newContext({ viewport: WIDE, acceptDownloads: true, ...rest });
  if (before !== undefined) await context.addInitScript(before);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.goto(url);
  if (!isBroken) await page.waitForFunction(() => (globalThis.mextLab?.lab.now() ?? 0) > 0);
  return { page, errors, close: () => context.close() };
}

/** Lets virtual time pass, with the player paused, until the page is at `ms`. */
export function runTo(page: Page, ms: number): Promise<void> {
  return page.evaluate(async (untilMs) => {
    const { lab } = globalThis.mextLab!;
    const { player } = lab;
    await player.step(0);
    while (untilMs - lab.now() > 1e-6) await player.step(Math.min(10_000, untilMs - lab.now()));
  }, ms);
}

/** Waits for a dot on a link, moving or lost. */
export async function waitForPacket(page: Page, link: string, isLost = false): Promise<void> {
  await page.waitForFunction(([wanted, lost]) => globalThis.mextLab!.lab.topology.packets.positions().some((dot) =>
    dot.link === wanted && dot.isLost === lost && (dot.kind === "tunnelled" || dot.kind === "data" || lost)), [link, isLost] as const);
}

/** The middle of an element, in the page's pixels. */
export async function middleOf(page: Page, selector: string): Promise<{ x: number; y: number }> {
  const box = await page.locator(selector).first().boundingBox();
  if (!box) throw new Error(`${selector} cannot be seen`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
