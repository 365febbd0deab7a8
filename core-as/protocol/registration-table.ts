/**
 * The home registration of a mobile node as a table (RFC 6275 §11.5.5, §11.7.1, §11.7.3, §11.8): for
 * each state a row, for each event the next state and the action.
 */
import {
  REGISTRATION_EVENTS, REGISTRATION_STATES, RegistrationAction as A, RegistrationEvent as E, RegistrationState as S,
} from "../abi/states";
import { StateTable } from "./state-table";

let machine = changetype<StateTable>(0);

function on(state: S, event: E, action: A, next: S): void {
  machine.on(state, event, action, next);
}

/** Fills the table. */
export function start(): void {
  machine = new StateTable(REGISTRATION_STATES, REGISTRATION_EVENTS);
  for (let state: i32 = S.Idle; state <= S.Updating; state++) fromAnywhere(state);
  fromAnywhere(S.Refused);
  startAway();
  startAtHome();
}

/** What leads home, and what ends the use of a home address, from each state away from home. */
function fromAnywhere(state: S): void {
  on(state, E.HomeReached,        A.SeekAgent,    S.Returning); // §11.5.5
  on(state, E.HomeReachedUnbound, A.CheckAddress, S.Checking);
  on(state, E.AddressDuplicate,   A.Pause,        S.Duplicate); // §11.7.1
}

function startAway(): void {
  //  state             event             action            next state
  on(S.Idle,            E.CareofSelected, A.SendUpdate,     S.Registering); // §11.7.1
  on(S.Idle,            E.Expired,        A.Forget,         S.Idle);
  on(S.Idle,            E.Shutdown,       A.Pause,          S.Stopped);

  on(S.Registering,     E.CareofSelected, A.SendUpdate,     S.Registering);
  on(S.Registering,     E.CareofLost,     A.Pause,          S.Idle);
  on(S.Registering,     E.Accepted,       A.Confirm,        S.Registered); // §11.7.3
  on(S.Registering,     E.Correctable,    A.SendUpdate,     S.Registering); // §11.7.3, RFC 4285 §6
  on(S.Registering,     E.Rejected,       A.HoldOff,        S.Refused);
  on(S.Registering,     E.Timeout,        A.Resend,         S.Registering); // §11.8
  on(S.Registering,     E.Expired,        A.Forget,         S.Registering);
  on(S.Registering,     E.Shutdown,       A.SendRemoval,    S.Deregistering);

  on(S.Registered,      E.CareofSelected, A.SendUpdate,     S.Updating); // §11.5.4
  on(S.Registered,      E.CareofLost,     A.Pause,          S.Idle);
  on(S.Registered,      E.Timeout,        A.SendUpdate,     S.Updating); // the refresh timer, §11.7.1
  on(S.Registered,      E.RefreshDue,     A.SendUpdate,     S.Updating); // §6.1.2, §11.3.6
  on(S.Registered,      E.Expired,        A.Forget,         S.Registering);
  on(S.Registered,      E.Shutdown,       A.SendRemoval,    S.Deregistering);

  on(S.Updating,        E.CareofSelected, A.SendUpdate,     S.Updating);
  on(S.Updating,        E.CareofLost,     A.Pause,          S.Idle);
  on(S.Updating,        E.Accepted,       A.Confirm,        S.Registered);
  on(S.Updating,        E.Correctable,    A.SendUpdate,     S.Updating);
  on(S.Updating,        E.Rejected,       A.HoldOff,        S.Refused);
  on(S.Updating,        E.Timeout,        A.Resend,         S.Updating);
  on(S.Updating,        E.Expired,        A.Forget,         S.Registering);
  on(S.Updating,        E.Shutdown,       A.SendRemoval,    S.Deregistering);

  on(S.Deregistering,   E.CareofLost,     A.Pause,          S.Stopped);
  on(S.Deregistering,   E.Removed,        A.Forget,         S.Stopped);
  on(S.Deregistering,   E.Correctable,    A.SendRemoval,    S.Deregistering);
  on(S.Deregistering,   E.Rejected,       A.Forget,         S.Stopped);
  on(S.Deregistering,   E.Timeout,        A.Resend,         S.Deregistering);
  on(S.Deregistering,   E.Expired,        A.Forget,         S.Stopped);
  on(S.Deregistering,   E.HomeLeft,       A.Pause,          S.Stopped);

  on(S.Refused,         E.CareofSelected, A.SendUpdate,     S.Registering);
  on(S.Refused,         E.CareofLost,     A.Pause,          S.Idle);
  on(S.Refused,         E.Accepted,       A.Confirm,        S.Registered); // the refusal was for another's copy
  on(S.Refused,         E.Timeout,        A.SendUpdate,     S.Registering); // the hold-off ended
  on(S.Refused,         E.Expired,        A.Forget,         S.Refused);
  on(S.Refused,         E.Shutdown,       A.SendRemoval,    S.Deregistering);

  on(S.Duplicate,       E.Expired,        A.Forget,         S.Duplicate);
  on(S.Duplicate,       E.Shutdown,       A.Pause,          S.Stopped);
}

function startAtHome(): void {
  //  state             event             action            next state
  on(S.Returning,       E.AgentFound,     A.SendRemoval,    S.Removing);
  on(S.Returning,       E.Timeout,        A.SendRemoval,    S.Removing); // nobody answers: the host will find it
  on(S.Returning,       E.Expired,        A.Forget,         S.Returning);
  on(S.Returning,       E.HomeLeft,       A.Pause,          S.Idle);
  on(S.Returning,       E.Shutdown,       A.SendRemoval,    S.Deregistering);

  on(S.Removing,        E.Removed,        A.Settle,         S.AtHome);
  on(S.Removing,        E.Expired,        A.Settle,         S.AtHome); // the home agent has let go by itself
  on(S.Removing,        E.Correctable,    A.SendRemoval,    S.Removing);
  on(S.Removing,        E.Rejected,       A.HoldOff,        S.Removing);
  on(S.Removing,        E.Timeout,        A.Resend,         S.Removing); // §11.8
  on(S.Removing,        E.HomeLeft,       A.Pause,          S.Idle);
  on(S.Removing,        E.Shutdown,       A.None,           S.Deregistering);

  on(S.Checking,        E.Timeout,        A.Settle,         S.AtHome);
  on(S.Checking,        E.Objected,       A.SeekAgent,      S.Returning); // perhaps the home agent, for a lost binding
  on(S.Checking,        E.HomeLeft,       A.Pause,          S.Idle);
  on(S.Checking,        E.Shutdown,       A.Pause,          S.Stopped);

  on(S.AtHome,          E.Timeout,        A.Announce,       S.AtHome);
  on(S.AtHome,          E.HomeLeft,       A.Pause,          S.Idle);
  on(S.AtHome,          E.Shutdown,       A.Pause,          S.Stopped);
}

/** The table; filled by `start`. */
export function table(): StateTable {
  return machine;
}
