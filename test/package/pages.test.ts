/** What the pages for embedders say is true: their files are written, their commands are run, in a project of npm's making. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAsPrinted, type Step, stepsOf } from "./pages.ts";
import { pack, type Packed, Project, root } from "./project.ts";

const PAGES = ["node", "sim"].map((platform) => `platforms/${platform}/README.md`);
/** What a machine may lack. */
const HAS: Readonly<Record<string, boolean>> = { root: process.getuid?.() === 0 };

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

describe.each(PAGES)("%s", (path) => {
  const steps = stepsOf(readFileSync(join(root, path), "utf8"));
  const needs = [...new Set(steps.flatMap((step) => (step.needs === undefined || HAS[step.needs] ? [] : [step.needs])))];

  it.skipIf(needs.length > 0)(`works as it is written${needs.length > 0 ? ` (needs ${needs.join(", ")})` : ""}`, async () => {
    expect(steps.filter(({ kind }) => kind === "run").length).toBeGreaterThan(0);
    const project = new Project(packed);
    try {
      let printed = "";
      for (const step of steps) {
        if (step.kind === "file") project.write(step.argument!, step.text);
        else if (step.kind === "run") printed = await run(project, step);
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
