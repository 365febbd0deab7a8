/** Where the Rust peer is when it has been built (tools/build-peer.mjs), for programs of Node. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Glue } from "./rust-peer.ts";

/** From the source tree, or from the bundle in dist/. */
const PLACES = ["../../build/peer/", "../build/peer/"].map((place) => new URL(place, import.meta.url));

/** Folder of the build; undefined: there is none. */
export const peerFolder: URL | undefined = PLACES.find((place) => existsSync(new URL("peer_bg.wasm", place)));

export const NOT_BUILT = "the Rust peer is not built: npm run build:peer -- --tools (takes Rust and some minutes)";

/** The path of the JavaScript beside the binary. */
export function gluePath(folder: URL): string {
  return fileURLToPath(new URL("peer.js", folder));
}

export function peerBytes(folder: URL): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL("peer_bg.wasm", folder)));
}

export async function loadGlue(folder: URL): Promise<Glue> {
  return await import(/* @vite-ignore */ new URL("peer.js", folder).href) as Glue;
}
