/**
 * A home agent and a mobile node back to back, over a toy internet of both families: firewalls that drop one thing or
 * the other, a NAT that forgets, and no delay unless a test wants one.
 *
 *   mobile node ── uplink ──┬── IPv6: native messages, tunnels, UDP
 *                           └── IPv4: protocol 41, UDP ── (NAT) ── home agent
 */
import { formatAnyAddress, parseAddress, parseAnyAddress } from "../../bindings/address.ts";
import {
  REACH_DEFAULTS, type ReachSettings, type ServeSettings, setIpv4Uplink, setLink, setReach, setServe,
} from "../../bindings/commands.ts";
import { readUpdates, readUplinks } from "../../bindings/status.ts";
import { ACCESS, HOME_ADDRESS, HOME_AGENT, Node, type SentDatagrams, TUNNEL, hex, homeAgent, mobileNode } from "./harness.ts";
import { codec, routerAdvertisement } from "./network.ts";

export const AGENT_IPV4 = "192.0.2.1";
export const PRIVATE_IPV4 = "10.1.1.17";
export const PUBLIC_IPV4 = "198.51.100.17";
const NAT_IPV4 = "203.0.113.9";
const LOCAL_PORT = 50_000;
const TUNNEL_PORT = 4191;

export const SERVE: ServeSettings = {
  ipv4Address: parseAnyAddress(AGENT_IPV4), refreshMs: 110_000, firstRefreshMs: 25_000, leaseMs: 3_600_000,
  udpIpv6: true, mayForceUdp: true, forceUdp: false, probes: true,
  pools: [{ first: parseAnyAddress("172.31.0.10"), addresses: 10 }],
};

/** What the networks of the internet let through. */
export interface Passes {
  /** Native messages of the protocol. */
  mobility: boolean;
  /** IPv6 in IPv6. */
  tunnel6: boolean;
  udp6: boolean;
  /** Protocol 41 (and 4) over IPv4. */
  tunnel4: boolean;
  udp4: boolean;
  /** Everything of that family. */
  ipv6: boolean;
  ipv4: boolean;
}

export interface Nat { mappingMs: number; port: number; usedMs: number }

export class DualNetwork {
  readonly agent: Node;
  readonly mobile: Node;
  passes: Passes = { mobility: true, tunnel6: true, udp6: true, tunnel4: true, udp4: true, ipv6: true, ipv4: true };
  /** Between the uplink's IPv4 network and the internet; undefined: none. */
  nat: Nat | undefined;
  /** What the hosts at both ends were given out of their tunnels. */
  readonly atMobile: Uint8Array[] = [];
  readonly atAgent: Uint8Array[] = [];
  /** Everything that left the mobile node, oldest first, dropped or not. */
  readonly log: { atMs: number; kind: keyof Passes; packet: Uint8Array; device: number; port?: number }[] = [];

  constructor({ serve = {}, reach = {}, agent = {}, mobile = {} }: {
    serve?: Partial<ServeSettings>; reach?: Partial<ReachSettings>;
    agent?: Parameters<typeof homeAgent>[0]; mobile?: Parameters<typeof mobileNode>[0];
  } = {}) {
    this.agent = homeAgent(agent);
    setServe(this.agent.engine, { ...SERVE, ...serve }, this.agent.now);
    this.mobile = mobileNode(mobile);
    setReach(this.mobile.engine, { ...REACH_DEFAULTS, homeAgentIpv4: parseAnyAddress(AGENT_IPV4), ...reach }, this.mobile.now);
  }

  /** What the routers of the uplinks answer to a solicitation. */
  private readonly routers = new Map<number, Uint8Array>();

  /** A NAT that forgets a mapping after `mappingMs` without a packet from within. */
  useNat(mappingMs = Infinity): void {
    this.nat = { mappingMs, port: 30_000, usedMs: -Infinity };
  }

  linkUp(device = ACCESS): void { setLink(this.mobile.engine, device, true, this.mobile.now); }
  linkDown(device = ACCESS): void {
    this.noRouter(device);
    setLink(this.mobile.engine, device, false, this.mobile.now);
  }

  /** A router advertisement of the visited network. */
  ipv6(prefix = "2001:db8:a::", device = ACCESS, options = {}): void {
    const advertisement = routerAdvertisement(prefix, options);
    this.routers.set(device, advertisement);
    this.mobile.receive(device, advertisement);
  }

  /** The router of the visited network is gone. */
  noRouter(device = ACCESS): void { this.routers.delete(device); }

  /** What the host's DHCP client got; undefined: nothing any more. */
  ipv4(address: string | undefined, device = ACCESS): void {
    setIpv4Uplink(this.mobile.engine, device, address === undefined ? undefined : parseAnyAddress(address), this.mobile.now);
  }

  /** Carries packets until both ends are silent. */
  pump(): void {
    for (let round = 0; round < 50; round++) {
      const { mobile, agent } = this;
      const packets = mobile.take();
      const datagrams = mobile.datagrams.splice(0);
      const down = agent.take();
      const downDatagrams = agent.datagrams.splice(0);
      if (packets.length + datagrams.length + down.length + downDatagrams.length === 0) return;
      for (const { device, packet } of packets) this.fromMobile(device, packet);
      for (const each of datagrams) this.datagramFromMobile(each);
      for (const { device, packet } of down) this.fromAgent(device, packet);
      for (const each of downDatagrams) this.datagramFromAgent(each);
    }
    throw new Error("no silence");
  }

