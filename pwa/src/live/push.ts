/**
 * Web Push on this device: subscribes and tells the office, at every start; both page and service worker use it.
 *
 * Never waits for long: where the push service cannot be reached the inbox is what counts. Asks for no permission;
 * that is done on a tap (`notices.ts`).
 */
import { call } from "../api/call";
import { readSession, write } from "../api/session";
import { mintId } from "../ids";
import { dropForm, readCache, writeForm } from "../store/cache";

/** off: nobody asked yet. unreachable: the browser's push service does not answer here. */
export type PushState = "on" | "off" | "denied" | "unsupported" | "unreachable";

/** A subscribe call hangs for ever where the push service is blocked. */
const PATIENCE_MS = 10_000;
const KEPT_AS = "push";

interface Told {
  id: string;
  endpoint: string;
}

/** Bring this device's subscription and the office's knowledge of it up to date. */
export async function refreshPush(
  registration: ServiceWorkerRegistration | undefined,
  now: Date,
): Promise<PushState> {
  if (!registration || !("pushManager" in registration) || typeof Notification === "undefined")
    return "unsupported";
  if (Notification.permission !== "granted") return Notification.permission === "denied" ? "denied" : "off";
  const session = await readSession();
  if (!session || session.expired) return "off";
  const key = await call<{ key: string }>("/push/key");
  if (key.kind === "problem" && key.status === 404) return "unsupported";
  if (key.kind !== "ok") return "unreachable";
  const subscription = await inTime(subscribe(registration.pushManager, key.body.key));
  if (!subscription) return "unreachable";
  return (await tell(session.person.id, subscription, now)) ?? "unreachable";
}

async function subscribe(manager: PushManager, key: string): Promise<PushSubscription> {
  const wanted = fromBase64url(key);
  const known = await manager.getSubscription();
  if (known && sameBytes(known.options.applicationServerKey, wanted)) return known;
  // The office has a new key: what was subscribed for the old one is refused by the push service.
  await known?.unsubscribe();
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
}

/** Tell the office; when it knows the subscription as given up, begin anew at the next start. */
async function tell(person: string, subscription: PushSubscription, now: Date): Promise<PushState | null> {
  const kept = (await readCache(person, KEPT_AS))?.value as Told | undefined;
  const lost = kept && kept.endpoint !== subscription.endpoint ? kept : null;
  const id = kept && !lost ? kept.id : mintId();
  await writeForm(person, KEPT_AS, { id, endpoint: subscription.endpoint } satisfies Told, now);
  const answer = await write<{ alive: boolean }>(
    person,
    `/push/subscriptions/${id}`,
    { method: "PUT", json: subscription.toJSON() },
    now,
  );
  // What this browser had before reaches nobody; the push service may take a while to say so.
  if (answer.kind === "ok" && lost)
    await write(person, `/push/subscriptions/${lost.id}`, { method: "DELETE" }, now);
  if (answer.kind === "ok" && answer.body.alive) return "on";
  if (answer.kind === "ok" || (answer.kind === "problem" && answer.status === 409)) {
    await subscription.unsubscribe().catch(() => false);
    await dropForm(person, KEPT_AS);
  }
  return null;
}

/** The result, or null when it does not come in time or is refused. */
function inTime<T>(work: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE_MS);
    work.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      () => {
        clearTimeout(timer);
        resolve(null);
      },
    );
  });
}

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function sameBytes(one: ArrayBuffer | null, other: Uint8Array): boolean {
  const bytes = new Uint8Array(one ?? new ArrayBuffer(0));
  return bytes.length === other.length && bytes.every((byte, at) => byte === other[at]);
}
