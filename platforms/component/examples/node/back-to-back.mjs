// A home agent and a mobile node back to back, in two instances of the component, and a packet through their tunnel.
//
//   node back-to-back.mjs            with the package mext installed, or below its folder after `npm run build`
//
// There is no network and no waiting: time is a number, entropy is given, packets are handed over.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { load } from "mext/component";

/** Octets of an IPv6 address without an IPv4 part. */
function address(text) {
  const [front, back] = text.split("::").map((part) => part.split(":").filter(Boolean).map((group) => parseInt(group, 16)));
  const groups = [...front, ...Array(8 - front.length - (back?.length ?? 0)).fill(0), ...(back ?? [])];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

const HOME_AGENT = address("2001:db8:100::1");
const HOME_ADDRESS = address("2001:db8:100::17");
const CORRESPONDENT = address("2001:db8:200::5");
const TUNNEL = 0;
const ACCESS = 1;
const UNIX_MS = 1_900_000_000_000;
const BUDGETS = { slots: 64, slotBytes: 2048, outputBytes: 65536, maxBindings: 64, maxNodes: 64, reassemblies: 4 };

const newInstance = await load();
const codec = new (newInstance().codec.Codec)();
let nowMs = 1000;

/** One instance of the component is one node. */
function start(role) {
  const engine = newInstance().engine.Engine.start(role, nowMs, randomBytes(64), BUDGETS);
  return { role, engine, delivered: [] };
}

const agent = start("home-agent");
const mobile = start("mobile-node");

/** The driving law: all orders of a call are carried out before the next call of that node. */
function carryOut(node, orders) {
  for (const { tag, val } of orders) {
    if (tag !== "transmit") continue; // addresses and routes are nobody's here
    if (val.device === TUNNEL) node.delivered.push(val.packet);
    else if (val.packet[24] !== 0xff) receive(node === agent ? mobile : agent, ACCESS, val.packet); // a multicast is for routers
  }
}

function receive(node, device, packet) {
  carryOut(node, node.engine.process(nowMs, [{ device, payload: { tag: "packet", val: packet } }]));
}

/** A refusal is thrown: an error whose `payload` is its name. */
function command(node, tag, val) {
  carryOut(node, node.engine.command(nowMs, { tag, val }));
}

/** Lets every timer run at its moment. */
function passTime(ms) {
  const untilMs = nowMs + ms;
  for (;;) {
    const [due] = [agent, mobile].map((node) => ({ node, atMs: node.engine.nextWakeupMs() ?? Infinity }))
      .sort((a, b) => a.atMs - b.atMs);
    if (due.atMs > untilMs) break;
    nowMs = Math.max(nowMs, due.atMs);
    carryOut(due.node, due.node.engine.tick(nowMs));
  }
  nowMs = untilMs;
}

const value = (it) => (
  typeof it === "number" ? { tag: "number", val: BigInt(it) } : typeof it === "boolean" ? { tag: "flag", val: it }
    : it instanceof Uint8Array && it.length === 16 ? { tag: "address", val: it } : { tag: "octets", val: it }
);
/** Layers as [name, fields], an option with its depth behind. */
const encode = (...layers) => codec.encode(layers.map(([name, fields, depth = 0]) => (
  { name, depth, fields: Object.entries(fields).map(([field, it]) => ({ name: field, value: value(it) })) }
)));

const device = (index, kind, mtu, up) => ({ index, kind, mtu, up });
for (const node of [agent, mobile]) {
  command(node, "set-wall-clock", UNIX_MS);
  command(node, "set-device", device(TUNNEL, "tunnel", 1460, true));
  command(node, "set-device", device(ACCESS, "access", 1500, node === agent));
}
const security = {
  tag: "shared-key", val: { identity: "car17@example.org", spi: 300, key: randomBytes(32), replayProtection: "timestamp" },
};
command(agent, "set-home-agent", {
  address: HOME_AGENT, maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
  homePrefixes: [{ address: address("2001:db8:100::"), length: 64, onLink: true, autonomous: true, routerAddress: false }],
});
command(agent, "add-node", { id: 17, homeAddresses: [HOME_ADDRESS], security, maxLifetimeMs: 0 });
command(mobile, "set-mobile-node", {
  homeAddress: HOME_ADDRESS, homeAgent: HOME_AGENT, homePrefixLength: 64, lifetimeMs: 600_000,
  firstRegistrationTimeoutMs: 1500, bindingAckTimeoutMs: 1000, maxBindingAckTimeoutMs: 32_000, holdDownMs: 2000,
  optimistic: true, security,
});

// The mobile node enters a visited network: its link comes up, and a router advertises a prefix there.
command(mobile, "set-link", { device: ACCESS, up: true });
receive(mobile, ACCESS, encode(
  ["ipv6", { source: address("fe80::1"), destination: address("ff02::1"), hopLimit: 255 }],
  ["router-advertisement", { hopLimit: 64, routerLifetime: 1800 }],
  ["prefix-information", {
    prefix: address("2001:db8:a::"), prefixLength: 64, onLink: true, autonomous: true, validLifetime: 3600, preferredLifetime: 1800,
  }, 1],
));
passTime(3000);

const [update] = mobile.engine.updates();
const [binding] = agent.engine.bindings();
assert.equal(update.state, "registered");
assert.equal(binding.node, 17);
console.log(`registered: ${update.state}, care-of address ${Buffer.from(binding.careofAddress).toString("hex")}`);

// A correspondent's packet comes to the home agent, and through the tunnel to the mobile node.
receive(agent, TUNNEL, encode(
  ["ipv6", { source: CORRESPONDENT, destination: HOME_ADDRESS, hopLimit: 63 }],
  ["echo-request", { identifier: 7, sequence: 1 }],
  ["payload", { data: new TextEncoder().encode("hello, car") }],
));
const [arrived] = mobile.delivered.filter((packet) => Buffer.compare(packet.subarray(24, 40), HOME_ADDRESS) === 0);
const layers = codec.dissect(arrived, "raw");
assert.equal(new TextDecoder().decode(layers.at(-1).fields[0].value.val), "hello, car");
console.log(`delivered to the mobile node: ${layers.map(({ name }) => name).join(", ")}`);
