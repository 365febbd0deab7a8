/** Headless Chromium for tests: the machine's own, driven by playwright-core. */
import { execFileSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";

/** Where Chromium is: `MEXT_CHROMIUM`, or the first of the usual names on the path; undefined: there is none. */
export const chromiumPath: string | undefined = process.env.MEXT_CHROMIUM ?? ["chromium", "chromium-browser", "google-chrome"]
  .map((name) => {
    try {
      return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    } catch {
      return undefined;
    }
  })
  .find((path) => path !== undefined);

/** Starts it; the caller closes it. Root has no sandbox. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}
