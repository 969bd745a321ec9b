/**
 * Finds the grid on the phone, from the pack, so that its name shows offline; the office locates again.
 *
 * The pack's borders are simplified: the answer is for the person to check, never sent as a fact.
 */
import type { PackGrid } from "../api/shapes";
import { contains, distanceToBorder, type Point } from "./geometry";

export interface Located {
  grid: PackGrid | null;
  match: "inside" | "near" | "outside";
  /** Every grid the accuracy circle touches, the found one first; more than one: ask the person. */
  candidates: PackGrid[];
}

export function locateOnPhone(grids: PackGrid[], point: Point, accuracy_m: number | null): Located {
  const radius = accuracy_m ?? 0;
  const touched: { grid: PackGrid; inside: boolean; distance: number }[] = [];
  for (const grid of grids) {
    const inside = contains(grid, point);
    const distance = distanceToBorder(grid, point);
    if (inside || distance <= radius) touched.push({ grid, inside, distance: inside ? 0 : distance });
  }
  touched.sort(
    (a, b) =>
      Number(b.inside) - Number(a.inside) ||
      rank(a.grid) - rank(b.grid) ||
      a.distance - b.distance ||
      a.grid.code.localeCompare(b.grid.code),
  );
  const best = touched[0];
  return {
    grid: best?.grid ?? null,
    match: best ? (best.inside ? "inside" : "near") : "outside",
    candidates: touched.map(({ grid }) => grid),
  };
}

/** Special grids (专属网格) win over the ordinary ones they overlap. */
function rank(grid: PackGrid): number {
  return grid.layer === "special" ? 0 : 1;
}
