"""The grid of a point, held against plain geometry: inside, border, near and outside, exact to the last digit."""

import math
import random
import threading

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import MultiPolygon, Point, Polygon, box

from grids.locator import Candidate, GridShape, Locator, Place

WEST, SOUTH = 111.2, 34.8
STEP = 0.01  # about 915 m east-west, 1,110 m north-south


def square(column, row, columns=1, rows=1):
    west, south = WEST + column * STEP, SOUTH + row * STEP
    return box(west, south, west + columns * STEP, south + rows * STEP)


def ordinary(code, geometry):
    return GridShape(code, "ordinary", geometry)


def special(code, geometry):
    return GridShape(code, "special", geometry)


def codes(place):
    return [candidate.code for candidate in place.candidates]


A, B, C, D = (ordinary(code, square(*at)) for code, at in zip("ABCD", [(0, 0), (1, 0), (0, 1), (1, 1)], strict=True))
QUARTET = [D, B, A, C]


def test_a_point_in_one_grid_is_inside():
    assert Locator(QUARTET).locate(WEST + 0.004, SOUTH + 0.004, None) == Place("inside", "A", (), None)


def test_an_exact_accuracy_of_zero_is_no_circle():
    assert Locator(QUARTET).locate(WEST + 0.004, SOUTH + 0.004, 0) == Place("inside", "A", (), None)


def test_on_a_shared_edge_the_lowest_code_wins_and_all_are_listed():
    edge = A.geometry.bounds[2]
    place = Locator(QUARTET).locate(edge, SOUTH + 0.004, None)
    assert place == Place("border", "A", (Candidate("A", 0.0), Candidate("B", 0.0)), None)


def test_on_a_corner_all_four_are_listed():
    east, north = A.geometry.bounds[2:]
    shapes = [
        ordinary("4", box(WEST, SOUTH, east, north)),
        ordinary("3", box(east, SOUTH, east + STEP, north)),
        ordinary("2", box(WEST, north, east, north + STEP)),
        ordinary("1", box(east, north, east + STEP, north + STEP)),
    ]
    place = Locator(shapes).locate(east, north, None)
    assert (place.match, place.code, codes(place)) == ("border", "1", ["1", "2", "3", "4"])


def test_an_edge_without_a_neighbour_is_inside():
    locator = Locator(QUARTET)
    assert locator.locate(WEST, SOUTH + 0.004, None) == Place("inside", "A", (), None)
    assert locator.locate(WEST, SOUTH, None) == Place("inside", "A", (), None)


def test_inside_with_a_circle_across_the_border_lists_the_others_and_stays():
    edge = A.geometry.bounds[2]
    place = Locator(QUARTET).locate(edge - 0.0001, SOUTH + 0.004, 12.5)  # about 9.2 m from B
    assert (place.match, place.code, codes(place)) == ("inside", "A", ["B"])
    assert place.candidates[0].distance_m == pytest.approx(9.15, abs=0.01)


def test_inside_with_a_circle_that_reaches_nobody_lists_nobody():
    place = Locator(QUARTET).locate(WEST + 0.005, SOUTH + 0.005, 400)
    assert place == Place("inside", "A", (), None)


def test_the_circle_is_round_not_its_box():
    # About 64 m from each edge of the corner: D, diagonally opposite, is 91 m away.
    east, north = A.geometry.bounds[2:]
    place = Locator(QUARTET).locate(east - 0.0007, north - 0.00058, 80)
    assert codes(place) == ["B", "C"]


def test_near_takes_the_nearest_that_the_circle_touches():
    place = Locator(QUARTET).locate(A.geometry.bounds[2] - 0.0002, SOUTH - 0.0001, 30)
    assert (place.match, place.code, codes(place)) == ("near", "A", ["A", "B"])
    assert place.nearest == place.candidates[0]
    assert place.nearest.distance_m == pytest.approx(11.1, abs=0.1)


def test_near_breaks_a_tie_by_the_lowest_code():
    shared = A.geometry.bounds[2]
    left, right = box(WEST, SOUTH, shared, SOUTH + STEP), box(shared, SOUTH, shared + STEP, SOUTH + STEP)
    for first, second in (("1", "2"), ("2", "1")):
        place = Locator([ordinary(first, left), ordinary(second, right)]).locate(shared, SOUTH - 0.0001, 30)
        assert (place.match, place.code, codes(place)) == ("near", "1", ["1", "2"])


def test_outside_names_the_nearest_grid_and_how_far():
    place = Locator(QUARTET).locate(WEST - 0.001, SOUTH + 0.004, 20)
    assert (place.match, place.code, place.candidates) == ("outside", None, ())
    assert place.nearest.code == "A"
    assert place.nearest.distance_m == pytest.approx(91.5, abs=0.1)


