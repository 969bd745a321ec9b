/** Fetches lists of cases and single cases and keeps the answers for reading offline. */
import { type Answer, call } from "../api/call";
import { markExpired } from "../api/session";
import type { CaseSummary, CaseView, Page } from "../api/shapes";
import { caseKey, dropCase, readCache, writeCache } from "../store/cache";
import { ASKS, type KeptList, type ListName } from "./lists";

/** Cases carried along whole so that they can be worked on without a network. */
const CARRIED = 20;

function queryOf(name: KeptList): string {
  if (name === "all") return "limit=50";
  if (name === "overdue") return "overdue=true&limit=50";
  if (name === "done") return "state=closed&limit=50";
  return `ask=${name}&limit=50`;
}

/** The list of the office that a list of the screen is drawn from. */
export function sourceOf(name: ListName): KeptList {
  return name === "waiting" ? "all" : name;
}

export function listKey(name: KeptList): string {
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
  name: KeptList,
  now: Date,
): Promise<Answer<Page<CaseSummary>>> {
  const answer = await read<Page<CaseSummary>>(`/cases?${queryOf(name)}`);
  if (answer.kind === "ok") await writeCache(person, listKey(name), answer.body, null, now);
  return answer;
}

/** A later page, not kept. */
export function fetchMore(name: KeptList, cursor: string): Promise<Answer<Page<CaseSummary>>> {
  return read(`/cases?${queryOf(name)}&cursor=${encodeURIComponent(cursor)}`);
}

/** Cases with this code, or with these words in their title. */
export function findCases(words: string): Promise<Answer<Page<CaseSummary>>> {
  return read(`/cases?q=${encodeURIComponent(words)}&limit=10`);
}

export async function refreshCase(person: string, id: string, now: Date): Promise<Answer<CaseView>> {
  const answer = await read<CaseView>(`/cases/${encodeURIComponent(id)}`);
  if (answer.kind === "ok") await writeCache(person, caseKey(id), answer.body, null, now);
  if (answer.kind === "problem" && answer.status === 404) await dropCase(person, id);
  return answer;
}

/** Fetch whole what asks something of this person and is not kept as it stands now; the newest first. */
export async function carryCases(person: string, now: Date): Promise<void> {
  const wanted = new Map<string, number>();
  for (const ask of ASKS) {
    const page = (await readCache(person, listKey(ask)))?.value as Page<CaseSummary> | undefined;
    for (const one of page?.items ?? []) wanted.set(one.id, one.version);
  }
  for (const [id, version] of [...wanted].slice(0, CARRIED)) {
    const kept = (await readCache(person, caseKey(id)))?.value as CaseView | undefined;
    if (kept && kept.version >= version) continue;
    if ((await refreshCase(person, id, now)).kind === "unreachable") return;
  }
}
