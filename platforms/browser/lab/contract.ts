/**
 * The lab's two halves and what passes between them: the *world* (a worker: the core in every node, on the simulated
 * network) and the *page* (what a person sees and does).
 *
 * The page drives: it calls `advance` once a displayed frame, and gets what happened in that stretch of virtual time.
 * Everything that crosses is plain data (structured clone). A world is a pure function of its `Scenario`: what a
 * person does is recorded in it, so that a scenario in a URL, or one given to a fresh worker, tells the same story.
 */
import type { Layer } from "../../../bindings/codec.ts";
import type { VisitedKind } from "../../sim/visited.ts";

// ---- the scenario: what a URL holds ---------------------------------------------------------------------------

/** How the frames of a link fare. */
export interface LinkConditions {
  readonly delayMs: number;
  /** Probability, 0 … 1. */
  readonly loss: number;
  /** 0: no limit. */
  readonly bitsPerSecond: number;
  readonly cut: boolean;
}

/** A network that mobile nodes can enter. */
export interface VisitedNetwork {
  readonly kind: VisitedKind;
  readonly conditions?: Partial<LinkConditions>;
}

/** What a person does to the world. Nodes and links by their ids in `World`. */
export type Action =
  /** Pulls the mobile node's cable and puts it into another link; null: into none. */
  | { readonly kind: "attach"; readonly node: string; readonly link: string | null }
  | { readonly kind: "conditions"; readonly link: string; readonly conditions: Partial<LinkConditions> }
  /** Switches a node with a core off (without a word to anybody) or on again, with the state it kept. */
  | { readonly kind: "power"; readonly node: string; readonly on: boolean }
  /** Lets a NAT forget its mappings. */
  | { readonly kind: "forget-mappings"; readonly node: string }
  /** Starts or stops traffic between correspondent and mobile node. */
  | { readonly kind: "traffic"; readonly node: string; readonly traffic: Partial<Traffic> };

/** What a correspondent sends to a mobile node. */
export interface Traffic {
  /** Echo requests of the correspondent; 0: none. */
  readonly pingEveryMs: number;
  /** A stream of data to the mobile node. */
  readonly stream: boolean;
}

/** Everything a world is made of. */
export interface Scenario {
  /** The id of the preset it began as, if any. */
  readonly preset?: string;
  readonly seed: number;
  readonly visited: readonly VisitedNetwork[];
  /** At time 0 they are in the visited networks by turn, where no action at that time says otherwise. */
  readonly mobileNodes: number;
  /** Correspondents know of mobility, and mobile nodes optimise their routes. */
  readonly routeOptimisation: boolean;
  /** A real home link, to which mobile nodes can come home. */
  readonly homeLink: boolean;
  readonly traffic: Traffic;
  /** In order of time; those of a person are added as they happen. */
  readonly actions: readonly (Action & { readonly atMs: number })[];
}

/** A scenario that comes with the lab. */
export interface Preset {
  readonly id: string;
  readonly title: string;
  /** What it teaches, in one sentence. */
  readonly lesson: string;
  readonly scenario: Scenario;
}

// ---- the world: what there is ---------------------------------------------------------------------------------

/** What a node is; a NAT is a router that has one. */
export type NodeKind = "mobile-node" | "home-agent" | "correspondent" | "router" | "nat" | "host";

/** A node as it is now. */
export interface WorldNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly label: string;
  /** For people, as text: the most telling first. */
  readonly addresses: readonly string[];
  readonly running: boolean;
  /** Ids of the links its ports are in. */
  readonly links: readonly string[];
  /** One line about what it does now: "Registered by UDP over IPv4, 9 m 40 s left". */
  readonly status: string;
}

/** A link, and how its frames fare now. */
export interface WorldLink {
  readonly id: string;
  readonly kind: "home" | "visited" | "backbone" | "correspondents";
  readonly label: string;
  /** Of a visited network. */
  readonly visitedKind?: VisitedKind;
  readonly conditions: LinkConditions;
}

/** All that there is. */
export interface World {
  readonly nodes: readonly WorldNode[];
  readonly links: readonly WorldLink[];
}

// ---- frames: what happened ------------------------------------------------------------------------------------

/** How a packet looks from afar. */
export type PacketKind = "signalling" | "tunnelled" | "data" | "neighbour" | "error" | "other";

/**
 * A packet on its way over a link; several flights may be of one packet as it goes from node to node. What a node
 * drops is told as a flight from that node to itself, that takes no time and is lost: whether it had come there or
 * could not leave.
 */
export interface Flight {
  /** Asks for its fields: `packet(id)`. Grows. */
  readonly id: number;
  readonly kind: PacketKind;
  readonly link: string;
  readonly from: string;
  readonly to: string;
  readonly sentMs: number;
  readonly arrivesMs: number;
  readonly lengthBytes: number;
  /** One line: "Binding Update 17, lifetime 600 s". */
  readonly summary: string;
  /** It goes no further: why. */
  readonly lost?: string;
}

