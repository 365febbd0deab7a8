import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { refuseAddress, setDevice, setLink } from "../../bindings/commands.ts";
import { readUpdates, readUplinks } from "../../bindings/status.ts";
import { ACCESS, type Node, hex, homeAgent, mobileNode } from "./harness.ts";
import { CAREOF, HOME_AGENT, addresses, codec, exchange, routerAdvertisement } from "./network.ts";

const SECOND = ACCESS + 1;
const names = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);
const uplink = (mobile: Node, index = 0) => readUplinks(mobile.engine)[index];
const careof = (mobile: Node) => readUpdates(mobile.engine)[0].careofAddress;
const sent = (mobile: Node) => mobile.take().map(({ packet }) => names(packet).at(-1));
const up = (mobile: Node, device = ACCESS) => setLink(mobile.engine, device, true, mobile.now);
const down = (mobile: Node, device = ACCESS) => setLink(mobile.engine, device, false, mobile.now);
const hear = (mobile: Node, ...options: Parameters<typeof routerAdvertisement>) => mobile.receive(ACCESS, routerAdvertisement(...options));

describe("a link that comes up", () => {
  it("is asked for a router at once, from the unspecified address (6275-7.5-1, 6275-11.5.3-8)", () => {
    const mobile = mobileNode();
    up(mobile);
    const [{ packet, device }] = mobile.take();
    expect(device).toBe(ACCESS);
    expect(addresses(packet)).toEqual(["::", "ff02::2"]);
    expect(packet[7]).toBe(255);
    expect(names(packet)).toEqual(["ipv6", "router-solicitation"]);
    expect(uplink(mobile).state).toBe("Soliciting");
  });

  it("is asked again, more and more slowly (RFC 4861 §6.3.7)", () => {
    const mobile = mobileNode();
    up(mobile);
    mobile.take();
    const times: number[] = [];
    for (let step = 0; step < 1400; step++) {
      mobile.advance(100);
      if (sent(mobile).length) times.push(mobile.now - 1000);
    }
    const gaps = times.map((time, index) => time - (times[index - 1] ?? 0));
    expect(gaps.slice(0, 7).map((gap, index) => gap >= 500 * 2 ** index && gap <= 500 * 2 ** index * 1.1 + 100)).toEqual(Array(7).fill(true));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(35_300);
  });

  it("gives a care-of address that is checked without delay, and used meanwhile (6275-11.5.3-1, 6275-11.5.3-10)", () => {
    const mobile = mobileNode();
    up(mobile);
    mobile.take();
    hear(mobile);
    expect(sent(mobile)).toEqual(["neighbour-solicitation", "binding-update"]);
    expect(uplink(mobile)).toMatchObject({ state: "Tentative", careofAddress: CAREOF, router: "fe80::1", selected: true });
    expect(mobile.network).toEqual([`+1 ${hex(parseAddress(CAREOF))}`, `+route 1 ${hex(parseAddress("fe80::1"))}`]);
    mobile.advance(1001);
    expect(uplink(mobile).state).toBe("Ready");
  });

  it("gives an address of the current router's prefix, also when that router is another one (6275-11.5.4-2)", () => {
    const mobile = mobileNode();
    up(mobile);
    hear(mobile);
    mobile.advance(1100);
    expect([uplink(mobile).router, careof(mobile)]).toEqual(["fe80::1", CAREOF]);
    hear(mobile, "2001:db8:b::", { router: "fe80::2" });
    mobile.advance(1500); // the former router does not answer
    expect([uplink(mobile).router, careof(mobile)]).toEqual(["fe80::2", "2001:db8:b::17"]);
  });

  it("gives an address that the routers are told of, without overriding anybody (RFC 9131 §6.1, RFC 4429 §3.3)", () => {
    const mobile = mobileNode();
    const mac = Uint8Array.of(2, 0, 0x5e, 0, 0x53, 1);
    const interfaceId = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x17);
    setDevice(mobile.engine, { index: ACCESS, kind: "access", mtu: 1500, up: true, linkAddress: mac, interfaceId }, mobile.now);
    mobile.take();
    hear(mobile);
    const announced = mobile.take().map(({ packet }) => packet).find((packet) => names(packet).at(-1) === "neighbour-advertisement")!;
    expect([...addresses(announced), announced[7]]).toEqual([CAREOF, "ff02::2", 255]);
    const { fields, options } = codec.dissect(announced)[1];
    const values = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({ router: false, solicited: false, override: false, target: CAREOF });
    expect(options[0]).toMatchObject({ name: "target-link-layer-address" });
    expect(hex(announced).endsWith(`0201${hex(mac)}`)).toBe(true);
  });

  it("is used only after the check, where a person wants that", () => {
    const mobile = mobileNode({ optimistic: false });
    up(mobile);
    hear(mobile);
    expect(sent(mobile)).toEqual(["router-solicitation", "neighbour-solicitation"]);
    mobile.advance(1001);
    expect(sent(mobile)).toEqual(["binding-update"]);
  });

  it("makes an interface identifier where the host gives none, and another one each time", () => {
    const made = [1, 2].map((seed) => {
      const mobile = mobileNode({ seed, uplinks: 0 });
      mobile.engine.command(1, 44, mobile.now, (view) => { view.setUint32(0, 1, true); view.setUint32(4, 2, true); view.setUint32(8, 1500, true); view.setUint32(12, 1, true); });
      hear(mobile);
      return uplink(mobile).careofAddress;
    });
    expect(made[0]).toMatch(/^2001:db8:a:0?:/);
    expect(made[0]).not.toBe(made[1]);
  });
});

