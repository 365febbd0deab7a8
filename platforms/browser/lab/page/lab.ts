/** The page as a whole: makes the views, gives them what happens, and does what a person asks for. */
import type { Action, Frame, LabWorld, MachineTable, Preset, Scenario, World } from "../contract.ts";
import type { Colour, PageContext, View } from "./context.ts";
import { ControlsView } from "./controls.ts";
import { byId } from "./dom.ts";
import { InspectorView } from "./inspector.ts";
import { Layout } from "./layout.ts";
import { MachinesView } from "./machines.ts";
import { Messages, wordsOf } from "./messages.ts";
import { NotesView } from "./notes.ts";
import { Player, STEP_MS } from "./player.ts";
import { PlotsView } from "./plots.ts";
import { PresetsPanel } from "./presets-panel.ts";
import { RealNodeLoader } from "./real-node-loader.ts";
import { hasCore, trafficAt } from "./scenario-now.ts";
import { SequenceView } from "./sequence.ts";
import { Shortcuts } from "./shortcuts.ts";
import { Takeaways } from "./takeaways.ts";
import { Theme } from "./theme.ts";
import { Toolbar } from "./toolbar.ts";
import { Topology } from "./topology.ts";

/** The world as the page has it: each call is answered later. */
export type RemoteWorld = {
  [Name in keyof LabWorld]: (...given: Parameters<LabWorld[Name]>) => Promise<ReturnType<LabWorld[Name]>>;
};

/** Scenarios as text in an address. */
export interface Addresses {
  encode(scenario: Scenario): string;
  /** Throws an Error that names the field and what would be right. */
  decode(hash: string): Scenario;
}

export class Lab implements PageContext {
  readonly player: Player;
  readonly topology: Topology;
  readonly messages = new Messages();
  private readonly takeaways: Takeaways;
  private readonly theme = new Theme();
  private readonly layout: Layout;
  private readonly toolbar: Toolbar;
  private readonly presetsPanel: PresetsPanel;
  private readonly controls: ControlsView;
  private readonly inspector: InspectorView;
  private readonly views: ReadonlyMap<string, View>;
  private readonly shortcuts: Shortcuts;
  private readonly selectListeners: ((id: string | null) => void)[] = [];
  private current: World = { nodes: [], links: [] };
  private chosen: string | null = null;
  private tables?: Promise<readonly MachineTable[]>;
  /** As it was opened, and with what was done since. */
  private origin: Scenario;
  private scenario: Scenario;
  private traps = 0;
  private readonly realNode: RealNodeLoader;

  constructor(
    private readonly remote: RemoteWorld, private readonly presets: readonly Preset[], private readonly addresses: Addresses,
  ) {
    this.origin = this.scenario = presets[0].scenario;
    this.takeaways = new Takeaways(remote, this.messages);
    this.player = new Player({
      advance: (ms, until) => remote.advance(ms, until), show: (frame) => this.show(frame),
      changed: () => this.toolbar.showPlayer(this.player.isPlaying, this.player.speed),
      failed: (error) => this.messages.fail(error),
    });
    this.layout = new Layout(byId("tabs"), [...document.querySelectorAll<HTMLElement>("section.view")]);
    this.toolbar = new Toolbar(byId("toolbar"), {
      toggle: () => this.toggle(), step: (by) => void this.player.step(by), setSpeed: (speed) => this.player.setSpeed(speed),
      restart: () => void this.open(this.origin), replay: () => void this.replay(),
      seed: (seed) => void this.open({ ...this.origin, seed }),
      share: () => void this.takeaways.share(), savePackets: () => void this.takeaways.savePackets(this.scenario),
      showConfiguration: () => void this.takeaways.showConfiguration(),
      joinRealAgent: () => void this.realNode.open().catch((error: unknown) => this.messages.fail(error)),
      toggleTheme: () => this.theme.toggle(), help: () => void this.help(),
    });
    this.presetsPanel = new PresetsPanel(byId("lesson"), presets, ({ scenario }) => void this.open(scenario));
    this.topology = new Topology(byId("network"), this, {
      act: (action) => this.act(action), speed: () => this.player.shownSpeed,
    });
    this.controls = new ControlsView(this.layout.body("controls"), this, {
      act: (action) => this.act(action), traffic: (node) => trafficAt(this.scenario, node, this.now()),
      canSwitch: (node) => hasCore(node, this.scenario),
    });
    this.inspector = new InspectorView(this.layout.body("packet"), this);
    this.views = new Map<string, View>([
      ["controls", this.controls], ["packet", this.inspector], ["notes", new NotesView(this.layout.body("notes"), this)],
      ["sequence", new SequenceView(this.layout.body("sequence"), this)], ["plots", new PlotsView(this.layout.body("plots"), this)],
      ["machines", new MachinesView(this.layout.body("machines"), this)],
    ]);
    this.realNode = new RealNodeLoader({
      announce: (text) => this.announce(text),
      showPacket: (id, packet) => {
        this.layout.show("packet");
        this.inspector.open(id, packet);
      },
    });
    this.layout.onShow((name) => this.views.get(name)?.show(this.nothing()));
    this.shortcuts = this.makeShortcuts();
    this.theme.onChange(() => this.toolbar.showTheme(this.theme.now));
    this.theme.onChange(() => this.topology.show(this.nothing()));
    this.toolbar.showTheme(this.theme.now);
    this.toolbar.showPlayer(false, this.player.speed);
    addEventListener("hashchange", () => void this.openAddress());
    document.querySelector(".skip")?.addEventListener("click", (event) => {
      event.preventDefault(); // the address is the scenario's
      byId("network").focus();
    });
  }

  // ---- what views may ask ---------------------------------------------------------------------------------------

