/** Asks the office for figures and for the cases behind them; keeps nothing: figures are read with a network. */
import { type Answer, call } from "../api/call";
import { markExpired } from "../api/session";
import type { Both, CaseSummary, Me, Named } from "../api/shapes";

export interface Definition {
  name: Both;
  definition: Both;
  kind: "count" | "rate";
  numerator: string;
  denominator: string | null;
  beside?: string[];
}

/** Counts and rates by their key; a rate is a percentage, null where there is nothing to divide by. */
export type Row = { key: string | null; name: string } & Record<string, unknown>;

export interface Report {
  definitions: Record<string, Definition>;
  as_of: string;
  frozen: boolean;
  rows: Row[];
  total: Row;
}

export interface Behind {
  items: CaseSummary[];
  next_cursor: string | null;
  definition: Definition;
  count: number | null;
  hidden: number;
}

/** Which figure of which row: what a link from the table carries. */
export interface Figure {
  area: string;
  month: string;
  key: string | null;
  indicator: string;
  part: "numerator" | "denominator";
}

export function askFigures(area: string, month: string): Promise<Answer<Report>> {
  return ask(`/indicators?${new URLSearchParams({ area, ...daysOf(month), by: "area" })}`);
}

export function askBehind(figure: Figure, cursor: string | null): Promise<Answer<Behind>> {
  const { area, month, key, indicator, part } = figure;
  const query = new URLSearchParams({ area, ...daysOf(month), by: "area", indicator, part });
  if (key) query.set("key", key);
  if (cursor) query.set("cursor", cursor);
  return ask(`/indicators/cases?${query}`);
}

async function ask<T>(path: string): Promise<Answer<T>> {
  const answer = await call<T>(path);
  if (answer.kind === "problem" && answer.status === 401) await markExpired();
  return answer;
}

/** First and last day of a month like "2026-11". */
export function daysOf(month: string): { from: string; to: string } {
  const [year, number] = month.split("-").map(Number) as [number, number];
  const last = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return { from: `${month}-01`, to: `${month}-${last}` };
}

/** "2026-11" and −1 give "2026-10". */
export function monthFrom(month: string, steps: number): string {
  const [year, number] = month.split("-").map(Number) as [number, number];
  return new Date(Date.UTC(year, number - 1 + steps, 1)).toISOString().slice(0, 7);
}

/** The month it is on this device. */
export function monthOf(now: Date): string {
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}`;
}

/** Areas whose figures this person may ask for: those of their centres, and those they inspect. */
export function areasOf(person: Me | null): Named[] {
  const centres = person?.units.filter((unit) => unit.kind === "centre").map((unit) => unit.area) ?? [];
  const inspected =
    person?.grants.flatMap((grant) => (grant.role === "inspector" ? (grant.area ?? []) : [])) ?? [];
  const found = [...centres, ...inspected];
  return found.filter((one, at) => found.findIndex((other) => other.code === one.code) === at);
}
