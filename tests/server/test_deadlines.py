"""Clocks that stand still, go on, are counted anew, and how much of them is used: by hand from the public calendar.

2026: 1 to 3 January off, Sunday 4 January worked; 15 to 23 February off, Saturdays 14 and 28 February worked;
1 to 7 October off, Saturday 10 October worked. The office is open 8:30 to 12:00 and 14:30 to 18:00.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.rules.deadlines import (
    TIME_UNITS,
    Span,
    TimeUnit,
    add_working_days,
    at_share,
    due,
    recomputed,
    resumed,
    working_time,
)
from server.rules.workdays import Calendar
from tests.server.office_days import CALENDAR, SHIFTS, ZONE, local


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        # The end of the year: Wednesday is worked, then three days are off and Sunday is worked in exchange.
        ("Wednesday 2025-12-31 17:00", Span(2, "working_hours"), "Sunday 2026-01-04 09:30"),
        ("Wednesday 2025-12-31 09:00", Span(1, "working_days"), "Sunday 2026-01-04 18:00"),
        ("Wednesday 2025-12-31 09:00", Span(2, "working_days"), "Monday 2026-01-05 18:00"),
        ("Wednesday 2025-12-31 23:50", Span(15, "minutes"), "Thursday 2026-01-01 00:05"),
        ("Wednesday 2025-12-31 10:00", Span(30, "calendar_days"), "Friday 2026-01-30 23:59:59"),
        # The leap day, and a February without one whose last Saturday is worked.
        ("Wednesday 2024-02-28 17:30", Span(1, "working_hours"), "Thursday 2024-02-29 09:00"),
        ("Wednesday 2024-02-28 09:00", Span(1, "working_days"), "Thursday 2024-02-29 18:00"),
        ("Wednesday 2024-02-28 09:00", Span(2, "calendar_days"), "Friday 2024-03-01 23:59:59"),
        ("Thursday 2024-02-29 02:00", Span(24, "hours"), "Friday 2024-03-01 02:00"),
        ("Saturday 2026-02-28 16:00", Span(3, "working_hours"), "Monday 2026-03-02 09:30"),
        ("Friday 2026-07-31 09:00", Span(1, "working_days"), "Monday 2026-08-03 18:00"),
        # Urgency 4 at 02:00 in the Spring Festival: accept, sign, arrive.
        ("Tuesday 2026-02-17 02:00", Span(15, "minutes"), "Tuesday 2026-02-17 02:15"),
        ("Tuesday 2026-02-17 02:00", Span(30, "minutes"), "Tuesday 2026-02-17 02:30"),
        ("Tuesday 2026-02-17 02:00", Span(60, "minutes"), "Tuesday 2026-02-17 03:00"),
        # Midnight parts the days, and nothing else does.
        ("Thursday 2026-11-19 23:59:59", Span(1, "working_days"), "Friday 2026-11-20 18:00"),
        ("Friday 2026-11-20 00:00", Span(1, "working_days"), "Monday 2026-11-23 18:00"),
        ("Thursday 2026-11-19 23:59:59", Span(1, "calendar_days"), "Friday 2026-11-20 23:59:59"),
        ("Friday 2026-11-20 00:00", Span(1, "calendar_days"), "Saturday 2026-11-21 23:59:59"),
        # Exactly on the minute at which the office opens and closes.
        ("Friday 2026-11-20 08:30", Span(7, "working_hours"), "Friday 2026-11-20 18:00"),
        ("Friday 2026-11-20 17:59", Span(1, "working_hours"), "Monday 2026-11-23 09:29"),
    ],
)  # fmt: skip
def test_limits_over_year_ends_leap_days_nights_and_midnight(start: str, span: Span, end: str):
    assert due(local(start), span, CALENDAR) == local(end)


@pytest.mark.parametrize(
    ("start", "end", "worked"),
    [
        ("Friday 2026-11-20 08:30", "Friday 2026-11-20 18:00", timedelta(hours=7)),
        ("Friday 2026-11-20 12:00", "Friday 2026-11-20 14:30", timedelta()),
        ("Friday 2026-11-20 11:59", "Friday 2026-11-20 14:31", timedelta(minutes=2)),
        ("Friday 2026-11-20 17:00", "Monday 2026-11-23 09:30", timedelta(hours=2)),
        ("Saturday 2026-02-14 08:30", "Tuesday 2026-02-24 08:30", timedelta(hours=7)),
        ("Sunday 2026-02-15 00:00", "Tuesday 2026-02-24 00:00", timedelta()),
        ("Wednesday 2025-12-31 17:30", "Sunday 2026-01-04 09:00", timedelta(hours=1)),
        ("Friday 2026-11-20 10:00", "Friday 2026-11-20 10:00", timedelta()),
        ("Friday 2026-11-20 11:00", "Friday 2026-11-20 10:00", timedelta()),
    ],
)  # fmt: skip
def test_office_time_between_two_instants(start: str, end: str, worked: timedelta):
    assert working_time(local(start), local(end), CALENDAR) == worked


PAUSES: dict[TimeUnit, list[tuple[str, str, str, str]]] = {
    "minutes": [
        # Round the clock, the pause is added: at 02:00 in the Spring Festival, over nights and the end of the year.
        ("Tue 2026-02-17 02:15", "Tue 2026-02-17 02:05", "Tue 2026-02-17 02:25", "Tue 2026-02-17 02:35"),
    ],
    "hours": [
        ("Sun 2026-02-15 17:00", "Sat 2026-02-14 20:00", "Mon 2026-02-16 20:00", "Tue 2026-02-17 17:00"),
        ("Thu 2026-01-01 08:00", "Wed 2025-12-31 23:00", "Thu 2026-01-01 01:30", "Thu 2026-01-01 10:30"),
    ],
    "working_hours": [
        # An hour and a half is left, and is counted from where it goes on.
        ("Fri 2026-11-20 11:30", "Fri 2026-11-20 10:00", "Fri 2026-11-20 16:00", "Fri 2026-11-20 17:30"),
        ("Fri 2026-11-20 11:30", "Fri 2026-11-20 10:00", "Fri 2026-11-20 17:30", "Mon 2026-11-23 09:30"),
        ("Sat 2026-02-14 09:30", "Fri 2026-02-13 17:30", "Sat 2026-02-14 17:00", "Tue 2026-02-24 09:00"),
        # The office was closed all the while: at noon, over the weekend.
        ("Fri 2026-11-20 15:30", "Fri 2026-11-20 12:30", "Fri 2026-11-20 13:30", "Fri 2026-11-20 15:30"),
        ("Mon 2026-11-23 09:30", "Fri 2026-11-20 19:00", "Sun 2026-11-22 12:00", "Mon 2026-11-23 09:30"),
        # Somebody set it to an evening: office time lost is made up, noon is not; after closing the clock counts.
        ("Fri 2026-11-20 20:00", "Fri 2026-11-20 10:00", "Fri 2026-11-20 11:00", "Mon 2026-11-23 09:30"),
        ("Fri 2026-11-20 20:00", "Fri 2026-11-20 12:30", "Fri 2026-11-20 13:00", "Fri 2026-11-20 20:00"),
        ("Fri 2026-11-20 20:00", "Fri 2026-11-20 18:30", "Fri 2026-11-20 19:00", "Fri 2026-11-20 20:30"),
        ("Sun 2026-11-22 12:00", "Sat 2026-11-21 10:00", "Sat 2026-11-21 11:00", "Sun 2026-11-22 13:00"),
    ],
    "working_days": [
        # Thursday, Friday and Monday are left, and three are counted after the day on which it goes on.
        ("Mon 2026-11-30 18:00", "Wed 2026-11-25 10:00", "Mon 2026-12-07 15:00", "Thu 2026-12-10 18:00"),
        ("Mon 2026-11-30 18:00", "Wed 2026-11-25 10:00", "Sat 2026-12-05 15:00", "Wed 2026-12-09 18:00"),
        # Within one day nothing is won, over midnight a day is, over days off none.
        ("Mon 2026-11-30 18:00", "Wed 2026-11-25 00:00", "Wed 2026-11-25 23:59", "Mon 2026-11-30 18:00"),
        ("Mon 2026-11-30 18:00", "Mon 2026-11-30 08:00", "Mon 2026-11-30 17:00", "Mon 2026-11-30 18:00"),
        ("Mon 2026-11-30 18:00", "Wed 2026-11-25 23:59", "Thu 2026-11-26 00:01", "Tue 2026-12-01 18:00"),
        ("Mon 2026-11-30 18:00", "Fri 2026-11-27 19:00", "Sun 2026-11-29 20:00", "Mon 2026-11-30 18:00"),
        ("Fri 2026-02-27 18:00", "Mon 2026-02-16 09:00", "Fri 2026-02-20 09:00", "Fri 2026-02-27 18:00"),
        # Over the Spring Festival: 14 and 24 to 27 February are left, so 24 to 27 and the worked 28 are given.
        ("Fri 2026-02-27 18:00", "Fri 2026-02-13 16:00", "Sat 2026-02-14 09:00", "Sat 2026-02-28 18:00"),
        ("Tue 2026-10-13 18:00", "Thu 2026-10-08 09:00", "Fri 2026-10-09 09:00", "Wed 2026-10-14 18:00"),
        ("Mon 2026-01-05 18:00", "Tue 2025-12-30 10:00", "Sun 2026-01-04 10:00", "Wed 2026-01-07 18:00"),
        # On its last day three hours are left: of the day on which it goes on at least as much, or the next one.
        ("Mon 2026-11-30 18:00", "Mon 2026-11-30 15:00", "Wed 2026-12-02 09:00", "Wed 2026-12-02 18:00"),
        ("Mon 2026-11-30 18:00", "Mon 2026-11-30 15:00", "Wed 2026-12-02 15:00", "Wed 2026-12-02 18:00"),
        ("Mon 2026-11-30 18:00", "Mon 2026-11-30 15:00", "Wed 2026-12-02 15:01", "Thu 2026-12-03 18:00"),
        ("Mon 2026-11-30 18:00", "Mon 2026-11-30 15:00", "Sat 2026-12-05 10:00", "Mon 2026-12-07 18:00"),
        # Somebody set it to a noon, to an evening, to a Saturday; the last goes on as the office closes.
        ("Wed 2026-12-02 12:00", "Mon 2026-11-30 10:00", "Tue 2026-12-01 10:00", "Thu 2026-12-03 18:00"),
        ("Mon 2026-11-30 20:00", "Fri 2026-11-27 19:00", "Sun 2026-11-29 20:00", "Mon 2026-11-30 20:00"),
        ("Sat 2026-11-28 12:00", "Fri 2026-11-27 20:00", "Sat 2026-11-28 09:00", "Mon 2026-11-30 18:00"),
        ("Sat 2026-11-28 12:00", "Fri 2026-11-27 20:00", "Mon 2026-11-30 18:00", "Tue 2026-12-01 18:00"),
    ],
    "calendar_days": [
        # Moved by the days between the dates, whatever the hours; over month ends and the leap day.
        ("Sun 2026-12-20 23:59:59", "Mon 2026-11-23 09:00", "Thu 2026-12-03 20:00", "Wed 2026-12-30 23:59:59"),
        ("Sun 2026-12-20 23:59:59", "Mon 2026-11-23 00:00", "Mon 2026-11-23 23:59", "Sun 2026-12-20 23:59:59"),
        ("Mon 2026-11-30 23:59:59", "Sun 2026-11-29 22:00", "Tue 2026-12-01 06:00", "Wed 2026-12-02 23:59:59"),
        ("Wed 2024-02-28 23:59:59", "Tue 2024-02-27 09:00", "Thu 2024-02-29 09:00", "Fri 2024-03-01 23:59:59"),
        ("Sun 2026-12-20 23:59:59", "Sun 2026-12-20 08:00", "Sun 2026-12-20 20:00", "Sun 2026-12-20 23:59:59"),
        ("Sun 2026-12-20 23:59:59", "Sun 2026-12-20 08:00", "Tue 2026-12-22 08:00", "Tue 2026-12-22 23:59:59"),
        ("Sun 2026-12-20 23:59:59", "Sun 2026-12-20 08:00", "Tue 2026-12-22 08:01", "Wed 2026-12-23 23:59:59"),
    ],
}  # fmt: skip
"""Unit → when it was due, from when to when it stood still, when it is due now."""


@pytest.mark.parametrize(
    ("unit", "end", "paused", "goes_on", "new"), [(unit, *row) for unit, rows in PAUSES.items() for row in rows]
)
def test_a_clock_that_stood_still_goes_on_in_its_own_kind_of_time(
    unit: TimeUnit, end: str, paused: str, goes_on: str, new: str
):
    assert resumed(local(end), local(paused), local(goes_on), unit, CALENDAR) == local(new)


@pytest.mark.parametrize("paused", ["Monday 2026-11-30 18:00", "Monday 2026-11-30 18:01", "Tuesday 2026-12-01 09:00"])
@pytest.mark.parametrize("unit", TIME_UNITS)
def test_what_was_due_when_it_was_paused_stays_overdue(unit: TimeUnit, paused: str):
    end = local("Monday 2026-11-30 18:00")
    assert resumed(end, local(paused), local("Monday 2026-12-14 09:00"), unit, CALENDAR) == end


@pytest.mark.parametrize(
    ("start", "span", "pauses", "end"),
    [
        ("Friday 2026-11-20 10:00", Span(5, "working_days"), [], "Friday 2026-11-27 18:00"),
        # Tuesday to Friday were left, and follow Wednesday.
        (
            "Friday 2026-11-20 10:00", Span(5, "working_days"),
            [("Monday 2026-11-23 10:00", "Wednesday 2026-11-25 10:00")], "Tuesday 2026-12-01 18:00",
        ),
        # Then Monday and Tuesday were left, and follow Monday.
        (
            "Friday 2026-11-20 10:00", Span(5, "working_days"),
            [("Monday 2026-11-23 10:00", "Wednesday 2026-11-25 10:00"),
             ("Friday 2026-11-27 09:00", "Monday 2026-11-30 09:00")], "Wednesday 2026-12-02 18:00",
        ),
        # A pause that still lasts moves nothing yet.
        (
            "Friday 2026-11-20 10:00", Span(5, "working_days"),
            [("Monday 2026-11-23 10:00", "Wednesday 2026-11-25 10:00"), ("Friday 2026-11-27 09:00", None)],
            "Tuesday 2026-12-01 18:00",
        ),
        # Under a shorter limit it stood still on its last day, or was overdue by then.
        (
            "Friday 2026-11-20 10:00", Span(1, "working_days"),
            [("Monday 2026-11-23 10:00", "Wednesday 2026-11-25 10:00")], "Wednesday 2026-11-25 18:00",
        ),
        (
            "Friday 2026-11-20 10:00", Span(2, "working_hours"),
            [("Monday 2026-11-23 10:00", "Wednesday 2026-11-25 10:00")], "Friday 2026-11-20 12:00",
        ),
        # The first pause keeps it alive for the second.
        (
            "Friday 2026-11-20 10:00", Span(4, "working_hours"),
            [("Friday 2026-11-20 11:00", "Monday 2026-11-23 11:00"),
             ("Monday 2026-11-23 15:00", "Tuesday 2026-11-24 15:00")], "Tuesday 2026-11-24 16:30",
        ),
    ],
)  # fmt: skip
def test_a_clock_is_counted_anew_from_its_start(start: str, span: Span, pauses: list[tuple[str, str | None]], end: str):
    stood = [(local(paused), goes_on and local(goes_on)) for paused, goes_on in pauses]
    assert recomputed(local(start), span, stood, CALENDAR) == local(end)  # type: ignore[arg-type]


def test_a_day_that_becomes_a_holiday_moves_what_is_counted_anew():
    start, span = local("Friday 2026-11-20 10:00"), Span(5, "working_days")
    stood = [(local("Monday 2026-11-23 10:00"), local("Wednesday 2026-11-25 10:00"))]
    changed = Calendar(ZONE, SHIFTS, {date(2026, 11, 26): False})
    assert recomputed(start, span, [], changed) == local("Monday 2026-11-30 18:00")
    assert recomputed(start, span, stood, changed) == local("Wednesday 2026-12-02 18:00")


@pytest.mark.parametrize(
    ("unit", "start", "end", "share", "used"),
    [
        ("minutes", "Tuesday 2026-02-17 02:00", "Tuesday 2026-02-17 02:15", 0.8, "Tuesday 2026-02-17 02:12"),
        ("hours", "Saturday 2026-02-14 17:00", "Monday 2026-02-16 17:00", 0.75, "Monday 2026-02-16 05:00"),
        ("working_hours", "Friday 2026-11-20 09:00", "Friday 2026-11-20 11:00", 0.8, "Friday 2026-11-20 10:36"),
        ("working_hours", "Friday 2026-11-20 17:00", "Monday 2026-11-23 09:30", 0.5, "Friday 2026-11-20 18:00"),
        ("working_hours", "Friday 2026-11-20 17:00", "Monday 2026-11-23 09:30", 0.8, "Monday 2026-11-23 09:06"),
        # Received in the evening: no office time is used overnight.
        ("working_hours", "Thursday 2026-11-19 22:00", "Friday 2026-11-20 10:30", 0.25, "Friday 2026-11-20 09:00"),
        # Seven hours a day: 28 of 35, 21 of 42.
        ("working_days", "Friday 2026-11-20 18:00", "Friday 2026-11-27 18:00", 0.8, "Thursday 2026-11-26 18:00"),
        ("working_days", "Friday 2026-11-20 08:30", "Friday 2026-11-27 18:00", 0.5, "Tuesday 2026-11-24 18:00"),
        # Over the Spring Festival: 11.2 of 14 hours.
        ("working_days", "Friday 2026-02-13 18:00", "Tuesday 2026-02-24 18:00", 0.8, "Tuesday 2026-02-24 15:12"),
        ("working_days", "Friday 2026-02-13 18:00", "Tuesday 2026-02-24 18:00", 0.5, "Saturday 2026-02-14 18:00"),
        # An extension from Friday to the next Friday: 56 of 70 hours.
        ("working_days", "Friday 2026-11-20 18:00", "Friday 2026-12-04 18:00", 0.8, "Wednesday 2026-12-02 18:00"),
        ("calendar_days", "Friday 2026-11-20 00:00", "Sunday 2026-12-20 00:00", 0.8, "Monday 2026-12-14 00:00"),
        # All of it is used at the due, also one that somebody set to an evening; half of its office time at noon.
        ("working_hours", "Friday 2026-11-20 08:30", "Friday 2026-11-20 20:00", 1, "Friday 2026-11-20 20:00"),
        ("working_hours", "Friday 2026-11-20 08:30", "Friday 2026-11-20 20:00", 0.5, "Friday 2026-11-20 12:00"),
        # No office time between: round the clock.
        ("working_days", "Saturday 2026-11-21 10:00", "Sunday 2026-11-22 20:00", 0.5, "Sunday 2026-11-22 03:00"),
        ("working_hours", "Friday 2026-11-20 12:00", "Friday 2026-11-20 14:00", 0.75, "Friday 2026-11-20 13:30"),
        # Due before it started, and at once.
        ("working_days", "Monday 2026-11-23 10:00", "Friday 2026-11-20 18:00", 0.8, "Friday 2026-11-20 18:00"),
        ("hours", "Monday 2026-11-23 10:00", "Monday 2026-11-23 10:00", 0.8, "Monday 2026-11-23 10:00"),
    ],
)  # fmt: skip
def test_a_share_of_a_limit_is_used_in_its_own_kind_of_time(
    unit: TimeUnit, start: str, end: str, share: float, used: str
):
    assert at_share(local(start), local(end), share, unit, CALENDAR) == local(used)


@pytest.mark.parametrize(
    ("unit", "start", "end", "paused", "goes_on", "used"),
    [
        # Half of ten hours: two before the pause, three after it.
        ("hours", "Monday 2026-11-23 00:00", "Monday 2026-11-23 20:00",
         "Monday 2026-11-23 02:00", "Monday 2026-11-23 12:00", "Monday 2026-11-23 15:00"),
        # Half of 35: seven on Monday, ten and a half on Thursday and Friday.
        ("working_days", "Friday 2026-11-20 18:00", "Tuesday 2026-12-01 18:00",
         "Monday 2026-11-23 18:00", "Wednesday 2026-11-25 18:00", "Friday 2026-11-27 12:00"),
        # A pause after the due, one before the start, and one that still lasts, take nothing away.
        ("hours", "Monday 2026-11-23 00:00", "Monday 2026-11-23 20:00",
         "Monday 2026-11-23 21:00", "Monday 2026-11-23 22:00", "Monday 2026-11-23 10:00"),
        ("hours", "Monday 2026-11-23 00:00", "Monday 2026-11-23 20:00",
         "Sunday 2026-11-22 21:00", "Sunday 2026-11-22 22:00", "Monday 2026-11-23 10:00"),
        ("hours", "Monday 2026-11-23 00:00", "Monday 2026-11-23 20:00",
         "Monday 2026-11-23 02:00", None, "Monday 2026-11-23 10:00"),
        # It stood still all the while.
        ("hours", "Monday 2026-11-23 00:00", "Monday 2026-11-23 20:00",
         "Sunday 2026-11-22 21:00", "Tuesday 2026-11-24 22:00", "Monday 2026-11-23 20:00"),
    ],
)  # fmt: skip
def test_half_of_a_limit_leaves_out_the_time_that_it_stood_still(
    unit: TimeUnit, start: str, end: str, paused: str, goes_on: str | None, used: str
):
    pauses = [(local(paused), goes_on and local(goes_on))]
    assert at_share(local(start), local(end), 0.5, unit, CALENDAR, pauses) == local(used)  # type: ignore[arg-type]


def test_a_share_used_up_at_the_moment_of_the_pause_was_used_up_then():
    start, end = local("Monday 2026-11-23 00:00"), local("Monday 2026-11-23 20:00")
    stood = [(local("Monday 2026-11-23 02:00"), local("Monday 2026-11-23 12:00"))]
    assert at_share(start, end, 0.2, "hours", CALENDAR, stood) == local("Monday 2026-11-23 02:00")


@pytest.mark.parametrize(
    ("instant", "days", "end"),
    [
        ("Friday 2026-11-20 18:00", 1, "Monday 2026-11-23 18:00"),
        ("Saturday 2026-02-14 02:15", 1, "Tuesday 2026-02-24 18:00"),
        ("Saturday 2026-02-14 23:59:59", 4, "Friday 2026-02-27 18:00"),
        ("Sunday 2026-02-15 00:00", 5, "Saturday 2026-02-28 18:00"),
        ("Wednesday 2025-12-31 18:00", 3, "Tuesday 2026-01-06 18:00"),
    ],
)  # fmt: skip
def test_working_days_after_an_instant_end_with_the_office_s_day(instant: str, days: int, end: str):
    assert add_working_days(local(instant), days, CALENDAR) == local(end)


def test_the_office_s_zone_says_which_day_it_is():
    received = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)  # half past one on Saturday in Shanghai, Friday in Ürümqi
    western = ZoneInfo("Asia/Urumqi")
    west = Calendar(western, [(time(10), time(14)), (time(15, 30), time(19, 30))])
    one_day = Span(1, "calendar_days")
    assert due(received, one_day, CALENDAR) == local("Sunday 2026-11-22 23:59:59")
    assert due(received, one_day, west) == local("Saturday 2026-11-21 23:59:59", western)
    # Monday's ten o'clock in Ürümqi is noon in Shanghai.
    assert due(received, Span(1, "working_hours"), west) == local("Monday 2026-11-23 13:00")


def test_hours_are_hours_where_the_clocks_are_put_forward():
    berlin = ZoneInfo("Europe/Berlin")
    there = Calendar(berlin, [(time(1), time(5))], {date(2026, 3, 29): True})
    start = local("Saturday 2026-03-28 12:00", berlin)
    assert due(start, Span(24, "hours"), there) == local("Sunday 2026-03-29 13:00", berlin)
    # From one to five in that night are three hours.
    assert working_time(start, local("Sunday 2026-03-29 12:00", berlin), there) == timedelta(hours=3)


NAIVE = datetime(2026, 11, 20, 9, 30)  # noqa: DTZ001 (that the offset is missing is the point)
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("senseless", "why"),
    [
        (lambda: due(NAIVE, Span(1, "hours"), CALENDAR), "offset"),
        (lambda: add_working_days(NAIVE, 1, CALENDAR), "offset"),
        (lambda: add_working_days(NOON, 0, CALENDAR), "at least 1"),
        (lambda: working_time(NOON, NAIVE, CALENDAR), "offset"),
        (lambda: resumed(NOON, NAIVE, NOON, "hours", CALENDAR), "offset"),
        (lambda: resumed(NOON, NOON, NOON - timedelta(seconds=1), "hours", CALENDAR), "before"),
        (lambda: at_share(NAIVE, NOON, 0.8, "hours", CALENDAR), "offset"),
        (lambda: at_share(NOON, NOON, 0, "hours", CALENDAR), "share"),
        (lambda: at_share(NOON, NOON, 1.01, "hours", CALENDAR), "share"),
    ],
)
def test_what_makes_no_sense_is_refused(senseless, why: str):
    with pytest.raises(ValueError, match=why):
        senseless()
