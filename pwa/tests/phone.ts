/** A phone for tests: an empty store, a signed-in person, and quick ways to file a report with photos. */
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { vi } from "vitest";
import { digest } from "../src/draft/digest";
import { beginDraft, saveDraft } from "../src/draft/drafts";
import { mintId } from "../src/ids";
import { closeBooks, withBooks } from "../src/store/open";
import type { DraftRow, PhotoRow } from "../src/store/rows";
import { submitDraft } from "../src/tray/enter";
import { type SendOptions, sendTray } from "../src/tray/send";
import { Office } from "./office";

export const NOW = new Date("2026-11-22T01:30:00Z");

/** A wiped phone connected to a fresh office, with `p1` signed in. */
export async function freshPhone(): Promise<Office> {
  closeBooks();
  globalThis.indexedDB = new IDBFactory();
  const office = new Office();
  vi.stubGlobal("fetch", office.fetch);
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("self", { location: { href: "http://localhost/" } });
  await signInAs(office);
  return office;
}

export async function signInAs(office: Office): Promise<void> {
  const { person, csrf } = office;
  await withBooks((db) => db.put("meta", { key: "session", person, csrf_token: csrf, expired: false }));
}

export async function createDraft(changes: Partial<DraftRow> = {}, person = "p1"): Promise<DraftRow> {
  const draft = await beginDraft(person, NOW);
  const filled = {
    ...draft,
    category: "H-FIRE-01",
    text: "楼道堆放杂物",
    no_location_reason: "室内",
    ...changes,
  };
  await saveDraft(filled);
  return filled;
}

let taken = 0;

/** A stored photo of `size` bytes that no other call makes. */
export async function createPhoto(owner: string, size: number, person = "p1"): Promise<PhotoRow> {
  const bytes = crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536)));
  const whole = new Uint8Array(size);
  whole.set(bytes);
  const photo: PhotoRow = {
    id: mintId(),
    person,
    owner,
    order: ++taken,
    state: "ready",
    type: "image/jpeg",
    bytes: whole.buffer,
    sha256: await digest(whole.buffer),
    kept_at: NOW.toISOString(),
  };
  await withBooks((db) => db.put("photos", photo));
  return photo;
}

/** A report in the tray, with photos of the given sizes. */
export async function createReport(sizes: number[] = [], changes: Partial<DraftRow> = {}, person = "p1") {
  const draft = await createDraft(changes, person);
  const photos: PhotoRow[] = [];
  for (const size of sizes) photos.push(await createPhoto(draft.id, size, person));
  await submitDraft(draft.id, NOW);
  return { id: draft.id, photos };
}

let clock = NOW.getTime();

/** One run of the tray; each comes an hour after the last, so that every wait is over. */
export async function run(changes: Partial<SendOptions> = {}): Promise<void> {
  clock += 3_600_000;
  const time = clock;
  await sendTray({ now: () => new Date(time), luck: () => 0, eager: false, tell: () => {}, ...changes });
}
