/** The command line: help, suggestions, and one line for everything that can be wrong. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOME_ADDRESS, HOME_AGENT, KEY, Lab, MEXT, runToEnd } from "./lab.ts";
import { cannotRun, eventually, ip } from "./system/namespace.ts";

function mext(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MEXT, ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

const COMMANDS = ["home-agent", "mobile-node", "check", "status", "watch", "decode"];

describe("command line", () => {
  let folder: string;
  let valid: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mext-cli-"));
    valid = join(folder, "home-agent.toml");
    writeFileSync(valid, `role = "home-agent"\naddress = "${HOME_AGENT}"\nhome_prefixes = ["2001:db8:100::/64"]\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("has a version, and help with examples for every command", () => {
    expect(mext("--version").stdout).toMatch(/^mext \d+\.\d+\.\d+\n$/);
    expect(mext("--help")).toMatchObject({ status: 0, stderr: "" });
    for (const command of COMMANDS) {
      const { status, stdout, stderr } = mext(command, "--help");
      expect([command, status, stderr]).toEqual([command, 0, ""]);
      expect(stdout).toMatch(new RegExp(`^Usage: mext ${command}[^]*\nExamples:\n +.*mext ${command}`));
    }
  });

  it.each([
    [["statsu"], 'mext: unknown command "statsu", did you mean status?; see mext --help\n'],
    [["constructor"], 'mext: unknown command "constructor"; see mext --help\n'],
    [["home-agent"], "mext home-agent: a configuration file is missing; see mext home-agent --help\n"],
    [["home-agent", "a", "b"], 'mext home-agent: unexpected "b" behind "a"; see mext home-agent --help\n'],
    [["check", "x", "--jsno"], "mext check: unknown option --jsno, did you mean --json?; see mext check --help\n"],
    [["check", "--explain", "mobile-nod"], 'mext check: --explain takes home-agent or mobile-node, not "mobile-nod", did you mean mobile-node?; see mext check --help\n'],
    [["mobile-node", "x", "--log-level", "ifno"], 'mext mobile-node: --log-level is "ifno", must be one of trace, debug, info, warn, error, did you mean info?; see mext mobile-node --help\n'],
    [["status", "x", "--control", "y"], "mext status: give --control or a configuration file, not both; see mext status --help\n"],
  ])("a wrong command line is one line and exit code 2: %j", (words, line) => {
    expect(mext(...words)).toEqual({ status: 2, stdout: "", stderr: line });
  });

  it("without a command it shows what there is", () => {
    expect(mext()).toMatchObject({ status: 2, stdout: expect.stringContaining("Usage: mext <command>") });
  });

  it("check: a valid file, warnings, every problem with its place, and JSON", () => {
    expect(mext("check", valid)).toEqual({ status: 0, stdout: `${valid}: a valid configuration of a home-agent\n`, stderr: "" });
    const bad = join(folder, "bad.toml");
    writeFileSync(bad, `role = "home-agent"\naddress = "2001:db8::1::"\nhome_prefixes = []\ncontorl = "x"\n`);
    const { status, stderr } = mext("check", bad);
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(3);
    expect(stderr).toMatch(/bad\.toml:2:\d+: address: /);
    expect(JSON.parse(mext("check", bad, "--json").stdout)).toMatchObject({ valid: false, problems: [{ line: 2 }, { line: 3 }, { line: 4 }] });
    const open = join(folder, "open.toml");
    writeFileSync(open, `role = "mobile-node"\nhome_address = "${HOME_ADDRESS}"\nhome_agent = "${HOME_AGENT}"\nidentity = "a@b.example"\nauthentication = "none"\nuplinks = ["eth0"]\n`);
    expect(mext("check", open)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^warning: .*authentication/) });
  });

  it("check --explain gives a file that check accepts, when a key is put in", () => {
    for (const role of ["home-agent", "mobile-node"]) {
      const file = join(folder, `${role}-explained.toml`);
      writeFileSync(file, mext("check", "--explain", role).stdout.replace(/^# spi = /gm, "spi = ").replace(/^# key = .*/gm, `key = "${KEY}"`));
      expect(mext("check", file).stderr).toBe("");
    }
  });

  it("status and watch without a daemon say where they looked", () => {
    for (const command of ["status", "watch"]) {
      const { status, stderr } = mext(command, "--control", join(folder, "none.sock"));
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^mext \w+: no daemon answers at .*none\.sock \(there is no such socket\): .*\n$/)]);
      expect(mext(command, valid)).toMatchObject({ status: 1, stderr: expect.stringMatching(/^mext \w+: .* has no control socket: .*\n$/) });
    }
  });

  it("decode is dispatched to", () => {
    expect(mext("decode", "--hex", "zz")).toMatchObject({ status: 1, stderr: expect.stringMatching(/^mext decode: .*\n$/) });
  });

  it("a reader that has enough is no error", () => {
    const command = `"${process.execPath}" "${MEXT}" check --explain home-agent | head -n 1`;
    expect(execFileSync("bash", ["-o", "pipefail", "-c", command], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })).not.toBe("");
  });
});