/**
 * One arrow of the sequence diagram: a mobility message end to end, from its sender to its receiver, whatever tunnels
 * and NATs are in between. It is told once, when it has arrived or is known to be lost; retransmissions are others.
 */
export interface Signal {
  readonly packet: number;
  readonly from: string;
  /** Absent: it never arrived. */
  readonly to?: string;
  readonly sentMs: number;
  readonly arrivedMs?: number;
  /** "Binding Update", with what counts of it in `detail`. */
  readonly name: string;
  readonly detail: string;
}

/** Something to read: an event of a core, or what a person did. */
export interface Note {
  readonly atMs: number;
  readonly node: string;
  readonly text: string;
  readonly weight: "important" | "ordinary";
}

/** What the plots show, once every `SAMPLE_MS`, for the first mobile node; null: nothing was measured. */
export interface Sample {
  readonly atMs: number;
  readonly roundTripMs: number | null;
  readonly bitsPerSecond: number;
  /** Of the echo requests of the last second, 0 … 1. */
  readonly loss: number | null;
  /** Left of the binding. */
  readonly lifetimeMs: number | null;
}
/** Virtual time from one sample to the next. */
export const SAMPLE_MS = 100;

/**
 * A handover, from the cable that was pulled to the first packet that came back; where nobody sends, to the
 * registration. It is told when it begins, again when the cable is put into another link, and when it has ended: by
 * node and `fromMs` it is the same one.
 */
export interface Handover {
  readonly node: string;
  readonly fromMs: number;
  /** Absent while it lasts. */
  readonly untilMs?: number;
  readonly fromLink: string | null;
  readonly toLink: string | null;
}

/** A state machine of a node; the table itself is told once, by `machines`. */
export interface MachineState {
  readonly node: string;
  /** "registration", or "uplink/1", "way/UDP over IPv4", "peer/2001:db8:2::201": with what it is about. */
  readonly machine: string;
  readonly state: string;
  /** When it came about; absent: some time since the frame before. */
  readonly atMs?: number;
}

/** What `advance` gives: all that is new since the last call, in order of time. */
export interface Frame {
  readonly nowMs: number;
  readonly flights: readonly Flight[];
  readonly signals: readonly Signal[];
  readonly notes: readonly Note[];
  readonly samples: readonly Sample[];
  /** New ones, and those that have ended. */
  readonly handovers: readonly Handover[];
  /** Only when something in it changed. */
  readonly world?: World;
  /** Only those that changed; all of them in the first frame after `load`. */
  readonly machines: readonly MachineState[];
  /** Traps of a core since the start: 0, or a bug. */
  readonly traps: number;
}

/** A packet, opened. */
export interface OpenPacket {
  readonly id: number;
  readonly octets: Uint8Array;
  readonly layers: readonly Layer[];
  /** The describer's lines. */
  readonly lines: readonly string[];
}

/** A state machine as the core has it. */
export interface MachineTable {
  /** As in `MachineState.machine` before the slash. */
  readonly machine: string;
  readonly title: string;
  readonly section: string;
  readonly states: readonly string[];
  readonly transitions: readonly {
    readonly from: string; readonly event: string; readonly to: string; readonly action: string;
  }[];
}

/** A file of a real daemon; names may have a folder in them. */
export interface ConfigFile {
  readonly name: string;
  readonly text: string;
}

// ---- the calls ------------------------------------------------------------------------------------------------

/** A scenario that makes no sense: names the field and says what would be right. */
export interface ScenarioProblem {
  readonly field: string;
  readonly message: string;
}

/** The worker, as comlink shows it to the page (each method then gives a promise). */
export interface LabWorld {
  /** Builds the world anew and lets it run until `untilMs` at once. Throws an Error with `ScenarioProblem` words. */
  load(scenario: Scenario, untilMs?: number): World;
  /** Lets virtual time pass. `until: "event"` stops early, after the first flight or event. */
  advance(ms: number, until?: "event"): Frame;
  /** Does it now, and records it in the scenario. */
  act(action: Action): void;
  /** With everything that was done since. */
  scenario(): Scenario;
  /** The state machines of the core. */
  machines(): readonly MachineTable[];
  /** Undefined: so old that it was forgotten (the last 10,000 are kept). */
  packet(id: number): OpenPacket | undefined;
  /** What was on the links, for Wireshark. */
  pcapng(): Uint8Array;
  /** The files of real daemons that would do the same. */
  configuration(): readonly ConfigFile[];
  /** Of the core's binary, hexadecimal. */
  sha256(): string;
}
