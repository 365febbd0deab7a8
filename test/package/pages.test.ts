/** What the pages for embedders say is true: their files are written, their commands are run, in a project of npm's making. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveFiles } from "../../platforms/linux/cli/static-files.ts";
import { chromiumPath, openChromium } from "../browser/chromium.ts";
import { denoPath } from "../deno/deno.ts";
import { isAsPrinted, type Step, stepsOf } from "./pages.ts";
import { pack, type Packed, Project, root } from "./project.ts";

const PAGES = ["node", "sim", "portable", "deno", "browser", "component"].map((platform) => `platforms/${platform}/README.md`);
/** What a machine may lack. */
const HAS: Readonly<Record<string, boolean>> = {
  root: process.getuid?.() === 0, Deno: denoPath !== undefined, chromium: chromiumPath !== undefined,
};
const OPEN_MS = 15_000;

let packed: Packed;
beforeAll(() => {
  packed = pack();
}, 120_000);
afterAll(() => packed?.remove());

/** Runs commands in a network namespace of their own when they need root: nothing of this machine is touched. */
function run(project: Project, { text, argument, needs }: Step): Promise<string> {
  const script = `set -e\n${text.replaceAll(/^sudo /gm, "")}`;
  const shell = ["bash", "-c", script];
  const command = needs === "root" ? ["unshare", "--net", ...shell] : shell;
  const PATH = `${join(root, "node_modules/.bin")}:${process.env.PATH}`;
  const child = spawn(command[0], command.slice(1), {
    cwd: project.folder, env: { ...process.env, PATH }, stdio: ["ignore", "pipe", "pipe"], detached: true, // a group of its own
  });
  let printed = "";
  let complaints = "";
  child.stderr.on("data", (bytes: Buffer) => (complaints += bytes.toString()));
  child.stdout.on("data", (bytes: Buffer) => {
    printed += bytes.toString();
    if (argument !== undefined && printed.includes(argument)) process.kill(-child.pid!, "SIGINT");
  });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => (code === 0 || argument !== undefined ? resolve(printed) : reject(new Error(`${text}${complaints}`))));
  });
}

/** What a page of the project says, as soon as that is what is expected; else after a while. */
async function open(project: Project, page: string, expected: string): Promise<string> {
  const server = await serveFiles(join(project.folder, dirname(page)), "127.0.0.1", 0);
  const browser = await openChromium();
  try {
    const tab = await browser.newPage();
    await tab.goto(new URL(basename(page), server.url).href);
    const untilMs = performance.now() + OPEN_MS;
    for (;;) {
      const text = await tab.evaluate(() => document.body.innerText);
      if (isAsPrinted(text, expected) || performance.now() > untilMs) return text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

describe.each(PAGES)("%s", (path) => {
  const steps = stepsOf(readFileSync(join(root, path), "utf8"));
  const needs = [...new Set(steps.flatMap((step) => (step.needs === undefined || HAS[step.needs] ? [] : [step.needs])))];

  it.skipIf(needs.length > 0)(`works as it is written${needs.length > 0 ? ` (needs ${needs.join(", ")})` : ""}`, async () => {
    expect(steps.filter(({ kind }) => kind === "prints").length).toBeGreaterThan(0);
    const project = new Project(packed);
    try {
      let printed = "";
      for (const [index, step] of steps.entries()) {
        if (step.kind === "file") project.write(step.argument!, step.text);
        else if (step.kind === "run") printed = await run(project, step);
        else if (step.kind === "open") printed = await open(project, step.argument!, steps[index + 1].text);
        else expect(isAsPrinted(printed, step.text), `printed:\n${printed}\nexpected:\n${step.text}`).toBe(true);
      }
    } finally {
      project.remove();
    }
  });

  it("names only files that there are", () => {
    const page = readFileSync(join(root, path), "utf8");
    const links = [...page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => join(root, path, "..", target));
    expect(links.filter((target) => !existsSync(target))).toEqual([]);
  });
});
