"""Grids made small enough for a phone: simplified together, so that shared borders stay shared."""

import math
from collections.abc import Mapping
from typing import Any

import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

TOLERANCE_M = 5.0
"""Half of what a good phone fix is off by; a border simplified by less is not felt on foot."""

_METRES_PER_DEGREE = 111_195.0
_DECIMALS = 6


def simplify(shapes: Mapping[str, BaseGeometry], tolerance_m: float = TOLERANCE_M) -> dict[str, dict[str, Any]]:
    """Simplify polygons in WGS-84 degrees.

    Returns: code → GeoJSON geometry (RFC 7946), coordinates rounded to 6 decimals (0.1 m). Two grids that
    shared a border share the simplified one; a grid alone keeps its corners within the tolerance.
    """
    codes = sorted(shapes)
    if not codes:
        return {}
    # Visvalingam–Whyatt as GEOS does it for coverages takes the square root of an area: about half the width.
    degrees = tolerance_m / _METRES_PER_DEGREE / math.sqrt(math.cos(math.radians(shapes[codes[0]].centroid.y)))
    slim = shapely.coverage_simplify([shapes[code] for code in codes], degrees)
    return {code: _rounded(mapping(shape)) for code, shape in zip(codes, slim, strict=True)}


def _rounded(geometry: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": geometry["type"], "coordinates": _round(geometry["coordinates"])}


def _round(value: Any) -> Any:
    return round(value, _DECIMALS) if isinstance(value, float) else [_round(one) for one in value]
