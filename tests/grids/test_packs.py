"""Grids made small for a phone keep their shared borders and move less than a phone errs."""

import gzip
import json
from collections import Counter

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry import shape

from geodata.demo import demo_county
from grids.locator import GridShape, Locator
from grids.packs import simplify

COUNTY = demo_county()
SHAPES = [GridShape(grid.code, grid.layer, grid.geometry) for grid in COUNTY.grids]
PACKED = {code: shape(geometry) for code, geometry in simplify(SHAPES).items()}
ORDINARY = [grid.code for grid in SHAPES if grid.layer == "ordinary"]


def test_every_grid_is_there_by_code():
    assert list(PACKED) == sorted(grid.code for grid in SHAPES)
    assert simplify([]) == {}


def test_borders_still_match_and_shapes_are_valid():
    assert all(geometry.is_valid for geometry in PACKED.values())
    assert shapely.coverage_is_valid([PACKED[code] for code in ORDINARY])


def test_coordinates_have_six_decimals():
    for geometry in simplify(SHAPES).values():
        for ring in geometry["coordinates"]:
            assert all(round(number, 6) == number for point in ring for number in point)


def test_surveyed_detail_is_dropped():
    def tremble(points):
        return points + 3e-6 * np.sin(points[:, ::-1] * 3e5)  # a third of a metre, alike on both sides of a border

    detailed = [shapely.transform(shapely.segmentize(s.geometry, 0.00003), tremble) for s in SHAPES]
    vertices = sum(len(shapely.get_coordinates(geometry)) for geometry in detailed)
    packed = simplify(GridShape(s.code, s.layer, geometry) for s, geometry in zip(SHAPES, detailed, strict=True))
    kept = sum(len(shapely.get_coordinates(shape(geometry))) for geometry in packed.values())
    assert kept < vertices / 10


def test_a_village_fits_in_a_few_kilobytes():
    sizes = Counter()
    packed = simplify(SHAPES)
    for grid in COUNTY.grids:
        sizes[grid.village_code] += len(json.dumps(packed[grid.code], separators=(",", ":")))
    assert max(sizes.values()) < 10_000
    assert len(gzip.compress(json.dumps(packed).encode())) < 30_000


def test_borders_move_less_than_a_phone_errs():
    for grid in SHAPES:
        moved = grid.geometry.boundary.hausdorff_distance(PACKED[grid.code].boundary)
        assert moved * 111_000 < 10


def test_nearly_every_point_keeps_its_grid():
    full, light = Locator(SHAPES), Locator(GridShape(s.code, s.layer, PACKED[s.code]) for s in SHAPES)
    west, south, east, north = shapely.total_bounds([s.geometry for s in SHAPES])
    steps = [(west + (east - west) * i / 60, south + (north - south) * j / 40) for i in range(61) for j in range(41)]
    same = [full.locate(*point, None).code == light.locate(*point, None).code for point in steps]
    assert sum(same) / len(same) > 0.99


def test_parts_and_holes_survive():
    outer = shapely.box(111.2, 34.8, 111.22, 34.82)
    hole = shapely.box(111.205, 34.805, 111.21, 34.81)
    far = shapely.box(111.3, 34.8, 111.31, 34.81)
    ringed = GridShape("1", "ordinary", MultiPolygon([Polygon(outer.exterior, [hole.exterior]), far]))
    packed = {code: shape(geometry) for code, geometry in simplify([ringed, GridShape("2", "ordinary", hole)]).items()}
    assert packed["1"].equals(ringed.geometry)
    assert packed["2"].equals(hole)


@pytest.mark.parametrize("layer", ["ordinary", "special"])
def test_a_tiny_grid_does_not_vanish(layer):
    tiny = Polygon([(111.2, 34.8), (111.2 + 2e-7, 34.8), (111.2, 34.8 + 2e-7)])
    assert shape(simplify([GridShape("1", layer, tiny)])["1"]).area > 0
