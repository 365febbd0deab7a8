/** What `mext status` shows people, from statuses as daemons give them. */
import { describe, expect, it } from "vitest";
import type { PeerStatus, RefusalCount, UpdateStatus } from "../../bindings/status.ts";
import { PathObstacle, PeerObstacle } from "../../core-as/abi/states.ts";
import { eventSentence } from "../../platforms/linux/cli/event-text.ts";
import { statusText } from "../../platforms/linux/cli/status.ts";
import { RegistrationWatch } from "../../platforms/linux/registration-watch.ts";
import type { DaemonStatus } from "../../platforms/linux/status.ts";

const none = { packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 };
const common = {
  version: "1.2.3", processId: 7, startedUnixMs: 0, uptimeMs: 61_000, tunnel: { name: "mext0", mtuBytes: 1460 },
  traffic: { packetsIn: 3, packetsOut: 4, bytesIn: 3000, bytesOut: 4 },
  refusals: [], sendFailures: {}, traps: 0, warnings: [], core: { sha256: "" },
};
const peer: PeerStatus = {
  address: "2001:db8:c::1", homeAddress: "2001:db8:100::17", careofAddress: "2001:db8:a::5", state: "Optimised",
  obstacle: "None", optimised: true, remainingMs: 400_000, nextAttemptMs: -1, optimisedIn: 10, optimisedOut: 11,
  tunnelledIn: 5, tunnelledOut: 6, sequence: 1, lastStatus: 0, pathMtu: 1500,
};

function lineWith(text: string, status: Partial<DaemonStatus>): string {
  const shown = statusText({ ...common, role: "mobile-node", homeAddress: "2001:db8:100::17", ...status } as DaemonStatus);
  return shown.split("\n").find((line) => line.includes(text))!.replace(/ {2,}/g, " | ");
}

describe("mext status", () => {
  it("shows a peer whose packets take the direct way, and packets by both ways", () => {
    expect(lineWith("PEER", { peers: [peer] }))
      .toBe("PEER | WAY | WHY | DIRECT IN/OUT | TUNNELLED IN/OUT | EXPIRES IN | NEXT IN | MTU");
    expect(lineWith("2001:db8:c::1", { peers: [peer] }))
      .toBe("2001:db8:c::1 | direct | route optimised | 10/11 | 5/6 | 6m 40s | - | 1500");
  });

  const tunnelled = { ...peer, optimised: false, remainingMs: 0, nextAttemptMs: 59_000, lastStatus: 129 };

  it("says of every other peer why its packets do not", () => {
    const obstacles = Object.keys(PeerObstacle).filter((name) => Number.isNaN(Number(name)) && name !== "None");
    const words = obstacles.map((obstacle) => (
      lineWith("2001:db8:c::1", { peers: [{ ...tunnelled, obstacle } as PeerStatus] }).split(" | ").slice(1, 3)
    ));
    expect(words).toContainEqual(["home agent", "the peer does not know Mobile IPv6"]);
    expect(words).toContainEqual(["home agent", "the peer refused: 129 (administratively prohibited)"]);
    expect(words).toContainEqual(["at home", "at home"]);
    expect(new Set(words.map(([, why]) => why)).size).toBe(obstacles.length);
    expect(words.every(([, why]) => why !== "" && why !== undefined)).toBe(true);
  });

  it("shows the home agents list, with lifetimes that never end", () => {
    const homeAgents = [
      { linkLocal: "fe80::1", address: "2001:db8:100::1", preference: 10, remainingMs: null as unknown as number, current: true },
      { linkLocal: "::", address: "2001:db8:100::2", preference: 1, remainingMs: 60_000, current: false },
    ];
    expect(lineWith("::1 *", { homeAgents })).toBe("2001:db8:100::1 * | fe80::1 | 10 | never");
    expect(lineWith("100::2", { homeAgents })).toBe("2001:db8:100::2 | - | 1 | 1m 0s");
  });

  it("shows groups that were joined through the tunnel", () => {
    const groups = [{ homeAddress: "2001:db8:100::17", group: "ff0e::7", remainingMs: 260_000 }];
    expect(lineWith("ff0e::7", { groups })).toBe("ff0e::7 | 2001:db8:100::17 | 4m 20s");
  });

  it("shows the bindings of a correspondent node, whose nodes it does not know", () => {
    const binding = {
      homeAddress: "2001:db8:100::17", careofAddress: "2001:db8:a::5", bindingIdentifier: 0, node: 0xffffffff,
      sequence: 9, flags: 0, remainingMs: 420_000, ageMs: 0, pathMtu: 1500, identity: "", encapsulation: "Ipv6" as const,
      nat: false, refreshS: 0, natHeldS: 0, natLostS: 0, ...none,
    };
    const status = { role: "correspondent", addresses: ["2001:db8:c::1"], bindings: [binding] } as const;
    expect(lineWith("correspondent", status)).toBe("correspondent | 2001:db8:c::1");
    expect(lineWith("100::17", status))
      .toBe("2001:db8:100::17 | 2001:db8:a::5 | - | 7m 0s | 9 | 0/0 | 1500");
    expect(lineWith("directly", status)).toBe("directly | 3 packets (2.9 KiB) in, 4 packets (4 B) out");
    const traffic = { ...none, packetsIn: 1 };
    expect(lineWith("directly", { ...status, traffic })).toBe("directly | 1 packet (0 B) in, 0 packets (0 B) out");
    const one = [{ reason: "NotForUs", section: "", text: "", packets: 1, ordinary: true } as const];
    expect(lineWith("none of ours", { ...status, refusals: one })).toMatch(/^1 packet was none of ours, /);
    expect(lineWith("no bindings", { ...status, bindings: [] })).toBe("no bindings");
  });

  it("names the home link of a home agent, and a home agent that is not found yet", () => {
    const homeAgent = {
      role: "home-agent", homeAddress: undefined, homeAgent: "2001:db8:100::1", homePrefixes: ["2001:db8:100::/64"],
      nodes: 2, bindings: [],
    } as const;
    expect(lineWith("home-agent", { ...homeAgent, homeLink: "eth1" }))
      .toBe("home-agent | 2001:db8:100::1, home prefixes 2001:db8:100::/64 on eth1, 2 nodes allowed");
    expect(lineWith("home-agent", { ...homeAgent, nodes: 1 })).toMatch(/, 1 node allowed$/);
    expect(lineWith("home-agent", homeAgent))
      .toBe("home-agent | 2001:db8:100::1, home prefixes 2001:db8:100::/64, 2 nodes allowed");
    expect(lineWith("home-agent", { ...homeAgent, ipv4Pools: ["198.51.100.64/26"] }))
      .toBe("home-agent | 2001:db8:100::1, home prefixes 2001:db8:100::/64, IPv4 pools 198.51.100.64/26, 2 nodes allowed");
    expect(lineWith("mobile-node", { homeAgent: "::" }))
      .toBe("mobile-node | 2001:db8:100::17, home agent not found yet");
  });
});

