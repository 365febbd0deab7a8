/** Random registrations of many nodes that share a small pool, against a model of who may have what. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ipv4AddressStatus as Status } from "../../core-as/abi/codes.ts";
import { parseAnyAddress } from "../../bindings/address.ts";
import { readBindings } from "../../bindings/status.ts";
import { CORRESPONDENT, type Node, TUNNEL } from "./harness.ts";
import {
  PRIVATE, PUBLIC, as, askByIpv6, askByUdp, continueWith, dualStackAgent, giveIpv4, homeOf, ipv4HomeAddress, manyNodes,
} from "./messages-ipv4.ts";
import { codec, echo } from "./network.ts";

const NODES = 50;
const POOL = { first: parseAnyAddress("192.0.2.16"), addresses: 20 };
/** Given for good: two of them lie in the pool. */
const STATIC = new Map([[46, "192.0.2.20"], [47, "192.0.2.21"], [48, "192.0.2.100"]]);
const REFUSED = 49;
const LEASABLE = POOL.addresses - 2;
const LEASE_MS = 200_000;
const isOfPool = (address: string) => /^192\.0\.2\.(1[6-9]|2[02-9]|2[2-9]|3[0-5])$/.test(address) && address !== "192.0.2.20";

const nodes = manyNodes(NODES);

function agentOf(): Node {
  const agent = dualStackAgent({ nodes, serve: { pools: [POOL], leaseMs: LEASE_MS } });
  for (const [index, address] of STATIC) giveIpv4(agent, homeOf(index), address);
  giveIpv4(agent, homeOf(REFUSED), undefined);
  return agent;
}

type Asked = "nothing" | "any" | "its own" | "another's" | "invalid" | "prefix";
type Step =
  | { do: "register"; node: number; by: "ipv6" | "nat" | "public"; asked: Asked; port: number }
  | { do: "remove"; node: number }
  | { do: "wait"; ms: number }
  | { do: "restart" };

const node = fc.nat(NODES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12, arbitrary: fc.record({
      do: fc.constant("register" as const), node, by: fc.constantFrom("ipv6" as const, "nat" as const, "public" as const),
      asked: fc.oneof(
        { weight: 6, arbitrary: fc.constant<Asked>("any") },
        { weight: 5, arbitrary: fc.constantFrom<Asked[]>("nothing", "its own", "another's", "invalid", "prefix") },
      ),
      port: fc.integer({ min: 1024, max: 65535 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), node }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 150_000 }) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "restart" }) },
);

class Model {
  readonly leases = new Map<number, { address: string; untilMs: number }>();

  alive(index: number, now: number): string | undefined {
    const lease = this.leases.get(index);
    return lease && lease.untilMs > now ? lease.address : undefined;
  }

  /** What the answer of `status` and `address` must be. */
  check(index: number, asked: Asked, requested: string, { status, address }: { status: number; address: string }, now: number): void {
    if (asked === "invalid") expect(status).toBe(Status.InvalidAddress);
    else if (asked === "prefix") expect(status).toBe(Status.PrefixUnauthorized);
    else if (index === REFUSED) expect(status).toBe(Status.AdministrativelyProhibited);
    else if (STATIC.has(index)) expect([status, address]).toEqual(asked === "another's" ? [Status.IncorrectAddress, requested] : [0, STATIC.get(index)]);
    else if (asked === "another's") expect([status, address]).toEqual([Status.IncorrectAddress, requested]);
    else this.checkLease(index, status, address, now);
  }

  private checkLease(index: number, status: number, address: string, now: number): void {
    const mine = this.alive(index, now);
    if (status === Status.DynamicNotAvailable) {
      expect(mine).toBeUndefined();
      expect([...this.leases.keys()].filter((each) => this.alive(each, now) !== undefined)).toHaveLength(LEASABLE);
      return;
    }
    expect(status).toBe(0);
    if (mine !== undefined) expect(address).toBe(mine);
    expect(isOfPool(address)).toBe(true);
    for (const [other, lease] of this.leases) {
      if (other === index || lease.address !== address) continue;
      expect(lease.untilMs).toBeLessThanOrEqual(now);
      this.leases.delete(other);
    }
    this.leases.set(index, { address, untilMs: now + LEASE_MS });
  }
}

