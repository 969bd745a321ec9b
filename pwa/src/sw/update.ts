/**
 * The page's half of updating: a new version is fetched in the background, offered, and taken when
 * the person agreed and the tray is idle; a page with an open form keeps running what it began with.
 *
 * Works without a service worker, too: then nothing is offered and nothing breaks.
 */
import { effect, signal } from "@preact/signals";
import { isFormOpen, route } from "../route";
import { sending } from "../state";

export const updateReady = signal(false);
export const updateAsked = signal(false);

const LOOK_EVERY_MS = 3_600_000;

let waiting: ServiceWorker | null = null;
/** Another tab took the new version: this page follows once no form is open. */
const outdated = signal(false);

/** Register the service worker and watch for newer ones. */
export async function followUpdates(): Promise<void> {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  // The first worker of a fresh install takes over too; that is no update.
  let hadController = workers.controller !== null;
  workers.addEventListener("controllerchange", () => {
    if (hadController) outdated.value = true;
    hadController = true;
  });
  const registration = await workers.register("/sw.js", { updateViaCache: "none" }).catch(() => null);
  if (!registration) return;
  if (registration.waiting && workers.controller) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const fresh = registration.installing;
    fresh?.addEventListener("statechange", () => {
      if (fresh.state === "installed" && workers.controller) offer(fresh);
    });
  });
  const look = () => void registration.update().catch(() => {});
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
}

function offer(fresh: ServiceWorker): void {
  waiting = fresh;
  updateReady.value = true;
}

export function takeUpdate(): void {
  updateAsked.value = true;
}

let reloading = false;

effect(() => {
  const free = sending.value === null && route.value !== null && !isFormOpen();
  if (free && updateAsked.value && waiting) {
    waiting.postMessage("take-over");
    waiting = null;
  }
  if (free && outdated.value && !reloading) {
    reloading = true;
    location.reload();
  }
});
