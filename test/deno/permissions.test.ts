/**
 * What Deno must allow for each command (platforms/deno/README.md): with one permission less, one line names the flag that
 * is missing, and nothing is changed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOME_AGENT, KEY, Lab, type Program, runToEnd } from "../linux/lab.ts";
import { cannotRun } from "../linux/system/namespace.ts";
import { DENO, DENO_MEXT, denoPath, DIST, permissions } from "./deno.ts";

const missing = cannotRun ?? (denoPath === undefined ? "Deno" : undefined);

describe.skipIf(missing)(`permissions of Deno${missing ? ` (cannot run: ${missing})` : ""}`, () => {
  let lab: Lab;
  let before: string;
  beforeAll(async () => {
    lab = new Lab();
    await lab.routersHeard();
    before = lab.state(lab.home);
  });
  afterAll(() => lab?.remove());

  function run(flags: readonly string[], ...words: string[]): Program {
    return lab.run(lab.home, denoPath!, ["run", "--no-prompt", ...flags, DENO_MEXT, ...words]);
  }

  /** The flags without that of a name, or without one of the things that it names. */
  function without(flags: readonly string[], flag: string, thing?: string): string[] {
    return flags.flatMap((each) => {
      const [name, value] = each.split("=");
      if (name !== flag) return [each];
      const left = value?.split(",").filter((one) => one !== thing) ?? [];
      return thing === undefined || left.length === 0 ? [] : [`${name}=${left}`];
    });
  }

  const file = () => lab.homeAgentConfig();
  const control = () => join(lab.folder, "home-agent.sock");
  const daemon = () => permissions("home-agent", lab.folder);
  const status = () => permissions("status", lab.folder);

  const cases: [title: string, flags: () => string[], words: () => string[], line: RegExp][] = [
    ["a daemon's configuration", () => without(daemon(), "--allow-read"), () => ["home-agent", file()],
      /home-agent\.toml: Requires read access to ".*home-agent\.toml", run again with the --allow-read flag$/],
    ["mext's own files", () => without(daemon(), "--allow-read", DIST), () => ["home-agent", file()],
      /Requires read access to ".*mext\.wasm", run again with the --allow-read flag$/],
    ["the C library", () => without(daemon(), "--allow-ffi"), () => ["home-agent", file()],
      /TUN devices and raw sockets need calls into the C library: run deno again with --allow-ffi$/],
    ["the C library, given by its path", () => [...without(daemon(), "--allow-ffi"), "--allow-ffi=/lib/libc.so.6"],
      () => ["home-agent", file()], /run deno again with --allow-ffi$/],
    ["where changes are written down", () => without(daemon(), "--allow-write", "/run/mext"), () => ["home-agent", file()],
      /Requires write access to "\/run\/mext.*", run again with the --allow-write flag$/],
    ["where a predecessor has written them", () => without(daemon(), "--allow-read", "/run/mext"), () => ["home-agent", file()],
      /Requires read access to "\/run\/mext.*", run again with the --allow-read flag$/],
    ["the control socket, as a file", () => without(daemon(), "--allow-write", lab.folder), () => ["home-agent", file()],
      /Requires write access to ".*home-agent\.sock", run again with the --allow-write flag$/],
    ["the control socket, as a socket", () => without(daemon(), "--allow-net"), () => ["home-agent", file()],
      /Requires net access to "unix:.*home-agent\.sock", run again with the --allow-net flag$/],
    ["the state file", () => [...without(daemon(), "--allow-write"), `--allow-write=/run/mext,${control()}`], () => ["home-agent", file()],
      /state file .*home-agent\.state cannot be written: Requires write access to .*, run again with the --allow-write flag$/],
    ["a key file", () => [`--allow-read=${lab.folder}/keyed.toml`], () => ["check", keyed()],
      /car17: Requires read access to ".*car17", run again with the --allow-read flag$/],
    ["the file to check", () => [], () => ["check", file()], /Requires read access to .*, run again with the --allow-read flag$/],
    ["the core, to decode", () => [], () => ["decode", "--hex", "60"], /Requires read access to ".*mext\.wasm", run again with the --allow-read flag$/],
    ["a control socket to ask, to be read", () => without(status(), "--allow-read"), () => ["status", "--control", control()],
      /Requires read access to .*, run again with the --allow-read flag$/],
    ["a control socket to ask, to be written", () => without(status(), "--allow-write"), () => ["status", "--control", control()],
      /Requires write access to .*, run again with the --allow-write flag$/],
    ["a control socket to ask, as a socket", () => without(status(), "--allow-net"), () => ["status", "--control", control()],
      /Requires net access to "unix:.*", run again with the --allow-net flag$/],
    ["the C library, for the doctor", () => without(permissions("doctor", lab.folder), "--allow-ffi"), () => ["doctor", file()], /run deno again with --allow-ffi$/],
    ["the daemon's control socket, for the doctor", () => without(permissions("doctor", lab.folder), "--allow-write"), () => ["doctor", file()],
      /Requires write access to ".*home-agent\.sock", run again with the --allow-write flag$/],
  ];

  function keyed(): string {
    lab.file("keys/car17", KEY);
    return lab.file("keyed.toml", readFileSync(file(), "utf8").replace(/^key = .*$/m, 'key_file = "keys/car17"'));
  }

  it.each(cases)("one line names the flag: %s", async (_title, flags, words, line) => {
    const { code, output, errors } = await runToEnd(run(flags(), ...words()));
    const last = errors.trimEnd().replace(/^… looking at this host\n/, "");
    expect([code, output]).toEqual([1, ""]);
    expect(last).toMatch(line);
    expect(last).not.toContain("\n");
    expect(lab.state(lab.home)).toBe(before);
  });

  it("a mobile node that may not ask for its home agent's name says so, and goes on", async () => {
    const words = readFileSync(lab.mobileNodeConfig(), "utf8").replace(`"${HOME_AGENT}"`, '"home-agent.example"');
    const path = lab.file("named.toml", words);
    const program = lab.run(lab.mobile, ...commandLine("mobile-node", path));
    await program.logs("is running");
    await program.logs("cannot be found: Deno may not ask for names, run it again with the --allow-net flag");
    expect(await program.stop()).toBe(0);
  });

  function commandLine(command: string, path: string): [program: string, words: string[]] {
    const [program, ...words] = DENO.command(command, lab.folder);
    return [program, [...words, command, path]];
  }

  it("nothing is needed for what reads nothing", async () => {
    for (const words of [["--version"], ["--help"], ["mobile-node", "--help"], ["check", "--explain", "home-agent"]]) {
      const { code, errors } = await runToEnd(run([], ...words));
      expect([words, code, errors]).toEqual([words, 0, ""]);
    }
  });

  it("reading is enough for check and decode", async () => {
    const flags = permissions("check", lab.folder);
    expect(await runToEnd(run(flags, "check", file()))).toMatchObject({ code: 0, errors: "" });
    const decoded = await runToEnd(run(flags, "decode", "--hex", `60000000 0000 3b40 ${"20010db8".padEnd(32, "0").repeat(2)}`));
    expect(decoded).toMatchObject({ code: 0, output: expect.stringContaining("2001:db8:: > 2001:db8::") });
  });
});