  now(): number {
    return this.player.nowMs;
  }

  world(): World {
    return this.current;
  }

  label(id: string): string {
    const { nodes, links } = this.current;
    return [...nodes, ...links].find((each) => each.id === id)?.label ?? id;
  }

  selected(): string | null {
    return this.chosen;
  }

  select(id: string | null): void {
    if (id !== this.chosen) this.choose(id);
    if (id !== null) this.layout.show("controls");
  }

  private choose(id: string | null): void {
    this.chosen = id;
    for (const listener of this.selectListeners) listener(id);
  }

  onSelect(listener: (id: string | null) => void): void {
    this.selectListeners.push(listener);
  }

  openPacket(id: number): void {
    this.layout.show("packet");
    this.topology.packets.mark(id);
    this.remote.packet(id).then((packet) => this.inspector.open(id, packet), (error: unknown) => this.messages.fail(error));
  }

  machines(): Promise<readonly MachineTable[]> {
    return (this.tables ??= this.remote.machines());
  }

  colour(name: Colour): string {
    return this.theme.colour(name);
  }

  onTheme(listener: () => void): void {
    this.theme.onChange(listener);
  }

  reducedMotion(): boolean {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  announce(text: string): void {
    this.messages.announce(text);
  }

  // ---- scenarios ------------------------------------------------------------------------------------------------

  /** The scenario of the page's address; the first preset, with a word about it, when that makes no sense. */
  openAddress(): Promise<void> {
    let scenario = this.presets[0].scenario;
    try {
      if (location.hash.length > 1) scenario = this.addresses.decode(location.hash);
      this.messages.hideBanner();
    } catch (error) {
      const instead = `This is “${this.presets[0].title}” instead.`;
      this.messages.banner(`The address of this page cannot be shown: ${wordsOf(error)}. ${instead}`);
    }
    return this.open(scenario);
  }

  /** Shows a scenario from its beginning, and plays it. */
  async open(scenario: Scenario): Promise<void> {
    this.origin = scenario;
    await this.load(scenario);
    this.player.play();
  }

  private async load(scenario: Scenario): Promise<void> {
    this.player.pause();
    await this.player.settled();
    try {
      const world = await this.remote.load(scenario);
      this.scenario = scenario;
      this.reset(world);
      this.tellAddress();
    } catch (error) {
      this.messages.fail(error);
    }
  }

  private reset(world: World): void {
    this.current = world;
    this.traps = 0;
    this.tables = undefined;
    this.player.reset(0);
    const isThere = [...world.nodes, ...world.links].some(({ id }) => id === this.chosen);
    if (!isThere) this.choose(world.nodes.find(({ kind }) => kind === "mobile-node")?.id ?? null);
    this.topology.reset(world);
    for (const view of this.views.values()) view.reset(world, 0);
    this.toolbar.showTime(0);
    this.toolbar.showSeed(this.scenario.seed);
    this.presetsPanel.show(this.scenario);
    const title = this.presets.find(({ id }) => id === this.scenario.preset)?.title;
    document.title = title ? `${title} – mext lab` : "mext lab";
  }

  private async replay(): Promise<void> {
    await this.load(this.scenario);
    this.player.play();
  }

  /** The address follows what was done; going back leaves the lab, and does not undo. */
  private tellAddress(): void {
    try {
      history.replaceState(null, "", `#${this.addresses.encode(this.scenario)}`);
    } catch {
      // browsers allow some hundred in half a minute: the next one tells it all
    }
  }

  // ---- what happens, and what a person does ---------------------------------------------------------------------

  private show(frame: Frame): void {
    if (frame.world) this.current = frame.world;
    this.topology.show(frame);
    for (const view of this.views.values()) view.show(frame);
    this.toolbar.showTime(frame.nowMs);
    if (frame.traps > this.traps) {
      this.messages.banner("A core has trapped: this is a bug of mext. Share this scenario with its makers.");
    }
    this.traps = frame.traps;
  }

  private nothing(): Frame {
    const { nowMs } = this.player;
    return { nowMs, flights: [], signals: [], notes: [], samples: [], handovers: [], machines: [], traps: this.traps };
  }

  private act(action: Action): void {
    const done = async () => {
      await this.remote.act(action);
      this.scenario = await this.remote.scenario();
      await this.player.refresh();
      this.controls.refresh();
      this.tellAddress();
    };
    done().catch((error: unknown) => {
      this.messages.toast(wordsOf(error));
      this.controls.refresh(); // what was set there is not so
    });
  }

  private toggle(): void {
    if (this.player.isPlaying) this.player.pause();
    else this.player.play();
  }

  private async help(): Promise<void> {
    this.shortcuts.help(await this.remote.sha256().catch(() => ""));
  }

  private makeShortcuts(): Shortcuts {
    const { player } = this;
    return new Shortcuts([
      { keys: ["p"], does: "Play or pause", run: () => this.toggle() },
      { keys: ["e"], does: "Pause, and go to the next event", run: () => void player.step("event") },
      { keys: ["s"], does: `Pause, and go on by ${STEP_MS} ms`, run: () => void player.step(STEP_MS) },
      { keys: ["+", "="], does: "Faster", run: () => player.changeSpeed(1) },
      { keys: ["-"], does: "Slower", run: () => player.changeSpeed(-1) },
      { keys: ["r"], does: "Restart the scenario", run: () => void this.open(this.origin) },
      { keys: ["o"], does: "Open another scenario", run: () => this.presetsPanel.open() },
      { keys: ["t"], does: "Light or dark", run: () => this.theme.toggle() },
      { keys: ["?"], does: "This help", run: () => void this.help() },
    ]);
  }
}
