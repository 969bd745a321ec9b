/** Hands out unsent work as one file with its photos, so that it can leave a phone that cannot send. */
import type { DraftRow, PhotoRow } from "../store/rows";

/** A JSON file holding `content` and the photos in Base64; readable without this app. */
export async function composeFile(content: unknown, photos: PhotoRow[]): Promise<Blob> {
  const packed = photos.map(({ sha256, type, bytes }) => ({ sha256, type, base64: toBase64(bytes) }));
  const text = JSON.stringify({ format: "gridloop-unsent/1", content, photos: packed }, null, 1);
  return new Blob([text], { type: "application/json" });
}

function toBase64(bytes: ArrayBuffer): string {
  const whole = new Uint8Array(bytes);
  let text = "";
  // In slices: the argument list of one call is limited.
  for (let at = 0; at < whole.length; at += 8192)
    text += String.fromCharCode(...whole.subarray(at, at + 8192));
  return btoa(text);
}

/** Let the person save the file. */
export async function saveFile(name: string, content: unknown, photos: PhotoRow[]): Promise<void> {
  const url = URL.createObjectURL(await composeFile(content, photos));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = `${name}.json`;
  anchor.click();
  // Some WebViews read the address only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function exportDraft(draft: DraftRow, photos: PhotoRow[]): Promise<void> {
  return saveFile(`gridloop-${draft.id}`, draft, photos);
}
