/** The page's half of notices: the app's badge, permission on a tap, and what the service worker asks the page to do. */
import { effect, signal } from "@preact/signals";
import { go } from "../route";
import { language } from "../speak";
import { session, unread } from "../state";
import { withBooks } from "../store/open";
import { lookNow } from "./parts";
import { type PushState, refreshPush } from "./push";

export const pushState = signal<PushState | null>(null);

/** What the service worker posts to its pages. */
export type WorkerWord = { kind: "look" } | { kind: "open"; screen: string[] };

/** Follow the badge, the worker's words and the person signed in; subscribe again at every start. */
export function startNotices(): void {
  effect(() => setBadge(unread.value));
  // The service worker shows notices in this language, and cannot read where the page keeps it.
  effect(() => void keepLanguage(language.value).catch(() => {}));
  navigator.serviceWorker?.addEventListener("message", (event: MessageEvent<WorkerWord>) => {
    if (event.data?.kind === "look") lookNow();
    if (event.data?.kind === "open") go(...event.data.screen);
  });
  let known: string | null = null;
  effect(() => {
    const person = session.value && !session.value.expired ? session.value.person.id : null;
    if (person && person !== known) void refreshNow();
    known = person;
  });
}

async function refreshNow(): Promise<void> {
  const registration = navigator.serviceWorker ? await navigator.serviceWorker.ready : undefined;
  pushState.value = await refreshPush(registration, new Date());
}

/** Ask the person, on a tap, and subscribe if they agree. */
export async function askForNotices(): Promise<void> {
  if (typeof Notification === "undefined" || !navigator.serviceWorker) pushState.value = "unsupported";
  else if ((await Notification.requestPermission()) === "denied") pushState.value = "denied";
  else await refreshNow();
}

/** Nothing of whoever leaves this device is to appear on it; the office hears of it by the session's end. */
export async function leavePush(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const subscription = await registration?.pushManager?.getSubscription();
  await subscription?.unsubscribe();
  for (const shown of (await registration?.getNotifications?.()) ?? []) shown.close();
}

function setBadge(count: number): void {
  const badge = navigator as { setAppBadge?: (count: number) => Promise<void> };
  void badge.setAppBadge?.(count).catch(() => {});
}

async function keepLanguage(value: "zh" | "en"): Promise<void> {
  await withBooks((db) => db.put("meta", { key: "language", language: value }));
}
