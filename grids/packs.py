"""Simplify grids for a phone, neighbours together, so that borders still match; for display and first guesses only.

The office decides with the full shapes. A border moves by up to ten metres here, about a phone's accuracy.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from grids.locator import GridShape
from grids.metres import metres_per_degree

TOLERANCE_M = 16.0
_DECIMALS = 6  # 0.1 m


def simplify(shapes: Iterable[GridShape], tolerance_m: float = TOLERANCE_M) -> dict[str, dict[str, Any]]:
    """Grid code → GeoJSON geometry in degrees with six decimals, by code.

    Corners are dropped that span less than a triangle of `tolerance_m` squared (Visvalingam–Whyatt). Ordinary grids
    are simplified as one cover, so a border stays common to its neighbours; where two calls take different grids,
    the outer rims of both may differ by as much.
    """
    ordered = sorted(shapes, key=lambda shape: shape.code)
    if not ordered:
        return {}
    scale = metres_per_degree(float(shapely.total_bounds([shape.geometry for shape in ordered])[1::2].mean()))
    packed = {}
    ordinary = [shape for shape in ordered if shape.layer == "ordinary"]
    # Special grids lie over others and over each other: each is a cover of its own.
    for cover in (ordinary, *([shape] for shape in ordered if shape.layer == "special")):
        drawn = np.array([shape.geometry for shape in cover], dtype=object)
        flat = shapely.transform(drawn, lambda points: points * scale)
        simple = shapely.transform(shapely.coverage_simplify(flat, tolerance_m), lambda points: points / scale)
        for shape, geometry in zip(cover, _round(simple, drawn), strict=True):
            packed[shape.code] = shapely.geometry.mapping(geometry)
    return dict(sorted(packed.items()))


def _round(simple: NDArray[np.object_], drawn: NDArray[np.object_]) -> list[Any]:
    """Rounded coordinates; a shape too small or too thin to survive that stays as drawn."""
    rounded = shapely.transform(simple, lambda points: np.round(points, _DECIMALS))
    return [
        kept if kept.is_valid and kept.area > 0 else original for kept, original in zip(rounded, drawn, strict=True)
    ]
