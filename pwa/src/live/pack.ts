/**
 * Fetches the offline packs a person carries (villages of their grids, areas of their units) and keeps
 * them as one; asks with their ETags.
 */
import { call } from "../api/call";
import type { Me, Pack } from "../api/shapes";
import { readCache, writeCache } from "../store/cache";

/** Levels of area that have a pack; centres above carry the categories only. */
const WITH_PACK = new Set(["village", "township"]);

/** False when the office could not be reached: what is kept stays as it was. */
export async function refreshPack(me: Me, now: Date): Promise<boolean> {
  const person = me.person.id;
  const areas = await findAreas(me, now);
  if (areas === null) return false;
  const packs: Pack[] = [];
  for (const area of areas) {
    const pack = await fetchKept<Pack>(person, `pack/${area}`, `/packs/${encodeURIComponent(area)}`, now);
    if (pack === null) return keepCategories(person, now);
    if (pack !== "refused") packs.push(pack);
  }
  const merged = packs.length ? merge(packs) : await fetchCategories(person, now);
  if (merged === null) return false;
  await writeCache(person, "pack", merged, null, now);
  return true;
}

/** Area codes without doubles, or null when a grid's village could not be asked for. */
async function findAreas(me: Me, now: Date): Promise<string[] | null> {
  const areas = new Set(
    me.units.filter((unit) => WITH_PACK.has(unit.level)).map((unit) => unit.area.code ?? ""),
  );
  for (const { code } of me.grids) {
    const path = `/grids/${encodeURIComponent(code)}`;
    const grid = await fetchKept<{ properties: { village: string } }>(
      me.person.id,
      `grid/${code}`,
      path,
      now,
    );
    if (grid === null) return null;
    if (grid !== "refused") areas.add(grid.properties.village);
  }
  areas.delete("");
  return [...areas];
}

/** With categories a report can be filed even while the pack cannot be had; the pack is asked for again. */
async function keepCategories(person: string, now: Date): Promise<false> {
  const bare = (await readCache(person, "pack")) ? null : await fetchCategories(person, now);
  if (bare) await writeCache(person, "pack", bare, null, now);
  return false;
}

async function fetchCategories(person: string, now: Date): Promise<Pack | null> {
  const kept = await fetchKept<{ items: Pack["categories"]; reasons: Pack["reasons"] }>(
    person,
    "categories",
    "/categories",
    now,
  );
  if (kept === null || kept === "refused") return null;
  return { grids: [], categories: kept.items, reasons: kept.reasons };
}

/** The newest answer: fresh, or the kept one when unchanged; null when nobody answered. */
async function fetchKept<T>(
  person: string,
  key: string,
  path: string,
  now: Date,
): Promise<T | "refused" | null> {
  const kept = await readCache(person, key);
  const answer = await call<T>(path, { headers: kept?.etag ? { "If-None-Match": kept.etag } : {} });
  if (answer.kind === "unchanged") return (kept?.value as T | undefined) ?? null;
  if (answer.kind === "unreachable" || (answer.kind === "problem" && answer.status >= 500)) return null;
  if (answer.kind === "problem") return "refused";
  await writeCache(person, key, answer.body, answer.headers.get("etag"), now);
  return answer.body;
}

function merge(packs: Pack[]): Pack {
  const grids = new Map(packs.flatMap((pack) => pack.grids).map((grid) => [grid.code, grid]));
  const { categories = [], reasons = {} } = packs[0] ?? {};
  return { grids: [...grids.values()], categories, reasons };
}
