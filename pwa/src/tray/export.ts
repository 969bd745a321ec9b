/** Hands out a tray item as a file, with the photos that are still on the phone. */
import { saveFile } from "../draft/export";
import { listPhotos } from "../draft/photos";
import type { TrayRow } from "../store/rows";

export async function exportItem(row: TrayRow): Promise<void> {
  const owner = row.kind === "photo" ? row.owner : row.id;
  const all = await listPhotos(owner);
  const photos = row.kind === "photo" ? all.filter((photo) => photo.id === row.photo) : all;
  const content = row.kind === "photo" ? { parent: row.parent } : JSON.parse(row.body);
  await saveFile(`gridloop-${owner}`, { id: owner, kind: row.kind, content }, photos);
}
