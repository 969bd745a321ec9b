/** Keeps drafts (草稿): durable at every change, several at once, dropped only by the person. */
import { mintId } from "../ids";
import { announce } from "../store/announce";
import { DURABLE, withBooks } from "../store/open";
import type { DraftRow } from "../store/rows";

/** An empty draft of `person`, durable before this returns; an empty one left behind is used again. */
export async function beginDraft(person: string, now: Date): Promise<DraftRow> {
  const fresh: DraftRow = {
    id: mintId(),
    person,
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
    category: null,
    text: "",
    proposed_text: "",
    urgency: 1,
    source: "patrol",
    place: null,
    grid_code: null,
    no_location_reason: "",
    corrects: null,
  };
  const draft = await withBooks(async (db) => {
    const tx = db.transaction(["drafts", "photos"], "readwrite", DURABLE);
    const owned = tx.objectStore("photos").index("owner");
    for (const row of await tx.objectStore("drafts").index("person").getAll(person)) {
      if (isBlank(row) && (await owned.count(row.id)) === 0) {
        await tx.done;
        return row;
      }
    }
    await tx.objectStore("drafts").put(fresh);
    await tx.done;
    return fresh;
  });
  announce("drafts");
  return draft;
}

/** Nothing in it that a person typed, chose or took (a place measured by itself does not count). */
export function isBlank(draft: DraftRow): boolean {
  const untouched = draft.text.trim() === "" && draft.category === null && draft.corrects === null;
  return untouched && draft.place?.fix !== "manual" && draft.grid_code === null;
}

export function readDraft(id: string): Promise<DraftRow | undefined> {
  return withBooks((db) => db.get("drafts", id));
}

/** Newest first. */
export async function listDrafts(person: string): Promise<DraftRow[]> {
  const rows = await withBooks((db) => db.getAllFromIndex("drafts", "person", person));
  return rows.sort((a, b) => b.updated_at.localeCompare(a.updated_at));
}

/**
 * Write the draft as it stands. A draft that has meanwhile gone to the tray (another tab sent it)
 * or was dropped is not brought back; then false.
 */
export async function saveDraft(draft: DraftRow): Promise<boolean> {
  const saved = await withBooks(async (db) => {
    const tx = db.transaction("drafts", "readwrite", DURABLE);
    const known = await tx.store.getKey(draft.id);
    if (known !== undefined) await tx.store.put(draft);
    await tx.done;
    return known !== undefined;
  });
  announce("drafts");
  return saved;
}

/** Drop a draft and its photos, because its person said so. */
export async function dropDraft(id: string): Promise<void> {
  await withBooks(async (db) => {
    const tx = db.transaction(["drafts", "photos"], "readwrite", DURABLE);
    await tx.objectStore("drafts").delete(id);
    for (const key of await tx.objectStore("photos").index("owner").getAllKeys(id))
      await tx.objectStore("photos").delete(key);
    await tx.done;
  });
  announce("drafts");
}
