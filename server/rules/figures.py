"""The arithmetic of figures: rates, shares that make up the whole, durations, when a period freezes. Pure; knows no
indicator and no case."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import fmean, median
from typing import NamedTuple

from server.rules import deadlines
from server.rules.workdays import Calendar

FREEZES_AFTER = 3
"""Working days after a period's last day."""
LONGEST_DAYS = 366
_HUNDREDTH = Decimal("0.01")


class Period(NamedTuple):
    """统计期: whole days on the office's calendar, both included."""

    first: date
    last: date


class Durations(NamedTuple):
    """A mean never stands alone: the median and the 90th percentile stand beside it."""

    mean: float | None
    median: float | None
    p90: float | None


def rate(numerator: int, denominator: int) -> float | None:
    """Percent with two decimals, halves up; None where there is nothing to divide by."""
    if denominator == 0:
        return None
    return float((Decimal(100) * numerator / denominator).quantize(_HUNDREDTH, ROUND_HALF_UP))


def shares(counts: Mapping[str, int]) -> dict[str, float | None]:
    """Each count's percent of their sum, two decimals, together exactly 100.00; all None when there is nothing.

    What rounding down leaves goes, a hundredth each, to the largest remainders, the first named among equals.
    """
    whole = sum(counts.values())
    if whole == 0:
        return dict.fromkeys(counts)
    parts = {key: divmod(count * 10_000, whole) for key, count in counts.items()}
    left = 10_000 - sum(part for part, _ in parts.values())
    lucky = sorted(parts, key=lambda key: -parts[key][1])[:left]
    return {key: float(Decimal(part + (key in lucky)) / 100) for key, (part, _) in parts.items()}


def durations(seconds: Sequence[float]) -> Durations:
    """In hours with two decimals; the 90th percentile is the least value that 90 % do not exceed (nearest rank)."""
    if not seconds:
        return Durations(None, None, None)
    ranked = sorted(seconds)
    ninetieth = ranked[math.ceil(len(ranked) * 9 / 10) - 1]
    return Durations(*(round(value / 3600, 2) for value in (fmean(ranked), median(ranked), ninetieth)))


def bounds(period: Period, calendar: Calendar) -> tuple[datetime, datetime]:
    """The first instant of the period and the first after it."""
    first, after = (
        datetime.combine(day, time(), calendar.zone).astimezone(UTC)
        for day in (period.first, period.last + timedelta(days=1))
    )
    return first, after


def freezes_at(period: Period, calendar: Calendar) -> datetime:
    """When the office closes on the third working day after the period's last day."""
    noon = datetime.combine(period.last, time(12), calendar.zone)
    return deadlines.add_working_days(noon, FREEZES_AFTER, calendar)


def last_frozen_month(now: datetime, calendar: Calendar) -> Period:
    """The latest calendar month that is frozen at `now`."""
    last = calendar.day_of(now).replace(day=1) - timedelta(days=1)
    month = Period(last.replace(day=1), last)
    if freezes_at(month, calendar) <= now:
        return month
    last = month.first - timedelta(days=1)
    return Period(last.replace(day=1), last)
