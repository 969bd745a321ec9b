"""Where a report lands: which grid, which desk holds it first, and which limits start to run."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import shapely
from shapely import Point

from geodata.crs import from_wgs84
from geodata.demo import demo_county
from tests.conftest import Office
from tests.server.conftest import filed, place_at, place_in, refused

Make = Callable[..., dict[str, Any]]
FIRST_GRID, OWN_VILLAGE = "990101001001001", "望禾社区综治工作站"
TOWNSHIP, TOWN, COUNTY = "禾桥街道综治中心", "柿沟镇综治中心", "青禾县综治中心"
NOWHERE: dict[str, Any] = {"location": None, "no_location_reason": "在室内，没有定位信号"}


def shape_of(code: str) -> Any:
    return next(grid.geometry for grid in demo_county().grids if grid.code == code)


def corner_of_two_villages() -> tuple[Point, list[str]]:
    """A vertex where grids of different villages meet, and the codes of all ordinary grids that share it."""
    shared: defaultdict[tuple[float, float], set[str]] = defaultdict(set)
    for grid in demo_county().grids:
        if grid.layer == "ordinary":
            for vertex in grid.geometry.exterior.coords:
                shared[vertex].add(grid.code)
    vertex, codes = max(shared.items(), key=lambda item: (len({code[:12] for code in item[1]}), len(item[1]), item[0]))
    assert len({code[:12] for code in codes}) >= 2
    return Point(vertex), sorted(codes)


def test_a_place_inside_a_grid_belongs_to_it(shared_office: Office, report: Make):
    case = filed(shared_office.client("worker1"), report())
    assert (case["grid"]["code"], case["grid"]["match"]) == (FIRST_GRID, "inside")
    assert (case["area"]["code"], case["holder"]["name"]) == ("990101001001", OWN_VILLAGE)
    assert case["code"].startswith("990101-")


def test_a_corner_shared_by_several_grids_goes_to_the_lowest_code_and_names_all(shared_office: Office, report: Make):
    point, codes = corner_of_two_villages()
    case = filed(shared_office.client("worker1"), report(location=place_at(point, accuracy_m=None)))
    assert (case["grid"]["code"], case["grid"]["match"]) == (codes[0], "border")
    assert [(one["code"], one["distance_m"]) for one in case["grid"]["candidates"]] == [(code, 0) for code in codes]
    assert case["area"]["code"] == codes[0][:12]


def test_a_special_grid_wins_over_the_ordinary_one_below_it(shared_office: Office, report: Make):
    case = filed(shared_office.client("worker1"), report(location=place_in("990101001002901")))
    assert (case["grid"]["code"], case["grid"]["match"]) == ("990101001002901", "inside")
    assert case["holder"]["name"] == "晒秋社区综治工作站"


def test_a_place_just_outside_all_grids_goes_to_the_one_its_accuracy_circle_touches(
    shared_office: Office, report: Make
):
    west, south, _, north = shape_of(FIRST_GRID).bounds
    edge = shape_of(FIRST_GRID).exterior.intersection(
        shapely.LineString([(west - 1, (south + north) / 2), (west + 0.003, (south + north) / 2)])
    )
    outside = Point(edge.centroid.x - 0.0005, edge.centroid.y)  # about 45 m
    near = filed(shared_office.client("worker1"), report(location=place_at(outside, accuracy_m=100)))
    assert (near["grid"]["code"], near["grid"]["match"]) == (FIRST_GRID, "near")
    assert 20 < near["grid"]["candidates"][0]["distance_m"] < 60
    assert near["holder"]["name"] == OWN_VILLAGE
    far = filed(shared_office.client("worker1"), report(location=place_at(outside, accuracy_m=5)))
    assert (far["grid"]["code"], far["grid"]["match"]) == (None, "outside")


@pytest.mark.parametrize(("lon", "centre"), [(111.10, TOWNSHIP), (111.35, TOWN)])
def test_a_place_outside_all_grids_goes_to_the_nearest_township_and_is_flagged(
    shared_office: Office, report: Make, lon: float, centre: str
):
    case = filed(shared_office.client("worker1"), report(location=place_at(Point(lon, 34.79))))
    assert (case["grid"]["code"], case["grid"]["name"], case["grid"]["match"]) == (None, None, "outside")
    assert case["holder"]["name"] == centre
    assert case["grid"]["candidates"][0]["distance_m"] > 1000
    member = shared_office.client("township1" if centre == TOWNSHIP else "township2")
    assert case["id"] in [one["id"] for one in member.get("/cases?ask=accept").json["items"]]


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "cgcs2000"])
def test_a_place_measured_in_another_system_lands_in_the_same_grid(shared_office: Office, report: Make, crs: Any):
    place = place_in("990101001003004")
    lon, lat = from_wgs84(place["lon"], place["lat"], crs)
    case = filed(shared_office.client("worker1"), report(location={**place, "lon": lon, "lat": lat, "crs": crs}))
    assert case["grid"]["code"] == "990101001003004"
    assert (case["location"]["lon"], case["location"]["lat"], case["location"]["crs"]) == (lon, lat, crs)
    assert case["location"]["wgs84"]["lon"] == pytest.approx(place["lon"], abs=1e-8)


def test_without_a_place_a_worker_s_report_goes_to_a_grid_of_their_own(shared_office: Office, report: Make):
    worker = shared_office.client("worker1")
    for chosen in (None, FIRST_GRID):
        case = filed(worker, report(**NOWHERE, grid_code=chosen))
        assert (case["grid"]["code"], case["grid"]["match"]) == (FIRST_GRID, "chosen")
        assert (case["location"], case["no_location_reason"]) == (None, NOWHERE["no_location_reason"])
        assert case["holder"]["name"] == OWN_VILLAGE
    for foreign in ("990101001002001", "no-such-grid"):
        answer = worker.put("/reports/00000000-0000-4000-8000-000000000001", json=report(**NOWHERE, grid_code=foreign))
        refused(answer, 422, "invalid", "grid_code")


@pytest.mark.parametrize(
    ("account", "desk"),
    [("village1", OWN_VILLAGE), ("village2", "晒秋社区综治工作站"), ("township1", TOWNSHIP), ("fire1", TOWNSHIP),
     ("county1", COUNTY)],
)  # fmt: skip
def test_without_place_and_grid_a_report_goes_to_the_reporter_s_own_desk(
    shared_office: Office, report: Make, account: str, desk: str
):
    case = filed(shared_office.client(account), report(**NOWHERE))
    assert (case["grid"]["code"], case["grid"]["match"], case["grid"]["candidates"]) == (None, "chosen", [])
    assert case["holder"]["name"] == desk


def test_a_worker_may_choose_any_grid_that_the_accuracy_circle_touches(shared_office: Office, report: Make):
    worker = shared_office.client("worker1")
    wide = place_in(FIRST_GRID) | {"accuracy_m": 5000}
    centre = Point(wide["lon"], wide["lat"])
    # More than the twenty that are shown: the choice is held against all that are touched.
    by_distance = sorted(demo_county().grids, key=lambda grid: grid.geometry.distance(centre))
    chosen = by_distance[25].code
    case = filed(worker, report(location=wide, grid_code=chosen))
    assert (case["grid"]["code"], case["area"]["code"]) == (chosen, chosen[:12])
    assert len(case["grid"]["candidates"]) == 20
    exact = place_in(FIRST_GRID) | {"accuracy_m": None}
    assert filed(worker, report(location=exact, grid_code=FIRST_GRID))["grid"]["code"] == FIRST_GRID
    path = "/reports/00000000-0000-4000-8000-000000000002"
    for place, code in ((exact, "990101001001002"), (wide, by_distance[-1].code), (exact, "no-such-grid")):
        refused(worker.put(path, json=report(location=place, grid_code=code)), 422, "grid_too_far", "grid_code")


@pytest.mark.parametrize("source", ["walk_in", "hotline", "police", "court", "petition"])
@pytest.mark.parametrize(
    ("account", "desk"), [("village1", OWN_VILLAGE), ("township1", TOWNSHIP), ("fire1", TOWNSHIP), ("county1", COUNTY)]
)
def test_what_reaches_a_desk_stays_with_the_centre_where_the_person_stands(
    shared_office: Office, report: Make, source: str, account: str, desk: str
):
    case = filed(shared_office.client(account), report(source=source, location=place_in("990101001002003")))
    assert case["holder"]["name"] == desk
    assert (case["grid"]["code"], case["area"]["code"]) == ("990101001002003", "990101001002")


@pytest.mark.parametrize("source", ["patrol", "visit", "wechat_group", "other"])
def test_what_is_met_on_the_way_goes_to_the_desk_of_the_place_whoever_reports_it(
    shared_office: Office, report: Make, source: str
):
    for account in ("worker1", "township1"):
        case = filed(shared_office.client(account), report(source=source, location=place_in("990101001002003")))
        assert case["holder"]["name"] == "晒秋社区综治工作站"


@pytest.mark.parametrize("category", ["R-06", "R-07", "R-01"])
def test_what_must_avoid_the_village_goes_to_the_township(shared_office: Office, report: Make, category: str):
    case = filed(shared_office.client("worker1"), report(category=category))
    assert case["holder"]["name"] == TOWNSHIP
    assert case["area"]["code"] == "990101001001"
    at_the_desk = filed(shared_office.client("village1"), report(category="P-08", source="walk_in"))
    assert at_the_desk["holder"]["name"] == TOWNSHIP


@pytest.mark.parametrize("category", ["P-08", "S-09", "R-03"])
def test_a_grid_worker_does_not_report_what_is_not_admitted_for_them(
    shared_office: Office, report: Make, category: str
):
    path = "/reports/00000000-0000-4000-8000-000000000003"
    answer = shared_office.client("worker1").put(path, json=report(category=category))
    refused(answer, 422, "invalid", "category")
    assert filed(shared_office.client("village1"), report(category=category))["category"] == category


@pytest.mark.parametrize("account", ["admin1", "auditor1", "inspector1"])
def test_who_only_administers_or_looks_on_does_not_report(shared_office: Office, report: Make, account: str):
    path = "/reports/00000000-0000-4000-8000-000000000004"
    refused(shared_office.client(account).put(path, json=report()), 403, "not_for_your_role")


def test_at_the_highest_urgency_acceptance_is_due_in_fifteen_minutes_at_any_hour(shared_office: Office, report: Make):
    case = filed(shared_office.client("worker1"), report(urgency=4))
    accept = next(clock for clock in case["deadlines"] if clock["kind"] == "accept")
    received = datetime.fromisoformat(case["received_at"])
    assert datetime.fromisoformat(accept["due_original"]) == received + timedelta(minutes=15)
    assert accept["unit"]["name"] == OWN_VILLAGE
    assert accept["due_original"] == accept["due_current"]
