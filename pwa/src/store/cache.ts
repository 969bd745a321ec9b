/** Keeps the office's last answers per person, so that screens work without a network. */
import { announce } from "./announce";
import { withBooks } from "./open";
import type { CacheRow } from "./rows";

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
