/** Every command of the WIT writes the record that the bindings write. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ipv4Mapped, parseAddress } from "../../bindings/address.ts";
import * as commands from "../../bindings/commands.ts";
import { Command, type CommandTaker } from "../../bindings/engine.ts";
import * as abi from "../../core-as/abi/contract.ts";
import { BUDGETS, refusalOf } from "./lifted.ts";
import { newInstance } from "./transpiled.ts";

const NOW = 5000;
const HOME = parseAddress("2001:db8:100::17");
const AGENT = parseAddress("2001:db8:100::1");
const IPV4 = Uint8Array.of(192, 0, 2, 7);
const mapped = ipv4Mapped(IPV4);
const KEY = Uint8Array.from({ length: 20 }, (_, index) => index + 1);
const security = { identity: "car17@example.org", spi: 300, key: KEY, replayProtection: "timestamp" as const };
const times = { keepaliveFloorMs: 15_000, keepaliveCeilingMs: 110_000, retryMs: 30_000 };

/** A command as the bindings give it, and as the component does. */
type Both = [name: string, theirs: (taker: CommandTaker) => void, ours: { tag: string; val?: unknown }];

const BOTH: Both[] = [
  ["device", (taker) => commands.setDevice(taker, { index: 3, kind: "access", mtu: 1500, up: true }, NOW),
    { tag: "set-device", val: { index: 3, kind: "access", mtu: 1500, up: true } }],
  ["device with all", (taker) => commands.setDevice(taker, {
    index: 2, kind: "tunnel", mtu: 1280, up: false, preference: 9, interfaceId: KEY.subarray(0, 8), linkAddress: KEY.subarray(0, 6),
  }, NOW), { tag: "set-device", val: {
    index: 2, kind: "tunnel", mtu: 1280, up: false, preference: 9, interfaceId: KEY.subarray(0, 8), linkAddress: KEY.subarray(0, 6),
  } }],
  ["link", (taker) => commands.setLink(taker, 4, true, NOW), { tag: "set-link", val: { device: 4, up: true } }],
  ["wall clock", (taker) => commands.setWallClock(taker, 1e12, NOW), { tag: "set-wall-clock", val: 1e12 }],
  ["home agent", (taker) => commands.setHomeAgent(taker, {
    address: AGENT, maxLifetimeMs: 1e6, refreshAdviceMs: 2e5, replayWindowMs: 7000, homePrefixes: [
      { address: AGENT, length: 64, routerAddress: true, validMs: 9e6, preferredMs: 8e6 },
      { address: HOME, length: 48, onLink: false, autonomous: false },
      { address: HOME, length: 56, validMs: 5e6 },
    ],
  }, NOW), { tag: "set-home-agent", val: {
    address: AGENT, maxLifetimeMs: 1e6, refreshAdviceMs: 2e5, replayWindowMs: 7000, homePrefixes: [
      { address: AGENT, length: 64, onLink: true, autonomous: true, routerAddress: true, validMs: 9e6, preferredMs: 8e6 },
      { address: HOME, length: 48, onLink: false, autonomous: false, routerAddress: false },
      { address: HOME, length: 56, onLink: true, autonomous: true, routerAddress: false, validMs: 5e6 },
    ],
  } }],
  ["home link", (taker) => commands.setHomeLink(taker, { ...commands.HOME_LINK_DEFAULTS, device: 1, linkLocal: AGENT, preference: 7, unsolicited: false }, NOW),
    { tag: "set-home-link", val: { ...commands.HOME_LINK_DEFAULTS, device: 1, linkLocal: AGENT, preference: 7, unsolicited: false } }],
  ["prefix delivery", (taker) => commands.setPrefixDelivery(taker, commands.PREFIX_DELIVERY_DEFAULTS, NOW),
    { tag: "set-prefix-delivery", val: commands.PREFIX_DELIVERY_DEFAULTS }],
  ["correspondent", (taker) => commands.setCorrespondent(taker, { ...commands.CORRESPONDENT_DEFAULTS, addresses: [HOME, mapped, AGENT] }, NOW),
    { tag: "set-correspondent", val: { ...commands.CORRESPONDENT_DEFAULTS, addresses: [HOME, IPV4, AGENT] } }],
  ["route optimisation", (taker) => commands.setRouteOptimisation(taker, {
    policy: "always", afterPackets: 7, lifetimeMs: 4e5, retryMs: 6e4,
    rules: [{ prefix: HOME, length: 56, policy: "never" }, { prefix: mapped, length: 120, policy: "automatic" }],
  }, NOW), { tag: "set-route-optimisation", val: {
    policy: "always", afterPackets: 7, lifetimeMs: 4e5, retryMs: 6e4,
    rules: [{ prefix: HOME, length: 56, policy: "never" }, { prefix: IPV4, length: 24, policy: "automatic" }],
  } }],
  ["node", (taker) => commands.addNode(taker, {
    id: 17, homeAddresses: [HOME, AGENT], maxLifetimeMs: 123_456, security: { authentication: "shared-key", ...security },
  }, NOW), { tag: "add-node", val: { id: 17, homeAddresses: [HOME, AGENT], maxLifetimeMs: 123_456, security: { tag: "shared-key", val: security } } }],
  ["node without security", (taker) => commands.addNode(taker, { id: 18, homeAddresses: [AGENT], security: { authentication: "none" } }, NOW),
    { tag: "add-node", val: { id: 18, homeAddresses: [AGENT], maxLifetimeMs: 0, security: { tag: "none" } } }],
  ["removed node", (taker) => commands.removeNode(taker, 17, NOW), { tag: "remove-node", val: 17 }],
  ["mobile node", (taker) => commands.setMobileNode(taker, {
    ...commands.MOBILE_NODE_DEFAULTS, homeAddress: HOME, homeAgent: AGENT, homePrefixLength: 56,
    security: { authentication: "shared-key", ...security, replayProtection: "sequence" },
  }, NOW), { tag: "set-mobile-node", val: {
    ...commands.MOBILE_NODE_DEFAULTS, homeAddress: HOME, homeAgent: AGENT, homePrefixLength: 56,
    security: { tag: "shared-key", val: { ...security, replayProtection: "sequence" } },
  } }],
  ["shutdown", (taker) => commands.shutdown(taker, NOW), { tag: "shutdown" }],
  ["refused address", (taker) => commands.refuseAddress(taker, 1, HOME, NOW), { tag: "refuse-address", val: { device: 1, address: HOME } }],
  ["IPv4 uplink", (taker) => commands.setIpv4Uplink(taker, 1, mapped, NOW, mapped),
    { tag: "set-ipv4-uplink", val: { device: 1, address: IPV4, gateway: IPV4 } }],
  ["no IPv4 uplink", (taker) => commands.setIpv4Uplink(taker, 1, undefined, NOW), { tag: "set-ipv4-uplink", val: { device: 1 } }],
  ["serve", (taker) => commands.setServe(taker, {
    ...commands.SERVE_DEFAULTS, ipv4Address: mapped, udpIpv6: true, pools: [{ first: mapped, addresses: 9 }],
  }, NOW), { tag: "set-serve", val: { ...commands.SERVE_DEFAULTS, ipv4Address: IPV4, udpIpv6: true, pools: [{ first: IPV4, addresses: 9 }] } }],
  ["reach", (taker) => commands.setReach(taker, {
    ...times, homeAgentIpv4: mapped, ipv4HomeAddress: "dynamic", ipv6: true, udpIpv6: false, ipv4: true, forceUdp: false, probesOnly: true,
  }, NOW), { tag: "set-reach", val: {
    ...times, homeAgentIpv4: IPV4, ipv4HomeAddress: { tag: "dynamic" }, ipv6: true, udpIpv6: false, ipv4: true, forceUdp: false, probesOnly: true,
  } }],
  ["reach by IPv6", (taker) => commands.setReach(taker, { ...times, ipv6: true, udpIpv6: true, ipv4: false, forceUdp: true }, NOW),
    { tag: "set-reach", val: { ...times, ipv4HomeAddress: { tag: "none" }, ipv6: true, udpIpv6: true, ipv4: false, forceUdp: true, probesOnly: false } }],
  ["IPv4 of a node", (taker) => commands.setNodeIpv4(taker, HOME, mapped, NOW),
    { tag: "set-node-ipv4", val: { homeAddress: HOME, ipv4: { tag: "fixed", val: IPV4 } } }],
  ["path MTU", (taker) => commands.setPathMtu(taker, 2, AGENT, 1400, NOW), { tag: "set-path-mtu", val: { device: 2, remote: AGENT, octets: 1400 } }],
  ["path MTU of any device", (taker) => commands.setPathMtu(taker, abi.DEVICE_ANY, mapped, 1300, NOW),
    { tag: "set-path-mtu", val: { remote: IPV4, octets: 1300 } }],
  ["home agent found", (taker) => commands.setHomeAgentFound(taker, { address: AGENT, ipv4Address: mapped }, NOW),
    { tag: "set-home-agent-found", val: { address: AGENT, ipv4Address: IPV4 } }],
  ["probe", (taker) => commands.probe(taker, { device: 1, encapsulation: "UdpIpv4", number: 5, bytes: 1400, answerPort: 4191, tunnelled: true }, NOW),
    { tag: "probe", val: { device: 1, encapsulation: "udp-ipv4", number: 5, bytes: 1400, answerPort: 4191, tunnelled: true } }],
];

