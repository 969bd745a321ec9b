/** Plane geometry on degrees, exact enough for a village: metres by a local projection; pure. */
import type { PackGrid, Ring } from "../api/shapes";

export interface Point {
  lon: number;
  lat: number;
}

const METRES_PER_DEGREE = 111_320;

/** Metres east and north of `origin`. */
export function toMetres(point: Point, origin: Point): { x: number; y: number } {
  return {
    x: (point.lon - origin.lon) * METRES_PER_DEGREE * Math.cos((origin.lat * Math.PI) / 180),
    y: (point.lat - origin.lat) * METRES_PER_DEGREE,
  };
}

export function toDegrees(x: number, y: number, origin: Point): Point {
  return {
    lon: origin.lon + x / (METRES_PER_DEGREE * Math.cos((origin.lat * Math.PI) / 180)),
    lat: origin.lat + y / METRES_PER_DEGREE,
  };
}

/** All polygons of a grid, each an outer ring followed by its holes. */
export function polygonsOf(grid: PackGrid): Ring[][] {
  const { geometry } = grid;
  return geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
}

/** Inside an outer ring and in none of its holes. */
export function contains(grid: PackGrid, point: Point): boolean {
  return polygonsOf(grid).some((rings) => {
    // Even–odd over all rings at once: a hole turns inside into outside again.
    const crossings = rings.reduce((sum, ring) => sum + countCrossings(ring, point), 0);
    return crossings % 2 === 1;
  });
}

function countCrossings(ring: Ring, { lon, lat }: Point): number {
  let crossings = 0;
  for (const [[x1, y1], [x2, y2]] of edgesOf(ring)) {
    if (y1 > lat === y2 > lat) continue;
    if (lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) crossings += 1;
  }
  return crossings;
}

function* edgesOf(ring: Ring): Generator<[[number, number], [number, number]]> {
  for (let i = 1; i < ring.length; i++) {
    const from = ring[i - 1];
    const to = ring[i];
    if (from && to) yield [from, to];
  }
}

/** Metres from the point to the nearest border of the grid, inside or outside. */
export function distanceToBorder(grid: PackGrid, point: Point): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const rings of polygonsOf(grid))
    for (const ring of rings)
      for (const [a, b] of edgesOf(ring)) nearest = Math.min(nearest, distanceToEdge(a, b, point));
  return nearest;
}

function distanceToEdge(a: [number, number], b: [number, number], point: Point): number {
  const p = toMetres({ lon: a[0], lat: a[1] }, point);
  const q = toMetres({ lon: b[0], lat: b[1] }, point);
  const dx = q.x - p.x;
  const dy = q.y - p.y;
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, -(p.x * dx + p.y * dy) / length));
  return Math.hypot(p.x + t * dx, p.y + t * dy);
}

export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** The smallest box around the grids, or null when there are none. */
export function boxAround(grids: PackGrid[]): Box | null {
  const box = { west: 180, south: 90, east: -180, north: -90 };
  for (const grid of grids)
    for (const [outer] of polygonsOf(grid))
      for (const [lon, lat] of outer ?? []) {
        box.west = Math.min(box.west, lon);
        box.east = Math.max(box.east, lon);
        box.south = Math.min(box.south, lat);
        box.north = Math.max(box.north, lat);
      }
  return box.west > box.east ? null : box;
}
