/**
 * Sends one photo: small ones in one piece, larger ones as a resumable upload (tus 1.0).
 *
 * Pieces of 32 KB, each confirmed before the next, so that a cut costs at most one piece.
 */
import { call, readProblem } from "../api/call";
import { type NotSignedIn, write, writeBare } from "../api/session";
import type { CaseView } from "../api/shapes";
import type { PhotoItem } from "../store/rows";
import { judge, judgeProblem, refuse, type Verdict } from "./verdict";

export const PIECE = 32 * 1024;
/** Even 2G with one bar moves a piece in this time; longer means the line is dead. */
const PIECE_PATIENCE_MS = 90_000;

type Note = (changes: Pick<PhotoItem, "upload_url" | "offset">) => Promise<void>;

export async function sendPhoto(
  item: PhotoItem,
  bytes: ArrayBuffer,
  note: Note,
  now: () => Date,
): Promise<Verdict<unknown>> {
  if (bytes.byteLength <= PIECE) return sendWhole(item, bytes, now());
  return sendInPieces(item, bytes, note, now);
}

function photoPath(item: PhotoItem): string {
  const { parent } = item;
  const owner =
    "report_id" in parent
      ? `/reports/${parent.report_id}`
      : `/cases/${parent.case_id}/steps/${parent.step_id}`;
  return `${owner}/photos/${item.sha256}`;
}

async function sendWhole(item: PhotoItem, bytes: ArrayBuffer, now: Date): Promise<Verdict<unknown>> {
  const request = {
    method: "PUT" as const,
    bytes,
    headers: { "Content-Type": item.type },
    patience_ms: PIECE_PATIENCE_MS,
  };
  return judge(await write(item.person, photoPath(item), request, now), () => true);
}

async function sendInPieces(
  item: PhotoItem,
  bytes: ArrayBuffer,
  note: Note,
  now: () => Date,
): Promise<Verdict<unknown>> {
  let url = item.upload_url;
  let offset = 0;
  if (url !== null) {
    const found = await askOffset(item, url, bytes.byteLength, now());
    if (typeof found === "object") return found;
    if (found === "gone") url = null;
    else offset = found;
  }
  if (url === null) {
    if (item.upload_url !== null && (await hasArrived(item))) return { fate: "arrived", body: null };
    const begun = await create(item, bytes.byteLength, now());
    if (typeof begun === "object") return begun;
    url = begun;
    await note({ upload_url: url, offset: 0 });
  }
  while (offset < bytes.byteLength) {
    const reply = await sendPiece(item, url, bytes, offset, now());
    if (typeof reply === "object") return reply;
    offset = reply;
    await note({ upload_url: url, offset });
  }
  return { fate: "arrived", body: null };
}

async function create(item: PhotoItem, size: number, now: Date): Promise<string | Verdict<never>> {
  const metadata = { ...item.parent, sha256: item.sha256, filetype: item.type };
  const encoded = Object.entries(metadata).map(([key, value]) => `${key} ${btoa(value)}`);
  const reply = await writeBare(
    item.person,
    "/uploads",
    {
      method: "POST",
      headers: {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": String(size),
        "Upload-Metadata": encoded.join(","),
      },
    },
    now,
  );
  const refused = await readRefusal(reply);
  if (refused) return refused;
  const location = (reply as Response).headers.get("location");
  // A path on the office's own origin, whatever host name the office believes it has.
  return location ? new URL(location, self.location.href).pathname : later(0);
}

async function sendPiece(
  item: PhotoItem,
  url: string,
  bytes: ArrayBuffer,
  offset: number,
  now: Date,
): Promise<number | Verdict<never>> {
  const piece = new Uint8Array(bytes, offset, Math.min(PIECE, bytes.byteLength - offset));
  const reply = await writeBare(
    item.person,
    url,
    {
      method: "PATCH",
      bytes: piece,
      headers: {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": String(offset),
        "Content-Type": "application/offset+octet-stream",
      },
      patience_ms: PIECE_PATIENCE_MS,
    },
    now,
  );
  // Another offset than ours, or an upload the office has let go: asked anew at the next try.
  if (isStatus(reply, 409, 404, 410)) return later(0);
  const refused = await readRefusal(reply);
  if (refused) return refused;
  const reached = readOffset(reply as Response, bytes.byteLength);
  return reached !== null && reached > offset ? reached : later(0);
}

/** How far the office got, "gone" when it does not know the upload, or why that is not known. */
async function askOffset(
  item: PhotoItem,
  url: string,
  size: number,
  now: Date,
): Promise<number | "gone" | Verdict<never>> {
  const reply = await writeBare(
    item.person,
    url,
    { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } },
    now,
  );
  if (isStatus(reply, 404, 410)) return "gone";
  // The reply to the last piece was lost, and it was a no; an answer to HEAD has no words.
  if (isStatus(reply, 422)) return refuse(422, "photo_not_taken");
  if (reply === null || "kind" in reply || !reply.ok) return (await readRefusal(reply)) ?? later(0);
  return readOffset(reply, size) ?? later(0);
}

/** Whether the case already shows this photo: the reply to the last piece may have been lost. */
async function hasArrived(item: PhotoItem): Promise<boolean> {
  const answer = await call<CaseView>(`/cases/${item.chain}`);
  if (answer.kind !== "ok") return false;
  return answer.body.photos.some((photo) => photo.sha256 === item.sha256 && !photo.missing);
}

function isStatus(reply: Response | null | NotSignedIn, ...wanted: number[]): boolean {
  return reply !== null && !("kind" in reply) && wanted.includes(reply.status);
}

function readOffset(reply: Response, size: number): number | null {
  const offset = Number(reply.headers.get("upload-offset") ?? Number.NaN);
  return Number.isInteger(offset) && offset >= 0 && offset <= size ? offset : null;
}

function later(status: number): Verdict<never> {
  return { fate: "later", status, problem: null, retry_after_s: null };
}

async function readRefusal(reply: Response | null | NotSignedIn): Promise<Verdict<never> | null> {
  if (reply === null) return later(0);
  if ("kind" in reply) return { fate: "pause" };
  if (reply.ok) return null;
  const refused = await readProblem(reply);
  return refused ? judgeProblem(refused) : later(reply.status);
}
