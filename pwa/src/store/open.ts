/**
 * Opens the phone's one database and reopens it when the system closed it; will never delete a row.
 *
 * An upgrade only ever adds: `UPGRADES[n]` takes version n to n + 1 and must leave unsent work alone.
 */
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from "idb";
import type { CacheRow, DraftRow, MetaRow, PhotoRow, SentRow, TrayRow } from "./rows";

export interface Books extends DBSchema {
  meta: { key: string; value: MetaRow };
  drafts: { key: string; value: DraftRow; indexes: { person: string } };
  photos: { key: string; value: PhotoRow; indexes: { owner: string; person: string } };
  tray: { key: string; value: TrayRow; indexes: { person: string; chain: string; order: number } };
  sent: { key: string; value: SentRow; indexes: { person: string } };
  cache: { key: [string, string]; value: CacheRow };
}

type Upgrade = (
  db: IDBPDatabase<Books>,
  tx: IDBPTransaction<Books, StoreNames<Books>[], "versionchange">,
) => void;

export const UPGRADES: Upgrade[] = [
  (db) => {
    db.createObjectStore("meta", { keyPath: "key" });
    db.createObjectStore("drafts", { keyPath: "id" }).createIndex("person", "person");
    const photos = db.createObjectStore("photos", { keyPath: "id" });
    photos.createIndex("owner", "owner");
    photos.createIndex("person", "person");
    const tray = db.createObjectStore("tray", { keyPath: "id" });
    tray.createIndex("person", "person");
    tray.createIndex("chain", "chain");
    tray.createIndex("order", "order");
    db.createObjectStore("sent", { keyPath: "id" }).createIndex("person", "person");
    db.createObjectStore("cache", { keyPath: ["person", "key"] });
  },
];

/** Survives a power cut once its transaction is done; Chromium's default since version 121 would not. */
export const DURABLE = { durability: "strict" } as const;

let opened: Promise<IDBPDatabase<Books>> | null = null;

/** The database at the newest version; concurrent callers share one connection. */
export function openBooks(upgrades: Upgrade[] = UPGRADES): Promise<IDBPDatabase<Books>> {
  opened ??= openDB<Books>("gridloop", upgrades.length, {
    upgrade(db, from, _to, tx) {
      for (const upgrade of upgrades.slice(from)) upgrade(db, tx);
    },
    // Another tab brings a newer version: let go at once, the next use opens again.
    blocking() {
      closeBooks();
    },
    terminated() {
      opened = null;
    },
  }).catch((error) => {
    opened = null;
    throw error;
  });
  return opened;
}

/** Let go of the connection; the next use opens it again. */
export function closeBooks(): void {
  opened?.then((db) => db.close()).catch(() => {});
  opened = null;
}

/** Run `work` (which begins its own transaction), once more if the system had closed the connection. */
export async function withBooks<T>(work: (db: IDBPDatabase<Books>) => Promise<T>): Promise<T> {
  try {
    return await work(await openBooks());
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name !== "InvalidStateError" && name !== "AbortError") throw error;
    closeBooks();
    return work(await openBooks());
  }
}
