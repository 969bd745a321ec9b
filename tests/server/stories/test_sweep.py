"""The sweep: each rung fires once whoever looks, downtime makes one step a clock, nothing keeps it from going on."""

import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, update

from server.db import transaction
from server.models import Case, Grant, Holiday, Message, Step
from server.services import cases, reference, sweep
from tests.server.stories.tale import Stage, Tale, moment

TOP = Path(__file__).resolve().parents[3]
SWEEP = """
import sys
from datetime import datetime
from server import create_app
from server.services import sweep
app = create_app()
print("ready", flush=True)
sys.stdin.readline()
with app.app_context():
    print(sweep.sweep(datetime.fromisoformat(sys.argv[1])))
"""


@pytest.fixture(autouse=True)
def nothing_else_waits(stage: Stage) -> None:
    """Cases of other stories of this module are left asleep."""
    with stage.office.app.app_context(), transaction() as tx:
        put_to_sleep(tx)


def put_to_sleep(tx: Connection) -> None:
    tx.execute(update(Case).values(wake_at=None))


def several(stage: Stage, count: int) -> list[Tale]:
    made = [Tale(stage).at("03-02 09:00") for _ in range(count)]
    for tale in made:
        tale.files("worker1")
    return made


def at_once(stage: Stage, hour: str, sweepers: int) -> list[int]:
    """How many moves each of several sweepers made: processes of their own on PostgreSQL, threads on SQLite."""
    instant, settings = moment(hour), stage.office.settings
    if settings.embedded:

        def look(_: int) -> int:
            with stage.office.app.app_context():
                return sweep.sweep(instant)

        with ThreadPoolExecutor(sweepers) as pool:
            return list(pool.map(look, range(sweepers)))
    given = {
        "GRIDLOOP_DATABASE_URL": settings.database_url.render_as_string(hide_password=False),
        "GRIDLOOP_MIGRATE_URL": settings.migrate_url.render_as_string(hide_password=False),
        "GRIDLOOP_KEYS_FILE": str(settings.keys_file), "GRIDLOOP_DATA_DIR": str(settings.data_dir),
    }  # fmt: skip
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SWEEP, instant.isoformat()], cwd=TOP, env={**os.environ, **given}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(sweepers)
    ]  # fmt: skip
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return [int(one.communicate(timeout=60)[0].splitlines()[-1]) for one in running]


def test_any_number_of_sweepers_fire_each_rung_exactly_once(stage: Stage):
    tales = several(stage, 12)
    # At eleven every acceptance is due; its yellow light at 10:36 was slept through.
    made = at_once(stage, "03-02 11:00", 3)
    while left := stage.office.rows(select(func.count()).where(Case.wake_at <= moment("03-02 11:00")))[0][0]:
        made += at_once(stage, "03-02 11:00", 1)  # held by another sweeper a moment ago
        assert left <= 12
    assert sum(made) == 12
    ids = [uuid.UUID(tale.case["id"]) for tale in tales]
    steps = stage.office.rows(select(Step.case_id, Step.action).where(Step.case_id.in_(ids), Step.action != "submit"))
    assert sorted(steps) == sorted((one, "remind") for one in ids)
    per_person = select(func.count()).where(Message.case_id.in_(ids), Message.action == "remind")
    # The desk (three), its leader among them, and the township (three) hear of each of twelve.
    assert stage.office.rows(per_person)[0][0] == 12 * 6


def test_after_days_of_downtime_each_clock_makes_one_step_at_its_highest_rung(tale: Tale):
    tale.files("worker1")
    # Accept was due on the 2nd; the case on the 9th, seven working days before the 18th: the red card is proposed.
    tale.at("03-18 19:00").sweep()
    assert tale.steps()[1:] == ["2 remind by itself", "3 remind by itself"]
    rungs = {one["kind"]: one["rung"] for one in tale.case["deadlines"]}
    assert rungs == {"accept": "reminder", "overall": "red_card", "answer": None}
    assert tale.case["rung"] == "supervision"  # what the system issues; a card is proposed, a leader issues it
    assert tale.stage.sweep() == 0
    assert tale.version() == 3


