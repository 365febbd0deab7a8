/** The lab's views without world and page: runs in the browser, bundled by the test that drives it. */
import type { Frame, MachineTable, OpenPacket, World } from "../../platforms/browser/lab/contract.ts";
import type { PageContext } from "../../platforms/browser/lab/page/context.ts";
import { InspectorView } from "../../platforms/browser/lab/page/inspector.ts";
import { MachinesView } from "../../platforms/browser/lab/page/machines.ts";
import { PlotsView } from "../../platforms/browser/lab/page/plots.ts";
import { SequenceView } from "../../platforms/browser/lab/page/sequence.ts";

export interface Views {
  inspector: InspectorView;
  machines: MachinesView;
  plots: PlotsView;
  sequence: SequenceView;
  /** Ids of packets that a view asked for. */
  asked: number[];
  show(frame: Partial<Frame>): void;
  open(packet: OpenPacket): void;
}

declare global {
  var makeViews: (world: World, tables: readonly MachineTable[]) => Promise<Views>;
  var views: Views;
}

globalThis.makeViews = async (world, tables) => {
  const asked: number[] = [];
  const context: PageContext = {
    now: () => 0, world: () => world, label: (id) => world.nodes.find((node) => node.id === id)?.label ?? id,
    select: () => {}, selected: () => world.nodes[0].id, onSelect: () => {}, openPacket: (id) => void asked.push(id),
    machines: () => Promise.resolve(tables), colour: () => "#000000", onTheme: () => {}, reducedMotion: () => true, announce: () => {},
  };
  const host = (id: string) => {
    const element = document.createElement("div");
    element.id = id;
    element.style.cssText = "width: 480px; height: 500px; overflow: auto; position: relative";
    document.body.append(element);
    return element;
  };
  const views = {
    inspector: new InspectorView(host("inspector"), context), machines: new MachinesView(host("machines"), context),
    plots: new PlotsView(host("plots"), context), sequence: new SequenceView(host("sequence"), context),
  };
  const frame: Frame = { nowMs: 0, flights: [], signals: [], notes: [], samples: [], handovers: [], machines: [], traps: 0 };
  for (const view of Object.values(views)) (view as { reset(world: World, nowMs: number): void }).reset(world, 0);
  await Promise.resolve();
  globalThis.views = {
    ...views, asked, open: (packet) => views.inspector.open(packet.id, packet),
    show: (given) => {
      for (const view of [views.machines, views.plots, views.sequence]) view.show({ ...frame, ...given });
    },
  };
  return globalThis.views;
};
