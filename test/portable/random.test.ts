/** Portable nodes on an internet of the test, in its time: whatever happened, in the end everybody is registered. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HomeAgent } from "../../platforms/portable/home-agent.ts";
import { MobileNode } from "../../platforms/portable/mobile-node.ts";
import { Random } from "../../platforms/sim/random.ts";
import { core, echoRequest, HOME_AGENT, homeAddressOf, homeAgentConfig, ipv4HomeAddressOf, mobileNodeConfig } from "./bed.ts";
import { ManualClock } from "./manual-clock.ts";
import { PlayedNetwork, type PlayedUnderlay } from "./played-network.ts";

const NODES = 3;

interface Player {
  readonly node: MobileNode;
  readonly underlay: PlayedUnderlay;
  /** Sequence numbers of answers. */
  readonly answers: Set<number>;
}

class Scene {
  readonly clock = new ManualClock();
  readonly network: PlayedNetwork;
  readonly random: Random;
  readonly players: Player[] = [];
  agent!: HomeAgent;
  #sequence = 0;

  constructor(readonly seed: number) {
    this.random = new Random(seed, "events");
    this.network = new PlayedNetwork(this.clock, new Random(seed, "network"));
  }

  #options(name: string) {
    const entropy = new Random(this.seed, name);
    return { core, clock: this.clock, entropy: (lengthBytes: number) => entropy.bytes(lengthBytes) };
  }

  async begin(): Promise<void> {
    await this.startAgent();
    for (let index = 0; index < NODES; index++) {
      const underlay = this.network.mobileNode();
      const node = await MobileNode.start({ config: mobileNodeConfig(index, { more: 'home_agent_ipv4 = "192.0.2.1"' }), underlays: [underlay], ...this.#options(`node ${index}`) });
      const answers = new Set<number>();
      node.on("packet", (packet) => void (packet[40] === 129 || packet[20] === 0 ? answers.add(packet[0] >> 4 === 6 ? (packet[46] << 8) | packet[47] : (packet[26] << 8) | packet[27]) : 0));
      this.players.push({ node, underlay, answers });
    }
  }

  async startAgent(state?: Uint8Array): Promise<void> {
    this.agent = await HomeAgent.start({ config: homeAgentConfig(NODES), underlays: [this.network.agent], state, ...this.#options(`agent ${this.#sequence}`) });
  }

  /** One thing that happens. */
  async happen(): Promise<void> {
    const { random, network, clock } = this;
    const { node, underlay } = random.pick(this.players);
    switch (random.integer(0, 7)) {
      case 0: return underlay.plug(false);
      case 1: return underlay.plug(true);
      case 2: return network.move(underlay);
      case 3: clock.aheadMs += random.integer(-3, 3) * 1000; return;
      case 4: network.lossPercent = random.integer(0, 40); network.jitterMs = random.integer(0, 200); return;
      case 5: return node.driver.call(() => { throw new WebAssembly.RuntimeError("made by the test"); });
      case 6: {
        const state = this.agent.exportState();
        await this.agent.stop();
        return this.startAgent(random.chance(0.5) ? state : undefined);
      }
      case 7: node.send(random.bytes(random.integer(0, 2100)));
    }
  }

  /** Whether an echo request of `from` is answered by `to`. */
  pings(from: number, source: string, to: string): boolean {
    const sequence = ++this.#sequence;
    this.players[from].node.send(echoRequest(source, to, sequence));
    this.clock.advance(2000);
    return this.players[from].answers.has(sequence);
  }
}

describe("whatever happens", () => {
  it("in the end all are registered, and reach each other", async () => {
    await fc.assert(fc.asyncProperty(fc.nat(1_000_000), async (seed) => {
      const scene = new Scene(seed);
      await scene.begin();
      for (let event = 0; event < 12; event++) {
        await scene.happen();
        scene.clock.advance(scene.random.integer(0, 8000));
      }
      Object.assign(scene.network, { lossPercent: 0, jitterMs: 0 });
      for (const { underlay } of scene.players) underlay.plug(true);
      scene.clock.advance(90_000);
      for (const [index, { node }] of scene.players.entries()) {
        expect(node.isRegistered, `node ${index}: ${JSON.stringify(node.status().updates)}`).toBe(true);
        expect(scene.pings(index, homeAddressOf(index), HOME_AGENT), `node ${index} to the home agent`).toBe(true);
        const other = (index + 1) % NODES;
        expect(scene.pings(index, homeAddressOf(index), homeAddressOf(other)), `node ${index} to node ${other}`).toBe(true);
        expect(scene.pings(index, ipv4HomeAddressOf(index), ipv4HomeAddressOf(other)), `by IPv4, ${index} to ${other}`).toBe(true);
      }
      expect(new Set(scene.agent.bindings.map(({ node }) => node)).size).toBe(NODES);
      expect(scene.agent.status().traps).toBe(0);
      // at the end everybody says goodbye
      const stopped = scene.players.map(({ node }) => node.stop());
      for (let step = 0; step < 20; step++) {
        scene.clock.advance(500);
        await Promise.resolve();
      }
      await Promise.all(stopped);
      expect(scene.agent.bindings).toEqual([]);
      await scene.agent.stop();
      expect(scene.clock.pending).toBe(0);
    }), { numRuns: 40, seed: 5, endOnFailure: true });
  }, 60_000);
});
