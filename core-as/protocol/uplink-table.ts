/**
 * An uplink of a mobile node as a table (RFC 6275 §11.5): movement detection, care-of address
 * formation and duplicate address detection. For each state a row, for each event the next state
 * and the action.
 */
import { UPLINK_EVENTS, UPLINK_STATES, UplinkAction as A, UplinkEvent as E, UplinkState as S } from "../abi/states";
import { StateTable } from "./state-table";

let machine = changetype<StateTable>(0);

function on(state: S, event: E, action: A, next: S): void {
  machine.on(state, event, action, next);
}

/** Fills the table. */
export function start(): void {
  machine = new StateTable(UPLINK_STATES, UPLINK_EVENTS);
  for (let state: i32 = S.Soliciting; state < UPLINK_STATES; state++) on(state, E.LinkDown, A.Clear, S.Down);

  //  state         event               action              next state
  on(S.Down,        E.LinkUp,           A.Solicit,          S.Soliciting);

  on(S.Soliciting,  E.RouterHeard,      A.Adopt,            S.Tentative);
  on(S.Soliciting,  E.SolicitTimeout,   A.Solicit,          S.Soliciting);
  on(S.Soliciting,  E.LinkUp,           A.Solicit,          S.Soliciting);

  on(S.Tentative,   E.LinkUp,           A.ClearAndSolicit,  S.Soliciting);
  on(S.Tentative,   E.RouterHeard,      A.Renew,            S.Tentative);
  on(S.Tentative,   E.AddressConfirmed, A.Confirm,          S.Ready);
  on(S.Tentative,   E.AddressDuplicate, A.Reform,           S.Tentative);
  on(S.Tentative,   E.LifetimeEnded,    A.ClearAndSolicit,  S.Soliciting);

  on(S.Ready,       E.LinkUp,           A.Solicit,          S.Returned);
  on(S.Ready,       E.RouterHeard,      A.Renew,            S.Ready);
  on(S.Ready,       E.RouterChanged,    A.Solicit,          S.Contested);
  on(S.Ready,       E.RouterSilent,     A.Solicit,          S.Doubtful); // §11.5.1
  on(S.Ready,       E.AddressDuplicate, A.Reform,           S.Tentative);
  on(S.Ready,       E.LifetimeEnded,    A.ClearAndSolicit,  S.Soliciting);

  on(S.Doubtful,    E.RouterHeard,      A.Renew,            S.Ready);
  on(S.Doubtful,    E.RouterReachable,  A.Trust,            S.Ready);
  on(S.Doubtful,    E.RouterChanged,    A.None,             S.Contested);
  on(S.Doubtful,    E.LinkUp,           A.Solicit,          S.Returned);
  on(S.Doubtful,    E.SolicitTimeout,   A.ClearAndSolicit,  S.Soliciting);
  on(S.Doubtful,    E.AddressDuplicate, A.Reform,           S.Tentative);
  on(S.Doubtful,    E.LifetimeEnded,    A.ClearAndSolicit,  S.Soliciting);

  on(S.Contested,   E.LinkUp,           A.Solicit,          S.Returned);
  on(S.Contested,   E.RouterHeard,      A.Renew,            S.Ready);
  on(S.Contested,   E.RouterReachable,  A.Trust,            S.Ready);
  on(S.Contested,   E.SolicitTimeout,   A.ClearAndAdopt,    S.Tentative);
  on(S.Contested,   E.AddressDuplicate, A.Reform,           S.Tentative);
  on(S.Contested,   E.LifetimeEnded,    A.ClearAndAdopt,    S.Tentative);

  on(S.Returned,    E.LinkUp,           A.Solicit,          S.Returned);
  on(S.Returned,    E.RouterHeard,      A.Renew,            S.Ready);
  on(S.Returned,    E.RouterChanged,    A.ClearAndAdopt,    S.Tentative);
  on(S.Returned,    E.SolicitTimeout,   A.ClearAndSolicit,  S.Soliciting);
  on(S.Returned,    E.AddressDuplicate, A.Reform,           S.Tentative);
  on(S.Returned,    E.LifetimeEnded,    A.ClearAndSolicit,  S.Soliciting);
}

/** The table; filled by `start`. */
export function table(): StateTable {
  return machine;
}
