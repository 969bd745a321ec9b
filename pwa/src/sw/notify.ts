/// <reference lib="webworker" />
/**
 * What the service worker does with a push: shows it, always; counts the badge; wakes open pages or fetches what is
 * new itself, so that the case can be read when it is opened without a network.
 */

import { lookOnce } from "../live/look";
import { refreshPush } from "../live/push";
import { withBooks } from "../store/open";
import { wordIn } from "../words";

/** What the office sends; nothing personal. */
interface Notice {
  zh: string;
  en: string;
  /** Notices with the same tag replace each other: one for each case, one for what was collected. */
  tag: string;
  urgency: number;
  unread: number;
  case: string | null;
  message: string;
}

const EMERGENCY = 4;

export async function show(worker: ServiceWorkerGlobalScope, data: PushMessageData | null): Promise<void> {
  const notice = read(data);
  const language = await readLanguage();
  const title = notice?.[language] ?? wordIn(language, "app_name");
  const unread = notice?.unread ?? 0;
  await worker.registration.showNotification(title, {
    tag: notice?.tag ?? "gridloop",
    lang: language,
    icon: "/icons/icon-192.png",
    badge: "/icons/icon-192.png",
    requireInteraction: (notice?.urgency ?? 0) >= EMERGENCY,
    data: { case: notice?.case ?? null },
    ...(unread > 1 ? { body: wordIn(language, "notice_unread", { n: unread }) } : {}),
    // A newer notice of the same case makes itself heard again; TypeScript's library does not know the option.
    ...({ renotify: true } as object),
  });
  if (notice) await setBadge(unread);
  const pages = await worker.clients.matchAll({ type: "window" });
  for (const page of pages) page.postMessage({ kind: "look" });
  if (pages.length === 0) await lookOnce(new Date()).catch(() => {});
}

/** To the case: in a window that is open, else in a new one. */
export async function openFrom(worker: ServiceWorkerGlobalScope, shown: Notification): Promise<void> {
  const id = (shown.data as { case?: string | null } | null)?.case;
  const screen = id ? ["case", id] : ["inbox"];
  const [page] = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!page) {
    await worker.clients.openWindow(`/#/${screen.map(encodeURIComponent).join("/")}`);
    return;
  }
  page.postMessage({ kind: "open", screen });
  await page.focus().catch(() => page);
}

export async function subscribeAgain(worker: ServiceWorkerGlobalScope): Promise<void> {
  await refreshPush(worker.registration, new Date());
}

function read(data: PushMessageData | null): Notice | null {
  try {
    return data?.json() as Notice;
  } catch {
    return null;
  }
}

async function readLanguage(): Promise<"zh" | "en"> {
  const row = await withBooks((db) => db.get("meta", "language")).catch(() => undefined);
  return row?.key === "language" ? row.language : "zh";
}

async function setBadge(count: number): Promise<void> {
  const badge = navigator as { setAppBadge?: (count: number) => Promise<void> };
  await badge.setAppBadge?.(count).catch(() => {});
}
