"""From raw coordinates to a grid: conversion to WGS-84, the locator's answer, and the worker's own choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geodata.crs import Crs, to_wgs84
from grids.locator import Candidate
from server.rules.refusals import Refusal, invalid
from server.services.reference import Atlas, GridEntry

CANDIDATES_SHOWN = 20
"""A phone that knows its place to a kilometre touches dozens of grids; nobody chooses among more than these."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where something is.

    Args:
        match: `inside`, `border`, `near`, `outside` as the locator says, or `chosen` without coordinates.
        grid: the grid it counts for; None outside all grids or with neither place nor grid.
        candidates: other grids it could be, nearest first.
        nearest: for `near` and `outside`.
        lon, lat: WGS-84 degrees, None without coordinates.
    """

    match: str
    grid: GridEntry | None
    candidates: Sequence[Candidate]
    nearest: Candidate | None
    lon: float | None
    lat: float | None


def locate(atlas: Atlas, lon: float, lat: float, crs: Crs, accuracy_m: float | None) -> Whereabouts:
    """Find the grid of a point measured in `crs`."""
    wgs_lon, wgs_lat = to_wgs84(lon, lat, crs)
    place = atlas.locator.locate(wgs_lon, wgs_lat, accuracy_m)
    return Whereabouts(
        match=place.match,
        grid=atlas.grids[place.code] if place.code is not None else None,
        candidates=place.candidates,
        nearest=place.nearest,
        lon=wgs_lon,
        lat=wgs_lat,
    )


def choose(atlas: Atlas, found: Whereabouts, grid_code: str) -> Whereabouts:
    """The worker's own choice among the grids that their accuracy circle touches.

    Raises:
        Refusal: `grid_too_far` when the circle does not touch that grid.
    """
    touched = {candidate.code for candidate in found.candidates}
    if found.grid is not None:
        touched.add(found.grid.code)
    if grid_code not in touched or grid_code not in atlas.grids:
        sentence = ("定位误差范围碰不到这个网格。", "The place's accuracy circle does not touch this grid.")
        raise Refusal("grid_too_far", errors={"grid_code": sentence})
    return Whereabouts(found.match, atlas.grids[grid_code], found.candidates, found.nearest, found.lon, found.lat)


def by_choice(atlas: Atlas, own_grids: Sequence[str], grid_code: str | None) -> Whereabouts:
    """Without coordinates: a grid of the worker's own, their first one, or none.

    Raises:
        Refusal: `invalid` when the grid is not one of theirs.
    """
    if grid_code is not None and (grid_code not in own_grids or grid_code not in atlas.grids):
        raise invalid("grid_code", "没有定位时只能选择自己的网格。", "Without a place, choose one of your own grids.")
    code = grid_code or next((code for code in own_grids if code in atlas.grids), None)
    return Whereabouts("chosen", atlas.grids[code] if code else None, (), None, None, None)


def nearest_township(atlas: Atlas, found: Whereabouts) -> str | None:
    """The township of the nearest grid, for a point outside all of them."""
    nearest = atlas.grids[found.nearest.code] if found.grid is None and found.nearest else None
    return atlas.ancestor(nearest.village, "township") if nearest else None


def candidates(found: Whereabouts) -> list[dict[str, Any]]:
    """The grids it could be, as a case keeps them; outside all grids the nearest one."""
    shown = list(found.candidates[:CANDIDATES_SHOWN])
    listed = shown or ([found.nearest] if found.nearest else [])
    return [{"code": one.code, "distance_m": round(one.distance_m, 1)} for one in listed]
