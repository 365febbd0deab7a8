/** `mext doctor`: whether a daemon would work here, and what stands in its way. */
import type { Config } from "../../../bindings/config/index.ts";
import { readConfigFile } from "../config-file.ts";
import type { DoctorReport } from "../doctor/report.ts";
import { lacksPermission } from "../permission.ts";
import { EXIT_FAILURE, EXIT_OK, readArguments, UsageError } from "./arguments.ts";
import { askStatus } from "./client.ts";

/** Long enough to see whether the shortest keepalives (15 s) hold a NAT open. */
const SHORT_S = 16;
const SHORT_STEPS = 3;
/** RFC 4787 §4.3: a mapping lives for two minutes at least, five are recommended. */
const LONG_S = 300;
const LONG_STEPS = 25;
const MOST_S = 3600;

const USAGE = `Usage: mext doctor <file> [--interface <name>] [--nat-lifetime] [--seconds <n>] [--json]

Looks at this host and at the network, and says whether the daemon of a configuration file would work here: of a
mobile node by which ways its home agent is reached from each uplink, what kind of NAT is in between and for how
long it remembers, how large packets may be, how far the clocks differ; of every daemon privileges, kernel, devices
and addresses. Nothing is changed, and the daemon may run meanwhile. The home agent must answer probes (its default).

  <file>              configuration of a mobile node, a home agent or a correspondent node
  --interface <name>  only this uplink of a mobile node, also one that its file does not name
  --nat-lifetime      find out for how long the NAT remembers: takes up to ${LONG_S} s
  --seconds <n>       be silent for at most so long for that, 0: not at all; ${SHORT_S} by default
  --json              everything, as one JSON object
  -h, --help          this text

The exit code is 0 when it works here, 1 when it does not or may not. Without privileges the ways by UDP over IPv4
are tried, and it says what could not be.

Examples:
  mext doctor mobile-node.toml
  mext doctor mobile-node.toml --interface wlan0 --nat-lifetime
  mext doctor mobile-node.toml --json | jq '.uplinks[] | {interface, way, nat}'
  mext doctor home-agent.toml
`;

/** Runs the command; answers the exit code. Throws UsageError, ConfigError. */
export async function doctor(argv: string[]): Promise<number> {
  const { values, positionals: [file] } = readArguments(argv, {
    json: { type: "boolean" }, interface: { type: "string" }, "nat-lifetime": { type: "boolean" },
      seconds: { type: "string" },
  }, 1);
  if (values.help) {
    process.stdout.write(USAGE);
    return EXIT_OK;
  }
  if (file === undefined) throw new UsageError("a configuration file is missing");
  const isLong = values["nat-lifetime"] === true;
  const silenceS = readSeconds(values.seconds) ?? (isLong ? LONG_S : SHORT_S);
  const { config } = readConfigFile(file);
  if (config.role !== "mobile-node" && (values.interface !== undefined || isLong || values.seconds !== undefined)) {
    throw new UsageError("--interface, --nat-lifetime and --seconds are for mobile nodes");
  }
  // the parts that need Linux are loaded only now
  const [{ diagnose },
    { reportText }] = await Promise.all([import("../doctor/doctor.ts"), import("../doctor/report-text.ts")]);
  const report = await diagnose({
    file,
    config,
    interfaces: values.interface === undefined ? undefined : [values.interface],
    silenceS,
    silenceSteps: isLong || silenceS > 2 * SHORT_S ? LONG_STEPS : SHORT_STEPS,
    daemon: await processOf(config),
    progress: (text) => process.stderr.write(`… ${text}\n`),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : reportText(report));
  return exitCodeOf(report);
}

function exitCodeOf({ works }: DoctorReport): number {
  return works ? EXIT_OK : EXIT_FAILURE;
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!/^\d+$/.test(text) ||
    seconds > MOST_S) throw new UsageError(`--seconds is "${text}", must be an integer from 0 to ${MOST_S}`);
  return seconds;
}

/** The process of the daemon of a file, if it runs and may be asked. */
async function processOf({ control }: Config): Promise<number | undefined> {
  if (control === undefined) return undefined;
  return askStatus([control]).then(({ processId }) => processId, (error) => {
    if (lacksPermission(error)) throw error;
    return undefined;
  });
}
