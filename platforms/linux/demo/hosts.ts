/**
 * The programs `demo correspondent` and `demo mobile-host`: what runs on the two ends. Both are ordinary programs
 * with an ordinary TCP socket, and nothing in them knows of mobility: the one listens on the home address, the
 * other connects to it and pings it.
 */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Echo, Pinger } from "./echo.ts";
import { Transfer, type TransferEnd } from "./transfer.ts";

export interface HostSettings {
  homeAddress: string;
  port: number;
  seed: number;
  bytesPerSecond: number;
  pingEveryMs: number;
}

/** To a host. */
export type Question = "measurements" | "finish";

/** From a host: it is connected; how far it is; the answer to "finish". */
export type Answer =
  | { kind: "ready" }
  | { kind: "measurements"; echoes: Echo[]; receivedBytes: number }
  | { kind: "finished"; echoes: Echo[]; end: TransferEnd };

/** How long the other end may take to close. */
const CLOSE_MS = 8000;
/** An echo reply may still be on its way. */
const LAST_REPLY_MS = 300;

/** The mobile node's own program: a server on the home address. */
export async function runMobileHost({ homeAddress, port, seed, bytesPerSecond }: HostSettings): Promise<void> {
  const server = createServer({ noDelay: true, allowHalfOpen: true }).listen({ host: homeAddress, port });
  await once(server, "listening");
  tell({ kind: "ready" });
  const [socket] = await once(server, "connection") as [Socket];
  await serve(new Transfer(socket, "server", seed, bytesPerSecond));
  server.close();
}

/** The correspondent: a client that also pings. */
export async function runCorrespondent(settings: HostSettings): Promise<void> {
  const { homeAddress, port, seed, bytesPerSecond, pingEveryMs } = settings;
  const socket = connect({ host: homeAddress, port, allowHalfOpen: true });
  await once(socket, "connect");
  const pinger = new Pinger(homeAddress);
  pinger.start(pingEveryMs);
  tell({ kind: "ready" });
  await serve(new Transfer(socket, "client", seed, bytesPerSecond), pinger);
}

/** Answers the demonstration until it says "finish". */
async function serve(transfer: Transfer, pinger?: Pinger): Promise<void> {
  await new Promise<void>((resolve) => {
    process.on("message", (question: Question) => {
      if (question === "finish") resolve();
      else tell({ kind: "measurements", echoes: pinger?.echoes ?? [], receivedBytes: transfer.receivedBytes });
    });
  });
  pinger?.stop();
  transfer.finish();
  await Promise.race([transfer.closed, pause(CLOSE_MS)]);
  if (pinger) await pause(LAST_REPLY_MS);
  const finished: Answer = { kind: "finished", echoes: pinger?.echoes ?? [], end: transfer.result() };
  await new Promise((resolve) => process.send!(finished, resolve));
  process.exit(); // a connection that broke would hold it back
}

function tell(answer: Answer): void {
  process.send?.(answer);
}
