/**
 * What a view of the page is given, and what it owes. `main.ts` makes one context and all views; each view draws into
 * its own element and knows no other view.
 *
 *   SequenceView  sequence.ts   MachinesView   machines.ts
 *   PlotsView     plots.ts      InspectorView  inspector.ts
 *
 * Each is made as `new SequenceView(host, context)`; the host is an empty, labelled element that scrolls by itself.
 */
import type { Frame, MachineTable, OpenPacket, PacketKind, World } from "../contract.ts";

/**
 * A part of the page. `show` is called once a displayed frame, also when the view is hidden (it must keep what it was
 * told, but should draw only when its host is visible: `host.offsetParent !== null`), and again at once when the host
 * is shown, with an empty frame.
 */
export interface View {
  show(frame: Frame): void;
  /** Another world, or the same from another time: what was shown before is void. */
  reset(world: World, nowMs: number): void;
}

/** The packet inspector. */
export interface PacketView extends View {
  /** Its tab is shown by then. Undefined: so old that the world has forgotten it. */
  open(id: number, packet: OpenPacket | undefined): void;
}

/** Custom properties of CSS (`--text` …); light and dark differ in their values alone. */
export const COLOURS = [
  /** Grounds: of the page, of a panel, of what stands out of a panel, of what is pressed or selected. */
  "ground", "panel", "raised", "selected",
  /** Of letters (4.5:1 on each ground), of less important ones (4.5:1 too), of hairlines, of borders of controls (3:1). */
  "text", "soft", "line", "border",
  /** The one accent, and letters on it. */
  "accent", "on-accent",
  /** Verdicts. */
  "good", "warn", "bad",
  /** Kinds of packets, as `PacketKind`. */
  "signalling", "tunnelled", "data", "neighbour", "error", "other",
] as const;
export type Colour = (typeof COLOURS)[number];

/** How a kind of packet is drawn and called wherever it is: never by colour alone. */
export interface PacketLook {
  readonly colour: Colour;
  readonly shape: "diamond" | "square" | "circle" | "triangle" | "hexagon" | "ring";
  readonly label: string;
}

export const PACKET_LOOKS: Record<PacketKind, PacketLook> = {
  signalling: { colour: "signalling", shape: "diamond", label: "Signalling" },
  tunnelled: { colour: "tunnelled", shape: "square", label: "Tunnelled" },
  data: { colour: "data", shape: "circle", label: "Data" },
  neighbour: { colour: "neighbour", shape: "triangle", label: "Neighbours" },
  error: { colour: "error", shape: "hexagon", label: "Error" },
  other: { colour: "other", shape: "ring", label: "Other" },
};

/** What views may ask of the page. */
export interface PageContext {
  /** Virtual time of what is shown. */
  now(): number;
  /** The world as last told. */
  world(): World;
  /** What people call a node or a link; its id, if it is none. */
  label(id: string): string;
  /** Selects a node (or a link) in the topology, and shows its controls; null: nothing. */
  select(id: string | null): void;
  selected(): string | null;
  onSelect(listener: (id: string | null) => void): void;
  /** Fetches a packet and shows it in the inspector, whose tab comes to the front. */
  openPacket(id: number): void;
  /** All tables of the core; fetched once a world. */
  machines(): Promise<readonly MachineTable[]>;
  /** The value of a colour now, for a canvas: "#1f6feb". SVG and HTML use `var(--accent)`. */
  colour(name: Colour): string;
  /** Light or dark has changed: canvases draw anew. */
  onTheme(listener: () => void): void;
  /** The person wants no motion: no transitions, no smooth scrolling. */
  reducedMotion(): boolean;
  /** Says it to a screen reader, politely; few and short. */
  announce(text: string): void;
}

/** Virtual time for people, the same everywhere: "1:02.345", minutes, seconds, milliseconds. */
export function timeText(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const minutes = Math.floor(whole / 60_000);
  const seconds = String(Math.floor(whole / 1000) % 60).padStart(2, "0");
  return `${minutes}:${seconds}.${String(whole % 1000).padStart(3, "0")}`;
}
