/** The thread of the packet loop: starts it, and says how it ended. */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { CommandRefused } from "../../bindings/engine.ts";
import { StateFileError } from "./journal.ts";
import { StartError } from "./linux.ts";
import { Loop, type MainThread } from "./loop.ts";
import type { FromLoop, LoopData, LoopProblem, ToLoop, WorkerData } from "./messages.ts";
import { lacksPermission } from "./permission.ts";
import { SystemError } from "./system/errors.ts";

if (parentPort === null) throw new Error("this file is the worker thread of a daemon: start mext.js");
const parent = parentPort;
const { port, ...data } = workerData as WorkerData;

const main: MainThread = {
  post: (message: FromLoop) => parent.postMessage(message),
  take() {
    const messages: ToLoop[] = [];
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      messages.push(next.message);
    }
    return messages;
  },
};

main.post({ kind: "ended", problem: run(data) });
port.close();

function run(data: LoopData): LoopProblem | undefined {
  let loop: Loop | undefined;
  try {
    loop = new Loop(data, main);
    main.post({ kind: "ready" });
    loop.run();
    return undefined;
  } catch (error) {
    return problemOf(error);
  } finally {
    loop?.close();
  }
}

/** Errors that a person can do something about say so in their message; the others come with their stack. */
function problemOf(error: unknown): LoopProblem {
  const { message, stack } = error as Error;
  const known = [StartError, StateFileError, SystemError, CommandRefused].some(
    (kind) => error instanceof kind,
  );
  return known || lacksPermission(error) || (error as NodeJS.ErrnoException).code !== undefined ? { message } : { message, stack };
}
