/**
 * Reads the office's changes once, with their ETag, and fetches again only what changed and is kept here.
 *
 * The page does so again and again (`watch.ts`), the service worker when something was pushed.
 */
import { call } from "../api/call";
import { markExpired, readSession, refreshMe } from "../api/session";
import type { Change, Me } from "../api/shapes";
import { caseKey, dropCase, readCache, writeCache } from "../store/cache";
import { carryCases, refreshCase, refreshList } from "./cases";
import { refreshInbox } from "./inbox";
import { listsToFetch } from "./lists";
import { refreshPack } from "./pack";

interface Changes {
  items: Change[];
  next_cursor: string;
  more: boolean;
}

/** Read what is new since the kept cursor and refresh the kept answers it touches. */
export async function lookOnce(now: Date): Promise<void> {
  const session = await readSession();
  if (!session || session.expired) return;
  const person = session.person.id;
  const kept = await readCache(person, "changes");
  const since = kept?.value as string | undefined;
  const answer = await call<Changes>(`/changes${since ? `?since=${encodeURIComponent(since)}` : ""}`, {
    headers: kept?.etag ? { "If-None-Match": kept.etag } : {},
  });
  if (answer.kind === "problem" && answer.status === 401) return markExpired();
  if (answer.kind === "problem" && answer.problem.code === "cursor_expired") {
    await writeCache(person, "changes", undefined, null, now);
    return lookOnce(now);
  }
  if (answer.kind !== "ok") return;
  const { items, next_cursor, more } = answer.body;
  const done = since === undefined ? await refreshAll(person, now) : await refreshTouched(person, items, now);
  // What could not be fetched is still new at the next poll.
  if (!done) return;
  await writeCache(person, "changes", next_cursor, more ? null : answer.headers.get("etag"), now);
  if (more) await lookOnce(now);
  else await carryCases(person, now);
}

async function refreshAll(person: string, now: Date): Promise<boolean> {
  const granted = await refreshGrants(now);
  const told = await refreshInbox(person, now);
  return (await refreshLists(person, now)) && granted && told;
}

async function refreshGrants(now: Date): Promise<boolean> {
  const me = await refreshMe(now);
  return me.kind === "ok" && refreshPack(me.body, now);
}

async function refreshLists(person: string, now: Date): Promise<boolean> {
  const me = (await readCache(person, "me"))?.value as Me | undefined;
  const answers = await Promise.all(listsToFetch(me ?? null).map((name) => refreshList(person, name, now)));
  return answers.every((answer) => answer.kind === "ok");
}

async function refreshTouched(person: string, items: Change[], now: Date): Promise<boolean> {
  const cases = items.filter((item) => item.kind === "case");
  const messages = items.filter((item) => item.kind === "message");
  let done = true;
  if (items.length > cases.length + messages.length) done = await refreshGrants(now);
  if (messages.length) done = (await refreshInbox(person, now)) && done;
  if (cases.length) done = (await refreshLists(person, now)) && done;
  for (const { id, gone } of cases) {
    if (!(await readCache(person, caseKey(id)))) continue;
    if (gone) await dropCase(person, id);
    else if ((await refreshCase(person, id, now)).kind === "unreachable") done = false;
  }
  return done;
}
