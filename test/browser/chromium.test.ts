import { expect, it } from "vitest";
import { chromiumPath, openChromium } from "./chromium.ts";

it.skipIf(!chromiumPath)("Chromium starts and knows what the core needs (needs chromium)", async () => {
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    expect(await page.evaluate("typeof WebAssembly.Module")).toBe("function");
  } finally {
    await browser.close();
  }
});
