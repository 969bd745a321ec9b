"""Overlaps, gaps and slivers between grids are found, measured and named; a clean map has none."""

import random

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Polygon, box
from shapely.affinity import translate

from geodata.demo import demo_county
from grids.locator import GridShape
from grids.topology import find_faults

WEST, SOUTH = 111.2, 34.8
EAST_M, NORTH_M = 91_500, 110_950  # metres of a degree here, roughly


def metres_box(west, south, east, north):
    return box(WEST + west / EAST_M, SOUTH + south / NORTH_M, WEST + east / EAST_M, SOUTH + north / NORTH_M)


def ordinary(code, geometry):
    return GridShape(code, "ordinary", geometry)


def special(code, geometry):
    return GridShape(code, "special", geometry)


def demo_shapes():
    return [GridShape(grid.code, grid.layer, grid.geometry) for grid in demo_county().grids]


def kinds(faults):
    return [(fault.kind, fault.codes) for fault in faults]


def test_a_proper_cover_has_no_faults():
    assert find_faults(demo_shapes()) == []
    assert find_faults([]) == []


def test_an_overlap_is_told_with_both_grids_its_area_and_place():
    (fault,) = find_faults([ordinary("2", metres_box(0, 0, 110, 100)), ordinary("1", metres_box(100, 0, 200, 100))])
    assert (fault.kind, fault.codes) == ("overlap", ("1", "2"))
    assert fault.area_m2 == pytest.approx(1000, rel=0.01)
    assert fault.geometry.covers(shapely.Point(fault.lon, fault.lat))
    assert metres_box(99, -1, 111, 101).covers(fault.geometry)
    assert "1、2" in fault.zh
    assert "平方米" in fault.zh
    assert "1, 2 overlap" in fault.en


def test_twins_and_a_grid_within_another_overlap():
    twins = [ordinary("1", metres_box(0, 0, 100, 100)), ordinary("2", metres_box(0, 0, 100, 100))]
    within = ordinary("3", metres_box(40, 40, 60, 60))
    assert kinds(find_faults(twins)) == [("overlap", ("1", "2"))]
    assert kinds(find_faults([twins[0], within])) == [("overlap", ("1", "3"))]


def test_an_overlap_smaller_than_asked_is_passed_over():
    shapes = [ordinary("1", metres_box(0, 0, 100.2, 100)), ordinary("2", metres_box(100, 0, 200, 100))]
    assert kinds(find_faults(shapes, least_m2=25)) == []
    assert kinds(find_faults(shapes, least_m2=15)) == [("overlap", ("1", "2"))]


def test_special_grids_may_lie_over_ordinary_ones_but_not_over_each_other():
    shapes = demo_shapes()
    market = next(shape for shape in shapes if shape.layer == "special")
    shapes.append(special("z", translate(market.geometry, 0.0005)))
    assert kinds(find_faults(shapes)) == [("overlap", (market.code, "z"))]


def test_special_grids_leave_no_gaps():
    apart = [special("1", metres_box(0, 0, 100, 100)), special("2", metres_box(105, 0, 200, 100))]
    assert find_faults(apart) == []


def test_an_enclosed_hole_of_any_width_is_a_gap():
    outer = [
        ordinary("1", metres_box(0, 0, 500, 100)),
        ordinary("2", metres_box(0, 400, 500, 500)),
        ordinary("3", metres_box(0, 100, 100, 400)),
        ordinary("4", metres_box(400, 100, 500, 400)),
    ]
    (fault,) = find_faults(outer)
    assert (fault.kind, fault.codes) == ("gap", ("1", "2", "3", "4"))
    assert fault.area_m2 == pytest.approx(90_000, rel=0.01)
    island = ordinary("5", metres_box(200, 200, 300, 300))
    (around_it,) = find_faults([*outer, island])
    assert around_it.area_m2 == pytest.approx(80_000, rel=0.01)
    assert not around_it.geometry.contains(island.geometry.centroid)


@pytest.mark.parametrize(("width", "found"), [(2, True), (8, True), (15, False)])
def test_an_open_strip_is_a_gap_when_it_is_narrow(width, found):
    shapes = [ordinary("1", metres_box(0, 0, 100, 300)), ordinary("2", metres_box(100 + width, 0, 200, 300))]
    faults = find_faults(shapes)
    assert kinds(faults) == ([("gap", ("1", "2"))] if found else [])
    if found:
        assert faults[0].area_m2 == pytest.approx(300 * width, rel=0.02)


def test_a_notch_in_one_grid_is_nobodys_gap():
    notched = metres_box(0, 0, 100, 100).difference(metres_box(48, 50, 52, 200))
    assert find_faults([ordinary("1", notched), ordinary("2", metres_box(100, 0, 200, 100))]) == []


def test_a_village_that_moved_gapes_on_one_side_and_overlaps_on_the_other():
    shapes = demo_shapes()
    inner = "990101001003004"
    moved = [
        ordinary(shape.code, translate(shape.geometry, 0.0002)) if shape.code == inner else shape for shape in shapes
    ]
    faults = find_faults(moved)
    assert {fault.kind for fault in faults} == {"overlap", "gap"}
    assert all(inner in fault.codes for fault in faults)
    assert faults == sorted(faults, key=lambda fault: -fault.area_m2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_every_overlap_is_found_as_by_comparing_all_pairs(seed):
    source = random.Random(seed)
    shapes = []
    for number in range(20):
        x, y = source.uniform(0, 800), source.uniform(0, 800)
        corners = [(x + source.uniform(0, 200), y + source.uniform(0, 200)) for _ in range(3)]
        triangle = Polygon([(WEST + east / EAST_M, SOUTH + north / NORTH_M) for east, north in corners])
        shapes.append(ordinary(f"{number:02d}", triangle))
    geod = Geod(ellps="WGS84")
    expected = {}
    for first in shapes:
        for second in shapes:
            if first.code < second.code:
                area = abs(geod.geometry_area_perimeter(first.geometry.intersection(second.geometry))[0])
                expected[first.code, second.code] = area
    found = {fault.codes: fault.area_m2 for fault in find_faults(shapes) if fault.kind == "overlap"}
    for codes, area in expected.items():
        if area > 10.2:
            assert found[codes] == pytest.approx(area, rel=0.01)
        elif area < 9.8:
            assert codes not in found
    source.shuffle(shapes)
    assert {fault.codes for fault in find_faults(shapes) if fault.kind == "overlap"} == set(found)
