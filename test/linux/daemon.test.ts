/** Two daemons as a person starts them, in namespaces: what they do, and what they leave behind. */
import { chmodSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccessSender } from "../../platforms/linux/system/access-send.ts";
import { PacketMemory } from "../../platforms/linux/system/memory.ts";
import { codec } from "./advertise.ts";
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, KEY, Lab, type Program, runToEnd } from "./lab.ts";
import { cannotRun, eventually, inside, ip, pause } from "./system/namespace.ts";

describe.skipIf(cannotRun)(`daemons${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let lab: Lab;
  let homeAgent: Program;
  let mobileNode: Program;
  let before: { home: string; mobile: string };

  beforeAll(async () => {
    lab = new Lab();
    await lab.routersHeard();
    before = { home: lab.state(lab.home), mobile: lab.state(lab.mobile) };
  });
  afterAll(() => lab?.remove());

  it("a mobile node registers with the home agent", async () => {
    homeAgent = await lab.startHomeAgent();
    mobileNode = await lab.startMobileNode();
    const { uplinks, updates, tunnel, warnings } = await lab.registered("2001:db8:a:");
    expect(updates).toMatchObject([
      { homeAddress: HOME_ADDRESS, peer: HOME_AGENT, lastStatus: 0, device: 1 },
    ]);
    expect(uplinks).toMatchObject([
      { interface: "eth0", selected: true, router: "fe80::1" },
      { interface: "eth1", selected: false },
      { interface: "wwan0", state: "Absent" },
    ]);
    expect(tunnel).toEqual({ name: "mext0", mtuBytes: 1460 });
    expect(warnings).toEqual(["uplink wwan0 is not there yet: it is used when it appears"]);
    expect(lab.status("home-agent").bindings).toMatchObject([
      { homeAddress: HOME_ADDRESS, careofAddress: updates![0].careofAddress, identity: "car17@example.org" },
    ]);
  });

  it("packets go through the tunnel in both directions", () => {
    expect(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT)).toBe(true);
    expect(lab.ping(lab.mobile, CORRESPONDENT)).toBe(true);
    expect(lab.ping(lab.mobile, HOME_AGENT)).toBe(true);
    expect(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT, "-s", "1412", "-M", "do")).toBe(true);
    const { traffic } = lab.status("home-agent");
    expect([traffic.packetsIn, traffic.packetsOut]).toEqual([8, 8]);
  });

  it("a packet that is too large for the tunnel is answered with its MTU", async () => {
    const words = ["-c", "1", "-W", "1", "-I", CORRESPONDENT, "-s", "1413", "-M", "do", HOME_ADDRESS];
    const { code, output } = await runToEnd(lab.run(lab.router, "ping", words));
    expect([code, output]).toEqual([1, expect.stringMatching(/Packet too big: mtu=1460/)]);
  });

  it("a byte stream of 20 MB arrives whole", async () => {
    const octets = 20_000_000;
    const server = lab.run(lab.mobile, process.execPath, [
      "-e",
      `
      const hash = require("crypto").createHash("sha256"); let count = 0;
      require("net").createServer((s) => s.on("data", (d) => { hash.update(d); count += d.length; })
        .on("end", () => { console.log(count, hash.digest("hex")); process.exit(); }))
        .listen(7777, "${HOME_ADDRESS}", () => console.log("ready"));`,
    ]);
    await server.logs("ready");
    const client = lab.run(lab.router, process.execPath, [
      "-e",
      `
      const data = require("crypto").randomBytes(${octets});
      console.log(${octets}, require("crypto").createHash("sha256").update(data).digest("hex"));
      require("net").connect({ port: 7777, host: "${HOME_ADDRESS}", localAddress: "${CORRESPONDENT}" }).end(data);`,
    ]);
    await Promise.all([client.ended, server.ended]);
    expect(server.output).toBe(`ready\n${client.output}`);
  });

  it("no kernel answers packets of Mobile IPv6 that the core handles", () => {
    expect(lab.status("mobile-node").refusals).toEqual([]);
    expect(lab.status("home-agent").sendFailures).toEqual({});
  });

  it("`mext status` shows tables, and no key is shown anywhere", async () => {
    const { code, output } = await runToEnd(
      lab.start(lab.home, "status", join(lab.folder, "home-agent.toml")),
    );
    expect(code).toBe(0);
    expect(output).toMatch(/^HOME ADDRESS +CARE-OF ADDRESS/m);
    expect(output).toContain("car17@example.org");
    const texts = [
      output,
      homeAgent.output,
      mobileNode.output,
      JSON.stringify([lab.status("home-agent"), lab.status("mobile-node")]),
    ];
    for (const text of texts) expect(text).not.toContain(KEY);
  });

  it("the control socket is its owner's only, answers in order, and nonsense with an error", async () => {
    const path = join(lab.folder, "home-agent.sock");
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    const commands = `{"command":"status"}\\nnonsense\\n{"command":"fly"}\\n`;
    const script = `const s = require("net").connect("${path}"); s.end('${commands}'); s.pipe(process.stdout)`;
    const { output } = await runToEnd(lab.run(lab.home, process.execPath, ["-e", script]));
    expect(
      output
        .trim()
        .split("\n")
        .map((line) => Object.keys(JSON.parse(line))[0]),
    ).toEqual(["role", "error", "error"]);
  });

  it("a flood of forged Binding Updates is refused and counted, and fills no log", async () => {
    const packet = codec.encode([
      { name: "ipv6", fields: { source: "2001:db8:1::1", destination: HOME_AGENT, hopLimit: 64 } },
      { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] },
      { name: "binding-update", fields: { acknowledge: true, homeRegistration: true, lifetime: 100 } },
    ]);
    const wasm = new WebAssembly.Memory({ initial: 1 });
    new Uint8Array(wasm.buffer).set(packet);
    const sender = inside(lab.router, () => new AccessSender(new PacketMemory(wasm)));
    for (let slot = 0; slot < 64; slot++) sender.setPacket(slot, 0, packet.length);
    for (let sent = 0; sent < 64 * 100; sent += sender.send(64)) await pause(1);
    sender.close();
    const refused = () =>
      lab.status("home-agent").refusals.find(({ reason }) => reason === "AuthenticationMissing");
    await eventually(() => refused()?.packets === 64 * 100 || undefined);
    await pause(50);
    const lines = homeAgent.output.split("\n").filter((line) => line.includes("BindingRefused"));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(200);
    expect(lab.status("home-agent").bindings).toHaveLength(1);
  });

  it("the status warns of an uplink that is switched off, for as long as it is", async () => {
    const warning = "uplink eth1 is switched off: ip link set eth1 up";
    const warned = () => lab.status("mobile-node").warnings.includes(warning);
    expect(warned()).toBe(false);
    ip("-n", lab.mobile, "link", "set", "eth1", "down");
    await eventually(() => warned() || undefined);
    ip("-n", lab.mobile, "link", "set", "eth1", "up");
    await eventually(() => !warned() || undefined);
    expect(lab.status("mobile-node").warnings).toEqual(["uplink wwan0 is not there yet: it is used when it appears"]);
  });

  it("SIGTERM: the node deregisters, and nothing is left behind", async () => {
    expect(await mobileNode.stop()).toBe(0);
    await homeAgent.logs('"why":"deregistered"');
    expect(await homeAgent.stop()).toBe(0);
    expect(lab.state(lab.home)).toBe(before.home);
    expect(lab.state(lab.mobile)).toBe(before.mobile);
    expect(readdirSync(lab.folder).filter((name) => name.endsWith(".sock"))).toEqual([]);
    expect(homeAgent.errors + mobileNode.errors).toBe("");
  });

  it("a mobile node whose home agent does not answer ends within three seconds", async () => {
    mobileNode = await lab.startMobileNode();
    await eventually(() => lab.status("mobile-node").updates![0].state === "Registering" || undefined);
    await eventually(() => lab.status("mobile-node").warnings.find((warning) => (
      /^the home agent has not answered for \d+ s: /.test(warning)
    )), 10);
    const startMs = Date.now();
    expect(await mobileNode.stop()).toBe(0);
    expect(Date.now() - startMs).toBeLessThan(3500);
    expect(lab.state(lab.mobile)).toBe(before.mobile);
  });

  it("both start again, and find each other", async () => {
    homeAgent = await lab.startHomeAgent();
    mobileNode = await lab.startMobileNode();
    await lab.registered("2001:db8:a:");
  });

  it("`mext watch` tells of a handover; the node returns when the preferred uplink is back", async () => {
    const watch = lab.start(lab.mobile, "watch", "--control", join(lab.folder, "mobile-node.sock"), "--json");
    await watch.logs('"role":"mobile-node"');
    const leftAtMs = Date.now();
    ip("-n", lab.mobile, "link", "set", "eth0", "down");
    await lab.registered("2001:db8:b:");
    expect(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT)).toBe(true);
    const events = () =>
      watch.output
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => JSON.parse(line));
    const acknowledged = await eventually(() =>
      events().find(({ name, device }) => name === "BindingAcknowledged" && device === "eth1"),
    );
    expect(events()).toContainEqual(
      expect.objectContaining({ name: "Link", device: "eth0", fields: { up: false } }),
    );
    expect(acknowledged.unixMs - leftAtMs).toBeLessThan(1000);

    ip("-n", lab.mobile, "link", "set", "eth0", "up");
    await lab.registered("2001:db8:a:");
    expect(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT)).toBe(true);
    await watch.kill();
  });

  it("an uplink that appears later is used, and one that disappears is missed by nobody", async () => {
    const uplink = () => lab.status("mobile-node").uplinks!.find((each) => each.interface === "wwan0")!;
    ip(
      "-n",
      lab.mobile,
      "link",
      "add",
      "wwan0",
      "type",
      "veth",
      "peer",
      "name",
      "tower",
      "netns",
      lab.router,
    );
    ip("-n", lab.mobile, "link", "set", "wwan0", "up");
    expect(uplink().state).toBe("Down"); // there is nobody at the other end
    ip("-n", lab.router, "link", "set", "tower", "up");
    await eventually(() => uplink().state === "Soliciting" || undefined);
    ip("-n", lab.mobile, "link", "del", "wwan0");
    await eventually(() => uplink().state === "Absent" || undefined);
    expect(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT)).toBe(true);
  });

  it("a second daemon with the same tunnel or control socket is refused, and harms nothing", async () => {
    const { code, errors } = await runToEnd(lab.start(lab.home, "home-agent", lab.homeAgentConfig()));
    expect([code, errors]).toEqual([
      1,
      expect.stringMatching(/^mext home-agent: another daemon answers on control socket .*\n$/),
    ]);
    const other = lab.file(
      "other.toml",
      `role = "home-agent"\naddress = "${HOME_AGENT}"\nhome_prefixes = ["2001:db8:100::/64"]\n`,
    );
    const second = await runToEnd(lab.start(lab.home, "home-agent", other));
    expect([second.code, second.errors]).toEqual([
      1,
      `mext home-agent: a daemon with the tunnel mext0 is already running (process ${homeAgent.child.pid}): ` +
        "stop it, or choose another tunnel\n",
    ]);
    expect(lab.status("home-agent").bindings).toHaveLength(1);
    expect(lab.ping(lab.mobile, CORRESPONDENT)).toBe(true);
  });

  it("a killed home agent is followed by one that clears up, and has the binding before it hears anything", async () => {
    const { careofAddress } = lab.status("home-agent").bindings![0];
    await homeAgent.kill();
    expect(lab.state(lab.home)).not.toBe(before.home); // forwarding is still on
    ip("-n", lab.router, "link", "set", "net-a", "down"); // the mobile node cannot say anything
    ip("-n", lab.router, "link", "set", "net-b", "down");
    homeAgent = await lab.startHomeAgent();
    expect(homeAgent.output).toMatch(/a predecessor was killed: [1-9]\d* of its changes/);
    expect(lab.status("home-agent").bindings).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress }]);
    ip("-n", lab.router, "link", "set", "net-a", "up");
    ip("-n", lab.router, "link", "set", "net-b", "up");
    for (const name of ["net-a", "net-b"]) {
      ip("-n", lab.router, "addr", "add", "fe80::1/64", "dev", name, "nodad");
    }
    for (const [name, network] of [
      ["net-a", "a"],
      ["net-b", "b"],
    ])
      ip("-n", lab.router, "addr", "add", `2001:db8:${network}::1/64`, "dev", name, "nodad");
    await lab.registered("2001:db8:");
    await eventually(() => lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT) || undefined);
  });

  it("a killed mobile node is followed by one that clears up and registers", async () => {
    await mobileNode.kill();
    // what its sessions would still send does not leave plain
    const onVisitedLink = ["2001:db8:a::1", "from", HOME_ADDRESS];
    expect(() => ip("-n", lab.mobile, "-6", "route", "get", ...onVisitedLink)).toThrow(/No route to host/);
    mobileNode = await lab.startMobileNode();
    expect(ip("-n", lab.mobile, "-6", "route", "get", ...onVisitedLink)).toContain("dev mext0");
    expect(mobileNode.output).toMatch(/a predecessor was killed: [1-9]\d* of its changes/);
    await lab.registered("2001:db8:a:");
    expect(lab.ping(lab.router, HOME_ADDRESS, "-I", CORRESPONDENT)).toBe(true);
  });

  it("a key file that others can read is told at the start", async () => {
    await homeAgent.stop();
    const keyFile = lab.file("open.key", KEY);
    chmodSync(keyFile, 0o644);
    const path = lab.homeAgentConfig();
    writeFileSync(path, readFileSync(path, "utf8").replace(/^key = .*/m, `key_file = "${keyFile}"`));
    homeAgent = lab.start(lab.home, "home-agent", path);
    await homeAgent.logs("key_file: names a file that is not its owner's only");
    await homeAgent.logs("is running");
  });

  it("at the end of all this, the system is as it was", async () => {
    expect(await mobileNode.stop()).toBe(0);
    expect(await homeAgent.stop()).toBe(0);
    expect(lab.state(lab.home)).toBe(before.home);
    const routes = ip("-n", lab.mobile, "-6", "route") + ip("-n", lab.mobile, "addr");
    expect(routes).not.toMatch(/mext0|proto static|2001:db8:100:/);
    expect(settingsOf(lab.state(lab.mobile))).toEqual(settingsOf(before.mobile));
  });
});

/** The kernel settings in what `Lab.state` gives. */
function settingsOf(state: string): string[] {
  return state.split("\n").filter((line) => line.startsWith("net."));
}