describe("router advertisements that give no care-of address", () => {
  const raw = (packet: Uint8Array, change: (packet: Uint8Array) => void) => { const copy = packet.slice(); change(copy); return copy; };
  const good = routerAdvertisement();
  const rows: [string, Uint8Array, Reason?][] = [
    ["hop limit 254 (RFC 4861 §6.1.2)", raw(good, (p) => { p[7] = 254; }), Reason.NeighbourHopLimit],
    ["a wrong checksum", raw(good, (p) => { p[42] ^= 1; }), Reason.Icmpv6Checksum],
    ["a global source", routerAdvertisement("2001:db8:a::", { router: "2001:db8:a::1" }), Reason.RouterNotLinkLocal],
    ["router lifetime zero", routerAdvertisement("2001:db8:a::", { lifetime: 0 })],
    ["valid lifetime zero", routerAdvertisement("2001:db8:a::", { valid: 0, preferred: 0 })],
    ["a deprecated prefix (6275-11.5.3-2)", routerAdvertisement("2001:db8:a::", { preferred: 0 })],
    ["a link-local prefix (RFC 4862 §5.5.3)", routerAdvertisement("fe80::")],
  ];
  it.each(rows)("%s", (_, packet, reason) => {
    const mobile = mobileNode();
    up(mobile);
    mobile.receive(ACCESS, packet);
    expect(uplink(mobile)).toMatchObject({ state: "Soliciting", careofAddress: "::" });
    if (reason !== undefined) expect(mobile.refused(reason)).toBe(1);
    hear(mobile);
    expect(uplink(mobile).careofAddress).toBe(CAREOF);
  });
});

