/** The shapes of the HTTP contract, version 1, as far as this app reads them; no behaviour. */

export interface Both {
  zh: string;
  en: string;
}

/** RFC 9457 document of the office: a stable code and a sentence in both languages. */
export interface Problem {
  status: number;
  code: string;
  message: Both;
  /** Field (dotted) → why it is not acceptable. */
  errors: Record<string, Both>;
}

export interface Named {
  id?: string;
  code?: string;
  name: string;
}

export interface Me {
  person: { id: string; account: string; name: string; must_change_password?: boolean };
  grants: { role: string; unit?: Named | null; grid?: Named | null; area?: Named | null }[];
  units: { id: string; name: string; kind: string; level: string; area: Named }[];
  grids: { code: string; name: string }[];
  csrf_token: string;
}

export interface ReportBody {
  category: string;
  text: string;
  urgency: 1 | 2 | 3 | 4;
  source:
    | "patrol"
    | "wechat_group"
    | "visit"
    | "walk_in"
    | "hotline"
    | "police"
    | "court"
    | "petition"
    | "other";
  location: { lon: number; lat: number; crs: "wgs84"; accuracy_m?: number; fix: string } | null;
  no_location_reason: string | null;
  grid_code: string | null;
  filed_at: string;
  photos: string[];
}

export interface ReportReceipt {
  report_id: string;
  case: CaseView | null;
  secret?: string | null;
}

/** One field a move asks for; `type` may be one this version does not know yet. */
export interface Need {
  name: string;
  type: string;
  required: boolean;
  label: Both;
  choices?: { value: string; label: Both }[];
  min_length?: number;
  max_length?: number;
}

export interface Move {
  action: string;
  label?: Both;
  assignment?: string | null;
  request?: string | null;
  needs: Need[];
  then?: string[];
}

export interface Step {
  seq: number;
  id: string;
  action: string;
  by: Named | null;
  /** For whom a stand-in (代理人) acted. */
  on_behalf_of?: Named | null;
  as_unit: Named | null;
  at: string;
  device_at: string | null;
  payload: Record<string, unknown>;
}

/** What a list shows of a case. */
export interface CaseSummary {
  id: string;
  code: string;
  state: string;
  version: number;
  category: string;
  urgency: number;
  title: string;
  received_at: string;
  /** Without code when it lies outside all grids or nobody could say. */
  grid: { code: string | null; name: string | null; match: string };
  holder: Named | null;
  due_at: string | null;
}

/** A unit's share of a case (任务): lead 主办, co 协办 or copied 知会. */
export interface Assignment {
  id: string;
  role: string;
  unit: Named;
  state: string;
  /** Who does it (承办人), once named. */
  handler?: Named | null;
  /** Waits with others for whoever signs first. */
  pool?: boolean;
  /** Where and by when to report in (吹哨). */
  place?: string | null;
  arrive_by?: string | null;
  due_at: string | null;
  signed_at?: string | null;
  arrived_at?: string | null;
  reported_at?: string | null;
  result?: string | null;
}

/** A clock; it runs until it is met or ended, and stands still while it is paused. */
export interface Deadline {
  id: string;
  kind: string;
  unit: Named | null;
  assignment: string | null;
  request?: string | null;
  due_original?: string;
  due_current: string;
  met_at: string | null;
  ended_at: string | null;
  paused?: boolean;
  /** 黄灯, 红灯 of a running clock. */
  light?: "yellow" | "red" | null;
  /** The rung (督办级别) its lateness has reached. */
  rung?: string | null;
}

/** An ask that waits for an answer (请求), or a supervision in force. */
export interface Request {
  id: string;
  kind: string;
  state: string;
  assignment: string | null;
  by: Named | null;
  to: Named | null;
  asked_at: string;
  answer_due: string | null;
  /** What was asked for, as its kind needs it. */
  terms: Record<string, unknown>;
}

/** Another case that may be about the same matter. */
export interface Duplicate {
  case_id: string;
  code: string;
  title: string;
  state: string;
  distance_m: number;
  reasons: string[];
}

/** Somebody a case is about (当事人). */
export interface Party {
  role: string;
  name: string | null;
  phone: string | null;
  id_number: string | null;
}

/** A case whole. Fields that an earlier office did not send, or an earlier version did not keep, may be missing. */
export interface CaseView extends CaseSummary {
  text: string;
  source: string;
  area: Named | null;
  location?: { wgs84: { lon: number; lat: number } } | null;
  confidential?: boolean;
  dispatcher: Named | null;
  first_responsible: Named | null;
  leader_in_charge?: Named | null;
  /** The case it was merged into. */
  master?: string | null;
  result?: string | null;
  route?: string | null;
  assignments: Assignment[];
  requests?: Request[];
  deadlines: Deadline[];
  rung?: string | null;
  rework_count?: number;
  reopen_count?: number;
  settled_level?: string | null;
  satisfaction?: string | null;
  /** Masked. */
  parties?: Party[];
  steps: Step[];
  /** For ids in steps and requests: names of units and colleagues, codes of cases that this person may see. */
  names?: Record<string, string>;
  photos: { sha256: string; kind: string; step: string | null; missing: boolean }[];
  possible_duplicates?: Duplicate[];
  moves: Move[];
}

export interface StepReceipt {
  step: Step;
  case: CaseView | null;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Category {
  code: string;
  name: string;
  name_en: string;
  parent: string | null;
  leaf: boolean;
  photo_required: boolean;
}

export type Ring = [number, number][];

export interface PackGrid {
  code: string;
  name: string;
  layer: string;
  village: string;
  geometry: { type: "Polygon"; coordinates: Ring[] } | { type: "MultiPolygon"; coordinates: Ring[][] };
}

/** What the phone keeps for working without a network (离线包). */
export interface Pack {
  grids: PackGrid[];
  categories: Category[];
  /** Reason codes by action. */
  reasons: Record<string, ({ code: string } & Both)[]>;
}

export interface Change {
  kind: string;
  id: string;
  version: number;
  gone: boolean;
}

/** One notice (通知): a step of a case that this person was told of. */
export interface Message {
  id: string;
  kind: string;
  action: string;
  urgency: number;
  case: { id: string; code: string };
  text: Both;
  at: string;
  read_at: string | null;
}

export interface Inbox extends Page<Message> {
  unread: number;
}

/** How each kind of notice reaches a person. */
export interface Chosen {
  choices: Record<string, string>;
  phone: string | null;
}
