/**
 * A way to the home agent as a table (RFC 5555 §4.4.1): for each state a row, for each event the next state and the
 * action. Which of several ways is used follows from their states: select/ways.
 */
import { WAY_EVENTS, WAY_STATES, WayAction as A, WayEvent as E, WayState as S } from "../abi/states";
import { StateTable } from "./state-table";

let machine = changetype<StateTable>(0);

function on(state: S, event: E, action: A, next: S): void {
  machine.on(state, event, action, next);
}

/** Fills the table. */
export function start(): void {
  machine = new StateTable(WAY_STATES, WAY_EVENTS);
  for (let state: i32 = S.Untried; state <= S.Proven; state++) {
    on(state, E.Vanished,       A.Rest, S.Absent);
    on(state, E.Moved,          A.Rest, S.Untried);
    on(state, E.Answered,       A.Rest, S.Working);
    on(state, E.Unanswered,     A.Wait, S.Silent); // §4.4.1: three attempts
    on(state, E.NothingPassed,  A.Wait, S.Blocked);
  }
  for (let state: i32 = S.Silent; state <= S.Doubted; state++) {
    on(state, E.Vanished,       A.Rest, S.Lapsed);
    on(state, E.Moved,          A.Ask,  S.Doubted); // §4.4.1: the family stays as it is after a move
    on(state, E.Unanswered,     A.Wait, S.Silent);
    on(state, E.NothingPassed,  A.Wait, S.Blocked);
    on(state, E.ProbeAnswered,  A.Rest, S.Proven);
    on(state, E.RetryDue,       A.Ask,  state);
  }

  //  state        event               action   next state
  on(S.Absent,   E.Appeared,         A.Rest,  S.Untried);
  on(S.Lapsed,   E.Appeared,         A.Ask,   S.Doubted);

  on(S.Untried,  E.ProbeAnswered,    A.Rest,  S.Proven);
  on(S.Untried,  E.ProbesUnanswered, A.Wait,  S.Silent);
  on(S.Untried,  E.Outranked,        A.Ask,   S.Untried); // what works is not left for what may not

  on(S.Silent,   E.Answered,         A.Rest,  S.Working);
  on(S.Silent,   E.ProbesUnanswered, A.Wait,  S.Silent);

  on(S.Blocked,  E.ProbesUnanswered, A.Wait,  S.Blocked);

  on(S.Doubted,  E.Answered,         A.Rest,  S.Working);
  on(S.Doubted,  E.ProbesUnanswered, A.Wait,  S.Doubted);
}

/** The table; filled by `start`. */
export function table(): StateTable {
  return machine;
}
