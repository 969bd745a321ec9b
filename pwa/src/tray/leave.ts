/** What sending does to an item: frozen at the first try, noted after a failure, out with a receipt. */
import type { CaseView } from "../api/shapes";
import type { MoveItem, PhotoItem, ReportItem, TrayRow } from "../store/rows";
import { deleteWithPhotos, write } from "./rows";

/** Receipts kept for each person; the office's own lists go further back. */
const MOST_RECEIPTS = 100;

/** The row as it is sent, frozen from now on; undefined when it has meanwhile left the tray. */
export function beginSend(id: string, now: Date): Promise<TrayRow | undefined> {
  return write(async (tx) => {
    const row = await tx.objectStore("tray").get(id);
    if (!row || row.first_sent_at !== null) return row;
    const frozen = { ...row, first_sent_at: now.toISOString() };
    await tx.objectStore("tray").put(frozen);
    return frozen;
  });
}

/** Change what an item remembers of its sending; nothing if it has left the tray. */
export function noteItem(id: string, changes: Partial<TrayRow>): Promise<void> {
  return write(async (tx) => {
    const row = await tx.objectStore("tray").get(id);
    if (row) await tx.objectStore("tray").put({ ...row, ...changes } as TrayRow);
  });
}

/** The office has it: the item leaves, its receipt stays, and so goes the refused one it corrects. */
export function settleText(
  item: ReportItem | MoveItem,
  standing: CaseView | null,
  secret: string | null,
  now: Date,
): Promise<void> {
  return write(async (tx) => {
    await tx.objectStore("tray").delete(item.id);
    await tx.objectStore("sent").put({
      id: item.id,
      person: item.person,
      kind: item.kind,
      at: now.toISOString(),
      case_id: standing?.id ?? null,
      code: standing?.code ?? null,
      title: item.kind === "report" ? item.draft.text : (item.label?.zh ?? item.action),
      secret,
      photo_count: item.kind === "report" ? item.photo_count : 0,
    });
    const receipts = await tx.objectStore("sent").index("person").getAll(item.person);
    receipts.sort((a, b) => b.at.localeCompare(a.at));
    for (const old of receipts.slice(MOST_RECEIPTS)) await tx.objectStore("sent").delete(old.id);
    // It may have been refused and corrected more than once.
    let corrected = correctedBy(item);
    while (corrected) {
      const refused = await tx.objectStore("tray").get(corrected);
      await deleteWithPhotos(tx, corrected);
      corrected = refused ? correctedBy(refused) : null;
    }
  });
}

/** The refused item that this one replaces, if any. */
export function correctedBy(item: TrayRow): string | null {
  if (item.kind === "photo") return null;
  return (item.kind === "report" ? item.draft.corrects : item.corrects) ?? null;
}

/** The office has the photo: neither the item nor the bytes are needed here any more. */
export function settlePhoto(item: PhotoItem): Promise<void> {
  return write(async (tx) => {
    await tx.objectStore("tray").delete(item.id);
    await tx.objectStore("photos").delete(item.photo);
  });
}
