/** Lets one tab (or the service worker) send at a time; the others go home at once. */

/** Run `work` unless another context of this phone is sending; false when it is. */
export async function inSingleFlight(work: () => Promise<void>): Promise<boolean> {
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return inOwnFlight(work);
  return locks.request("gridloop-tray", { ifAvailable: true }, async (lock) => {
    if (!lock) return false;
    await work();
    return true;
  });
}

let flying = false;

/**
 * Without `navigator.locks` (old WebViews) only this tab is held to one flight. Two tabs may then send
 * an item twice; the office takes the second as a replay, so this costs bytes, never a double case.
 */
async function inOwnFlight(work: () => Promise<void>): Promise<boolean> {
  if (flying) return false;
  flying = true;
  try {
    await work();
    return true;
  } finally {
    flying = false;
  }
}
