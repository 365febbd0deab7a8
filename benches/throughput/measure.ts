/** What is measured of a way between `left` and `right`: TCP, small datagrams, round trips, and who used the CPU. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { HOME, type Network, SERVER } from "./network.ts";

export interface Figures {
  /** TCP, one flow, Gbit/s of payload. */
  readonly tcpGbps: number;
  /** Datagrams of 64 octets of payload in a second, thousands, of which at most a hundredth is lost. */
  readonly udpKpps: number;
  /** Median round trip of echo requests, ms. */
  readonly roundTripMs: number;
  /** CPU time of the programs of the way while TCP ran, in percent of one core. */
  readonly cpu: readonly ProcessTime[];
}

export interface ProcessTime {
  readonly name: string;
  readonly userPercent: number;
  readonly systemPercent: number;
}

export interface Effort {
  readonly tcpSeconds: number;
  readonly udpSeconds: number;
  readonly pings: number;
}

const DATAGRAM_BYTES = 64;
const LOSS_PERCENT = 1;
/** Halvings of the interval in which the largest rate is looked for. */
const SEARCH_STEPS = 5;
const PORT = "5201";

/** @param processIds of the programs whose CPU time is told, by name */
export async function measure(
  network: Network, effort: Effort, processIds: ReadonlyMap<string, number>,
): Promise<Figures> {
  const server = network.start("right", ["iperf3", "-s", "-p", PORT, "--forceflush"]);
  try {
    await once(server.stdout!, "data");
    const roundTripMs = await roundTrip(network, effort.pings);
    const { tcpGbps, cpu } = await tcp(network, effort.tcpSeconds, processIds);
    return { tcpGbps, cpu, udpKpps: await udp(network, effort.udpSeconds), roundTripMs };
  } finally {
    await network.stop(server);
  }
}

async function tcp(
  network: Network, seconds: number, processIds: ReadonlyMap<string, number>,
): Promise<{ tcpGbps: number; cpu: ProcessTime[] }> {
  await client(network, ["-t", "1"]); // everything is warm then
  const before = [...processIds].map(([name, id]) => ({ name, id, ...timesOf(id) }));
  const begin = performance.now();
  const end = await client(network, ["-t", String(seconds)]);
  const elapsedS = (performance.now() - begin) / 1000;
  const cpu = before.map(({ name, id, userS, systemS }) => {
    const after = timesOf(id);
    return {
      name, userPercent: (100 * (after.userS - userS)) / elapsedS, systemPercent: (100 * (after.systemS - systemS)) / elapsedS,
    };
  });
  return { tcpGbps: end.sum_received!.bits_per_second / 1e9, cpu };
}

/**
 * The largest rate that loses little: what the client can send, else looked for below that. A trial that loses more is
 * repeated once, for others use the computer too.
 */
async function udp(network: Network, seconds: number): Promise<number> {
  const most = await trial(network, 0, seconds);
  if (most.lossPercent <= LOSS_PERCENT) return most.kpps;
  let best = 0;
  let low = 0;
  let high = most.sentKpps;
  for (let step = 0; step < SEARCH_STEPS; step++) {
    const middle = (low + high) / 2;
    let found = await trial(network, middle, seconds);
    if (found.lossPercent > LOSS_PERCENT) found = await trial(network, middle, seconds);
    if (found.lossPercent <= LOSS_PERCENT) {
      best = Math.max(best, found.kpps);
      low = middle;
    } else {
      high = middle;
    }
  }
  return best;
}

/** @param kpps to be sent, 0: as many as the client can */
async function trial(
  network: Network, kpps: number, seconds: number,
): Promise<{ lossPercent: number; kpps: number; sentKpps: number }> {
  const bitsPerSecond = String(Math.round(kpps * 1000 * DATAGRAM_BYTES * 8));
  const end = await client(network, [
    "-u", "-l", String(DATAGRAM_BYTES), "-b", bitsPerSecond, "-t", String(seconds), "-w", String(socketBytes()),
  ]);
  const { packets = 0, lost_packets: lost = 0, seconds: elapsed } = end.sum!;
  return {
    lossPercent: (100 * lost) / packets, kpps: (packets - lost) / elapsed / 1000, sentKpps: packets / elapsed / 1000,
  };
}

/** The sockets of iperf3 are not to be what loses datagrams: as large as everybody may make them, up to 2 MiB. */
function socketBytes(): number {
  const limits = ["rmem_max", "wmem_max"].map((name) => Number(readFileSync(`/proc/sys/net/core/${name}`, "utf8")));
  return Math.min(2 << 20, ...limits);
}

async function roundTrip(network: Network, count: number): Promise<number> {
  network.run("left", "ping", "-c", "3", "-i", "0.2", "-I", HOME, SERVER);
  const text = network.run("left", "ping", "-c", String(count), "-i", "0.01", "-I", HOME, SERVER);
  const times = [...text.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1])).sort((a, b) => a - b);
  return times[times.length >> 1];
}

/** What iperf3 says at the end of a run. */
interface Sum {
  readonly bits_per_second: number;
  readonly seconds: number;
  readonly packets?: number;
  readonly lost_packets?: number;
}

type Ends = Partial<Record<"sum" | "sum_received", Sum>>;

async function client(network: Network, words: readonly string[]): Promise<Ends> {
  const child = network.start("left", ["iperf3", "-J", "-c", SERVER, "-B", HOME, "-p", PORT, ...words]);
  let text = "";
  child.stdout!.on("data", (bytes: Buffer) => (text += bytes));
  await once(child, "exit");
  const { end, error } = JSON.parse(text) as { end: Ends; error?: string };
  if (error !== undefined) throw new Error(`iperf3: ${error}`);
  return end;
}

/** CPU time that a process has used (proc_pid_stat(5): the 14th and 15th word, in hundredths of a second). */
function timesOf(processId: number): { userS: number; systemS: number } {
  const words = readFileSync(`/proc/${processId}/stat`, "utf8").split(") ")[1].split(" ");
  return { userS: Number(words[11]) / 100, systemS: Number(words[12]) / 100 };
}
