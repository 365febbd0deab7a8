/**
 * A state machine as a table: for each state a row, for each event a cell of two octets, the next
 * state and the action.
 */

@unmanaged
export class StateTable {
  /** Pointer to the cells; people and tests read them there. */
  cells: usize;
  private events: u32;

  constructor(states: u32, events: u32) {
    this.events = events;
    this.cells = heap.alloc(<usize>(states * events) << 1);
    // What is not named stays in its state and does nothing.
    for (let state: u32 = 0; state < states; state++) {
      for (let event: u32 = 0; event < events; event++) this.on(state, event, 0, state);
    }
  }

  /** In `state`, `event` causes `action` and leads to `next`. */
  on(state: u32, event: u32, action: u32, next: u32): void {
    const cell = this.cell(state, event);
    store<u8>(cell, <u8>next);
    store<u8>(cell, <u8>action, 1);
  }

  next(state: u32, event: u32): u32 {
    return load<u8>(this.cell(state, event));
  }

  action(state: u32, event: u32): u32 {
    return load<u8>(this.cell(state, event), 1);
  }

  private cell(state: u32, event: u32): usize {
    return this.cells + ((<usize>state * this.events + event) << 1);
  }
}
