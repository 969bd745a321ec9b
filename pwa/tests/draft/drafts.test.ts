/** Drafts: several at once, never brought back after sending, dropped only with their own photos. */
import { beforeEach, expect, it } from "vitest";
import { beginDraft, dropDraft, listDrafts, saveDraft } from "../../src/draft/drafts";
import { listPhotos } from "../../src/draft/photos";
import { submitDraft } from "../../src/tray/enter";
import { createDraft, createPhoto, freshPhone, NOW } from "../phone";

beforeEach(async () => {
  await freshPhone();
});

it("takes up the empty draft left behind instead of piling up new ones", async () => {
  const first = await beginDraft("p1", NOW);
  expect((await beginDraft("p1", NOW)).id).toBe(first.id);
  await saveDraft({ ...first, text: "写了" });
  const second = await beginDraft("p1", NOW);
  expect(second.id).not.toBe(first.id);
  await createPhoto(second.id, 10);
  expect((await beginDraft("p1", NOW)).id).not.toBe(second.id);
});

it("keeps each person's drafts to that person", async () => {
  await createDraft({ text: "甲的草稿" });
  await createDraft({ text: "乙的草稿" }, "p2");
  expect((await listDrafts("p1")).map((row) => row.text)).toEqual(["甲的草稿"]);
});

it("is not brought back by a late keystroke after it was sent", async () => {
  const draft = await createDraft();
  await submitDraft(draft.id, NOW);
  expect(await saveDraft({ ...draft, text: "迟到的字" })).toBe(false);
  expect(await listDrafts("p1")).toEqual([]);
});

it("drops a draft with its photos and no others", async () => {
  const gone = await createDraft({ text: "不要了的" });
  const stays = await createDraft({ text: "留下来的" });
  await createPhoto(gone.id, 10);
  await createPhoto(stays.id, 10);
  await dropDraft(gone.id);
  expect(await listPhotos(gone.id)).toEqual([]);
  expect(await listPhotos(stays.id)).toHaveLength(1);
  expect((await listDrafts("p1")).map((row) => row.id)).toEqual([stays.id]);
});
