/** Fetches a person's notices, keeps the first page for reading offline, and tells the office what was read. */
import { type Answer, call } from "../api/call";
import { markExpired, write } from "../api/session";
import type { Inbox } from "../api/shapes";
import { readCache, writeCache } from "../store/cache";

export const INBOX = "inbox";

async function read(path: string): Promise<Answer<Inbox>> {
  const answer = await call<Inbox>(path);
  if (answer.kind === "problem" && answer.status === 401) await markExpired();
  return answer;
}

/** The first page, kept. False when nobody answered; what an office refuses is not asked again. */
export async function refreshInbox(person: string, now: Date): Promise<boolean> {
  const answer = await read("/inbox?limit=50");
  if (answer.kind === "ok") await writeCache(person, INBOX, answer.body, null, now);
  return answer.kind !== "unreachable";
}

/** A later page, not kept. */
export function fetchOlder(cursor: string): Promise<Answer<Inbox>> {
  return read(`/inbox?limit=50&cursor=${encodeURIComponent(cursor)}`);
}

/**
 * Say that these were read; what cannot be said now stays unread and is said when it is read again.
 *
 * The kept page is changed at once, so that the badge does not wait for the network.
 */
export async function markRead(person: string, ids: string[], now: Date): Promise<void> {
  const done = new Set<string>();
  for (const id of ids) {
    const answer = await write(person, `/inbox/${encodeURIComponent(id)}/read`, { method: "PUT" }, now);
    if (answer.kind === "ok") done.add(id);
  }
  const kept = (await readCache(person, INBOX))?.value as Inbox | undefined;
  if (!kept || done.size === 0) return;
  const items = kept.items.map((one) =>
    done.has(one.id) && one.read_at === null ? { ...one, read_at: now.toISOString() } : one,
  );
  const unread = kept.unread - kept.items.filter((one) => done.has(one.id) && one.read_at === null).length;
  await writeCache(person, INBOX, { ...kept, items, unread: Math.max(unread, 0) }, null, now);
}

/** Everything unread about this case was read by opening it. */
export async function readAbout(person: string, caseId: string, now: Date): Promise<void> {
  const kept = (await readCache(person, INBOX))?.value as Inbox | undefined;
  const ids = kept?.items
    .filter((one) => one.case.id === caseId && one.read_at === null)
    .map((one) => one.id);
  if (ids?.length) await markRead(person, ids, now);
}
