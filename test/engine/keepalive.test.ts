import { describe, expect, it } from "vitest";
import { parseAnyAddress } from "../../bindings/address.ts";
import { readBindings } from "../../bindings/status.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { ACCESS, HOME_ADDRESS, TUNNEL } from "./harness.ts";
import { AGENT_IPV4, DualNetwork, PRIVATE_IPV4 } from "./dual-stack.ts";
import { echo } from "./network.ts";

function behindNat(options: ConstructorParameters<typeof DualNetwork>[0] = {}, mappingMs = Infinity) {
  const network = new DualNetwork({ ...options, mobile: { lifetimeMs: 3_600_000 } });
  network.useNat(mappingMs);
  network.linkUp();
  network.ipv4(PRIVATE_IPV4);
  network.pump();
  return network;
}

/** Seconds between what was sent by UDP, from now on for `forMs`. */
function silences(network: DualNetwork, forMs: number): number[] {
  let last = network.mobile.now;
  const from = network.log.length;
  network.advance(forMs);
  return network.log.slice(from).filter(({ kind }) => kind === "udp4").map(({ atMs }) => {
    const silence = Math.round((atMs - last) / 1000);
    last = atMs;
    return silence;
  });
}

describe("keepalives", () => {
  it("are Binding Updates after as much silence as the home agent advises (5555-4.3-1)", () => {
    const network = behindNat({ serve: { firstRefreshMs: 40_000, refreshMs: 40_000 } });
    expect(network.update.keepaliveS).toBe(40);
    expect(silences(network, 200_000)).toEqual([40, 40, 40, 40, 40]);
    expect(network.update.state).toBe("Registered");
  });

  it.each([
    ["not below the floor", { keepaliveFloorMs: 30_000 }, 10_000, 30],
    ["not above the ceiling", { keepaliveCeilingMs: 20_000 }, 100_000, 20],
  ])("come %s that people have set", (_, reach, refreshMs, expected) => {
    const network = behindNat({ serve: { firstRefreshMs: refreshMs, refreshMs }, reach });
    expect(network.update.keepaliveS).toBe(expected);
    expect(silences(network, 100_000)[0]).toBe(expected);
  });

  it("are put off by whatever is sent", () => {
    const network = behindNat({ serve: { firstRefreshMs: 40_000, refreshMs: 40_000 } });
    for (let second = 0; second < 100; second += 20) {
      network.advance(20_000);
      expect(network.carries()).toBe(true);
    }
    const updates = network.log.filter(({ packet }) => packet[6] === 135);
    expect(updates).toHaveLength(1);
    network.advance(39_000);
    expect(network.log.filter(({ packet }) => packet[6] === 135)).toHaveLength(1);
    network.advance(2000);
    expect(network.log.filter(({ packet }) => packet[6] === 135)).toHaveLength(2);
  });

  it("hold a mapping that a NAT forgets after 30 s", () => {
    const network = behindNat({ serve: { firstRefreshMs: 25_000, refreshMs: 25_000 } }, 30_000);
    for (let minute = 0; minute < 10; minute++) {
      network.advance(60_000);
      expect(network.carries()).toBe(true);
    }
  });

  it("become as rare as the NAT was seen to allow", () => {
    const network = behindNat({}, 30_000);
    network.advance(900_000);
    expect(network.update.keepaliveS).toBeLessThanOrEqual(30);
    for (let minute = 0; minute < 10; minute++) {
      network.advance(60_000);
      expect(network.carries()).toBe(true);
    }
    const wide = behindNat();
    wide.advance(900_000);
    expect(wide.update.keepaliveS).toBe(110);
  });

  it("are no Binding Updates without a NAT: a probe keeps firewalls open (5555-4.3-1)", () => {
    const network = new DualNetwork({ reach: { forceUdp: true }, mobile: { lifetimeMs: 3_600_000 } });
    network.linkUp();
    network.ipv4("198.51.100.17");
    network.pump();
    expect(network.update).toMatchObject({ encapsulation: "UdpIpv4", nat: "None", keepaliveS: 0 });
    const updates = () => network.mobile.events.filter(({ name }) => name === "BindingUpdateSent").length;
    const before = updates();
    expect(silences(network, 600_000)).toEqual(new Array(5).fill(110));
    expect(updates()).toBe(before);
  });

  it("end with the path", () => {
    const network = behindNat();
    network.linkDown();
    const from = network.log.length;
    network.advance(100_000);
    expect(network.log.slice(from)).toEqual([]);
    expect(network.update.keepaliveS).toBe(0);
  });
});

describe("a NAT that changes its mapping", () => {
  it("costs one round trip: the home agent says so, and the node registers anew (5555-2.3.2.2-5)", () => {
    const network = behindNat();
    network.advance(10_000);
    network.nat!.port = 31_000; // it was restarted
    network.mobile.receive(TUNNEL, echo(HOME_ADDRESS, "2001:db8:200::5"));
    network.pump();
    expect(network.agent.refused(Reason.MappingUnknown)).toBe(1);
    expect(readBindings(network.agent.engine)).toMatchObject([{ port: 31_000 }]);
    expect(network.carries()).toBe(true);
  });

  it("is believed of the home agent alone, and not too often", () => {
    const network = behindNat();
    network.advance(10_000);
    network.nat!.port = 31_000;
    network.mobile.receive(TUNNEL, echo(HOME_ADDRESS, "2001:db8:200::5"));
    for (const each of network.mobile.datagrams.splice(0)) {
      network.agent.engine.receiveDatagrams(network.agent.now, ACCESS, each.payload, { address: parseAnyAddress("203.0.113.9"), port: 31_000 });
    }
    const [error] = network.agent.datagrams.splice(0);
    network.mobile.engine.receiveDatagrams(network.mobile.now, ACCESS, error.payload, { address: parseAnyAddress("192.0.2.66"), port: 4191 });
    expect(network.mobile.datagrams).toEqual([]);
    for (let copy = 0; copy < 10; copy++) {
      network.mobile.engine.receiveDatagrams(network.mobile.now, ACCESS, error.payload, { address: parseAnyAddress(AGENT_IPV4), port: 4191 });
    }
    expect(network.mobile.datagrams).toHaveLength(1);
  });
});
