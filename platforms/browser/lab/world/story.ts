/**
 * One scenario as it happens. Everything that is told is a function of the scenario alone, however time is cut into
 * pieces:
 *
 *   run → to the next sample or recorded action → sample, act → … → what is new
 */
import { Codec } from "../../../../bindings/codec.ts";
import { CoreNode } from "../../../sim/node.ts";
import { Nat } from "../../../sim/nat.ts";
import type { TraceRecord } from "../../../sim/trace.ts";
import { blockUdp } from "../../../sim/visited.ts";
import {
  type Action, type Frame, type MachineState, type Note, type Sample, SAMPLE_MS, type Scenario, type World,
} from "../contract.ts";
import { checkAction, idsOf, MAX_ACTIONS, ScenarioError } from "../scenario.ts";
import { conditionsText, trafficText } from "./action-text.ts";
import { Flights } from "./flights.ts";
import { Handovers } from "./handovers.ts";
import { KeptPackets } from "./kept-packets.ts";
import { noteOf } from "./notes.ts";
import { mobileNodeId, Plan, visitedId } from "./plan.ts";
import { Signals } from "./signals.ts";
import { machinesOf, worldOf } from "./status.ts";
import { NodeTraffic } from "./traffic.ts";

/** How long UDP does not pass where it is blocked at first. */
const BLOCKED_MS = 10_000;
/** Many nodes with wide windows would be more packets than anybody can see, and than a page can show in time. */
const windowOf = (mobileNodes: number) => (mobileNodes <= 2 ? 3 : 1);
/**
 * Actions of a person take place at whole hundredths of a millisecond: their times are short in a URL. The first
 * is after time 0, where a scenario says in which networks nodes begin.
 */
const TIMES_A_MS = 100;
/** What happened is forgotten after so long where nobody looks. */
const UNSEEN_MS = 1000;

export class Story {
  readonly plan: Plan;
  readonly kept: KeptPackets;
  private readonly signals: Signals;
  private readonly flights: Flights;
  private readonly handovers = new Handovers();
  private readonly traffic = new Map<string, NodeTraffic>();
  private readonly actions: Scenario["actions"][number][];
  private done = 0;
  private nextSampleMs = SAMPLE_MS;
  private notes: Note[] = [];
  private samples: Sample[] = [];
  private lastWorld = "";
  /** Nodes are asked what they do when something may have changed: after events, and with each sample. */
  private mayDiffer = true;
  private machines = new Map<string, MachineState>();
  private newMachines: MachineState[] = [];

  constructor(private readonly origin: Scenario, core: WebAssembly.Module) {
    const codec = new Codec(core);
    this.plan = new Plan(origin, core);
    this.kept = new KeptPackets(codec);
    this.signals = new Signals(codec);
    this.flights = new Flights(this.plan, this.kept, this.signals);
    this.actions = [...origin.actions];
    this.network.watch((record) => this.look(record));
    this.begin();
  }

  get nowMs(): number {
    return this.network.nowMs;
  }

  get scenario(): Scenario {
    return { ...this.origin, actions: this.actions };
  }

  /** Lets time pass that nobody looks at: what happens is not told, and all states are told anew afterwards. */
  pass(untilMs: number): void {
    while (this.nowMs < untilMs) {
      this.runTo(Math.min(this.nowMs + UNSEEN_MS, untilMs));
      this.takeFrame();
    }
    this.takeFrame();
    this.machines.clear();
    this.mayDiffer = true;
  }

  /** Lets time pass up to a moment, with all that is recorded for it. */
  runTo(untilMs: number): void {
    const { network } = this;
    for (;;) {
      const nextMs = Math.min(this.nextSampleMs, this.actions[this.done]?.atMs ?? Infinity);
      if (nextMs > untilMs) break;
      network.clock.runTo(nextMs);
      if (nextMs === this.nextSampleMs) this.sample();
      while (this.done < this.actions.length && this.actions[this.done].atMs <= this.nowMs) this.perform(this.actions[this.done++]);
    }
    network.clock.runTo(untilMs);
  }

