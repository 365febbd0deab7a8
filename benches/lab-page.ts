/**
 * The lab's page with 20 nodes, in headless Chromium: displayed frames a second against an empty page, and how much of
 * a frame's time is the page's own work. Asynchronous, unlike the benchmarks of the core.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import type { Scenario } from "../platforms/browser/lab/contract.ts";
import { PRESETS } from "../platforms/browser/lab/presets.ts";
import type { Lab } from "../platforms/browser/lab/page/lab.ts";
import { encodeScenario } from "../platforms/browser/lab/scenario-url.ts";
import type { Context, Report, Row } from "./benchmark.ts";
import { quantile } from "./rounds.ts";

/** Beside the bundle in dist/, or from the source tree. */
const LAB = ["./lab", "../dist/lab"].map((place) => fileURLToPath(new URL(place, import.meta.url)));
/** Answered from files; a secure origin, as the lab's own would be. */
const ORIGIN = "http://localhost:9";
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Of a display with 60 frames a second. */
const BUDGET_MS = 1000 / 60;
const FRAMES_SHARE = 0.9;
const WORK_SHARE = 0.5;

/** Twenty mobile nodes in networks of four kinds, each pinged ten times a second and with a stream to it. */
function busyScenario(): Scenario {
  const { scenario } = PRESETS.find(({ id }) => id === "twenty-nodes")!;
  return { ...scenario, actions: [], traffic: { pingEveryMs: 100, stream: true } };
}

declare global {
  var mextLab: { lab: Lab } | undefined;
}

interface Measured {
  framesPerSecond: number;
  workMs: number[];
  dots: number;
}

/** Displayed frames a second; runs in the page. */
function countFrames(durationMs: number): Promise<number> {
  return new Promise((resolve) => {
    let frames = -1;
    const startMs = performance.now();
    const tick = () => {
      frames++;
      const passedMs = performance.now() - startMs;
      if (passedMs >= durationMs) resolve(frames * 1000 / passedMs);
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
}

/** Playwright is only for those who measure and test: the bundle does not hold it. */
async function openBrowser(): Promise<Browser> {
  const packageName = "playwright-core";
  const { chromium } = await import(packageName) as typeof import("playwright-core");
  const executablePath = process.env.MEXT_CHROMIUM ?? CHROMIUM.find((path) => existsSync(path));
  if (!executablePath) throw new Error("lab-page needs Chromium: install it, or name it in MEXT_CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

async function openPage(browser: Browser, folder: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.context().route(`${ORIGIN}/**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(1) || "index.html";
    const empty = { contentType: "text/html", body: "<!doctype html><title>empty</title>" };
    return route.fulfill(name === "empty.html" ? empty : { path: join(folder, name) });
  });
  return page;
}

async function measure(page: Page, tab: string, durationMs: number): Promise<Measured> {
  await page.evaluate((id) => document.getElementById(id)?.click(), tab);
  await page.waitForTimeout(300);
  await page.evaluate(() => globalThis.mextLab!.lab.player.meter.workMs.splice(0));
  const framesPerSecond = await page.evaluate(countFrames, durationMs);
  const rest = await page.evaluate(() => {
    const { lab } = globalThis.mextLab!;
    return { workMs: [...lab.player.meter.workMs], dots: lab.topology.packets.count };
  });
  return { framesPerSecond, ...rest };
}

function rowOf(name: string, { framesPerSecond, workMs, dots }: Measured): Row {
  const ns = (part: number) => quantile(workMs, part) * 1e6;
  return {
    name, ns: ns(0.5), quartilesNs: [ns(0.25), ns(0.75)],
    note: `${framesPerSecond.toFixed(1)} frames/s, 95 % within ${quantile(workMs, 0.95).toFixed(1)} ms, ${dots} packets drawn`,
  };
}

async function run({ quick, progress }: Context): Promise<Report> {
  const folder = LAB.find((place) => existsSync(join(place, "index.html")));
  if (!folder) throw new Error("the lab is not built: npm run build");
  const durationMs = quick ? 500 : 5000;
  const browser = await openBrowser();
  try {
    progress("lab: an empty page");
    const page = await openPage(browser, folder);
    await page.goto(`${ORIGIN}/empty.html`);
    const empty = await page.evaluate(countFrames, durationMs);
    progress("lab: 20 nodes");
    await page.goto(`${ORIGIN}/#${encodeScenario(busyScenario())}`);
    await page.waitForFunction(() => (globalThis.mextLab?.lab.now() ?? 0) > 2000);
    const mobileNodes = await page.evaluate(() =>
      globalThis.mextLab!.lab.world().nodes.filter(({ kind }) => kind === "mobile-node").length);
    if (mobileNodes !== 20) throw new Error(`the world has ${mobileNodes} mobile nodes, not 20`);
    const tabs = {
      sequence: "the map and the sequence diagram", plots: "the map and the plots", machines: "the map and the state machines",
    };
    const measured: [string, Measured][] = [];
    for (const [tab, name] of Object.entries(tabs)) measured.push([name, await measure(page, `tab-${tab}`, durationMs)]);
    const worst = (value: (each: Measured) => number) => measured.map(([, each]) => value(each));
    return {
      name: "lab-page",
      title: "The lab's page with 20 nodes",
      text: `Headless Chromium, 1280 × 720, ${durationMs / 1000} s each: twenty mobile nodes, each with a stream of data and ten
echo requests a second. The time is the page's own work for a displayed frame (the worker simulates beside it). An
empty page of the same browser showed ${empty.toFixed(1)} frames a second.`,
      per: "displayed frame",
      rows: measured.map(([name, each]) => rowOf(name, each)),
      promised: [
        {
          what: "Displayed frames a second with 20 nodes, against an empty page",
          unit: "times", sense: "at least", bound: FRAMES_SHARE,
          value: Math.min(...worst(({ framesPerSecond }) => framesPerSecond / empty)),
        },
        {
          what: "The page's work for 19 of 20 frames, against 16.7 ms", unit: "times", sense: "at most", bound: WORK_SHARE,
          value: Math.max(...worst(({ workMs }) => quantile(workMs, 0.95) / BUDGET_MS)),
        },
      ],
    };
  } finally {
    await browser.close();
  }
}

export const labPage = { name: "lab-page", run };
