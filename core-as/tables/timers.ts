/**
 * All timers of a node, in one hierarchical timing wheel: setting, moving, cancelling and expiring
 * one costs the same with ten timers as with a million, and nothing is ever scanned.
 *
 * Time is counted in ticks of one millisecond since the start. A tick is a number of eight digits
 * to the base 64; each level has a slot for each value of one digit. A timer stands on the level
 * of the highest digit in which its tick differs from the wheel's:
 *
 *   wheel at        0 0 0 0 0 3 17 05
 *   timer for tick  0 0 0 0 0 3 17 42   level 0, slot 42: exact
 *   timer for tick  0 0 0 0 0 9 00 11   level 2, slot 9: moves to level 0 when the wheel is at 9 00 00
 *
 * So all timers of a level are earlier than those of the level above, all occupied slots of a level
 * are ahead of the wheel, and the next thing to do is the lowest bit of the lowest level's bit map.
 *
 * A deadline is rounded up to a whole tick: a timer may be up to one millisecond late, never early.
 */
import { NONE, Slab, newSlab } from "./slab";

const LEVELS: u32 = 8;
const DIGIT_BITS: u32 = 6;
const SLOTS: u32 = 1 << DIGIT_BITS;

/** The last tick (8,900 years): later deadlines stand here, and the wheel never gets here. */
const LAST_TICK: u64 = ((<u64>1) << (LEVELS * DIGIT_BITS)) - 1;

//  0               8       12      16      20    22    24
//  ├───────────────┼───────┼───────┼───────┼─────┼─────┤
//  │ deadline (ms) │ next  │ prev. │ owner │kind │slot │    the timers of a slot are a ring,
//  └───────────────┴───────┴───────┴───────┴─────┴─────┘    in the order in which they were set
const DEADLINE: usize = 0;
const NEXT: usize = DEADLINE + 8;
const PREVIOUS: usize = NEXT + 4;
const OWNER: usize = PREVIOUS + 4;
const KIND: usize = OWNER + 4;
const SLOT: usize = KIND + 2;
const TIMER_BYTES: u32 = <u32>(SLOT + 2);

/** First timer of each slot, or NONE. */
const heads = memory.data(2048, 4);
/** For each level, one bit for each slot that has a timer. */
const occupied = memory.data(64, 8);

let timers = changetype<Slab>(0);
/** Milliseconds at tick 0, whole. */
let originMs: f64 = 0;
/** Where the wheel is. All timers of earlier ticks have been popped. */
let wheelTick: u64 = 0;
/** Where time is: the wheel follows as timers are popped. */
let nowTick: u64 = 0;
let poppedKind: u32 = 0;
let poppedOwner: u32 = 0;

/** Begins with no timers, room for `capacity` of them, at `nowMs`. Called once, when the node starts. */
export function start(capacity: u32, nowMs: f64): void {
  timers = newSlab(TIMER_BYTES, capacity);
  memory.fill(heads, 0xff, <usize>(LEVELS * SLOTS) << 2);
  memory.fill(occupied, 0, <usize>LEVELS << 3);
  originMs = Math.floor(nowMs);
  wheelTick = 0;
  nowTick = 0;
}

/** How many timers are running. */
export function count(): u32 {
  return timers.used;
}

/**
 * Starts a timer of `kind` (16 bits) for `owner` that expires at `deadlineMs`; one in the past
 * expires at once. Returns its handle, valid until it is popped or cancelled, or NONE when the
 * budget is used up.
 */
export function set(kind: u32, owner: u32, deadlineMs: f64): u32 {
  const timer = timers.take();
  if (timer == NONE) return NONE;
  const p = timers.at(timer);
  store<f64>(p, deadlineMs, DEADLINE);
  store<u32>(p, owner, OWNER);
  store<u16>(p, <u16>kind, KIND);
  link(timer, p);
  return timer;
}

/** Gives a running timer another deadline. False when `timer` (NONE is allowed) is not running. */
export function move(timer: u32, deadlineMs: f64): bool {
  if (!timers.isTaken(timer)) return false;
  const p = timers.at(timer);
  unlink(timer, p);
  store<f64>(p, deadlineMs, DEADLINE);
  link(timer, p);
  return true;
}

/** Stops a timer. False when `timer` (NONE is allowed) is not running. */
export function cancel(timer: u32): bool {
  if (!timers.isTaken(timer)) return false;
  unlink(timer, timers.at(timer));
  return timers.give(timer);
}

/** The deadline a running timer was set to. */
export function deadlineMs(timer: u32): f64 {
  return load<f64>(timers.at(timer), DEADLINE);
}

/** Tells the time. A time before the one told last is ignored. Expired timers wait for `popExpired`. */
export function advance(nowMs: f64): void {
  const tick = Math.floor(nowMs) - originMs;
  if (!(tick > <f64>nowTick)) return;
  nowTick = <u64>min<f64>(tick, <f64>(LAST_TICK - 1));
}

/**
 * Takes out the next timer whose deadline has passed, earliest first, and frees it: its kind and
 * owner are `expiredKind()` and `expiredOwner()` until the next call. NONE when there is none. The
 * caller may stop at any time, set and cancel timers, and go on later.
 */
