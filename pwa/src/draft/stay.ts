/** Asks the browser not to clear unsent work by itself, and says whether it promised. */

import { signal } from "@preact/signals";

/** Whether unsent work is safe from being cleared; null while not asked. */
export const kept = signal<boolean | null>(null);

/** Ask once more; some browsers say yes only later, when the app is used or installed. */
export async function askToStay(): Promise<void> {
  const storage = navigator.storage;
  const already = await storage?.persisted?.().catch(() => false);
  kept.value = already || ((await storage?.persist?.().catch(() => false)) ?? false);
}
