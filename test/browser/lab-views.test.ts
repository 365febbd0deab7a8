/** The lab's views in Chromium, each shown frames and packets that are made up here. */
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Codec } from "../../bindings/codec.ts";
import { describe as linesOf } from "../../bindings/describe.ts";
import { readMachines } from "../../bindings/machines.ts";
import type { Frame, OpenPacket, Signal, World, WorldNode } from "../../platforms/browser/lab/contract.ts";
import { chromiumPath, openChromium } from "./chromium.ts";

const core = new WebAssembly.Module(readFileSync(new URL("../../build/mext.wasm", import.meta.url)));
const codec = new Codec(core);
const IPV6 = { name: "ipv6", fields: { source: "2001:db8::1", destination: "2001:db8::2" } };
const HOSTILE = "<img src=x onerror=globalThis.isHacked=1>";

function node(id: string, kind: WorldNode["kind"], label: string): WorldNode {
  return { id, kind, label, addresses: [], running: true, links: [], status: "" };
}

/** The mobile node's name is somebody's bad joke. */
const WORLD: World = { nodes: [node("mn", "mobile-node", HOSTILE), node("ha", "home-agent", "Home agent")], links: [] };

function signal(packet: number, sentMs: number, about: Partial<Signal> = {}): Signal {
  return { packet, from: "mn", to: "ha", sentMs, arrivedMs: sentMs + 7, name: "Binding Update", detail: "seq 1", ...about };
}

function opened(octets: Uint8Array): OpenPacket {
  const layers = codec.dissect(octets);
  return { id: 7, octets, layers, lines: linesOf(layers) };
}

