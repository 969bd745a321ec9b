/** Reads the office's answer to an item as one of four fates; pure. */
import type { Answer, Refused } from "../api/call";
import type { NotSignedIn } from "../api/session";
import type { CaseView, Problem } from "../api/shapes";

export type Verdict<T> =
  | { fate: "arrived"; body: T }
  /** The office will never take this content under this id: the person must decide. */
  | { fate: "refused"; status: number; problem: Problem; case: CaseView | null }
  /** Not now: the network, or an office that stumbles. */
  | { fate: "later"; status: number; problem: Problem | null; retry_after_s: number | null }
  /** Nobody is signed in for this item. */
  | { fate: "pause" };

/** `isReceipt` guards against answers of something that only looks like the office. */
export function judge<T>(answer: Answer<T> | NotSignedIn, isReceipt: (body: T) => boolean): Verdict<T> {
  switch (answer.kind) {
    case "not_signed_in":
      return { fate: "pause" };
    case "ok":
      if (isReceipt(answer.body)) return { fate: "arrived", body: answer.body };
      return { fate: "later", status: 0, problem: null, retry_after_s: null };
    case "problem":
      return judgeProblem(answer);
    case "unreachable":
      // nginx answers 413 in its own words; sending the same bytes again would never help.
      if (answer.status === 413) return { fate: "refused", status: 413, problem: tooLarge, case: null };
      return { fate: "later", status: answer.status, problem: null, retry_after_s: null };
    case "unchanged":
      return { fate: "later", status: 304, problem: null, retry_after_s: null };
  }
}

const tooLarge: Problem = {
  status: 413,
  code: "too_large",
  message: { zh: "内容太大，服务器不接收。", en: "Too large for the office to take." },
  errors: {},
};

/** Client errors that pass by themselves; every other 4xx of the office is its last word. */
const PASSING = new Set([401, 408, 425, 429]);

export function judgeProblem({ status, problem, body, retry_after_s }: Refused): Verdict<never> {
  const csrf = status === 403 && problem.code === "csrf_failed";
  if (status >= 500 || PASSING.has(status) || csrf) return { fate: "later", status, problem, retry_after_s };
  const now = (body as { case?: CaseView | null } | null)?.case ?? null;
  return { fate: "refused", status, problem, case: now };
}