/** An IPv4 packet from the host's stack. */
function ipv4Packet(destination: string): Uint8Array {
  return codec.encode([
    { name: "ipv4", fields: { source: "203.0.113.200", destination, protocol: 17 } }, { name: "payload", fields: { data: new Uint8Array(20) } },
  ]);
}

/** Where a packet from the host went: outer destination and port. */
function wayOf(agent: Node, packet: Uint8Array): string {
  agent.take();
  agent.datagrams = [];
  agent.receive(TUNNEL, packet);
  const [datagram] = agent.datagrams;
  if (datagram) return `udp ${datagram.address} ${datagram.port}`;
  const sent = agent.take()[0].packet;
  return sent[0] >> 4 === 4 ? `ipv4 ${sent.subarray(16, 20)}` : `ipv6 ${sent.subarray(24, 40)}`;
}

/** No address twice, none that is not its own; both entries of each binding lead the same way (5555-2.3.2.1-5). */
function checkBindings(agent: Node): void {
  const all = readBindings(agent.engine);
  const addresses = all.flatMap(({ ipv4HomeAddress: address }) => address ?? []);
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const { node: index, ipv4HomeAddress: address, homeAddress } of all) {
    if (address === undefined) continue;
    expect(index).not.toBe(REFUSED);
    if (STATIC.has(index)) expect(address).toBe(STATIC.get(index));
    else expect(isOfPool(address)).toBe(true);
    expect(wayOf(agent, ipv4Packet(address))).toBe(wayOf(agent, echo(CORRESPONDENT, homeAddress)));
  }
}

function restart(agent: Node): Node {
  const next = agentOf();
  next.advance(agent.now - next.now);
  const exported = agent.engine.exportState();
  expect(next.engine.importState(exported, next.now)).toBe(exported.length);
  continueWith(next, agent);
  const before = readBindings(agent.engine);
  const after = readBindings(next.engine);
  const essence = (each: (typeof before)[number]) => {
    const { packetsIn: _in, packetsOut: _out, bytesIn: _bytesIn, bytesOut: _bytesOut, pathMtu: _mtu, ...rest } = each;
    return rest;
  };
  const byHome = (a: { homeAddress: string }, b: { homeAddress: string }) => (a.homeAddress < b.homeAddress ? -1 : 1);
  expect(after.map(essence).toSorted(byHome)).toEqual(before.map(essence).toSorted(byHome));
  return next;
}

describe("IPv4 home addresses of many nodes with a small pool", () => {
  it("are never given twice, and answered as they must be (5555-4.5-7, 5555-4.5-9, 5555-4.5-10, 5555-2.3.1-3)", () => {
    fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 100 }), (steps) => {
      const model = new Model();
      let agent = agentOf();
      for (const each of steps) {
        if (each.do === "wait") agent.advance(each.ms);
        else if (each.do === "restart") agent = restart(agent);
        else if (each.do === "remove") askByIpv6(agent, { ...as(each.node), lifetimeS: 0 });
        else {
          const own = STATIC.get(each.node) ?? model.alive(each.node, agent.now) ?? "0.0.0.0";
          const foreign = [...model.leases].find(([index]) => index !== each.node)?.[1].address ?? "192.0.2.250";
          const requested = { nothing: "", any: "0.0.0.0", "its own": own, "another's": foreign, invalid: "0.0.0.0", prefix: "0.0.0.0" }[each.asked];
          const bits = each.asked === "invalid" ? 0 : each.asked === "prefix" ? 28 : 32;
          const options = {
            ...as(each.node), lifetimeS: 100,
            extra: each.asked === "nothing" ? [] : [ipv4HomeAddress(requested, bits, each.asked === "prefix")],
          };
          const answer = each.by === "ipv6" ? askByIpv6(agent, options)
            : each.by === "nat" ? askByUdp(agent, { ...options, port: each.port, claimed: PRIVATE })
              : askByUdp(agent, { ...options, from: PUBLIC, claimed: PUBLIC, port: each.port });
          expect(answer!.status).toBe(0);
          if (each.asked === "nothing") expect(answer!.ipv4).toEqual([]);
          else {
            expect(answer!.ipv4).toHaveLength(1);
            model.check(each.node, each.asked, requested, answer!.ipv4[0], agent.now);
          }
        }
        agent.kept = [];
        agent.events = [];
      }
      checkBindings(agent);
    }), { numRuns: 60 });
  }, 60_000);
});
