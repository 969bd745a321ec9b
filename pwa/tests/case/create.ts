/** A case as the office sends it, for tests. */
import type { CaseView, Move } from "../../src/api/shapes";

export function createCase(changes: Partial<CaseView> = {}): CaseView {
  return {
    id: "c1",
    code: "990101-20261124-1-7",
    state: "in_progress",
    version: 4,
    category: "H-FIRE-01",
    urgency: 1,
    title: "楼道堆放杂物",
    text: "楼道堆放杂物",
    source: "patrol",
    received_at: "2026-11-24T00:00:00Z",
    grid: { code: "g1", name: "第1网格", match: "inside" },
    holder: { id: "u1", name: "消防应急所" },
    due_at: "2026-12-01T10:00:00Z",
    area: { code: "a1", name: "甲村" },
    dispatcher: { id: "u0", name: "综治中心" },
    first_responsible: null,
    assignments: [],
    requests: [],
    deadlines: [],
    steps: [],
    photos: [],
    moves: [],
    ...changes,
  };
}

export function createMove(action: string, changes: Partial<Move> = {}): Move {
  return { action, needs: [], ...changes };
}
