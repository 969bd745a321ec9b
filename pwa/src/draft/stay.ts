/** Asks the browser not to clear unsent work by itself, and says whether it promised. */

/** Ask once more; some browsers say yes only later, when the app is used or installed. */
export async function askToStay(): Promise<boolean> {
  const storage = navigator.storage;
  if (!storage?.persist) return false;
  if (await storage.persisted().catch(() => false)) return true;
  return storage.persist().catch(() => false);
}
