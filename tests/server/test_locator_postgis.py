"""The point index says what PostGIS says, on every edge and corner, and follows a redraw while requests go on."""

import itertools
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, func, select, text

from geodata.demo import demo_county
from server import create_app
from server.db import db, reading, transaction
from server.models import Case, Grid
from server.services import places, reference
from tests.conftest import Office
from tests.server.conftest import filed, place_in

Make = Callable[..., dict[str, Any]]
Point = tuple[float, float]
SHAPES = [grid.geometry for grid in demo_county().grids]
VERTICES = sorted({vertex for shape in SHAPES for vertex in shape.exterior.coords})
EDGES = [edge for shape in SHAPES for edge in itertools.pairwise(shape.exterior.coords)]
WEST, SOUTH, EAST, NORTH = shapely.total_bounds(SHAPES)
COVERING = text(
    """
    SELECT (SELECT g.code FROM grids g
            WHERE g.valid_to IS NULL AND ST_Covers(g.geometry, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))
            ORDER BY g.layer <> 'special', g.code LIMIT 1)
    FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) WITH ORDINALITY AS p (lon, lat, n)
    ORDER BY p.n
    """
)


@pytest.fixture(scope="module")
def both(request: pytest.FixtureRequest, shared_office: Office) -> Iterator[Callable[[list[Point]], None]]:
    """`both(points)`: the index, filled from the stored geometry column, and PostGIS must agree on every point."""
    with shared_office.app.app_context(), reading() as snapshot:
        locator = reference.atlas(snapshot).locator

        def compare(points: list[Point]) -> None:
            lons, lats = [point[0] for point in points], [point[1] for point in points]
            stored = snapshot.execute(COVERING, {"lons": lons, "lats": lats}).scalars().all()
            ours = [locator.locate(lon, lat, None).code for lon, lat in points]
            assert [(point, mine) for point, mine in zip(points, ours, strict=True)] == [
                (point, theirs) for point, theirs in zip(points, stored, strict=True)
            ]

        yield compare


only_postgis = pytest.mark.parametrize("shared_office", ["postgresql"], indirect=True, scope="module")


@only_postgis
def test_the_geometry_is_stored_exactly_as_it_was_drawn(shared_office: Office):
    drawn = {grid.code: grid.geometry for grid in demo_county().grids}
    stored = shared_office.rows(select(Grid.code, Grid.geometry).order_by(Grid.code))
    assert [row.code for row in stored] == sorted(drawn)
    assert all(shapely.equals_identical(row.geometry, drawn[row.code]) for row in stored)
    served = shared_office.rows(select(func.ST_SRID(Grid.geometry), func.ST_IsValid(Grid.geometry)).distinct())
    assert [tuple(row) for row in served] == [(4326, True)]


@only_postgis
def test_index_and_postgis_agree_on_every_vertex_and_every_middle_of_an_edge(both: Callable[[list[Point]], None]):
    both([(x, y) for x, y in VERTICES])
    both([((x1 + x2) / 2, (y1 + y2) / 2) for (x1, y1), (x2, y2) in EDGES])


@only_postgis
def test_index_and_postgis_agree_on_points_sown_over_the_county_and_its_surroundings(
    both: Callable[[list[Point]], None],
):
    dice = random.Random(20261122)
    both([(dice.uniform(WEST - 0.01, EAST + 0.01), dice.uniform(SOUTH - 0.01, NORTH + 0.01)) for _ in range(10_000)])


@st.composite
def points_by_an_edge(draw: st.DrawFn) -> Point:
    """Somewhere on an edge or a hair beside it."""
    (x1, y1), (x2, y2) = draw(st.sampled_from(EDGES))
    share = draw(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 1.0])))
    beside = st.sampled_from([0.0, 0.0, 1e-15, -1e-15, 1.5e-14, 1e-12, -1e-12, 1e-9, -1e-9, 1e-7])
    return x1 + share * (x2 - x1) + draw(beside), y1 + share * (y2 - y1) + draw(beside)


