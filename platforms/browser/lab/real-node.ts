/**
 * A mobile node of the page that is real: its core registers with a real home agent, over a WebSocket (a browser has no
 * UDP). What goes in and out is plain data, for a form and a list of packets.
 *
 *   form → checkRealNode → RealNode.connect ⇄ WebSocket ⇄ home agent
 *                              └→ status, notes, packets, ping
 */
import { parseAnyAddress } from "../../../bindings/address.ts";
import { Codec } from "../../../bindings/codec.ts";
import { ConfigError, loadConfig, type MobileNodeConfig } from "../../../bindings/config/index.ts";
import { statusText } from "../../../bindings/describe-names.ts";
import { describe } from "../../../bindings/describe.ts";
import type { UpdateStatus } from "../../../bindings/status.ts";
import type { Endpoint, Underlay } from "../../portable/contract.ts";
import { MobileNode } from "../../portable/mobile-node.ts";
import { type WebSocketConstructor, type WebSocketStatus, WebSocketUnderlay } from "../../portable/websocket-underlay.ts";
import type { Core } from "../core.ts";
import type { OpenPacket, PacketKind, ScenarioProblem } from "./contract.ts";
import { lookAt } from "./world/look.ts";
import { noteOf } from "./world/notes.ts";
import { durationText } from "./world/status.ts";

/** What a person fills in; all of it as text but the SPI. */
export interface RealNodeSettings {
  /** "wss://ha.example/mext". */
  readonly url: string;
  readonly homeAddress: string;
  /** An IPv6 address: names are not looked up here. */
  readonly homeAgent: string;
  /** "car17@example.org". */
  readonly identity: string;
  readonly spi: number;
  /** Hexadecimal. Nothing of this file shows or keeps it. */
  readonly key: string;
}

export interface RealNodeStatus {
  readonly registered: boolean;
  readonly connection: WebSocketStatus["state"];
  /** One line for people: "Registered, 9 m 40 s left". */
  readonly text: string;
  readonly homeAddress: string;
  /** Of the last registration; −1 when unknown. */
  readonly roundTripMs: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly warnings: readonly string[];
}

/** A packet that went over the WebSocket, as it is inside the UDP header that it would have. */
export interface RealPacket {
  readonly id: number;
  /** Since the node was started. */
  readonly atMs: number;
  readonly direction: "sent" | "received";
  readonly kind: PacketKind;
  readonly lengthBytes: number;
  readonly summary: string;
}

/** What the page is told while the node lives. */
export interface RealNodeListener {
  onPacket?(packet: RealPacket): void;
  onNote?(note: { readonly atMs: number; readonly text: string; readonly weight: "important" | "ordinary" }): void;
  /** Something in `status()` may have changed. */
  onChange?(): void;
}

export interface RealNodeOptions extends RealNodeListener {
  readonly core: Core;
  /** For runtimes without one. */
  readonly WebSocket?: WebSocketConstructor;
}

const MAX_KEPT = 1000;
const ECHO_IDENTIFIER = 0x6c61; // "la"
const ECHO_BYTES = 56;
const HOP_LIMIT = 64;

/** Settings that make no sense: one problem for each field, the names of which are those of `RealNodeSettings`. */
export class RealNodeError extends Error {
  override readonly name = "RealNodeError";
  constructor(readonly problems: readonly ScenarioProblem[]) {
    super(problems.map(({ field, message }) => `${field} ${message}`).join("; "));
  }
}

/** The fields of a daemon's file that the form's are. */
const FIELDS: Readonly<Record<string, keyof RealNodeSettings>> = {
  home_address: "homeAddress", home_agent: "homeAgent", identity: "identity", spi: "spi", key: "key",
};

