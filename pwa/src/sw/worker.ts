/// <reference lib="webworker" />
/**
 * The service worker: keeps this version's files, starts the app without a network, sends the tray when the
 * browser says the network is back, and shows what is pushed (`notify.ts`). It never touches the API's answers.
 *
 * Two lines are filled in by the build: the list of this version's files and a name that changes with them.
 */
import { sendTray } from "../tray/send";
import { openFrom, show, subscribeAgain } from "./notify";

declare const __FILES__: string[];
declare const __NAME__: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const CACHE = `gridloop-${__NAME__}`;

/** Background Sync, which TypeScript's library does not know. */
interface SyncEvent extends ExtendableEvent {
  tag: string;
}

worker.addEventListener("install", (event) => {
  event.waitUntil(keepFiles());
});

async function keepFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache: a half-updated set of files would not start.
  await cache.addAll(__FILES__.map((file) => new Request(file, { cache: "reload" })));
}

worker.addEventListener("activate", (event) => {
  event.waitUntil(dropOldFiles().then(() => worker.clients.claim()));
});

async function dropOldFiles(): Promise<void> {
  for (const name of await caches.keys())
    if (name.startsWith("gridloop-") && name !== CACHE) await caches.delete(name);
}

// A new version waits until a page says that nothing is open or under way.
worker.addEventListener("message", (event) => {
  if (event.data === "take-over") void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (url.pathname.startsWith("/api/")) return;
  if (request.mode === "navigate" && url.pathname === "/") event.respondWith(fromCache("/", request));
  else if (__FILES__.includes(url.pathname)) event.respondWith(fromCache(url.pathname, request));
});

async function fromCache(path: string, request: Request): Promise<Response> {
  const kept = await (await caches.open(CACHE)).match(path);
  return kept ?? fetch(request);
}

worker.addEventListener("sync", (event) => {
  const sync = event as SyncEvent;
  if (sync.tag === "tray") sync.waitUntil(sendInBackground());
});

async function sendInBackground(): Promise<void> {
  await sendTray({ now: () => new Date(), luck: Math.random, eager: true, tell: () => {} });
}

worker.addEventListener("push", (event) => {
  event.waitUntil(show(worker, event.data));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openFrom(worker, event.notification));
});

// The browser gave the subscription up, or made a new one by itself.
worker.addEventListener("pushsubscriptionchange", (event) => {
  (event as ExtendableEvent).waitUntil(subscribeAgain(worker));
});
