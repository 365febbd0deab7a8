/** A program that stands for another one, which it has started: it must not end before that has cleared away. */
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";

/** What asks a program to end: Ctrl-C, a service manager, a terminal that is closed. */
export const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Waits for a child, and hands the signals on to it that would end this process. Answers its exit code, that of a
 * shell (128 + signal) when a signal ended it. Throws the Error of a child that could not be started.
 */
export async function outlive(child: ChildProcess): Promise<number> {
  const handOn = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of END_SIGNALS) process.on(signal, handOn);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
    });
  } finally {
    for (const signal of END_SIGNALS) process.off(signal, handOn);
  }
}
