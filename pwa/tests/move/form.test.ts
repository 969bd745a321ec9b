/** The generic form of a move: what it sends and what it lacks, from the office's description alone. */
import { describe, expect, it } from "vitest";
import type { CaseView, Move, Need } from "../../src/api/shapes";
import { stamp } from "../../src/draft/body";
import {
  composePayload,
  findLacks,
  refill,
  startValues,
  unitsElsewhere,
  type Value,
} from "../../src/move/form";

const need = (name: string, type: string, required: boolean, more: Partial<Need> = {}): Need => ({
  name,
  type,
  required,
  label: { zh: name, en: name },
  ...more,
});
const ACCEPT: Move = {
  action: "accept",
  needs: [
    need("category", "category", true),
    need("urgency", "urgency", true),
    need("repeat_of", "case", false),
  ],
};
const SUPPLEMENT: Move = {
  action: "supplement",
  needs: [
    need("text", "text", false, { min_length: 5, max_length: 10 }),
    need("photos", "photos", false),
    need("parties", "parties", false),
  ],
};

it("starts a confirmation from what the case has and sends numbers as numbers", () => {
  const values = startValues(ACCEPT, { category: "H-FIRE-01", urgency: 3 } as CaseView);
  expect(composePayload(ACCEPT, { ...values, repeat_of: "" }, [])).toEqual({
    category: "H-FIRE-01",
    urgency: 3,
  });
});

it("asks for what is required, too short or too long", () => {
  expect(findLacks(ACCEPT, { category: "x" })).toMatchObject([{ need: { name: "urgency" }, why: "missing" }]);
  expect(findLacks(SUPPLEMENT, { text: "四个字。" })).toMatchObject([{ why: "short" }]);
  expect(findLacks(SUPPLEMENT, { text: "十一个字十一个字十一个" })).toMatchObject([{ why: "long" }]);
});

it("wants at least one field where none is required", () => {
  expect(findLacks(SUPPLEMENT, composePayload(SUPPLEMENT, { text: "  " }, []))).toEqual([
    { need: null, why: "any" },
  ]);
  expect(findLacks(SUPPLEMENT, composePayload(SUPPLEMENT, {}, ["aa"]))).toEqual([]);
});

it("sends a person with what was filled in and leaves empty rows out", () => {
  const person = { name: "张三", phone: "", id_number: " ", role: "租户" };
  const empty = { name: "", phone: "", id_number: "", role: "" };
  expect(composePayload(SUPPLEMENT, { parties: [person, empty] }, [])).toEqual({
    parties: [{ name: "张三", role: "租户" }],
  });
});

it("takes a field type it has never heard of as text", () => {
  const later: Move = { action: "ask_check", needs: [need("person", "member_of_subtree", true)] };
  expect(composePayload(later, { person: "p7" }, [])).toEqual({ person: "p7" });
});

const DISPATCH: Move = {
  action: "dispatch",
  needs: [
    need("lead", "unit", true),
    need("due_at", "moment", false),
    need("co", "helpers", false),
    need("copied", "units", false),
  ],
};

it("sends times with the phone's offset and leaves empty units and times out", () => {
  const offset = "[+-]\\d\\d:\\d\\d";
  const co = [{ unit: "u2", due_at: "2026-11-22T15:00" }];
  expect(
    composePayload(DISPATCH, { lead: "u1", due_at: "2026-11-23T09:30", co, copied: ["u3"] }, []),
  ).toEqual({
    lead: "u1",
    due_at: expect.stringMatching(`^2026-11-23T09:30:00${offset}$`),
    co: [{ unit: "u2", due_at: expect.stringMatching(`^2026-11-22T15:00:00${offset}$`) }],
    copied: ["u3"],
  });
  expect(composePayload(DISPATCH, { lead: "u1", due_at: "", co: [], copied: [] }, [])).toEqual({
    lead: "u1",
  });
});

it("asks for the due of every helper", () => {
  const payload = composePayload(DISPATCH, { lead: "u1", co: [{ unit: "u2", due_at: "" }] }, []);
  expect(findLacks(DISPATCH, payload)).toMatchObject([{ need: { name: "co" }, why: "due" }]);
});

