/** What its person does with the tray (待发送): put in, take back, correct, drop. Sends nothing. */
import type { Both } from "../api/shapes";
import type { Seen } from "../case/since";
import { composeReport } from "../draft/body";
import { mintId } from "../ids";
import type { DraftRow, MoveItem, PhotoItem, PhotoRow, ReportItem } from "../store/rows";
import { deleteWithPhotoItems, deleteWithPhotos, type Writing, write } from "./rows";

async function nextOrder(tx: Writing): Promise<number> {
  const last = await tx.objectStore("tray").index("order").openCursor(null, "prev");
  return (last?.value.order ?? 0) + 1;
}

async function readPhotos(tx: Writing, owner: string): Promise<PhotoRow[]> {
  const rows = await tx.objectStore("photos").index("owner").getAll(owner);
  return rows.sort((a, b) => a.order - b.order);
}

function freshItem(id: string, person: string, chain: string, order: number, now: Date) {
  return {
    id,
    person,
    chain,
    order,
    saved_at: now.toISOString(),
    first_sent_at: null,
    state: "waiting" as const,
    tries: 0,
    not_before: 0,
    failure: null,
  };
}

function photoItem(
  photo: PhotoRow,
  place: number,
  chain: string,
  order: number,
  parent: PhotoItem["parent"],
  now: Date,
): PhotoItem {
  return {
    ...freshItem(`${photo.owner}:${photo.sha256}`, photo.person, chain, order, now),
    kind: "photo",
    parent,
    owner: photo.owner,
    photo: photo.id,
    sha256: photo.sha256,
    type: photo.type,
    size: photo.bytes.byteLength,
    place,
    upload_url: null,
    offset: 0,
  };
}

/** Move a finished draft into the tray, photos and all; false if it is no longer a draft (double tap). */
export function submitDraft(id: string, now: Date): Promise<boolean> {
  return write(async (tx) => {
    const draft = await tx.objectStore("drafts").get(id);
    if (!draft) return false;
    const photos = await readPhotos(tx, id);
    if (photos.some((photo) => photo.state === "raw")) throw new Error("a photo is still being shrunk");
    const order = await nextOrder(tx);
    const hashes = photos.map((photo) => photo.sha256);
    const report: ReportItem = {
      ...freshItem(id, draft.person, id, order, now),
      kind: "report",
      body: JSON.stringify(composeReport(draft, hashes, now)),
      draft,
      photo_count: photos.length,
    };
    await tx.objectStore("tray").put(report);
    for (const [place, photo] of photos.entries())
      await tx
        .objectStore("tray")
        .put(photoItem(photo, place, id, order + 1 + place, { report_id: id }, now));
    await tx.objectStore("drafts").delete(id);
    return true;
  });
}

/** What a move needs to become an item; `step_id` owns the photos taken for it. */
export interface MoveToSend {
  step_id: string;
  person: string;
  case_id: string;
  case_code: string;
  action: string;
  label: Both | null;
  based_on: number;
  payload: Record<string, unknown>;
  at: string;
  assignment?: string | null;
  request?: string | null;
  as_unit?: string | null;
  next: string[];
  seen: Seen;
  corrects: string | null;
}

/** Put a move (办理) into the tray, photos and all; false when it is already there. */
export function submitMove(move: MoveToSend, now: Date): Promise<boolean> {
  return write(async (tx) => {
    if ((await tx.objectStore("tray").getKey(move.step_id)) !== undefined) return false;
    const photos = await readPhotos(tx, move.step_id);
    const order = await nextOrder(tx);
    const { action, based_on, payload, at, assignment, request, as_unit } = move;
    const body = {
      action,
      based_on,
      payload,
      at,
      ...(assignment ? { assignment } : {}),
      ...(request ? { request } : {}),
      ...(as_unit ? { as_unit } : {}),
    };
    const item: MoveItem = {
      ...freshItem(move.step_id, move.person, move.case_id, order, now),
      kind: "move",
      case_id: move.case_id,
      case_code: move.case_code,
      action,
      label: move.label,
      body: JSON.stringify(body),
      payload,
      about: assignment ?? request ?? null,
      next: move.next,
      seen: move.seen,
      corrects: move.corrects,
    };
    await tx.objectStore("tray").put(item);
    const parent = { case_id: move.case_id, step_id: move.step_id };
    for (const [place, photo] of photos.entries())
      await tx.objectStore("tray").put(photoItem(photo, place, move.case_id, order + 1 + place, parent, now));
    return true;
  });
}

/** Make a report that was never sent a draft again; false once the first send began. */
export function takeBack(id: string): Promise<boolean> {
  return write(async (tx) => {
    const item = await tx.objectStore("tray").get(id);
    if (item?.kind !== "report" || item.first_sent_at !== null) return false;
    await tx.objectStore("drafts").put(item.draft);
    await deleteWithPhotoItems(tx, id);
    return true;
  });
}

/** A new draft under its own id, prefilled from a refused report; the refused one stays until it arrives. */
export function correctRefused(id: string, now: Date): Promise<DraftRow | null> {
  return write(async (tx) => {
    const item = await tx.objectStore("tray").get(id);
    if (item?.kind !== "report" || item.state !== "refused") return null;
    const drafts = await tx.objectStore("drafts").index("person").getAll(item.person);
    const begun = drafts.find((draft) => draft.corrects === id);
    if (begun) return begun;
    const others = await tx.objectStore("tray").index("person").getAll(item.person);
    if (others.some((other) => other.kind === "report" && other.draft.corrects === id)) return null;
    const fresh: DraftRow = { ...item.draft, id: mintId(), updated_at: now.toISOString(), corrects: id };
    await tx.objectStore("drafts").put(fresh);
    for (const photo of await readPhotos(tx, id))
      await tx.objectStore("photos").put({ ...photo, id: mintId(), owner: fresh.id });
    return fresh;
  });
}

/** Give the photos of a refused move to the move that replaces it, too; the refused one keeps its own. */
export function copyPhotos(from: string, to: string): Promise<void> {
  return write(async (tx) => {
    for (const photo of await readPhotos(tx, from))
      await tx.objectStore("photos").put({ ...photo, id: mintId(), owner: to });
  });
}

/** Drop an item with its photos, because its person said so. */
export function dropItem(id: string): Promise<void> {
  return write((tx) => deleteWithPhotos(tx, id));
}
