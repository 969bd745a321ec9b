/**
 * Follows the office's changes by polling `changes` with its ETag: every 15 s while the page is seen,
 * every 60 s while it is not. Fetches again only what changed and is kept here.
 */
import { call } from "../api/call";
import { markExpired, readSession, refreshMe } from "../api/session";
import type { Change, Me } from "../api/shapes";
import { caseKey, dropCase, readCache, writeCache } from "../store/cache";
import { carryCases, refreshCase, refreshList } from "./cases";
import { listsToFetch } from "./lists";
import { refreshPack } from "./pack";

const SEEN_MS = 15_000;
const HIDDEN_MS = 60_000;

interface Changes {
  items: Change[];
  next_cursor: string;
  more: boolean;
}

/** Poll until stopped; the first poll is at once. */
export function startWatching(): { look: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking = false;

  async function look(): Promise<void> {
    clearTimeout(timer);
    if (!looking) {
      looking = true;
      await lookOnce(new Date()).catch((error) => console.warn("changes", error));
      looking = false;
    }
    clearTimeout(timer);
    timer = setTimeout(look, document.visibilityState === "visible" ? SEEN_MS : HIDDEN_MS);
  }

  const whenVisible = () => {
    if (document.visibilityState === "visible") void look();
  };
  document.addEventListener("visibilitychange", whenVisible);
  void look();
  return {
    look: () => void look(),
    stop() {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", whenVisible);
    },
  };
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
  return (await refreshLists(person, now)) && granted;
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
  let done = true;
  if (items.length > cases.length) done = await refreshGrants(now);
  if (cases.length) done = (await refreshLists(person, now)) && done;
  for (const { id, gone } of cases) {
    if (!(await readCache(person, caseKey(id)))) continue;
    if (gone) await dropCase(person, id);
    else if ((await refreshCase(person, id, now)).kind === "unreachable") done = false;
  }
  return done;
}
