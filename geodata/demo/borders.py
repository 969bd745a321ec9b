"""Draw a mesh of cells whose borders wind like real ones; every border is drawn once and used on both sides."""

import itertools
import math
import random

from shapely import Polygon

Point = tuple[float, float]
Cell = tuple[int, int]

_SEED = 20240901
_POINTS_PER_BORDER = 14


def draw_cells(columns: list[float], rows: list[float]) -> dict[Cell, Polygon]:
    """Polygons by (column, row), from lines of longitude and latitude that are then bent and shifted.

    Coordinates are degrees rounded to 1e-7; neighbours have every vertex of their border in common.
    """
    source = random.Random(_SEED)  # noqa: S311 a drawing, not a secret; seeded so that it never changes
    corners = _shift_corners(columns, rows, source)
    borders: dict[tuple[Cell, Cell], list[Point]] = {}
    for column, row in corners:
        for neighbour in ((column + 1, row), (column, row + 1)):
            if neighbour in corners:
                wound = _wind(corners[column, row], corners[neighbour], source)
                borders[(column, row), neighbour] = wound
                borders[neighbour, (column, row)] = wound[::-1]
    return {
        (column, row): _close(borders, column, row)
        for column in range(len(columns) - 1)
        for row in range(len(rows) - 1)
    }


def _shift_corners(columns: list[float], rows: list[float], source: random.Random) -> dict[Cell, Point]:
    """Where the lines cross, each crossing moved by up to a quarter of the cells around it."""
    width = min(b - a for a, b in itertools.pairwise(columns)) / 4
    height = min(b - a for a, b in itertools.pairwise(rows)) / 4
    return {
        (column, row): (lon + source.uniform(-width, width), lat + source.uniform(-height, height))
        for column, lon in enumerate(columns)
        for row, lat in enumerate(rows)
    }


def _wind(start: Point, end: Point, source: random.Random) -> list[Point]:
    """A winding line between two corners: a bow, a wave and a tremble, all of them nothing at the ends."""
    (x0, y0), (x1, y1) = start, end
    bow, wave, tremble = (source.uniform(-limit, limit) for limit in (0.10, 0.07, 0.02))
    line = []
    for number in range(_POINTS_PER_BORDER + 1):
        along = number / _POINTS_PER_BORDER
        aside = bow * math.sin(math.pi * along) + wave * math.sin(2 * math.pi * along)
        aside += tremble * math.sin(5 * math.pi * along)
        x, y = x0 + (x1 - x0) * along, y0 + (y1 - y0) * along
        line.append((round(x - (y1 - y0) * aside, 7), round(y + (x1 - x0) * aside, 7)))
    return line


def _close(borders: dict[tuple[Cell, Cell], list[Point]], column: int, row: int) -> Polygon:
    around = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1), (column, row)]
    ring: list[Point] = []
    for start, end in itertools.pairwise(around):
        ring += borders[start, end][:-1]
    return Polygon(ring)
