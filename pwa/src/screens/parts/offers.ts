/** The moves to offer on a case now, with what waits in the tray taken as done. */
import { useEffect, useState } from "preact/hooks";
import type { CaseView, Move } from "../../api/shapes";
import { offersAfter, recallFrom } from "../../case/queue";
import { personId, tray } from "../../state";
import { listKeptCases } from "../../store/cache";
import type { MoveItem } from "../../store/rows";

/** Moves of this case in the tray, oldest first. */
export function movesInTray(id: string): MoveItem[] {
  return tray.value.filter((row): row is MoveItem => row.kind === "move" && row.case_id === id);
}

export function useOffers(one: CaseView | undefined): Move[] {
  const queued = one ? movesInTray(one.id).filter((row) => row.state === "waiting") : [];
  const remembering = queued.some((item) => item.next?.length);
  const [kept, setKept] = useState<CaseView[]>([]);
  useEffect(() => {
    const person = personId();
    if (person && remembering) void listKeptCases(person).then(setKept);
  }, [remembering]);
  if (!one) return [];
  return offersAfter(one, queued, (action) => recallFrom(kept, one, action));
}