def test_nearest_counts_metres_not_degrees():
    # 0.0105° east is 961 m, 0.0100° north is 1,110 m.
    east = ordinary("2", box(WEST + 0.0105, SOUTH - 0.001, WEST + 0.02, SOUTH + 0.001))
    north = ordinary("1", box(WEST - 0.001, SOUTH + 0.01, WEST + 0.001, SOUTH + 0.02))
    assert Locator([east, north]).locate(WEST, SOUTH, None).nearest.code == "2"


def test_without_grids_everything_is_outside():
    locator = Locator([])
    assert len(locator) == 0
    assert locator.locate(WEST, SOUTH, 10) == Place("outside", None, (), None)


def test_a_special_grid_wins_over_the_ordinary_one_below():
    market = special("Z", box(WEST + 0.002, SOUTH + 0.002, WEST + 0.005, SOUTH + 0.005))
    locator = Locator([*QUARTET, market])
    within = locator.locate(WEST + 0.003, SOUTH + 0.003, None)
    assert within == Place("inside", "Z", (Candidate("A", 0.0),), None)
    on_its_edge = locator.locate(WEST + 0.002, SOUTH + 0.003, None)
    assert (on_its_edge.match, on_its_edge.code) == ("inside", "Z")
    beside = locator.locate(WEST + 0.0019, SOUTH + 0.003, 15)
    assert (beside.match, beside.code, codes(beside)) == ("inside", "A", ["Z"])


def test_a_border_below_a_special_grid_is_not_a_border():
    edge = A.geometry.bounds[2]
    market = special("Z", box(edge - 0.001, SOUTH + 0.002, edge + 0.001, SOUTH + 0.005))
    place = Locator([*QUARTET, market]).locate(edge, SOUTH + 0.003, None)
    assert (place.match, place.code, codes(place)) == ("inside", "Z", ["A", "B"])


def test_two_special_grids_share_a_border():
    left, right = (special(c, square(n, 0)) for c, n in (("Y", 0), ("X", 1)))
    east = left.geometry.bounds[2]
    right = special("X", box(east, SOUTH, east + STEP, SOUTH + STEP))
    place = Locator([left, right]).locate(east, SOUTH + 0.001, None)
    assert (place.match, place.code) == ("border", "X")


def test_a_hole_belongs_to_whoever_fills_it():
    hole = box(WEST + 0.004, SOUTH + 0.004, WEST + 0.006, SOUTH + 0.006)
    ring = ordinary("2", Polygon(square(0, 0).exterior, [hole.exterior]))
    alone, filled = Locator([ring]), Locator([ring, ordinary("1", hole)])
    in_hole = WEST + 0.005, SOUTH + 0.005
    assert alone.locate(*in_hole, None).match == "outside"
    assert alone.locate(WEST + 0.0041, SOUTH + 0.005, 20).match == "near"
    assert alone.locate(WEST + 0.004, SOUTH + 0.005, None) == Place("inside", "2", (), None)
    assert filled.locate(*in_hole, None).code == "1"
    assert filled.locate(WEST + 0.004, SOUTH + 0.005, None).match == "border"


def test_every_part_of_a_multipolygon_counts():
    locator = Locator([ordinary("1", MultiPolygon([square(0, 0), square(5, 5)])), ordinary("2", square(2, 2))])
    assert locator.locate(WEST + 5.5 * STEP, SOUTH + 5.5 * STEP, None).code == "1"
    assert locator.locate(WEST + 3.5 * STEP, SOUTH + 3.5 * STEP, None).match == "outside"


def test_overlapping_grids_answer_with_the_lowest_code():
    shapes = [ordinary("2", square(0, 0)), ordinary("1", square(0, 0, 2, 2))]
    place = Locator(shapes).locate(WEST + 0.005, SOUTH + 0.005, None)
    assert place == Place("inside", "1", (Candidate("2", 0.0),), None)


@pytest.mark.parametrize(
    ("lon", "lat", "accuracy"),
    [
        (math.nan, SOUTH, None),
        (WEST, math.inf, None),
        (-math.inf, SOUTH, 5),
        (WEST, SOUTH, -1),
        (WEST, SOUTH, math.nan),
        (WEST, SOUTH, math.inf),
    ],
)
def test_senseless_numbers_are_refused(lon, lat, accuracy):
    with pytest.raises(ValueError, match=r"number|convert"):
        Locator(QUARTET).locate(lon, lat, accuracy)


@pytest.mark.parametrize("geometry", [Polygon(), Point(WEST, SOUTH), square(0, 0).exterior])
def test_only_polygons_are_grids(geometry):
    with pytest.raises(ValueError, match="polygon"):
        Locator([ordinary("1", geometry)])


def test_a_code_comes_once():
    with pytest.raises(ValueError, match="twice"):
        Locator([A, ordinary("A", square(3, 3))])


def test_callers_geometries_are_left_as_they_were():
    geometry = square(0, 0)
    Locator([ordinary("1", geometry)])
    assert not shapely.is_prepared(geometry)


