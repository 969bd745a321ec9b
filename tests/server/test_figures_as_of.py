"""A month that is over shows cases where they lay then, as what they were then, and limits at the units that owned them
then, whatever was corrected, handed on or merged into other units since."""

import uuid
from typing import Any

import pytest

from server import clock
from server.db import transaction
from server.services import places, sweep
from tests.conftest import Office
from tests.server.june import FIRE, OTHER_VILLAGE, VILLAGE, June, in_grid_of, open_in_june

LATER = "Mon 2026-07-20 09:00"
JULY = {"from": "2026-07-01", "to": "2026-07-31"}
WHY = {"reason": "上报时选错了类别和地点。"}


@pytest.fixture
def june(office: Office, monkeypatch: pytest.MonkeyPatch) -> June:
    return open_in_june(office, monkeypatch)


def rows(june: June, figure: str, by: str, **changes: Any) -> dict[str, int]:
    """Row → how many, where there are any."""
    june.at(LATER)
    return {row["key"]: row[figure] for row in june.figures(by=by, **changes)["rows"] if row[figure]}


def test_what_is_corrected_after_a_month_s_end_stays_in_that_month_where_and_what_it_was(june: June):
    wrong = june.file("Tue 2026-06-30 09:00")
    june.file("Tue 2026-06-30 10:00")
    june.move("Wed 2026-07-01 09:00", "township1", wrong, "correct", category="C-05",
              location=in_grid_of(OTHER_VILLAGE), **WHY)  # fmt: skip
    assert rows(june, "received", "area") == {VILLAGE: 2}
    assert rows(june, "received", "category") == {FIRE: 2}
    behind = june.behind("received", by="category", key=FIRE)
    assert wrong in [one["id"] for one in behind["items"]]
    # What falls due in July is July's, where the case lies by then.
    assert rows(june, "due", "area", **JULY) == {VILLAGE: 1, OTHER_VILLAGE: 1}
    assert rows(june, "due", "category", **JULY) == {FIRE: 1, "C-05": 1}


def test_what_was_corrected_within_the_month_counts_as_corrected(june: June):
    wrong = june.file("Mon 2026-06-29 09:00")
    june.move("Tue 2026-06-30 09:00", "township1", wrong, "correct", category="C-05",
              location=in_grid_of(OTHER_VILLAGE), **WHY)  # fmt: skip
    assert rows(june, "received", "area") == {OTHER_VILLAGE: 1}
    assert rows(june, "received", "category") == {"C-05": 1}


def test_a_dispute_confirmed_as_none_after_the_end_was_one_in_that_month(june: June):
    taken = june.file("Tue 2026-06-30 17:00", category="D-02")
    june.handle("Wed 2026-07-01 09:00", taken, category="C-05")
    assert rows(june, "received", "category") == {"D-02": 1}
    assert rows(june, "decided", "category", **JULY) == {"C-05": 1}


def test_a_case_belongs_to_the_unit_that_owned_its_limit_at_the_end(june: June):
    case_id = june.file("Tue 2026-06-30 09:00")
    village, township = june.unit("village1"), june.unit("township1")
    june.move("Wed 2026-07-01 09:00", "village1", case_id, "escalate", reason="需要消防部门到场。",
              work_done="已劝说住户先清理。")  # fmt: skip
    june.move("Wed 2026-07-01 09:20", "township1", case_id, "accept", category=FIRE, urgency=2)
    june.move("Wed 2026-07-01 09:30", "township1", case_id, "dispatch", lead=june.unit("fire1"))
    assert rows(june, "received", "unit") == {village: 1}
    assert list(rows(june, "due", "unit", **JULY)) == [township]


def test_the_limits_of_a_unit_that_ended_after_the_month_stay_its_own_in_it(june: June):
    case_id = june.file("Mon 2026-06-29 09:00")
    june.move("Mon 2026-06-29 09:10", "village1", case_id, "escalate", reason="需要消防部门到场。",
              work_done="已劝说住户先清理。")  # fmt: skip
    june.move("Mon 2026-06-29 09:20", "township1", case_id, "accept", category=FIRE, urgency=2)
    fire, police = june.unit("fire1"), june.unit("police1")
    june.move("Mon 2026-06-29 09:30", "township1", case_id, "dispatch", lead=fire)
    june.at("Wed 2026-07-01 09:00")
    with june.office.app.app_context():
        with transaction() as tx:
            places.end_unit(tx, uuid.UUID(fire), uuid.UUID(police), clock.now())
        assert sweep.succeed(uuid.UUID(fire), uuid.UUID(police), clock.now()) == 1
    signing = rows(june, "sign_due", "unit")
    assert signing == {fire: 1}
