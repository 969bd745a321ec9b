"""Who may ask for figures and see the cases behind them, what a question must say, and what stays once it is frozen."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError

from server.db import transaction
from server.models import FrozenFigures
from tests.conftest import Office
from tests.server.conftest import refused
from tests.server.june import CADRES, FIRE, TOWNSHIP, VILLAGE, June, open_in_june

COUNTY, FAR_TOWNSHIP, OTHER_VILLAGE = "990101000000", "990101101000", "990101001002"


@pytest.fixture
def june(office: Office, monkeypatch: pytest.MonkeyPatch) -> June:
    return open_in_june(office, monkeypatch)


@pytest.fixture(scope="module")
def still(shared_office: Office) -> Iterator[June]:
    """An office in which nothing happens, on Monday 20 July."""
    with pytest.MonkeyPatch.context() as patch:
        june = open_in_june(shared_office, patch)
        june.at("Mon 2026-07-20 09:00")
        yield june


@pytest.mark.parametrize("path", ["/indicators", "/indicators/cases"])
@pytest.mark.parametrize(
    ("account", "area", "allowed"),
    [
        ("village1", VILLAGE, True),
        ("village1", OTHER_VILLAGE, False),
        ("village1", TOWNSHIP, False),
        ("villageleader1", VILLAGE, True),
        ("township1", TOWNSHIP, True),
        ("township1", VILLAGE, True),
        ("township1", FAR_TOWNSHIP, False),
        ("township1", COUNTY, False),
        ("leader1", OTHER_VILLAGE, True),
        ("county1", COUNTY, True),
        ("county1", FAR_TOWNSHIP, True),
        ("inspector1", COUNTY, True),
        ("inspector1", VILLAGE, True),
        # Not of a centre, whatever they see of single cases.
        ("fire1", TOWNSHIP, False),
        ("worker1", VILLAGE, False),
        ("admin1", COUNTY, False),
        ("auditor1", COUNTY, False),
    ],
)
def test_figures_are_for_a_centre_s_own_area_and_below_and_for_its_inspectors(
    still: June, path: str, account: str, area: str, allowed: bool
):
    more = {"indicator": "received"} if path.endswith("cases") else {}
    answer = still.ask(account, path, area=area, **more)
    if allowed:
        assert answer.status_code == 200, answer.text
    else:
        refused(answer, 403, "not_for_your_role")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"area": "999999999999"}, "area"),
        ({"area": ""}, "area"),
        ({"from": "2026-07-01"}, "to"),
        ({"from": "2025-06-29"}, "to"),  # 367 days
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-06-31"}, "to"),
        ({"by": "weather"}, "by"),
        ({"village": VILLAGE}, "village"),
    ],
)
def test_a_question_that_makes_no_sense_names_the_field(still: June, changes: dict[str, str], field: str):
    refused(still.ask("township1", "/indicators", **changes), 422, "invalid", field)
    more = {"indicator": "received", **changes}
    refused(still.ask("township1", "/indicators/cases", **more), 422, "invalid", field)


def test_a_whole_leap_year_may_be_asked_for(still: June):
    assert still.ask("township1", "/indicators", **{"from": "2025-06-30"}).status_code == 200  # 366 days


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"indicator": "happiness"}, "indicator"),
        ({}, "indicator"),
        ({"indicator": "received", "part": "denominator"}, "part"),
        ({"indicator": "closure", "part": "half"}, "part"),
        ({"indicator": "closure", "key": "990101101000"}, "key"),  # no row of this area
        ({"indicator": "closure", "by": "unit", "key": "nobody"}, "key"),
        ({"indicator": "closure", "cursor": "x"}, "cursor"),
        ({"indicator": "closure", "limit": "201"}, "limit"),
    ],
)
def test_a_list_of_no_figure_is_refused_by_name(still: June, changes: dict[str, str], field: str):
    refused(still.ask("township1", "/indicators/cases", **changes), 422, "invalid", field)


def test_a_cursor_belongs_to_its_figure(june: June):
    for hour in ("09:00", "10:00"):
        june.file(f"Mon 2026-06-01 {hour}")
    cursor = june.ask("township1", "/indicators/cases", indicator="received", limit=1).json["next_cursor"]
    june.ask("township1", "/indicators/cases", indicator="received", limit=1, cursor=cursor)
    other = june.ask("township1", "/indicators/cases", indicator="valid", limit=1, cursor=cursor)
    refused(other, 422, "invalid", "cursor")


def test_what_avoids_the_village_is_in_no_figure_of_the_village_and_hidden_from_whoever_is_not_named(june: June):
    # A complaint about a cadre goes to the township, past the village; only its leaders and named members see it.
    open_case = june.file("Mon 2026-06-01 09:00")
    complaint = june.file("Mon 2026-06-01 10:00", "township1", category=CADRES, source="walk_in")
    june.at("Mon 2026-06-01 11:00")
    for by in ("area", "category"):
        village = june.figures("village1", area=VILLAGE, by=by)
        assert village["total"]["received"] == 1
        assert CADRES not in [row["key"] for row in village["rows"]]
    assert june.behind("received", account="village1", area=VILLAGE)["hidden"] == 0

    for account, shown, hidden in (("leader1", {open_case, complaint}, 0), ("township3", {open_case}, 1)):
        assert june.figures(account)["total"]["received"] == 2
        page = june.behind("received", account=account)
        assert {one["id"] for one in page["items"]} == shown, account
        assert (page["count"], page["hidden"]) == (2, hidden)


def test_a_frozen_month_says_the_same_for_ever_and_tells_later_what_only_time_can_tell(june: June):
    """Two fire lanes are settled in June. June freezes on Friday 3 July at 18:00: Wednesday, Thursday, Friday.

    After that one of them is reopened, the matter of the other is reported again, and a third case of June, still
    open, is voided. In October, 90 days after the end of June, the final value is known: neither held.
    """
    times = ("Mon 2026-06-08 09:30", "Tue 2026-06-09 10:00", "Tue 2026-06-09 15:00")
    reopened = june.settle("Mon 2026-06-08 09:00", *times)
    repeated = june.settle("Mon 2026-06-08 09:10", *times)
    third = june.settle("Mon 2026-06-08 09:20", *times)
    waiting = june.file("Tue 2026-06-30 09:00")

    june.at("Fri 2026-07-03 17:59")
    assert june.figures()["frozen"] is False
    june.freeze()
    june.at("Fri 2026-07-03 18:00")
    assert june.figures()["frozen"] is True
    before = {by: june.figures(by=by) for by in ("area", "category", "unit", "source")}
    assert june.freeze() > 0
    assert june.freeze() == 0
    assert before == {by: june.figures(by=by) for by in before}
    assert before["area"]["total"]["one_go"] == 3
    assert before["area"]["total"]["one_go_final"] is None

    june.move("Sat 2026-07-04 09:00", "township1", reopened, "reopen", reason="复查发现通道又被占用。")
    again = june.file("Mon 2026-07-06 09:00")
    june.move("Mon 2026-07-06 09:10", "village1", again, "accept", category=FIRE, urgency=2, repeat_of=repeated)
    june.move("Mon 2026-07-06 09:20", "village1", waiting, "void", code="test", text="这是一次演练数据。")
    june.move("Mon 2026-07-06 09:30", "leader1", waiting, "grant_void")
    june.move("Mon 2026-07-06 10:00", "township1", reopened, "correct", category="C-04", reason="类别有误，更正类别。")
    assert before == {by: june.figures(by=by) for by in before}
    # What is found later counts where it is found.
    july = june.figures(**{"from": "2026-07-01", "to": "2026-07-31"})["total"]
    assert (july["reopened_in"], july["voided"], july["received"]) == (1, 1, 1)

    june.at("Mon 2026-09-28 23:59")
    assert june.figures()["total"]["one_go_final_rate"] is None
    june.at("Tue 2026-09-29 00:00")
    final = june.figures()
    assert (final["total"]["one_go_final"], final["total"]["one_go_closed"]) == (1, 3)
    assert final["total"]["one_go_final_rate"] == 33.33
    assert [one["id"] for one in june.behind("one_go_final_rate")["items"]] == [third]
    late = {"one_go_final", "one_go_closed", "one_go_final_rate"}
    assert _without(final, late) == _without(before["area"], late)


def test_a_period_that_nobody_stored_is_the_same_when_run_again(june: June):
    times = ("Mon 2026-06-01 09:30", "Tue 2026-06-02 10:00", "Tue 2026-06-02 15:00")
    settled = june.settle("Mon 2026-06-01 09:00", *times)
    june.at("Thu 2026-06-11 09:00")
    week = {"from": "2026-06-01", "to": "2026-06-07"}
    before = june.figures(**week)
    assert (before["frozen"], before["total"]["closed"]) == (True, 1)
    june.move("Thu 2026-06-11 10:00", "township1", settled, "reopen", reason="复查发现通道又被占用。")
    june.at("Fri 2026-06-12 09:00")
    assert june.figures(**week) == before


def test_nothing_changes_what_is_frozen_not_even_the_office(office: Office):
    with office.app.app_context(), transaction() as tx:
        tx.execute(
            insert(FrozenFigures).values(
                scope="c:nowhere", area_code=TOWNSHIP, first_day=date(2026, 6, 1), last_day=date(2026, 6, 30),
                split_by="area", frozen_at=datetime(2026, 7, 3, tzinfo=UTC), report={},
            )
        )  # fmt: skip
    for change in (update(FrozenFigures).values(report={"total": {}}), delete(FrozenFigures)):
        with pytest.raises(DBAPIError), office.app.app_context(), transaction() as tx:
            tx.execute(change)


def _without(report: dict[str, Any], keys: set[str]) -> Any:
    def row(one: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in one.items() if key not in keys}

    return {**report, "rows": [row(one) for one in report["rows"]], "total": row(report["total"])}
