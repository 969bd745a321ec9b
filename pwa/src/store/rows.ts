/** The shapes of everything the phone keeps in IndexedDB; no behaviour. */
import type { CaseView, Me, Problem, ReportBody } from "../api/shapes";
import type { Seen } from "../case/since";

/** Who is signed in on this phone. `expired`: the office no longer knows the session; nothing is lost by it. */
export interface SessionRow {
  key: "session";
  person: Me["person"];
  csrf_token: string;
  expired: boolean;
}

/** A sign-out the office has not heard of yet, because there was no network. */
export interface SignOutRow {
  key: "sign_out";
  csrf_token: string;
}

/** The language that notices are shown in. */
export interface LanguageRow {
  key: "language";
  language: "zh" | "en";
}

export type MetaRow = SessionRow | SignOutRow | LanguageRow;

/** One measured or chosen place (定位). `taken_at` stays on the phone: it tells the age of the fix. */
export interface Fix {
  lon: number;
  lat: number;
  crs: "wgs84";
  accuracy_m: number | null;
  fix: "gps" | "network" | "manual";
  taken_at: string;
}

/** A report being written (草稿). Its id is the report's id from the first keystroke on. */
export interface DraftRow {
  id: string;
  person: string;
  created_at: string;
  updated_at: string;
  category: string | null;
  text: string;
  /** The sentence the app proposed for the category; replaced with the next category while untouched. */
  proposed_text: string;
  urgency: 1 | 2 | 3 | 4;
  source: ReportBody["source"];
  place: Fix | null;
  grid_code: string | null;
  no_location_reason: string;
  /** The refused report that this draft replaces. */
  corrects: string | null;
}

/** One photo of a draft, report or step; `owner` is that draft's, report's or step's id. */
export interface PhotoRow {
  id: string;
  person: string;
  owner: string;
  order: number;
  /** raw: as the camera gave it, stored first because the page may die while shrinking. */
  state: "raw" | "ready";
  type: string;
  bytes: ArrayBuffer;
  sha256: string;
  kept_at: string;
}

/** Why an item is still here: the office's own words, or the network's silence. */
export interface Failure {
  at: string;
  status: number;
  problem: Problem | null;
  /** The case as it stands now, when the office refused a move because the case has moved. */
  case: CaseView | null;
  /** Assignments, requests or units to choose from, when the office could not tell which one was meant. */
  choices?: Record<string, string>[];
}

interface TrayItem {
  id: string;
  person: string;
  /** Order is kept within one chain: the report's or the case's id. */
  chain: string;
  order: number;
  saved_at: string;
  /** Set at the first send: from then on the content is frozen. */
  first_sent_at: string | null;
  state: "waiting" | "refused";
  tries: number;
  /** Milliseconds since 1970; not sent before, unless something (network back, a tap) gives reason to. */
  not_before: number;
  failure: Failure | null;
}

export interface ReportItem extends TrayItem {
  kind: "report";
  body: string;
  draft: DraftRow;
  photo_count: number;
}

export interface MoveItem extends TrayItem {
  kind: "move";
  case_id: string;
  case_code: string;
  action: string;
  label: { zh: string; en: string } | null;
  body: string;
  /** What the person filled in, to start again from after a refusal. */
  payload: Record<string, unknown>;
  /** The assignment or request it is about, if it names one. */
  about?: string | null;
  /** Actions that follow it, by the office: what may be queued behind it. */
  next?: string[];
  /** The case as the person saw it. */
  seen?: Seen;
  /** The refused move that this one replaces. */
  corrects?: string | null;
}

export interface PhotoItem extends TrayItem {
  kind: "photo";
  parent: { report_id: string } | { case_id: string; step_id: string };
  owner: string;
  photo: string;
  sha256: string;
  type: string;
  size: number;
  /** Position among the owner's photos. */
  place: number;
  /** Where the resumable upload lives, once begun, and how far the office confirmed it. */
  upload_url: string | null;
  offset: number;
}

export type TrayRow = ReportItem | MoveItem | PhotoItem;

/** What became of an item: the office's receipt, kept so that the phone can show the code. */
export interface SentRow {
  id: string;
  person: string;
  kind: "report" | "move";
  at: string;
  case_id: string | null;
  code: string | null;
  title: string;
  /** Lets a resident look the case up; the office says it once. */
  secret: string | null;
  photo_count: number;
}

/** An answer of the office kept for offline reading, with its ETag. */
export interface CacheRow {
  person: string;
  key: string;
  etag: string | null;
  kept_at: string;
  value: unknown;
}
