/** The times of home registrations, as RFC 6275 §12 and §13 name them; all in ms. */

let lifetime: f64 = 0;
let firstTimeout: f64 = 0;
let laterTimeout: f64 = 0;
let maxTimeout: f64 = 0;

export function configure(lifetimeMs: f64, firstTimeoutMs: f64, laterTimeoutMs: f64, maxTimeoutMs: f64): void {
  lifetime = lifetimeMs;
  firstTimeout = firstTimeoutMs;
  laterTimeout = laterTimeoutMs;
  maxTimeout = maxTimeoutMs;
}

/** The lifetime that is asked for. */
export function lifetimeMs(): f64 {
  return lifetime;
}

/** InitialBindackTimeoutFirstReg */
export function firstTimeoutMs(): f64 {
  return firstTimeout;
}

/** INITIAL_BINDACK_TIMEOUT */
export function laterTimeoutMs(): f64 {
  return laterTimeout;
}

/** MAX_BINDACK_TIMEOUT */
export function maxTimeoutMs(): f64 {
  return maxTimeout;
}
