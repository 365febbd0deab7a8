/**
 * Route optimisation with one correspondent as a table (RFC 6275 §5.2, §11.6, §11.7.2, §11.7.3): for each
 * state a row, for each event the next state and the action.
 */
import { PEER_EVENTS, PEER_STATES, PeerAction as A, PeerEvent as E, PeerState as S } from "../abi/states";
import { StateTable } from "./state-table";

let machine = changetype<StateTable>(0);

function on(state: S, event: E, action: A, next: S): void {
  machine.on(state, event, action, next);
}

/** Fills the table. */
export function start(): void {
  machine = new StateTable(PEER_STATES, PEER_EVENTS);
  for (let state: i32 = S.Testing; state <= S.Removing; state++) {
    on(state, E.Moved,        A.Test,    S.Testing); // §11.7.2: who has a binding learns the new address
    on(state, E.Unregistered, A.Suspend, S.Tunnelled);
    on(state, E.Unwanted,     A.Remove,  S.Removing);
    on(state, E.Unanswered,   A.HoldOff, S.Refused); // §5.2.9: MAX_RO_FAILURE
    on(state, E.Unsupported,  A.HoldOff, S.Refused); // §11.3.5, §11.3.6
  }

  //  state          event             action      next state
  on(S.Tunnelled,    E.Wanted,         A.Test,     S.Testing); // §11.7.2
  on(S.Tunnelled,    E.Moved,          A.Test,     S.Testing);
  on(S.Tunnelled,    E.Unwanted,       A.Remove,   S.Removing);

  on(S.Testing,      E.TestsComplete,  A.Update,   S.Binding); // §11.6.2
  on(S.Testing,      E.Removed,        A.Forget,   S.Tunnelled);

  on(S.Binding,      E.Accepted,       A.Confirm,  S.Optimised); // §11.7.3
  on(S.Binding,      E.TokensStale,    A.Test,     S.Testing); // §5.2.7
  on(S.Binding,      E.Correctable,    A.Update,   S.Binding); // §11.7.3
  on(S.Binding,      E.Rejected,       A.HoldOff,  S.Refused);

  on(S.Optimised,    E.RefreshDue,     A.Test,     S.Renewing); // §11.7.3, §11.7.4
  on(S.Optimised,    E.Lost,           A.Restart,  S.Testing); // §11.3.6
  on(S.Optimised,    E.Expired,        A.Forget,   S.Tunnelled); // §11.1

  on(S.Renewing,     E.TestsComplete,  A.Update,   S.Rebinding);
  on(S.Renewing,     E.Lost,           A.Restart,  S.Testing);
  on(S.Renewing,     E.Expired,        A.None,     S.Testing);

  on(S.Rebinding,    E.Accepted,       A.Confirm,  S.Optimised);
  on(S.Rebinding,    E.TokensStale,    A.Test,     S.Renewing);
  on(S.Rebinding,    E.Correctable,    A.Update,   S.Rebinding);
  on(S.Rebinding,    E.Rejected,       A.HoldOff,  S.Refused);
  on(S.Rebinding,    E.Lost,           A.Restart,  S.Testing);
  on(S.Rebinding,    E.Expired,        A.None,     S.Binding);

  on(S.Removing,     E.TestsComplete,  A.Update,   S.Removing); // §11.7.2: with the home keygen token alone
  on(S.Removing,     E.TokensStale,    A.Remove,   S.Removing);
  on(S.Removing,     E.Correctable,    A.Update,   S.Removing);
  on(S.Removing,     E.Removed,        A.Forget,   S.Tunnelled);
  on(S.Removing,     E.Rejected,       A.Forget,   S.Tunnelled);
  on(S.Removing,     E.Unsupported,    A.Forget,   S.Tunnelled);
  on(S.Removing,     E.Unanswered,     A.Forget,   S.Tunnelled);

  on(S.Refused,      E.RetryDue,       A.None,     S.Tunnelled); // §11.3.5
  on(S.Refused,      E.Moved,          A.Test,     S.Testing);
  on(S.Refused,      E.Unwanted,       A.Remove,   S.Removing);
  on(S.Refused,      E.Removed,        A.Forget,   S.Tunnelled);
}

/** The table; filled by `start`. */
export function table(): StateTable {
  return machine;
}
