/** `mext lab`: what it serves, what it refuses, and what it says when it cannot. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveFiles, type StaticServer } from "../../platforms/linux/cli/static-files.ts";

const MEXT = fileURLToPath(new URL("../../dist/mext.js", import.meta.url));
const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** A request whose path is sent as it is: `fetch` would tidy it. */
function ask(url: string, path: string, method = "GET"): Promise<{ status: number; type?: string; body: Buffer }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve({
        status: response.statusCode!, type: response.headers["content-type"], body: Buffer.concat(parts),
      }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

describe("the web server", () => {
  let folder: string;
  let server: StaticServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mext-lab-"));
    mkdirSync(join(folder, "public/deep"), { recursive: true });
    writeFileSync(join(folder, "secret.txt"), "secret");
    writeFileSync(join(folder, "public/index.html"), "<p>index");
    writeFileSync(join(folder, "public/mext.wasm"), Uint8Array.of(0, 97, 115, 109));
    writeFileSync(join(folder, "public/deep/a b.js"), "1");
    server = await serveFiles(join(folder, "public"), "127.0.0.1", 0);
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it("serves files with the types that browsers want", async () => {
    expect(await ask(server.url, "/")).toMatchObject({ status: 200, type: "text/html; charset=utf-8", body: Buffer.from("<p>index") });
    expect(await ask(server.url, "/mext.wasm?1")).toMatchObject({ status: 200, type: "application/wasm" });
    expect(await ask(server.url, "/deep/a%20b.js")).toMatchObject({ status: 200, type: "text/javascript; charset=utf-8" });
    expect(await ask(server.url, "/", "HEAD")).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  it.each([
    "/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/deep/../../secret.txt", "/..\\secret.txt", "/%00", "/%",
    "/deep", "/secret.txt", "//secret.txt", "/./index.html", "/INDEX.HTML", "/index.html%00.js", "/%c0%ae%c0%ae/secret.txt",
    "/deep//a%20b.js", "/etc/passwd", "/__proto__", "/constructor",
  ])("does not find %s", async (path) => {
    const { status, body } = await ask(server.url, path);
    expect(status).toBe(404);
    expect(body.toString()).not.toContain("secret");
  });

  it("takes nothing but GET and HEAD", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) expect((await ask(server.url, "/", method)).status).toBe(405);
  });

  it("does not serve what came later, by a link either", async () => {
    symlinkSync(join(folder, "secret.txt"), join(folder, "public/later.txt"));
    expect((await ask(server.url, "/later.txt")).status).toBe(404);
  });

  it("says what to do when the port is taken, or the host is not here", async () => {
    const port = Number(new URL(server.url).port);
    await expect(serveFiles(folder, "127.0.0.1", port)).rejects.toThrow(`port ${port} of 127.0.0.1 is taken: choose another with --port`);
    await expect(serveFiles(folder, "192.0.2.77", 0)).rejects.toThrow("192.0.2.77 is no address of this host");
  });
});

describe.skipIf(!existsSync(join(DIST, "lab/index.html")))("mext lab (needs the built page)", () => {
  let child: ChildProcess | undefined;
  afterAll(() => void child?.kill());

  it("serves the whole lab, until it is told to end", async () => {
    child = spawn(process.execPath, [MEXT, "lab", "--port", "0", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
    const line = await new Promise<string>((resolve) => child!.stdout!.once("data", (text: Buffer) => resolve(text.toString())));
    const { url } = JSON.parse(line) as { url: string };
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const html = (await ask(url, "/")).body.toString();
    const needed = [...html.matchAll(/(?:src|href)="([^":]+)"/g)].map(([, path]) => path).filter((path) => !path.startsWith("#"));
    expect(needed).toEqual(expect.arrayContaining(["main.js", "styles.css"]));
    for (const path of [...needed, "worker.js", "mext.wasm"]) expect([path, (await ask(url, `/${path}`)).status]).toEqual([path, 200]);
    expect((await ask(url, "/mext.wasm")).body.equals(readFileSync(join(DIST, "mext.wasm")))).toBe(true);
    const ended = new Promise((resolve) => child!.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });

  it("needs nothing from elsewhere, and says so to the browser", () => {
    const html = readFileSync(join(DIST, "lab/index.html"), "utf8");
    expect(html).toContain(`http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval';`);
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\//); // relative: it also works in a folder of a server
    expect(html).not.toMatch(/<script(?![^>]*src=)/);
  });

  it("writes its files for another web server, and not among other files", () => {
    const folder = mkdtempSync(join(tmpdir(), "mext-lab-"));
    try {
      const run = (...words: string[]) => spawnSync(process.execPath, [MEXT, "lab", ...words], { encoding: "utf8" });
      const target = join(folder, "new/lab");
      const { status, stdout } = run("--build", target, "--json");
      expect(status).toBe(0);
      const { files } = JSON.parse(stdout) as { files: string[] };
      expect(files).toEqual(expect.arrayContaining(["index.html", "main.js", "mext.wasm", "styles.css", "worker.js"]));
      for (const file of files) expect(readFileSync(join(target, file)).equals(readFileSync(join(DIST, "lab", file)))).toBe(true);
      expect(run("--build", target).status).toBe(0); // again: newer files
      writeFileSync(join(folder, "mine.txt"), "mine");
      expect(run("--build", folder)).toMatchObject({ status: 1, stderr: expect.stringMatching(/holds other files/) });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("says what is wrong with a command line", () => {
    const run = (...words: string[]) => spawnSync(process.execPath, [MEXT, "lab", ...words], { encoding: "utf8" });
    expect(run("--port", "x")).toMatchObject({ status: 2, stderr: 'mext lab: --port takes a number from 0 to 65535, not "x"; see mext lab --help\n' });
    expect(run("--build", "x", "--open")).toMatchObject({ status: 2 });
    expect(run("--opn")).toMatchObject({ status: 2, stderr: expect.stringMatching(/did you mean --open\?/) });
  });
});
