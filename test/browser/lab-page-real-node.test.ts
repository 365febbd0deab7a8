/** The lab's page joins a real home agent: the form, what it says of mistakes, and the node's life. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StaticServer } from "../../platforms/linux/cli/static-files.ts";
import { Bed, HOME_AGENT, homeAddressOf, keyOf } from "../portable/bed.ts";
import { chromiumPath, openChromium } from "./chromium.ts";
import { eventually, openLab, serveLab } from "./lab-page-tools.ts";

describe.skipIf(!chromiumPath)("a real home agent in the lab's page (needs chromium)", () => {
  let browser: Browser;
  let server: StaticServer;
  let bed: Bed;

  beforeAll(async () => {
    [bed, server, browser] = await Promise.all([Bed.open(1), serveLab(), openChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([server?.close(), bed?.close()]);
  });

  it("is joined, pinged, and left; packets can be opened", async () => {
    const { page, errors, close } = await openLab(browser, server.url);
    await page.getByRole("button", { name: "Join a real home agent" }).click();
    const dialog = page.getByRole("dialog", { name: "Join a real home agent" });
    const status = dialog.getByRole("status");
    const join = dialog.getByRole("button", { name: "Join", exact: true });
    await dialog.getByLabel("WebSocket of the home agent").fill("https://nowhere");
    await join.click();
    await eventually(() => dialog.locator("#real-url-error").textContent()).toContain("must be the address of a WebSocket");
    expect(await page.evaluate(() => document.activeElement!.id)).toBe("real-url");
    expect(await dialog.locator("[aria-invalid]").count()).toBe(6);
    const values = {
      url: bed.url, homeAgent: HOME_AGENT, homeAddress: homeAddressOf(0), identity: "car0@example.org", spi: "300", key: keyOf(0),
    };
    for (const [name, value] of Object.entries(values)) await dialog.locator(`#real-${name}`).fill(value);
    await join.click();
    await eventually(() => status.textContent()).toContain("Registered");
    expect(bed.agent.bindings.map(({ homeAddress }) => homeAddress)).toEqual([homeAddressOf(0)]);
    await dialog.getByRole("button", { name: "Ping the home agent" }).click();
    await eventually(() => dialog.locator(".notes").textContent()).toMatch(/answered in [\d.]+ ms/);
    expect(await dialog.locator(".notes").textContent()).not.toContain(keyOf(0));
    await dialog.getByRole("button", { name: "Leave" }).click();
    await eventually(() => bed.agent.bindings.length).toBe(0);
    await eventually(() => status.textContent()).toBe("Not connected.");
    await join.click();
    await eventually(() => status.textContent()).toContain("Registered");
    await dialog.getByRole("button", { name: /Binding Update/ }).first().click();
    expect(await dialog.isVisible()).toBe(false);
    await eventually(() => page.locator("#view-packet").textContent()).toContain("Binding Update");
    expect(errors).toEqual([]);
    await close();
  });
});
