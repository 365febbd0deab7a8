import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addAddress, listAddresses, removeAddress } from "../../../platforms/linux/system/addresses.ts";
import { monotonicMs } from "../../../platforms/linux/system/clock.ts";
import { linkByName, listLinks, setLink } from "../../../platforms/linux/system/links.ts";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { type NetworkEvent, NetworkMonitor } from "../../../platforms/linux/system/network-monitor.ts";
import { PollSet } from "../../../platforms/linux/system/poll.ts";
import { addRoute, listRoutes, removeRoute, replaceRoute } from "../../../platforms/linux/system/routes.ts";
import { addRule, listRules, removeRule } from "../../../platforms/linux/system/rules.ts";
import { cable, cannotRun, inside, ip, ipJson, makeNamespace, removeNamespaces } from "./namespace.ts";
import { icmpv6, ipv6 } from "./packets.ts";
import { TestNode } from "./testbed.ts";

describe.skipIf(cannotRun)(`netlink${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let namespace: string;
  let neighbour: string;
  let netlink: NetlinkSocket;
  let interfaceIndex: number;

  beforeAll(() => {
    namespace = makeNamespace("netlink");
    neighbour = makeNamespace("neighbour");
    cable(namespace, neighbour);
    netlink = inside(namespace, () => new NetlinkSocket());
    interfaceIndex = linkByName(netlink, "eth0").index;
  });
  afterAll(() => {
    netlink?.close();
    removeNamespaces();
  });

  it("lists links as `ip` does", () => {
    const shown = ipJson(namespace, "link", "show").map((link) => ({
      index: link.ifindex, name: link.ifname, mtuBytes: link.mtu, macAddress: link.address,
      up: (link.flags as string[]).includes("UP"), lowerUp: (link.flags as string[]).includes("LOWER_UP"),
      loopback: (link.flags as string[]).includes("LOOPBACK"),
    }));
    expect(listLinks(netlink)).toEqual(shown);
  });

  it("sets MTU and state of a link", () => {
    setLink(netlink, interfaceIndex, { mtuBytes: 1400 });
    setLink(netlink, interfaceIndex, { up: false });
    expect(ipJson(namespace, "link", "show", "eth0")[0]).toMatchObject({ mtu: 1400, operstate: "DOWN" });
    setLink(netlink, interfaceIndex, { up: true, mtuBytes: 1500 });
    expect(ipJson(namespace, "link", "show", "eth0")[0]).toMatchObject({ mtu: 1500, operstate: "UP" });
  });

  it("adds, lists and removes addresses of both families", () => {
    const home = { interfaceIndex, address: "2001:db8:1::1", prefixLength: 64 };
    const home4 = { interfaceIndex, address: "192.0.2.1", prefixLength: 24 };
    addAddress(netlink, home);
    addAddress(netlink, home4);
    const [{ addr_info }] = ipJson(namespace, "addr", "show", "eth0") as [{ addr_info: object[] }];
    const like = (properties: object) => expect.objectContaining(properties);
    expect(addr_info).toContainEqual(like({ local: home.address, prefixlen: 64, nodad: true }));
    expect(addr_info).toContainEqual(like({ local: home4.address, prefixlen: 24 }));
    const state = { scope: "global", tentative: false, permanent: true };
    expect(listAddresses(netlink, interfaceIndex)).toContainEqual(like({ ...home, ...state }));
    expect(() => addAddress(netlink, home)).toThrow(expect.objectContaining({ code: "EEXIST" }));
    removeAddress(netlink, home);
    removeAddress(netlink, home4);
    expect(ip("-n", namespace, "addr", "show", "eth0")).not.toMatch(/2001:db8:1::1|192\.0\.2\.1/);
    expect(() => removeAddress(netlink, home)).toThrow(expect.objectContaining({ code: "EADDRNOTAVAIL" }));
  });

  it("adds, replaces, lists and removes routes", () => {
    const address = { interfaceIndex, address: "2001:db8:1::1", prefixLength: 64 };
    addAddress(netlink, address);
    const route = {
      destination: "2001:db8:2::/48", interfaceIndex, gateway: "2001:db8:1::2",
      preferredSource: "2001:db8:1::1", metric: 50, table: 1000,
    };
    const shown = () => ipJson(namespace, "-6", "route", "show", "table", "1000");
    addRoute(netlink, route);
    expect(shown()).toEqual([expect.objectContaining({
      dst: route.destination, gateway: route.gateway, dev: "eth0", prefsrc: route.preferredSource, metric: 50,
    })]);
    expect(listRoutes(netlink, 1000)).toEqual([expect.objectContaining({ ...route, type: "unicast" })]);
    replaceRoute(netlink, { ...route, gateway: "2001:db8:1::3" });
    expect(shown()).toEqual([expect.objectContaining({ gateway: "2001:db8:1::3" })]);
    removeRoute(netlink, { destination: route.destination, table: 1000 });
    addRoute(netlink, { destination: "::/0", type: "blackhole", table: 1000 });
    expect(shown()).toEqual([expect.objectContaining({ type: "blackhole", dst: "default" })]);
    removeRoute(netlink, { destination: "::/0", type: "blackhole", table: 1000 });
    expect(() => removeRoute(netlink, { destination: "::/0", table: 1000 })).toThrow(/ESRCH.*no such route/);
    removeAddress(netlink, address);
  });

  it("adds, lists and removes rules", () => {
    const selector = { from: "2001:db8:1::/64", to: "2001:db8:2::1/128", protocol: 41 };
    const rule = { priority: 77, ...selector, action: "lookup", table: 1000 } as const;
    addRule(netlink, rule);
    addRule(netlink, { priority: 78, mark: 5, action: "blackhole" });
    const shown = ipJson(namespace, "-6", "rule", "show");
    expect(shown).toContainEqual(expect.objectContaining({
      priority: 77, src: "2001:db8:1::", srclen: 64, dst: "2001:db8:2::1", table: "1000",
    }));
    expect(shown).toContainEqual(expect.objectContaining({ priority: 78, fwmark: "0x5" }));
    expect(listRules(netlink)).toContainEqual(expect.objectContaining(rule));
    removeRule(netlink, rule);
    removeRule(netlink, { priority: 78, mark: 5, action: "blackhole" });
    expect(listRules(netlink).map(({ priority }) => priority)).toEqual([0, 32766]);
    expect(() => removeRule(netlink, rule)).toThrow(/ENOENT.*no such rule/);
  });

  it("says what the kernel says about a refused request", () => {
    const route = { destination: "2001:db8:2::/48", interfaceIndex, gateway: "2001:db8:dead::1" };
    expect(() => addRoute(netlink, route)).toThrow(/EHOSTUNREACH|ENETUNREACH|EINVAL/);
    expect(() => setLink(netlink, interfaceIndex, { mtuBytes: 1 })).toThrow(/EINVAL.*less than .* minimum/);
    expect(() => setLink(netlink, 9999, { up: true })).toThrow(expect.objectContaining({ code: "ENODEV" }));
  });

  describe("monitor", () => {
    let monitor: NetworkMonitor;
    let poll: PollSet;
    beforeAll(() => {
      monitor = inside(namespace, () => new NetworkMonitor());
      poll = new PollSet();
      poll.add(monitor.fd);
    });
    afterAll(() => monitor?.close());

    /** Reads events until one is as wanted; returns it and how long that took. */
    function until(wanted: (event: NetworkEvent) => boolean): [NetworkEvent | undefined, number] {
      const start = monotonicMs();
      while (monotonicMs() - start < 1000 && poll.wait(1000) > 0) {
        const event = monitor.read().find(wanted);
        if (event !== undefined) return [event, monotonicMs() - start];
      }
      return [undefined, Infinity];
    }

    it("tells at once that a link went down, and that it came up", () => {
      const isEth0 = (up: boolean) => (event: NetworkEvent) =>
        event.kind === "link" && event.link.index === interfaceIndex && event.link.up === up;
      setLink(netlink, interfaceIndex, { up: false });
      const [down, latencyMs] = until(isEth0(false));
      expect(down).toMatchObject({ link: { name: "eth0", lowerUp: false } });
      expect(latencyMs).toBeLessThan(50);
      setLink(netlink, interfaceIndex, { up: true });
      expect(until(isEth0(true))[0]).toMatchObject({ link: { name: "eth0" } });
    });

    it("tells that the other end of the cable was pulled out", () => {
      const lowerIs = (lowerUp: boolean) => (event: NetworkEvent) =>
        event.kind === "link" && event.link.index === interfaceIndex && event.link.lowerUp === lowerUp;
      ip("-n", neighbour, "link", "set", "eth0", "down");
      expect(until(lowerIs(false))[0]).toMatchObject({ link: { up: true } });
      ip("-n", neighbour, "link", "set", "eth0", "up");
      expect(until(lowerIs(true))[0]).toBeDefined();
    });

    it("tells of addresses that come and go", () => {
      const entry = { interfaceIndex, address: "2001:db8:1::9", prefixLength: 64 };
      addAddress(netlink, entry);
      expect(until(({ kind }) => kind === "address")[0]).toMatchObject({ address: entry });
      removeAddress(netlink, entry);
      expect(until((event) => event.kind === "address-removed")[0]).toMatchObject({ address: entry });
    });

    it("tells of an advertised prefix at once, before an address is made from it", async () => {
      const router = new TestNode(neighbour, "2001:db8:3::1");
      const sender = router.sender();
      const source = await router.linkLocal();
      // hop limit, flags, router lifetime, timers; then a prefix information option (RFC 4861 §4.2, §4.6.2)
      const advertisement = "400000000000000000000000";
      const prefixInformation = "030440c000000e100000070800000000" + "20010db8000300000000000000000000";
      const body = Buffer.from(advertisement + prefixInformation, "hex");
      const packet = ipv6(source, "ff02::1", icmpv6(source, "ff02::1", 134, body));
      packet[7] = 255;
      expect(router.send(sender, packet, router.interfaceIndex)).toBe(0);
      const [event] = until(({ kind }) => kind === "prefix");
      expect(event).toMatchObject({
        prefix: {
          interfaceIndex, prefix: "2001:db8:3::/64", onLink: true, autonomous: true,
          validLifetimeSeconds: 3600, preferredLifetimeSeconds: 1800,
        },
      });
      sender.close();
    });

    it("tells that an interface was removed", () => {
      ip("-n", namespace, "link", "del", "eth0");
      expect(until(({ kind }) => kind === "link-removed")[0]).toMatchObject({ link: { name: "eth0" } });
    });
  });
});
