/** Turns a draft into the report the office gets, and says what is still missing; pure. */
import type { Category, ReportBody } from "../api/shapes";
import type { DraftRow } from "../store/rows";

export const SHORTEST_TEXT = 5;
export const LONGEST_TEXT = 5000;
const SHORTEST_REASON = 2;

export type Missing = "category" | "text_short" | "text_long" | "photo" | "place";

/** What keeps the draft from being sent, in the order of the form. */
export function findMissing(draft: DraftRow, photoCount: number, category: Category | null): Missing[] {
  const missing: Missing[] = [];
  if (category?.photo_required && photoCount === 0) missing.push("photo");
  if (!draft.category) missing.push("category");
  const length = [...draft.text.trim()].length;
  if (length < SHORTEST_TEXT) missing.push("text_short");
  if (length > LONGEST_TEXT) missing.push("text_long");
  if (!draft.place && [...draft.no_location_reason.trim()].length < SHORTEST_REASON) missing.push("place");
  return missing;
}

/** `now` with the phone's own offset, as the office wants times (RFC 3339). */
export function stamp(now: Date): string {
  const offset = -now.getTimezoneOffset();
  const local = new Date(now.getTime() + offset * 60_000).toISOString().slice(0, 19);
  const two = (n: number) => String(Math.floor(Math.abs(n))).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

/** The report; the draft must have nothing missing. */
export function composeReport(draft: DraftRow, photos: string[], now: Date): ReportBody {
  const { place } = draft;
  return {
    category: draft.category ?? "",
    text: draft.text.trim(),
    urgency: draft.urgency,
    source: draft.source,
    location: place && {
      lon: place.lon,
      lat: place.lat,
      crs: place.crs,
      ...(place.accuracy_m === null ? {} : { accuracy_m: place.accuracy_m }),
      fix: place.fix,
    },
    no_location_reason: place ? null : draft.no_location_reason.trim(),
    grid_code: draft.grid_code,
    filed_at: stamp(now),
    photos,
  };
}
