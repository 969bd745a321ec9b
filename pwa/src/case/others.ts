/** Other cases one may mean (疑似重复, same grid), in the order in which they come to mind; pure. */
import type { CaseSummary, CaseView } from "../api/shapes";

export interface Other {
  id: string;
  code: string;
  title: string;
  /** Reasons and distance of a possible duplicate; null for one that is only in the same grid. */
  why: { reasons: string[]; distance_m: number } | null;
}

const NEARBY = 5;

export function othersNear(one: CaseView, kept: CaseSummary[]): Other[] {
  const alike = (one.possible_duplicates ?? []).map(({ case_id, code, title, reasons, distance_m }) => ({
    id: case_id,
    code,
    title,
    why: { reasons, distance_m },
  }));
  const known = new Set([one.id, ...alike.map((other) => other.id)]);
  const near = kept
    .filter((other) => !known.has(other.id) && other.grid.code !== null && other.grid.code === one.grid.code)
    .slice(0, NEARBY);
  return [...alike, ...near.map(({ id, code, title }) => ({ id, code, title, why: null }))];
}

/** Kept cases with this code or these words in the title; works without a network. */
export function searchKept(kept: CaseSummary[], words: string, but: string): Other[] {
  const wanted = words.trim().toLowerCase();
  if (!wanted) return [];
  return kept
    .filter((other) => other.id !== but && `${other.code} ${other.title}`.toLowerCase().includes(wanted))
    .slice(0, 10)
    .map(({ id, code, title }) => ({ id, code, title, why: null }));
}
