/** Loading of the core: each thing that can be wrong is told with what to do. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { CoreUnavailable, loadCore, makeCore, whatIsMissing } from "../../platforms/browser/core.ts";
import { binary } from "./world.ts";

describe("the core by its URL", () => {
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = createServer(({ url }, response) => {
      if (url === "/mext.wasm") response.end(binary);
      else if (url === "/page.html") response.end("<!doctype html>");
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it("is loaded, and told by its hash", async () => {
    const core = await loadCore(`${base}/mext.wasm`);
    expect(core.module).toBeInstanceOf(WebAssembly.Module);
    const digest = await crypto.subtle.digest("SHA-256", binary);
    expect(core.sha256).toBe(Buffer.from(digest).toString("hex"));
  });

  it.each([
    ["/nothing.wasm", "the server says 404; put mext.wasm there"],
    ["/page.html", "cannot be used: mext.wasm does not compile here"],
  ])("is refused in words: %s", async (path, words) => {
    await expect(loadCore(`${base}${path}`)).rejects.toThrow(CoreUnavailable);
    await expect(loadCore(`${base}${path}`)).rejects.toThrow(words);
  });

  it("is refused in words: no server", async () => {
    await expect(loadCore("http://127.0.0.1:9/mext.wasm")).rejects.toThrow(/is the server still there\?/);
  });
});

const BUNDLE = new URL("../../dist/browser.js", import.meta.url);

describe.skipIf(!existsSync(BUNDLE))("mext/browser as it is built (needs npm run build)", () => {
  it("has what an embedder wants, and nothing of Node", async () => {
    expect(readFileSync(BUNDLE, "utf8")).not.toMatch(/from\s*"node:|require\(/);
    const library = (await import(BUNDLE.href)) as typeof import("../../platforms/browser/index.ts");
    const lab = await library.startLabWorld(await library.makeCore(binary));
    lab.load(library.PRESETS[0].scenario);
    expect(lab.advance(100).flights.length).toBeGreaterThan(10);
    expect(library.sim.Topology).toBeTypeOf("function");
    expect(library.startLab).toBeTypeOf("function");
  });
});

describe("a core that cannot be used", () => {
  afterAll(() => vi.unstubAllGlobals());

  it("of another release says which contract it speaks, and what to do", async () => {
    // the same module with another answer of abiVersion
    const other = WebAssembly.Instance;
    vi.stubGlobal("WebAssembly", new Proxy(WebAssembly, {
      get: (target, name) => (name !== "Instance" ? Reflect.get(target, name) : function (module: WebAssembly.Module) {
        return { exports: { ...new other(module).exports, abiVersion: () => 999 } };
      }),
    }));
    await expect(makeCore(binary)).rejects.toThrow(/speaks contract 999, these bindings speak \d+.*reload this page without its cache/s);
    vi.unstubAllGlobals();
  });

  it("is told by what is missing here", () => {
    expect(whatIsMissing()).toBeUndefined();
    vi.stubGlobal("WebAssembly", undefined);
    expect(whatIsMissing()).toMatch(/^there is no WebAssembly here: use a current/);
    vi.stubGlobal("WebAssembly", { validate: () => false });
    expect(whatIsMissing()).toMatch(/^WebAssembly has no SIMD here/);
    vi.unstubAllGlobals();
  });
});
