/** Short names for the small map: what the grids of one village have in common is left out; pure. */
import type { PackGrid } from "../api/shapes";

/** Grid code → name without the beginning that all grids of its village share. */
export function shortenNames(grids: PackGrid[]): Map<string, string> {
  const byVillage = new Map<string, PackGrid[]>();
  for (const grid of grids) byVillage.set(grid.village, [...(byVillage.get(grid.village) ?? []), grid]);
  const short = new Map<string, string>();
  for (const neighbours of byVillage.values()) {
    const shared = neighbours.length > 1 ? sharedBeginning(neighbours.map((grid) => grid.name)) : 0;
    for (const { code, name } of neighbours) short.set(code, [...name].slice(shared).join("") || name);
  }
  return short;
}

/** Length in characters; stops before a number's ordinal, so that 第1网格 stays whole. */
function sharedBeginning(names: string[]): number {
  const split = names.map((name) => [...name]);
  const [first = []] = split;
  let length = 0;
  while (length < first.length && split.every((name) => name[length] === first[length])) length += 1;
  const tail = first.slice(0, length).join("");
  return /第\d*$/.test(tail) ? [...tail.replace(/第\d*$/, "")].length : length;
}
