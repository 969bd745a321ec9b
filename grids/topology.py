"""List where grids overlap and where nobody's land lies between neighbours; mends nothing.

Every layer is a cover of its own: a special grid (专属网格) may lie over ordinary ones, but no two grids of one
layer may share ground. Gaps are looked for between ordinary grids only. Areas are measured in a plane scaled at
the middle of all grids, within 1 % for a city of 100 km.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grids.locator import GridShape
from grids.metres import metres_per_degree

LEAST_AREA_M2 = 10.0
GAP_WIDTH_M = 10.0
# Overlays are worked out on a lattice of one millimetre: without one they fail on lines that nearly coincide.
_LATTICE_M = 0.001


@dataclass(frozen=True, slots=True)
class Fault:
    """Ground that two grids claim (`overlap`) or that none of its neighbours does (`gap`).

    `codes` are the grids concerned, lowest first; `geometry` is the ground in WGS-84 degrees and (`lon`, `lat`) a
    point in it to look at on a map.
    """

    kind: Literal["overlap", "gap"]
    codes: tuple[str, ...]
    area_m2: float
    lon: float
    lat: float
    geometry: BaseGeometry

    @property
    def zh(self) -> str:
        said = "相互重叠" if self.kind == "overlap" else "之间有空隙"
        return (
            f"网格 {'、'.join(self.codes)} {said} {self.area_m2:,.0f} 平方米,位于 {self.lon:.6f}, {self.lat:.6f} 附近"
        )

    @property
    def en(self) -> str:
        said = "overlap by" if self.kind == "overlap" else "leave a gap of"
        return f"Grids {', '.join(self.codes)} {said} {self.area_m2:,.0f} m² near {self.lon:.6f}, {self.lat:.6f}"


def find_faults(
    shapes: Iterable[GridShape], least_m2: float = LEAST_AREA_M2, gap_width_m: float = GAP_WIDTH_M
) -> list[Fault]:
    """All overlaps and gaps of at least `least_m2`, largest first; the order of `shapes` does not matter.

    A gap is ground enclosed by grids, of any width, or an open strip between them narrower than `gap_width_m`.
    Geometries must be valid.
    """
    ordered = sorted(shapes, key=lambda shape: shape.code)
    if not ordered:
        return []
    plane = _Plane(shapely.total_bounds([shape.geometry for shape in ordered]))
    faults = []
    for layer in ("ordinary", "special"):
        codes = [shape.code for shape in ordered if shape.layer == layer]
        flat = plane.flatten(np.array([shape.geometry for shape in ordered if shape.layer == layer], dtype=object))
        grounds = _overlaps(flat)
        if layer == "ordinary":
            grounds += _gaps(flat, least_m2, gap_width_m)
        for kind, positions, ground in grounds:
            if ground.area >= least_m2:
                lon, lat = plane.unflatten(shapely.point_on_surface(ground)).coords[0]
                named = tuple(codes[position] for position in positions)
                faults.append(Fault(kind, named, ground.area, lon, lat, plane.unflatten(ground)))
    return sorted(faults, key=lambda fault: (-fault.area_m2, fault.codes))


_Ground = tuple[Literal["overlap", "gap"], list[int], BaseGeometry]


class _Plane:
    """Metres around the middle of a bounding box in degrees."""

    def __init__(self, bounds: NDArray[np.float64]) -> None:
        self._middle = (bounds[:2] + bounds[2:]) / 2
        self._scale = metres_per_degree(float(self._middle[1]))

    def flatten(self, geometries: NDArray[np.object_]) -> NDArray[np.object_]:
        return shapely.transform(geometries, lambda points: (points - self._middle) * self._scale)

    def unflatten(self, geometry: BaseGeometry) -> BaseGeometry:
        return shapely.transform(geometry, lambda points: points / self._scale + self._middle)


def _overlaps(flat: NDArray[np.object_]) -> list[_Ground]:
    """Ground that two geometries share, by pairs."""
    # The coverage check is quick and clears nearly all; only what it suspects is intersected.
    suspects = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(flat)))
    tree = shapely.STRtree(flat)
    pairs = tree.query(flat[suspects], predicate="intersects")
    first, second = suspects[pairs[0]], pairs[1]
    # A pair is seen from each suspect; keep it once. One side of an overlap alone may be suspect.
    pairs = np.unique(np.sort(np.stack([first, second]), axis=0), axis=1)
    first, second = pairs[:, pairs[0] != pairs[1]]
    shared = shapely.intersection(flat[first], flat[second], grid_size=_LATTICE_M)
    return [
        ("overlap", [int(a), int(b)], ground)
        for a, b, ground in zip(first, second, shared, strict=True)
        if ground.area > 0
    ]


def _gaps(flat: NDArray[np.object_], least: float, width: float) -> list[_Ground]:
    """Ground enclosed by the geometries, and open strips between them narrower than `width`."""
    if not len(flat):
        return []
    parts = shapely.get_parts(shapely.union_all(flat, grid_size=_LATTICE_M))
    enclosed = [shapely.Polygon(ring) for part in parts for ring in part.interiors]
    outlines = shapely.union_all([shapely.Polygon(part.exterior) for part in parts], grid_size=_LATTICE_M)
    # Widening by half the width closes strips; narrowing again restores what was no strip. With sharp corners the
    # result sometimes crosses itself or keeps bare lines: mending it and taking its ground again cures both.
    wide = shapely.buffer(outlines, width / 2, join_style="mitre")
    closed = shapely.buffer(shapely.make_valid(shapely.buffer(wide, -width / 2, join_style="mitre")), 0)
    strips = shapely.get_parts(shapely.difference(closed, outlines, grid_size=_LATTICE_M)).tolist()
    tree = shapely.STRtree(flat)
    grounds: list[_Ground] = []
    for ground in (ground for ground in [*enclosed, *strips] if ground.area >= least):
        around = np.sort(tree.query(ground.buffer(0.01), predicate="intersects")).tolist()
        if len(around) > 1:  # a notch in one grid's own border is no gap between neighbours
            # An enclosed piece of ground may have grids in its middle.
            taken = shapely.union_all(flat[around], grid_size=_LATTICE_M)
            grounds.append(("gap", around, shapely.difference(ground, taken, grid_size=_LATTICE_M)))
    return grounds
