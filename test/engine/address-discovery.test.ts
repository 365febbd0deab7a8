/** Dynamic home agent address discovery (RFC 6275 §10.5). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import {
  ACCESS, ANYCAST, CAREOF, HOME, HOME_ADDRESS, HOME_AGENT, advertisement, discoveryRequest as request, homeLinkAgent, layersOf,
  repliedAddresses,
} from "./advertising.ts";
import { type Node, homeAgent } from "./harness.ts";
import { addresses, codec } from "./network.ts";

/** The addresses in the answer to a request. */
function discover(node: Node): string[] {
  node.take();
  node.advance(100);
  node.take();
  node.receive(ACCESS, request());
  return repliedAddresses(node.take()[0].packet);
}

describe("a request", () => {
  it.each([["to the anycast address", ANYCAST], ["to our own", HOME_AGENT]])(
    "%s is answered from our own to its source (6275-6.5-2, 6275-8.4-9, 6275-10.5.1-4, 6275-6.5-1, 6275-6.6-1)",
    (_, destination) => {
      const node = homeAgent();
      node.receive(ACCESS, request({ destination }));
      const [{ packet, device }, ...more] = node.take();
      expect(more).toEqual([]);
      expect(device).toBe(ACCESS);
      expect(addresses(packet)).toEqual([HOME_AGENT, CAREOF]);
      expect(layersOf(packet)["home-agent-address-discovery-reply"]).toMatchObject({ identifier: 0x1234, code: 0 });
      expect(packet.subarray(46, 48)).toEqual(Uint8Array.of(0, 0)); // Reserved
      expect(repliedAddresses(packet)).toEqual([HOME_AGENT]);
    },
  );

  it("is read whatever its reserved field says (6275-6.5-1)", () => {
    const node = homeAgent();
    const packet = request();
    packet[46] = 0xff; // and the checksum with it
    const sum = ((packet[42] << 8) | packet[43]) - 0xff00;
    const folded = sum <= 0 ? sum + 0xffff : sum;
    packet.set([folded >> 8, folded & 255], 42);
    node.receive(ACCESS, packet);
    expect(node.take()).toHaveLength(1);
  });

  it.each([
    [48, "2001:db8:100::", "2001:db8:100:ffff:ffff:ffff:ffff:fffe"],
    [56, "2001:db8:100::", "2001:db8:100:ff:ffff:ffff:ffff:fffe"],
    [80, "2001:db8:100::", "2001:db8:100::ffff:ffff:fffe"],
    [121, "2001:db8:100::", "2001:db8:100::7e"],
  ])("is heard at the address of a prefix of %i bits (RFC 2526 §2)", (length, prefix, destination) => {
    const node = homeAgent({ address: parseAddress("2001:db8:100::1"), homePrefixes: [{ address: parseAddress(prefix), length }], nodes: [] });
    node.receive(ACCESS, request({ destination }));
    expect(node.take()).toHaveLength(1);
  });

  it("of a prefix without room for such an address has none", () => {
    const node = homeAgent({ homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 122 }], nodes: [] });
    node.receive(ACCESS, request({ destination: "2001:db8:100::7e" }));
    expect(node.refused(Reason.NotForUs)).toBe(1);
  });
});

