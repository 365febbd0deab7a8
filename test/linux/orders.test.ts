/** The core's orders to the kernel, given by hand: what the kernel then does with real packets. */
import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import type { AccessReceiver } from "../../platforms/linux/system/access-receive.ts";
import { type AddressState, listAddresses } from "../../platforms/linux/system/addresses.ts";
import { HOME, OrdersBed, OTHER } from "./orders-bed.ts";
import { firstOutput, kill } from "./system/child.ts";
import { cannotRun, eventually, inside, ip, ipJson } from "./system/namespace.ts";
import { icmpv6, ipv6, MOBILITY, mobilityHeader, type Part } from "./system/packets.ts";
import { LEFT, RIGHT } from "./system/testbed.ts";

const GROUP = "ff0e::db8:1";
const ANYCAST = "2001:db8::fdff:ffff:ffff:fffe";
const UDP: Part = { protocol: 17, bytes: Uint8Array.of(0, 7, 0, 7, 0, 8, 0, 0) };
const DISCOVERY_REQUEST = 144;

describe.skipIf(cannotRun)(`orders${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  const bed = new OrdersBed();
  let arrivals: AccessReceiver;
  beforeAll(() => {
    arrivals = bed.right.receiver();
  });
  afterAll(() => arrivals?.close());

  const arrived = () => bed.right.receive(arrivals).filter(({ bytes }) => bytes[6] === MOBILITY).length;

  describe("a route into the tunnel", () => {
    it("takes what this host sends to that address, from its own address, and nothing else", () => {
      const network = bed.orders(LEFT);
      expect(network.addRoute(parseAddress(HOME), 128)).toBe(1);
      expect(bed.routeTo(HOME)).toMatchObject({ dev: "mext0", prefsrc: LEFT });
      expect(bed.routeTo(OTHER)).toMatchObject({ dev: "eth0", gateway: RIGHT });
      const packet = ipv6(LEFT, HOME, mobilityHeader());
      bed.send(packet);
      expect(bed.tunnelled()).toEqual([Buffer.from(packet)]);
      expect(arrived()).toBe(0);
      network.clear();
    });

    it("takes what a session sends that was there before", async () => {
      const network = bed.orders(LEFT);
      network.addRoute(parseAddress(OTHER), 128); // the rule is there as well
      const serve = `require("net").createServer((s) => s.on("error", () => {})).listen(7, "::", () => console.log("ready"))`;
      const server = inside(bed.right.namespace, () => spawn(process.execPath, ["-e", serve]));
      expect(await firstOutput(server)).toBe("ready");
      const talk = `
        const socket = require("net").connect(7, "${HOME}", () => { socket.write("before"); console.log("ready"); });
        process.on("SIGUSR2", () => socket.write("behind"));`;
      const client = inside(bed.left.namespace, () => spawn(process.execPath, ["-e", talk]));
      expect(await firstOutput(client)).toBe("ready");
      network.addRoute(parseAddress(HOME), 128);
      expect(bed.tunnelled()).toEqual([]);
      client.kill("SIGUSR2");
      const [packet] = await eventually(() => {
        const packets = bed.tunnelled();
        return packets.length > 0 ? packets : undefined;
      });
      expect(packet.toString("latin1")).toMatch(/behind$/);
      for (const program of [client, server]) await kill(program);
      bed.tunnelled();
      network.clear();
    });

    it("does not take what the core sends: it would come back for ever", () => {
      const network = bed.orders(LEFT);
      network.addRoute(parseAddress(HOME), 128);
      bed.send(ipv6(LEFT, HOME, mobilityHeader()), bed.linux.mark);
      expect(bed.tunnelled()).toEqual([]);
      expect(arrived()).toBe(1);
      network.clear();
    });

    it("counts before a route of the same length that a person has made", () => {
      ip("-n", bed.left.namespace, "-6", "route", "add", `${HOME}/128`, "via", RIGHT, "metric", "1");
      const network = bed.orders();
      network.addRoute(parseAddress(HOME), 128);
      expect(bed.routeTo(HOME)).toMatchObject({ dev: "mext0" });
      network.removeRoute(parseAddress(HOME), 128);
      expect(bed.routeTo(HOME)).toMatchObject({ dev: "eth0" });
      ip("-n", bed.left.namespace, "-6", "route", "del", `${HOME}/128`);
      network.clear();
    });

    it("is there once, however often it is ordered, and one that is not there is missed by nobody", () => {
      const network = bed.orders();
      expect(network.addRoute(parseAddress(HOME), 128)).toBe(1);
      expect(network.addRoute(parseAddress(HOME), 128)).toBe(1);
      expect(network.addRoute(parseAddress(OTHER), 128)).toBe(2);
      expect(network.removeRoute(parseAddress(OTHER), 128)).toBe(1);
      expect(network.removeRoute(parseAddress(OTHER), 128)).toBe(1);
      expect(network.removeRoute(parseAddress(HOME), 128)).toBe(0);
      expect(bed.reports).toEqual([]);
      network.clear();
    });

    it("leaves nothing behind when the daemon only closes", () => {
      bed.orders().addRoute(parseAddress(HOME), 128);
    });

    it("has its source as soon as the kernel takes that: not while duplicate address detection goes on", () => {
      const late = "2001:db8:dead::1";
      const address = (word: string, ...flags: string[]) => (
        ip("-n", bed.left.namespace, "addr", word, `${late}/64`, "dev", "eth0", ...flags)
      );
      const tell = (kind: "address" | "address-removed", tentative: boolean) => {
        const found = listAddresses(bed.left.netlink).find((each) => each.address === late);
        expect([found?.tentative ?? false, found !== undefined]).toEqual([tentative, kind === "address"]);
        network.networkChanged({ kind, address: found ?? gone });
      };
      const network = bed.orders(late);
      const { interfaceIndex } = bed.left;
      const gone: AddressState = {
        interfaceIndex, address: late, prefixLength: 64, scope: "global", tentative: false, duplicate: false,
        deprecated: false, permanent: true,
      };
      ip("netns", "exec", bed.left.namespace, "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=1");
      address("add");
      expect(network.addRoute(parseAddress(HOME), 128)).toBe(1);
      expect(bed.routeTo(HOME)).toMatchObject({ dev: "mext0" });
      tell("address", true);
      expect(bed.routeTo(HOME).prefsrc).not.toBe(late);
      for (let round = 0; round < 2; round++) {
        address("del");
        tell("address-removed", false);
        expect(bed.routeTo(HOME)).toMatchObject({ dev: "mext0" });
        address("add", "nodad");
        tell("address", false);
        expect(bed.routeTo(HOME)).toMatchObject({ dev: "mext0", prefsrc: late });
      }
      expect(bed.reports).toEqual([]);
      expect(network.removeRoute(parseAddress(HOME), 128)).toBe(0);
      expect(bed.routeTo(HOME)).toMatchObject({ dev: "eth0" });
      network.clear();
      address("del");
      ip("netns", "exec", bed.left.namespace, "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0");
    });

    it("is reported when the kernel refuses it", () => {
      const network = bed.orders();
      ip("-n", bed.left.namespace, "link", "set", "mext0", "down");
      expect(network.addRoute(parseAddress(HOME), 128)).toBe(0);
      expect(bed.reports).toEqual([expect.stringMatching(/^replace route to 2001:db8:77::17\/128: ENETDOWN/)]);
    });
  });

  it("a neighbour's link-layer address is known without a question", () => {
    const linkAddress = Uint8Array.of(2, 0, 0, 0, 0, 7);
    bed.orders().addNeighbour(1, parseAddress("fe80::7"), linkAddress);
    const known = ipJson(bed.left.namespace, "neigh", "show", "dev", "eth0");
    expect(known).toContainEqual({ dst: "fe80::7", lladdr: "02:00:00:00:00:07", state: ["REACHABLE"] });
    ip("-n", bed.left.namespace, "neigh", "del", "fe80::7", "dev", "eth0");
    bed.orders().addNeighbour(9, parseAddress("fe80::7"), linkAddress);
    expect(bed.reports).toEqual([]);
  });

  it("all groups are heard when that is ordered, and only then", () => {
    const receiver = bed.right.receiver({ interfaceIndex: bed.right.interfaceIndex });
    const sender = bed.left.sender({ interfaceIndex: bed.left.interfaceIndex });
    const heard = () => {
      bed.left.send(sender, ipv6(LEFT, GROUP, UDP));
      return bed.right.receive(receiver).filter(({ bytes }) => bytes[24] === 0xff && bytes[6] === 17).length;
    };
    const counted = () => ip("-n", bed.right.namespace, "-d", "link", "show", "eth0").match(/allmulti (\d+)/)?.[1];
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
    ip("netns", "exec", bed.right.namespace, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1");
    const request = ipv6(LEFT, ANYCAST, icmpv6(LEFT, ANYCAST, DISCOVERY_REQUEST, new Uint8Array(4)));
    const discovered = () => {
      bed.send(request);
      return bed.right.receive(arrivals, 1300).filter(({ bytes }) => bytes[40] === DISCOVERY_REQUEST).length;
    };
    expect(discovered()).toBe(0);
    ip("-n", bed.left.namespace, "neigh", "flush", "dev", "eth0");
    const owner = bed.right.sender();
    owner.joinAnycast(ANYCAST, bed.right.interfaceIndex);
    expect(discovered()).toBe(1);
    owner.close();
    expect(ip("netns", "exec", bed.right.namespace, "cat", "/proc/net/anycast6")).not.toContain("fdffffff");
    ip("netns", "exec", bed.right.namespace, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=0");
  }, 15_000);
});
