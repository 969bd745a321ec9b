/** What a person filled into a move's form, and what it lacks by the office's own description; pure. */
import type { CaseView, Move, Need } from "../api/shapes";

export interface Party {
  name: string;
  phone: string;
  id_number: string;
  role: string;
}

export type Value = string | number | Party[];

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
    const value = tidy(values[need.name]);
    if (value !== undefined) payload[need.name] = value;
  }
  return payload;
}

function tidy(value: Value | undefined): unknown {
  if (typeof value === "string") return value.trim() || undefined;
  if (!Array.isArray(value)) return value;
  const parties = value
    .filter((party) => Object.values(party).some((text) => text.trim()))
    .map((party) => Object.fromEntries(Object.entries(party).filter(([, text]) => text.trim())));
  return parties.length ? parties : undefined;
}

export type Lack = { need: Need | null; why: "missing" | "short" | "long" | "any" };

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
    }
  }
  const optional = move.needs.length > 0 && move.needs.every((need) => !need.required);
  if (optional && Object.keys(payload).length === 0) lacks.push({ need: null, why: "any" });
  return lacks;
}
