// Builds the Rust peer of the benchmarks: benches/peer-rust → build/peer/peer.js and peer_bg.wasm, by wasm-pack.
//
//   npm run build:peer              when a source is newer than what is built
//   npm run build:peer -- --tools   first installs wasm-pack and wasm-bindgen with cargo, when they are missing,
//                                   into build/peer-tools (two minutes on two cores)
//   npm run build:peer -- --check   only says by its exit code whether what is built is of these sources
//
// Nothing of mext needs it: it is a second opinion for the tests of test/peer, and what `npm run bench` compares with.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const crate = join(root, "benches/peer-rust");
const out = join(root, "build/peer");
const tools = join(root, "build/peer-tools");
const TARGET = "wasm32-unknown-unknown";
const WASM_PACK = "0.15.1";
/** What wasm-bindgen writes must be read by the same version of it. */
const WASM_BINDGEN = /^wasm-bindgen = "=(.+)"$/m.exec(readFileSync(join(crate, "Cargo.toml"), "utf8"))[1];

/** What somebody can do about it. */
class Missing extends Error {}

const path = [join(tools, "bin"), process.env.PATH].join(delimiter);

/** What a command prints; undefined: it cannot be run, or fails. */
function printed(command, ...args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", env: { ...process.env, PATH: path } });
  return status === 0 ? stdout.trim() : undefined;
}

/** sha256 over the sources, as it stands beside what was built of them. */
function digest() {
  const hash = createHash("sha256");
  const files = readdirSync(crate, { recursive: true }).map(String).sort();
  for (const file of files.filter((name) => /\.(rs|toml)$/.test(name) && !name.startsWith("target"))) {
    if (statSync(join(crate, file)).isFile()) hash.update(file).update(readFileSync(join(crate, file)));
  }
  return hash.digest("hex");
}

function isCurrent() {
  const stamp = join(out, "sources.sha256");
  return existsSync(stamp) && readFileSync(stamp, "utf8") === digest();
}

/** The compiler, and how it gets a standard library for wasm32: there is one, or cargo builds it from the sources. */
function compiler() {
  const candidates = [process.env.RUSTC, "rustc", "/usr/bin/rustc"].filter(Boolean);
  for (const rustc of candidates) {
    const sysroot = printed(rustc, "--print", "sysroot");
    if (sysroot === undefined) continue;
    if (existsSync(join(sysroot, "lib/rustlib", TARGET, "lib"))) return { rustc, buildsStd: false };
    if (existsSync(join(sysroot, "lib/rustlib/src/rust/library/std/Cargo.toml"))) return { rustc, buildsStd: true };
  }
  throw new Missing(`no rustc here (${candidates.join(", ")}) has a standard library for ${TARGET}, or its sources:
  rustup target add ${TARGET}
  or, on Debian: apt-get install rustc-web rust-web-src`);
}

/** Debian's compiler comes without the linker, which any other toolchain has. */
function linker(rustc) {
  const variable = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER";
  if (process.env[variable] || printed("rust-lld", "-flavor", "wasm", "--version") !== undefined) return {};
  for (const other of [rustc, "rustc"]) {
    const host = /^host: (.+)$/m.exec(printed(other, "-vV") ?? "")?.[1];
    const place = join(printed(other, "--print", "sysroot") ?? "/", "lib/rustlib", host ?? "", "bin/rust-lld");
    if (existsSync(place)) return { [variable]: place };
  }
  throw new Missing("rust-lld is missing: install a toolchain with rustup, or on Debian: apt-get install rust-web-llvm");
}

/** Installs what is missing of the two tools: quickly, since they run once, and with their own lock files. */
function install() {
  const env = {
    ...process.env, CARGO_TARGET_DIR: join(tools, "target"), // what they have in common is compiled once
    CARGO_PROFILE_RELEASE_OPT_LEVEL: "0", CARGO_PROFILE_RELEASE_LTO: "off", CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "256",
    CARGO_PROFILE_RELEASE_STRIP: "debuginfo", CARGO_PROFILE_RELEASE_DEBUG: "false",
  };
  const cargo = (...args) => execFileSync("cargo", ["install", "--quiet", "--locked", "--root", tools, ...args], { env, stdio: "inherit" });
  if (printed("wasm-pack", "--version") === undefined) cargo(`wasm-pack@${WASM_PACK}`);
  if (!isBindgenRight()) cargo("--no-default-features", `wasm-bindgen-cli@${WASM_BINDGEN}`); // no TLS: it fetches nothing here
  rmSync(join(tools, "target"), { recursive: true, force: true });
}

function isBindgenRight() {
  return printed("wasm-bindgen", "--version")?.split(" ")[1] === WASM_BINDGEN;
}

function checkCargo() {
  if (printed("cargo", "--version") === undefined) throw new Missing("cargo is missing: https://rustup.rs, or on Debian: apt-get install cargo-web");
}

function checkTools() {
  const advice = "npm run build:peer -- --tools installs it with cargo (two minutes)";
  if (printed("wasm-pack", "--version") === undefined) throw new Missing(`wasm-pack is missing: ${advice}`);
  if (!isBindgenRight()) throw new Missing(`wasm-bindgen ${WASM_BINDGEN} is missing: ${advice}`);
}

function build() {
  const { rustc, buildsStd } = compiler();
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const env = {
    ...process.env, ...linker(rustc), PATH: path, RUSTC: rustc, CARGO_TARGET_DIR: join(root, "build/peer-target"),
    ...(buildsStd ? { RUSTC_BOOTSTRAP: "1" } : {}), // build-std is for nightly compilers, or with this
  };
  // "force": wasm-pack would look for a standard library that is only being built; the checks are those above.
  const args = ["build", "--mode", "force", "--target", "web", "--release", "--no-pack", "--out-dir", out, "--out-name", "peer", crate];
  const { status, error } = spawnSync(
    "wasm-pack", [...args, ...(buildsStd ? ["--", "-Zbuild-std=std,panic_abort"] : [])], { env, stdio: ["ignore", 2, 2] },
  );
  if (status !== 0) throw new Error(`wasm-pack could not build the peer${error ? `: ${error.message}` : ""}`);
  writeFileSync(join(out, "sources.sha256"), digest());
}

try {
  const { values } = parseArgs({
    options: { tools: { type: "boolean", default: false }, check: { type: "boolean", default: false } },
  });
  if (values.check) {
    if (!isCurrent()) console.error("build/peer is missing or of older sources: npm run build:peer");
    process.exit(isCurrent() ? 0 : 1);
  }
  if (!isCurrent()) {
    checkCargo();
    if (values.tools) install();
    checkTools();
    build();
  }
  console.error(`build/peer/peer_bg.wasm  ${statSync(join(out, "peer_bg.wasm")).size} bytes`);
} catch (error) {
  console.error(`build:peer: ${error.message}`);
  process.exit(error instanceof Missing ? 2 : 1);
}