  /** Lets time pass until something happened that is worth a look, or `ms` have passed. */
  runToEvent(ms: number): void {
    const { network, flights } = this;
    const endMs = this.nowMs + ms;
    const isNew = () => flights.count > 0 || this.notes.length > 0;
    while (!isNew() && this.nowMs < endMs) {
      const nextMs = Math.min(this.nextSampleMs, this.actions[this.done]?.atMs ?? Infinity, endMs);
      network.clock.runToOr(isNew, nextMs);
      this.runTo(isNew() ? this.nowMs : nextMs); // the moment is told whole
    }
  }

  /** Performs an action and records it. */
  actNow(action: Action): void {
    if (this.actions.length >= MAX_ACTIONS) {
      throw new ScenarioError([{ field: "actions", message: `are ${MAX_ACTIONS} already: load the scenario anew` }]);
    }
    const checked = checkAction(action, idsOf(this.origin));
    const atMs = Math.max(Math.ceil(this.nowMs * TIMES_A_MS) / TIMES_A_MS, this.actions[this.done - 1]?.atMs ?? 0, 1 / TIMES_A_MS);
    this.runTo(atMs);
    // what a scenario had planned for later still comes
    this.actions.splice(this.done++, 0, { ...checked, atMs });
    this.perform(checked);
  }

  takeFrame(): Frame {
    const { notes, samples, flights, signals, handovers, nowMs } = this;
    this.notes = [];
    this.samples = [];
    const world = this.mayDiffer ? this.newWorld() : undefined;
    const machines = this.takeMachines();
    this.mayDiffer = false;
    return {
      nowMs, flights: flights.take(), signals: signals.take(nowMs), notes, samples, handovers: handovers.take(),
      machines, traps: this.traps, ...(world && { world }),
    };
  }

  /** The world, if it differs from what was told last. */
  private newWorld(): World | undefined {
    const world = worldOf(this.plan);
    const text = JSON.stringify(world);
    if (text === this.lastWorld) return undefined;
    this.lastWorld = text;
    return world;
  }

  private get network() {
    return this.plan.topology.network;
  }

  private get traps(): number {
    let traps = 0;
    for (const { stack } of this.plan.nodes.values()) if (stack instanceof CoreNode) traps += stack.recoveries;
    return traps;
  }

  /** Mobile nodes begin in the visited networks by turn, unless an action says otherwise for time 0. */
  private begin(): void {
    const { origin, plan } = this;
    plan.topology.mobileNodes.forEach((mobileNode, index) => {
      const node = mobileNodeId(index + 1);
      const traffic = new NodeTraffic(plan.correspondent, mobileNode, index + 1, windowOf(origin.mobileNodes));
      traffic.onAnswer = (sentMs) => this.handovers.end(node, this.nowMs, sentMs);
      traffic.onData = () => this.handovers.end(node, this.nowMs, this.nowMs);
      traffic.set(origin.traffic);
      this.traffic.set(node, traffic);
      mobileNode.start();
      const first = this.actions.find((action) => action.atMs === 0 && action.kind === "attach" && action.node === node);
      if (!first) this.enter(node, visitedId(1 + (index % origin.visited.length)));
    });
    this.perform0();
  }

  /** Where nodes are at time 0 is no handover. */
  private perform0(): void {
    while (this.done < this.actions.length && this.actions[this.done].atMs === 0) {
      const action = this.actions[this.done++];
      if (action.kind !== "attach") this.perform(action);
      else if (action.link !== null) this.enter(action.node, action.link);
    }
  }

  private perform(action: Action): void {
    const { plan } = this;
    this.mayDiffer = true;
    switch (action.kind) {
      case "attach": return this.attach(action.node, action.link);
      case "conditions": {
        const link = plan.links.get(action.link)!;
        plan.setConditions(link, action.conditions);
        return this.note(action.link, conditionsText(link.label, action.conditions));
      }
      case "power": return this.power(action.node, action.on);
      case "forget-mappings": {
        const nat = plan.nodes.get(action.node)!.stack as Nat;
        nat.reboot();
        return this.note(action.node, "reboots and forgets its mappings");
      }
      case "traffic": {
        this.traffic.get(action.node)!.set(action.traffic);
        return this.note(action.node, trafficText(action.traffic));
      }
    }
  }