describe.skipIf(cannotRun)(`a daemon that cannot start${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: Lab;
  let before: string;
  beforeAll(async () => {
    lab = new Lab();
    await eventually(() => ["eth0", "eth1"].every((name) => ip("-n", lab.mobile, "-6", "route").includes(`default via fe80::1 dev ${name}`)) || undefined);
    before = lab.state(lab.mobile) + lab.state(lab.home);
  });
  afterAll(() => lab?.remove());

  /** A configuration with a line replaced, or added. */
  function changed(role: "home-agent" | "mobile-node", field: string, value: string): string {
    lab.homeAgentConfig();
    lab.mobileNodeConfig();
    const lines = execFileSync("cat", [join(lab.folder, `${role}.toml`)], { encoding: "utf8" }).split("\n");
    const others = lines.filter((line) => !line.startsWith(`${field} =`));
    return lab.file("changed.toml", [`${field} = ${value}`, ...others].join("\n"));
  }

  const cases: [title: string, role: "home-agent" | "mobile-node", file: () => string, line: RegExp][] = [
    ["no such file", "home-agent", () => join(lab.folder, "none.toml"), /none\.toml: there is no such file$/],
    ["a folder", "home-agent", () => lab.folder, /: this is a directory$/],
    ["no TOML", "home-agent", () => lab.file("x.toml", "role = \n"), /x\.toml:2:1: is not TOML: /],
    ["the other role", "home-agent", () => lab.mobileNodeConfig(), /is the configuration of a mobile-node: mext mobile-node /],
    ["a bad field", "mobile-node", () => changed("mobile-node", "home_agent", '"2001:db8::zz"'), /changed\.toml:1:\d+: home_agent: .*must be /],
    ["a state file that is something else", "home-agent", () => changed("home-agent", "state_file", '"/etc/hostname"'), /\/etc\/hostname is no state file of mext: /],
    ["a state file in no folder", "home-agent", () => changed("home-agent", "state_file", '"/etc/hostname/state"'), /the folder of state file .* cannot be made: |cannot be read: /],
    ["a control socket whose path is too long", "home-agent", () => changed("home-agent", "control", `"/tmp/${"x".repeat(110)}"`), /the path is longer than 107 octets$/],
    ["a control socket that is a file", "home-agent", () => changed("home-agent", "control", '"/etc/hostname"'), /control socket \/etc\/hostname cannot be opened: .*EADDRINUSE/],
    ["a tunnel that is another interface", "mobile-node", () => changed("mobile-node", "tunnel", '"lo"'), /there is an interface lo already: choose another tunnel/],
    ["a home address that is on an interface", "mobile-node", () => {
      ip("-n", lab.mobile, "addr", "add", `${HOME_ADDRESS}/128`, "dev", "lo");
      return lab.mobileNodeConfig();
    }, /the home address 2001:db8:100::17 is on lo already: remove it \(ip addr del 2001:db8:100::17\/128 dev lo\)$/],
    ["more nodes than max_nodes", "home-agent", () => changed("home-agent", "max_nodes", "0"), /changed\.toml:1:\d+: max_nodes: /],
  ];

  it.each(cases)("says what to do in one line, and changes nothing: %s", async (_title, role, file, line) => {
    const path = file();
    const { code, errors, output } = await runToEnd(lab.start(role === "home-agent" ? lab.home : lab.mobile, role, path));
    ip("-n", lab.mobile, "addr", "flush", "dev", "lo", "to", HOME_ADDRESS);
    expect([code, output]).toEqual([1, ""]);
    expect(errors.trimEnd()).toMatch(line);
    expect(errors.trimEnd()).not.toContain("\n");
    expect(lab.state(lab.mobile) + lab.state(lab.home)).toBe(before);
    expect(existsSync(join(lab.folder, `${role}.sock`))).toBe(false);
  });

  it("without privileges", async () => {
    chmodSync(lab.folder, 0o755);
    const config = lab.homeAgentConfig();
    chmodSync(config, 0o644);
    const { code, errors } = await runToEnd(lab.run(lab.home, process.execPath, [MEXT, "home-agent", config], { uid: 65534, gid: 65534 }));
    expect([code, errors]).toEqual([1, expect.stringMatching(/^mext home-agent: CAP_NET_ADMIN, CAP_NET_RAW.* missing: run as root; .*\n$/)]);
  });

  it("without /dev/net/tun", async () => {
    const script = `mount -t tmpfs none /dev/net && exec "${process.execPath}" "${MEXT}" home-agent "${lab.homeAgentConfig()}"`;
    const { code, errors } = await runToEnd(lab.run(lab.home, "unshare", ["--mount", "sh", "-c", script]));
    expect([code, errors]).toEqual([1, expect.stringMatching(/^mext home-agent: \/dev\/net\/tun missing: modprobe tun; .*\n$/)]);
  });

  it("with a control socket that somebody else answers, and one that was left behind", async () => {
    const path = join(lab.folder, "home-agent.sock");
    const server = createServer().listen(path);
    const refused = await runToEnd(lab.start(lab.home, "home-agent", lab.homeAgentConfig()));
    expect([refused.code, refused.errors]).toEqual([1, expect.stringMatching(/another daemon answers on control socket/)]);
    expect(existsSync(path)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    const script = `require("net").createServer().listen("${path}", () => process.kill(process.pid, "SIGKILL"))`;
    await runToEnd(lab.run(lab.home, process.execPath, ["-e", script]));
    expect(existsSync(path)).toBe(true);
    const daemon = await lab.startHomeAgent();
    expect(await daemon.stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it("with a home agent address that another host on the link has", async () => {
    const address = "2001:db8:1::66";
    ip("netns", "exec", lab.home, "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=1", "net.ipv6.conf.all.accept_dad=1");
    ip("-n", lab.router, "addr", "add", `${address}/64`, "dev", "home", "nodad");
    ip("-n", lab.home, "addr", "add", `${address}/64`, "dev", "eth0");
    await eventually(() => ip("-n", lab.home, "addr").includes("dadfailed") || undefined);
    const { code, errors } = await runToEnd(lab.start(lab.home, "home-agent", changed("home-agent", "address", `"${address}"`)));
    expect([code, errors]).toEqual([1, `mext home-agent: another host on the link of eth0 has the home agent address ${address}: give this one another\n`]);
    ip("-n", lab.home, "addr", "del", `${address}/64`, "dev", "eth0");
    ip("netns", "exec", lab.home, "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0", "net.ipv6.conf.all.accept_dad=0");
  });
});
