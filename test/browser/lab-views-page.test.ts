/** The lab's views as they show real stories, in the page as it is built. One browser for all. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeScenario } from "../../platforms/browser/lab/scenario-url.ts";
import type { PlotsView } from "../../platforms/browser/lab/page/plots.ts";
import { timeText } from "../../platforms/browser/lab/page/context.ts";
import type { StaticServer } from "../../platforms/linux/cli/static-files.ts";
import { chromiumPath, openChromium } from "./chromium.ts";
import { eventually, openLab, type OpenLab, PHONE, runTo, serveLab } from "./lab-page-tools.ts";
import { presetOf, Teller } from "./world.ts";

const UNTIL_MS = 15_000;
const ARROWS = "#view-sequence .arrow";

describe.skipIf(!chromiumPath)("the lab's views of a story (needs chromium)", () => {
  let browser: Browser;
  let server: StaticServer;

  beforeAll(async () => {
    server = await serveLab();
    browser = await openChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** The page with a preset, at some time; the preset's first mobile node is chosen. */
  async function story(preset: string, untilMs: number, options?: Parameters<typeof openLab>[2]): Promise<OpenLab> {
    const opened = await openLab(browser, `${server.url}#${encodeScenario(presetOf(preset))}`, options);
    await runTo(opened.page, untilMs);
    await opened.page.evaluate(() => globalThis.mextLab!.lab.select("mobile-node-1"));
    return opened;
  }

  const show = (page: Page, name: string) => page.getByRole("tab", { name, exact: true }).click();
  const labels = (page: Page) => page.locator(ARROWS).evaluateAll((arrows) => arrows.map((arrow) => arrow.getAttribute("aria-label")!));
  const isScrolled = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

  it("has an arrow for each message of a handover, and opens its packet", async () => {
    const { page, errors, close } = await story("handover", UNTIL_MS);
    await show(page, "Sequence");
    const { signals, handovers } = (await Teller.of(presetOf("handover"))).run(UNTIL_MS).story;
    const sent = signals.toSorted((one, other) => one.sentMs - other.sentMs);
    expect((await labels(page)).map((label) => label.split(" ", 1)[0])).toEqual(sent.map(({ sentMs }) => timeText(sentMs)));
    const updates = (await labels(page)).filter((label) => label.includes("Binding"));
    expect(updates.map((label) => /Binding \w+/.exec(label)![0])).toEqual(
      ["Update", "Acknowledgement", "Update", "Acknowledgement", "Update", "Acknowledgement"].map((name) => `Binding ${name}`));
    expect(updates[0]).toContain("from Mobile node to Home agent");

    const begins = [...new Set(handovers.map(({ fromMs }) => fromMs))];
    expect(await page.locator("#view-sequence .handover").count()).toBe(begins.length);
    await show(page, "Plots");
    const bands = await page.evaluate(() => (globalThis.mextLab!.lab as unknown as { views: Map<string, PlotsView> }).views.get("plots")!.bands);
    expect(bands.map(({ fromS }) => fromS * 1000)).toEqual(begins);
    expect(bands.every(({ fromS, untilS }) => untilS! > fromS)).toBe(true);

    await show(page, "Sequence");
    const update = page.locator(ARROWS, { hasText: "Binding Update" }).last();
    const sequence = /seq (\d+)/.exec((await update.getAttribute("aria-label"))!)![1];
    await update.click();
    const field = page.locator("#view-packet .fields > div", { hasText: /^sequence/ });
    await eventually(() => field.locator("dd").first().textContent()).toBe(sequence);
    await field.hover();
    expect(await page.locator("#view-packet .cell.lit").allTextContents()).toEqual(["sequence"]);
    const octets = (await page.locator("#view-packet .octet.lit").allTextContents()).join("");
    expect(parseInt(octets, 16)).toBe(Number(sequence));

    await show(page, "Sequence");
    await page.locator(`${ARROWS}[tabindex="0"]`).focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await eventually(() => page.locator("#view-packet .packet-summary").textContent()).toContain("Binding Update");
    expect(errors).toEqual([]);
    await close();
  });

  it("ends lost messages in a cross, and goes on with the next", async () => {
    const { page, errors, close } = await story("lossy-link", UNTIL_MS);
    await show(page, "Sequence");
    const { signals } = (await Teller.of(presetOf("lossy-link"))).run(UNTIL_MS).story;
    const lost = signals.filter(({ to }) => to === undefined).length;
    expect(lost).toBeGreaterThan(0);
    expect(await page.locator(`${ARROWS} .cross`).count()).toBe(lost);
    expect((await labels(page)).filter((label) => label.endsWith(" lost"))).toHaveLength(lost);
    expect(await page.locator(`${ARROWS} .head`).count()).toBe(signals.length - lost);
    expect(errors).toEqual([]);
    await close();
  });

  it("lights the states that the world tells, and says when they changed", async () => {
    const { page, errors, close } = await story("nat", UNTIL_MS);
    const { machines } = (await Teller.of(presetOf("nat"))).run(UNTIL_MS).story;
    await show(page, "States");
    const own = new Map(machines.filter(({ node }) => node === "mobile-node-1").map((each) => [each.machine, each]));
    await eventually(() => page.locator("#view-machines .machine-chooser button").count()).toBe(own.size);
    for (const [name, { state }] of own) {
      await page.locator(`#view-machines button[data-machine="${name}"]`).click();
      expect(await page.locator("#view-machines .state.current").getAttribute("data-state"), name).toBe(state);
    }
    await page.locator("#view-machines button[data-machine=registration]").click();
    expect(await page.locator("#view-machines .state[tabindex='0']").count(), "one stop of the tab key").toBe(1);
    await page.locator("#view-machines .state[tabindex='0']").focus();
    await page.keyboard.press("Home");
    expect(await page.locator("#view-machines .state").first().evaluate((state) => state === document.activeElement)).toBe(true);
    const last = own.get("registration")!;
    const change = await page.locator("#view-machines .machine-changes li").first().textContent();
    expect(change).toContain(timeText(last.atMs!));
    expect(change!.toLowerCase()).toContain(`→ ${last.state.toLowerCase()}`);
    expect(errors).toEqual([]);
    await close();
  });

  it("is of one node where there are many, the one that is chosen", async () => {
    const { page, errors, close } = await story("twenty-nodes", 12_000);
    await show(page, "Sequence");
    const of = async (id: string, name: string) => {
      await page.evaluate((node) => globalThis.mextLab!.lab.select(node), id);
      await show(page, "Sequence");
      expect(await page.locator("#view-sequence .lifeline-heads span").allTextContents()).toEqual([name, "Home agent"]);
      const all = await labels(page);
      expect(all.length).toBeGreaterThan(1);
      expect(all.filter((label) => !label.includes(`${name} to`) && !label.includes(`to ${name},`) && !label.endsWith("lost"))).toEqual([]);
    };
    await of("mobile-node-2", "Mobile node 2");
    await of("mobile-node-1", "Mobile node 1");
    await page.evaluate(() => globalThis.mextLab!.lab.select("home-agent"));
    await show(page, "Sequence");
    expect(await page.locator("#view-sequence .lifeline-heads").textContent(), "stays").toContain("Mobile node 1");
    expect(errors).toEqual([]);
    await close();
  });

  it.each([["wide", undefined, "light"], ["on a phone", PHONE, "dark"]] as const)("has words that can be read, %s", async (_name, viewport, colorScheme) => {
    const { page, errors, close } = await story("route-optimisation", UNTIL_MS, { ...(viewport && { viewport }), colorScheme });
    await show(page, "Sequence");
    const { words, times, heads } = await page.evaluate(() => {
      const boxes = (selector: string) => [...document.querySelectorAll(`#view-sequence ${selector}`)].map((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        return { text: element.textContent!, left, right, top, bottom };
      });
      return { words: [...boxes(".message"), ...boxes(".handover-label")], times: boxes(".moment"), heads: boxes(".lifeline-heads span") };
    });
    const overlaps = (boxes: typeof words) => boxes.flatMap((one, index) => boxes.slice(index + 1)
      .filter((other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2)
      .map((other) => `${one.text} / ${other.text}`));
    expect(words.length).toBeGreaterThan(10);
    expect(overlaps(words)).toEqual([]);
    expect(overlaps(heads)).toEqual([]);
    expect(Math.min(...words.map(({ left }) => left))).toBeGreaterThan(Math.max(...times.map(({ right }) => right)));
    for (const name of ["Sequence", "Plots", "States"]) {
      await show(page, name);
      expect(await isScrolled(page), name).toBe(false);
    }
    await show(page, "Sequence");
    await page.locator(ARROWS, { hasText: "Binding Update" }).first().click();
    const open = page.locator("#view-packet .packet > .layer[open] > summary b");
    await eventually(() => open.count()).toBeGreaterThan(0);
    const names = await page.locator("#view-packet .jump").allTextContents();
    const sticksOut = await page.locator("#view-packet .packet").evaluate((packet) =>
      [...packet.querySelectorAll("summary > *")].some((part) => part.getBoundingClientRect().right > packet.getBoundingClientRect().right));
    expect(sticksOut).toBe(false);
    if (viewport) expect(await open.allTextContents()).toEqual([names.at(-1), "Octets"]);
    else expect(await open.allTextContents()).toEqual([...names, "Octets"]);
    await page.locator("#view-packet .jump").first().click();
    expect(await open.first().textContent()).toBe(names[0]);
    expect(await isScrolled(page), "Packet").toBe(false);
    expect(errors).toEqual([]);
    await close();
  });
});
