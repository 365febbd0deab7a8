/** The state machines as the core has them: the tables are in the binary, their names in the contract. */
import {
  Machine, PeerAction, PeerEvent, PeerState, RegistrationAction, RegistrationEvent, RegistrationState, UplinkAction,
  UplinkEvent, UplinkState, WayAction, WayEvent, WayState,
} from "../core-as/abi/states.ts";
import { Engine, ENTROPY_BYTES, Role } from "./engine.ts";
import { IDLE_HOST } from "./idle-host.ts";

/** A step of a machine: in this state, at this event. */
export interface Transition {
  readonly from: string;
  readonly event: string;
  readonly to: string;
  /** "None": only the state changes. */
  readonly action: string;
}

/** A machine with its table. */
export interface StateMachine {
  readonly machine: "registration" | "uplink" | "peer" | "way";
  readonly title: string;
  readonly section: string;
  readonly states: readonly string[];
  /** Only those that do something. */
  readonly transitions: readonly Transition[];
}

/** An enum of numbers from 0 on. */
type Enum = Readonly<Record<string, string | number>>;
const namesOf = (of: Enum) => Object.values(of).filter((value): value is string => typeof value === "string");

const MACHINES = [
  [Machine.Registration, "registration", "Home registration of a mobile node", "RFC 6275 §11.7.1",
    RegistrationState, RegistrationEvent, RegistrationAction],
  [Machine.Uplink, "uplink", "An uplink of a mobile node", "RFC 6275 §11.5", UplinkState, UplinkEvent, UplinkAction],
  [Machine.Way, "way", "A way to the home agent", "RFC 5555 §4.4.1", WayState, WayEvent, WayAction],
  [Machine.Peer, "peer", "Route optimisation with a correspondent", "RFC 6275 §11.6, §11.7.2",
    PeerState, PeerEvent, PeerAction],
] as const;

/** All machines of a compiled core. They are a mobile node's: one is started, and asked. */
export function readMachines(core: WebAssembly.Module): StateMachine[] {
  const engine = new Engine(core, Role.MobileNode, IDLE_HOST, new Uint8Array(ENTROPY_BYTES), 0, { slots: 1 });
  return MACHINES.map(([number, machine, title, section, states, events, actions]) => ({
    machine, title, section, states: namesOf(states),
    transitions: transitionsOf(engine, engine.exports.stateTable(number), namesOf(states), namesOf(events), namesOf(actions)),
  }));
}

/** A table has a cell of two octets, the next state and the action, for each state and event. */
function transitionsOf(
  { memory }: Engine, table: number, states: readonly string[], events: readonly string[], actions: readonly string[],
): Transition[] {
  const all = states.flatMap((from, row) => events.map((event, column) => {
    const cell = table + (row * events.length + column) * 2;
    return { from, event, to: states[memory[cell]], action: actions[memory[cell + 1]] };
  }));
  return all.filter(({ from, to, action }) => from !== to || action !== "None");
}
