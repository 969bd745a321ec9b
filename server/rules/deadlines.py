"""When a limit runs out: four kinds of time over the office's calendar. Pure; knows no case.

- `minutes`, `hours`: round the clock.
- `working_hours` 工作时: only inside office shifts.
- `working_days` 工作日: the day of receipt is not counted; due when the office closes on the last day.
- `calendar_days` 自然日: the day of receipt is not counted; due at the end of the last day.

The kinds of time are those that petition, hotline and mediation rules count in.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args

from server.rules.workdays import Calendar

TimeUnit = Literal["minutes", "hours", "working_hours", "working_days", "calendar_days"]
TIME_UNITS: tuple[str, ...] = get_args(TimeUnit)


@dataclass(frozen=True, slots=True)
class Span:
    """How long a clock runs, e.g. `Span(2, "working_hours")`."""

    amount: int
    unit: TimeUnit


def due(start: datetime, span: Span, calendar: Calendar) -> datetime:
    """The instant (UTC) at which a clock started at `start` runs out.

    Raises:
        ValueError: `start` has no offset.
    """
    if start.tzinfo is None:
        raise ValueError("start needs an offset")
    match span.unit:
        case "minutes":
            return (start + timedelta(minutes=span.amount)).astimezone(UTC)
        case "hours":
            return (start + timedelta(hours=span.amount)).astimezone(UTC)
        case "working_hours":
            return _after_working_time(start, timedelta(hours=span.amount), calendar).astimezone(UTC)
        case "working_days":
            day = start.astimezone(calendar.zone).date()
            for _ in range(span.amount):
                day = calendar.next_workday(day)
            return calendar.end_of_day(day).astimezone(UTC)
        case "calendar_days":
            day = start.astimezone(calendar.zone).date() + timedelta(days=span.amount)
            return datetime.combine(day, time(23, 59, 59), calendar.zone).astimezone(UTC)


def _after_working_time(start: datetime, left: timedelta, calendar: Calendar) -> datetime:
    day = start.astimezone(calendar.zone).date()
    while True:
        for opens, closes in calendar.shift_spans(day):
            begin = max(opens, start)
            if begin >= closes:
                continue
            if closes - begin >= left:
                return begin + left
            left -= closes - begin
        day = calendar.next_workday(day)
