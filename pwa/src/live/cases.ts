/** Fetches lists of cases and single cases and keeps the answers for reading offline. */
import { type Answer, call } from "../api/call";
import { markExpired } from "../api/session";
import type { CaseSummary, CaseView, Page } from "../api/shapes";
import { caseKey, dropCase, writeCache } from "../store/cache";

/** What a case may wait for from this person's units, in the order of a case's life. */
export const ASKS = ["accept", "dispatch", "sign", "handle", "verify"] as const;
export type Ask = (typeof ASKS)[number];
export type ListName = "all" | Ask;

function queryOf(name: ListName): string {
  return name === "all" ? "limit=50" : `ask=${name}&limit=50`;
}

export function isAsk(name: string): name is Ask {
  return ASKS.some((ask) => ask === name);
}

export function listKey(name: ListName): string {
  return `cases/${name}`;
}

async function read<T>(path: string): Promise<Answer<T>> {
  const answer = await call<T>(path);
  if (answer.kind === "problem" && answer.status === 401) await markExpired();
  return answer;
}

/** The first page, kept. */
export async function refreshList(
  person: string,
  name: ListName,
  now: Date,
): Promise<Answer<Page<CaseSummary>>> {
  const answer = await read<Page<CaseSummary>>(`/cases?${queryOf(name)}`);
  if (answer.kind === "ok") await writeCache(person, listKey(name), answer.body, null, now);
  return answer;
}

/** A later page, not kept. */
export function fetchMore(name: ListName, cursor: string): Promise<Answer<Page<CaseSummary>>> {
  return read(`/cases?${queryOf(name)}&cursor=${encodeURIComponent(cursor)}`);
}

export async function refreshCase(person: string, id: string, now: Date): Promise<Answer<CaseView>> {
  const answer = await read<CaseView>(`/cases/${encodeURIComponent(id)}`);
  if (answer.kind === "ok") await writeCache(person, caseKey(id), answer.body, null, now);
  if (answer.kind === "problem" && answer.status === 404) await dropCase(person, id);
  return answer;
}