describe("duplicate address detection (RFC 4862 §5.4)", () => {
  const advertisement = (target: string) => codec.encode([
    { name: "ipv6", fields: { source: "fe80::99", destination: "ff02::1", hopLimit: 255 } },
    { name: "neighbour-advertisement", fields: { target, override: true } },
  ]);
  const probe = (target: string) => codec.encode([
    { name: "ipv6", fields: { source: "::", destination: "ff02::1:ff00:17", hopLimit: 255 } },
    { name: "neighbour-solicitation", fields: { target } },
  ]);

  it.each([["an advertisement", advertisement], ["somebody else's probe", probe]])("%s for our address makes us take another one", (_, make) => {
    const mobile = mobileNode();
    up(mobile);
    hear(mobile);
    mobile.take();
    mobile.receive(ACCESS, make(CAREOF));
    const { careofAddress } = uplink(mobile);
    expect(careofAddress).not.toBe(CAREOF);
    expect(careofAddress.startsWith("2001:db8:a:")).toBe(true);
    expect(careof(mobile)).toBe(careofAddress);
    expect(sent(mobile)).toContain("binding-update");
    expect(mobile.events.map(({ name }) => name)).toContain("CareofDuplicate");
    expect(mobile.network.slice(-2)[0]).toBe(`-1 ${hex(parseAddress(CAREOF))}`);
  });

  it("others do not disturb us", () => {
    const mobile = mobileNode();
    up(mobile);
    hear(mobile);
    mobile.receive(ACCESS, advertisement("2001:db8:a::18"));
    mobile.advance(1001);
    mobile.receive(ACCESS, probe(CAREOF)); // the host's stack defends an address that is ours
    expect(uplink(mobile)).toMatchObject({ state: "Ready", careofAddress: CAREOF });
  });

  it("gives the prefix up after four", () => {
    const mobile = mobileNode();
    up(mobile);
    hear(mobile);
    for (let round = 0; round < 4; round++) refuseAddress(mobile.engine, ACCESS, parseAddress(uplink(mobile).careofAddress), mobile.now);
    expect(uplink(mobile)).toMatchObject({ state: "Soliciting", careofAddress: "::" });
    expect(readUpdates(mobile.engine)[0].state).toBe("Idle");
  });
});

