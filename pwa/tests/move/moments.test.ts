/** Days and times as a form's lists hold them. */
import { expect, it } from "vitest";
import { joinMoment, listDays, splitMoment } from "../../src/move/moments";

it("is nothing without a day, and the end of the working day without a time", () => {
  expect(joinMoment({ ...splitMoment(""), hour: "09" })).toBe("");
  expect(joinMoment({ ...splitMoment(""), day: "2026-11-25" })).toBe("2026-11-25T18:00");
  expect(joinMoment({ ...splitMoment("2026-11-25T09:35"), hour: "10" })).toBe("2026-11-25T10:35");
});

it("offers today first, the days to come, and the days before, over the end of a year", () => {
  const days = listDays(new Date("2026-12-30T23:30:00"));
  expect(days.slice(0, 4)).toEqual(["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"]);
  expect(days.at(-1)).toBe("2026-12-16");
  expect(new Set(days).size).toBe(days.length);
});
