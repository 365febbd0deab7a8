/** The core's orders to the kernel, given by hand: what the kernel then does with real packets. */
import { spawn } from "node:child_process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import type { RouteOptimisationSettings } from "../../bindings/commands.ts";
import type { Engine } from "../../bindings/engine.ts";
import { CorrespondentAccess } from "../../platforms/node/correspondent-access.ts";
import { HomeLinkAccess } from "../../platforms/node/home-link-access.ts";
import { type Linux, openLinux } from "../../platforms/node/linux.ts";
import { MobileNodeAccess } from "../../platforms/node/mobile-node-access.ts";
import { NetworkOrders } from "../../platforms/node/network-orders.ts";
import { SendFailures } from "../../platforms/node/send-queue.ts";
import type { CorrespondentLoopSettings, HomeLinkLoopSettings } from "../../platforms/node/settings.ts";
import type { AccessReceiver } from "../../platforms/node/system/access-receive.ts";
import { listAddresses } from "../../platforms/node/system/addresses.ts";
import { receiveOffload, setReceiveOffload } from "../../platforms/node/system/offload.ts";
import { firstOutput, kill } from "./system/child.ts";
import { cannotRun, eventually, inside, ip, ipJson, removeNamespaces } from "./system/namespace.ts";
import { icmpv6, ipv6, MOBILITY, mobilityHeader, type Part } from "./system/packets.ts";
import { LEFT, RIGHT, type TestNode, twoNodes } from "./system/testbed.ts";

const HOME = "2001:db8:77::17";
const OTHER = "2001:db8:77::18";
const GROUP = "ff0e::db8:1";
const ANYCAST = "2001:db8::fdff:ffff:ffff:fffe";
const UDP: Part = { protocol: 17, bytes: Uint8Array.of(0, 7, 0, 7, 0, 8, 0, 0) };
const DISCOVERY_REQUEST = 144;

