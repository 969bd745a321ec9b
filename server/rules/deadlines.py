"""When a limit runs out, also after pauses: five units of time over the office's calendar. Pure; knows no case.

- `minutes`, `hours`: round the clock.
- `working_hours` 工作时: only inside office shifts.
- `working_days` 工作日: the day of receipt is not counted; due when the office closes on the last day.
- `calendar_days` 自然日: the day of receipt is not counted; due at the end of the last day.

A limit in days is counted in whole days, pauses included: the rest of the day on which it stood still is not given
back, nor is the rest of the day on which it went on charged. Only on its last day is what is left counted by the clock.

Every instant comes with an offset, is answered in UTC, and lacking one is a ValueError.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args

from server.rules.workdays import Calendar

TimeUnit = Literal["minutes", "hours", "working_hours", "working_days", "calendar_days"]
TIME_UNITS: tuple[str, ...] = get_args(TimeUnit)

Pause = tuple[datetime, datetime | None]
"""暂停: from when to when a clock stood still; None while it still does. Those of a clock do not overlap."""


@dataclass(frozen=True, slots=True)
class Span:
    """How long a clock runs, e.g. `Span(2, "working_hours")`."""

    amount: int
    unit: TimeUnit


def due(start: datetime, span: Span, calendar: Calendar) -> datetime:
    """The instant at which a clock started at `start` runs out."""
    start = _utc(start)
    match span.unit:
        case "minutes":
            return start + timedelta(minutes=span.amount)
        case "hours":
            return start + timedelta(hours=span.amount)
        case "working_hours":
            return _after_working_time(start, timedelta(hours=span.amount), calendar)
        case "working_days":
            return add_working_days(start, span.amount, calendar)
        case "calendar_days":
            day = calendar.day_of(start) + timedelta(days=span.amount)
            return datetime.combine(day, time(23, 59, 59), calendar.zone).astimezone(UTC)


def add_working_days(instant: datetime, days: int, calendar: Calendar) -> datetime:
    """When the office closes on the `days`-th working day (at least 1) after the day of `instant`."""
    if days < 1:
        raise ValueError("working days to add must be at least 1")
    day = calendar.day_of(_utc(instant))
    for _ in range(days):
        day = calendar.next_workday(day)
    return calendar.end_of_day(day)


def working_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """The office-shift time between two instants; none when `end` is not after `start`."""
    start, end = _utc(start), _utc(end)
    total, day, last = timedelta(), calendar.day_of(start), calendar.day_of(end)
    while day <= last:
        for opens, closes in calendar.shift_spans(day):
            total += max(timedelta(), min(closes, end) - max(opens, start))
        day += timedelta(days=1)
    return total


def resumed(due: datetime, paused_at: datetime, resumed_at: datetime, unit: TimeUnit, calendar: Calendar) -> datetime:
    """The new due of a clock that stood still from `paused_at` to `resumed_at`; never earlier than the old one.

    - `minutes`, `hours`: the pause is added.
    - `working_hours`: the working time that was left at `paused_at` is counted from `resumed_at`.
    - `working_days`: the working days that were left after the day of the pause are counted after the day of
      resumption, up to the office's closing.
    - `calendar_days`: moved by the days between the two dates, at the same time of day.

    A limit in days that is paused and resumed on one and the same date stays as it is. Paused on its last day and
    resumed on another, it ends with that day, or with the next when less of that day remains than was left.
    A `working_hours` clock whose due was set outside the office's hours, with none of them left, is moved as one in
    `hours`. A clock that was due when it was paused stays as it is: overdue stays overdue.

    Raises:
        ValueError: `resumed_at` lies before `paused_at`.
    """
    due, paused_at, resumed_at = _utc(due), _utc(paused_at), _utc(resumed_at)
    if resumed_at < paused_at:
        raise ValueError("a clock cannot go on before it stood still")
    if paused_at >= due:
        return due
    match unit:
        case "minutes" | "hours":
            return due + (resumed_at - paused_at)
        case "working_hours":
            left = working_time(paused_at, due, calendar)
            if not left:
                return due + (resumed_at - paused_at)
            return max(due, _after_working_time(resumed_at, left, calendar))
        case "working_days":
            return max(due, _working_days_moved(due, paused_at, resumed_at, calendar))
        case "calendar_days":
            return _calendar_days_moved(due, paused_at, resumed_at, calendar)


def recomputed(started_at: datetime, span: Span, pauses: Sequence[Pause], calendar: Calendar) -> datetime:
    """The due of a clock counted anew from its start, as when the calendar or the limit has changed.

    Args:
        pauses: in order of time; one that still lasts is left out, as `resumed` will follow.
    """
    end = due(started_at, span, calendar)
    for paused_at, resumed_at in pauses:
        if resumed_at is not None:
            end = resumed(end, paused_at, resumed_at, span.unit, calendar)
    return end


def at_share(
    started_at: datetime, due: datetime, share: float, unit: TimeUnit, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> datetime:
    """The instant when `share` of a limit is used, never after `due`; the whole limit is used at `due` exactly.

    Both working units count office time, the others round the clock. Where a working unit finds no office time before
    `due`, as when someone set it to a Sunday, it is counted round the clock too: a late warning helps nobody. A clock
    due before it started, as after a merger, has used every share at `due`.

    Args:
        share: above 0, at most 1.
        pauses: in order of time; finished ones are not counted as used, one that still lasts is left out.

    Raises:
        ValueError: `share` is outside its bounds.
    """
    started_at, due = _utc(started_at), _utc(due)
    if not 0 < share <= 1:
        raise ValueError("a share is above 0 and at most 1")
    if share == 1:
        return due
    stretches = list(_running(started_at, due, pauses))
    amounts = [working_time(begin, end, calendar) for begin, end in stretches]
    in_office = unit in ("working_hours", "working_days") and any(amounts)
    if not in_office:
        amounts = [end - begin for begin, end in stretches]
    left = sum(amounts, timedelta()) * share
    for (begin, _), amount in zip(stretches, amounts, strict=True):
        if left <= amount:
            return _after_working_time(begin, left, calendar) if in_office else begin + left
        left -= amount
    return due


def _running(start: datetime, end: datetime, pauses: Sequence[Pause]) -> Iterator[tuple[datetime, datetime]]:
    """The stretches from `start` to `end` in which no finished pause lies."""
    for paused_at, resumed_at in pauses:
        if resumed_at is not None:
            if start < min(_utc(paused_at), end):
                yield start, min(_utc(paused_at), end)
            start = max(start, _utc(resumed_at))
    if start < end:
        yield start, end


def _working_days_moved(due: datetime, paused_at: datetime, resumed_at: datetime, calendar: Calendar) -> datetime:
    stopped, goes_on, last = (calendar.day_of(instant) for instant in (paused_at, resumed_at, due))
    if stopped == goes_on:
        return due
    left = calendar.workdays_between(stopped, last)
    if left:
        return add_working_days(resumed_at, left, calendar)
    end = _after_working_time(resumed_at, working_time(paused_at, due, calendar), calendar)
    return calendar.end_of_day(calendar.day_of(end))


def _calendar_days_moved(due: datetime, paused_at: datetime, resumed_at: datetime, calendar: Calendar) -> datetime:
    stopped, goes_on = calendar.day_of(paused_at), calendar.day_of(resumed_at)
    moved = due.astimezone(calendar.zone) + (goes_on - stopped)
    last_day = stopped == calendar.day_of(due)
    if last_day and stopped != goes_on and moved.astimezone(UTC) - resumed_at < due - paused_at:
        moved += timedelta(days=1)
    return moved.astimezone(UTC)


def _after_working_time(start: datetime, left: timedelta, calendar: Calendar) -> datetime:
    """When `left` of office time has passed since `start`; for none, when the office is next open."""
    day = calendar.day_of(start)
    while True:
        for opens, closes in calendar.shift_spans(day):
            begin = max(opens, start)
            if begin >= closes:
                continue
            if closes - begin >= left:
                return begin + left
            left -= closes - begin
        day = calendar.next_workday(day)


def _utc(instant: datetime) -> datetime:
    """The instant in UTC, in which adding hours means hours whatever the zone's clocks do."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return instant.astimezone(UTC)