export function popExpired(): u32 {
  while (true) {
    const level = lowestLevel();
    if (level == LEVELS) break;
    const tick = firstTickOf(level);
    if (tick > nowTick) break;
    wheelTick = tick;
    const slot = slotOf(level, tick);
    if (level == 0) return pop(load<u32>(headOf(slot)));
    spread(slot);
  }
  wheelTick = nowTick;
  return NONE;
}

/** Kind (16 bits) of the timer that was popped last. */
export function expiredKind(): u32 {
  return poppedKind;
}

/** Owner of the timer that was popped last. */
export function expiredOwner(): u32 {
  return poppedOwner;
}

/**
 * When to call `advance` and `popExpired` again; Infinity when no timer is running. Not after the
 * earliest deadline (rounded up to a whole tick); before it when timers must first move to a lower
 * level, then `popExpired` answers NONE and the next wake-up is later.
 */
export function nextWakeupMs(): f64 {
  const level = lowestLevel();
  return level == LEVELS ? Infinity : originMs + <f64>firstTickOf(level);
}

function pop(timer: u32): u32 {
  const p = timers.at(timer);
  poppedKind = load<u16>(p, KIND);
  poppedOwner = load<u32>(p, OWNER);
  unlink(timer, p);
  timers.give(timer);
  return timer;
}

/** Moves the timers of a slot that the wheel has reached to lower levels, in their order. */
function spread(slot: u32): void {
  const first = load<u32>(headOf(slot));
  vacate(slot);
  let timer = first;
  do {
    const p = timers.at(timer);
    const next = load<u32>(p, NEXT);
    link(timer, p);
    timer = next;
  } while (timer != first);
}

/** Forgets the timers of a slot. */
function vacate(slot: u32): void {
  store<u32>(headOf(slot), NONE);
  const bits = bitsOf(slot >> DIGIT_BITS);
  store<u64>(bits, load<u64>(bits) & ~bitOf(slot));
}

/** Puts a timer behind the others of the slot that its deadline belongs to. */
function link(timer: u32, p: usize): void {
  const tick = tickOf(load<f64>(p, DEADLINE));
  const slot = slotOf(levelOf(tick), tick);
  const head = headOf(slot);
  const first = load<u32>(head);
  store<u16>(p, <u16>slot, SLOT);
  if (first == NONE) {
    store<u32>(p, timer, NEXT);
    store<u32>(p, timer, PREVIOUS);
    store<u32>(head, timer);
    const bits = bitsOf(slot >> DIGIT_BITS);
    store<u64>(bits, load<u64>(bits) | bitOf(slot));
    return;
  }
  const firstAt = timers.at(first);
  const last = load<u32>(firstAt, PREVIOUS);
  store<u32>(p, first, NEXT);
  store<u32>(p, last, PREVIOUS);
  store<u32>(timers.at(last), timer, NEXT);
  store<u32>(firstAt, timer, PREVIOUS);
}

function unlink(timer: u32, p: usize): void {
  const slot = <u32>load<u16>(p, SLOT);
  const next = load<u32>(p, NEXT);
  if (next == timer) {
    vacate(slot);
    return;
  }
  const previous = load<u32>(p, PREVIOUS);
  store<u32>(timers.at(previous), next, NEXT);
  store<u32>(timers.at(next), previous, PREVIOUS);
  const head = headOf(slot);
  if (load<u32>(head) == timer) store<u32>(head, next);
}

/** The tick of a deadline, from the wheel's own (for one that has passed) to the last. */
function tickOf(deadlineMs: f64): u64 {
  const tick = Math.ceil(deadlineMs) - originMs;
  if (!(tick > <f64>wheelTick)) return wheelTick;
  return tick < <f64>LAST_TICK ? <u64>tick : LAST_TICK;
}

/** The highest digit in which a tick differs from the wheel's; 0 when it is the same. */
function levelOf(tick: u64): u32 {
  return (63 - <u32>clz((tick ^ wheelTick) | 1)) / DIGIT_BITS;
}

/** The lowest level with a timer, or LEVELS. */
function lowestLevel(): u32 {
  let level: u32 = 0;
  while (level < LEVELS && load<u64>(bitsOf(level)) == 0) level++;
  return level;
}

/** The first tick of the first occupied slot of a level that has one. */
function firstTickOf(level: u32): u64 {
  const shift = <u64>(level * DIGIT_BITS);
  const digit = <u64>ctz(load<u64>(bitsOf(level)));
  return (wheelTick >> (shift + DIGIT_BITS) << (shift + DIGIT_BITS)) | (digit << shift);
}

/** Number of a tick's slot on a level, among the slots of all levels. */
function slotOf(level: u32, tick: u64): u32 {
  return (level << DIGIT_BITS) | (<u32>(tick >> <u64>(level * DIGIT_BITS)) & (SLOTS - 1));
}

function headOf(slot: u32): usize {
  return heads + (<usize>slot << 2);
}

function bitsOf(level: u32): usize {
  return occupied + (<usize>level << 3);
}

function bitOf(slot: u32): u64 {
  return <u64>1 << <u64>(slot & (SLOTS - 1));
}
