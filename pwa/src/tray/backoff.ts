/** How long an item waits after a failure; grows to five minutes and never gives up. */

const FIRST_MS = 2_000;
const LONGEST_MS = 300_000;

/**
 * Milliseconds to wait after the `tries`-th failure (1, 2, …). `luck` in [0, 1) spreads phones that
 * failed at the same moment over half the wait. The office's own Retry-After wins if it is longer.
 */
export function backOff(tries: number, luck: number, retryAfterS: number | null): number {
  const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 20));
  return Math.max(wait / 2 + (wait / 2) * luck, (retryAfterS ?? 0) * 1000);
}
