/** What a person filled into a move's form, what is sent of it, and the way back after a refusal; pure. */
import type { CaseView, Move, Need } from "../api/shapes";
import { stamp } from "../draft/body";
import type { Fix } from "../store/rows";

export interface Party {
  name: string;
  phone: string;
  id_number: string;
  role: string;
}

/** A co-handling unit (协办单位) and when it is due, as the field holds it: local time without an offset. */
export interface Helper {
  unit: string;
  due_at: string;
}

export type Value = string | number | boolean | string[] | Party[] | Helper[] | Fix;
export type Values = Record<string, Value>;

/** Which assignment, request or unit the person pointed out when the office could not tell. */
export interface Pointed {
  assignment?: string;
  request?: string;
  unit?: string;
}

/** A half-filled form as kept on the phone; `step_id` is the move's id from the first keystroke on. */
export interface MoveForm {
  step_id: string;
  values: Values;
  pointed?: Pointed;
}

/** Confirming a category or urgency starts from what the case has; a correction of them starts empty. */
export function startValues(move: Move, about: CaseView): Values {
  const values: Values = {};
  for (const need of move.needs) {
    if (need.type === "category" && need.required) values[need.name] = about.category;
    if (need.type === "urgency" && need.required) values[need.name] = about.urgency;
  }
  return values;
}

/** The payload to send: filled fields only; photos by hash. */
export function composePayload(move: Move, values: Values, photos: string[]) {
  const payload: Record<string, unknown> = {};
  for (const need of move.needs) {
    if (need.type === "photos") {
      if (photos.length) payload[need.name] = photos;
      continue;
    }
    const value = tidy(need.type, values[need.name]);
    if (value !== undefined) payload[need.name] = value;
  }
  return payload;
}

function tidy(type: string, value: Value | undefined): unknown {
  if (typeof value === "string") return (type === "moment" ? stampLocal(value) : value.trim()) || undefined;
  if (type === "location" && value) return placeOf(value as Fix);
  if (!Array.isArray(value)) return value;
  if (value.length === 0) return undefined;
  if (type === "units") return value;
  if (type === "helpers")
    return (value as Helper[]).map(({ unit, due_at }) => ({ unit, due_at: stampLocal(due_at) }));
  const parties = (value as Party[])
    .filter((party) => Object.values(party).some((text) => text.trim()))
    .map((party) => Object.fromEntries(Object.entries(party).filter(([, text]) => text.trim())));
  return parties.length ? parties : undefined;
}

/** What was measured or set by hand; the age of the fix stays on the phone. */
function placeOf({ lon, lat, crs, accuracy_m, fix }: Fix) {
  return { lon, lat, crs, ...(accuracy_m === null ? {} : { accuracy_m }), fix };
}

/** A date-time as a browser's field gives it, with the offset the phone has at that time. */
function stampLocal(local: string): string {
  const moment = new Date(local);
  return Number.isNaN(moment.getTime()) ? "" : stamp(moment);
}

/** The form filled as a refused move was: what `composePayload` sent, turned back into fields. */
export function refill(move: Move, payload: Record<string, unknown>): Values {
  const values: Values = {};
  for (const need of move.needs) {
    const sent = payload[need.name];
    if (sent === undefined || need.type === "photos") continue;
    values[need.name] = untidy(need.type, sent);
  }
  return values;
}

function untidy(type: string, sent: unknown): Value {
  if (type === "moment") return localTime(sent as string);
  if (type === "helpers")
    return (sent as Helper[]).map(({ unit, due_at }) => ({ unit, due_at: localTime(due_at) }));
  if (type === "parties")
    return (sent as Partial<Party>[]).map((party) => ({
      name: "",
      phone: "",
      id_number: "",
      role: "",
      ...party,
    }));
  if (type === "location")
    return { accuracy_m: null, taken_at: new Date().toISOString(), ...(sent as object) } as Fix;
  return sent as Value;
}

function localTime(iso: string): string {
  return stamp(new Date(iso)).slice(0, 16);
}

/** Units chosen in the other fields of the form: nobody is given the same case twice. */
export function unitsElsewhere(move: Move, values: Values, name: string): Set<string> {
  const units = new Set<string>();
  for (const need of move.needs) {
    const value = values[need.name];
    if (need.name === name || value === undefined) continue;
    if (need.type === "unit") units.add(value as string);
    if (need.type === "units") for (const unit of value as string[]) units.add(unit);
    if (need.type === "helpers") for (const { unit } of value as Helper[]) units.add(unit);
  }
  return units;
}

export type Lack = { need: Need | null; why: "missing" | "short" | "long" | "due" | "name" | "any" };

/** Everything the form still lacks; the office judges again. */
export function findLacks(move: Move, payload: Record<string, unknown>): Lack[] {
  const lacks: Lack[] = [];
  for (const need of move.needs) {
    const why = lackOf(need, payload[need.name]);
    if (why) lacks.push({ need, why });
  }
  // One optional field is a detail of a move that says enough by itself; several are what it is about.
  const optional = move.needs.length > 1 && move.needs.every((need) => !need.required);
  if (optional && Object.keys(payload).length === 0) lacks.push({ need: null, why: "any" });
  return lacks;
}

function lackOf(need: Need, value: unknown): Lack["why"] | null {
  if (value === undefined) return need.required ? "missing" : null;
  if (typeof value === "string") {
    const length = [...value].length;
    if (need.min_length !== undefined && length < need.min_length) return "short";
    return need.max_length !== undefined && length > need.max_length ? "long" : null;
  }
  if (need.type === "helpers" && (value as Helper[]).some((helper) => !helper.due_at)) return "due";
  if (need.type === "parties" && (value as Party[]).some((party) => !party.name)) return "name";
  return null;
}
