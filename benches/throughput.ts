/**
 * Measures the daemons between network namespaces against the kernel and wireguard-go, all in one run, and writes
 * their part of benches/results.md; the options stand in HELP.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isKept } from "./benchmark.ts";
import { describeMachine } from "./machine.ts";
import { replaceSection } from "./report.ts";
import { type Effort, type Figures, measure } from "./throughput/measure.ts";
import { Network } from "./throughput/network.ts";
import { type Profile, profile } from "./throughput/profile.ts";
import { promises, section, TITLE, terminalText } from "./throughput/report.ts";
import { forwarding, mext, segments, wireguard, type Way } from "./throughput/ways.ts";

const EFFORT: Effort = { tcpSeconds: 4, udpSeconds: 1, pings: 200 };
const QUICK: Effort = { tcpSeconds: 1, udpSeconds: 1, pings: 20 };
const ROUNDS = 3;
/** From dist/, where the bundle runs. */
const RESULTS = fileURLToPath(new URL("../benches/results.md", import.meta.url));
const CORE = fileURLToPath(new URL("./mext.wasm", import.meta.url));
const WIREGUARD_MODULE = "golang.zx2c4.com/wireguard@latest";

const HELP = `npm run bench:throughput [-- options]

  --only NAME   ways whose name contains NAME (plain kernel forwarding is always measured)
  --rounds N    rounds of which the median is taken: ${ROUNDS}
  --quick       one short round: shows that everything runs; writes no results
  --help        this text

Needs root, ip, iperf3 and ping; for wireguard-go also wg, and go (it is built from its newest module) or a
wireguard-go that is installed; for the profile, perf. Writes its part of benches/results.md when all of it was
measured, and exits with 1 when a promised bound is missed.`;

const { values } = parseArgs({
  options: {
    only: { type: "string" }, rounds: { type: "string", default: String(ROUNDS) }, quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
if (process.getuid?.() !== 0 || !has("iperf3") || !has("ip") || !has("ping")) {
  console.error("bench:throughput needs root, and the programs ip, iperf3 and ping");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "mext-bench-"));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const ways = [forwarding, segments, ...wireguardWays(), mext("UDP over IPv4"), mext("IPv4"), mext("IPv6")]
    .filter(({ name }) => name === forwarding.name || values.only === undefined || name.includes(values.only));
  const rounds = values.quick ? 1 : Number(values.rounds);
  const figures = new Map<Way, Figures[]>(ways.map((way) => [way, []]));
  const loads: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const way of ways) {
      loads.push(loadavg()[0]);
      const found = await along(way, (network, processIds) => measure(network, values.quick ? QUICK : EFFORT, processIds));
      figures.get(way)!.push(found);
      console.error(`… ${round}/${rounds} ${way.name}: ${found.tcpGbps.toFixed(2)} Gbit/s, ${found.udpKpps.toFixed(0)} k/s, ${found.roundTripMs.toFixed(3)} ms`);
    }
  }
  const udp = ways.find(({ name }) => name === mext("UDP over IPv4").name);
  const profiles = udp !== undefined && has("perf") ? await profiled() : [];
  const measured = ways.map((way) => ({ name: way.name, rounds: figures.get(way)! }));
  console.log(terminalText(measured, profiles));
  const missed = promises(measured).filter((promised) => !isKept(promised));
  if (!values.quick && values.only === undefined) {
    const text = section(measured, profiles, describeMachine(readFileSync(CORE)), Math.max(...loads));
    writeFileSync(RESULTS, replaceSection(readFileSync(RESULTS, "utf8"), TITLE, text));
  }
  if (missed.length > 0 && !values.quick) process.exitCode = 1;
}

/** Runs something along a way, in a network of its own. */
async function along<Result>(
  way: Way, run: (network: Network, processIds: ReadonlyMap<string, number>) => Promise<Result>,
): Promise<Result> {
  const network = new Network();
  try {
    const own = mkdtempSync(join(folder, "way-"));
    const running = await way.start(network, own);
    const found = await run(network, running.processIds);
    await running.stop();
    return found;
  } finally {
    await network.remove();
  }
}

/** Where the daemons spend their time, in runs of their own: looking costs time. */
async function profiled(): Promise<Profile[]> {
  const way = mext("UDP over IPv4", ["--perf-basic-prof"]);
  return along(way, (network, processIds) => profile(network, processIds, folder, values.quick ? 1 : 4));
}

/** The newest from its Go module, where there is a Go; and the one that is installed. */
function wireguardWays(): Way[] {
  if (!has("wg")) return [];
  const ways: Way[] = [];
  if (has("go")) {
    try {
      const version = build();
      ways.push(wireguard(`wireguard-go ${version}`, join(folder, "wireguard")));
    } catch (error) {
      console.error(`… wireguard-go cannot be built here: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  if (ways.length === 0 && has("wireguard-go")) ways.push(wireguard("wireguard-go as installed", "wireguard-go"));
  return ways;
}

function build(): string {
  execFileSync("go", ["install", WIREGUARD_MODULE], { env: { ...process.env, GOBIN: folder }, stdio: "pipe" });
  const about = execFileSync("go", ["version", "-m", join(folder, "wireguard")], { encoding: "utf8" });
  return /^\s+mod\s+\S+\s+v[\d.]+-(\d{4})(\d\d)(\d\d)/m.exec(about)?.slice(1, 4).join(".") ?? "newest";
}

function has(program: string): boolean {
  return (process.env.PATH ?? "").split(":").some((path) => existsSync(join(path, program)));
}