  private attach(node: string, link: string | null): void {
    const mobileNode = this.plan.mobileNode(node)!;
    const before = mobileNode.uplinks[0].link;
    const fromLink = before ? this.plan.idOf(before.name) : null;
    if (link === null && !before) return;
    this.handovers.begin(node, this.nowMs, fromLink, link);
    const label = (id: string) => this.plan.links.get(id)!.label;
    this.note(node, link === null ? `leaves ${label(fromLink!)}` : `enters ${label(link)}`);
    if (before) mobileNode.detach();
    if (link !== null) this.enter(node, link);
  }

  private enter(node: string, link: string): void {
    const mobileNode = this.plan.mobileNode(node)!;
    const { link: target, visited } = this.plan.links.get(link)!;
    if (visited?.kind === "blocked-nat") blockUdp(visited, BLOCKED_MS);
    if (mobileNode.uplinks[0].link) mobileNode.detach();
    mobileNode.attach(target);
  }

  private power(id: string, on: boolean): void {
    const node = this.plan.coreNode(id)!;
    if (node.running === on) return;
    if (on) node.start();
    else node.crash();
    this.note(id, on ? "is switched on again, with the state it kept" : "is switched off without a word");
  }

  private note(node: string, text: string): void {
    this.notes.push({ atMs: this.nowMs, node, text, weight: "important" });
  }

  private look(record: TraceRecord): void {
    if (record.kind === "frame") this.flights.frame(record);
    else if (record.kind === "drop") this.flights.drop(record);
    else this.mayDiffer = true;
    if (record.kind === "event") {
      const { atMs, event } = record;
      const node = this.plan.idOf(record.node);
      const note = noteOf(event);
      if (note) this.notes.push({ atMs, node, ...note });
      if (event.name === "RegistrationState") this.registrationState(node, String(event.fields.state));
      if (event.name === "PeerState") this.tell({ node, machine: `peer/${event.fields.peer}`, state: String(event.fields.state), atMs });
    }
  }

  /** A node that nobody writes to is back when it is registered. */
  private registrationState(node: string, state: string): void {
    this.tell({ node, machine: "registration", state, atMs: this.nowMs });
    const traffic = this.traffic.get(node)?.settings;
    const isSilent = traffic && traffic.pingEveryMs === 0 && !traffic.stream;
    if (isSilent && (state === "Registered" || state === "AtHome")) this.handovers.end(node, this.nowMs, this.nowMs);
  }

  private sample(): void {
    const { nowMs } = this;
    const traffic = this.traffic.get(mobileNodeId(1))!;
    const remainingMs = this.plan.topology.mobileNodes[0].registration?.remainingMs ?? 0;
    this.samples.push({
      atMs: nowMs, roundTripMs: traffic.roundTripMs(nowMs, SAMPLE_MS), loss: traffic.loss(nowMs),
      bitsPerSecond: (traffic.takeBytes() * 8 * 1000) / SAMPLE_MS,
      lifetimeMs: remainingMs > 0 && Number.isFinite(remainingMs) ? remainingMs : null,
    });
    this.nextSampleMs += SAMPLE_MS;
    this.mayDiffer = true;
  }

  private tell(state: MachineState): void {
    const key = `${state.node} ${state.machine}`;
    if (this.machines.get(key)?.state === state.state) return;
    this.machines.set(key, state);
    this.newMachines.push(state);
  }

  private takeMachines(): MachineState[] {
    if (this.mayDiffer) for (const state of machinesOf(this.plan)) this.tell(state);
    const { newMachines } = this;
    this.newMachines = [];
    return newMachines;
  }
}