/** An instance whose core's command buffer can be read, and its engine. */
function watched(role: string) {
  let core: any;
  const instance = newInstance((each) => { if (each.exports.commandPointer) core = each.exports; });
  const engine = instance.engine.Engine.start(role, NOW, new Uint8Array(64).fill(3), BUDGETS);
  return { engine, record: (length: number) => new Uint8Array(core.memory.buffer, core.commandPointer(), length).slice() };
}

describe("commands", () => {
  it.each(BOTH)("%s", (_name, theirs, ours) => {
    let expected = new Uint8Array(0);
    let code = 0;
    theirs({
      command: (given, lengthBytes, _nowMs, fill) => {
        code = given;
        expected = new Uint8Array(lengthBytes);
        fill?.(new DataView(expected.buffer), expected);
      },
    });
    // What the core answers depends on its role and moment; it is the same for both, and the record is there anyhow.
    const { engine, record } = watched("home-agent");
    const byRecord = answerOf(() => watched("home-agent").engine.rawCommand(NOW, code, expected));
    expect(answerOf(() => engine.command(NOW, ours))).toEqual(byRecord);
    expect(record(expected.length)).toEqual(expected);
  });

  it("has all of them", () => {
    const tags = new Set(BOTH.map(([, , { tag }]) => tag));
    const wit = readFileSync(new URL("../../dist/component/mext.wit", import.meta.url), "utf8");
    const [, body] = /^ {2}variant command \{\n([^}]*)\}/m.exec(wit)!;
    expect([...body.matchAll(/^ {4}([a-z][a-z0-9-]*)/gm)].map(([, each]) => each).sort()).toEqual([...tags].sort());
    expect(tags.size).toBe(Object.values(Command).filter((value) => typeof value === "number").length);
  });

  it.each([
    ["an address of 5 octets", { tag: "refuse-address", val: { device: 0, address: new Uint8Array(5) } }, "bad-address"],
    ["IPv6 where IPv4 is needed", { tag: "set-ipv4-uplink", val: { device: 0, address: HOME } }, "bad-address"],
    ["17 home addresses", { tag: "add-node", val: { id: 1, homeAddresses: Array(17).fill(HOME), maxLifetimeMs: 0, security: { tag: "none" } } }, "too-long"],
    ["a key of 65 octets", { tag: "add-node", val: {
      id: 1, homeAddresses: [HOME], maxLifetimeMs: 0, security: { tag: "shared-key", val: { ...security, key: new Uint8Array(65) } },
    } }, "too-long"],
    ["a key of 3 octets", { tag: "add-node", val: {
      id: 1, homeAddresses: [HOME], maxLifetimeMs: 0, security: { tag: "shared-key", val: { ...security, key: new Uint8Array(3) } },
    } }, "key-missing"],
    ["an unknown device", { tag: "set-link", val: { device: 9, up: true } }, "unknown-device"],
    ["the command of another role", { tag: "set-mobile-node", val: {
      ...commands.MOBILE_NODE_DEFAULTS, homeAddress: HOME, homePrefixLength: 64, security: { tag: "none" },
    } }, "wrong-role"],
  ])("refuses %s", (_what, command, refusal) => {
    expect(answerOf(() => watched("home-agent").engine.command(NOW, command))).toBe(refusal);
  });
});

/** The orders, or the refusal that was thrown. */
function answerOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return refusalOf(error);
  }
}