it("knows the units that other fields name", () => {
  const values = { lead: "u1", co: [{ unit: "u2", due_at: "" }], copied: ["u3"] };
  expect([...unitsElsewhere(DISPATCH, values, "co")]).toEqual(["u1", "u3"]);
});

it("lets a move stand without its only field when that is optional", () => {
  const sign: Move = { action: "sign", needs: [need("arrived_at", "moment", false)] };
  expect(findLacks(sign, composePayload(sign, { arrived_at: "" }, []))).toEqual([]);
});

const EVERY: [type: string, filled: Value, sent: unknown][] = [
  ["text", "  已经处理好  ", "已经处理好"],
  ["line", "三号楼前", "三号楼前"],
  ["choice", "resolved", "resolved"],
  ["category", "H-FIRE-01", "H-FIRE-01"],
  ["urgency", 3, 3],
  ["parties", [{ name: "张三", phone: "", id_number: "", role: "租户" }], [{ name: "张三", role: "租户" }]],
  ["case", "c2", "c2"],
  ["unit", "u1", "u1"],
  ["units", ["u1", "u2"], ["u1", "u2"]],
  [
    "helpers",
    [{ unit: "u2", due_at: "2026-11-22T15:00" }],
    [{ unit: "u2", due_at: stamp(new Date("2026-11-22T15:00")) }],
  ],
  ["moment", "2026-11-23T09:30", stamp(new Date("2026-11-23T09:30"))],
  ["day", "2026-12-01", "2026-12-01"],
  ["flag", false, false],
  ["person", "p7", "p7"],
  [
    "location",
    {
      lon: 111.2,
      lat: 34.7,
      crs: "wgs84",
      accuracy_m: null,
      fix: "manual",
      taken_at: "2026-11-22T01:00:00Z",
    },
    { lon: 111.2, lat: 34.7, crs: "wgs84", fix: "manual" },
  ],
];

describe.each(EVERY)("a field of type %s", (type, filled, sent) => {
  const required: Move = { action: "any", needs: [need("field", type, true)] };

  it("is sent as the office wants it and asked for while empty", () => {
    const payload = composePayload(required, { field: filled }, []);
    expect(payload).toEqual({ field: sent });
    expect(findLacks(required, payload)).toEqual([]);
    expect(findLacks(required, composePayload(required, {}, []))).toMatchObject([{ why: "missing" }]);
  });

  it("is left out while optional and empty", () => {
    const optional: Move = {
      action: "any",
      needs: [need("field", type, false), need("reason", "text", true)],
    };
    expect(composePayload(optional, { reason: "说明原因" }, [])).toEqual({ reason: "说明原因" });
  });

  it("comes back as it was filled in after a refusal", () => {
    const again = refill(required, { field: sent });
    expect(composePayload(required, again, [])).toEqual({ field: sent });
  });
});

it("sends photos by hash and asks for those that are required", () => {
  const move: Move = { action: "finish", needs: [need("photos", "photos", true)] };
  expect(composePayload(move, {}, ["aa"])).toEqual({ photos: ["aa"] });
  expect(findLacks(move, composePayload(move, {}, []))).toMatchObject([{ why: "missing" }]);
  expect(refill(move, { photos: ["aa"] })).toEqual({});
});

it("starts a correction empty: what nobody touched is not corrected", () => {
  const correct: Move = {
    action: "correct",
    needs: [need("category", "category", false), need("urgency", "urgency", false)],
  };
  expect(startValues(correct, { category: "H-FIRE-01", urgency: 3 } as CaseView)).toEqual({});
});

it("asks for the name of every party", () => {
  const parties = [{ name: "", phone: "138", id_number: "", role: "" }];
  const payload = composePayload(SUPPLEMENT, { parties }, []);
  expect(findLacks(SUPPLEMENT, payload)).toMatchObject([{ need: { name: "parties" }, why: "name" }]);
});
