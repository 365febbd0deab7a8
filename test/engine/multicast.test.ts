import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { setLink } from "../../bindings/commands.ts";
import { ACCESS, CORRESPONDENT, type Node, TUNNEL, hex, homeAgent, mobileNode } from "./harness.ts";
import { packet as ipv6, withChecksum } from "../wire/reference.ts";
import { CAREOF, HOME_ADDRESS, HOME_AGENT, addresses, arrive, codec, exchange, register } from "./network.ts";

const ALL_NODES = "ff02::1";
const GROUP = "ff0e::4:1";
/** Hop-by-Hop Options header with a Router Alert for Multicast Listener Discovery (RFC 2711). */
const ROUTER_ALERT = Uint8Array.of(58, 0, 5, 2, 0, 0, 1, 0);
const concat = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** A message of Multicast Listener Discovery as a stack sends it: router alert, hop limit 1. */
function listenerMessage(type: number, body: Uint8Array, source: string, destination: string): Uint8Array {
  const [from, to] = [parseAddress(source), parseAddress(destination)];
  const message = withChecksum(from, to, concat(Uint8Array.of(type, 0, 0, 0), body), 58, 2);
  return ipv6(0, concat(ROUTER_ALERT, message), { source: from, destination: to, hopLimit: 1 });
}

/** Query for all groups (RFC 3810 §5.1), reports (RFC 3810 §5.2, RFC 2710 §3). */
const query = (source = "fe80::1") => listenerMessage(130, new Uint8Array(24), source, ALL_NODES);
const report2 = (source = "fe80::99") =>
  listenerMessage(143, concat(Uint8Array.of(0, 0, 0, 1, 4, 0, 0, 0), parseAddress(GROUP)), source, "ff02::16");
const report1 = () => listenerMessage(131, concat(new Uint8Array(4), parseAddress(GROUP)), "fe80::99", GROUP);
const done = () => listenerMessage(132, concat(new Uint8Array(4), parseAddress(GROUP)), "fe80::99", "ff02::2");

function tunnelled(inner: Uint8Array, careof = CAREOF): Uint8Array {
  return ipv6(41, inner, { source: parseAddress(HOME_AGENT), destination: parseAddress(careof), hopLimit: 64 });
}

/** A registered node whose home agent has asked for its groups. */
function asked(): Node {
  const mobile = mobileNode();
  register(mobile, homeAgent());
  mobile.receive(ACCESS, tunnelled(query()));
  mobile.take();
  return mobile;
}

describe("packets to groups out of the tunnel (6275-8.5-18)", () => {
  it("go to the tunnel device as they are", () => {
    const mobile = asked();
    const data = codec.encode([
      { name: "ipv6", fields: { source: CORRESPONDENT, destination: GROUP, hopLimit: 30 } },
      { name: "udp", fields: { sourcePort: 5000, destinationPort: 5001 } },
      { name: "payload", fields: { data: new Uint8Array(100) } },
    ]);
    mobile.receive(ACCESS, tunnelled(data));
    expect(mobile.take().map(({ device, packet }) => [device, hex(packet)])).toEqual([[TUNNEL, hex(data)]]);
  });

  it("queries of the home agent too", () => {
    const mobile = asked();
    mobile.receive(ACCESS, tunnelled(query()));
    expect(mobile.take().map(({ device, packet }) => [device, hex(packet)])).toEqual([[TUNNEL, hex(query())]]);
  });

  it.each([["a report", report2()], ["anything", codec.encode([{ name: "ipv6", fields: { source: "fe80::1", destination: ALL_NODES } }, { name: "echo-request" }])]])(
    "but of what belongs to a link nothing else: not %s", (_, inner) => {
      const mobile = asked();
      mobile.receive(ACCESS, tunnelled(inner));
      expect(mobile.take()).toEqual([]);
      expect(mobile.refused(Reason.TunnelInnerNotOurs)).toBe(1);
    },
  );

  it("and from nobody but the home agent", () => {
    const mobile = asked();
    const packet = tunnelled(query());
    packet.set(parseAddress("2001:db8:100::2"), 8);
    mobile.receive(ACCESS, packet);
    expect(mobile.take()).toEqual([]);
    expect(mobile.refused(Reason.TunnelNotFromHomeAgent)).toBe(1);
  });
});

