"""The demonstration county is whole: its borders match, everyone has an office, everything is answered for."""

from collections import Counter
from itertools import pairwise

import shapely

from geodata.demo import demo_county
from geodata.demo.places import draw_grids
from geodata.rulebook import read_rulebook
from grids.codes import read_grid_code, read_place_code
from grids.locator import GridShape, Locator

COUNTY = demo_county()
AREAS = {area.code: area for area in COUNTY.areas}
UNITS = {unit.key: unit for unit in COUNTY.units}
PEOPLE = {person.account: person for person in COUNTY.people}
ORDINARY = [grid for grid in COUNTY.grids if grid.layer == "ordinary"]


def place_of(account):
    """The area in which an account's one grant stands."""
    (grant,) = PEOPLE[account].grants
    if grant.role == "grid_worker":
        return next(AREAS[grid.village_code] for grid in COUNTY.grids if grid.code == grant.target)
    return AREAS[UNITS[grant.target].area_code]


def line_above(area):
    codes = [area.code]
    while AREAS[codes[-1]].parent:
        codes.append(AREAS[codes[-1]].parent)
    return codes


def test_its_size_is_what_trials_need():
    levels = Counter(area.level for area in COUNTY.areas)
    assert (levels["city"], levels["county"], levels["township"]) == (1, 1, 2)
    assert levels["village"] >= 12
    assert len(ORDINARY) >= 96
    assert [grid.layer for grid in COUNTY.grids].count("special") == 1


def test_codes_obey_the_rules_and_cannot_be_real():
    for area in COUNTY.areas:
        read = read_place_code(area.code)
        assert read.level == area.level
        assert area.parent == (None if area.level == "city" else read.parent)
        assert area.code.startswith("99")
    for grid in COUNTY.grids:
        assert read_grid_code(grid.code) == grid.village_code
        assert AREAS[grid.village_code].level == "village"
    assert len({grid.code for grid in COUNTY.grids}) == len(COUNTY.grids)


def test_areas_stand_parents_first():
    seen = set()
    for area in COUNTY.areas:
        assert area.parent is None or area.parent in seen
        seen.add(area.code)


def test_borders_match_vertex_by_vertex_without_gap_or_overlap():
    shapes = [grid.geometry for grid in ORDINARY]
    assert all(shape.is_valid for shape in shapes)
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.union_all(shapes)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    tree = shapely.STRtree(shapes)
    for first, second in tree.query(shapes, predicate="intersects").T:
        if first < second:
            assert shapes[first].intersection(shapes[second]).area == 0
    uses = Counter(edge for shape in shapes for edge in edges(shape))
    on_the_rim = set(edges(whole))
    assert all(uses[edge] == (1 if edge in on_the_rim else 2) for edge in uses)


def edges(polygon):
    ring = list(polygon.exterior.coords)
    return [frozenset(pair) for pair in pairwise(ring)]


def test_borders_wind():
    first, second = (grid.geometry for grid in ORDINARY[:2])
    shared = shapely.line_merge(first.intersection(second))
    straight = shapely.LineString([shared.coords[0], shared.coords[-1]])
    assert len(shared.coords) > 10
    assert shared.hausdorff_distance(straight) > 0.02 * straight.length


def test_it_lies_where_the_formulas_of_all_coordinate_systems_work():
    west, south, east, north = shapely.total_bounds([grid.geometry for grid in COUNTY.grids])
    assert 111 < west < east < 111.5
    assert 34.5 < south < north < 35


def test_the_market_wins_over_the_grids_it_lies_in():
    market = next(grid for grid in COUNTY.grids if grid.layer == "special")
    below = [grid.code for grid in ORDINARY if grid.geometry.intersects(market.geometry)]
    assert len(below) == 2
    locator = Locator(GridShape(grid.code, grid.layer, grid.geometry) for grid in COUNTY.grids)
    assert locator.locate(*market.geometry.centroid.coords[0], None).code == market.code
    for grid in ORDINARY:
        if grid.code not in below:
            assert locator.locate(*grid.geometry.representative_point().coords[0], None).code == grid.code


def test_the_script_draws_the_same_every_time():
    assert [g.geometry.wkb for g in draw_grids()] == [g.geometry.wkb for g in COUNTY.grids]


def test_every_area_has_one_centre_and_townships_their_departments():
    centres = Counter(unit.area_code for unit in COUNTY.units if unit.kind == "centre")
    assert centres == dict.fromkeys(AREAS, 1)
    for area in COUNTY.areas:
        kinds = Counter(unit.kind for unit in COUNTY.units if unit.area_code == area.code)
        if area.level == "township":
            assert kinds["department"] >= 7
        if area.level in ("township", "village"):
            assert kinds["mediation"] == 1
    assert len(UNITS) == len(COUNTY.units)
    assert len({unit.name for unit in COUNTY.units}) == len(COUNTY.units)


def test_every_category_is_answered_in_every_township():
    categories = {category.code: category for category in read_rulebook().categories}
    for duty in COUNTY.duties:
        assert duty.category in categories
        assert UNITS[duty.unit_key].area_code == duty.area_code
    for township in (area for area in COUNTY.areas if area.level == "township"):
        answered = {duty.category for duty in COUNTY.duties if duty.area_code == township.code}
        for leaf in (category for category in categories.values() if category.leaf):
            line = [leaf.code]
            while categories[line[-1]].parent:
                line.append(categories[line[-1]].parent)
            assert answered & set(line), leaf.code


def test_the_known_accounts_stand_in_one_line():
    village = place_of("worker1")
    assert PEOPLE["worker1"].grants[0].target == ORDINARY[0].code
    assert place_of("village1") == village
    assert [place_of(account).code for account in ("village1", "township1", "county1")] == line_above(village)[:3]
    assert place_of("leader1") == place_of("township1") == place_of("fire1")
    assert [PEOPLE[a].grants[0].role for a in ("worker1", "village1", "township1", "leader1", "county1")] == [
        "grid_worker",
        "member",
        "member",
        "leader",
        "member",
    ]
    fire = UNITS[PEOPLE["fire1"].grants[0].target]
    assert fire.kind == "department"
    assert "消防" in fire.name
    for account in ("village1", "village2", "township1", "leader1", "county1"):
        assert UNITS[PEOPLE[account].grants[0].target].kind == "centre"


def test_the_second_village_is_another_one_of_the_same_township():
    assert place_of("worker2") == place_of("village2") != place_of("worker1")
    assert place_of("worker2").parent == place_of("worker1").parent


def test_admin_and_auditor_hold_nothing_else():
    assert [grant.role for grant in PEOPLE["admin1"].grants] == ["admin"]
    assert [grant.role for grant in PEOPLE["auditor1"].grants] == ["auditor"]


def test_every_grid_has_a_worker_and_every_unit_its_people():
    assert len(PEOPLE) == len(COUNTY.people)
    grants = [grant for person in COUNTY.people for grant in person.grants]
    workers = Counter(grant.target for grant in grants if grant.role == "grid_worker")
    assert workers == {grid.code: 1 for grid in COUNTY.grids}
    members = Counter(grant.target for grant in grants if grant.role == "member")
    leaders = Counter(grant.target for grant in grants if grant.role == "leader")
    for key in UNITS:
        assert members[key] >= 2
        assert leaders[key] == 1
    assert set(members) | set(leaders) <= set(UNITS)
    assert all(person.account == person.account.lower() and len(person.name) == 3 for person in COUNTY.people)
