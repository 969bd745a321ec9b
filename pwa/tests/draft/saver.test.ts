/** A draft's saver writes in order, keeps only the newest behind a slow disk, and admits failure. */
import { expect, it } from "vitest";
import { makeSaver } from "../../src/draft/saver";
import type { DraftRow } from "../../src/store/rows";

const draft = (text: string) => ({ text }) as DraftRow;

function slowDisk() {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  const write = (row: DraftRow) =>
    new Promise<boolean>((done) => {
      waiting.push(() => {
        written.push(row.text);
        done(true);
      });
    });
  const step = async () => {
    waiting.shift()?.();
    await new Promise((done) => setTimeout(done));
  };
  return { written, write, step };
}

it("is settled only when the last keystroke is written", async () => {
  const disk = slowDisk();
  const told: string[] = [];
  const saver = makeSaver(disk.write, (state) => told.push(state));
  for (const text of ["一", "一二", "一二三"]) saver.save(draft(text));
  expect(saver.isSettled()).toBe(false);
  const settled = saver.settled();
  await disk.step();
  expect(disk.written).toEqual(["一"]);
  expect(saver.isSettled()).toBe(false);
  await disk.step();
  await settled;
  expect(disk.written).toEqual(["一", "一二三"]);
  expect(saver.isSettled()).toBe(true);
  expect(told.at(-1)).toBe("saved");
});

it("says that it failed, and writes the same text when there is room again", async () => {
  let full = true;
  const written: string[] = [];
  const told: string[] = [];
  const saver = makeSaver(
    async (row) => {
      if (full) throw new DOMException("full", "QuotaExceededError");
      written.push(row.text);
      return true;
    },
    (state) => told.push(state),
  );
  saver.save(draft("写了很多"));
  await expect(saver.settled()).rejects.toThrow();
  expect(told.at(-1)).toBe("failed");
  full = false;
  await saver.settled();
  expect(written).toEqual(["写了很多"]);
  expect(told.at(-1)).toBe("saved");
});

it("says when the draft is gone", async () => {
  const told: string[] = [];
  const saver = makeSaver(
    async () => false,
    (state) => told.push(state),
  );
  saver.save(draft("迟到的字"));
  await saver.settled();
  expect(told.at(-1)).toBe("gone");
});