@only_postgis
@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(points=st.lists(points_by_an_edge(), min_size=20, max_size=40))
def test_index_and_postgis_agree_on_edges_and_a_hair_beside_them(
    both: Callable[[list[Point]], None], points: list[Point]
):
    both(points)


def redraw(office: Office) -> None:
    """The first two grids of the first village change places."""
    grids = [grid for grid in demo_county().grids if grid.village_code == "990101001001"]
    first, second, *others = grids
    changed = [
        type(first)(first.code, first.name, first.layer, first.village_code, second.geometry),
        type(first)(second.code, second.name, second.layer, second.village_code, first.geometry),
        *others,
    ]
    with office.app.app_context(), transaction() as tx:
        done = places.put_grids(tx, changed, datetime.now(UTC))
    assert (done.added, set(done.changed), done.removed) == ((), {first.code, second.code}, ())


def grid_at(app: Flask, token: str, place: dict[str, Any]) -> str:
    query = f"lon={place['lon']}&lat={place['lat']}&crs=wgs84"
    answer = app.test_client().get(f"/api/v1/locate?{query}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    code: str = answer.json["grid"]["code"]
    return code


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_redraw_is_followed_without_a_restart_while_requests_go_on(office: Office):
    place, token = place_in("990101001001001"), office.client("worker1").token
    beside = create_app(office.settings)  # another process serving the same books
    assert grid_at(office.app, token, place) == grid_at(beside, token, place) == "990101001001001"
    seen: list[list[str]] = [[] for _ in range(3)]
    finished = threading.Event()

    def keep_asking(answers: list[str]) -> None:
        while not finished.is_set():
            answers.append(grid_at(office.app, token, place))
        answers.append(grid_at(office.app, token, place))

    threads = [threading.Thread(target=keep_asking, args=(answers,)) for answers in seen]
    for thread in threads:
        thread.start()
    try:
        for answers in seen:
            wait_for(lambda answers=answers: len(answers) > 3)
        redraw(office)
        # Whoever asks after the commit hears the new answer, in this process and in the other.
        assert grid_at(office.app, token, place) == grid_at(beside, token, place) == "990101001001002"
    finally:
        finished.set()
        for thread in threads:
            thread.join()
    for answers in seen:
        assert set(answers) == {"990101001001001", "990101001001002"}
        assert answers == sorted(answers)  # never back to the old map
    with beside.app_context():
        db.engine.dispose()


def test_old_cases_keep_the_grid_they_were_filed_in(office: Office, report: Make):
    worker, desk = office.client("worker1"), office.client("village1")
    old = filed(worker, report())
    redraw(office)
    new = filed(worker, report())
    assert (old["grid"]["code"], new["grid"]["code"]) == ("990101001001001", "990101001001002")
    assert desk.get(f"/cases/{old['id']}").json["grid"] == old["grid"]
    versions = (
        select(Grid.version, Grid.valid_to.is_(None))
        .join(Case, Case.grid_id == Grid.id)
        .where(Case.id == bindparam("case"))
    )
    assert [tuple(row) for row in office.rows(versions.params(case=uuid.UUID(old["id"])))] == [(1, False)]
    assert [tuple(row) for row in office.rows(versions.params(case=uuid.UUID(new["id"])))] == [(2, True)]
    assert desk.get("/grids/990101001001001").json["properties"]["version"] == 2
    listed = [item["id"] for item in desk.get("/cases?grid=990101001001001").json["items"]]
    assert listed == [old["id"]]


def test_the_same_grids_again_change_nothing(office: Office, report: Make):
    redraw(office)
    before = office.rows(select(func.count()).select_from(Grid))
    grids = [grid for grid in demo_county().grids if grid.village_code == "990101001002"]
    with office.app.app_context(), transaction() as tx:
        done = places.put_grids(tx, grids[::-1], datetime.now(UTC))
    assert (done.added, done.changed, done.removed) == ((), {}, ())
    assert office.rows(select(func.count()).select_from(Grid)) == before