def mesh(seed, side=6):
    """A mesh of quadrilaterals with jittered corners, each border stored identically on both sides."""
    source = random.Random(seed)
    corners = {
        (c, r): (WEST + (c + source.uniform(-0.3, 0.3)) * STEP, SOUTH + (r + source.uniform(-0.3, 0.3)) * STEP)
        for c in range(side + 1)
        for r in range(side + 1)
    }
    names = [f"{n:03d}" for n in range(side * side)]
    source.shuffle(names)
    return corners, [
        ordinary(names.pop(), Polygon([corners[c, r], corners[c + 1, r], corners[c + 1, r + 1], corners[c, r + 1]]))
        for c in range(side)
        for r in range(side)
    ]


def probes(corners, seed):
    """Random points, every corner, and points computed to lie as nearly on a border as doubles allow."""
    source = random.Random(seed)
    points = list(corners.values())
    points += [(WEST + source.uniform(-1, 7) * STEP, SOUTH + source.uniform(-1, 7) * STEP) for _ in range(60)]
    for (c, r), (x1, y1) in corners.items():
        if (c + 1, r) in corners:
            x2, y2 = corners[c + 1, r]
            share = source.random()
            points.append((x1 + (x2 - x1) * share, y1 + (y2 - y1) * share))
    return points


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_the_tree_answers_as_brute_force_does(seed):
    corners, shapes = mesh(seed)
    locator = Locator(shapes)
    for lon, lat in probes(corners, seed):
        covering = sorted(s.code for s in shapes if shapely.covers(s.geometry, Point(lon, lat)))
        place = locator.locate(lon, lat, None)
        if covering:
            assert place.code == covering[0]
            assert place.match == ("inside" if len(covering) == 1 else "border")
            assert codes(place) == ([] if len(covering) == 1 else covering)
        else:
            assert place.match == "outside"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(1, 2000), st.randoms(use_true_random=False))
def test_the_order_of_shapes_does_not_matter(seed, accuracy, shuffler):
    corners, shapes = mesh(seed, side=4)
    shapes.append(special("S", square(1, 1, 2, 1)))
    shuffled = shapes.copy()
    shuffler.shuffle(shuffled)
    first, second = Locator(shapes), Locator(shuffled)
    for lon, lat in probes(corners, seed):
        assert first.locate(lon, lat, accuracy) == second.locate(lon, lat, accuracy)
        assert first.locate(lon, lat, None) == second.locate(lon, lat, None)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(1, 3000))
def test_the_circle_touches_what_brute_force_says(seed, accuracy):
    corners, shapes = mesh(seed, side=4)
    locator = Locator(shapes)
    for lon, lat in probes(corners, seed)[::11]:
        distances = {s.code: metres_on_the_ellipsoid(s.geometry, lon, lat) for s in shapes}
        place = locator.locate(lon, lat, accuracy)
        listed = {*codes(place), place.code} - {None}
        assert all(distances[code] <= accuracy * 1.001 for code in listed)
        assert {code for code, metres in distances.items() if metres <= accuracy * 0.999} <= listed
        if place.match == "outside":
            assert place.nearest.distance_m == pytest.approx(min(distances.values()), rel=1e-3)


def metres_on_the_ellipsoid(geometry, lon, lat):
    """Geodesic distance by sampling the outline, coarsely and then finely around the best; 0 when covered."""
    if shapely.covers(geometry, Point(lon, lat)):
        return 0.0
    outline = geometry.exterior
    middle = outline.project(Point(lon, lat))
    for reach in (0.02, 1e-4):
        along = (middle + np.linspace(-reach, reach, 401)) % outline.length
        samples = shapely.get_coordinates(shapely.line_interpolate_point(outline, along))
        metres = Geod(ellps="WGS84").inv(np.full(401, lon), np.full(401, lat), *samples.T)[2]
        middle = along[metres.argmin()]
    return float(metres.min())


@pytest.mark.parametrize(("reach", "error"), [(0.009, 0.0002), (0.09, 0.002), (0.9, 0.02)])
def test_the_stated_error_of_distances_holds(reach, error):
    geod = Geod(ellps="WGS84")
    for lat in (3, 18, 35, 54.5):
        for angle in range(0, 360, 45):
            lon, to_lat = 111 + reach * math.cos(angle) / math.cos(math.radians(lat)), lat + reach * math.sin(angle)
            tiny = Polygon([(lon, to_lat), (lon + 1e-9, to_lat), (lon, to_lat + 1e-9)])
            nearest = Locator([ordinary("1", tiny)]).locate(111, lat, None).nearest
            assert nearest.distance_m == pytest.approx(geod.inv(111, lat, lon, to_lat)[2], rel=error)


def test_threads_share_one_locator():
    corners, shapes = mesh(7)
    points = probes(corners, 7) * 5
    expected = [Locator(shapes).locate(lon, lat, 50) for lon, lat in points]
    shared, answers = Locator(shapes), {}

    def ask(number):
        answers[number] = [shared.locate(lon, lat, 50) for lon, lat in points]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(answers.values()) == [expected] * 8