/** The configuration of a mobile node, checked as that of a daemon. Throws RealNodeError. */
export function checkRealNode({ url, homeAddress, homeAgent, identity, spi, key }: RealNodeSettings): MobileNodeConfig {
  const problems: ScenarioProblem[] = [];
  if (!isWebSocketUrl(url)) {
    problems.push({ field: "url", message: 'must be the address of a WebSocket, like "wss://ha.example/mext"' });
  }
  // a name would be good in a file, but there is nobody here who looks it up
  if (!homeAgent.includes(":")) problems.push({ field: "homeAgent", message: "must be an IPv6 address" });
  const fields = {
    role: "mobile-node", home_address: homeAddress, home_agent: homeAgent, identity,
    spi: Number.isFinite(spi) ? spi : "", key, uplinks: ["websocket"],
  };
  const text = Object.entries(fields).map(([name, value]) => `${name} = ${JSON.stringify(value) ?? '""'}\n`).join("");
  try {
    const { config } = loadConfig(text, "form");
    if (problems.length === 0) return config as MobileNodeConfig;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { field, message, expected } of error.problems) {
      const name = FIELDS[field] ?? field;
      if (problems.some((each) => each.field === name)) continue;
      problems.push({ field: name, message: [message, expected].filter((part) => part !== "").join("; ") });
    }
  }
  throw new RealNodeError(problems);
}

