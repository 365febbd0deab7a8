/** The log of a daemon: structured lines, or lines for people when they go to a terminal. */
import { type DestinationStream, destination, type Logger, pino } from "pino";
import type { Daemon, DaemonEvent } from "./daemon.ts";
import { RateLimit } from "./rate-limit.ts";
import { refusedText, UNANSWERED } from "./registration-watch.ts";
import { VERSION } from "./version.ts";

/** Lines a second for each kind of event; a flood of forged messages must not fill the disk. */
const MAX_EVENTS_A_SECOND = 50;

/** Events that tell of something that went wrong, and those that only happen often. */
const WARNINGS: ReadonlySet<DaemonEvent["name"]> = new Set([
  "BindingRefused",
  "BindingExpired",
  "BindingError",
  "CareofDuplicate",
  "HomeAddressDuplicate",
  "PeerUnreachable",
  "RouterLost",
]);
const DETAILS: ReadonlySet<DaemonEvent["name"]> = new Set([
  "RouterAdvertisement",
  "PathInUse",
  "BindingUpdateSent",
  "HomeAgentHeard",
  "PrefixesAdvertised",
]);

/** What a person should do about an event that is usual in itself, or undefined. */
function troubleOf({ name, fields }: DaemonEvent): string | undefined {
  if (name === "BindingUpdateSent" && Number(fields.transmission) >= UNANSWERED) {
    return `no answer to ${Number(fields.transmission) - 1} Binding Updates: are home_agent, identity, spi and key the ` +
      "same on both sides, and is the home agent reachable?";
  }
  if (name === "BindingAcknowledged" && Number(fields.status) >= 128) return refusedText(Number(fields.status));
  return undefined;
}

/** A logger on standard output; without buffer, so that no line is lost at the end. */
export function makeLogger(level: string, isTerminal = process.stdout.isTTY === true): Logger {
  const stream = isTerminal ? peopleStream() : destination({ fd: 1, sync: true });
  return pino(
    { level, base: { pid: process.pid }, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    stream,
  );
}

/** Writes what happens to a daemon into a log. */
export function logDaemon(daemon: Daemon, log: Logger): void {
  const { config } = daemon;
  const { role, tunnel, control } = config;
  const stateFile = "stateFile" in config ? config.stateFile : undefined;
  log.info({ role, version: VERSION, tunnel, control, stateFile }, `${role} is running`);
  const limit = new RateLimit<DaemonEvent["name"]>(MAX_EVENTS_A_SECOND);
  daemon.on("event", (event) => {
    if (!limit.allows(event.name)) return;
    const omitted = limit.takeOmitted();
    if (omitted > 0) log.warn({ omitted }, "events were too many to log");
    const { name, device, fields } = event;
    const trouble = troubleOf(event);
    const level = trouble !== undefined || WARNINGS.has(name) ? "warn" : DETAILS.has(name) ? "debug" : "info";
    log[level]({ event: name, ...(device !== undefined && { device }), ...fields }, trouble ?? name);
  });
  daemon.on("omitted", (count) => limit.omit(count));
  daemon.on("warning", (warning) => log.warn(warning));
  daemon.on("refusals", (refusals) => {
    for (const { reason, section, text, packets } of refusals) {
      log.info({ reason, section, packets }, `refused: ${text}`);
    }
  });
}

const LEVELS: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info ",
  40: "WARN ",
  50: "ERROR",
  60: "FATAL",
};

/** "14:03:22.120 info  BindingAccepted homeAddress=2001:db8:100::17 …". */
function peopleStream(): DestinationStream {
  return {
    write(line: string) {
      const { level, time, msg, pid, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const rest = Object.entries(fields).map(
        ([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`,
      );
      process.stdout.write(
        `${[String(time).slice(11, 23), LEVELS[level as number], msg, ...rest].join(" ")}\n`,
      );
    },
  };
}
