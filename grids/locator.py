"""Say which grid (网格) covers a point and which ones its accuracy circle touches; reads no store.

Shapes are put in order of preference once (special 专属网格 before ordinary, then by code), so the first
of those that cover a point is the answer whatever order they came in. A table of square cells names the
shapes whose bounding box reaches into each cell; one vectorised, prepared point-in-polygon test settles
the rest. That test uses GEOS's robust orientation on the coordinates as stored, so points on edges and
corners are exact. Metres are only computed when an accuracy circle or a miss asks for them.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grids.metres import metres_per_degree

Layer = Literal["ordinary", "special"]
Match = Literal["inside", "border", "near", "outside"]

_ORIGIN = shapely.Point(0.0, 0.0)
# A cell's key is its column and row in one number. Far outside all shapes two cells may share a key: no harm,
# because every answer is tested exactly.
_ROW_BITS = 20


@dataclass(frozen=True, slots=True)
class GridShape:
    """A current grid: `geometry` is a Polygon or MultiPolygon in WGS-84 degrees (lon, lat)."""

    code: str
    layer: Layer
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class Candidate:
    """A grid and how far the point is from it in metres; 0 when the grid covers the point."""

    code: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a point fell.

    `inside`: `code` covers it; candidates are the other grids that the accuracy circle touches.
    `border`: it lies on an edge shared with another grid of the same layer; lowest code wins, candidates
    hold it and all others, those at distance 0 first. `near`: no grid covers it, the circle touches the
    candidates; the nearest wins, ties go to the lowest code. `outside`: `code` is None. `nearest` is
    given for near and outside. Candidates stand nearest first, ties by code.
    """

    match: Match
    code: str | None
    candidates: tuple[Candidate, ...]
    nearest: Candidate | None


# The shapes whose bounding box reaches into a cell, most preferred first: prepared, and their positions.
_Cell = tuple[NDArray[np.object_], list[int]]


