/** Daemons of both families: how they start, how they do not, and what people are told. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAnyAddress } from "../../bindings/address.ts";
import { CORRESPONDENT, HOME_AGENT, MEXT, type Program, runToEnd } from "./lab.ts";
import { CORRESPONDENT_IPV4, HOME_AGENT_IPV4, RoamingLab } from "./roaming-lab.ts";
import { cannotRun, eventually, pause } from "./system/namespace.ts";

const POOL = 'ipv4_pools = ["198.51.100.64/30"]';

describe.skipIf(cannotRun)(`daemons of both families${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: RoamingLab;
  let before: { home: string; mobile: string };

  beforeAll(async () => {
    lab = new RoamingLab();
    await pause(500); // link-local addresses
    before = { home: lab.state(lab.home), mobile: lab.state(lab.mobile) };
  });
  afterAll(() => lab?.remove());

  const update = () => lab.status("mobile-node").updates![0];
  const registered = () => eventually(() => (update().state === "Registered" || undefined), 3);

  it("a home agent whose UDP port is taken says by whom, and changes nothing", async () => {
    const rival = lab.run(lab.home, process.execPath, ["-e", `
      require("dgram").createSocket("udp4").bind(4191, "${HOME_AGENT_IPV4}", () => console.log("bound"));`]);
    await rival.logs("bound");
    const { code, output, errors } = await runToEnd(lab.start(lab.home, "home-agent", lab.homeAgentFile()));
    expect(code).toBe(1);
    expect(output + errors).toMatch(new RegExp(`UDP port 4191 is taken by (node|MainThread) \\(process ${rival.child.pid}\\): stop it`));
    expect(lab.state(lab.home)).toBe(before.home);
    await rival.kill();
  });

  it("a home agent whose IPv4 address is not on its host says so, and changes nothing", async () => {
    const file = lab.homeAgentFile();
    execFileSync("sed", ["-i", 's/^ipv4_address = .*/ipv4_address = "192.0.2.99"/', file]);
    const { code, output, errors } = await runToEnd(lab.start(lab.home, "home-agent", file));
    expect(code).toBe(1);
    expect(output + errors).toContain("ipv4_address 192.0.2.99 is on no interface of this host");
    expect(lab.state(lab.home)).toBe(before.home);
  });

  it("a mobile node that is started without network finds its home agent by name when one comes (RFC 5555 §2.1)", async () => {
    await lab.start(lab.home, "home-agent", lab.homeAgentFile(POOL)).logs("is running");
    const names = lab.run(lab.router, process.execPath, ["-e", nameServer({ 28: HOME_AGENT, 1: HOME_AGENT_IPV4 })]);
    await names.logs("ready");
    const name = `home_agent = "ha1.example.com"\nname_servers = ["${CORRESPONDENT_IPV4}"]`;
    const wanted = `ipv4_home_address = "198.51.100.17"\n[route_optimisation]\npolicy = "never"`;
    const mobileNode = lab.start(lab.mobile, "mobile-node", lab.mobileNodeFile(wanted, name));
    await mobileNode.logs("cannot be found");
    expect(shown("mobile-node")).toContain("home agent ha1.example.com (not found yet)");
    lab.move("nat");
    await registered();
    expect(shown("mobile-node")).toContain(`home agent ha1.example.com (${HOME_AGENT}, ${HOME_AGENT_IPV4})`);
    expect(lab.status("mobile-node")).toMatchObject({
      homeAgentName: "ha1.example.com", homeAgentIpv4: HOME_AGENT_IPV4, updates: [{ peer: HOME_AGENT, encapsulation: "UdpIpv4" }],
    });
    expect(lab.ping(lab.mobile, CORRESPONDENT)).toBe(true);
    expect(lab.ping(lab.mobile, CORRESPONDENT_IPV4)).toBe(true);
    expect(await mobileNode.stop()).toBe(0);
  });

  it("an IPv4 home address that is another's is refused, and IPv4 goes by the uplink as if there were none", async () => {
    const mobileNode = await started('ipv4_home_address = "198.51.100.99"\n[route_optimisation]\npolicy = "never"');
    await registered();
    const warning = await eventually(() => lab.status("mobile-node").warnings.find((each) => each.includes("IPv4 home address")));
    expect(warning).toMatch(/^the home agent refuses the IPv4 home address 198\.51\.100\.99: /);
    expect(lab.ping(lab.mobile, CORRESPONDENT)).toBe(true);
    expect(lab.ping(lab.mobile, CORRESPONDENT_IPV4)).toBe(true); // plain, by the NAT
    expect(await mobileNode.stop()).toBe(0);
  });

  it("nothing of IPv6 on the uplink, and a strict rp_filter; at the end the system is as it was", async () => {
    const set = (setting: string) => execFileSync("ip", ["netns", "exec", lab.mobile, "sysctl", "-qw", setting]);
    set("net.ipv6.conf.wlan0.disable_ipv6=1");
    set("net.ipv4.conf.all.rp_filter=1");
    const mobileNode = await started('ipv4_home_address = "198.51.100.17"\nforce_udp = true\n[route_optimisation]\npolicy = "never"');
    lab.move("public");
    await eventually(() => update().encapsulation === "UdpIpv4" && update().state === "Registered" || undefined, 3);
    expect(lab.status("mobile-node").uplinks![0].paths).toMatchObject({ Ipv6: "NoAddress", Ipv4: "UdpForced" });
    expect(shown("mobile-node")).toMatch(/^by UDP over IPv4: the home agent or the configuration wants UDP/m);
    expect(lab.ping(lab.mobile, CORRESPONDENT_IPV4)).toBe(true);
    expect(await mobileNode.stop()).toBe(0);
    set("net.ipv6.conf.wlan0.disable_ipv6=0");
    set("net.ipv4.conf.all.rp_filter=0");
    for (const program of lab.programs) await program.stop();
    lab.move(undefined);
    expect(lab.state(lab.home)).toBe(before.home);
    expect(lab.state(lab.mobile)).toBe(before.mobile);
  });

  async function started(more: string): Promise<Program> {
    const mobileNode = lab.start(lab.mobile, "mobile-node", lab.mobileNodeFile(more));
    await mobileNode.logs("is running");
    return mobileNode;
  }

  function shown(role: string): string {
    const control = join(lab.folder, `${role}.sock`);
    return execFileSync(process.execPath, [MEXT, "status", "--control", control], { encoding: "utf8" });
  }
});

/** A program for `node -e`: a name server for one name, whose addresses are given by record type. */
function nameServer(addresses: Record<number, string>): string {
  const octets = Object.fromEntries(Object.entries(addresses).map(([type, text]) => {
    const address = parseAnyAddress(text);
    return [type, [...(text.includes(":") ? address : address.subarray(12))]];
  }));
  return `
    const addresses = ${JSON.stringify(octets)};
    const socket = require("dgram").createSocket("udp4");
    socket.on("message", (query, { port, address }) => {
      const end = query.indexOf(0, 12) + 5;
      const data = Buffer.from(addresses[query.readUInt16BE(end - 4)] ?? []);
      const head = Buffer.from(query.subarray(0, 12));
      head.writeUInt16BE(0x8180, 2);
      head.writeUInt16BE(data.length > 0 ? 1 : 0, 6);
      head.fill(0, 8, 12);
      const record = Buffer.from([0xc0, 12, 0, query[end - 3], 0, 1, 0, 0, 1, 44, 0, data.length]);
      socket.send(Buffer.concat([head, query.subarray(12, end), ...(data.length > 0 ? [record, data] : [])]), port, address);
    });
    socket.bind(53, "${CORRESPONDENT_IPV4}", () => console.log("ready"));`;
}
