/** The lab's page as a person uses it, in Chromium, as it is built. One browser for all. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PRESETS } from "../../platforms/browser/lab/presets.ts";
import { decodeScenario, encodeScenario } from "../../platforms/browser/lab/scenario-url.ts";
import type { Scenario } from "../../platforms/browser/lab/contract.ts";
import type { StaticServer } from "../../platforms/linux/cli/static-files.ts";
import { chromiumPath, openChromium } from "./chromium.ts";
import { eventually, middleOf, openLab, PHONE, runTo, serveLab, waitForPacket } from "./lab-page-tools.ts";

const NODE = "g[data-id=mobile-node-1]";
/** Pings, two networks, nothing planned. */
const QUIET: Scenario = {
  seed: 5, visited: [{ kind: "ipv6" }, { kind: "nat" }], mobileNodes: 1, routeOptimisation: false, homeLink: false,
  traffic: { pingEveryMs: 100, stream: false }, actions: [],
};

function hasTshark(): boolean {
  try {
    execFileSync("tshark", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!chromiumPath)("the lab's page (needs chromium)", () => {
  let browser: Browser;
  let server: StaticServer;
  let quiet: string;

  beforeAll(async () => {
    server = await serveLab();
    browser = await openChromium();
    quiet = `${server.url}#${encodeScenario(QUIET)}`;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const network = (page: Page) => page.evaluate(() => globalThis.mextLab!.lab.world().nodes.find(({ id }) => id === "mobile-node-1")!.links);
  const registered = (page: Page) => page.waitForFunction(() =>
    globalThis.mextLab!.lab.world().nodes.find(({ id }) => id === "mobile-node-1")!.status.startsWith("Registered"));

  it("starts with the first preset, and packets move", async () => {
    const { page, errors, close } = await openLab(browser, server.url);
    expect(await page.title()).toContain(PRESETS[0].title);
    await eventually(() => page.locator("#lesson").textContent()).toContain(PRESETS[0].lesson);
    await waitForPacket(page, "backbone");
    const dots = await page.evaluate(async () => {
      const { packets } = globalThis.mextLab!.lab.topology;
      const first = packets.positions();
      await new Promise((resolve) => setTimeout(resolve, 60));
      return { first, then: packets.positions() };
    });
    const moved = dots.first.filter((dot) => dots.then.some(({ id, x, y }) => id === dot.id && (x !== dot.x || y !== dot.y)));
    expect(moved.length).toBeGreaterThan(0);
    const time = await page.locator(".time").textContent();
    await eventually(() => page.locator(".time").textContent()).not.toBe(time);
    await eventually(() => page.locator(".notes li").count()).toBeGreaterThan(0);
    expect(errors).toEqual([]);
    await close();
  });

  it("moves a node that is dragged, and its session survives", async () => {
    const { page, errors, close } = await openLab(browser, quiet);
    await registered(page);
    const from = await middleOf(page, `${NODE} rect`);
    const to = await middleOf(page, "g[data-id=visited-2] rect");
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move((from.x + to.x) / 2, from.y, { steps: 4 });
    await page.mouse.move(to.x, to.y, { steps: 4 });
    expect(await page.locator("g[data-id=visited-2]").getAttribute("data-lit")).not.toBeNull();
    await page.mouse.up();
    await eventually(() => network(page)).toEqual(["visited-2"]);
    await registered(page);
    await waitForPacket(page, "visited-2"); // echo requests find the node where it is now
    expect(await page.locator(".tunnel").count()).toBe(1);
    expect(decodeScenario(new URL(page.url()).hash).actions).toMatchObject([{ kind: "attach", node: "mobile-node-1", link: "visited-2" }]);
    expect(errors).toEqual([]);
    await close();
  });

  it("lets a drag be given up, and takes one that ends nowhere for none", async () => {
    const { page, close } = await openLab(browser, quiet);
    for (const end of ["Escape", "outside"]) {
      const from = await middleOf(page, `${NODE} rect`);
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      const to = end === "Escape" ? await middleOf(page, "g[data-id=visited-2] rect") : await middleOf(page, "g[data-id=core-router] rect");
      await page.mouse.move(to.x, to.y, { steps: 3 });
      if (end === "Escape") await page.keyboard.press("Escape");
      await page.mouse.up();
      expect(await network(page), end).toEqual(["visited-1"]);
      const back = await middleOf(page, `${NODE} rect`);
      expect(Math.hypot(back.x - from.x, back.y - from.y), end).toBeLessThan(2);
    }
    await close();
  });

  it("moves a node by keyboard alone", async () => {
    const { page, errors, close } = await openLab(browser, quiet);
    await registered(page);
    await page.keyboard.press("Tab"); // "skip to the network"
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement!.getAttribute("data-id"))).toBe("mobile-node-1");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement!.getAttribute("role"))).toBe("menuitemradio");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await eventually(() => network(page)).toEqual(["visited-2"]);
    expect(await page.evaluate(() => document.activeElement!.getAttribute("data-id"))).toBe("mobile-node-1");
    await registered(page);
    await waitForPacket(page, "visited-2");
    await page.keyboard.press("ArrowUp"); // to what lies above the node
    expect(await page.evaluate(() => document.activeElement!.getAttribute("data-id"))).not.toBe("mobile-node-1");
    await page.locator("#view-controls select").nth(1).selectOption({ label: "No network" });
    await eventually(() => network(page)).toEqual([]);
    expect(errors).toEqual([]);
    await close();
  });

  it("moves a node by touch on a phone", async () => {
    const { page, errors, close } = await openLab(browser, quiet, { viewport: PHONE, hasTouch: true, isMobile: true });
    const touch = await page.context().newCDPSession(page);
    const from = await middleOf(page, `${NODE} rect`);
    const to = await middleOf(page, "g[data-id=visited-2] rect");
    const send = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: { x: number; y: number }[]) => touch.send("Input.dispatchTouchEvent", { type, touchPoints });
    await send("touchStart", from);
    for (const part of [0.2, 0.6, 1]) await send("touchMove", { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part });
    await send("touchEnd");
    await eventually(() => network(page)).toEqual(["visited-2"]);
    expect(errors).toEqual([]);
    await close();
  });

  it("cuts links and makes them lose, and shows what is lost", async () => {
    const { page, errors, close } = await openLab(browser, quiet);
    await registered(page);
    await page.locator("g[data-id=visited-1] rect").click({ position: { x: 20, y: 30 } });
    const cut = page.getByRole("switch", { name: "Cut" });
    await cut.focus();
    await page.keyboard.press("Space");
    await eventually(() => page.locator("g[data-id=visited-1]").getAttribute("data-cut")).not.toBeNull();
    await waitForPacket(page, "visited-1", true);
    await page.keyboard.press("Space");
    await eventually(() => page.locator("g[data-id=visited-1]").getAttribute("data-cut")).toBeNull();
    await page.getByRole("slider", { name: "Loss" }).focus();
    for (let times = 0; times < 3; times++) await page.keyboard.press("ArrowRight");
    await eventually(() => page.locator("g[data-id=visited-1] .small").textContent()).toContain("3 % lost");
    await page.getByRole("combobox", { name: "Rate" }).selectOption({ label: "1 Mbit/s" });
    await eventually(() => page.locator("g[data-id=visited-1]").getAttribute("aria-label")).toContain("1 Mbit/s");
    expect(errors).toEqual([]);
    await close();
  });

  it("pauses, steps and changes its speed", async () => {
    const { page, errors, close } = await openLab(browser, quiet);
    const now = () => page.evaluate(() => globalThis.mextLab!.lab.now());
    await page.getByRole("button", { name: "Pause" }).click();
    await page.evaluate(() => globalThis.mextLab!.lab.player.settled());
    const start = await now();
    await page.waitForTimeout(100);
    expect(await now()).toBe(start);
    await page.getByRole("button", { name: "By 10 ms" }).click();
    await eventually(now).toBeCloseTo(start + 10, 6);
    await page.getByRole("button", { name: "To the next event" }).click();
    await eventually(now).toBeGreaterThan(start + 10);
    expect(await now()).toBeLessThan(start + 2000);
    await page.getByRole("combobox", { name: "Speed" }).selectOption("20");
    await page.locator("body").press("p");
    await eventually(now).toBeGreaterThan(start + 5000);
    expect(errors).toEqual([]);
    await close();
  });

  it("shares a scenario by its address, which comes to the same end", async () => {
    const context = await openLab(browser, `${server.url}#handover?seed=7`, { permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = context;
    expect(await page.locator(".seed input").inputValue()).toBe("7");
    await page.evaluate(() => globalThis.mextLab!.lab.player.pause());
    await page.locator(NODE).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitemradio", { name: "No network" }).click();
    await eventually(() => network(page)).toEqual([]);
    await page.getByRole("button", { name: "Copy the address of this scenario" }).click();
    await eventually(() => page.locator("#toast").textContent()).toContain("copied");
    const address = await page.evaluate(() => navigator.clipboard.readText());
    expect(address).toBe(page.url());
    const end = async (each: Page) => {
      await runTo(each, 12_000);
      return each.evaluate(() => JSON.stringify(globalThis.mextLab!.lab.world()));
    };
    const other = await openLab(browser, address);
    const [one, two] = [await end(page), await end(other.page)];
    expect(two).toBe(one);
    expect(JSON.parse(one).nodes.length).toBeGreaterThan(4);
    expect([...context.errors, ...other.errors]).toEqual([]);
    await Promise.all([context.close(), other.close()]);
  });

  it("shows another preset, and its address; going back leaves the lab", async () => {
    const { page, errors, close } = await openLab(browser, server.url);
    const length = await page.evaluate(() => history.length);
    const preset = PRESETS[PRESETS.length - 1];
    await page.locator(".preset-chooser").click();
    await page.getByRole("button", { name: preset.title }).click();
    await eventually(() => page.title()).toContain(preset.title);
    expect(new URL(page.url()).hash).toBe(`#${preset.id}`);
    expect(await page.evaluate(() => history.length)).toBe(length);
    await page.evaluate((id) => (location.hash = id), PRESETS[0].id);
    await eventually(() => page.title()).toContain(PRESETS[0].title);
    expect(errors).toEqual([]);
    await close();
  });

  it("shows every preset", async () => {
    const { page, errors, close } = await openLab(browser, server.url);
    for (const { id, title, lesson } of PRESETS) {
      await page.evaluate((hash) => (location.hash = hash), id);
      await page.waitForFunction((words) => document.title.startsWith(words) && globalThis.mextLab!.lab.now() > 100, title);
      expect(await page.locator("#lesson").textContent(), id).toContain(lesson);
      expect(await page.locator("#banner").isVisible(), id).toBe(false);
      expect(await page.locator("g.node").count(), id).toBe(await page.evaluate(() => globalThis.mextLab!.lab.world().nodes.length));
    }
    expect(errors).toEqual([]);
    await close();
  });

  it.each([
    ["#1.bm90IGpzb24", "damaged"], ["#no-such-preset", "preset"], [`#1.${btoa('{"seed":-1}').replace(/=+$/, "")}`, "seed must be"],
  ])("tells what is wrong with the address %s, and shows the first preset", async (hash, words) => {
    const { page, errors, close } = await openLab(browser, server.url + hash);
    const banner = page.locator("#banner");
    expect(await banner.textContent()).toContain(words);
    expect(await page.title()).toContain(PRESETS[0].title);
    await banner.getByRole("button").click();
    expect(await banner.isVisible()).toBe(false);
    expect(errors).toEqual([]);
    await close();
  });

  it.each([
    ["no WebAssembly", "delete globalThis.WebAssembly", "WebAssembly"],
    ["no SIMD", "WebAssembly.validate = () => false", "SIMD"],
    ["no workers", "delete globalThis.Worker", "worker"],
  ])("says what to do where there is %s", async (_, before, words) => {
    const { page, close } = await openLab(browser, server.url, { before, isBroken: true });
    await page.locator("#banner").waitFor({ state: "visible" });
    expect(await page.locator("#banner").textContent()).toContain(words);
    expect(await page.locator("#banner").textContent()).toMatch(/current Firefox, Chromium or Safari/);
    await close();
  });

  it("goes on where it was when its worker is killed", async () => {
    const before = `globalThis.madeWorkers = [];
      globalThis.Worker = class extends Worker { constructor(...given) { super(...given); madeWorkers.push(this); } };`;
    const { page, errors, close } = await openLab(browser, quiet, { before });
    await page.locator(NODE).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitemradio", { name: /^Network 2/ }).click();
    await eventually(() => network(page)).toEqual(["visited-2"]);
    const atMs = await page.evaluate(() => {
      globalThis.madeWorkers[0].terminate();
      return globalThis.mextLab!.lab.now();
    });
    await eventually(() => page.locator("#toast").textContent()).toContain("restarted");
    expect(await page.evaluate(() => globalThis.madeWorkers.length)).toBe(2);
    await eventually(() => page.evaluate(() => globalThis.mextLab!.lab.now())).toBeGreaterThan(atMs + 100);
    expect(await network(page)).toEqual(["visited-2"]);
    await registered(page);
    expect(errors).toEqual([]);
    await close();
  });

  it.skipIf(!hasTshark())("saves packets that Wireshark opens (needs chromium, tshark)", async () => {
    const { page, close } = await openLab(browser, quiet);
    await registered(page);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /pcapng/ }).click()]);
    expect(download.suggestedFilename()).toMatch(/^mext-.*\.pcapng$/);
    const folder = mkdtempSync(join(tmpdir(), "mext-lab-"));
    try {
      const file = join(folder, "packets.pcapng");
      await download.saveAs(file);
      const lines = execFileSync("tshark", ["-r", file, "-T", "fields", "-e", "frame.protocols"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim().split("\n");
      expect(lines.length).toBeGreaterThan(10);
      expect(lines.some((line) => line.includes("mipv6"))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    await close();
  });

  it("opens a packet that is clicked", async () => {
    const { page, errors, close } = await openLab(browser, quiet);
    await registered(page);
    await waitForPacket(page, "backbone");
    await page.evaluate(() => globalThis.mextLab!.lab.player.pause());
    const { dot, box } = await page.evaluate(() => {
      const { packets } = globalThis.mextLab!.lab.topology;
      const { left, top } = packets.canvas.getBoundingClientRect();
      return { dot: packets.positions().findLast(({ link }) => link === "backbone")!, box: { left, top } };
    });
    await page.mouse.click(box.left + dot.x, box.top + dot.y);
    await eventually(() => page.getByRole("tab", { name: "Packet" }).getAttribute("aria-selected")).toBe("true");
    await eventually(() => page.locator("#view-packet").textContent()).toMatch(/IPv[46]/);
    await page.locator("g[data-id=home-agent] path").click();
    expect(await page.locator("#view-controls select").first().inputValue()).toBe("home-agent");
    expect(await page.locator("#view-packet").isVisible(), "a choice on the map changes no tab").toBe(true);
    expect(errors).toEqual([]);
    await close();
  });

  it("exports the configuration of real daemons", async () => {
    const { page, errors, close } = await openLab(browser, quiet);
    await page.getByRole("button", { name: "Configuration for the real daemons" }).click();
    const files = page.locator("dialog .file");
    await eventually(() => files.count()).toBeGreaterThan(1);
    for (const file of await files.all()) { // under their own names: they name each other
      const name = await file.locator("h3").textContent();
      const [download] = await Promise.all([page.waitForEvent("download"), file.getByRole("button", { name: /^Save/ }).click()]);
      expect(download.suggestedFilename()).toBe(name);
      expect(readFileSync(await download.path(), "utf8")).toBe(await file.locator("pre").textContent());
    }
    await page.keyboard.press("Escape");
    await eventually(() => page.locator("dialog .file").count()).toBe(0);
    expect(errors).toEqual([]);
    await close();
  });
});