describe("a listener report of the host's stack", () => {
  it.each([["version 2", report2()], ["version 2 without an address yet", report2("::")], ["version 1", report1()], ["version 1, done", done()]])(
    "goes through the tunnel, from the home address, with no Home Address option: %s (6275-11.3.4-6, 6275-11.3.4-7)", (_, report) => {
      const mobile = asked();
      mobile.receive(TUNNEL, report);
      const [{ packet, device }] = mobile.take();
      expect(device).toBe(ACCESS);
      expect(addresses(packet)).toEqual([CAREOF, HOME_AGENT]);
      expect(packet[6]).toBe(41);
      const inner = packet.subarray(40);
      expect(addresses(inner)).toEqual([HOME_ADDRESS, addresses(report)[1]]);
      expect(inner[7]).toBe(1);
      expect(hex(inner.subarray(40, 48))).toBe(hex(ROUTER_ALERT));
      const message = inner.subarray(48);
      expect(hex(withChecksum(inner.subarray(8, 24), inner.subarray(24, 40), message, 58, 2))).toBe(hex(message));
      expect(hex(message.subarray(4))).toBe(hex(report.subarray(52)));
    },
  );

  it("waits for the home agent's binding and for its first query (6275-11.3.4-4)", () => {
    const mobile = mobileNode();
    const agent = homeAgent();
    arrive(mobile);
    mobile.receive(ACCESS, tunnelled(query()));
    const registering = mobile.take();
    mobile.receive(TUNNEL, report2());
    expect(mobile.refused(Reason.ListenerReportTooEarly)).toBe(1); // asked, but not bound
    mobile.sent.push(...registering);
    exchange(mobile, agent);
    mobile.take();
    mobile.receive(TUNNEL, report2());
    expect(mobile.take()).toHaveLength(1);

    const other = mobileNode();
    register(other, homeAgent());
    other.take();
    other.receive(TUNNEL, report2());
    expect(other.take()).toEqual([]); // bound, but not asked
    expect(other.refused(Reason.ListenerReportTooEarly)).toBe(1);
  });

  it("is not let through by a damaged query", () => {
    const mobile = mobileNode();
    register(mobile, homeAgent());
    const damaged = query();
    damaged[60] ^= 1;
    mobile.receive(ACCESS, tunnelled(damaged));
    mobile.take();
    mobile.receive(TUNNEL, report2());
    expect(mobile.take()).toEqual([]);
  });

  it("goes on when the node moves, and stops when the binding has ended (6275-11.3.4-5)", () => {
    const mobile = asked();
    const agent = homeAgent();
    arrive(mobile, "2001:db8:b::");
    mobile.advance(2000);
    exchange(mobile, agent);
    mobile.take();
    mobile.receive(TUNNEL, report2());
    expect(mobile.take()).toHaveLength(1);
    setLink(mobile.engine, ACCESS, false, mobile.now);
    mobile.advance(700_000);
    mobile.take();
    mobile.receive(TUNNEL, report2());
    expect(mobile.take()).toEqual([]);
    expect(mobile.refused(Reason.ListenerReportTooEarly)).toBe(1);
  });
});

it("other traffic of the stack to its tunnel's neighbours stays where it is, without a Home Address option (6275-11.3.1-7)", () => {
  const mobile = asked();
  for (const destination of ["fe80::2", "ff02::2"]) {
    mobile.receive(TUNNEL, codec.encode([{ name: "ipv6", fields: { source: HOME_ADDRESS, destination } }, { name: "echo-request" }]));
  }
  expect(mobile.take()).toEqual([]);
  expect([mobile.refused(Reason.LinkLocalNotTunnelled), mobile.refused(Reason.MulticastNotTunnelled)]).toEqual([1, 1]);
});
