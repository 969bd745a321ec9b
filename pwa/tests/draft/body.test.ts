/** What the office gets from a draft, and what the form asks for first. */
import { describe, expect, it } from "vitest";
import type { Category } from "../../src/api/shapes";
import { composeReport, findMissing, stamp } from "../../src/draft/body";
import { digest } from "../../src/draft/digest";
import { composeFile } from "../../src/draft/export";
import { fitWithin, LONGEST_SIDE } from "../../src/draft/shrink";
import type { DraftRow, Fix, PhotoRow } from "../../src/store/rows";

const NOW = new Date("2026-11-22T01:30:05Z");
const FIX: Fix = {
  lon: 111.19,
  lat: 34.78,
  crs: "wgs84",
  accuracy_m: 12.5,
  fix: "gps",
  taken_at: NOW.toISOString(),
};
const DRAFT = {
  id: "r1",
  category: "H-FIRE-01",
  text: " 楼道堆放杂物👨‍👩‍👧 ",
  urgency: 2,
  source: "patrol",
  place: FIX,
  grid_code: null,
  no_location_reason: "室内",
} as DraftRow;
const CATEGORY = { code: "H-FIRE-01", photo_required: true } as Category;

describe("the report", () => {
  it("carries what was measured and nothing the office does not know", () => {
    const body = composeReport(DRAFT, ["aa"], NOW);
    expect(body.location).toEqual({ lon: 111.19, lat: 34.78, crs: "wgs84", accuracy_m: 12.5, fix: "gps" });
    expect(body.no_location_reason).toBeNull();
    expect(body.text).toBe("楼道堆放杂物👨‍👩‍👧");
    expect(body.photos).toEqual(["aa"]);
  });

  it("leaves out an accuracy that a hand-set pin does not have", () => {
    const manual: Fix = { ...FIX, accuracy_m: null, fix: "manual" };
    expect(composeReport({ ...DRAFT, place: manual }, [], NOW).location).toEqual({
      lon: 111.19,
      lat: 34.78,
      crs: "wgs84",
      fix: "manual",
    });
  });

  it("gives the reason when there is no place", () => {
    const body = composeReport({ ...DRAFT, place: null, grid_code: "g1" }, [], NOW);
    expect(body.location).toBeNull();
    expect(body.no_location_reason).toBe("室内");
    expect(body.grid_code).toBe("g1");
  });

  it("is stamped with the phone's own offset", () => {
    const text = stamp(NOW);
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    expect(new Date(text).getTime()).toBe(NOW.getTime());
  });
});

describe("what is missing", () => {
  it("is nothing for a whole draft", () => {
    expect(findMissing(DRAFT, 1, CATEGORY)).toEqual([]);
  });

  it("is named in the order of the form", () => {
    const empty = { ...DRAFT, category: null, text: "四个字。", place: null, no_location_reason: " " };
    expect(findMissing(empty, 0, CATEGORY)).toEqual(["photo", "category", "text_short", "place"]);
  });

  it("counts characters as people do, not code units", () => {
    expect(findMissing({ ...DRAFT, text: "𠮷𠮷𠮷𠮷" }, 1, CATEGORY)).toEqual(["text_short"]);
    expect(findMissing({ ...DRAFT, text: "𠮷".repeat(5000) }, 1, CATEGORY)).toEqual([]);
    expect(findMissing({ ...DRAFT, text: "字".repeat(5001) }, 1, CATEGORY)).toEqual(["text_long"]);
  });
});

describe("photos", () => {
  it("are known by their SHA-256", async () => {
    const bytes = new TextEncoder().encode("abc").buffer;
    expect(await digest(bytes)).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("fit within the longest side and are never enlarged", () => {
    expect(fitWithin(4000, 3000)).toEqual({ width: LONGEST_SIDE, height: 1200 });
    expect(fitWithin(100, 5000)).toEqual({ width: 32, height: LONGEST_SIDE });
    expect(fitWithin(800, 600)).toEqual({ width: 800, height: 600 });
  });

  it("leave the phone in an export byte for byte", async () => {
    const bytes = new Uint8Array(20_000).map((_, at) => at % 251).buffer;
    const photo = { sha256: "aa", type: "image/jpeg", bytes } as PhotoRow;
    const file = JSON.parse(await (await composeFile(DRAFT, [photo])).text());
    const back = Uint8Array.from(atob(file.photos[0].base64), (letter) => letter.charCodeAt(0));
    expect(back).toEqual(new Uint8Array(bytes));
    expect(file.content.text).toBe(DRAFT.text);
  });
});
