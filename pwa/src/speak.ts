/** Speaks the words file in the language the person chose, and remembers the choice. */
import { signal } from "@preact/signals";
import type { Answer } from "./api/call";
import type { NotSignedIn } from "./api/session";
import type { Both } from "./api/shapes";
import { WORDS, wordIn } from "./words";

export type Word = keyof typeof WORDS;
export type Language = "zh" | "en";
/** What stands before a code in the words file: `case` of `case_closed`. */
type Kind = Word extends infer W ? (W extends `${infer Before}_${string}` ? Before : never) : never;

const KEPT_AS = "gridloop-language";

export const language = signal<Language>(readLanguage());

function readLanguage(): Language {
  try {
    return localStorage.getItem(KEPT_AS) === "en" ? "en" : "zh";
  } catch {
    return "zh";
  }
}

export function setLanguage(next: Language): void {
  language.value = next;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  try {
    localStorage.setItem(KEPT_AS, next);
  } catch {
    // Not kept: the next start is in Chinese again.
  }
}

/** The word in the language chosen, with `{x}` filled in. */
export function t(word: Word, values: Record<string, string | number> = {}): string {
  return wordIn(language.value, word, values);
}

/** The word for a code of the office, such as a state or an action; the code itself while this version has none. */
export function tCode(kind: Kind, code: string): string {
  const word = `${kind}_${code}`;
  return word in WORDS ? t(word as Word) : code;
}

/** The sentence of the office in the language chosen. */
export function say(both: Both): string {
  return both[language.value] || both.zh;
}

/** Why there is no answer, as a sentence: what the office says of the first wrong field, else of the whole. */
export function sayTrouble(answer: Exclude<Answer<unknown> | NotSignedIn, { kind: "ok" }>): string {
  if (answer.kind === "problem")
    return say(Object.values(answer.problem.errors)[0] ?? answer.problem.message);
  return t(answer.kind === "not_signed_in" ? "sign_in_again" : "office_unreachable");
}