def test_the_ladder_climbs_rung_by_rung_each_once(tale: Tale):
    tale.is_led_by("fire")
    before = tale.version()
    # Handling is due on Thursday the 5th: 80 % of three days and 5½ hours of office time, then due, + 1, + 3, + 7.
    for hour in ("03-04 12:00", "03-05 18:00", "03-06 18:00", "03-10 18:00", "03-16 18:00"):
        tale.at(hour).sweep()
        assert tale.stage.sweep() == 0
    told = [step["payload"] for step in tale.look("county1")["steps"] if step["action"] == "remind"]
    handle = [one["stage"] for one in told if one["kind"] == "handle"]
    assert handle == sorted(set(handle))
    assert handle[-1] == 5
    assert tale.version() > before
    assert len({(one["deadline"], one["stage"]) for one in told}) == len(told)
    assert "acknowledge" in tale.offered("fire1")


def test_a_case_that_cannot_be_moved_does_not_keep_the_others_waiting(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    broken, sound = several(stage, 2)
    usual = cases.advance_by_itself

    def fails(hearing: object, record: object, *rest: object) -> object:
        if str(record.case["id"]) == broken.case["id"]:  # type: ignore[attr-defined]
            raise RuntimeError("this one cannot be moved")
        return usual(hearing, record, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(cases, "advance_by_itself", fails)
    sound.at("03-02 11:00")
    assert stage.sweep() == 1
    assert (broken.version(), sound.version()) == (1, 2)
    monkeypatch.setattr(cases, "advance_by_itself", usual)
    assert stage.sweep() == 1
    assert (broken.version(), sound.version()) == (2, 2)


def test_more_cases_than_one_page_holds_are_all_looked_at(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sweep, "PAGE", 2)
    tales = several(stage, 5)
    tales[0].at("03-02 11:00")
    assert stage.sweep() == 5
    assert {tale.version() for tale in tales} == {2}


def test_one_handler_who_left_does_not_stop_the_sweep_of_others(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    first, second = several(stage, 2)
    for tale in (first, second):
        tale.does("village1", "handle_here", handler="worker4")
    with stage.office.app.app_context(), transaction() as tx:
        theirs = Grant.person_id == stage.person("worker4")
        tx.execute(update(Grant).where(theirs).values(valid_to=moment("03-02 10:00")))
    usual = cases.advance_by_itself

    def fails(hearing: object, record: object, *rest: object) -> object:
        if str(record.case["id"]) == first.case["id"]:  # type: ignore[attr-defined]
            raise RuntimeError("this one cannot be moved")
        return usual(hearing, record, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(cases, "advance_by_itself", fails)
    first.at("03-02 10:00")
    stage.sweep()
    assert second.steps()[-1].endswith("release_handler by itself")


def test_a_changed_calendar_moves_open_clocks_but_not_what_was_set_by_hand(tale: Tale):
    tale.is_led_by("fire", co={"police": "03-04 12:00"})
    closed = Tale(tale.stage)
    closed.files("worker1")
    closed.does("village1", "reject")
    # The office stays closed on Wednesday the 4th.
    stage = tale.stage
    day = Holiday.__table__
    with stage.office.app.app_context():
        with transaction() as tx:
            tx.execute(day.insert().values(day=moment("03-04 00:00").date(), kind="off", name="停电"))
            reference.touch(tx, reference.RULES)
        try:
            moved = sweep.recount_all(stage.clock.now())
            assert moved >= 1
            assert tale.steps()[-1].endswith("recount by itself")
            assert set(tale.clocks()) >= {
                "handle fire 03-06 18:00 (first 03-05 18:00)", "handle police 03-04 12:00",
                "overall township 03-10 18:00 (first 03-09 18:00)",
            }  # fmt: skip
            assert sweep.recount_all(stage.clock.now()) == 0
            assert closed.version() == 2
        finally:
            with transaction() as tx:
                tx.execute(day.delete().where(day.c.day == moment("03-04 00:00").date()))
                reference.touch(tx, reference.RULES)
            sweep.recount_all(stage.clock.now())
    assert "handle fire 03-05 18:00" in tale.clocks()
