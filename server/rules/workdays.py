"""Which days the office works and in which shifts: make-up days 调休 and holidays included.

A pure value: built from override rows and shifts, it answers questions about days and counts no limits. Years that the
calendar library does not know and the overrides do not cover count Monday to Friday; `guessed_years()` names them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar
from chinese_calendar.constants import holidays as _known_holidays

Shift = tuple[time, time]
"""Start and end of an office shift on the office's clock; the end is not before the start."""

_LAST_KNOWN_YEAR = max(day.year for day in _known_holidays)
_FIRST_KNOWN_YEAR = min(day.year for day in _known_holidays)


@cache
def _library_says(day: date) -> bool:
    """The library looks through its tables on every call."""
    return bool(chinese_calendar.is_workday(day))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The office's calendar.

    Args:
        zone: the office's time zone.
        shifts: the day's shifts, in order, not overlapping.
        overrides: day → True (worked) or False (off); stronger than the library.
    """

    zone: ZoneInfo
    shifts: Sequence[Shift]
    overrides: Mapping[date, bool] = field(default_factory=dict)

    def works_on(self, day: date) -> bool:
        """Is the office open on this day?"""
        if day in self.overrides:
            return self.overrides[day]
        if _FIRST_KNOWN_YEAR <= day.year <= _LAST_KNOWN_YEAR:
            return _library_says(day)
        return day.weekday() < 5

    def covers(self, year: int) -> bool:
        """Does the library or the override table know this year, so that no guess is made?

        The table knows a year once it reaches its last holiday, National Day 国庆节: one that was begun and left
        half-filled would move limits in silence.
        """
        return _FIRST_KNOWN_YEAR <= year <= _LAST_KNOWN_YEAR or any(
            (day.year, day.month, works) == (year, 10, False) for day, works in self.overrides.items()
        )

    def guessed_years(self, first: int, last: int) -> list[int]:
        """The years from `first` to `last`, both included, that count Monday to Friday for want of better."""
        return [year for year in range(first, last + 1) if not self.covers(year)]

    def day_of(self, instant: datetime) -> date:
        """The date on the office's clock at an instant with an offset."""
        return instant.astimezone(self.zone).date()

    def next_workday(self, day: date) -> date:
        """The first worked day after `day`."""
        day += timedelta(days=1)
        while not self.works_on(day):
            day += timedelta(days=1)
        return day

    def workdays_between(self, day: date, last: date) -> int:
        """How many worked days come after `day`, up to and with `last`."""
        return sum(self.works_on(day + timedelta(days=n)) for n in range(1, (last - day).days + 1))

    def shift_spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The day's shifts in UTC; none on a day off."""
        if not self.works_on(day):
            return []
        return [
            (
                datetime.combine(day, start, self.zone).astimezone(UTC),
                datetime.combine(day, end, self.zone).astimezone(UTC),
            )
            for start, end in self.shifts
        ]

    def end_of_day(self, day: date) -> datetime:
        """When the office closes on that day (by its last shift)."""
        return datetime.combine(day, self.shifts[-1][1], self.zone).astimezone(UTC)
