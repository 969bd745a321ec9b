/** The lists of cases: which a person can ever have something in, and what each holds without a network. */
import { expect, it } from "vitest";
import type { CaseSummary, Me, Page } from "../../src/api/shapes";
import { asksOf, fill, listsOf, listsToFetch } from "../../src/live/lists";

const NOW = new Date("2026-11-24T04:00:00Z");

function createMe(roles: string[], kinds: string[] = []): Me {
  return {
    person: { id: "p1", account: "a", name: "甲" },
    grants: roles.map((role) => ({ role })),
    units: kinds.map((kind, at) => ({
      id: `u${at}`,
      name: kind,
      kind,
      level: "village",
      area: { name: "甲村" },
    })),
    grids: [],
    csrf_token: "t",
  };
}

const createCase = (id: string, changes: Partial<CaseSummary> = {}): CaseSummary => ({
  id,
  code: `C-${id}`,
  state: "in_progress",
  version: 1,
  category: "H",
  urgency: 1,
  title: id,
  received_at: `2026-11-2${id.length}T00:00:00Z`,
  grid: { code: null, name: null, match: "outside" },
  holder: null,
  due_at: null,
  ...changes,
});
const page = (...items: CaseSummary[]): Page<CaseSummary> => ({ items, next_cursor: null });

it.each([
  ["a grid worker", createMe(["grid_worker"]), ["handle", "check", "overdue", "waiting", "done", "all"]],
  [
    "a department's handler",
    createMe(["member"], ["department"]),
    ["sign", "handle", "answer", "check", "overdue", "waiting", "done", "all"],
  ],
  [
    "a centre's clerk or leader",
    createMe(["leader"], ["centre"]),
    [
      ..."accept dispatch sign handle answer verify visit check".split(" "),
      ..."overdue waiting done all".split(" "),
    ],
  ],
  ["an inspector", createMe(["inspector"]), ["overdue", "waiting", "done", "all"]],
  ["an administrator", createMe(["admin"]), ["all"]],
  ["an auditor", createMe(["auditor"]), ["all"]],
  ["nobody yet", null, ["all"]],
])("shows %s only the lists that can hold something", (_, me, lists) => {
  expect(listsOf(me)).toEqual(lists);
});

it("joins what several grants may be asked, in the order of a case's life", () => {
  expect(asksOf(createMe(["grid_worker", "member"], ["department"]))).toEqual([
    "sign",
    "handle",
    "answer",
    "check",
  ]);
});

it("does not ask the office for what the phone knows by itself or nobody looks at", () => {
  expect(listsToFetch(createMe(["grid_worker"]))).toEqual(["handle", "check", "overdue", "all"]);
});

it("takes for somebody else's turn what is open and asks nothing of me", () => {
  const mine = createCase("m");
  const kept = {
    handle: page(mine),
    all: page(
      mine,
      createCase("o"),
      createCase("e", { state: "closed" }),
      createCase("x", { state: "void" }),
    ),
  };
  expect(fill("waiting", kept, NOW).items.map((one) => one.id)).toEqual(["o"]);
});

it("adds to the closed ones whatever else has ended, each once, newest first", () => {
  const closed = createCase("aa", { state: "closed" });
  const kept = {
    done: page(closed),
    all: page(createCase("bbb", { state: "merged" }), closed, createCase("c")),
  };
  expect(fill("done", kept, NOW).items.map((one) => one.id)).toEqual(["bbb", "aa"]);
});

it("finds without a network what has become overdue since", () => {
  const kept = {
    overdue: page(createCase("a")),
    sign: page(
      createCase("bb", { due_at: "2026-11-24T03:59:00Z" }),
      createCase("c", { due_at: "2026-11-24T04:01:00Z" }),
    ),
  };
  expect(fill("overdue", kept, NOW).items.map((one) => one.id)).toEqual(["bb", "a"]);
});

it("says when a kept page is not the last", () => {
  const kept = { all: { items: [createCase("a")], next_cursor: "n" } };
  expect(fill("waiting", kept, NOW).more).toBe(true);
  expect(fill("all", kept, NOW).more).toBe(true);
  expect(fill("accept", kept, NOW)).toEqual({ items: [], more: false });
});