describe("movement", () => {
  /** A mobile node that is Ready on 2001:db8:a::/64. */
  function settled(options: Parameters<typeof routerAdvertisement>[1] = {}): Node {
    const mobile = mobileNode();
    up(mobile);
    hear(mobile, "2001:db8:a::", options);
    mobile.advance(1001);
    mobile.take();
    mobile.network = [];
    return mobile;
  }

  it("a link that goes down takes its address and route away (6275-11.5.4-6)", () => {
    const mobile = settled();
    down(mobile);
    expect(uplink(mobile)).toMatchObject({ state: "Down", careofAddress: "::", selected: false });
    expect(mobile.network).toEqual([`-route 1 ${hex(parseAddress("fe80::1"))}`, `-1 ${hex(parseAddress(CAREOF))}`]);
    expect(readUpdates(mobile.engine)[0].state).toBe("Idle");
  });

  it("a link that comes up anew may be the same one", () => {
    const mobile = settled();
    up(mobile);
    expect(uplink(mobile)).toMatchObject({ state: "Returned", careofAddress: CAREOF });
    expect(sent(mobile)).toEqual(["router-solicitation"]);
    hear(mobile);
    expect(uplink(mobile)).toMatchObject({ state: "Ready", careofAddress: CAREOF });
    expect(sent(mobile)).toEqual([]);
  });

  it("or another one, even if its router has the same link-local address", () => {
    const mobile = settled();
    up(mobile);
    hear(mobile, "2001:db8:b::");
    expect(careof(mobile)).toBe("2001:db8:b::17");
    expect(sent(mobile)).toContain("binding-update");
  });

  it("another router is not believed while ours answers, and both can share a link", () => {
    const mobile = settled();
    const agent = homeAgent();
    mobile.advance(600);
    exchange(mobile, agent);
    hear(mobile, "2001:db8:b::", { router: "fe80::2" });
    expect(uplink(mobile).state).toBe("Contested");
    expect(sent(mobile)).toEqual(["router-solicitation"]);
    hear(mobile);
    expect(uplink(mobile)).toMatchObject({ state: "Ready", careofAddress: CAREOF });
    for (let round = 0; round < 20; round++) {
      hear(mobile, "2001:db8:b::", { router: "fe80::2" });
      mobile.advance(1000);
      hear(mobile);
    }
    expect(sent(mobile)).toEqual([]);
    expect(careof(mobile)).toBe(CAREOF);
  });

  it("it is believed when ours does not answer", () => {
    const mobile = settled();
    hear(mobile, "2001:db8:b::", { router: "fe80::2" });
    mobile.advance(1200);
    expect(careof(mobile)).toBe("2001:db8:b::17");
  });

  it("silence of the router is noticed by its Advertisement Interval (6275-7.3-5)", () => {
    const mobile = settled({ interval: 200 });
    hear(mobile, "2001:db8:a::", { interval: 200 });
    mobile.advance(499);
    expect(uplink(mobile).state).toBe("Ready");
    mobile.advance(2);
    expect(uplink(mobile).state).toBe("Doubtful");
    mobile.advance(1300);
    expect(uplink(mobile)).toMatchObject({ state: "Soliciting", careofAddress: "::" });
    expect(mobile.events.map(({ name }) => name)).toContain("RouterLost");
    hear(mobile, "2001:db8:b::");
    expect(careof(mobile)).toBe("2001:db8:b::17");
  });

  it("a router in doubt is asked by its address, and its answer is enough (RFC 4861 §7.3)", () => {
    const mobile = mobileNode();
    const mac = Uint8Array.of(2, 0, 0x5e, 0, 0x53, 1);
    setDevice(mobile.engine, {
      index: ACCESS, kind: "access", mtu: 1500, up: true, linkAddress: mac, interfaceId: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x17),
    }, mobile.now);
    hear(mobile, "2001:db8:a::", { interval: 1000 });
    mobile.advance(1001);
    hear(mobile, "2001:db8:a::", { interval: 1000 });
    mobile.take();
    mobile.advance(2501);
    expect(uplink(mobile).state).toBe("Doubtful");
    const probe = mobile.take().map(({ packet }) => packet).find((packet) => names(packet).at(-1) === "neighbour-solicitation")!;
    expect(addresses(probe)).toEqual([CAREOF, "fe80::1"]);
    const answer = (target: string) => codec.encode([
      { name: "ipv6", fields: { source: "fe80::1", destination: CAREOF, hopLimit: 255 } },
      { name: "neighbour-advertisement", fields: { target, solicited: true, router: true } },
    ]);
    mobile.receive(ACCESS, answer("fe80::2"));
    expect(uplink(mobile).state).toBe("Doubtful");
    mobile.receive(ACCESS, answer("fe80::1"));
    expect(uplink(mobile)).toMatchObject({ state: "Ready", careofAddress: CAREOF });
    // Another router is heard: ours is asked, answers, and both share the link.
    hear(mobile, "2001:db8:b::", { router: "fe80::2" });
    expect(uplink(mobile).state).toBe("Contested");
    mobile.receive(ACCESS, answer("fe80::1"));
    expect(uplink(mobile)).toMatchObject({ state: "Ready", careofAddress: CAREOF });
    hear(mobile, "2001:db8:b::", { router: "fe80::2" });
    expect(uplink(mobile).state).toBe("Ready");
  });

  it("the end of the router's lifetime ends the address, and that of the preferred lifetime (6275-11.5.3-2)", () => {
    const mobile = settled({ lifetime: 5 });
    mobile.advance(4100);
    expect(uplink(mobile).state).toBe("Soliciting");
    const deprecated = settled({ preferred: 5 });
    deprecated.advance(4100);
    expect(uplink(deprecated).state).toBe("Soliciting");
    const other = settled();
    hear(other, "2001:db8:a::", { lifetime: 0 });
    expect(uplink(other).state).toBe("Soliciting");
  });

  it("a prefix that is withdrawn in one advertisement serves until another one is there (RFC 4862 §5.5.3), a renumbered one is taken", () => {
    const mobile = settled();
    hear(mobile, "2001:db8:a::", { valid: 0, preferred: 0 });
    expect(uplink(mobile)).toMatchObject({ state: "Ready", careofAddress: CAREOF });
    const other = settled();
    hear(other, "2001:db8:c::");
    other.advance(1200);
    expect(careof(other)).toBe("2001:db8:c::17");
  });

  it("the MTU of a router advertisement counts, within bounds", () => {
    expect(settled({ mtu: 1400 }).tunnelMtuOctets).toBe(1360);
    expect(settled({ mtu: 100 }).tunnelMtuOctets).toBe(1460);
    expect(settled({ mtu: 9000 }).tunnelMtuOctets).toBe(1460);
  });
});

