/** Loading of the core in a browser, or wherever there is `fetch`. */
import { compileCore, Engine, ENTROPY_BYTES, Role } from "../../bindings/engine.ts";
import { IDLE_HOST } from "../../bindings/idle-host.ts";

/** The compiled core, and the hash by which it can be told from any other. */
export interface Core {
  readonly module: WebAssembly.Module;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** A core that cannot be had here; the message says what to do. */
export class CoreUnavailable extends Error {
  override readonly name = "CoreUnavailable";
}

/** A function that makes a vector of 16 octets: valid where there is SIMD. */
const SIMD_PROBE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, // magic, version
  1, 5, 1, 96, 0, 1, 123, // one type: () → v128
  3, 2, 1, 0, // one function of it
  10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11, // i8x16.splat(i32.const 0), i8x16.popcnt
);

const BROWSERS = "use a current Firefox, Chromium or Safari";

/** What is missing here to run the core; undefined: nothing. */
export function whatIsMissing(): string | undefined {
  if (typeof WebAssembly !== "object") {
    return `there is no WebAssembly here: ${BROWSERS}, and switch off modes that lock it down`;
  }
  if (!WebAssembly.validate(SIMD_PROBE)) return `WebAssembly has no SIMD here: ${BROWSERS}`;
  return undefined;
}

/** Fetches and compiles the core at a URL. Throws CoreUnavailable. */
export async function loadCore(url: string | URL): Promise<Core> {
  const missing = whatIsMissing();
  if (missing !== undefined) throw new CoreUnavailable(missing);
  return makeCore(await fetchBinary(url), String(url));
}

/** Compiles the core's octets, `from` somewhere, and checks that these bindings can talk to it. Throws CoreUnavailable. */
export async function makeCore(binary: Uint8Array<ArrayBuffer>, from = "mext.wasm"): Promise<Core> {
  let module: WebAssembly.Module;
  try {
    module = await compileCore(binary);
    // one instance says whether it speaks the bindings' contract
    new Engine(module, Role.CorrespondentNode, IDLE_HOST, new Uint8Array(ENTROPY_BYTES), 0, { slots: 1 });
  } catch (cause) {
    const { message } = cause as Error;
    const advice = "reload this page without its cache, or build all files anew (npm run build)";
    throw new CoreUnavailable(`the core at ${from} cannot be used: ${message}; ${advice}`, { cause });
  }
  return { module, sha256: await sha256Of(binary) };
}

async function fetchBinary(url: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    const advice = "is the server still there? The lab is served by `mext lab`, or any web server; files alone do not do";
    throw new CoreUnavailable(`the core at ${url} cannot be fetched: ${advice}`, { cause });
  }
  if (!response.ok) {
    throw new CoreUnavailable(`the core at ${url} cannot be fetched: the server says ${response.status}; put mext.wasm there`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** Pages that came by plain HTTP from another host have no `crypto.subtle`: then there is no hash. */
async function sha256Of(binary: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = crypto;
  if (!subtle) return "";
  const digest = new Uint8Array(await subtle.digest("SHA-256", binary));
  return Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("");
}