  /** Lets time pass at both ends, with every timer at its moment and packets carried at once. */
  advance(ms: number): void {
    this.pump();
    const until = this.mobile.now + ms;
    for (;;) {
      const next = Math.min(this.mobile.engine.nextWakeupMs(), this.agent.engine.nextWakeupMs());
      if (next > until) break;
      const step = Math.max(0, next - this.mobile.now);
      this.mobile.advance(step);
      this.agent.advance(Math.max(0, this.mobile.now - this.agent.now));
      this.pump();
    }
    this.mobile.advance(until - this.mobile.now);
    this.agent.advance(until - this.agent.now);
    this.pump();
  }

  get update() { return readUpdates(this.mobile.engine)[0]; }
  get uplink() { return readUplinks(this.mobile.engine)[0]; }

  /** True when a packet from the home address reaches the home agent's host, and one comes back. */
  carries(): boolean {
    const request = codec.encode([
      { name: "ipv6", fields: { source: HOME_ADDRESS, destination: "2001:db8:200::5", hopLimit: 63 } },
      { name: "echo-request", fields: { identifier: 7, sequence: 1 } },
    ]);
    const answer = codec.encode([
      { name: "ipv6", fields: { source: "2001:db8:200::5", destination: HOME_ADDRESS, hopLimit: 63 } },
      { name: "echo-reply", fields: { identifier: 7, sequence: 1 } },
    ]);
    const [there, back] = [this.atAgent.length, this.atMobile.length];
    this.mobile.receive(TUNNEL, request);
    this.pump();
    this.agent.receive(TUNNEL, answer);
    this.pump();
    return this.atAgent.length > there && this.atMobile.length > back;
  }

  // ---- the internet -------------------------------------------------------------------------

  private fromMobile(device: number, packet: Uint8Array): void {
    if (device === TUNNEL) {
      this.atMobile.push(packet);
      return;
    }
    const isIpv4 = packet[0] >> 4 === 4;
    const kind = isIpv4 ? "tunnel4" : packet[6] === 41 || packet[6] === 4 ? "tunnel6" : "mobility";
    if (!isIpv4 && packet[6] === 58) {
      if (packet[40] !== 133 && packet[40] !== 135) return;
      const advertisement = this.routers.get(device); // solicited, of a router or of the one that we know
      const isOfRouter = packet[40] === 133 || hex(packet.subarray(48, 64)).startsWith("fe80");
      if (advertisement && isOfRouter) this.mobile.receive(device, advertisement);
      return;
    }
    if (!isIpv4 && hex(packet.subarray(24, 40)) !== hex(parseAddress(HOME_AGENT))) return;
    this.log.push({ atMs: this.mobile.now, kind, packet, device });
    if (!this.passes[kind] || !this.passes[isIpv4 ? "ipv4" : "ipv6"]) return;
    if (isIpv4 && this.nat) return; // this NAT knows UDP alone
    this.agent.receive(ACCESS, packet);
  }

  private datagramFromMobile({ device, payload, address, port }: SentDatagrams): void {
    const isIpv4 = formatAnyAddress(address) === AGENT_IPV4;
    const kind = isIpv4 ? "udp4" : "udp6";
    this.log.push({ atMs: this.mobile.now, kind, packet: payload, device, port });
    if (!this.passes[kind] || !this.passes[isIpv4 ? "ipv4" : "ipv6"]) return;
    const uplink = readUplinks(this.mobile.engine).find((each) => each.device === device)!;
    let source = isIpv4 ? uplink.ipv4Address! : uplink.careofAddress;
    let sourcePort = LOCAL_PORT;
    if (isIpv4 && this.nat) {
      const { nat } = this;
      if (this.mobile.now - nat.usedMs > nat.mappingMs) nat.port++;
      nat.usedMs = this.mobile.now;
      [source, sourcePort] = [NAT_IPV4, nat.port];
    }
    this.agent.engine.receiveDatagrams(this.agent.now, ACCESS, payload, { address: parseAnyAddress(source), port: sourcePort });
  }

  private fromAgent(device: number, packet: Uint8Array): void {
    if (device === TUNNEL) {
      this.atAgent.push(packet);
      return;
    }
    const isIpv4 = packet[0] >> 4 === 4;
    const kind = isIpv4 ? "tunnel4" : packet[6] === 41 || packet[6] === 4 ? "tunnel6" : "mobility";
    if (!this.passes[kind] || !this.passes[isIpv4 ? "ipv4" : "ipv6"] || (isIpv4 && this.nat)) return;
    const to = isIpv4 ? packet.subarray(16, 20).join(".") : formatAnyAddress(packet.subarray(24, 40));
    const uplink = readUplinks(this.mobile.engine).find((each) => to === (isIpv4 ? each.ipv4Address : each.careofAddress));
    if (uplink) this.mobile.receive(uplink.device, packet);
  }

  private datagramFromAgent({ payload, address, port }: SentDatagrams): void {
    const to = formatAnyAddress(address);
    const isIpv4 = to.includes(".");
    const kind = isIpv4 ? "udp4" : "udp6";
    if (!this.passes[kind] || !this.passes[isIpv4 ? "ipv4" : "ipv6"]) return;
    const uplinks = readUplinks(this.mobile.engine);
    const uplink = isIpv4 && this.nat ? uplinks.find((each) => each.ipv4Address)
      : uplinks.find((each) => to === (isIpv4 ? each.ipv4Address : each.careofAddress));
    if (!uplink) return;
    if (isIpv4 && this.nat) {
      const { nat } = this;
      if (to !== NAT_IPV4 || port !== nat.port || this.mobile.now - nat.usedMs > nat.mappingMs) return;
    } else if (port !== LOCAL_PORT) return;
    const from = isIpv4 ? parseAnyAddress(AGENT_IPV4) : parseAddress(HOME_AGENT);
    this.mobile.engine.receiveDatagrams(this.mobile.now, uplink.device, payload, { address: from, port: TUNNEL_PORT });
  }
}
