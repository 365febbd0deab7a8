import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { LinuxReport } from "../../platforms/linux/demo/scenario.ts";
import { Transfer } from "../../platforms/linux/demo/transfer.ts";
import { cannotRun } from "./system/namespace.ts";

const DEMO = fileURLToPath(new URL("../../dist/demo.js", import.meta.url));
const RUN_MS = 60_000;
/** Far more than the demonstration needs on an idle machine: this is about correctness. */
const MAX_INTERRUPTION_MS = 3000;
const NOBODY = 65534;

/** A shell as an ordinary user in whose sight /dev/net/tun has the mode that udev gives it. */
const AS_NOBODY = [
  "--mount",
  "sh",
  "-c",
  "mount -t tmpfs tmpfs /mnt && mknod -m 0666 /mnt/tun c 10 200 && mount --bind /mnt/tun /dev/net/tun && " +
    `exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups "$@"`,
  "sh",
];
const noUserNamespace =
  cannotRun ??
  (spawnSync("unshare", [...AS_NOBODY, "unshare", "--user", "--map-root-user", "--net", "--mount", "true"])
    .status === 0
    ? undefined
    : "user namespaces for everybody");
const needsRoot = cannotRun === undefined ? "" : ` (needs root: ${cannotRun})`;
const needsUserNamespace = noUserNamespace === undefined ? "" : ` (needs ${noUserNamespace})`;

/** Namespaces, folders and programs of demonstrations. */
function leftovers(): string[] {
  const namespaces = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  const folders = readdirSync(tmpdir());
  const programs = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(commandLine);
  return [...namespaces, ...folders, ...programs].filter((name) => name.includes("mext-demo-") || name.includes(DEMO));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
  } catch {
    return ""; // it has just ended
  }
}

function run(program: string, words: string[]): LinuxReport {
  return JSON.parse(execFileSync(program, words, { encoding: "utf8", timeout: RUN_MS }));
}

/** What must be true of every run on Linux with two moves. */
function expectSurvival({ handovers, timeline, transfers, ping }: LinuxReport): void {
  expect(handovers.map(({ from, to }) => `${from}, ${to}`)).toEqual([
    "visited 1, visited 2",
    "visited 2, visited 1",
  ]);
  for (const { interruptionMs } of handovers) {
    expect(interruptionMs).toBeGreaterThan(0);
    expect(interruptionMs).toBeLessThan(MAX_INTERRUPTION_MS);
  }
  expect(transfers).toHaveLength(2);
  for (const { sentBytes, receivedBytes, verified } of transfers) {
    expect(receivedBytes).toBe(sentBytes);
    expect(receivedBytes).toBeGreaterThan(1_000_000);
    expect(verified).toBe(true);
  }
  expect(ping.received).toBeGreaterThan(ping.sent / 2);
  const order = [
    "Left",
    "Appeared",
    "RouterAdvertisement",
    "CareofFormed",
    "BindingUpdateSent",
    "BindingAcknowledged",
    "EchoReply",
  ];
  for (const { leftAtMs } of handovers) {
    const steps = timeline.filter(({ atMs, event }) => atMs >= leftAtMs && order.includes(event));
    const firsts = order.map((event) => steps.find((step) => step.event === event));
    expect(firsts.map((step) => step?.event)).toEqual(order);
    const moments = firsts.map((step) => step!.atMs);
    // the home agent forwards, and a reply may come, before the acknowledgement has been read
    expect(moments.slice(0, 5)).toEqual([...moments.slice(0, 5)].sort((a, b) => a - b));
    expect(moments[5]).toBeGreaterThanOrEqual(moments[4]);
    expect(moments[6]).toBeGreaterThan(moments[4]);
  }
}