function isWebSocketUrl(url: string): boolean {
  try {
    return ["ws:", "wss:"].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}

export class RealNode {
  private readonly startMs = performance.now();
  private readonly codec: Codec;
  private readonly kept = new Map<number, Uint8Array>();
  private packets = 0;
  private echoes = 0;
  private readonly waiting = new Map<number, () => void>();
  private node!: MobileNode;

  private constructor(
    private readonly underlay: WebSocketUnderlay,
    private readonly settings: RealNodeSettings,
    private readonly options: RealNodeOptions,
  ) {
    this.codec = new Codec(options.core.module);
  }

  /** Starts a node, which registers as soon as the WebSocket is open. Throws RealNodeError. */
  static async connect(settings: RealNodeSettings, options: RealNodeOptions): Promise<RealNode> {
    const config = checkRealNode(settings);
    const underlay = new WebSocketUnderlay({ url: settings.url, WebSocket: options.WebSocket });
    const real = new RealNode(underlay, settings, options);
    const see = (direction: RealPacket["direction"], payload: Uint8Array) => real.note(direction, payload);
    const watched = new WatchedUnderlay(underlay, see, () => options.onChange?.());
    real.node = await MobileNode.start({ config, core: options.core.module, underlays: [watched] });
    real.node.on("event", (event) => {
      const note = noteOf(event);
      if (note) options.onNote?.({ atMs: real.atMs, ...note });
      options.onChange?.();
    });
    real.node.on("warning", (text) => options.onNote?.({ atMs: real.atMs, text, weight: "important" }));
    real.node.on("packet", (packet) => real.take(packet));
    return real;
  }

  status(): RealNodeStatus {
    const { updates, warnings, homeAddress } = this.node.status();
    const connection = this.underlay.status();
    const [update] = updates;
    return {
      registered: this.node.isRegistered, connection: connection.state, homeAddress, warnings,
      text: textOf(connection, update),
      roundTripMs: update?.roundTripMs ?? -1, packetsSent: connection.sent, packetsReceived: connection.received,
    };
  }

  /** An echo request from the home address: the round trip in ms; undefined: there was no answer in time. */
  ping(to = this.settings.homeAgent, withinMs = 3000): Promise<number | undefined> {
    const sequence = this.echoes++ & 0xffff;
    const source = parseAnyAddress(this.settings.homeAddress);
    const request = this.codec.encode([
      { name: "ipv6", fields: { source, destination: parseAnyAddress(to), hopLimit: HOP_LIMIT } },
      { name: "echo-request", fields: { identifier: ECHO_IDENTIFIER, sequence } },
      { name: "payload", fields: { data: new Uint8Array(ECHO_BYTES) } },
    ]);
    const sentMs = performance.now();
    return new Promise((resolve) => {
      const settle = (roundTripMs: number | undefined) => {
        clearTimeout(timer);
        this.waiting.delete(sequence);
        resolve(roundTripMs);
      };
      const timer = setTimeout(() => settle(undefined), withinMs);
      this.waiting.set(sequence, () => settle(performance.now() - sentMs));
      this.node.send(request);
    });
  }

  /** A packet, opened; undefined: so old that it was forgotten. */
  packet(id: number): OpenPacket | undefined {
    const octets = this.kept.get(id);
    if (!octets) return undefined;
    const layers = this.codec.dissect(octets);
    return { id, octets, layers, lines: describe(layers, { verbose: true, dissect: (quoted) => this.codec.dissect(quoted) }) };
  }

  /** Leaves the connection for a new one, as a node does that moves: the home agent sees another mapping. */
  move(): void {
    this.underlay.reconnect();
  }

  /** Ends well: deregisters, which takes three seconds at most. */
  async disconnect(): Promise<void> {
    await this.node.stop();
    this.options.onChange?.();
  }

  private get atMs(): number {
    return performance.now() - this.startMs;
  }

  /** What the tunnel brought. */
  private take(packet: Uint8Array): void {
    const [, reply] = this.codec.dissect(packet);
    if (reply?.name !== "echo-reply") return;
    const value = (name: string) => reply.fields.find((field) => field.name === name)?.value;
    if (value("identifier") === ECHO_IDENTIFIER) this.waiting.get(Number(value("sequence")))?.();
  }

  private note(direction: RealPacket["direction"], payload: Uint8Array): void {
    const id = this.packets++;
    const octets = payload.slice();
    this.kept.set(id, octets);
    this.kept.delete(id - MAX_KEPT);
    const { kind, summary, mobilityAt } = lookAt(octets);
    // everything goes through the tunnel here: what it carries is data
    const words = mobilityAt === undefined ? summary : describe(this.codec.dissect(octets).slice(1))[0];
    this.options.onPacket?.({ id, atMs: this.atMs, direction, kind, lengthBytes: octets.length, summary: words });
  }
}

/** One line for somebody who waits: what is, and why it does not go on. */
function textOf({ state, connections, failures, lastClose }: WebSocketStatus, update: UpdateStatus | undefined): string {
  const why = lastClose?.reason ? ` (${lastClose.reason})` : "";
  if (connections === 0 && failures > 0 && (state === "connecting" || state === "waiting")) {
    return "No WebSocket can be opened there, tries again. Is the address right, does the home agent run, and does it let this page in?";
  }
  switch (state) {
    case "connecting": return "Connects";
    case "waiting": return `The connection was closed${why}: tries again soon`;
    case "closed": return "Ended";
    case "up": break;
  }
  const said = update?.lastStatus ? `: the home agent said “${statusText(update.lastStatus)}”` : "";
  switch (update?.state) {
    case "Registered": return `Registered, ${durationText(update.remainingMs ?? 0)} left`;
    case "Refused": return `Refused, tries again${said}`;
    case "Deregistering": return "Deregisters";
    default: return `Registers${said}`;
  }
}

/** An underlay whose datagrams are shown to somebody. */
class WatchedUnderlay implements Underlay {
  receive?: (payload: Uint8Array, from: Endpoint) => void;
  changed?: () => void;
  readonly isPointToPoint = true;

  constructor(
    private readonly inner: WebSocketUnderlay,
    private readonly see: (direction: RealPacket["direction"], payload: Uint8Array) => void,
    seeChange: () => void,
  ) {
    inner.receive = (payload, from) => {
      see("received", payload);
      this.receive?.(payload, from);
    };
    inner.changed = () => {
      this.changed?.();
      seeChange();
    };
  }

  get name(): string {
    return this.inner.name;
  }

  get local(): Endpoint {
    return this.inner.local;
  }

  get mtuBytes(): number {
    return this.inner.mtuBytes;
  }

  get isUp(): boolean {
    return this.inner.isUp;
  }

  send(payload: Uint8Array): void {
    this.see("sent", payload);
    this.inner.send(payload);
  }

  reconnect(): void {
    this.inner.reconnect();
  }

  status(): WebSocketStatus {
    return this.inner.status();
  }

  close(): void {
    this.inner.close();
  }
}
