/** What a step or a request says, field by field, as what kind of thing each value is to be shown; pure. */
import type { Names } from "./names";

export type Said =
  | { field: string; kind: "text"; text: string }
  | { field: string; kind: "code"; code: string }
  | { field: string; kind: "moment" | "day"; at: string }
  | { field: string; kind: "category" | "urgency" | "reason" | "rung"; code: string }
  | { field: string; kind: "flag"; yes: boolean }
  | { field: string; kind: "names"; names: string[] }
  | { field: string; kind: "place" }
  | { field: string; kind: "case"; id: string; code: string };

/** Hashes, personal data and inner references say nothing to a reader. */
const UNSAID = new Set(["photos", "parties", "candidates", "deadline", "same_as", "state", "before"]);
const MOMENTS = new Set(["at", "due_at", "arrived_at", "perform_by", "arrive_by", "review_at"]);
const CASES = new Set(["repeat_of", "master", "case", "follower"]);
const CODED = new Set([
  "result",
  "route",
  "level",
  "outcome",
  "mode",
  "present",
  "finding",
  "target",
  "kind",
]);
const KINDS: Record<string, "category" | "urgency" | "reason" | "rung"> = {
  category: "category",
  urgency: "urgency",
  code: "reason",
  rung: "rung",
};
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Said first, in this order; the office sorts fields by name. */
const FIRST = [
  "stage",
  "rung",
  "lead",
  "pool",
  "co",
  "units",
  "unit",
  "code",
  "result",
  "outcome",
  "finding",
];

function place(field: string): number {
  const at = FIRST.indexOf(field);
  return at < 0 ? FIRST.length : at;
}

/** The fields worth saying, in the order in which they are said. */
export function sayPayload(payload: Record<string, unknown>, names: Names): Said[] {
  const fields = Object.entries(payload).sort(([a], [b]) => place(a) - place(b));
  return fields.flatMap(([field, value]) => {
    const said = UNSAID.has(field) ? null : sayField(field, value, names);
    return said ? [said] : [];
  });
}

function sayField(field: string, value: unknown, names: Names): Said | null {
  if (value === null || value === undefined || value === "") return null;
  if (field === "location") return { field, kind: "place" };
  if (Array.isArray(value)) return sayNames(field, value.map(idOf), names);
  if (typeof value === "boolean") return { field, kind: "flag", yes: value };
  if (typeof value !== "string" && typeof value !== "number") return null;
  const text = String(value);
  if (CASES.has(field)) return sayCase(field, text, names);
  if (ID.test(text)) return sayNames(field, [text], names);
  if (MOMENTS.has(field)) return { field, kind: "moment", at: text };
  if (field === "review_on") return { field, kind: "day", at: text };
  const kind = KINDS[field];
  if (kind) return { field, kind, code: text };
  return CODED.has(field) ? { field, kind: "code", code: text } : { field, kind: "text", text };
}

function idOf(value: unknown): string {
  return typeof value === "string" ? value : String((value as { unit?: unknown } | null)?.unit ?? "");
}

/** A case that the office does not name is none of this person's. */
function sayCase(field: string, id: string, names: Names): Said | null {
  const code = names.get(id);
  return code ? { field, kind: "case", id, code } : null;
}

/** Whom nobody names is left out rather than shown as an id. */
function sayNames(field: string, ids: string[], names: Names): Said | null {
  const found = ids.map((id) => names.get(id)).filter((name) => name !== undefined);
  return found.length ? { field, kind: "names", names: found } : null;
}
