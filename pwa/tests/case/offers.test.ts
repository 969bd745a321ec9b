/** Moves as buttons: their order, what tells two of a kind apart, and what may follow one that waits. */
import { describe, expect, it } from "vitest";
import type { Move } from "../../src/api/shapes";
import { arrange, describeAbout, findOffer, needsNaming } from "../../src/case/offers";
import { offersAfter, recallFrom } from "../../src/case/queue";
import type { MoveItem } from "../../src/store/rows";
import { createCase, createMove } from "./create";

const names = (moves: Move[]) => moves.map((move) => move.action);

describe("buttons", () => {
  it("keep the office's order, put answers first and the seldom ones behind", () => {
    const moves = [
      createMove("add_co"),
      createMove("correct"),
      createMove("grant_extension", { request: "r1" }),
      createMove("refuse_extension", { request: "r1" }),
      createMove("lift", { request: "r2" }),
    ];
    const { first, more } = arrange(moves, createCase());
    expect(names(first)).toEqual(["grant_extension", "refuse_extension", "add_co"]);
    expect(names(more)).toEqual(["correct", "lift"]);
  });

  it("are all in sight when there is room, and one is even if all are seldom", () => {
    const four = ["accept", "handle_here", "reject", "register_only"].map((action) => createMove(action));
    expect(arrange(four, createCase()).more).toEqual([]);
    const seldom = ["supplement", "comment"].map((action) => createMove(action));
    expect(names(arrange(seldom, createCase()).first)).toEqual(["supplement"]);
    expect(arrange([], createCase())).toEqual({ first: [], more: [] });
  });

  it("put having it checked behind deciding", () => {
    const moves = ["ask_check", "verify_pass", "verify_fail", "correct"].map((action) => createMove(action));
    expect(names(arrange(moves, createCase()).first)).toEqual(["verify_pass", "verify_fail", "ask_check"]);
  });

  it("show one of a kind before the others of it", () => {
    const moves = [
      createMove("progress"),
      createMove("finish"),
      createMove("acknowledge", { request: "r1" }),
      createMove("acknowledge", { request: "r2" }),
      createMove("comment"),
    ];
    const { first, more } = arrange(moves, createCase());
    expect(names(first)).toEqual(["acknowledge", "progress", "finish"]);
    expect(names(more)).toEqual(["acknowledge", "comment"]);
  });

  it("offer mediation at once only where the parties must be contacted", () => {
    const moves = ["progress", "mediate", "finish", "name_handler"].map((action) => createMove(action));
    expect(names(arrange(moves, createCase()).more)).toEqual(["mediate"]);
    const contact = {
      id: "d1",
      kind: "contact",
      unit: null,
      assignment: null,
      due_current: "2026-11-26T00:00:00Z",
    };
    const dispute = createCase({ deadlines: [{ ...contact, met_at: null, ended_at: null }] });
    expect(names(arrange(moves, dispute).first)).toContain("mediate");
  });

  it("name the unit or the ask where there are several", () => {
    const one = createCase({
      assignments: [
        { id: "t1", role: "co", unit: { id: "u2", name: "派出所" }, state: "pending", due_at: null },
      ],
      requests: [
        {
          id: "r1",
          kind: "return",
          state: "open",
          assignment: "t1",
          by: { id: "u2", name: "派出所" },
          to: null,
          asked_at: "2026-11-24T00:00:00Z",
          answer_due: null,
          terms: {},
        },
      ],
    });
    const sign = createMove("sign", { assignment: "t1" });
    expect(describeAbout(sign, one)).toEqual({ unit: "派出所", request: null });
    const agree = createMove("agree_return", { request: "r1" });
    expect(describeAbout(agree, one)).toMatchObject({ unit: "派出所", request: { kind: "return" } });
    expect(needsNaming(sign, [sign, agree])).toBe(false);
    expect(needsNaming(sign, [sign, createMove("sign", { assignment: "t2" })])).toBe(true);
    expect(describeAbout(createMove("accept"), one)).toBeNull();
  });

  it("are found again by the address of their form", () => {
    const moves = [createMove("sign", { assignment: "t1" }), createMove("sign", { assignment: "t2" })];
    expect(findOffer(moves, "sign", "t2")).toBe(moves[1]);
    expect(findOffer(moves, "sign", "")).toBeNull();
    const merge = createMove("merge");
    expect(findOffer([merge], "merge", "with-c2")).toBe(merge);
  });
});

describe("behind a move that waits", () => {
  const item = (action: string, next: string[], about: string | null = null) =>
    ({ action, next, about }) as unknown as MoveItem;
  const moves = [createMove("accept"), createMove("reject"), createMove("supplement")];
  const one = createCase({ state: "submitted", moves });

  it("stands all else while it does not change the state", () => {
    expect(names(offersAfter(one, [item("supplement", [])], () => null))).toEqual(["accept", "reject"]);
  });

  it("stands what the office says may follow, in the form known from another case", () => {
    const recalled = createMove("dispatch", { assignment: "t9" });
    const found = offersAfter(one, [item("accept", ["dispatch", "supplement", "escalate"])], (action) =>
      action === "dispatch" ? recalled : null,
    );
    expect(found).toEqual([{ action: "dispatch", needs: [] }, moves[2]]);
  });

  it("stands nothing twice", () => {
    const queued = [item("accept", ["dispatch", "supplement"]), item("supplement", [])];
    expect(names(offersAfter(one, queued, () => createMove("dispatch")))).toEqual(["dispatch"]);
  });

  it("takes a form that names units only from a case of the same holder", () => {
    const need = { name: "lead", type: "unit", required: false, label: { zh: "主办", en: "Lead" } };
    const dispatch = createMove("dispatch", { needs: [need] });
    const other = createCase({ id: "c2", holder: { id: "u9", name: "别处" }, moves: [dispatch] });
    expect(recallFrom([other], one, "dispatch")).toBeNull();
    const near = createCase({ id: "c3", moves: [dispatch] });
    expect(recallFrom([other, near], one, "dispatch")).toBe(dispatch);
  });
});
