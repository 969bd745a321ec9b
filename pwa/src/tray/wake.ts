/**
 * Decides when the tray of this page sends: at opening, after saving, when the network or the page
 * comes back, by a timer, and by Background Sync where the browser has it.
 */
import { onChanged } from "../store/announce";
import { nextWake } from "./order";
import { listTray } from "./rows";
import { sendTray } from "./send";

/** The timer's longest sleep; `navigator.onLine` and its events are hints only. */
const LONGEST_SLEEP_MS = 60_000;
/** When something is due and yet was not tried: another tab is sending, or the line looked dead. */
const STALLED_SLEEP_MS = 15_000;

export interface Waker {
  /** Something speaks for trying now (a tap, a saved item, the network back). */
  wake(): void;
  stop(): void;
}

export function startWaking(tell: (id: string | null) => void, person: () => string | null): Waker {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let again = false;

  async function run(eager: boolean): Promise<void> {
    if (running) {
      again ||= eager;
      return;
    }
    running = true;
    clearTimeout(timer);
    try {
      await sendTray({ now: () => new Date(), luck: Math.random, eager, tell });
    } catch (error) {
      // The store refused (full disk, closing): nothing was lost, the timer tries again.
      console.warn("tray", error);
    } finally {
      running = false;
    }
    if (again) {
      again = false;
      void run(true);
      return;
    }
    await sleep();
  }

  async function sleep(): Promise<void> {
    const id = person();
    const due = id === null ? null : await listTray(id).then(nextWake, () => Date.now() + LONGEST_SLEEP_MS);
    if (due === null) return;
    const wait = due > Date.now() ? due - Date.now() : STALLED_SLEEP_MS;
    clearTimeout(timer);
    timer = setTimeout(() => void run(false), Math.min(wait, LONGEST_SLEEP_MS));
  }

  const eagerly = () => void run(true);
  const whenVisible = () => {
    if (document.visibilityState === "visible") eagerly();
  };
  window.addEventListener("online", eagerly);
  document.addEventListener("visibilitychange", whenVisible);
  const forget = onChanged((changed) => {
    if (changed === "session") eagerly();
  });
  eagerly();

  return {
    wake() {
      eagerly();
      void askBackgroundSync();
    },
    stop() {
      clearTimeout(timer);
      window.removeEventListener("online", eagerly);
      document.removeEventListener("visibilitychange", whenVisible);
      forget();
    },
  };
}

/** Ask the browser to wake the service worker when the network is back, even with the page closed. */
async function askBackgroundSync(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  const sync = (registration as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync;
  await sync?.register("tray").catch(() => {});
}
