/**
 * The secrets of return routability at a correspondent node (RFC 6275 §5.2.1, §5.2.2, §5.2.7).
 *
 * Node key Kcn and nonce are made together, as one generation with one 16-bit index (6275-5.2.7-2). A
 * generation is made when a test is asked for and the newest has been in use for 30 s: nobody asks, nothing
 * is done, and however many ask, nothing more is done.
 *
 *   first use          30 s               60 s       …       210 s            240 s
 *      ├─ gives tokens ─┤                                      │                │
 *      │                 ├─ gives tokens ─┤                    │                │
 *      └─ accepted ──────────────────────────────────────────────────────────── ┘ wiped
 *                                                              └ its last token has lived 210 s
 */
import { MAX_NONCE_LIFETIME_MS, MAX_TOKEN_LIFETIME_MS } from "../abi/codes";
import * as clock from "../tables/clock";
import * as hmac from "./crypto/hmac-sha1";
import * as random from "./crypto/random";
import * as returnRoutability from "./return-routability";

/** How long a generation gives tokens, so that the last of them lives for MAX_TOKEN_LIFETIME. */
const GENERATION_MS: f64 = MAX_NONCE_LIFETIME_MS - MAX_TOKEN_LIFETIME_MS;
/** Generations that can be valid at a time: each is made GENERATION_MS after the first use of the one before. */
const GENERATIONS: u32 = MAX_NONCE_LIFETIME_MS / (MAX_NONCE_LIFETIME_MS - MAX_TOKEN_LIFETIME_MS);

@unmanaged
class Generation {
  /** When it was first used, monotonic ms. */
  firstUsedMs: f64;
  /** 1 while it holds secrets. */
  isHeld: u32;

  /** Pointer to the prepared Kcn, KEY_STATE_BYTES octets. */
  key(): usize {
    return changetype<usize>(this) + KEY;
  }

  /** Pointer to the nonce, NONCE_BYTES octets. */
  nonce(): usize {
    return changetype<usize>(this) + NONCE;
  }
}

const KEY: usize = 16;
const NONCE: usize = KEY + 40; // returnRoutability.KEY_STATE_BYTES
const RECORD: usize = NONCE + 8; // returnRoutability.NONCE_BYTES

const generations = memory.data(512, 8); // GENERATIONS × RECORD
const nodeKey = memory.data(20, 8); // returnRoutability.NODE_KEY_BYTES

/** Index of the newest generation; its place is the index modulo GENERATIONS. */
let newest: u32 = 0;
let isStarted: bool = false;

/**
 * The index for a token that is given now, of a generation that is in use for less than 30 s: a new one is
 * made where there is none (6275-9.4.1-3, 6275-9.4.1-4).
 */
export function current(): u32 {
  if (!isStarted) {
    isStarted = true;
    newest = random.next32() & 0xffff;
    make();
  } else {
    const generation = at(newest);
    if (generation.isHeld == 0 || clock.now() - generation.firstUsedMs >= GENERATION_MS) {
      newest = (newest + 1) & 0xffff;
      make();
    }
  }
  return newest;
}

/**
 * Both are random, and nobody else is told of the key (6275-5.2.1-1, 6275-5.2.1-2): it is in no order, no state
 * record and no answer. After a restart there is another one (6275-5.2.1-3).
 */
function make(): void {
  const generation = at(newest);
  generation.firstUsedMs = clock.now();
  generation.isHeld = 1;
  random.fill(nodeKey, returnRoutability.NODE_KEY_BYTES);
  hmac.prepare(nodeKey, returnRoutability.NODE_KEY_BYTES, generation.key());
  memory.fill(nodeKey, 0, returnRoutability.NODE_KEY_BYTES);
  random.fill(generation.nonce(), returnRoutability.NONCE_BYTES);
}

/** True for the index of a generation that is not older than MAX_NONCE_LIFETIME (6275-5.2.2-1, 6275-5.2.7-1). */
export function isValid(index: u32): bool {
  wipeExpired();
  const age = (newest - index) & 0xffff;
  return age < GENERATIONS && at(index).isHeld != 0;
}

/** The keygen token of `address` for a valid index; `which` is HOME or CAREOF. */
export function token(index: u32, address: usize, which: u32): u64 {
  const generation = at(index);
  return returnRoutability.keygenToken(generation.key(), address, generation.nonce(), which);
}

/** Until when a valid index is accepted, monotonic ms. */
export function validUntilMs(index: u32): f64 {
  return at(index).firstUsedMs + MAX_NONCE_LIFETIME_MS;
}

/** Makes this valid index and all older ones invalid at once (RFC 6275 §5.2.8; 6275-5.2.8-1). */
export function retire(index: u32): void {
  for (let age: u32 = (newest - index) & 0xffff; age < GENERATIONS; age++) wipe(at(newest - age));
}

/** 6275-5.2.2-1: what has expired is no longer there. */
function wipeExpired(): void {
  for (let place: u32 = 0; place < GENERATIONS; place++) {
    const generation = at(place);
    if (generation.isHeld != 0 && clock.now() - generation.firstUsedMs >= MAX_NONCE_LIFETIME_MS) wipe(generation);
  }
}

function wipe(generation: Generation): void {
  memory.fill(changetype<usize>(generation), 0, RECORD);
}

function at(index: u32): Generation {
  return changetype<Generation>(generations + <usize>(index & (GENERATIONS - 1)) * RECORD);
}