describe("the answer", () => {
  it("has all addresses of all home agents, the preferred ones first (6275-10.5.1-5, 6275-10.5.1-6)", () => {
    const node = homeLinkAgent({ link: { preference: 5 } });
    node.receive(HOME, advertisement({ source: "fe80::a", addresses: ["2001:db8:100::a"], preference: 0xffff }));
    node.receive(HOME, advertisement({ source: "fe80::b", addresses: ["2001:db8:100::b"], preference: 1 }));
    node.receive(HOME, advertisement({ source: "fe80::c", addresses: ["2001:db8:100::c"] }));
    expect(discover(node)).toEqual(["2001:db8:100::a", HOME_AGENT, "2001:db8:100::b", "2001:db8:100::c"]);
  });

  it("has equals, and the addresses of one, in a random order (6275-10.5.1-7, 6275-10.5.1-8)", () => {
    const node = homeLinkAgent();
    node.receive(HOME, advertisement({ source: "fe80::a", addresses: ["2001:db8:100::a", "2001:db8:101::a"] }));
    const orders = new Set(Array.from({ length: 60 }, () => discover(node).join(" ")));
    // Ourselves before or behind the other, whose addresses stay together: four orders.
    expect(orders.size).toBe(4);
  });

  it("is no larger than 1280 octets, with the best of them (6275-10.5.1-9, 6275-10.5.1-10)", () => {
    const node = homeLinkAgent();
    for (let agent = 0; agent < 16; agent++) {
      node.receive(HOME, advertisement({
        source: `fe80::a${agent}`, preference: agent, addresses: Array.from({ length: 8 }, (_, index) => `2001:db8:100::${agent + 16}:${index}`),
      }));
    }
    node.take();
    node.receive(ACCESS, request());
    const { packet } = node.take()[0];
    expect(packet.length).toBe(1280);
    const preferences = repliedAddresses(packet).map((address) => Number(address.split(":").at(-2)) - 16);
    expect(preferences).toEqual([...preferences].sort((a, b) => b - a));
    expect(preferences).toHaveLength(77);
    expect(Math.min(...preferences)).toBe(6); // nine agents of eight addresses, and five of the next
  });
});

describe("no answer", () => {
  it.each([
    ["to a source that is a group", { source: "ff02::1" }, Reason.SourceNotUnicast],
    ["to a link-local source", { source: "fe80::5" }, Reason.SourceNotUnicast],
    ["to nobody", { source: "::" }, Reason.SourceNotUnicast],
    ["to another code", { code: 1 }, Reason.Icmpv6Code],
    ["about a prefix that is not served", { destination: "2001:db8:101:0:fdff:ffff:ffff:fffe" }, Reason.NotForUs],
    ["to the anycast identifier of somebody else", { destination: "2001:db8:100:0:fdff:ffff:ffff:fffd" }, Reason.NotForUs],
  ])("%s", (_, options, reason) => {
    const node = homeAgent();
    node.receive(ACCESS, request(options));
    expect(node.take()).toEqual([]);
    expect(node.refused(reason)).toBe(1);
  });

  it("to anything else at the anycast address, which is no source of an answer (RFC 4291 §2.6)", () => {
    const node = homeAgent();
    const ipv6 = { name: "ipv6", fields: { source: CAREOF, destination: ANYCAST, hopLimit: 64 } };
    const homeAddress = { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] };
    node.receive(ACCESS, codec.encode([ipv6, { name: "echo-request" }]));
    node.receive(ACCESS, codec.encode([ipv6, { name: "udp" }]));
    node.receive(ACCESS, codec.encode([ipv6, homeAddress, { name: "binding-update" }]));
    node.receive(ACCESS, codec.encode([ipv6, { name: "fragment", fields: { moreFragments: true, identification: 1, nextHeader: 58 } }, { name: "payload", fields: { data: new Uint8Array(8) } }]));
    node.receive(ACCESS, request({ extra: [homeAddress] }));
    expect(node.refused(Reason.NotForUs)).toBe(5);
    node.receive(ACCESS, codec.encode([ipv6, { name: "payload", fields: { data: new Uint8Array(3) } }]).map((octet, at) => (at === 6 ? 58 : octet)));
    expect(node.refused(Reason.Icmpv6Truncated)).toBe(1);
    node.receive(ACCESS, codec.encode([ipv6, { name: "payload", fields: { data: new Uint8Array(3) } }]).map((octet, at) => (at === 6 ? 60 : octet)));
    expect(node.refused(Reason.ExtensionTruncated)).toBe(1);
    expect(node.take()).toEqual([]);
  });

  it("to a damaged request", () => {
    const node = homeAgent();
    const packet = request();
    packet[45] ^= 1;
    node.receive(ACCESS, packet);
    expect(node.refused(Reason.Icmpv6Checksum)).toBe(1);
    expect(node.take()).toEqual([]);
  });

  it("to more requests than the limit, for a while", () => {
    const node = homeAgent();
    for (let count = 0; count < 50; count++) node.receive(ACCESS, request());
    const answered = node.take().length;
    expect(answered).toBeLessThan(30);
    expect(node.refused(Reason.DiscoveryRateLimited)).toBe(50 - answered);
    node.advance(1000);
    node.receive(ACCESS, request());
    expect(node.take()).toHaveLength(1);
  });
});
