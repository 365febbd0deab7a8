/** Where the two daemons spend their CPU time, as perf sees it: by kind of work. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { HOME, type Network, SERVER } from "./network.ts";

export interface Profile {
  readonly of: string;
  /** What the daemons did, and in what share of their time, the largest first. */
  readonly shares: readonly { readonly what: string; readonly percent: number }[];
}

const PORT = "5202";
const LOADS: readonly { of: string; words: readonly string[] }[] = [
  { of: "TCP, one flow", words: [] },
  { of: "datagrams of 64 octets, as many as the client can send", words: ["-u", "-l", "64", "-b", "0"] },
];

/** What the symbols of the kernel do; the first one that fits. */
const KERNEL: readonly (readonly [what: string, RegExp])[] = [
  ["kernel: copying to and from the daemons", /copy_(to|from)|_copy_|copy_user|rep_movs|memcpy|iov_iter|csum_and_copy|check_object|skb_copy/],
  ["kernel: checksums", /csum/],
  ["kernel: waiting and waking", /poll|finish_task_switch|schedule|wake|futex|sock_def_readable|idle|spin_unlock_irq|eventfd|__fget|fdget|fput/],
  ["kernel: packet buffers", /alloc|free|slab|skb_(put|release|pull|trim)|page_frag|get_page|consume_skb|build_skb/],
  ["kernel: cutting large packets for the receiver", /segment|gso/],
  ["kernel: tunnel device", /tun_|virtio/],
  ["kernel: UDP, IP, routes, cables", /udp|ip6?_|ip6|ipv6|ipv4|fib|dst_|rt_|veth|net|dev_|neigh|sock|skb|inet|nf_|nft_|eth_|softirq|backlog|napi|rcu|tcp|conntrack/],
  ["kernel: entry and exit of system calls", /syscall|entry_|do_sys|vfs|security|ksys|new_sync|asm_/],
];

export async function profile(
  network: Network, processIds: ReadonlyMap<string, number>, folder: string, seconds: number,
): Promise<Profile[]> {
  const server = network.start("right", ["iperf3", "-s", "-p", PORT, "--forceflush"]);
  const found: Profile[] = [];
  try {
    await once(server.stdout!, "data");
    for (const { of, words } of LOADS) {
      const client = network.start("left", ["iperf3", "-c", SERVER, "-B", HOME, "-p", PORT, "-t", String(seconds + 2), ...words]);
      const isDone = once(client, "exit");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const file = join(folder, "perf.data");
      const pids = [...processIds.values()].join(",");
      const perf = spawn("perf", ["record", "-F", "997", "-p", pids, "-o", file, "--", "sleep", String(seconds)], { stdio: "ignore" });
      await once(perf, "exit");
      await isDone;
      found.push({ of, shares: sharesIn(file) });
    }
    return found;
  } finally {
    await network.stop(server);
  }
}

function sharesIn(file: string): Profile["shares"] {
  const text = execFileSync("perf", ["report", "-i", file, "--stdio", "--no-children", "--sort", "dso,symbol"], {
    encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 26,
  });
  const shares = new Map<string, number>();
  for (const line of text.split("\n")) {
    const row = /^\s+([\d.]+)%\s+(\[JIT\] tid \d+|\[[^\]]*\]|\S+)\s+\[[.k]\]\s+(.*)$/.exec(line);
    if (row === null) continue;
    const what = kindOf(row[2], row[3].trim());
    shares.set(what, (shares.get(what) ?? 0) + Number(row[1]));
  }
  return [...shares].map(([what, percent]) => ({ what, percent })).sort((a, b) => b.percent - a.percent);
}

function kindOf(object: string, symbol: string): string {
  if (object.startsWith("[kernel") || object.startsWith("[guest")) {
    return KERNEL.find(([, pattern]) => pattern.test(symbol))?.[0] ?? "kernel: the rest";
  }
  if (/wasm/i.test(symbol)) return "the core (WebAssembly)";
  if (object.startsWith("[JIT]")) return "JavaScript of the packet loop";
  if (object.startsWith("[vdso]") || /libc|ld-linux|libpthread/.test(object)) return "C library";
  if (/koffi/.test(object)) return "calls of the C library from JavaScript (koffi)";
  return "Node itself";
}