describe.skipIf(cannotRun)(`orders${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let left: TestNode;
  let right: TestNode;
  let arrivals: AccessReceiver;
  let linux: Linux;
  let before: string;
  const reports: string[] = [];

  beforeAll(async () => {
    [left, right] = await twoNodes("orders");
    ip("-n", right.namespace, "addr", "add", `${HOME}/128`, "dev", "lo");
    ip("-n", left.namespace, "-6", "route", "add", "2001:db8:77::/64", "via", RIGHT);
    inside(left.namespace, () => setReceiveOffload("eth0", true));
    arrivals = right.receiver();
  });
  afterAll(() => {
    arrivals?.close();
    removeNamespaces();
  });

  beforeEach(() => {
    before = state();
    reports.length = 0;
    linux = inside(left.namespace, () => openLinux("mext0", 1400, (warning) => reports.push(warning)));
  });
  afterEach(() => {
    expect(inside(left.namespace, () => linux.close())).toEqual([]);
    expect(state()).toBe(before);
  });

  /** What orders may change. */
  function state(): string {
    const shown = [["addr"], ["route", "show", "table", "all"], ["rule"]].map((words) => (
      ip("-n", left.namespace, "-6", "-j", ...words)
    ));
    return [...shown, inside(left.namespace, () => String(receiveOffload("eth0")))].join("\n");
  }

  function orders(ownAddress?: string, device = 1): NetworkOrders {
    return new NetworkOrders(linux, ownAddress, (each) => {
      return each === device ? left.interfaceIndex : each === 0 ? linux.tun.interfaceIndex : undefined;
    });
  }

  /** The packets that came out of the tunnel device. */
  function tunnelled(): Buffer[] {
    const at = 128 * 1024;
    const packets: Buffer[] = [];
    for (;;) {
      const length = linux.tun.read(left.memory.addressAt(at), 2048);
      if (length === 0) return packets;
      packets.push(Buffer.from(new Uint8Array(left.wasm.buffer, at, length).slice()));
    }
  }

  function send(packet: Uint8Array, mark?: number): void {
    const sender = left.sender({ mark });
    expect(left.send(sender, packet)).toBe(0);
    sender.close();
  }

  const routeTo = (address: string) => ipJson(left.namespace, "route", "get", address)[0];
  const arrived = () => right.receive(arrivals).filter(({ bytes }) => bytes[6] === MOBILITY).length;

  describe("a route into the tunnel", () => {
    it("takes what this host sends to that address, from its own address, and nothing else", () => {
      const network = orders(LEFT);
      expect(network.addRoute(parseAddress(HOME), 128)).toBe(1);
      expect(routeTo(HOME)).toMatchObject({ dev: "mext0", prefsrc: LEFT });
      expect(routeTo(OTHER)).toMatchObject({ dev: "eth0", gateway: RIGHT });
      const packet = ipv6(LEFT, HOME, mobilityHeader());
      send(packet);
      expect(tunnelled()).toEqual([Buffer.from(packet)]);
      expect(arrived()).toBe(0);
      network.clear();
    });

    it("takes what a session sends that was there before", async () => {
      const network = orders(LEFT);
      network.addRoute(parseAddress(OTHER), 128); // the rule is there as well
      const serve = `require("net").createServer((s) => s.on("error", () => {})).listen(7, "::", () => console.log("ready"))`;
      const server = inside(right.namespace, () => spawn(process.execPath, ["-e", serve]));
      expect(await firstOutput(server)).toBe("ready");
      const talk = `
        const socket = require("net").connect(7, "${HOME}", () => { socket.write("before"); console.log("ready"); });
        process.on("SIGUSR2", () => socket.write("behind"));`;
      const client = inside(left.namespace, () => spawn(process.execPath, ["-e", talk]));
      expect(await firstOutput(client)).toBe("ready");
      network.addRoute(parseAddress(HOME), 128);
      expect(tunnelled()).toEqual([]);
      client.kill("SIGUSR2");
      const [packet] = await eventually(() => {
        const packets = tunnelled();
        return packets.length > 0 ? packets : undefined;
      });
      expect(packet.toString("latin1")).toMatch(/behind$/);
      for (const program of [client, server]) await kill(program);
      tunnelled();
      network.clear();
    });

    it("does not take what the core sends: it would come back for ever", () => {
      const network = orders(LEFT);
      network.addRoute(parseAddress(HOME), 128);
      send(ipv6(LEFT, HOME, mobilityHeader()), linux.mark);
      expect(tunnelled()).toEqual([]);
      expect(arrived()).toBe(1);
      network.clear();
    });

    it("counts before a route of the same length that a person has made", () => {
      ip("-n", left.namespace, "-6", "route", "add", `${HOME}/128`, "via", RIGHT, "metric", "1");
      const network = orders();
      network.addRoute(parseAddress(HOME), 128);
      expect(routeTo(HOME)).toMatchObject({ dev: "mext0" });
      network.removeRoute(parseAddress(HOME), 128);
      expect(routeTo(HOME)).toMatchObject({ dev: "eth0" });
      ip("-n", left.namespace, "-6", "route", "del", `${HOME}/128`);
      network.clear();
    });

    it("is there once, however often it is ordered, and one that is not there is missed by nobody", () => {
      const network = orders();
      expect(network.addRoute(parseAddress(HOME), 128)).toBe(1);
      expect(network.addRoute(parseAddress(HOME), 128)).toBe(1);
      expect(network.addRoute(parseAddress(OTHER), 128)).toBe(2);
      expect(network.removeRoute(parseAddress(OTHER), 128)).toBe(1);
      expect(network.removeRoute(parseAddress(OTHER), 128)).toBe(1);
      expect(network.removeRoute(parseAddress(HOME), 128)).toBe(0);
      expect(reports).toEqual([]);
      network.clear();
    });

    it("leaves nothing behind when the daemon only closes", () => {
      orders().addRoute(parseAddress(HOME), 128);
    });

    it("is reported when the kernel refuses it", () => {
      const network = orders("2001:db8:dead::1");
      expect(network.addRoute(parseAddress(HOME), 128)).toBe(0);
      expect(reports).toEqual([expect.stringMatching(/^add route to 2001:db8:77::17\/128: EINVAL/)]);
    });
  });

  it("a neighbour's link-layer address is known without a question", () => {
    const linkAddress = Uint8Array.of(2, 0, 0, 0, 0, 7);
    orders().addNeighbour(1, parseAddress("fe80::7"), linkAddress);
    const known = ipJson(left.namespace, "neigh", "show", "dev", "eth0");
    expect(known).toContainEqual({ dst: "fe80::7", lladdr: "02:00:00:00:00:07", state: ["REACHABLE"] });
    ip("-n", left.namespace, "neigh", "del", "fe80::7", "dev", "eth0");
    orders().addNeighbour(9, parseAddress("fe80::7"), linkAddress);
    expect(reports).toEqual([]);
  });

  it("all groups are heard when that is ordered, and only then", () => {
    const receiver = right.receiver({ interfaceIndex: right.interfaceIndex });
    const sender = left.sender({ interfaceIndex: left.interfaceIndex });
    const heard = () => {
      left.send(sender, ipv6(LEFT, GROUP, UDP));
      return right.receive(receiver).filter(({ bytes }) => bytes[24] === 0xff && bytes[6] === 17).length;
    };
    const counted = () => ip("-n", right.namespace, "-d", "link", "show", "eth0").match(/allmulti (\d+)/)?.[1];
    expect([heard(), counted()]).toEqual([0, "0"]);
    receiver.hearGroups(true);
    expect([heard(), counted()]).toEqual([1, "1"]);
    receiver.hearGroups(false);
    expect([heard(), counted()]).toEqual([0, "0"]);
    receiver.hearGroups(true);
    receiver.close();
    sender.close();
    expect(counted()).toBe("0");
  });

  it("the anycast address of home agents is answered for on the link, until the socket closes", () => {
    ip("netns", "exec", right.namespace, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1");
    const request = ipv6(LEFT, ANYCAST, icmpv6(LEFT, ANYCAST, DISCOVERY_REQUEST, new Uint8Array(4)));
    const discovered = () => {
      send(request);
      return right.receive(arrivals, 1300).filter(({ bytes }) => bytes[40] === DISCOVERY_REQUEST).length;
    };
    expect(discovered()).toBe(0);
    ip("-n", left.namespace, "neigh", "flush", "dev", "eth0");
    const owner = right.sender();
    owner.joinAnycast(ANYCAST, right.interfaceIndex);
    expect(discovered()).toBe(1);
    owner.close();
    expect(ip("netns", "exec", right.namespace, "cat", "/proc/net/anycast6")).not.toContain("fdffffff");
    ip("netns", "exec", right.namespace, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=0");
  }, 15_000);

  describe("of a mobile node", () => {
    const settings = {
      role: "mobile-node", tunnel: "mext0", homeAddress: OTHER, uplinks: ["eth0"],
      core: undefined as never, correspondent: undefined as never,
      routeOptimisation: undefined as unknown as RouteOptimisationSettings,
    } as const;

    it("at home its traffic does not go into the tunnel, and no socket loses the home address", async () => {
      const access = inside(left.namespace, () => new MobileNodeAccess(linux, settings));
      const network = orders(OTHER);
      access.useTunnel(true);
      expect(routeTo("2001:db8:ffff::1")).toMatchObject({ dev: "mext0", prefsrc: OTHER });

      network.addDefaultRoute(1, parseAddress("fe80::1"));
      network.addAddress(1, parseAddress(OTHER), 64);
      access.useTunnel(false);
      access.useTunnel(false);
      // a new session gets the home address, and not a care-of address of the same link
      expect(routeTo("2001:db8:ffff::1")).toMatchObject({ dev: "eth0", gateway: "fe80::1", prefsrc: OTHER });
      const holders = () => listAddresses(linux.netlink).filter(({ address }) => address === OTHER).length;
      expect(holders()).toBe(2);
      // the kernel answers for it on the link
      const seen = ip("netns", "exec", right.namespace, "ping", "-c", "1", "-W", "2", "-I", "eth0", LEFT);
      expect(seen).toContain(" 0% packet loss");
      ip("-n", right.namespace, "-6", "route", "add", `${OTHER}/128`, "dev", "eth0");
      await eventually(() => {
        const answer = ip("netns", "exec", right.namespace, "ping", "-c", "1", "-W", "1", "-I", RIGHT, OTHER);
        return answer.includes(" 0% packet loss") || undefined;
      });
      ip("-n", right.namespace, "-6", "route", "del", `${OTHER}/128`);

      network.removeAddress(1, parseAddress(OTHER), 64);
      expect(ipJson(left.namespace, "-6", "route", "show", "default", "dev", "eth0")[0]).not.toHaveProperty("prefsrc");
      network.removeDefaultRoute(1);
      access.useTunnel(true);
      expect(holders()).toBe(1);
      expect(routeTo("2001:db8:ffff::1")).toMatchObject({ dev: "mext0", prefsrc: OTHER });
      network.clear();
      expect(reports).toEqual([]);
    });

    it("a further home address is on the tunnel device", () => {
      inside(left.namespace, () => new MobileNodeAccess(linux, settings));
      const network = orders(OTHER);
      network.addAddress(0, parseAddress("2001:db8:78::18"), 128);
      const onTunnel = () => listAddresses(linux.netlink, linux.tun.interfaceIndex).map(({ address }) => address);
      expect(onTunnel().sort()).toEqual([OTHER, "2001:db8:78::18"]);
      network.removeAddress(0, parseAddress("2001:db8:78::18"), 128);
      expect(onTunnel()).toEqual([OTHER]);
    });
  });

  describe("of a correspondent node", () => {
    const settings = {
      role: "correspondent", tunnel: "mext0", addresses: [LEFT], maxBindings: 10,
      core: undefined as unknown as CorrespondentLoopSettings["core"],
    } as const;

    it("receive offload is off only while there are bindings", () => {
      inside(left.namespace, () => {
        const access = new CorrespondentAccess(linux, settings, 1500);
        expect(access.ownAddress).toBe(LEFT);
        expect(receiveOffload("eth0")).toBe(true);
        access.routesChanged(1);
        access.routesChanged(2);
        expect(receiveOffload("eth0")).toBe(false);
        access.routesChanged(0);
        expect(receiveOffload("eth0")).toBe(true);
        access.routesChanged(1);
      });
    });

    it("an address that the host does not have is told", () => {
      const absent = { ...settings, addresses: ["2001:db8:dead::1"] };
      inside(left.namespace, () => new CorrespondentAccess(linux, absent, 1500));
      expect(reports).toEqual(["2001:db8:dead::1 is on no interface of this host yet"]);
    });
  });

  describe("of a home agent on a real home link", () => {
    const prefixes = ["2001:db8:100::/64", "2001:db8:101::/64"];
    const settings: HomeLinkLoopSettings = {
      interface: "eth0",
      addresses: [{ address: "2001:db8:100::1", lengthBits: 64 }],
      core: undefined as never,
    };
    const open = (changed: Partial<HomeLinkLoopSettings> = {}) =>
      inside(left.namespace, () => new HomeLinkAccess(linux, { ...settings, ...changed }, prefixes));

    it("its address and its prefixes are on the link, and the core learns the interface", async () => {
      const link = open();
      const onLink = ipJson(left.namespace, "-6", "route", "show", "dev", "eth0").map(({ dst }) => dst);
      expect(onLink).toEqual(expect.arrayContaining(prefixes));
      expect(onLink.filter((dst) => dst === prefixes[0])).toHaveLength(1);
      const [{ address }] = ipJson(left.namespace, "link", "show", "eth0") as [{ address: string }];
      expect(link.device()).toEqual({
        index: 2, kind: "access", mtu: 1500, up: true,
        linkAddress: Uint8Array.from(Buffer.from(address.replaceAll(":", ""), "hex")),
      });
      const placed = () => listAddresses(linux.netlink).find((each) => each.address === "2001:db8:100::1");
      await eventually(() => placed()?.tentative === false || undefined);
    });

    it("the groups in which neighbours ask for intercepted addresses are joined", () => {
      const link = open();
      const engine = { slots: 1, slotBytes: 2048, slotPointer: () => 64 * 1024 } as unknown as Engine;
      const { mark } = linux;
      inside(left.namespace, () => link.open({ engine, packets: left.memory, failures: new SendFailures(), mark }));
      const isMember = () => ip("-n", left.namespace, "maddr", "show", "dev", "eth0").includes("ff02::1:ff00:17");
      const [address, twin] = ["2001:db8:100::17", "2001:db8:101::17"].map(parseAddress);
      expect(isMember()).toBe(false);
      for (const each of [address, address, twin]) link.intercept(each, true);
      expect(isMember()).toBe(true);
      link.intercept(address, false);
      expect(isMember()).toBe(true);
      link.intercept(twin, false);
      link.intercept(twin, false);
      expect(isMember()).toBe(false);
      link.intercept(address, true);
      link.close();
      expect(isMember()).toBe(false);
    });

    it("an address that a person has put there stays there", () => {
      ip("-n", left.namespace, "addr", "add", "2001:db8:100::1/64", "dev", "eth0", "nodad");
      open();
      inside(left.namespace, () => linux.close());
      expect(ip("-n", left.namespace, "addr")).toContain("2001:db8:100::1/64");
      ip("-n", left.namespace, "addr", "del", "2001:db8:100::1/64", "dev", "eth0");
    });

    it.each([
      ["no such interface", { interface: "eth7" }, "the home link eth7 is not there: ip link shows what is"],
      ["no link", { interface: "lo" }, "lo has no Ethernet address: the home link must be one that hosts share"],
      ["an address that is elsewhere", { addresses: [{ address: "2001:db8:100::2", lengthBits: 64 }] },
        "2001:db8:100::2 is on lo, and not on the home link: ip addr del 2001:db8:100::2/128 dev lo"],
    ])("cannot start: %s", (_title, changed, message) => {
      ip("-n", left.namespace, "addr", "add", "2001:db8:100::2/128", "dev", "lo", "nodad");
      expect(() => open(changed)).toThrow(message);
      ip("-n", left.namespace, "addr", "del", "2001:db8:100::2/128", "dev", "lo");
    });
  });
});
