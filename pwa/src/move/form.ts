/** What a person filled into a move's form, and what it lacks by the office's own description; pure. */
import type { CaseView, Move, Need } from "../api/shapes";
import { stamp } from "../draft/body";

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

export type Value = string | number | string[] | Party[] | Helper[];

/** A half-filled form as kept on the phone; `step_id` is the move's id from the first keystroke on. */
export interface MoveForm {
  step_id: string;
  values: Record<string, Value>;
}

/** Confirming a category or urgency starts from what the case has. */
export function startValues(move: Move, about: CaseView): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const need of move.needs) {
    if (need.type === "category") values[need.name] = about.category;
    if (need.type === "urgency") values[need.name] = about.urgency;
  }
  return values;
}

/** The payload to send: filled fields only; photos by hash. */
export function composePayload(move: Move, values: Record<string, Value>, photos: string[]) {
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

/** A date-time as a browser's field gives it, with the offset the phone has at that time. */
function stampLocal(local: string): string {
  const moment = new Date(local);
  return Number.isNaN(moment.getTime()) ? "" : stamp(moment);
}

/** Units chosen in the other fields of the form: nobody is given the same case twice. */
export function unitsElsewhere(move: Move, values: Record<string, Value>, name: string): Set<string> {
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

export type Lack = { need: Need | null; why: "missing" | "short" | "long" | "due" | "any" };

/** Everything the form still lacks; the office judges again. */
export function findLacks(move: Move, payload: Record<string, unknown>): Lack[] {
  const lacks: Lack[] = [];
  for (const need of move.needs) {
    const value = payload[need.name];
    if (value === undefined) {
      if (need.required) lacks.push({ need, why: "missing" });
    } else if (typeof value === "string") {
      const length = [...value].length;
      if (need.min_length !== undefined && length < need.min_length) lacks.push({ need, why: "short" });
      if (need.max_length !== undefined && length > need.max_length) lacks.push({ need, why: "long" });
    } else if (need.type === "helpers" && (value as Helper[]).some((helper) => !helper.due_at)) {
      lacks.push({ need, why: "due" });
    }
  }
  // One optional field is a detail of a move that says enough by itself; several are what it is about.
  const optional = move.needs.length > 1 && move.needs.every((need) => !need.required);
  if (optional && Object.keys(payload).length === 0) lacks.push({ need: null, why: "any" });
  return lacks;
}