class Locator:
    """A point index that never changes: safe to share between threads, replaced whole on a redraw."""

    def __init__(self, shapes: Iterable[GridShape]) -> None:
        """ValueError for a code that comes twice or a geometry that is no polygon or is empty."""
        ordered = sorted(shapes, key=lambda shape: (shape.layer != "special", shape.code))
        self._codes = [shape.code for shape in ordered]
        if len(set(self._codes)) != len(ordered):
            raise ValueError("a grid code comes twice")
        for shape in ordered:
            if shape.geometry.is_empty or shape.geometry.geom_type not in ("Polygon", "MultiPolygon"):
                raise ValueError(f"grid {shape.code} is not a polygon")
        self._inside = [Place("inside", code, (), None) for code in self._codes]  # most points need no other answer
        self._special = sum(shape.layer == "special" for shape in ordered)
        # Own copies: preparing marks a geometry for good, and the caller's are not ours to mark. Only point
        # tests run on the prepared ones: GEOS's other prepared operations build their indexes lazily and
        # would race between threads.
        self._shapes = np.array([shape.geometry for shape in ordered], dtype=object)
        self._prepared = np.array([shapely.force_2d(shape.geometry) for shape in ordered], dtype=object)
        shapely.prepare(self._prepared)
        # Asking each about a corner of its own builds its index now, not in the first two threads at once.
        points, owners = shapely.get_coordinates(self._prepared, return_index=True)
        corners = points[np.searchsorted(owners, np.arange(len(ordered)))]
        shapely.intersects_xy(self._prepared, corners[:, 0], corners[:, 1])
        self._bounds = shapely.bounds(self._shapes).reshape(-1, 4)
        self._tree = shapely.STRtree(self._shapes)
        self._cells_per_degree = _cell_density(self._bounds)
        self._cells = self._fill_cells()

    def __len__(self) -> int:
        return len(self._codes)

    def locate(self, lon: float, lat: float, accuracy_m: float | None) -> Place:
        """The grid of a WGS-84 point; `accuracy_m` is its circle's radius in metres, None for an exact point.

        ValueError for a coordinate that is not finite or an accuracy that is negative or not finite.
        """
        if accuracy_m is not None and not 0 <= accuracy_m < math.inf:
            raise ValueError(f"accuracy must be a number of metres, not {accuracy_m}")
        density = self._cells_per_degree
        try:
            cell = self._cells.get((int(lon * density) << _ROW_BITS) + int(lat * density))
        except OverflowError as infinite:
            raise ValueError("a coordinate must be a finite number") from infinite
        covering: list[int] = []
        if cell is not None:
            geometries, positions = cell
            covers: list[bool] = shapely.intersects_xy(geometries, lon, lat).tolist()
            if not accuracy_m and covers.count(True) == 1:
                return self._inside[positions[covers.index(True)]]
            covering = list(compress(positions, covers))
        touched = self._touched(lon, lat, accuracy_m or 0.0, covering)
        if not covering:
            if touched:
                return Place("near", touched[0].code, touched, touched[0])
            return Place("outside", None, (), self._nearest(lon, lat))
        winner = self._codes[covering[0]]
        if self._on_shared_edge(lon, lat, covering):
            return Place("border", winner, touched, None)
        return Place("inside", winner, tuple(c for c in touched if c.code != winner), None)

    def _on_shared_edge(self, lon: float, lat: float, covering: list[int]) -> bool:
        """Whether others of the winner's layer cover the point too and it is on the edge of one of them."""
        same_layer = [p for p in covering if (p < self._special) == (covering[0] < self._special)]
        if len(same_layer) < 2:
            return False
        return not bool(np.all(shapely.contains_xy(self._prepared[same_layer], lon, lat)))

    def _touched(self, lon: float, lat: float, radius: float, covering: list[int]) -> tuple[Candidate, ...]:
        """Every grid that the circle of `radius` metres touches; those in `covering` are at distance 0."""
        touched = [Candidate(self._codes[position], 0.0) for position in covering]
        if radius:
            width, height = radius / metres_per_degree(lat)
            circle = shapely.box(lon - width, lat - height, lon + width, lat + height)
            around = self._tree.query(circle, predicate="intersects").tolist()
            close = [position for position in around if position not in covering]
            touched += [c for c in self._measure(lon, lat, close) if c.distance_m <= radius]
        return tuple(sorted(touched, key=_by_distance))

    def _nearest(self, lon: float, lat: float) -> Candidate | None:
        """The nearest grid, lowest code among equals; None when there are no grids."""
        if not self._codes:
            return None
        # The nearest in degrees gives a bound; whoever is nearer in metres has a box within that bound.
        guess = self._measure(lon, lat, [int(self._tree.nearest(shapely.Point(lon, lat)))])[0]
        scale = metres_per_degree(lat)
        west, south, east, north = self._bounds.T
        across = np.maximum(0, np.maximum(west - lon, lon - east)) * scale[0]
        along = np.maximum(0, np.maximum(south - lat, lat - north)) * scale[1]
        close = np.flatnonzero(np.hypot(across, along) <= guess.distance_m * (1 + 1e-9))
        return min(self._measure(lon, lat, close.tolist()), key=_by_distance)

    def _measure(self, lon: float, lat: float, positions: list[int]) -> list[Candidate]:
        if not positions:
            return []
        distances = _metres_to(self._shapes[positions], lon, lat).tolist()
        return [Candidate(self._codes[p], metres) for p, metres in zip(positions, distances, strict=True)]

    def _fill_cells(self) -> dict[int, _Cell]:
        members: defaultdict[int, list[int]] = defaultdict(list)
        # int() of a product is monotonic, so a point within a box always looks into a cell of that box.
        spans = (self._bounds * self._cells_per_degree).astype(np.int64).tolist()
        for position, (west, south, east, north) in enumerate(spans):
            for column in range(west, east + 1):
                for row in range(south, north + 1):
                    members[(column << _ROW_BITS) + row].append(position)
        # Many cells have the same shapes: they share one entry.
        alike: dict[tuple[int, ...], _Cell] = {}
        return {
            cell: alike.setdefault(tuple(positions), (self._prepared[positions], positions))
            for cell, positions in members.items()
        }


def _cell_density(bounds: NDArray[np.float64]) -> float:
    """Cells per degree that make about eight cells for each shape, whatever the size of a shape."""
    if not len(bounds):
        return 1.0
    width, height = bounds[:, 2:].max(axis=0) - bounds[:, :2].min(axis=0)
    return math.sqrt(8 * len(bounds) / (width * height))


def _by_distance(candidate: Candidate) -> tuple[float, str]:
    return candidate.distance_m, candidate.code


def _metres_to(geometries: NDArray[np.object_], lon: float, lat: float) -> NDArray[np.float64]:
    """Distance in metres from a point to each geometry, in the plane that touches the ellipsoid there.

    Degrees are scaled by the ellipsoid's radii of curvature at the point. Against the geodesic the error
    stays under 0.02 % to 1 km, 0.2 % to 10 km and 2 % to 100 km at latitudes up to 55°; beyond, a
    distance only says "far".
    """
    scale = metres_per_degree(lat)
    flat = shapely.transform(geometries, lambda points: (points - (lon, lat)) * scale)
    return shapely.distance(flat, _ORIGIN)
