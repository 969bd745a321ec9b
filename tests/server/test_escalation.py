"""The escalation ladder as the rule book has it: which stage comes when, by hand, and which is made after downtime."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from geodata.numbers import StageName
from geodata.rulebook import read_rulebook
from server.rules.deadlines import TimeUnit
from server.rules.escalation import (
    PROPOSED,
    RUNGS,
    Stage,
    height,
    next_at,
    reached,
    rung_of,
    stages,
)
from server.rules.rulebook import RuleBook
from tests.server.office_days import CALENDAR, local

BOOK = read_rulebook()
RULES = RuleBook(categories={}, limits={}, reasons={}, numbers=BOOK.numbers, calendar=CALENDAR)
NONE, YELLOW, RED, SUPERVISED, YELLOW_CARD, RED_CARD = Stage

# Five working days from Friday 20 November 2026, 35 office hours: 80 % are used after 28 of them.
WEEK = ("handle", local("Friday 2026-11-20 18:00"), local("Friday 2026-11-27 18:00"), "working_days")
LADDER_OF_THE_WEEK = [
    (YELLOW, "Thursday 2026-11-26 18:00"),
    (RED, "Friday 2026-11-27 18:00"),
    (SUPERVISED, "Monday 2026-11-30 18:00"),
    (YELLOW_CARD, "Wednesday 2026-12-02 18:00"),
    (RED_CARD, "Tuesday 2026-12-08 18:00"),
]


@pytest.mark.parametrize(
    ("kind", "unit", "start", "due", "ladder"),
    [
        ("handle", "working_days", "Friday 2026-11-20 18:00", "Friday 2026-11-27 18:00", LADDER_OF_THE_WEEK),
        ("overall", "working_days", "Friday 2026-11-20 18:00", "Friday 2026-11-27 18:00", LADDER_OF_THE_WEEK),
        # Two working days over the Spring Festival; Saturday 28 February is worked.
        ("handle", "working_days", "Friday 2026-02-13 18:00", "Tuesday 2026-02-24 18:00", [
            (YELLOW, "Tuesday 2026-02-24 15:12"), (RED, "Tuesday 2026-02-24 18:00"),
            (SUPERVISED, "Wednesday 2026-02-25 18:00"), (YELLOW_CARD, "Friday 2026-02-27 18:00"),
            (RED_CARD, "Wednesday 2026-03-04 18:00"),
        ]),
        # An emergency's 24 hours end in the night before New Year's Day; Sunday 4 January is worked.
        ("handle", "hours", "Wednesday 2025-12-31 02:00", "Thursday 2026-01-01 02:00", [
            (YELLOW, "Wednesday 2025-12-31 21:12"), (RED, "Thursday 2026-01-01 02:00"),
            (SUPERVISED, "Sunday 2026-01-04 18:00"), (YELLOW_CARD, "Tuesday 2026-01-06 18:00"),
            (RED_CARD, "Monday 2026-01-12 18:00"),
        ]),
        # Thirty calendar days: the yellow light after 24 of them.
        ("overall", "calendar_days", "Friday 2026-11-20 23:59:59", "Sunday 2026-12-20 23:59:59", [
            (YELLOW, "Monday 2026-12-14 23:59:59"), (RED, "Sunday 2026-12-20 23:59:59"),
            (SUPERVISED, "Monday 2026-12-21 18:00"), (YELLOW_CARD, "Wednesday 2026-12-23 18:00"),
            (RED_CARD, "Tuesday 2026-12-29 18:00"),
        ]),
        # The rest ends with the red light. Urgency 4 at 02:00 in the Spring Festival; two working hours over noon.
        ("accept", "minutes", "Tuesday 2026-02-17 02:00", "Tuesday 2026-02-17 02:15", [
            (YELLOW, "Tuesday 2026-02-17 02:12"), (RED, "Tuesday 2026-02-17 02:15"),
        ]),
        ("accept", "working_hours", "Friday 2026-11-20 11:00", "Friday 2026-11-20 15:30", [
            (YELLOW, "Friday 2026-11-20 15:06"), (RED, "Friday 2026-11-20 15:30"),
        ]),
        ("arrive", "minutes", "Tuesday 2026-02-17 02:00", "Tuesday 2026-02-17 03:00", [
            (YELLOW, "Tuesday 2026-02-17 02:48"), (RED, "Tuesday 2026-02-17 03:00"),
        ]),
    ],
)  # fmt: skip
def test_stages_come_when_the_ladder_says(
    kind: str, unit: TimeUnit, start: str, due: str, ladder: list[tuple[Stage, str]]
):
    assert stages(kind, local(start), local(due), unit, RULES) == [(stage, local(at)) for stage, at in ladder]


@pytest.mark.parametrize(
    ("kind", "highest"),
    [
        ("accept", RED),
        ("dispatch", RED),
        ("sign", RED),
        ("verify", RED),
        ("handle", RED_CARD),
        ("overall", RED_CARD),
        ("arrive", RED),
        ("contact", RED),
        ("answer", RED),
        ("reply", RED),
        ("receipt", RED),
    ],
)
def test_where_each_kind_s_ladder_ends(kind: str, highest: Stage):
    start, due = WEEK[1:3]
    assert [stage for stage, _ in stages(kind, start, due, "working_days", RULES)] == list(Stage)[1 : highest + 1]


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        ("Friday 2026-11-20 18:00", NONE),
        ("Thursday 2026-11-26 17:59:59", NONE),
        ("Thursday 2026-11-26 18:00", YELLOW),
        ("Friday 2026-11-27 17:59:59", YELLOW),
        ("Friday 2026-11-27 18:00", RED),
        ("Sunday 2026-11-29 18:00", RED),
        ("Monday 2026-11-30 18:00", SUPERVISED),
        ("Wednesday 2026-12-02 17:59:59", SUPERVISED),
        ("Wednesday 2026-12-02 18:00", YELLOW_CARD),
        ("Tuesday 2026-12-08 18:00", RED_CARD),
        ("Friday 2027-01-08 09:00", RED_CARD),
    ],
)
def test_only_the_highest_stage_is_reached_however_long_nobody_looked(now: str, stage: Stage):
    assert reached(*WEEK, RULES, local(now)) is stage


@pytest.mark.parametrize(
    ("fired", "at"),
    [
        (NONE, "Thursday 2026-11-26 18:00"),
        (YELLOW, "Friday 2026-11-27 18:00"),
        (RED, "Monday 2026-11-30 18:00"),
        (SUPERVISED, "Wednesday 2026-12-02 18:00"),
        (YELLOW_CARD, "Tuesday 2026-12-08 18:00"),
        (RED_CARD, None),
    ],
)
def test_a_clock_is_looked_at_again_when_its_next_stage_comes(fired: Stage, at: str | None):
    assert next_at(*WEEK, fired, RULES) == (at and local(at))


def test_nothing_comes_after_the_end_of_a_short_ladder():
    start, due = local("Friday 2026-11-20 09:00"), local("Friday 2026-11-20 11:00")
    assert next_at("accept", start, due, "working_hours", YELLOW, RULES) == due
    assert next_at("accept", start, due, "working_hours", RED, RULES) is None


def test_an_extension_moves_the_stages_that_have_not_fired():
    extended = ("handle", WEEK[1], local("Friday 2026-12-04 18:00"), "working_days")
    # 56 of 70 office hours.
    assert next_at(*extended, NONE, RULES) == local("Wednesday 2026-12-02 18:00")
    assert next_at(*extended, YELLOW, RULES) == local("Friday 2026-12-04 18:00")


def test_time_that_a_clock_stood_still_counts_for_no_stage():
    # A suspension from Wednesday evening over the whole next week: two days are left, and follow Monday.
    stood = [(local("Wednesday 2026-11-25 18:00"), local("Monday 2026-12-07 08:00"))]
    suspended = ("handle", WEEK[1], local("Wednesday 2026-12-09 18:00"), "working_days")
    # 21 office hours before it, 21 after: 80 % of 42 are 33.6, so 12.6 after it.
    assert stages(*suspended, RULES, stood) == [
        (YELLOW, local("Tuesday 2026-12-08 16:36")),
        (RED, local("Wednesday 2026-12-09 18:00")),
        (SUPERVISED, local("Thursday 2026-12-10 18:00")),
        (YELLOW_CARD, local("Monday 2026-12-14 18:00")),
        (RED_CARD, local("Friday 2026-12-18 18:00")),
    ]
    assert reached(*suspended, RULES, local("Monday 2026-12-07 08:30"), stood) is NONE


def test_what_was_overdue_when_it_was_suspended_climbs_no_rung_meanwhile():
    # Red on Friday, supervised on Monday; suspended on Tuesday for three weeks and a day.
    stood = [(local("Tuesday 2026-12-01 10:00"), local("Wednesday 2026-12-23 10:00"))]
    assert stages(*WEEK, RULES, stood)[1:] == [
        (RED, local("Friday 2026-11-27 18:00")),
        (SUPERVISED, local("Monday 2026-11-30 18:00")),
        # One working day was left after Tuesday, and five.
        (YELLOW_CARD, local("Thursday 2026-12-24 18:00")),
        (RED_CARD, local("Wednesday 2026-12-30 18:00")),
    ]
    assert reached(*WEEK, RULES, local("Wednesday 2026-12-23 10:00"), stood) is SUPERVISED
    # Suspended at the very due: the day after it was left, and follows Wednesday.
    at_due = [(WEEK[2], local("Wednesday 2026-12-02 10:00"))]
    assert stages(*WEEK, RULES, at_due)[2] == (SUPERVISED, local("Thursday 2026-12-03 18:00"))
    # One that still lasts has not moved anything yet.
    assert stages(*WEEK, RULES, [(stood[0][0], None)]) == stages(*WEEK, RULES)


def test_a_clock_that_a_merger_gave_a_due_before_its_start_is_red_at_once():
    start, due = local("Monday 2026-11-30 09:00"), local("Friday 2026-11-27 18:00")
    assert reached("overall", start, due, "working_days", RULES, start) is RED
    assert next_at("overall", start, due, "working_days", RED, RULES) == local("Monday 2026-11-30 18:00")


def test_a_deployment_s_own_ladder_is_climbed():
    numbers = {"ladder": {
        "*": [{"stage": "red", "share": 1}],
        "contact": [{"stage": "yellow", "share": 0.5}, {"stage": "supervised", "working_days_after": 2}],
    }}  # fmt: skip
    rules = RuleBook(categories={}, limits={}, reasons={}, numbers=numbers, calendar=CALENDAR)
    start, due = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)
    assert stages("contact", start, due, "hours", rules) == [
        (YELLOW, start + timedelta(days=1)),
        (SUPERVISED, local("Tuesday 2026-11-24 18:00")),
    ]
    assert stages("handle", start, due, "hours", rules) == [(RED, due)]


def test_without_a_ladder_nothing_is_guessed():
    rules = RuleBook(categories={}, limits={}, reasons={}, numbers={}, calendar=CALENDAR)
    with pytest.raises(LookupError):
        reached(*WEEK, rules, local("Friday 2026-11-27 18:00"))


def test_rungs_rise_from_reminder_to_red_card():
    assert [rung_of(stage) for stage in Stage] == [
        None, None, "reminder", "supervision", "yellow_card", "red_card",
    ]  # fmt: skip
    assert [zh for zh, _ in RUNGS.values()] == ["催办", "普通督办", "黄牌", "红牌"]
    assert [height(rung) for rung in (None, *RUNGS)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="pink"):
        height("pink_card")


def test_the_rule_book_s_files_know_the_same_stages():
    assert [name.upper() for name in get_args(StageName)] == [stage.name for stage in Stage if stage]


def test_cards_are_proposed_and_all_below_them_are_made():
    assert [stage for stage in Stage if stage in PROPOSED] == [YELLOW_CARD, RED_CARD]
