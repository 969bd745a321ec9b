"""One point located at 12,322 grids: in process, and by PostGIS `ST_Covers` over a GiST index, in the same run.

Both answer the same points, in turn; their answers must be the same.
"""

import random
import time
from collections.abc import Callable, Sequence

import psycopg
import shapely

from grids.locator import GridShape, Locator
from tests.bench import invented
from tests.bench.figures import spread, table

BORDER_SHARE = 0.05
_ASK = """
    SELECT code FROM bench_grids WHERE ST_Covers(geometry, ST_SetSRID(ST_MakePoint(%s, %s), 4326)) ORDER BY code LIMIT 1
"""

Point = tuple[float, float]


def main(database: str, points: int, rounds: int) -> None:
    """Print microseconds per point and the ratio, as min / median / max; AssertionError when answers differ."""
    assert database == "postgresql"
    plots = invented.invent()[1]
    locator = Locator(GridShape(plot.code, "ordinary", plot.shape) for plot in plots)
    with psycopg.connect(dbname="postgres", autocommit=True) as connection:
        _store(connection, plots)
        asked = _points(plots, points)
        ours, theirs, ratios = [], [], []
        for _ in range(rounds):
            found, here = _timed(lambda at: locator.locate(*at, None).code, asked)
            told, there = _timed(lambda at: _ask(connection, at), asked)
            assert found == told, "the locator and PostGIS disagree"
            ours.append(here)
            theirs.append(there)
            ratios.append(there / here)
        connection.execute("DROP TABLE bench_grids")
    rows = [
        ("one point", "µs, min / median / max"),
        ("in process", spread(ours, 1)),
        ("PostGIS ST_Covers, one query", spread(theirs, 1)),
        ("ratio in the same round", spread(ratios, 1)),
    ]
    print(table(rows))
    print(f"\n{len(plots):,} grids, {points:,} points ({BORDER_SHARE:.0%} on corners), all answers alike")


def _store(connection: psycopg.Connection[tuple[object, ...]], plots: Sequence[invented.Plot]) -> None:
    connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    connection.execute("DROP TABLE IF EXISTS bench_grids")
    connection.execute(
        'CREATE TABLE bench_grids (code text COLLATE "C" PRIMARY KEY, geometry geometry(Geometry, 4326))'
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO bench_grids VALUES (%s, ST_GeomFromWKB(%s, 4326))",
            [(plot.code, shapely.to_wkb(plot.shape)) for plot in plots],
        )
    connection.execute("CREATE INDEX ON bench_grids USING gist (geometry)")
    connection.execute("ANALYZE bench_grids")


def _points(plots: Sequence[invented.Plot], count: int) -> list[Point]:
    rng = random.Random(12322)
    west, south, east, north = shapely.total_bounds([plot.shape for plot in plots])
    inside = [(rng.uniform(west, east), rng.uniform(south, north)) for _ in range(count)]
    on_corners = int(count * BORDER_SHARE)
    return [tuple(rng.choice(rng.choice(plots).shape.exterior.coords)) for _ in range(on_corners)] + inside[on_corners:]


def _ask(connection: psycopg.Connection[tuple[object, ...]], at: Point) -> object:
    row = connection.execute(_ASK, at, prepare=True).fetchone()
    return row[0] if row else None


def _timed(answer: Callable[[Point], object], asked: Sequence[Point]) -> tuple[list[object], float]:
    """The answers, and microseconds for one."""
    began = time.perf_counter()
    answers = [answer(at) for at in asked]
    return answers, (time.perf_counter() - began) * 1e6 / len(asked)
