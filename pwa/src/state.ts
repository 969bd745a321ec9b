/** What the screens look at: signals over the rows in the store, refreshed whenever rows change. */
import { computed, signal } from "@preact/signals";
import { readSession } from "./api/session";
import type { Inbox, Me, Pack } from "./api/shapes";
import { listDrafts } from "./draft/drafts";
import { type Changed, onChanged } from "./store/announce";
import { readCache } from "./store/cache";
import { withBooks } from "./store/open";
import type { DraftRow, SentRow, SessionRow, TrayRow } from "./store/rows";
import { countUnsent, listTray } from "./tray/rows";

/** undefined: not read yet; null: nobody is signed in on this phone. */
export const session = signal<SessionRow | null | undefined>(undefined);
export const me = signal<Me | null>(null);
export const pack = signal<Pack | null>(null);
export const drafts = signal<DraftRow[]>([]);
export const tray = signal<TrayRow[]>([]);
export const sent = signal<SentRow[]>([]);
/** Unsent things of people other than the one signed in. */
export const unsentOfOthers = signal(0);
/** The tray item under way on this page, if any. */
export const sending = signal<string | null>(null);
/** Counts up whenever cached answers change; lists and cases read their rows again. */
export const cacheTick = signal(0);
export const storeBroken = signal(false);
/** Notices not read yet, as the office last said. */
export const unread = signal(0);

/** Reports and moves that are not at the office yet; their photos are not counted one by one. */
export const unsentTexts = computed(() => tray.value.filter((row) => row.kind !== "photo"));
export const unsentPhotos = computed(() => tray.value.filter((row) => row.kind === "photo"));
export const refused = computed(() => tray.value.filter((row) => row.state === "refused"));
/** What the badge shows: texts, and photos whose text has already arrived, counted by their owner. */
export const unsentCount = computed(() => {
  const owners = new Set(tray.value.map((row) => (row.kind === "photo" ? row.owner : row.id)));
  return owners.size;
});

export function personId(): string | null {
  return session.value?.person.id ?? null;
}

async function refreshSession(): Promise<void> {
  const row = await readSession();
  const changedPerson = row?.person.id !== session.value?.person.id;
  session.value = row;
  if (changedPerson) {
    me.value = null;
    pack.value = null;
    await Promise.all([refreshDrafts(), refreshTray(), refreshCached()]);
  }
}

async function refreshDrafts(): Promise<void> {
  const id = personId();
  drafts.value = id ? await listDrafts(id) : [];
}

async function refreshTray(): Promise<void> {
  const id = personId();
  tray.value = id ? await listTray(id) : [];
  const rows = id ? await withBooks((db) => db.getAllFromIndex("sent", "person", id)) : [];
  sent.value = rows.sort((a, b) => b.at.localeCompare(a.at));
  const counts = await countUnsent();
  let others = 0;
  for (const [person, count] of counts) if (person !== id) others += count;
  unsentOfOthers.value = others;
}

async function refreshCached(): Promise<void> {
  const id = personId();
  if (id) {
    me.value = ((await readCache(id, "me"))?.value as Me | undefined) ?? null;
    pack.value = ((await readCache(id, "pack"))?.value as Pack | undefined) ?? null;
  }
  const inbox = id ? ((await readCache(id, "inbox"))?.value as Inbox | undefined) : undefined;
  unread.value = inbox?.unread ?? 0;
  cacheTick.value += 1;
}

const REFRESH: Record<Changed, () => Promise<void>> = {
  session: refreshSession,
  drafts: refreshDrafts,
  tray: refreshTray,
  cache: refreshCached,
};

/** Read everything once and follow the changes of every tab. */
export async function startState(): Promise<void> {
  onChanged((changed) => {
    REFRESH[changed]().catch((error) => console.warn("store", error));
  });
  try {
    await refreshSession();
    await refreshTray();
  } catch (error) {
    console.warn("store", error);
    storeBroken.value = true;
  }
}
