/** The core and the Rust peer as two home agents with the same bindings, to be given the same packets. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Reason } from "../../core-as/abi/reasons.ts";
import { ACCESS, HOME_AGENT, HomeAgent, TUNNEL, careofAddress, homeAddress } from "../../benches/home-agent.ts";
import { fill } from "../../benches/packets.ts";
import { NOT_BUILT, loadGlue, peerBytes, peerFolder } from "../../benches/peers/rust-build.ts";
import { RustPeer } from "../../benches/peers/rust-peer.ts";
import { Verdict } from "../../benches/peers/rust-verdicts.ts";
import { module } from "../benches/core.ts";
import { BOUND } from "./packets.ts";

export { peerFolder };

/** The direction is that of the benchmarks: from the network, or from the tunnel device. */
export type Direction = "in" | "out";

export interface CoreAnswer {
  /** What the core counted, but for limits of its answers. */
  reasons: Reason[];
  /** What is to be sent on the other side: to the tunnel device, or to the network. */
  packets: Uint8Array[];
  /** What goes back to where the packet came from: errors, mostly. */
  answers: Uint8Array[];
}

export interface PeerAnswer {
  verdict: Verdict;
  packets: Uint8Array[];
}

/** A core to which one packet is given after another. */
export class Core {
  private readonly homeAgent = new HomeAgent(module, { nodes: BOUND, bindings: BOUND, budgets: { reassemblies: 16 } });

  take(direction: Direction, packet: Uint8Array): CoreAnswer {
    const { engine, orders, now } = this.homeAgent;
    const before = engine.counters();
    const from = direction === "in" ? ACCESS : TUNNEL;
    const sent: Record<"packets" | "answers", Uint8Array[]> = { packets: [], answers: [] };
    orders.taker = (device, pointer, length) => {
      sent[device === from ? "answers" : "packets"].push(engine.memory.slice(pointer, pointer + length));
    };
    fill(engine, from, [packet]);
    engine.processSlots(now, 1);
    const reasons: Reason[] = [];
    engine.counters().forEach((count, reason) => {
      if (reason !== Reason.None && reason !== Reason.ErrorRateLimited && count > before[reason]) reasons.push(reason);
    });
    return { reasons, ...sent };
  }

  findBinding(address: Uint8Array): number {
    const { engine } = this.homeAgent;
    const pointer = engine.exports.commandPointer();
    engine.memory.set(address, pointer);
    return engine.exports.findBinding(pointer, 0);
  }
}

/** The Rust peer in the same place; one for all tests, since it keeps nothing but its bindings. */
export async function loadPeer(): Promise<Peer> {
  if (!peerFolder) throw new Error(NOT_BUILT);
  return new Peer(new RustPeer(
    await loadGlue(peerFolder), new WebAssembly.Module(peerBytes(peerFolder)), { slots: 1, slotBytes: 2048, bindings: BOUND }, HOME_AGENT,
  ));
}

export class Peer {
  constructor(readonly rust: RustPeer) {
    for (let node = 0; node < BOUND; node++) rust.bind(homeAddress(node), careofAddress(node), Infinity);
  }

  take(direction: Direction, packet: Uint8Array): PeerAnswer {
    const packets: Uint8Array[] = [];
    const transmit = (pointer: number, length: number) => void packets.push(this.rust.memory.slice(pointer, pointer + length));
    this.rust.fill(0, packet);
    if (direction === "in") this.rust.receive(0, 0, 1, transmit);
    else this.rust.send(0, 0, 1, transmit);
    return { verdict: this.rust.verdict(0), packets };
  }

  find(address: Uint8Array): number {
    this.rust.memory.set(address, this.rust.addressesPointer);
    return this.rust.rust.find();
  }
}

/** True when what is built is of these sources; false after a change without `npm run build:peer`. */
export function isPeerCurrent(): boolean {
  const tool = fileURLToPath(new URL("../../tools/build-peer.mjs", import.meta.url));
  return spawnSync(process.execPath, [tool, "--check"]).status === 0;
}
