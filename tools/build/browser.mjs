// For browsers:
//
//   dist/browser.js       the library: mext/browser
//   dist/lab/             the lab as static files, for any web server and any folder of it: index.html main.js
//                         styles.css worker.js mext.wasm; real-node.js, which the page fetches when it is needed
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { DEFINE, root } from "./node.mjs";

const PAGE = "platforms/browser/lab/page";

/**
 * What the page may do: its own files, WebAssembly, and WebSockets to the home agent that a person names. Nothing is
 * fetched from elsewhere.
 */
const POLICY = [
  "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "style-src 'self'",
  "img-src 'self' data: blob:", "connect-src 'self' ws: wss:", "base-uri 'none'", "form-action 'none'",
].join("; ");

const COMMON = {
  absWorkingDir: root, bundle: true, format: "esm", platform: "browser", target: "es2022", define: DEFINE,
  logLevel: "warning",
};

export async function buildBrowser(outdir) {
  await build({ ...COMMON, entryPoints: ["platforms/browser/index.ts"], outfile: join(outdir, "browser.js") });
  if (!existsSync(join(root, PAGE, "main.ts"))) return; // a tree without the page
  const lab = join(outdir, "lab");
  mkdirSync(lab, { recursive: true });
  const hasPortable = existsSync(join(root, "platforms/portable/mobile-node.ts")); // a tree without portable nodes
  await build({
    ...COMMON,
    entryPoints: { main: `${PAGE}/main.ts`, styles: `${PAGE}/styles.css`, worker: "platforms/browser/worker.ts", ...(hasPortable && { "real-node": `${PAGE}/real-node-panel.ts` }) },
    outdir: lab, minify: true, legalComments: "linked", loader: { ".svg": "dataurl" },
  });
  const html = readFileSync(join(root, PAGE, "index.html"), "utf8");
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  const withPolicy = html.replace('<meta charset="utf-8">', (charset) => `${charset}\n  ${policy}`);
  if (withPolicy === html) throw new Error(`${PAGE}/index.html has no <meta charset="utf-8">: the policy goes behind it`);
  writeFileSync(join(lab, "index.html"), withPolicy);
  copyFileSync(join(outdir, "mext.wasm"), join(lab, "mext.wasm"));
}
