/** A home agent on a real home link, and the neighbours there. */
import { parseAddress } from "../../bindings/address.ts";
import { HOME_LINK_DEFAULTS, setDevice, setHomeLink, type HomeAgentSettings, type NodeSettings } from "../../bindings/commands.ts";
import type { Budgets } from "../../bindings/engine.ts";
import { ACCESS, CAREOF, HOME_ADDRESS, type Node, homeAgent } from "./harness.ts";
import { type Acknowledgement, type BindingUpdateOptions, bindingUpdate, readAcknowledgement } from "./messages.ts";
import { codec } from "./network.ts";

/** Device of the home link. */
export const HOME = 2;
export const LINK_LOCAL = "fe80::1:1";
export const OUR_LINK_ADDRESS = Uint8Array.of(2, 0, 0, 0, 0, 1);
export const THEIR_LINK_ADDRESS = Uint8Array.of(2, 0, 0, 0, 0, 0x99);
export const NEIGHBOUR = "2001:db8:100::77";
/** Of HOME_ADDRESS. */
export const MOBILE_LINK_LOCAL = "fe80::17";

/** The home agent of `homeAgent`, with its home link on device HOME and other nodes behind ACCESS. */
export function linkedHomeAgent(
  settings: { nodes?: NodeSettings[]; budgets?: Partial<Budgets> } & Partial<HomeAgentSettings> = {},
): Node {
  const agent = homeAgent(settings);
  attach(agent);
  return agent;
}

/** Gives a home agent its home link. */
export function attach(agent: Node, device = HOME): void {
  setDevice(agent.engine, { index: device, kind: "access", mtu: 1500, up: true, linkAddress: OUR_LINK_ADDRESS }, agent.now);
  setHomeLink(agent.engine, { ...HOME_LINK_DEFAULTS, device, linkLocal: parseAddress(LINK_LOCAL), advertise: false }, agent.now);
}

/** The solicited-node group of an address whose last 24 bits are `low`. */
export const group = (low = "17") => `ff02::1:ff00:${low}`;

interface SolicitationOptions { source?: string; destination?: string; hopLimit?: number; linkAddress?: Uint8Array | null }

/** A Neighbour Solicitation of a neighbour; from `::` it has no link-layer address, as RFC 4861 wants. */
export function solicitation(
  target = HOME_ADDRESS, { source = NEIGHBOUR, destination = group(), hopLimit = 255, linkAddress = THEIR_LINK_ADDRESS }: SolicitationOptions = {},
): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source, destination, hopLimit } },
    {
      name: "neighbour-solicitation", fields: { target },
      options: source === "::" || linkAddress === null ? [] : [{ name: "source-link-layer-address", fields: { linkLayerAddress: linkAddress } }],
    },
  ]);
}

/** A Neighbour Advertisement of a neighbour. */
export function advertisement(
  target = HOME_ADDRESS, { source = "fe80::99", destination = "ff02::1", solicited = false, linkAddress = THEIR_LINK_ADDRESS, hopLimit = 255 } = {},
): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source, destination, hopLimit } },
    {
      name: "neighbour-advertisement", fields: { target, solicited, override: true },
      options: [{ name: "target-link-layer-address", fields: { linkLayerAddress: linkAddress } }],
    },
  ]);
}

/** One packet in a few words; its device in front. */
export function describePacket({ device, packet }: { device: number; packet: Uint8Array }): string {
  const layers = codec.dissect(packet);
  const value = (name: string, field: string) => layers.find((layer) => layer.name === name)?.fields.find((each) => each.name === field)?.value;
  const name = layers.at(-1)!.name;
  const ends = `${device} ${value("ipv6", "source")} > ${value("ipv6", "destination")}`;
  if (name === "neighbour-solicitation") return `${ends} NS ${value(name, "target")}`;
  if (name === "neighbour-advertisement") {
    const flags = ["router", "solicited", "override"].filter((flag) => value(name, flag)).map((flag) => flag[0].toUpperCase()).join("");
    const option = layers.at(-1)!.options.find((each) => each.name === "target-link-layer-address");
    const linkAddress = option?.fields.find((each) => each.name === "linkLayerAddress")?.value as Uint8Array | undefined;
    return `${ends} NA ${value(name, "target")} ${flags || "-"} ${linkAddress ? Buffer.from(linkAddress).toString("hex") : "none"}`;
  }
  if (name === "binding-acknowledgement") return `${ends} BA ${value(name, "status")} seq ${value(name, "sequence")}`;
  return `${ends} ${name}`;
}

/** What an agent sent since the last look, in a few words each. */
export function words(agent: Node): string[] {
  return agent.take().map(describePacket);
}

/** Gives a Binding Update, lets the detection pass, and reads the acknowledgement. */
export function registerAway(agent: Node, options: BindingUpdateOptions = {}, waitMs = 1000): Acknowledgement | undefined {
  agent.receive(ACCESS, bindingUpdate(options));
  if (waitMs) agent.advance(waitMs);
  const answer = agent.take().find((sent) => describePacket(sent).includes(" BA "));
  return answer && readAcknowledgement(answer.packet, options.alternate ?? options.source ?? CAREOF, options.home ?? HOME_ADDRESS);
}
