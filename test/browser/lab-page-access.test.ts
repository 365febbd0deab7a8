/** Whether everybody can use the lab's page: names, focus, contrast, room, motion. In Chromium, as it is built. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StaticServer } from "../../platforms/linux/cli/static-files.ts";
import { chromiumPath, openChromium } from "./chromium.ts";
import { eventually, openLab, PHONE, serveLab, WIDE } from "./lab-page-tools.ts";

const VIEWS = ["controls", "sequence", "plots", "machines", "packet", "notes"];

/** Interactive elements that a screen reader could not name, and ids that are there twice. */
function nameless(): string[] {
  const shown = [...document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [role=button], [role=tab], [role=menuitemradio], [tabindex='0'], dialog[open], [role=tabpanel], [role=region]")]
    .filter((element) => element.getClientRects().length > 0);
  const textOf = (ids: string | null) => (ids ?? "").split(/\s+/).filter(Boolean).map((id) => document.getElementById(id)?.textContent ?? "").join("");
  const nameOf = (element: HTMLElement) => element.getAttribute("aria-label") || textOf(element.getAttribute("aria-labelledby"))
    || [...(element as HTMLInputElement).labels ?? []].map((label) => label.textContent).join("") || element.textContent || element.title;
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  return [
    ...shown.filter((element) => nameOf(element).trim() === "").map((element) => `no name: ${element.outerHTML.slice(0, 120)}`),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `id twice: ${id}`),
    ...[...document.querySelectorAll("[aria-controls], [aria-labelledby]")].flatMap((element) =>
      [element.getAttribute("aria-controls"), element.getAttribute("aria-labelledby")].flatMap((value) => (value ?? "").split(/\s+/))
        .filter((id) => id !== "" && !document.getElementById(id)).map((id) => `no such id: ${id}`)),
  ];
}

/** Texts with too little contrast to what is behind them (WCAG 2.2 §1.4.3): 4.5:1. */
function faint(): string[] {
  type Colour = [number, number, number, number];
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  const parse = (text: string): Colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (above: Colour, below: Colour): Colour => [0, 1, 2].map((at) => above[at] * above[3] + below[at] * (1 - above[3])).concat(1) as Colour;
  const light = ([red, green, blue]: Colour) => [red, green, blue].map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)).reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element: Element): Colour => {
    const layers: Colour[] = [];
    for (let at: Element | null = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1] as Colour);
  };
  const found = new Set<string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!element || node.textContent!.trim() === "" || element.closest("svg, script, style, noscript, .visually-hidden, .toast:not([data-shown])")) continue;
    const style = getComputedStyle(element);
    if (element.getClientRects().length === 0 || style.visibility === "hidden" || element.closest(":disabled")) continue;
    const ground = behind(element);
    const [one, other] = [light(over(parse(style.color), ground)), light(ground)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) found.add(`${ratio.toFixed(2)}: "${node.textContent!.trim().slice(0, 30)}" in ${element.className || element.tagName}`);
  }
  return [...found];
}

/** The page's own colours: letters on each ground 4.5:1, shapes and borders 3:1 (WCAG 2.2 §1.4.11). */
function paleColours(): string[] {
  const { lab } = globalThis.mextLab!;
  const light = (name: Parameters<typeof lab.colour>[0]) => {
    const [red, green, blue] = lab.colour(name).match(/[\d.]+/g)!.map(Number).map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one: Parameters<typeof light>[0], other: Parameters<typeof light>[0]) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const grounds = ["ground", "panel", "raised", "selected"] as const;
  const pairs = [
    ...(["text", "soft"] as const).flatMap((colour) => grounds.map((ground) => [colour, ground, 4.5] as const)),
    ...(["accent", "good", "warn", "bad", "signalling", "tunnelled", "data", "neighbour", "error", "other"] as const)
      .flatMap((colour) => (["panel", "raised"] as const).map((ground) => [colour, ground, 4.5] as const)),
    ["border", "panel", 3] as const, ["on-accent", "accent", 4.5] as const,
  ];
  return pairs.filter(([colour, ground, least]) => ratio(colour, ground) < least).map(([colour, ground]) => `${colour} on ${ground}: ${ratio(colour, ground).toFixed(2)}`);
}

async function showEach(page: Page, check: (view: string) => Promise<void>): Promise<void> {
  for (const view of VIEWS) {
    const tab = page.locator(`#tab-${view}`);
    if (await tab.isVisible()) await tab.click();
    await check(view);
  }
}

