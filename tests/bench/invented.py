"""An invented city of a real city's size: 7 counties, 81 townships, 1,381 villages, 12,322 grids, always the same.

Grids are the cells of a bent lattice: neighbours share every vertex of their curved border exactly. Codes begin
with 99, which no province has. It writes the two files that `import-areas` and `import-grids` read, nothing else.
"""

import csv
import gzip
import json
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from shapely import Polygon

COUNTIES, TOWNSHIPS, VILLAGES = 7, 81, 1_381
COLUMNS, ROWS = 122, 101  # 12,322 cells
WEST, SOUTH, CELL = 110.5, 34.2, 0.0075
BENDS = 4  # vertices between two corners of a cell
CITY = "990100000000"

Cell = tuple[int, int]


class Place(NamedTuple):
    """A row of the table of place codes."""

    code: str
    name: str
    level: str
    parent: str


class Plot(NamedTuple):
    """A grid: its code, name, village and polygon in WGS-84 degrees."""

    code: str
    name: str
    village: str
    shape: Polygon


def invent() -> tuple[list[Place], list[Plot]]:
    """The city's places, highest first, and its grids in order of their codes."""
    places = [Place(CITY, "云栖市", "city", "990000000000")]
    plots: list[Plot] = []
    cells = [(column, row) for column in range(COLUMNS) for row in range(ROWS)]
    townships, villages = _shares(TOWNSHIPS, COUNTIES), iter(_shares(VILLAGES, TOWNSHIPS))
    for county, (in_county, count) in enumerate(zip(_split(cells, COUNTIES), townships, strict=True), 1):
        county_code = f"9901{county:02}"
        places.append(Place(f"{county_code}000000", f"第{county}县", "county", CITY))
        for township, in_township in enumerate(_split(in_county, count), 1):
            township_code = f"{county_code}{township:03}"
            name = f"{county}县{township}镇"
            places.append(Place(f"{township_code}000", name, "township", f"{county_code}000000"))
            for village, in_village in enumerate(_split(in_township, next(villages)), 1):
                code = f"{township_code}{village:03}"
                places.append(Place(code, f"{name}{village}村", "village", f"{township_code}000"))
                for number, cell in enumerate(sorted(in_village), 1):
                    plots.append(Plot(f"{code}{number:03}", f"{name}{village}村第{number}网格", code, _outline(cell)))
    return places, sorted(plots)


def write_files(folder: Path) -> tuple[Path, Path]:
    """Write areas.csv and grids.geojson.gz into the folder; returns both paths."""
    places, plots = invent()
    areas, grids = folder / "areas.csv", folder / "grids.geojson.gz"
    with areas.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("code12", "name", "level", "parent12"), *places])
    features = [
        {
            "type": "Feature",
            "properties": {"code": plot.code, "name": plot.name, "village_code": plot.village},
            "geometry": {"type": "Polygon", "coordinates": [list(plot.shape.exterior.coords)]},
        }
        for plot in plots
    ]
    with gzip.open(grids, "wt", encoding="utf-8") as packed:
        json.dump({"type": "FeatureCollection", "features": features}, packed, ensure_ascii=False)
    return areas, grids


def _shares(total: int, parts: int) -> list[int]:
    """`total` dealt out as evenly as it goes."""
    return [total * (part + 1) // parts - total * part // parts for part in range(parts)]


def _split(cells: Sequence[Cell], parts: int) -> Iterator[list[Cell]]:
    """Cut a patch of cells into connected-looking parts of about equal size, across its longer side each time."""
    if parts == 1:
        yield list(cells)
        return
    columns, rows = zip(*cells, strict=True)
    wide = max(columns) - min(columns) >= max(rows) - min(rows)
    ordered = sorted(cells, key=lambda cell: cell if wide else cell[::-1])
    left = parts // 2
    cut = len(ordered) * left // parts
    yield from _split(ordered[:cut], left)
    yield from _split(ordered[cut:], parts - left)


def _outline(cell: Cell) -> Polygon:
    column, row = cell
    corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1), (column, row)]
    ring = []
    for (x, y), (next_x, next_y) in pairwise(corners):
        ring += [_bent(x * BENDS + (next_x - x) * bend, y * BENDS + (next_y - y) * bend) for bend in range(BENDS)]
    return Polygon([*ring, ring[0]])


def _bent(x: int, y: int) -> tuple[float, float]:
    """A lattice point (in quarters of a cell) moved off the straight lines, rounded as surveyors' files are."""
    across, along = x / BENDS, y / BENDS
    lon = across + 0.22 * math.sin(1.3 * along + 0.7 * across) + 0.06 * math.sin(7.1 * along)
    lat = along + 0.22 * math.sin(1.1 * across - 0.5 * along) + 0.06 * math.sin(6.7 * across)
    return round(WEST + CELL * lon, 7), round(SOUTH + CELL * lat, 7)
