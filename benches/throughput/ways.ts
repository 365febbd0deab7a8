/** The ways from `near` to `far` that are compared: each sets itself up, and takes everything back. */
import { type ChildProcess, execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FAR, HOME, NEAR, type Network, OUTSIDE, type Place, ROUTER, SERVERS } from "./network.ts";
import { startAdvertising } from "./advertise.ts";

export interface Way {
  readonly name: string;
  /** Returns the programs that work for it, by name, and what ends it. */
  start(network: Network, folder: string): Promise<Running>;
}

export interface Running {
  readonly processIds: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

const NOTHING: ReadonlyMap<string, number> = new Map();

export const forwarding: Way = {
  name: "plain kernel forwarding",
  async start(network) {
    network.ip("near", "-6", "route", "add", SERVERS, "via", FAR.ipv6);
    network.ip("far", "-6", "route", "add", `${HOME}/128`, "via", NEAR.ipv6);
    return {
      processIds: NOTHING,
      async stop() {
        network.ip("near", "-6", "route", "del", SERVERS);
        network.ip("far", "-6", "route", "del", `${HOME}/128`);
      },
    };
  },
};

/** One segment and no routing header: plain IPv6-in-IPv6 in the kernel. */
export const segments: Way = {
  name: "kernel seg6 encapsulation",
  async start(network) {
    const sid = { near: "2001:db8:a::52", far: "2001:db8:a::51" };
    const encap = (where: Place, destination: string, segment: string, next: string) => network.ip(
      where, "-6", "route", "add", destination, "encap", "seg6", "mode", "encap.red", "segs", segment, "via", next, "dev", OUTSIDE,
    );
    const decap = (where: Place, segment: string) => network.ip(
      where, "-6", "route", "add", `${segment}/128`, "encap", "seg6local", "action", "End.DT6", "table", "main", "dev", OUTSIDE,
    );
    for (const where of ["near", "far"] as const) network.set(where, `net.ipv6.conf.${OUTSIDE}.seg6_enabled=1`, "net.ipv6.conf.all.seg6_enabled=1");
    decap("near", sid.near);
    decap("far", sid.far);
    network.ip("near", "-6", "route", "add", `${sid.far}/128`, "via", FAR.ipv6);
    network.ip("far", "-6", "route", "add", `${sid.near}/128`, "via", NEAR.ipv6);
    // the kernel tells itself, not the sender, that an outer header makes a packet too large
    const setMtu = (mtu: string) => {
      for (const where of ["left", "right"] as const) {
        network.ip(where, "-6", "route", "change", "default", "via", ROUTER, "dev", "eth0", "mtu", mtu);
      }
    };
    setMtu("1460");
    encap("near", SERVERS, sid.far, FAR.ipv6);
    encap("far", `${HOME}/128`, sid.near, NEAR.ipv6);
    return {
      processIds: NOTHING,
      async stop() {
        setMtu("1500");
        network.ip("near", "-6", "route", "del", SERVERS);
        network.ip("far", "-6", "route", "del", `${HOME}/128`);
        for (const [where, gone] of [["near", sid.near], ["near", sid.far], ["far", sid.near], ["far", sid.far]] as const) {
          network.ip(where, "-6", "route", "del", `${gone}/128`);
        }
      },
    };
  },
};

/** @param program of wireguard-go, which encrypts what it carries */
export function wireguard(name: string, program: string): Way {
  return {
    name,
    async start(network, folder) {
      const ends = { near: { ...NEAR, other: FAR, allowed: "::/0" }, far: { ...FAR, other: NEAR, allowed: `${HOME}/128` } };
      const places = ["near", "far"] as const;
      const keys = { near: wgKey(folder, "near"), far: wgKey(folder, "far") };
      const programs: ChildProcess[] = [];
      for (const where of places) {
        const other = where === "near" ? "far" : "near";
        const device = `wg-${where}`; // the sockets that wg speaks to have the names of the devices, and one folder
        const child = network.start(where, [program, "-f", device], { LOG_LEVEL: "error" });
        programs.push(child);
        await until(() => network.ip(where, "link").includes(`${device}:`) && existsSync(`/var/run/wireguard/${device}.sock`));
        network.run(where, "wg", "set", device, "listen-port", "51820", "private-key", keys[where].file, "peer",
          keys[other].public, "allowed-ips", ends[where].allowed, "endpoint", `${ends[where].other.ipv4}:51820`);
        network.ip(where, "link", "set", device, "mtu", "1420", "up");
        if (where === "near") network.ip("near", "-6", "route", "add", SERVERS, "dev", device);
        else network.ip("far", "-6", "route", "add", `${HOME}/128`, "dev", device);
      }
      return {
        processIds: new Map(places.map((where, index) => [`wireguard-go, ${where}`, programs[index].pid!])),
        async stop() {
          for (const child of programs) await network.stop(child);
        },
      };
    },
  };
}

function wgKey(folder: string, where: Place): { file: string; public: string } {
  const secret = execFileSync("wg", ["genkey"], { encoding: "utf8" });
  const file = join(folder, `${where}.key`);
  writeFileSync(file, secret, { mode: 0o600 });
  return { file, public: execFileSync("wg", ["pubkey"], { input: secret, encoding: "utf8" }).trim() };
}

export type MextWay = "UDP over IPv4" | "IPv4" | "IPv6" | "UDP over IPv6";

/** Beside the bundle in dist/, or from the source tree. */
const MEXT = [new URL("./mext.js", import.meta.url), new URL("../../dist/mext.js", import.meta.url)]
  .map((place) => fileURLToPath(place)).find((path) => existsSync(path)) ?? "dist/mext.js";
const KEY = "00112233445566778899aabbccddeeff";
const HOME_AGENT = "2001:db8:100::1";

export function mext(encapsulation: MextWay, nodeOptions: readonly string[] = []): Way {
  return {
    name: `mext by ${encapsulation}`,
    async start(network, folder) {
      const isIpv6 = encapsulation.endsWith("IPv6");
      const file = (name: string, text: string) => {
        const path = join(folder, name);
        writeFileSync(path, text, { mode: 0o600 });
        return path;
      };
      const control = (role: string) => join(folder, `${role}.sock`);
      const homeAgentFile = file("home-agent.toml", `role = "home-agent"
address = "${HOME_AGENT}"
home_prefixes = ["2001:db8:100::/64"]
ipv4_address = "${FAR.ipv4}"
udp_over_ipv6 = ${encapsulation === "UDP over IPv6"}
tunnel = "mext0"
state_file = "${join(folder, "home-agent.state")}"
control = "${control("home-agent")}"
[[node]]
identity = "left@example.org"
home_addresses = ["${HOME}"]
spi = 300
key = "${KEY}"
`);
      const mobileNodeFile = file("mobile-node.toml", `role = "mobile-node"
home_address = "${HOME}"
home_agent = "${HOME_AGENT}"
home_agent_ipv4 = "${FAR.ipv4}"
identity = "left@example.org"
spi = 300
key = "${KEY}"
ipv4 = ${!isIpv6}
force_udp = ${encapsulation === "UDP over IPv4"}
udp_over_ipv6 = ${encapsulation === "UDP over IPv6"}
tunnel = "mext0"
uplinks = ["${OUTSIDE}"]
state_file = "${join(folder, "mobile-node.state")}"
control = "${control("mobile-node")}"
[route_optimisation]
policy = "never"
`);
      const stopAdvertising = isIpv6 ? startAdvertising(network) : () => {};
      if (isIpv6) network.ip("near", "-6", "route", "add", `${HOME_AGENT}/128`, "via", FAR.ipv6);
      const homeAgent = network.start("far", [process.execPath, ...nodeOptions, MEXT, "home-agent", homeAgentFile]);
      await running(homeAgent);
      const mobileNode = network.start("near", [process.execPath, ...nodeOptions, MEXT, "mobile-node", mobileNodeFile]);
      await running(mobileNode);
      const status = () => JSON.parse(execFileSync(
        process.execPath, [MEXT, "status", "--control", control("mobile-node"), "--json"], { encoding: "utf8" },
      ));
      await until(() => status().updates.some(({ state }: { state: string }) => state === "Registered"), 20);
      // the home address is the client's, so that both ends forward, as they do for the other ways
      network.ip("near", "-6", "addr", "del", `${HOME}/128`, "dev", "mext0");
      return {
        processIds: new Map([["mext, mobile node", mobileNode.pid!], ["mext, home agent", homeAgent.pid!]]),
        async stop() {
          await network.stop(mobileNode);
          await network.stop(homeAgent);
          stopAdvertising();
        },
      };
    },
  };
}

/** Waits until a daemon says that it is running; throws with what it said when it ends. */
function running(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (bytes: Buffer) => {
      said += bytes;
      if (said.includes("is running")) resolve();
    };
    child.stdout!.on("data", hear);
    child.stderr!.on("data", hear);
    child.once("exit", () => reject(new Error(`a daemon ended: ${said}`)));
  });
}

async function until(isSo: () => boolean, seconds = 5): Promise<void> {
  for (let tries = 0; tries < seconds * 20; tries++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not happen in time");
}
