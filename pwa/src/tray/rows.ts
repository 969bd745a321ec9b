/** One durable transaction over everything unsent, and the reading of it; decides nothing. */
import type { IDBPTransaction, StoreNames } from "idb";
import { announce } from "../store/announce";
import { type Books, DURABLE, withBooks } from "../store/open";
import type { TrayRow } from "../store/rows";

export type Writing = IDBPTransaction<Books, StoreNames<Books>[], "readwrite">;

/** Oldest first. */
export async function listTray(person: string): Promise<TrayRow[]> {
  const rows = await withBooks((db) => db.getAllFromIndex("tray", "person", person));
  return rows.sort((a, b) => a.order - b.order);
}

/** How many things each person left unsent on this phone (drafts and tray), by person id. */
export async function countUnsent(): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const rows = await withBooks(async (db) => [
    ...(await db.getAll("drafts")),
    ...(await db.getAll("tray")).filter((row) => row.kind !== "photo"),
  ]);
  for (const row of rows) counts.set(row.person, (counts.get(row.person) ?? 0) + 1);
  return counts;
}

/** Do `work` whole or not at all, durable before this returns. */
export async function write<T>(work: (tx: Writing) => Promise<T>): Promise<T> {
  const result = await withBooks(async (db) => {
    const stores: StoreNames<Books>[] = ["drafts", "photos", "tray", "sent"];
    const tx = db.transaction(stores, "readwrite", DURABLE) as Writing;
    try {
      const value = await work(tx);
      await tx.done;
      return value;
    } catch (error) {
      // An error of our own must not leave the half that was already asked for.
      tx.done.catch(() => {});
      try {
        tx.abort();
      } catch {
        // Already ended.
      }
      throw error;
    }
  });
  announce("tray");
  announce("drafts");
  return result;
}

/** Take an item out together with the items of its photos; the photos themselves stay. */
export async function deleteWithPhotoItems(tx: Writing, id: string): Promise<void> {
  const item = await tx.objectStore("tray").get(id);
  if (!item) return;
  await tx.objectStore("tray").delete(id);
  for (const row of await tx.objectStore("tray").index("chain").getAll(item.chain))
    if (row.kind === "photo" && row.owner === id) await tx.objectStore("tray").delete(row.id);
}

/** Take an item out together with its photos, or one photo with its item. */
export async function deleteWithPhotos(tx: Writing, id: string): Promise<void> {
  const item = await tx.objectStore("tray").get(id);
  if (item?.kind === "photo") await tx.objectStore("photos").delete(item.photo);
  await deleteWithPhotoItems(tx, id);
  for (const key of await tx.objectStore("photos").index("owner").getAllKeys(id))
    await tx.objectStore("photos").delete(key);
}
