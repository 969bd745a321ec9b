/**
 * Empties the tray: one item at a time, texts first, each by the office's verdict.
 *
 * Needs no page: tabs and the service worker run the same code, one of them at a time.
 */
import { readSession, write } from "../api/session";
import type { CaseView, ReportReceipt, StepReceipt } from "../api/shapes";
import { caseKey, writeCache } from "../store/cache";
import { withBooks } from "../store/open";
import type { MoveItem, PhotoItem, ReportItem, TrayRow } from "../store/rows";
import { backOff } from "./backoff";
import { inSingleFlight } from "./flight";
import { beginSend, noteItem, settlePhoto, settleText } from "./leave";
import { pickNext } from "./order";
import { listTray } from "./rows";
import { sendPhoto } from "./upload";
import { judge, refuse, type Verdict } from "./verdict";

export interface SendOptions {
  now: () => Date;
  /** In [0, 1): spreads the waits. */
  luck: () => number;
  /** Also try what only the network kept waiting. */
  eager: boolean;
  /** The item under way, for the screens; null when the run ends. */
  tell: (id: string | null) => void;
}

/** After this many silent tries in one run the line is taken as dead until something wakes the tray. */
const SILENCES = 2;

/** Send what may be sent for whoever is signed in; false when another tab is already at it. */
export async function sendTray(options: SendOptions): Promise<boolean> {
  return inSingleFlight(async () => {
    const tried = new Set<string>();
    let silences = 0;
    try {
      while (silences < SILENCES) {
        const session = await readSession();
        if (!session || session.expired) return;
        const rows = await listTray(session.person.id);
        const next = pickNext(rows, options.now().getTime(), tried, options.eager);
        if (!next) return;
        tried.add(next.id);
        options.tell(next.id);
        const verdict = await sendOne(next, options);
        if (verdict?.fate === "pause") return;
        if (verdict?.fate === "later" && verdict.status === 0) silences += 1;
        else silences = 0;
      }
    } finally {
      options.tell(null);
    }
  });
}

async function sendOne(picked: TrayRow, options: SendOptions): Promise<Verdict<unknown> | null> {
  const item = await beginSend(picked.id, options.now());
  if (!item) return null;
  const verdict = item.kind === "photo" ? await sendOnePhoto(item, options) : await sendText(item, options);
  if (verdict.fate === "refused") await noteRefused(item, verdict, options.now());
  if (verdict.fate === "later") await noteLater(item, verdict, options);
  return verdict;
}

async function sendText(item: ReportItem | MoveItem, options: SendOptions): Promise<Verdict<unknown>> {
  const request = { method: "PUT" as const, text: item.body };
  if (item.kind === "report") {
    const answer = await write<ReportReceipt>(item.person, `/reports/${item.id}`, request, options.now());
    const verdict = judge(answer, (receipt) => receipt?.report_id === item.id);
    if (verdict.fate === "arrived")
      await settle(item, verdict.body.case, verdict.body.secret ?? null, options.now());
    return verdict;
  }
  const path = `/cases/${item.case_id}/steps/${item.id}`;
  const verdict = judge(
    await write<StepReceipt>(item.person, path, request, options.now()),
    (receipt) => receipt?.step?.id === item.id,
  );
  if (verdict.fate === "arrived") await settle(item, verdict.body.case, null, options.now());
  return verdict;
}

async function settle(
  item: ReportItem | MoveItem,
  standing: CaseView | null,
  secret: string | null,
  now: Date,
): Promise<void> {
  await settleText(item, standing, secret, now);
  if (standing) await writeCache(item.person, caseKey(standing.id), standing, null, now);
}

async function sendOnePhoto(item: PhotoItem, options: SendOptions): Promise<Verdict<unknown>> {
  const photo = await withBooks((db) => db.get("photos", item.photo));
  if (!photo) return refuse(0, "photo_gone");
  const note = (changes: Partial<PhotoItem>) => {
    // Getting on is no failure: the waits start small again.
    item.tries = 0;
    return noteItem(item.id, { ...changes, tries: 0 });
  };
  const verdict = await sendPhoto(item, photo.bytes, note, options.now);
  if (verdict.fate === "arrived") await settlePhoto(item);
  return verdict;
}

async function noteRefused(
  item: TrayRow,
  verdict: Extract<Verdict<unknown>, { fate: "refused" }>,
  now: Date,
): Promise<void> {
  if (verdict.case) await writeCache(item.person, caseKey(verdict.case.id), verdict.case, null, now);
  await noteItem(item.id, {
    state: "refused",
    tries: item.tries + 1,
    failure: {
      at: now.toISOString(),
      status: verdict.status,
      problem: verdict.problem,
      case: verdict.case,
      choices: verdict.choices,
    },
  });
}

function noteLater(
  item: TrayRow,
  verdict: Extract<Verdict<unknown>, { fate: "later" }>,
  options: SendOptions,
): Promise<void> {
  const now = options.now();
  const tries = item.tries + 1;
  return noteItem(item.id, {
    tries,
    not_before: now.getTime() + backOff(tries, options.luck(), verdict.retry_after_s),
    failure: { at: now.toISOString(), status: verdict.status, problem: verdict.problem, case: null },
  });
}