describe("mext status of both families", () => {
  const update = {
    homeAddress: "2001:db8:100::17", careofAddress: "10.0.4.7", peer: "2001:db8:100::1", state: "Registered",
    remainingMs: 600_000, nextRefreshMs: 300_000, roundTripMs: 12, sequence: 1, lastStatus: 0, device: 1, pathMtu: 1500,
    encapsulation: "UdpIpv4", nat: "Nat", obstacle: "Nat", keepaliveS: 25, ipv4HomeAddress: "198.51.100.17", ipv4Status: 0,
    ...none,
  } as const;
  const uplink = {
    interface: "wlan0", device: 1, state: "Ready", careofAddress: "2001:db8:a::5", router: "fe80::1", preference: 1,
    selected: true, ipv4Address: "10.0.4.7", encapsulation: "UdpIpv4",
    paths: { Ipv6: "NoAnswer", UdpIpv6: "NotConfigured", Ipv4: "Nat", UdpIpv4: "None" },
  } as const;

  it("says by what packets go, and why not by something better", () => {
    expect(lineWith("by UDP", { updates: [update], uplinks: [uplink] })).toBe(
      "by UDP over IPv4: a NAT is in the way; IPv6 was not answered; the NAT hears of this node every 25 s at least",
    );
    expect(lineWith("IPv4 home", { updates: [update], uplinks: [uplink] })).toBe("IPv4 home address 198.51.100.17");
    const refused = { ...update, ipv4HomeAddress: undefined, ipv4Status: 132 };
    expect(lineWith("IPv4 home", { updates: [refused], uplinks: [uplink] }))
      .toBe("no IPv4 home address: dynamic not available (the home agent has no pool for this node, or no address of it is free)");
    expect(lineWith("IPv4 home", { updates: [{ ...refused, ipv4Status: 129 }], uplinks: [uplink] }))
      .not.toMatch(/\(/);
    const native = { ...update, encapsulation: "Ipv6", nat: "Unknown", keepaliveS: 0 } as const;
    expect(lineWith("by ", { updates: [native], uplinks: [{ ...uplink, encapsulation: "Ipv6" }] })).toBe("by IPv6");
  });

  it("says of each uplink what is wrong with each encapsulation, and nothing of those that nobody configured", () => {
    expect(lineWith("UPLINK", { uplinks: [uplink] }))
      .toBe("UPLINK | STATE | CARE-OF ADDRESS | ROUTER | IPV4 ADDRESS | IPV6 | IPV4 | UDP OVER IPV4");
    expect(lineWith("wlan0", { uplinks: [uplink] }))
      .toBe("wlan0 * | Ready | 2001:db8:a::5 | fe80::1 | 10.0.4.7 | no answer | NAT | in use");
    const ipv6Only = { ...uplink, paths: { ...uplink.paths, Ipv4: "NotConfigured", UdpIpv4: "NotConfigured" } } as const;
    expect(lineWith("UPLINK", { uplinks: [ipv6Only] })).toBe("UPLINK | STATE | CARE-OF ADDRESS | ROUTER");
  });

  it("does not call a network of IPv4 alone one that lacks a router", () => {
    const nothing = { state: "Soliciting", careofAddress: "::", router: "::" } as const;
    expect(lineWith("wlan0", { uplinks: [{ ...uplink, ...nothing }] }))
      .toBe("wlan0 * | IPv4 only | - | - | 10.0.4.7 | no answer | NAT | in use");
    expect(lineWith("wlan0", { uplinks: [{ ...uplink, ...nothing, selected: false, ipv4Address: undefined }] }))
      .toMatch(/^wlan0 \| Soliciting \| - \| - \| - \| /);
    const idle = { ...update, careofAddress: "::", peer: "::", pathMtu: 0 };
    expect(lineWith("Registered", { updates: [idle], uplinks: [uplink] })).toMatch(/^Registered \| - \| - \| .* \| -$/);
  });

  it("has words of its own for every obstacle", () => {
    const obstacles = Object.keys(PathObstacle).filter((name) => Number.isNaN(Number(name)));
    const words = obstacles.map((obstacle) => (
      lineWith("wlan0", { uplinks: [{ ...uplink, paths: { ...uplink.paths, Ipv6: obstacle } } as unknown as typeof uplink] }).split(" | ")[5]
    ));
    expect(new Set(words).size).toBe(obstacles.length);
    expect(words.every((each) => each !== undefined && each !== "undefined")).toBe(true);
  });

  it("shows the port and the NAT of a binding, and the IPv4 home address that goes with it", () => {
    const binding = {
      homeAddress: "2001:db8:100::17", careofAddress: "198.18.4.2", bindingIdentifier: 0, node: 0, identity: "car17@example.org",
      sequence: 9, flags: 0, remainingMs: 420_000, ageMs: 0, pathMtu: 1500, encapsulation: "UdpIpv4" as const, port: 40001,
      nat: true, refreshS: 37, natHeldS: 25, natLostS: 60, ipv4HomeAddress: "198.51.100.17", ...none,
    };
    expect(lineWith("2001:db8:100::17 ", { role: "home-agent", homeAddress: undefined, homeAgent: "2001:db8:100::1", bindings: [binding] }))
      .toMatch(/ \| UDP over IPv4, port 40001, NAT \(37 s advised, 25 s held, 60 s lost\) \| 198\.51\.100\.17$/);
  });

  it("names the home agent by name and addresses, as far as they are known", () => {
    const name = { homeAgentName: "ha1.example.com" };
    expect(lineWith("ha1", { ...name, homeAgent: "::" })).toBe("mobile-node | 2001:db8:100::17, home agent ha1.example.com (not found yet)");
    expect(lineWith("ha1", { ...name, homeAgent: "2001:db8:100::1", homeAgentIpv4: "192.0.2.1" }))
      .toBe("mobile-node | 2001:db8:100::17, home agent ha1.example.com (2001:db8:100::1, 192.0.2.1)");
  });
});

it("mext watch tells the events of RFC 5555 in sentences", () => {
  const said = (name: Parameters<typeof eventSentence>[0]["name"], fields: Record<string, string | number | boolean>) => (
    eventSentence({ name, fields })
  );
  expect(said("PathChosen", { encapsulation: "UdpIpv4", before: "Ipv6", obstacle: "NoAnswer" }))
    .toBe("packets go by UDP over IPv4 in place of IPv6: IPv6 was not answered");
  expect(said("PathChosen", { encapsulation: "Ipv6", before: "UdpIpv4", obstacle: "NotNeeded" }))
    .toBe("packets go by IPv6 in place of UDP over IPv4");
  expect(said("NatDetected", { nat: true, keepaliveS: 25 })).toBe("there is a NAT, which hears of this node every 25 s at least");
  expect(said("NatDetected", { nat: false, keepaliveS: 0 })).toBe("there is no NAT");
  expect(said("MappingChanged", { homeAddress: "2001:db8::1", careofAddress: "198.18.4.2", port: 7, silenceS: 40, adviceS: 25 }))
    .toBe("the NAT of 2001:db8::1 has given it port 7 of 198.18.4.2 after 40 s of silence; 25 s are advised now");
  expect(said("Ipv4HomeAddress", { homeAddress: "2001:db8::1", ipv4HomeAddress: "198.51.100.17", status: 0, meaning: "success" }))
    .toBe("2001:db8::1 has the IPv4 home address 198.51.100.17");
  expect(said("Ipv4HomeAddress", { homeAddress: "2001:db8::1", ipv4HomeAddress: "::", status: 132, meaning: "dynamic not available" }))
    .toBe("2001:db8::1 has no IPv4 home address: dynamic not available");
  expect(said("Ipv4Uplink", { address: "::" })).toBe("the uplink has no IPv4 address any more");
  expect(said("ProbeAnswered", { number: 3, seenAddress: "198.18.4.2", seenPort: 7, roundTripMs: 1.5, clockAheadMs: 0 }))
    .toBe("probe 3 was answered after 1.5 ms; the home agent saw 198.18.4.2, port 7");
  expect(said("BindingEnded", {})).toBeUndefined();
});

describe("the watch over a registration", () => {
  const homeAddress = "2001:db8:100::17";
  const update = (state: string, lastStatus?: number) => [{ homeAddress, state, lastStatus } as UpdateStatus];
  const sent = (atMs: number, transmission: number) => (
    { name: "BindingUpdateSent", atMs, fields: { homeAddress, transmission } } as const
  );
  const refused = (reason: RefusalCount["reason"]) => [{ reason, packets: 3 } as RefusalCount];

  it("says since when Binding Updates have no answer, from the third on, until one comes", () => {
    const watch = new RegistrationWatch();
    for (const event of [sent(1000, 1), sent(2500, 2)]) watch.observe(event);
    expect(watch.warnings(update("Registering"), [], 5000)).toEqual([]);
    watch.observe(sent(5500, 3));
    watch.observe(sent(6000, 1)); // from another care-of address
    expect(watch.warnings(update("Registering"), [], 6000)).toEqual([]);
    watch.observe(sent(9000, 3));
    expect(watch.warnings(update("Updating"), refused("NoBinding"), 10_000)).toEqual([
      "the home agent has not answered for 9 s: is it reachable, are identity, spi, key and clock right?",
    ]);
    expect(watch.warnings(update("Idle"), [], 10_000)).toEqual([]);
    watch.observe({ name: "BindingAcknowledged", atMs: 10_500, fields: { homeAddress, status: 0 } });
    expect(watch.warnings(update("Registered", 0), [], 11_000)).toEqual([]);
    watch.observe(sent(20_000, 3));
    expect(watch.warnings(update("Updating"), [], 24_000)[0]).toMatch(/has not answered for 4 s/);
  });

  it("says when the answers are not authentic, and when the home agent refuses", () => {
    const watch = new RegistrationWatch();
    watch.observe(sent(1000, 3));
    for (const reason of ["AuthenticationFailed", "AuthenticationMissing", "AuthenticationRefusalDoubted"] as const) {
      expect(watch.warnings(update("Registering"), refused(reason), 3000)).toEqual([
        "no authentic answer of the home agent for 2 s: are identity, spi and key the same on both sides?",
      ]);
    }
    expect(watch.warnings(update("Refused", 146), [], 3000)).toEqual([
      expect.stringMatching(/^the home agent refuses: 146 \(.+\): are identity, spi and key the same on both sides\?$/),
    ]);
    expect(watch.warnings(update("Refused", 129), [], 3000)).toEqual([
      "the home agent refuses: 129 (administratively prohibited)",
    ]);
  });
});