describe("several uplinks", () => {
  const hearOn = (mobile: Node, device: number, prefix: string) => mobile.receive(device, routerAdvertisement(prefix));

  it("the preferred one is used, the other one takes over at once, and the preferred one is returned to", () => {
    const agent = homeAgent();
    const mobile = mobileNode({ uplinks: 2, holdDownMs: 3000 });
    up(mobile, SECOND);
    hearOn(mobile, SECOND, "2001:db8:b::");
    expect(careof(mobile)).toBe(uplink(mobile, 1).careofAddress);
    up(mobile, ACCESS);
    hearOn(mobile, ACCESS, "2001:db8:a::");
    expect(uplink(mobile, 1).selected).toBe(true); // hold-down
    mobile.advance(2900);
    expect(uplink(mobile, 1).selected).toBe(true);
    mobile.advance(200);
    expect(uplink(mobile, 0).selected).toBe(true);
    expect(careof(mobile)).toBe(CAREOF);
    exchange(mobile, agent);
    down(mobile, ACCESS);
    expect(uplink(mobile, 1).selected).toBe(true);
    expect(careof(mobile)).toBe(uplink(mobile, 1).careofAddress);
    expect(mobile.take().at(-1)!.device).toBe(SECOND);
  });

  it("packets to the former care-of address are still taken (6275-11.5.4-5)", () => {
    const mobile = mobileNode({ uplinks: 2, holdDownMs: 0 });
    up(mobile, SECOND);
    hearOn(mobile, SECOND, "2001:db8:b::");
    const former = uplink(mobile, 1).careofAddress;
    up(mobile, ACCESS);
    hearOn(mobile, ACCESS, "2001:db8:a::");
    mobile.advance(1001);
    expect(careof(mobile)).toBe(CAREOF);
    mobile.take();
    mobile.receive(SECOND, codec.encode([
      { name: "ipv6", fields: { source: HOME_AGENT, destination: former, hopLimit: 64 } },
      { name: "ipv6", fields: { source: "2001:db8:200::5", destination: "2001:db8:100::17", hopLimit: 64 } },
      { name: "udp", fields: { sourcePort: 1, destinationPort: 2 } },
    ]));
    expect(mobile.take().map(({ device }) => device)).toEqual([0]);
  });

  it("a flapping preferred uplink does not flap the binding", () => {
    const agent = homeAgent();
    const mobile = mobileNode({ uplinks: 2, holdDownMs: 2000 });
    up(mobile, SECOND);
    hearOn(mobile, SECOND, "2001:db8:b::");
    exchange(mobile, agent, [uplink(mobile, 1).careofAddress]);
    for (let round = 0; round < 20; round++) {
      up(mobile, ACCESS);
      hearOn(mobile, ACCESS, "2001:db8:a::");
      mobile.advance(1000);
      down(mobile, ACCESS);
    }
    expect(uplink(mobile, 1).selected).toBe(true);
    expect(mobile.events.filter(({ name, fields }) => name === "BindingUpdateSent" && fields.careofAddress === CAREOF)).toEqual([]);
  });
});
