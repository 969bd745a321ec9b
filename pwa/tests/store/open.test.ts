/** The store keeps unsent work through upgrades and through connections that the system closes. */
import { deleteDB, openDB } from "idb";
import { beforeEach, expect, it } from "vitest";
import { listDrafts } from "../../src/draft/drafts";
import { closeBooks, openBooks, UPGRADES, withBooks } from "../../src/store/open";
import { listTray } from "../../src/tray/rows";
import { createDraft, createReport, freshPhone } from "../phone";

beforeEach(async () => {
  await freshPhone();
});

it("keeps drafts, tray and photos through a store upgrade", async () => {
  const draft = await createDraft({ text: "升级前写的" });
  const report = await createReport([100, 200]);
  closeBooks();
  const db = await openBooks([
    ...UPGRADES,
    (opened) => {
      opened.createObjectStore("later" as never);
    },
  ]);
  expect(db.version).toBe(UPGRADES.length + 1);
  expect((await listDrafts("p1")).map((row) => row.text)).toEqual([draft.text]);
  expect((await listTray("p1")).map((row) => row.chain)).toEqual([report.id, report.id, report.id]);
  expect(await withBooks((books) => books.count("photos"))).toBe(2);
  closeBooks();
});

it("opens again after the system closed the connection", async () => {
  await createDraft({ text: "还在" });
  (await openBooks()).close();
  expect((await listDrafts("p1")).map((row) => row.text)).toEqual(["还在"]);
});

it("lets another tab upgrade instead of blocking it", async () => {
  await createDraft({ text: "还在" });
  const newer = await openDB("gridloop", UPGRADES.length + 1);
  newer.close();
  expect(newer.version).toBe(UPGRADES.length + 1);
  closeBooks();
  await deleteDB("gridloop");
});