describe.skipIf(!chromiumPath)("everybody can use the lab's page (needs chromium)", () => {
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

  describe.each([["light", WIDE], ["dark", WIDE], ["light", PHONE], ["dark", PHONE]] as const)("%s, %o", (colorScheme, viewport) => {
    it("names everything, has contrast and room in each view, dialog and menu", async () => {
      const { page, errors, close } = await openLab(browser, `${server.url}#handover`, { colorScheme, viewport });
      await page.evaluate(() => globalThis.mextLab!.lab.player.setSpeed(5));
      await page.waitForFunction(() => globalThis.mextLab!.lab.now() > 6000);
      await page.evaluate(() => globalThis.mextLab!.lab.player.pause());
      expect(await page.evaluate(paleColours)).toEqual([]);
      const look = async (where: string) => {
        expect(await page.evaluate(nameless), where).toEqual([]);
        expect(await page.evaluate(faint), where).toEqual([]);
        const { wide, high } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, high: document.documentElement.scrollHeight }));
        expect(wide, where).toBeLessThanOrEqual(viewport.width);
        expect(high, where).toBeLessThanOrEqual(viewport.height);
      };
      await showEach(page, look);
      await page.locator(".preset-chooser").click();
      await look("scenarios");
      await page.keyboard.press("Escape");
      await page.locator("body").press("?");
      await page.locator("dialog.help").waitFor();
      await look("help");
      await page.keyboard.press("Escape");
      await page.locator("g[data-id=mobile-node-1]").focus();
      await page.keyboard.press("Enter");
      await look("menu");
      expect(errors).toEqual([]);
      await close();
    });
  });

  it("goes through the page by the tab key, and shows where it is", async () => {
    const { page, close } = await openLab(browser, server.url);
    await page.evaluate(() => globalThis.mextLab!.lab.player.pause());
    const seen: { what: string; isShown: boolean }[] = [];
    for (let times = 0; times < 60; times++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        if (element === document.body) return null;
        const isMarked = (each: Element | null) => {
          if (!each) return false;
          const { outlineStyle, outlineWidth, stroke } = getComputedStyle(each);
          return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || (each instanceof SVGElement && stroke !== "none");
        };
        const marks = element instanceof SVGElement ? element.querySelectorAll(".halo, .reach, rect") : [element, element.nextElementSibling];
        return { what: element.getAttribute("aria-label") ?? element.id ?? element.textContent ?? "", isShown: [...marks].some(isMarked) };
      });
      if (at === null) break;
      seen.push(at);
    }
    expect(seen.filter(({ isShown }) => !isShown)).toEqual([]);
    const order = seen.map(({ what }) => what);
    expect(order).toContain("Play");
    expect(order.indexOf("Play")).toBeLessThan(order.findIndex((what) => what.startsWith("Mobile node")));
    expect(order.findIndex((what) => what.startsWith("Mobile node"))).toBeLessThan(order.indexOf("tab-sequence"));
    await close();
  });

  it("goes from tab to tab with the arrow keys", async () => {
    const { page, close } = await openLab(browser, server.url, { viewport: PHONE });
    await page.locator("#tab-controls").click();
    for (const view of VIEWS.slice(1)) {
      await page.keyboard.press("ArrowRight");
      expect(await page.evaluate(() => document.activeElement!.id)).toBe(`tab-${view}`);
      expect(await page.locator(`#view-${view}`).isVisible()).toBe(true);
    }
    await close();
  });

  it("tells a screen reader what matters, and not too often", async () => {
    const { page, close } = await openLab(browser, `${server.url}#handover`);
    await page.evaluate(() => {
      const said: string[] = [];
      Object.assign(globalThis, { said });
      new MutationObserver(() => said.push(document.getElementById("announcer")!.textContent!))
        .observe(document.getElementById("announcer")!, { childList: true, characterData: true, subtree: true });
      globalThis.mextLab!.lab.player.setSpeed(2);
    });
    const said = () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said.length);
    await page.waitForTimeout(3500);
    expect(await said()).toBeLessThan(3);
    await eventually(said).toBeGreaterThan(0);
    expect(await page.locator("#announcer").getAttribute("aria-live")).toBe("polite");
    await close();
  });

  it("keeps packets still for those who want no motion", async () => {
    const { page, close } = await openLab(browser, server.url, { reducedMotion: "reduce" });
    const dots = await page.evaluate(async () => {
      const { packets } = globalThis.mextLab!.lab.topology;
      for (let times = 0; times < 50 && packets.positions().length === 0; times++) await new Promise((resolve) => setTimeout(resolve, 50));
      const first = packets.positions();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { first, then: packets.positions() };
    });
    const same = dots.first.flatMap((dot) => dots.then.filter(({ id }) => id === dot.id).map((later) => [dot.x, dot.y, later.x, later.y]));
    expect(same.length).toBeGreaterThan(0);
    for (const [x, y, laterX, laterY] of same) expect([laterX, laterY]).toEqual([x, y]);
    await close();
  });

  it("changes from light to dark and remembers it", async () => {
    const { page, close } = await openLab(browser, server.url, { colorScheme: "light" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await ground();
    await page.getByRole("button", { name: "Dark colours" }).click();
    const after = await ground();
    expect(after).not.toBe(before);
    await page.reload();
    await page.waitForFunction(() => (globalThis.mextLab?.lab.now() ?? 0) > 0);
    expect(await ground()).toBe(after);
    await close();
  });

  it("has room for letters of twice the size", async () => {
    const { page, close } = await openLab(browser, server.url, { viewport: PHONE });
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    await page.waitForTimeout(200);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
    await close();
  });
});
