/**
 * Signing in and out, and the session's CSRF token, kept where tabs and service worker both read it.
 *
 * Touches no draft and no tray: unsent work belongs to its person and outlives every session.
 */
import { announce } from "../store/announce";
import { dropAnswers, writeCache } from "../store/cache";
import { withBooks } from "../store/open";
import type { SessionRow } from "../store/rows";
import { type Answer, call, type Outgoing, send } from "./call";
import type { Me } from "./shapes";

export async function readSession(): Promise<SessionRow | null> {
  const row = await withBooks((db) => db.get("meta", "session"));
  return row?.key === "session" ? row : null;
}

async function keepSession(row: SessionRow): Promise<void> {
  await withBooks(async (db) => {
    const tx = db.transaction("meta", "readwrite");
    await tx.store.put(row);
    await tx.store.delete("sign_out");
    await tx.done;
  });
  announce("session");
}

/** Mark the session as unknown to the office; the tray pauses and the screens ask for sign-in. */
export async function markExpired(): Promise<void> {
  const session = await readSession();
  if (!session || session.expired) return;
  await keepSession({ ...session, expired: true });
}

export async function signIn(account: string, password: string, now: Date): Promise<Answer<Me>> {
  const answer = await call<{ csrf_token: string; person: Me["person"] }>("/sessions", {
    method: "POST",
    json: { account, password },
  });
  if (answer.kind !== "ok") return answer;
  const { person, csrf_token } = answer.body;
  await keepSession({ key: "session", person, csrf_token, expired: false });
  return refreshMe(now);
}

/**
 * Ask the office who is signed in and keep the fresh CSRF token.
 *
 * If the cookie now belongs to somebody else (another tab signed in), that person becomes the one
 * signed in here; the former person's tray stays theirs and is not sent under the new name.
 */
export async function refreshMe(now: Date): Promise<Answer<Me>> {
  const answer = await call<Me>("/me");
  if (answer.kind === "ok") {
    const { person, csrf_token } = answer.body;
    await writeCache(person.id, "me", answer.body, null, now);
    const known = await readSession();
    const same = known && !known.expired && known.csrf_token === csrf_token;
    if (!same || JSON.stringify(known.person) !== JSON.stringify(person))
      await keepSession({ key: "session", person, csrf_token, expired: false });
  } else if (answer.kind === "problem" && answer.status === 401) {
    await markExpired();
  }
  return answer;
}

/** Keep this phone signed in while it is used; the office lets unused sessions end. */
export async function renewSession(now: Date): Promise<void> {
  const session = await readSession();
  if (session) await write(session.person.id, "/sessions/current", { method: "PUT" }, now);
}

/** Leave this phone's session; with no network the office is told at the next start. */
export async function signOut(): Promise<void> {
  const session = await readSession();
  if (!session) return;
  await withBooks(async (db) => {
    const tx = db.transaction("meta", "readwrite");
    await tx.store.delete("session");
    await tx.store.put({ key: "sign_out", csrf_token: session.csrf_token });
    await tx.done;
  });
  await dropAnswers(session.person.id);
  announce("session");
  await finishSignOut();
}

/** Tell the office of a sign-out; true while it still has to be told. */
export async function finishSignOut(): Promise<boolean> {
  const row = await withBooks((db) => db.get("meta", "sign_out"));
  if (row?.key !== "sign_out") return false;
  const answer = await call("/sessions/current", {
    method: "DELETE",
    headers: { "X-CSRF-Token": row.csrf_token },
  });
  if (answer.kind === "unreachable" || (answer.kind === "problem" && answer.status >= 500)) return true;
  await withBooks((db) => db.delete("meta", "sign_out"));
  return false;
}

/** Why a write could not even be tried: nobody signed in, session unknown, or somebody else signed in. */
export type NotSignedIn = { kind: "not_signed_in" };

/**
 * Write in the name of `person`, with the CSRF token; fetch the token again once if the office asks.
 *
 * Refuses to write when the phone's session is another person's.
 */
export async function write<T>(
  person: string,
  path: string,
  request: Outgoing,
  now: Date,
): Promise<Answer<T> | NotSignedIn> {
  for (let round = 0; ; round++) {
    const token = await tokenOf(person);
    if (token === null) return { kind: "not_signed_in" };
    const answer = await call<T>(path, withToken(request, token));
    if (answer.kind === "problem" && answer.status === 401) {
      await markExpired();
      return { kind: "not_signed_in" };
    }
    const stale = answer.kind === "problem" && answer.status === 403 && answer.problem.code === "csrf_failed";
    if (!stale || round > 0) return answer;
    const me = await refreshMe(now);
    if (me.kind === "unreachable") return me;
  }
}

/** Like `write`, for calls that answer in headers only (tus); null when nobody answered. */
export async function writeBare(
  person: string,
  path: string,
  request: Outgoing,
  now: Date,
): Promise<Response | null | NotSignedIn> {
  for (let round = 0; ; round++) {
    const token = await tokenOf(person);
    if (token === null) return { kind: "not_signed_in" };
    const reply = await send(path, withToken(request, token));
    const fromOffice = reply?.headers.get("content-type")?.startsWith("application/problem+json");
    if (reply?.status === 401 && fromOffice) {
      await markExpired();
      return { kind: "not_signed_in" };
    }
    if (reply?.status !== 403 || !fromOffice || round > 0) return reply;
    const me = await refreshMe(now);
    if (me.kind === "unreachable") return null;
  }
}

async function tokenOf(person: string): Promise<string | null> {
  const session = await readSession();
  return session && !session.expired && session.person.id === person ? session.csrf_token : null;
}

function withToken(request: Outgoing, token: string): Outgoing {
  return { ...request, headers: { ...request.headers, "X-CSRF-Token": token } };
}
