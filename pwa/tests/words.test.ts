/** The words file: both languages, the same blanks, every screen's word there, none left over. */
import { expect, it } from "vitest";
import { both, WORDS } from "../src/words";

const entries = Object.entries(WORDS);
/** Words reached through a code of the office or a computed name. */
const COMPUTED =
  /^(act|case|field|source|urgency|trouble|missing|draft|party|role|task|clock|said|ask|light|rung|stage|request|answer|why|cmp|day|kind|way|push)_/;

const files: Record<string, string> = import.meta.glob(
  ["../src/**/*.{ts,tsx}", "!../src/words.ts", "!../src/*-words.ts"],
  {
    query: "?raw",
    import: "default",
    eager: true,
  },
);
const sources = Object.values(files).join("\n");

it.each(entries)("%s is said in both languages with the same blanks", (_, [zh, en]) => {
  const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  expect(zh).not.toBe("");
  expect(en).not.toBe("");
  expect(blanks(en)).toEqual(blanks(zh));
});

it("holds no word that no screen says", () => {
  const unsaid = entries
    .map(([word]) => word)
    .filter((word) => !COMPUTED.test(word) && !sources.includes(`"${word}"`));
  expect(unsaid).toEqual([]);
});

it("holds every string with Chinese in it that the screens show", () => {
  const code = sources.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
  expect(code.match(/["'`>][^"'`<>\n]*\p{Script=Han}[^"'`<>\n]*["'`<]/gu) ?? []).toEqual([]);
});

it("gives a kept sentence in both languages", () => {
  expect(both("too_large")).toEqual({ zh: WORDS.too_large[0], en: WORDS.too_large[1] });
});