describe("demonstration", () => {
  it.skipIf(cannotRun)(
    `keeps the sessions through two moves, and leaves nothing behind${needsRoot}`,
    { timeout: RUN_MS },
    () => {
      const report = run(process.execPath, [DEMO, "--json"]);
      expect(report.host).toBe("Linux");
      expectSurvival(report);
      expect(leftovers()).toEqual([]);
    },
  );

  it.skipIf(noUserNamespace)(
    `does the same without privileges${needsUserNamespace}`,
    { timeout: RUN_MS },
    () => {
      const report = run("unshare", [
        ...AS_NOBODY,
        "env",
        "-i",
        `PATH=${process.env.PATH}`,
        process.execPath,
        DEMO,
        "--json",
      ]);
      expect(report.host).toBe("Linux, user namespace without privileges");
      expectSurvival(report);
      expect(leftovers()).toEqual([]);
    },
  );

  it.skipIf(cannotRun)(`clears away when it is interrupted${needsRoot}`, { timeout: RUN_MS }, async () => {
    const child = spawn(process.execPath, [DEMO], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) =>
      child.stdout.on("data", (text) => String(text).includes("start") && resolve(undefined)),
    );
    expect(leftovers()).not.toEqual([]);
    child.kill("SIGINT");
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(130);
    expect(leftovers()).toEqual([]);
  });

  it.skipIf(cannotRun)(`fails, and says why, when a daemon fails${needsRoot}`, { timeout: RUN_MS }, async () => {
    const child = spawn(process.execPath, [DEMO], { stdio: ["ignore", "pipe", "pipe"] });
    let words = "";
    child.stderr.on("data", (text) => { words += text; });
    await new Promise((resolve) => child.stdout.on("data", (text) => String(text).includes("start") && resolve(undefined)));
    const program = `home-agent ${tmpdir()}/mext-demo-${child.pid}-`;
    const daemon = readdirSync("/proc").find((pid) => commandLine(pid).includes(program));
    process.kill(Number(daemon), "SIGKILL");
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(1);
    expect(words).toContain("the home-agent ended (SIGKILL)");
    expect(leftovers()).toEqual([]);
  });

  it.skipIf(cannotRun)(`clears away what a killed run left${needsRoot}`, { timeout: RUN_MS }, async () => {
    const child = spawn(process.execPath, [DEMO], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) =>
      child.stdout.on("data", (text) => String(text).includes("start") && resolve(undefined)),
    );
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    // four namespaces and a folder
    expect(leftovers().filter((name) => name.startsWith(`mext-demo-${child.pid}-`))).toHaveLength(5);
    const report = run(process.execPath, [DEMO, "--json", "--moves", "1"]);
    expect(report.stream.verified).toBe(true);
    expect(leftovers()).toEqual([]);
  });

  it("tells the story on the simulated network, each time the same", () => {
    const words = ["--sim", "--json", "--seed", "7", "--moves", "3"];
    const report = run(process.execPath, [DEMO, ...words]);
    expect(report.host).toBe("simulation");
    expect(report.stream.verified).toBe(true);
    expect(report.handovers).toHaveLength(3);
    for (const { interruptionMs } of report.handovers)
      expect(interruptionMs).toBeLessThan(MAX_INTERRUPTION_MS);
    expect(run(process.execPath, [DEMO, ...words])).toEqual(report);
  });

  it.each([
    [["--moves", "0"], /--moves is "0"/],
    [["--mooves", "2"], /mooves/],
    [["extra"], /extra/],
    [["--sim", "--keep"], /--keep needs a real network/],
  ])("refuses %j", (words, message) => {
    const { status, stderr } = spawnSync(process.execPath, [DEMO, ...words], { encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("transfer", () => {
  /** Both ends after a short transfer; `wrongByte` is changed on its way to the server. */
  async function transfer(wrongByte?: number) {
    const server = createServer({ allowHalfOpen: true }).listen(0, "::1");
    const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
    await new Promise((resolve) => server.once("listening", resolve));
    const socket = connect({ port: (server.address() as AddressInfo).port, host: "::1", allowHalfOpen: true });
    let written = 0;
    const write = socket.write.bind(socket);
    socket.write = ((bytes: Buffer) => {
      const at = (wrongByte ?? -1) - written;
      if (at >= 0 && at < bytes.length) bytes = Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
      written += bytes.length;
      return write(bytes);
    }) as typeof socket.write;
    const ends = [new Transfer(socket, "client", 1, 1_000_000), new Transfer(await accepted, "server", 1, 1_000_000)];
    await pause(100);
    for (const end of ends) end.finish();
    await Promise.all(ends.map(({ closed }) => closed));
    server.close();
    return ends.map((end) => end.result());
  }

  it("is verified byte by byte, both ways", async () => {
    const [client, server] = await transfer();
    expect(client.sentBytes).toBeGreaterThan(10_000);
    expect(server).toMatchObject({ receivedBytes: client.sentBytes, receivedSha256: client.sentSha256 });
    expect(client).toMatchObject({ receivedBytes: server.sentBytes, receivedSha256: server.sentSha256 });
    for (const end of [client, server]) expect(end).not.toHaveProperty("firstWrongByte");
  });

  it("finds the first byte that differs", async () => {
    const [client, server] = await transfer(12_345);
    expect(server.firstWrongByte).toBe(12_345);
    expect(server.receivedSha256).not.toBe(client.sentSha256);
    expect(client).not.toHaveProperty("firstWrongByte");
  });
});
