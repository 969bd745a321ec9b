/** Reads the office's answer to an item as one of four fates; pure. */
import type { Answer, Refused } from "../api/call";
import type { NotSignedIn } from "../api/session";
import type { CaseView, Problem } from "../api/shapes";
import { both } from "../words";

/** What the office could not choose between. */
type Choices = Record<string, string>[];

export type Verdict<T> =
  | { fate: "arrived"; body: T }
  /** The office will never take this content under this id: the person must decide. */
  | { fate: "refused"; status: number; problem: Problem; case: CaseView | null; choices: Choices }
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
      if (answer.status === 413) return refuse(413, "too_large");
      return { fate: "later", status: answer.status, problem: null, retry_after_s: null };
    case "unchanged":
      return { fate: "later", status: 304, problem: null, retry_after_s: null };
  }
}

/** A refusal in our own words, where the office's could not be had. */
export function refuse(status: number, word: "too_large" | "photo_not_taken" | "photo_gone"): Verdict<never> {
  const problem: Problem = { status, code: word, message: both(word), errors: {} };
  return { fate: "refused", status, problem, case: null, choices: [] };
}

/** Client errors that pass by themselves; every other 4xx of the office is its last word. */
const PASSING = new Set([401, 408, 425, 429]);
/** Said of this one request, not of its content. */
const PASSING_CODES = new Set(["csrf_failed", "cut_short", "upload_conflict"]);

export function judgeProblem({ status, problem, body, retry_after_s }: Refused): Verdict<never> {
  // A first password to be changed is like a sign-in to be done: not this item's fault.
  if (problem.code === "must_change_password") return { fate: "pause" };
  if (status >= 500 || PASSING.has(status) || PASSING_CODES.has(problem.code))
    return { fate: "later", status, problem, retry_after_s };
  const more = body as { case?: CaseView | null; choices?: Choices } | null;
  return { fate: "refused", status, problem, case: more?.case ?? null, choices: more?.choices ?? [] };
}
