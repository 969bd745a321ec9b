/** Where the phone thinks it stands: inside, near or outside, holes and overlaps included. */
import { describe, expect, it } from "vitest";
import type { PackGrid, Ring } from "../../src/api/shapes";
import { betterFix, readPosition } from "../../src/place/fixes";
import { boxAround, distanceToBorder, toDegrees, toMetres } from "../../src/place/geometry";
import { locateOnPhone } from "../../src/place/locate";
import { shortenNames } from "../../src/place/names";
import type { Fix } from "../../src/store/rows";

const ORIGIN = { lon: 111.2, lat: 34.8 };

/** A square whose corners are metres from the origin. */
function square(west: number, south: number, side: number): Ring {
  return [
    [west, south],
    [west + side, south],
    [west + side, south + side],
    [west, south + side],
    [west, south],
  ].map(([x = 0, y = 0]) => {
    const { lon, lat } = toDegrees(x, y, ORIGIN);
    return [lon, lat];
  });
}

function createGrid(
  code: string,
  rings: Ring[],
  layer = "ordinary",
  name = `望禾社区第${code}网格`,
): PackGrid {
  return { code, name, layer, village: "v1", geometry: { type: "Polygon", coordinates: rings } };
}

const WEST = createGrid("1", [square(0, 0, 100)]);
const EAST = createGrid("2", [square(100, 0, 100)]);
const MARKET = createGrid("9", [square(40, 40, 20)], "special", "望禾社区农贸市场专属网格");
const HOLED = createGrid("3", [square(0, 200, 100), square(40, 240, 20)]);
const at = (x: number, y: number) => toDegrees(x, y, ORIGIN);

describe("locating", () => {
  it("finds the grid around the point", () => {
    const found = locateOnPhone([EAST, WEST], at(20, 20), 5);
    expect([found.match, found.grid?.code, found.candidates.length]).toEqual(["inside", "1", 1]);
  });

  it("names every grid that the circle touches, the one around the point first", () => {
    const found = locateOnPhone([EAST, WEST], at(95, 20), 12);
    expect(found.candidates.map((grid) => grid.code)).toEqual(["1", "2"]);
    expect(locateOnPhone([EAST, WEST], at(95, 20), 4).candidates).toHaveLength(1);
  });

  it("lets a special grid win over the ordinary one below it", () => {
    expect(locateOnPhone([WEST, MARKET], at(50, 50), null).grid?.code).toBe("9");
  });

  it("is near when only the circle reaches a grid, and outside when not even that", () => {
    expect(locateOnPhone([WEST, EAST], at(-8, 50), 10).match).toBe("near");
    expect(locateOnPhone([WEST, EAST], at(-8, 50), 10).grid?.code).toBe("1");
    expect(locateOnPhone([WEST, EAST], at(-8, 50), 5)).toEqual({
      grid: null,
      match: "outside",
      candidates: [],
    });
  });

  it("respects holes and several polygons", () => {
    expect(locateOnPhone([HOLED], at(50, 250), null).match).toBe("outside");
    expect(locateOnPhone([HOLED], at(10, 250), null).match).toBe("inside");
    const islands: PackGrid = {
      ...WEST,
      geometry: { type: "MultiPolygon", coordinates: [[square(0, 0, 10)], [square(50, 0, 10)]] },
    };
    expect(locateOnPhone([islands], at(55, 5), null).match).toBe("inside");
    expect(locateOnPhone([islands], at(30, 5), null).match).toBe("outside");
  });
});

describe("geometry", () => {
  it("measures metres", () => {
    expect(distanceToBorder(WEST, at(30, 50))).toBeCloseTo(30, 1);
    expect(distanceToBorder(WEST, at(-30, -40))).toBeCloseTo(50, 1);
    const back = toMetres(at(123, -45), ORIGIN);
    expect([back.x, back.y]).toEqual([expect.closeTo(123, 6), expect.closeTo(-45, 6)]);
  });

  it("has no box around nothing", () => {
    expect(boxAround([])).toBeNull();
  });
});

describe("fixes", () => {
  const fix = (accuracy_m: number | null): Fix => ({
    ...ORIGIN,
    crs: "wgs84",
    accuracy_m,
    fix: "gps",
    taken_at: "2026-11-22T01:30:00Z",
  });

  it("keeps the best, not the last", () => {
    expect(betterFix(null, fix(80)).accuracy_m).toBe(80);
    expect(betterFix(fix(80), fix(12)).accuracy_m).toBe(12);
    expect(betterFix(fix(12), fix(80)).accuracy_m).toBe(12);
  });

  it("says gps only where satellites speak for it", () => {
    const read = (accuracy: number, altitude: number | null) =>
      readPosition({
        timestamp: 0,
        coords: { longitude: 1, latitude: 2, accuracy, altitude },
      } as GeolocationPosition);
    expect(read(12, null).fix).toBe("gps");
    expect(read(60, 410).fix).toBe("gps");
    expect(read(800, null).fix).toBe("network");
  });
});

it("shortens names to what tells the grids of a village apart", () => {
  const short = shortenNames([WEST, EAST, MARKET]);
  expect([...short.values()]).toEqual(["第1网格", "第2网格", "农贸市场专属网格"]);
  expect(shortenNames([WEST]).get("1")).toBe(WEST.name);
});
