/** Keeps the office's last answers per person, so that screens work without a network. */
import type { CaseView } from "../api/shapes";
import { announce } from "./announce";
import { withBooks } from "./open";
import type { CacheRow } from "./rows";

const FORM = "form/";
const KEPT_MS = 30 * 24 * 3_600_000;

/** Where the half-filled form of a move is kept. */
export function formKey(caseId: string, action: string, about: string): string {
  return `${FORM}${caseId}/${action}/${about}`;
}

export function caseKey(id: string): string {
  return `case/${id}`;
}

export function readCache(person: string, key: string): Promise<CacheRow | undefined> {
  return withBooks((db) => db.get("cache", [person, key]));
}

export async function writeCache(
  person: string,
  key: string,
  value: unknown,
  etag: string | null,
  now: Date,
) {
  await withBooks((db) => db.put("cache", { person, key, etag, kept_at: now.toISOString(), value }));
  announce("cache");
}

/** Keep a half-filled form without waking any screen: it is read again only when the form opens. */
export async function writeForm(person: string, key: string, value: unknown, now: Date): Promise<void> {
  await withBooks((db) => db.put("cache", { person, key, etag: null, kept_at: now.toISOString(), value }));
}

export async function dropForm(person: string, key: string): Promise<void> {
  await withBooks((db) => db.delete("cache", [person, key]));
}

/** Every case kept whole for this person. */
export async function listKeptCases(person: string): Promise<CaseView[]> {
  const range = IDBKeyRange.bound([person, caseKey("")], [person, caseKey("\uffff")]);
  const rows = await withBooks((db) => db.getAll("cache", range));
  return rows.map((row) => row.value as CaseView);
}

/** Forget a case that this person may no longer see. */
export async function dropCase(person: string, id: string): Promise<void> {
  await withBooks((db) => db.delete("cache", [person, caseKey(id)]));
  announce("cache");
}

/** Forget cases that nobody looked at for a month, so that the phone does not fill up. */
export async function dropOldCases(person: string, now: Date): Promise<void> {
  const oldest = new Date(now.getTime() - KEPT_MS).toISOString();
  await withBooks(async (db) => {
    const tx = db.transaction("cache", "readwrite");
    const range = IDBKeyRange.bound([person, caseKey("")], [person, caseKey("\uffff")]);
    for (const row of await tx.store.getAll(range))
      if (row.kept_at < oldest) await tx.store.delete([person, row.key]);
    await tx.done;
  });
}

/** Forget the office's answers at sign-out; half-filled forms are unsent work and stay. */
export async function dropAnswers(person: string): Promise<void> {
  await withBooks(async (db) => {
    const tx = db.transaction("cache", "readwrite");
    for (const key of await tx.store.getAllKeys(IDBKeyRange.bound([person, ""], [person, "\uffff"])))
      if (!key[1].startsWith(FORM)) await tx.store.delete(key);
    await tx.done;
  });
  announce("cache");
}
