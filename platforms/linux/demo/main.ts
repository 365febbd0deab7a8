/**
 * `npm run demo`: shows a handover. See options.ts for what it can, topology.ts for the network, scenario.ts for the
 * story. The programs that it starts in its namespaces are in this bundle as well.
 */
import { type DemoReport, demoSucceeded } from "../../../bindings/report.ts";
import { demoScenario } from "../../sim/demo.ts";
import { outlive } from "../outlive.ts";
import { loadCoreModule } from "../wasm.ts";
import { OptionError, type Options, readOptions, USAGE } from "./options.ts";
import { findPlace, type Place, startInUserNamespace } from "./place.ts";
import { Printer, styles } from "./print.ts";

const SUCCEEDED = 0;
const FAILED = 1;
const WRONG_OPTION = 2;
const INTERRUPTED = 130;

/** Programs for one namespace; loaded where they run, as they need Linux. */
const PROGRAMS: Readonly<Record<string, (settings: never) => Promise<void>>> = {
  router: async (settings) => (await import("./router.ts")).runRouter(settings),
  correspondent: async (settings) => (await import("./hosts.ts")).runCorrespondent(settings),
  "mobile-host": async (settings) => (await import("./hosts.ts")).runMobileHost(settings),
};

/** A line that is written over while the demonstration works. */
const progress = process.stderr.isTTY
  ? (text: string) => process.stderr.write(`\r\x1b[K${text}${text && " …"}`)
  : () => {};

async function main([word, ...rest]: string[]): Promise<number> {
  if (Object.hasOwn(PROGRAMS, word ?? "")) {
    await PROGRAMS[word](JSON.parse(rest[0]) as never);
    return SUCCEEDED;
  }
  const argv = word === undefined ? [] : [word, ...rest];
  const options = readOptions(argv);
  if (options.help) {
    process.stdout.write(USAGE);
    return SUCCEEDED;
  }
  const place: Place = options.sim ? { kind: "simulation", why: "as asked" } : findPlace(options.inUserNamespace);
  if (place.kind === "user namespace") return outlive(startInUserNamespace(argv));
  const report = place.kind === "here" ? await onLinux(place.name, options) : await simulated(place.why, options);
  if (options.json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  return demoSucceeded(report) ? SUCCEEDED : FAILED;
}

async function onLinux(host: string, options: Options): Promise<DemoReport> {
  const [{ runOnLinux }, { DRAWING }] = await Promise.all([import("./linux.ts"), import("./topology.ts")]);
  const { print, printer } = output(options);
  print(printer.head(`mext: Mobile IPv6 on ${host}`, DRAWING));
  const report = await runOnLinux(host, options, {
    progress,
    registered: (report) => print(printer.beginning(report)),
    moved: (report) => print(printer.handover(report, report.handovers.length - 1)),
  }, (report, commands) => {
    print(printer.summary(report));
    print(printer.head("The network stays up until Ctrl-C. In another terminal:", commands));
  });
  progress("");
  if (!options.keep) print(printer.summary(report));
  return report;
}

async function simulated(why: string, options: Options): Promise<DemoReport> {
  const { print, printer } = output(options);
  const reason = `(${why}: the same core and the same story, in virtual time)`;
  print(printer.head("mext: Mobile IPv6 on a simulated network", [reason]));
  progress("simulating");
  const { seed, moves } = options;
  const report = { ...demoScenario({ seed, moves, core: await loadCoreModule() }), why };
  print(printer.beginning(report));
  report.handovers.forEach((_, index) => print(printer.handover(report, index)));
  print(printer.summary(report));
  return report;
}

/** Where text for people goes: nowhere when the report is JSON. */
function output({ json, verbose }: Options) {
  const coloured = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const print = (text: string) => {
    progress("");
    process.stdout.write(`${text}\n`);
  };
  return { print: json ? () => {} : print, printer: new Printer(styles(coloured), verbose) };
}

/** One line for people; the exit code. */
function complain(error: Error): number {
  progress("");
  if (error.name === "Interrupted") return INTERRUPTED;
  process.stderr.write(`demo: ${error.message}\n`);
  return error instanceof OptionError ? WRONG_OPTION : FAILED;
}

process.exitCode = await main(process.argv.slice(2)).catch(complain);
