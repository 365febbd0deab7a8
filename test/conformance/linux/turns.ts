/**
 * Daemons start a few at a time: that is nearly all that they need the processors for. They are more than the
 * processors, because each also waits for the kernel, which makes devices one after the other.
 */

const STARTING = 4;

let starting = 0;
const waiting: (() => void)[] = [];

/** Starts something when it is its turn. */
export async function takeTurn(start: () => Promise<void>): Promise<void> {
  if (starting === STARTING) await new Promise<void>((resolve) => waiting.push(resolve));
  else starting++;
  try {
    await start();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else starting--;
  }
}
