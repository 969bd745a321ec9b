"""What a month's figures cost does not grow with the age of the system: rows that PostgreSQL touches, counted by it.

Timing proves nothing on a busy machine; `EXPLAIN ANALYZE` says how many rows each step of each query read.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from server.db import db
from tests.conftest import Office, postgres_url
from tests.server.june import June, open_in_june

TABLES = ("cases", "steps", "step_payloads", "assignments", "requests", "deadlines", "audience")
"""What grows with every case, parents first."""
ON_THE_SPOT = {"settled": {"result": "当场搬走了纸箱。", "photos": []}}


def file_june(june: June) -> int:
    """Two dozen cases of every kind; how many."""
    for day in range(1, 9):
        if day in (6, 7):
            continue  # a weekend
        hour = f"2026-06-0{day} 09"
        weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[(day - 1) % 7]
        june.settle(f"{weekday} {hour}:00", f"{weekday} {hour}:10", f"{weekday} {hour}:20", f"{weekday} {hour}:30")
        kept = june.file(f"{weekday} {hour}:40")
        june.handle(f"{weekday} {hour}:41", kept)
        june.move(
            f"{weekday} {hour}:42", "village1", kept, "ask_suspension", code="waiting_appraisal", text="等待鉴定结果。",
            measures="已设围挡并派人值守。", review_on="2026-06-30",
        )  # fmt: skip
        june.file(f"{weekday} {hour}:45", **ON_THE_SPOT)
        withdrawn = june.file(f"{weekday} {hour}:50")
        june.move(f"{weekday} {hour}:55", "worker1", withdrawn, "withdraw", reason="住户已经自己清理。")
    june.at("Mon 2026-07-20 09:00")
    return 24


def grow_old(owner: psycopg.Connection[Any], months: range) -> None:
    """The same cases once more for each of these months before June, as if the office had stood that long."""
    for table in TABLES:
        columns = owner.execute(
            "SELECT column_name, udt_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position", [table],
        ).fetchall()  # fmt: skip
        key = {"step_payloads": "step_id", "audience": "case_id"}.get(table, "id")
        made = ", ".join(_older(name, kind, table) for name, kind in columns)
        named = ", ".join(name for name, _ in columns)
        owner.execute(
            f"INSERT INTO {table} ({named}) SELECT {made} FROM {table} AS one,"
            f" generate_series({months.start}, {months.stop - 1}) AS back"
            f" WHERE one.{key} IN (SELECT {key} FROM young_{table})"
        )
    owner.execute(f"ANALYZE {', '.join(TABLES)}")


def _older(name: str, kind: str, table: str) -> str:
    """A column of a copy: its ids made anew, its instants that many months earlier."""
    ours = {"id", "case_id", "step_id", "assignment_id", "request_id"}
    if kind == "uuid" and name in ours:
        return f"md5(one.{name}::text || back)::uuid"
    if kind == "timestamptz":
        return f"one.{name} - make_interval(months => back)"
    return f"one.{name} || '~' || back" if (table, name) == ("cases", "code") else f"one.{name}"


@contextmanager
def statements(office: Office) -> Iterator[list[tuple[str, Any]]]:
    """What the office says to its database meanwhile."""
    said: list[tuple[str, Any]] = []

    def listen(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    with office.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    yield said
    event.remove(engine, "before_cursor_execute", listen)


def touched(owner: psycopg.Connection[Any], said: list[tuple[str, Any]]) -> tuple[int, set[str]]:
    """How many rows these statements read or pass on, and which of the growing tables they read whole."""
    rows, whole = 0, set[str]()
    for statement, parameters in said:
        if "cohort" not in statement and "members" not in statement:
            continue
        plan = owner.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).fetchone()
        assert plan is not None
        found = plan[0] if isinstance(plan[0], list) else json.loads(plan[0])
        nodes = [found[0]["Plan"]]
        while nodes:
            node = nodes.pop()
            nodes += node.get("Plans", [])
            read = node["Actual Rows"] + sum(
                node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck")
            )
            rows += read * node["Actual Loops"]
            if node["Node Type"] in ("Seq Scan", "Parallel Seq Scan") and node.get("Relation Name") in TABLES:
                whole.add(node["Relation Name"])
    return rows, whole


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_month_costs_the_same_however_old_the_office_is(office: Office, monkeypatch: pytest.MonkeyPatch):
    june = open_in_june(office, monkeypatch)
    filed = file_june(june)
    name = office.settings.database_url.database
    asked = [(by, "received") for by in ("area", "unit", "category")] + [("area", "closure"), ("area", "return_rate")]
    costs: list[dict[tuple[str, str], int]] = []
    with psycopg.connect(postgres_url("gridloop_owner", str(name)), autocommit=True) as owner:
        for table in TABLES:
            owner.execute(f"CREATE TABLE young_{table} AS SELECT * FROM {table}")
        for months in (range(1, 61), range(61, 241)):
            grow_old(owner, months)
            cost = {}
            for by, indicator in asked:
                with statements(office) as said:
                    june.at("Mon 2026-07-20 09:00")
                    assert june.figures(by=by)["total"]["received"] == filed
                    june.behind(indicator, "denominator" if indicator != "received" else "numerator", by=by)
                cost[by, indicator], whole = touched(owner, said)
                if months.start > 1:
                    assert whole == set(), (by, indicator)
            costs.append(cost)
        old = owner.execute("SELECT count(*) FROM cases").fetchone()
    assert old == (filed * 241,)
    young, aged = costs
    for question, rows in aged.items():
        # Four times the cases, the same rows: a plan may differ a little, never by the age.
        assert 0 < rows <= young[question] * 1.25, (question, young[question], rows)
