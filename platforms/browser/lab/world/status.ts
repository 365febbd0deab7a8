/** What nodes say of themselves: a line for people, the states of their machines. */
import { formatAnyAddress } from "../../../../bindings/address.ts";
import { encapsulationText } from "../../../../bindings/path-names.ts";
import type { UplinkStatus } from "../../../../bindings/status.ts";
import { CorrespondentNode } from "../../../sim/correspondent-node.ts";
import { HomeAgent } from "../../../sim/home-agent.ts";
import { isLinkLocal, sameAddress } from "../../../sim/ip.ts";
import { Port } from "../../../sim/link.ts";
import { MobileNode } from "../../../sim/mobile-node.ts";
import { Nat } from "../../../sim/nat.ts";
import { CoreNode } from "../../../sim/node.ts";
import type { Stack } from "../../../sim/stack.ts";
import type { MachineState, World, WorldNode } from "../contract.ts";
import type { Plan, PlannedNode } from "./plan.ts";

/** All nodes and links, as they are now. */
export function worldOf(plan: Plan): World {
  const nodes = [...plan.nodes.values()].map((node) => nodeOf(plan, node));
  const links = [...plan.links.values()].map(({ id, kind, label, conditions, visited }) => ({
    id, kind, label, conditions, ...(visited && { visitedKind: visited.kind }),
  }));
  return { nodes, links };
}

function nodeOf(plan: Plan, { id, kind, label, stack }: PlannedNode): WorldNode {
  const links = portsOf(stack).flatMap(({ link }) => (link ? [plan.idOf(link.name)] : []));
  const running = !(stack instanceof CoreNode) || stack.running;
  return { id, kind, label, addresses: addressesOf(stack), running, links, status: running ? statusOf(stack) : "Switched off" };
}

function portsOf(stack: Stack): Port[] {
  return stack.devices.filter((device): device is Port => device instanceof Port);
}

/** The home address first, of a mobile node; link-local ones say little. */
function addressesOf(stack: Stack): string[] {
  const own = stack.devices.flatMap(({ addresses }) => addresses.map(({ address }) => address))
    .filter((address) => !isLinkLocal(address));
  const first = stack instanceof MobileNode ? [stack.homeAddress]
    : stack instanceof HomeAgent ? [stack.settings.address] : [];
  const others = own.filter((address) => !first.some((each) => sameAddress(each, address)));
  return [...new Set([...first, ...others].map(formatAnyAddress))];
}

function statusOf(stack: Stack): string {
  if (stack instanceof MobileNode) return mobileNodeStatus(stack);
  if (stack instanceof HomeAgent || stack instanceof CorrespondentNode) return bindingsStatus(stack.bindings.length);
  if (stack instanceof Nat) return counted(stack.mappingCount, "mapping");
  return "";
}

function mobileNodeStatus(node: MobileNode): string {
  if (node.isAtHome) return "At home";
  const { registration } = node;
  if (!registration) return "Not registered";
  const { state, encapsulation, remainingMs } = registration;
  switch (state) {
    case "Registered": return `Registered by ${encapsulationText(encapsulation)}, ${durationText(remainingMs)} left${directWays(node)}`;
    case "Updating": return `Tells the home agent where it is, by ${encapsulationText(encapsulation)}`;
    case "Registering": return `Registers by ${encapsulationText(encapsulation)}`;
    case "Refused": return "Refused by the home agent, tries again";
    case "Deregistering": return "Deregisters";
    case "Returning": case "Removing": case "Checking": return "Comes home";
    case "AtHome": return "At home";
    case "Duplicate": return "Its home address belongs to somebody else";
    case "Stopped": return "Stopped";
    default: return node.uplinkStatus.some(({ state }) => state === "Soliciting") ? "Looks for a network" : "Not registered";
  }
}

function directWays(node: MobileNode): string {
  const direct = node.peers.filter(({ optimised }) => optimised).length;
  return direct === 0 ? "" : `, direct way to ${counted(direct, "correspondent")}`;
}

function bindingsStatus(count: number): string {
  return count === 0 ? "No bindings" : counted(count, "binding");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** "9 m 40 s". */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(whole / 60);
  return minutes === 0 ? `${whole} s` : `${minutes} m ${whole % 60} s`;
}

/** The machines of all mobile nodes that are running. */
export function machinesOf(plan: Plan): MachineState[] {
  return plan.topology.mobileNodes.flatMap((node) => machinesOfNode(plan.idOf(node.name), node));
}

function machinesOfNode(id: string, node: MobileNode): MachineState[] {
  const { registration } = node;
  const all: MachineState[] = registration ? [{ node: id, machine: "registration", state: registration.state }] : [];
  for (const uplink of node.uplinkStatus) {
    all.push({ node: id, machine: `uplink/${uplink.device}`, state: uplink.state });
    for (const [which, state] of waysOf(uplink)) all.push({ node: id, machine: `way/${which}`, state });
  }
  for (const peer of node.peers) all.push({ node: id, machine: `peer/${peer.address}`, state: peer.state });
  return all;
}

/**
 * The core tells why a way is not used, and not its machine's state: of one that no more is known of than that it may
 * be used, this says Untried, also where it was proven.
 */
const WAY_STATES: Partial<Readonly<Record<string, string>>> = {
  NotConfigured: "Absent", NoAddress: "Absent", LinkDown: "Absent", NoAnswer: "Silent", NothingPasses: "Blocked",
  FailedBefore: "Doubted",
};

function waysOf({ paths, encapsulation, selected }: UplinkStatus): [string, string][] {
  return Object.entries(paths).map(([which, obstacle]) => {
    const inUse = selected && which === encapsulation && obstacle === "None";
    return [encapsulationText(which as UplinkStatus["encapsulation"]), inUse ? "Working" : (WAY_STATES[obstacle] ?? "Untried")];
  });
}
