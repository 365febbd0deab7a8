import { describe, expect, it } from "vitest";
import {
  Machine, PEER_EVENTS, PEER_STATES, PeerAction, PeerEvent, PeerState, REGISTRATION_EVENTS, REGISTRATION_STATES, RegistrationAction, RegistrationEvent, RegistrationState, UPLINK_EVENTS, UPLINK_STATES, UplinkAction,
  UplinkEvent, UplinkState, WAY_EVENTS, WAY_STATES, WayAction, WayEvent, WayState,
} from "../../core-as/abi/states.ts";
import { mobileNode } from "./harness.ts";

type Enum = Record<number, string> & Record<string, string | number>;
const names = (of: Enum) => Object.values(of).filter((value): value is string => typeof value === "string");

/** A state machine as the core has it: a line for each state and event that does something. */
function print(machine: Machine, states: Enum, events: Enum, actions: Enum): string {
  const { engine } = mobileNode();
  const table = engine.exports.stateTable(machine);
  const lines: string[] = [];
  names(states).forEach((state, row) => names(events).forEach((event, column) => {
    const cell = table + (row * names(events).length + column) * 2;
    const next = states[engine.memory[cell]];
    const action = actions[engine.memory[cell + 1]];
    if (next !== state || action !== "None") lines.push(`${state.padEnd(14)} ${event.padEnd(17)} ${action.padEnd(16)} ${next}`);
  }));
  return `${lines.join("\n")}\n`;
}

describe("the state machines (6275-8.5-1, 6275-11.1-1)", () => {
  it("home registration", async () => {
    await expect(print(Machine.Registration, RegistrationState as never, RegistrationEvent as never, RegistrationAction as never))
      .toMatchFileSnapshot("machines/registration.txt");
  });

  it("uplink", async () => {
    await expect(print(Machine.Uplink, UplinkState as never, UplinkEvent as never, UplinkAction as never))
      .toMatchFileSnapshot("machines/uplink.txt");
  });

  it("route optimisation with a correspondent", async () => {
    await expect(print(Machine.Peer, PeerState as never, PeerEvent as never, PeerAction as never))
      .toMatchFileSnapshot("machines/peer.txt");
  });

  it("a way to the home agent (RFC 5555 §4.4.1)", async () => {
    await expect(print(Machine.Way, WayState as never, WayEvent as never, WayAction as never))
      .toMatchFileSnapshot("machines/way.txt");
  });

  it("leave no way without return: each uplink state leads to Ready, each registration state to Registered, until the end", () => {
    const { engine } = mobileNode();
    const leads = (machine: Machine, states: number, events: number, goal: number) => {
      const table = engine.exports.stateTable(machine);
      const next = (state: number) => Array.from({ length: events }, (_, event) => engine.memory[table + (state * events + event) * 2]);
      return Array.from({ length: states }, (_, start) => {
        const seen = new Set([start]);
        for (const state of seen) next(state).forEach((other) => seen.add(other));
        return seen.has(goal);
      });
    };
    expect(leads(Machine.Uplink, UPLINK_STATES, UPLINK_EVENTS, UplinkState.Ready)).toEqual(Array(UPLINK_STATES).fill(true));
    expect(leads(Machine.Peer, PEER_STATES, PEER_EVENTS, PeerState.Optimised)).toEqual(Array(PEER_STATES).fill(true));
    expect(leads(Machine.Way, WAY_STATES, WAY_EVENTS, WayState.Working)).toEqual(Array(WAY_STATES).fill(true));
    expect(leads(Machine.Peer, PEER_STATES, PEER_EVENTS, PeerState.Tunnelled)).toEqual(Array(PEER_STATES).fill(true));
    const ended = [RegistrationState.Deregistering, RegistrationState.Stopped, RegistrationState.Duplicate];
    expect(leads(Machine.Registration, REGISTRATION_STATES, REGISTRATION_EVENTS, RegistrationState.Registered))
      .toEqual(Array.from({ length: REGISTRATION_STATES }, (_, state) => !ended.includes(state)));
    expect(leads(Machine.Registration, REGISTRATION_STATES, REGISTRATION_EVENTS, RegistrationState.Stopped))
      .toEqual(Array(REGISTRATION_STATES).fill(true));
    expect(leads(Machine.Registration, REGISTRATION_STATES, REGISTRATION_EVENTS, RegistrationState.AtHome))
      .toEqual(Array.from({ length: REGISTRATION_STATES }, (_, state) => !ended.includes(state)));
  });
});
