/** What each role changes on its host, and what becomes of it. */
import { describe, expect, it } from "vitest";
import { formatAddress, parseAddress, parseIpv4Address } from "../../bindings/address.ts";
import { REACH_DEFAULTS, type RouteOptimisationSettings } from "../../bindings/commands.ts";
import type { Engine } from "../../bindings/engine.ts";
import { CorrespondentAccess } from "../../platforms/linux/correspondent-access.ts";
import { HomeLinkAccess } from "../../platforms/linux/home-link-access.ts";
import { MobileNodeAccess } from "../../platforms/linux/mobile-node-access.ts";
import { SendFailures } from "../../platforms/linux/send-queue.ts";
import type { CorrespondentLoopSettings, HomeLinkLoopSettings } from "../../platforms/linux/settings.ts";
import { listAddresses } from "../../platforms/linux/system/addresses.ts";
import { receiveOffload } from "../../platforms/linux/system/offload.ts";
import { OrdersBed, OTHER } from "./orders-bed.ts";
import { cannotRun, eventually, inside, ip, ipJson } from "./system/namespace.ts";
import { ipv6, MOBILITY, mobilityHeader } from "./system/packets.ts";
import { LEFT, RIGHT } from "./system/testbed.ts";

const UDP = 17;

describe.skipIf(cannotRun)(`access${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  const bed = new OrdersBed();

  describe("of a mobile node", () => {
    const settings = {
      role: "mobile-node", tunnel: "mext0", homeAddress: OTHER, uplinks: ["eth0"],
      core: undefined as never, correspondent: undefined as never,
      routeOptimisation: undefined as unknown as RouteOptimisationSettings, reach: REACH_DEFAULTS,
    } as const;

    it("at home its traffic does not go into the tunnel, and no socket loses the home address", async () => {
      const access = inside(bed.left.namespace, () => new MobileNodeAccess(bed.linux, settings));
      const network = bed.orders(OTHER);
      access.useTunnel(true);
      expect(bed.routeTo("2001:db8:ffff::1")).toMatchObject({ dev: "mext0", prefsrc: OTHER });

      network.addDefaultRoute(1, parseAddress("fe80::1"));
      network.addAddress(1, parseAddress(OTHER), 64);
      access.useTunnel(false);
      access.useTunnel(false);
      // a new session gets the home address, and not a care-of address of the same link
      expect(bed.routeTo("2001:db8:ffff::1")).toMatchObject({ dev: "eth0", gateway: "fe80::1", prefsrc: OTHER });
      const holders = () => listAddresses(bed.linux.netlink).filter(({ address }) => address === OTHER).length;
      expect(holders()).toBe(2);
      // the kernel answers for it on the link
      const seen = ip("netns", "exec", bed.right.namespace, "ping", "-c", "1", "-W", "2", "-I", "eth0", LEFT);
      expect(seen).toContain(" 0% packet loss");
      ip("-n", bed.right.namespace, "-6", "route", "add", `${OTHER}/128`, "dev", "eth0");
      await eventually(() => {
        const answer = ip("netns", "exec", bed.right.namespace, "ping", "-c", "1", "-W", "1", "-I", RIGHT, OTHER);
        return answer.includes(" 0% packet loss") || undefined;
      });
      ip("-n", bed.right.namespace, "-6", "route", "del", `${OTHER}/128`);

      network.removeAddress(1, parseAddress(OTHER), 64);
      expect(ipJson(bed.left.namespace, "-6", "route", "show", "default", "dev", "eth0")[0]).not.toHaveProperty("prefsrc");
      network.removeDefaultRoute(1);
      access.useTunnel(true);
      expect(holders()).toBe(1);
      expect(bed.routeTo("2001:db8:ffff::1")).toMatchObject({ dev: "mext0", prefsrc: OTHER });
      network.clear();
      expect(bed.reports).toEqual([]);
    });

    it("a further home address is on the tunnel device", () => {
      inside(bed.left.namespace, () => new MobileNodeAccess(bed.linux, settings));
      const network = bed.orders(OTHER);
      network.addAddress(0, parseAddress("2001:db8:78::18"), 128);
      const onTunnel = () => listAddresses(bed.linux.netlink, bed.linux.tun.interfaceIndex).map(({ address }) => address);
      expect(onTunnel().sort()).toEqual([OTHER, "2001:db8:78::18"]);
      network.removeAddress(0, parseAddress("2001:db8:78::18"), 128);
      expect(onTunnel()).toEqual([OTHER]);
    });

    it("with an IPv4 home address, IPv4 goes into the tunnel, whatever default routes there are; what is bound to an uplink does not", () => {
      const reach = { ...REACH_DEFAULTS, ipv4HomeAddress: parseIpv4Address("198.51.100.17") };
      const { namespace } = bed.left;
      ip("-n", namespace, "addr", "add", "192.0.2.10/24", "dev", "eth0");
      ip("-n", namespace, "route", "add", "default", "via", "192.0.2.1", "dev", "eth0"); // of metric 0
      const access = inside(namespace, () => new MobileNodeAccess(bed.linux, { ...settings, reach }));
      access.useTunnel(true);
      const routeTo = (...words: string[]) => ipJson(namespace, "route", "get", ...words)[0];
      expect(routeTo("203.0.113.9")).toMatchObject({ dev: "mext0", prefsrc: "198.51.100.17" });
      expect(routeTo("203.0.113.9", "oif", "eth0")).toMatchObject({ dev: "eth0", gateway: "192.0.2.1" });
      // to a host of the visited link, only what has the home address as its source
      expect(routeTo("192.0.2.9")).toMatchObject({ dev: "eth0" });
      expect(routeTo("192.0.2.9", "from", "198.51.100.17")).toMatchObject({ dev: "mext0" });

      access.lookingUp(true); // queries for a name get out
      expect(routeTo("203.0.113.9")).toMatchObject({ dev: "eth0", gateway: "192.0.2.1" });
      expect(routeTo("203.0.113.9", "from", "198.51.100.17")).toMatchObject({ dev: "mext0" });
      access.lookingUp(false);
      access.observe({ name: "Ipv4HomeAddress", atMs: 0, fields: { status: 129 } }); // refused: as if there were none
      expect(routeTo("203.0.113.9")).toMatchObject({ dev: "eth0" });
      expect(bed.reports).toEqual(["the home agent refuses the IPv4 home address 198.51.100.17: administratively prohibited"]);
      access.observe({ name: "Ipv4HomeAddress", atMs: 0, fields: { status: 0 } });
      expect(routeTo("203.0.113.9")).toMatchObject({ dev: "mext0" });
      access.useTunnel(false); // at home
      expect(routeTo("203.0.113.9", "from", "198.51.100.17")).toMatchObject({ dev: "eth0" });
      ip("-n", namespace, "addr", "del", "192.0.2.10/24", "dev", "eth0");
    });

    it("a dynamic IPv4 home address brings its routes, and takes them with it", () => {
      const { namespace } = bed.left;
      const access = inside(namespace, () => new MobileNodeAccess(bed.linux, settings));
      const network = bed.orders(OTHER);
      access.useTunnel(true);
      const address = parseIpv4Address("198.51.100.64");
      for (let round = 0; round < 2; round++) {
        access.homeAddressChanged("198.51.100.64", true);
        network.addAddress(0, address, 128);
        expect(ipJson(namespace, "route", "get", "203.0.113.9")[0]).toMatchObject({ dev: "mext0", prefsrc: "198.51.100.64" });
        expect(ip("-n", namespace, "-4", "rule")).toContain("from 198.51.100.64 lookup");
        network.removeAddress(0, address, 128);
        access.homeAddressChanged("198.51.100.64", false);
        expect(ip("-n", namespace, "-4", "rule")).not.toContain("198.51.100.64");
        expect(ip("-n", namespace, "-4", "route", "show", "table", "all")).not.toContain("mext0");
      }
      access.useTunnel(false);
      expect(bed.reports).toEqual([]);
    });

    it("what has a home address as its source goes into the tunnel, also to a host of the visited link", () => {
      const further = "2001:db8:78::18";
      const access = inside(bed.left.namespace, () => new MobileNodeAccess(bed.linux, settings));
      const network = bed.orders(OTHER);
      const receiver = bed.right.receiver({ nextHeaders: [UDP, MOBILITY] });
      const say = (source: string) => {
        const program = `
          const socket = require("dgram").createSocket("udp6");
          socket.bind(0, "${source}", () => socket.send("hello", 9, "${RIGHT}", () => socket.close()));`;
        ip("netns", "exec", bed.left.namespace, process.execPath, "-e", program);
        const from = (packets: Buffer[]) => packets.filter((packet) => (
          packet.includes("hello") && formatAddress(packet.subarray(8, 24)) === source
        )).length;
        return { plain: from(bed.right.receive(receiver).map(({ bytes }) => bytes)), tunnelled: from(bed.tunnelled()) };
      };
      const [plain, tunnelled] = [{ plain: 1, tunnelled: 0 }, { plain: 0, tunnelled: 1 }];

      access.useTunnel(true);
      expect([say(LEFT), say(OTHER)]).toEqual([plain, tunnelled]);
      const routeFrom = (words: string[]) => ipJson(bed.left.namespace, "route", "get", ...words, "from", OTHER)[0];
      expect(routeFrom(["fe80::b", "oif", "eth0"])).toMatchObject({ dev: "eth0" });
      access.homeAddressChanged(further, true);
      network.addAddress(0, parseAddress(further), 128);
      expect(say(further)).toEqual(tunnelled);
      // the core speaks for itself
      bed.send(ipv6(OTHER, RIGHT, mobilityHeader()), bed.linux.mark);
      expect(bed.right.receive(receiver).filter(({ bytes }) => bytes[6] === MOBILITY)).toHaveLength(1);
      expect(bed.tunnelled()).toEqual([]);

      access.useTunnel(false); // at home
      expect([say(OTHER), say(further)]).toEqual([plain, plain]);
      access.useTunnel(true);
      expect([say(OTHER), say(further)]).toEqual([tunnelled, tunnelled]);

      network.removeAddress(0, parseAddress(further), 128);
      access.homeAddressChanged(further, false);
      expect(ip("-n", bed.left.namespace, "-6", "rule")).not.toContain(further);
      // as when the daemon was killed: nothing leaves plain
      ip("-n", bed.left.namespace, "link", "set", "mext0", "down");
      expect(say(OTHER)).toEqual({ plain: 0, tunnelled: 0 });
      receiver.close();
      network.clear();
      expect(bed.reports).toEqual([]);
    });
  });

  describe("of a correspondent node", () => {
    const settings = {
      role: "correspondent", tunnel: "mext0", addresses: [LEFT], maxBindings: 10,
      core: undefined as unknown as CorrespondentLoopSettings["core"],
    } as const;

    it("receive offload is off only while there are bindings", () => {
      inside(bed.left.namespace, () => {
        const access = new CorrespondentAccess(bed.linux, settings, 1500);
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
      inside(bed.left.namespace, () => new CorrespondentAccess(bed.linux, absent, 1500));
      expect(bed.reports).toEqual(["2001:db8:dead::1 is on no interface of this host yet"]);
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
      inside(bed.left.namespace, () => new HomeLinkAccess(bed.linux, { ...settings, ...changed }, prefixes, false));

    it("its address and its prefixes are on the link, and the core learns the interface", async () => {
      const link = open();
      const onLink = ipJson(bed.left.namespace, "-6", "route", "show", "dev", "eth0").map(({ dst }) => dst);
      expect(onLink).toEqual(expect.arrayContaining(prefixes));
      expect(onLink.filter((dst) => dst === prefixes[0])).toHaveLength(1);
      const [{ address }] = ipJson(bed.left.namespace, "link", "show", "eth0") as [{ address: string }];
      expect(link.device()).toEqual({
        index: 2, kind: "access", mtu: 1500, up: true,
        linkAddress: Uint8Array.from(Buffer.from(address.replaceAll(":", ""), "hex")),
      });
      const placed = () => listAddresses(bed.linux.netlink).find((each) => each.address === "2001:db8:100::1");
      await eventually(() => placed()?.tentative === false || undefined);
    });

    it("the groups in which neighbours ask for intercepted addresses are joined", () => {
      const link = open();
      const engine = { slots: 1, slotBytes: 2048, slotPointer: () => 64 * 1024 } as unknown as Engine;
      const { mark } = bed.linux;
      inside(bed.left.namespace, () => link.open({ engine, packets: bed.left.memory, failures: new SendFailures(), mark }));
      const isMember = () => ip("-n", bed.left.namespace, "maddr", "show", "dev", "eth0").includes("ff02::1:ff00:17");
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
      ip("-n", bed.left.namespace, "addr", "add", "2001:db8:100::1/64", "dev", "eth0", "nodad");
      open();
      inside(bed.left.namespace, () => bed.linux.close());
      expect(ip("-n", bed.left.namespace, "addr")).toContain("2001:db8:100::1/64");
      ip("-n", bed.left.namespace, "addr", "del", "2001:db8:100::1/64", "dev", "eth0");
    });

    it.each([
      ["no such interface", { interface: "eth7" }, "the home link eth7 is not there: ip link shows what is"],
      ["no link", { interface: "lo" }, "lo has no Ethernet address: the home link must be one that hosts share"],
      ["an address that is elsewhere", { addresses: [{ address: "2001:db8:100::2", lengthBits: 64 }] },
        "2001:db8:100::2 is on lo, and not on the home link: ip addr del 2001:db8:100::2/128 dev lo"],
    ])("cannot start: %s", (_title, changed, message) => {
      ip("-n", bed.left.namespace, "addr", "add", "2001:db8:100::2/128", "dev", "lo", "nodad");
      expect(() => open(changed)).toThrow(message);
      ip("-n", bed.left.namespace, "addr", "del", "2001:db8:100::2/128", "dev", "lo");
    });
  });
});
