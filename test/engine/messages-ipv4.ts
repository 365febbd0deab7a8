/** Messages of mobile nodes by IPv4 and UDP, made without the engine, and a home agent that serves them. */
import { formatAnyAddress, parseAddress, parseAnyAddress } from "../../bindings/address.ts";
import { type ServeSettings, SERVE_DEFAULTS, setNodeIpv4, setServe } from "../../bindings/commands.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import type { HomeAgentSettings, NodeSettings, Security } from "../../bindings/commands.ts";
import type { Budgets } from "../../bindings/engine.ts";
import { ACCESS, CAREOF, EPOCH, HOME_ADDRESS, type Node, homeAgent } from "./harness.ts";
import { type Acknowledgement, type BindingUpdateOptions, bindingUpdate, ntp, readAcknowledgement } from "./messages.ts";
import { codec } from "./network.ts";

/** Of the home agent. */
export const AGENT_IPV4 = "192.0.2.1";
/** That the mobile node has itself behind a NAT, and what the NAT makes of it. */
export const PRIVATE = "10.0.0.17";
export const NAT = "198.51.100.9";
export const NAT_PORT = 40_000;
/** Of a mobile node without a NAT. */
export const PUBLIC = "203.0.113.17";

/** A home agent that serves IPv4, with a pool of 192.0.2.16 and the following 15 addresses. */
export function dualStackAgent(
  { serve, ...settings }: { serve?: Partial<ServeSettings>; nodes?: NodeSettings[]; budgets?: Partial<Budgets> } & Partial<HomeAgentSettings> = {},
): Node {
  const agent = homeAgent(settings);
  serveDualStack(agent, serve);
  return agent;
}

/** Tells a home agent how to serve IPv4 and UDP. */
export function serveDualStack(agent: Node, settings: Partial<ServeSettings> = {}): void {
  setServe(agent.engine, {
    ...SERVE_DEFAULTS, ipv4Address: parseAnyAddress(AGENT_IPV4), pools: [{ first: parseAnyAddress("192.0.2.16"), addresses: 16 }], ...settings,
  }, agent.now);
}

/** Gives a home address an IPv4 home address. */
export function giveIpv4(agent: Node, home: string, ipv4: string | "dynamic" | undefined): void {
  setNodeIpv4(agent.engine, parseAddress(home), ipv4 === undefined || ipv4 === "dynamic" ? ipv4 : parseAnyAddress(ipv4), agent.now);
}

/** IPv4 Home Address option. */
export function ipv4HomeAddress(asked = "0.0.0.0", prefixLength = 32, requestPrefix = false): LayerInput {
  return { name: "ipv4-home-address", fields: { prefixLength, requestPrefix, address: asked } };
}

/** IPv4 Care-of Address option. */
export function ipv4CareofAddress(careofAddress: string): LayerInput {
  return { name: "ipv4-careof-address", fields: { careofAddress } };
}

export interface DatagramOptions extends BindingUpdateOptions {
  /** Source of the datagram. */
  from?: string;
  port?: number;
  /** What the mobile node says is its care-of address by IPv4; null: nothing. */
  claimed?: string | null;
}

/** A Binding Update as the payload of a datagram: from the home address, with an IPv4 Care-of Address option. */
export function datagramUpdate({ claimed = PRIVATE, extra = [], ...options }: DatagramOptions = {}): Uint8Array {
  const source = options.source ?? (options.home ?? HOME_ADDRESS);
  const careof = claimed === null ? [] : [ipv4CareofAddress(claimed)];
  return bindingUpdate({ alternate: null, ...options, home: null, source, extra: [...careof, ...extra] });
}

/** What an acknowledgement says of IPv4 and NATs, beside the rest. */
export interface DualStackAcknowledgement extends Acknowledgement {
  ipv4: { status: number; prefixLength: number; address: string }[];
  nat?: { forced: boolean; refreshS: number };
  /** Where the datagram goes; absent: it was no datagram. */
  to?: string;
  port?: number;
}

/** Reads an acknowledgement with the options of RFC 5555. */
export function readDualStack(packet: Uint8Array, careof: string, home = HOME_ADDRESS): DualStackAcknowledgement {
  const message = codec.dissect(packet).find(({ name }) => name === "binding-acknowledgement")!;
  const values = (name: string) => message.options.filter((option) => option.name === name)
    .map(({ fields }) => Object.fromEntries(fields.map((field) => [field.name, field.value])));
  const [nat] = values("nat-detection");
  return {
    ...readAcknowledgement(packet, careof, home),
    ipv4: values("ipv4-address-acknowledgement").map((option) => ({
      status: Number(option.status), prefixLength: Number(option.prefixLength), address: String(option.address),
    })),
    ...(nat ? { nat: { forced: Boolean(nat.udpEncapsulationRequired), refreshS: Number(nat.refreshTime) } } : {}),
  };
}

/** Gives the home agent a Binding Update in a datagram and reads the answer, if any: a datagram as well. */
export function askByUdp(agent: Node, options: DatagramOptions = {}): DualStackAcknowledgement | undefined {
  const { from = NAT, port = NAT_PORT } = options;
  agent.take();
  agent.datagrams = [];
  agent.engine.receiveDatagrams(agent.now, ACCESS, datagramUpdate(stamp(agent, options)), { address: parseAnyAddress(from), port });
  const [answer] = agent.datagrams;
  if (!answer) return undefined;
  const home = options.home ?? HOME_ADDRESS;
  return { ...readDualStack(answer.payload, home, home), to: formatAnyAddress(answer.address), port: answer.port };
}

/** The same natively, by IPv6. */
export function askByIpv6(agent: Node, options: BindingUpdateOptions = {}): DualStackAcknowledgement | undefined {
  agent.take();
  const stamped = stamp(agent, options);
  agent.receive(ACCESS, bindingUpdate(stamped));
  const answer = agent.take().find(({ device, packet }) => device === ACCESS && packet[6] !== 58);
  return answer && readDualStack(answer.packet, stamped.alternate ?? stamped.source ?? CAREOF, options.home ?? HOME_ADDRESS);
}

const sequences = new WeakMap<Node, number>();

/** The mobile nodes of `before` go on with `agent`, which has its state. */
export function continueWith(agent: Node, before: Node): void {
  sequences.set(agent, sequences.get(before) ?? 99);
}

/** The next sequence number and the time of day, unless the test has others. */
function stamp<Options extends BindingUpdateOptions>(agent: Node, options: Options): Options {
  const sequence = options.sequence ?? (sequences.get(agent) ?? 99) + 1;
  sequences.set(agent, sequence);
  // Two messages of one millisecond must have different timestamps.
  return { timestamp: ntp(EPOCH + agent.now, sequence & 0xffff), ...options, sequence };
}

/** Further mobile nodes, number `index` with the home address 2001:db8:100::1000 + index and a key of its own. */
export function homeOf(index: number): string {
  return `2001:db8:100::${(0x1000 + index).toString(16)}`;
}

const KEY = new TextEncoder().encode("0123456789abcdef");

export function manyNodes(count: number): NodeSettings[] {
  return Array.from({ length: count }, (_, id) => ({
    id, homeAddresses: [parseAddress(homeOf(id))],
    security: { authentication: "shared-key", identity: `node${id}@example.org`, spi: 300, key: KEY, replayProtection: "timestamp" } satisfies Security,
  }));
}

/** What their messages have of their own. */
export function as(index: number): Pick<BindingUpdateOptions, "home" | "identity"> {
  return { home: homeOf(index), identity: `node${index}@example.org` };
}