describe.skipIf(!chromiumPath)("the lab's views (needs chromium)", () => {
  let browser: Browser;
  let page: Page;
  let script: string;
  let style: string;
  const errors: string[] = [];

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: { views: "test/browser/lab-views-harness.ts", styles: "platforms/browser/lab/page/styles.css" }, bundle: true, write: false,
      outdir: "/", format: "iife", logLevel: "silent",
    });
    script = outputFiles.find(({ path }) => path.endsWith(".js"))!.text;
    style = outputFiles.find(({ path }) => path.endsWith("styles.css"))!.text;
    browser = await openChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    await page?.close();
    page = await browser.newPage();
    errors.length = 0;
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.addStyleTag({ content: style });
    await page.addScriptTag({ content: script });
    await page.evaluate(async ([world, tables]) => void (await globalThis.makeViews(world, tables)), [WORLD, readMachines(core)] as const);
    return async () => {
      expect(errors).toEqual([]);
      expect(await page.evaluate("globalThis.isHacked"), "text became HTML").toBeUndefined();
    };
  });

  const show = (frame: Partial<Frame>) => page.evaluate((given) => globalThis.views.show(given), frame);
  /** Octets do not survive the way to the page by themselves. */
  const open = ({ octets, layers, ...packet }: OpenPacket) => page.evaluate(([given, numbers, text]) => {
    const layersOf = JSON.parse(text, (_, value) => (typeof value?.hex === "string" ? Uint8Array.from(value.hex.match(/../g) ?? [], (two: string) => parseInt(two, 16)) : value));
    globalThis.views.open({ ...given, octets: Uint8Array.from(numbers), layers: layersOf });
  }, [packet, [...octets], JSON.stringify(layers, (_, value) =>
    value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : typeof value === "bigint" ? Number(value) : value)] as const);

  it("draw an arrow for each message, and a cross for a lost one", async () => {
    await show({ signals: [
      signal(1, 100), signal(2, 110, { from: "ha", to: "mn", name: "Binding Acknowledgement" }), signal(3, 900, { to: undefined, arrivedMs: undefined }),
    ] });
    const arrows = page.locator("#sequence [role=listitem] .arrow");
    expect(await arrows.count()).toBe(3);
    expect(await page.locator("#sequence .arrow.lost .cross").count()).toBe(1);
    expect(await page.locator("#sequence .arrow .head").count()).toBe(2);
    expect(await arrows.nth(1).getAttribute("aria-label")).toContain(`from Home agent to ${HOSTILE}, 7.0 ms`);
    const [sent, answer] = await page.locator("#sequence .arrow line").evaluateAll((lines) =>
      lines.map((line) => ["x1", "x2", "y1", "y2"].map((name) => Number(line.getAttribute(name)))));
    expect(sent[0], "left to right").toBeLessThan(sent[1]);
    expect([answer[1], answer[0]], "and back").toEqual([sent[0], sent[1]]);
    expect(sent[3], "downwards").toBeGreaterThan(sent[2]);
  });

  it("draw an arrow anew when its message arrives later", async () => {
    await show({ signals: [signal(1, 100, { to: undefined, arrivedMs: undefined })] });
    await show({ signals: [signal(1, 100)] });
    expect(await page.locator("#sequence .arrow").count()).toBe(1);
    expect(await page.locator("#sequence .arrow.lost").count()).toBe(0);
  });

  it("keep a few hundred arrows, mark handovers, and follow the newest", async () => {
    await show({ signals: Array.from({ length: 900 }, (_, index) => signal(index, index * 10)) });
    const count = await page.locator("#sequence .arrow").count();
    expect(count).toBeGreaterThan(100);
    expect(count).toBeLessThanOrEqual(300);
    const end = () => page.locator("#sequence").evaluate((host) => host.scrollHeight - host.scrollTop - host.clientHeight);
    expect(await end()).toBeLessThan(5);
    // Signals of the same frame as a handover are not lost.
    await show({ handovers: [{ node: "mn", fromMs: 8995, untilMs: 9100, fromLink: "a", toLink: "b" }], signals: [signal(1000, 9050, { name: "Newest" })] });
    expect(await page.locator("#sequence .handover").count()).toBe(1);
    expect(await page.locator("#sequence .arrow").last().getAttribute("aria-label")).toContain("Newest");
    expect(await end()).toBeLessThan(5);
    await page.locator("#sequence").evaluate((host) => void (host.scrollTop = 100));
    await show({ signals: [signal(1001, 9200)] });
    expect(await page.locator("#sequence").evaluate((host) => host.scrollTop), "a person who reads is left alone").toBe(100);
  });

  it("open the packet of an arrow, by click and by keys", async () => {
    await show({ signals: [signal(11, 100), signal(12, 200), signal(13, 300)] });
    await page.locator("#sequence .arrow").first().click();
    await page.locator("#sequence .arrow").last().focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => globalThis.views.asked)).toEqual([11, 12]);
    expect(await page.locator("#sequence .arrow[tabindex='0']").count(), "one stop of the tab key").toBe(1);
  });

  it("plot samples, with bands for handovers", async () => {
    const samples = Array.from({ length: 300 }, (_, index) => ({
      atMs: index * 100, roundTripMs: 18, bitsPerSecond: 2e6, loss: index > 100 && index < 120 ? 1 : 0, lifetimeMs: 600_000 - index * 100,
    }));
    await page.waitForTimeout(120);
    await show({ samples, handovers: [{ node: "mn", fromMs: 10_000, fromLink: "a", toLink: "b" }] });
    await page.waitForTimeout(120);
    await show({ handovers: [{ node: "mn", fromMs: 10_000, untilMs: 12_000, fromLink: "a", toLink: "b" }] });
    expect(await page.evaluate(() => globalThis.views.plots.bands)).toEqual([{ fromS: 10, untilS: 12 }]);
    await expect.poll(() => page.locator("#plots canvas").count()).toBe(4);
    expect(await page.locator("#plots .value").allTextContents()).toEqual(["18.0", "2.00", "0", "570"]);
    expect(await page.locator("#plots .handovers-said").textContent()).toBe("1 handover, the last at 0:10.000 took 2000 ms");
  });

  it("light the state that a machine is in, and say what may happen", async () => {
    await show({ machines: [{ node: "mn", machine: "registration", state: "Registering" }] });
    await show({ nowMs: 1234, machines: [{ node: "mn", machine: "registration", state: "Registered" }, { node: "ha", machine: "registration", state: "Idle" }] });
    expect(await page.locator("#machines .state.current").getAttribute("data-state")).toBe("Registered");
    expect(await page.locator("#machines .machine-changes li").allTextContents()).toEqual([expect.stringContaining("0:01.234 registering → registered")]);
    const registration = readMachines(core).find(({ machine }) => machine === "registration")!;
    const leaving = registration.transitions.filter(({ from }) => from === "Registered").length;
    expect(await page.locator("#machines .machine-leaving li").count()).toBe(leaving);
    expect(await page.locator("#machines").textContent()).toContain(registration.section);
    await page.locator("#machines .state[data-state=Idle]").focus();
    expect(await page.locator("#machines .machine-leaving h3").textContent()).toContain("idle");
    expect(await page.locator("#machines .state.current").getAttribute("data-state")).toBe("Registered");
  });

  it("open a packet: drawing, fields and octets light up together", async () => {
    await open(opened(codec.encode([IPV6, { name: "binding-acknowledgement", fields: { status: 135, sequence: 9 } }])));
    expect(await page.locator("#inspector .packet > .layer > .drawing-frame").count()).toBe(2);
    expect(await page.locator("#inspector").textContent()).toContain("135 (sequence number out of window)");
    expect(await page.locator("#inspector").textContent()).toContain("RFC 6275 §6.1.8");
    const row = page.locator("#inspector .fields > div", { hasText: "out of window" });
    await row.hover();
    expect(await page.locator("#inspector .cell.lit").textContent()).toBe("status");
    expect(await page.locator("#inspector .octet.lit").allTextContents()).toEqual(["87"]);
    await page.locator("#inspector .octet").nth(46).hover();
    expect(await page.locator("#inspector .fields .lit").textContent()).toContain("status");
    await row.focus();
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#inspector .fields > div:focus").count()).toBe(1);
    expect(await page.locator("#inspector .fields > div[tabindex='0']").count(), "one stop of the tab key").toBe(1);
  });

  it("nest tunnels, and take text of packets for text", async () => {
    const name = new TextEncoder().encode(HOSTILE.replaceAll(" ", "/"));
    const update = { name: "binding-update", fields: {}, options: [{ name: "mobile-node-identifier", fields: { subtype: 1, identifier: name } }] };
    await open(opened(codec.encode([IPV6, IPV6, update])));
    expect(await page.locator("#inspector .jump").allTextContents()).toEqual(["IPv6", "IPv6", "Binding Update"]);
    expect(await page.locator("#inspector").textContent()).toContain("<img");
    expect(await page.locator("img").count()).toBe(0);
  });

  it("show what is wrong with a packet that is cut or bad", async () => {
    const whole = codec.encode([IPV6, { name: "binding-update", fields: { sequence: 5 } }]);
    for (let length = 0; length <= whole.length; length += 3) await open(opened(whole.slice(0, length)));
    await open(opened(whole.slice(0, whole.length - 3)));
    expect(await page.locator("#inspector .problem").first().textContent()).toMatch(/RFC|§/);
    await open(opened(Uint8Array.from({ length: 300 }, (_, index) => (index * 73) & 0xff)));
    await open({ id: 1, octets: new Uint8Array(0), layers: [], lines: [] });
    await page.evaluate(() => globalThis.views.inspector.open(3, undefined));
    expect(await page.locator("#inspector").textContent()).toContain("forgotten");
  });
});
