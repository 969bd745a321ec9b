/** Reading a case: its clocks' lights, what its steps say, and what differs from what somebody saw. */
import { describe, expect, it } from "vitest";
import type { Deadline, Step } from "../../src/api/shapes";
import { lightOf, runningClocks, spanTo } from "../../src/case/clocks";
import { namesIn } from "../../src/case/names";
import { othersNear, searchKept } from "../../src/case/others";
import { sayPayload } from "../../src/case/said";
import { compare, seenOf, stepsSince } from "../../src/case/since";
import { createCase } from "./create";

const NOW = new Date("2026-11-24T04:00:00Z");
const U1 = "11111111-1111-4111-8111-111111111111";
const U2 = "22222222-2222-4222-8222-222222222222";

const clock = (id: string, due_current: string, changes: Partial<Deadline> = {}): Deadline => ({
  id,
  kind: "handle",
  unit: null,
  assignment: null,
  due_current,
  met_at: null,
  ended_at: null,
  ...changes,
});
const step = (seq: number, action: string, payload: Record<string, unknown> = {}): Step => ({
  seq,
  id: `s${seq}`,
  action,
  by: null,
  as_unit: null,
  at: "2026-11-24T03:00:00Z",
  device_at: null,
  payload,
});

describe("clocks", () => {
  it("run in the order of their dues, those standing still last", () => {
    const one = createCase({
      deadlines: [
        clock("paused", "2026-11-24T05:00:00Z", { paused: true }),
        clock("later", "2026-11-26T05:00:00Z"),
        clock("met", "2026-11-24T01:00:00Z", { met_at: "2026-11-24T00:00:00Z" }),
        clock("next", "2026-11-25T05:00:00Z"),
      ],
    });
    expect(runningClocks(one).map(({ id }) => id)).toEqual(["next", "later", "paused"]);
  });

  it.each([
    ["running", { light: null }, "2026-11-25T00:00:00Z"],
    ["yellow", { light: "yellow" }, "2026-11-25T00:00:00Z"],
    ["red", { light: "red" }, "2026-11-24T03:59:00Z"],
    ["red", { light: "yellow" }, "2026-11-24T03:59:00Z"],
    ["red", { light: "red", rung: "reminder" }, "2026-11-24T03:00:00Z"],
    ["supervision", { light: "red", rung: "supervision" }, "2026-11-20T00:00:00Z"],
    ["yellow_card", { light: "red", rung: "yellow_card" }, "2026-11-20T00:00:00Z"],
    ["red_card", { light: "red", rung: "red_card" }, "2026-11-20T00:00:00Z"],
    ["paused", { paused: true, light: "red", rung: "reminder" }, "2026-11-20T00:00:00Z"],
  ] as const)("shows %s", (light, changes, due) => {
    expect(lightOf(clock("d", due, changes), NOW)).toBe(light);
  });

  it("says how long is left and how late it is", () => {
    expect(spanTo("2026-11-26T05:30:00Z", NOW)).toEqual({ late: false, days: 2, hours: 1, minutes: 30 });
    expect(spanTo("2026-11-24T03:15:00Z", NOW)).toEqual({ late: true, days: 0, hours: 0, minutes: 45 });
  });
});

describe("steps", () => {
  const names = new Map([
    [U1, "消防应急所"],
    [U2, "派出所"],
  ]);

  it("say who leads first, by name, and leave out whom the phone cannot name", () => {
    const unknown = "33333333-3333-4333-8333-333333333333";
    const payload = {
      co: [{ unit: U2, due_at: "x" }],
      lead: U1,
      copied: [unknown],
      due_at: "2026-11-25T00:00:00Z",
    };
    expect(sayPayload(payload, names)).toEqual([
      { field: "lead", kind: "names", names: ["消防应急所"] },
      { field: "co", kind: "names", names: ["派出所"] },
      { field: "due_at", kind: "moment", at: "2026-11-25T00:00:00Z" },
    ]);
  });

  it("tell codes, days, flags and other cases from free text", () => {
    const payload = {
      code: "unclear",
      review_on: "2026-12-01",
      answer_to_me: false,
      master: U1,
      text: "说明",
    };
    expect(sayPayload(payload, names)).toEqual([
      { field: "code", kind: "reason", code: "unclear" },
      { field: "review_on", kind: "day", at: "2026-12-01" },
      { field: "answer_to_me", kind: "flag", yes: false },
      { field: "master", kind: "case", id: U1, code: "消防应急所" },
      { field: "text", kind: "text", text: "说明" },
    ]);
  });

  it("say nothing of a case that the office does not name", () => {
    expect(sayPayload({ master: "44444444-4444-4444-8444-444444444444" }, names)).toEqual([]);
  });

  it("never show photos by hash or an id", () => {
    expect(sayPayload({ photos: ["aa"], person: "44444444-4444-4444-8444-444444444444" }, names)).toEqual([]);
  });

  it("take names from the office, and from the form for a move that waits", () => {
    const label = { zh: "李明", en: "李明" };
    const need = { name: "person", type: "person", required: true, label, choices: [{ value: "p7", label }] };
    const moves = [{ action: "ask_check", needs: [need] }];
    const found = namesIn(createCase({ moves, names: { [U1]: "消防应急所" } }), null);
    expect(found.get("p7")).toBe("李明");
    expect(found.get("u0")).toBe("综治中心");
    expect(found.get(U1)).toBe("消防应急所");
  });
});

describe("a case that moved", () => {
  it("is compared line by line with what was seen", () => {
    const seen = seenOf(createCase({ state: "submitted" }));
    const now = createCase({ urgency: 3, due_at: "2026-12-01T18:00:00+08:00" });
    expect(compare(seen, now)).toEqual([
      { what: "state", before: "submitted", now: "in_progress", changed: true },
      { what: "holder", before: "消防应急所", now: "消防应急所", changed: false },
      { what: "urgency", before: 1, now: 3, changed: true },
    ]);
  });

  it("tells the steps that came since", () => {
    const one = createCase({ steps: [step(3, "sign"), step(1, "submit"), step(2, "accept")] });
    expect(stepsSince(one, 1).map(({ action }) => action)).toEqual(["accept", "sign"]);
  });
});

describe("another case", () => {
  const summary = (id: string, code: string) => ({
    ...createCase({ id, code: `C-${id}` }),
    grid: { code, name: "", match: "inside" },
  });

  it("is proposed when it may be the same matter, then when it lies in the same grid", () => {
    const alike = {
      case_id: "c5",
      code: "C-c5",
      title: "同一处",
      state: "submitted",
      distance_m: 18.3,
      reasons: ["near"],
    };
    const found = othersNear(createCase({ possible_duplicates: [alike] }), [
      summary("c1", "g1"),
      summary("c5", "g1"),
      summary("c6", "g1"),
      summary("c7", "g2"),
    ]);
    expect(found.map(({ id }) => id)).toEqual(["c5", "c6"]);
    expect(found[0]?.why).toEqual({ reasons: ["near"], distance_m: 18.3 });
  });

  it("is found by code or title without a network", () => {
    const kept = [summary("c1", "g1"), summary("c6", "g1")];
    expect(searchKept(kept, "c-C", "c1").map(({ id }) => id)).toEqual(["c6"]);
    expect(searchKept(kept, "堆放", "c1")).toHaveLength(1);
    expect(searchKept(kept, "  ", "c1")).toEqual([]);
  });
});
