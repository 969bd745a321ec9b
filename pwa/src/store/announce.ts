/** Tells every tab and the service worker's page that rows have changed; carries no data. */

export type Changed = "session" | "drafts" | "tray" | "cache";

type Listener = (changed: Changed) => void;

const listeners = new Set<Listener>();
const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel("gridloop") : null;

if (channel) {
  channel.onmessage = (event: MessageEvent<Changed>) => tellHere(event.data);
  // Under Node an open channel would keep the test process alive.
  (channel as { unref?: () => void }).unref?.();
}

function tellHere(changed: Changed): void {
  for (const listener of listeners) listener(changed);
}

export function announce(changed: Changed): void {
  tellHere(changed);
  channel?.postMessage(changed);
}

export function onChanged(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
