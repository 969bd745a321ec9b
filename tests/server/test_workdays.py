"""Which days the office works, make-up days included, and when a limit runs out: by hand from the public calendar."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rules.deadlines import TIME_UNITS, Span, due
from server.rules.workdays import Calendar
from tests.server.office_days import CALENDAR, SHIFTS, ZONE, local


@pytest.mark.parametrize(
    ("received", "amount", "last"),
    [
        # Spring Festival: Saturday 14 February is worked, 15 to 23 February are off.
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-02-13", 5, "2026-02-27"),
        # Labour Day: 1 to 5 May are off, Saturday 9 May is worked.
        ("2026-04-30", 7, "2026-05-13"),
        # National Day: 1 to 7 October are off, Saturday 10 October is worked.
        ("2026-09-30", 5, "2026-10-13"),
        # Sunday 28 September is worked in exchange.
        ("2025-09-26", 1, "2025-09-28"),
        # An ordinary weekend.
        ("2026-11-20", 1, "2026-11-23"),
        ("2026-11-20", 5, "2026-11-27"),
        # Received on a day off: that day does not count either.
        ("2026-11-21", 1, "2026-11-23"),
        ("2026-02-16", 1, "2026-02-24"),
    ],
)
@pytest.mark.parametrize("hour", [0, 9, 23])
def test_working_days_count_from_the_day_after_receipt(received: str, amount: int, last: str, hour: int):
    start = datetime.combine(date.fromisoformat(received), time(hour, 59), ZONE)
    assert due(start, Span(amount, "working_days"), CALENDAR) == datetime.combine(
        date.fromisoformat(last), time(18), ZONE
    )


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        # Working hours run in the shifts 8:30 to 12:00 and 14:30 to 18:00 only.
        ("Friday 2026-11-20 09:30", Span(2, "working_hours"), "Friday 2026-11-20 11:30"),
        ("Friday 2026-11-20 11:00", Span(2, "working_hours"), "Friday 2026-11-20 15:30"),
        ("Friday 2026-11-20 10:00", Span(2, "working_hours"), "Friday 2026-11-20 12:00"),
        ("Friday 2026-11-20 12:00", Span(1, "working_hours"), "Friday 2026-11-20 15:30"),
        ("Friday 2026-11-20 13:15", Span(1, "working_hours"), "Friday 2026-11-20 15:30"),
        ("Friday 2026-11-20 06:00", Span(2, "working_hours"), "Friday 2026-11-20 10:30"),
        ("Friday 2026-11-20 16:00", Span(2, "working_hours"), "Friday 2026-11-20 18:00"),
        ("Friday 2026-11-20 17:00", Span(2, "working_hours"), "Monday 2026-11-23 09:30"),
        ("Friday 2026-11-20 18:00", Span(2, "working_hours"), "Monday 2026-11-23 10:30"),
        ("Friday 2026-11-20 23:59", Span(4, "working_hours"), "Monday 2026-11-23 15:00"),
        ("Saturday 2026-11-21 10:00", Span(1, "working_hours"), "Monday 2026-11-23 09:30"),
        ("Monday 2026-11-23 08:30", Span(14, "working_hours"), "Tuesday 2026-11-24 18:00"),
        # Over the Spring Festival: the make-up Saturday is worked, then nine days are off.
        ("Friday 2026-02-13 17:00", Span(2, "working_hours"), "Saturday 2026-02-14 09:30"),
        ("Saturday 2026-02-14 17:00", Span(2, "working_hours"), "Tuesday 2026-02-24 09:30"),
        # Calendar days take no notice of holidays and end with the day.
        ("Friday 2026-02-13 09:00", Span(2, "calendar_days"), "Sunday 2026-02-15 23:59:59"),
        ("Friday 2026-11-20 00:00", Span(30, "calendar_days"), "Sunday 2026-12-20 23:59:59"),
        ("Friday 2026-11-20 23:59", Span(30, "calendar_days"), "Sunday 2026-12-20 23:59:59"),
        # Round the clock.
        ("Friday 2026-11-20 23:55", Span(15, "minutes"), "Saturday 2026-11-21 00:10"),
        ("Sunday 2026-02-15 03:00", Span(60, "minutes"), "Sunday 2026-02-15 04:00"),
        ("Saturday 2026-02-14 17:00", Span(48, "hours"), "Monday 2026-02-16 17:00"),
        # Working days end when the office closes.
        ("Friday 2026-11-20 00:30", Span(1, "working_days"), "Monday 2026-11-23 18:00"),
        ("Saturday 2026-11-21 00:30", Span(1, "working_days"), "Monday 2026-11-23 18:00"),
        ("Monday 2026-11-23 00:30", Span(1, "working_days"), "Tuesday 2026-11-24 18:00"),
    ],
)  # fmt: skip
def test_a_limit_runs_out_when_the_office_s_calendar_says(start: str, span: Span, end: str):
    assert due(local(start), span, CALENDAR) == local(end)


@pytest.mark.parametrize("unit", TIME_UNITS)
def test_the_same_instant_runs_out_at_the_same_instant_however_it_is_written(unit: str):
    start, span = local("Friday 2026-11-20 23:30"), Span(3, unit)  # type: ignore[arg-type]
    ends = {due(start.astimezone(zone), span, CALENDAR) for zone in (ZONE, UTC, timezone(timedelta(hours=-9)))}
    assert len(ends) == 1
    assert ends.pop().tzinfo is UTC


def test_a_start_without_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        due(datetime(2026, 11, 20, 9, 30), Span(1, "hours"), CALENDAR)  # noqa: DTZ001 (that it is missing is the point)


STARTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(ZONE))  # noqa: DTZ001 (given one)


@given(start=STARTS, hours=st.integers(1, 60))
def test_a_limit_in_working_hours_holds_exactly_that_much_office_time(start: datetime, hours: int):
    end = due(start, Span(hours, "working_hours"), CALENDAR)
    worked, day = timedelta(), start.date()
    while day <= end.astimezone(ZONE).date():
        for opens, closes in CALENDAR.shift_spans(day):
            worked += max(timedelta(), min(closes, end) - max(opens, start))
        day += timedelta(days=1)
    assert worked == timedelta(hours=hours)
    # It ends inside office hours, not in the break that follows them.
    assert any(opens < end <= closes for opens, closes in CALENDAR.shift_spans(end.astimezone(ZONE).date()))


@given(start=STARTS, later=st.timedeltas(timedelta(), timedelta(days=20)), amount=st.integers(1, 40))
@pytest.mark.parametrize("unit", TIME_UNITS)
def test_whoever_comes_later_is_never_due_earlier(unit: str, start: datetime, later: timedelta, amount: int):
    span = Span(amount, unit)  # type: ignore[arg-type]
    first, second = due(start, span, CALENDAR), due(start + later, span, CALENDAR)
    assert start.astimezone(UTC) < first <= second


def test_years_the_library_does_not_know_count_monday_to_friday_and_say_so():
    assert CALENDAR.covers(2026)
    assert not CALENDAR.covers(2035)
    assert [CALENDAR.works_on(date(2035, 10, day)) for day in range(1, 8)] == [True] * 5 + [False] * 2


@pytest.mark.parametrize(
    ("written", "guessed"),
    [
        ({}, [2034, 2035]),
        # A table that was begun and not finished guesses still: the year ends with National Day.
        ({date(2035, 1, 1): False, date(2035, 2, 8): False}, [2034, 2035]),
        ({date(2035, 10, 6): True}, [2034, 2035]),
        ({date(2035, 1, 1): False, date(2035, 10, 1): False}, [2034]),
        ({date(2034, 10, 2): False, date(2035, 10, 1): False}, []),
    ],
)
def test_a_year_is_guessed_until_the_table_reaches_its_national_day(written: dict[date, bool], guessed: list[int]):
    assert Calendar(ZONE, SHIFTS, written).guessed_years(2034, 2035) == guessed
    assert Calendar(ZONE, SHIFTS, written).guessed_years(2025, 2026) == []


def test_limits_run_on_into_a_year_that_nobody_knows():
    # 31 December 2034 is a Sunday; the office does not know that Monday will be New Year's Day.
    start = local("Friday 2034-12-29 17:00")
    assert due(start, Span(2, "working_hours"), CALENDAR) == local("Monday 2035-01-01 09:30")
    assert due(start, Span(2, "working_days"), CALENDAR) == local("Tuesday 2035-01-02 18:00")
    known = Calendar(ZONE, SHIFTS, {date(2035, 1, 1): False})
    assert due(start, Span(2, "working_hours"), known) == local("Tuesday 2035-01-02 09:30")


def test_what_the_office_writes_down_is_stronger_than_the_library():
    own = Calendar(ZONE, SHIFTS, {date(2026, 11, 23): False, date(2026, 11, 22): True})
    assert due(local("Friday 2026-11-20 17:00"), Span(2, "working_hours"), own) == local("Sunday 2026-11-22 09:30")
    assert due(local("Friday 2026-11-20 17:00"), Span(2, "working_days"), own) == local("Tuesday 2026-11-24 18:00")
    assert CALENDAR.works_on(date(2026, 11, 23))


def test_worked_days_are_counted_from_the_day_after():
    # Saturday 14 February is worked, 15 to 23 February are off.
    assert CALENDAR.workdays_between(date(2026, 2, 13), date(2026, 2, 24)) == 2
    assert CALENDAR.workdays_between(date(2026, 2, 14), date(2026, 2, 23)) == 0
    assert CALENDAR.workdays_between(date(2026, 2, 24), date(2026, 2, 24)) == 0
    assert CALENDAR.workdays_between(date(2026, 2, 24), date(2026, 2, 13)) == 0


def test_each_day_has_its_shifts_or_none():
    assert [(opens.astimezone(ZONE).time(), closes.astimezone(ZONE).time()) for opens, closes in
            CALENDAR.shift_spans(date(2026, 2, 14))] == SHIFTS  # fmt: skip
    assert CALENDAR.shift_spans(date(2026, 2, 15)) == []
    assert CALENDAR.end_of_day(date(2026, 11, 20)) == local("Friday 2026-11-20 18:00")
