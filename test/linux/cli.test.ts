/** The command line: help, suggestions, and one line for everything that can be wrong. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOME_ADDRESS, HOME_AGENT, KEY, MEXT } from "./lab.ts";

function mext(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MEXT, ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

const COMMANDS = [
  "home-agent", "mobile-node", "correspondent", "check", "status", "watch", "doctor", "relay", "decode", "lab",
];

describe("command line", () => {
  let folder: string;
  let valid: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mext-cli-"));
    valid = join(folder, "home-agent.toml");
    writeFileSync(
      valid,
      `role = "home-agent"\naddress = "${HOME_AGENT}"\nhome_prefixes = ["2001:db8:100::/64"]\n`,
    );
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
    [
      ["check", "x", "--jsno"],
      "mext check: unknown option --jsno, did you mean --json?; see mext check --help\n",
    ],
    [
      ["check", "--explain", "mobile-nod"],
      'mext check: --explain takes home-agent, mobile-node or correspondent, not "mobile-nod", ' +
        "did you mean mobile-node?; " +
        "see mext check --help\n",
    ],
    [
      ["mobile-node", "x", "--log-level", "ifno"],
      'mext mobile-node: --log-level is "ifno", must be one of trace, debug, info, warn, error, did you mean info?; ' +
        "see mext mobile-node --help\n",
    ],
    [
      ["status", "x", "--control", "y"],
      "mext status: give --control or a configuration file, not both; see mext status --help\n",
    ],
    [["doctor"], "mext doctor: a configuration file is missing; see mext doctor --help\n"],
    [
      ["doctor", "x", "--seconds", "long"],
      'mext doctor: --seconds is "long", must be an integer from 0 to 3600; see mext doctor --help\n',
    ],
    [["relay", "--listen", "8080"], "mext relay: --home-agent is missing; see mext relay --help\n"],
    [
      ["relay", "--home-agent", "2001:db8::1", "--listen", "8080"],
      'mext relay: --home-agent is "2001:db8::1", must be <address> or <address>:<port>, of IPv6 [<address>]:<port>; see mext relay --help\n',
    ],
    [
      ["relay", "--home-agent", "192.0.2.1", "--listen", "80800"],
      'mext relay: --listen is "80800", must be <port> or <address>:<port>; see mext relay --help\n',
    ],
    [
      ["relay", "--home-agent", "192.0.2.1", "--listen", "8080", "--path", "mext"],
      'mext relay: --path is "mext", must begin with / and have no query; see mext relay --help\n',
    ],
    [
      ["relay", "--home-agent", "192.0.2.1", "--listen", "8080", "--rate", "fast"],
      'mext relay: --rate is "fast", must be a number from 1 to 1000000; see mext relay --help\n',
    ],
  ])("a wrong command line is one line and exit code 2: %j", (words, line) => {
    expect(mext(...words)).toEqual({ status: 2, stdout: "", stderr: line });
  });

  it("without a command it shows what there is", () => {
    expect(mext()).toMatchObject({ status: 2, stdout: expect.stringContaining("Usage: mext <command>") });
  });

  it("check: a valid file, warnings, every problem with its place, and JSON", () => {
    expect(mext("check", valid)).toEqual({
      status: 0,
      stdout: `${valid}: a valid configuration of a home-agent\n`,
      stderr: "",
    });
    const bad = join(folder, "bad.toml");
    writeFileSync(bad, `role = "home-agent"\naddress = "2001:db8::1::"\nhome_prefixes = []\ncontorl = "x"\n`);
    const { status, stderr } = mext("check", bad);
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(3);
    expect(stderr).toMatch(/bad\.toml:2:\d+: address: /);
    const host = join(folder, "correspondent.toml");
    writeFileSync(host, `role = "correspondent"\naddresses = ["2001:db8:200::1"]\n`);
    expect(mext("check", host).stdout).toBe(`${host}: a valid configuration of a correspondent\n`);
    expect(JSON.parse(mext("check", bad, "--json").stdout)).toMatchObject({
      valid: false,
      problems: [{ line: 2 }, { line: 3 }, { line: 4 }],
    });
    const open = join(folder, "open.toml");
    writeFileSync(
      open,
      `role = "mobile-node"\nhome_address = "${HOME_ADDRESS}"\nhome_agent = "${HOME_AGENT}"\n` +
        `identity = "a@b.example"\nauthentication = "none"\nuplinks = ["eth0"]\n`,
    );
    expect(mext("check", open)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^warning: .*authentication/),
    });
  });

  it("check --explain gives a file that check accepts, when the key file is there, and warns when others read it", () => {
    const place = mkdtempSync(join(folder, "explained-"));
    const keyFile = join(place, "keys/car17");
    for (const role of ["home-agent", "mobile-node", "correspondent"]) {
      writeFileSync(join(place, `${role}.toml`), mext("check", "--explain", role).stdout);
    }
    const check = (role: string) => mext("check", join(place, `${role}.toml`));
    expect(check("correspondent")).toMatchObject({ status: 0, stderr: "" });
    for (const role of ["home-agent", "mobile-node"]) {
      expect(check(role).stderr).toMatch(/^[^\n]*key_file: names a file that cannot be read \(ENOENT\)[^\n]*\n$/);
    }
    mkdirSync(join(place, "keys"));
    writeFileSync(keyFile, KEY, { mode: 0o600 });
    for (const role of ["home-agent", "mobile-node"]) {
      expect(check(role)).toMatchObject({ status: 0, stderr: "", stdout: expect.not.stringContaining("warning") });
    }
    chmodSync(keyFile, 0o640);
    expect(check("mobile-node")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^warning: .*key_file: names a file that is not its owner's only/),
    });
  });

  it("doctor's options for a mobile node are refused for others, and a bad file is named", () => {
    expect(mext("doctor", valid, "--nat-lifetime")).toEqual({
      status: 2, stdout: "",
      stderr: "mext doctor: --interface, --nat-lifetime and --seconds are for mobile nodes; see mext doctor --help\n",
    });
    expect(mext("doctor", join(folder, "none.toml"))).toMatchObject({ status: 1, stdout: "", stderr: expect.stringMatching(/none\.toml: there is no such file$/m) });
  });

  it("status needs no more of a file than its control socket", () => {
    const file = join(folder, "without-key.toml");
    const control = join(folder, "nobody.sock");
    writeFileSync(file, `role = "mobile-node"\nkey_file = "absent"\ncontrol = "${control}"\n`);
    expect(mext("status", file).stderr).toMatch(/^mext status: no daemon answers at .*nobody\.sock/);
    writeFileSync(file, "role = \n");
    expect(mext("status", file)).toMatchObject({ status: 1, stderr: expect.stringMatching(/without-key\.toml:2:1: is not TOML/) });
  });

  it("status and watch without a daemon say where they looked", () => {
    for (const command of ["status", "watch"]) {
      const { status, stderr } = mext(command, "--control", join(folder, "none.sock"));
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(
          /^mext \w+: no daemon answers at .*none\.sock \(there is no such socket\): .*\n$/,
        ),
      ]);
      expect(mext(command, valid)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^mext \w+: .* has no control socket: .*\n$/),
      });
    }
  });

  it("decode is dispatched to", () => {
    expect(mext("decode", "--hex", "zz")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^mext decode: .*\n$/),
    });
  });

  it("a reader that has enough is no error", () => {
    const command = `"${process.execPath}" "${MEXT}" check --explain home-agent | head -n 1`;
    expect(
      execFileSync("bash", ["-o", "pipefail", "-c", command], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      }),
    ).not.toBe("");
  });
});
