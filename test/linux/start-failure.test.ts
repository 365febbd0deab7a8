/** What a daemon says that cannot start: one line that says what to do, and nothing is changed. */
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOME_ADDRESS, Lab, MEXT, runToEnd } from "./lab.ts";
import { cannotRun, eventually, ip } from "./system/namespace.ts";

describe.skipIf(cannotRun)(
  `a daemon that cannot start${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`,
  () => {
    let lab: Lab;
    let before: string;
    beforeAll(async () => {
      lab = new Lab();
      await lab.routersHeard();
      before = lab.state(lab.mobile) + lab.state(lab.home);
    });
    afterAll(() => lab?.remove());

    /** A configuration with a line replaced, or added. */
    function changed(role: "home-agent" | "mobile-node", field: string, value: string): string {
      lab.homeAgentConfig();
      lab.mobileNodeConfig();
      const lines = readFileSync(join(lab.folder, `${role}.toml`), "utf8").split("\n");
      const others = lines.filter((line) => !line.startsWith(`${field} =`));
      return lab.file("changed.toml", [`${field} = ${value}`, ...others].join("\n"));
    }

    const cases: [title: string, role: "home-agent" | "mobile-node", file: () => string, line: RegExp][] = [
      [
        "no such file",
        "home-agent",
        () => join(lab.folder, "none.toml"),
        /none\.toml: there is no such file$/,
      ],
      ["a folder", "home-agent", () => lab.folder, /: this is a directory$/],
      ["no TOML", "home-agent", () => lab.file("x.toml", "role = \n"), /x\.toml:2:1: is not TOML: /],
      [
        "the other role",
        "home-agent",
        () => lab.mobileNodeConfig(),
        /is the configuration of a mobile-node: mext mobile-node /,
      ],
      [
        "a bad field",
        "mobile-node",
        () => changed("mobile-node", "home_agent", '"2001:db8::zz"'),
        /changed\.toml:1:\d+: home_agent: .*must be /,
      ],
      [
        "a home link that is not there",
        "home-agent",
        () => lab.homeAgentConfig('[home_link]\ninterface = "eth7"'),
        /the home link eth7 is not there: /,
      ],
      [
        "a state file that is something else",
        "home-agent",
        () => changed("home-agent", "state_file", '"/etc/hostname"'),
        /\/etc\/hostname is no state file of mext: /,
      ],
      [
        "a state file in no folder",
        "home-agent",
        () => changed("home-agent", "state_file", '"/etc/hostname/state"'),
        /the folder of state file .* cannot be made: |cannot be read: /,
      ],
      [
        "a control socket whose path is too long",
        "home-agent",
        () => changed("home-agent", "control", `"/tmp/${"x".repeat(110)}"`),
        /the path is longer than 107 octets$/,
      ],
      [
        "a control socket that is a file",
        "home-agent",
        () => changed("home-agent", "control", '"/etc/hostname"'),
        /control socket \/etc\/hostname cannot be opened: .*EADDRINUSE/,
      ],
      [
        "a tunnel that is another interface",
        "mobile-node",
        () => changed("mobile-node", "tunnel", '"lo"'),
        /there is an interface lo already: choose another tunnel/,
      ],
      [
        "a home address that is on an interface",
        "mobile-node",
        () => {
          ip("-n", lab.mobile, "addr", "add", `${HOME_ADDRESS}/128`, "dev", "lo");
          return lab.mobileNodeConfig();
        },
        /the home address 2001:db8:100::17 is on lo already: remove it \(ip addr del 2001:db8:100::17\/128 dev lo\)$/,
      ],
      [
        "more nodes than max_nodes",
        "home-agent",
        () => changed("home-agent", "max_nodes", "0"),
        /changed\.toml:1:\d+: max_nodes: /,
      ],
    ];

    it.each(cases)(
      "says what to do in one line, and changes nothing: %s",
      async (_title, role, file, line) => {
        const path = file();
        const { code, errors, output } = await runToEnd(
          lab.start(role === "home-agent" ? lab.home : lab.mobile, role, path),
        );
        ip("-n", lab.mobile, "addr", "flush", "dev", "lo", "to", HOME_ADDRESS);
        expect([code, output]).toEqual([1, ""]);
        expect(errors.trimEnd()).toMatch(line);
        expect(errors.trimEnd()).not.toContain("\n");
        expect(lab.state(lab.mobile) + lab.state(lab.home)).toBe(before);
        expect(existsSync(join(lab.folder, `${role}.sock`))).toBe(false);
      },
    );

    it("without privileges", async () => {
      chmodSync(lab.folder, 0o755);
      const config = lab.homeAgentConfig();
      chmodSync(config, 0o644);
      const { code, errors } = await runToEnd(
        lab.run(lab.home, process.execPath, [MEXT, "home-agent", config], { uid: 65534, gid: 65534 }),
      );
      expect([code, errors]).toEqual([
        1,
        expect.stringMatching(/^mext home-agent: CAP_NET_ADMIN, CAP_NET_RAW.* missing: run as root; .*\n$/),
      ]);
    });

    it("without /dev/net/tun", async () => {
      const script = `mount -t tmpfs none /dev/net && exec "${process.execPath}" "${MEXT}" home-agent "${lab.homeAgentConfig()}"`;
      const { code, errors } = await runToEnd(lab.run(lab.home, "unshare", ["--mount", "sh", "-c", script]));
      expect([code, errors]).toEqual([
        1,
        expect.stringMatching(/^mext home-agent: \/dev\/net\/tun missing: modprobe tun; .*\n$/),
      ]);
    });

    it("with a control socket that somebody else answers, and one that was left behind", async () => {
      const path = join(lab.folder, "home-agent.sock");
      const server = createServer().listen(path);
      const refused = await runToEnd(lab.start(lab.home, "home-agent", lab.homeAgentConfig()));
      expect([refused.code, refused.errors]).toEqual([
        1,
        expect.stringMatching(/another daemon answers on control socket/),
      ]);
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
      ip(
        "netns",
        "exec",
        lab.home,
        "sysctl",
        "-qw",
        "net.ipv6.conf.eth0.accept_dad=1",
        "net.ipv6.conf.all.accept_dad=1",
      );
      ip("-n", lab.router, "addr", "add", `${address}/64`, "dev", "home", "nodad");
      ip("-n", lab.home, "addr", "add", `${address}/64`, "dev", "eth0");
      await eventually(() => ip("-n", lab.home, "addr").includes("dadfailed") || undefined);
      const { code, errors } = await runToEnd(
        lab.start(lab.home, "home-agent", changed("home-agent", "address", `"${address}"`)),
      );
      expect([code, errors]).toEqual([
        1,
        `mext home-agent: another host on the link of eth0 has the home agent address ${address}: give this one another\n`,
      ]);
      ip("-n", lab.home, "addr", "del", `${address}/64`, "dev", "eth0");
      ip(
        "netns",
        "exec",
        lab.home,
        "sysctl",
        "-qw",
        "net.ipv6.conf.eth0.accept_dad=0",
        "net.ipv6.conf.all.accept_dad=0",
      );
    });
  },
);
