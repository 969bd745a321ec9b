/** Keeps the office's last answers per person, so that screens work without a network. */
import { announce } from "./announce";
import { withBooks } from "./open";
import type { CacheRow } from "./rows";

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
