import { describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import { ROUTE_OPTIMISATION_DEFAULTS, setRouteOptimisation } from "../../bindings/commands.ts";
import { valueOf } from "../../bindings/codec.ts";
import { readBindings, readPeers, readUpdates } from "../../bindings/status.ts";
import { correspondentNode } from "./correspondent-peer.ts";
import { prefixAdvertisement } from "./home-side.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, SECURITY, TUNNEL, type Node, homeAgent, mobileNode } from "./harness.ts";
import { addresses, arrive, codec, echo, routerAdvertisement } from "./network.ts";

const [OLD, NEW] = ["2001:db8:100::", "2001:db8:300::"];
const FURTHER = "2001:db8:300::17";

/** A mobile node, its home agent and its correspondent, and the network between them. */
class Three {
  readonly agent = homeAgent({
    homePrefixes: [{ address: parseAddress(OLD), length: 64 }, { address: parseAddress(NEW), length: 64 }],
    nodes: [{ id: 0, homeAddresses: [parseAddress(HOME_ADDRESS), parseAddress(FURTHER)], security: SECURITY }],
  });
  readonly correspondent = correspondentNode();
  readonly mobile = mobileNode();
  solicitation = -1;
  /** Lifetimes of the Binding Updates to the correspondent, s. */
  lifetimes: number[] = [];

  constructor() {
    setRouteOptimisation(this.mobile.engine, { ...ROUTE_OPTIMISATION_DEFAULTS, policy: "always" }, this.mobile.now);
    arrive(this.mobile);
    this.settle();
    this.mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
    this.settle();
  }

  /** Carries packets until nobody has any. */
  settle(): void {
    for (let round = 0; round < 30; round++) {
      const sent = [this.mobile, this.agent, this.correspondent].flatMap((node) => node.take().map((each) => ({ node, ...each })));
      if (sent.length === 0) return;
      for (const { node, packet } of sent) this.deliver(node, packet);
    }
  }

  private deliver(from: Node, packet: Uint8Array): void {
    const destination = addresses(packet)[1];
    const layers = codec.dissect(packet);
    const solicitation = layers.find(({ name }) => name === "mobile-prefix-solicitation");
    const update = layers.find(({ name }) => name === "binding-update");
    if (solicitation) this.solicitation = valueOf(solicitation, "identifier") as number;
    else if (layers.some(({ name }) => name === "router-solicitation")) this.mobile.receive(ACCESS, routerAdvertisement());
    else if (destination === HOME_AGENT) this.agent.receive(ACCESS, packet);
    else if (destination === CAREOF) this.mobile.receive(ACCESS, packet);
    else if (destination === CORRESPONDENT) {
      if (update) this.lifetimes.push((valueOf(update, "lifetime") as number) * 4);
      this.correspondent.receive(ACCESS, packet);
    } else if ([HOME_ADDRESS, FURTHER].includes(destination) && from === this.correspondent) this.agent.receive(TUNNEL, packet);
  }

  advance(ms: number): void {
    for (let at = 0; at < ms; at += 100) {
      for (const node of [this.mobile, this.agent, this.correspondent]) node.advance(100);
      this.settle();
    }
  }

  /** The home agent tells the prefixes, after it has made the mobile node ask. */
  advertise(...prefixes: Parameters<typeof prefixAdvertisement>[0]["prefixes"]): void {
    this.advance(4000);
    const home = readUpdates(this.mobile.engine)[0].homeAddress;
    this.mobile.receive(ACCESS, prefixAdvertisement({ identifier: 0x10000 - 1, home, prefixes: [] }));
    this.settle();
    this.mobile.receive(ACCESS, prefixAdvertisement({ identifier: this.solicitation, home, prefixes }));
    this.settle();
  }
}

describe("bindings at correspondent nodes", () => {
  it("are shortened at once when the home prefix is (6275-11.4.2-7, 6275-11.4.2-5, 6275-11.4.2-6)", () => {
    const three = new Three();
    expect(readPeers(three.mobile.engine)).toMatchObject([{ address: CORRESPONDENT, optimised: true }]);
    expect(three.lifetimes).toEqual([420]);
    three.advertise({ prefix: OLD, valid: 100 });
    three.advance(2000);
    expect(three.lifetimes).toHaveLength(2);
    expect(three.lifetimes[1]).toBeLessThanOrEqual(100);
    const [binding] = readBindings(three.correspondent.engine);
    expect(binding.homeAddress).toBe(HOME_ADDRESS);
    expect(binding.remainingMs).toBeLessThanOrEqual(100_000);
    expect(readPeers(three.mobile.engine)[0].optimised).toBe(true);
  });

  it("are left alone when the home prefix outlasts them", () => {
    const three = new Three();
    three.advertise({ prefix: OLD, valid: 3600 });
    three.advance(2000);
    expect(three.lifetimes).toEqual([420]);
  });

  it("end with the home prefix, and are made anew for the home address that is left", () => {
    const three = new Three();
    three.advertise({ prefix: OLD, valid: 100, preferred: 50 }, { prefix: NEW });
    three.advance(110_000);
    expect(readUpdates(three.mobile.engine).map(({ homeAddress, state }) => [homeAddress, state])).toEqual([[FURTHER, "Registered"]]);
    expect(readBindings(three.correspondent.engine).map(({ homeAddress }) => homeAddress)).not.toContain(HOME_ADDRESS);
    three.mobile.receive(TUNNEL, echo(FURTHER, CORRESPONDENT));
    three.advance(3000);
    expect(readBindings(three.correspondent.engine).map(({ homeAddress }) => homeAddress)).toEqual([FURTHER]);
    expect(readPeers(three.mobile.engine)[0]).toMatchObject({ homeAddress: FURTHER, optimised: true });
  });
});
