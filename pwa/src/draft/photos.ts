/**
 * Keeps photos: stored as taken first, then shrunk in place; nothing is shown before it is stored.
 *
 * Will not send anything: a photo travels as a tray item once its report or step does.
 */
import { mintId } from "../ids";
import { announce } from "../store/announce";
import { DURABLE, withBooks } from "../store/open";
import type { PhotoRow } from "../store/rows";
import { digest } from "./digest";
import { shrink } from "./shrink";

/** Most photos one report or step may list; the office refuses more. */
export const MOST_PHOTOS = 20;
/** Largest photo the office takes, in bytes. */
export const LARGEST_PHOTO = 10 * 1024 * 1024;
const ACCEPTED = ["image/jpeg", "image/png", "image/webp", "image/heic"];

export type Kept = { kind: "kept" } | { kind: "same" } | { kind: "unreadable" } | { kind: "too_many" };

/** Store what the camera or the picker gave, then shrink it. Throws QuotaExceededError when full. */
export async function keepPhoto(person: string, owner: string, file: Blob, now: Date): Promise<Kept> {
  const row: PhotoRow = {
    id: mintId(),
    person,
    owner,
    order: 0,
    state: "raw",
    type: file.type,
    bytes: await file.arrayBuffer(),
    sha256: "",
    kept_at: now.toISOString(),
  };
  const before = await listPhotos(owner);
  if (before.length >= MOST_PHOTOS) return { kind: "too_many" };
  row.order = (before[before.length - 1]?.order ?? 0) + 1;
  await withBooks(async (db) => {
    const tx = db.transaction("photos", "readwrite", DURABLE);
    await tx.store.put(row);
    await tx.done;
  });
  return makeReady(row);
}

/** Shrink what a killed page left as taken. */
export async function finishRaw(owner: string): Promise<void> {
  for (const row of await listPhotos(owner)) if (row.state === "raw") await makeReady(row);
}

async function makeReady(row: PhotoRow): Promise<Kept> {
  const taken = new Blob([row.bytes], { type: row.type });
  const small = await shrink(taken);
  const usable = small ?? (ACCEPTED.includes(row.type) && taken.size <= LARGEST_PHOTO ? taken : null);
  if (!usable) {
    await dropPhoto(row.id);
    return { kind: "unreadable" };
  }
  const bytes = await usable.arrayBuffer();
  const sha256 = await digest(bytes);
  const kept = await withBooks(async (db) => {
    const tx = db.transaction("photos", "readwrite", DURABLE);
    const others = await tx.store.index("owner").getAll(row.owner);
    const same = others.some((other) => other.id !== row.id && other.sha256 === sha256);
    const there = (await tx.store.getKey(row.id)) !== undefined;
    if (same) await tx.store.delete(row.id);
    else if (there) await tx.store.put({ ...row, state: "ready", type: usable.type, bytes, sha256 });
    await tx.done;
    return !same;
  });
  announce("drafts");
  return { kind: kept ? "kept" : "same" };
}

/** In the order taken. */
export async function listPhotos(owner: string): Promise<PhotoRow[]> {
  const rows = await withBooks((db) => db.getAllFromIndex("photos", "owner", owner));
  return rows.sort((a, b) => a.order - b.order);
}

export async function dropPhoto(id: string): Promise<void> {
  await withBooks((db) => db.delete("photos", id));
  announce("drafts");
}

/** Bytes the browser still grants, or null where it does not say. */
export async function freeSpace(): Promise<number | null> {
  const estimate = await navigator.storage?.estimate?.().catch(() => null);
  if (estimate?.quota === undefined || estimate.usage === undefined) return null;
  return estimate.quota - estimate.usage;
}
